"""The live schema as a picture: boxes for tables, lines for foreign keys, and the same as text.

Reading (`tables`), layout, drawing (`svg`) and text (`mermaid`) know nothing of each other but the tables.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property

from workshop.diagram.layout import Layout, arrange
from workshop.diagram.mermaid import as_mermaid
from workshop.diagram.svg import NOTEBOOK, STANDALONE, render, size
from workshop.diagram.tables import Column, ForeignKey, Table, read_tables
from workshop.errors import WorkshopError
from workshop.postgres import connect, current_url

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
        return f"Diagram of {len(self.tables)} tables" if len(self.tables) != 1 else "Diagram of one table"

    @property
    def _description(self) -> str:
        return " ".join(_sentence(table) for table in self.tables)


def show_diagram() -> Diagram:
    """The tables of the workshop's database as they are now.

    Raises WorkshopError when there are none, or no database.
    """
    with closing(connect(current_url(), "show_diagram")) as connection:
        tables = read_tables(connection)
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
