"""Validation: runs beside what was reported, beside null models, and beside what is known of such attacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from experiments.report.page.document import Grid
from experiments.report.reports import check_reports, reported, sources_differ
from experiments.report.study import (
    Folder,
    StudySection,
    share_interval,
    share_words,
)
from experiments.report.style import tables
from experiments.report.style.names import side_words, structure_words
from experiments.report.style.words import listed, readable, sentence
from experiments.report.validation import figures, numbers
from experiments.report.validation.numbers import inside, tolerances
from experiments.studies.validation.contests import TOGETHER
from experiments.studies.validation.counting import WIDE
from experiments.studies.validation.record import MIX
from experiments.studies.validation.shape import ALL
from sim.numbers import number, percent, signed

_TABLES = ("targets", "weekly", "forecasts", "contests", "structures", "needed", "shape", "facts")


def _gather(found: Folder) -> Folder:
    """Whose reports can be read."""
    check_reports(found["validation_targets"])
    return found


# --- findings ------------------------------------------------------------------------------------------
def _forecast_in_short(contests: pd.DataFrame, _: Folder) -> Iterator[str]:
    """Over all counts, beside the null model that was named beforehand."""
    rows = numbers.against_named(contests)
    for row in rows[rows["of"] == TOGETHER].to_dict("records"):
        yield f"{sentence(numbers.contest_in_short(row))}."


def _unfitted_in_short(found: pd.DataFrame, _: Folder) -> Iterator[str]:
    """Of the figures that were not fitted, how many lie inside."""
    wide, n, fitted_wide = inside(found, 90)
    free = n - int(found["fitted"].sum())
    yield f"Of {free} reported figures that were not fitted {wide - fitted_wide} lie in the middle 90% of the runs."


def _verdict(contests: pd.DataFrame, _: Folder) -> Iterator[str]:
    """Who wins against the null model that was named beforehand, over all counts and on the mix."""
    rows = numbers.against_named(contests)
    said = [numbers.contest_words(row) for row in rows[rows["of"].isin((TOGETHER, MIX))].to_dict("records")]
    yield (
        f"Forecasts from what was reported before, against “{rows['against'].iloc[0]}”, the null model named "
        f"beforehand as the one to beat (lower scores are better). {'. '.join(map(sentence, said))}. So few forecasts "
        "decide little."
    )


def _kinds(contests: pd.DataFrame, _: Folder) -> Iterator[str]:
    """The kinds of attack one by one, the other null models, and the other law of reports."""
    rows = numbers.against_named(contests)
    rows = rows[~rows["of"].isin((TOGETHER, MIX))]
    yield f"{'. '.join(sentence(numbers.contest_words(row)) for row in rows.to_dict('records'))}."
    others = numbers.others_as_good(contests)
    yield (
        f"Of the other null models, these score as well as the model or better: {listed(others)}."
        if others
        else "None of the other null models scores as well as the model, on any kind of forecast."
    )
    turned = numbers.turned(contests)
    if turned:
        yield f"With reports that differ by 15% alone the order is the other way round in {listed(turned)}."


def _needed(needed: pd.DataFrame, every: Folder) -> Iterator[str]:
    """Which rival would have served best, and whether it would have been enough; in hindsight."""
    if "validation_contests" not in every:
        return
    nulls = numbers.against_named(every["validation_contests"]).set_index("of")["log_null"]
    for row in numbers.best_sides(needed).to_dict("records"):
        enough = "below" if row["log_score"] < nulls[row["of"]] else "not below"
        yield (
            f"By structure, {numbers.kind_words(row['of'])}: the draws with “{side_words(row['rival'], row['side'])}” "
            f"would have forecast best (summed log score {row['log_score']:.1f}, {signed(row['gain'])} beside all "
            f"draws; {enough} the {nulls[row['of']]:.1f} of the named null model), with hindsight: the best of "
            f"{int((needed['of'] == row['of']).sum())} looks better than it is."
        )


def _shape(shape: pd.DataFrame, _: Folder) -> Iterator[str]:
    """Features outside the weighted runs, and those of which that hangs on structure."""
    told = numbers.of_all(shape).dropna(subset=["inside_90"])
    outside = [
        f"{row['fact']}, {row['window']} ({row['rests_on']}): reported {number(row['reported'])}, runs "
        f"{number(row['q50'])} ({number(row['q05'])} to {number(row['q95'])})"
        for row in told[told["inside_90"] == 0].to_dict("records")
    ]
    if outside:
        yield f"Features of the year outside the middle 90% of weighted runs: {'; '.join(outside)}."
    for fact, structures in numbers.moved_by(shape):
        names = listed(f"“{_structure(name)}”" for name in structures)
        yield f"{sentence(fact)}: whether the report lies inside hangs on structure; otherwise with {names}."


def _structure(name: str) -> str:
    """`encounter in` in words."""
    rival, _, side = name.rpartition(" ")
    return side_words(rival, side) if rival else name


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
def _median(unit: str, what: str = "runs") -> tables.GridColumn:
    return tables.interval(f"{what}: median [5%, 95%]", "q50", "q05", "q95", unit=unit)


def _target_grid(rows: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    columns = [
        *tables.texts("target", "reported"),
        _median("of the measure"),
        tables.number("share of runs that agree", "p_agree"),
        *(tables.yes_no(f"in the middle {level}%", f"inside_{level}") for level in (50, 90)),
        tables.yes_no("fitted", "fitted"),
    ]
    note = (
        "Quantiles of what single runs would have reported: counts differ by the report's tolerance. Of a report with "
        "bounds, “in the middle” says that some run there agrees. "
        "Sources: validation_targets.csv."
    )
    yield found.grid("validation_targets", "What was reported, and single runs", rows, columns, note)


def _forecast_grid(every: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    rows = numbers.main_law(every)
    columns = [
        tables.text("forecast", lambda row: f"{readable(row['of'])}{row['forecast'][len(row['of']) :]}"),
        *tables.texts("origin", "model"),
        tables.number("reported", unit=tables.OF_ROW),
        _median(tables.OF_ROW, "forecast"),
        tables.number("log score", "log_score", "nat"),
        tables.number("CRPS", "crps", tables.OF_ROW),
        tables.number("effective runs", lambda row: None if pd.isna(row["effective"]) else float(row["effective"])),
    ]
    note = f"Law of reports: {WIDE.name}, whichever is wider; by the other law: validation_forecasts.csv."
    title = "Each window forecast from what was reported before it"
    yield found.grid("validation_forecasts", title, rows, columns, note, f"counting == '{WIDE.name}'")


def _contest_grid(rows: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    columns = [
        tables.text("forecasts of", lambda row: numbers.kind_words(row["of"])),
        *tables.texts("counting", "against"),
        tables.yes_no("named", "named"),
        tables.number("windows"),
        tables.number("log score, model", "log_model", "nat"),
        tables.interval("model − null", "log_difference", "log_low", "log_high", unit="nat"),
        tables.interval("CRPS, model − null", "crps_difference", "crps_low", "crps_high"),
        tables.text("verdict"),
    ]
    note = "Sums over windows; below 0 the model forecasts better. Intervals: paired t over windows, which are few."
    yield found.grid("validation_contests", "Who forecasts better", rows, columns, note)


def _needed_grid(rows: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    columns = [
        tables.text("forecasts of", lambda row: numbers.kind_words(row["of"])),
        tables.text("rival", lambda row: structure_words(row["rival"])),
        tables.text("side"),
        tables.number("log score", "log_score", "nat"),
        tables.interval("less all draws", "gain", "gain_low", "gain_high", unit="nat"),
    ]
    note = "Draws with the rival in or out alone. Forecast by forecast: validation_structures.csv. With hindsight."
    yield found.grid("validation_needed", "Forecasts by structure", rows, columns, note)


def _shape_grid(every: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    columns = [
        *tables.texts("fact", "window"),
        tables.number("reported", lambda row: None if pd.isna(row["reported"]) else float(row["reported"])),
        tables.interval("prior: median [5%, 95%]", "prior_q50", "prior_q05", "prior_q95"),
        _median(tables.OF_ROW, "weighted by the totals"),
        tables.text("in the middle 90%", lambda row: {1.0: "yes", 0.0: "no"}.get(row["inside_90"], "")),
        tables.text("rests on", "rests_on"),
        tables.text("source"),
    ]
    note = (
        "All draws; with each rival in and out: validation_shape.csv. Input: a parameter or prior holds it. Fitted: a "
    )
    note += "function of the totals. Emergent: neither."
    title = "The shape of the year beside the runs"
    yield found.grid("validation_shape", title, numbers.of_all(every), columns, note, f"structure == '{ALL}'")


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
    if "validation_forecasts" in found:
        yield from _forecast_caveats(found)
    lost = int(found["validation_targets"]["runs_without_value"].sum())
    if lost:
        yield f"{lost:,} values are missing, where a ratio has nothing below the line; those runs are left out there."


def _forecast_caveats(found: Folder) -> Iterator[str]:
    yield (
        "Forecasts are given the dated inputs, handovers and deliveries of the whole year, also those after their "
        "origin; null models are given none. Structures were chosen by people who knew the year, and the prior of the "
        "base rate was laid around its totals; so was the mean of the null models' prior rate."
    )
    forecasts = numbers.main_law(found["validation_forecasts"])
    fewest = forecasts["effective"].min()
    yield (
        f"{forecasts['forecast'].nunique()} forecasts of one history are few, and not independent of each other: "
        f"intervals over them are rough. The model's rest on {number(float(fewest))} effective runs or more."
    )


section = StudySection(
    key="validation",
    title="Validation: the model beside what was reported",
    question="Do runs give what was reported, does the model forecast better than models that know nothing of "
    "postures, and does it show the shape of the year?",
    tables=[f"validation_{name}" for name in _TABLES],
    needed=["validation_targets"],
    short=[("validation_contests", _forecast_in_short), ("validation_targets", _unfitted_in_short)],
    best=["weekly", "targets"],
    findings=[
        ("validation_contests", _verdict),
        ("validation_contests", _kinds),
        ("validation_needed", _needed),
        ("validation_targets", _inside),
        ("validation_targets", _outside_half),
        ("validation_targets", _rarely_met),
        ("validation_shape", _shape),
        ("validation_facts", _facts),
    ],
    pictures=figures.pictures,
    grids=[
        ("validation_targets", _target_grid),
        ("validation_contests", _contest_grid),
        ("validation_forecasts", _forecast_grid),
        ("validation_needed", _needed_grid),
        ("validation_shape", _shape_grid),
        ("validation_facts", _fact_grid),
    ],
    caveats=_caveats,
    gather=_gather,
    unknown="The folder has no manifest of the validation: the number of runs is that of the facts, the start is taken "
    "to be the first day of any window, and the tolerances of the reports are not drawn.",
).section
