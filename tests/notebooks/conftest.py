"""The notebooks as files, and a kernel to run them in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from workshop.settings import ROOT
from workshop.steps import EXTENSIONS, Step, find_notebook

Notebook = dict[str, Any]
STEP_NAMES = sorted(path.name for path in (ROOT / "solutions").glob("*.ipynb"))
NAMES = [*STEP_NAMES, *(str(extension.notebook) for extension in EXTENSIONS)]


def read(folder: str, name: str) -> Notebook:
    notebook: Notebook = json.loads((ROOT / folder / name).read_text("utf-8"))
    return notebook


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def after_the_steps_before(notebook: Notebook, step: Step) -> Notebook:
    """The notebook of a step, preceded by the project files of the steps before it as solutions/ have them."""
    start = {"cell_type": "code", "id": "before", "metadata": {}, "outputs": [], "execution_count": None}
    files = [
        {**start, "id": f"before-{name[:2]}-{cell['id']}", "source": source(cell)}
        for name in STEP_NAMES
        if int(name[:2]) <= step.needs
        for cell in read("solutions", name)["cells"]
        if source(cell).startswith("%%project_file")
    ]
    start["source"] = f"from workshop import start_step\nstart_step({step.key!r})"
    return {**notebook, "cells": [start, *files, *notebook["cells"]]}


def text(output: dict[str, Any]) -> str:
    """What an output says, without pictures."""
    said = output.get("text") or output.get("evalue") or output["data"].get("text/plain", "")
    return "".join(said)


@pytest.fixture
def run(database: str) -> Callable[[Notebook], Notebook]:
    """Runs a notebook in a real kernel on a fresh database; it goes on where a cell may raise, and nowhere else."""

    def run(notebook: Notebook) -> Notebook:
        live = nbformat.reads(json.dumps(notebook), as_version=4)  # type: ignore[no-untyped-call]
        place = {"metadata": {"path": str(ROOT / "notebooks")}}
        NotebookClient(live, kernel_name="python3", resources=place, timeout=120).execute()
        done: Notebook = json.loads(nbformat.writes(live))  # type: ignore[no-untyped-call]
        return done

    return run


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    """The name of each notebook in turn."""
    return str(request.param)


@pytest.fixture
def notebook(name: str) -> Notebook:
    """Each notebook of learners in turn."""
    return read("notebooks", name)


@pytest.fixture
def step(name: str) -> Step:
    """Its step, or its extension."""
    return find_notebook(Path(name))
