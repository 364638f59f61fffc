"""`python -m workshop doctor`: what is there, on one screen; starts and changes nothing.

The one place that prints the password of the local PostgreSQL, for psql, VS Code and the like.
"""

import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing

from workshop import bootstrap, lab
from workshop.errors import WorkshopError


def main(arguments: Sequence[str]) -> int:
    """Print what is there; exit status 0, also where something is missing."""
    if arguments:
        raise WorkshopError("`doctor` takes no arguments.")
    try:
        _print(_machine())
        _print(_workshop())
    except ImportError as error:
        print(bootstrap.what_is_missing(error))
    return 0


def _print(facts: Iterator[tuple[str, str]]) -> None:
    for title, fact in facts:
        print(f"{title:<13}{fact}", flush=True)


def _machine() -> Iterator[tuple[str, str]]:
    """What there is without any package."""
    yield "System", platform.platform()
    yield "Python", f"{platform.python_version()}, {sys.executable}"
    yield "uv", _uv()
    yield "Environment", str(bootstrap.ENVIRONMENT) if bootstrap.is_made() else "not made yet"
    yield "Port 8888", "free for JupyterLab" if lab.is_free(8888) else "in use; JupyterLab takes the next one"


def _uv() -> str:
    path = shutil.which("uv")
    if path is None:
        return "not on the PATH; pip puts it into the environment"
    try:
        version = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        version = ""
    return f"{version or 'does not run'}, {path}"


def _workshop() -> Iterator[tuple[str, str]]:
    """What the workshop's packages can tell: the project, Docker, the database."""
    from workshop.postgres import container
    from workshop.project import project_files
    from workshop.settings import settings

    config = settings()
    count = len(project_files())
    yield "Project", f"{config.project}, {count} files with models or SQL" if config.project.is_dir() else "none yet"
    image = f"the image {config.postgres_image}"
    yield (
        "Docker",
        f"there, with {image}" if container.is_available(config) else f"no engine with {image}; none is needed",
    )
    try:
        yield from _database()
    except WorkshopError as error:
        yield "PostgreSQL", str(error)


def _database() -> Iterator[tuple[str, str]]:
    from workshop.postgres import connect, current_url
    from workshop.postgres.connection import Address, version_of
    from workshop.settings import settings

    url = current_url()
    with closing(connect(url, "doctor")) as connection:
        version = version_of(connection)
    address = Address.parse(url)
    yield "PostgreSQL", f"{version} at {address.place}"
    yield "  database", address.database or ""
    yield "  user", address.user or ""
    if settings().database_url:
        yield "  password", "as in DATABASE_URL"  # somebody's own server: not ours to show
    else:
        yield "  password", address.password or ""
        yield "  psql", f'psql "{url.replace("+psycopg2", "", 1)}"'
