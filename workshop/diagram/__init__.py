"""The live schema as a picture: boxes for tables, lines for foreign keys, and the same as text.

What the steps still ask for stands among them, marked as missing; `checks` says what that is.
Reading (`tables`), layout, drawing (`svg`) and text (`mermaid`) know nothing of each other but the tables.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property

from workshop.checker import ask
from workshop.diagram.layout import Layout, arrange
from workshop.diagram.mermaid import as_mermaid
from workshop.diagram.svg import NOTEBOOK, STANDALONE, render, size
from workshop.diagram.tables import Column, ForeignKey, Table, read_tables, with_missing
from workshop.errors import WorkshopError
from workshop.postgres import connect, current_url
from workshop.steps import find_step

__all__ = ["Column", "Diagram", "ForeignKey", "Table", "draw", "read_tables", "show_diagram"]


@dataclass(frozen=True)
class Diagram:
    """A picture of tables; a notebook shows it, `str()` is the same as Mermaid text."""

    tables: tuple[Table, ...]

    def __str__(self) -> str:
        return as_mermaid(self.tables)

    @property
    def svg(self) -> str:
        """A self-contained SVG on a neutral ground."""
        return render(self._layout, STANDALONE, self._title, self._description)

    @property
    def html(self) -> str:
        """The SVG in the colours of the notebook around it, light or dark."""
        picture = render(self._layout, NOTEBOOK, self._title, self._description)
        return f'<div style="overflow-x:auto">{picture}</div>'

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self.html, "image/svg+xml": self.svg, "text/plain": str(self)}

    @cached_property
    def _layout(self) -> Layout:
        return arrange(self.tables, size)

    @property
    def _title(self) -> str:
        count, missing = len(self.tables), sum(table.is_missing for table in self.tables)
        total = "one table" if count == 1 else f"{count} tables"
        return f"Diagram of {total}{f', {missing} of them missing' if missing else ''}"

    @property
    def _description(self) -> str:
        return " ".join(_sentence(table) for table in self.tables)


def show_diagram(step: int | None = None) -> Diagram:
    """The tables of the workshop's database as they are now.

    Args:
        step: show also what this step and those before it ask for and what is not there, marked as missing.

    Raises WorkshopError when there is nothing to show, no such step, or no database.
    """
    last = None if step is None else find_step(step).last_step
    url = current_url()
    with closing(connect(url, "show_diagram")) as connection:
        tables = read_tables(connection)
    if last is not None:
        tables = with_missing(tables, ask("missing", last, url=url))
    if not tables:
        raise WorkshopError("The database has no tables yet: build_schema() makes those of your models.")
    return draw(tables)


def draw(tables: Iterable[Table]) -> Diagram:
    """A picture of these tables; foreign keys to tables that are not among them are left out."""
    return Diagram(tuple(tables))


def _sentence(table: Table) -> str:
    names = ", ".join(f"{column.name} (missing)" if column.is_missing else column.name for column in table.columns)
    targets = [key.table for key in table.foreign_keys]
    refers = f"; refers to {', '.join(targets)}" if targets else ""
    return f"{table.name}{' (missing)' if table.is_missing else ''}{': ' if names else ''}{names}{refers}."
