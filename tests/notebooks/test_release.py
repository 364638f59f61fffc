"""notebooks/ are what solutions/ make, and nothing of an answer is left in them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from workshop import release
from workshop.errors import WorkshopError
from workshop.settings import ROOT


def test_notebooks_and_solutions_are_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert release.main(["--check"]) == 0, capsys.readouterr().out


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Both folders, where they may be spoilt."""
    for folder in ("solutions", "notebooks"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
        monkeypatch.setattr(release, folder.upper(), tmp_path / folder)
    return tmp_path


@pytest.mark.parametrize(
    "spoilt",
    ["notebooks/02_core_entities.ipynb", "notebooks/images/02_core_entities.svg", "solutions/01_project_setup.ipynb"],
)
def test_what_differs_is_named_and_then_mended(copy: Path, spoilt: str, capsys: pytest.CaptureFixture[str]) -> None:
    good = (copy / spoilt).read_text("utf-8")
    changed = good.replace("</svg>", "<!-- x --></svg>").replace(
        "config.py` has", "config.py` may have"
    )  # a rule of step 1
    (copy / spoilt).write_text(changed if changed != good else good + "\n", "utf-8")
    assert release.main(["--check"]) == 1
    assert Path(spoilt).name in capsys.readouterr().out
    assert release.main([]) == 0
    assert (copy / spoilt).read_text("utf-8") == good
    assert release.main(["--check"]) == 0


def test_a_notebook_without_a_solution_goes(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    extra = copy / "notebooks" / "09_gone.ipynb"
    extra.write_text("{}", "utf-8")
    assert release.main(["--check"]) == 1
    assert "09_gone.ipynb has no solution" in capsys.readouterr().out
    release.main([])
    assert not extra.exists()


def test_another_word_is_refused() -> None:
    with pytest.raises(WorkshopError, match="--check, or --run"):
        release.main(["--chek"])


def test_regions_are_cut_and_the_rest_stays_as_it_is() -> None:
    source = "def f():\n    # TODO 1.1: add\n    ### BEGIN SOLUTION\n    x = 1\n    ### END SOLUTION\n    y = 2"
    assert release.cut_solutions(source) == "def f():\n    # TODO 1.1: add\n    y = 2"
    assert release.cut_solutions("-- ### BEGIN SOLUTION\nselect 1;\n-- ### END SOLUTION\nselect 2;") == "select 2;"
    assert release.cut_solutions("x = 1") == "x = 1"


@pytest.mark.parametrize(
    "source",
    [
        "### BEGIN SOLUTION\nx = 1",
        "x = 1\n### END SOLUTION",
        "### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION",
    ],
)
def test_a_mark_without_its_partner_is_refused(source: str) -> None:
    with pytest.raises(WorkshopError, match="solution region"):
        release.cut_solutions(source)


def test_the_picture_in_words_names_each_table_once() -> None:
    keys = [{"table": table, "columns": [f"{use}_id"]} for use, table in (("from", "cities"), ("to", "cities"))]
    syllabus = {"9": {"tables": [{"name": "trips", "columns": [], "foreign_keys": keys}]}}
    assert "![Diagram of the tables: trips, which refers to cities.]" in release._blocks(
        {"9": {**syllabus["9"], "rules": []}}, "09_travel"
    )["picture"]


def test_tagged_cells_and_outputs_do_not_reach_learners() -> None:
    shown = {"cell_type": "code", "id": "a", "metadata": {}, "source": ["1"], "outputs": [{}], "execution_count": 3}
    hidden = {**shown, "id": "b", "metadata": {"tags": ["solution-only"]}}
    (cell,) = release.learner_version({"cells": [shown, hidden], "nbformat": 4})["cells"]
    assert cell == {**shown, "source": "1", "outputs": [], "execution_count": None}
    assert shown["outputs"] == [{}], "the solution keeps its own"


def test_the_same_notebook_is_the_same_text() -> None:
    notebook = {"nbformat": 4, "cells": [{"source": "a\nb", "id": "x", "metadata": {}}], "metadata": {"widgets": {}}}
    made = release.as_text(notebook)
    assert made == release.as_text(json.loads(made))
    assert made.endswith("}\n")
