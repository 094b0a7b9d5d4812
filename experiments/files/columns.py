"""What the columns of the files are: names, units, meanings. `events.py` has those of events.

A column's name carries its unit, unless it counts things (rounds, people, trucks …) or says the unit already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sim.measures import MEASURES, TALLY, Measure, Ratio

if TYPE_CHECKING:
    import pandas as pd

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


def frame_of(fields: Sequence[Field], columns: Sequence[Any]) -> pd.DataFrame:
    """Columns as a frame, with their units in `attrs`."""
    import pandas as pd

    frame = pd.DataFrame(dict(zip([field.name for field in fields], columns, strict=True)))
    frame.attrs["units"] = {field.name: field.unit for field in fields}
    return frame


def fields(text: str) -> tuple[Field, ...]:
    """Columns from lines `name | unit | meaning | how`, the last where there is something to say."""
    lines = [[part.strip() for part in line.split("|")] for line in text.splitlines() if line.strip()]
    return tuple(Field(*line) for line in lines)


def column_name(name: str, unit: str) -> str:
    """`cargo_sent` in t is `cargo_sent_t`; `rounds_fired` and `lowest_supply_days_mean` stay as they are."""
    word = unit.replace("/", "_per_").replace(" ", "_")
    if unit in COUNTED or f"{word}s" in name or name.endswith(f"_{word}"):
        return name
    return f"{name}_{word}"


RUN_KEYS: tuple[Field, ...] = fields("""
posture   |   | name of the posture
responses |   | names of the responses in force, joined by +; `none` for no response
replicate | 1 | number of the replicate, from 0; empty for a single run
seed      | 1 | run seed: `posture run POSTURE --seed SEED` repeats the run
status    |   | ok or failed
error     |   | why the run failed; empty if it did not
digest    |   | sixteen hex digits that name the whole trajectory
""")
POSTURE, _, REPLICATE, SEED = RUN_KEYS[:4]
_LEVELS = {column.name for column in TALLY if column.level}
MAIN_MEASURES: tuple[str, ...] = (
    "fire_attacks",
    "fire_attacks_leaking",
    "rounds_leaked",
    "us_wounded",
    "us_killed",
    "convoy_attacks",
    "convoys_hit",
    "trucks_lost",
    "drivers_wounded",
    "detail_attacks",
    "bursts_used",
    "stray_shells",
    "civilian_harm",
    "drones_found",
    "cells_broken",
    "closure_hours",
    "strikes",
    "relation_mean",
    "capital_mean",
    "patience_lowest",
    "lowest_supply_days_mean",
    "site_hours_short",
    "pressure",
)
"""What the screen and the figures show; the files hold every measure."""


_REDUCTIONS = {
    "end": "value of the last day",
    "mean": "mean over the days",
    "lowest": "lowest of the days",
    "highest": "highest of the days",
    "sum": "sum over the days",
}


def _reduction(measure: Measure) -> str:
    """How days become the measure, in words."""
    if isinstance(measure, Ratio):
        return "total over the run / mean" if measure.how == "mean" else "total over the run / total over the run"
    if " " in measure.how:
        return f"total of {measure.how}"
    if measure.column not in _LEVELS:
        return "total over the run"
    return _REDUCTIONS[measure.how]


RUN_FIELDS: tuple[Field, ...] = (
    *RUN_KEYS,
    *(Field(column_name(m.name, m.unit), m.unit, m.meaning, _reduction(m)) for m in MEASURES),
)
MEASURE_FIELDS: tuple[Field, ...] = RUN_FIELDS[len(RUN_KEYS) :]
"""Those of them that are measures."""
POINT_FIELDS: tuple[Field, ...] = fields("""
point        | 1 | number of the point in the design, from 0
posture      |   | name of the posture
responses    |   | names of the responses in force, joined by +; `none` for no response
MEASURE_mean | of the measure | mean | over the runs of the point that have the measure
MEASURE_sd   | of the measure | standard deviation (n − 1); empty of fewer than two runs | over the same runs
MEASURE_n    | 1 | how many runs that are: failed ones have none
""")
"""Of `points.csv`, where a measure's column stands for MEASURE."""
DAY_FIELDS: tuple[Field, ...] = (
    *fields("""
day  | day | day of the run, from 1
date |     | calendar date
"""),
    *(
        Field(column_name(c.name, c.unit), c.unit, c.meaning, "end of the day" if c.level else "total since the start")
        for c in TALLY
    ),
)
"""A day of a run, behind the keys of the run."""
DAILY_FIELDS: tuple[Field, ...] = (POSTURE, REPLICATE, SEED, *DAY_FIELDS)


def _intervals(who: str, words: str, over: str = "pairs") -> str:
    bound = "bound of the 95% t interval of the mean"
    how = {"mean": f"mean over the {over}", "low": bound, "high": bound}
    return "".join(f"{who}_{part} | of the row | {words}, {part} | {how[part]}\n" for part in how)


_UNIT = "unit | | unit of the numbers of this row (1: a number without unit)"
COMPARISON_FIELDS: tuple[Field, ...] = fields(f"""
measure | | name of the measure
{_UNIT}
base    | | the first scenario named: posture and responses, joined by +
posture | | the scenario compared with the base: posture and responses, joined by +
{_intervals("base", "the base")}
{_intervals("posture", "the posture")}
{_intervals("difference", "posture − base, paired")}
p_lower | 1 | chance that the posture is lower in a pair | share of pairs lower
p_equal | 1 | chance that the two are equal in a pair | share of pairs equal
p_higher | 1 | chance that the posture is higher in a pair | share of pairs higher
pairs   | 1 | pairs of finished runs in which both have the measure; the rest is empty if there is none
""")
EFFECT_FIELDS: tuple[Field, ...] = fields(f"""
structure | | all: over all states; else the rival structure that is in, or out, in the states of this row
side      | | in or out; empty for all
measure   | | name of the measure
{_UNIT}
base      | | posture and responses, joined by +: the first named or, of equal budgets, what stands for it
posture   | | the scenario compared with the base: posture and responses, joined by +
{_intervals("base", "the base", "states")}
{_intervals("posture", "the posture", "states")}
{_intervals("difference", "posture − base, paired", "states")}
range_low  | of the row | where nine states of ten lie, without replicate noise: from | 5th percentile over states
range_high | of the row | where nine states of ten lie, without replicate noise: to | 95th percentile over states
p_lower  | 1 | share of the states in which the posture is lower, without replicate noise
p_equal  | 1 | share of the states in which the two are equal
p_higher | 1 | share of the states in which the posture is higher, without replicate noise
noise    | 1 | share of the variance of the states' estimates that is replicate noise; 1: states cannot be told apart
states   | 1 | states of the world in which both have the measure
""")
DISPLACEMENT_FIELDS: tuple[Field, ...] = fields("""
base    | | the first scenario named: posture and responses, joined by +
posture | | the scenario compared with the base: posture and responses, joined by +
part    | | volume + choice + encounter = total; opportunities + going = volume; waiting beside them
meaning | | what the part is
mean    | attack/run | posture − base, a run | of sums over the pairs
low     | attack/run | lower bound | bound of the 95% interval over pairs, leaving out one at a time
high    | attack/run | upper bound | bound of the 95% interval over pairs, leaving out one at a time
pairs   | 1 | pairs of finished runs, or states of the world: what the interval is over
""")
_SCENARIO = "scenario | | posture and responses, joined by +; the first is the base"
_RUNS = "n | 1 | runs: the replicates that every scenario finished; in states of the world, how many of these"
_OF_RUNS = fields("""
mean | of the row | mean over the runs      | mean over the runs
low  | of the row | lower bound of the mean | bound of the 95% t interval of the mean
high | of the row | upper bound of the mean | bound of the 95% t interval of the mean
""")
_AGAINST_BASE = fields(_intervals("difference", "scenario − base, paired; empty for the base"))
_COUNTED = (
    *(replace(each, unit="1", meaning=f"attacks in a run, {each.meaning}") for each in _OF_RUNS),
    *(replace(each, unit="1") for each in _AGAINST_BASE),
)
WEEKLY_FIELDS: tuple[Field, ...] = (
    *fields(f"""
{_SCENARIO}
week    | week | week of the run, from 1
day     | day  | last day of the week, from 1; the last week may be short
date    |      | date of that day
measure |      | name of the measure
{_UNIT}
"""),
    *_OF_RUNS,
    *(Field(f"p{q:02}", "of the row", f"{q}th percentile of single runs") for q in (5, 25, 50, 75, 95)),
    *_AGAINST_BASE,
    *fields(_RUNS),
)
SQUARE_FIELDS: tuple[Field, ...] = (
    *fields(f"""
{_SCENARIO}
kind   |    | convoy or detail: bombs against convoys or foreign details; fire: rockets and drones at a site
square | 1  | number of the square that is hit, from 0; for fire that of the site
place  |    | name of the square; empty on the open road
zone   |    | zone of the square
x_km   | km | the square's position east of the theatre's origin
y_km   | km | the square's position north of the theatre's origin
"""),
    *_COUNTED,
    *fields(_RUNS),
)
_SITE = "site | | name of the site in the theatre"
SITE_FIELDS: tuple[Field, ...] = (
    *fields(f"""
{_SCENARIO}
{_SITE}
title | | the site in words
held  | 1 | 1 if the posture holds the site at the start, 0 if not
"""),
    *_COUNTED,
    *fields(f"""
share      | 1 | share of runs in which the site is fired at at all
share_low  | 1 | lower bound of the share | bound of the exact 95% interval
share_high | 1 | upper bound of the share | bound of the exact 95% interval
{_RUNS}
"""),
)
SITE_FIRE_FIELDS: tuple[Field, ...] = (
    POSTURE,
    REPLICATE,
    SEED,
    *fields(f"""
{_SITE}
fire_attacks | 1 | rocket and drone attacks on the site | total over the run
"""),
)
_WHAT_IF = """
scenario | | posture and responses of the run so far, joined by +
seed     | 1 | seed of the run; empty over states of the world
ensemble | | ensemble whose states of the world the pairs are; empty where they are futures of one run
hour     | hour | hour of the fork, from the start of the run
option   | | how it goes on; the first is what the others are compared with
"""
_PAIRS = "pairs | 1 | futures of each option, or states of the world: what intervals are over"
WHAT_IF_FIELDS: tuple[Field, ...] = fields(f"""{_WHAT_IF}
measure | | what is measured from the fork to the last day, or on the last day, or as the lowest of the days
{_UNIT}
{_intervals("option", "the option")}
{_intervals("difference", "option − first option, paired; empty for the first")}
p_lower  | 1 | chance that the option is lower in a pair; empty for the first | share of pairs lower
p_equal  | 1 | chance that the two are equal in a pair | share of pairs equal
p_higher | 1 | chance that the option is higher in a pair | share of pairs higher
{_PAIRS}
""")
WHAT_IF_DAY_FIELDS: tuple[Field, ...] = (
    *fields(f"""{_WHAT_IF}
series | | what is followed: a count since the fork, or a level at the end of the day
{_UNIT}
day  | day | day of the run, from 1; the first is that of the fork
date |     | calendar date
"""),
    *(Field(f"p{q:02}", "of the row", f"{q}th percentile of the pairs") for q in (5, 25, 50, 75, 95)),
    *fields(f"""
{_intervals("difference", "option − first option, paired; empty for the first")}
{_PAIRS}
"""),
)
