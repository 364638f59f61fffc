"""The notebooks in a real kernel: untouched, half done, and done twice over."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.notebooks.conftest import Notebook, after_the_steps_before, read, source, text
from workshop.steps import EXTENSIONS, Step, find_step

Run = Callable[[Notebook], Notebook]


@dataclass(frozen=True)
class Hasty:
    """Somebody who writes the tables and leaves the rules out.

    Attributes:
        lines: what they write below each gap.
        went_in: the cells whose attack then succeeds, each with the gap that it has to name.
        told: sentences that the checks have to say.
    """

    lines: dict[str, str]
    went_in: dict[str, str]
    told: tuple[str, ...]


HASTY = {
    "02_core_entities.ipynb": Hasty(
        lines={
            "2.1": "updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())",
            "2.2": '__tablename__ = "users"',
            "2.3": "is_verified: Mapped[bool] = mapped_column(server_default=false())",
            "2.4": "password_hash: Mapped[str] = mapped_column(String(255))",
            "2.5": '__tablename__ = "categories"',
            "2.6": "parent_id: Mapped[int | None]",
            "2.7": '__tablename__ = "products"',
            "2.8": "category_id: Mapped[int]",
            "2.9": "price: Mapped[Decimal] = mapped_column(Numeric(10, 2))",
        },
        went_in={"sql-people": "2.4", "sql-departments": "2.6", "sql-goods": "2.9"},
        told=("PostgreSQL took a product with the price -1.00.",),
    ),
    "03_product_catalog.ipynb": Hasty(
        lines={
            "3.2": '__tablename__ = "product_variants"',
            "3.3": 'product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))',
            "3.4": '__table_args__ = (UniqueConstraint("product_id", "size", "color"),)',
            "3.5": '__tablename__ = "product_images"',
            "3.6": "display_order: Mapped[int | None]",
            "3.7": '__tablename__ = "price_history"',
            "3.8": "new_price: Mapped[float]; old_price: Mapped[float]",
        },
        went_in={"sql-variants": "3.4", "sql-images": "3.6"},
        told=(
            "PostgreSQL took a row of product_images with no place in the order",
            "price_history.new_price holds money, but its type is double precision",
            "A product that has variants can't be deleted",
            "PostgreSQL took two variants of one product, both with the color 'Red' and no size",
            "A price was changed, and price_history knows nothing of it",
        ),
    ),
    "04_cart_and_orders.ipynb": Hasty(
        lines={
            "4.1": '__tablename__ = "addresses"',
            "4.2": '__tablename__ = "cart_items"',
            "4.3": "quantity: Mapped[int]",
            "4.4": '__tablename__ = "orders"',
            "4.5": "status: Mapped[str] = mapped_column(STATUS)",
            "4.7": '__tablename__ = "order_items"',
            "4.8": "unit_price: Mapped[Decimal] = mapped_column(Numeric(10, 2))",
            "4.9": '__tablename__ = "order_status_history"',
            "4.13": '__tablename__ = "payments"',
            "4.14": "amount: Mapped[Decimal]; last4: Mapped[str]",
        },
        went_in={"sql-nothing": "4.3", "sql-back-after": "4.10", "sql-card": "4.14"},
        told=(
            "PostgreSQL took a line of a cart with the quantity 0.",
            "orders.shipping_address_id is a plain column",
            "payments.last4 can hold more than four characters, so a whole card number fits.",
            "An order that was delivered became pending again.",
            "An order was paid, and order_status_history says nothing of it.",
        ),
    ),
}


def outputs(notebook: Notebook) -> dict[str, str]:
    """What each code cell said, by its id."""
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return {cell["id"]: "\n".join(map(text, cell["outputs"])) for cell in cells}


def without_the_steps_before(notebook: Notebook, step: Step) -> Notebook:
    """The notebook alone: what somebody has who begins here."""
    return notebook


@pytest.mark.parametrize("after", [without_the_steps_before, after_the_steps_before])
def test_untouched_it_runs_to_the_end_and_nothing_counts_as_attempted(
    notebook: Notebook, step: Step, after: Callable[[Notebook, Step], Notebook], run: Run
) -> None:
    done = run(after(notebook, step))
    # Step 6 is about the tables of the steps before it.
    begun = step.number == 6 and after is after_the_steps_before
    assert ("not yet" if begun else "not attempted") in outputs(done)["check-step"]
    for cell in done["cells"]:
        for output in cell.get("outputs", []):
            if output["output_type"] == "error":
                assert "raises-exception" in cell["metadata"]["tags"]
                assert "".join(output["traceback"]) == output["evalue"], "a sentence, no traceback"


@pytest.mark.parametrize("name", HASTY)
def test_with_tables_but_without_rules_the_attacks_go_in_and_the_checks_say_what_is_missing(
    name: str, step: Step, run: Run
) -> None:
    hasty = HASTY[name]
    said = outputs(run(after_the_steps_before(_filled(read("notebooks", name), hasty.lines), step)))
    for cell, gap in hasty.went_in.items():
        assert f"TODO {gap}" in said[cell], cell
    assert "not yet" in said["check-step"]
    for sentence in hasty.told:
        assert sentence in said["check-step"]


def test_every_cell_can_be_run_again(name: str, step: Step, run: Run) -> None:
    notebook = read("solutions", name)
    again = [{**cell, "id": f"{cell['id']}-again"} for cell in notebook["cells"]]
    twice = {**notebook, "cells": notebook["cells"] + again}
    said = outputs(run(after_the_steps_before(twice, step)))
    assert ": passed." in said["check-step"]
    assert said["check-step-again"] == said["check-step"]
    assert said.get("build-schema-again", "Built ").startswith("Built ")


def test_a_cart_survives_a_restart_of_the_kernel(run: Run) -> None:
    notebook = read("solutions", "04_cart_and_orders.ipynb")
    restart = [cell["id"] for cell in notebook["cells"]].index("restart")
    run(after_the_steps_before({**notebook, "cells": notebook["cells"][:restart]}, find_step(4)))
    said = outputs(run({**notebook, "cells": notebook["cells"][restart:]}))
    assert "The basket: lost" in said["after-restart"]
    assert said["after-restart"].endswith("[('Ada', 'MUG-S', 2)]")
    assert ": passed." in said["check-step"]


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
    said = outputs(run(after_the_steps_before(solution, find_step(5))))
    assert said["sql-five-of-three"].endswith("[(5, 3)]")
    assert "✗" not in said["read-then-write"] and said["read-then-write"].endswith("→ 2")
    assert said["sql-fake-review"] == "[(5, True, 'pending')]"
    assert "waits for Ada" in said["one-statement"]
    assert "✗ new row for relation" in said["one-statement"] and said["one-statement"].endswith("→ -1, sale")
    assert "ck_inventory_not_negative" in said["sql-five-of-three-after"]
    assert said["sql-reviews"].endswith("[('Ada', 'delivered', 5, True), ('Ben', 'pending', 5, False)]")
    assert "pk_review_votes" in said["sql-votes"]


def test_in_step_5_with_tables_alone_two_buyers_get_one_mug_and_the_checks_say_so(run: Run) -> None:
    hasty = _filled(read("notebooks", "05_inventory_and_reviews.ipynb"), HASTY_5)
    said = outputs(run(after_the_steps_before(hasty, find_step(5))))
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


# --- Step 6 ---------------------------------------------------------------------------------------------------------


def test_in_step_6_with_its_gaps_open_nothing_gets_quicker_and_the_checks_say_so(run: Run) -> None:
    said = outputs(run(after_the_steps_before(read("notebooks", "06_indexes_and_constraints.ipynb"), find_step(6))))
    assert "Search for a product: reads all of products." in said["explain-before"]
    assert "A user's orders, newest first: reads all of orders, then sorts." in said["explain-before"]
    assert said["explain-after"].startswith("The indexes are those of your files already. All rows stay.")
    assert said["explain-after"].count(", as before.") == 5
    assert "products has no index ix_products_words." in said["writes"]
    assert "('Blue mug', 11)" in said["sql-not-valid"]
    assert "is violated by some row" in said["sql-validate"]
    one_by_one, by_function = map(int, re.findall(r"(\d+) statements", said["count"]))
    assert one_by_one == by_function > 100
    assert "not yet" in said["check-step"]
    assert "✗ A user's orders, newest first, come from one composite index" in said["check-step"]
    assert "the more orders, the more statements" in said["check-step"]


def test_in_step_6_the_statements_to_copy_are_those_of_the_solution() -> None:
    solution = read("solutions", "06_indexes_and_constraints.ipynb")
    [file] = [source(cell) for cell in solution["cells"] if cell["id"] == "file-indexes"]
    said = outputs(solution)
    written = set(re.findall(r"create index on .*?;", said["sql-keys"]))
    assert written - {"create index on orders (user_id);"} == set(re.findall(r"create index on .*?;", file))
    one_by_one, by_function = map(int, re.findall(r"(\d+) statements", said["count"]))
    assert one_by_one > 100 and by_function == 2


# --- Step 8 ---------------------------------------------------------------------------------------------------------


def test_in_step_8_a_test_that_forbids_nothing_passes_and_notices_nothing(run: Run) -> None:
    said = outputs(run(after_the_steps_before(read("solutions", "08_validation_tests.ipynb"), find_step(8))))
    assert "1 passed" in said["run-first"]
    assert "not yet" in said["hunt-first"]
    assert (
        "With the rule gone that two users can't share an e-mail address, your test still passes." in said["hunt-first"]
    )
    assert "5 passed" in said["run-schema"] and "13 passed" in said["run-orders"]
    assert ": passed." in said["check-step"]
    assert "→" not in said["check-step"], "all advice is followed"


def test_extensions_follow_each_other_and_find_the_rows_of_those_before(run: Run) -> None:
    """Each makes a scene of rows with ids of its own, whatever another notebook has left."""
    notebooks = [read("solutions", str(extension.notebook)) for extension in EXTENSIONS]
    together = after_the_steps_before(notebooks[0], EXTENSIONS[0])
    cells = [
        {**cell, "id": f"{place}-{cell['id']}"} for place, one in enumerate(notebooks[1:]) for cell in one["cells"]
    ]
    wanted = {**together, "cells": [*together["cells"], *cells]}
    done = run(wanted)
    assert raised(done) == raised(wanted), outputs(done)
    said = [said for key, said in outputs(done).items() if key.endswith("check-step")]
    assert len(said) == len(EXTENSIONS)
    assert all(": passed." in one for one in said), said


def raised(notebook: Notebook) -> set[str]:
    """The cells whose output is an error."""
    return {
        cell["id"]
        for cell in notebook["cells"]
        if any(output["output_type"] == "error" for output in cell.get("outputs", ()))
    }
