"""Where the boxes and lines of a diagram go: a layered drawing, referenced tables above those that refer to them.

After Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of Hierarchical System Structures" (1981): layers,
then an order in each layer with few crossings, then places, then lines at right angles in the channels between.
Pure, and the same for the same tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from workshop.diagram.tables import ForeignKey, Table

Point = tuple[float, float]

GAP = 44.0  # between two boxes of a layer
LANE = 18.0  # between a box and a line that passes it
LOOP = 26.0  # how far a table's line to itself reaches out of its box
TRACK = 12.0  # between two lines of a channel
STUB = 22.0  # from a box to the first line of a channel; room for the crow's foot
MARGIN = 16.0
PORT = 26.0  # between two lines at one side of a box
WIDEST = 1080.0  # of a layer, where there is a choice


@dataclass(frozen=True)
class Box:
    """A table's place."""

    table: Table
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Line:
    """A foreign key's way, from the table referred to down to the table that refers; a loop when both are the same."""

    key: ForeignKey
    table: Table
    points: tuple[Point, ...]
    is_loop: bool = False


@dataclass(frozen=True)
class Layout:
    """The whole picture, in pixels."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    width: float
    height: float


def arrange(tables: Sequence[Table], size: Callable[[Table], tuple[float, float]]) -> Layout:
    """Find a place for each table, whose width and height `size` tells, and a way for each foreign key among them."""
    sizes = [size(table) for table in tables]
    graph = _Graph(tables, [width for width, _ in sizes])
    graph.order()
    graph.place()
    return _draw(graph, sizes)


class _Graph:
    """Tables as nodes 0, 1, …; where a line passes a layer it has a node of its own, without width."""

    def __init__(self, tables: Sequence[Table], widths: Sequence[float]) -> None:
        self.tables = tables
        self.widths = list(widths)
        index = {table.name: number for number, table in enumerate(tables)}
        known = [(i, key) for i, table in enumerate(tables) for key in table.foreign_keys if key.table in index]
        self.loops = [(i, key) for i, key in known if index[key.table] == i]
        edges = [(index[key.table], i, key) for i, key in known if index[key.table] != i]
        self.layer = _layers(len(tables), [(upper, lower) for upper, lower, _ in edges], widths)
        self.links: list[tuple[int, int]] = []  # the pieces of lines, each between two neighbouring layers
        self.chains = [(lower, key, self._chain(upper, lower)) for upper, lower, key in edges]
        self.rows: list[list[int]] = [[] for _ in range(max(self.layer, default=0) + 1)]
        for node, layer in enumerate(self.layer):
            self.rows[layer].append(node)
        self.x = [0.0] * len(self.layer)

    def _chain(self, upper: int, lower: int) -> list[int]:
        """Link two tables by a new node in each layer between; the numbers of the links, from top to bottom."""
        first, last = sorted((upper, lower), key=lambda node: self.layer[node])
        nodes = [first]
        for layer in range(self.layer[first] + 1, self.layer[last]):
            nodes.append(len(self.layer))
            self.layer.append(layer)
            self.widths.append(0.0)
        start = len(self.links)
        self.links += pairwise([*nodes, last])
        return list(range(start, len(self.links)))

    def is_table(self, node: int) -> bool:
        return node < len(self.tables)

    def above(self, node: int) -> list[int]:
        return [upper for upper, lower in self.links if lower == node]

    def below(self, node: int) -> list[int]:
        return [lower for upper, lower in self.links if upper == node]

    def order(self) -> None:
        """Order each layer so that lines cross as little as found in some sweeps down and up."""
        best, fewest = [list(row) for row in self.rows], self._crossings()
        for sweep in range(12):
            down = sweep % 2 == 0
            rows = self.rows if down else self.rows[::-1]
            for fixed, row in pairwise(rows):
                place = {node: i for i, node in enumerate(fixed)}
                neighbours = self.above if down else self.below
                pull = {node: _mean([place[n] for n in neighbours(node)], row.index(node)) for node in row}
                row.sort(key=lambda node: pull[node])
            self._transpose()
            if self._crossings() < fewest:
                best, fewest = [list(row) for row in self.rows], self._crossings()
        self.rows = best

    def _transpose(self) -> None:
        for row in self.rows:
            for i in range(len(row) - 1):
                before = self._crossings()
                row[i], row[i + 1] = row[i + 1], row[i]
                if self._crossings() >= before:
                    row[i], row[i + 1] = row[i + 1], row[i]

    def _crossings(self) -> int:
        place = {node: i for row in self.rows for i, node in enumerate(row)}
        spans = [(self.layer[upper], place[upper], place[lower]) for upper, lower in self.links]
        return sum(
            one[0] == other[0] and (one[1] - other[1]) * (one[2] - other[2]) < 0
            for i, one in enumerate(spans)
            for other in spans[:i]
        )

    def place(self) -> None:
        """Put each node near its neighbours, keeping order and distances, in no more width than the widest row."""
        width = max((self._least_width(row) for row in self.rows if row), default=0.0)
        for _ in range(8):
            for neighbours, rows in ((self.above, self.rows), (self.below, self.rows[::-1])):
                for row in rows:
                    self._settle(row, {n: _mean([self.x[m] for m in neighbours(n)], self.x[n]) for n in row}, width)
        left = min(self.x[node] - self.widths[node] / 2 for node in range(len(self.x)))
        self.x = [x - left + MARGIN for x in self.x]

    def _settle(self, row: list[int], wanted: dict[int, float], width: float) -> None:
        """The centres nearest to those wanted, by least squares: isotonic regression, pooling adjacent violators."""
        offsets, offset = [], 0.0
        for i, node in enumerate(row):
            offset += self._distance(row[i - 1], node) if i else 0.0
            offsets.append(offset)
        pools: list[tuple[float, int]] = []  # the mean and the size of each run that moves together
        for node, offset in zip(row, offsets, strict=True):
            pools.append((wanted[node] - offset, 1))
            while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
                (a, m), (b, n) = pools[-2:]
                pools[-2:] = [((a * m + b * n) / (m + n), m + n)]
        first, last = self.widths[row[0]] / 2, width - offsets[-1] - self._right_half(row[-1])
        settled = [min(max(mean, first), last) for mean, count in pools for _ in range(count)]
        for node, mean, offset in zip(row, settled, offsets, strict=True):
            self.x[node] = mean + offset

    def _distance(self, left: int, right: int) -> float:
        gap = GAP if self.is_table(left) and self.is_table(right) else LANE
        return self._right_half(left) + gap + self.widths[right] / 2

    def _right_half(self, node: int) -> float:
        return self.widths[node] / 2 + (LOOP if any(looping == node for looping, _ in self.loops) else 0.0)

    def _least_width(self, row: list[int]) -> float:
        between = sum(self._distance(left, right) for left, right in pairwise(row))
        return self.widths[row[0]] / 2 + between + self._right_half(row[-1])


def _layers(count: int, edges: Sequence[tuple[int, int]], widths: Sequence[float]) -> list[int]:
    """A layer for each table: below all it refers to, above all that refer to it, and not far from them."""
    acyclic = _without_cycles(count, edges)
    layer = [0] * count
    for _ in range(count):
        for upper, lower in acyclic:
            layer[lower] = max(layer[lower], layer[upper] + 1)
    for node in range(count):  # what refers to nothing comes down to those that refer to it
        below = [layer[lower] for upper, lower in acyclic if upper == node]
        if below and not any(lower == node for _, lower in acyclic):
            layer[node] = min(below) - 1
    linked = {node for edge in acyclic for node in edge}
    _push_down_the_surplus(layer, acyclic, widths, linked)
    _spread_the_rest([node for node in range(count) if node not in linked], layer, widths, linked)
    return layer


def _without_cycles(count: int, edges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The edges but for those that close a cycle."""
    kept: list[tuple[int, int]] = []
    for upper, lower in edges:
        reached, todo = set[int](), [lower]
        while todo:
            node = todo.pop()
            reached.add(node)
            todo += [b for a, b in kept if a == node and b not in reached]
        if upper not in reached:
            kept.append((upper, lower))
    return kept


def _push_down_the_surplus(
    layer: list[int], edges: Sequence[tuple[int, int]], widths: Sequence[float], linked: Iterable[int]
) -> None:
    """Where a layer is too wide, tables that nothing refers to go one further down."""
    ends = [node for node in sorted(linked) if not any(upper == node for upper, _ in edges)]
    for number in range(len(layer)):
        for node in reversed(ends):
            if layer[node] == number and _width(number, layer, widths, linked) > WIDEST:
                layer[node] += 1


def _spread_the_rest(alone: Sequence[int], layer: list[int], widths: Sequence[float], linked: Iterable[int]) -> None:
    """Tables without any foreign key go into the first layer that has room."""
    placed = list(linked)
    for node in alone:
        rows = range(max((layer[n] for n in placed), default=0) + 1)
        fitting = (row for row in rows if _width(row, layer, widths, placed) + widths[node] <= WIDEST)
        layer[node] = next(fitting, len(rows))
        placed.append(node)


def _width(number: int, layer: Sequence[int], widths: Sequence[float], nodes: Iterable[int]) -> float:
    return sum(widths[node] + GAP for node in nodes if layer[node] == number)


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


# --- Lines ----------------------------------------------------------------------------------------------------------


@dataclass
class _Piece:
    """A link on its way through a channel: from the upper layer at `top` to the lower one at `bottom`."""

    upper: int
    lower: int
    top: float
    bottom: float
    track: int = 0

    def cost_above(self, other: _Piece) -> int:
        """How often this line, on a higher track, meets the other; a shared stretch counts for many."""
        left, right = sorted((self.top, self.bottom))
        other_left, other_right = sorted((other.top, other.bottom))
        meetings = int(left < other.top < right) + int(other_left < self.bottom < other_right)
        return meetings + (100 if abs(self.bottom - other.top) < 4 else 0)

    def is_beside(self, other: _Piece) -> bool:
        """Do the two need no tracks of their own?"""
        left, right = sorted((self.top, self.bottom))
        other_left, other_right = sorted((other.top, other.bottom))
        return right + TRACK < other_left or other_right + TRACK < left


def _draw(graph: _Graph, sizes: Sequence[tuple[float, float]]) -> Layout:
    pieces = _pieces(graph)
    tops, bottoms, y = [], [], MARGIN
    for row, nodes in enumerate(graph.rows):
        tops.append(y)
        bottoms.append(y + max((sizes[node][1] for node in nodes if graph.is_table(node)), default=0.0))
        tracks = _give_tracks([piece for piece in pieces if graph.layer[piece.upper] == row])
        y = bottoms[-1] + 2 * STUB + max(tracks - 1, 0) * TRACK
    boxes = tuple(
        Box(table, x - width / 2, tops[layer], width, height)
        for table, x, layer, (width, height) in zip(graph.tables, graph.x, graph.layer, sizes, strict=False)
    )
    lines = [*_long_lines(graph, pieces, boxes, tops, bottoms), *_loops(graph, boxes)]
    points = [point for line in lines for point in line.points]
    width = max([box.x + box.width for box in boxes] + [x for x, _ in points], default=0.0) + MARGIN
    height = max((box.y + box.height for box in boxes), default=0.0) + MARGIN
    return Layout(boxes, tuple(lines), width, height)


def _pieces(graph: _Graph) -> list[_Piece]:
    """The links, each with its ports: side by side along the edge of a table, in the order of where they lead."""
    pieces = [_Piece(upper, lower, graph.x[upper], graph.x[lower]) for upper, lower in graph.links]
    for node in range(len(graph.tables)):
        leaving = sorted((p for p in pieces if p.upper == node), key=lambda p: graph.x[p.lower])
        coming = sorted((p for p in pieces if p.lower == node), key=lambda p: graph.x[p.upper])
        for piece, x in zip(leaving, _ports(graph, node, len(leaving)), strict=True):
            piece.top = x
        for piece, x in zip(coming, _ports(graph, node, len(coming)), strict=True):
            piece.bottom = x
    for piece in pieces:
        _straighten(piece, pieces)
    return pieces


def _ports(graph: _Graph, node: int, count: int) -> list[float]:
    step = min(PORT, (graph.widths[node] - PORT) / max(count - 1, 1))
    return [graph.x[node] + (i - (count - 1) / 2) * step for i in range(count)]


def _straighten(piece: _Piece, pieces: Sequence[_Piece]) -> None:
    """Turn a small step into a straight line, where one of the two ports is free to move."""
    if abs(piece.top - piece.bottom) > PORT / 2:
        return
    if sum(other.lower == piece.lower for other in pieces) == 1:
        piece.bottom = piece.top
    elif sum(other.upper == piece.upper for other in pieces) == 1:
        piece.top = piece.bottom


def _give_tracks(channel: Sequence[_Piece]) -> int:
    """Give each line of a channel a track, so that few cross and none lie on each other; say how many tracks."""
    bent = sorted((p for p in channel if p.top != p.bottom), key=lambda p: (p.top, p.bottom))
    for _ in range(4):  # each line moves to where it costs least; in a later round hardly any still does
        for piece in list(bent):
            place = bent.index(piece)
            bent.remove(piece)
            costs = [
                sum(other.cost_above(piece) for other in bent[:i]) + sum(piece.cost_above(other) for other in bent[i:])
                for i in range(len(bent) + 1)
            ]
            bent.insert(place if costs[place] == min(costs) else costs.index(min(costs)), piece)
    for i, piece in enumerate(bent):
        piece.track = max((other.track + 1 for other in bent[:i] if not piece.is_beside(other)), default=0)
    return max((piece.track + 1 for piece in bent), default=0)


def _long_lines(
    graph: _Graph, pieces: Sequence[_Piece], boxes: Sequence[Box], tops: Sequence[float], bottoms: Sequence[float]
) -> list[Line]:
    lines = []
    for child, key, numbers in graph.chains:
        points: list[Point] = []
        for piece in (pieces[number] for number in numbers):
            row = graph.layer[piece.upper]
            is_start = graph.is_table(piece.upper)
            start = boxes[piece.upper].y + boxes[piece.upper].height if is_start else tops[row]
            turn = bottoms[row] + STUB + piece.track * TRACK
            points += [(piece.top, start), (piece.top, turn), (piece.bottom, turn), (piece.bottom, tops[row + 1])]
        if pieces[numbers[0]].upper == child:  # keys that go round: this one leads upwards
            points.reverse()
        lines.append(Line(key, graph.tables[child], tuple(_corners(points))))
    return lines


def _corners(points: Sequence[Point]) -> list[Point]:
    """Without the points that lie on the way anyhow."""
    kept = [points[0]]
    for before, point, after in zip(points, points[1:], points[2:], strict=False):
        is_on_the_way = (before[0] == point[0] == after[0]) or (before[1] == point[1] == after[1])
        if not is_on_the_way and point != kept[-1]:
            kept.append(point)
    return [*kept, points[-1]]


def _loops(graph: _Graph, boxes: Sequence[Box]) -> list[Line]:
    lines = []
    for number, (node, key) in enumerate(graph.loops):
        box, nth = boxes[node], sum(other == node for other, _ in graph.loops[:number])
        right, out = box.x + box.width, box.x + box.width + LOOP + nth * TRACK / 2
        top, bottom = box.y + 14 + nth * TRACK, box.y + box.height - 14 - nth * TRACK
        points = ((right, top), (out, top), (out, bottom), (right, bottom))
        lines.append(Line(key, box.table, points, is_loop=True))
    return lines
