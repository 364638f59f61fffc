"""Copies of this checkout in folders of their own, and `python3 -m workshop` in them as on somebody's machine."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BASE_PYTHON = getattr(sys, "_base_executable", sys.executable)
ODD_NAME = "Mein Ordner ü'x"


@dataclass(frozen=True)
class Checkout:
    """A copy of the repository."""

    root: Path

    @property
    def environment(self) -> Path:
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        return self.environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")

    def words(self, *arguments: str) -> list[str]:
        return [BASE_PYTHON, "-m", "workshop", *arguments]

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run `python3 -m workshop …` to its end."""
        return run(self.words(*arguments), self.root, variables)

    def prepare(self, *requirements: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Make the environment, and nothing after it."""
        program = f"from workshop import cli, bootstrap; bootstrap.prepare(*{requirements or ('requirements.txt',)!r})"
        return run([BASE_PYTHON, "-c", program], self.root, variables)


def machine(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment variables of somebody who is not in our environment."""
    ours = {"VIRTUAL_ENV", "DATABASE_URL", "PYTEST_CURRENT_TEST"}
    kept = {name: value for name, value in os.environ.items() if name not in ours and not name.startswith("WORKSHOP_")}
    return {**kept, "WORKSHOP_POSTGRES": "embedded", **(variables or {})}


def run(words: list[str], folder: Path, variables: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words,
        cwd=folder,
        env=machine(variables),
        capture_output=True,
        stdin=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        timeout=600,
    )


def copy_to(folder: Path) -> Checkout:
    """A copy of everything in this checkout that git doesn't ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode("utf-8").split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return Checkout(folder)


def bare_copy_to(folder: Path) -> Checkout:
    """A copy that asks for no packages: its environment takes no network, and a moment."""
    copy = copy_to(folder)
    (copy.root / "requirements.txt").write_text("# nothing\n", encoding="utf-8")
    (copy.root / "notebooks").mkdir(exist_ok=True)
    (copy.root / "notebooks/01_project_setup.ipynb").touch()
    return copy
