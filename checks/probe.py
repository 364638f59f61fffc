"""Tries things on the learner's schema, in the contract's own names, and says what came of it.

Everything happens in one transaction that is rolled back. A probe has three parts: a control that must be taken,
the same with one thing wrong, and the nearest legal one; as INSERT and as UPDATE.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from decimal import Decimal
from typing import Any, TypeVar

from psycopg2.errorcodes import CHECK_VIOLATION

from checks import contract
from checks.catalog import Catalog, Column, ForeignKey, Table
from checks.catalog.facts import BOOLEAN
from checks.outcome import CantTell, Failed, Skipped
from checks.roles import Roles
from checks.rows import Draft, NoRow, Row, Rows, why
from checks.rows.changes import ways
from checks.session import RETURNING, Answer, Refusal, Session, Statement

Thing = TypeVar("Thing")


class Shop:
    """A learner's schema under test: parts of the contract in, statements and verdicts out."""

    def __init__(self, session: Session, roles: Roles) -> None:
        self.session = session
        self.roles = roles
        self._rows = Rows(
            session, roles.catalog, {table.oid: _filled(roles, part) for part, table in roles.tables.items()}
        )
        self._memory: dict[type, Any] = {}

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
        """Every foreign key from one part to another, in force or not."""
        oid = self.table(target).oid
        return [key for key in self.table(part).foreign_keys if key.target == oid]

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
            first = first or answer
            if answer.refusal is None and answer.rowcount == 1:
                row.values = answer.rows[0]
                row.values |= self.read(row) or {}
                return answer
        assert first is not None
        return first

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
                next = "Let the rule raise an error instead of dropping the row in a rule or a trigger."
            raise Failed(happened, next=next, table=table, column=column, tried=shorten(answer.tried))
        if answer.refusal.stumbled or not answer.refusal.is_verdict:
            raise CantTell(
                f"The try itself went wrong: {why(answer.refusal)}", table=table, tried=shorten(answer.tried)
            )
        return answer

    def never(
        self, part: str, values: Mapping[str, Any], *, happened: str, next: str, column: str | None = None
    ) -> None:
        """No row has these stored values: refused on INSERT and on UPDATE, whatever the rest of the row is."""
        table = self.table(part)
        draft = self.draft(part)
        for answer in self.both_ways(draft, **values):
            if answer.rows and _says_itself(draft, values) and not holds(answer.rows[0], values):
                continue  # such as the price of a line, which is copied from the catalog whatever was sent
            self.refused(answer, happened=happened, next=next, table=table.label, column=column)
            if answer.refusal is not None and self._depends_on_others(table, answer.refusal, values):
                with self.isolated(), suppress(NoRow):
                    row = self.row(part, values)
                    raise Failed(happened, next=next, table=table.label, column=column, tried=shorten(row.tried))
            if answer.refusal is not None and answer.refusal.raised:
                for flag in _flags(draft, values):
                    other = self.session.attempt(draft.but(**values, **flag))
                    if other.rows and holds(other.rows[0], values):
                        raise Failed(happened, next=next, table=table.label, column=column, tried=shorten(other.tried))

    def _depends_on_others(self, table: Table, refusal: Refusal, values: Mapping[str, Any]) -> bool:
        """A CHECK said no that looks at other columns as well: with other values there it may say yes."""
        check = next((check for check in table.checks if check.name == refusal.constraint), None)
        return refusal.sqlstate == CHECK_VIOLATION and check is not None and not set(check.columns) <= set(values)

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


def _flags(draft: Draft, values: Mapping[str, Any]) -> Iterator[dict[str, bool]]:
    """Each flag of a row turned round, as a trigger may refuse some values unless one is set."""
    stored = draft.tried.rows[0] if draft.tried and draft.tried.rows else {}
    for column in draft.table.columns:
        if column.type.base in BOOLEAN and not column.generated and column.name not in values:
            yield {column.name: stored.get(column.name) is not True}


def _says_itself(draft: Draft, names: Iterable[str]) -> bool:
    """The database has a value of its own for a column, as the ordinary row shows: it came back with another one."""
    stored = draft.tried.rows[0] if draft.tried and draft.tried.rows else {}
    return any(name in draft.values and not holds(stored, {name: draft.values[name]}) for name in names)


def holds(stored: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """The row as stored has these values."""
    return all(_is(stored.get(name), value) for name, value in values.items())


def _is(stored: Any, value: Any) -> bool:
    """Whether a value came back as it was sent, which may have been as text."""
    with suppress(ArithmeticError):
        return Decimal(str(stored)) == Decimal(str(value))
    return str(stored) == str(value)


def _filled(roles: Roles, part: str) -> frozenset[str]:
    """Stored names of the columns that the contract wants in every row of a part."""
    wanted = [column.name for column in contract.table(part).columns if column.required]
    return frozenset(column.name for name in wanted if (column := roles.column(part, name)) is not None)


def shorten(sql: str, width: int = 300) -> str:
    """A statement as a report shows it: our own bookkeeping and very long values cut."""
    # psycopg2 puts a space before a negative number.
    sql = sql.removesuffix(RETURNING).replace("  -", " -").replace("( -", "(-")
    return sql if len(sql) <= width else sql[: width - 2].rstrip() + " …"
