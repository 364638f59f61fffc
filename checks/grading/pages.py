"""What a learner gets to read: the reports of all steps on one page, and how to come to the same figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from checks import contract


def page(title: str, body: str) -> str:
    """A whole page that needs nothing beside it; in light or dark, as its reader's system is."""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_style()}</style></head>\n<body>\n{body}\n</body></html>\n"
    )


def rows(head: Iterable[str], cells: Iterable[Iterable[str]]) -> str:
    """A table of HTML; a head or cell that begins with `#` is a figure."""
    heads = "".join(_cell("th", text) for text in head)
    lines = "".join(f"<tr>{''.join(_cell('td', text) for text in line)}</tr>\n" for line in cells)
    return f"<table><thead><tr>{heads}</tr></thead>\n<tbody>{lines}</tbody></table>"


def bar(share: float) -> str:
    """A cell that shows a share from 0 to 1."""
    return f"|<div><i style='width:{100 * share:.0f}%'></i></div>"


def title_of(step: str) -> str:
    """A step, or an extension, as a reader knows it."""
    return f"{step}, {contract.step(int(step)).title}" if step.isdecimal() else contract.chapter(step).heading


def state_of(step: Mapping[str, Any]) -> str:
    """passed, open, or not begun."""
    if step["passed"]:
        return "passed"
    return "open" if any(check["outcome"] != "not_attempted" for check in step["checks"]) else "not begun"


def learner_page(line: Mapping[str, Any], reports: Mapping[str, str]) -> str:
    """The page of one learner; `reports` are those of the steps, as HTML."""
    parts = [
        f"<h1>{escape(line['name'])}</h1>",
        f"<p><b>{line['score']} of {line['out_of']}</b> required rules hold. Status: {escape(line['status'])}.</p>",
    ]
    if line["sentence"]:
        parts.append(f'<p class="sentence">{escape(line["sentence"])}</p>')
    if reports:
        parts.append(
            rows(
                ("step", "", "#rules that hold"),
                (
                    (escape(title_of(step)), _marked(state_of(told)), f"#{told['score']} of {told['out_of']}")
                    for step, told in {**line["steps"], **line["extras"]}.items()
                ),
            )
        )
    parts += reports.values()
    parts.append(_again(line))
    return page(line["name"], "\n".join(parts))


def _again(line: Mapping[str, Any]) -> str:
    if line["kind"] == "nothing":
        return ""
    url = "postgresql+psycopg2://user:password@host:5432/an_empty_database"
    build = (
        "psql --file=the_dump.sql … an_empty_database"
        if line["kind"] == "dump"
        else 'WORKSHOP_PROJECT=/path/to/ecommerce-db python -c "from workshop import build_schema; '
        f"build_schema('{url}', replace=True)\""
    )
    project = "" if line["kind"] == "dump" else " --project /path/to/ecommerce-db"
    told = [key for key, step in {**line["steps"], **line["extras"]}.items() if step["checks"]]
    checks = "\n".join(f"python -m checks {key} --database-url {url}{project}" for key in told)
    return (
        "<h2>The same figures by hand</h2><p>Build the submission in a database of its own, then check each step:</p>"
        f"<pre>{escape(build)}\n{escape(checks)}</pre>{_STAMP if '7' in told else ''}"
    )


_STAMP = (
    "<p>Step 7 then has one rule more, on the revision's number in the learner's own database: no submission holds "
    "that, and it is not counted here.</p>"
)


def _marked(state: str) -> str:
    mark = {"passed": '<span class="good">✓</span>', "open": '<span class="bad">✗</span>'}.get(state, "○")
    return f"{mark} {state}"


def _cell(tag: str, text: str) -> str:
    if text.startswith("#"):
        return f'<{tag} class="figure">{text[1:]}</{tag}>'
    return f'<{tag} class="bar">{text[1:]}</{tag}>' if text.startswith("|") else f"<{tag}>{text}</{tag}>"


@cache
def _style() -> str:
    return files("checks.grading").joinpath("page.css").read_text(encoding="utf-8")
