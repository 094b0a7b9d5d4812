"""The main job: postures, with or without responses, compared under the same luck, replicate by replicate.

A scenario goes by its label: the posture's name and its responses, joined by +. The first is the base; every other
one is compared with it as other − base. A replicate that failed in any scenario is left out of all of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from experiments.files.squares import Attacks
from experiments.files.weekly import Weeks
from experiments.runs.row import Row, Tracks, chunks_of, run_chunks
from sim.errors import ConfigError, RunError
from sim.measures import BY_NAME, MEASURES
from sim.reported import REPORTED_ENDS, is_reported_year
from sim.scenario import Scenario
from sim.statistics import Interval, Values, mean_interval, p_lower, paired_difference

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
    p_lower: float
    pairs: int


@dataclass(frozen=True)
class Comparison:
    """Labels in the order given, the base first; `values[label][measure]`: one number for each whole replicate.

    A replicate is whole if every scenario finished it. `reported_year`: whether every scenario covers just the quarters
    that were reported.
    """

    names: tuple[str, ...]
    values: dict[str, dict[str, Values]]
    n: int
    reported_year: bool = False
    failed: tuple[Row, ...] = ()

    def among(self, measures: Sequence[str], most: int = len(MAIN_MEASURES)) -> list[str]:
        """Those of some measures that the runs have; if they have none of them, the first that they have."""
        there = self.values[self.names[0]]
        return [m for m in measures if m in there] or list(there)[:most]

    def interval(self, posture: str, measure: str) -> Interval:
        """The mean of a measure with its interval."""
        return mean_interval(self.values[posture][measure])

    def pair(self, posture: str, measure: str) -> Pair:
        """A posture against the base in one measure."""
        base = self.names[0]
        before, after = self.values[base][measure], self.values[posture][measure]
        difference, chance = paired_difference(before, after), p_lower(before, after)
        means = mean_interval(before), mean_interval(after)
        return Pair(measure, BY_NAME[measure].unit, base, posture, *means, difference, chance, self.n)

    def pairs(self) -> Iterator[Pair]:
        """Every measure of every posture but the base, in the order of the columns of `runs.csv`."""
        for posture in self.names[1:]:
            for measure in MEASURES:
                yield self.pair(posture, measure.name)


def run_all(
    scenarios: Sequence[Scenario],
    seed: int,
    replicates: int,
    *,
    executor: Executor | None = None,
    in_flight: int = 64,
    keep: Callable[[list[Row]], None] = lambda rows: None,
    tracks: bool = False,
) -> dict[str, list[Row]]:
    """Run every scenario with the same replicates: rows by label; `keep` gets them as they come, sorted.

    With `tracks`, rows bring what `weeks` and `attacks` need.
    """
    check_names(scenarios)
    rows: dict[str, list[Row]] = {}
    in_order = sorted(scenarios, key=lambda scenario: scenario.label)
    chunks = chain.from_iterable(chunks_of(scenario, seed, replicates, tracks=tracks) for scenario in in_order)
    for part in run_chunks(executor, chunks, in_flight):
        rows.setdefault(part[0].label, []).extend(part)
        keep(part)
    return rows


def compare(scenarios: Sequence[Scenario], seed: int, replicates: int, **options: Any) -> Comparison:
    """Run every scenario and tabulate; the options are those of `run_all`."""
    return tabulate(scenarios, run_all(scenarios, seed, replicates, **options))


def check_names(scenarios: Sequence[Scenario]) -> None:
    """Scenarios are told apart by label, which may not be one of the words of the JSON table either."""
    names = [scenario.label for scenario in scenarios]
    for name in names:
        if names.count(name) > 1 or name in ("unit", "difference"):
            raise ConfigError(None, "posture", name, "expected names of their own, or other responses")


def tabulate(scenarios: Sequence[Scenario], rows: dict[str, list[Row]]) -> Comparison:
    """Rows by label (in the order of replicates) → the comparison of the replicates that are whole."""
    kept = whole(rows)
    failed = tuple(row for each in rows.values() for row in each if row.error)
    n = len(kept[scenarios[0].label])
    if not n:
        raise RunError(f"no replicate was finished in every posture; the first failure: {failed[0].error}")
    values = {label: _columns(each) for label, each in kept.items()}
    names = tuple(scenario.label for scenario in scenarios)
    return Comparison(names, values, n, covers_reported_year(scenarios), failed)


def whole(rows: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """The rows of the replicates that every scenario finished."""
    pairs = [pair for pair in zip(*rows.values(), strict=True) if not any(row.error for row in pair)]
    return {label: [pair[n] for pair in pairs] for n, label in enumerate(rows)}


def _columns(rows: Sequence[Row]) -> dict[str, Values]:
    return {m.name: np.array([row.measures[m.name] for row in rows]) for m in MEASURES}


def covers_reported_year(scenarios: Sequence[Scenario]) -> bool:
    """Whether the runs cover just the quarters that were reported."""
    postures = [scenario.posture for scenario in scenarios]
    return all(is_reported_year(p.start, p.quarter_ends_days) and p.days >= REPORTED_ENDS[-1] for p in postures)


def weeks(scenarios: Sequence[Scenario], rows: dict[str, list[Row]]) -> list[Weeks]:
    """The weeks of each scenario, over the replicates of the comparison; the runs were asked for their tracks."""
    kept = whole(rows)
    return [Weeks(s.label, s.posture.start, s.days, [t.weeks for t in _tracks(kept[s.label])]) for s in scenarios]


def attacks(scenarios: Sequence[Scenario], rows: dict[str, list[Row]]) -> list[Attacks]:
    """The attacks of each scenario by square, over the replicates of the comparison."""
    kept = whole(rows)
    return [Attacks(s.label, s.theatre, [t.attacks for t in _tracks(kept[s.label])]) for s in scenarios]


def _tracks(rows: Iterable[Row]) -> Iterator[Tracks]:
    return (row.tracks for row in rows if row.tracks)


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
            entry[f"p_{name}_lower"] = pair.p_lower
        table[measure.name] = entry
    return {"postures": list(names), "replicates": comparison.n, "measures": table}


def _plain(interval: Interval) -> dict[str, float | None]:
    """JSON knows no NaN: an unknown bound is null."""
    parts = {"mean": interval.mean, "low": interval.low, "high": interval.high}
    return {key: None if math.isnan(value) else value for key, value in parts.items()}
