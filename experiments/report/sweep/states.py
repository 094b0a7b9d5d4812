"""Parts of a sweep's section over its states of the world: rank correlations, where a lever is worse, regret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from experiments.report.page.document import Grid, Picture
from experiments.report.style import tables
from experiments.report.style.heatmap import regret_heat_map, regret_title
from experiments.report.style.names import in_prose
from experiments.report.style.panels import headline
from experiments.report.style.words import readable, with_unit
from experiments.report.sweep import figures, over_states
from experiments.report.sweep.effects import NAMED, SweepPart, interval_words, picture
from experiments.report.sweep.numbers import ALL, Swept, curved
from experiments.studies.regret import Regret, best_shares
from sim.measures import BY_NAME
from sim.numbers import counted

FEWEST_STATES = 8
"""Of fewer states a rank correlation says nothing."""
MOST_LEVERS = 4
"""More levers than that against the base are a table alone."""


# --- rank correlations --------------------------------------------------------------------------------------------
def correlations_parts(swept: Swept) -> Iterator[SweepPart]:
    """Numeric uncertainties over many states; not where curves say it better."""
    keys = [f.key for f in swept.factors if f.numeric and f.key in swept.states]
    if not keys or curved(swept) or len(swept.states) < FEWEST_STATES:
        return
    scopes = over_states.scopes(swept)
    tables = {scope: over_states.rank_correlations(swept, weights, keys) for scope, weights in scopes.items()}
    sentences = [_strongest(scope, table, keys, swept) for scope, table in tables.items()]
    last = list(tables)[-1]
    n = len(swept.states)
    title = f"What drives the outcome over {n:,} states of the world. {_strongest(last, tables[last], keys, swept)}"
    few = f" Intervals from the first {over_states.MOST_STATES:,} states." if n > over_states.MOST_STATES else ""
    note = f"From runs.csv: n = {n:,} states, means over {swept.replicates:,} replicates. Numbers stand where the 95% "
    note += f"bootstrap interval leaves 0 out.{few}"
    figure = figures.correlations(tables, keys, swept.measures, title)
    shown_as = picture(
        "sweep_correlations", title, "Heat map of rank correlations of factors and measures.", figure, note
    )
    yield SweepPart(sentences, [shown_as], [_correlation_table(tables, keys, swept)])


def _strongest(scope: str, table: Any, keys: list[str], swept: Swept) -> str:
    """The factor that goes most with each of the measures that findings tell."""
    parts = []
    for measure in (m for m in NAMED if m in swept.measures):
        column = table[:, swept.measures.index(measure)]
        k = int(np.nanargmax([abs(i.mean) if np.isfinite(i.mean) else -1.0 for i in column]))
        if column[k].clear:
            parts.append(f"{readable(measure)} with {in_prose(keys[k])} ({interval_words(column[k])})")
    where = "Over all levers" if scope == ALL else f"For {scope}"
    if not parts:
        return f"{where}, no factor has a rank correlation clear of 0 with {', '.join(map(readable, NAMED))}."
    return f"{where}, what goes most together (Spearman, 95% interval): {'; '.join(parts)}."


def _correlation_table(found: Mapping[str, Any], keys: list[str], swept: Swept) -> Grid:
    rows = [(scope, key, table[k]) for scope, table in found.items() for k, key in enumerate(keys)]
    columns = [
        tables.text("posture", lambda row: row[0]),
        tables.text("factor", lambda row: row[1]),
        *tables.columns_by(range(len(swept.measures)), lambda n: readable(swept.measures[n]), lambda row, n: row[2][n]),
    ]
    note = (
        f"Spearman, of means over {swept.replicates:,} replicates; 95% bootstrap intervals over "
        f"n = {len(swept.states):,} states. Luck in the means draws every correlation towards 0."
    )
    line = f"rank_correlations(swept, scopes(swept)[{next(iter(found))!r}], {keys!r})"
    title = "Rank correlation of each factor with each measure over the states of the world"
    return tables.grid("sweep_correlations", title, rows, columns, note, line)


# --- which lever is worse where --------------------------------------------------------------------------------------
def worse_parts(swept: Swept) -> Iterator[SweepPart]:
    """Each lever against the first: in how many states it is worse."""
    if len(swept.states) < 2 or len(swept.names) < 2:
        return
    found = over_states.worse_shares(swept)
    shown = [each for each in found if len(swept.names) - 1 <= MOST_LEVERS]
    sentences = [_worse_words(each) for each in shown if each.measure in NAMED]
    pictures: list[Picture] = []
    if shown:
        title = _worse_title(shown)
        note = f"From runs.csv: n = {shown[0].states:,} states, {swept.replicates:,} paired replicates in each."
        alt = "Share of the states in which a lever is worse, by measure."
        pictures = [picture("sweep_worse", title, alt, figures.worse(shown, title), note)]
    yield SweepPart(sentences, pictures, [_worse_table(found, swept)])


def _worse_title(found: list[over_states.Worse]) -> str:
    """In how many states each lever is worse in the measures that are named, and where most."""
    parts = []
    for name in dict.fromkeys(each.lever for each in found):
        rows = [each for each in found if each.lever == name]
        named = [each for each in rows if each.measure in NAMED]
        most = max(rows, key=lambda each: each.worse.mean)
        shown = [*named, *([most] if most not in named else [])]
        parts.append(f"{name} {', '.join(f'{100 * e.worse.mean:.0f}% ({readable(e.measure)})' for e in shown)}")
    return f"Worse than {found[0].base} in so many of {found[0].states:,} states of the world: {'; '.join(parts)}"


def _worse_words(each: over_states.Worse) -> str:
    k = round(each.worse.mean * each.states)
    return (
        f"{each.lever} is worse than {each.base} in {readable(each.measure)} in {k:,} of {each.states:,} states "
        f"({100 * each.worse.mean:.0f}%, exact 95% interval {100 * each.worse.low:.0f} to "
        f"{100 * each.worse.high:.0f}%), clearly in {100 * each.clearly_worse:.0f}%."
    )


def _worse_table(found: list[over_states.Worse], swept: Swept) -> Grid:
    columns = [
        tables.text("lever", lambda each: each.lever),
        *tables.measure_and_unit(lambda each: each.measure),
        tables.number("difference", lambda each: each.difference, tables.OF_ROW),
        tables.number("worse", lambda each: each.worse, "share"),
        tables.number("clearly worse", lambda each: each.clearly_worse, "share"),
        tables.number("clearly better", lambda each: each.clearly_better, "share"),
        tables.number("states", lambda each: float(each.states), "1"),
    ]
    note = (
        f"Difference: lever less {swept.names[0]}, mean over the states. Worse: by the mean of "
        f"{swept.replicates:,} paired replicates, with the exact 95% interval (Clopper and Pearson) of the share; "
        "with few replicates it is partly luck. Clearly: by the paired 95% t interval of the state alone; of many "
        "states 2.5% are clearly worse, and as many clearly better, by luck."
    )
    title = f"In how many states of the world each lever is worse than {swept.names[0]}"
    return tables.grid("sweep_worse", title, found, columns, note, "worse_shares(swept)")


# --- regret --------------------------------------------------------------------------------------------------------
def regrets_parts(swept: Swept) -> Iterator[SweepPart]:
    """Regret of each lever over the states, where levers meet the same states."""
    if len(swept.states) < 2 or len(swept.names) < 2:
        return
    measures = [m for m in swept.measures if BY_NAME[m].better]
    found = {m: table for m in measures if (table := over_states.regrets(swept, m))}
    if not found:
        return
    n = len(over_states.losses(swept, next(iter(found))))
    mean = pd.DataFrame({with_unit(m): [each.mean for each in table] for m, table in found.items()}, index=swept.names)
    title = f"Mean regret over {counted(n, 'state')} of the world. {regret_title(mean[_named(found)])}."
    figure = regret_heat_map(mean.rename(columns=lambda name: name.replace(" ", "\n", 1)))
    headline(figure, title)
    note = f"From runs.csv: n = {n:,} states in which every lever was run, {swept.replicates:,} replicates. {_REGRET}"
    alt = "Heat map of mean regret, levers by measures."
    shown_as = picture("sweep_regret", title, alt, figure, note)
    yield SweepPart([title], [shown_as], [_regret_table(found, swept, n)])


_REGRET = (
    "Regret: how far a lever is from the best of its state. The best is found on half of the replicates and scored on "
    "the other half, so that luck is no merit."
)


def _named(found: Mapping[str, Any]) -> list[str]:
    """The measures that findings name, or all."""
    return [with_unit(m) for m in NAMED if m in found] or [with_unit(m) for m in found]


def _regret_table(found: Mapping[str, list[Regret]], swept: Swept, n: int) -> Grid:
    best = {m: best_shares(over_states.losses(swept, m)) for m in found}
    rows = [(name, m, table[k], best[m][k]) for m, table in found.items() for k, name in enumerate(swept.names)]
    columns = [
        tables.text("lever", lambda row: row[0]),
        *tables.measure_and_unit(lambda row: row[1]),
        tables.number("mean", lambda row: row[2].mean, tables.OF_ROW),
        tables.number("90th percentile", lambda row: row[2].p90, tables.OF_ROW),
        tables.number("largest", lambda row: row[2].most, tables.OF_ROW),
        tables.number("best", lambda row: float(row[3]), "share"),
    ]
    note = (
        f"Over n = {n:,} states with {swept.replicates:,} replicates. {_REGRET} Percentile and largest are without "
        "replicate noise. Best: share of the states, ties shared; luck draws these shares together."
    )
    title = "Regret of each lever: distance from the best lever of each state of the world"
    return tables.grid("sweep_regret", title, rows, columns, note, 'regrets(swept, "pressure")')
