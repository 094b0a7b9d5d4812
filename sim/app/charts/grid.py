"""Where the panels of a picture stand, in pixels; the notes below them; lines of the orders given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from sim.app.charts.canvas import Canvas
from sim.app.charts.panels import LINE, Box, Panel
from sim.app.charts.time_axis import Span, date_ticks, day_month, set_time, time_words
from sim.app.style import cut, folded, letter_px, points

OrderTimes: TypeAlias = Sequence[tuple[int, str]]
"""(hour since the start, text) of orders given."""
COLUMNS = 2
NOTE = 0.92  # height of small letters, in letters
MOST_LINES = 2  # of each note
_FEW = 4  # orders that are named with their dates


class PanelGrid:
    """Rows and columns of panels that fill a picture, all columns with the same axis of days.

    `headings` are lines of text above the axes, row by row, the first with room for the numbers of orders if there are
    any; the note and the key to the orders stand below all.
    """

    def __init__(self, canvas: Canvas, span: Span, orders: OrderTimes, headings: Sequence[int], note: str) -> None:
        self.canvas, self.span, self.orders, self.px = canvas, span, orders, letter_px(canvas.size_px)
        self.width, self.height = canvas.size_px
        self.rows, self._headings = len(headings), headings
        self.lift = 0.9 * self.px if orders else 0.0
        self._notes = [line for text in (note, order_words(orders, span)) if text for line in self._folded(text)]
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
        for n, line in enumerate(reversed(self._notes)):
            bottom = (0.45 + LINE * NOTE * n) * self.px
            self.canvas.text(0.6 * self.px, bottom, line, NOTE * self.px, color=self.canvas.colours.quiet)

    def cell_left(self, n: int) -> float:
        """Left edge of the n-th cell, row by row."""
        return (n % COLUMNS) * self.width / COLUMNS + 0.3 * self.px

    def heading_width(self) -> float:
        """Pixels for a line above a panel."""
        return self.width / COLUMNS - 0.8 * self.px

    def axes_box(self, n: int) -> Box:
        """The place of the axes of the n-th panel."""
        row = n // COLUMNS
        top = self.height - sum(self._above(k) for k in range(row + 1)) - row * self._axes_height
        left = self.cell_left(n) + 4.6 * self.px
        width = self.width / COLUMNS - 6.1 * self.px
        return Box(left, top - self._axes_height, width, self._axes_height)

    def panel(self, n: int, box: Box) -> Panel:
        """The n-th panel, or the part of it in a box, with its days; the last of a column writes them."""
        panel, px = Panel(self.canvas, box, self.px), NOTE * self.px
        labelled = n // COLUMNS == self.rows - 1 and box.bottom == self.axes_box(n).bottom
        set_time(panel.axes, self.span, date_ticks(self.span, px, box.width), labelled)
        if labelled:
            words = time_words(self.span, px, box.width + 2 * self.px)
            style: dict[str, Any] = {"ha": "center", "color": self.canvas.colours.quiet}
            self.canvas.text(box.left + box.width / 2, box.bottom - 2.5 * self.px, words, px, **style)
        return panel

    def draw_orders(self, n: int, panel: Panel) -> None:
        """A thin line for each order; above the first panels their numbers, those of near ones together."""
        panel.lift, colour = self.lift if n < COLUMNS else 0.0, self.canvas.colours.pink
        for hour, _ in self.orders:
            panel.axes.axvline(hour / 24, color=colour, linewidth=points(0.09 * self.px), zorder=1.5)
        style: dict[str, Any] = {"color": colour, "fontsize": points(0.9 * self.px), "ha": "center", "va": "bottom"}
        for day, words in grouped(self.orders, panel.box.width / self.span.n_days, self.px) if n < COLUMNS else ():
            transform = panel.axes.get_xaxis_transform()
            panel.axes.text(day, 1.01, words, transform=transform, fontweight="bold", **style)


# --- orders ----------------------------------------------------------------------------------------------------
def order_words(orders: OrderTimes, span: Span) -> str:
    """The key to the orders: `orders: 1 surge (3 Mar), 2 …`; many go without their dates."""
    if not orders:
        return ""
    dates = [f" ({day_month(span.date(hour / 24))})" if len(orders) <= _FEW else "" for hour, _ in orders]
    named = [f"{n} {text}{day}" for n, ((_, text), day) in enumerate(zip(orders, dates, strict=True), 1)]
    return f"orders: {', '.join(named)}"


def grouped(orders: OrderTimes, px_a_day: float, px: float) -> list[tuple[float, str]]:
    """(day, numbers) of the orders; those whose numbers would touch are named together: `2–4`."""
    groups: list[list[int]] = []
    for n in sorted(range(len(orders)), key=lambda n: orders[n][0]):
        if groups and px_a_day * (orders[n][0] - orders[groups[-1][-1]][0]) / 24 < 1.4 * px:
            groups[-1].append(n)
        else:
            groups.append([n])
    return [(sum(orders[n][0] for n in group) / len(group) / 24, _numbers(group)) for group in groups]


def _numbers(group: list[int]) -> str:
    names = [n + 1 for n in group]
    whole = len(names) > 1 and sorted(names) == list(range(min(names), max(names) + 1))
    return f"{min(names)}–{max(names)}" if whole else ",".join(map(str, names))
