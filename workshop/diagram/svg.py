"""Draws a layout as SVG: for a notebook in JupyterLab's own colours, and by itself in fixed ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from workshop.diagram.layout import MARGIN, Box, Layout, Line, Point
from workshop.diagram.tables import Column, Table

FONT_SIZE = 12  # pixels, for all text but the legend
LETTER = 7.4  # width in pixels of a letter of a monospaced font at that size, on the wide side
SMALL_LETTER = 6.2  # the same at 10 pixels, of the legend
ROW = 20.0
HEAD = 28.0
INSET = 10.0
LONGEST = 34  # letters of a name or a type
LEGEND = 26.0


@dataclass(frozen=True)
class Palette:
    """The colours of a drawing, as CSS takes them."""

    text: str
    quiet: str
    line: str
    box: str
    head: str
    accent: str
    warning: str
    page: str
    font: str


NOTEBOOK = Palette(  # JupyterLab's names, then VS Code's, then colours for a light page
    text="var(--jp-content-font-color1, var(--vscode-editor-foreground, #212121))",
    quiet="var(--jp-content-font-color2, var(--vscode-descriptionForeground, #616161))",
    line="var(--jp-content-font-color3, var(--vscode-descriptionForeground, #8a8a8a))",
    box="var(--jp-layout-color0, var(--vscode-editor-background, #ffffff))",
    head="var(--jp-layout-color2, var(--vscode-editorWidget-background, #eeeeee))",
    accent="var(--jp-brand-color1, var(--vscode-textLink-foreground, #1565c0))",
    warning="var(--jp-warn-color1, var(--vscode-editorWarning-foreground, #b26a00))",
    page="none",
    font="var(--jp-code-font-family, ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace)",
)
STANDALONE = Palette(
    text="#212121",
    quiet="#5f6368",
    line="#80868b",
    box="#ffffff",
    head="#e8eaed",
    accent="#1565c0",
    warning="#a65f00",
    page="#f6f7f8",
    font="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace",
)


def size(table: Table) -> tuple[float, float]:
    """Width and height of a table's box."""
    rows = [_gutter(table) + _width(column.name) + 18 + _width(_type(column)) for column in table.columns]
    head = _width(table.name) * 1.1 + (_width("missing") + 18 if table.is_missing else 0)
    width = max([head, *rows, 90.0]) + 2 * INSET
    return width, HEAD + ROW * len(table.columns) + (6 if table.columns else 0)


def render(layout: Layout, palette: Palette, title: str, description: str) -> str:
    """The SVG element."""
    legend = _legend(layout)
    width, height = max(layout.width, len(legend) * SMALL_LETTER + 2 * MARGIN), layout.height + LEGEND
    body = [
        f"<title>{escape(title)}</title>",
        f"<desc>{escape(description)}</desc>",
        f'<rect width="100%" height="100%" style="fill:{palette.page}"/>',
        *(_line(line, palette) for line in layout.lines),
        *(_box(box, palette) for box in layout.boxes),
        _text(MARGIN, height - 10, legend, palette.quiet, "font-size:10px"),
    ]
    frame = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    style = f"font-size:{FONT_SIZE}px;font-family:{palette.font}"
    lines = "\n".join(body)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(title)}" {frame} style="{style}">\n'
        f"{lines}\n</svg>"
    )


def _width(text: str) -> float:
    return min(len(text), LONGEST) * LETTER


_MEANINGS = {"PK": "primary key", "FK": "foreign key", "UQ": "unique"}


def _marks(table: Table, column: Column) -> str:
    held = (column.is_key, table.refers_by(column.name), column.is_unique)
    return " ".join(mark for mark, holds in zip(_MEANINGS, held, strict=True) if holds)


def _gutter(table: Table) -> float:
    """The width of what stands before the names: PK, FK, UQ."""
    longest = max((len(_marks(table, column)) for column in table.columns), default=0)
    return longest * LETTER + 12 if longest else 0.0


def _type(column: Column) -> str:
    return "missing" if column.is_missing else f"{column.type}{' null' if column.is_optional and column.type else ''}"


def _text(x: float, y: float, text: str, colour: str, extra: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" style="fill:{colour};{extra}">{escape(text)}</text>'


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _box(box: Box, palette: Palette) -> str:
    table, right = box.table, box.x + box.width - INSET
    outline = f"stroke:{palette.warning};stroke-dasharray:5 4" if table.is_missing else f"stroke:{palette.line}"
    parts = [
        _rect(box.x, box.y, box.width, box.height, f"fill:{palette.head}", 5),
        *(_body(box, palette) if table.columns else ()),
        _rect(box.x, box.y, box.width, box.height, f"fill:none;stroke-width:1.2;{outline}", 5),
        _text(box.x + INSET, box.y + 18.5, _cut(table.name), palette.text, "font-weight:700"),
        _text(right, box.y + 18.5, "missing", palette.warning, "text-anchor:end") if table.is_missing else "",
        *(_row(box, i, column, palette) for i, column in enumerate(table.columns)),
    ]
    return "<g>" + "\n".join(part for part in parts if part) + "</g>"


def _body(box: Box, palette: Palette) -> list[str]:
    top, fill = box.y + HEAD, f"fill:{palette.box}"
    return [_rect(box.x, top, box.width, 8, fill), _rect(box.x, top, box.width, box.height - HEAD, fill, 5)]


def _rect(x: float, y: float, width: float, height: float, style: str, corner: float = 0) -> str:
    rounded = f' rx="{corner}"' if corner else ""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"{rounded} style="{style}"/>'


def _row(box: Box, number: int, column: Column, palette: Palette) -> str:
    y, right = box.y + HEAD + ROW * number + 16.5, box.x + box.width - INSET
    parts = []
    if column.is_missing:
        style = f"fill:none;stroke:{palette.warning};stroke-dasharray:4 3"
        parts.append(_rect(box.x + 5, y - 14, box.width - 10, ROW - 1, style, 3))
    marks = _marks(box.table, column)
    parts.append(_text(box.x + INSET, y, marks, palette.accent, "font-weight:700") if marks else "")
    parts.append(_text(box.x + INSET + _gutter(box.table), y, _cut(column.name), palette.text))
    colour = palette.warning if column.is_missing else palette.quiet
    parts.append(_text(right, y, _cut(_type(column)), colour, "text-anchor:end") if _type(column) else "")
    return "".join(parts)


def _line(line: Line, palette: Palette) -> str:
    dash = ";stroke-dasharray:6 4" if line.key.is_optional else ""
    style = f"fill:none;stroke:{palette.line};stroke-width:1.4"
    one_end = _one(line.points[0], line.points[1], line.key.is_optional)
    many_end = (_bar if line.key.is_single else _crow)(line.points[-1], line.points[-2])
    return (
        f'<path d="{_rounded(line.points)}" style="{style}{dash}"/>'
        f'<path d="{one_end}{many_end}" style="{style.replace("fill:none", f"fill:{palette.box}")}"/>'
    )


def _rounded(points: Sequence[Point]) -> str:
    """A path along the points, its corners rounded."""
    path = [f"M{points[0][0]:.1f},{points[0][1]:.1f}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(6.0, _distance(before, corner) / 2, _distance(corner, after) / 2)
        start, end = _towards(corner, before, radius), _towards(corner, after, radius)
        path.append(f"L{start[0]:.1f},{start[1]:.1f}Q{corner[0]:.1f},{corner[1]:.1f} {end[0]:.1f},{end[1]:.1f}")
    return "".join([*path, f"L{points[-1][0]:.1f},{points[-1][1]:.1f}"])


def _crow(tip: Point, before: Point) -> str:
    """The crow's foot: many rows may refer."""
    heel, side = _towards(tip, before, 11), _across(tip, before, 6)
    toes = [(tip[0] + sign * side[0], tip[1] + sign * side[1]) for sign in (-1, 0, 1)]
    return "".join(f"M{heel[0]:.1f},{heel[1]:.1f}L{x:.1f},{y:.1f}" for x, y in toes)


def _bar(tip: Point, before: Point) -> str:
    middle, side = _towards(tip, before, 7), _across(tip, before, 6)
    return f"M{middle[0] - side[0]:.1f},{middle[1] - side[1]:.1f}l{2 * side[0]:.1f},{2 * side[1]:.1f}"


def _one(tip: Point, before: Point, is_optional: bool) -> str:
    """The end at the table referred to: a bar for one row, a ring as well where there may be none."""
    if not is_optional:
        return _bar(tip, before)
    centre, side = _towards(tip, before, 15), _across(tip, before, 4)
    ring = (
        f"M{centre[0] - side[0]:.1f},{centre[1] - side[1]:.1f}a4,4 0 1 1 {2 * side[0]:.1f},{2 * side[1]:.1f}"
        f"a4,4 0 1 1 {-2 * side[0]:.1f},{-2 * side[1]:.1f}"
    )
    return _bar(tip, before) + ring


def _towards(point: Point, other: Point, by: float) -> Point:
    length = _distance(point, other) or 1.0
    return point[0] + (other[0] - point[0]) / length * by, point[1] + (other[1] - point[1]) / length * by


def _across(point: Point, other: Point, by: float) -> Point:
    ahead = _towards(point, other, by)
    return abs(ahead[1] - point[1]), abs(ahead[0] - point[0])


def _distance(one: Point, other: Point) -> float:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def _legend(layout: Layout) -> str:
    """What the signs mean that are in the picture."""
    marks = {mark for box in layout.boxes for column in box.table.columns for mark in _marks(box.table, column).split()}
    words = [f"{mark} {meaning}" for mark, meaning in _MEANINGS.items() if mark in marks]
    if layout.lines:
        words.append("fork: many rows refer to one")
    if any(line.key.is_optional for line in layout.lines):
        words.append("dashed: may be NULL")
    return " · ".join(words)
