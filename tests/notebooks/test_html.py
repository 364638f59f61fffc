"""The solutions as nbconvert, GitHub and VS Code show them: by their stored outputs alone, without JavaScript."""

from __future__ import annotations

import re
from copy import copy
from functools import cache

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbconvert import HTMLExporter

from tests.notebooks.conftest import NAMES
from workshop.settings import ROOT

# What nobody should see: tags as text, Markdown that was not turned into anything, the names of Python objects.
_RAW = re.compile(r"</?(?:div|span|p|b|code|svg|style|table|details)\b|\*\*\w|\]\(\w|```|<[\w.]+ object at 0x", re.I)


@cache
def page_of(name: str) -> BeautifulSoup:
    """A solution as a page."""
    notebook = nbformat.read(ROOT / "solutions" / name, as_version=4)  # type: ignore[no-untyped-call]
    html, _ = HTMLExporter().from_notebook_node(notebook)
    return BeautifulSoup(html, "html.parser")


@pytest.mark.parametrize("name", NAMES)
def test_nothing_raw_is_read(name: str) -> None:
    page = copy(page_of(name))
    for hidden in page(["script", "style", "title", "code"]):
        hidden.decompose()
    for code in page.select(".highlight, .jp-InputArea-editor"):
        code.decompose()
    text = page.get_text(" ")
    assert len(text.split()) > 200
    assert [text[found.start() - 60 : found.end() + 60] for found in _RAW.finditer(text)] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_picture_is_there_and_has_words(name: str) -> None:
    page, folder = page_of(name), (ROOT / "solutions" / name).parent
    for picture in page("img"):
        source = picture["src"]
        assert source.startswith("data:image/") or (folder / source).is_file(), source[:100]
        assert len(picture.get("alt", "").split()) > 3, picture.get("alt")
    for drawing in page.select(".jp-OutputArea svg"):
        told = drawing.get("aria-label") or drawing.find("title") or drawing.find_parent(attrs={"aria-label": True})
        assert told or drawing.get("aria-hidden") == "true", str(drawing)[:200]


@pytest.mark.parametrize("name", NAMES)
def test_every_output_says_in_text_what_it_shows(name: str) -> None:
    notebook = nbformat.read(ROOT / "solutions" / name, as_version=4)  # type: ignore[no-untyped-call]
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            text = output.get("data", {}).get("text/plain", "something")
            assert text.strip() and not _RAW.search(text), (cell.id, text)
            assert set(output.get("data", {})) <= {"text/plain", "text/html", "image/svg+xml", "image/png"}
