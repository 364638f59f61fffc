"""What a plan, as `explain (analyze, buffers, format json)` gives it, says about how a question was answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Node = dict[str, Any]


class Way(StrEnum):
    """How PostgreSQL came by the rows."""

    TABLE = "whole table"
    INDEX = "index"
    WHOLE_INDEX = "whole index"
    NONE = "no table"


@dataclass(frozen=True)
class Answer:
    """How one question was answered.

    Attributes:
        milliseconds: of one run, without planning.
        rows_read: rows of tables that PostgreSQL looked at, those among them that it did not want.
        rows_returned: rows of the answer.
        pages: pages of 8 kB that it looked at, of tables and indexes.
        table: where the most rows were read; empty where none were.
        way: how it came by those.
        indexes: the indexes that led to them.
        is_all: none of the table's rows was left out.
        sorts: rows were put in order afterwards.
    """

    milliseconds: float
    rows_read: int
    rows_returned: int
    pages: int
    table: str
    way: Way
    indexes: tuple[str, ...]
    is_all: bool
    sorts: bool

    @property
    def index(self) -> str:
        """The indexes' names; empty where there is none."""
        return ", ".join(self.indexes)

    @property
    def route(self) -> str:
        """The way and whether it ends with a sort: "index", "whole table + sort"."""
        return f"{self.way} + sort" if self.sorts else str(self.way)


def read_plan(explained: Node, milliseconds: float) -> Answer:
    """The answer that a plan tells of; `explained` is the one element of EXPLAIN's JSON."""
    root = explained["Plan"]
    nodes = list(_nodes(root))
    reads = [node for node in nodes if "Relation Name" in node]
    main = max(reads, key=_rows_read, default=None)
    sorts = any(node["Node Type"] in ("Sort", "Incremental Sort") for node in nodes)
    stops_early = any(node["Node Type"] == "Limit" for node in nodes) and not sorts
    return Answer(
        milliseconds=milliseconds,
        rows_read=sum(map(_rows_read, reads)),
        rows_returned=_times(root, "Actual Rows"),
        pages=root.get("Shared Hit Blocks", 0) + root.get("Shared Read Blocks", 0),
        table=main["Relation Name"] if main else "",
        way=_way(main),
        indexes=_indexes(main),
        is_all=_way(main) is Way.TABLE and not stops_early,
        sorts=sorts,
    )


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


def _times(node: Node, figure: str) -> int:
    """A figure of a node, which PostgreSQL gives as the average of its runs, in sum."""
    return round(float(node.get(figure, 0)) * float(node.get("Actual Loops", 1)))


def _rows_read(node: Node) -> int:
    figures = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
    return sum(_times(node, figure) for figure in figures)


def _way(node: Node | None) -> Way:
    if node is None:
        return Way.NONE
    if not _indexes(node):
        return Way.TABLE
    return Way.INDEX if any("Index Cond" in part for part in _nodes(node)) else Way.WHOLE_INDEX


def _indexes(node: Node | None) -> tuple[str, ...]:
    """The index of a node, or those of the bitmap below it."""
    names = (part["Index Name"] for part in _nodes(node or {}) if "Index Name" in part)
    return tuple(dict.fromkeys(names))
