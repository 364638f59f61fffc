"""The steps of the workshop and its extensions as data: what each is called, and which project files it makes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath

from workshop.errors import WorkshopError


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes:
        number: that of the step, and of its files in `schemas/`.
        minutes: what it takes a learner who has the steps before behind them.
        patterns: the project files that it makes, as glob patterns within the project folder.
        folders: the folders that it makes there.
        is_written: its notebook writes its files; those of another step come from a program's commands.
    """

    number: int
    slug: str
    title: str
    minutes: int
    patterns: tuple[str, ...]
    folders: tuple[str, ...] = ()
    is_written: bool = True

    @property
    def key(self) -> int | str:
        """What a learner calls it by: `start_step(key)`."""
        return self.number

    @property
    def needs(self) -> int:
        """How many of the steps it builds on; those after the schema's are independent of each other."""
        return min(self.number - 1, _OF_THE_SCHEMA)

    @property
    def last_step(self) -> int:
        """The last step that has to be there for it to be complete."""
        return self.number

    @property
    def name(self) -> str:
        """In a sentence."""
        return f"step {self.number}"

    @property
    def heading(self) -> str:
        return f"Step {self.number}, {self.title}"

    @property
    def notebook(self) -> PurePosixPath:
        """Within notebooks/, and within solutions/."""
        return PurePosixPath(f"{self.number:02}_{self.slug}.ipynb")

    def files(self, project: Path) -> list[Path]:
        """The step's files that are there, its `schemas/<two digits>*.sql` among them."""
        patterns = (*self.patterns, f"schemas/{self.number:02}*.sql")
        return sorted({path for pattern in patterns for path in project.glob(pattern) if path.is_file()})


@dataclass(frozen=True)
class Extension(Step):
    """Something that a shop may have as well. It goes by its slug, and builds on steps, never on another extension."""

    @property
    def key(self) -> int | str:
        return self.slug

    @property
    def needs(self) -> int:
        return 5

    @property
    def last_step(self) -> int:
        return self.needs

    @property
    def name(self) -> str:
        return f"the extension {self.slug}"

    @property
    def heading(self) -> str:
        return f"Extension, {self.title}"

    @property
    def notebook(self) -> PurePosixPath:
        return PurePosixPath(f"extensions/{self.slug}.ipynb")


_OF_THE_SCHEMA = 6  # the last step that adds to the schema
_FOLDERS = ("models", "schemas", "migrations", "scripts", "tests")

STEPS = (
    Step(1, "project_setup", "Project setup", 3, ("config.py",), _FOLDERS),
    Step(2, "core_entities", "Core entities", 6, ("models/base.py", "models/core.py")),
    Step(3, "product_catalog", "Product catalog", 6, ("models/catalog.py",)),
    Step(4, "cart_and_orders", "Cart and orders", 7, ("models/cart.py", "models/orders.py", "models/payments.py")),
    Step(5, "inventory_and_reviews", "Inventory and reviews", 7, ("models/inventory.py",)),
    Step(6, "indexes_and_constraints", "Indexes and constraints", 6, ("queries.py",)),
    Step(7, "migrations", "Migrations", 6, ("alembic.ini", "migrations/**/*", "models/parcels.py"), is_written=False),
    Step(8, "validation_tests", "Validation tests", 10, ("tests/**/*.py",)),
)

EXTENSIONS = (
    Extension(20, "wishlists", "Wishlists", 5, ("models/wishlists.py",)),
    Extension(21, "coupons", "Coupons", 8, ("models/coupons.py",)),
    Extension(22, "bundles", "Bundles", 5, ("models/bundles.py",)),
    Extension(23, "analytics", "Analytics", 8, ("schemas/23_analytics.sql",)),
    Extension(24, "search", "Full-text search", 7, ("schemas/24_search.sql",)),
)


def find_step(key: object) -> Step:
    """The step of that number, or the extension of that name; for anything else a WorkshopError that lists them."""
    for step in (*STEPS, *EXTENSIONS):
        if step.key == key and not isinstance(key, bool):
            return step
    steps = ", ".join(f"{step.number} {step.title}" for step in STEPS)
    extensions = ", ".join(f'"{extension.slug}"' for extension in EXTENSIONS)
    raise WorkshopError(f"There is no step {key!r}. The steps are: {steps}; and the extensions: {extensions}.")


def find_notebook(path: PurePath) -> Step:
    """The step or the extension of a notebook, in whatever folder it lies; WorkshopError where it is of none."""
    for step in (*STEPS, *EXTENSIONS):
        if path.name == step.notebook.name:
            return step
    raise WorkshopError(f"{path.name} is the notebook of no step.")


def up_to(step: Step) -> tuple[Step, ...]:
    """The steps that it builds on, and itself."""
    return (*STEPS[: step.needs], step)


def from_on(step: Step) -> tuple[Step, ...]:
    """Itself, and all that builds on it."""
    return (step, *(each for each in (*STEPS, *EXTENSIONS) if step in up_to(each)[:-1]))
