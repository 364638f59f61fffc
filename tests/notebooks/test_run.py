"""The notebooks in a real kernel: untouched, half done, and done twice over."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.notebooks.conftest import Notebook, read, source, text

Run = Callable[[Notebook], Notebook]


def outputs(notebook: Notebook) -> dict[str, str]:
    """What each code cell said, by its id."""
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return {cell["id"]: "\n".join(map(text, cell["outputs"])) for cell in cells}


def test_untouched_it_runs_to_the_end_and_nothing_counts_as_attempted(
    notebook: Notebook, number: int, run: Run
) -> None:
    done = run(notebook)
    assert "not attempted" in outputs(done)["check-step"]
    for cell in done["cells"]:
        for output in cell.get("outputs", []):
            if output["output_type"] == "error":
                assert "raises-exception" in cell["metadata"]["tags"]
                assert "".join(output["traceback"]) == output["evalue"], "a sentence, no traceback"


def test_with_tables_but_without_rules_the_attacks_go_in_and_the_checks_say_what_is_missing(run: Run) -> None:
    said = outputs(run(_filled(read("notebooks", "02_core_entities.ipynb"), HASTY)))
    assert said["build-schema"].startswith("Built 3 tables: users, categories, products.")
    for cell, gap in (("sql-people", "2.4"), ("sql-departments", "2.6"), ("sql-goods", "2.9")):
        assert f"TODO {gap}" in said[cell], cell
    assert "not yet" in said["check-step"]
    assert "PostgreSQL took a product with the price -1.00." in said["check-step"]


def test_every_cell_can_be_run_again(name: str, number: int, run: Run) -> None:
    notebook = read("solutions", name)
    again = [{**cell, "id": f"{cell['id']}-again"} for cell in notebook["cells"]]
    said = outputs(run({**notebook, "cells": notebook["cells"] + again}))
    assert ": passed." in said["check-step"]
    assert said["check-step-again"] == said["check-step"]
    assert "Built 3 tables" in said.get("build-schema-again", "Built 3 tables")


HASTY = {
    "2.1": "updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())",
    "2.2": '__tablename__ = "users"',
    "2.3": "is_verified: Mapped[bool] = mapped_column(server_default=false())",
    "2.4": "password_hash: Mapped[str] = mapped_column(String(255))",
    "2.5": '__tablename__ = "categories"',
    "2.6": "parent_id: Mapped[int | None]",
    "2.7": '__tablename__ = "products"',
    "2.8": "category_id: Mapped[int]",
    "2.9": "price: Mapped[Decimal] = mapped_column(Numeric(10, 2))",
}


def _filled(notebook: Notebook, lines: dict[str, str]) -> Notebook:
    """The notebook with a line written below each of these gaps."""

    def fill(code: str) -> str:
        for gap, line in lines.items():
            code = re.sub(
                rf"^( *)# TODO {re.escape(gap)}:.*$", lambda at, new=line: f"{at[0]}\n{at[1]}{new}", code, flags=re.M
            )
        return code

    return {**notebook, "cells": [{**cell, "source": fill(source(cell))} for cell in notebook["cells"]]}
