"""What the planner does with a query, and which index a question or a foreign key can count on.

On empty or tiny tables the planner would read everything, so the other ways are discouraged first. A plan alone is
no proof (PostgreSQL 18 skips over leading columns), nor is the catalog (it can't tell what a predicate implies): a
verdict takes both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from checks.catalog import Catalog, ForeignKey, Index, Table
from checks.probe import Shop
from checks.rows import qualified, quote, rules_about
from checks.rows.values import choice
from checks.session import Session, Statement

#: Access methods that find the rows with one value. BRIN only narrows a search down.
EXACT = frozenset({"btree", "hash"})
SORTS = frozenset({"Sort", "Incremental Sort"})

#: How often a plan that goes by another index is asked for again without it.
RIVALS = 5


@dataclass(frozen=True)
class Plan:
    """A plan as `explain (format json)` gives it."""

    root: dict[str, Any]

    def nodes(self) -> Iterator[dict[str, Any]]:
        """Every node, from the top down."""
        waiting = [self.root]
        while waiting:
            node = waiting.pop(0)
            yield node
            waiting += node.get("Plans", [])

    @property
    def searched(self) -> frozenset[str]:
        """Names of the indexes that are searched with a condition, not only read through."""
        return frozenset(n["Index Name"] for n in self.nodes() if "Index Name" in n and "Index Cond" in n)

    @property
    def read(self) -> frozenset[str]:
        """Names of all indexes that it goes by, also of those that are only read through."""
        return frozenset(n["Index Name"] for n in self.nodes() if "Index Name" in n)

    @property
    def sorts(self) -> bool:
        return any(node["Node Type"] in SORTS for node in self.nodes())


def explain(session: Session, sql: str, off: Sequence[str] = ("seqscan", "bitmapscan")) -> Plan | None:
    """The plan of a query with some ways discouraged, such as `seqscan` or `sort`; None when the query can't run."""
    with session.undone():
        settings = "; ".join(f"set local enable_{way} = off" for way in off)
        session.keep(Statement(settings))
        answer = session.attempt(Statement(f"explain (format json) {sql}"))
    if answer.refusal is not None:
        return None
    [[root]] = [row.values() for row in answer.rows]
    return Plan(root[0]["Plan"])


def indexes_of(catalog: Catalog, table: Table) -> list[Index]:
    """The indexes of a table and of its partitions: a plan names those of the partitions."""
    return [index for owner in (table, *catalog.partitions(table)) for index in owner.indexes]


def holds_filled(shop: Shop, table: Table, columns: Sequence[str], predicate: str) -> bool:
    """Whether a partial index with that predicate holds every row in which these columns are not NULL.

    The planner proves it: on a copy of the table without rows, it uses such an index for a search by the columns
    only where the search implies the predicate.
    """
    names = ", ".join(map(quote, columns))
    with shop.session.undone():
        shop.session.keep(
            Statement(
                f"create temporary table checks_probe (like {qualified(table)}) on commit drop; "
                f"create index checks_probe_index on checks_probe ({names}) where {predicate}"
            )
        )
        search = " and ".join(f"{quote(c)} = (select {quote(c)} from checks_probe limit 1)" for c in columns)
        plan = explain(shop.session, f"select 1 from checks_probe where {search}")
    return plan is not None and "checks_probe_index" in plan.searched


def holds_always(shop: Shop, table: Table, columns: Iterable[str], predicate: str) -> bool:
    """Whether a predicate about these columns is true of every row, as the planner proves by the table's CHECKs."""
    if not all((c := table.column(name)) and (c.not_null or c.type.domain_not_null) for name in columns):
        return False  # of NULL both it and a CHECK may be unknown
    sql = f"select from {qualified(table)} where not ({predicate})"
    answer = shop.session.attempt(Statement(f"set local constraint_exclusion = on; explain (format json) {sql}"))
    return bool(answer.rows) and answer.rows[0]["QUERY PLAN"][0]["Plan"].get("One-Time Filter") == "false"


def leading_index(shop: Shop, table: Table, key: ForeignKey) -> Index | None:
    """An index that leads to the rows of a parent: B-tree or hash, finished, its first columns the key's."""
    for index in table.indexes:
        if is_led_by(index, key.columns) and (
            index.predicate is None or holds_filled(shop, table, key.columns, index.predicate)
        ):
            return index
    leaves = list(shop.catalog.partitions(table))
    found = [
        next((i for i in leaf.indexes if i.predicate is None and is_led_by(i, key.columns)), None) for leaf in leaves
    ]
    return found[0] if found and all(found) else None


def is_led_by(index: Index, columns: Sequence[str]) -> bool:
    """The index is finished, finds single values, and begins with these columns, in any order."""
    return index.works and index.method in EXACT and set(index.key[: len(columns)]) == set(columns)


def equals(shop: Shop, table: Table, columns: Sequence[str]) -> str | None:
    """A condition that fixes these columns to values of their types, or None when no value is known for one."""
    parts = []
    for name in columns:
        column = table.column(name)
        assert column is not None
        try:
            value = choice(column, 1, rules_about(table, column))
        except LookupError:
            return None
        parts.append(f"{quote(name)} = {literal(shop.session, value)}")
    return " and ".join(parts)


def literal(session: Session, value: Any) -> str:
    """A value as SQL."""
    return session.cursor.mogrify("%s", (value,)).decode()


def served_by(
    shop: Shop,
    table: Table,
    condition: str,
    leads: Callable[[Index], bool],
    *,
    order: str | None = None,
    off: Sequence[str] = ("seqscan", "bitmapscan"),
) -> Index | None:
    """The index by which the rows under a condition are found, and brought in order if one is asked for.

    `leads` says whether an index is led by what is searched; the plan must have an index condition on such a one.
    Where it goes by another one that is as good, that one is taken away for the next plan.
    """
    sql = f"select * from {qualified(table)} where {condition}"
    ways = off if order is None else (*off, "sort", "incremental_sort")
    candidates = {index.name: index for index in indexes_of(shop.catalog, table) if index.works and leads(index)}
    if not candidates:
        return None
    with shop.session.undone():
        for _ in range(RIVALS):
            plan = explain(shop.session, sql if order is None else f"{sql} order by {order}", ways)
            if plan is None:
                return None
            fitting = sorted(plan.searched & set(candidates))
            if fitting and not (order is not None and plan.sorts):
                return candidates[fitting[0]]
            rivals = [i for i in table.indexes if i.name in plan.read - set(candidates)]
            if not rivals or not all(_take_away(shop.session, table, rival) for rival in rivals):
                return None
    return None


def _take_away(session: Session, table: Table, index: Index) -> bool:
    """Drop an index, or the constraint that it is for; False where that can't be."""
    name = quote(index.name)
    sql = (
        f"alter table {qualified(table)} drop constraint if exists {name} cascade;"
        f" drop index if exists {quote(table.schema)}.{name} cascade"
    )
    return session.keep(Statement(sql)).refusal is None
