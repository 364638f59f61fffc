"""The form of each notebook: what a learner can rely on in every step."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

from checks import contract
from tests.notebooks.conftest import NAMES, Notebook, read, source
from workshop.settings import ROOT
from workshop.steps import Extension, Step

BLOCK = re.compile(r"<!-- begin (\w+) -->.*?<!-- end \1 -->", re.DOTALL)
TODO = re.compile(r"(?:#|--) TODO ([\d.]+):")


def test_it_is_a_valid_notebook_for_any_python_3(notebook: Notebook) -> None:
    nbformat.validate(notebook)  # type: ignore[no-untyped-call]
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert notebook["metadata"]["language_info"] == {"name": "python"}, "no version: it would change all the time"


def test_its_size_is_that_of_a_few_minutes(notebook: Notebook) -> None:
    assert 15 <= len(notebook["cells"]) <= 25
    for cell in notebook["cells"]:
        lines = source(cell).splitlines()
        if cell["cell_type"] == "code":
            is_model = lines[0].startswith("%%project_file models/")
            assert len(lines) <= (45 if is_model else 20), cell["id"]
            assert max(map(len, lines)) <= 120, cell["id"]
        else:
            assert len(BLOCK.sub("", source(cell)).split()) <= 120, cell["id"]


def test_it_has_no_outputs(notebook: Notebook) -> None:
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [] and cell["execution_count"] is None, cell["id"]


def test_it_opens_with_what_it_is_about(notebook: Notebook, step: Step) -> None:
    opening = source(notebook["cells"][0])
    is_extension = isinstance(step, Extension)
    key = f'"{step.key}"' if is_extension else step.key
    assert f"# {'Extension' if is_extension else f'Step {key}'}: {step.title}\n" in opening
    for word in ("**Goal:**", f"about {step.minutes} minutes", "**You need:**", "**You build:**"):
        assert word in opening, word
    first = next(source(cell) for cell in notebook["cells"] if cell["cell_type"] == "code")
    check = "check_extension" if is_extension else "check_step"
    assert re.match(rf"from checks import {check}(, \w+)*\nfrom workshop import ", first)
    assert first.endswith(f"\nstart_step({key})")
    assert any(source(cell) == f"{check}({key})" for cell in notebook["cells"])


def test_the_rules_it_shows_are_the_contracts(notebook: Notebook, step: Step) -> None:
    shown = [
        line for cell in notebook["cells"] for block in BLOCK.finditer(source(cell)) for line in block[0].splitlines()
    ]
    rules = [line.removeprefix("- ") for line in shown if line.startswith("- ")]
    assert sorted(rules) == sorted(rule.text for rule in contract.chapter(step.key).rules)


def test_its_picture_shows_the_steps_tables_with_words_for_who_cannot_see_it(
    notebook: Notebook, name: str, step: Step
) -> None:
    tables = [table.name for table in contract.tables_of(step.key)]
    pictures = re.findall(r"!\[(.*?)\]\((.*?)\)", source(notebook["cells"][0]))
    if not tables:
        assert not pictures
        return
    [(alternative, link)] = pictures
    assert link == f"images/{Path(name).stem}.svg"
    drawn = (ROOT / "notebooks" / name).parent.joinpath(link).read_text("utf-8")
    for table in tables:
        assert table in alternative
        assert f">{table}</text>" in drawn
    assert re.search(r'<rect width="100%" height="100%" style="fill:#f', drawn), (
        "a light ground: it reads on dark pages"
    )


def test_each_gap_has_a_number_and_they_count_up(notebook: Notebook, step: Step) -> None:
    found = [
        match for cell in notebook["cells"] if cell["cell_type"] == "code" for match in TODO.finditer(source(cell))
    ]
    before = "" if isinstance(step, Extension) else f"{step.number}."
    assert [match[1] for match in found] == [f"{before}{i + 1}" for i in range(len(found))]
    assert found


@pytest.mark.parametrize("name", NAMES)
def test_each_answer_stands_below_a_gap_of_the_notebook(name: str) -> None:
    for cell in read("solutions", name)["cells"]:
        lines = source(cell).splitlines()
        for i, line in enumerate(lines):
            if "BEGIN SOLUTION" in line:
                assert TODO.search(lines[i - 1]), f"{cell['id']}, line {i + 1}"


@pytest.mark.parametrize("name", NAMES)
def test_each_attack_on_a_solution_is_refused(name: str) -> None:
    """A cell that says "not refused" when a row goes in has nothing to say."""
    for cell in read("solutions", name)["cells"]:
        if '"not refused"' in source(cell):
            assert [output["output_type"] for output in cell["outputs"]] == ["error"], cell["id"]


def test_no_answer_is_left(notebook: Notebook) -> None:
    for cell in notebook["cells"]:
        assert "SOLUTION" not in source(cell), cell["id"]
        assert "strict=True" not in source(cell), cell["id"]
        assert "solution-only" not in cell["metadata"].get("tags", []), cell["id"]


@pytest.mark.parametrize("folder", ["notebooks", "solutions"])
def test_its_links_lead_somewhere(name: str, folder: str) -> None:
    links = [
        link
        for cell in read(folder, name)["cells"]
        if cell["cell_type"] == "markdown"
        for link in re.findall(r"\]\(([^)\s]+)\)", source(cell))
    ]
    assert links
    for link in links:
        assert (ROOT / folder / name).parent.joinpath(link.partition("#")[0]).is_file(), link


@pytest.mark.parametrize("folder", ["notebooks", "solutions"])
def test_it_names_no_place_on_anybodys_computer(name: str, folder: str) -> None:
    whole = (ROOT / folder / name).read_text("utf-8")
    found = re.search(r"(?<![\w.:/>-])(/(?:home|root|tmp|var|work|usr|Users|opt)/|[A-Z]:\\\\)\S*", whole)
    assert not found, found
    assert str(ROOT) not in whole


def test_it_says_how_to_work_with_an_assistant_and_without(notebook: Notebook) -> None:
    prose = "\n".join(source(cell) for cell in notebook["cells"] if cell["cell_type"] == "markdown").lower()
    assert "without one" in prose
    for word in (
        "predict",
        "prompt",
        "inspect",
        "check",
        "explain",
        "postgresql 15 or newer",
        "psycopg2",
        "sqlalchemy 2",
    ):
        assert word in prose, word
