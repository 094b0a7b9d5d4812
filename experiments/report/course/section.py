"""Over time: attacks week by week beside what was reported, politics, convoys and supply."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from experiments.analysis.labels import with_points
from experiments.analysis.raw_tables import DAILY_COLUMNS, weekly_of_daily, with_scenario
from experiments.analysis.results import Results
from experiments.report.course.figures import (
    KINDS,
    attacks,
    attacks_title,
    kind_title,
    levels_in,
    per_hundred,
    politics,
    politics_title,
    supply,
    supply_title,
    supply_titles,
)
from experiments.report.course.weeks import (
    clear_weeks,
    left_out,
    plain,
    reported_quarters,
    runs_of,
    scenarios,
    series,
    total,
)
from experiments.report.page.document import Cell, Grid, Picture, Section, loaded
from experiments.report.style.colours import FEW
from experiments.report.style.words import readable, sentence
from experiments.studies import targets
from sim.numbers import number
from sim.statistics import LEVEL, Interval, Values, mean_interval, paired_difference

QUARTERS = ("q1", "q2", "q3")
SUPPLY = ("convoys_sent", "convoys_hit", "convoys_turned_back", "convoys_lost", "trucks_lost", "lowest_supply_days")


def section(results: Results) -> Section | None:
    """The section, or nothing if the folder has neither `weekly.csv` nor the days of its runs."""
    weekly = course_table(results)
    if weekly is None or weekly.empty or not set(KINDS) <= set(weekly["measure"]):
        return None
    runs = Totals(results, weekly)
    return Section(
        key="course",
        title="The course of the run",
        question="When, and how did politics and supply go?",
        findings=list(findings(weekly, runs)),
        pictures=list(pictures(weekly)),
        tables=[quarters_table(weekly, runs), *([ends_table(weekly)] if levels_in(weekly) else [])],
        caveats=list(caveats(weekly)),
        reproduce=["import experiments", *reproduce(results)],
    )


def course_table(results: Results) -> pd.DataFrame | None:
    """`weekly.csv`, or the same from the days of single runs; None if the folder has neither whole.

    Each point of a sweep is a scenario of its own, named by the values that vary.
    """
    if "weekly" in results:
        return plain(results.table("weekly"))
    days = results.columns("daily") if {"runs", "daily"} <= set(results.files) else ()
    if set(DAILY_COLUMNS) - set(days) - {"point", "replicate"}:
        return None
    daily = results.table("daily", [name for name in DAILY_COLUMNS if name in days])
    return plain(weekly_of_daily(with_scenario(daily, with_points(results.runs))))


class Totals:
    """Totals of single runs, of which a weekly table has the means alone: intervals of sums need the runs."""

    def __init__(self, results: Results, weekly: pd.DataFrame) -> None:
        self.weekly = weekly
        self.runs = self._runs(results)

    def _runs(self, results: Results) -> pd.DataFrame | None:
        """Runs by scenario and replicate that every scenario finished; None if they are not those of the weeks."""
        there = results.columns("runs") if "runs" in results else ()
        wanted = [name for kind in KINDS for name in (kind, *(f"{kind}_{q}" for q in QUARTERS))]
        if not {"replicate", *wanted} <= set(there):
            return None
        names, runs = scenarios(self.weekly), results.table("runs", ["scenario", "replicate", *wanted])
        if not set(names) <= set(runs["scenario"].astype(str)):  # each point of a sweep by itself
            runs = with_points(results.runs)
        runs = runs.assign(scenario=runs["scenario"].astype(str))
        runs = runs[runs["scenario"].isin(names)].dropna(subset=wanted)
        counts = runs.groupby("replicate")["scenario"].agg(["nunique", "size"])
        common = counts.index[(counts["nunique"] == len(names)) & (counts["size"] == len(names))]
        n = int(self.weekly["n"].iloc[0])
        return runs[runs["replicate"].isin(common)].sort_values("replicate") if len(common) == n else None

    def values(self, scenario: str, measure: str) -> Values:
        """One value a run, in the order of replicates."""
        assert self.runs is not None
        return self.runs.loc[self.runs["scenario"] == scenario, measure].to_numpy(np.float64)

    def mean(self, scenario: str, kind: str) -> Interval | float:
        """Over the whole run, with its interval if the runs are there and are several."""
        return self._checked(scenario, kind, total(self.weekly, scenario, kind))

    def quarter(self, scenario: str, kind: str, q: int, first: int, last: int) -> Interval | float:
        """Over a quarter, likewise."""
        return self._checked(scenario, f"{kind}_q{q}", total(self.weekly, scenario, kind, first, last))

    def _checked(self, scenario: str, measure: str, of_weeks: float) -> Interval | float:
        """The interval from the runs if its mean is that of the weeks: quarters of a posture may have other ends."""
        if self.runs is None or len(self.values(scenario, measure)) < 2:
            return of_weeks
        found = mean_interval(self.values(scenario, measure))
        return found if math.isclose(found.mean, of_weeks, rel_tol=1e-6, abs_tol=1e-9) else of_weeks

    def difference(self, scenario: str, base: str, kind: str) -> Interval | None:
        """Paired, over the whole run; None without the runs or with one alone, and of the base itself."""
        if scenario == base or self.runs is None or len(self.values(scenario, kind)) < 2:
            return None
        return paired_difference(self.values(base, kind), self.values(scenario, kind))


# --- findings ------------------------------------------------------------------------------------------
def findings(weekly: pd.DataFrame, runs: Totals) -> Iterator[str]:
    """Attacks against the base and the report, then politics, then supply."""
    base, *others = scenarios(weekly)[:FEW]
    if weekly["n"].max() > 1:
        for other in others:
            yield from (attack_words(weekly, runs, base, other, kind) for kind in KINDS)
    else:
        yield f"{attacks_title(weekly)} ({runs_of(weekly, [base, *others])})."
    yield from (reported_words(weekly, kind) for kind in KINDS if reported_quarters(weekly))
    if levels_in(weekly):
        yield from (f"{sentence(line)}." for line in politics_title(weekly).split("\n"))
    if set(SUPPLY) <= set(weekly["measure"]):
        yield from (supply_words(weekly, name) for name in [base, *others])


def attack_words(weekly: pd.DataFrame, runs: Totals, base: str, other: str, kind: str) -> str:
    """The total's paired difference, and in how many weeks it is clear."""
    fewer, more, of = clear_weeks(weekly, other, kind)
    found = runs.difference(other, base, kind)
    change = found.mean if found else total(weekly, other, kind) - total(weekly, base, kind)
    side = "fewer" if change < 0 else "more"
    interval = f" ({interval_words(found)}, n = {int(weekly['n'].iloc[0]):,} pairs)" if found else ""
    return (
        f"{sentence(readable(kind))} are clearly fewer with {other} than with {base} in {fewer} of {of} whole weeks, "
        f"clearly more in {more}; over the run there are {number(abs(change))} {side}{interval}."
    )


def interval_words(found: Interval) -> str:
    """The interval on the side of the mean, or with its signs if it crosses 0."""
    if not found.clear:
        return f"95% interval of the difference {number(found.low)} to {number(found.high)}: undecided"
    low, high = sorted((abs(found.low), abs(found.high)))
    return f"95% interval {number(low)} to {number(high)} {'fewer' if found.mean < 0 else 'more'}"


def reported_words(weekly: pd.DataFrame, kind: str) -> str:
    """The quarters of one history, and the means of the runs."""
    quarters, (source, counts) = reported_quarters(weekly), targets.reported_quarters().counts[kind]
    parts = [
        f"{name} {', '.join(number(total(weekly, name, kind, first, last)) for _, first, last in quarters)}"
        for name in scenarios(weekly)[:FEW]
    ]
    who = "means of the runs" if weekly["n"].max() > 1 else "the run"
    listed = ", ".join(str(counts[q - 1]) for q, _, _ in quarters)
    return f"{sentence(readable(kind))} reported by quarter ({source}): {listed}; {who}: {'; '.join(parts)}."


def supply_words(weekly: pd.DataFrame, name: str) -> str:
    """Convoys of a scenario and what became of them."""
    sent, trucks = total(weekly, name, "convoys_sent"), total(weekly, name, "trucks_lost")
    hit, back, lost = (number(per_hundred(weekly, name, f"convoys_{fate}")) for fate in ("hit", "turned_back", "lost"))
    rows = series(weekly, name, "lowest_supply_days")
    worst, means = rows.iloc[int(rows["mean"].argmin())], "means of the runs: " if rows["n"].max() > 1 else ""
    return (
        f"Convoys of {name} ({means}{number(sent)} sent): for each 100 sent there are {hit} hits by bombs, {back} turn "
        f"back and {lost} are lost; {number(trucks)} trucks are lost in all. The site with least supply has "
        f"{number(float(worst['mean']))} days of it at the lowest, in the week to {worst['date']}."
    )


# --- pictures ------------------------------------------------------------------------------------------
def pictures(weekly: pd.DataFrame) -> Iterator[Picture]:
    """Attacks, politics, supply: those of which the table has the measures."""
    rest = left_out(scenarios(weekly))
    kinds = "; ".join(kind_title(weekly, kind) for kind in KINDS)
    yield _picture("course_attacks", attacks_title(weekly), f"Attacks a week. {kinds}", attacks(weekly), rest)
    if levels_in(weekly):
        words = "Political levels over time. " + politics_title(weekly)
        yield _picture("course_politics", politics_title(weekly), words, politics(weekly), rest)
    if set(SUPPLY) <= set(weekly["measure"]):
        words = "Convoys and supply over time. " + "; ".join(supply_titles(weekly))
        yield _picture("course_supply", supply_title(weekly), words, supply(weekly), rest)


def _picture(name: str, title: str, alt: str, figure: object, rest: str) -> Picture:
    note = f"From weekly.csv.{rest}"
    return Picture(name, title.replace("\n", "; "), alt.replace("\n", "; "), figure, note)  # type: ignore[arg-type]


# --- tables --------------------------------------------------------------------------------------------
def quarters_table(weekly: pd.DataFrame, runs: Totals) -> Grid:
    """Totals by kind and scenario: of each reported quarter that the runs cover, and of the whole run."""
    quarters, names = reported_quarters(weekly), scenarios(weekly)
    rows: list[list[Cell]] = []
    for kind in KINDS:
        for name in names:
            parts: list[Cell] = [runs.quarter(name, kind, *quarter) for quarter in quarters]
            rows.append([readable(kind), name, *parts, runs.mean(name, kind), runs.difference(name, names[0], kind)])
        if quarters:
            source, counts = targets.reported_quarters().counts[kind]
            reported = [float(counts[q - 1]) for q, _, _ in quarters]
            rows.append([readable(kind), f"reported ({source})", *reported, sum(reported), None])
    columns = ["attacks", "scenario", *(f"quarter {q}" for q, _, _ in quarters), "whole run"]
    return _against_base(
        weekly,
        Grid(
            name="course_quarters",
            title="Attacks by quarter" if quarters else "Attacks over the run",
            columns=columns,
            units=["", "", *(["attacks"] * (len(columns) - 2))],
            rows=rows,
            note=f"Means over runs with 95% t intervals ({runs_of(weekly, names)}); reported: one history, its "
            "quarters added up. Intervals need the single runs in runs.csv; without them there are means alone.",
        ),
    )


def ends_table(weekly: pd.DataFrame) -> Grid:
    """Political levels at the end of the run, and the paired difference from the base."""
    names = scenarios(weekly)
    rows: list[list[Cell]] = []
    for measure in levels_in(weekly):
        for name in names:
            row = series(weekly, name, measure).iloc[-1]
            mean, change = _interval(row, ""), _interval(row, "difference_")
            spread = [float(row[name]) if row["n"] > 1 else None for name in ("p05", "p95")]
            rows.append([measure, name, mean, *spread, None if name == names[0] else change])
    columns = ["level", "scenario", "mean", "5th percentile", "95th percentile"]
    return _against_base(
        weekly,
        Grid(
            name="course_levels",
            title="Political levels at the end of the run",
            columns=columns,
            units=["", "", *(["1"] * (len(columns) - 2))],
            rows=rows,
            note=f"Over {runs_of(weekly, names)}; means and paired differences with 95% t intervals.",
        ),
    )


def _interval(row: Any, before: str) -> Interval | float:
    bounds = [float(row[f"{before}{name}"]) for name in ("mean", "low", "high")]
    return Interval(*bounds) if row["n"] > 1 else bounds[0]


def _against_base(weekly: pd.DataFrame, grid: Grid) -> Grid:
    """The last cell of each row is the difference from the base: named if there is one, else left out."""
    base, *others = scenarios(weekly)
    if not others or weekly["n"].max() < 2:
        return replace(grid, rows=[row[:-1] for row in grid.rows])
    return replace(grid, columns=[*grid.columns, f"less {base}"], units=[*grid.units, grid.units[-1]])


def reproduce(results: Results) -> list[str]:
    """Lines of Python: the weeks, and the quarters of single runs."""
    here = loaded(results.folder)
    if "weekly" not in results:
        return ["from experiments.report.sections.course import course_table", f"course_table({here})"]
    quarters = (
        [f'{here}.runs.groupby("scenario", observed=True)["fire_attacks_q1"].mean()'] if "runs" in results else []
    )
    return [f'{here}.table("weekly").query("week == week.max()")', *quarters]


# --- caveats -------------------------------------------------------------------------------------------
def caveats(weekly: pd.DataFrame) -> Iterator[str]:
    """What the bands are; what looking at many weeks does; what a report is."""
    if weekly["n"].max() > 1:
        yield (
            "A band of percentiles shows how far single runs spread; the interval of a mean shows how well the mean "
            "over runs is known. Neither says how far the model is from the world."
        )
        weeks = clear_weeks(weekly, scenarios(weekly)[0], next(iter(KINDS)))[2]
        if len(scenarios(weekly)) > 1:
            yield (
                f"Intervals of single weeks are not adjusted for looking at {weeks} of them: without any difference "
                f"about {(1 - LEVEL) * weeks:.0f} weeks would be clear by luck."
            )
    else:
        yield "One run is one course of luck: it shows how things may go, not how they go on average."
    if len(scenarios(weekly)) > FEW:
        yield f"Findings and figures are those of the base and three others, of {len(scenarios(weekly))} scenarios."
    if reported_quarters(weekly):
        yield "Reported counts are those of one history, with its own luck, and of what was seen and told."
    yield "How political levels move follows from rules and parameters that are judgement; see the parameters' sources."
