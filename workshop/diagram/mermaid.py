"""The diagram as text, in the words of Mermaid's erDiagram."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from workshop.diagram.tables import Column, ForeignKey, Table


def as_mermaid(tables: Sequence[Table]) -> str:
    """An erDiagram; what is missing carries that word."""
    known = {table.name for table in tables}
    lines = ["erDiagram"]
    for table in tables:
        lines += _table(table)
    for table in tables:
        lines += [_arrow(table, key) for key in table.foreign_keys if key.table in known]
    return "\n".join(lines)


def _table(table: Table) -> Iterator[str]:
    label = f'["{table.name} (missing)"]' if table.is_missing else ""
    yield f"    {_name(table.name)}{label} {{"
    for column in table.columns:
        yield f"        {_column(table, column)}"
    yield "    }"


def _column(table: Table, column: Column) -> str:
    marks = [
        mark
        for mark, holds in (
            ("PK", column.is_key),
            ("FK", table.refers_by(column.name)),
            ("UK", column.is_unique),
        )
        if holds
    ]
    note = "missing" if column.is_missing else "null" if column.is_optional else ""
    parts = [_word(column.type) or "any", _word(column.name), ", ".join(marks), f'"{note}"' if note else ""]
    return " ".join(part for part in parts if part)


def _arrow(table: Table, key: ForeignKey) -> str:
    one = "|o" if key.is_optional else "||"
    many = "o|" if key.is_single else "o{"
    return f'    {_name(key.table)} {one}--{many} {_name(table.name)} : "{", ".join(key.columns)}"'


def _name(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) else '"' + name.replace('"', "'") + '"'


def _word(text: str) -> str:
    """As Mermaid takes a type or a column's name: letters, digits, and a few signs."""
    return re.sub(r"[^\w()\[\]-]+", "_", text, flags=re.ASCII)
