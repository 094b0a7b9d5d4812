"""The numbers of a validation: targets, the year week by week, forecasts beside null models, shape, facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import pandas as pd

from experiments.report.reports import reported
from experiments.report.study import Tabled, in_order
from experiments.report.style.words import listed, readable
from experiments.studies.validation.contests import TOGETHER
from experiments.studies.validation.counting import WIDE
from experiments.studies.validation.record import MIX
from experiments.studies.validation.shape import ALL
from sim.numbers import number, signed

DAY = timedelta(days=1)


# --- what the manifest says, or the tables -------------------------------------------------------------
def runs_in_words(found: Tabled) -> str:
    """`600 runs, ensemble 2020`. Without a manifest the number is the one that most facts have."""
    n = found.about.get("runs")
    if n is None and "validation_facts" in found:
        n = int(found["validation_facts"]["runs"].mode().iloc[0])
    ensemble = next((frame["ensemble"].iloc[0] for frame in found.tables.values() if len(frame)), "unknown")
    return f"{n:,} runs, ensemble {ensemble}" if n is not None else f"runs of the ensemble {ensemble}"


def tolerances(about: Mapping[str, Any]) -> dict[str, float]:
    """Target → the share by which sources differ; empty without a manifest."""
    listed_there = about.get("targets", {}).get("targets", [])
    return {target["name"]: float(target["tolerance"]) for target in listed_there}


def first_day(found: Tabled) -> date:
    """First day of the runs; without a manifest the first day of any window."""
    known = found.about.get("start")
    return date.fromisoformat(known or min(map(str, found["validation_targets"]["from"])))


def windows_of(found: Tabled) -> pd.DataFrame:
    """The windows of the counts that are forecast, with what was reported in them and the tolerance (NaN: unknown)."""
    columns = ["measure", "target", "from", "until", "reported"]
    windows = found["validation_targets"][columns]
    kinds = set(found["validation_forecasts"]["of"]) if "validation_forecasts" in found else set()
    return windows[windows["measure"].isin(kinds)].assign(tolerance=windows["target"].map(tolerances(found.about)))


# --- targets -------------------------------------------------------------------------------------------
def inside(found: pd.DataFrame, level: int) -> tuple[int, int, int]:
    """Targets inside the middle `level` per cent of the runs: how many, of how many, how many of them were fitted."""
    held = found[found[f"inside_{level}"] == 1]
    return len(held), len(found), int(held["fitted"].sum())


def targets_title(found: pd.DataFrame, every: Tabled) -> str:
    """How many reported figures lie in the middle of the runs."""
    (wide, n, _), (half, *_) = inside(found, 90), inside(found, 50)
    words = f"{wide} of {n} reported figures lie in the middle 90% of {runs_in_words(every)}, {half} in the middle 50%"
    return f"{words}; {int(found['fitted'].sum())} were fitted"


# --- the year ------------------------------------------------------------------------------------------
def running_totals(windows: pd.DataFrame, start: date) -> list[tuple[int, float, float]]:
    """Day (from 1), sum reported until then, and its tolerance (NaN: unknown), while windows join from the start on."""
    found, total, error, begins = [], 0.0, 0.0, start
    while (row := _longest(windows, begins)) is not None:
        report = reported(row["reported"])
        if report.value is None:
            break
        total, error = total + report.value, error + row["tolerance"] * report.value
        until = date.fromisoformat(row["until"])
        found.append(((until - start).days + 1, total, error))
        begins = until + DAY
    return found


def _longest(windows: pd.DataFrame, begins: date) -> Mapping[Any, Any] | None:
    """The longest window that begins on a day: months stand beside their quarter."""
    some = windows[windows["from"] == str(begins)].sort_values("until")
    return some.iloc[-1].to_dict() if len(some) else None


def scored_measures(weekly: pd.DataFrame, windows: pd.DataFrame) -> list[str]:
    """The measures of the weeks that were scored; without any the first two."""
    scored = set(windows["measure"])
    return [m for m in in_order(weekly, "measure") if m in scored] or in_order(weekly, "measure")[:2]


def total_in_words(measure: str, rows: pd.DataFrame, totals: list[tuple[int, float, float]]) -> Iterator[str]:
    """The last reported total beside the runs at the end of that week, or the week before it."""
    weeks = rows[rows["day"] <= totals[-1][0]] if totals else rows[:0]
    if len(weeks):
        q05, median, q95 = weeks.iloc[-1][["q05", "q50", "q95"]]
        day, total, _ = totals[-1]
        runs = f"{number(median)} [{number(q05)}, {number(q95)}] in runs by day {weeks['day'].iloc[-1]}"
        yield f"{readable(measure)}: {total:g} reported by day {day}, {runs}"


# --- forecasts -----------------------------------------------------------------------------------------
def main_law(found: pd.DataFrame) -> pd.DataFrame:
    """The rows of the law of reports that verdicts rest on."""
    return found[found["counting"] == WIDE.name]


def against_named(contests: pd.DataFrame) -> pd.DataFrame:
    """The model against the null model that was named beforehand, by the main law of reports."""
    return main_law(contests)[main_law(contests)["named"] == 1]


def kind_words(of: str) -> str:
    """`fire attacks`, `all counts`, `the mix (share of convoys among attacks)`."""
    return "the mix (share of convoys among attacks)" if of == MIX else readable(of)


def contest_words(row: Mapping[Any, Any]) -> str:
    """Who wins, plainly: sums, their difference with its interval, and what the interval says."""
    better = "the model scores better" if row["log_difference"] < 0 else f"{row['against']} scores better"
    interval = f" ({signed(row['log_low'])} to {signed(row['log_high'])})" if pd.notna(row["log_low"]) else ""
    better += ", by CRPS the other" if row["log_difference"] * row["crps_difference"] < 0 else ", by CRPS too"
    known = "too few for an interval" if not interval else f"by the interval the model is {row['verdict']}"
    sums = f"summed log score {row['log_model']:.1f}, {row['against']} {row['log_null']:.1f}"
    difference = f"difference {signed(row['log_difference'])}{interval}"
    return f"{kind_words(row['of'])}, {int(row['windows'])} forecasts: {sums}, {difference}: {better}; {known}"


def contest_in_short(row: Mapping[Any, Any]) -> str:
    """`over 8 forecasts together the model scores better than “…” (24.8 against 25.3; …), by the interval level`."""
    better = "better" if row["log_difference"] < 0 else "no better"
    known = f"; by the interval the model is {row['verdict']}" if pd.notna(row["log_low"]) else ""
    sums = f"summed log score {row['log_model']:.1f} against {row['log_null']:.1f}, lower is better"
    who = f"“{row['against']}”, the null model named beforehand"
    return f"over {int(row['windows'])} forecasts the model scores {better} than {who} ({sums}){known}"


def others_as_good(contests: pd.DataFrame) -> list[str]:
    """Null models beside the named one whose summed log score is as low as the model's, or lower."""
    rows = main_law(contests)
    rows = rows[(rows["named"] == 0) & (rows["log_difference"] >= 0)]
    return [f"{row['against']} on {kind_words(row['of'])}" for row in rows.to_dict("records")]


def turned(contests: pd.DataFrame) -> list[str]:
    """Kinds of forecast in which the order against the named null is the other way round by another law of reports."""
    named = contests[contests["named"] == 1]
    signs = (named["log_difference"] < 0).groupby(named["of"], sort=False).nunique()
    return [kind_words(str(of)) for of, n in signs.items() if n > 1]


def forecasts_title(contests: pd.DataFrame) -> str:
    """Who wins over all counts and on the mix."""
    rows = against_named(contests)
    said = [
        f"{kind_words(row['of'])}: {signed(row['log_difference'])} nats"
        for row in rows[rows["of"].isin((TOGETHER, MIX))].to_dict("records")
    ]
    null = rows["against"].iloc[0]
    return f"The model less {null}, named beforehand (below 0: the model forecasts better): {', '.join(said)}"


def best_sides(needed: pd.DataFrame) -> pd.DataFrame:
    """The rival and side with the lowest summed log score, of the counts and of the mix."""
    return needed.loc[needed.groupby("of", sort=False)["log_score"].idxmin()]


# --- shape ---------------------------------------------------------------------------------------------
def of_all(shape: pd.DataFrame) -> pd.DataFrame:
    """The rows of all draws."""
    return shape[shape["structure"] == ALL]


def shape_counts(shape: pd.DataFrame) -> dict[str, tuple[int, int]]:
    """What it rests on → reported figures inside the middle 90%, of how many that can be told."""
    told = of_all(shape).dropna(subset=["inside_90"])
    groups = told.groupby("rests_on", sort=False)["inside_90"]
    return {str(rests): (int(each.sum()), len(each)) for rests, each in groups}


def shape_title(shape: pd.DataFrame) -> str:
    """How many reported features lie inside, by what they rest on."""
    counts = shape_counts(shape)
    if not counts:
        return "The shape of the year: too few runs come near to what was reported"
    parts = [f"{inside} of {n} {rests}" for rests, (inside, n) in counts.items()]
    return f"Reported features of the year inside the middle 90% of weighted runs: {listed(parts)}"


def moved_by(shape: pd.DataFrame) -> list[tuple[str, list[str]]]:
    """Emergent facts → the structures in which the report is inside though not in all draws, or the other way round."""
    found = []
    free = shape[(shape["rests_on"] == "emergent") & shape["inside_90"].notna()]
    for (fact, window), rows in free.groupby(["fact", "window"], sort=False):
        own = rows.loc[rows["structure"] == ALL, "inside_90"]
        other = rows[(rows["structure"] != ALL) & (rows["inside_90"] != (own.iloc[0] if len(own) else -1))]
        if len(own) and len(other):
            found.append((f"{fact}, {window}", list(other["structure"])))
    return found


# --- facts ---------------------------------------------------------------------------------------------
def facts_title(found: pd.DataFrame) -> str:
    """How many facts of the model's own making most runs don't show."""
    free = found[found["rests_on"] == "emergent"]
    few = int((free["p_agree"] < 0.5).sum())
    return f"{few} of {len(free)} facts that no rule says and no fit was shown are met by fewer than half of the runs"
