"""Makes docs/images/report.png: a real report, in a real browser. `.venv/bin/python docs/images/report.py`

The schema is the tests' reference with one rule of a shop left out. Needs the packages of the tests, and Chromium.
"""

import shutil
import sys
from contextlib import closing
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from checks.grade import grade  # noqa: E402
from checks.subject import find_subject  # noqa: E402
from workshop.postgres import connect, start  # noqa: E402
from workshop.scratch import scratch_workshop  # noqa: E402

_REFERENCE = HERE.parents[1] / "tests/checks/designs/reference.sql"
_RULE = "not null constraint cart_quantity_positive check (quantity > 0)"


def report_as_html() -> str:
    """What check_step(4) shows for a shop whose cart takes any quantity."""
    schema = _REFERENCE.read_text(encoding="utf-8").partition("\n-- Step 5\n")[0]
    assert _RULE in schema
    with scratch_workshop():
        url = start().url
        with closing(connect(url, "picture")) as connection, connection, connection.cursor() as cursor:
            cursor.execute(schema.replace(_RULE, "not null"))
        return grade(4, find_subject(url)).to_html()


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 860, "height": 100}, device_scale_factor=2)
        page.set_content(f'<body style="margin: 12px; background: white; font: 14px sans-serif">{report_as_html()}')
        page.screenshot(path=HERE / "report.png", full_page=True)
        browser.close()


if __name__ == "__main__":
    main()
