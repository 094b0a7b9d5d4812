"""The numbers of a validation: targets, the year week by week, scores beside null models, facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import pandas as pd

from experiments.report.reports import reported
from experiments.report.study import Tabled, in_order
from experiments.report.style.words import listed, readable
from experiments.studies.validation.left_out import MODEL, SEEN
from sim.numbers import number

SCORES = {"crps": "CRPS", "log_score": "log score"}
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
    """The windows of the counts that were scored, with what was reported in them and the tolerance (NaN: unknown)."""
    columns = ["measure", "target", "from", "until", "reported"]
    windows = found["validation_targets"][columns]
    scored = set(found["validation_scores"]["window"]) if "validation_scores" in found else set()
    return windows[windows["target"].isin(scored)].assign(tolerance=windows["target"].map(tolerances(found.about)))


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
    for row in windows.sort_values("from").to_dict("records"):
        report = reported(row["reported"])
        if report.value is None or date.fromisoformat(row["from"]) != begins:
            break
        total, error = total + report.value, error + row["tolerance"] * report.value
        until = date.fromisoformat(row["until"])
        found.append(((until - start).days + 1, total, error))
        begins = until + DAY
    return found


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


# --- scores --------------------------------------------------------------------------------------------
def mean_scores(found: pd.DataFrame) -> pd.DataFrame:
    """Mean scores over the windows of each measure and model, in their order."""
    return found.groupby(["measure", "model"], sort=False)[list(SCORES)].mean()


def as_good(found: pd.DataFrame, score: str) -> dict[str, list[str]]:
    """Measure → the null models whose mean score is as low as the model's own, or lower."""
    values, better = mean_scores(found)[score], {}
    for measure in in_order(found, "measure"):
        own = values[measure]
        nulls = own.drop(index=[MODEL, SEEN], errors="ignore")
        better[measure] = [str(name) for name in nulls.index[nulls <= own[MODEL]]]
    return better


def n_windows(found: pd.DataFrame) -> int:
    """How many windows are predicted from the others."""
    return int(found["window"].nunique())


def window_counts(found: pd.DataFrame) -> list[str]:
    """`3 of fire attacks`, measure by measure."""
    counts = found.groupby("measure", sort=False)["window"].nunique()
    return [f"{n} of {readable(str(measure))}" for measure, n in counts.items()]


def scores_title(found: pd.DataFrame) -> str:
    """Which null models do as well as the model or better by CRPS, measure by measure."""
    parts = [f"{readable(m)}: {listed(names)}" for m, names in as_good(found, "crps").items() if names]
    if not parts:
        return "no null model does as well as the model by CRPS"
    return f"as good as the model or better by CRPS are for {'; for '.join(parts)}"


def facts_title(found: pd.DataFrame) -> str:
    """How many facts of the model's own making most runs don't show."""
    free = found[found["rests_on"] == "emergent"]
    few = int((free["p_agree"] < 0.5).sum())
    return f"{few} of {len(free)} facts that no rule says and no fit was shown are met by fewer than half of the runs"
