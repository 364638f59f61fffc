"""JupyterHub for a class: each learner has a JupyterLab, a copy of the notebooks, a project and a PostgreSQL.

    .venv/bin/python -m jupyterhub -f docs/hub/jupyterhub_config.py

See docs/hub.md. Where `class.csv` lies beside this file (made by `python -m workshop classroom`), the learners in it
work in their databases on that server instead.
"""

import csv
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
CLASS = HERE / "class.csv"

c = get_config()  # type: ignore[name-defined]  # noqa: F821

c.Spawner.cmd = [str(HERE / "learner")]
c.Spawner.args = ["--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
c.Spawner.default_url = "/lab/tree/notebooks/01_project_setup.ipynb"
c.Spawner.start_timeout = 120  # seconds; a class that begins at the same minute waits for one another

# Whoever has an account on this computer, unless another authenticator is chosen.
c.Authenticator.allow_all = True


def give_database(spawner: Any) -> None:
    """Tell a learner of the class where their database is."""
    with CLASS.open(encoding="utf-8", newline="") as file:
        urls = {row["learner"]: row["DATABASE_URL"] for row in csv.DictReader(file)}
    if url := urls.get(spawner.user.name):
        spawner.environment = {**spawner.environment, "DATABASE_URL": url, "WORKSHOP_POSTGRES": "external"}


if CLASS.exists():
    c.Spawner.pre_spawn_hook = give_database
