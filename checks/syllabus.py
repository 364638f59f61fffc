"""python -m checks.syllabus: the contract as JSON, for whatever shows it to learners.

`workshop` never imports `checks`; what it needs to know of the contract, it asks this command.
"""

from __future__ import annotations

import json
from typing import Any

from checks import contract
from checks.contract import Kind

#: What a learner reads for a family of types. A key is of whatever type its table has.
FAMILIES = {
    Kind.TEXT: "text",
    Kind.CHOICE: "text",
    Kind.INTEGER: "number",
    Kind.MONEY: "money",
    Kind.BOOLEAN: "true/false",
    Kind.TIMESTAMP: "time",
    Kind.LABEL: "label",
    Kind.KEY: "",
    Kind.ANY: "",
}


def syllabus() -> dict[str, Any]:
    """Each step by its number: its rules, and its tables as a diagram shows them (see workshop.diagram)."""
    return {str(step.number): {"rules": _rules(step), "tables": _tables(step)} for step in contract.STEPS}


def _rules(step: contract.Step) -> list[dict[str, str]]:
    """`about` is a table of the step, or empty for a rule on several of them or on none."""
    tables = {table.name for table in contract.tables_of(step.number)}
    return [
        {"about": name if (name := rule.id.partition(".")[0]) in tables else "", "level": rule.level, "text": rule.text}
        for rule in step.rules
    ]


def _tables(step: contract.Step) -> list[dict[str, Any]]:
    """The step's own tables, and by name alone those of earlier steps that they refer to."""
    own = {table.name for table in contract.tables_of(step.number)}
    earlier = {name for table in contract.tables_of(step.number) for name in _targets(table)} - own
    return [
        *({"name": name, "columns": [], "foreign_keys": []} for name in sorted(earlier)),
        *(drawn(table) for table in contract.tables_of(step.number)),
    ]


def drawn(table: contract.Table) -> dict[str, Any]:
    """The table as a diagram shows it; a foreign key has its usual column, or those that the contract names."""
    rule_ids = {rule.id for rule in contract.step(table.step).rules}
    keys = [(name, target) for target in _targets(table) for name in _columns(table, target)]
    names = {name for name, _ in keys}
    columns = [
        *({"name": name, "is_key": True} for name in table.key if name not in names),
        *({"name": name, "is_key": name in table.key, "is_optional": target == table.name} for name, target in keys),
        *(
            {
                "name": column.name,
                "type": FAMILIES[column.kind],
                "is_unique": f"{table.name}.{column.name}-unique" in rule_ids,
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


def _targets(table: contract.Table) -> list[str]:
    """The tables referred to; where the contract leaves a choice, the first."""
    return [name.partition("|")[0] for name in table.refers_to]


def _columns(table: contract.Table, target: str) -> list[str]:
    """The columns that refer: those that the contract names, else what such a column is usually called."""
    usual = "parent_id" if target == table.name else f"{min(contract.forms(target), key=len)}_id"
    return [column.name for column in table.columns if column.name.endswith(f"_{usual}")] or [usual]


if __name__ == "__main__":
    print(json.dumps(syllabus()))
