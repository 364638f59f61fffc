"""Draws bars of tiles: a row for each criterion, a tile for each rule behind it, told apart by shape and by colour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

TILE = 11  # pixels, the side of a tile
GAP = 3
LEFT = 290  # where the tiles begin; before it stand the words
RIGHT = 70  # for the figures
ACROSS = 42  # tiles in a line of them
HEAD = 20  # height of a row without further lines of tiles


@dataclass(frozen=True)
class Bar:
    """A row of the picture.

    Attributes:
        tiles: an outcome's name (`checks.outcome`) and what is told where the mouse rests on it.
    """

    title: str
    text: str
    figures: str
    tiles: Sequence[tuple[str, str]]


def draw_bars(bars: Sequence[Bar]) -> str:
    """The rows as one SVG element in the colours of the report around it."""
    height, rows = 0, []
    for bar in bars:
        rows.append("".join(_row(bar, height)))
        height += _height(bar)
    width = LEFT + ACROSS * (TILE + GAP) + RIGHT
    return _svg(width, height, "; ".join(f"{bar.title}: {bar.figures}" for bar in bars), "".join(rows))


def draw_legend() -> str:
    """What the tiles mean, as a line of its own."""
    parts, x = [], 0
    for outcome, word in _WORDS.items():
        parts.append(f'{_tile(outcome, x, 2)}<text x="{x + TILE + 6}" y="12" style="fill:var(--soft)">{word}</text>')
        x += TILE + 6 + 7 * len(word) + 22
    return _svg(x, TILE + 6, ", ".join(_WORDS.values()), "".join(parts))


_WORDS = {"pass": "holds", "fail": "does not hold", "advice": "advice", "not_attempted": "not known yet"}


def _svg(width: int, height: int, told: str, body: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(told)}" '
        f'viewBox="0 0 {width} {height}" style="width:100%;max-width:{width}px;'
        f'font-family:system-ui,sans-serif;font-size:12px">{body}</svg>'
    )


def _height(bar: Bar) -> int:
    lines = max(1, -(-len(bar.tiles) // ACROSS))
    return max(HEAD + 16, lines * (TILE + GAP) + 12)


def _row(bar: Bar, top: int) -> Iterator[str]:
    yield f'<text x="0" y="{top + 12}" style="fill:var(--ink);font-weight:600">{escape(bar.title)}</text>'
    yield f'<text x="0" y="{top + 27}" style="fill:var(--soft);font-size:11px">{escape(bar.text)}</text>'
    for place, (outcome, told) in enumerate(bar.tiles):
        x = LEFT + place % ACROSS * (TILE + GAP)
        y = top + 3 + place // ACROSS * (TILE + GAP)
        yield f"<g><title>{escape(told)}</title>{_tile(outcome, x, y)}</g>"
    x = LEFT + ACROSS * (TILE + GAP) + RIGHT
    yield f'<text x="{x}" y="{top + 12}" style="fill:var(--ink);text-anchor:end">{escape(bar.figures)}</text>'


def _tile(outcome: str, x: int, y: int) -> str:
    """Full where the rule holds, crossed where it fails, a dot for advice, and empty where nothing is known."""
    box = f'x="{x + 0.5}" y="{y + 0.5}" width="{TILE - 1}" height="{TILE - 1}" rx="2"'
    middle = TILE / 2
    match outcome:
        case "pass":
            return f'<rect {box} style="fill:var(--good);stroke:var(--good)"/>'
        case "fail":
            cross = f"M{x + 3},{y + 3}l{TILE - 6},{TILE - 6}m0,-{TILE - 6}l-{TILE - 6},{TILE - 6}"
            return (
                f'<rect {box} style="fill:none;stroke:var(--bad)"/>'
                f'<path d="{cross}" style="stroke:var(--bad);stroke-width:1.6;fill:none"/>'
            )
        case "advice":
            return (
                f'<rect {box} style="fill:none;stroke:var(--hint)"/>'
                f'<circle cx="{x + middle}" cy="{y + middle}" r="2" style="fill:var(--hint)"/>'
            )
        case _:
            return f'<rect {box} style="fill:none;stroke:var(--soft);stroke-opacity:.6"/>'
