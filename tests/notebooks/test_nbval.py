"""`pytest --nbval solutions/`, as instructors run it: it compares, and it leaves the learner's work alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from workshop.settings import ROOT


def nbval(*words: Path | str, **environment: str) -> subprocess.CompletedProcess[str]:
    words = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval", *words)
    return subprocess.run(words, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False)


def test_it_passes_beside_a_learner_at_work(tmp_path: Path) -> None:
    project, home = tmp_path / "mine", tmp_path / "my home"
    project.mkdir()
    (project / "config.py").write_text("# mine", "utf-8")
    done = nbval(
        ROOT / "solutions" / "01_project_setup.ipynb",
        WORKSHOP_PROJECT=str(project),
        WORKSHOP_HOME=str(home),
        DATABASE_URL="postgresql+psycopg2://me@127.0.0.1:1/precious",
        WORKSHOP_POSTGRES="external",
        TMPDIR=str(tmp_path),
    )
    assert done.returncode == 0, done.stdout
    assert [path.name for path in project.iterdir()] == ["config.py"]
    assert (project / "config.py").read_text("utf-8") == "# mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine"], "the scratch workshop is gone"
    assert not [
        process for process in psutil.process_iter(["cmdline"]) if str(tmp_path) in str(process.info["cmdline"])
    ]


def test_a_report_that_reads_otherwise_is_noticed(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "solutions", tmp_path / "solutions", ignore=shutil.ignore_patterns("02*", "__pycache__"))
    notebook = tmp_path / "solutions" / "01_project_setup.ipynb"
    text = notebook.read_text("utf-8")
    assert "passed. 5 of 5 required rules hold." in text
    notebook.write_text(text.replace("passed. 5 of 5 required rules hold.", "passed. 4 of 5 required rules hold."), "utf-8")
    done = nbval(notebook)
    assert done.returncode == 1
    assert "Cell outputs differ" in done.stdout


@pytest.mark.slow
def test_several_run_at_once_and_a_process_may_come_to_an_earlier_one_late() -> None:
    """pytest-xdist begins with the longest: with two processes, step 2 follows step 4 or step 5."""
    names = ("02_core_entities", "04_cart_and_orders", "05_inventory_and_reviews")
    done = nbval("-n", "2", *(ROOT / "solutions" / f"{name}.ipynb" for name in names))
    assert done.returncode == 0, done.stdout
    assert "2 workers" in done.stdout or "bringing up nodes" in done.stdout
