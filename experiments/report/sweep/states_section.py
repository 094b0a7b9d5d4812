"""Parts of a sweep's section over its worlds: rank correlations, shares in which a lever is worse, regret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from experiments.report.page.document import Cell, Grid, Picture
from experiments.report.study_figures import parameter_words
from experiments.report.style.colours import headline
from experiments.report.style.heatmap import regret_heat, regret_title
from experiments.report.style.words import readable, with_unit
from experiments.report.sweep import figures as sweep
from experiments.report.sweep.arrays import ALL, Swept
from experiments.report.sweep.effects import TOLD, Part, curved, interval_words, picture
from experiments.report.sweep.states import MOST_WORLDS, Worse, rank_correlations, regrets, scopes, worse_shares
from sim.measures import BY_NAME

FEWEST_WORLDS = 8
"""Of fewer worlds a rank correlation says nothing."""
MOST_LEVERS = 4
"""More levers than that against the base are a table alone."""


# --- rank correlations --------------------------------------------------------------------------------------------
def correlations_parts(swept: Swept) -> Iterator[Part]:
    """Numeric uncertainties over many worlds; not where curves say it better."""
    keys = [f.key for f in swept.factors if f.numeric and f.key in swept.worlds]
    if not keys or curved(swept) or len(swept.worlds) < FEWEST_WORLDS:
        return
    tables = {scope: rank_correlations(swept, weights, keys) for scope, weights in scopes(swept).items()}
    sentences = [_strongest(scope, table, keys, swept) for scope, table in tables.items()]
    last = list(tables)[-1]
    n = len(swept.worlds)
    title = f"What drives the outcome over {n:,} worlds. {_strongest(last, tables[last], keys, swept)}"
    few = f" Intervals from the first {MOST_WORLDS:,} worlds." if n > MOST_WORLDS else ""
    note = f"From runs.csv: n = {n:,} worlds, means over {swept.replicates:,} replicates. Numbers stand where the 95% "
    note += f"bootstrap interval leaves 0 out.{few}"
    figure = sweep.correlations(tables, keys, swept.measures, title)
    shown_as = picture(
        "sweep_correlations", title, "Heat map of rank correlations of factors and measures.", figure, note
    )
    yield Part(sentences, [shown_as], [_correlation_table(tables, keys, swept)])


def _strongest(scope: str, table: Any, keys: list[str], swept: Swept) -> str:
    """The factor that goes most with each of the measures that findings tell."""
    parts = []
    for measure in (m for m in TOLD if m in swept.measures):
        column = table[:, swept.measures.index(measure)]
        k = int(np.nanargmax([abs(i.mean) if np.isfinite(i.mean) else -1.0 for i in column]))
        if column[k].clear:
            parts.append(f"{readable(measure)} with {parameter_words(keys[k])} ({interval_words(column[k])})")
    where = "Over all levers" if scope == ALL else f"For {scope}"
    if not parts:
        return f"{where}, no factor has a rank correlation clear of 0 with {', '.join(map(readable, TOLD))}."
    return f"{where}, what goes most together (Spearman, 95% interval): {'; '.join(parts)}."


def _correlation_table(tables: Mapping[str, Any], keys: list[str], swept: Swept) -> Grid:
    rows: list[list[Cell]] = [[scope, key, *table[k]] for scope, table in tables.items() for k, key in enumerate(keys)]
    return Grid(
        name="sweep_correlations",
        title="Rank correlation of each factor with each measure over the worlds",
        columns=["posture", "factor", *map(readable, swept.measures)],
        units=["", "", *("1" for _ in swept.measures)],
        rows=rows,
        note=f"Spearman, of means over {swept.replicates:,} replicates; 95% bootstrap intervals over "
        f"n = {len(swept.worlds):,} worlds. Luck in the means draws every correlation towards 0.",
        reproduce=f"rank_correlations(swept, scopes(swept)[{next(iter(tables))!r}], {keys!r})",
    )


# --- which lever is worse where --------------------------------------------------------------------------------------
def worse_parts(swept: Swept) -> Iterator[Part]:
    """Each lever against the first: in how many worlds it is worse."""
    if len(swept.worlds) < 2 or len(swept.names) < 2:
        return
    found = worse_shares(swept)
    shown = [each for each in found if len(swept.names) - 1 <= MOST_LEVERS]
    sentences = [_worse_words(each) for each in shown if each.measure in TOLD]
    pictures: list[Picture] = []
    if shown:
        title = _worse_title(shown)
        note = f"From runs.csv: n = {shown[0].worlds:,} worlds, {swept.replicates:,} paired replicates in each."
        alt = "Share of the worlds in which a lever is worse, by measure."
        pictures = [picture("sweep_worse", title, alt, sweep.worse(shown, title), note)]
    yield Part(sentences, pictures, [_worse_table(found, swept)])


def _worse_title(found: list[Worse]) -> str:
    """In how many worlds each lever is worse in the measures that are told, and where most."""
    parts = []
    for name in dict.fromkeys(each.lever for each in found):
        rows = [each for each in found if each.lever == name]
        told = [each for each in rows if each.measure in TOLD]
        most = max(rows, key=lambda each: each.worse.mean)
        shown = [*told, *([most] if most not in told else [])]
        parts.append(f"{name} {', '.join(f'{100 * e.worse.mean:.0f}% ({readable(e.measure)})' for e in shown)}")
    return f"Worse than {found[0].base} in so many of {found[0].worlds:,} worlds: {'; '.join(parts)}"


def _worse_words(each: Worse) -> str:
    k = round(each.worse.mean * each.worlds)
    return (
        f"{each.lever} is worse than {each.base} in {readable(each.measure)} in {k:,} of {each.worlds:,} worlds "
        f"({100 * each.worse.mean:.0f}%, exact 95% interval {100 * each.worse.low:.0f} to "
        f"{100 * each.worse.high:.0f}%), clearly in {100 * each.clearly_worse:.0f}%."
    )


def _worse_table(found: list[Worse], swept: Swept) -> Grid:
    rows: list[list[Cell]] = [
        [
            each.lever,
            readable(each.measure),
            BY_NAME[each.measure].unit if BY_NAME[each.measure].unit != "1" else "",
            each.difference,
            each.worse,
            each.clearly_worse,
            each.clearly_better,
            float(each.worlds),
        ]
        for each in found
    ]
    return Grid(
        name="sweep_worse",
        title=f"In how many worlds each lever is worse than {swept.names[0]}",
        columns=["lever", "measure", "unit", "difference", "worse", "clearly worse", "clearly better", "worlds"],
        units=["", "", "", "of the row", "share", "share", "share", "1"],
        rows=rows,
        note=f"Difference: lever less {swept.names[0]}, mean over the worlds. Worse: by the mean of "
        f"{swept.replicates:,} paired replicates, with the exact 95% interval (Clopper and Pearson) of the share; "
        "with few replicates it is partly luck. Clearly: by the paired 95% t interval of the world alone; of many "
        "worlds 2.5% are clearly worse, and as many clearly better, by luck.",
        reproduce="worse_shares(swept)",
    )


# --- regret --------------------------------------------------------------------------------------------------------
def regrets_parts(swept: Swept) -> Iterator[Part]:
    """Regret of each lever over the worlds, where levers meet the same worlds."""
    if len(swept.worlds) < 2 or len(swept.names) < 2:
        return
    measures = [m for m in swept.measures if BY_NAME[m].better]
    found = {m: regrets(swept, m) for m in measures}
    n = found[measures[0]].shape[1]
    if not n:
        return
    worst = pd.DataFrame({with_unit(m): table.max(axis=1) for m, table in found.items()}, index=swept.names)
    mean = pd.DataFrame({with_unit(m): table.mean(axis=1) for m, table in found.items()}, index=swept.names)
    told = [with_unit(m) for m in TOLD if m in found] or list(mean.columns)
    title = f"Mean regret over {n:,} worlds. {regret_title(mean[told])}."
    figure = regret_heat(mean.rename(columns=lambda name: name.replace(" ", "\n", 1)))
    headline(figure, title)
    note = f"From runs.csv: n = {n:,} worlds in which every lever was run, means over {swept.replicates:,} replicates. "
    note += "Regret: how far a lever is from the best of its world."
    alt = "Heat map of mean regret, levers by measures."
    least = str(worst.iloc[:, list(measures).index("pressure")].idxmin()) if "pressure" in measures else ""
    most = f"In pressure, {least} has the lowest worst regret of the {n:,} worlds." if least else ""
    shown_as = picture("sweep_regret", title, alt, figure, note)
    yield Part([title, *([most] if most else [])], [shown_as], [_regret_table(found, swept, n)])


def _regret_table(found: Mapping[str, Any], swept: Swept, n: int) -> Grid:
    rows: list[list[Cell]] = [
        [
            name,
            readable(m),
            BY_NAME[m].unit if BY_NAME[m].unit != "1" else "",
            float(table[k].mean()),
            float(np.percentile(table[k], 90)),
            float(table[k].max()),
            float(((table == 0) / (table == 0).sum(axis=0))[k].mean()),
        ]
        for m, table in found.items()
        for k, name in enumerate(swept.names)
    ]
    return Grid(
        name="sweep_regret",
        title="Regret of each lever: distance from the best lever of each world",
        columns=["lever", "measure", "unit", "mean", "90th percentile", "largest", "best"],
        units=["", "", "", "of the row", "of the row", "of the row", "share"],
        rows=rows,
        note=f"Over n = {n:,} worlds, of means over {swept.replicates:,} replicates. Best: share of the worlds, "
        "ties shared. The best of several means is too good by luck, so regret is too large where replicates are few.",
        reproduce='regrets(swept, "pressure").mean(axis=1)',
    )
