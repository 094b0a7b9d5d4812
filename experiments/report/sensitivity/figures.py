"""Figures of the sensitivity study: groups, tornado, Sobol indices, interactions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.ticker import MaxNLocator

from experiments.report import study
from experiments.report.sensitivity import numbers
from experiments.report.sensitivity.numbers import DIFFERENCE, SCOPE_WORDS, STREAMS, of_scope, scopes, widest
from experiments.report.study import Drawn, Tabled, in_order, of_measure, with_unit_of
from experiments.report.style.colours import COLOURS
from experiments.report.style.forest import label_rows, row_labels
from experiments.report.style.heatmap import cells, colour_bar, fixed_colours, word_colour
from experiments.report.style.names import in_prose
from experiments.report.style.panels import bars, clean, key, new_figure, panel_title, panels, rows_of
from experiments.report.style.tables import intervals
from experiments.report.style.words import readable
from sim.numbers import fixed, percent, signed

BARS = 8
STRONG = 0.2
"""Where the colours of second-order indices end."""
ENDS = {"low": ("at its 5% quantile", COLOURS[5]), "high": ("at its 95% quantile", COLOURS[1])}


# --- tornado ---------------------------------------------------------------------------------------------
def tornados(swings: pd.DataFrame, found: Tabled) -> Iterator[Drawn]:
    """One for each scope."""
    pairs = found.size("tornado_replicates")
    yield from (tornado(of_scope(swings, scope), scope, pairs) for scope in scopes(swings))


def tornado(swings: pd.DataFrame, scope: str, pairs: int | None) -> Drawn:
    """A panel for each measure: what the strongest parameters do one at a time, low end and high end."""
    measures = in_order(swings, "measure")
    figure = new_figure(10.0, 1.6 + rows_of(len(measures), 2) * (0.75 + 0.32 * BARS))
    grid = panels(figure, len(measures), 2)
    for axes, measure in zip(grid, measures, strict=True):
        _tornado_panel(axes, widest(swings, measure)[:BARS])
        panel_title(axes, with_unit_of(swings, measure))
    key(figure, grid[0], columns=2)
    n = f", n = {pairs} pairs" if pairs else ""
    how = "Paired change from the run where all are in the middle of their priors "
    how += f"(lines: 95% t interval{n}; the {BARS} widest of each measure)."
    return Drawn(f"tornado_{scope}", figure, numbers.tornado_title(swings, scope), how, _tornado_alt(swings, scope))


def _tornado_alt(swings: pd.DataFrame, scope: str) -> str:
    tops = [(measure, widest(swings, measure).iloc[0]) for measure in in_order(swings, "measure")]
    ends = [
        f"{readable(m)}: {in_prose(t['parameter'])}, {signed(t['low_mean'])} at its low end and "
        f"{signed(t['high_mean'])} at its high end"
        for m, t in tops
    ]
    return f"Tornado chart, {SCOPE_WORDS[scope]}, a panel for each measure. Widest bar in {'; '.join(ends)}."


def _tornado_panel(axes: Axes, top: pd.DataFrame) -> None:
    axes.axvline(0, color="0.4", linewidth=1)
    for n, (end, (label, colour)) in enumerate(ENDS.items()):
        found = intervals(top, f"{end}_mean", f"{end}_low", f"{end}_high")
        style: dict[str, Any] = {"height": 0.36, "color": colour, "error_kw": {"elinewidth": 1, "ecolor": "0.25"}}
        places = np.arange(len(top)) + (n - 0.5) * 0.38
        axes.barh(places, [i.mean for i in found], xerr=bars(found), label=label, **style)
    label_rows(axes, row_labels([in_prose(name) for name in top["parameter"]]))
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))


# --- groups ----------------------------------------------------------------------------------------------
def groups(singles: pd.DataFrame, found: Tabled) -> Iterator[Drawn]:
    """Indices of the groups, of the difference and of six sites: all factors vary, nothing stays in the middle."""
    for scope in scopes(singles):
        if scope != "fourteen":
            drawn = sobol(of_scope(singles, scope), scope, found, "group")
            name = "groups" if scope == DIFFERENCE else f"groups_{scope}"
            how = drawn.how.replace("a parameter alone", "a group alone").replace("Sobol indices", "Indices of groups")
            yield replace(drawn, name=name, how=how, alt=drawn.alt.replace("Sobol indices", "indices of groups"))


# --- Sobol -----------------------------------------------------------------------------------------------
def sobols(singles: pd.DataFrame, found: Tabled) -> Iterator[Drawn]:
    """Of the difference and of six sites."""
    yield from (sobol(of_scope(singles, scope), scope, found) for scope in scopes(singles) if scope != "fourteen")


def sobol(singles: pd.DataFrame, scope: str, found: Tabled, kind: str = "base") -> Drawn:
    """First-order and total indices of one scope, a panel for each measure."""
    measures, names = in_order(singles, "measure"), in_order(singles, "parameter")
    columns = min(4, len(measures))
    figure = new_figure(2.9 + 2.0 * columns, 1.9 + rows_of(len(measures), columns) * (0.75 + 0.25 * len(names)))
    grid = panels(figure, len(measures), columns, sharey=True, sharex=True)
    for n, (axes, measure) in enumerate(zip(grid, measures, strict=True)):
        _sobol_panel(axes, of_measure(singles, measure).set_index("parameter").reindex(names))
        share = numbers.noise_share(found, scope, measure)
        words = f"\nreplicate noise {percent(share)} of a run" if share is not None else ""
        panel_title(axes, f"{readable(measure)}{words}", size=9.5)
        if n >= len(measures) - columns:
            axes.tick_params(labelbottom=True)
            axes.set_xlabel("share of variance", fontsize=9)
    for axes in grid[::columns]:
        axes.set_yticks(range(len(names)), [in_prose(name) for name in names], fontsize=9)
    key(figure, grid[0], columns=3)
    name = "sobol" if scope == DIFFERENCE else f"sobol_{scope}"
    how, alt = _sobol_how(found, kind), _sobol_alt(singles, scope)
    return Drawn(name, figure, numbers.sobol_title(singles, scope), how, alt)


def _sobol_how(found: Tabled, kind: str) -> str:
    points, replicates = (
        found.size(key) for key in (f"{kind}_points", f"{'group' if kind == 'group' else 'sobol'}_replicates")
    )
    n = f", N = {points} base points × {replicates} replicates" if points and replicates else ""
    words = "Sobol indices: a parameter alone (first order), and with all its interactions (total); "
    return f"{words}bars: 95% bootstrap interval{n}."


def _sobol_alt(singles: pd.DataFrame, scope: str) -> str:
    said = []
    for measure in in_order(singles, "measure"):
        rows = numbers.above_noise(singles, measure)[:3].to_dict("records")
        top = [f"{in_prose(row['parameter'])} {row['total']:.2f}" for row in rows]
        said.append(f"{readable(measure)}: {', '.join(top) or 'none above replicate noise'}")
    return f"Dot chart of Sobol indices, {SCOPE_WORDS[scope]}. Total indices above replicate noise: {'; '.join(said)}."


def _sobol_panel(axes: Axes, rows: pd.DataFrame) -> None:
    places = np.arange(len(rows))
    for n, (part, label) in enumerate((("first", "first order"), ("total", "total"))):
        half = np.nan_to_num(rows[f"{part}_half_width"].to_numpy(float))
        style: dict[str, Any] = {"fmt": "os"[n], "color": COLOURS[n], "markersize": 4, "capsize": 2}
        axes.errorbar(rows[part].to_numpy(float), places + (n - 0.5) * 0.3, xerr=half, label=label, **style)
    floor = float(rows["total"].get(STREAMS, np.nan) + rows["total_half_width"].get(STREAMS, np.nan))
    if np.isfinite(floor):
        axes.axvspan(0, floor, color="0.9", zorder=0, label="up to here it may be replicate noise")
    axes.axvline(0, color="0.4", linewidth=1)
    axes.set_xlim(-0.12, 1.12)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.tick_params(axis="x", labelsize=8.5)
    clean(axes)


# --- interactions ----------------------------------------------------------------------------------------
def interactions(every: pd.DataFrame, found: Tabled) -> Iterator[Drawn]:
    """Second-order indices of the difference, a heat map for each measure; clear ones have their number."""
    if "sobol" not in found or DIFFERENCE not in scopes(every):
        return
    pairs, singles = (of_scope(table, DIFFERENCE) for table in (every, found["sobol"]))
    measures, kept = in_order(pairs, "measure"), [p for p in in_order(singles, "parameter") if p != STREAMS]
    columns, size = min(3, len(measures)), max(1.9, 0.5 + 0.23 * len(kept))
    figure = new_figure(3.0 + columns * size, 1.9 + rows_of(len(measures), columns) * (size + 0.45))
    grid = panels(figure, len(measures), columns, sharex=True, sharey=True)
    clear = numbers.clear_pairs(pairs, singles)
    for axes, measure in zip(grid, measures, strict=True):
        mesh = _heat_map(axes, of_measure(pairs, measure), clear, kept)
        panel_title(axes, readable(measure), size=9.5)
    _number_the_axes(grid, kept, columns)
    colour_bar(figure, mesh, grid, "second-order index (share of variance)", shrink=0.5, extend="both", pad=0.02)
    how = "Second-order Sobol indices: what two parameters do together beyond their own parts. "
    how += "Numbers: the 95% bootstrap interval leaves 0 out and both parameters stand above replicate noise."
    title = numbers.interactions_title(pairs, clear)
    alt = f"Heat maps of pairs of {len(kept)} parameters, one for each of {len(measures)} measures. {title}."
    yield Drawn("interactions", figure, title, how, alt)


def _number_the_axes(grid: Sequence[Axes], kept: Sequence[str], columns: int) -> None:
    places = np.arange(len(kept)) + 0.5
    for axes in grid[-columns:]:
        axes.tick_params(labelbottom=True)
    for n, axes in enumerate(grid):
        axes.set_xticks(places, [str(k) for k in range(1, len(kept) + 1)], fontsize=8.5)
        if n % columns == 0:
            axes.set_yticks(places, [f"{in_prose(key)}  {k}" for k, key in enumerate(kept, 1)], fontsize=8.5)


def _heat_map(axes: Axes, pairs: pd.DataFrame, clear: pd.DataFrame, kept: Sequence[str]) -> Any:
    table, place = np.full((len(kept), len(kept)), np.nan), {name: n for n, name in enumerate(kept)}
    colours = fixed_colours("PuOr")
    for index, row in zip(pairs.index, pairs.to_dict("records"), strict=True):
        i, j = sorted((place[row["parameter"]], place[row["other"]]))
        table[j, i] = row["second"]
        if index in clear.index:
            colour = word_colour(colours, 0.5 + row["second"] / (2 * STRONG))
            word = fixed(row["second"], 2).replace("0.", ".")
            axes.text(i + 0.5, j + 0.5, word, ha="center", va="center", fontsize=8, color=colour)
    mesh = cells(axes, table, colours, Normalize(-STRONG, STRONG))
    axes.set_aspect("equal")
    return mesh


pictures = study.pictures(
    ("sobol_groups", groups), ("tornado", tornados), ("sobol", sobols), ("sobol_pairs", interactions)
)
