"""Two factors against each other: the mean of each chosen measure at every pair of their values."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from experiments.report.page.document import Picture
from experiments.report.style import panels as draw
from experiments.report.style.forest import LABEL, LABEL_WIDTH, room_for
from experiments.report.style.heatmap import cells, fixed_colours, write_cells
from experiments.report.style.names import in_prose
from experiments.report.style.words import folded, readable, sentence, with_unit
from experiments.report.sweep.effects import main_effects
from experiments.report.sweep.numbers import Swept, SweptFactor, mean_over
from sim.numbers import number


def heat_maps(swept: Swept) -> Iterator[Picture]:
    """A picture for each chosen measure, of the two factors that move the first of these most; none of one factor."""
    pair = _pair(swept)
    if pair is None:
        return
    for measure in swept.chosen:
        table = table_of(swept, measure, *pair)
        note = f"Mean over n = {swept.replicates:,} replicates and all other factors; darker is more."
        title = f"{sentence(readable(measure))} by {in_prose(pair[0].key)} and {in_prose(pair[1].key)}"
        words = f"{title}: from {number(np.nanmin(table))} to {number(np.nanmax(table))}"
        yield Picture(f"sweep_heat_{measure}", title, words, _figure(table, measure, *pair), note)


def _pair(swept: Swept) -> tuple[SweptFactor, SweptFactor] | None:
    """Rows and columns: two factors of a few values, of which every pair was run."""
    by_size = [effect.factor for effect in main_effects(swept, swept.chosen[0])]
    for pair in itertools.combinations(by_size, 2):
        if np.isfinite(table_of(swept, swept.chosen[0], *pair)).all():
            rows, columns = sorted(pair, key=lambda factor: (factor.numeric, len(factor.levels)))
            return rows, columns
    return None


def table_of(swept: Swept, measure: str, rows: SweptFactor, columns: SweptFactor) -> NDArray[np.float64]:
    """The mean at each pair of values, each point of the same weight."""
    means = swept.means(measure)
    at = [
        [swept.where(rows.key, row) & swept.where(columns.key, column) for column in columns.levels]
        for row in rows.levels
    ]
    return np.array([[mean_over(means[points], axis=0) for points in line] for line in at], dtype=float)


def _figure(table: NDArray[np.float64], measure: str, rows: SweptFactor, columns: SweptFactor) -> Figure:
    labels = [folded(label, LABEL, LABEL_WIDTH) for label in _labels(rows)]
    room, high = room_for(labels)
    figure = draw.new_figure(max(room + 0.75 * len(columns.levels) + 0.9, 4.2), 1.5 + max(high, 0.42) * len(labels))
    axes, colours = figure.add_subplot(), fixed_colours("YlGnBu")
    norm = Normalize(table.min(), table.max() if np.ptp(table) else table.max() + 1.0)
    cells(axes, table, colours, norm)
    write_cells(axes, [[number(value) for value in row] for row in table], np.asarray(norm(table)), colours)
    axes.set_yticks(np.arange(len(labels)) + 0.5, labels, fontsize=LABEL)
    axes.set_xticks(np.arange(len(columns.levels)) + 0.5, _labels(columns), fontsize=LABEL)
    wide, tall = figure.get_size_inches()
    axes.set_xlabel(folded(in_prose(columns.key), LABEL, wide - room - 1.0), fontsize=LABEL)
    axes.set_ylabel(folded(in_prose(rows.key), LABEL, tall - 0.8), fontsize=LABEL)
    draw.headline(figure, with_unit(measure))
    return figure


def _labels(factor: SweptFactor) -> Sequence[str]:
    return [number(level) if factor.numeric else str(level) for level in factor.levels]
