"""The steps of the workshop as data: what each is called, how long it takes, and which project files it makes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workshop.errors import WorkshopError


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes:
        minutes: what it takes a learner who has the steps before behind them.
        patterns: the project files that it makes, as glob patterns within the project folder.
        folders: the folders that it makes there.
    """

    number: int
    slug: str
    title: str
    minutes: int
    patterns: tuple[str, ...]
    folders: tuple[str, ...] = ()

    def files(self, project: Path) -> list[Path]:
        """The step's files that are there, its `schemas/<two digits>*.sql` among them."""
        patterns = (*self.patterns, f"schemas/{self.number:02}*.sql")
        return sorted({path for pattern in patterns for path in project.glob(pattern) if path.is_file()})


_FOLDERS = ("models", "schemas", "migrations", "scripts", "tests")

STEPS = (
    Step(1, "project_setup", "Project setup", 3, ("config.py",), _FOLDERS),
    Step(2, "core_entities", "Core entities", 6, ("models/base.py", "models/core.py")),
    Step(3, "product_catalog", "Product catalog", 6, ("models/catalog.py",)),
    Step(4, "cart_and_orders", "Cart and orders", 7, ("models/cart.py", "models/orders.py", "models/payments.py")),
    Step(5, "inventory_and_reviews", "Inventory and reviews", 7, ("models/inventory.py",)),
    Step(6, "indexes_and_constraints", "Indexes and constraints", 6, ("queries.py",)),
    Step(7, "migrations", "Migrations", 6, ("alembic.ini", "migrations/**/*", "models/parcels.py")),
    Step(8, "validation_tests", "Validation tests", 10, ("tests/**/*.py",)),
)


def find_step(number: object) -> Step:
    """The step of that number; anything else is a WorkshopError that lists the steps."""
    for step in STEPS:
        if step.number == number and not isinstance(number, bool):
            return step
    listed = ", ".join(f"{step.number} {step.title}" for step in STEPS)
    raise WorkshopError(f"There is no step {number!r}. The steps are: {listed}.")
