"""Figures of a calibration: what was learned, what the runs say of each target, and the proof by simulation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.calibration.outputs import QUANTILES
from experiments.calibration.posterior import quantiles
from experiments.calibration.recovery import BINS, DRAWS, LEVELS, Found
from experiments.calibration.study import Calibration
from experiments.report.marks import COLOURS, MARKERS, clean, headline, new_figure
from experiments.report.text import folded
from experiments.store import replacing

FIGURES = ("learned.png", "fitted.png", "recovery.png")
QUICK = "QUICK SETTING, A TRY-OUT. "


def write_figures(calibration: Calibration, folder: Path) -> None:
    """Draw `FIGURES` into a folder."""
    drawn = (learned(calibration), fitted(calibration), recovery(calibration))
    for name, figure in zip(FIGURES, drawn, strict=True):
        with replacing(folder / name, "wb") as file:
            figure.savefig(file, format="png", dpi=150)


def _title(calibration: Calibration, figure: Figure, text: str) -> None:
    headline(figure, (QUICK if calibration.setting.quick else "") + text)


# --- what was learned ----------------------------------------------------------------------------------
def learned(calibration: Calibration) -> Figure:
    """Posterior of each parameter on the scale of its prior, where the prior is the whole width."""
    order = sorted(range(len(calibration.priors.keys)), key=lambda n: not calibration.priors.priors[n].calibrated)
    figure = new_figure(9.5, 1.6 + 0.21 * len(order))
    axes = figure.add_subplot()
    parameters = calibration.identified.parameters
    for y, n in enumerate(order):
        ends = quantiles(calibration.whole[:, n], calibration.posterior.weights, [0.05, 0.25, 0.5, 0.75, 0.95])
        colour = COLOURS[0] if parameters[n].calibrated else "0.45"
        axes.hlines(y, ends[0], ends[4], color=colour, linewidth=1.2)
        axes.hlines(y, ends[1], ends[3], color=colour, linewidth=4)
        axes.plot(ends[2], y, "o", color="white", markeredgecolor=colour, markersize=5)
        axes.text(1.02, y, f"{parameters[n].contraction:.2f}", va="center", fontsize=8, clip_on=False)
    for q in (0.05, 0.95):
        axes.axvline(q, color=COLOURS[1], linewidth=1, linestyle="--")
    axes.text(1.02, -1.3, "contraction", fontsize=8, va="center", clip_on=False)
    axes.set_yticks(range(len(order)), [_label(parameters[n].key) for n in order], fontsize=8)
    axes.set_ylim(len(order) - 0.4, -0.9)
    axes.set_xlim(0, 1)
    axes.set_xlabel(
        "quantile of the prior (dashed: its 5% and 95%)\nthin bar: 5% to 95% of the posterior, thick: middle half"
    )
    clean(axes)
    _title(calibration, figure, _learned_title(calibration))
    return figure


def _learned_title(calibration: Calibration) -> str:
    found = calibration.identified
    clear = [p.key for p in found.parameters if p.contraction > found.floor]
    names = ", ".join(_label(key) for key in clear) or "none"
    return (
        f"More than chance (contraction above {found.floor:.2f}) was learned of {len(clear)} of the "
        f"{len(found.parameters)} parameters: {names}. Blue: calibrated. "
        f"{len(calibration.posterior.unit)} draws, worth {calibration.posterior.effective_size:.0f}"
    )


def _label(key: str) -> str:
    """`skill.at_start` as `at start (skill)`."""
    section, name = key.split(".")
    return f"{name.replace('_', ' ')} ({section})"


# --- targets -------------------------------------------------------------------------------------------
def fitted(calibration: Calibration) -> Figure:
    """Each fitted target: runs from the prior and accepted runs, with what was reported."""
    targets = calibration.loaded.targets.fitted
    figure = new_figure(9.5, 1.9 + 0.42 * len(targets))
    axes = figure.add_subplot()
    for k, target in enumerate(targets):
        before = np.nanquantile(calibration.prior_counts[:, k], QUANTILES)
        after = quantiles(calibration.posterior_counts[:, k], calibration.posterior.weights, QUANTILES)
        for shift, ends, n in ((-0.16, before, 1), (0.16, after, 0)):
            label = ("accepted runs", "runs from the prior")[n] if k == 0 else ""
            axes.hlines(k + shift, ends[0], ends[2], color=COLOURS[n], linewidth=2.5, label=label)
            axes.plot(ends[1], k + shift, MARKERS[n], color=COLOURS[n], markersize=5)
        reported = next(v for v in (target.value, target.at_least, target.at_most) if v is not None)
        mark = "*" if target.value is not None else ">" if target.at_least is not None else "<"
        label = "reported (▸: at least)" if k == 0 else ""
        axes.plot(reported, k, mark, color="black", markerfacecolor="none", markersize=11, label=label, linestyle="")
    axes.set_yticks(range(len(targets)), [target.name for target in targets], fontsize=9)
    axes.set_ylim(len(targets) - 0.4, -0.6)
    axes.set_xlim(left=-1)
    axes.set_xlabel(
        "attacks, or people killed or wounded, in the window; bar: 5% to 95% of single runs, marker: median"
    )
    axes.grid(axis="x", color="0.9")
    clean(axes)
    axes.legend(frameon=False, loc="lower right")
    n_prior, n = len(calibration.prior_counts), len(calibration.posterior.unit)
    _title(calibration, figure, f"Reported figures, {n_prior} runs from the prior and {n} accepted runs (weighted)")
    return figure


# --- recovery ------------------------------------------------------------------------------------------
def recovery(calibration: Calibration) -> Figure:
    """Ranks of the truth, all parameters together, and coverage against the level, for each method."""
    methods = list(dict.fromkeys(row.method for row in calibration.found))
    figure = new_figure(10.5, 3.9)
    grid = figure.subplots(1, len(methods) + 1)
    for axes, method in zip(grid, methods, strict=False):
        _ranks(axes, method, [row for row in calibration.found if row.method == method])
    for n, method in enumerate(methods):
        _coverage(grid[-1], n, method, [row for row in calibration.found if row.method == method])
    grid[-1].plot([0.4, 1], [0.4, 1], color="0.6", linestyle="--", linewidth=1)
    grid[-1].set_title("Coverage", fontsize=10, loc="left")
    grid[-1].set_xlabel("level of the interval")
    grid[-1].set_ylabel("share that holds the truth")
    grid[-1].legend(frameon=False, fontsize=8)
    clean(grid[-1])
    text = f"Truth known: {calibration.sets} synthetic sets × {calibration.priors.calibrated.dimension} parameters. "
    text += "Ranks should be even, coverage on the diagonal; grey: where 95% of counts lie if they are"
    _title(calibration, figure, text)
    return figure


def _ranks(axes: Axes, method: str, rows: Sequence[Found]) -> None:
    from scipy.stats import binom

    counts = np.bincount([row.rank * BINS // (DRAWS + 1) for row in rows], minlength=BINS)
    low, high = binom.ppf([0.025, 0.975], len(rows), 1 / BINS)
    axes.axhspan(low, high, color="0.88")
    axes.bar(np.arange(BINS) * 2 + 0.5, counts, width=1.8, color=COLOURS[0])
    axes.set_title(folded(f"{method}: {len(rows)} ranks", 10, 2.2), fontsize=10, loc="left")
    axes.set_xlabel(f"rank of the truth among {DRAWS} draws")
    axes.set_ylabel("count")
    clean(axes)


def _coverage(axes: Axes, n: int, method: str, rows: Sequence[Found]) -> None:
    inside = np.mean([row.inside for row in rows], axis=0)
    axes.plot(LEVELS, inside, color=COLOURS[n], marker=MARKERS[n], label=method)
