"""What a database holds besides its rows, as facts, and the first thing in which two databases differ, in words."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from checks.session import LOCK_TIMEOUT, STATEMENT_TIMEOUT
from workshop.postgres import connect

_QUERY = Path(__file__).with_name("contents.sql").read_text(encoding="utf-8")

#: A lock that somebody else holds is waited for no longer than in any check.
_SETTINGS = f"""
    set local search_path = pg_catalog; set local jit = off;
    set local lock_timeout = '{LOCK_TIMEOUT}'; set local statement_timeout = '{STATEMENT_TIMEOUT}'
"""

#: In the order in which a person would look: a missing table explains why its columns are not there.
KINDS = (
    "schema",
    "extension",
    "table",
    "type",
    "column",
    "constraint",
    "function",
    "trigger",
    "index",
    "view",
    "materialized view",
    "rule",
    "policy",
    "sequence",
)


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that a database holds.

    Attributes:
        kind: one of KINDS.
        owner: the table, the type or the function that it is about.
        name: of a column, a trigger, a rule; empty where names don't matter.
        text: the fact itself, as PostgreSQL writes it.
    """

    kind: str
    owner: str
    name: str
    text: str

    @property
    def subject(self) -> tuple[str, str, str]:
        """What the fact is about."""
        return self.kind, self.owner, self.name


@dataclass(frozen=True, slots=True)
class Difference:
    """The first thing in which two databases differ: which table and column, and a sentence."""

    table: str | None
    column: str | None
    sentence: str
    kind: str


Contents = Counter[Fact]


def read_contents(url: str) -> Contents:
    """The facts of that database; what Alembic keeps for itself is left out.

    Raises WorkshopError when there is no way in.
    """
    with closing(connect(url, "checks")) as connection, connection.cursor() as cursor:
        cursor.execute(_SETTINGS)
        cursor.execute(_QUERY)
        facts = [Fact(*row) for row in cursor.fetchall()]
    book_keeping = {fact.owner for fact in facts if fact.kind == "column" and fact.name == "version_num"}
    only = {owner for owner in book_keeping if sum(f.kind == "column" and f.owner == owner for f in facts) == 1}
    return Counter(fact for fact in facts if fact.owner not in only)


def first_difference(wanted: Contents, found: Contents, wanted_in: str, found_in: str) -> Difference | None:
    """The first thing in which `found` is not as `wanted`; None when they hold the same.

    wanted_in, found_in: what the two databases are called in a sentence, such as "the migrated database".
    """
    lacking, surplus = wanted - found, found - wanted
    gone = {fact.owner for fact in lacking if fact.kind == "table"} | {f.owner for f in surplus if f.kind == "table"}
    due = sorted([*lacking, *surplus], key=lambda fact: (KINDS.index(fact.kind), fact.owner, fact.name, fact.text))
    due = [fact for fact in due if fact.kind == "table" or fact.owner not in gone] or due
    if not due:
        return None
    first = due[0]
    ours = _about(lacking, first)
    theirs = _about(surplus, first)
    on_table = first.kind in ("table", "column", "constraint", "trigger", "index", "rule", "policy")
    return Difference(
        first.owner if on_table else None,
        first.name if first.kind == "column" else None,
        _sentence(first, ours, theirs, wanted_in, found_in),
        first.kind,
    )


def leftovers(before: Contents, after: Contents) -> list[str]:
    """What is there after and was not before, in words, the things that hold others first."""
    kinds = ("table", "type", "function", "sequence", "view", "materialized view", "schema")
    left = sorted((fact for fact in after - before if fact.kind in kinds), key=lambda f: (kinds.index(f.kind), f.owner))
    return [f"the {fact.kind} {fact.owner}" for fact in left]


def _about(facts: Contents, first: Fact) -> Fact | None:
    return next((fact for fact in facts if fact.subject == first.subject), None)


def _sentence(first: Fact, ours: Fact | None, theirs: Fact | None, wanted_in: str, found_in: str) -> str:
    match first.kind:
        case "column" if ours and theirs:
            column = f"{first.owner}.{first.name}"
            return f"{column} is {ours.text} in {wanted_in}, and {theirs.text} in {found_in}."
        case "type" if ours and theirs:
            return f"The type {first.owner} is {ours.text} in {wanted_in}, and {theirs.text} in {found_in}."
        case "constraint" | "index" if ours:
            what = "constraint" if first.kind == "constraint" else "index"
            return f"{first.owner} has no {what} {_short(ours.text)} in {found_in}; it has one in {wanted_in}."
        case _ if ours and theirs:
            return f"{_named(first)} is not the same in {found_in} as in {wanted_in}."
        case _ if ours:
            return f"{_named(first)} is in {wanted_in}, and not in {found_in}."
        case _:
            what = _named(first) if first.name or first.kind not in ("constraint", "index") else ""
            what = what or f"The {first.kind} {_short(first.text)} on {first.owner}"
            return f"{what} is in {found_in}, and not in {wanted_in}."


def _named(fact: Fact) -> str:
    if fact.kind == "column":
        return f"The column {fact.owner}.{fact.name}"
    return f"The {fact.kind} {fact.name} on {fact.owner}" if fact.name else f"The {fact.kind} {fact.owner}"


def _short(text: str, most: int = 120) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
