"""A valid row for any table of any live schema.

A row holds what the schema demands and no more: required columns, and the parents they point at. Every rule that
is written in the catalog (CHECKs, those of domains, the bounds of partitions) is evaluated by the server itself
on many candidates in one query, so that nothing is guessed and retried; what only an INSERT can tell (unique
keys, triggers) is tried in a savepoint. Keys are given explicitly: a rolled-back default would move its sequence.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any

from psycopg2 import errorcodes

from checks.catalog import Catalog, Column, ForeignKey, Table
from checks.catalog.facts import INTEGER
from checks.session import RETURNING, Answer, Refusal, Session, Statement
from checks.values import choice, pool

Values = dict[str, Any]  # by stored column name

#: How often a row is made anew after a refusal that only an INSERT shows; each round takes other values.
ROUNDS = 12
#: How many combinations of candidates the server judges in one query, and how many such queries there are.
COMBINATIONS = 120
QUERIES = 6
#: How many of them fill columns that could be left out, and change nothing else.
FILLINGS = 30
#: The largest number of each small type. Where keys come close to it, new ones go into a gap of that much room.
LARGEST = {"int2": 2**15 - 1, "int4": 2**31 - 1, "int8": 2**63 - 1}
ROOM = 1000
_BEFORE_GAP = """
select max(key) from (
    select key, lead(key) over (order by key) as next from (select 0 as key union select {0} from {1}) as used
) as gaps where next - key > {2}
"""


class NoRow(Exception):
    """No row that the table takes was found."""

    def __init__(
        self,
        table: Table,
        answer: Answer | None,
        impossible: frozenset[str] = frozenset(),
        contradiction: tuple[str, ...] = (),
    ) -> None:
        super().__init__(table.label)
        self.table = table
        self.answer = answer
        #: Columns whose own CHECK turned down every candidate.
        self.impossible = impossible
        #: Rules that PostgreSQL itself knows can't all hold: no row will ever go in.
        self.contradiction = contradiction


@dataclass(frozen=True)
class Rule:
    """One condition that a row must meet, as the server can evaluate it."""

    expression: str
    columns: frozenset[str]
    name: str = ""


@dataclass
class Draft:
    """A row that the table would take, not stored."""

    table: Table
    values: Values
    #: Rows that point at this one and it at them, so that they can only go in together.
    before: tuple[Statement, ...] = ()
    #: How PostgreSQL took it when it was tried.
    tried: Answer | None = None

    def but(self, **changes: Any) -> Statement:
        """The same row with these stored columns changed, as an INSERT."""
        return _together(self.before, insert(self.table, self.values | changes))


@dataclass
class Row:
    """A row that was stored, as the server gave it back."""

    table: Table
    values: Values
    tried: str = ""

    def __getitem__(self, column: str) -> Any:
        return self.values[column]

    def update(self, **changes: Any) -> Statement:
        """Change these stored columns of this row."""
        sets = ", ".join(f"{quote(name)} = %s" for name in changes)
        where, key = self._where()
        sql = f"update {qualified(self.table)} set {sets} where {where}{RETURNING}"
        return Statement(sql, (*changes.values(), *key))

    def delete(self) -> Statement:
        where, key = self._where()
        return Statement(f"delete from {qualified(self.table)} where {where}", key)

    def read(self) -> Statement:
        where, key = self._where()
        return Statement(f"select * from {qualified(self.table)} where {where}", key)

    def _where(self) -> tuple[str, tuple[Any, ...]]:
        primary = self.table.primary_key
        names = sorted(primary.columns) if primary else ["ctid"]
        casts = " and ".join(f"{quote(name)} = %s" for name in names)
        return casts, tuple(self.values[name] for name in names)


@lru_cache(maxsize=1000)
def quote(name: str) -> str:
    """An identifier as SQL: quoted only where it has to be."""
    return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) and name not in _RESERVED else _quoted(name)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def qualified(table: Table) -> str:
    return quote(table.name) if table.visible else f"{quote(table.schema)}.{quote(table.name)}"


def insert(table: Table, values: Values) -> Statement:
    """One row, all values explicit."""
    if not values:
        return Statement(f"insert into {qualified(table)} default values{RETURNING}")
    overriding = any((c := table.column(name)) and c.identity == "a" for name in values)
    return Statement(
        f"insert into {qualified(table)} ({', '.join(quote(name) for name in values)})"
        f"{' overriding system value' if overriding else ''}"
        f" values ({', '.join(['%s'] * len(values))}){RETURNING}",
        tuple(values.values()),
    )


def _together(before: Sequence[Statement], last: Statement) -> Statement:
    """Several statements in one trip, of which the last one answers."""
    values = tuple(value for statement in (*before, last) for value in statement.values)
    return Statement("; ".join(statement.sql for statement in (*before, last)), values)


@dataclass
class _Pending:
    """A row under construction, which rows further down may point at."""

    table: Table
    values: Values
    before: list[Statement] = field(default_factory=list)
    #: The lowest place in the stack of rows under construction that this row needs: it can't go in before that one.
    leans_on: int | None = None

    def lean_on(self, place: int) -> None:
        self.leans_on = place if self.leans_on is None else min(self.leans_on, place)


@dataclass
class _Made:
    """A row that was taken, or that waits for the row which it is a parent of."""

    values: Values
    answer: Answer
    before: tuple[Statement, ...] = ()
    waits: bool = False


@dataclass
class Rows:
    """Makes rows in one grading transaction."""

    session: Session
    catalog: Catalog
    #: By oid, for tables of the contract: columns that a row has though the table would let it leave them out. Any
    #: other table is the learner's own, perhaps a look-up table: its rows are used where there are any.
    filled: Mapping[int, frozenset[str]] = field(default_factory=dict)
    _serial: int = 0
    _highest: dict[tuple[int, str], int] = field(default_factory=dict)
    #: The same for numbers that are unique within a parent.
    _within: dict[tuple[int, str, tuple[str, ...]], int] = field(default_factory=dict)
    _counted: bool = False
    #: Which candidate of its pool a column's rules were content with last time.
    _choice: dict[tuple[int, str], int] = field(default_factory=dict)
    #: Foreign keys that a rule wanted, though no column of theirs says so.
    _wanted: set[tuple[int, str]] = field(default_factory=set)
    #: Rows that others may point at as well, by table; whoever rolls rows back must put back what stood here before.
    standing: dict[int, Values] = field(default_factory=dict)
    #: By oid: values that a row has unless other ones are asked for.
    usual: dict[int, Values] = field(default_factory=dict)
    _stack: list[_Pending] = field(default_factory=list)
    _random: random.Random = field(default_factory=lambda: random.Random(7))

    def draft(self, table: Table, pinned: Values) -> Draft:
        """A row with these values that the table takes; tried, and taken back. Parents it needs are stored.

        Raises NoRow when no such row was found.
        """
        made = self._make(table, pinned, self.session.attempt)
        return Draft(table, made.values, made.before, made.answer)

    def store(self, table: Table, pinned: Values) -> Row:
        """The same, stored."""
        answer = self._make(table, pinned, self.session.keep).answer
        return Row(table, answer.rows[0], answer.tried)

    # -- making ------------------------------------------------------------------------------------------------

    def _make(self, table: Table, pinned: Values, send: Callable[[Statement], Answer]) -> _Made:
        if not self._counted:
            self._count()
        pinned = self.usual.get(table.oid, {}) | pinned
        answer: Answer | None = None
        solver = _Solver(self.session, self.catalog, table, self._random, set(self.filled.get(table.oid, ())))
        solve = False
        parents = _Parents()
        for round_ in range(ROUNDS):
            self._serial += 1
            pending = self._compose(table, pinned, parents)
            values = pending.values
            waits = pending.leans_on is not None and pending.leans_on < len(self._stack)
            if solve or waits:
                if not waits:
                    self._spare_parents(pending, pinned, solver, parents)
                fixed = frozenset(pinned) | self._bound(table, values) - frozenset(solver.spare)
                values, impossible = solver.solve(values, fixed, self._serial)
                if impossible:
                    raise NoRow(table, answer, impossible, solver.contradiction())
            if waits:
                return self._wait(pending, values)
            answer = send(_together(pending.before, insert(table, values)))
            refusal = answer.refusal
            if refusal is None:
                if answer.rowcount != 1:
                    raise NoRow(table, answer)
                if solve:
                    self._remember(table, values, pinned, solver)
                return _Made(values, answer, tuple(pending.before))
            if ((refusal.stumbled or not refusal.is_verdict) and round_ > 0) or solver.unsolved > 1:
                break
            if refusal.is_duplicate:
                if parents.fresh:
                    self._forget_parents(table)  # new ones did not help: they share one of their own
                parents.fresh |= solver.distinguish(refusal.constraint)
                solve = solve or round_ >= 1
            elif refusal.sqlstate == errorcodes.NOT_NULL_VIOLATION and refusal.column:
                solver.also.add(refusal.column)
                solve = True
            else:
                self._want_parent(table, refusal)
                parents.apart = True
                solver.shuffle = solve
                solve = True
        raise NoRow(table, answer, contradiction=solver.contradiction())

    def _want_parent(self, table: Table, refusal: Refusal) -> None:
        """After a default that points at nobody: whom the row belongs to is said from now on."""
        if refusal.sqlstate == errorcodes.FOREIGN_KEY_VIOLATION and refusal.constraint:
            self._wanted.add((table.oid, refusal.constraint))

    def _wait(self, pending: _Pending, values: Values) -> _Made:
        """Hand a row that leans on one further down to the row it is a parent of: they go in together."""
        table, below = pending.table, self._stack[-1]
        for name in table.primary_key.columns if table.primary_key else ():
            self._name(table, values, name)
        statement = insert(table, values)
        below.before += [*pending.before, Statement(statement.sql.removesuffix(RETURNING), statement.values)]
        assert pending.leans_on is not None
        below.lean_on(pending.leans_on)
        return _Made(values, Answer("", (values,), 1), waits=True)

    def _name(self, table: Table, values: Values, name: str) -> None:
        """Say a column's value here, where the database would otherwise think of one."""
        column = table.column(name)
        if column is not None and name not in values:
            with suppress(LookupError):
                values[name] = choice(column, self._serial, _about_column(self.catalog, table, column))

    def _spare_parents(self, pending: _Pending, pinned: Values, solver: _Solver, parents: _Parents) -> None:
        """For the keys that a rule mentions and the row could do without: whom they may point at."""
        mentioned = {name for rule in solver.rules for name in rule.columns}
        self._stack.append(pending)
        try:
            for key in pending.table.foreign_keys:
                optional = [c.name for n in key.columns if (c := pending.table.column(n)) and not c.required]
                free = set(optional) & mentioned - set(pinned)
                if free:
                    given = dict(pending.values)
                    if not set(key.columns) <= set(given):
                        self._point(key, given, parents)
                    solver.spare |= {name: given.get(name) for name in free}
        finally:
            self._stack.pop()

    def put(self, draft: Draft) -> Row:
        """Store a draft."""
        answer = self._tried(draft)
        self.session.keep_after_all(answer)
        return Row(draft.table, answer.rows[0], answer.tried)

    @contextmanager
    def stored(self, draft: Draft) -> Iterator[Row]:
        """A draft as a stored row, for as long as this lasts."""
        answer = self._tried(draft)
        with self.session.held(answer):
            yield Row(draft.table, answer.rows[0], answer.tried)

    def _tried(self, draft: Draft) -> Answer:
        """The answer of the draft's own try, just now; without one NoRow."""
        answer = draft.tried
        if answer is None or not self.session.is_fresh(answer):
            answer = self.session.attempt(draft.but())
        if answer.rowcount != 1:
            raise NoRow(draft.table, answer)
        return answer

    def _compose(self, table: Table, pinned: Values, parents: _Parents) -> _Pending:
        """The first choice for every required column."""
        values: Values = dict(pinned)
        self._keys(table, values)
        pending = _Pending(table, values)
        self._stack.append(pending)
        pointed_at: set[int] = set()
        try:
            for key in self._needed_keys(table, values):
                if not set(key.columns) <= set(values):  # a wider key may have decided it by now
                    is_second = parents.apart and key.target in pointed_at & set(self.filled)
                    self._point(
                        key,
                        values,
                        replace(parents, fresh=parents.fresh | frozenset(key.columns)) if is_second else parents,
                    )
                    pointed_at.add(key.target)
        finally:
            self._stack.pop()
        for column, scope in _counted_within(table, self.filled):
            if column.name not in values and scope <= set(values):
                parent = {name: values[name] for name in scope}
                values[column.name] = self._next_within(table, column, parent, without_gaps=parents.apart)
        filled = self.filled.get(table.oid, frozenset())
        for column in table.columns:
            place = self._choice.get((table.oid, column.name))
            if column.name in values or not (column.required or column.name in filled or place is not None):
                continue
            with suppress(LookupError):
                values[column.name] = choice(
                    column, self._serial, _about_column(self.catalog, table, column), place or 0
                )
        return pending

    def _keys(self, table: Table, values: Values) -> None:
        """Explicit numbers where the database would count, and for whole-number keys that the application sets."""
        primary = table.primary_key
        foreign = {name for key in table.foreign_keys for name in key.columns}
        within = {column.name for column, _ in _counted_within(table, self.filled)}
        for column in table.columns:
            if column.name in within:
                continue  # when it is known within what
            is_key = primary is not None and column.name in primary.columns and column.required
            whole = column.type.base in ("int2", "int4", "int8", "numeric")
            if column.name in values or (column.name in foreign and not column.numbered):
                continue
            if column.numbered or (is_key and whole):
                values[column.name] = self._next(table, column)
            elif is_key:
                with suppress(LookupError):
                    values[column.name] = choice(column, self._serial, _about_column(self.catalog, table, column))

    def _count(self) -> None:
        """The highest numbers that the database has counted, read before triggers write rows for ours."""
        self._counted = True
        tables = [table for table in self.catalog.tables if table.is_table and not table.is_partition]
        numbered = [(table, column) for table in tables for column in table.columns if column.numbered]
        highest = (f"(select max({quote(column.name)}) from {qualified(table)})" for table, column in numbered)
        answer = self.session.attempt(Statement(f"select array[{', '.join(highest)}]::numeric[] as highest"))
        if answer.rows:
            self._highest = {
                (table.oid, column.name): int(number or 0)
                for (table, column), number in zip(numbered, answer.rows[0]["highest"], strict=True)
                if _has_room(column, number or 0)
            }

    def _next(self, table: Table, column: Column) -> int:
        place = (table.oid, column.name)
        if place not in self._highest:
            [(highest,)] = self.session.query(f"select max({quote(column.name)}) from {qualified(table)}")
            if highest is not None and not _has_room(column, highest):
                [(highest,)] = self.session.query(_BEFORE_GAP.format(quote(column.name), qualified(table), ROOM))
            self._highest[place] = max(int(highest or 0), 0)
        self._highest[place] += 1
        return self._highest[place]

    def _next_within(self, table: Table, column: Column, parent: Values, *, without_gaps: bool) -> int:
        """1, 2, 3 within each parent; a number that was given is given again only where a gap was refused."""
        where = " and ".join(f"{quote(name)} = %s" for name in parent)
        sql = f"select max({quote(column.name)}) as highest from {qualified(table)} where {where}"
        answer = self.session.attempt(Statement(sql, tuple(parent.values())))
        place = (table.oid, column.name, tuple(map(str, parent.values())))
        stored = int(answer.rows[0]["highest"] or 0) if answer.rows else 0
        given = stored if without_gaps else max(stored, self._within.get(place, 0))
        self._within[place] = given + 1
        return given + 1

    # -- parents -----------------------------------------------------------------------------------------------

    def _needed_keys(self, table: Table, values: Values) -> list[ForeignKey]:
        """Foreign keys that a row can't leave out, the widest first: it binds columns that others share."""
        needed = []
        for key in table.foreign_keys:
            columns = [table.column(name) for name in key.columns]
            missing = [column for column in columns if column is not None and column.name not in values]
            filled = self.filled.get(table.oid, frozenset())
            wanted = (table.oid, key.name) in self._wanted or bool(filled & set(key.columns))
            if missing and (wanted or any(column.required for column in missing)):
                needed.append(key)
        return sorted(needed, key=lambda key: -len(key.columns))

    def _point(self, key: ForeignKey, values: Values, parents: _Parents) -> None:
        target = self.catalog.by_oid(key.target)
        assert target is not None
        bound = {
            theirs: values[ours] for ours, theirs in zip(key.columns, key.target_columns, strict=True) if ours in values
        }
        parent = self._parent(key, target, bound, parents)
        for ours, theirs in zip(key.columns, key.target_columns, strict=True):
            if ours not in values and theirs in parent:
                values[ours] = parent[theirs]

    def _parent(self, key: ForeignKey, target: Table, bound: Values, parents: _Parents) -> Values:
        child = self._stack[-1]
        place = max((i for i, pending in enumerate(self._stack) if pending.table.oid == target.oid), default=None)
        is_itself = place is not None and self._stack[place] is child
        if place is not None and not (is_itself and parents.apart):
            return self._lean(place, key)
        fresh = bool(parents.fresh & set(key.columns))
        own_table = target.oid not in self.filled and not fresh
        if is_itself or (own_table and not bound):
            existing = self.session.attempt(Statement(f"select * from {qualified(target)} limit 1"))
            if existing.rows:
                return existing.rows[0]
        if place is not None:
            return self._lean(place, key)
        standing = self.standing.get(target.oid)
        if standing is not None and not fresh and bound.items() <= standing.items():
            return standing
        try:
            made = self._make(target, bound, self.session.keep)
        except NoRow:
            # Rows of such a table may come with those of another one, by a trigger, and in no other way.
            latest = self._latest(target, bound)
            if latest is None:
                raise
            return latest
        [parent] = made.answer.rows
        if not bound and not made.waits:
            self.standing[target.oid] = parent
        return parent

    def _latest(self, table: Table, bound: Values) -> Values | None:
        """The row that was written last among those with these values."""
        where = " and ".join(["true", *(f"{quote(name)} = %s" for name in bound)])
        sql = f"select * from {qualified(table)} where {where} order by ctid desc limit 1"
        return next(iter(self.session.attempt(Statement(sql, tuple(bound.values()))).rows), None)

    def _forget_parents(self, table: Table) -> None:
        """Nothing stands any more that a row of the table points at, nor what that points at."""
        due = [key.target for key in table.foreign_keys]
        while due:
            target = self.catalog.by_oid(due.pop())
            if target is not None and self.standing.pop(target.oid, None) is not None:
                due += [key.target for key in target.foreign_keys]

    def _lean(self, place: int, key: ForeignKey) -> Values:
        """Point at a row that is still under construction."""
        pending = self._stack[place]
        decided_by_parents = {name for key in pending.table.foreign_keys for name in key.columns}
        for name in set(key.target_columns) - decided_by_parents:
            self._name(pending.table, pending.values, name)
        self._stack[-1].lean_on(place)
        return pending.values

    # -- memory ------------------------------------------------------------------------------------------------

    def _bound(self, table: Table, values: Values) -> frozenset[str]:
        """Columns that keys and parents decided, which a solver must leave alone."""
        keys = {name for key in table.foreign_keys for name in key.columns if name in values}
        numbered = {column.name for column in table.columns if column.numbered and column.name in values}
        return frozenset(keys | numbered)

    def _remember(self, table: Table, values: Values, pinned: Values, solver: _Solver) -> None:
        """Begin with what worked, the next time."""
        for key in table.foreign_keys:
            if all(values.get(name) is not None for name in key.columns) and set(key.columns) & set(solver.spare):
                self._wanted.add((table.oid, key.name))
        decided = self._bound(table, values) | frozenset(pinned)
        for column in table.columns:
            if column.name in decided or column.name not in values:
                continue
            candidates = pool(column, self._serial, _about_column(self.catalog, table, column))
            if values[column.name] in candidates:
                self._choice[table.oid, column.name] = candidates.index(values[column.name])


@dataclass
class _Parents:
    """Which parents a row may point at; refusals narrow it."""

    fresh: frozenset[str] = frozenset()  # keys by these columns need a row that has no child here yet
    apart: bool = False  # one that points at itself, or twice at one parent, won't do


def rules_about(table: Table, column: Column) -> list[str]:
    """Expressions of every rule that mentions a column."""
    own = [check.expression for check in table.checks if column.name in check.columns]
    return [*own, *column.type.domain_checks]


def _about_column(catalog: Catalog, table: Table, column: Column) -> list[str]:
    """The same, and the bounds of partitions."""
    bounds = [leaf.partition_bound for leaf in catalog.partitions(table)] if table.kind == "p" else []
    return rules_about(table, column) + [bound for bound in bounds if bound and _mentions(bound, column.name)]


@dataclass
class _Solver:
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
                found.append(Rule(_about(expression, column.name), frozenset({column.name}), column.type.domains[0]))
            if column.type.category in _UNCERTAIN and not column.generated:
                # Looked at, or the server would not read it.
                found.append(Rule(f"({_quoted(column.name)} is null) in (true, false)", frozenset({column.name})))
        bounds = [leaf.partition_bound for leaf in self.catalog.partitions(table) if leaf.partition_bound]
        if bounds:
            mentioned = frozenset(c.name for c in table.columns if any(_mentions(b, c.name) for b in bounds))
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
            same = " and ".join(f"taken.{_quoted(n)} = {_quoted(self.table.name)}.{_quoted(n)}" for n in index.columns)
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
            candidates = pool(column, k, _about_column(self.catalog, self.table, column))
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
            f"as {_quoted(self.table.name)} order by 1"
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
        return ", ".join(f"{_quoted(column.name)} text" for column in self.table.columns)

    def _inputs(self) -> str:
        """Every column of the table, in its base type: what was sent, else its default, else NULL."""
        parts = []
        for column in self.table.columns:
            if column.generated:
                continue
            name = _quoted(column.name)
            sent = f"{name}::{_quoted(column.type.schema)}.{_quoted(column.type.base)}"
            known = column.default if self._defaults is None else self._defaults.get(column.name)
            default = None if column.numbered or column.name in self._nulls else known
            parts.append(
                f"case when {name} is null then {default} else {sent} end as {name}" if default else f"{sent} as {name}"
            )
        return ", ".join(parts)

    def _generated(self) -> str:
        made = [f", ({column.default}) as {_quoted(column.name)}" for column in self.table.columns if column.generated]
        return "".join(made)


class _LeftOut:
    """Stands for: this column is not part of the row."""

    def __repr__(self) -> str:
        return "left out"


_LEFT_OUT = _LeftOut()

#: Categories of types whose values are guesses: arrays, ranges, extensions' types and whatever there is.
_UNCERTAIN = "ARUX"

#: Among the places of broken rules: a value that is none of its column's type.
_UNREADABLE = -1


def _counted_within(table: Table, parents: Container[int]) -> list[tuple[Column, frozenset[str]]]:
    """Whole numbers that are unique only within a parent, such as the lines of an order, and the columns of the parent.

    parents: oids of the tables that count as such; a tenant whom all keys share is none.

    Rows of different parents share them, and who counts them counts from 1.
    """
    foreign = {name for key in table.foreign_keys for name in key.columns}
    found: dict[str, tuple[Column, frozenset[str]]] = {}
    for index in table.indexes:
        own = index.columns - foreign
        scope = index.columns & foreign
        is_within = any(set(key.columns) <= scope and key.target in parents for key in table.foreign_keys)
        if not (index.unique and index.is_plain and is_within and len(own) == 1):
            continue
        column = table.column(next(iter(own)))
        if column is not None and column.required and not column.numbered and column.type.base in INTEGER:
            found.setdefault(column.name, (column, scope))
    return list(found.values())


def numbered_on(drafts: Sequence[Draft]) -> list[Draft]:
    """Drafts that are to go in together: those with one parent, each of which was the next one, count on."""
    counted: list[Draft] = []
    for draft in drafts:
        values = dict(draft.values)
        for column, scope in _counted_within(draft.table, {key.target for key in draft.table.foreign_keys}):
            name = column.name
            same = {other.values[name] for other in counted if all(other.values[n] == values[n] for n in scope)}
            if values.get(name) in same:
                values[name] = max(same) + 1
        counted.append(replace(draft, values=values))
    return counted


def _has_room(column: Column, highest: int) -> bool:
    return column.type.base not in LARGEST or highest <= LARGEST[column.type.base] - ROOM


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


def _about(expression: str, column: str) -> str:
    """A domain's rule about VALUE as one about a column; text in quotes stays as it is."""
    parts = re.split(r"('(?:[^']|'')*')", expression)
    return "".join(p if p.startswith("'") else re.sub(r"\bVALUE\b", lambda _: _quoted(column), p) for p in parts)


def _mentions(expression: str, column: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(quote(column))}(?!\w)", expression) is not None


def why(refusal: Refusal | None) -> str:
    """What PostgreSQL said, for a sentence."""
    return refusal.message if refusal else "it reported success, but stored nothing"


#: What PostgreSQL does not take for a name without quotes (its documentation, appendix C, "reserved").
_RESERVED = frozenset(
    word
    for line in (
        "all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create",
        "current_catalog current_date current_role current_time current_timestamp current_user default deferrable desc",
        "distinct do else end except false fetch for foreign from grant group having in initially intersect into",
        "lateral leading limit localtime localtimestamp not null offset on only or order placing primary references",
        "returning select session_user some symmetric system_user table then to trailing true union unique user using",
        "variadic when where window with",
    )
    for word in line.split()
)

__all__ = ["Draft", "NoRow", "Row", "Rows", "insert", "numbered_on", "qualified", "quote", "why"]
