"""What to tell of the classes in a file that was saved: which make no table yet, and what in them is no column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeEngine

from workshop.words import listed


def remarks(names: Mapping[str, object]) -> Iterator[str]:
    """A sentence for each thing that SQLAlchemy takes without a word, and that a learner hardly meant."""
    models = {name: value for name, value in names.items() if _is_model(value)}
    if sketches := [name for name, model in models.items() if not hasattr(model, "__table__")]:
        one = len(sketches) == 1
        yield (
            f"{listed(sketches)} {'has' if one else 'have'} no __tablename__ yet, and so "
            f"{'makes no table' if one else 'make no tables'}."
        )
    for name, model in models.items():
        for attribute, value in vars(model).items():
            if _is_type(value):
                yield f"{name}.{attribute} is only a type and makes no column: put it into mapped_column(…)."


def _is_model(value: object) -> bool:
    """A class that is made for a table; not the Base, and no mixin."""
    return isinstance(value, type) and issubclass(value, DeclarativeBase) and DeclarativeBase not in value.__bases__


def _is_type(value: object) -> bool:
    return isinstance(value, TypeEngine) or (isinstance(value, type) and issubclass(value, TypeEngine))
