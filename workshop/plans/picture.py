"""Draws answers as horizontal bars: how long each took, and in words what PostgreSQL did for it."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING

from workshop.plans.reading import Answer, Way

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 860.0  # all lengths are pixels: a figure of 72 dots an inch has one a point
ROW = 21.0
HEAD, FOOT = 8.0, 44.0
BARS = (64.0, 420.0)  # where the bars' axis begins and ends
FONT_SIZE = 12.0

# Okabe and Ito's orange and blue: apart for colour-blind eyes as well, and on light and dark grounds.
SLOW, QUICK = "#d55e00", "#0072b2"
TEXT, QUIET, LINE, PAGE = "#212121", "#5f6368", "#80868b", "#f6f7f8"

#: In a notebook, the colours of JupyterLab around it, or of VS Code.
THEME = {
    TEXT: f"var(--jp-content-font-color1, var(--vscode-editor-foreground, {TEXT}))",
    QUIET: f"var(--jp-content-font-color2, var(--vscode-descriptionForeground, {QUIET}))",
    LINE: f"var(--jp-content-font-color3, var(--vscode-editorIndentGuide-background, {LINE}))",
}

WIDE = 30  # from this ratio of the longest time to the shortest, each line is ten times the one before


@dataclass(frozen=True)
class Picture:
    """Bars for questions; a notebook shows it, `str()` is the same in words, without what differs from run to run.

    Attributes:
        bars: of each question its answers, by when they were given; "" where that needs no word.
    """

    bars: Mapping[str, Mapping[str, Answer]]

    def __str__(self) -> str:
        return "\n".join(f"{question}: {_told(answers)}." for question, answers in self.bars.items())

    @cached_property
    def figure(self) -> Figure:
        """The matplotlib figure."""
        from matplotlib.figure import Figure  # takes a third of a second to import

        rows = list(_rows(self.bars))
        height = HEAD + ROW * (rows[-1].place + 1 if rows else 0) + FOOT
        figure = Figure(figsize=(WIDTH / 72, height / 72), dpi=72)
        left, right = BARS
        axes = figure.add_axes((left / WIDTH, FOOT / height, (right - left) / WIDTH, (height - HEAD - FOOT) / height))
        _draw(axes, rows)
        _legend(figure, [row.answer for row in rows if row.answer])
        return figure

    @property
    def svg(self) -> str:
        """A self-contained SVG on a neutral ground."""
        ground = f'<rect width="100%" height="100%" style="fill:{PAGE}"/>'
        return f"{self._opening}{ground}{self._body}"

    @property
    def html(self) -> str:
        """The SVG in the colours of the notebook around it, light or dark."""
        picture = f"{self._opening}{self._body}"
        for fixed, themed in THEME.items():
            picture = picture.replace(fixed, themed)
        return f'<div style="overflow-x:auto">{picture}</div>'

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self.html, "image/svg+xml": self.svg, "text/plain": str(self)}

    @property
    def _opening(self) -> str:
        height = round(self.figure.get_figheight() * 72)
        size = f'width="{WIDTH:.0f}" height="{height}" viewBox="0 0 {WIDTH:.0f} {height}"'
        names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        title = "How PostgreSQL answers each question, and how long it takes"
        described = " ".join(
            f"{question}: {'; '.join(f'{when} {_label(answer)}'.strip() for when, answer in answers.items())}."
            for question, answers in self.bars.items()
        )
        return (
            f'<svg {names} role="img" aria-label="{escape(title)}" {size} style="overflow:visible">'
            f"<title>{escape(title)}</title><desc>{escape(described)}</desc>"
        )

    @cached_property
    def _body(self) -> str:
        """The drawing, with its end tag; letters stay letters, in a font of the page."""
        import matplotlib as mpl

        # With the salt, pictures on one page do without each other's ids, and one picture is always the same text.
        drawn = io.StringIO()
        with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": repr(self.bars)}):
            self.figure.savefig(drawn, format="svg", transparent=True, metadata={"Date": None})
        _, _, body = drawn.getvalue().partition("</defs>")  # before it come the size and a style for the whole page
        body = re.sub(r' id="[\w.]+_\d+"', "", body)
        return re.sub(r"'DejaVu Sans'[^;\"]*", "system-ui, sans-serif", body)


# --- In words ---------------------------------------------------------------------------------------------------------


def _told(answers: Mapping[str, Answer]) -> str:
    """What stays the same from run to run: the way, and the names of table and index."""
    ways = {when: _way(answer) for when, answer in answers.items()}
    match list(ways.values()):
        case [before, after] if before == after:
            return f"{after}, as before"
    return "; ".join(f"{when} {way}".strip() for when, way in ways.items())


def _way(answer: Answer) -> str:
    match answer.way:
        case Way.TABLE:
            way = f"{'reads all of' if answer.is_all else 'reads'} {answer.table}"
        case Way.INDEX:
            way = f"goes by {answer.index}"
        case Way.WHOLE_INDEX:
            way = f"reads all of {answer.index}"
        case Way.NONE:
            way = "reads no table"
    return f"{way}, then sorts" if answer.sorts else way


def _label(answer: Answer) -> str:
    """What stands beside a bar."""
    return f"{_time(answer.milliseconds)}, {_reads(answer)}"


def _reads(answer: Answer) -> str:
    count = "1 row" if answer.rows_read == 1 else f"{answer.rows_read:,} rows"
    match answer.way:
        case Way.TABLE:
            words = f"reads {'all ' if answer.is_all else ''}{count} of {answer.table}"
        case Way.INDEX:
            words = f"{count} by {answer.index}"
        case Way.WHOLE_INDEX:
            words = f"{count} by all of {answer.index}"
        case Way.NONE:
            words = "reads no table"
    return f"{words}, then sorts" if answer.sorts else words


def _time(milliseconds: float) -> str:
    """A time with two digits that count."""
    places = 0 if milliseconds >= 10 else 1 if milliseconds >= 1 else 2 if milliseconds >= 0.1 else 3
    return f"{milliseconds:,.{places}f} ms"


# --- As bars ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Row:
    """A question, or one of its answers; `place` counts rows from the top."""

    place: float
    word: str
    answer: Answer | None


def _rows(bars: Mapping[str, Mapping[str, Answer]]) -> Iterator[_Row]:
    place = 0.0
    for question, answers in bars.items():
        yield _Row(place, question, None)
        for when, answer in answers.items():
            place += 1
            yield _Row(place, when, answer)
        place += 1.3


def _draw(axes: Axes, rows: list[_Row]) -> None:
    times = [row.answer.milliseconds for row in rows if row.answer]
    _scale(axes, times)
    axes.set_ylim(rows[-1].place + 0.6 if rows else 1, -0.5)
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    axes.patch.set_visible(False)
    axes.tick_params(axis="x", length=0, colors=QUIET, labelsize=FONT_SIZE - 1)
    axes.grid(axis="x", color=LINE, linewidth=0.5, alpha=0.5, clip_on=False)
    axes.set_axisbelow(True)
    for row in rows:
        _draw_answer(axes, row, row.answer) if row.answer else _heading(axes, row)


def _scale(axes: Axes, times: list[float]) -> None:
    least, most = max(min(times, default=1.0), 1e-3), max(times, default=1.0)
    is_wide = most / least >= WIDE
    if is_wide:
        axes.set_xscale("log")
        axes.set_xlim(10 ** math.floor(math.log10(least)), most * (most / least) ** 0.25)
        axes.xaxis.minorticks_off()
    else:
        axes.set_xlim(0, most * 1.3)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    note = ": each line is ten times the one before" if is_wide else ""
    axes.set_xlabel(f"milliseconds{note}", color=QUIET, fontsize=FONT_SIZE - 1, loc="left")


def _heading(axes: Axes, row: _Row) -> None:
    axes.annotate(
        row.word,
        (0, row.place),
        xycoords=axes.get_yaxis_transform(),
        xytext=(8 - BARS[0], 0),
        textcoords="offset pixels",
        va="center",
        color=TEXT,
        fontsize=FONT_SIZE,
        fontweight="bold",
    )


def _draw_answer(axes: Axes, row: _Row, answer: Answer) -> None:
    colour, hatch, fill = _look(answer)
    start = axes.get_xlim()[0]
    axes.barh(
        row.place,
        answer.milliseconds - start,
        0.72,
        left=start,
        color=fill,
        edgecolor=colour,
        hatch=hatch,
        hatch_linewidth=1.6,
        linewidth=1.2,
        clip_on=False,
    )
    _text(axes, 0, -8, row, row.word, QUIET, "right")
    axes.annotate(
        _time(answer.milliseconds),
        (answer.milliseconds, row.place),
        xytext=(5, 0),
        textcoords="offset pixels",
        va="center",
        color=TEXT,
        fontsize=FONT_SIZE,
    )
    _text(axes, 1, 14, row, _reads(answer), TEXT, "left")


def _text(axes: Axes, side: float, by: float, row: _Row, words: str, colour: str, align: str) -> None:
    """Words in line with a bar, so many pixels beside the left (0) or the right (1) end of the axis."""
    axes.annotate(
        words,
        (side, row.place),
        xycoords=axes.get_yaxis_transform(),
        xytext=(by, 0),
        textcoords="offset pixels",
        ha=align,
        va="center",
        color=colour,
        fontsize=FONT_SIZE,
    )


def _is_quick(answer: Answer) -> bool:
    return answer.way in (Way.INDEX, Way.NONE)


def _look(answer: Answer) -> tuple[str, str, str]:
    """Edge, hatch and filling: the two kinds differ in more than colour."""
    return (QUICK, "", QUICK) if _is_quick(answer) else (SLOW, "////", "none")


def _legend(figure: Figure, answers: list[Answer]) -> None:
    from matplotlib.patches import Patch

    meanings = {_look(answer): "goes by an index" if _is_quick(answer) else "reads row after row" for answer in answers}
    handles = [
        Patch(edgecolor=colour, hatch=hatch, hatch_linewidth=1.6, facecolor=fill, label=meaning)
        for (colour, hatch, fill), meaning in meanings.items()
    ]
    figure.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=((BARS[1] + 6) / WIDTH, 0),
        ncols=2,
        frameon=False,
        labelcolor=TEXT,
        fontsize=FONT_SIZE - 1,
    )
