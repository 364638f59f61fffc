"""What the catalog says about a schema, as frozen facts.

Read once per check by `read.py`; everything here is pure. Names of columns are resolved (no attribute numbers
leak out), the chain of a domain is walked, and each question a verdict asks has a property that answers it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

#: Base types by the family a contract column may ask for.
TEXT = frozenset({"text", "varchar", "bpchar", "citext", "name", "char"})
INTEGER = frozenset({"int2", "int4", "int8"})
TIMESTAMP = frozenset({"timestamp", "timestamptz"})
NUMERIC = frozenset({"numeric"})
BOOLEAN = frozenset({"bool"})
INEXACT = frozenset({"float4", "float8", "money"})


@dataclass(frozen=True, slots=True)
class Type:
    """The type of a column, seen through every domain on the way to its base type."""

    text: str  # as a person writes it: numeric(10,2), email_address
    base: str  # the base type's catalog name: numeric, varchar, citext
    category: str  # pg_type.typcategory of the base type
    typmod: int  # of the base type, -1 when there is none
    schema: str  # of the base type
    domains: tuple[str, ...] = ()  # outermost first
    domain_not_null: bool = False
    domain_checks: tuple[str, ...] = ()  # about VALUE
    labels: tuple[str, ...] = ()  # of an enum, in its order

    @property
    def length(self) -> int | None:
        """How many characters fit; None for no limit of its own."""
        if self.base in ("varchar", "bpchar") and self.typmod >= 4:
            return self.typmod - 4
        return 1 if self.base == "char" else 63 if self.base == "name" else None

    @property
    def precision(self) -> int | None:
        """Digits in all of a numeric; None for no limit."""
        if self.base != "numeric" or self.typmod < 4:
            return None
        return ((self.typmod - 4) >> 16) & 0xFFFF

    @property
    def scale(self) -> int | None:
        """Digits behind the point of a numeric (negative for rounded tens); None for no limit."""
        if self.base != "numeric" or self.typmod < 4:
            return None
        scale = (self.typmod - 4) & 0x7FF
        return scale - 2048 if scale > 1023 else scale


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: Type
    not_null: bool  # by the column itself; a domain or a CHECK may do it as well
    default: str | None
    identity: str  # 'a' always, 'd' by default, '' neither
    generated: str  # 's' stored, 'v' virtual, '' neither

    @property
    def required(self) -> bool:
        """A row can't leave this column out."""
        filled = self.default is not None or self.identity or self.generated
        return (self.not_null or self.type.domain_not_null) and not filled

    @property
    def numbered(self) -> bool:
        """The database counts this column up: identity or a sequence."""
        drawn = self.default is not None and "nextval(" in self.default
        return bool(self.identity) or (drawn and self.type.base in INTEGER | NUMERIC)


@dataclass(frozen=True, slots=True)
class Index:
    name: str
    method: str
    unique: bool
    primary: bool
    exclusion: bool
    valid: bool
    ready: bool
    immediate: bool
    nulls_not_distinct: bool
    key: tuple[str | None, ...]  # None where the key is an expression
    key_text: tuple[str, ...]
    predicate: str | None
    uses: frozenset[str]  # every column that key, expressions or predicate mention

    @property
    def columns(self) -> frozenset[str]:
        """The plain columns of the key."""
        return frozenset(name for name in self.key if name is not None)

    @property
    def is_plain(self) -> bool:
        """Whole table, columns only: neither partial nor on an expression."""
        return self.predicate is None and None not in self.key

    @property
    def works(self) -> bool:
        """Finished: valid and ready."""
        return self.valid and self.ready


@dataclass(frozen=True, slots=True)
class ForeignKey:
    name: str
    columns: tuple[str, ...]
    target: int  # oid
    target_columns: tuple[str, ...]
    on_delete: str  # a no action, r restrict, c cascade, n set null, d set default
    on_update: str
    match: str  # s simple, f full
    deferrable: bool
    validated: bool
    enforced: bool
    fires: bool  # none of its triggers is switched off

    @property
    def own_column(self) -> str:
        """The column that says which parent: of several the one that is not shared with it."""
        pairs = zip(self.columns, self.target_columns, strict=True)
        return next((ours for ours, theirs in pairs if ours != theirs), self.columns[0])


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    expression: str
    columns: tuple[str, ...]
    validated: bool
    enforced: bool


@dataclass(frozen=True, slots=True)
class Trigger:
    name: str
    function: str
    language: str  # of the function
    source: str  # of the function: what stands between its $$
    enabled: str  # O origin, A always; D disabled and R replica don't fire for anybody here
    type: int  # pg_trigger.tgtype
    conditional: bool  # there is a WHEN

    @property
    def fires(self) -> bool:
        return self.enabled in ("O", "A")

    @property
    def per_row(self) -> bool:
        return bool(self.type & 1)

    @property
    def is_before(self) -> bool:
        return bool(self.type & 2)

    @property
    def on_insert(self) -> bool:
        return bool(self.type & 4)


@dataclass(frozen=True, slots=True)
class Policy:
    name: str
    command: str  # r select, a insert, w update, d delete, * all
    permissive: bool  # restrictive otherwise
    check: str | None  # what a new row must meet, if the policy has a condition at all

    @property
    def lets_rows_in(self) -> bool:
        """Some row may go in by it. One that has no condition lets none in."""
        return self.permissive and self.command in ("a", "*") and self.check not in (None, "false")

    @property
    def keeps_rows_out(self) -> bool:
        """No row may go in because of it, whatever others say."""
        return not self.permissive and self.command in ("a", "*") and self.check == "false"


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    event: str  # 2 update, 3 insert, 4 delete
    instead: bool


@dataclass(frozen=True, slots=True)
class Table:
    oid: int
    schema: str
    name: str
    kind: str  # r ordinary, p partitioned, v view, m materialized view, f foreign
    persistence: str  # p permanent, u unlogged, t temporary
    visible: bool  # found on the search path without its schema's name
    named: bool  # looked for by name, not only reached through a foreign key
    row_security: bool
    forced_row_security: bool
    under_row_security: bool  # for whoever asks: neither an owner that it is not forced on, nor a superuser
    is_partition: bool
    partition_bound: str | None
    parents: tuple[int, ...]
    columns: tuple[Column, ...]
    indexes: tuple[Index, ...]
    foreign_keys: tuple[ForeignKey, ...]
    checks: tuple[Check, ...]
    triggers: tuple[Trigger, ...]
    policies: tuple[Policy, ...]
    rules: tuple[Rule, ...]

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)

    @property
    def primary_key(self) -> Index | None:
        return next((index for index in self.indexes if index.primary), None)

    @property
    def is_table(self) -> bool:
        return self.kind in ("r", "p")

    @property
    def label(self) -> str:
        """Its name as the learner writes it: with the schema only where it is needed."""
        return self.name if self.visible else f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True)
class Catalog:
    version: int  # server_version_num, 180006
    search_path: tuple[str, ...]
    tables: tuple[Table, ...]

    def by_oid(self, oid: int) -> Table | None:
        return next((table for table in self.tables if table.oid == oid), None)

    def partitions(self, table: Table) -> Iterator[Table]:
        """The leaves below a partitioned table."""
        for child in self.tables:
            if table.oid in child.parents and child.is_partition:
                if child.kind == "p":
                    yield from self.partitions(child)
                else:
                    yield child
