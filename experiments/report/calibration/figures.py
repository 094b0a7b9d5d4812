"""Figures of a calibration, drawn from its tables: what was learned, the fit, and the proof by simulation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.report.calibration.recovery import ranks, recovery
from experiments.report.page.document import Picture
from experiments.report.reported import reported, root_axis
from experiments.report.study_figures import Drawn, in_prose, is_quick, listed
from experiments.report.style.colours import COLOURS, MARKERS, clean, label_rows, new_figure
from experiments.studies.calibration.posterior import quantiles
from sim.numbers import percent

PRIOR, POSTERIOR = (tuple(f"{when}_q{q}" for q in ("05", "50", "95")) for when in ("prior", "posterior"))
Tables = Mapping[str, pd.DataFrame]
"""Tables by name (`calibration_parameters` …), and the draws as `ensemble`; any may be missing."""


def pictures(tables: Tables, study: Mapping[str, Any]) -> list[Picture]:
    """Every figure that the tables allow; `study` is the entry of the manifest, or empty."""
    quick = any(map(is_quick, tables.values()))
    return [drawn.picture(quick=quick) for drawn in _all(tables, study)]


def _all(tables: Tables, about: Mapping[str, Any]) -> Iterator[Drawn]:
    if "calibration_parameters" in tables:
        yield learned(tables["calibration_parameters"], tables.get("ensemble"))
    if "calibration_targets" in tables:
        yield fitted(tables["calibration_targets"], tables.get("ensemble"), about.get("runs_from_the_prior"))
    if "calibration_recovery" in tables:
        yield recovery(tables["calibration_recovery"])
    if "calibration_ranks" in tables:
        yield ranks(tables["calibration_ranks"])


# --- what was learned ----------------------------------------------------------------------------------
def informed(parameters: pd.DataFrame) -> pd.DataFrame:
    """The parameters of which more was learned than chance allows, the most first."""
    clear = parameters[parameters["contraction"] > parameters["chance_floor"]]
    return clear.sort_values("contraction", ascending=False, kind="stable")


def worth(ensemble: pd.DataFrame) -> float:
    """How many equally weighted draws are worth as much (Kish 1965)."""
    weights = ensemble["weight"].to_numpy(float)
    return float(weights.sum() ** 2 / np.sum(weights**2))


def draws_in_words(ensemble: pd.DataFrame | None) -> str:
    """`520 draws, worth 428`; empty without the ensemble."""
    return "" if ensemble is None else f"{len(ensemble):,} draws, worth {worth(ensemble):,.0f}"


def learned(parameters: pd.DataFrame, ensemble: pd.DataFrame | None) -> Drawn:
    """Posterior of each parameter beside its prior, and the contraction, the most informed first."""
    rows = parameters.sort_values("contraction", ascending=False, kind="stable")
    figure = new_figure(9.8, 2.5 + 0.2 * len(rows))
    left, right = figure.subplots(1, 2, width_ratios=(3, 1), sharey=True)
    left.axvspan(0, 1, color="0.92", linewidth=0, label="prior, 5% to 95%")
    for y, row in enumerate(rows.to_dict("records")):
        _draw_learned(left, y, row, ensemble)
    label_rows(left, [in_prose(key) for key in rows["parameter"]])
    left.set_xlim(*_ends(left))
    left.set_xticks([0, 1], ["prior's 5%", "prior's 95%"])
    left.set_xlabel("value (logarithmic where the prior is)")
    _draw_contraction(right, rows)
    _legend_learned(figure, ensemble)
    clear = informed(parameters)
    names = f": {listed(in_prose(key) for key in clear['parameter'])}" if len(clear) else ""
    n = draws_in_words(ensemble)
    return Drawn(
        "learned",
        figure,
        f"The reported figures tell more than chance of {len(clear)} of {len(rows)} parameters{names}",
        f"Bars are the posterior, a blue one is known better than by chance{f'; {n}' if n else ''}.",
        "calibration_parameters",
        f"Posterior beside prior of {len(rows)} parameters, sorted by how much was learned; "
        f"{len(rows) - len(clear)} keep about the width of their prior.",
    )


def _draw_learned(axes: Axes, y: int, row: Mapping[Any, Any], ensemble: pd.DataFrame | None) -> None:
    prior, ends = ([float(row[name]) for name in names] for names in (PRIOR, POSTERIOR))
    colour = COLOURS[0] if row["contraction"] > row["chance_floor"] else "0.45"
    draws = ensemble[row["parameter"]] if ensemble is not None and row["parameter"] in ensemble else None
    if np.isnan(ends).any():
        if draws is not None and ensemble is not None:
            axes.text(0.5, y, _words(draws, ensemble["weight"]), ha="center", va="center", fontsize=8, color=colour)
        return
    low, middle, high = _places(np.array(ends), prior)
    axes.hlines(y, low, high, color=colour, linewidth=1.4)
    if draws is not None and ensemble is not None:
        half = quantiles(draws.to_numpy(float), ensemble["weight"].to_numpy(float), [0.25, 0.75])
        axes.hlines(y, *_places(half, prior), color=colour, linewidth=4.5)
    fill = colour if row["calibrated"] else "white"
    axes.plot(middle, y, "o", color=fill, markeredgecolor=colour, markersize=5.5)


def _places(values: Any, prior: list[float]) -> Any:
    """Where values lie between the prior's 5% (0) and 95% (1); of logarithms where its median says so."""
    low, middle, high = prior
    if low == high:
        return np.full(len(values), 0.5)
    if low > 0 and abs(middle - np.sqrt(low * high)) < abs(middle - (low + high) / 2):
        values, low, high = np.log(values), np.log(low), np.log(high)
    return (np.asarray(values) - low) / (high - low)


def _ends(axes: Axes) -> tuple[float, float]:
    low, high = axes.get_xlim()
    return min(low, -0.1), max(high, 1.1)


def _words(draws: pd.Series, weights: pd.Series) -> str:
    shares = weights.groupby(draws).sum() / weights.sum()
    return ", ".join(f"{word} {percent(value)}" for word, value in shares.sort_values(ascending=False).items())


def _draw_contraction(axes: Axes, rows: pd.DataFrame) -> None:
    clear = rows["contraction"] > rows["chance_floor"]
    colours = [COLOURS[0] if each else "0.65" for each in clear]
    axes.barh(range(len(rows)), rows["contraction"], color=colours, height=0.6)
    axes.axvline(float(rows["chance_floor"].iloc[0]), color=COLOURS[1], linestyle="--", linewidth=1.2)
    axes.axvline(0, color="0.3", linewidth=0.8)
    axes.set_xlim(min(-0.15, float(rows["contraction"].min()) - 0.02), 1)
    axes.set_xlabel("contraction\n0: nothing learned, 1: all")
    axes.tick_params(axis="y", length=0, labelleft=False)
    axes.tick_params(axis="x", labelsize=8.5)
    axes.grid(axis="x", color="0.9")
    axes.set_axisbelow(True)
    clean(axes)


def _legend_learned(figure: Figure, ensemble: pd.DataFrame | None) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    middle = "thick: middle half, circle: median" if ensemble is not None else "circle: median"
    circle: dict[str, Any] = {"marker": "o", "markeredgecolor": "0.45", "linestyle": "none"}
    handles = [
        Patch(color="0.92", label="prior, 5% to 95%"),
        Line2D([], [], color="0.45", label=f"posterior, 5% to 95% ({middle})"),
        Line2D([], [], color="0.45", label="full: calibrated", **circle),
        Line2D([], [], color="white", label="empty: drawn from its prior", **circle),
        Line2D([], [], color=COLOURS[1], linestyle="--", label="what chance allows"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=8.5)


# --- the fit -------------------------------------------------------------------------------------------
def held(targets: pd.DataFrame) -> int:
    """How many reported figures lie between 5% and 95% of the accepted runs (of bounds: touch them)."""
    ends = targets[["reported", "accepted_q05", "accepted_q95"]].to_numpy()
    return sum(reported(cell).meets(float(low), float(high)) for cell, low, high in ends)


def fitted(targets: pd.DataFrame, ensemble: pd.DataFrame | None, runs: int | None) -> Drawn:
    """Each fitted target: runs from the prior and accepted runs, with what was reported."""
    figure = new_figure(9.5, 2.3 + 0.42 * len(targets))
    axes = figure.add_subplot()
    before = f"{runs:,} runs from the prior" if runs else "runs from the prior"
    after = f"{len(ensemble):,} accepted runs, weighted" if ensemble is not None else "accepted runs, weighted"
    for shift, when, n, label in ((-0.17, "prior", 1, before), (0.17, "accepted", 0, after)):
        low, middle, high = (targets[f"{when}_q{q}"].to_numpy(float) for q in ("05", "50", "95"))
        rows = np.arange(len(targets)) + shift
        axes.hlines(rows, low, high, color=COLOURS[n], linewidth=2.5, label=f"{label}, 5% to 95%")
        axes.plot(middle, rows, MARKERS[n], color=COLOURS[n], markersize=5.5, label="_", clip_on=False)
    _draw_reports(axes, targets)
    label_rows(axes, list(targets["target"]))
    ends = [*targets["prior_q95"], *targets["accepted_q95"], *(reported(cell).place for cell in targets["reported"])]
    root_axis(axes, float(max(ends)))
    axes.set_xlabel("attacks, or people killed or wounded, in the window of the target (axis of square roots)")
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    inside = held(targets)
    return Drawn(
        "fitted",
        figure,
        f"{inside} of {len(targets)} fitted figures lie within 5% to 95% of the accepted runs",
        "Accepted runs were chosen for being near the reports, so this is no test; markers are medians of single runs.",
        "calibration_targets",
        f"Ranges of single runs for {len(targets)} fitted figures, before and after the choice, with the reports.",
    )


def _draw_reports(axes: Axes, targets: pd.DataFrame) -> None:
    marks = {"*": "reported", ">": "reported: at least", "<": "reported: at most"}
    found: dict[str, list[tuple[float, int]]] = {}
    for y, cell in enumerate(targets["reported"]):
        report = reported(cell)
        mark = "*" if np.isfinite(report.low) == np.isfinite(report.high) else ">" if np.isfinite(report.low) else "<"
        found.setdefault(mark, []).append((report.place, y))
    for mark, points in found.items():
        x, rows = zip(*points, strict=True)
        look: dict[str, Any] = {"color": "black", "markerfacecolor": "none", "markersize": 11, "linestyle": "none"}
        axes.plot(x, rows, mark, label=marks[mark], clip_on=False, zorder=4, **look)
