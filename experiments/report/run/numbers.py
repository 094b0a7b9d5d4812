"""What a folder holds of one run: its row, its days and its events, how it ended, and what it had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from experiments.analysis.results import Results
from experiments.report.style.words import policy
from sim.measures import BY_NAME, quarters_reached, series

FIRE, CONVOY_BOMB, DETAIL_BOMB = "fire on a site", "bomb against a convoy", "bomb against a foreign detail"
MISSION_ENDED = "mission ended"


@dataclass(frozen=True)
class StoredRun:
    """One run. `measures`: columns of `runs.csv`, or what can be had of them from `daily.csv`; events in their order.

    `events` and `daily` are None where the folder has none. `start` is None if nothing says it.
    """

    scenario: str
    seed: int | None
    error: str
    measures: Mapping[str, float]
    events: pd.DataFrame | None
    daily: pd.DataFrame | None
    start: datetime | None
    days: int
    quarter_ends: tuple[int, ...]

    @property
    def seed_words(self) -> str:
        """`seed 7`."""
        return "seed not known" if self.seed is None else f"seed {self.seed}"

    def of_kind(self, kind: str) -> pd.DataFrame:
        """The events of a kind; none if the folder has no events."""
        return pd.DataFrame() if self.events is None else self.events[self.events["kind"] == kind]

    def count(self, measure: str) -> float:
        """A measure, or 0 if it isn't known."""
        return float(self.measures.get(measure, 0.0))


def run_of(results: Results) -> StoredRun | None:
    """The run of a folder that holds just one; None if it holds none, or several."""
    row = _row(results)
    if row is None and ("runs" in results or "daily" not in results):
        return None
    daily, events = (results.table(name) if name in results else None for name in ("daily", "events"))
    if _several(daily) or _several(events):
        return None
    if row is None:
        row = {} if daily is None else {key: daily[key].iloc[0] for key in ("posture", "seed")}
    base = _posture(results.manifest)
    start, days = _calendar(base, daily, events)
    return StoredRun(
        scenario="+".join(str(row[key]) for key in ("posture", "responses") if _there(row.get(key))),
        seed=int(row["seed"]) if _there(row.get("seed")) else None,
        error=str(row["error"]) if row.get("status") == "failed" else "",
        measures=_measures(row, daily),
        events=events,
        daily=daily,
        start=start,
        days=days,
        quarter_ends=quarters_reached(base.get("quarter_ends_days", ()), days),
    )


def _row(results: Results) -> dict[str, Any] | None:
    """The row of `runs.csv`, if it has just one (a folder is asked for its keys first: it may have a million)."""
    if "runs" not in results or len(results.table("runs", columns=["posture"])) != 1:
        return None
    return {str(key): value for key, value in results.table("runs").iloc[0].items()}


def _several(table: pd.DataFrame | None) -> bool:
    return table is not None and (table["seed"].nunique() > 1 or table["posture"].nunique() > 1)


def _there(value: Any) -> bool:
    return value is not None and not pd.isna(value) and value != ""


def _posture(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    postures = manifest.get("postures", {})
    return next(iter(postures.values())) if len(postures) == 1 else {}


def _calendar(
    posture: Mapping[str, Any], daily: pd.DataFrame | None, events: pd.DataFrame | None
) -> tuple[datetime | None, int]:
    """First day and number of days: from the days, or the manifest, or the events."""
    if daily is not None and len(daily):
        return _date(daily["date"].iloc[0]) - timedelta(days=int(daily["day"].iloc[0]) - 1), int(daily["day"].iloc[-1])
    if posture:
        return _date(posture["start"]), int(posture["days"])
    if events is not None and len(events):
        start = _date(events["date_time"].iloc[0]) - timedelta(hours=int(events["hour"].iloc[0]))
        return start, -(-int(events["hour"].iloc[-1]) // 24)
    return None, 0


def _date(text: Any) -> datetime:
    return datetime.fromisoformat(str(text))


def _measures(row: Mapping[str, Any], daily: pd.DataFrame | None) -> dict[str, float]:
    """The measures that the row has; without a row, the totals of the last day."""
    found = {name: float(row[name]) for name in BY_NAME if _there(row.get(name))}
    if not found and daily is not None:
        last = daily.iloc[-1]
        found = {name: float(last[name]) for name in BY_NAME if name in daily and _there(last[name])}
        found["fire_attacks"] = float(series(last, "fire_attacks"))
    return found


def day_words(when: Any) -> str:
    """`14 April 2020`."""
    date = pd.Timestamp(when)
    return f"{date.day} {date:%B %Y}"


def ending(run: StoredRun) -> str:
    """How the run ended, in words, as far as its tables say."""
    ended = run.of_kind(MISSION_ENDED)
    if len(ended):
        last = ended.iloc[0]
        return f"the mission ended on {day_words(last['date_time'])}, and {last['people_left']:,.0f} people left"
    if run.count("sites_evacuated"):
        return f"the mission ended before the last day, and {run.count('sites_evacuated'):,.0f} sites were evacuated"
    parts = []
    if run.daily is not None:
        parts.append(f"{run.daily['sites_open'].iloc[-1]:.0f} sites held")
    if "people_end" in run.measures:
        parts.append(f"{run.measures['people_end']:,.0f} people there")
    if "relation_end" in run.measures:
        parts.append(f"relation at {run.measures['relation_end']:.2f}")
    return f"on the last day {', '.join(parts)}" if parts else "how it ended isn't in these tables"


def run_title(run: StoredRun) -> str:
    """What the run had and how it ended; that it is one run of chance."""
    counts = (
        ("fire_attacks", "fire attacks"),
        ("rounds_leaked", "rounds inside"),
        ("us_wounded", "US people wounded"),
        ("us_killed", "killed"),
        ("convoy_attacks", "bombs against convoys"),
        ("trucks_lost", "trucks lost"),
    )
    parts = [f"{run.measures[name]:,.0f} {noun}" for name, noun in counts if name in run.measures]
    said = f"{', '.join(parts)}; {ending(run)}"
    return f"One run of {policy(run.scenario)}: {said}\n({run.seed_words}; one run of chance, n = 1)"
