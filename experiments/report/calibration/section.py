"""Calibration: which parameters the reported figures inform, how well they are met, and whether the method works."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from experiments.report.calibration import figures, numbers
from experiments.report.calibration.numbers import ALL, DOUBTFUL, LEVELS, METHOD, covered, informed, methods_of
from experiments.report.page.document import Grid
from experiments.report.reports import check_reports, reported, sources_differ
from experiments.report.study import Folder, StudySection, share_words
from experiments.report.style import tables
from experiments.report.style.names import in_prose
from experiments.report.style.words import listed, sentence
from experiments.studies.inference.rivals import CANNOT_TELL
from sim.numbers import number

TABLES = tuple(
    f"calibration_{name}"
    for name in (
        *("parameters", "correlations", "targets", "rivals", "acceptance", "foresight", "methods"),
        *("recovery", "recovery_rivals", "ranks", "onward"),
    )
)
PAIRS = 5
_ERRORS = {"error_rms": "error (rms)", "crps_mean": "CRPS"}
_EFFORT = {"draws_mean": "effective draws a set"}


def _gather(found: Folder) -> Folder:
    """With the draws, and the manifest of the calibration: the folder's, or the one beside the draws."""
    if "calibration_targets" in found:
        check_reports(found["calibration_targets"])
    results, name = found.results, _ensemble(found)
    manifest = found.manifest or _beside(found, name)
    if name is None:
        return replace(found, about=manifest.get("study", {}), manifest=manifest)
    tables = {**found.tables, "ensemble": results.table(name)}
    return Folder(tables, manifest.get("study", {}), results, manifest, {"ensemble": name})


def _ensemble(found: Folder) -> str | None:
    """The table of the draws that belong to the others: a quick calibration's name ends so."""
    names = [name for name in found.results.files if name.startswith("ensemble_")]
    return next((name for name in names if name.endswith("_quick") == found.quick), None)


def _beside(found: Folder, ensemble: str | None) -> Mapping[str, Any]:
    """The manifest beside the draws (loading has checked it)."""
    path = found.results.folder / f"{ensemble}.json"
    manifest: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return manifest


# --- findings ------------------------------------------------------------------------------------------
def _informed_in_short(parameters: pd.DataFrame, _: Folder) -> Iterator[str]:
    """Of how many parameters more was learned than chance gives, and of which most."""
    clear = informed(parameters)
    most = f", most of {in_prose(clear['parameter'].iloc[0])}" if len(clear) else ""
    yield f"Of {len(parameters)} uncertain parameters {len(clear)} are known better than before{most}."


def _informed(parameters: pd.DataFrame, _: Folder) -> Iterator[str]:
    clear, n = informed(parameters), len(parameters)
    floor = float(parameters["chance_floor"].iloc[0])
    each = [f"{in_prose(row['parameter'])} {row['contraction']:.2f}" for row in clear.to_dict("records")]
    names = f": {listed(each)}" if each else ""
    yield (
        f"The reported figures inform {len(clear)} of {n} uncertain parameters beyond chance (contraction above "
        f"{floor:.2f}; 0 is nothing learned, 1 all){names}. Of the other {n - len(clear)} nothing was learned that "
        "chance could not give: they keep about the width of their prior."
    )


def _calibrated(parameters: pd.DataFrame, _: Folder) -> Iterator[str]:
    chosen = parameters[parameters["calibrated"] == 1]
    clear = informed(chosen)
    missed = [in_prose(key) for key in chosen["parameter"] if key not in set(clear["parameter"])]
    rest = f"; {listed(missed)} {_are(len(missed))} not" if missed else ""
    others = len(informed(parameters)) - len(clear)
    more = f" {others} other{'s' if others != 1 else ''} {_are(others)} too." if others else ""
    yield (
        f"Of the {len(chosen)} parameters that were meant to be calibrated {len(clear)} {_are(len(clear))} informed"
        f"{rest}.{more}"
    )


def _are(n: int) -> str:
    return "is" if n == 1 else "are"


def _draws(_: pd.DataFrame, found: Folder) -> Iterator[str]:
    parts = []
    if "ensemble" in found:
        parts.append(f"The ensemble has {numbers.draws_in_words(found['ensemble'])} draws of equal weight")
    if "calibration_methods" in found:
        first = found["calibration_methods"].iloc[0]
        parts.append(
            f"it is of the {first['draws']:,.0f} nearest of {first['runs']:,.0f} runs of the prior "
            f"({100 * first['draws'] / first['runs']:.2g}%), by {first['method']}"
        )
    if parts:
        yield sentence("; ".join(parts)) + "."


def _inside(_: pd.DataFrame, found: Folder) -> Iterator[str]:
    words = found.about.get("inside", {}).get("words")
    if words:
        yield f"What was reported lies {words}."


def _foresight(rows: pd.DataFrame, _: Folder) -> Iterator[str]:
    clear = rows[~rows["verdict"].str.startswith(CANNOT_TELL)]
    each = listed(f"{in_prose(row['rival'])} (weight {row['weight']:.2f})" for row in clear.to_dict("records"))
    n = int(rows["forecasts"].iloc[0])
    known = f"tell something of {len(clear)} rivals: {each}" if each else "tell nothing of any rival"
    yield f"{n} later reports, foretold from earlier ones by runs with each rival and without, {known}."


def _rivals_in_short(rivals: pd.DataFrame, _: Folder) -> Iterator[str]:
    n = len(rivals) - len(numbers.told(rivals))
    yield (
        f"Of {n} of {len(rivals)} rival structures, each with chance one half before, the data can't tell: the "
        "ensemble carries both."
    )


def _rivals(rivals: pd.DataFrame, _: Folder) -> Iterator[str]:
    clear = numbers.told(rivals)
    each = [f"{row['verdict']} ({in_prose(row['rival'])}: {row['p_in']:.2f})" for row in clear.to_dict("records")]
    if each:
        yield f"{sentence('; '.join(each))}."


def _trade_offs(correlations: pd.DataFrame, _: Folder) -> Iterator[str]:
    order = numbers.strongest_first(correlations)
    top = order.iloc[0]
    yield (
        "The strongest trade-off of two parameters, in the draws in which both are free, is between "
        f"{in_prose(top['parameter'])} and {in_prose(top['other'])}: correlation {number(float(top['correlation']))}. "
        "Values of such a pair can't be told apart one by one."
    )


def _fit(targets: pd.DataFrame, _: Folder) -> Iterator[str]:
    rows = targets.to_dict("records")
    above = sum(reported(row["reported"]).low > float(row["accepted_q50"]) for row in rows)
    below = sum(reported(row["reported"]).high < float(row["accepted_q50"]) for row in rows)
    yield (
        f"{numbers.held(targets)} of {len(targets)} fitted figures lie within 5% to 95% of the accepted runs; {above} "
        f"lie above the runs' median and {below} below. They were fitted: this checks the fit and is no test of the "
        "model."
    )


def _recovered(recovery: pd.DataFrame, _: Folder) -> Iterator[str]:
    single, doubtful = numbers.one_by_one(recovery), len(numbers.uneven(recovery))
    worst = single.sort_values("rank_p", kind="stable").iloc[0]
    verdict = f"{doubtful} stay below {DOUBTFUL:g}" if doubtful else f"none stays below {DOUBTFUL:g}"
    yield (
        f"Proof by simulation, {numbers.sets_of(recovery)} data sets whose parameters are known: the smallest of "
        f"{len(single)} p-values of the rank test is {number(float(worst['rank_p']))} ({in_prose(worst['parameter'])}, "
        f"{worst['method']}); corrected for the number of parameters, {verdict}."
    )
    yield from (_coverage(recovery, method) for method in methods_of(recovery))


def _coverage(recovery: pd.DataFrame, method: str) -> str:
    """What share of the truths each interval holds; where it is clearly not its level, that is said."""
    parts = []
    for level in LEVELS:
        inside, _ = covered(recovery, method, level)
        off = ", too short" if inside.high < level / 100 else ", too wide" if inside.low > level / 100 else ""
        parts.append(f"{level}% intervals hold {share_words(inside)}{off}")
    n = covered(recovery, method, LEVELS[0])[1]
    who = f"{method}, the method of the ensemble" if method == METHOD else method
    return f"Coverage of known parameters, {who}: {'; '.join(parts)} (n = {n:,} sets × parameters, exact intervals)."


# --- tables --------------------------------------------------------------------------------------------
def _spread(heading: str, when: str, unit: str) -> tables.GridColumn:
    """Median with 5% and 95%."""
    return tables.interval(f"{heading}: median [5%, 95%]", *(f"{when}_q{q}" for q in ("50", "05", "95")), unit=unit)


def _parameter_grid(parameters: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    clear = set(informed(parameters)["parameter"])
    rows = numbers.most_first(parameters[parameters["parameter"].isin(clear) | (parameters["calibrated"] == 1)])
    columns = [
        tables.text("parameter", lambda row: in_prose(row["parameter"])),
        tables.UNIT,
        _spread("prior", "prior", tables.OF_ROW),
        _spread("posterior", "posterior", tables.OF_ROW),
        tables.number("contraction"),
        tables.text("beyond chance", lambda row: "yes" if row["parameter"] in clear else "no"),
        tables.yes_no("calibrated", "calibrated"),
    ]
    title = "Parameters that are informed, or were meant to be"
    note = f"The other {len(parameters) - len(rows)} parameters: calibration_parameters.csv."
    query = "contraction > chance_floor or calibrated == 1"
    yield found.grid("calibration_parameters", title, rows, columns, note, query)


def _target_grid(targets: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    columns = [
        *(tables.text("target"), tables.text("reported")),
        *(_spread("runs from the prior", "prior", "1"), _spread("accepted runs", "accepted", "1")),
    ]
    title = "Fitted figures, single runs from the prior and accepted runs"
    note = (
        "Attacks, or people killed or wounded, in the window. Quantiles are of single runs, those of the accepted "
        "ones weighted. Sources: calibration_targets.csv."
    )
    yield found.grid("calibration_targets", title, targets, columns, note)


def _recovery_grid(recovery: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    together = recovery[recovery["parameter"] == ALL].set_index("method").to_dict("index")
    smallest = numbers.one_by_one(recovery).groupby("method")["rank_p"].min()
    shares = {method: numbers.coverage(recovery, method) for method in methods_of(recovery)}
    columns = [
        tables.text("method", str),
        tables.number("smallest p of ranks", lambda method: float(smallest[method]), "1"),
        *tables.columns_by(range(len(LEVELS)), lambda k: f"middle {LEVELS[k]}%", lambda method, k: shares[method][k]),
        *tables.columns_by(_ERRORS, _ERRORS.__getitem__, lambda m, key: float(together[m][key]), "share of the prior"),
        *tables.columns_by(_EFFORT, _EFFORT.__getitem__, lambda m, key: float(together[m][key])),
    ]
    title = "Proof by simulation: all parameters together"
    note = (
        "Share of the truths inside the middle of the posterior, with exact 95% intervals over sets × parameters; "
        "the parameters of one set are not quite independent, so the true intervals are somewhat wider. All sets are "
        "rows taken out of the table."
    )
    yield found.grid("calibration_recovery", title, shares, columns, note, f"parameter == '{ALL}'")


def _rival_grid(rivals: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    columns = [
        tables.text("rival", lambda row: in_prose(row["rival"])),
        tables.text("if it holds", lambda row: in_prose(row["new_word"])),
        tables.interval("by the draws", "p_in", "p_in_low", "p_in_high", unit="1"),
        tables.interval("by the forest", "forest_p", "forest_low", "forest_high", unit="1"),
        tables.number("by the second method", lambda row: float(row["second_p_in"]), "1"),
        tables.text("verdict", lambda row: row["verdict"]),
    ]
    note = (
        "Chance that the rival holds and not the old rule, one half before, with 95% intervals. The verdict says no "
        "more than both ways say. How often runs come near with and without it, at several tolerances: "
        "calibration_acceptance.csv."
    )
    yield found.grid("calibration_rivals", "Rival structures weighed", rivals, columns, note)


def _pair_grid(pairs: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    rows = numbers.strongest_first(pairs)[:PAIRS]
    columns = [
        *tables.columns_by(("parameter", "other"), str, lambda row, key: in_prose(row[key]), ""),
        tables.number("correlation"),
    ]
    title = f"The {len(rows)} strongest trade-offs"
    yield found.grid("calibration_correlations", title, rows, columns)


# --- what it rests on ----------------------------------------------------------------------------------
def _caveats(found: Folder) -> Iterator[str]:
    about, parameters = found.about, found["calibration_parameters"]
    yield (
        "The figures were fitted: that accepted runs are near them is no evidence for the model. `posture validate` "
        "asks what was not fitted."
    )
    yield from _uncertain_reports(about)
    unknown = len(parameters) - len(informed(parameters))
    yield (
        f"{unknown} of {len(parameters)} parameters keep about their prior, and many priors are judgement: "
        "configs/priors says which."
    )
    yield "All holds for the rules as they are. A wrong rule may be hidden by parameters that make up for it."
    if "calibration_recovery" in found:
        yield (
            "The proof by simulation takes its reports from the same table as the posterior: it proves the method with "
            "these rules and priors, and says nothing of whether they are right."
        )
    if "calibration_rivals" in found:
        yield "Weights of rivals are those of these few figures, with both at one half before."


def _uncertain_reports(about: Mapping[str, Any]) -> Iterator[str]:
    targets = about.get("targets", {}).get("targets", [])
    shares = [float(t["tolerance"]) for t in targets if t.get("fit") and t.get("value") is not None]
    near = " How near to them a run must be is a choice (the tolerance, in about standard deviations of a report)."
    yield f"The reported counts are uncertain themselves: {sources_differ(shares)}.{near if shares else ''}"


section = StudySection(
    key="calibration",
    title="Calibration: what the reported figures say of the parameters",
    question="Which uncertain parameters do the reported figures inform, which stay as wide as their prior, and does "
    "the method find the truth where it is known?",
    tables=TABLES,
    needed=["calibration_parameters"],
    short=[("calibration_parameters", _inside), ("calibration_parameters", _informed_in_short)],
    best=["rivals"],
    findings=[
        ("calibration_parameters", _informed),
        ("calibration_parameters", _calibrated),
        ("calibration_parameters", _draws),
        ("calibration_correlations", _trade_offs),
        ("calibration_rivals", _rivals_in_short),
        ("calibration_rivals", _rivals),
        ("calibration_foresight", _foresight),
        ("calibration_targets", _fit),
        ("calibration_recovery", _recovered),
    ],
    pictures=figures.pictures,
    grids=[
        ("calibration_parameters", _parameter_grid),
        ("calibration_targets", _target_grid),
        ("calibration_rivals", _rival_grid),
        ("calibration_recovery", _recovery_grid),
        ("calibration_correlations", _pair_grid),
    ],
    caveats=_caveats,
    gather=_gather,
    unknown="The folder has no manifest of the calibration: its seed, tolerances and priors are not known.",
).section
