"""Validation: runs beside what was reported, beside null models, and beside what is known of such attacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from experiments.analysis.results import Results
from experiments.report.page.document import Cell, Grid, Section
from experiments.report.reported import check_reports, reported, text_of
from experiments.report.study_figures import QUICK_CAVEAT, in_order, intervals, is_quick, listed
from experiments.report.study_words import line, reproduce, share_interval, share_words, study_of, tables_of
from experiments.report.style.words import readable, sentence
from experiments.report.validation.figures import Tables, as_good, inside, pictures, runs_in_words, tolerances
from experiments.studies.validation.left_out import MODEL, SEEN
from sim.numbers import number, percent

TABLES = tuple(f"validation_{name}" for name in ("targets", "weekly", "scores", "summary", "facts"))
NAMES = {"crps": "CRPS", "log_score": "log score"}


def section(results: Results) -> Section | None:
    """The section of a folder with the tables of `posture validate`."""
    tables = tables_of(results, TABLES)
    if "validation_targets" not in tables:
        return None
    check_reports(tables["validation_targets"])
    study = study_of(results, "validation")
    return Section(
        key="validation",
        title="Validation: the model beside what was reported",
        question="Do runs give what was reported, is the model better than models that know nothing of postures, and "
        "does it show what is known of such attacks?",
        findings=list(_findings(tables, study)),
        pictures=pictures(tables, study),
        tables=list(_grids(tables, results)),
        caveats=list(_caveats(tables, study)),
        reproduce=reproduce(results, results.manifest if study else {}, tables),
    )


# --- findings ------------------------------------------------------------------------------------------
def _findings(tables: Tables, study: Mapping[str, Any]) -> Iterator[str]:
    if "validation_scores" in tables:
        yield _verdict(tables["validation_scores"])
    yield _targets(tables["validation_targets"], runs_in_words(tables, study))
    yield from _outside_half(tables["validation_targets"])
    yield from _rarely_met(tables["validation_targets"])
    if "validation_scores" in tables:
        scores = tables["validation_scores"]
        yield from (_scored(scores[scores["measure"] == measure]) for measure in in_order(scores, "measure"))
    if "validation_facts" in tables:
        yield from _facts(tables["validation_facts"])


def _verdict(scores: pd.DataFrame) -> str:
    """On how many measures a null model does as well or better, by any score."""
    better = {name: as_good(scores, name) for name in NAMES}
    measures = in_order(scores, "measure")
    beaten = [readable(m) for m in measures if any(better[name][m] for name in NAMES)]
    if not beaten:
        return (
            f"With a window left out, the model scores better than every null model on all {len(measures)} kinds of "
            "attack, by CRPS and by log score."
        )
    return (
        f"Null models do as well as the model or better on {len(beaten)} of {len(measures)} kinds of attack "
        f"({listed(beaten)}) when a window is predicted from the others, by CRPS or log score: for forecasting these "
        "counts the model is not to be preferred to them."
    )


def _targets(found: pd.DataFrame, runs: str) -> str:
    (wide, n, fitted_wide), (half, _, fitted_half) = inside(found, 90), inside(found, 50)
    fitted = int(found["fitted"].sum())
    return (
        f"{wide} of {n} reported figures lie in the middle 90% of {runs}, {half} in the middle 50%. {fitted} of the "
        f"{n} had been fitted ({fitted_wide} of those in the 90%, {fitted_half} in the 50%): that they agree is no "
        f"evidence. Of the {n - fitted} that were not, {wide - fitted_wide} lie in the 90% and {half - fitted_half} in "
        "the 50%."
    )


def _outside_half(found: pd.DataFrame) -> Iterator[str]:
    """Which figures lie outside the middle half, and on which side."""
    sides: dict[str, list[str]] = {"above": [], "below": []}
    for row in found[found["inside_50"] == 0].to_dict("records"):
        report = reported(row["reported"])
        side = "above" if report.low > row["q75"] else "below" if report.high < row["q25"] else ""
        if side:
            sides[side].append(f"{row['target']} ({row['reported']}, median of runs {number(float(row['q50']))})")
    parts = [f"{side} it: {'; '.join(names)}" for side, names in sides.items() if names]
    if parts:
        yield f"Reported figures outside the middle half of the runs. {sentence('. '.join(map(sentence, parts)))}."


def _rarely_met(found: pd.DataFrame) -> Iterator[str]:
    """The bounded or counted figures with which the fewest runs agree."""
    row = found.sort_values("p_agree", kind="stable").iloc[0]
    yield (
        f"The figure that the fewest runs agree with is {row['target']} (reported: {row['reported']}): "
        f"{percent(float(row['p_agree']))} of the runs lie within its tolerance or bounds."
    )


def _scored(scores: pd.DataFrame) -> str:
    """One measure: the model's mean scores beside every null model's, and who does better."""
    measure = str(scores["measure"].iloc[0])
    found = scores.groupby("model", sort=False)[list(NAMES)].mean().to_dict("index")
    means = {str(model): f"{row['crps']:.1f} and {row['log_score']:.2f}" for model, row in found.items()}
    better = {name: as_good(scores, name)[measure] for name in NAMES}
    each = [
        f"{null} {words}{_by([NAMES[name] for name in NAMES if null in better[name]])}"
        for null, words in means.items()
        if null not in (MODEL, SEEN)
    ]
    return (
        f"{sentence(readable(measure))}, {scores['window'].nunique()} windows, mean CRPS [attacks] and log score "
        f"[nats], lower is better: the model {means[MODEL]}; {'; '.join(each)}."
    )


def _by(scores: list[str]) -> str:
    return f" (as good or better by {' and '.join(scores)})" if scores else " (worse by both)"


def _facts(facts: pd.DataFrame) -> Iterator[str]:
    for row in facts[facts["rests_on"] != "assumed"].to_dict("records"):
        yield _fact(row)
    assumed = int((facts["rests_on"] == "assumed").sum())
    if assumed:
        yield f"{assumed} of {len(facts)} rows of stylised facts are assumed by a rule or an input, and so no finding."


def _fact(row: Mapping[Any, Any]) -> str:
    """One fact that no rule says: whether most runs show it, by the exact interval of the share that agrees."""
    agree = share_interval(float(row["p_agree"]), int(row["runs"]))
    verdict = "about half of the runs agree, as chance would have it"
    if not agree.low <= 0.5 <= agree.high:
        verdict = "shown by most runs" if agree.low > 0.5 else "not reproduced, most runs say otherwise"
    unit = "" if str(row["unit"]) == "1" else f" [{row['unit']}]"
    low, median, high = (number(float(row[q])) for q in ("q05", "q50", "q95"))
    return (
        f"{sentence(row['fact'])} ({row['rests_on']}): {verdict}. {sentence(row['measure'])}{unit}: known "
        f"{row['known']}; median of the runs {median}, 5% to 95% {low} to {high}; {share_words(agree)} of "
        f"{int(row['runs']):,} runs agree."
    )


# --- tables --------------------------------------------------------------------------------------------
def _grids(tables: Tables, results: Results) -> Iterator[Grid]:
    yield _target_grid(tables["validation_targets"], results)
    if "validation_summary" in tables:
        yield _summary_grid(tables["validation_summary"], results)
    if "validation_facts" in tables:
        yield _fact_grid(tables["validation_facts"], results)


def _target_grid(found: pd.DataFrame, results: Results) -> Grid:
    rows: list[list[Cell]] = [
        [
            row["target"],
            text_of(row["reported"]),
            spread,
            float(row["p_agree"]),
            *("yes" if row[name] else "no" for name in ("inside_50", "inside_90", "fitted")),
        ]
        for row, spread in zip(found.to_dict("records"), intervals(found, "q50", "q05", "q95"), strict=True)
    ]
    return Grid(
        name="validation_targets",
        title="What was reported, and single runs",
        columns=[
            *("target", "reported", "runs: median [5%, 95%]", "share of runs that agree"),
            *("in the middle 50%", "in the middle 90%", "fitted"),
        ],
        units=["", "", "of the measure", "1", "", "", ""],
        rows=rows,
        note="Quantiles of single runs. Of a report with bounds, “in the middle” says that some run there agrees. "
        "Sources: validation_targets.csv.",
        reproduce=line(results, "validation_targets"),
    )


def _summary_grid(found: pd.DataFrame, results: Results) -> Grid:
    columns = ["crps", "log_score", "crps_minus_posture", "log_score_minus_posture"]
    rows: list[list[Cell]] = [
        [readable(row["measure"]), row["model"], float(row["windows"]), *(float(row[name]) for name in columns)]
        for row in found.to_dict("records")
    ]
    return Grid(
        name="validation_summary",
        title="Each window predicted from the others: mean scores, lower is better",
        columns=["measure", "model", "windows", "CRPS", "log score", "CRPS less Posture's", "log score less Posture's"],
        units=["", "", "1", "attack", "nat", "attack", "nat"],
        rows=rows,
        note=f"A difference below 0: better than the model. “{SEEN}” has seen the windows, if the ensemble was "
        "calibrated on them, and is no prediction. So few windows give no interval.",
        reproduce=line(results, "validation_summary"),
    )


def _fact_grid(found: pd.DataFrame, results: Results) -> Grid:
    rows: list[list[Cell]] = [
        [
            *(text_of(row[name]) for name in ("fact", "measure", "known")),
            "" if str(row["unit"]) == "1" else text_of(row["unit"]),
            spread,
            *(float(row[name]) for name in ("p_agree", "runs")),
            text_of(row["rests_on"]),
        ]
        for row, spread in zip(found.to_dict("records"), intervals(found, "q50", "q05", "q95"), strict=True)
    ]
    return Grid(
        name="validation_facts",
        title="Stylised facts beside the runs",
        columns=["fact", "measure", "known", "unit", "runs: median [5%, 95%]", "share that agrees", "n", "rests on"],
        units=["", "", "", "", "of the row", "1", "1", ""],
        rows=rows,
        note="Assumed: a rule or input says so. Fitted: the calibration was shown it. Emergent: neither. Sources: "
        "validation_facts.csv.",
        reproduce=line(results, "validation_facts"),
    )


# --- what it rests on ----------------------------------------------------------------------------------
def _caveats(tables: Tables, study: Mapping[str, Any]) -> Iterator[str]:
    if any(map(is_quick, tables.values())):
        yield QUICK_CAVEAT
    if not study:
        yield (
            "The folder has no manifest of the validation: the number of runs is that of the facts, the start is taken "
            "to be the first day of any window, and the tolerances of the reports are not drawn."
        )
    fitted, n = int(tables["validation_targets"]["fitted"].sum()), len(tables["validation_targets"])
    yield f"{fitted} of {n} figures were fitted by the calibration: if the ensemble is calibrated, they are no test."
    shares = sorted(set(tolerances(study).values()))
    words = f" by {' to '.join(percent(s) for s in dict.fromkeys((shares[0], shares[-1])))}" if shares else ""
    yield f"Reported counts are uncertain themselves: sources differ{words}. They are one history, without an interval."
    yield (
        "A report inside a wide band shows that the band is wide, not that the model is right. Single runs spread by "
        "luck and by parameters whose priors are judgement."
    )
    if "validation_scores" in tables:
        windows = tables["validation_scores"].groupby("measure")["window"].nunique()
        yield (
            f"{windows.min()} to {windows.max()} windows a measure are few: differences of scores are anecdotes with "
            "numbers. Null models have one free rate; the model's own prediction is of the runs nearest to the others."
        )
    lost = int(tables["validation_targets"]["runs_without_value"].sum())
    if lost:
        yield f"{lost:,} values are missing, where a ratio has nothing below the line; those runs are left out there."
