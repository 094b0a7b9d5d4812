"""Sensitivity: which uncertain parameters and structures decide the answers, and how much of a run is noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from experiments.report.page.document import Grid
from experiments.report.sensitivity import figures, numbers
from experiments.report.sensitivity.numbers import DIFFERENCE, SCOPE_WORDS, STREAMS, of_scope, scopes
from experiments.report.study import MEASURE, Folder, StudySection, change_words, half_width_words, in_order, unit_of
from experiments.report.style import tables
from experiments.report.style.names import in_prose
from experiments.report.style.words import listed, readable, sentence
from sim.numbers import percent
from sim.statistics import Interval

TOP, MOST_NOISE = 3, 0.5
MORRIS_ROWS = 10
STRUCTURE = "structure"
EXAMPLES = 2
"""Measures whose strongest parameter is told in words, where the Sobol indices tell all; the table has the others."""


def _of_first_scope(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """What findings are about: the rows of the difference, if the table has it, and their scope."""
    scope = scopes(frame)[0]
    return of_scope(frame, scope), scope


# --- findings ------------------------------------------------------------------------------------------
def _groups_in_short(singles: pd.DataFrame, _: Folder) -> Iterator[str]:
    rows, scope = _of_first_scope(singles)
    yield f"By group, every factor varied: {numbers.sobol_title(rows, scope)}."


def _grouped(singles: pd.DataFrame, found: Folder) -> Iterator[str]:
    """By group, over the whole of the priors; structure among them, in every measure."""
    rows, scope = _of_first_scope(singles)
    for measure in in_order(rows, "measure"):
        yield _shares(rows, scope, measure, found).replace("no parameter stands", "no group stands")
    yield from _structure(rows, scope)


def _structure(rows: pd.DataFrame, scope: str) -> Iterator[str]:
    some = rows[rows["parameter"] == STRUCTURE]
    each = [
        f"{readable(row['measure'])} {half_width_words(row['total'], row['total_half_width'])}"
        f"{'' if row['above_noise'] else ' (not above the noise)'}"
        for row in some.to_dict("records")
    ]
    if each:
        yield f"Rival structures, alone and with all else, {SCOPE_WORDS[scope]}: total index {listed(each)}."


def _shared(singles: pd.DataFrame, found: Folder) -> Iterator[str]:
    rows, scope = _of_first_scope(singles)
    yield from (_shares(rows, scope, measure, found) for measure in in_order(rows, "measure"))


def _moved(swings: pd.DataFrame, found: Folder) -> Iterator[str]:
    rows, scope = _of_first_scope(swings)
    told = in_order(rows, "measure")[: EXAMPLES if "sobol" in found else None]
    yield from (_alone(rows, scope, measure) for measure in told)


def _shares(singles: pd.DataFrame, scope: str, measure: str, found: Folder) -> str:
    """Which parameters explain how much of the variance of a measure, and how much of a run is replicate noise."""
    top = numbers.above_noise(singles, measure)
    each = [
        f"{in_prose(row['parameter'])} {half_width_words(row['total'], row['total_half_width'])}"
        for row in top[:TOP].to_dict("records")
    ]
    words = f"total index {', '.join(each)}" if each else "no parameter stands above replicate noise"
    share = numbers.noise_share(found, scope, measure)
    rest = f"; replicate noise is {percent(share)} of the variance of a single run" if share is not None else ""
    return f"{sentence(readable(measure))}, {SCOPE_WORDS[scope]}: {words}{rest}."


def _alone(swings: pd.DataFrame, scope: str, measure: str) -> str:
    """What the strongest parameter does by itself, at both ends of its prior."""
    top, unit = numbers.widest(swings, measure).iloc[0], unit_of(swings, measure)
    name = f"{sentence(readable(measure))}, {SCOPE_WORDS[scope]}"
    if not top["clear"]:
        return f"{name}: no parameter moved alone makes a change that is clear of 0 at its wider end."
    low, high = (
        change_words(tables.interval_of(top, *(f"{end}_{part}" for part in ("mean", "low", "high"))), unit)
        for end in ("low", "high")
    )
    return (
        f"{name}, one parameter at a time: {in_prose(top['parameter'])} moves it most, by {low} at its 5% quantile and "
        f"by {high} at its 95% quantile (95% intervals)."
    )


def _screened(every: pd.DataFrame, _: Folder) -> Iterator[str]:
    effects, scope = _of_first_scope(every)
    rows = effects[effects["parameter"] != STREAMS]
    above = rows[rows["above_noise"] == 1]
    yield (
        f"Screening of {rows['parameter'].nunique()} parameters (Morris), {SCOPE_WORDS[scope]}: "
        f"{above['parameter'].nunique()} stand above the noise in at least one of {rows['measure'].nunique()} measures."
    )


def _together(every: pd.DataFrame, found: Folder) -> Iterator[str]:
    if "sobol" not in found or DIFFERENCE not in scopes(every):
        return
    pairs, singles = (of_scope(table, DIFFERENCE) for table in (every, found["sobol"]))
    clear = numbers.clear_pairs(pairs, singles)
    yield (
        f"Parameters in pairs, {SCOPE_WORDS[DIFFERENCE]}: {len(clear)} of {len(pairs)} second-order indices are clear "
        f"of 0 with both parameters above noise; at 95% about {0.05 * len(pairs):.0f} of so many leave 0 out by chance."
    )


# --- tables --------------------------------------------------------------------------------------------
def _group_grid(every: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    singles, scope = _of_first_scope(every)
    columns = [
        MEASURE,
        tables.text("group", "parameter"),
        tables.number("total index", lambda row: _around(row, "total"), "1"),
        tables.number("first-order index", lambda row: _around(row, "first"), "1"),
        tables.yes_no("above the noise", "above_noise"),
    ]
    title = f"Shares of variance by group, {SCOPE_WORDS[scope]}"
    note = "First order: what the group's factors do with each other too. Intervals: 95% bootstrap. The other scopes: "
    note += "sobol_groups.csv; pairs of groups: sobol_group_pairs.csv."
    yield found.grid("sobol_groups", title, singles, columns, note, f"scope == '{scope}'")


_PARAMETER = tables.text("parameter", lambda row: in_prose(row["parameter"]))


def _sobol_grid(every: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    singles, scope = _of_first_scope(every)
    noise = {m: numbers.noise_share(found, scope, m) for m in in_order(singles, "measure")}
    rows = [row for m in noise for row in numbers.above_noise(singles, m)[:TOP].to_dict("records") or [{"measure": m}]]
    columns = [
        MEASURE,
        tables.text(
            "parameter", lambda row: in_prose(row["parameter"]) if "parameter" in row else "none above the noise"
        ),
        tables.number("total index", lambda row: _around(row, "total"), "1"),
        tables.number("first-order index", lambda row: _around(row, "first"), "1"),
        tables.number("replicate noise in a single run", lambda row: noise[row["measure"]], "1"),
    ]
    title = f"Shares of variance, {SCOPE_WORDS[scope]}: the {TOP} strongest parameters above replicate noise"
    note = "Intervals: 95% bootstrap. All parameters and scopes: sobol.csv; noise, as it is: replicate_noise.csv."
    query = f"scope == '{scope}' and above_noise == 1"
    yield found.grid("sobol", title, rows, columns, note, query)


def _around(row: Mapping[Any, Any], part: str) -> Interval | None:
    if part not in row:
        return None
    value, half = float(row[part]), float(row[f"{part}_half_width"])
    return Interval(value, value - half, value + half)


def _tornado_grid(every: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    swings, scope = _of_first_scope(every)
    measures = in_order(swings, "measure")
    rows = pd.concat([numbers.widest(swings, measure)[:TOP] for measure in measures])
    columns = [
        MEASURE,
        tables.text("unit", lambda row: tables.unit_words(unit_of(swings, row["measure"]))),
        _PARAMETER,
        tables.interval("at its 5% quantile", "low_mean", "low_low", "low_high"),
        tables.interval("at its 95% quantile", "high_mean", "high_low", "high_high"),
    ]
    title = f"One parameter at a time, {SCOPE_WORDS[scope]}: the {TOP} widest of each measure"
    note = (
        "Paired change from the run where all parameters are in the middle of their priors; 95% t intervals. The "
        "other parameters and scopes: tornado.csv."
    )
    query = f"scope == '{scope}' and measure == '{measures[0]}'"
    yield found.grid("tornado", title, rows, columns, note, query)


def _morris_grid(every: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    effects, scope = _of_first_scope(every)
    screened = numbers.screened(effects)
    rows = screened[:MORRIS_ROWS].reset_index()
    columns = [
        _PARAMETER,
        tables.number("largest μ* as a share of the strongest in that measure", "share"),
        tables.number("measures above replicate noise", "above"),
    ]
    title = f"Morris screening, {SCOPE_WORDS[scope]}: the {len(rows)} strongest parameters"
    note = f"Of {len(screened)} parameters and {effects['measure'].nunique()} measures. μ*: mean size "
    note += "of the elementary effects. All: screening.csv."
    query = f"scope == '{scope}' and above_noise == 1"
    yield found.grid("screening", title, rows, columns, note, query)


# --- caveats -------------------------------------------------------------------------------------------
def _caveats(found: Folder) -> Iterator[str]:
    yield (
        "Ranges of the parameters are judgements, and a wide range makes a factor important: the ranking is that of "
        "these priors. A rival structure is in or out with equal chance, a judgement too. Rules that have no rival are "
        "not varied."
    )
    kept = found.about.get("sobol_parameters")
    if "sobol" in found:
        n = len(kept) if kept else found["sobol"].loc[found["sobol"]["parameter"] != STREAMS, "parameter"].nunique()
        yield f"Indices of single factors are of {n}; the others stay in the middle, every rival in. Groups vary all."
        yield from _noisy(found)
    if "tornado" in found:
        yield "One parameter at a time sees no interaction, and its intervals are for one bar at a time."


def _noisy(found: Folder) -> Iterator[str]:
    """Where replicate noise outweighs the parameters, indices say little."""
    for scope in scopes(found["sobol"]):
        shares = {m: numbers.noise_share(found, scope, m) for m in in_order(found["sobol"], "measure")}
        noisy = [f"{readable(m)} ({percent(share)})" for m, share in shares.items() if share and share > MOST_NOISE]
        if noisy:
            yield (
                f"{sentence(SCOPE_WORDS[scope])}: replicate noise is more than half of the variance of a single run in "
                f"{listed(noisy)}. There indices, those of second order above all, are not reliable."
            )


section = StudySection(
    key="sensitivity",
    title="Sensitivity: which parameters and structures decide",
    question="Which uncertain parameters and structures move the measures, which decide between six and fourteen, "
    "and how much of what a single run shows is replicate noise?",
    tables=["sobol_groups", "tornado", "screening", "sobol", "sobol_pairs", "replicate_noise"],
    needed=["tornado", "sobol", "screening"],
    short=[("sobol_groups", _groups_in_short), ("screening", _screened)],
    best=["tornado_six_minus_fourteen"],
    findings=[
        ("sobol_groups", _grouped),
        ("sobol", _shared),
        ("tornado", _moved),
        ("sobol_pairs", _together),
    ],
    pictures=figures.pictures,
    grids=[
        ("sobol_groups", _group_grid),
        ("sobol", _sobol_grid),
        ("tornado", _tornado_grid),
        ("screening", _morris_grid),
    ],
    caveats=_caveats,
).section
