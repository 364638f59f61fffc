"""solutions/ as nbgrader's sources: it hands them out without answers, and grades what comes back.

Real commands of nbgrader, in an environment that holds it and the workbook.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.notebooks.conftest import NAMES, Notebook, read, source
from workshop import release
from workshop.attempt import Reason, reason_in
from workshop.settings import ROOT

pytestmark = pytest.mark.slow

CATALOG, ORDERS = "03_product_catalog", "04_cart_and_orders"
SCORES = """
import json
from nbgrader.api import Gradebook
with Gradebook("sqlite:///gradebook.db") as book:
    print(json.dumps([
        [submission.student.id, notebook.name, notebook.score, notebook.max_score]
        for submission in book.assignment_submissions("shop") for notebook in submission.notebooks
    ]))
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with nbgrader and the workbook."""
    folder = tmp_path_factory.mktemp("nbgrader")
    inside = folder / ("Scripts" if sys.platform == "win32" else "bin")
    uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    install = [uv, "pip", "install", "--python", inside / "python"] if uv else [inside / "python", "-m", "pip", "install"]
    packages = ["-r", "requirements.txt", "-r", "tests/notebooks/nbgrader.txt"]
    subprocess.run([sys.executable, "-m", "venv", *(["--without-pip"] if uv else []), folder], check=True)
    done = subprocess.run([*install, *packages], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode and reason_in(done.stderr) is Reason.OFFLINE:
        pytest.skip("nbgrader can't be fetched: offline")
    assert done.returncode == 0, done.stderr
    return inside / "python"


@pytest.fixture(scope="module")
def course(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course's folder in which all solutions are one assignment, which is ready to hand out."""
    folder = tmp_path_factory.mktemp("course")
    (folder / "source" / "shop").mkdir(parents=True)
    for name in NAMES:
        shutil.copy(ROOT / "solutions" / name, folder / "source" / "shop")
    shutil.copy(ROOT / "solutions" / "nbgrader_config.py", folder)
    nbgrader(python, folder, "generate_assignment", "shop")
    return folder


def nbgrader(python: Path, course: Path, *words: str) -> None:
    """One of its commands; it calls Alembic's program, so the environment is active."""
    path = os.pathsep.join([str(python.parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        [python, "-m", "nbgrader", *words],
        cwd=course,
        env=os.environ | {"PATH": path, "HOME": str(course)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def handed_out(course: Path, name: str) -> Notebook:
    notebook: Notebook = json.loads((course / "release" / "shop" / Path(name).name).read_text("utf-8"))
    return notebook


@pytest.mark.parametrize("name", NAMES)
def test_learners_get_what_is_in_notebooks_and_the_check_that_is_graded(name: str, course: Path) -> None:
    ours = {cell["id"]: cell for cell in read("notebooks", name)["cells"]}
    theirs = {cell["id"]: cell for cell in handed_out(course, name)["cells"]}
    for key, cell in ours.items():
        assert _without_empty_lines(source(theirs[key])) == _without_empty_lines(source(cell)), key
    surplus = {key: source(cell) for key, cell in theirs.items() if key not in ours}
    assert "strict=True" in surplus.pop("strict")
    assert not any(surplus.values()), "answers beyond what the notebook asks"
    assert not any(cell.get("outputs") for cell in theirs.values())


def _without_empty_lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def test_a_right_answer_gets_all_points_and_a_wrong_or_an_empty_one_none(python: Path, course: Path) -> None:
    """Ada comes first: what she leaves behind would be worth points for the others."""
    _hand_in(course, "ada", CATALOG, solved=True)
    _hand_in(course, "ada", ORDERS, solved=True)
    _hand_in(course, "ben", CATALOG, solved=False)
    _hand_in(course, "ben", ORDERS, solved=False)
    _hand_in(course, "cleo", CATALOG, solved=True, old="new_price: Mapped[Decimal]", new="later_price: Mapped[Decimal]")
    _hand_in(course, "cleo", ORDERS, solved=True)
    nbgrader(python, course, "autograde", "shop")
    done = subprocess.run([python, "-c", SCORES], cwd=course, capture_output=True, text=True, check=True)
    handed_in = [row for row in json.loads(done.stdout) if row[1] in (CATALOG, ORDERS)]
    assert sorted(handed_in) == [
        ["ada", CATALOG, 26, 26],
        ["ada", ORDERS, 57, 57],
        ["ben", CATALOG, 0, 26],
        ["ben", ORDERS, 0, 57],
        ["cleo", CATALOG, 0, 26],
        ["cleo", ORDERS, 57, 57],
    ]


def _hand_in(course: Path, learner: str, stem: str, *, solved: bool, old: str = "", new: str = "") -> None:
    """A notebook as it was handed out, with the solution's cells where it is solved, `old` replaced by `new` in them."""
    notebook = handed_out(course, f"{stem}.ipynb")
    answers = {cell["id"]: source(cell) for cell in read("solutions", f"{stem}.ipynb")["cells"]}
    assert old in "".join(answers.values())
    for cell in notebook["cells"]:
        if solved and cell["metadata"].get("nbgrader", {}).get("solution"):
            cell["source"] = answers[cell["id"]].replace(old, new) if old else answers[cell["id"]]
    folder = course / "submitted" / learner / "shop"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{stem}.ipynb").write_text(json.dumps(notebook), "utf-8")


def test_nbgraders_marks_follow_the_cells() -> None:
    stale = {"nbgrader": {"grade_id": "old", "solution": True}}
    cells = [
        {"id": "gap", "metadata": {}, "source": ["# TODO\n", "### BEGIN SOLUTION\n", "x = 1\n", "### END SOLUTION"]},
        {"id": "no-gap", "metadata": stale, "source": ["y = 2"]},
        {"id": "more", "metadata": {"tags": ["solution-only"]}, "source": ["z = 3"]},
        {"id": "strict", "metadata": {"tags": ["solution-only"]}, "source": ["assert check_step(9, strict=True).passed"]},
    ]
    gap, no_gap, more, check = release.with_nbgrader({"cells": cells}, points=7)["cells"]
    assert gap["metadata"]["nbgrader"]["solution"] and more["metadata"]["nbgrader"]["solution"]
    assert no_gap["metadata"] == {}
    assert check["metadata"]["nbgrader"]["grade"] and check["metadata"]["nbgrader"]["points"] == 7
    assert check["metadata"]["nbgrader"]["locked"] and not gap["metadata"]["nbgrader"]["locked"]
