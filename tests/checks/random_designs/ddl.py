"""A design under construction: tables of columns, keys and rules, and how they are written as SQL.

Templates speak of tables and columns as the contract does: `{orders}` is the table that plays orders in this design,
`{orders.status}` its status, `{orders.users}` the columns of its key to the users, `{orders.key}` what keys to it
point at, each as this design has them; `{orders.key:o}` puts the alias o before every column.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from checks.rows import quote
from tests.checks.random_designs.choices import Choice, Picks, choice

PRIMARY_KEYS = choice("primary keys are", ("constraints", "made from unique indexes"))
FOREIGN_KEYS = choice(
    "foreign keys are",
    {
        "plain": "",
        "deferred": "deferrable initially deferred",
        "deferrable": "deferrable",
        "following their parents": "on update cascade",
    },
)


class Names(tuple[str, ...]):
    """Columns as a template writes them, with an alias before each if one is given."""

    def __format__(self, alias: str) -> str:
        return ", ".join(f"{alias}.{quote(name)}" if alias else quote(name) for name in self)


@dataclass
class Column:
    name: str
    type: str
    required: bool = False
    default: str = ""
    made: str = ""  # "generated …": the database makes it, and keeps it filled
    sample: str | None = None  # its value in row {k}; None where the database fills it, or nobody
    key_type: str = ""  # of a key that points at it, if not the same

    @property
    def points_as(self) -> str:
        return self.key_type or self.type


@dataclass
class Reference:
    columns: Names
    target: Table
    target_columns: Names
    actions: str


@dataclass
class Table:
    part: str
    name: str
    columns: dict[str, Column] = field(default_factory=dict)  # by stored name
    roles: dict[str, Names] = field(default_factory=dict)  # what templates call columns
    primary: Names = field(default_factory=Names)
    rules: list[str] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)  # that belong to it, after its making
    partitions: tuple[str, ...] = ()  # how it is partitioned, then each partition's bounds
    not_null_by: str = "column"
    samples: int = 2  # rows to be written by hand
    deeds: list[str] = field(default_factory=list)  # templates of what happens when these are there
    #: Unique rules by their columns: they lead where a key begins like them.
    leads: list[tuple[str, ...]] = field(default_factory=list)

    @property
    def target(self) -> Names:
        """What keys to it point at."""
        return self.roles["key"]

    def add(self, role: str, column: Column) -> Column:
        """A column that templates call `role`."""
        self.columns[column.name] = column
        self.roles[role] = Names([column.name])
        return column

    def keep(self, rule: str) -> None:
        """A rule of the table, or a statement that makes one."""
        if rule:
            (self.statements if rule.startswith(("create", "alter")) else self.rules).append(rule)


class Named:
    """A table in a template."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def __format__(self, alias: str) -> str:
        return quote(self._table.name)

    def __getattr__(self, role: str) -> Names:
        return self._table.roles[role]


class Design:
    """A schema of the whole shop, made of picks."""

    def __init__(self, picks: Picks) -> None:
        self.picks = picks
        self.used: dict[str, str] = {}
        self.tables: dict[str, Table] = {}
        self.words: dict[str, Any] = {}  # that templates use besides tables
        self.first: list[str] = []  # before there are tables
        self.types: dict[str, str] = {}  # types and domains by name, with what makes them
        self.last: list[str] = []  # templates, when there are tables

    # -- choosing ----------------------------------------------------------------------------------------------

    def pick(self, choice: Choice, *never: str) -> str:
        """The option that was picked; the plainest that is possible where that one, in `never`, does not go here."""
        option = self.picks[choice.name]
        if option in never:
            option = next(other for other in choice.options if other not in never)
        self.used[choice.name] = option
        return option

    def sql_of(self, choice: Choice, *never: str, **words: Any) -> str:
        """The SQL of the option that was picked, filled in."""
        return self.fill(choice.sql[self.pick(choice, *never)], **words)

    def fill(self, template: str, **words: Any) -> str:
        names = {part: Named(table) for part, table in self.tables.items()}
        return template.format_map({**names, **self.words, **words})

    # -- making ------------------------------------------------------------------------------------------------

    def type(self, name: str, made: str) -> str:
        """A type or domain, made once."""
        self.types.setdefault(name, made)
        return name

    def domain(self, word: str, base: str, rule: str) -> str:
        name = re.sub(r"\W+", "_", f"{word}_{base}".replace("[]", "_list")).strip("_")
        return self.type(name, f"create domain {name} as {base} {rule}")

    def once(self, statement: str) -> None:
        """Something for before there are tables, of which one is enough."""
        if statement not in self.first:
            self.first.append(statement)

    def extension(self, name: str) -> None:
        self.once(f"create extension if not exists {name}")

    def function(self, name: str, body: str, declare: str = "", **words: Any) -> None:
        """A trigger function."""
        declared = f"declare {declare} " if declare else ""
        self.last.append(
            self.fill(
                f"create function {name}() returns trigger language plpgsql as $$ {declared}begin {body} end $$",
                **words,
            )
        )

    def after(self, template: str, **words: Any) -> None:
        """A statement for when all tables are there, but for what they are filled with."""
        self.last.append(self.fill(template, **words))

    def refer(
        self,
        table: Table,
        part: str,
        names: Iterable[str],
        *,
        role: str | None = None,
        required: bool = True,
        on_delete: str = "",
        target: Names | None = None,
        match: str = "",
    ) -> Names:
        """A foreign key to the table in that part, by columns of these names; those that are there are shared."""
        parent = self.tables[part]
        target = target or parent.target
        columns = Names(names)
        own = [name for name in columns if name not in table.columns]
        for name, theirs in zip(columns, target, strict=True):
            if name in own:
                table.columns[name] = Column(name, parent.columns[theirs].points_as, required)
        if on_delete == "set null" and len(own) < len(columns):
            on_delete = f"set null ({Names(own)})"
        table.roles[role or part] = columns
        if match == "" and not required and len(own) > 1:
            table.keep(f"check (num_nulls({Names(own)}) in (0, {len(own)}))")
        on_delete = on_delete and f"on delete {on_delete}"
        table.references.append(Reference(columns, parent, target, f"{match} {on_delete}".strip()))
        return columns

    # -- writing -----------------------------------------------------------------------------------------------

    def sql(self) -> str:
        tables = [statement for table in self.tables.values() for statement in self._create(table)]
        links = [self._link(table, key) for table in self.tables.values() for key in table.references]
        return ";\n".join([*self.first, *self.types.values(), *tables, *links, *self.last, ""])

    def _create(self, table: Table) -> Iterable[str]:
        lines = [self._line(table, column) for column in table.columns.values()]
        by_index = self.pick(PRIMARY_KEYS) != "constraints" and not table.partitions
        if not by_index:
            lines.append(f"primary key ({table.primary})")
        wanted = Names(c.name for c in table.columns.values() if self._styled(table, c))
        if table.not_null_by == "check":
            lines += [f"check ({quote(name)} is not null)" for name in wanted]
        if table.not_null_by == "check of all" and wanted:
            lines.append(f"check (num_nulls({wanted}) = 0)")
        how, *bounds = table.partitions or ("",)
        yield f"create table {quote(table.name)} (\n    " + ",\n    ".join([*lines, *table.rules]) + f"\n) {how}"
        for place, bound in enumerate(bounds, 1):
            yield f"create table {quote(f'{table.name}_{place}')} partition of {quote(table.name)} {bound}"
        if by_index:
            yield f"create unique index {table.name}_key on {quote(table.name)} ({table.primary})"
            yield f"alter table {quote(table.name)} add primary key using index {table.name}_key"
        yield from table.statements

    def _styled(self, table: Table, column: Column) -> bool:
        """NOT NULL is said in the table's own way, not by a key or a default that counts up."""
        return column.required and column.name not in table.primary and not column.made

    def _line(self, table: Table, column: Column) -> str:
        type_, not_null = column.type, ""
        if self._styled(table, column):
            if table.not_null_by == "domain" and not self._is_enum(type_):
                type_ = self.domain("given", type_, "not null")
            elif table.not_null_by in ("column", "domain"):
                not_null = " not null"
        elif column.required or column.name in table.primary:
            not_null = " not null"
        default = f" default {column.default}" if column.default else ""
        return f"{quote(column.name)} {type_}{not_null}{default} {column.made}".rstrip()

    def _is_enum(self, name: str) -> bool:
        """A domain over an enum needs a cast wherever it meets a label."""
        return " as enum " in self.types.get(name, "")

    def _link(self, table: Table, key: Reference) -> str:
        return (
            f"alter table {quote(table.name)} add foreign key ({key.columns}) references {quote(key.target.name)} "
            f"({key.target_columns}) {key.actions} {self.sql_of(FOREIGN_KEYS)}".rstrip()
        )
