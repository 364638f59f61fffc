"""The rules that a table's rows must meet, as its catalog has them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from checks.catalog import Catalog, Column, Table
from checks.rows.names import in_quotes, quote


@dataclass(frozen=True)
class Rule:
    """One condition that a row must meet, as the server can evaluate it."""

    expression: str
    columns: frozenset[str]
    name: str = ""


def rules_about(table: Table, column: Column) -> list[str]:
    """Expressions of every rule that mentions a column."""
    own = [check.expression for check in table.checks if column.name in check.columns]
    return [*own, *column.type.domain_checks]


def rules_and_bounds(catalog: Catalog, table: Table, column: Column) -> list[str]:
    """The same, and the bounds of partitions."""
    bounds = [leaf.partition_bound for leaf in catalog.partitions(table)] if table.kind == "p" else []
    return rules_about(table, column) + [bound for bound in bounds if bound and mentions(bound, column.name)]


def as_rule_about(expression: str, column: str) -> str:
    """A domain's rule about VALUE as one about a column; text in quotes stays as it is."""
    parts = re.split(r"('(?:[^']|'')*')", expression)
    return "".join(p if p.startswith("'") else re.sub(r"\bVALUE\b", lambda _: in_quotes(column), p) for p in parts)


def mentions(expression: str, column: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(quote(column))}(?!\w)", expression) is not None
