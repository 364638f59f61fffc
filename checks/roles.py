"""Which table and which column of this learner plays which part of the contract."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from checks import contract
from checks.catalog import Catalog, Column, Relation, Table
from workshop.errors import WorkshopError


@dataclass(frozen=True)
class RoleMap:
    """What the learner has declared about names: `[tables]` and `[columns]` of `names.toml`."""

    tables: Mapping[str, str] = field(default_factory=dict)  # users -> members, or shop.members
    columns: Mapping[str, str] = field(default_factory=dict)  # users.email -> mail

    @classmethod
    def load(cls, path: Path) -> RoleMap:
        """Read a role map; WorkshopError with one sentence when it can't be read or names no part of the contract."""
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
            raise WorkshopError(f"The role map {path.name} is not valid TOML: {error}.") from None
        except (OSError, ValueError):
            raise WorkshopError(f"The role map {path} can't be read: is the path right?") from None
        for name in set(data) - {"tables", "columns"}:  # other sections are the learner's own
            if near := difflib.get_close_matches(name, ("tables", "columns"), n=1, cutoff=0.75):
                raise WorkshopError(f"{path.name} has a section [{name}]: name it [{near[0]}].")
        tables = (*contract.TABLES, *(table for extension in contract.EXTENSIONS for table in extension.tables))
        added = [f"{part}.{column.name}" for extension in contract.EXTENSIONS for part, column in extension.added]
        return cls(
            tables=_declared(_section(data, "tables", path.name), {t.name for t in tables}, path.name),
            columns=_declared(
                _flat(_section(data, "columns", path.name)),
                {*added, *(f"{t.name}.{c.name}" for t in tables for c in t.columns)},
                path.name,
            ),
        )


def _section(data: dict[str, Any], name: str, file: str) -> dict[str, Any]:
    section = data.get(name, {})
    if not isinstance(section, dict):
        raise WorkshopError(f"{file}: {name} has to be a section, which begins with a line [{name}].")
    return section


def _flat(columns: dict[str, Any]) -> dict[str, Any]:
    """`users.email = "mail"` and `"users.email" = "mail"` mean the same."""
    flat: dict[str, Any] = {}
    for key, value in columns.items():
        flat |= {f"{key}.{name}": stored for name, stored in value.items()} if isinstance(value, dict) else {key: value}
    return flat


def _declared(names: dict[str, Any], parts: set[str], file: str) -> dict[str, str]:
    for part, stored in names.items():
        if part not in parts:
            near = difflib.get_close_matches(part, parts, n=1)
            meant = f" Did you mean {near[0]}?" if near else ""
            raise WorkshopError(f"{file} names {part}, which is no part of the exercise.{meant}")
        if not isinstance(stored, str) or not stored or "\0" in stored:
            raise WorkshopError(f"{file}: the name that plays {part} must be text in quotes.")
    return names


@dataclass(frozen=True)
class Roles:
    """The parts of the contract, cast with the tables of a catalog."""

    catalog: Catalog
    declared: RoleMap
    tables: Mapping[str, Table]

    def column(self, part: str, name: str) -> Column | None:
        """The column of the table in that part that plays `name`, or None."""
        return self.playing(part, contract.table(part).column(name))

    def playing(self, part: str, wanted: contract.Column) -> Column | None:
        """The same for any column, such as one that an extension adds."""
        table = self.tables.get(part)
        if table is None:
            return None
        if declared := self.declared.columns.get(f"{part}.{wanted.name}"):
            return table.column(declared)
        if preferred := table.column(wanted.name):
            return preferred
        # A column that another part goes by in the first place is not free to play this one as well.
        taken = {other.name for other in contract.table(part).columns}
        candidates = [found for synonym in wanted.synonyms if synonym not in taken and (found := table.column(synonym))]
        return candidates[0] if len(candidates) == 1 else None

    def part_of(self, table: Table) -> str | None:
        """The part that a table plays, or None for one of the learner's own."""
        return next((part for part, cast in self.tables.items() if cast.oid == table.oid), None)


def wanted_names(declared: RoleMap, parts: tuple[contract.Table, ...] = contract.TABLES) -> frozenset[str]:
    """Every stored name worth reading from the catalog."""
    return contract.stored_names(parts) | {name.rpartition(".")[2] for name in declared.tables.values()}


def cast_roles(catalog: Catalog, declared: RoleMap, parts: tuple[contract.Table, ...] = contract.TABLES) -> Roles:
    """Give each of these parts at most one table: the declared one, the preferred name, or the only synonym."""
    by_name = {table.name: table for table in catalog.tables if table.visible and table.named}
    tables: dict[str, Table] = {}
    for part in parts:
        if stored := declared.tables.get(part.name):
            found = _declared_table(catalog, stored)
        else:
            found = next((by_name[form] for form in contract.forms(part.name) if form in by_name), None)
        if found is not None:
            tables[part.name] = found
    taken = {table.oid for table in tables.values()}
    for part in parts:
        if part.name in tables or part.name in declared.tables:
            continue
        free = {table.oid: table for name in part.names if (table := by_name.get(name)) and table.oid not in taken}
        if len(free) == 1:
            tables[part.name] = next(iter(free.values()))
    return Roles(catalog, declared, tables)


def _declared_table(catalog: Catalog, stored: str) -> Table | None:
    schema, _, name = stored.rpartition(".")
    fits = (t for t in catalog.tables if t.name == name and (t.schema == schema if schema else t.visible))
    return next(fits, None)


def looks_like(part: str, relations: list[Relation]) -> tuple[str, str] | None:
    """What was found in place of a missing table and why it does not count, or None.

    Returns the name as stored and the reason.
    """
    names = contract.table(part).names
    for relation in relations:
        if relation.name in names and not relation.visible:
            return f"{relation.schema}.{relation.name}", f'the schema "{relation.schema}" is not on the search path'
    for relation in relations:
        if relation.name.lower() in names and relation.name not in names:
            return f'"{relation.name}"', "its name has capital letters, so it must be quoted wherever it is used"
    stored = [relation.name for relation in relations if relation.visible]
    contract_names = contract.stored_names()
    near = [n for n in difflib.get_close_matches(part, stored, n=3, cutoff=0.8) if n not in contract_names]
    return (near[0], "its name is a little different") if near else None


def close_column(table: Table, name: str) -> str | None:
    """A column that may be meant: other letter case, a part of the name, or a slip of the pen."""
    stored = [column.name for column in table.columns]
    folded = {other.lower().replace("_", ""): other for other in stored}
    if (same := folded.get(name.replace("_", ""))) is not None:
        return same
    if near := difflib.get_close_matches(name, stored, n=1, cutoff=0.75):
        return near[0]
    shorthand = {"quantity": "qty", "description": "descr", "password_hash": "pw_hash", "email": "mail"}
    return next((other for other in stored if shorthand.get(name, "\0") in other.lower()), None)
