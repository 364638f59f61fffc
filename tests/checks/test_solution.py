"""show_solution: the reference, for who has passed or given up."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from checks import show_solution
from checks.help.solution import Solution
from tests.checks.conftest import reference_sql
from workshop.errors import WorkshopError
from workshop.reference import read_reference

Build = Callable[[str], None]


@pytest.fixture(autouse=True)
def playground_is_the_workshops(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("WORKSHOP_POSTGRES", "external")


def test_it_waits_until_the_step_passes(build: Build, capsys: pytest.CaptureFixture[str]) -> None:
    build(reference_sql(2) + "alter table products drop constraint price_not_negative")
    assert show_solution(2) is None
    assert capsys.readouterr().out == (
        "Step 2 has 1 rule open: hint(2) helps with the first, and show_solution(2, give_up=True) shows the reference "
        "all the same.\n"
    )
    build("")
    assert show_solution(2) is None
    assert "Step 2 has 29 rules open" in capsys.readouterr().out


def test_after_a_pass_it_shows_files_and_asks_why(build: Build) -> None:
    build(reference_sql(2))
    solution = show_solution(2)
    assert isinstance(solution, Solution)
    text = str(solution)
    for path, code in read_reference(2).files.items():
        assert f"\n{path}\n\n    " in text
        assert all(line in text for line in code.splitlines())
    assert text.endswith("which do you prefer, and why?")
    assert "SOLUTION" not in text


def test_who_gives_up_sees_it_without_a_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg2://nobody@127.0.0.1:1/nothing")
    text = str(show_solution(1, give_up=True))
    assert "config.py\n\n" in text
    assert "(project / name).mkdir(exist_ok=True)" in text, "an answer that is in no file"
    assert text.endswith("change one rule of yours by hand, then call check_step(1).")


def test_html_is_the_same_text_in_the_themes_colours() -> None:
    bundle = show_solution(2, give_up=True)._repr_mimebundle_()
    assert list(bundle) == ["text/plain", "text/html"]
    html = bundle["text/html"]
    assert '<span class="k">class</span>' in html
    assert "var(--jp-mirror-editor-keyword-color, " in html
    assert "Mapped[str | None]" in re.sub(r"<[^>]+>", "", html)
    assert "&lt;&gt; id" in html


def test_without_a_solution_there_is_a_sentence() -> None:
    with pytest.raises(WorkshopError, match="There is no step 99"):
        show_solution(99)
