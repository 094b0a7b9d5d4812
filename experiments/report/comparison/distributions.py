"""How single runs spread, by scenario."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from experiments.files.columns import COUNTED
from experiments.report.style.colours import COLOURS, FEW, headline, label_rows, new_figure, room_for, row_labels
from experiments.report.style.words import folded, short_labels, with_unit
from experiments.runs.compare import Comparison
from sim.measures import BY_NAME
from sim.statistics import Values

DISTRIBUTIONS = (
    "fire_attacks",
    "rounds_leaked",
    "us_wounded",
    "convoy_attacks",
    "trucks_lost",
    "civilian_harm",
)
PANEL_WIDTH = 3.1


def distributions(comparison: Comparison) -> Figure:
    """Boxes of single runs: a panel for each measure, a row for each scenario."""
    labels = row_labels(comparison.names)
    labels_width, row = room_for(labels)
    row = max(row, 0.6) if len(labels) <= FEW else row
    figure = new_figure(labels_width + 3 * PANEL_WIDTH, 0.8 + 2 * (1.05 + row * len(labels)))
    grid = figure.subplots(2, 3, sharey=True)
    measures = shown(comparison)
    for axes in grid.flat[len(measures) :]:
        axes.remove()
    for axes, measure in zip(grid.flat, measures, strict=False):
        _draw_boxes(axes, [comparison.values[name][measure] for name in comparison.names])
        label_rows(axes, labels)
        title = folded(distribution_title(comparison, measure), 9.5, PANEL_WIDTH - 0.35)
        axes.set_title(title, fontsize=9.5, loc="left")
        axes.set_xlabel(with_unit(measure), fontsize=9.5)
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=BY_NAME[measure].unit in COUNTED))
    headline(figure, f"How far runs differ: box 25–75%, line median, whiskers 5–95% of {comparison.n} runs")
    return figure


def shown(comparison: Comparison) -> list[str]:
    """The measures that have a panel."""
    return comparison.among(DISTRIBUTIONS, len(DISTRIBUTIONS))


def distribution_title(comparison: Comparison, measure: str) -> str:
    """The medians in the order of the scenarios; of many, the base's, the lowest and the highest."""
    medians = {name: float(np.median(comparison.values[name][measure])) for name in comparison.names}
    if len(medians) <= FEW:
        return f"median {' → '.join(f'{median:g}' for median in medians.values())}"
    low, high = min(medians, key=medians.__getitem__), max(medians, key=medians.__getitem__)
    base, labels = comparison.names[0], short_labels(comparison.names)
    ends = f"lowest {medians[low]:g} ({labels[low]}), highest {medians[high]:g} ({labels[high]})"
    return f"median of {base} {medians[base]:g};\n" + (ends if medians[low] < medians[high] else "all the same")


def _draw_boxes(axes: Axes, values: Sequence[Values]) -> None:
    boxes = axes.boxplot(
        list(values),
        positions=range(len(values)),
        orientation="horizontal",
        whis=(5, 95),
        showfliers=False,
        patch_artist=True,
        widths=0.6,
    )
    many = len(values) > FEW  # then rows tell them apart, and the base alone has a colour of its own
    for n, box in enumerate(boxes["boxes"]):
        box.set(facecolor=COLOURS[min(n, 1) if many else n % len(COLOURS)], alpha=0.6)
    for line in boxes["medians"]:
        line.set(color="black", linewidth=2)
