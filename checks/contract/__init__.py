"""The exercise contract as data: which tables, which columns, which rules, in which step.

Everything that speaks of the contract comes from here: the checks take their titles from it, the notebooks show
it, names and synonyms are looked up in it. How a rule is proved is told in `checks/steps/`.
"""

from __future__ import annotations

from checks.contract import step1, step2, step3, step4, step5, step6, step7, step8
from checks.contract.model import Column, Criterion, Kind, Level, Rule, Step, Table, forms
from checks.contract.tables import TABLES

STEPS: tuple[Step, ...] = tuple(module.STEP for module in (step1, step2, step3, step4, step5, step6, step7, step8))

#: The numbers of the steps that a database alone decides; step 6 has one rule on a file beside it.
SCHEMA_STEPS = (2, 3, 4, 5, 6)


def table(name: str) -> Table:
    """The contract's table of that preferred name; KeyError when there is none."""
    for candidate in TABLES:
        if candidate.name == name:
            return candidate
    raise KeyError(name)


def stored_names() -> frozenset[str]:
    """Every name under which a contract table may be stored."""
    return frozenset(name for entry in TABLES for name in entry.names)


def step(number: int) -> Step:
    """The contract of a step; KeyError when there is none."""
    for candidate in STEPS:
        if candidate.number == number:
            return candidate
    raise KeyError(number)


def tables_of(number: int) -> tuple[Table, ...]:
    """The tables that a step adds."""
    return tuple(candidate for candidate in TABLES if candidate.step == number)


__all__ = [
    "SCHEMA_STEPS",
    "STEPS",
    "TABLES",
    "Column",
    "Criterion",
    "Kind",
    "Level",
    "Rule",
    "Step",
    "Table",
    "forms",
    "step",
    "stored_names",
    "table",
    "tables_of",
]
