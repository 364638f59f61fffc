"""The notebooks in a real kernel: untouched, half done, and done twice over."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.notebooks.conftest import Notebook, after_the_steps_before, read, source, text

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
    twice = {**notebook, "cells": notebook["cells"] + again}
    said = outputs(run(after_the_steps_before(twice, number)))
    assert ": passed." in said["check-step"]
    assert said["check-step-again"] == said["check-step"]
    assert said.get("build-schema-again", "Built ").startswith("Built ")


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


# --- Step 5 ---------------------------------------------------------------------------------------------------------


def test_in_step_5_bad_rows_go_in_before_the_rules_are_there_and_not_after(run: Run) -> None:
    solution = read("solutions", "05_inventory_and_reviews.ipynb")
    said = outputs(run(after_the_steps_before(solution, 5)))
    assert said["sql-five-of-three"] == "[(5, 3)]"
    assert "✗" not in said["read-then-write"] and said["read-then-write"].endswith("→ 2")
    assert said["sql-fake-review"] == "[(5, True, 'pending')]"
    assert "waits for Ada" in said["one-statement"]
    assert "✗ new row for relation" in said["one-statement"] and said["one-statement"].endswith("→ -1, sale")
    assert "ck_inventory_not_negative" in said["sql-five-of-three-after"]
    assert said["sql-reviews"].endswith("[('Ada', 'delivered', 5, True), ('Ben', 'pending', 5, False)]")
    assert "pk_review_votes" in said["sql-votes"]


def test_in_step_5_with_tables_alone_two_buyers_get_one_mug_and_the_checks_say_so(run: Run) -> None:
    hasty = _filled(read("notebooks", "05_inventory_and_reviews.ipynb"), HASTY_5)
    said = outputs(run(after_the_steps_before(hasty, 5)))
    assert said["build-schema"].startswith("Built 16 tables")
    assert "✗" not in said["one-statement"] and "waits" not in said["one-statement"]
    for cell, gap in (("sql-five-of-three-after", "5.9"), ("sql-votes", "5.8")):
        assert f"TODO {gap}" in said[cell], cell
    assert said["sql-reviews"].endswith("[('Ada', 'delivered', 5, True), ('Ben', 'pending', 5, True)]")
    assert "not yet" in said["check-step"]
    assert "nothing left the stock" in said["check-step"]


HASTY_5 = {
    "5.1": '__tablename__ = "inventory"',
    "5.2": '__tablename__ = "stock_movements"',
    "5.3": 'movement_type: Mapped[str] = mapped_column(Enum("addition", "sale", "adjustment", name="movement_type"))',
    "5.4": "quantity_change: Mapped[int]",
    "5.5": '__tablename__ = "reviews"',
    "5.6": "rating: Mapped[int]",
    "5.7": '__tablename__ = "review_votes"',
    "5.8": "id: Mapped[int] = mapped_column(primary_key=True)\n"
    '    review_id: Mapped[int] = mapped_column(ForeignKey("reviews.id"))\n'
    '    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))',
}
