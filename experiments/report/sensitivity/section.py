"""Sensitivity: which uncertain parameters decide the answers, and how much of a single run is luck."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from experiments.analysis.results import Results
from experiments.report.page.document import Cell, Grid, Section
from experiments.report.sensitivity.figures import (
    STREAMS,
    Tables,
    above_noise,
    clear_pairs,
    noise_share,
    of_scope,
    pictures,
    scopes,
    sobol_title,
    tornado_title,
    widest,
)
from experiments.report.study_figures import DIFFERENCE, SCOPE_WORDS, in_order, in_prose, intervals, listed
from experiments.report.study_words import (
    caveats,
    change_words,
    half_width_words,
    line,
    reproduce,
    study_of,
    tables_of,
    unit_of,
)
from experiments.report.style.words import readable, sentence
from sim.numbers import percent
from sim.statistics import Interval

TABLES = ("tornado", "screening", "sobol", "sobol_pairs", "replicate_noise")
TOP, MOST_NOISE = 3, 0.5
MORRIS_ROWS = 10
EXAMPLES = 2
"""Measures whose strongest parameter is told in words, where the Sobol indices tell all; the table has the others."""


def section(results: Results) -> Section | None:
    """The section of a folder with the tables of `posture sensitivity`."""
    tables, study = tables_of(results, TABLES), study_of(results, "sensitivity")
    if not tables.keys() & {"tornado", "sobol", "screening"}:
        return None
    return Section(
        key="sensitivity",
        title="Sensitivity: which parameters decide",
        question="Which uncertain parameters move the measures, which decide between six and fourteen sites, and how "
        "much of what a single run shows is luck?",
        findings=list(_findings(tables)),
        pictures=pictures(tables, study),
        tables=list(_grids(tables, results)),
        caveats=[*caveats(study, tables), *_caveats(tables, study)],
        reproduce=reproduce(results, results.manifest if study else {}, tables),
    )


def _scope(frame: pd.DataFrame) -> str | None:
    """The scope that findings are about: the difference, if the table has it."""
    return next(iter(scopes(frame)), None)


# --- findings ------------------------------------------------------------------------------------------
def _findings(tables: Tables) -> Iterator[str]:
    singles = tables.get("sobol")
    if singles is not None and (scope := _scope(singles)):
        rows = of_scope(singles, scope)
        yield f"{sobol_title(rows, scope)} (total Sobol index, above the floor of luck)."
        yield from (
            _shares(rows, scope, measure, tables.get("replicate_noise")) for measure in in_order(rows, "measure")
        )
    if "tornado" in tables and (scope := _scope(tables["tornado"])):
        rows = of_scope(tables["tornado"], scope)
        yield f"{tornado_title(rows, scope)} (paired change that is clear of 0)."
        measures = in_order(rows, "measure")
        yield from (_alone(rows, scope, measure) for measure in (measures if singles is None else measures[:EXAMPLES]))
    if "screening" in tables and (scope := _scope(tables["screening"])):
        yield _screened(of_scope(tables["screening"], scope), scope)
    if singles is not None and "sobol_pairs" in tables and DIFFERENCE in scopes(tables["sobol_pairs"]):
        yield _together(of_scope(tables["sobol_pairs"], DIFFERENCE), of_scope(singles, DIFFERENCE))


def _shares(singles: pd.DataFrame, scope: str, measure: str, noise: pd.DataFrame | None) -> str:
    """Which parameters explain how much of the variance of a measure, and how much of a run is luck."""
    top = above_noise(singles, measure)
    each = [
        f"{in_prose(row['parameter'])} {half_width_words(row['total'], row['total_half_width'])}"
        for row in top[:TOP].to_dict("records")
    ]
    words = f"total index {', '.join(each)}" if each else "no parameter stands above luck"
    share = noise_share(noise, scope, measure)
    rest = f"; luck is {percent(share)} of the variance of a single run" if share is not None else ""
    return f"{sentence(readable(measure))}, {SCOPE_WORDS[scope]}: {words}{rest}."


def _alone(swings: pd.DataFrame, scope: str, measure: str) -> str:
    """What the strongest parameter does by itself, at both ends of its prior."""
    top, unit = widest(swings, measure).iloc[0], unit_of(swings, measure)
    name = f"{sentence(readable(measure))}, {SCOPE_WORDS[scope]}"
    if not top["clear"]:
        return f"{name}: no parameter moved alone makes a change that is clear of 0 at its wider end."
    low, high = (
        change_words(Interval(*(float(top[f"{end}_{part}"]) for part in ("mean", "low", "high"))), unit)
        for end in ("low", "high")
    )
    return (
        f"{name}, one parameter at a time: {in_prose(top['parameter'])} moves it most, by {low} at its 5% quantile and "
        f"by {high} at its 95% quantile (95% intervals)."
    )


def _screened(effects: pd.DataFrame, scope: str) -> str:
    rows = effects[effects["parameter"] != STREAMS]
    above = rows[rows["above_noise"] == 1]
    return (
        f"Screening of {rows['parameter'].nunique()} parameters (Morris), {SCOPE_WORDS[scope]}: "
        f"{above['parameter'].nunique()} stand above luck in at least one of {rows['measure'].nunique()} measures."
    )


def _together(pairs: pd.DataFrame, singles: pd.DataFrame) -> str:
    clear = clear_pairs(pairs, singles)
    return (
        f"Parameters in pairs, {SCOPE_WORDS[DIFFERENCE]}: {len(clear)} of {len(pairs)} second-order indices are clear "
        f"of 0 with both parameters above luck; at 95% about {0.05 * len(pairs):.0f} of so many leave 0 out by chance."
    )


# --- tables --------------------------------------------------------------------------------------------
def _grids(tables: Tables, results: Results) -> Iterator[Grid]:
    if "sobol" in tables and (scope := _scope(tables["sobol"])):
        yield _sobol_grid(of_scope(tables["sobol"], scope), scope, tables.get("replicate_noise"), results)
    if "tornado" in tables and (scope := _scope(tables["tornado"])):
        yield _tornado_grid(of_scope(tables["tornado"], scope), scope, results)
    if "screening" in tables and (scope := _scope(tables["screening"])):
        yield _morris_grid(of_scope(tables["screening"], scope), scope, results)


def _sobol_grid(singles: pd.DataFrame, scope: str, noise: pd.DataFrame | None, results: Results) -> Grid:
    rows: list[list[Cell]] = []
    for measure in in_order(singles, "measure"):
        share = noise_share(noise, scope, measure)
        found = [
            [readable(measure), in_prose(r["parameter"]), _around(r, "total"), _around(r, "first"), share]
            for r in above_noise(singles, measure)[:TOP].to_dict("records")
        ]
        rows += found or [[readable(measure), "none above luck", None, None, share]]
    return Grid(
        name="sobol",
        title=f"Shares of variance, {SCOPE_WORDS[scope]}: the {TOP} strongest parameters above luck",
        columns=["measure", "parameter", "total index", "first-order index", "luck in a single run"],
        units=["", "", "1", "1", "1"],
        rows=rows,
        note="Intervals: 95% bootstrap. All parameters and scopes: sobol.csv; replicate "
        "noise: replicate_noise.csv, which gives no interval.",
        reproduce=line(results, "sobol", f"scope == '{scope}' and above_noise == 1"),
    )


def _around(row: Mapping[Any, Any], part: str) -> Interval:
    value, half = float(row[part]), float(row[f"{part}_half_width"])
    return Interval(value, value - half, value + half)


def _tornado_grid(swings: pd.DataFrame, scope: str, results: Results) -> Grid:
    rows: list[list[Cell]] = []
    for measure in in_order(swings, "measure"):
        top, unit = widest(swings, measure)[:TOP], unit_of(swings, measure)
        ends = (intervals(top, f"{end}_mean", f"{end}_low", f"{end}_high") for end in ("low", "high"))
        for parameter, low, high in zip(top["parameter"], *ends, strict=True):
            rows.append([readable(measure), "" if unit == "1" else unit, in_prose(parameter), low, high])
    first = in_order(swings, "measure")[0]
    return Grid(
        name="tornado",
        title=f"One parameter at a time, {SCOPE_WORDS[scope]}: the {TOP} widest of each measure",
        columns=["measure", "unit", "parameter", "at its 5% quantile", "at its 95% quantile"],
        units=["", "", "", "of the row", "of the row"],
        rows=rows,
        note="Paired change from the run where all parameters are in the middle of their priors; 95% t intervals. The "
        "other parameters and scopes: tornado.csv.",
        reproduce=line(results, "tornado", f"scope == '{scope}' and measure == '{first}'"),
    )


def _morris_grid(effects: pd.DataFrame, scope: str, results: Results) -> Grid:
    rows = effects[effects["parameter"] != STREAMS]
    most = rows.groupby("measure")["mu_star"].transform("max")
    shares = (rows["mu_star"] / most).where(most > 0, 0.0)
    by_parameter = pd.DataFrame({"parameter": rows["parameter"], "share": shares, "above": rows["above_noise"]})
    top = by_parameter.groupby("parameter").agg({"share": "max", "above": "sum"})
    top = top.sort_values("share", ascending=False, kind="stable")[:MORRIS_ROWS]
    return Grid(
        name="screening",
        title=f"Morris screening, {SCOPE_WORDS[scope]}: the {len(top)} strongest parameters",
        columns=["parameter", "largest μ* as a share of the strongest in that measure", "measures above luck"],
        units=["", "1", "1"],
        rows=[[in_prose(str(name)), float(row["share"]), float(row["above"])] for name, row in top.iterrows()],
        note=f"Of {rows['parameter'].nunique()} parameters and {rows['measure'].nunique()} measures. μ*: mean size "
        "of the elementary effects. All: screening.csv.",
        reproduce=line(results, "screening", f"scope == '{scope}' and above_noise == 1"),
    )


# --- caveats -------------------------------------------------------------------------------------------
def _caveats(tables: Tables, study: Mapping[str, Any]) -> Iterator[str]:
    yield (
        "Ranges of the parameters are judgements, and a wide range makes a parameter important: the ranking is that of "
        "these priors. Rules are not varied."
    )
    kept = study.get("sobol_parameters")
    if "sobol" in tables:
        n = len(kept) if kept else tables["sobol"].loc[tables["sobol"]["parameter"] != STREAMS, "parameter"].nunique()
        yield f"Sobol indices are of {n} parameters; the others stay in the middle of their priors."
        yield from _lucky(tables)
    if "tornado" in tables:
        yield "One parameter at a time sees no interaction, and its intervals are for one bar at a time."


def _lucky(tables: Tables) -> Iterator[str]:
    """Where luck outweighs the parameters, indices say little."""
    for scope in scopes(tables["sobol"]):
        shares = {m: noise_share(tables.get("replicate_noise"), scope, m) for m in in_order(tables["sobol"], "measure")}
        lucky = [f"{readable(m)} ({percent(share)})" for m, share in shares.items() if share and share > MOST_NOISE]
        if lucky:
            yield (
                f"{sentence(SCOPE_WORDS[scope])}: luck is more than half of the variance of a single run in "
                f"{listed(lucky)}. There indices, those of second order above all, are not reliable."
            )
