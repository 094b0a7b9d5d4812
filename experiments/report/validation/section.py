"""Validation: runs beside what was reported, beside null models, and beside what is known of such attacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from experiments.report.page.document import Grid
from experiments.report.reports import check_reports, reported, sources_differ
from experiments.report.study import (
    MEASURE,
    Folder,
    StudySection,
    in_order,
    of_measure,
    share_interval,
    share_words,
)
from experiments.report.style import tables
from experiments.report.style.words import listed, readable, sentence
from experiments.report.validation import figures, numbers
from experiments.report.validation.numbers import SCORES, as_good, inside, tolerances
from experiments.studies.validation.left_out import MODEL, SEEN
from sim.numbers import number, percent


def _gather(found: Folder) -> Folder:
    """Whose reports can be read."""
    check_reports(found["validation_targets"])
    return found


# --- findings ------------------------------------------------------------------------------------------
def _verdict(scores: pd.DataFrame, _: Folder) -> Iterator[str]:
    """On how many measures a null model does as well or better, by any score."""
    better = {name: as_good(scores, name) for name in SCORES}
    measures = in_order(scores, "measure")
    beaten = [readable(m) for m in measures if any(better[name][m] for name in SCORES)]
    if not beaten:
        yield (
            f"With a window left out, the model scores better than every null model on all {len(measures)} kinds of "
            "attack, by CRPS and by log score."
        )
        return
    yield (
        f"Null models do as well as the model or better on {len(beaten)} of {len(measures)} kinds of attack "
        f"({listed(beaten)}) when a window is predicted from the others, by CRPS or log score: for forecasting these "
        "counts the model is not to be preferred to them."
    )


def _inside(found: pd.DataFrame, every: Folder) -> Iterator[str]:
    (wide, n, fitted_wide), (half, _, fitted_half) = inside(found, 90), inside(found, 50)
    fitted = int(found["fitted"].sum())
    runs = numbers.runs_in_words(every)
    yield (
        f"{wide} of {n} reported figures lie in the middle 90% of {runs}, {half} in the middle 50%. {fitted} of the "
        f"{n} had been fitted ({fitted_wide} of those in the 90%, {fitted_half} in the 50%): that they agree is no "
        f"evidence. Of the {n - fitted} that were not, {wide - fitted_wide} lie in the 90% and {half - fitted_half} in "
        "the 50%."
    )


def _outside_half(found: pd.DataFrame, _: Folder) -> Iterator[str]:
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


def _rarely_met(found: pd.DataFrame, _: Folder) -> Iterator[str]:
    """The bounded or counted figures with which the fewest runs agree."""
    row = found.sort_values("p_agree", kind="stable").iloc[0]
    yield (
        f"The figure that the fewest runs agree with is {row['target']} (reported: {row['reported']}): "
        f"{percent(float(row['p_agree']))} of the runs lie within its tolerance or bounds."
    )


def _scored(scores: pd.DataFrame, _: Folder) -> Iterator[str]:
    yield from (_beside_nulls(of_measure(scores, measure)) for measure in in_order(scores, "measure"))


def _beside_nulls(scores: pd.DataFrame) -> str:
    """One measure: the model's mean scores beside every null model's, and who does better."""
    measure = str(scores["measure"].iloc[0])
    found = numbers.mean_scores(scores).droplevel("measure").to_dict("index")
    means = {str(model): f"{row['crps']:.1f} and {row['log_score']:.2f}" for model, row in found.items()}
    better = {name: as_good(scores, name)[measure] for name in SCORES}
    each = [
        f"{null} {words}{_by([SCORES[name] for name in SCORES if null in better[name]])}"
        for null, words in means.items()
        if null not in (MODEL, SEEN)
    ]
    return (
        f"{sentence(readable(measure))}, {numbers.n_windows(scores)} windows, mean CRPS [attacks] and log score "
        f"[nats], lower is better: the model {means[MODEL]}; {'; '.join(each)}."
    )


def _by(scores: list[str]) -> str:
    return f" (as good or better by {' and '.join(scores)})" if scores else " (worse by both)"


def _facts(facts: pd.DataFrame, _: Folder) -> Iterator[str]:
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
    unit = f" [{row['unit']}]" if tables.unit_words(str(row["unit"])) else ""
    low, median, high = (number(float(row[q])) for q in ("q05", "q50", "q95"))
    return (
        f"{sentence(row['fact'])} ({row['rests_on']}): {verdict}. {sentence(row['measure'])}{unit}: known "
        f"{row['known']}; median of the runs {median}, 5% to 95% {low} to {high}; {share_words(agree)} of "
        f"{int(row['runs']):,} runs agree."
    )


# --- tables --------------------------------------------------------------------------------------------
def _median(unit: str) -> tables.GridColumn:
    return tables.interval("runs: median [5%, 95%]", "q50", "q05", "q95", unit=unit)


def _target_grid(rows: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    columns = [
        *tables.texts("target", "reported"),
        _median("of the measure"),
        tables.number("share of runs that agree", "p_agree"),
        *(tables.yes_no(f"in the middle {level}%", f"inside_{level}") for level in (50, 90)),
        tables.yes_no("fitted", "fitted"),
    ]
    note = (
        "Quantiles of single runs. Of a report with bounds, “in the middle” says that some run there agrees. "
        "Sources: validation_targets.csv."
    )
    yield found.grid("validation_targets", "What was reported, and single runs", rows, columns, note)


def _summary_grid(rows: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    columns = [
        *(MEASURE, tables.text("model"), tables.number("windows")),
        *(tables.number("CRPS", "crps", "attack"), tables.number("log score", "log_score", "nat")),
        tables.number("CRPS less Posture's", "crps_minus_posture", "attack"),
        tables.number("log score less Posture's", "log_score_minus_posture", "nat"),
    ]
    title = "Each window predicted from the others: mean scores, lower is better"
    note = (
        f"A difference below 0: better than the model. “{SEEN}” has seen the windows, if the ensemble was "
        "calibrated on them, and is no prediction. So few windows give no interval."
    )
    yield found.grid("validation_summary", title, rows, columns, note)


def _fact_grid(rows: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    columns = [
        *(*tables.texts("fact", "measure", "known"), tables.UNIT, _median(tables.OF_ROW)),
        *tables.columns_of("1", ("share that agrees", "p_agree"), ("n", "runs")),
        tables.text("rests on", "rests_on"),
    ]
    note = (
        "Assumed: a rule or input says so. Fitted: the calibration was shown it. Emergent: neither. Sources: "
        "validation_facts.csv."
    )
    yield found.grid("validation_facts", "Stylised facts beside the runs", rows, columns, note)


# --- what it rests on ----------------------------------------------------------------------------------
def _caveats(found: Folder) -> Iterator[str]:
    fitted, n = int(found["validation_targets"]["fitted"].sum()), len(found["validation_targets"])
    yield f"{fitted} of {n} figures were fitted by the calibration: if the ensemble is calibrated, they are no test."
    differ = sources_differ(tolerances(found.about).values())
    yield f"Reported counts are uncertain themselves: {differ}. They are one history, without an interval."
    yield (
        "A report inside a wide band shows that the band is wide, not that the model is right. Single runs spread by "
        "luck and by parameters whose priors are judgement."
    )
    if "validation_scores" in found:
        windows = found["validation_scores"].groupby("measure")["window"].nunique()
        yield (
            f"{windows.min()} to {windows.max()} windows a measure are few: differences of scores are anecdotes with "
            "numbers. Null models have one free rate; the model's own prediction is of the runs nearest to the others."
        )
    lost = int(found["validation_targets"]["runs_without_value"].sum())
    if lost:
        yield f"{lost:,} values are missing, where a ratio has nothing below the line; those runs are left out there."


section = StudySection(
    key="validation",
    title="Validation: the model beside what was reported",
    question="Do runs give what was reported, is the model better than models that know nothing of postures, and does "
    "it show what is known of such attacks?",
    tables=[f"validation_{name}" for name in ("targets", "weekly", "scores", "summary", "facts")],
    needed=["validation_targets"],
    findings=[
        ("validation_scores", _verdict),
        ("validation_targets", _inside),
        ("validation_targets", _outside_half),
        ("validation_targets", _rarely_met),
        ("validation_scores", _scored),
        ("validation_facts", _facts),
    ],
    pictures=figures.pictures,
    grids=[
        ("validation_targets", _target_grid),
        ("validation_summary", _summary_grid),
        ("validation_facts", _fact_grid),
    ],
    caveats=_caveats,
    gather=_gather,
    unknown="The folder has no manifest of the validation: the number of runs is that of the facts, the start is taken "
    "to be the first day of any window, and the tolerances of the reports are not drawn.",
).section
