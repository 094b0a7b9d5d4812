"""Figure of the rival structures: the difference of each pair of postures under each structure."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from matplotlib.axes import Axes

from experiments.report import study
from experiments.report.structures import numbers
from experiments.report.study import Drawn, Tabled, in_order, of_measure, with_unit_of
from experiments.report.style import panels as draw
from experiments.report.style.forest import label_rows, room_for, row_labels
from experiments.report.style.names import instead
from experiments.report.style.panels import means, new_figure, panel_title
from experiments.report.style.words import readable, sentence

COLUMNS, PANEL_WIDTH = 3, 2.9


def charts(answers: pd.DataFrame, _: Tabled) -> Iterator[Drawn]:
    """For each pair a figure: a panel a measure, a row a structure."""
    for n, pair in enumerate(numbers.pairs(answers)):
        yield _chart(numbers.of_pair(answers, pair), pair, f"structures_{n + 1}")


def _chart(rows: pd.DataFrame, pair: numbers.Pair, name: str) -> Drawn:
    labels, measures = (
        row_labels([numbers.structure_label(name) for name in in_order(rows, "structure")]),
        in_order(rows, "measure"),
    )
    (room, row), across = room_for(labels), min(len(measures), COLUMNS)
    down = draw.rows_of(len(measures), across)
    figure = new_figure(room + across * PANEL_WIDTH, 1.2 + down * (0.9 + row * len(labels)))
    words = []
    for axes, measure in zip(draw.panels(figure, len(measures), across, sharey=True), measures, strict=True):
        words.append(_draw(axes, of_measure(rows, measure), measure))
        label_rows(axes, labels)
    finding = f"{sentence(instead(*pair))}, under {len(labels)} structures: {'; '.join(words)}"
    how = "Mean over states of the world with its 95% t interval."
    return Drawn(name, figure, finding, how, f"Dot chart, a row a structure: {finding}.")


def _draw(axes: Axes, rows: pd.DataFrame, measure: str) -> str:
    """The differences of a measure; under how many structures they have which sign."""
    found = numbers.by_structure(rows)
    axes.axvline(0, color="0.4", linewidth=1)
    means(axes, list(found.values()), range(len(found)))
    draw.clean(axes)
    counts = ", ".join(f"{side} {len(names)}" for side, names in numbers.by_side(found))
    panel_title(axes, f"{with_unit_of(rows, measure)}\n{counts}", size=9.5, width=PANEL_WIDTH - 0.35)
    return f"{readable(measure)} {counts}"


pictures = study.pictures(("structures", charts))
