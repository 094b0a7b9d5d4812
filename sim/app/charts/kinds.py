"""The panels of a run: attacks by week, running totals, levels; each over its band."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.patches import StepPatch
from matplotlib.text import Text
from numpy.typing import NDArray

from sim.app.charts.panels import HeadingKey, Panel, Trace, highest, lowest, with_start
from sim.app.charts.time_axis import Span
from sim.app.ensemble_band import SERIES, EnsembleBand, Floats, weekly
from sim.app.style import Theme, first_that_fits, points
from sim.numbers import number

Days = NDArray[Any]
Reported = Mapping[str, tuple[str, tuple[int, ...]]]
"""Series → source, and what was reported for its first quarters."""
REPORTED_STYLE, MINIMUM_STYLE = (0, (3, 1.5)), (0, (4, 2))
_MANY_WEEKS = 60  # bars so thin that a line between them would hide them
OUTER, INNER = 0.16, 0.24  # how dense 5–95 and 25–75 are drawn


@dataclass(frozen=True)
class PanelContext:
    """What all panels of a run share."""

    band: EnsembleBand | None
    span: Span
    quarter_ends: tuple[int, ...]
    reported: Reported
    minimum_days: float


class RunPanel(ABC):
    """A panel that follows a run: what it draws, and a line that says where the run stands."""

    heading_lines = 2
    series, so_far = "", "so far"

    def __init__(self, panel: Panel, shown: PanelContext, left: float, width: float) -> None:
        self.panel, self.shown, self._width = panel, shown, width
        self.moving = panel.moving
        self._stands: Text = panel.text(left, panel.line(0), "", color=panel.colours.quiet)
        self._stands.set_fontsize(points(0.94 * panel.px))
        self.draw(left)
        self.moving.append(self._stands)

    @property
    def colours(self) -> Theme:
        """Those of the panel."""
        return self.panel.colours

    @property
    def key(self) -> Hashable:
        """What its resting artists depend on."""
        return self.panel.low, self.panel.high

    @abstractmethod
    def draw(self, left: float) -> None:
        """Make the artists; the heading begins at `left` (pixels)."""

    @abstractmethod
    def show(self, days: Days) -> None:
        """Bring the artists up to date."""

    def say(self, days: Days) -> None:
        """Where the run stands: the longest wording that fits."""
        wordings = self.wordings(days) if len(days) else ("no day has ended yet", "no day yet")
        self._stands.set_text(first_that_fits(wordings, 0.94 * self.panel.px, self._width))

    def wordings(self, days: Days) -> tuple[str, ...]:
        """Where the run stands with its series, the longest wording first."""
        n, name, band = len(days), self.series, self.shown.band
        value = float(SERIES[name](days[-1]))
        now = f"{number(value)} {self.so_far}"
        if band is None:
            return (now,)
        long = band.where_it_stands(name, n, value)
        short = band.where_it_stands(name, n, value, of_runs=False, ties=False)
        return f"{now}: {long}", f"{now}: {short}", f"{number(value)}: {short}", short, band.rank(name, n, value)


class AttacksPanel(RunPanel):
    """Attacks of two kinds, stacked bars a week, over the weeks of the ensemble; the reported quarters as steps."""

    heading_lines = 3
    title, reported = "", ""
    kinds: tuple[tuple[str, str, str], ...] = ()  # column, word, colour of the theme

    def draw(self, left: float) -> None:
        panel = self.panel
        source, _ = self.shown.reported.get(self.reported, ("", ()))
        key = HeadingKey(f"reported {source}", self.colours.reported, REPORTED_STYLE)
        panel.heading(left, 2, [HeadingKey(self.title, bold=True), *([key] if source else [])])
        keys = [HeadingKey(word, getattr(self.colours, colour), "bar") for _, word, colour in self.kinds]
        panel.heading(left, 1, keys)
        panel.label("attacks a week", left)
        self._edges = [*range(0, self.shown.span.last, 7), self.shown.span.last]
        self._draw_weeks()
        self._whole = [self._bars(getattr(self.colours, colour), 1.0) for *_, colour in self.kinds]
        self._last = [self._bars(getattr(self.colours, colour), 0.45) for *_, colour in self.kinds]
        self._draw_reported()

    def _bars(self, colour: str, alpha: float) -> StepPatch:
        empty = np.full(len(self._edges) - 1, np.nan)
        style: dict[str, Any] = {"edgecolor": self.colours.background, "zorder": 2, "alpha": alpha}
        style["linewidth"] = 0.5 if len(self._edges) < _MANY_WEEKS else 0.0
        bars = self.panel.axes.stairs(empty, self._edges, baseline=empty, fill=True, facecolor=colour, **style)
        self.moving.append(bars)
        return bars

    def _weeks(self) -> tuple[Floats, list[int]] | None:
        """Quantiles of the weeks of the ensemble, as far as the axis reaches, and the edges of these weeks."""
        band = self.shown.band
        n = min(band.n_days, self.shown.span.n_days) // 7 if band else 0
        return (band.weekly(self.series)[:, :n], self._edges[: n + 1]) if band and n else None

    def _draw_weeks(self) -> None:
        """How far the ensemble spreads; its medians above the bars, which would hide them."""
        found = self._weeks()
        if found:
            (low, inner_low, middle, inner_high, high), edges = found
            style: dict[str, Any] = {"fill": True, "facecolor": self.colours.quiet, "linewidth": 0, "zorder": 1}
            self.panel.axes.stairs(high, edges, baseline=low, alpha=OUTER, **style)
            self.panel.axes.stairs(inner_high, edges, baseline=inner_low, alpha=INNER, **style)
            style = {"color": self.colours.text, "alpha": 0.8, "linewidth": points(0.1 * self.panel.px)}
            self.moving.append(self.panel.axes.hlines(middle, edges[:-1], edges[1:], zorder=3, **style))

    def _draw_reported(self) -> None:
        """What was reported for a quarter, as attacks a week."""
        self._most_reported = 0.0
        if self.reported in self.shown.reported:
            counts = self.shown.reported[self.reported][1]
            ends = (0, *self.shown.quarter_ends[: len(counts)])
            weeks = [(last - first) / 7 for first, last in pairwise(ends)]
            rates = np.array(counts) / weeks
            style: dict[str, Any] = {"linestyle": REPORTED_STYLE, "color": self.colours.reported, "zorder": 4}
            width = points(0.16 * self.panel.px)
            line = self.panel.axes.stairs(rates, ends, baseline=None, linewidth=width, **style)
            self.moving.append(line)
            self._most_reported = float(rates.max())

    def show(self, days: Days) -> None:
        n, weeks = len(days), np.full(len(self._edges) - 1, np.nan)
        floor: Any = np.zeros_like(weeks)
        for (column, *_), whole, last in zip(self.kinds, self._whole, self._last, strict=True):
            values = weekly(np.asarray(days[column], np.float64)) if n else np.zeros(0)
            top = weeks.copy()
            top[: len(values)] = floor[: len(values)] + values
            full = np.arange(len(weeks)) < n // 7
            whole.set_data(np.where(full, top, np.nan), baseline=floor)
            last.set_data(np.where(full, np.nan, top), baseline=floor)
            floor = np.nan_to_num(top)
        found = self._weeks()
        most = highest(floor, [self._most_reported], found[0] if found else [0.0])
        self.panel.set_ends(0.0, 1.05 * most, whole=True)
        self.say(days)


class SiteAttacksPanel(AttacksPanel):
    """Rockets and drones."""

    title, series, reported = "Fire on sites", "fire_attacks", "fire_attacks"
    kinds = (("rocket_attacks", "rockets", "blue"), ("drone_attacks", "drones", "sky"))


class RoadAttacksPanel(AttacksPanel):
    """Roadside bombs; the reported line is of convoys alone, the lower part of the bars."""

    title, series, reported = "Bombs on roads", "road_attacks", "convoy_attacks"
    kinds = (("convoy_attacks", "convoys", "orange"), ("detail_attacks", "details", "amber"))


class LinesPanel(RunPanel):
    """One or two series as lines over their bands."""

    title, unit = "", ""
    lines: tuple[tuple[str, str, str, Any], ...] = ()  # series, word, colour, style of the line

    def draw(self, left: float) -> None:
        panel, colours = self.panel, self.colours
        panel.heading(left, 1, self.keys())
        panel.label(self.unit, left)
        for name, _, colour, _ in self.lines:
            self._draw_band(name, getattr(colours, colour))
        self._traces = [Trace(panel, getattr(colours, colour), dashes, "o", 0.2) for _, _, colour, dashes in self.lines]

    def keys(self) -> list[HeadingKey]:
        """The title; or what explains the lines, if there are several, in full if it fits."""
        keys = [HeadingKey("", getattr(self.colours, colour), style) for *_, colour, style in self.lines]
        found = [HeadingKey(self.title, bold=True)]
        for words in zip(*(word.split("|") for _, word, *_ in self.lines if word), strict=True):
            found = [replace(key, text=word) for key, word in zip(keys, words, strict=True)]
            if self.panel.keys_px(found) <= self._width:
                break
        return found

    def _draw_band(self, name: str, colour: str) -> None:
        if self.shown.band is None:
            return
        days, quantiles = with_start(self.shown.band.quantiles(name), SERIES[name].column.level)
        self.panel.fill(days, quantiles, colour, OUTER, INNER)
        width = points(0.08 * self.panel.px)
        self.panel.axes.plot(days, quantiles[2], color=self.colours.text, alpha=0.7, linewidth=width, zorder=2)

    def show(self, days: Days) -> None:
        seen = []
        for (name, *_), trace in zip(self.lines, self._traces, strict=True):
            y = trace.show(SERIES[name](days), SERIES[name].column.level)
            seen += [y, *([self.shown.band.quantiles(name)] if self.shown.band else [])]
        self.scale(min(0.0, lowest(*seen)), highest(*seen))
        self.say(days)

    def scale(self, low: float, high: float) -> None:
        """Set the ends of the vertical axis."""
        self.panel.set_ends(low, high, whole=not SERIES[self.series].column.level)


class LeakedPanel(LinesPanel):
    """Rounds that landed inside, total."""

    title, unit, series = "Rounds leaked", "rounds, total", "rounds_leaked"
    lines = (("rounds_leaked", "", "blue", "-"),)


class PressurePanel(LinesPanel):
    """The pressure index, total."""

    title, unit, series = "Pressure index", "points, total", "pressure"
    lines = (("pressure", "", "green", "-"),)


class SupplyPanel(LinesPanel):
    """Days of supply at the site that has least, and the minimum."""

    title, unit, series, so_far = "Lowest supply", "days", "lowest_supply_days", "days now"
    lines = (("lowest_supply_days", "", "orange", "-"),)

    def draw(self, left: float) -> None:
        super().draw(left)
        style: dict[str, Any] = {"color": self.colours.text, "linestyle": MINIMUM_STYLE, "zorder": 2}
        self.panel.axes.axhline(self.shown.minimum_days, linewidth=points(0.12 * self.panel.px), **style)

    def keys(self) -> list[HeadingKey]:
        minimum = f"minimum {number(self.shown.minimum_days)}"
        return [HeadingKey(self.title, bold=True), HeadingKey(minimum, self.colours.text, MINIMUM_STYLE)]

    def scale(self, low: float, high: float) -> None:
        super().scale(low, max(high, 1.25 * self.shown.minimum_days))


class LevelsPanel(LinesPanel):
    """The bilateral relation and Baghdad's capital, from 0 to 1."""

    unit, series = "level, 0 to 1", "relation"
    lines = (
        ("relation", "US–Iraq relation|relation", "blue", "-"),
        ("capital", "Baghdad's capital|capital", "orange", (0, (4, 1.5))),
    )

    def scale(self, low: float, high: float) -> None:
        super().scale(0.0, max(1.0, high))

    def wordings(self, days: Days) -> tuple[str, ...]:
        n, band = len(days), self.shown.band
        values = {name: float(days[name][-1]) for name, *_ in self.lines}
        if band is None or n > band.n_days:
            return (", ".join(f"{name} {number(value)}" for name, value in values.items()),)
        ranks = {name: band.rank(name, n, value) for name, value in values.items()}
        both = ", ".join(f"{name} {rank}" for name, rank in ranks.items())
        week = f"in week {(n - 1) // 7 + 1}"
        return f"{both} {week} of {band.n} runs", f"{both} {week}", both, " / ".join(ranks.values())


PANELS: Sequence[type[RunPanel]] = (
    SiteAttacksPanel,
    RoadAttacksPanel,
    LeakedPanel,
    SupplyPanel,
    LevelsPanel,
    PressurePanel,
)
