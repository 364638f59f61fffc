"""The pages for people: they list what there is, and their links lead somewhere."""

import re
from pathlib import Path

import pytest

import checks
import workshop
from workshop.cli import COMMANDS
from workshop.settings import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
CALLS = (ROOT / "docs" / "calls.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*workshop.__all__, *checks.__all__])
def test_every_call_is_listed(name: str) -> None:
    assert f"`{name}(" in CALLS or f"`with {name}(" in CALLS


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_listed(name: str) -> None:
    assert f"`python3 -m workshop {name}" in CALLS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")) if "://" not in link]
    for link in links:
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def anchors(page: Path) -> set[str]:
    """What a link may name in a page, as GitHub makes it of the headings."""
    titles = [line.lstrip("# ") for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
