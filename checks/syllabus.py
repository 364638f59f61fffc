"""python -m checks.syllabus: the contract as JSON, for whatever shows it to learners.

`workshop` never imports `checks`; what it needs to know of the contract, it asks this command.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from checks import contract
from checks.contract import Kind, Table

#: What a learner reads for a family of types. A key is of whatever type its table has.
FAMILIES = {
    Kind.TEXT: "text",
    Kind.CHOICE: "text",
    Kind.INTEGER: "number",
    Kind.MONEY: "numeric",
    Kind.BOOLEAN: "true/false",
    Kind.TIMESTAMP: "timestamp",
    Kind.LABEL: "label",
    Kind.NUMBER: "number",
    Kind.DAY: "day",
    Kind.KEY: "",
    Kind.ANY: "",
}


def syllabus() -> dict[str, Any]:
    """Each step by its number, each extension by its name: rules, and tables as a diagram shows them.

    The form of a table is that of workshop.diagram.
    """
    return {
        str(chapter.key): {"rules": _rules(chapter.key), "tables": _tables(contract.tables_of(chapter.key))}
        for chapter in contract.CHAPTERS
    }


def _rules(key: int | str) -> list[dict[str, str]]:
    """`about` is one of the chapter's tables, or empty for a rule on several of them or on none."""
    names = {table.name for table in contract.tables_of(key)}
    return [
        {"about": name if (name := rule.id.partition(".")[0]) in names else "", "level": rule.level, "text": rule.text}
        for rule in contract.chapter(key).rules
    ]


def _tables(tables: Sequence[Table]) -> list[dict[str, Any]]:
    """These tables, and by name alone those of earlier steps that they refer to."""
    earlier = {name for table in tables for name in _targets(table)} - {table.name for table in tables}
    return [
        *({"name": name, "columns": [], "foreign_keys": []} for name in sorted(earlier)),
        *(drawn(table) for table in tables),
    ]


def drawn(table: Table) -> dict[str, Any]:
    """The table as a diagram shows it; a foreign key has its usual column, or those that the contract names."""
    rule_ids = {rule.id for chapter in contract.CHAPTERS for rule in chapter.rules}
    keys = [(name, target) for target in _targets(table) for name in _columns(table, target)]
    names = {name for name, _ in keys}
    given = {column.name for column in table.columns}
    columns = [
        *({"name": name, "is_key": True} for name in table.key if name not in names | given),
        *({"name": name, "is_key": name in table.key, "is_optional": target == table.name} for name, target in keys),
        *(
            {
                "name": column.name,
                "type": FAMILIES[column.kind],
                "is_unique": f"{table.name}.{column.name}-unique" in rule_ids,
                **({"is_key": True} if column.name in table.key else {}),
            }
            for column in table.columns
            if column.name not in names
        ),
    ]
    foreign_keys = [
        {"table": target, "columns": [name], "is_optional": target == table.name, "is_single": table.key == (name,)}
        for name, target in keys
    ]
    return {"name": table.name, "columns": columns, "foreign_keys": foreign_keys}


def _targets(table: Table) -> list[str]:
    """The tables referred to; where the contract leaves a choice, the first."""
    return [name.partition("|")[0] for name in table.refers_to]


def _columns(table: Table, target: str) -> list[str]:
    """The columns that refer: those that the contract names, else what such a column is usually called."""
    usual = "parent_id" if target == table.name else f"{min(contract.forms(target), key=len)}_id"
    return [column.name for column in table.columns if column.name.endswith(f"_{usual}")] or [usual]


if __name__ == "__main__":
    print(json.dumps(syllabus()))
