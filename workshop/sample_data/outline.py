"""What the checks know of the learner's tables: which plays which part, and rows that each of them takes.

`workshop` never imports `checks`: this is the answer of `python -m checks.outline`, as facts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workshop.checker import ask

#: A row by stored column, each value as PostgreSQL writes it.
Row = Mapping[str, str | None]


@dataclass(frozen=True)
class ForeignKey:
    """Columns that refer to the table in the part `part`; None for a table of the learner's own."""

    columns: tuple[str, ...]
    part: str | None
    target_columns: tuple[str, ...]


@dataclass(frozen=True)
class Example:
    """A row that the table takes; `stands_for` is the price, the status or the type of movement that it has."""

    stands_for: str | None
    row: Row


@dataclass(frozen=True)
class Part:
    """A table of the learner's that plays a part of the contract.

    Attributes:
        label: the table as a learner names it, with its schema only where it is needed.
        columns: the stored name of each column of the contract that is there.
        values: by a column of the contract, what it takes where that is limited.
        problem: why there is no example, or not for everything.
    """

    name: str
    schema: str
    table: str
    label: str
    columns: Mapping[str, str]
    foreign_keys: tuple[ForeignKey, ...]
    values: Mapping[str, Sequence[str]]
    examples: tuple[Example, ...]
    problem: str


@dataclass(frozen=True)
class Other:
    """A row of a table of the learner's own that must be there first, because rows of the contract refer to it."""

    schema: str
    table: str
    row: Row


@dataclass(frozen=True)
class Outline:
    parts: Mapping[str, Part]  # by name, in an order in which each comes after those it refers to
    others: tuple[Other, ...]

    def labels(self, part: str) -> list[str]:
        """What the examples of a part stand for."""
        examples = self.parts[part].examples if part in self.parts else ()
        return [example.stands_for for example in examples if example.stands_for is not None]


def read_outline(url: str) -> Outline:
    """Ask the checks about the database at `url`, with the project's role map.

    Raises:
        WorkshopError: the checks could not look at the database; their own sentence.
    """
    return _parsed(ask("outline", url=url))


def _parsed(told: dict[str, Any]) -> Outline:
    """The outline that the command printed."""
    parts = [
        Part(
            name=part["part"],
            schema=part["schema"],
            table=part["table"],
            label=part["label"],
            columns=part["columns"],
            foreign_keys=tuple(
                ForeignKey(tuple(key["columns"]), key["part"], tuple(key["target_columns"]))
                for key in part["foreign_keys"]
            ),
            values=part["values"],
            examples=tuple(Example(example["for"], example["row"]) for example in part["examples"]),
            problem=part["problem"],
        )
        for part in told["parts"]
    ]
    others = tuple(Other(other["schema"], other["table"], other["row"]) for other in told["others"])
    return Outline({part.name: part for part in parts}, others)
