"""Tries things on the learner's schema, in the contract's own names, and says what came of it.

Everything happens in one transaction that is rolled back. A probe has three parts: a control that must be taken,
the same with one thing wrong, and the nearest legal one; as INSERT and as UPDATE.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from decimal import Decimal
from typing import Any, TypeVar

from psycopg2.errorcodes import CHECK_VIOLATION, FOREIGN_KEY_VIOLATION

from checks import contract
from checks.catalog import Catalog, Column, ForeignKey, Table
from checks.catalog.facts import TIMESTAMP
from checks.outcome import CantTell, Failed, Skipped
from checks.roles import Roles
from checks.rows import Draft, NoRow, Row, Rows, qualified, quote, rules_about, why
from checks.rows.changes import ways
from checks.rows.values import pool
from checks.session import RETURNING, Answer, Refusal, Session, Statement

Thing = TypeVar("Thing")


_EMPTIED = """
do $$ begin
    set local lock_timeout = '50ms';
    truncate {table} cascade;
exception when others then
    null;
end $$;
set local lock_timeout = '1s'
"""


class Shop:
    """A learner's schema under test: parts of the contract in, statements and verdicts out."""

    def __init__(self, session: Session, roles: Roles) -> None:
        self.session = session
        self.roles = roles
        self._rows = Rows(
            session, roles.catalog, {table.oid: _filled(roles, part) for part, table in roles.tables.items()}
        )
        self._memory: dict[type, Any] = {}
        self._minutes = 10_000  # by how many the next thing that was written before is moved back

    @property
    def catalog(self) -> Catalog:
        return self.roles.catalog

    @contextmanager
    def isolated(self) -> Iterator[None]:
        """Rows made inside are gone afterwards."""
        standing = dict(self._rows.standing)
        try:
            with self.session.undone():
                yield
        finally:
            self._rows.standing = standing

    @contextmanager
    def emptied(self, part: str) -> Iterator[None]:
        """For as long as this lasts the table has no rows, where that can be had: nobody else holds a lock on it."""
        with self.isolated(), self._rows.anew():
            self.session.keep(Statement(_EMPTIED.format(table=qualified(self.table(part)))))
            yield

    def remember(self, thing: Thing) -> Thing:
        """Have this at hand for every check to come: how a design does something, or what a scenery has left."""
        self._memory[type(thing)] = thing
        return thing

    def recall(self, kind: type[Thing]) -> Thing | None:
        """What was remembered of that type."""
        return self._memory.get(kind)

    # -- who plays what ----------------------------------------------------------------------------------------

    def table(self, part: str) -> Table:
        """The table in that part; Skipped when there is none (the check `part.exists` says so)."""
        table = self.roles.tables.get(part)
        if table is None or not table.is_table:
            raise Skipped
        return table

    def column(self, part: str, name: str) -> Column:
        """The column in that part; Skipped when there is none (the check `part.columns` says so)."""
        column = self.roles.column(part, name)
        if self.table(part) is None or column is None:
            raise Skipped
        return column

    def foreign_keys(self, part: str, target: str) -> list[ForeignKey]:
        """Every foreign key from one part to another, in force or not; the one that is meant by it comes first.

        A row may refer to one table twice: an order to its buyer and to whoever wrote it down.
        """
        table, oid = self.table(part), self.table(target).oid
        names = [*contract.table(target).names, *(["parent"] if target == part else [])]
        keys = [key for key in table.foreign_keys if key.target == oid]
        return sorted(keys, key=lambda key: _beside_the_point(table, key, names))

    # -- rows --------------------------------------------------------------------------------------------------

    def row(self, part: str, values: Mapping[str, Any] | None = None) -> Row:
        """A stored row with these values, by stored column."""
        return self._rows.store(self.table(part), dict(values or {}))

    def row_in(self, table: Table, values: Mapping[str, Any] | None = None) -> Row:
        """A stored row of any table, such as a look-up table of the learner's own."""
        return self._rows.store(table, dict(values or {}))

    def draft(self, part: str, values: Mapping[str, Any] | None = None) -> Draft:
        """A row that would be taken, not stored."""
        return self._rows.draft(self.table(part), dict(values or {}))

    def put(self, draft: Draft) -> Row:
        """Store a draft."""
        return self._rows.put(draft)

    def change(self, row: Row, **changes: Any) -> Answer:
        """Change a stored row and keep that, with whatever else the table ties to it; the first answer if none will do.

        The row then reads as it is stored, whatever triggers made of it.
        """
        first: Answer | None = None
        for values in ways(self.session, self.catalog, row, changes):
            answer = self.session.keep(row.update(**values))
            if answer.refusal is not None and self._let_time_pass(answer.refusal):
                answer = self.session.keep(row.update(**values))
            first = first or answer
            if answer.refusal is None and answer.rowcount == 1:
                row.values = answer.rows[0]
                row.values |= self.read(row) or {}
                return answer
        assert first is not None
        return first

    def _let_time_pass(self, refusal: Refusal) -> bool:
        """After a rule about times refused a change: what was written now was written before; False if nothing was.

        In life each change is a transaction of its own, and here all of them happen at the same now().
        """
        owner = next((table for table in self.catalog.tables if refusal.table == table.name), None)
        if owner is None or refusal.raised or refusal.constraint is None:
            return False
        uses = [rule.columns for rule in owner.checks if rule.name == refusal.constraint]
        uses += [tuple(index.uses) for index in owner.indexes if index.name == refusal.constraint]
        times = [c.name for c in owner.columns if c.type.base in TIMESTAMP and any(c.name in names for names in uses)]
        if not times:
            return False
        self._minutes -= 1
        just_now = {quote(name): f"{quote(name)} = pg_catalog.now()" for name in times}
        earlier = ", ".join(
            f"{name} = case when {now} then {name} - interval '{self._minutes} minutes' else {name} end"
            for name, now in just_now.items()
        )
        update = f"update {qualified(owner)} set {earlier} where {' or '.join(just_now.values())}"
        return bool(self.past_triggers(qualified(owner), update).rowcount)

    def past_triggers(self, name: str, sql: str) -> Answer:
        """Run it and keep that, past triggers that forbid it; the answer."""
        answer = self.session.keep(Statement(sql))
        if answer.refusal is not None:
            self.session.keep(Statement(f"alter table {name} disable trigger user"))
            answer = self.session.keep(Statement(sql))
            self.session.keep(Statement(f"alter table {name} enable trigger user"))
        return answer

    def usually(self, part: str, values: Mapping[str, Any]) -> None:
        """From now on a row of that part has these stored values unless others are asked for."""
        self._rows.usual[self.table(part).oid] = dict(values)

    def usual(self, part: str) -> Mapping[str, Any] | None:
        """What `usually` said of that part; None when nothing was said."""
        return self._rows.usual.get(self.table(part).oid)

    def stand(self, row: Row) -> None:
        """Rows that need a parent of that kind point at this one, as long as it is there."""
        self._rows.standing[row.table.oid] = row.values

    def furnish(self, *parts: str) -> None:
        """One row of each part, in this order, for rows to point at, where such a row is possible."""
        for part in parts:
            with suppress(NoRow, Skipped):
                self.stand(self.row(part))

    def both_ways(self, draft: Draft, **changes: Any) -> tuple[Answer, Answer]:
        """What PostgreSQL says to the draft with stored columns changed, as an INSERT and as an UPDATE of it."""
        with self._rows.stored(draft) as row:
            updated = self.session.attempt(row.update(**changes))
        return self.session.attempt(draft.but(**changes)), updated

    def read(self, row: Row) -> dict[str, Any] | None:
        """The row as it is stored now, or None when it is gone."""
        answer = self.session.attempt(row.read())
        return answer.rows[0] if answer.rows else None

    # -- verdicts ----------------------------------------------------------------------------------------------

    def rejects(
        self, statement: Statement, *, happened: str, next: str, table: str, column: str | None = None
    ) -> Answer:
        """The statement must raise an error; `happened` says what it means that it did not."""
        return self.refused(self.session.attempt(statement), happened=happened, next=next, table=table, column=column)

    def refused(self, answer: Answer, *, happened: str, next: str, table: str, column: str | None = None) -> Answer:
        """The same of a statement that was tried."""
        if answer.refusal is None:
            if answer.rowcount == 0:
                happened = "PostgreSQL reported success, but the row was silently left out: no error tells the shop."
                next = self.let_through(table)
            raise Failed(happened, next=next, table=table, column=column, tried=shorten(answer.tried))
        if answer.refusal.stumbled or not answer.refusal.is_verdict:
            raise CantTell(
                f"The try itself went wrong: {why(answer.refusal)}", table=table, tried=shorten(answer.tried)
            )
        return answer

    def let_through(self, label: str) -> str:
        """What to do where a table drops rows without a word: which triggers of it may do that."""
        triggers = next((table.triggers for table in self.catalog.tables if table.label == label), ())
        suspects = {f"{t.function}()": None for t in triggers if t.fires and t.per_row and t.is_before}
        if not suspects:
            return "Let the rule raise an error instead of dropping the row in a rule or a trigger."
        run = "runs" if len(suspects) == 1 else "run"
        return (
            f"Look at {' and '.join(suspects)}, which {run} BEFORE the row is written: where such a function returns "
            "NULL, PostgreSQL drops the row. Let it return new, or make its trigger AFTER; to refuse, raise an error."
        )

    def never(
        self,
        part: str,
        values: Mapping[str, Any],
        *,
        happened: str,
        next: str,
        column: str | None = None,
        harmless: Callable[[Any], bool] = lambda stored: False,
    ) -> None:
        """No row has these stored values: refused on INSERT and on UPDATE, whatever the rest of the row is.

        harmless: what may be stored in place of the value that was sent.
        """
        table = self.table(part)
        for name in values:
            if (found := table.column(name)) is not None and found.generated:
                raise CantTell(
                    f"PostgreSQL works {table.label}.{name} out by itself, so no other value could be tried.",
                    table=table.label,
                )
        draft = self.draft(part)
        for answer in self.both_ways(draft, **values):
            changed = answer.rows and not holds(answer.rows[0], values)
            if changed and (_says_itself(draft, values) or all(harmless(answer.rows[0][name]) for name in values)):
                continue  # such as the price of a line, which is copied from the catalog whatever was sent
            if changed:
                raise _changed_silently(table, values, answer, next)
            self.refused(answer, happened=happened, next=next, table=table.label, column=column)
            for others in _ways_round(table, answer.refusal, values):
                with self.isolated(), suppress(NoRow):
                    row = self.row(part, {**values, **others})
                    raise Failed(happened, next=next, table=table.label, column=column, tried=shorten(row.tried))
        for others in self._seen_by_triggers(table, values) if answer.refusal and answer.refusal.raised else ():
            answer = self.session.attempt(draft.but(**values, **others))
            if answer.rows and holds(answer.rows[0], values):
                raise Failed(happened, next=next, table=table.label, column=column, tried=shorten(answer.tried))

    def _seen_by_triggers(self, table: Table, values: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Other values of a further column that the table's triggers speak of: with those they may let a row pass."""
        seen = " ".join(trigger.source for trigger in table.triggers if trigger.fires)
        if any(trigger.conditional for trigger in table.triggers):
            seen += " ".join(definition for (definition,) in self.session.query(_CONDITIONS, {"table": table.oid}))
        foreign = {name for key in table.foreign_keys for name in key.columns}
        for column in table.columns:
            free = column.name not in foreign | set(values) and not column.generated and not column.numbered
            if free and re.search(rf'\bnew\."?{re.escape(column.name)}"?(?!\w)', seen, re.IGNORECASE):
                nothing = [] if column.not_null else [None]
                for value in [*nothing, *_EXTREMES.get(column.type.category, ())]:
                    yield {column.name: value}
                for value in pool(column, 1, rules_about(table, column))[:4] if column.type.category in "SE" else ():
                    yield {column.name: value}

    def accepts_one_of(
        self, statements: Iterable[Statement], *, happened: str, next: str, table: str, column: str | None = None
    ) -> None:
        """At least one of these ordinary changes must be taken; `happened` may speak of `{why}`, PostgreSQL's words."""
        answers = []
        for statement in statements:
            answers.append(self.session.attempt(statement))
            if answers[-1].refusal is None and answers[-1].rowcount:
                return
        refusal = answers[0].refusal
        raise Failed(
            happened.format(why=why(refusal)),
            next=next,
            table=table,
            column=column,
            tried=shorten(answers[0].tried),
            sqlstate=refusal.sqlstate if refusal else None,
        )

    def takes(
        self, part: str, values: Mapping[str, Any], *, happened: str, next: str, column: str | None = None
    ) -> Row:
        """A row with these values must be possible; it is stored."""
        try:
            return self.row(part, values)
        except NoRow as none:
            if none.table.oid != self.table(part).oid:
                raise
            refusal = none.answer.refusal if none.answer else None
            if refusal is not None and not refusal.is_verdict:
                raise
            if refusal is not None and not refusal.is_duplicate:
                self.draft(part)  # where no row goes in at all, it is not these values that are refused
            raise Failed(
                happened.format(why=why(refusal)),
                next=next,
                table=none.table.label,
                column=column,
                tried=shorten(none.answer.tried) if none.answer else None,
                sqlstate=refusal.sqlstate if refusal else None,
            ) from None


#: The triggers of a table that look at a row before they run, as their DDL.
_CONDITIONS = """
select pg_catalog.pg_get_triggerdef(oid) from pg_catalog.pg_trigger
where tgrelid operator(pg_catalog.=) %(table)s and tgqual is not null and not tgisinternal
"""
#: By category of type, what a condition may tell apart.
_EXTREMES: dict[str, tuple[Any, ...]] = {"B": (True, False), "N": (0, 1)}


def _beside_the_point(table: Table, key: ForeignKey, names: Iterable[str]) -> tuple[int, bool]:
    """How far a foreign key is from one whose column is called after its target, and may not be empty."""
    own = f"_{key.own_column.lower()}_"
    if any(own.startswith(f"_{name}_") for name in names):
        distance = 0
    elif "_by_" in own:
        distance = 3  # who did it, not whose it is
    else:
        distance = 1 if any(f"_{name}_" in own for name in names) else 2
    return distance, any(not column.not_null for column in table.columns if column.name in key.columns)


def _ways_round(table: Table, refusal: Refusal | None, values: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What else a row may hold so that a rule that refused these values lets them pass after all."""
    if refusal is None or refusal.raised:
        return
    check = next((check for check in table.checks if check.name == refusal.constraint), None)
    if refusal.sqlstate == CHECK_VIOLATION and check is not None and not set(check.columns) <= set(values):
        yield {}  # it looks at other columns as well: with other values there it may say yes
    key = next((key for key in table.foreign_keys if key.name == refusal.constraint), None)
    if refusal.sqlstate == FOREIGN_KEY_VIOLATION and key is not None and key.match == "s":
        beside = (table.column(name) for name in key.columns if name not in values)
        # One NULL, and PostgreSQL does not look for the others.
        yield from ({column.name: None} for column in beside if column is not None and not column.not_null)


def _changed_silently(table: Table, values: Mapping[str, Any], answer: Answer, next_: str) -> Failed:
    """The database made something else of a value than an error."""
    stored = answer.rows[0]
    name = next(name for name, value in values.items() if not holds(stored, {name: value}))
    sent = "NULL" if values[name] is None else values[name]
    return Failed(
        f"{sent} was sent for {table.label}.{name}, and {stored[name]} was stored: no error tells the shop.",
        next=next_ if values[name] is None else f"Let an error be raised, and no trigger change {name}.",
        table=table.label,
        column=name,
        tried=shorten(answer.tried),
    )


def _says_itself(draft: Draft, names: Iterable[str]) -> bool:
    """The database has a value of its own for a column, as the ordinary row shows: it came back with another one."""
    stored = draft.tried.rows[0] if draft.tried and draft.tried.rows else {}
    return any(name in draft.values and not holds(stored, {name: draft.values[name]}) for name in names)


def holds(stored: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """The row as stored has these values."""
    return all(_is(stored.get(name), value) for name, value in values.items())


def _is(stored: Any, value: Any) -> bool:
    """Whether a value came back as it was sent, which may have been as text; padded or in other case it is the same."""
    with suppress(ArithmeticError):
        return Decimal(str(stored)) == Decimal(str(value))
    return str(stored).strip().lower() == str(value).strip().lower()


def _filled(roles: Roles, part: str) -> frozenset[str]:
    """Stored names of the columns that the contract wants in every row of a part."""
    wanted = [column.name for column in contract.table(part).columns if column.required]
    columns = [roles.column(part, name) for name in wanted]
    return frozenset(column.name for column in columns if column is not None and not column.generated)


def shorten(sql: str, width: int = 300) -> str:
    """A statement as a report shows it: our own bookkeeping and very long values cut."""
    # psycopg2 puts a space before a negative number.
    sql = sql.removesuffix(RETURNING).replace("  -", " -").replace("( -", "(-")
    return sql if len(sql) <= width else sql[: width - 2].rstrip() + " …"
