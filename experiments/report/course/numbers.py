"""The numbers of the course of runs, week by week, and what they say.

Frames are `weekly.csv` as a table: a row for each scenario, week and measure, the base first. Counters hold the total
of their week, levels the value at its end; `day` and `date` are those of the week's last day.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import numpy as np
import pandas as pd

from experiments.analysis.alignment import align, with_points
from experiments.analysis.results import Results, sampled
from experiments.files.states import state_means
from experiments.report import reports
from experiments.report.style.colours import FEW
from experiments.report.style.words import KINDS as WORDS
from experiments.report.style.words import policy, readable, sentence, short_labels
from sim.errors import ConfigError
from sim.numbers import counted, fixed, number, signed
from sim.statistics import Interval, Values, mean_interval, paired_difference

Frame: TypeAlias = pd.DataFrame
KINDS = ("fire_attacks", "convoy_attacks")
POLITICS = ("relation", "capital", "patience", "will", "prestige", "grievance")
SHARES = POLITICS[:4]
"""These run from 0 to 1."""
FATES = ("convoys_hit", "convoys_turned_back", "convoys_lost")
SUPPLY = ("convoys_sent", *FATES, "trucks_lost", "lowest_supply_days")
RUNNING = 4
"""Weeks over which shares of convoys are taken together: in one week few are sent."""


# --- the table -----------------------------------------------------------------------------------------
def plain(frame: Frame) -> Frame:
    """Text as text, however it was read: categories refuse new values."""
    return frame.astype(dict.fromkeys(frame.select_dtypes("category").columns, object))


def scenarios(frame: Frame) -> list[str]:
    """Names of the scenarios, the base first."""
    return [str(name) for name in frame["scenario"].unique()]


def series(weekly: Frame, scenario: str, measure: str) -> Frame:
    """The weeks of a measure in their order; no rows if the table lacks it."""
    rows = weekly[(weekly["scenario"] == scenario) & (weekly["measure"] == measure)]
    return rows.sort_values("week")


def whole_weeks(rows: Frame) -> Frame:
    """Without a last week that is shorter than the others: its total says nothing beside theirs."""
    days = np.diff(rows["day"], prepend=0)
    return rows[(days == days[0]) | (np.arange(len(rows)) < len(rows) - 1)] if len(rows) else rows


def total(weekly: Frame, scenario: str, measure: str, first: int = 1, last: int | None = None) -> float:
    """Mean of a counter over the weeks that end on the days `first` to `last`; over the whole run without them."""
    rows = series(weekly, scenario, measure)
    within = (rows["day"] >= first) & (rows["day"] <= (last or rows["day"].max()))
    return float(rows.loc[within, "mean"].sum())


def reported_quarters(weekly: Frame) -> list[tuple[int, int, int]]:
    """Number, first and last day of each quarter that was reported and that the runs cover."""
    row = weekly.iloc[0]
    start = pd.Timestamp(row["date"]) - pd.Timedelta(days=int(row["day"]) - 1)
    if start != pd.Timestamp(reports.start()):
        return []
    ends, begins = reports.ends(), (0, *reports.ends())
    return [(q + 1, begins[q] + 1, end) for q, end in enumerate(ends) if end <= weekly["day"].max()]


def runs_of(weekly: Frame, names: Sequence[str]) -> str:
    """`n = 60 runs each`, or the number of each scenario."""
    counts = {name: int(weekly.loc[weekly["scenario"] == name, "n"].iloc[0]) for name in names}
    if len(set(counts.values())) == 1:
        n = next(iter(counts.values()))
        return f"n = {counted(n, sampled(weekly))}{' each' * (len(names) > 1)}"
    return "n = " + ", ".join(f"{counted(n, sampled(weekly))} of {policy(name)}" for name, n in counts.items())


def change(weekly: Frame, scenario: str, kind: str) -> float:
    """How many attacks of a kind a run has more than the base, in all."""
    return total(weekly, scenario, kind) - total(weekly, scenarios(weekly)[0], kind)


def left_out(names: Sequence[str]) -> str:
    """What the figures don't show of many scenarios; nothing if they show all."""
    more = len(names) - FEW
    return f" {FEW} of {len(names)} scenarios are drawn: the base and the first three others." if more > 0 else ""


def drawn(weekly: Frame) -> list[str]:
    """The scenarios that findings and figures show."""
    return scenarios(weekly)[:FEW]


def is_single(weekly: Frame) -> bool:
    """Whether a scenario was run once alone, so that nothing has an interval."""
    return bool(weekly["n"].max() < 2)


# --- totals of single runs --------------------------------------------------------------------------
class Totals:
    """Totals over weeks: with intervals where the folder has the single runs, of which a weekly table has the means."""

    def __init__(self, results: Results, weekly: pd.DataFrame) -> None:
        self.weekly, self.runs = weekly, _runs_of_weeks(results, weekly)

    def mean(self, scenario: str, kind: str) -> Interval | float:
        """Over the whole run, with its interval if the runs are there and are several."""
        return self._checked(scenario, kind, total(self.weekly, scenario, kind))

    def quarter(self, scenario: str, kind: str, q: int, first: int, last: int) -> Interval | float:
        """Over a quarter, likewise."""
        return self._checked(scenario, f"{kind}_q{q}", total(self.weekly, scenario, kind, first, last))

    def _checked(self, scenario: str, measure: str, of_weeks: float) -> Interval | float:
        """The interval from the runs if its mean is that of the weeks: quarters of a posture may have other ends."""
        if self.runs is None:
            return of_weeks
        found = mean_interval(self.runs[scenario][measure])
        return found if math.isclose(found.mean, of_weeks, rel_tol=1e-6, abs_tol=1e-9) else of_weeks

    def difference(self, scenario: str, base: str, kind: str) -> Interval | None:
        """Paired, over the whole run; None without the runs or with one alone, and of the base itself."""
        if scenario == base or self.runs is None:
            return None
        return paired_difference(self.runs[base][kind], self.runs[scenario][kind])


def _runs_of_weeks(results: Results, weekly: Frame) -> dict[str, dict[str, Values]] | None:
    """One number a run (or state) of each total, by scenario and measure; None if they are not those of the weeks."""
    names, n = scenarios(weekly), int(weekly["n"].iloc[0])
    wanted = [name for kind in KINDS for name in (kind, *(f"{kind}_q{q}" for q in (1, 2, 3)))]
    if "runs" not in results or not {"replicate", *wanted} <= set(results.columns("runs")) or n < 2:
        return None
    keys = [name for name in ("state", "replicate") if name in results.columns("runs")]
    runs = results.table("runs", ["scenario", *keys, *wanted])
    if not set(names) <= set(runs["scenario"].astype(str)):  # each point of a sweep by itself
        runs = with_points(results.runs)
    try:
        both = align(runs, names, "drop")
    except ConfigError:  # the weeks are then shown without intervals
        return None
    found = {name: state_means(np.stack([both.values(name, m) for m in wanted]), both.states) for name in names}
    whole = {name: dict(zip(wanted, rows, strict=True)) for name, rows in found.items()}
    return whole if len(whole[names[0]][wanted[0]]) == n else None


# --- attacks -------------------------------------------------------------------------------------------
def kind_title(weekly: Frame, kind: str) -> str:
    """Attacks of a kind over the whole run by scenario, and what was reported for the quarters."""
    parts = [f"{policy(name)} {number(total(weekly, name, kind))}" for name in drawn(weekly)]
    quarters = reported_quarters(weekly)
    if len(quarters) == len(reports.ends()):
        of = f" by day {reports.ends()[-1]}" if weekly["day"].max() > reports.ends()[-1] else ""
        parts.append(f"reported {sum(reports.by_quarter(kind))}{of}")
    return f"{WORDS[kind]}, total of the run: {', '.join(parts)}"


def attacks_title(weekly: Frame) -> str:
    """How many attacks each scenario has more or fewer than the base."""
    return _against_base(weekly, _weeks_line, lambda base: f"Attacks week by week: {_most_week(weekly, base)}")


def _against_base(weekly: Frame, line: Callable[[Frame, str], str], alone: Callable[[str], str]) -> str:
    """A line on each scenario beside the base; of single runs, or without others, what there is to say of the base."""
    base, *others = drawn(weekly)
    if not others or is_single(weekly):
        return alone(base)
    labels = short_labels([base, *others])
    return "\n".join(f"{labels[name]} against {policy(base)}{line(weekly, name)}" for name in others)


def _weeks_line(weekly: Frame, name: str) -> str:
    parts = [f"{signed(change(weekly, name, kind))} {readable(kind)} a run" for kind in KINDS]
    return f": {', '.join(parts)}"


def _most_week(weekly: Frame, name: str) -> str:
    tops = {kind: rows.iloc[int(rows["mean"].argmax())] for kind in KINDS if len(rows := series(weekly, name, kind))}
    parts = [f"most {readable(k)} in week {top['week']:.0f} ({number(float(top['mean']))})" for k, top in tops.items()]
    return f"{policy(name)}, {'; '.join(parts)}"


def attacks_note(weekly: Frame) -> str:
    """How the figure is drawn."""
    if is_single(weekly):
        return f"line: attacks in the week; {_runs(weekly)}"
    spread = f"single runs, 5th to 95th percentile of a week: {_spread(weekly, drawn(weekly))}"
    return f"line: mean of the week; band: its 95% t interval; {spread}; {_runs(weekly)}"


def _runs(weekly: Frame) -> str:
    """How many runs a figure shows, and which scenarios it leaves out."""
    return f"{runs_of(weekly, drawn(weekly))}.{left_out(scenarios(weekly))}"


def _spread(weekly: Frame, names: Sequence[str]) -> str:
    """How far single weeks of single runs spread, the lowest and the highest of all weeks."""
    rows = {kind: pd.concat([whole_weeks(series(weekly, name, kind)) for name in names]) for kind in KINDS}
    ends = {kind: (number(float(each["p05"].min())), number(float(each["p95"].max()))) for kind, each in rows.items()}
    return ", ".join(f"{low} to {high} {readable(kind)}" for kind, (low, high) in ends.items())


def reported_rates(weekly: Frame, kind: str) -> list[tuple[int, int, int, float]]:
    """Quarter, its first and last day, and what was reported of it as a mean a week."""
    counts = reports.by_quarter(kind)
    return [(q, a, b, 7 * counts[q - 1] / (b - a + 1)) for q, a, b in reported_quarters(weekly)]


# --- politics ------------------------------------------------------------------------------------------
def levels_in(weekly: Frame) -> list[str]:
    """The political levels that the table has and that move at all."""
    found = {str(name): rows for name, rows in weekly.groupby("measure") if name in POLITICS}
    return [measure for measure in POLITICS if measure in found and found[measure]["mean"].nunique() > 1]


def still(weekly: Frame) -> str:
    """Names the levels that never move, which have no panel."""
    names = [name for name in POLITICS if name in set(weekly["measure"]) and name not in levels_in(weekly)]
    return f" Without change, not drawn: {', '.join(names)}." if names else ""


def fan_title(weekly: Frame, measure: str) -> str:
    """The medians at the end: of each scenario, or of the lowest and the highest if there are more than two."""
    names = drawn(weekly)
    rows = {name: series(weekly, name, measure).iloc[-1] for name in names}
    ends = {name: float(row["p50"] if row["n"] > 1 else row["mean"]) for name, row in rows.items()}
    if len(names) > 2:
        low, high = min(ends, key=ends.__getitem__), max(ends, key=ends.__getitem__)
        labels = short_labels(names)
        words = f"{fixed(ends[low], 3)} ({labels[low]}) to {fixed(ends[high], 3)} ({labels[high]})"
    else:
        words = ", ".join(f"{policy(name)} {fixed(value, 3)}" for name, value in ends.items())
    return f"{sentence(readable(measure))}, at the end: {words}"


def politics_title(weekly: Frame) -> str:
    """What differs for certain from the base at the end of the run."""

    def alone(base: str) -> str:
        return (
            f"Political levels of {policy(base)}: {', '.join(_from_to(weekly, base, m) for m in levels_in(weekly)[:4])}"
        )

    return _against_base(weekly, _ends_line, alone)


def _from_to(weekly: Frame, name: str, measure: str) -> str:
    values = series(weekly, name, measure)["mean"]
    return f"{measure} {fixed(float(values.iloc[0]), 3)} → {fixed(float(values.iloc[-1]), 3)}"


def _ends_line(weekly: Frame, name: str) -> str:
    parts: dict[str, list[str]] = {"higher": [], "lower": [], "undecided": []}
    for measure in levels_in(weekly):
        row = series(weekly, name, measure).iloc[-1]
        sure = row["difference_low"] > 0 or row["difference_high"] < 0
        side = "undecided" if not sure else "higher" if row["difference_mean"] > 0 else "lower"
        change = float(row["difference_mean"])
        parts[side].append(f"{measure} {fixed(change, 3, sign=True)}" if sure else measure)
    words = [f"{side}: {', '.join(found)}" for side, found in parts.items() if found]
    return f" at the end: {'; '.join(words)}"


def fan_note(weekly: Frame) -> str:
    """How fans are drawn."""
    if is_single(weekly):
        return f"line: value at the end of the week; {_runs(weekly)}{still(weekly)}"
    bands = "bands: 25th to 75th and 5th to 95th percentile of runs"
    return f"line: median of runs at the end of the week; {bands}; {_runs(weekly)}{still(weekly)}"


# --- convoys and supply --------------------------------------------------------------------------------
def running_share(weekly: Frame, name: str, fate: str) -> tuple[Frame, Values]:
    """The whole weeks of a scenario and, of 100 convoys sent in RUNNING weeks, those of a fate; NaN: none was sent."""
    sent, rows = (whole_weeks(series(weekly, name, measure)) for measure in ("convoys_sent", fate))
    of, count = (each["mean"].rolling(RUNNING, min_periods=1).sum().to_numpy() for each in (sent, rows))
    return rows, np.divide(100 * count, of, out=np.full(len(of), np.nan), where=of > 0)


def per_hundred(weekly: Frame, name: str, measure: str) -> float:
    """Of 100 convoys sent over the run; NaN if none was sent."""
    sent = total(weekly, name, "convoys_sent")
    return 100 * total(weekly, name, measure) / sent if sent else float("nan")


def supply_titles(weekly: Frame) -> list[str]:
    """What each panel says."""
    names = drawn(weekly)
    lowest = {name: float(series(weekly, name, "lowest_supply_days")["mean"].min()) for name in names}
    return [
        _said("Convoys sent in the run", {name: total(weekly, name, "convoys_sent") for name in names}),
        _said("Hits by bombs for 100 sent", {name: per_hundred(weekly, name, "convoys_hit") for name in names}),
        _said("Trucks lost in the run", {name: total(weekly, name, "trucks_lost") for name in names}),
        _said("Days of supply at the site with least, lowest weekly mean", lowest),
    ]


def _said(what: str, values: Mapping[str, float]) -> str:
    return f"{what}: {', '.join(f'{policy(name)} {number(value)}' for name, value in values.items())}"


def supply_title(weekly: Frame) -> str:
    """How many convoys are sent, and how many of 100 are hit, by scenario."""
    labels, parts = short_labels(drawn(weekly)), []
    for name, label in labels.items():
        sent, hits = total(weekly, name, "convoys_sent"), per_hundred(weekly, name, "convoys_hit")
        parts.append(f"{label} sends {number(sent)} convoys, with {number(hits)} hits for each 100")
    return "; ".join(parts)


def supply_note(weekly: Frame) -> str:
    """How the panels are drawn."""
    shares = f"shares: over running {RUNNING} weeks, hits counted per bomb"
    if is_single(weekly):
        return f"line: total of the week, or value at its end; {shares}; {_runs(weekly)}"
    lines = "lines: mean of the week, band: its 95% t interval"
    fans = "days of supply: median, 25th to 75th and 5th to 95th percentile of runs"
    return f"{lines}; {fans}; {shares}; {_runs(weekly)}"
