"""The main job: postures, with or without responses, compared under the same streams, replicate by replicate.

A scenario goes by its label: the posture's name and its responses, joined by +. The first is the base; every other
one is compared with it as other − base. A replicate that failed in any scenario is left out of all of them. The runs
are made in the engine room, as those of a sweep: kept in chunks, resumed, spread over workers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from experiments.files.columns import (
    COMPARISON_FIELDS,
    DISPLACEMENT_FIELDS,
    RUN_FIELDS,
    SITE_FIELDS,
    SQUARE_FIELDS,
    WEEKLY_FIELDS,
)
from experiments.files.sites import SiteFire, site_columns
from experiments.files.squares import Attacks, square_columns
from experiments.files.tables import table, write_columns, write_table
from experiments.files.weekly import Weeks, weekly_columns
from experiments.runs.archive import Archive
from experiments.runs.bases import Given
from experiments.runs.displacement import PARTS, split_intervals
from experiments.runs.outputs import Output
from experiments.runs.plan import Plan, plan_of
from experiments.runs.room import Room
from experiments.runs.stopping import StopRule, until_known
from experiments.runs.sweep import hash_of
from experiments.runs.tables import how_columns
from sim.compiled import source_hash
from sim.draws import replicate_seed
from sim.errors import ConfigError, RunError
from sim.measures import BY_NAME, MEASURES, quarters_covered
from sim.scenario import Scenario
from sim.statistics import Interval, Sides, Values, known, mean_interval, paired_difference, sides

Quarters: TypeAlias = tuple[date, tuple[int, ...]]
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
WRITTEN = ("weekly", "squares", "site_fire")
"""The outputs of runs from which `write_course` makes its files."""


@dataclass(frozen=True)
class Pair:
    """One measure of one scenario against the base; `base` and `posture` are labels."""

    measure: str
    unit: str
    base: str
    posture: str
    base_value: Interval
    posture_value: Interval
    difference: Interval
    sides: Sides
    pairs: int


@dataclass(frozen=True)
class FailedRun:
    """A run that did not finish, and why."""

    posture: str
    responses: str  # joined by +
    replicate: int | None
    seed: int
    error: str

    @property
    def label(self) -> str:
        """The label of its scenario."""
        return "+".join(filter(None, (self.posture, self.responses)))


@dataclass(frozen=True)
class Comparison:
    """Labels in the order given, the base first; `values[label][measure]`: one number for each whole replicate.

    A replicate is whole if every scenario finished it; a measure that a run has not is NaN. `quarters`: first day and
    last days (from 1) of those that the runs cover, if every scenario has the same.
    """

    names: tuple[str, ...]
    values: dict[str, dict[str, Values]]
    n: int
    quarters: Quarters | None = None
    failed: tuple[FailedRun, ...] = ()

    def among(self, measures: Sequence[str], most: int = len(MAIN_MEASURES)) -> list[str]:
        """Those of some measures that the runs have; if they have none of them, the first that they have."""
        there = self.values[self.names[0]]
        return [m for m in measures if m in there] or list(there)[:most]

    def interval(self, posture: str, measure: str) -> Interval:
        """The mean of a measure with its interval, over the runs that have it."""
        (values,) = known(self.values[posture][measure])
        return mean_interval(values)

    def pair(self, posture: str, measure: str) -> Pair:
        """A posture against the base in one measure, over the pairs in which both runs have it."""
        base = self.names[0]
        before, after = known(self.values[base][measure], self.values[posture][measure])
        difference, told = paired_difference(before, after), sides(after - before)
        means = mean_interval(before), mean_interval(after)
        return Pair(measure, BY_NAME[measure].unit, base, posture, *means, difference, told, len(before))

    def pairs(self) -> Iterator[Pair]:
        """Every measure of every posture but the base, in the order of the columns of `runs.csv`."""
        for posture in self.names[1:]:
            for measure in MEASURES:
                yield self.pair(posture, measure.name)


# --- running -------------------------------------------------------------------------------------------
def plan_of_scenarios(
    scenarios: Sequence[Scenario], seed: int, replicates: int, outputs: Sequence[Output] = ()
) -> Plan:
    """Every scenario, in the order of the labels, with the same replicates."""
    check_names(scenarios)
    bases = Given(sorted(scenarios, key=lambda scenario: scenario.label))
    seeds = np.array([replicate_seed(seed, r) for r in range(replicates)], np.uint64)
    return plan_of(bases.points, bases, np.broadcast_to(seeds, (len(bases.points), replicates)), outputs)


def with_window(scenarios: Sequence[Scenario]) -> list[Scenario]:
    """The same, with measures of a window that count from the day on which the first response of any of them begins.

    All have the same window, or what comes after a response could not be compared with what comes without it.
    """
    begins = first_response_day(scenarios)
    if begins is None or any(scenario.posture.window_day for scenario in scenarios):
        return list(scenarios)
    return [scenario.with_changes({"window_day": begins}) for scenario in scenarios]


def first_response_day(scenarios: Iterable[Scenario]) -> int | None:
    """The day on which the first response of any of some scenarios begins; None if none has any."""
    begins = (use.first_hour // 24 for scenario in scenarios for use in scenario.responses if use.response.orders)
    return min(begins, default=None)


def described(plan: Plan, seed: int) -> dict[str, Any]:
    """What `design.json` keeps of a comparison: see `sweep.described`."""
    return {
        "rules": source_hash(),
        "replicates": plan.replicates,
        "design": {"seed": seed, "outputs": [output.name for output in plan.outputs]},
        "scenarios": {base.scenario.label: hash_of(base.scenario) for base in plan.bases},
    }


@dataclass(frozen=True)
class Compared:
    """The runs of a comparison: `scenarios` in the order given, the base first."""

    scenarios: tuple[Scenario, ...]
    plan: Plan
    archive: Archive
    ran: int = 0

    def keys(self, scenario: Scenario) -> NDArray[np.uint64]:
        """Keys of the runs of a scenario, by replicate."""
        return np.asarray(self.plan.keys[self.plan.points.index({"posture": scenario.label})])

    def measures(self, scenario: Scenario) -> Values:
        """Replicates × MEASURES; NaN where a run failed."""
        return np.asarray(self.archive.gather(self.keys(scenario), ("measures",))["measures"])

    @property
    def failed(self) -> tuple[FailedRun, ...]:
        """The runs that did not finish, by label and replicate."""
        return tuple(
            FailedRun(scenario.name, scenario.response_names, r, int(self.plan.seeds[k, r]), failure.error)
            for k, scenario in enumerate(base.scenario for base in self.plan.bases)
            for r, failure in self.archive.failures(self.plan.keys[k]).items()
        )

    def comparison(self) -> Comparison:
        """The comparison of the replicates that are whole."""
        values = {scenario.label: self.measures(scenario) for scenario in self.scenarios}
        return tabulate(values, self.failed, quarters=common_quarters(self.scenarios))

    def rows(self, scenario: Scenario, output: str) -> list[NDArray[Any]]:
        """The rows of an output of the whole replicates."""
        whole = ~np.any(self.archive.failed(self.plan.keys), axis=0)
        return list(self.archive.rows(self.keys(scenario)[whole], output))


def compare(
    scenarios: Sequence[Scenario],
    plan: Plan,
    room: Room,
    *,
    rule: StopRule | None = None,
    say: Callable[[str], None] = lambda line: None,
    **how: Any,
) -> Compared:
    """Run the plan of some scenarios; `how` is for `Room.run`.

    With a `rule`, replicates are added until it is met or those of the plan are reached; `say` hears how far it is.
    """

    def run(plan: Plan) -> int:
        return room.run(plan, **how)

    if rule:
        plan, ran = until_known(rule, room.archive, plan.with_replicates, run, plan.replicates, say)
    else:
        ran = run(plan)
    return Compared(tuple(scenarios), plan, room.archive, ran)


def check_names(scenarios: Sequence[Scenario]) -> None:
    """Scenarios are told apart by label, which may not be one of the words of the JSON table either."""
    names = [scenario.label for scenario in scenarios]
    for name in names:
        if names.count(name) > 1 or name in ("unit", "difference"):
            raise ConfigError(None, "posture", name, "expected names of their own, or other responses")


def tabulate(
    values: Mapping[str, Values], failed: Sequence[FailedRun] = (), *, quarters: Quarters | None = None
) -> Comparison:
    """Measures by label (replicates × MEASURES, NaN where a run failed) → the comparison of whole replicates."""
    whole = ~np.any([np.isnan(table).all(axis=1) for table in values.values()], axis=0)
    if not whole.any():
        raise RunError(f"no replicate was finished in every posture; the first failure: {failed[0].error}")
    columns = {label: {m.name: table[whole, n] for n, m in enumerate(MEASURES)} for label, table in values.items()}
    return Comparison(tuple(values), columns, int(whole.sum()), quarters, tuple(failed))


def common_quarters(scenarios: Sequence[Scenario]) -> Quarters | None:
    """First day of all scenarios, and last days of their quarters that all runs cover; None if they differ."""
    shortest = min(scenario.days for scenario in scenarios)
    found = {(p.start, quarters_covered(p.quarter_ends_days, shortest)) for p in (each.posture for each in scenarios)}
    return found.pop() if len(found) == 1 else None


# --- files ---------------------------------------------------------------------------------------------
def write_runs(path: Path, compared: Compared) -> None:
    """`runs.csv`: a row a run, sorted by label and replicate."""
    plan = compared.plan
    with table(path, RUN_FIELDS) as file:
        for k, base in enumerate(plan.bases):
            status, _, error, digest = how_columns(compared.archive, plan.keys[k])
            keys = [base.scenario.name, base.scenario.response_names, np.arange(plan.replicates), plan.seeds[k]]
            file.write([*keys, status, error, digest, *compared.measures(base.scenario).T])


def write_comparison(path: Path, comparison: Comparison) -> None:
    """`comparison.csv`: a row for each measure of each posture but the base."""
    write_table(path, COMPARISON_FIELDS, map(cells, comparison.pairs()))


def cells(pair: Pair) -> list[Any]:
    """A pair as a row of `comparison.csv`."""
    intervals = (pair.base_value, pair.posture_value, pair.difference)
    numbers = [part for i in intervals for part in (i.mean, i.low, i.high)]
    return [pair.measure, pair.unit, pair.base, pair.posture, *numbers, *vars(pair.sides).values(), pair.pairs]


def write_displacement(path: Path, comparison: Comparison) -> None:
    """`displacement.csv`: a row for each part of the change in attacks on convoys, of each posture but the base."""
    base = comparison.names[0]
    rows = []
    for posture in comparison.names[1:]:
        found = split_intervals(comparison.values[base], comparison.values[posture])
        for part, interval in found.items():
            numbers = (interval.mean, interval.low, interval.high)
            rows.append([base, posture, part, PARTS[part], *numbers, comparison.n])
    write_table(path, DISPLACEMENT_FIELDS, rows)


def write_course(folder: Path, compared: Compared) -> list[str]:
    """`weekly.csv`, `squares.csv` and `sites.csv`, from the outputs of the worker; their names."""
    weeks = [Weeks(s.label, s.posture.start, s.days, compared.rows(s, "weekly")) for s in compared.scenarios]
    attacks = [Attacks(s.label, s.theatre, compared.rows(s, "squares")) for s in compared.scenarios]
    write_columns(folder / "weekly.csv", WEEKLY_FIELDS, weekly_columns(weeks))
    write_columns(folder / "squares.csv", SQUARE_FIELDS, square_columns(attacks))
    write_columns(folder / "sites.csv", SITE_FIELDS, site_columns([_fire(compared, s) for s in compared.scenarios]))
    return ["weekly.csv", "squares.csv", "sites.csv"]


def _fire(compared: Compared, scenario: Scenario) -> SiteFire:
    """Fire on the sites of a scenario in the whole replicates."""
    held = frozenset(plan.name for plan in scenario.posture.sites)
    counts = np.array(compared.rows(scenario, "site_fire"))
    return SiteFire(scenario.label, scenario.theatre, held, counts)


def as_json(comparison: Comparison) -> dict[str, object]:
    """The object of `posture compare --json`; with three postures or more, differences are named."""
    names = comparison.names
    table: dict[str, dict[str, object]] = {}
    for measure in MEASURES:
        entry: dict[str, object] = {"unit": measure.unit}
        for name in names:
            entry[name] = _plain(comparison.interval(name, measure.name))
        for name in names[1:]:
            pair = comparison.pair(name, measure.name)
            entry["difference" if len(names) == 2 else f"difference_{name}"] = _plain(pair.difference)
            entry |= {f"p_{name}_{side}": _or_null(share) for side, share in vars(pair.sides).items()}
        table[measure.name] = entry
    return {"postures": list(names), "replicates": comparison.n, "measures": table}


def _plain(interval: Interval) -> dict[str, float | None]:
    return {key: _or_null(value) for key, value in vars(interval).items()}


def _or_null(value: float) -> float | None:
    """JSON knows no NaN: what is not known is null."""
    return None if math.isnan(value) else value
