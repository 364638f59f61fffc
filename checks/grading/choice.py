"""Which steps and extensions a class is graded in, as an instructor writes it: `1-6`, `2,5-7`, `1-8,coupons`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks import contract
from checks.grade import chapter_key, step_number
from workshop.errors import WorkshopError

Key = int | str

#: All of them, in the order in which they are graded: what the database alone decides comes before the steps that run
#: much of a learner's code.
ALL: tuple[Key, ...] = (
    *(step.number for step in contract.STEPS if step.number <= contract.SCHEMA_STEPS[-1]),
    *(extension.name for extension in contract.EXTENSIONS),
    *(step.number for step in contract.STEPS if step.number > contract.SCHEMA_STEPS[-1]),
)

_RANGE = re.compile(r"(\d+)\s*-\s*(\d+)")


def chosen(text: str) -> tuple[Key, ...]:
    """The steps, by their numbers, and the extensions, by their names, in the order of ALL.

    Raises WorkshopError when there is no such step, or nothing is named.
    """
    named = {key for part in text.split(",") if part.strip() for key in _keys(part.strip())}
    if not named:
        raise WorkshopError("--steps names no step: write it like 1-6, or 1-8,coupons.")
    return tuple(key for key in ALL if key in named)


def _keys(part: str) -> Iterator[Key]:
    span = _RANGE.fullmatch(part)
    if span:
        first, last = map(int, span.groups())
        yield from range(step_number(first), step_number(last) + 1)
    else:
        yield chapter_key(int(part) if part.isdecimal() else part)
