"""Figures of the sensitivity study, drawn from its tables: tornado, Sobol indices, interactions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.ticker import MaxNLocator

from experiments.report.page.document import Picture
from experiments.report.study_figures import (
    DIFFERENCE,
    SCOPE_WORDS,
    Drawn,
    in_order,
    in_prose,
    intervals,
    is_quick,
    labelled,
    listed,
    panels,
    parameter_words,
    setting,
)
from experiments.report.style.colours import COLOURS, bars, clean, label_rows, new_figure
from experiments.report.style.heatmap import cells, colour_bar, fixed_colours, word_colour
from experiments.report.style.words import readable, sentence
from sim.numbers import fixed, number, percent, signed

STREAMS = "streams (dummy)"
"""The row of the tables that moves no parameter and takes other streams: the floor above which a parameter counts."""
BARS = 8
STRONG = 0.2
"""Where the colours of second-order indices end."""
ENDS = {"low": ("at its 5% quantile", COLOURS[5]), "high": ("at its 95% quantile", COLOURS[1])}
Tables = Mapping[str, pd.DataFrame]


def pictures(tables: Tables, study: Mapping[str, Any]) -> list[Picture]:
    """Every figure that the tables allow; `study` is the entry of the manifest, or empty."""
    return [drawn.picture(quick=any(map(is_quick, tables.values()))) for drawn in _all(tables, study)]


def _all(tables: Tables, study: Mapping[str, Any]) -> Iterator[Drawn]:
    if "tornado" in tables:
        for scope in scopes(tables["tornado"]):
            yield tornado(of_scope(tables["tornado"], scope), scope, setting(study, "tornado_replicates"))
    if "sobol" in tables:
        for scope in [s for s in scopes(tables["sobol"]) if s != "fourteen"]:
            yield sobol(of_scope(tables["sobol"], scope), scope, tables.get("replicate_noise"), study)
        if "sobol_pairs" in tables and DIFFERENCE in scopes(tables["sobol_pairs"]):
            yield interactions(*(of_scope(tables[name], DIFFERENCE) for name in ("sobol_pairs", "sobol")))


def scopes(frame: pd.DataFrame) -> list[str]:
    """The scopes of a table, the difference first: it is what the choice is about."""
    return [scope for scope in SCOPE_WORDS if scope in set(frame["scope"])]


def of_scope(frame: pd.DataFrame, scope: str) -> pd.DataFrame:
    """The rows of one scope."""
    return frame[frame["scope"] == scope]


def counted(names: Sequence[str], of: int) -> str:
    """`a in 3 of 7 measures, b in 2`, the most frequent first."""
    (top, n), *rest = Counter(names).most_common()
    return ", ".join([f"{in_prose(top)} in {n} of {of} measures", *(f"{in_prose(name)} in {k}" for name, k in rest)])


# --- tornado ---------------------------------------------------------------------------------------------
def widest(swings: pd.DataFrame, measure: str) -> pd.DataFrame:
    """The rows of a measure, the widest first; `size` is the wider of the two mean changes, `clear` if it is not luck.

    Clear: the 95% interval of the wider end leaves 0 out.
    """
    rows = swings[swings["measure"] == measure].copy()
    ends = rows[["low_mean", "high_mean"]].abs().fillna(0.0)
    rows["size"], wider = ends.max(axis=1), np.where(ends["high_mean"] > ends["low_mean"], "high", "low")
    parts = [rows[f"{end}_low"].gt(0) | rows[f"{end}_high"].lt(0) for end in ("low", "high")]
    rows["clear"] = np.where(wider == "low", *parts)
    return rows.sort_values("size", ascending=False, kind="stable")


def tornado(swings: pd.DataFrame, scope: str, pairs: int | None) -> Drawn:
    """A panel for each measure: what the strongest parameters do one at a time, low end and high end."""
    measures = in_order(swings, "measure")
    figure = new_figure(10.0, 1.6 + -(-len(measures) // 2) * (0.75 + 0.24 * BARS))
    grid = panels(figure, len(measures), 2)
    for axes, measure in zip(grid, measures, strict=True):
        _tornado_panel(axes, widest(swings, measure)[:BARS])
        axes.set_title(labelled(swings, measure), fontsize=10, loc="left")
    handles, labels = grid[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False)
    n = f", n = {pairs} pairs" if pairs else ""
    how = "Paired change from the run where all are in the middle of their priors "
    how += f"(lines: 95% t interval{n}; the {BARS} widest of each measure)."
    return Drawn(f"tornado_{scope}", figure, tornado_title(swings, scope), how, "tornado", _tornado_alt(swings, scope))


def tornado_title(swings: pd.DataFrame, scope: str) -> str:
    """Which parameter moves how many measures most."""
    measures = in_order(swings, "measure")
    first = [widest(swings, measure).iloc[0] for measure in measures]
    clear = [row["parameter"] for row in first if row["clear"]]
    words = f"moves most: {counted(clear, len(measures))}" if clear else "no clear change in any measure"
    if clear and len(clear) < len(measures):
        words += f", undecided in {len(measures) - len(clear)}"
    return f"{sentence(SCOPE_WORDS[scope])}, one parameter at a time: {words}"


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
    label_rows(axes, [parameter_words(name) for name in top["parameter"]])
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))


# --- Sobol -----------------------------------------------------------------------------------------------
def above_noise(singles: pd.DataFrame, measure: str) -> pd.DataFrame:
    """The parameters of a measure that stand clear of luck, the most influential first."""
    rows = singles[(singles["measure"] == measure) & (singles["above_noise"] == 1) & (singles["parameter"] != STREAMS)]
    return rows.sort_values("total", ascending=False, kind="stable")


def noise_share(noise: pd.DataFrame | None, scope: str, measure: str) -> float | None:
    """Share of replicate noise in the variance of a single run; None if the table does not tell."""
    if noise is None:
        return None
    row = noise[(noise["scope"] == scope) & (noise["measure"] == measure)]
    share = float((row["shared"] + row["own"]).sum(min_count=1)) if len(row) else np.nan
    return share if np.isfinite(share) else None


def sobol(singles: pd.DataFrame, scope: str, noise: pd.DataFrame | None, study: Mapping[str, Any]) -> Drawn:
    """First-order and total indices of one scope, a panel for each measure."""
    measures, names = in_order(singles, "measure"), in_order(singles, "parameter")
    columns = min(4, len(measures))
    figure = new_figure(2.9 + 2.0 * columns, 1.9 + -(-len(measures) // columns) * (0.75 + 0.25 * len(names)))
    grid = panels(figure, len(measures), columns, sharey=True, sharex=True)
    for n, (axes, measure) in enumerate(zip(grid, measures, strict=True)):
        _sobol_panel(axes, singles[singles["measure"] == measure].set_index("parameter").reindex(names))
        share = noise_share(noise, scope, measure)
        words = f"\nreplicate noise {percent(share)} of a run" if share is not None else ""
        axes.set_title(f"{readable(measure)}{words}", fontsize=9.5, loc="left")
        if n >= len(measures) - columns:
            axes.tick_params(labelbottom=True)
            axes.set_xlabel("share of variance", fontsize=9)
    for axes in grid[::columns]:
        axes.set_yticks(range(len(names)), [parameter_words(name) for name in names], fontsize=9)
    handles, labels = grid[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    name = "sobol" if scope == DIFFERENCE else f"sobol_{scope}"
    return Drawn(name, figure, sobol_title(singles, scope), _sobol_how(study), "sobol", _sobol_alt(singles, scope))


def sobol_title(singles: pd.DataFrame, scope: str) -> str:
    """Which parameter has the largest total index in how many measures, and where none stands above luck."""
    measures = in_order(singles, "measure")
    tops = {measure: above_noise(singles, measure)["parameter"] for measure in measures}
    first = [top.iloc[0] for top in tops.values() if len(top)]
    none = [readable(measure) for measure, top in tops.items() if not len(top)]
    words = [f"largest share of variance: {counted(first, len(measures))}"] if first else []
    words += [f"no parameter above luck in {listed(none)}"] if none else []
    return f"{sentence(SCOPE_WORDS[scope])}: {'; '.join(words)}"


def _sobol_how(study: Mapping[str, Any]) -> str:
    points, replicates = setting(study, "base_points"), setting(study, "sobol_replicates")
    n = f", N = {points} base points × {replicates} replicates" if points and replicates else ""
    words = "Sobol indices: a parameter alone (first order), and with all its interactions (total); "
    return f"{words}bars: 95% bootstrap interval{n}."


def _sobol_alt(singles: pd.DataFrame, scope: str) -> str:
    said = []
    for measure in in_order(singles, "measure"):
        rows = above_noise(singles, measure)[:3].to_dict("records")
        top = [f"{in_prose(row['parameter'])} {row['total']:.2f}" for row in rows]
        said.append(f"{readable(measure)}: {', '.join(top) or 'none above luck'}")
    return f"Dot chart of Sobol indices, {SCOPE_WORDS[scope]}. Total indices above luck: {'; '.join(said)}."


def _sobol_panel(axes: Axes, rows: pd.DataFrame) -> None:
    places = np.arange(len(rows))
    for n, (part, label) in enumerate((("first", "first order"), ("total", "total"))):
        half = np.nan_to_num(rows[f"{part}_half_width"].to_numpy(float))
        style: dict[str, Any] = {"fmt": "os"[n], "color": COLOURS[n], "markersize": 4, "capsize": 2}
        axes.errorbar(rows[part].to_numpy(float), places + (n - 0.5) * 0.3, xerr=half, label=label, **style)
    floor = float(rows["total"].get(STREAMS, np.nan) + rows["total_half_width"].get(STREAMS, np.nan))
    if np.isfinite(floor):
        axes.axvspan(0, floor, color="0.9", zorder=0, label="up to here it may be luck")
    axes.axvline(0, color="0.4", linewidth=1)
    axes.set_xlim(-0.12, 1.12)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.tick_params(axis="x", labelsize=8.5)
    clean(axes)


# --- interactions ----------------------------------------------------------------------------------------
def clear_pairs(pairs: pd.DataFrame, singles: pd.DataFrame) -> pd.DataFrame:
    """Pairs whose interval leaves 0 out and whose parameters both stand above luck, the strongest first."""
    above = {(m, p) for m in in_order(singles, "measure") for p in above_noise(singles, m)["parameter"]}
    ends = zip(pairs["measure"], pairs["parameter"], pairs["other"], strict=True)
    both = [(m, one) in above and (m, other) in above for m, one, other in ends]
    rows = pairs[(pairs["second"].abs() > pairs["second_half_width"]) & np.array(both, bool)]
    return rows.sort_values("second", key=lambda s: -s.abs(), kind="stable")


def interactions(pairs: pd.DataFrame, singles: pd.DataFrame) -> Drawn:
    """Second-order indices of the difference, a heat map for each measure; clear ones have their number."""
    measures, kept = in_order(pairs, "measure"), [p for p in in_order(singles, "parameter") if p != STREAMS]
    columns, size = min(3, len(measures)), max(1.9, 0.5 + 0.23 * len(kept))
    figure = new_figure(3.0 + columns * size, 1.9 + -(-len(measures) // columns) * (size + 0.45))
    grid = panels(figure, len(measures), columns, sharex=True, sharey=True)
    clear = clear_pairs(pairs, singles)
    for axes, measure in zip(grid, measures, strict=True):
        mesh = _heat(axes, pairs[pairs["measure"] == measure], clear, kept)
        axes.set_title(readable(measure), fontsize=9.5, loc="left")
    _number_the_axes(grid, kept, columns)
    colour_bar(figure, mesh, grid, "second-order index (share of variance)", shrink=0.5, extend="both", pad=0.02)
    how = "Second-order Sobol indices: what two parameters do together beyond their own parts. "
    how += "Numbers: the 95% bootstrap interval leaves 0 out and both parameters stand above luck."
    title = interactions_title(pairs, clear)
    alt = f"Heat maps of pairs of {len(kept)} parameters, one for each of {len(measures)} measures. {title}."
    return Drawn("interactions", figure, title, how, "sobol_pairs", alt)


def interactions_title(pairs: pd.DataFrame, clear: pd.DataFrame) -> str:
    """How many pairs act together for certain, and the strongest of them."""
    words = (
        f"Six − fourteen: of {len(pairs)} indices of two parameters together {len(clear)} stand clear of 0 and of luck"
    )
    if not len(clear):
        return words
    top = clear.iloc[0]
    names = listed(in_prose(top[key]) for key in ("parameter", "other"))
    value = f"{number(top['second'])} ± {number(top['second_half_width'])}"
    return f"{words}; strongest {value}: {names}, {readable(top['measure'])}"


def _number_the_axes(grid: Sequence[Axes], kept: Sequence[str], columns: int) -> None:
    places = np.arange(len(kept)) + 0.5
    for axes in grid[-columns:]:
        axes.tick_params(labelbottom=True)
    for n, axes in enumerate(grid):
        axes.set_xticks(places, [str(k) for k in range(1, len(kept) + 1)], fontsize=8.5)
        if n % columns == 0:
            axes.set_yticks(places, [f"{parameter_words(key)}  {k}" for k, key in enumerate(kept, 1)], fontsize=8.5)


def _heat(axes: Axes, pairs: pd.DataFrame, clear: pd.DataFrame, kept: Sequence[str]) -> Any:
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
