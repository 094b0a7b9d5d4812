"""Figures of a comparison: each title says what the numbers show, computed from them.

Colours are those of Okabe and Ito ("Color Universal Design", 2008), told apart with any kind of colour
vision; postures differ in their markers too. Figure objects only: no pyplot, no global state.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator

from experiments.columns import COUNTED
from experiments.compare import MAIN_MEASURES, Comparison, Pair
from experiments.statistics import Interval, Values, mean_interval, spread
from experiments.store import replacing
from sim.measures import BY_NAME

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = "osD^vPX"
REPORTED = {"fire_attacks": ("S2", (19, 11, 27)), "convoy_attacks": ("S1", (14, 27, 25))}
"""Attacks reported for the quarters of 2020 (SOURCE.md)."""
REPORTED_START, REPORTED_ENDS = date(2020, 1, 1), (91, 182, 274)
KIND_TITLES = {"fire_attacks": "Rocket and drone attacks", "convoy_attacks": "Bombs against supply convoys"}
DISTRIBUTIONS = (
    "fire_attacks",
    "rounds_leaked",
    "us_wounded",
    "convoy_attacks",
    "trucks_lost",
    "civilian_harm",
)


def write_figures(comparison: Comparison, folder: Path) -> list[str]:
    """Draw every figure into a folder; their names."""
    figures = {
        "differences.png": differences(comparison),
        "quarters.png": quarters(comparison),
        "distributions.png": distributions(comparison),
    }
    for name, figure in figures.items():
        with replacing(folder / name, "wb") as file:
            figure.savefig(file, format="png", dpi=150)
    return list(figures)


def _figure(width: float, height: float) -> Figure:
    """An empty figure, its size in inches."""
    figure = Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.1))
    FigureCanvasAgg(figure)
    return figure


def _look(n: int) -> dict[str, Any]:
    """Colour and marker of the n-th posture."""
    return {"color": COLOURS[n % len(COLOURS)], "marker": MARKERS[n % len(MARKERS)]}


def _clean(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)


def readable(measure: str) -> str:
    """`us_wounded` as words."""
    return (
        measure.replace("_", " ").replace("us ", "US ", 1) if measure.startswith("us_") else measure.replace("_", " ")
    )


# --- differences ---------------------------------------------------------------------------------------
def _shown(comparison: Comparison) -> list[str]:
    """Main measures that can be given in per cent of the base."""
    base = comparison.names[0]
    return [m for m in MAIN_MEASURES if abs(comparison.interval(base, m).mean) > 0]


def differences_title(comparison: Comparison) -> str:
    """What the main measures show, a line for each posture."""
    base = comparison.names[0]
    return "\n".join(
        _finding([comparison.pair(name, m) for m in _shown(comparison)], name, base) for name in comparison.names[1:]
    )


def _finding(pairs: Sequence[Pair], name: str, base: str) -> str:
    """The two kinds of attack, and how many measures moved for certain."""
    attacks = [f"{readable(p.measure)} {_percent(p)}" for p in pairs if p.measure in KIND_TITLES]
    below, above = (sum(p.difference.clear and (p.difference.mean < 0) == low for p in pairs) for low in (True, False))
    rest = len(pairs) - below - above
    counts = f"of {len(pairs)} main measures {below} lower, {above} higher, {rest} undecided"
    first = f"{', '.join(attacks)};\n" if attacks else ""
    return f"{name} against {base}: {first}{counts}"


def _percent(pair: Pair) -> str:
    """The difference in per cent of the base, with its sign."""
    return f"{100 * pair.difference.mean / abs(pair.base_value.mean):+.0f}%".replace("-", "−")


def differences(comparison: Comparison) -> Figure:
    """Paired differences of the main measures in per cent of the base's mean, with 95% t intervals."""
    shown, others = _shown(comparison), comparison.names[1:]
    figure = _figure(8.5, 1.9 + (0.34 + 0.1 * len(others)) * max(len(shown), 3))
    axes = figure.add_subplot()
    for n, name in enumerate(others):
        _draw_differences(axes, comparison, name, shown, _offset(n, len(others), 0.5), _look(n + 1))
    axes.axvline(0, color="0.4", linewidth=1)
    axes.set_yticks(range(len(shown)), [readable(m) for m in shown])
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_xlabel(
        f"paired difference from {comparison.names[0]}, % of its mean (bars: 95% t interval, n = {comparison.n} pairs)"
    )
    axes.grid(axis="x", color="0.9")
    axes.set_axisbelow(True)
    _clean(axes)
    if len(others) > 1:
        figure.legend(loc="outside lower center", ncols=4, frameon=False)
    figure.suptitle(differences_title(comparison), fontsize=11, x=0.02, ha="left")
    return figure


def _offset(n: int, of: int, width: float) -> float:
    """Where the n-th of several marks stands around a tick."""
    return 0.0 if of == 1 else width * (n / (of - 1) - 0.5)


def _draw_differences(
    axes: Axes, comparison: Comparison, name: str, shown: Sequence[str], offset: float, look: dict[str, Any]
) -> None:
    pairs = [comparison.pair(name, measure) for measure in shown]
    scale = np.array([100 / abs(pair.base_value.mean) for pair in pairs])
    middle = scale * [pair.difference.mean for pair in pairs]
    bars = scale * _bars([pair.difference for pair in pairs])
    axes.errorbar(
        middle,
        np.arange(len(shown)) + offset,
        xerr=bars,
        fmt=look["marker"],
        color=look["color"],
        capsize=3,
        label=name,
    )


def _bars(intervals: Sequence[Interval]) -> Any:
    """Lengths below and above the means, as matplotlib wants them; 0 where the interval is unknown."""
    lengths = np.array([(i.mean - i.low, i.high - i.mean) for i in intervals]).reshape(-1, 2).T
    return np.nan_to_num(np.maximum(lengths, 0.0))


# --- quarters ------------------------------------------------------------------------------------------
def _is_reported_year(comparison: Comparison) -> bool:
    """Whether the runs cover just the quarters that were reported."""
    postures = [scenario.posture for scenario in comparison.scenarios]
    return all(
        p.start == REPORTED_START and tuple(p.quarter_ends_days) == REPORTED_ENDS and p.days >= REPORTED_ENDS[-1]
        for p in postures
    )


def quarters_title(comparison: Comparison, kind: str) -> str:
    """Attacks of a kind over the three quarters, by posture, beside what was reported."""
    parts = [f"{name} {_year(comparison, name, kind):.0f}" for name in comparison.names]
    if _is_reported_year(comparison):
        parts.append(f"reported {sum(REPORTED[kind][1])}")
    return f"{KIND_TITLES[kind]}, three quarters:\n{', '.join(parts)}"


def _year(comparison: Comparison, name: str, kind: str) -> float:
    values = comparison.values[name]
    return float(sum(values[f"{kind}_q{q}"].mean() for q in (1, 2, 3)))


def quarters(comparison: Comparison) -> Figure:
    """Attacks by kind, quarter and posture, beside the reported quarters (one run of history)."""
    figure = _figure(10.5, 5.2)
    for n, kind in enumerate(KIND_TITLES):
        axes = figure.add_subplot(1, 2, n + 1)
        _draw_quarters(axes, comparison, kind)
        axes.set_title(quarters_title(comparison, kind), fontsize=11, loc="left")
        axes.set_ylabel("attacks in the quarter")
        axes.set_xlabel("quarter of the run")
        axes.margins(y=0.08)
        axes.set_ylim(bottom=0)
        _clean(axes)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    note = f"marker: mean; capped bar: its 95% t interval; thin bar: 5th to 95th percentile of {comparison.n} runs"
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False, title=note, title_fontsize=9)
    return figure


def _draw_quarters(axes: Axes, comparison: Comparison, kind: str) -> None:
    at, names, reported = np.arange(3), comparison.names, _is_reported_year(comparison)
    slots = len(names) + int(reported)
    for n, name in enumerate(names):
        values = [comparison.values[name][f"{kind}_q{q}"] for q in (1, 2, 3)]
        _draw_posture(axes, at + _offset(n, slots, 0.5), values, _look(n), name)
    if reported:
        sources = " and ".join(sorted(source for source, _ in REPORTED.values()))
        style: dict[str, Any] = {"markersize": 13, "markerfacecolor": "none", "color": "black"}
        x = at + _offset(slots - 1, slots, 0.5)
        axes.plot(x, REPORTED[kind][1], "*", label=f"reported ({sources})", **style)
    axes.set_xticks(at, ["Q1", "Q2", "Q3"])
    axes.set_xlim(-0.5, 2.5)


def _draw_posture(axes: Axes, x: Any, values: Sequence[Values], look: dict[str, Any], name: str) -> None:
    """Spread of the runs, mean and its interval, at each x."""
    lows, highs = zip(*map(spread, values), strict=True)
    axes.vlines(x, lows, highs, color=look["color"], linewidth=1)
    intervals = [mean_interval(each) for each in values]
    style: dict[str, Any] = {
        "fmt": look["marker"],
        "color": look["color"],
        "elinewidth": 2.5,
        "capsize": 7,
        "capthick": 1.5,
    }
    axes.errorbar(x, [i.mean for i in intervals], yerr=_bars(intervals), markersize=4, label=name, **style)


# --- distributions -------------------------------------------------------------------------------------
def distributions(comparison: Comparison) -> Figure:
    """How single runs spread, by posture."""
    names = comparison.names
    figure = _figure(10.5, 2.6 + 1.2 * len(names))
    for n, measure in enumerate(DISTRIBUTIONS):
        axes = figure.add_subplot(2, 3, n + 1)
        _draw_boxes(axes, [comparison.values[name][measure] for name in names])
        axes.set_yticks(range(1, len(names) + 1), names)
        axes.set_title(distribution_title(comparison, measure), fontsize=10, loc="left")
        axes.set_xlabel(
            f"{readable(measure)} [{BY_NAME[measure].unit}]" if BY_NAME[measure].unit != "1" else readable(measure)
        )
        axes.invert_yaxis()
        if BY_NAME[measure].unit in COUNTED:
            axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        _clean(axes)
    figure.suptitle(
        f"How far runs differ: box 25–75%, line median, whiskers 5–95% of {comparison.n} runs",
        fontsize=11,
        x=0.02,
        ha="left",
    )
    return figure


def distribution_title(comparison: Comparison, measure: str) -> str:
    """The medians, in the order of the postures."""
    medians = [f"{np.median(comparison.values[name][measure]):g}" for name in comparison.names]
    return f"median {' → '.join(medians)}"


def _draw_boxes(axes: Axes, values: Sequence[Values]) -> None:
    boxes = axes.boxplot(
        list(values), orientation="horizontal", whis=(5, 95), showfliers=False, patch_artist=True, widths=0.6
    )
    for n, box in enumerate(boxes["boxes"]):
        box.set(facecolor=COLOURS[n % len(COLOURS)], alpha=0.6)
    for line in boxes["medians"]:
        line.set(color="black", linewidth=2)
