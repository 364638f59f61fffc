"""A throw-away workshop: for authors' tools and tests that run notebooks, and must not touch a learner's work."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from workshop import postgres
from workshop.settings import PREFIX
from workshop.steps import EXTENSIONS, STEPS, Step, up_to


@contextmanager
def scratch_workshop() -> Iterator[Path]:
    """Point this process, and the kernels it starts, to a home, a project folder and a server of their own.

    Yields the folder that holds them. Afterwards the server is stopped, the folder is gone, and the environment is
    what it was. Of the settings only `WORKSHOP_POSTGRES_BIN` still counts.
    """
    before = dict(os.environ)
    with TemporaryDirectory(prefix="workshop-", ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve()
        for variable in [key for key in os.environ if key.startswith(PREFIX) and key != f"{PREFIX}POSTGRES_BIN"]:
            del os.environ[variable]
        os.environ.pop("DATABASE_URL", None)
        os.environ[f"{PREFIX}HOME"] = str(folder / "home")
        os.environ[f"{PREFIX}PROJECT"] = str(folder / "ecommerce-db")
        os.environ[f"{PREFIX}POSTGRES"] = "embedded"
        try:
            yield folder
        finally:
            postgres.stop()
            os.environ.clear()
            os.environ.update(before)


def make_ready_for(step: Step) -> None:
    """In a scratch workshop: the steps that this one needs are there and built, and nothing of any other.

    What their notebooks have written stays, so that each builds on the ones before it; what is missing comes from the
    reference. Where files of this step, a later one or an extension are there, notebooks ran in another order: then all
    of it is put aside, and comes from the reference.
    """
    from workshop import project, schema
    from workshop.reference import files_until
    from workshop.start import get_ready

    folder = project.make_folder()
    others = [each for each in (*STEPS, *EXTENSIONS) if each not in up_to(step)[:-1]]
    is_ahead = any(other.files(folder) for other in others)
    if is_ahead:
        project.archive(sorted(folder.iterdir()))
    wanted = files_until(step.needs) if step.needs else {}
    missing = {path: text for path, text in wanted.items() if not (folder / path).exists()}
    if is_ahead or missing:
        project.write(missing)
        schema.rebuild(get_ready().url)
