"""What can come of a check: the words for it, and the ways a check ends early."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from checks.contract import Rule


class Outcome(StrEnum):
    PASS = "pass"
    FAIL = "fail"
    ADVICE = "advice"  # good practice that is missing
    NOT_ATTEMPTED = "not_attempted"
    SKIPPED = "skipped"  # a check that it depends on failed
    CANT_TELL = "cant_tell"


@dataclass(frozen=True)
class Result:
    """One check's outcome, with everything a report says about it."""

    rule: Rule
    outcome: Outcome
    table: str | None = None
    column: str | None = None
    expected: str | None = None
    happened: str | None = None
    tried: str | None = None  # SQL, one to three lines
    sqlstate: str | None = None
    next: str | None = None


class Failed(Exception):
    """The rule does not hold. Texts are whole sentences in the learner's own names."""

    def __init__(
        self,
        happened: str,
        *,
        next: str,
        table: str | None = None,
        column: str | None = None,
        expected: str | None = None,
        tried: str | None = None,
        sqlstate: str | None = None,
    ) -> None:
        super().__init__(happened)
        self.happened = happened
        self.next = next
        self.table = table
        self.column = column
        self.expected = expected
        self.tried = tried
        self.sqlstate = sqlstate


class CantTell(Exception):
    """The check could not find out; its text says why, and it never counts against the learner."""

    def __init__(self, why: str, *, table: str | None = None, tried: str | None = None) -> None:
        super().__init__(why)
        self.table = table
        self.tried = tried


class Skipped(Exception):
    """Something that this check needs is not there, and another check says so."""
