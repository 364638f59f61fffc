"""Values that meet every written rule of a table, judged by the server."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from checks.catalog import Catalog, Column, Table
from checks.catalog.facts import INTEGER
from checks.rows.names import in_quotes, qualified
from checks.rows.numbering import LARGEST
from checks.rows.rules import Rule, as_rule_about, mentions, rules_and_bounds
from checks.rows.statement import Values
from checks.rows.values import pool
from checks.session import Session, Statement

#: How many combinations of candidates the server judges in one query, and how many such queries there are.
COMBINATIONS = 120
QUERIES = 6

#: How many of them fill columns that could be left out, and change nothing else.
FILLINGS = 30


@dataclass
class Solver:
    """Chooses values that meet every written rule of a table, judged by the server."""

    session: Session
    catalog: Catalog
    table: Table
    random: random.Random
    also: set[str] = field(default_factory=set)  # columns that must be filled though nothing says so
    shuffle: bool = False  # a trigger refused the first solution: take another
    spare: Values = field(default_factory=dict)  # for columns of optional foreign keys: what they may point at
    unsolved: int = 0  # how often no combination was found that meets every rule
    _nulls: frozenset[str] = frozenset()  # columns that are NULL by intention, whatever their default
    _vary: frozenset[str] = frozenset()  # columns that were refused together as a duplicate
    _defaults: dict[str, str] | None = None  # those that work, once it is known that some may not

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        table = self.table
        found = [
            Rule(check.expression, frozenset(check.columns), check.name) for check in table.checks if check.enforced
        ]
        for column in table.columns:
            for expression in column.type.domain_checks:
                found.append(
                    Rule(as_rule_about(expression, column.name), frozenset({column.name}), column.type.domains[0])
                )
            if column.type.category in _UNCERTAIN and not column.generated:
                # Looked at, or the server would not read it.
                found.append(Rule(f"({in_quotes(column.name)} is null) in (true, false)", frozenset({column.name})))
        bounds = [leaf.partition_bound for leaf in self.catalog.partitions(table) if leaf.partition_bound]
        if bounds:
            mentioned = frozenset(c.name for c in table.columns if any(mentions(b, c.name) for b in bounds))
            found.append(Rule(" or ".join(f"({bound})" for bound in bounds), mentioned))
        return tuple(found)

    def distinguish(self, constraint: str | None) -> frozenset[str]:
        """After a duplicate: other values in the columns of that index, and none that are taken already.

        The columns; all there are, where it is some other table's index.
        """
        owners = (self.table, *self.catalog.partitions(self.table))
        index = next((i for owner in owners for i in owner.indexes if i.name == constraint), None)
        if index is None:
            return frozenset(column.name for column in self.table.columns)
        if index.uses <= self._vary:
            return index.uses
        self._vary |= index.uses
        if index.is_plain and index.unique:
            same = " and ".join(
                f"taken.{in_quotes(n)} = {in_quotes(self.table.name)}.{in_quotes(n)}" for n in index.columns
            )
            taken = f"not exists (select from {qualified(self.table)} as taken where {same})"
            self.rules += (Rule(taken, index.columns),)
        return index.uses

    def contradiction(self) -> tuple[str, ...]:
        """The names of rules that can't all hold, as the planner proves it; empty when there is no such proof.

        Columns that may be NULL are left aside: NULL would satisfy a CHECK.
        """
        filled = {c.name for c in self.table.columns if c.not_null or c.type.domain_not_null}
        rules = [rule for rule in self.rules if rule.name and rule.columns and rule.columns <= filled]
        groups = [[rule for rule in rules if rule.columns == columns] for columns in {rule.columns for rule in rules}]
        return next((tuple(rule.name for rule in group) for group in (*groups, rules) if self._refuted(group)), ())

    def _refuted(self, rules: Sequence[Rule]) -> bool:
        if not rules:
            return False
        where = " and ".join(f"({rule.expression})" for rule in rules)
        select = f"select from {qualified(self.table)} where {where}"
        answer = self.session.attempt(Statement(f"set local constraint_exclusion = on; explain (format json) {select}"))
        return bool(answer.rows) and answer.rows[0]["QUERY PLAN"][0]["Plan"].get("One-Time Filter") == "false"

    def solve(self, start: Values, fixed: frozenset[str], k: int) -> tuple[Values, frozenset[str]]:
        """`start` with its free columns changed so that every rule holds, as far as that can be found.

        The second part names columns for which no candidate meets a rule about that column alone.
        """
        self._nulls = frozenset(name for name in fixed if name in start and start[name] is None)
        pools = self._pools(start, fixed, k)
        pools, impossible = self._allowed(start, pools)
        if impossible:
            return start, impossible
        best, best_broken = dict(start), frozenset((_UNREADABLE, *range(len(self.rules))))
        # Columns that are in no rule with others keep their first choice, which is unique, until a trigger wants
        # another row.
        mentioned = {name for rule in self.rules if len(rule.columns) > 1 for name in rule.columns}
        open_columns = sorted(pools) if self.shuffle else sorted((mentioned | self._vary) & set(pools))
        usual = {} if self.shuffle or self._vary else self._first(start, pools)
        for query in range(QUERIES):
            plain = [self._first(best, pools), self._full(best, pools)]
            plain += [self._filled(best, pools, open_columns) for _ in range(FILLINGS)]
            combinations = [] if (self.shuffle or self._vary) and query == 0 else plain
            combinations += [self._mix(best, pools, open_columns) for _ in range(COMBINATIONS)]
            for candidate, broken in zip(combinations, self._broken(combinations), strict=True):
                # Of two that break as little, the one with fewer columns filled or changed is the more ordinary one.
                better = (len(broken), _unlike(candidate, usual)) < (len(best_broken), _unlike(best, usual))
                if _UNREADABLE not in broken and better:
                    best, best_broken = candidate, broken
            if not best_broken:
                break
            broken_columns = {name for i in best_broken - {_UNREADABLE} for name in self.rules[i].columns}
            open_columns = sorted(broken_columns & set(pools)) or open_columns
        self.unsolved += bool(best_broken)
        return {name: value for name, value in best.items() if value is not _LEFT_OUT}, frozenset()

    def _pools(self, start: Values, fixed: frozenset[str], k: int) -> dict[str, list[Any]]:
        """Candidates of every column that may change: required ones, and those that a rule mentions."""
        mentioned = {name for rule in self.rules for name in rule.columns}
        foreign = {name for key in self.table.foreign_keys for name in key.columns}
        pools: dict[str, list[Any]] = {}
        for column in self.table.columns:
            name = column.name
            if name in fixed or column.generated or not (name in start or name in mentioned or name in self.also):
                continue
            if name in foreign:
                pools[name] = [_LEFT_OUT, *(v for v in [self.spare.get(name)] if v is not None)]
                continue
            candidates = pool(column, k, rules_and_bounds(self.catalog, self.table, column))
            # A value that is given elsewhere in the row may be the answer here: sums, copies, lower bounds.
            given = [start[n] for n in sorted(fixed) if n in start and self._same_kind(column, n)]
            candidates += [value for value in given if _readable(value, column) and value not in candidates]
            optional = not column.required and name not in self.also
            pools[name] = [_LEFT_OUT, *candidates] if optional else candidates
            if not pools[name]:
                del pools[name]
        return pools

    def _same_kind(self, column: Column, name: str) -> bool:
        other = self.table.column(name)
        return other is not None and other.type.category == column.type.category

    def _allowed(self, start: Values, pools: dict[str, list[Any]]) -> tuple[dict[str, list[Any]], frozenset[str]]:
        """Each pool without what a rule about that column alone turns down."""
        single = [i for i, rule in enumerate(self.rules) if len(rule.columns) == 1 and rule.columns <= set(pools)]
        names = [name for i in single for name in self.rules[i].columns]
        places = list(dict.fromkeys((name, value) for name in names for value in pools[name]))
        uncertain = {c.name for c in self.table.columns if c.name in pools and c.type.category in _UNCERTAIN}
        rest = {name: value for name, value in start.items() if name not in uncertain}
        verdicts = self._broken([rest | {name: value} for name, value in places])
        bad = {
            place
            for place, broken in zip(places, verdicts, strict=True)
            if _UNREADABLE in broken or any(self.rules[i].columns == {place[0]} for i in broken)
        }
        left = {name: [value for value in values if (name, value) not in bad] for name, values in pools.items()}
        impossible = frozenset(name for name, values in left.items() if not values)
        return left, impossible

    def _first(self, best: Values, pools: dict[str, list[Any]]) -> Values:
        return best | {name: values[0] for name, values in pools.items() if best.get(name) not in values}

    def _full(self, best: Values, pools: dict[str, list[Any]]) -> Values:
        """The first candidate of every column, also of those that could be left out."""
        return best | {
            name: next((v for v in values if v is not _LEFT_OUT), values[0]) for name, values in pools.items()
        }

    def _filled(self, best: Values, pools: dict[str, list[Any]], open_columns: Sequence[str]) -> Values:
        """The first candidate of some of the columns that could be left out."""
        given = [name for name in open_columns if pools[name][0] is _LEFT_OUT and len(pools[name]) > 1]
        return self._first(best, pools) | {name: pools[name][self.random.randrange(2)] for name in given}

    def _mix(self, best: Values, pools: dict[str, list[Any]], open_columns: Sequence[str]) -> Values:
        chosen = {name: self.random.choice(pools[name]) for name in open_columns}
        return self._first(best, pools) | chosen

    def _broken(self, candidates: Sequence[Values]) -> list[frozenset[int]]:
        """Which rules each candidate breaks, by their place in `rules`."""
        if not candidates:
            return [frozenset() for _ in candidates]
        sent = [
            {n: v for n, v in candidate.items() if v is not _LEFT_OUT} | {"?": i}
            for i, candidate in enumerate(candidates)
        ]
        verdicts = ", ".join(f"({rule.expression}) is not false" for rule in self.rules)
        sql = (
            f'select "?", array[{verdicts}]::boolean[] from (select *{self._generated()} '
            f'from (select "?", {self._inputs()} '
            f'from pg_catalog.jsonb_to_recordset(%s::jsonb) as sent ("?" int, {self._texts()})) as given) '
            f"as {in_quotes(self.table.name)} order by 1"
        )
        # Expressions are pasted in, so their % must not look like placeholders.
        sql = sql.replace("%", "%%").replace("%%s::jsonb", "%s::jsonb")
        answer = self.session.attempt(Statement(sql, (json.dumps(sent, default=str),)))
        if answer.refusal is not None:
            if self._defaults is None:
                self._defaults = {
                    column.name: column.default
                    for column in self.table.columns
                    if column.default and not column.numbered and self._works(column.default)  # a number would be drawn
                }
                return self._broken(candidates)
            if len(candidates) == 1:
                return [frozenset((_UNREADABLE, *range(len(self.rules))))]
            half = len(candidates) // 2
            return self._broken(candidates[:half]) + self._broken(candidates[half:])
        return [frozenset(i for i, holds in enumerate(row["array"]) if not holds) for row in answer.rows]

    def _works(self, default: str) -> bool:
        """PostgreSQL can evaluate a default: one that fails does so for every row, and is no rule about any."""
        return self.session.attempt(Statement(f"select {default}")).refusal is None

    def _texts(self) -> str:
        return ", ".join(f"{in_quotes(column.name)} text" for column in self.table.columns)

    def _inputs(self) -> str:
        """Every column of the table, in its base type: what was sent, else its default, else NULL."""
        parts = []
        for column in self.table.columns:
            if column.generated:
                continue
            name = in_quotes(column.name)
            sent = f"{name}::{in_quotes(column.type.schema)}.{in_quotes(column.type.base)}"
            known = column.default if self._defaults is None else self._defaults.get(column.name)
            default = None if column.numbered or column.name in self._nulls else known
            parts.append(
                f"case when {name} is null then {default} else {sent} end as {name}" if default else f"{sent} as {name}"
            )
        return ", ".join(parts)

    def _generated(self) -> str:
        made = [
            f", ({column.default}) as {in_quotes(column.name)}" for column in self.table.columns if column.generated
        ]
        return "".join(made)


class _LeftOut:
    """Stands for: this column is not part of the row."""

    def __repr__(self) -> str:
        return "left out"


_LEFT_OUT = _LeftOut()

#: Categories of types whose values are guesses: arrays, composites, ranges, extensions' types and whatever there is.
_UNCERTAIN = "ACRUX"

#: Among the places of broken rules: a value that is none of its column's type.
_UNREADABLE = -1


def _readable(value: Any, column: Column) -> bool:
    """A value from elsewhere in the row is one that this column's type can read: a whole number stays whole."""
    if value is None or column.type.base not in INTEGER:
        return value is not None
    with suppress(ArithmeticError, ValueError):
        return Decimal(str(value)) == int(value) and abs(int(value)) <= LARGEST.get(column.type.base, 2**63 - 1)
    return False


def _unlike(values: Values, others: Values) -> int:
    """How many columns hold something else than there."""
    return sum(value is not _LEFT_OUT and others.get(name) != value for name, value in values.items())
