"""`python -m workshop release`: makes notebooks/, which learners open, from solutions/, which have the answers in.

What differs between the two is marked in solutions/ alone:

- Lines from one that holds BEGIN SOLUTION to one that holds END SOLUTION are cut, as nbgrader does it (whose
  ClearSolutions makes the same of a notebook with `code_stub = {"python": ""}`). A `# TODO` line above stays.
- A cell tagged `solution-only` is left out.
- Outputs go.

In both, `<!-- begin rules -->…<!-- end rules -->` is filled with the step's rules, and `<!-- begin picture -->…` with
its piece of the diagram. They come from the contract by way of `python -m checks.syllabus`: as text, since `workshop`
knows nothing of `checks`.

solutions/ are sources for nbgrader as well: `with_nbgrader` writes which cells its learners fill, and what the check at
the end is worth.
"""

import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from workshop.checker import ask
from workshop.diagram import Diagram, Table, draw
from workshop.errors import WorkshopError
from workshop.project import shown
from workshop.reference import read_notebook
from workshop.settings import ROOT
from workshop.steps import find_notebook

SOLUTIONS = ROOT / "solutions"
NOTEBOOKS = ROOT / "notebooks"

Notebook = dict[str, Any]
Syllabus = dict[str, Any]

_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def main(arguments: Sequence[str]) -> int:
    """Write what is not as solutions/ make it; exit status 1 where `--check` finds that something is to be written.

    With `--run` the solutions are run first, in a workshop of their own, and keep what came out.
    """
    wish = list(arguments)
    if wish not in ([], ["--check"], ["--run"]):
        raise WorkshopError("release takes --check, or --run, or nothing.")
    if wish == ["--run"]:
        run_solutions()
    wanted = released()
    stale = [path for path, text in wanted.items() if not path.is_file() or _text(path) != text]
    surplus = [path for path in _made_files() if path not in wanted]
    for path in (*stale, *surplus):
        print(f"{shown(path)} {'is out of date' if path in stale else 'has no solution'}.")
    if wish == ["--check"]:
        return int(bool(stale or surplus))
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path], "utf-8", newline="\n")
    for path in surplus:
        path.unlink()
    print(f"Wrote {len(stale)} files, removed {len(surplus)}.")
    return 0


def _text(path: Path) -> str:
    return path.read_text("utf-8", errors="replace")  # it may be damaged, and is then written anew


def released() -> dict[Path, str]:
    """What each made file should hold: solutions/ and notebooks/ with fresh blocks, and the pictures beside them."""
    syllabus: Syllabus = ask("syllabus")
    files: dict[Path, str] = {}
    for path in _notebooks(SOLUTIONS):
        place = path.relative_to(SOLUTIONS)
        picture = _picture(syllabus, path.stem)
        marked = with_nbgrader(read_notebook(path), _points(syllabus, path.stem))
        solution = _with_blocks(marked, _blocks(syllabus, path.stem))
        for folder, notebook in ((SOLUTIONS, solution), (NOTEBOOKS, learner_version(solution))):
            files[folder / place] = as_text(notebook)
            if picture.tables:
                files[folder / place.parent / "images" / f"{path.stem}.svg"] = f"{picture.svg}\n"
    return files


def _notebooks(folder: Path) -> list[Path]:
    """Those of the steps in their order, then those of the extensions."""
    return [*sorted(folder.glob("*.ipynb")), *sorted(folder.glob("extensions/*.ipynb"))]


def with_nbgrader(notebook: Notebook, points: int) -> Notebook:
    """The notebook with nbgrader's metadata: learners fill in the answers, and the strict check gets the points."""

    def marked(cell: Notebook) -> Notebook:
        source, metadata = "".join(cell["source"]), {**cell["metadata"]}
        metadata.pop("nbgrader", None)
        is_check = "strict=True" in source
        if is_check or "BEGIN SOLUTION" in source or _is_solution_only(cell):
            role = {"grade": is_check, "locked": is_check, "solution": not is_check, "task": False}
            worth = {"points": points} if is_check else {}
            metadata["nbgrader"] = {"grade_id": cell["id"], "schema_version": 3, **role, **worth}
        return {**cell, "metadata": metadata}

    return {**notebook, "cells": [marked(cell) for cell in notebook["cells"]]}


def learner_version(notebook: Notebook) -> Notebook:
    """The notebook without answers, outputs and what is nbgrader's; cells keep their ids."""
    kept = [deepcopy(cell) for cell in notebook["cells"] if not _is_solution_only(cell)]
    for cell in kept:
        cell["metadata"].pop("nbgrader", None)
        if cell["cell_type"] == "code":
            cell.update(source=cut_solutions("".join(cell["source"])), outputs=[], execution_count=None)
    return {**notebook, "cells": kept}


def _is_solution_only(cell: Notebook) -> bool:
    return "solution-only" in cell["metadata"].get("tags", ())


def cut_solutions(source: str) -> str:
    """The text without its solution regions; raises WorkshopError where a mark has no partner."""
    kept, inside = [], False
    for line in source.splitlines(keepends=True):
        begins, ends = "BEGIN SOLUTION" in line, "END SOLUTION" in line
        if (begins and inside) or (ends and not inside):
            raise WorkshopError(f"A solution region is not closed, or not begun, at this line: {line.strip()}")
        if not (begins or ends or inside):
            kept.append(line)
        inside = begins or (inside and not ends)
    if inside:
        raise WorkshopError(f"A solution region is not closed in the cell that begins with: {source.splitlines()[0]}")
    return "".join(kept).rstrip("\n")


def as_text(notebook: Notebook) -> str:
    """The file's text, so that the same notebook is always the same text."""
    cells = [{**cell, "source": "".join(cell["source"]).splitlines(keepends=True)} for cell in notebook["cells"]]
    whole = {**notebook, "cells": cells, "metadata": _METADATA}
    return json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def run_solutions() -> None:
    """Run the notebooks of solutions/ and store what came out.

    The steps run in their order, one upon the other, and each extension alone upon the steps that it needs. Raises
    WorkshopError with the cell and its error where one stops.
    """
    from workshop.scratch import make_ready_for, scratch_workshop

    with scratch_workshop():
        for path in _notebooks(SOLUTIONS):
            make_ready_for(find_notebook(path))
            _run(path)


def _run(path: Path) -> None:
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    read_notebook(path)  # where that can't be, this says so in a sentence
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        coalesce_streams=True,
        record_timing=False,
    )
    try:
        client.execute()
    except CellExecutionError as error:
        raise WorkshopError(f"{path.name} stopped in a cell:\n\n{error}") from None
    path.write_text(as_text(notebook), "utf-8", newline="\n")


def _made_files() -> list[Path]:
    pictures = (picture for folder in (SOLUTIONS, NOTEBOOKS) for picture in folder.rglob("images/*.svg"))
    return sorted([*_notebooks(NOTEBOOKS), *pictures])


# --- What comes from the contract -------------------------------------------------------------------------------------


def _step_of(syllabus: Syllabus, stem: str) -> dict[str, Any]:
    """What the file "02_core_entities", or "coupons", is about; nothing for a file about no step."""
    found: dict[str, Any] = syllabus.get(stem.partition("_")[0].lstrip("0"), {"rules": [], "tables": []})
    return found


def _points(syllabus: Syllabus, stem: str) -> int:
    """What a notebook's check is worth: a point for each required rule, as where a class is graded by `checks`."""
    return len(_must(_step_of(syllabus, stem)["rules"]))


def _with_blocks(notebook: Notebook, blocks: dict[str, str]) -> Notebook:
    def filled(source: str) -> str:
        for name, text in blocks.items():
            begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
            before, found, rest = source.partition(begin)
            if found:
                source = f"{before}{begin}\n{text}\n{end}{rest.partition(end)[2]}"
        return source

    cells = [
        {**cell, "source": filled("".join(cell["source"]))} if cell["cell_type"] == "markdown" else cell
        for cell in notebook["cells"]
    ]
    return {**notebook, "cells": cells}


def _blocks(syllabus: Syllabus, stem: str) -> dict[str, str]:
    picture = _picture(syllabus, stem)
    return {
        "rules": "\n".join(_rules(_step_of(syllabus, stem)["rules"])).strip(),
        "picture": f"![{_alternative(picture.tables)}](images/{stem}.svg)",
    }


def _rules(rules: Sequence[dict[str, str]]) -> Iterator[str]:
    """Markdown: the rules that must hold, folded by table where there are several, then the advice."""
    must = _must(rules)
    subjects = list(dict.fromkeys(rule["about"] for rule in must))
    for subject in subjects:
        listed = [rule for rule in must if rule["about"] == subject]
        title = f"<code>{subject}</code>" if subject else "All tables"
        yield from _folded(f"{title}: {_count(listed)}", listed) if len(subjects) > 1 else _listed(listed)
    if advice := [rule for rule in rules if rule["level"] == "advice"]:
        yield from _folded(f"Good practice, checked but never required: {_count(advice)}", advice)


def _must(rules: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    return [rule for rule in rules if rule["level"] == "must"]


def _folded(title: str, rules: Sequence[dict[str, str]]) -> Iterator[str]:
    # The empty lines make what is between them Markdown.
    yield from (f"<details><summary>{title}</summary>", "", *_listed(rules), "</details>")


def _listed(rules: Sequence[dict[str, str]]) -> Iterator[str]:
    yield from (*(f"- {rule['text']}" for rule in rules), "")


def _count(rules: Sequence[object]) -> str:
    return "1 rule" if len(rules) == 1 else f"{len(rules)} rules"


def _picture(syllabus: Syllabus, stem: str) -> Diagram:
    return draw(Table.from_data(table) for table in _step_of(syllabus, stem)["tables"])


def _alternative(tables: Sequence[Table]) -> str:
    """The picture in words, for who can't see it."""
    told = []
    for table in tables:
        targets = dict.fromkeys("itself" if key.table == table.name else key.table for key in table.foreign_keys)
        told.append(f"{table.name}, which refers to {' and '.join(targets)}" if targets else table.name)
    return f"Diagram of the tables: {'; '.join(told)}."
