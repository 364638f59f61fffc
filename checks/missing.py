"""python -m checks.missing N [--database-url URL]: what steps 1 to N ask for and the database has not, as JSON.

A list of tables, in the contract's order, as a diagram shows them (see `workshop.diagram`); a table that is there has
its missing columns alone:

    [{"name": "products", "stored": "goods", "step": 2, "columns": [{"name": "price", …}], "foreign_keys": []},
     {"name": "product_images", "stored": null, "step": 3, "columns": […], "foreign_keys": [{"table": "goods", …}]}]

`name` is the contract's, `stored` the learner's, null when there is no such table; a foreign key's `table` is the
learner's where there is one. Tables and columns count under any of their names, and under those of names.toml.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from checks import contract
from checks.catalog import Table, read_catalog
from checks.command import Parser, answer, subject
from checks.roles import Roles, cast_roles, wanted_names
from checks.session import open_session
from checks.subject import Subject
from checks.syllabus import drawn
from workshop.postgres import connect


def missing_tables(subject: Subject, last: int) -> list[dict[str, Any]]:
    """The list above, read from the live catalog.

    Raises WorkshopError when there is no way into the database.
    """
    with open_session(connect(subject.database_url, "checks")) as session:
        roles = cast_roles(read_catalog(session.look_up, wanted_names(subject.names)), subject.names)
    found = [_missing(part, roles) for part in contract.TABLES if part.step <= last]
    return [table for table in found if table["columns"] or table["stored"] is None]


def _missing(part: contract.Table, roles: Roles) -> dict[str, Any]:
    drawing, table = drawn(part), _table(part.name, roles)
    columns, keys = drawing["columns"], drawing["foreign_keys"]
    if table is not None:
        named = {column.name for column in part.columns}
        lost = {column["name"] for column in columns if column["name"] in named and not _is_there(column, part, roles)}
        lost |= {name for key in _unkept(part, table, keys, roles) for name in key["columns"] if not table.column(name)}
        columns = [column for column in columns if column["name"] in lost]
        keys = [key for key in keys if lost.issuperset(key["columns"])]
    return {
        "name": part.name,
        "stored": _stored(table) if table else None,
        "step": part.step,
        "columns": columns,
        "foreign_keys": [{**key, "table": _name(key["table"], roles)} for key in keys],
    }


def _is_there(column: dict[str, Any], part: contract.Table, roles: Roles) -> bool:
    return roles.column(part.name, column["name"]) is not None


def _unkept(part: contract.Table, table: Table, keys: list[dict[str, Any]], roles: Roles) -> list[dict[str, Any]]:
    """The keys drawn that stand for a reference which no foreign key of the live table makes."""
    made = {key.target for key in table.foreign_keys}
    choices = [entry.split("|") for entry in part.refers_to]
    broken = {names[0] for names in choices if not made & {roles.tables[n].oid for n in names if n in roles.tables}}
    return [key for key in keys if key["table"] in broken]


def _name(target: str, roles: Roles) -> str:
    table = _table(target, roles)
    return _stored(table) if table else target


def _table(part: str, roles: Roles) -> Table | None:
    """The table in that part; a view in it is none."""
    found = roles.tables.get(part)
    return found if found and found.is_table else None


def _stored(table: Table) -> str:
    return table.name if table.schema == "public" else f"{table.schema}.{table.name}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer on standard output; exit status 2 and one line on standard error where that can't be done."""
    parser = Parser(prog="python -m checks.missing", description="What the database still lacks, as JSON.")
    parser.add_argument("last", metavar="N", type=int, help="up to which step")
    parser.add_subject()
    return answer(parser, arguments, lambda options: missing_tables(subject(options), options.last))


if __name__ == "__main__":
    sys.exit(main())
