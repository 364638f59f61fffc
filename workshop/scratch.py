"""A throw-away workshop: for authors' tools and tests that run notebooks, and must not touch a learner's work."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from workshop import postgres
from workshop.settings import PREFIX


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
