"""Rows in the making: the keys and the parents they need, and what to do when the server refuses one."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

from psycopg2 import errorcodes

from checks.catalog import Catalog, Column, ForeignKey, Table
from checks.rows.names import qualified, quote
from checks.rows.numbering import ROOM, counted_within, has_room
from checks.rows.rules import rules_and_bounds
from checks.rows.solver import Solver
from checks.rows.statement import Draft, NoRow, Row, Values, insert, together
from checks.rows.values import choice, pool
from checks.session import RETURNING, Answer, Refusal, Session, Statement

#: How often a row is made anew after a refusal that only an INSERT shows; each round takes other values.
ROUNDS = 12
#: How far the values of one row are from those of the next where many of them are taken.
_AWAY = 500
_BEFORE_GAP = """
select max(key) from (
    select key, lead(key) over (order by key) as next from (select 0 as key union select {0} from {1}) as used
) as gaps where next - key > {2}
"""


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
    #: How many numbers were given so far, to rows of whichever table: those of two tables don't go along side by side,
    #: where a trigger that takes one for the other would still find what it looks for.
    _given: int = 0
    #: The same for numbers that are unique within a parent.
    _within: dict[tuple[int, str, tuple[str, ...]], int] = field(default_factory=dict)
    #: Where a CHECK wants them: start and step of the sequence that counts a column, and how far that got.
    _series: dict[tuple[int, str], tuple[int, int]] = field(default_factory=dict)
    _reached: dict[tuple[int, str], int] = field(default_factory=dict)
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

    @contextmanager
    def anew(self) -> Iterator[None]:
        """As long as this lasts no row is known that other rows may point at, nor any number that was given."""
        kept = self.standing, self._highest, self._given, self._series, self._reached
        self.standing, self._highest, self._given, self._series, self._reached = {}, {}, 0, {}, {}
        try:
            yield
        finally:
            self.standing, self._highest, self._given, self._series, self._reached = kept

    # -- making ------------------------------------------------------------------------------------------------

    def _make(self, table: Table, pinned: Values, send: Callable[[Statement], Answer]) -> _Made:
        if not self._counted:
            self._count()
        pinned = self.usual.get(table.oid, {}) | pinned
        answer: Answer | None = None
        solver = Solver(self.session, self.catalog, table, self._random, set(self.filled.get(table.oid, ())))
        solve = False
        parents = _Parents()
        dropped = 0  # how often it was taken without a word, and is not there
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
                if impossible and parents.taken and round_ + 1 < ROUNDS:
                    self._serial += _AWAY
                    continue
                if impossible:
                    raise NoRow(table, answer, impossible, solver.contradiction())
            if waits:
                return self._wait(pending, values)
            answer = send(together(pending.before, insert(table, values)))
            refusal = answer.refusal
            if refusal is None and answer.rowcount != 1:
                dropped += 1
                parents.apart = True
                solver.shuffle = solve
                solve = True
                continue
            if refusal is None:
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
                parents.taken = True
                if round_ >= 2:
                    self._serial += _AWAY  # the learner has rows like ours
            elif refusal.sqlstate == errorcodes.NOT_NULL_VIOLATION and refusal.column:
                solver.also.add(refusal.column)
                solve = True
            else:
                self._want_parent(table, refusal)
                self._want_numbers(table, refusal)
                parents.apart = True
                solver.shuffle = solve
                solve = True
        heirs = any(table.oid in other.parents and not other.is_partition for other in self.catalog.tables)
        raise NoRow(
            table,
            answer,
            contradiction=solver.contradiction(),
            dropped=dropped == ROUNDS and not heirs,
            ahead=self._ahead(table, refusal),
        )

    def _ahead(self, table: Table, refusal: Refusal | None) -> str | None:
        """The function that writes into another table a row which points at a row of this one that is not there."""
        if refusal is None or refusal.sqlstate != errorcodes.FOREIGN_KEY_VIOLATION:
            return None
        others = (other for other in self.catalog.tables if other.oid != table.oid)
        keys = (key for other in others for key in other.foreign_keys if key.target == table.oid)
        return refusal.function if any(key.name == refusal.constraint for key in keys) else None

    def _want_parent(self, table: Table, refusal: Refusal) -> None:
        """After a default that points at nobody: whom the row belongs to is said from now on."""
        if refusal.sqlstate == errorcodes.FOREIGN_KEY_VIOLATION and refusal.constraint:
            self._wanted.add((table.oid, refusal.constraint))

    def _want_numbers(self, table: Table, refusal: Refusal) -> None:
        """After a CHECK about a column that the database counts up: from now on as its sequence counts."""
        check = next((check for check in table.checks if check.name == refusal.constraint), None)
        for column in table.columns:
            if check is not None and column.name in check.columns and column.numbered:
                self._series.setdefault((table.oid, column.name), self._series_of(table, column))

    def _series_of(self, table: Table, column: Column) -> tuple[int, int]:
        """Which number the column's own sequence would give next, and by how much it counts."""
        sql = (
            "select s.name, p.seqincrement from pg_catalog.pg_get_serial_sequence(%s, %s) as s (name)"
            " join pg_catalog.pg_sequence p on p.seqrelid = s.name::regclass::oid"
        )
        for name, step in self.session.query(sql, (qualified(table), column.name)):
            last = self.session.attempt(Statement(f"select last_value, is_called from {name}"))
            if last.rows:
                return int(last.rows[0]["last_value"]) + (int(step) if last.rows[0]["is_called"] else 0), int(step)
        return 1, 1

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
                values[name] = choice(column, self._serial, rules_and_bounds(self.catalog, table, column))

    def _spare_parents(self, pending: _Pending, pinned: Values, solver: Solver, parents: _Parents) -> None:
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
            self._lean_on_given(pending)
        finally:
            self._stack.pop()
        for column, scope in counted_within(table, self.filled):
            if column.name not in values and scope <= set(values):
                parent = {name: values[name] for name in scope}
                values[column.name] = self._next_within(table, column, parent, without_gaps=parents.apart)
        filled = self.filled.get(table.oid, frozenset())
        for column in table.columns:
            place = self._choice.get((table.oid, column.name))
            if column.generated or column.name in values:
                continue
            if not (column.required or column.name in filled or place is not None):
                continue
            with suppress(LookupError):
                values[column.name] = choice(
                    column, self._serial, rules_and_bounds(self.catalog, table, column), place or 0
                )
        return pending

    def _lean_on_given(self, child: _Pending) -> None:
        """A row may have been told which row under construction it belongs to, as that one's key names both."""
        for key in child.table.foreign_keys:
            for place, pending in enumerate(self._stack[:-1]):
                named = [pending.values.get(theirs) for theirs in key.target_columns]
                given = [child.values.get(ours) for ours in key.columns]
                if pending.table.oid == key.target and None not in given and given == named:
                    child.lean_on(place)

    def _keys(self, table: Table, values: Values) -> None:
        """Explicit numbers where the database would count, and for whole-number keys that the application sets."""
        primary = table.primary_key
        foreign = {name for key in table.foreign_keys for name in key.columns}
        within = {column.name for column, _ in counted_within(table, self.filled)}
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
                    values[column.name] = choice(column, self._serial, rules_and_bounds(self.catalog, table, column))

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
                if has_room(column, number or 0)
            }

    def _next(self, table: Table, column: Column) -> int:
        place = (table.oid, column.name)
        if place in self._series:
            return self._next_of_series(table, column)
        if place not in self._highest:
            [(highest,)] = self.session.query(f"select max({quote(column.name)}) from {qualified(table)}")
            if highest is not None and not has_room(column, highest):
                [(highest,)] = self.session.query(_BEFORE_GAP.format(quote(column.name), qualified(table), ROOM))
            self._highest[place] = max(int(highest or 0), 0)
        self._given += 1
        return self._highest[place] + self._given

    def _next_of_series(self, table: Table, column: Column) -> int:
        """What a sequence would give after the last number that is there, or was given here."""
        place = (table.oid, column.name)
        start, step = self._series[place]
        if place not in self._reached:
            last = "max" if step > 0 else "min"
            [(reached,)] = self.session.query(f"select {last}({quote(column.name)}) from {qualified(table)}")
            self._reached[place] = start - step if reached is None else int(reached)
        steps = max((self._reached[place] - start) // step + 1, 0)
        self._reached[place] = start + step * steps
        return self._reached[place]

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

    def _remember(self, table: Table, values: Values, pinned: Values, solver: Solver) -> None:
        """Begin with what worked, the next time."""
        for key in table.foreign_keys:
            if all(values.get(name) is not None for name in key.columns) and set(key.columns) & set(solver.spare):
                self._wanted.add((table.oid, key.name))
        decided = self._bound(table, values) | frozenset(pinned)
        for column in table.columns:
            if column.name in decided or column.name not in values:
                continue
            candidates = pool(column, self._serial, rules_and_bounds(self.catalog, table, column))
            if values[column.name] in candidates:
                self._choice[table.oid, column.name] = candidates.index(values[column.name])


@dataclass
class _Parents:
    """Which parents a row may point at; refusals narrow it."""

    fresh: frozenset[str] = frozenset()  # keys by these columns need a row that has no child here yet
    apart: bool = False  # one that points at itself, or twice at one parent, won't do
    taken: bool = False  # what was tried is there already
