"""The reference: what the notebooks of solutions/ write into the project folder, and the answers beside it.

The notebooks are the one place where it stands; here they are read as the JSON that they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from workshop.errors import WorkshopError
from workshop.settings import ROOT
from workshop.steps import Step, find_step, up_to

SOLUTIONS = ROOT / "solutions"

_FORMAT = 4
_MAGIC = "%%project_file"
_MARK = re.compile(r"\b(?:BEGIN|END) SOLUTION\b")
_DONE = re.compile(r"\bTODO (?=\d+(\.\d+)?:)")  # its answer stands below it, and what was to do is done


@dataclass(frozen=True)
class Reference:
    """What a step's solution makes.

    Attributes:
        files: the project's files that it writes, as it leaves them, in the order in which they come.
        answers: code cells with an answer in them that write no file.
    """

    step: Step
    files: Mapping[PurePosixPath, str]
    answers: tuple[str, ...]


def read_reference(key: object) -> Reference:
    """The reference of a step or an extension.

    Raises WorkshopError with one sentence when there is no such step, or no solution of it.
    """
    step = find_step(key)
    cells = [cell for cell in _notebook(step)["cells"] if cell["cell_type"] == "code"]
    texts = ["".join(cell["source"]) for cell in cells]
    pairs = [_file(text) for text in texts if text.startswith(_MAGIC)]
    answers = [text for text in texts if _MARK.search(text) and not text.startswith(_MAGIC)]
    return Reference(step, dict(pairs), tuple(_filled(text).strip("\n") for text in answers))


def files_until(key: object) -> dict[PurePosixPath, str]:
    """The files of a step and of those before it, the later step's where two write the same; WorkshopError as above."""
    return {path: text for step in up_to(find_step(key)) for path, text in read_reference(step.key).files.items()}


def _notebook(step: Step) -> dict[str, Any]:
    path = SOLUTIONS / step.notebook
    if not path.is_file():
        raise WorkshopError(f"There is no solution of {step.name}, {step.title}, in this workbook.")
    return read_notebook(path)


def read_notebook(path: Path) -> dict[str, Any]:
    """A notebook as the JSON that it is; WorkshopError with one sentence where it is damaged or of another format."""
    try:
        notebook: dict[str, Any] = json.loads(path.read_text("utf-8"))
        for cell in notebook["cells"]:
            _ = cell["cell_type"], cell["metadata"], "".join(cell["source"])
        if notebook.get("nbformat", _FORMAT) == _FORMAT:
            return notebook
        why = f"is of format {notebook['nbformat']}, not {_FORMAT}"
    except OSError as error:
        why = f"can't be read ({error.strerror})"
    except (ValueError, LookupError, TypeError, RecursionError):
        why = "is damaged"
    name = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name
    raise WorkshopError(f"The notebook {name} {why}: bring it back with `git checkout -- {name}`.")


def _file(cell: str) -> tuple[PurePosixPath, str]:
    first, _, text = cell.partition("\n")
    return PurePosixPath(first.removeprefix(_MAGIC).strip()), _filled(text).strip("\n") + "\n"


def _filled(text: str) -> str:
    """The text with its answers, without the marks around them."""
    kept = [line for line in text.splitlines(keepends=True) if not _MARK.search(line)]
    return _DONE.sub("", "".join(kept))
