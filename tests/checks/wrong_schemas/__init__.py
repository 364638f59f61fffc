"""Wrong schemas, read from the SQL files beside this one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Wrong:
    """A change to the reference that breaks one rule."""

    step: int | str  # an extension by its name
    breaks: str  # the rule
    name: str
    sql: str
    says: tuple[str, ...]  # words that the message must hold
    also: tuple[str, ...] = ()  # other rules that may be reported
    as_superuser: bool = False  # only a superuser can do such a thing to a schema
    since: int = 0  # server_version_num of the first PostgreSQL that takes the change

    def __str__(self) -> str:
        return f"{self.breaks}: {self.name}"


def wrong_schemas(step: int | str, pattern: str) -> tuple[Wrong, ...]:
    """The entries of a step's file: heads of comment lines, each with SQL below it."""
    text = Path(__file__).with_name(pattern.format(step)).read_text(encoding="utf-8")
    entries = re.split(r"^-- (?=\w+\.[\w-]+: )", text, flags=re.MULTILINE)[1:]
    return tuple(_entry(step, entry) for entry in entries)


def _entry(step: int | str, text: str) -> Wrong:
    title, *lines = text.splitlines()
    breaks, _, name = title.partition(": ")
    heads = dict(line.removeprefix("-- ").split(": ", 1) for line in lines if line.startswith("-- "))
    return Wrong(
        step,
        breaks,
        name,
        sql="\n".join(line for line in lines if not line.startswith("--")),
        says=_listed(heads["says"]),
        also=_listed(heads.get("also", "")),
        as_superuser=heads.get("as") == "superuser",
        since=int(heads.get("since", 0)),
    )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(" | ") if part.strip())
