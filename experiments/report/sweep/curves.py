"""Chosen measures over a chosen factor, a line for each value of another: numbers and figure of `posture plot`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.analysis.results import Results
from experiments.analysis.schema import COLUMN_OF, MEASURE_COLUMNS, UNKNOWN, number_of, swept_in, unit_of_key
from experiments.report.style import panels as draw
from experiments.report.style.names import in_prose
from experiments.report.style.words import folded, labelled, with_unit
from experiments.report.sweep.numbers import GROUPS, MOST_VALUES
from sim.errors import ConfigError
from sim.numbers import number
from sim.statistics import Interval, mean_interval
from sim.suggestions import one_of

_MARKERS, _BETWEEN = "●○▲△■□◆◇", "·"
MOST_LINES, MOST_TICKS = len(_MARKERS), 8
_PANEL, _WORD = 3.0, 0.75  # inches that a panel has for its axis, and for a word on it
ASIDE = 0.02
"""How far the lines of a panel stand apart, as a share of the axis."""
_POLICY = "policy"
"""Posture and responses together, as a key."""


@dataclass(frozen=True)
class Line:
    """The means of a measure over `x` at one value of the other key (`name`; empty without one)."""

    name: str
    x: tuple[Any, ...]
    means: tuple[Interval, ...]


@dataclass(frozen=True)
class Curves:
    """`lines[measure]` over the values of a key; `words` if these are no numbers."""

    key: str
    by: str
    lines: dict[str, list[Line]]
    words: tuple[str, ...]
    replicates: int

    @property
    def title(self) -> str:
        """What is drawn over what."""
        each = f", by {in_prose(self.by)}" if self.by else ""
        return f"{', '.join(with_unit(m) for m in self.lines)} over {in_prose(self.key)}{each}"

    @property
    def label(self) -> str:
        """The key with its unit."""
        unit = unit_of_key(self.key)
        return labelled(in_prose(self.key), "" if unit == UNKNOWN else unit)


# --- numbers ---------------------------------------------------------------------------------------------
def curves_of(results: Results, key: str, measures: Sequence[str], by: str = "") -> Curves:
    """Means of the runs of a folder, with their t intervals over replicates: other factors are averaged over first."""
    if "runs" not in results:
        raise ConfigError(results.folder, "DIR", str(results.folder), "it must be a folder with runs.csv")
    if by == key:
        raise ConfigError(None, "--by", by, "it must be another key than that of --x")
    columns = [_measure(results, measure) for measure in measures]
    runs = _runs(results, [key, *([by] if by else [])], columns)
    words = () if pd.api.types.is_numeric_dtype(runs[key]) else tuple(map(str, runs[key].unique()))
    if not words:
        runs[key] = _grouped(runs[key])
    parts = [(_words(value), some) for value, some in runs.groupby(by, sort=True)] if by else [("", runs)]
    if len(parts) > MOST_LINES:
        raise ConfigError(None, "--by", by, f"it must be a key of at most {MOST_LINES} values; it has {len(parts)}")
    lines = {
        measure: [_line(name, some, key, column, words) for name, some in parts]
        for measure, column in zip(measures, columns, strict=True)
    }
    return Curves(key, by, lines, words, runs["number"].nunique())


def _words(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _measure(results: Results, measure: str) -> str:
    there = [column for column in results.columns("runs") if column in MEASURE_COLUMNS]
    column = COLUMN_OF.get(measure, measure)
    if column not in there:
        known = one_of(measure, [MEASURE_COLUMNS[each] for each in there])
        raise ConfigError(None, "--y", measure, f"it must be a measure of runs.csv, {known}")
    return column


def _runs(results: Results, keys: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
    """The runs with the keys, the measures, and `number`, by which runs of the same luck are known."""
    there = results.columns("runs")
    known = ["posture", "responses", *swept_in(there), _POLICY]
    for option, key in zip(("--x", "--by"), keys, strict=False):
        if key not in known:
            raise ConfigError(None, option, key, f"it must be a key of the sweep, {one_of(key, known)}")
    named = {_POLICY: "scenario"}
    frame = results.runs
    taken = {key: frame[named.get(key, key)] for key in keys} | {column: frame[column] for column in columns}
    runs = pd.DataFrame({**taken, "number": frame[number_of(frame)]})
    for key in keys:
        if not pd.api.types.is_numeric_dtype(runs[key]):
            runs[key] = runs[key].astype(object).where(runs[key].notna(), "none").astype(str)
    return runs


def _grouped(values: pd.Series[Any]) -> pd.Series[Any]:
    """Very many values as the middles of groups of neighbours."""
    levels = np.sort(values.unique())
    if len(levels) <= MOST_VALUES:
        return values
    middles = {level: group.mean() for group in np.array_split(levels, GROUPS) for level in group}
    return values.map(middles)


def _line(name: str, runs: pd.DataFrame, key: str, column: str, words: Sequence[str]) -> Line:
    found: dict[Any, Interval] = {value: _mean(some, column) for value, some in runs.groupby(key, sort=True)}
    order = [word for word in words if word in found] or list(found)
    return Line(name, tuple(order), tuple(found[value] for value in order))


def _mean(runs: pd.DataFrame, column: str) -> Interval:
    """Over points first, then over replicates: what luck leaves open."""
    each = runs.groupby("number")[column].mean().dropna().to_numpy()
    return mean_interval(each) if len(each) else Interval(np.nan, np.nan, np.nan)


# --- figure ----------------------------------------------------------------------------------------------
def figure_of(curves: Curves) -> Figure:
    """A panel for each measure, a line for each value of the other key."""
    n = len(curves.lines)
    columns = 2 if n == 4 else min(n, 3)
    figure = draw.new_figure(max(5.5, (_panel(curves) + 0.6) * columns), 1.6 + 2.8 * draw.rows_of(n, columns))
    grid = draw.panels(figure, n, columns)
    for axes, (measure, lines) in zip(grid, curves.lines.items(), strict=True):
        for k, line in enumerate(lines):
            aside = draw.offset(k, len(lines), ASIDE * _width(curves))  # intervals don't cover each other
            draw.means(axes, line.means, [x + aside for x in _places(curves, line)], k, **_style(curves, line))
        draw.panel_title(axes, with_unit(measure), size=9.5)
        _dress(axes, curves)
    note = f"mean with its 95% t interval over n = {curves.replicates:,} replicates; other factors averaged over. "
    note += "Points share their luck: differences are better known than the bars say"
    draw.key(figure, grid[0], note, size=9.5)
    draw.headline(figure, curves.title)
    return figure


def _style(curves: Curves, line: Line) -> dict[str, Any]:
    label = f"{in_prose(curves.by)} {line.name}" if curves.by else "all runs"
    return {"upright": True, "linestyle": "none" if curves.words else "-", "linewidth": 1.3, "label": label}


def _places(curves: Curves, line: Line) -> list[float]:
    """Where the values stand on the axis."""
    return [curves.words.index(value) for value in line.x] if curves.words else list(line.x)


def _panel(curves: Curves) -> float:
    """Inches for the axis of a panel: words have room."""
    return max(_PANEL, _WORD * len(curves.words))


def _width(curves: Curves) -> float:
    """From the first to the last place on the axis; of one place, 1."""
    places = [x for lines in curves.lines.values() for line in lines for x in _places(curves, line)]
    return (max(places) - min(places)) or 1.0


def _ticks(curves: Curves) -> tuple[list[float], list[str]]:
    """The values themselves, if they are few; none if the axis has to find its own."""
    if curves.words:
        return list(map(float, range(len(curves.words)))), list(curves.words)
    values = sorted({float(x) for lines in curves.lines.values() for line in lines for x in line.x})
    return (values, [number(value) for value in values]) if len(values) <= MOST_TICKS else ([], [])


def _dress(axes: Axes, curves: Curves) -> None:
    axes.set_xlabel(folded(curves.label, 9, _panel(curves)), fontsize=9)
    axes.tick_params(labelsize=8.5)
    places, words = _ticks(curves)
    if curves.words:
        words = [folded(word, 8.5, _panel(curves) / len(words)) for word in words]
    if places:
        axes.set_xticks(places, words)
    draw.clean(axes)
    axes.grid(color="0.92")


# --- in the terminal ---------------------------------------------------------------------------------------
def in_terminal(curves: Curves, width: int, height: int) -> Iterator[str]:
    """Each measure as text, by plotext (extra `plot`): which mark is which, then the plot."""
    import plotext

    for measure, lines in curves.lines.items():
        plotext.clear_figure()
        plotext.plot_size(width, height)
        plotext.theme("clear")
        for line in lines if not curves.words else ():
            plotext.plot(_places(curves, line), [interval.mean for interval in line.means], marker=_BETWEEN)
        for mark, line in zip(_MARKERS, lines, strict=False):
            plotext.scatter(_places(curves, line), [interval.mean for interval in line.means], marker=mark)
        places, words = _ticks(curves)
        if places:
            plotext.xticks(places, words)
        if curves.words:
            plotext.xlim(-0.5, len(curves.words) - 0.5)
        plotext.xlabel(curves.label)
        marks = [f"{mark} {line.name}" for mark, line in zip(_MARKERS, lines, strict=False)]
        by = f", by {in_prose(curves.by)}: {'  '.join(marks)}" if curves.by else ""
        yield f"{with_unit(measure)}{by}\n{plotext.uncolorize(plotext.build())}"
