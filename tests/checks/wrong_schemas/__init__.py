"""Wrong schemas, read from the SQL files beside this one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Wrong:
    """A change to the reference that breaks one rule."""

    breaks: str  # the rule
    name: str
    sql: str
    says: tuple[str, ...]  # words that the message must hold
    also: tuple[str, ...] = ()  # other rules that may be reported

    def __str__(self) -> str:
        return f"{self.breaks}: {self.name}"


def wrong_schemas(file: str) -> tuple[Wrong, ...]:
    """The entries of one file: a head of comment lines, then SQL."""
    text = Path(__file__).with_name(file).read_text(encoding="utf-8")
    entries = re.split(r"^-- (?=\w+\.[\w-]+: )", text, flags=re.MULTILINE)[1:]
    return tuple(_entry(entry) for entry in entries)


def _entry(text: str) -> Wrong:
    lines = text.splitlines()
    breaks, _, name = lines[0].partition(": ")
    return Wrong(
        breaks,
        name,
        "\n".join(line for line in lines if not line.startswith("--")).removeprefix(lines[0]),
        says=_listed(lines, "says"),
        also=_listed(lines, "also"),
    )


def _listed(lines: list[str], key: str) -> tuple[str, ...]:
    found = next((line.partition(": ")[2] for line in lines if line.startswith(f"-- {key}: ")), "")
    return tuple(part.strip() for part in found.split(" | ") if part.strip())
