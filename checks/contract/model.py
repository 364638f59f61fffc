"""What a contract is made of: tables with their columns and synonyms, rules with their words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    MUST = "must"  # the step fails without it
    ADVICE = "advice"  # good practice: reported, never fails a step


class Criterion(StrEnum):
    """The exercise's five criteria of success."""

    SCHEMA = "schema"
    RELATIONSHIPS = "relationships"
    PERFORMANCE = "performance"
    INTEGRITY = "integrity"
    TESTS = "tests"


class Kind(StrEnum):
    """What a column holds, by family: any type of the family is as good as any other."""

    TEXT = "text"
    CHOICE = "choice"  # text, or an enum: one of a few words
    INTEGER = "integer"
    MONEY = "money"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    LABEL = "label"  # text, an enum, or a key to a lookup table
    KEY = "key"  # whatever the table it points to has
    NUMBER = "number"  # whole or not, but exact
    DAY = "day"  # a day, or a moment in time
    ANY = "any"  # the contract names no type


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    kind: Kind
    synonyms: tuple[str, ...] = ()
    required: bool = False  # the contract says NOT NULL

    @property
    def names(self) -> tuple[str, ...]:
        """The preferred name first."""
        return (self.name, *self.synonyms)


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    columns: tuple[Column, ...]
    step: int = 0  # of an extension: 0
    synonyms: tuple[str, ...] = ()
    refers_to: tuple[str, ...] = ()  # contract tables; "a|b" for either
    key: tuple[str, ...] = ("id",)  # of the primary key, as a diagram shows it; a learner's may be any
    purpose: str = ""

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        """Every stored name that counts, the preferred ones first."""
        ordered = [form for name in (self.name, *self.synonyms) for form in forms(name)]
        return tuple(dict.fromkeys(ordered))


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as a learner reads it, before and after."""

    id: str  # table.slug, or step-wide: setup.folders
    level: Level
    criterion: Criterion
    text: str  # in the words of a shop, without Markdown but for `code`


@dataclass(frozen=True, slots=True)
class Step:
    number: int
    title: str
    rules: tuple[Rule, ...]
    added: tuple[tuple[str, Column], ...] = ()  # columns, to tables of steps before

    @property
    def key(self) -> int | str:
        """What a learner calls it by: `hint(key)`."""
        return self.number

    @property
    def short(self) -> str:
        return f"Step {self.number}"

    @property
    def heading(self) -> str:
        return f"Step {self.number}, {self.title}"

    @property
    def call(self) -> str:
        """What checks it."""
        return f"check_step({self.number})"

    @property
    def needs(self) -> int:
        """How many of the steps it builds on."""
        return self.number - 1

    def rule(self, rule_id: str) -> Rule:
        return next(rule for rule in self.rules if rule.id == rule_id)


@dataclass(frozen=True, slots=True)
class Extension:
    """Further tables, or views, for who has the steps behind them."""

    name: str
    title: str
    tables: tuple[Table, ...]
    rules: tuple[Rule, ...]
    added: tuple[tuple[str, Column], ...] = ()  # columns, to tables of the steps

    @property
    def key(self) -> int | str:
        """What a learner calls it by: `hint(key)`."""
        return self.name

    @property
    def short(self) -> str:
        return f"Extension {self.name}"

    @property
    def heading(self) -> str:
        return f"Extension, {self.title}"

    @property
    def call(self) -> str:
        """What checks it."""
        return f'check_extension("{self.name}")'

    @property
    def needs(self) -> int:
        """How many of the steps it builds on."""
        return 5

    def rule(self, rule_id: str) -> Rule:
        return next(rule for rule in self.rules if rule.id == rule_id)


def forms(name: str) -> tuple[str, ...]:
    """A name as given, then in singular and plural: what an English-speaking shop might store it as.

    >>> forms("product_categories")
    ('product_categories', 'product_category')
    """
    singular = _singular(name)
    return tuple(dict.fromkeys((name, singular, _plural(singular))))


def _singular(name: str) -> str:
    if name.endswith("ies"):
        return name[:-3] + "y"
    if re.search(r"(ss|x|ch|sh)es$", name):
        return name[:-2]
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name


def _plural(name: str) -> str:
    if re.search(r"[^aeiou]y$", name):
        return name[:-1] + "ies"
    return name + ("es" if re.search(r"(s|x|ch|sh)$", name) else "s")


def rules(level: Level, criterion: Criterion, **texts: str) -> Iterator[Rule]:
    """Rules of one kind. The keyword `users__email_unique` makes the rule `users.email-unique`."""
    for key, text in texts.items():
        table_name, _, slug = key.partition("__")
        yield Rule(f"{table_name}.{slug.replace('_', '-')}", level, criterion, text)
