"""The solutions, cell by cell, in JupyterLab as a learner has it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.browser.conftest import Lab
from workshop.settings import ROOT
from workshop.steps import find_notebook

#: The steps in their order, and one of the extensions: its pictures lie a folder further away.
SOLUTIONS = [*sorted(path.name for path in (ROOT / "solutions").glob("*.ipynb")), "extensions/coupons.ipynb"]


@pytest.mark.parametrize("name", SOLUTIONS)
def test_a_solution_runs_through_and_shows_that_it_passed(lab: Lab, name: str, tmp_path: Path) -> None:
    cells = lab.run_all(f"solutions/{name}")
    for cell in cells:
        for output in cell.get("outputs", []):
            if output["output_type"] == "error":
                assert "raises-exception" in cell["metadata"].get("tags", []), output["evalue"]
    report = lab.page.locator(".shop-report.done h3").first
    report.scroll_into_view_if_needed()
    heading = re.escape(find_notebook(Path(name)).heading)
    assert re.fullmatch(rf"{heading}: passed\. (\d+) of \1 required rules hold\.", report.inner_text())
    assert lab.page.locator(".jp-OutputArea img, .jp-RenderedMarkdown img").evaluate_all(
        "images => images.every(image => image.complete && image.naturalWidth > 0)"
    ), "a picture is broken"
    lab.page.screenshot(path=tmp_path / f"{Path(name).stem}.png")
