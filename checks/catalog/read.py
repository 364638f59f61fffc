"""One query, and the frozen facts made from its answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from checks.catalog.facts import Catalog, Check, Column, ForeignKey, Index, Policy, Rule, Table, Trigger, Type

#: Runs a query with its values and gives all rows.
Ask = Callable[[str, Any], list[tuple[Any, ...]]]


@cache
def _sql(name: str) -> str:
    return files("checks.catalog").joinpath(name).read_text(encoding="utf-8")


def read_catalog(ask: Ask, names: Iterable[str]) -> Catalog:
    """The tables stored under `names`, with all they refer to, as one snapshot."""
    [[answer]] = ask(_sql("catalog.sql"), {"names": list(names)})
    types = {entry["oid"]: entry for entry in answer["types"] or []}
    return Catalog(
        version=answer["version"],
        search_path=tuple(answer["search_path"]),
        tables=tuple(_table(entry, types) for entry in _with_targets(answer["tables"] or [])),
    )


class Relation(NamedTuple):
    """A table, view or the like that may be meant by a name."""

    schema: str
    name: str
    visible: bool


def close_relations(ask: Ask, names: Iterable[str]) -> list[Relation]:
    """Relations that begin like one of `names`, whatever the case."""
    return [Relation(*row) for row in ask(_sql("close.sql"), {"first": sorted({name[0].lower() for name in names})})]


def _with_targets(tables: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each foreign key's target columns by name: their numbers belong to another table."""
    numbers = {table["oid"]: {c["number"]: c["name"] for c in table["columns"]} for table in tables}
    for table in tables:
        for key in table["foreign_keys"]:
            key["target_columns"] = [numbers[key["target"]][number] for number in key["target_columns"]]
    return tables


def _table(entry: dict[str, Any], types: dict[int, dict[str, Any]]) -> Table:
    names = {column["number"]: column["name"] for column in entry["columns"]}
    plain = ("oid", "schema", "name", "kind", "persistence", "visible", "named", "row_security")
    return Table(
        **{field: entry[field] for field in plain},
        forced_row_security=entry["forced_row_security"],
        under_row_security=entry["under_row_security"],
        is_partition=entry["is_partition"],
        partition_bound=entry["partition_bound"],
        parents=tuple(entry["parents"]),
        columns=tuple(_column(column, types) for column in entry["columns"]),
        indexes=tuple(_index(index, names) for index in entry["indexes"]),
        foreign_keys=tuple(
            ForeignKey(
                **key
                | {
                    "columns": tuple(names[number] for number in key["columns"]),
                    "target_columns": tuple(key["target_columns"]),
                }
            )
            for key in entry["foreign_keys"]
        ),
        checks=tuple(
            Check(**check | {"columns": tuple(names[number] for number in check["columns"] if number in names)})
            for check in entry["checks"]
        ),
        triggers=tuple(Trigger(**trigger) for trigger in entry["triggers"]),
        policies=tuple(Policy(**policy) for policy in entry["policies"]),
        rules=tuple(Rule(**rule) for rule in entry["rules"]),
    )


def _index(entry: dict[str, Any], names: dict[int, str]) -> Index:
    key = tuple(names.get(number) for number in entry["key"])
    uses = entry.pop("uses")
    mentioned = {names[number] for number in uses or [] if number in names} | {name for name in key if name}
    return Index(**entry | {"key": key, "key_text": tuple(entry["key_text"]), "uses": frozenset(mentioned)})


def _column(entry: dict[str, Any], types: dict[int, dict[str, Any]]) -> Column:
    return Column(
        name=entry["name"],
        type=_type(entry["type"], entry["typmod"], entry["type_text"], types),
        not_null=entry["not_null"],
        default=entry["default"],
        identity=entry["identity"],
        generated=entry["generated"],
    )


def _type(oid: int, typmod: int, text: str, types: dict[int, dict[str, Any]]) -> Type:
    """Walk a domain down to its base type; the innermost length or precision is the one that counts."""
    domains: list[str] = []
    checks: list[str] = []
    not_null = False
    entry = types[oid]
    while entry["kind"] == "d":
        domains.append(entry["name"])
        checks += entry["checks"]
        not_null |= entry["not_null"]
        typmod = entry["typmod"] if entry["typmod"] != -1 else typmod
        entry = types[entry["base"]]
    return Type(
        text=text,
        base=entry["name"],
        category=entry["category"],
        typmod=typmod,
        schema=entry["schema"],
        domains=tuple(domains),
        domain_not_null=not_null,
        domain_checks=tuple(checks),
        labels=tuple(entry["labels"]),
    )
