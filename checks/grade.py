"""Grade one step: run its checks on a subject, and report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import Any

from checks import contract
from checks.outcome import Result
from checks.probe import Shop
from checks.report import Report
from checks.step import StepChecks
from checks.steps.on_database import open_shop, run_in
from checks.subject import Subject
from workshop.errors import WorkshopError

#: The steps that have checks. Each module has a `run(subject)`.
_MODULES = {
    1: "checks.steps.step1_setup",
    2: "checks.steps.step2_core",
    3: "checks.steps.step3_catalog",
    4: "checks.steps.step4_orders",
    5: "checks.steps.step5_inventory",
    6: "checks.steps.step6_indexes",
}


class CheckerFault(WorkshopError):
    """The checks themselves are wrong somewhere; what went wrong is the cause of this error."""


class StepNotPassed(WorkshopError):
    """Raised by check_step(n, strict=True); its text is the report."""

    def __init__(self, report: Report) -> None:
        super().__init__(str(report))
        self.report = report


def grade(number: int, subject: Subject) -> Report:
    """The report of a step; WorkshopError with one sentence when it can't be graded."""
    try:
        run: Callable[[Subject], tuple[Result, ...]] = import_module(_MODULES[number]).run
        return Report(number, contract.step(number).title, run(subject))
    except WorkshopError:
        raise
    except Exception as fault:
        raise CheckerFault(
            f"The checks of step {number} stumbled over something that they should know ({fault!r}). That is our "
            "fault and not that of your schema: please report it."
        ) from fault


def grade_in_context(number: int, subject: Subject) -> Report:
    """The report of a step, which also names the earlier ones that it rests on and that don't pass."""
    report = grade(number, subject)
    return replace(report, earlier=_open_before(number, subject)) if report.attempted else report


def _open_before(number: int, subject: Subject) -> tuple[Report, ...]:
    """The earlier steps of the database, of which a MUST does not hold."""
    earlier = [before for before in _MODULES if 2 <= before < number]
    if not earlier:
        return ()
    with open_shop(subject) as shop:
        reports = [_required(before, Shop(shop.session, shop.roles)) for before in earlier]
    return tuple(report for report in reports if not report.passed)


def _required(number: int, shop: Shop) -> Report:
    step: StepChecks[Shop] = import_module(_MODULES[number]).step
    return Report(number, step.contract.title, run_in(step.without_advice(), shop))


def step_number(value: Any) -> int:
    """`value` as the number of a step that can be checked; WorkshopError that lists the steps otherwise."""
    if isinstance(value, int) and not isinstance(value, bool) and value in _MODULES:
        return value
    steps = ", ".join(f"{number} ({contract.step(number).title})" for number in _MODULES)
    raise WorkshopError(f"There is no step {value!r} to check. The steps are {steps}.")
