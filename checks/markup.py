"""How texts with `code` in them are shown, as HTML in JupyterLab's colours and as plain text."""

from __future__ import annotations

from functools import cache
from html import escape
from importlib.resources import files


@cache
def style() -> str:
    """The style element that every fragment carries along."""
    return f"<style>{files('checks').joinpath('report.css').read_text(encoding='utf-8')}</style>"


def inline(text: str) -> str:
    """A sentence as HTML, its `code` as code."""
    return "".join(
        f"<code>{escape(part)}</code>" if place % 2 else escape(part) for place, part in enumerate(text.split("`"))
    )


def plain(text: str) -> str:
    """A sentence without the marks around its code."""
    return text.replace("`", "")
