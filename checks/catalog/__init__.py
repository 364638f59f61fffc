"""The live catalog as frozen facts: one query, no reflection."""

from checks.catalog.facts import Catalog, Check, Column, ForeignKey, Index, Table, Type
from checks.catalog.read import Relation, close_relations, read_catalog

__all__ = [
    "Catalog",
    "Check",
    "Column",
    "ForeignKey",
    "Index",
    "Relation",
    "Table",
    "Type",
    "close_relations",
    "read_catalog",
]
