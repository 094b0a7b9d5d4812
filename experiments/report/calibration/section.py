"""Calibration: which parameters the reported figures inform, how well they are met, and whether the method works."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from experiments.analysis.results import Results
from experiments.report.calibration.figures import Tables, draws_in_words, held, informed, pictures
from experiments.report.calibration.recovery import ALL, DOUBTFUL, LEVELS, METHOD, covered, methods_of
from experiments.report.calibration.tables import grids
from experiments.report.page.document import Section
from experiments.report.reported import check_reports, reported
from experiments.report.study_figures import QUICK_CAVEAT, in_prose, is_quick, listed
from experiments.report.study_words import reproduce, share_words, study_of, tables_of
from experiments.report.style.words import sentence
from sim.numbers import number, percent

TABLES = tuple(
    f"calibration_{name}" for name in ("parameters", "correlations", "targets", "generations", "recovery", "ranks")
)


def section(results: Results) -> Section | None:
    """The section of a folder with the tables of `posture calibrate`."""
    tables = tables_of(results, TABLES)
    if "calibration_parameters" not in tables:
        return None
    if "calibration_targets" in tables:
        check_reports(tables["calibration_targets"])
    ensemble = _ensemble(results, quick=is_quick(tables["calibration_parameters"]))
    manifest = _manifest(results, ensemble)
    with_draws = tables | ({"ensemble": results.table(ensemble)} if ensemble else {})
    return Section(
        key="calibration",
        title="Calibration: what the reported figures say of the parameters",
        question="Which uncertain parameters do the reported figures inform, which stay as wide as their prior, and "
        "does the method find the truth where it is known?",
        findings=list(_findings(with_draws)),
        pictures=pictures(with_draws, manifest.get("study", {})),
        tables=list(grids(tables, results)),
        caveats=list(_caveats(tables, manifest)),
        reproduce=reproduce(results, manifest, [*tables, *([ensemble] if ensemble else [])]),
    )


def _ensemble(results: Results, *, quick: bool) -> str | None:
    """The table of the draws that belong to the others: a quick calibration's name ends so."""
    names = [name for name in results.files if name.startswith("ensemble_")]
    return next((name for name in names if name.endswith("_quick") == quick), None)


def _manifest(results: Results, ensemble: str | None) -> Mapping[str, Any]:
    """The manifest of the calibration: the folder's, or the one beside the draws (loading has checked it)."""
    path = results.folder / f"{ensemble}.json"
    if study_of(results, "calibration") or not path.is_file():
        return results.manifest if study_of(results, "calibration") else {}
    found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


# --- findings ------------------------------------------------------------------------------------------
def _findings(tables: Tables) -> Iterator[str]:
    parameters = tables["calibration_parameters"]
    yield _informed(parameters)
    yield _calibrated(parameters)
    if "ensemble" in tables or "calibration_generations" in tables:
        yield _draws(tables)
    if "calibration_correlations" in tables:
        yield _trade_offs(tables["calibration_correlations"])
    if "calibration_targets" in tables:
        yield _fit(tables["calibration_targets"])
    if "calibration_recovery" in tables:
        yield _ranks(tables["calibration_recovery"])
        yield from (_coverage(tables["calibration_recovery"], m) for m in methods_of(tables["calibration_recovery"]))


def _informed(parameters: pd.DataFrame) -> str:
    clear, n = informed(parameters), len(parameters)
    floor = float(parameters["chance_floor"].iloc[0])
    each = [f"{in_prose(row['parameter'])} {row['contraction']:.2f}" for row in clear.to_dict("records")]
    names = f": {listed(each)}" if each else ""
    return (
        f"The reported figures inform {len(clear)} of {n} uncertain parameters beyond chance (contraction above "
        f"{floor:.2f}; 0 is nothing learned, 1 all){names}. Of the other {n - len(clear)} nothing was learned that "
        "chance could not give: they keep about the width of their prior."
    )


def _calibrated(parameters: pd.DataFrame) -> str:
    chosen = parameters[parameters["calibrated"] == 1]
    clear = informed(chosen)
    missed = [in_prose(key) for key in chosen["parameter"] if key not in set(clear["parameter"])]
    rest = f"; {listed(missed)} {_are(len(missed))} not" if missed else ""
    others = len(informed(parameters)) - len(clear)
    drawn = f" {others} of those informed {_are(others, 'were')} drawn anew from the prior in every run."
    return (
        f"Of the {len(chosen)} parameters that were meant to be calibrated {len(clear)} {_are(len(clear))} informed"
        f"{rest}.{drawn if others else ''}"
    )


def _are(n: int, many: str = "are") -> str:
    return {"are": "is", "were": "was"}[many] if n == 1 else many


def _draws(tables: Tables) -> str:
    parts = []
    if "ensemble" in tables:
        parts.append(f"The ensemble has {draws_in_words(tables['ensemble'])} draws of equal weight")
    if "calibration_generations" in tables:
        generations = tables["calibration_generations"]
        last, runs = generations.iloc[-1], int(generations["runs"].sum())
        parts.append(
            f"it took {runs:,} runs in {len(generations)} generations; the last accepted {last['accepted']:,.0f} of "
            f"{last['runs']:,.0f} runs ({100 * last['acceptance']:.2g}%) within a tolerance of {last['tolerance']:g}"
        )
    return sentence("; ".join(parts)) + "."


def _trade_offs(correlations: pd.DataFrame) -> str:
    order = correlations.reindex(correlations["correlation"].abs().sort_values(ascending=False, kind="stable").index)
    top = order.iloc[0]
    return (
        f"The strongest trade-off of {len(order)} pairs of calibrated parameters is between "
        f"{in_prose(top['parameter'])} and {in_prose(top['other'])}: correlation {number(float(top['correlation']))}. "
        "Values of such a pair can't be told apart one by one."
    )


def _fit(targets: pd.DataFrame) -> str:
    rows = targets.to_dict("records")
    above = sum(reported(row["reported"]).low > float(row["accepted_q50"]) for row in rows)
    below = sum(reported(row["reported"]).high < float(row["accepted_q50"]) for row in rows)
    return (
        f"{held(targets)} of {len(targets)} fitted figures lie within 5% to 95% of the accepted runs; {above} lie "
        f"above the runs' median and {below} below. They were fitted: this checks the fit and is no test of the model."
    )


def _ranks(recovery: pd.DataFrame) -> str:
    single = recovery[recovery["parameter"] != ALL]
    worst = single.sort_values("rank_p", kind="stable").iloc[0]
    uneven = single[single["rank_p_holm"] < DOUBTFUL]
    verdict = f"{len(uneven)} stay below {DOUBTFUL:g}" if len(uneven) else f"none stays below {DOUBTFUL:g}"
    return (
        f"Proof by simulation, {int(single['sets'].max())} data sets whose parameters are known: the smallest of "
        f"{len(single)} p-values of the rank test is {number(float(worst['rank_p']))} ({in_prose(worst['parameter'])}, "
        f"{worst['method']}); corrected for the number of parameters, {verdict}."
    )


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


# --- what it rests on ----------------------------------------------------------------------------------
def _caveats(tables: Tables, manifest: Mapping[str, Any]) -> Iterator[str]:
    about, parameters = manifest.get("study", {}), tables["calibration_parameters"]
    if any(map(is_quick, tables.values())):
        yield QUICK_CAVEAT
    if not about:
        yield "The folder has no manifest of the calibration: its seed, tolerances and priors are not known."
    yield (
        "The figures were fitted: that accepted runs are near them is no evidence for the model. `posture validate` "
        "asks what was not fitted."
    )
    yield from _uncertain_reports(about)
    others = int((parameters["calibrated"] == 0).sum())
    yield (
        f"{others} of {len(parameters)} parameters were not calibrated. They are drawn anew from their prior in every "
        "run, and many priors are judgement: configs/priors says which."
    )
    yield "All holds for the rules as they are. A wrong rule may be hidden by parameters that make up for it."
    if "calibration_recovery" in tables:
        yield (
            "The proof by simulation uses a cheap setting (few draws, where possible the first quarter alone): it "
            "proves the method with these rules and priors, not that the draws of the full setting are enough."
        )
    failed = about.get("failed_runs_from_the_prior", 0)
    if failed:
        yield f"{failed:,} runs from the prior failed and are left out."


def _uncertain_reports(about: Mapping[str, Any]) -> Iterator[str]:
    targets = about.get("targets", {}).get("targets", [])
    shares = sorted({float(t["tolerance"]) for t in targets if t.get("fit") and t.get("value") is not None})
    if not shares:
        yield "The reported counts are uncertain themselves: sources differ."
        return
    words = " to ".join(percent(each) for each in dict.fromkeys((shares[0], shares[-1])))
    yield (
        f"The reported counts are uncertain themselves: sources differ by {words}. How near to them a run must "
        "be is a choice (the tolerance, in about standard deviations of a report)."
    )
