"""A step's checks: how they are declared, in which order they run, what becomes of each."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from copy import copy
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar

import psycopg2

from checks import contract
from checks.catalog import Table
from checks.catalog.facts import Trigger
from checks.contract import Level, Rule
from checks.outcome import CantTell, Failed, Outcome, Result, Skipped
from checks.probe import shorten
from checks.rows import NoRow, why
from checks.session import Refusal
from workshop.errors import WorkshopError


class Surroundings(Protocol):
    """What a check works on: the shop's database, or the project folder."""

    def isolated(self) -> AbstractContextManager[None]: ...


Context = TypeVar("Context", bound=Surroundings)
Function = Callable[[Context], None]


@dataclass(frozen=True)
class Check(Generic[Context]):
    """One rule and the function that proves it.

    The function returns when the rule holds and raises Failed when it does not; CantTell, Skipped and NoRow
    are the other ways out.
    """

    rule: Rule
    needs: tuple[str, ...]
    run: Function[Context]


class StepChecks(Generic[Context]):
    """The checks of one step, or of an extension, in the order of the contract's rules."""

    def __init__(self, key: int | str) -> None:
        self.contract = contract.chapter(key)
        self._checks: dict[str, Check[Context]] = {}
        self._scenery: Function[Context] | None = None

    def check(self, rule_id: str, *, needs: tuple[str, ...] = ()) -> Callable[[Function[Context]], Function[Context]]:
        """Declare the function that proves a rule; it is skipped unless every rule in `needs` passed."""

        def declare(function: Function[Context]) -> Function[Context]:
            self._checks[rule_id] = Check(self.contract.rule(rule_id), needs, function)
            return function

        return declare

    def scenery(self, function: Function[Context]) -> Function[Context]:
        """Declare what every check finds there, so that not each has to build it; what can't be built is missing."""
        self._scenery = function
        return function

    @property
    def checks(self) -> tuple[Check[Context], ...]:
        return tuple(self._checks[rule.id] for rule in self.contract.rules)

    def without_advice(self) -> StepChecks[Context]:
        """The step with its MUSTs alone."""
        return self.only(*(rule.id for rule in self.contract.rules if rule.level is Level.MUST))

    def only(self, *rule_ids: str) -> StepChecks[Context]:
        """The step with these rules alone; those that they need are run, and not told of."""
        reduced = copy(self)
        rules = tuple(rule for rule in self.contract.rules if rule.id in rule_ids)
        reduced.contract = replace(self.contract, rules=rules)
        return reduced

    def run(self, context: Context) -> tuple[Result, ...]:
        """Every check's result. Nothing of one check is left for the next, and nothing in the end."""
        results: dict[str, Result] = {}
        with context.isolated():
            self._furnish(context)
            for check in self._by_need():
                waits_for = [results[need] for need in check.needs if results[need].outcome is not Outcome.PASS]
                results[check.rule.id] = _wait(check.rule, waits_for) if waits_for else _judge(check, context)
        return _without_consequences([results[rule.id] for rule in self.contract.rules])

    def _furnish(self, context: Context) -> None:
        """Put up the scenery, as far as that goes: what is wrong with the schema, or with us, the checks will say."""
        try:
            if self._scenery is not None:
                self._scenery(context)
        except (WorkshopError, psycopg2.Error):
            raise
        except Exception:
            return

    def not_attempted(self) -> tuple[Result, ...]:
        """The results of a step that nobody has begun."""
        return tuple(Result(rule, Outcome.NOT_ATTEMPTED) for rule in self.contract.rules)

    def _by_need(self) -> list[Check[Context]]:
        ordered: dict[str, Check[Context]] = {}

        def visit(check: Check[Context]) -> None:
            for need in check.needs:
                if need not in ordered:
                    visit(self._checks[need])
            ordered.setdefault(check.rule.id, check)

        for check in self.checks:
            visit(check)
        return list(ordered.values())


def _wait(rule: Rule, waits_for: list[Result]) -> Result:
    """A check that was not run: skipped, but for one that only waits for what could not be found out."""
    if any(result.outcome is not Outcome.CANT_TELL for result in waits_for):
        return Result(rule, Outcome.SKIPPED)
    first = waits_for[0]
    text = first.rule.text.replace("`", "").rstrip(".")
    return Result(
        rule, Outcome.CANT_TELL, table=first.table, happened=f'This waits for "{text}", which could not be found out.'
    )


def _judge(check: Check[Context], context: Context) -> Result:
    rule = check.rule
    try:
        with context.isolated():
            check.run(context)
    except Failed as failed:
        return Result(
            rule,
            Outcome.FAIL if rule.level is Level.MUST else Outcome.ADVICE,
            table=failed.table,
            column=failed.column,
            expected=failed.expected or rule.text.replace("`", ""),
            happened=failed.happened,
            tried=failed.tried,
            sqlstate=failed.sqlstate,
            next=failed.next,
        )
    except Skipped:
        return Result(rule, Outcome.SKIPPED)
    except CantTell as unclear:
        return Result(rule, Outcome.CANT_TELL, table=unclear.table, happened=str(unclear), tried=unclear.tried)
    except NoRow as none:
        return _no_row(rule, none)
    except (WorkshopError, psycopg2.Error):
        raise  # nothing can be tried any more
    except Exception as fault:
        return Result(rule, Outcome.CANT_TELL, happened=f"The check itself stumbled: {fault!r}. That is our fault.")
    return Result(rule, Outcome.PASS)


def _without_consequences(results: list[Result]) -> tuple[Result, ...]:
    """Where a table's own fault is reported, that no row could be made for it, or for what rests on it, is no news."""
    failed = [result for result in results if result.outcome is Outcome.FAIL]
    own = [result for result in failed if not _is_of_a_function(result)]
    told: set[tuple[str | None, str | None]] = set()

    def is_news(result: Result) -> bool:
        if result.outcome is Outcome.CANT_TELL:
            return not _follows(result, failed)
        if result.outcome is not Outcome.FAIL:
            return True
        if _is_of_a_function(result) and _follows(result, own):
            return False
        said = (result.table, result.happened)
        is_new = said not in told
        told.add(said)
        return is_new

    return tuple(result if is_news(result) else Result(result.rule, Outcome.SKIPPED) for result in results)


def _follows(result: Result, faults: list[Result]) -> bool:
    """One of these faults is of the same table, or of one that its rows need."""
    parts = {_part(fault.rule) for fault in faults}
    return result.table in {fault.table for fault in faults} or bool(_rests_on(_part(result.rule)) & parts)


def _is_of_a_function(result: Result) -> bool:
    """The learner's own function does not work, perhaps for the column that another check misses."""
    return result.outcome is Outcome.FAIL and (result.sqlstate or "").startswith("42")


def _part(rule: Rule) -> str:
    return rule.id.partition(".")[0]


def _rests_on(part: str) -> set[str]:
    """The parts that rows of this one need, and those that theirs need."""
    reached: set[str] = set()
    due = [part]
    while due:
        named: set[str] = set()
        with suppress(KeyError):  # a rule need not be about a table
            named = {name for entry in contract.table(due.pop()).refers_to for name in entry.split("|")}
        due += named - reached
        reached |= named
    return reached


def _before_a_row(table: Table) -> list[Trigger]:
    return [t for t in table.triggers if t.fires and t.per_row and t.is_before and t.on_insert]


def _dropping(none: NoRow) -> str:
    names = [f"{trigger.function}()" for trigger in _before_a_row(none.table)]
    return names[0] if len(names) == 1 else f"the one of {', '.join(names)} that returns NULL"


def _no_row(rule: Rule, none: NoRow) -> Result:
    """What it means that no row could be made: a fault of the schema's where that is certain, else nobody can tell."""
    refusal = none.answer.refusal if none.answer else None
    table, tried = none.table.label, shorten(none.answer.tried) if none.answer else None
    sqlstate = refusal.sqlstate if refusal else None
    if rule.level is Level.MUST and (fault := _fault_behind(none, refusal)) is not None:
        happened, next_ = fault
        expected = rule.text.replace("`", "")
        return Result(
            rule,
            Outcome.FAIL,
            table=table,
            expected=expected,
            happened=happened,
            tried=tried,
            sqlstate=sqlstate,
            next=next_,
        )
    return Result(
        rule,
        Outcome.CANT_TELL,
        table=table,
        happened=f"No row could be made that {table} takes, so this was not tried. PostgreSQL said: {why(refusal)}",
        tried=tried,
        sqlstate=sqlstate,
        next=f"Insert an ordinary row into {table} yourself and see what PostgreSQL says.",
    )


def _fault_behind(none: NoRow, refusal: Refusal | None) -> tuple[str, str] | None:
    """What keeps every row out for certain, and what to do about it."""
    table = none.table.label
    if none.contradiction:
        return (
            f"No row will ever go into {table}: its rules {' and '.join(none.contradiction)} can't hold together.",
            "Decide which of them is meant, and drop or correct the other.",
        )
    if refusal is not None and refusal.stumbled:
        return (
            f"No row goes into {table}, because the function {refusal.stumbled}() does not work: {refusal.message}.",
            f"Correct {refusal.stumbled}(), and build again.",
        )
    if none.ahead is not None:
        return (
            f"No row goes into {table}: {none.ahead}() writes a row that points at one of {table} which is not there: "
            f"{why(refusal)}.",
            f"Where the trigger of {none.ahead}() runs BEFORE INSERT, make it AFTER INSERT: the row is there by then. "
            "Else look at the key that it writes.",
        )
    if none.dropped and _before_a_row(none.table):
        return (
            f"PostgreSQL reported success for an ordinary row of {table}, but the row was silently left out: no error "
            "tells the shop.",
            f"Let {_dropping(none)} return NEW, or raise an error where a row is not wanted.",
        )
    return None
