"""The exercise contract as data: which tables, which columns, which rules, in which step.

Everything that speaks of the contract comes from here: the checks take their titles from it, the notebooks show
it, names and synonyms are looked up in it. How a rule is proved is told in `checks/steps/`.
"""

from __future__ import annotations

from checks.contract import step1, step2, step3, step4, step5, step6, step7, step8
from checks.contract.extensions import EXTENSIONS
from checks.contract.model import Column, Criterion, Extension, Kind, Level, Rule, Step, Table, forms
from checks.contract.tables import TABLES

STEPS: tuple[Step, ...] = tuple(module.STEP for module in (step1, step2, step3, step4, step5, step6, step7, step8))
CHAPTERS: tuple[Step | Extension, ...] = (*STEPS, *EXTENSIONS)

#: The numbers of the steps that a database alone decides; step 6 has one rule on a file beside it.
SCHEMA_STEPS = (2, 3, 4, 5, 6)


def table(name: str) -> Table:
    """The contract's table of that preferred name, of a step or an extension; KeyError when there is none."""
    for candidate in (*TABLES, *(table for extension in EXTENSIONS for table in extension.tables)):
        if candidate.name == name:
            return candidate
    raise KeyError(name)


def stored_names(tables: tuple[Table, ...] = TABLES) -> frozenset[str]:
    """Every name under which one of these tables may be stored."""
    return frozenset(name for entry in tables for name in entry.names)


def step(number: int) -> Step:
    """The contract of a step; KeyError when there is none."""
    for candidate in STEPS:
        if candidate.number == number:
            return candidate
    raise KeyError(number)


def chapter(key: int | str) -> Step | Extension:
    """The contract of a step, or of an extension by its name; KeyError when there is none."""
    for candidate in CHAPTERS:
        if candidate.key == key:
            return candidate
    raise KeyError(key)


def tables_of(key: int | str) -> tuple[Table, ...]:
    """The tables that a step adds, or an extension."""
    found = chapter(key)
    return found.tables if isinstance(found, Extension) else tuple(t for t in TABLES if t.step == found.number)


__all__ = [
    "CHAPTERS",
    "EXTENSIONS",
    "SCHEMA_STEPS",
    "STEPS",
    "TABLES",
    "Column",
    "Criterion",
    "Extension",
    "Kind",
    "Level",
    "Rule",
    "Step",
    "Table",
    "chapter",
    "forms",
    "step",
    "stored_names",
    "table",
    "tables_of",
]
