"""Over time: attacks week by week beside what was reported, politics, convoys and supply."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from experiments.analysis.raw_tables import DAILY_COLUMNS, of_single_runs, weekly_of_daily
from experiments.analysis.results import Results, sampled
from experiments.report import reports
from experiments.report.course import figures, numbers
from experiments.report.course.numbers import drawn, scenarios, series, total
from experiments.report.page.document import Cell, Grid, Picture, Section, loaded
from experiments.report.style import tables
from experiments.report.style.colours import FEW
from experiments.report.style.words import policy, readable, sentence
from sim.numbers import counted, number
from sim.statistics import LEVEL, Interval


def section(results: Results) -> Section | None:
    """The section, or nothing if the folder has neither `weekly.csv` nor the days of its runs."""
    weekly = course_table(results)
    if weekly is None or weekly.empty or not set(numbers.KINDS) <= set(weekly["measure"]):
        return None
    runs = numbers.Totals(results, weekly)
    return Section(
        key="course",
        title="The course of the run",
        question="When, and how did politics and supply go?",
        findings=list(findings(weekly, runs)),
        pictures=list(pictures(weekly)),
        tables=[quarters_table(weekly, runs), *([ends_table(weekly)] if numbers.levels_in(weekly) else [])],
        caveats=list(caveats(weekly)),
        reproduce=["import experiments", *reproduce(results)],
    )


def course_table(results: Results) -> pd.DataFrame | None:
    """`weekly.csv`, or the same from the days of single runs; None if the folder has neither whole."""
    if "weekly" in results:
        return numbers.plain(results.table("weekly"))
    daily = of_single_runs(results, "daily", DAILY_COLUMNS)
    return None if daily is None else numbers.plain(weekly_of_daily(daily))


# --- findings ------------------------------------------------------------------------------------------
def findings(weekly: pd.DataFrame, runs: numbers.Totals) -> Iterator[str]:
    """Attacks against the base and the report, then politics, then supply."""
    base, *others = drawn(weekly)
    if not numbers.is_single(weekly):
        for other in others:
            yield from (attack_words(weekly, runs, base, other, kind) for kind in numbers.KINDS)
    else:
        yield f"{numbers.attacks_title(weekly)} ({numbers.runs_of(weekly, [base, *others])})."
    yield from (reported_words(weekly, kind) for kind in numbers.KINDS if numbers.reported_quarters(weekly))
    if numbers.levels_in(weekly):
        yield from (f"{sentence(line)}." for line in numbers.politics_title(weekly).split("\n"))
    if set(numbers.SUPPLY) <= set(weekly["measure"]):
        yield from (supply_words(weekly, name) for name in [base, *others])


def attack_words(weekly: pd.DataFrame, runs: numbers.Totals, base: str, other: str, kind: str) -> str:
    """The total's paired difference."""
    found = runs.difference(other, base, kind)
    change = found.mean if found else numbers.change(weekly, other, kind)
    side = "fewer" if change < 0 else "more"
    n = counted(int(weekly["n"].iloc[0]), sampled(weekly, "pair"))
    interval = f" ({interval_words(found)}, n = {n})" if found else ""
    return (
        f"{number(abs(change))} {side} {readable(kind)} a run with {policy(other)} than with {policy(base)}{interval}."
    )


def interval_words(found: Interval) -> str:
    """The interval on the side of the mean, or with its signs if it crosses 0."""
    if not found.clear:
        return f"95% interval of the difference {number(found.low)} to {number(found.high)}: undecided"
    low, high = sorted((abs(found.low), abs(found.high)))
    return f"95% interval {number(low)} to {number(high)} {'fewer' if found.mean < 0 else 'more'}"


def reported_words(weekly: pd.DataFrame, kind: str) -> str:
    """The quarters of one history, and the means of the runs."""
    quarters = numbers.reported_quarters(weekly)
    parts = [
        f"{policy(name)} {', '.join(number(total(weekly, name, kind, first, last)) for _, first, last in quarters)}"
        for name in drawn(weekly)
    ]
    who = "the run" if numbers.is_single(weekly) else "means of the runs"
    counts = ", ".join(str(reports.by_quarter(kind)[q - 1]) for q, _, _ in quarters)
    return (
        f"{sentence(readable(kind))} reported by quarter ({reports.source(kind)}): {counts}; {who}: {'; '.join(parts)}."
    )


def supply_words(weekly: pd.DataFrame, name: str) -> str:
    """Convoys of a scenario and what became of them."""
    sent, trucks = total(weekly, name, "convoys_sent"), total(weekly, name, "trucks_lost")
    hit, back, lost = (
        number(numbers.per_hundred(weekly, name, f"convoys_{fate}")) for fate in ("hit", "turned_back", "lost")
    )
    rows = series(weekly, name, "lowest_supply_days")
    worst, means = rows.iloc[int(rows["mean"].argmin())], "means of the runs: " if rows["n"].max() > 1 else ""
    return (
        f"Convoys of {policy(name)} ({means}{number(sent)} sent): for each 100 sent there are {hit} hits by bombs, "
        f"{back} turn back and {lost} are lost; {number(trucks)} trucks are lost in all. The site with least supply "
        f"has {number(float(worst['mean']))} days of it at the lowest, in the week to {worst['date']}."
    )


# --- pictures ------------------------------------------------------------------------------------------
def pictures(weekly: pd.DataFrame) -> Iterator[Picture]:
    """Attacks, politics, supply: those of which the table has the measures."""
    kinds = "; ".join(numbers.kind_title(weekly, kind) for kind in numbers.KINDS)
    yield _picture(
        weekly, "attacks", numbers.attacks_title(weekly), f"Attacks a week. {kinds}", figures.attacks(weekly)
    )
    if numbers.levels_in(weekly):
        title = numbers.politics_title(weekly)
        yield _picture(weekly, "politics", title, f"Political levels over time. {title}", figures.politics(weekly))
    if set(numbers.SUPPLY) <= set(weekly["measure"]):
        alt = "Convoys and supply over time. " + "; ".join(numbers.supply_titles(weekly))
        yield _picture(weekly, "supply", numbers.supply_title(weekly), alt, figures.supply(weekly))


def _picture(weekly: pd.DataFrame, name: str, title: str, alt: str, figure: Figure) -> Picture:
    note = f"From weekly.csv.{numbers.left_out(scenarios(weekly))}"
    return Picture(f"course_{name}", title.replace("\n", "; "), alt.replace("\n", "; "), figure, note)


# --- tables --------------------------------------------------------------------------------------------
def quarters_table(weekly: pd.DataFrame, runs: numbers.Totals) -> Grid:
    """Totals by kind and scenario: of each reported quarter that the runs cover, and of the whole run."""
    quarters, names = numbers.reported_quarters(weekly), scenarios(weekly)
    rows = [(kind, name) for kind in numbers.KINDS for name in [*names, *([None] if quarters else [])]]
    counts = {kind: [float(reports.by_quarter(kind)[q - 1]) for q, _, _ in quarters] for kind in numbers.KINDS}

    def quarter(row: tuple[str, str | None], k: int) -> Cell:
        kind, name = row
        return counts[kind][k] if name is None else runs.quarter(name, kind, *quarters[k])

    columns = [
        tables.text("attacks", lambda row: readable(row[0])),
        tables.text("policy", lambda row: policy(row[1]) if row[1] else f"reported ({reports.source(row[0])})"),
        *tables.columns_by(range(len(quarters)), lambda k: f"quarter {quarters[k][0]}", quarter, "attacks"),
        tables.number("whole run", lambda row: runs.mean(row[1], row[0]) if row[1] else sum(counts[row[0]]), "attacks"),
        *_against_base(weekly, lambda row: runs.difference(row[1], names[0], row[0]) if row[1] else None, "attacks"),
    ]
    note = (
        f"Means over runs with 95% t intervals ({numbers.runs_of(weekly, names)}); reported: one history, its "
        "quarters added up. Intervals need the single runs in runs.csv; without them there are means alone."
    )
    title = "Attacks by quarter" if quarters else "Attacks over the run"
    return tables.grid("course_quarters", title, rows, columns, note)


def ends_table(weekly: pd.DataFrame) -> Grid:
    """Political levels at the end of the run, and the paired difference from the base."""
    names, single = scenarios(weekly), numbers.is_single(weekly)
    rows = [series(weekly, name, level).iloc[-1] for level in numbers.levels_in(weekly) for name in names]
    columns = [
        tables.text("level", lambda row: readable(row["measure"])),
        tables.text("policy", lambda row: policy(row["scenario"])),
        tables.number("mean", _interval, "1"),
        tables.number("5th percentile", lambda row: None if single else float(row["p05"]), "1"),
        tables.number("95th percentile", lambda row: None if single else float(row["p95"]), "1"),
        *_against_base(weekly, lambda row: None if row["scenario"] == names[0] else _interval(row, "difference_"), "1"),
    ]
    note = f"Over {numbers.runs_of(weekly, names)}; means and paired differences with 95% t intervals."
    return tables.grid("course_levels", "Political levels at the end of the run", rows, columns, note)


def _interval(row: Any, before: str = "") -> Interval | float:
    found = tables.interval_of(row, *(f"{before}{name}" for name in ("mean", "low", "high")))
    return found if row["n"] > 1 else found.mean


def _against_base(weekly: pd.DataFrame, read: Callable[[Any], Cell], unit: str) -> tables.Columns:
    """The column of the difference from the base, if there is one."""
    base, *others = scenarios(weekly)
    return [tables.number(f"less {policy(base)}", read, unit)] if others and not numbers.is_single(weekly) else []


def reproduce(results: Results) -> list[str]:
    """Lines of Python: the weeks, and the quarters of single runs."""
    here = loaded(results.folder)
    if "weekly" not in results:
        return ["from experiments.report.course.section import course_table", f"course_table({here})"]
    quarters = (
        [f'{here}.runs.groupby("scenario", observed=True)["fire_attacks_q1"].mean()'] if "runs" in results else []
    )
    return [f'{here}.table("weekly").query("week == week.max()")', *quarters]


# --- caveats -------------------------------------------------------------------------------------------
def caveats(weekly: pd.DataFrame) -> Iterator[str]:
    """What the bands are; what looking at many weeks does; what a report is."""
    if not numbers.is_single(weekly):
        yield (
            "A band of percentiles shows how far single runs spread; the interval of a mean shows how well the mean "
            "over runs is known. Neither says how far the model is from the world."
        )
        weeks = len(numbers.whole_weeks(series(weekly, scenarios(weekly)[0], numbers.KINDS[0])))
        if len(scenarios(weekly)) > 1:
            yield (
                f"Intervals of single weeks are not adjusted for looking at {weeks} of them: without any difference "
                f"about {(1 - LEVEL) * weeks:.0f} weeks would be clear by luck."
            )
    else:
        yield "One run is one course of luck: it shows how things may go, not how they go on average."
    if len(scenarios(weekly)) > FEW:
        yield f"Findings and figures are those of the base and three others, of {len(scenarios(weekly))} scenarios."
    if numbers.reported_quarters(weekly):
        yield "Reported counts are those of one history, with its own luck, and of what was seen and told."
    yield "How political levels move follows from rules and parameters that are judgement; see the parameters' sources."
