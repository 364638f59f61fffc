"""pytest on the learner's own tests, the same for a notebook and for whoever grades them."""

from __future__ import annotations

import tempfile
from pathlib import Path

#: Where pytest looks for settings, in its own order.
_SETTINGS = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")

#: Plugins that write into the project, or take long to load or to end and do nothing for these tests.
_WITHOUT = (
    "cacheprovider",
    "nbval",
    "xdist",
    "xdist.looponfail",
    "hypothesispytest",
    "anyio",
    "unraisableexception",
)


def arguments(folder: Path, scratch: Path) -> list[str]:
    """pytest's, for the tests of the project in that folder: with its own settings, but for options, or else none.

    Without this, pytest would take the settings of a folder above, such as the workshop's. scratch: a place for a file.
    """
    own = next((folder / name for name in _SETTINGS if (folder / name).is_file()), None)
    if own is None:
        own = scratch / "pytest.ini"
        own.write_text("[pytest]\n", encoding="utf-8")
    plugins = [part for name in _WITHOUT for part in ("-p", f"no:{name}")]
    return ["tests", "-c", str(own), f"--rootdir={folder}", "-o", "addopts=", "-q", *plugins]


def run_pytest(line: str) -> None:
    """Run the project's tests on the workshop's database, with further arguments of pytest, and print what it says."""
    from workshop.settings import settings  # not above: who grades tests loads this module once for each run of them
    from workshop.tools import run_tool, words

    with tempfile.TemporaryDirectory() as scratch:
        shown = ("-p", "workshop.short_traces", "--tb=short")
        told, _ = run_tool("pytest", [*arguments(settings().project, Path(scratch)), *shown, *words(line)])
    print(told)
