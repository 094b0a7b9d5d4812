"""What the columns of the files are: names, units, meanings. `events.py` has those of events.

A column's name carries its unit, unless it counts things (rounds, people, trucks …) or says the unit already.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sim.measures import MEASURES, TALLY, Measure

COUNTED = (
    *("1", "round", "burst", "shell", "person", "truck", "site", "battery", "cell"),
    *("weapon", "leader", "mission", "point"),
)


@dataclass(frozen=True)
class Field:
    """A column: name, unit (1: a number without unit; empty: text), meaning, how a run is reduced to it."""

    name: str
    unit: str
    meaning: str
    how: str = ""


def column_name(name: str, unit: str) -> str:
    """`cargo_sent` in t is `cargo_sent_t`; `rounds_fired` and `lowest_supply_days_mean` stay as they are."""
    word = unit.replace("/", "_per_").replace(" ", "_")
    if unit in COUNTED or f"{word}s" in name or name.endswith(f"_{word}"):
        return name
    return f"{name}_{word}"


POSTURE = Field("posture", "", "name of the posture")
SEED = Field("seed", "1", "run seed: `posture run POSTURE --seed SEED` repeats the run")
_REPLICATE = Field("replicate", "1", "number of the replicate, from 0; empty for a single run")
RUN_KEYS: tuple[Field, ...] = (
    POSTURE,
    Field("responses", "", "names of the responses in force, joined by +; empty for none"),
    _REPLICATE,
    SEED,
    Field("status", "", "ok or failed"),
    Field("error", "", "why the run failed; empty if it did not"),
    Field("digest", "", "sixteen hex digits that name the whole trajectory"),
)
_LEVELS = {column.name for column in TALLY if column.level}


_REDUCTIONS = {
    "end": "value of the last day",
    "mean": "mean over the days",
    "lowest": "lowest of the days",
    "highest": "highest of the days",
    "sum": "sum over the days",
}


def _reduction(measure: Measure) -> str:
    """How days become the measure, in words."""
    if measure.how.startswith("quarter"):
        return f"total of {measure.how}"
    if measure.column not in _LEVELS:
        return "total over the run"
    return _REDUCTIONS[measure.how]


RUN_FIELDS: tuple[Field, ...] = (
    *RUN_KEYS,
    *(Field(column_name(m.name, m.unit), m.unit, m.meaning, _reduction(m)) for m in MEASURES),
)
DAILY_FIELDS: tuple[Field, ...] = (
    POSTURE,
    _REPLICATE,
    SEED,
    Field("day", "day", "day of the run, from 1"),
    Field("date", "", "calendar date"),
    *(
        Field(
            column_name(c.name, c.unit),
            c.unit,
            c.meaning,
            "end of the day" if c.level else "total since the start",
        )
        for c in TALLY
    ),
)
_MEAN, _BOUND = "mean over the pairs", "bound of the 95% t interval of the mean"


def _interval_fields(who: str, words: str) -> Iterator[Field]:
    for part in ("mean", "low", "high"):
        yield Field(f"{who}_{part}", "of the row", f"{words}, {part}", _MEAN if part == "mean" else _BOUND)


COMPARISON_FIELDS: tuple[Field, ...] = (
    Field("measure", "", "name of the measure"),
    Field("unit", "", "unit of the numbers of this row (1: a number without unit)"),
    Field("base", "", "the first scenario named: posture and responses, joined by +"),
    Field("posture", "", "the scenario compared with the base: posture and responses, joined by +"),
    *_interval_fields("base", "the base"),
    *_interval_fields("posture", "the posture"),
    *_interval_fields("difference", "posture − base, paired"),
    Field("p_lower", "1", "chance that the posture is lower in a pair", "share of pairs lower + half the ties"),
    Field("pairs", "1", "pairs of finished runs"),
)
_SCENARIO = Field("scenario", "", "posture and responses, joined by +; the first is the base")
_OF_RUNS = (
    Field("mean", "of the row", "mean over the runs", "mean over the runs"),
    Field("low", "of the row", "lower bound of the mean", _BOUND),
    Field("high", "of the row", "upper bound of the mean", _BOUND),
)
_AGAINST_BASE = tuple(_interval_fields("difference", "scenario − base, paired; empty for the base"))
_RUNS = Field("n", "1", "runs: the replicates that every scenario finished")
WEEKLY_FIELDS: tuple[Field, ...] = (
    _SCENARIO,
    Field("week", "week", "week of the run, from 1"),
    Field("day", "day", "last day of the week, from 1; the last week may be short"),
    Field("date", "", "date of that day"),
    Field("measure", "", "name of the measure"),
    Field("unit", "", "unit of the numbers of this row (1: a number without unit)"),
    *_OF_RUNS,
    *(Field(f"p{q:02}", "of the row", f"{q}th percentile of single runs") for q in (5, 25, 50, 75, 95)),
    *_AGAINST_BASE,
    _RUNS,
)
SQUARE_FIELDS: tuple[Field, ...] = (
    _SCENARIO,
    Field("kind", "", "convoy or detail: bombs against convoys or foreign details; fire: rockets and drones at a site"),
    Field("square", "1", "number of the square that is hit, from 0; for fire that of the site"),
    Field("place", "", "name of the square; empty on the open road"),
    Field("zone", "", "zone of the square"),
    Field("x_km", "km", "the square's position east of Baghdad's centre"),
    Field("y_km", "km", "the square's position north of Baghdad's centre"),
    *(replace(each, unit="1", meaning=f"attacks in a run, {each.meaning}") for each in _OF_RUNS),
    *(replace(each, unit="1") for each in _AGAINST_BASE),
    _RUNS,
)
