"""Notebooks that are empty, damaged or of another version: one sentence that names the file, and nothing is written."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from checks import show_solution
from tests.faults.conftest import assert_readable
from workshop import catch_up, reference, release
from workshop.errors import WorkshopError
from workshop.reference import read_reference
from workshop.settings import ROOT, settings

NAME = "03_product_catalog.ipynb"
CELL = {"cell_type": "code", "metadata": {}, "source": ["x = 1"], "outputs": [], "execution_count": None}

DAMAGED: dict[str, bytes] = {
    "empty": b"",
    "blank": b" \n",
    "broken off": (ROOT / "solutions" / NAME).read_bytes()[:5000],
    "no JSON": b"# a notebook",
    "a number": b"3",
    "a list": b"[]",
    "nothing at all": b"null",
    "without cells": b"{}",
    "cells are a text": b'{"cells": "x = 1"}',
    "a cell is a number": b'{"cells": [1]}',
    "a cell without a source": b'{"cells": [{"cell_type": "code", "metadata": {}}]}',
    "a source is a number": b'{"cells": [{"cell_type": "code", "metadata": {}, "source": 3}]}',
    "of version 3": json.dumps({"nbformat": 3, "worksheets": [{"cells": [CELL]}]}).encode(),
    "of version 5": json.dumps({"nbformat": 5, "cells": [CELL]}).encode(),
    "a picture": b"\x89PNG\r\n\x1a\n\x00\x00",
    "in Latin-1": '{"cells": [], "metadata": {"title": "Käufer"}}'.encode("latin-1"),
    "in UTF-16": json.dumps({"nbformat": 4, "cells": [CELL]}).encode("utf-16"),
    "deeply nested": b"[" * 100_000,
}


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Both folders of notebooks, where they may be spoilt."""
    for folder in ("solutions", "notebooks"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
        monkeypatch.setattr(release, folder.upper(), tmp_path / folder)
    monkeypatch.setattr(reference, "SOLUTIONS", tmp_path / "solutions")
    return tmp_path


def _bytes(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


CALLS: dict[str, Callable[[], Any]] = {
    "the reference": lambda: read_reference(3),
    "catch_up": lambda: catch_up(3),
    "show_solution": lambda: show_solution(3, give_up=True),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_solution_that_is(copy: Path, database: str, content: bytes) -> None:
    (copy / "solutions" / NAME).write_bytes(content)
    mine = settings().project / "models/core.py"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine = 1\n", "utf-8")
    for call in CALLS.values():
        with pytest.raises(WorkshopError, match=NAME) as told:
            call()
        assert_readable(str(told.value))
    assert _bytes(settings().project) == {mine: b"mine = 1\n"}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_release_with_a_solution_that_is(copy: Path, content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "ask", lambda _: {})  # what the contract says is no matter here
    (copy / "solutions" / NAME).write_bytes(content)
    before = _bytes(copy)
    for arguments in ([], ["--check"]):
        with pytest.raises(WorkshopError, match=NAME) as told:
            release.main(arguments)
        assert_readable(str(told.value))
    assert _bytes(copy) == before


def test_notebooks_of_learners_that_are_damaged_are_made_anew(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = _bytes(copy)
    spoilt = sorted((copy / "notebooks").rglob("*.ipynb"))
    for path, content in zip(spoilt, DAMAGED.values(), strict=False):
        path.write_bytes(content)
    assert release.main(["--check"]) == 1
    told = capsys.readouterr().out
    assert [path.name for path in spoilt if f"{path.name} is out of date" not in told] == []
    assert release.main([]) == 0
    assert _bytes(copy) == good


def test_nbval_names_a_solution_that_is_damaged_and_reads_the_others(copy: Path) -> None:
    names = {"01_project_setup.ipynb": 0, NAME: 1}
    (copy / "solutions" / NAME).write_bytes(DAMAGED["broken off"])
    command = [sys.executable, "-m", "pytest", "--nbval", "--collect-only", "-q", "--continue-on-collection-errors"]
    done = subprocess.run(
        [*command, *(f"solutions/{name}" for name in names)], cwd=copy, capture_output=True, text=True, check=False
    )
    assert done.returncode
    assert {name: done.stdout.count(f"ERROR solutions/{name}") for name in names} == names
    assert "01_project_setup.ipynb::" in done.stdout
