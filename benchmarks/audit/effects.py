"""Runs of a variant, its effects, and the verdict on how they differ from those of another world."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np

from benchmarks.audit.variants import AS_IS, EXPERIMENTS, VARIANTS, Change, Experiment, Variant, scenario_of
from experiments.runs.compare import compare, plan_of_scenarios
from experiments.runs.pools import threads
from experiments.runs.room import Room
from sim.draws import replicate_seed
from sim.statistics import Values, mean_interval

PAIRS = (("fourteen", "six"), ("equal_fourteen", "equal_six"))
MEASURES = ("fire_attacks", "rounds_leaked", "bombs_laid", "convoy_attacks")

Key: TypeAlias = tuple[str, str, str]
Effects: TypeAlias = Mapping[Key, tuple[Values, Values]]
"""(base, posture, measure) → the base's values and the differences, one for each replicate."""


def effects(variant: Variant, replicates: int) -> Effects:
    """The effects of a variant; with several theatres the mean over them, replicate by replicate."""
    runs = [_values(theatre, variant, replicates) for theatre in variant.theatres]
    values = {key: np.mean([run[key] for run in runs], axis=0) for key in runs[0]}
    return {
        (base, posture, measure): (values[base, measure], values[posture, measure] - values[base, measure])
        for base, posture in PAIRS
        for measure in MEASURES
    }


def _values(theatre: Change, variant: Variant, replicates: int) -> dict[tuple[str, str], Values]:
    """(posture, measure) → a value for each replicate."""
    names = list(dict.fromkeys(name for pair in PAIRS for name in pair))
    scenarios = [scenario_of(name, theatre, variant.parameters) for name in names]
    plan = plan_of_scenarios(scenarios, replicate_seed(variant.seed, 0), replicates)
    with tempfile.TemporaryDirectory(prefix="posture_audit_") as folder, threads(None) as pool:
        values = compare(scenarios, plan, Room(Path(folder), pool)).comparison().values
    return {(name, measure): values[name][measure] for name in names for measure in MEASURES}


@dataclass(frozen=True)
class Finding:
    """One effect under one variant; `change` is effect less that of the world it is held against."""

    variant: str
    replicates: int
    pair: str
    measure: str
    effect: float
    change: float
    low: float
    high: float
    tolerance: float

    @property
    def verdict(self) -> str:
        """Robust, shifted or undetermined."""
        if -self.tolerance <= self.low and self.high <= self.tolerance:
            return "robust"
        return "shifted" if self.low > self.tolerance or self.high < -self.tolerance else "undetermined"

    @property
    def sign_holds(self) -> bool:
        """Whether the effect has the sign that it has in the world it is held against."""
        return self.effect * (self.effect - self.change) > 0


def findings(name: str, before: Effects, after: Effects) -> list[Finding]:
    """Every effect of one world against that of another."""
    return [finding(name, key, before[key], difference) for key, (_, difference) in after.items()]


def finding(name: str, key: Key, as_is: tuple[Values, Values], difference: Values) -> Finding:
    """The change of an effect. Replicates of two variants share seeds, so they are paired: that can only narrow it."""
    base, before = as_is
    tolerance = max(0.1 * abs(float(before.mean())), 0.02 * abs(float(base.mean())))
    change = mean_interval(difference - before)
    pair = f"{key[1]} − {key[0]}"
    effect, runs = float(difference.mean()), len(difference)
    return Finding(name, runs, pair, key[2], effect, change.mean, change.low, change.high, tolerance)


def audit(variants: Sequence[Variant] = VARIANTS, *, replicates: int, again: int = 0) -> list[Finding]:
    """Every effect under every variant, against the model as it is.

    A variant with an undetermined effect is run anew: what counts then is so many fresh replicates alone, so that none
    is taken in because of how the first ones fell.
    """
    found = against(AS_IS, variants, replicates)
    unsure = [variant for variant in variants if any(each.verdict == "undetermined" for each in found[variant.name])]
    if again and unsure:
        found |= against(fresh(AS_IS), [fresh(variant) for variant in unsure], again)
    return [each for variant in variants for each in found[variant.name]]


def fresh(variant: Variant) -> Variant:
    """The same with other streams, which no variant has in its first runs."""
    return replace(variant, seed=variant.seed + 10)


def against(one: Variant, variants: Sequence[Variant], replicates: int) -> dict[str, list[Finding]]:
    """Name → every effect of a variant against that of the one."""
    before, found = effects(one, replicates), {}
    for variant in variants:
        print(f"{variant.name}, {replicates} replicates", file=sys.stderr, flush=True)
        found[variant.name] = findings(variant.name, before, effects(variant, replicates))
    return found


def why(
    experiments: Sequence[Experiment] = EXPERIMENTS, *, replicates: int
) -> Iterator[tuple[Experiment, list[Finding]]]:
    """Every experiment with its effects, against a world that holds the same suspect still."""
    worlds: dict[tuple[tuple[str, float], ...], Effects] = {}
    for experiment in experiments:
        print(f"why: {experiment.variant.name}, {experiment.suspect}", file=sys.stderr, flush=True)
        held = experiment.against.parameters
        if held not in worlds:
            worlds[held] = effects(experiment.against, replicates)
        yield experiment, findings(experiment.suspect, worlds[held], effects(experiment.variant, replicates))
