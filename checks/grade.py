"""Grade one step, or an extension: run its checks on a subject, and report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import psycopg2

from checks import contract
from checks.outcome import Result
from checks.probe import Shop
from checks.report import Report
from checks.session import ServerGone, is_about_the_server
from checks.step import StepChecks
from checks.steps.on_database import open_shop, run_in
from checks.subject import Subject
from workshop.errors import WorkshopError
from workshop.words import listed

#: The steps that have checks. Each module has a `run(subject)`.
_MODULES = {
    1: "checks.steps.step1_setup",
    2: "checks.steps.step2_core",
    3: "checks.steps.step3_catalog",
    4: "checks.steps.step4_orders",
    5: "checks.steps.step5_inventory",
    6: "checks.steps.step6_indexes",
    7: "checks.steps.step7_migrations",
    8: "checks.steps.step8_tests",
}


#: Those that need nothing but the database.
_ON_DATABASE = (2, 3, 4, 5)


class CheckerFault(WorkshopError):
    """The checks themselves are wrong somewhere; what went wrong is the cause of this error."""


class StepNotPassed(WorkshopError):
    """Raised by check_step(n, strict=True); its text is the report."""

    def __init__(self, report: Report) -> None:
        super().__init__(str(report))
        self.report = report


def grade(key: int | str, subject: Subject) -> Report:
    """The report of a step or an extension; WorkshopError with one sentence when it can't be graded."""
    chapter = contract.chapter(key)
    with own_faults(chapter.heading):
        if isinstance(chapter, contract.Extension):
            return _grade_extension(chapter, subject)
        run: Callable[[Subject], tuple[Result, ...]] = import_module(_MODULES[chapter.number]).run
        return Report(key, chapter.title, run(subject))


def _grade_extension(extension: contract.Extension, subject: Subject) -> Report:
    """Where tables of the steps are missing, nothing can be said of what builds on them."""
    checks: StepChecks[Shop] = import_module(f"checks.extensions.{extension.name}").extension
    needed = [table.name for table in contract.TABLES if table.step <= extension.needs]
    with open_shop(subject, (*contract.TABLES, *extension.tables)) as shop:
        missing = tuple(part for part in needed if part not in shop.roles.tables)
        results = checks.not_attempted() if missing else run_in(checks, shop)
    return Report(extension.name, extension.title, results, lacks=missing)


@contextmanager
def own_faults(graded: str) -> Iterator[None]:
    """A fault of ours never looks like the learner's mistake."""
    try:
        yield
    except WorkshopError:
        raise
    except Exception as fault:
        if isinstance(fault, psycopg2.Error) and is_about_the_server(fault):
            raise ServerGone(fault) from fault
        raise CheckerFault(
            f"The checks of {graded} stumbled over something that they should know ({fault!r}). That is our "
            "fault and not that of your schema: please report it."
        ) from fault


def grade_in_context(key: int | str, subject: Subject) -> Report:
    """The same report, which also names the steps that it rests on and that don't pass; before it is begun, one."""
    report = grade(key, subject)
    if report.lacks:  # it says so itself
        return report
    needs = contract.chapter(key).needs
    earlier = grade_required([before for before in _ON_DATABASE if before <= needs], subject)
    broken = tuple(before for before in earlier if not before.passed)
    return replace(report, earlier=broken if report.attempted else broken[:1])


def grade_required(numbers: Sequence[int], subject: Subject) -> tuple[Report, ...]:
    """Reports of several steps without their advice, which takes half the time; those of the database in one go."""
    shared = [number for number in numbers if number in _ON_DATABASE]
    reports: dict[int, Report] = {}
    if shared:
        with own_faults("several steps"), open_shop(subject) as shop:
            reports = {number: _required(number, Shop(shop.session, shop.roles)) for number in shared}
    return tuple(reports.get(number) or grade(number, subject) for number in numbers)


def step_checks(number: int) -> StepChecks[Shop]:
    """The checks of a step that is graded on a database."""
    step: StepChecks[Shop] = import_module(_MODULES[number]).step
    return step


def _required(number: int, shop: Shop) -> Report:
    step = step_checks(number)
    return Report(number, step.contract.title, run_in(step.without_advice(), shop))


def step_number(value: Any) -> int:
    """`value` as the number of a step that can be checked; WorkshopError that lists the steps otherwise."""
    if isinstance(value, int) and not isinstance(value, bool) and value in _MODULES:
        return value
    if value in [extension.name for extension in contract.EXTENSIONS]:
        raise WorkshopError(f"{value!r} is no step but an extension: check_extension({value!r}) checks it.")
    steps = ", ".join(f"{number} ({contract.step(number).title})" for number in _MODULES)
    raise WorkshopError(f"There is no step {value!r} to check. The steps are {steps}.")


def extension_name(value: Any) -> str:
    """`value` as the name of an extension; WorkshopError that lists them otherwise."""
    names = [extension.name for extension in contract.EXTENSIONS]
    if value in names:
        return str(value)
    raise WorkshopError(f"There is no extension {value!r}.{_meant(value, names)} They are {listed(names)}.")


def chapter_key(value: Any) -> int | str:
    """`value` as the number of a step or the name of an extension; WorkshopError that lists them otherwise."""
    names = [extension.name for extension in contract.EXTENSIONS]
    if not isinstance(value, str) or value in names:
        return value if isinstance(value, str) else step_number(value)
    raise WorkshopError(
        f"There is no step {value!r}, and no such extension.{_meant(value, names)} The steps are "
        f"{listed([str(number) for number in _MODULES])}, the extensions {listed(names)}."
    )


def _meant(value: Any, names: Sequence[str]) -> str:
    near = get_close_matches(str(value).lower(), names, n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
