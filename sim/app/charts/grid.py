"""Where the panels of a picture stand, in pixels; the notes below them; orders of orders given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from matplotlib.figure import Figure

from sim.app.charts.panels import LINE, Box, Panel
from sim.app.charts.time_axis import Span, date_ticks, day_month, time_words
from sim.app.style import SizePx, Theme, cut, folded, letter_px, points

OrderTimes: TypeAlias = Sequence[tuple[int, str]]
"""(hour since the start, text) of orders given."""
NOTE = 0.92  # height of small letters, in letters
MOST_LINES = 2  # of each note
_FEW = 4  # orders that are named with their dates


class PanelGrid:
    """Rows and columns of panels that fill a picture, all columns with the same axis of days.

    `headings` are lines of text above the axes, row by row, the first with room for numbers of orders if `numbered`;
    `notes` stand below all.
    """

    def __init__(
        self,
        figure: Figure,
        size_px: SizePx,
        colours: Theme,
        headings: Sequence[int],
        notes: Sequence[str],
        columns: int = 2,
        numbered: bool = False,
    ) -> None:
        self.figure, self.colours, self.px = figure, colours, letter_px(size_px)
        self.width, self.height = size_px
        self.columns, self.rows, self._headings = columns, len(headings), headings
        self.lift = 0.9 * self.px if numbered else 0.0
        self._notes = [line for note in notes if note for line in self._folded(note)]
        self._foot = (0.4 + LINE * NOTE * len(self._notes)) * self.px
        self._axes_height = self._room() / self.rows
        self._write_notes()

    def _folded(self, note: str) -> list[str]:
        px, width = NOTE * self.px, self.width - 1.2 * self.px
        lines = folded(note, px, width)
        rest = " ".join(lines[MOST_LINES - 1 :])
        return lines if len(lines) <= MOST_LINES else [*lines[: MOST_LINES - 1], cut(rest, px, width)]

    def _above(self, row: int) -> float:
        """Height of the heading of a row, with the space to what is above it."""
        return (1.1 + LINE * self._headings[row]) * self.px + (self.lift if row == 0 else 0.0)

    def _room(self) -> float:
        """Height that is left for all axes of a column: dates and their words stand below the last."""
        return self.height - self._foot - 2.7 * self.px - sum(self._above(row) for row in range(self.rows))

    def _write_notes(self) -> None:
        left, style = 0.6 * self.px / self.width, {"color": self.colours.quiet, "va": "baseline"}
        for n, line in enumerate(reversed(self._notes)):
            y = (0.45 + LINE * NOTE * n) * self.px / self.height
            self.figure.text(left, y, line, fontsize=points(NOTE * self.px), **style)  # type: ignore[arg-type]

    def cell_left(self, n: int) -> float:
        """Left edge of the n-th cell, row by row."""
        return (n % self.columns) * self.width / self.columns + 0.3 * self.px

    def heading_width(self) -> float:
        """Pixels for a line above a panel."""
        return self.width / self.columns - 0.8 * self.px

    def axes_box(self, n: int) -> Box:
        """The place of the axes of the n-th panel."""
        row = n // self.columns
        top = self.height - sum(self._above(k) for k in range(row + 1)) - row * self._axes_height
        left = self.cell_left(n) + 4.3 * self.px
        width = self.width / self.columns - 5.8 * self.px
        return Box(left, top - self._axes_height, width, self._axes_height)

    def is_last(self, n: int) -> bool:
        """Is the n-th panel at the foot of its column?"""
        return n // self.columns == self.rows - 1

    def set_time(self, panel: Panel, span: Span, labelled: bool) -> None:
        """Give a panel its days; the last of a column writes them."""
        ticks = date_ticks(span, NOTE * self.px, panel.box.width)
        panel.set_span(span, ticks, labelled)
        if labelled:
            style = {"ha": "center", "fontsize": points(NOTE * self.px), "color": self.colours.quiet}
            middle = panel.box.left + panel.box.width / 2
            words = time_words(span, NOTE * self.px, panel.box.width + 2 * self.px)
            panel.text(middle, panel.box.bottom - 2.5 * self.px, words, **style)


# --- orders ----------------------------------------------------------------------------------------------------
def order_words(orders: OrderTimes, span: Span) -> str:
    """The key to the orders: `orders: 1 surge (3 Mar), 2 …`; many go without their dates."""
    if not orders:
        return ""
    dates = [f" ({day_month(span.date(hour / 24))})" if len(orders) <= _FEW else "" for hour, _ in orders]
    named = [f"{n} {text}{day}" for n, ((_, text), day) in enumerate(zip(orders, dates, strict=True), 1)]
    return f"orders: {', '.join(named)}"


def draw_orders(panel: Panel, orders: OrderTimes, numbered: bool) -> None:
    """A thin line for each order; numbers at its top, those of near ones together."""
    assert panel.span is not None
    for hour, _ in orders:
        style = {"color": panel.colours.pink, "linewidth": points(0.09 * panel.px), "zorder": 1.5}
        panel.axes.axvline(hour / 24, **style)  # type: ignore[arg-type]
    if numbered:
        for day, words in _grouped(orders, panel):
            style = {"color": panel.colours.pink, "fontsize": points(0.9 * panel.px), "ha": "center", "va": "bottom"}
            transform = panel.axes.get_xaxis_transform()
            panel.axes.text(day, 1.01, words, transform=transform, fontweight="bold", **style)  # type: ignore[arg-type]


def _grouped(orders: OrderTimes, panel: Panel) -> list[tuple[float, str]]:
    """(day, numbers) of the orders; those whose numbers would touch are named together: `2–4`."""
    assert panel.span is not None
    px_a_day = panel.box.width / panel.span.n_days
    order = sorted(range(len(orders)), key=lambda n: orders[n][0])
    groups: list[list[int]] = []
    for n in order:
        near = groups and px_a_day * (orders[n][0] - orders[groups[-1][-1]][0]) / 24 < 1.4 * panel.px
        if near:
            groups[-1].append(n)
        else:
            groups.append([n])
    return [(sum(orders[n][0] for n in group) / len(group) / 24, _numbers(group)) for group in groups]


def _numbers(group: list[int]) -> str:
    names = [n + 1 for n in group]
    whole = len(names) > 1 and sorted(names) == list(range(min(names), max(names) + 1))
    return f"{min(names)}–{max(names)}" if whole else ",".join(map(str, names))


__all__ = ["OrderTimes", "PanelGrid", "draw_orders", "order_words"]
