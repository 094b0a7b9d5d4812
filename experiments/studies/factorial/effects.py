"""Sites × batteries × people: what of "six against fourteen" comes from which change.

A full 2×2×2 design in pairs: each replicate meets the same streams in all eight cells, so every effect is a contrast
within replicates (Box, Hunter & Hunter, Statistics for Experimenters, 2005, ch. 5). With levels −1 and +1
y = m + ½ (a·A + b·B + c·C + ab·AB + ac·AC + bc·BC + abc·ABC), so that y(+++) − y(−−−) = A + B + C + ABC, exactly:
the interactions of two cancel. Shapley shares give a third of ABC to each change. "Batteries" is where they stand and
how many there are, as in the one posture or the other: their number alone would miss that they were moved.

Over the ensemble every state of the world has streams of its own, equal in its eight cells. So the means of the states
are independent, and a t interval over them holds for states and replicates together.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from experiments.runs.design import Point
from experiments.runs.nested import RANGE, weighted_interval, weighted_quantiles
from experiments.studies.runner import StudyRunner
from experiments.studies.settings import FactorialSizes
from experiments.studies.weights import WeighedStates, kept
from sim.errors import RunError
from sim.scenario import load_scenario
from sim.statistics import Interval, Sides, Values, mean_interval, sides, spread

FACTORS = ("sites", "batteries", "people")
EFFECTS = tuple(word for n in (1, 2, 3) for word in itertools.combinations(FACTORS, n))
"""(sites,), (batteries,), … (sites, batteries, people)."""
TOTAL = "six − fourteen, all three"


@dataclass(frozen=True)
class Term:
    """One effect on one measure in its unit: mean over replicates (or states) and its 95% t interval."""

    measure: str
    effect: str
    kind: str
    estimate: Interval
    low_spread: float
    high_spread: float
    sides: Sides
    n: int


@dataclass(frozen=True)
class Rung:
    """A measure with so many batteries on these sites with these people; `step` is the change from one fewer rung."""

    measure: str
    sites: str
    people: int
    batteries: int
    mean: Interval
    step: Interval


@dataclass(frozen=True)
class Factorial:
    """Terms at the default values and over the ensemble; incomplete replicates or states are left out and counted."""

    defaults: list[Term]
    ensemble: list[Term]
    curve: list[Rung]
    left_out: dict[str, int]
    weighed: str = ""


def cells(sizes: FactorialSizes) -> list[Point]:
    """The eight cells, sites slowest and people fastest: the first is `fourteen` as it is, the last `six`."""
    plans = {name: load_scenario(name).posture.sites for name in sizes.sites}
    batteries = {name: {site.name: site.batteries for site in plan} for name, plan in plans.items()}
    return [
        {"posture": name, "people": people, **_placed([site.name for site in plans[name]], batteries[where])}
        for name, where, people in itertools.product(sizes.sites, sizes.sites, sizes.people)
    ]


def _placed(sites: Sequence[str], batteries: Mapping[str, int]) -> Point:
    """Batteries as another posture places them, at those of its sites that are held; none at the others."""
    return {f"sites.{site}.batteries": batteries.get(site, 0) for site in sites}


def contrast(effect: Sequence[str]) -> Values:
    """Weights of the eight cells, in the order of `cells`: mean where the product of signs is +1 less mean where −1."""
    signs = np.array(list(itertools.product((-1.0, 1.0), repeat=3)))
    return np.asarray(signs[:, [FACTORS.index(name) for name in effect]].prod(axis=1) / 4.0)


def effects_of(table: Values) -> dict[tuple[str, str], Values]:
    """(effect, kind) → one value for each row of a table rows × 8 cells."""
    found = {(" × ".join(e), _kind(len(e))): table @ contrast(e) for e in EFFECTS}
    three = found[" × ".join(FACTORS), _kind(3)]
    for name in FACTORS:
        found[name, "share"] = found[name, "main effect"] + three / 3.0
    found[TOTAL, "total"] = table[:, 7] - table[:, 0]
    return found


def _kind(n: int) -> str:
    return ("main effect", "interaction of two", "interaction of three")[n - 1]


def terms(measure: str, table: Values, weights: Values | None = None) -> list[Term]:
    """All effects of a table rows × cells, each with interval, spread and how often it is below, at and above 0.

    `weights` of the rows, which sum to 1; None: all alike.
    """
    return [_term(measure, *effect, v, weights) for effect, v in effects_of(table).items()]


def _term(measure: str, effect: str, kind: str, values: Values, weights: Values | None) -> Term:
    """Mean with its interval, 5th and 95th percentile, shares of the rows on each side of 0."""
    n = len(values)
    if weights is None:
        return Term(measure, effect, kind, mean_interval(values), *spread(values), sides(values), n)
    low, high = weighted_quantiles(values, weights, RANGE)
    return Term(measure, effect, kind, weighted_interval(values, weights), low, high, sides(values, weights), n)


def factorial(states: WeighedStates, sizes: FactorialSizes, runner: StudyRunner) -> Factorial:
    """At the default values with many replicates, then over states of the ensemble with few for each."""
    policies, left_out = cells(sizes), dict[str, int]()
    first = runner.run("defaults", [{}], policies, sizes.replicates, sizes.measures)
    tables = {m: values[0].T for m, values in first.values.items()}
    defaults, left_out["defaults"] = _all_terms(tables, "defaults", None)
    curve = curve_of(runner, sizes)
    if len(states) < 2:
        return Factorial(defaults, [], curve, left_out)
    ensemble, left_out["ensemble"] = over_states(states, policies, sizes, runner)
    return Factorial(defaults, ensemble, curve, left_out, states.words)


def over_states(
    states: WeighedStates, policies: Sequence[Point], sizes: FactorialSizes, runner: StudyRunner
) -> tuple[list[Term], int]:
    """Terms over states that share no streams, of means over the replicates of each, and how many were left out."""
    outcomes = runner.run("ensemble", states.points, policies, sizes.draw_replicates, sizes.measures, own_streams=True)
    return _all_terms(
        {m: np.asarray(values.mean(axis=2)) for m, values in outcomes.values.items()}, "ensemble", states.weights
    )


def _all_terms(tables: dict[str, Values], stage: str, weights: Values | None) -> tuple[list[Term], int]:
    """Terms of every measure over the rows that are whole, and how many are not."""
    first = next(iter(tables.values()))
    whole: NDArray[np.bool_] = np.asarray(np.isfinite(first).all(axis=1))
    if whole.sum() < 2:
        raise RunError(f"{stage}: only {whole.sum()} of {len(whole)} rows were finished in every cell")
    found = [term for measure, table in tables.items() for term in terms(measure, table[whole], kept(weights, whole))]
    return found, int((~whole).sum())


def curve_of(runner: StudyRunner, sizes: FactorialSizes) -> list[Rung]:
    """Batteries from none upwards, placed by symbolic value, on both numbers of sites with both numbers of people.

    Two levels cannot tell "batteries do nothing" from "the first four do it all".
    """
    places = list(itertools.product(sizes.sites, sizes.people))
    policies: list[Point] = [
        {"posture": site, "batteries": n, "people": people} for site, people in places for n in sizes.curve_batteries
    ]
    outcomes = runner.run("batteries", [{}], policies, sizes.curve_replicates, sizes.measures)
    rungs = []
    for measure, values in outcomes.values.items():
        table = values[0].reshape(len(places), len(sizes.curve_batteries), -1)
        for (site, people), rows in zip(places, table, strict=True):
            rungs += _rungs(measure, str(site), int(people), sizes.curve_batteries, rows)
    return rungs


def _rungs(measure: str, site: str, people: int, batteries: Sequence[int], rows: Values) -> list[Rung]:
    """One curve, over the replicates that were finished on every rung."""
    rows = rows[:, np.isfinite(rows).all(axis=0)]
    steps = np.diff(rows, axis=0, prepend=rows[:1])
    return [
        Rung(measure, site, people, n, mean_interval(row), mean_interval(step))
        for n, row, step in zip(batteries, rows, steps, strict=True)
    ]
