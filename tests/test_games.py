"""Closed forms of other people's theory, met by the model's own rules: the four-target security game (E21), and
thinned Poisson counts of bombs on roads (MODEL §8)."""

from __future__ import annotations

import math

import calls
import numpy as np
import pytest
from laws import agrees
from scipy import stats

from sim import load_scenario
from sim.engine import new_state
from sim.state import ABSTAIN, DRONE
from sim.world import build_world

N = 20_000
HOURS = np.arange(N)

# --- the security game --------------------------------------------------------------------------------------------

VALUES, RESOURCES = (10.0, 8.0, 5.0, 2.0), 2


def equilibrium(values, resources):
    """Coverage c and the attacker's value V of the zero-sum game in which an attack on j is worth v_j · (1 − c_j).

    The defender covers the k most valuable targets so that all are worth the same, V = (k − resources) / Σ 1/v; k is
    the largest for which no coverage is negative, that is V ≤ v_k.
    """
    order = sorted(values, reverse=True)
    for k in range(len(order), resources, -1):
        worth = (k - resources) / sum(1 / v for v in order[:k])
        if worth <= order[k - 1]:
            return np.array([max(0.0, 1 - worth / v) for v in values]), worth
    return np.ones(len(values)), 0.0


def test_the_closed_form_gives_the_published_values():
    coverage, worth = equilibrium(VALUES, RESOURCES)
    assert worth == pytest.approx(2.353, abs=5e-4)
    assert coverage == pytest.approx([0.765, 0.706, 0.529, 0.0], abs=5e-4)
    assert coverage.sum() == pytest.approx(RESOURCES)


def game(rationality, scale=1.0):
    """World, state, a cell and its four targets; rockets cost nothing and all else is out of the question."""
    changes = {"choice.rationality": rationality, "choice.value_site": scale, "choice.risk_per_unit": 0.0}
    changes |= {"choice.cost_rocket": 0.0, "choice.cost_drone": 20.0, "operations.munitions_at_start": 1000.0}
    world = build_world(load_scenario("fourteen", changes))
    state = new_state(world, 5)
    cell = int(np.argmax([sum(in_reach(world, state, i)) for i in range(world[0].n_cells)]))
    targets = np.flatnonzero(in_reach(world, state, cell))[:4]
    assert len(targets) == 4
    state[0].sites["open"] = 0
    state[0].sites["open"][targets] = 1
    world[0].sites["value"][targets] = VALUES
    world[0].factions["taste"] = 0.0
    return world, state, cell, targets


def in_reach(world, state, cell):
    return np.isfinite(calls.utilities(world, state, cell, np.arange(world[0].n_sites)))


def worths(world, state, cell, targets, coverage):
    """Utilities of the four targets when an attack succeeds where it is not covered."""
    faction = world[0].cells[cell].faction
    state[0].factions["expected"][faction] = 0.0
    state[0].factions["expected"][faction, targets] = 1 - np.asarray(coverage)
    return calls.utilities(world, state, cell, targets)


@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_at_equilibrium_a_cell_is_indifferent_among_the_covered_targets(scale):
    world, state, cell, targets = game(20.0, scale)
    coverage, worth = equilibrium(VALUES, RESOURCES)
    utilities = worths(world, state, cell, targets, coverage)
    assert utilities[:3] == pytest.approx(worth * scale)
    assert utilities[3] == pytest.approx(2.0 * scale)
    assert utilities[3] < utilities[:3].min()
    chosen = calls.choices(world, state, cell, HOURS)
    counts = np.array([(chosen == target).sum() for target in targets])
    weights = np.exp(20.0 * (utilities - utilities.max()))
    assert counts.sum() == N
    assert agrees(counts, N * weights / weights.sum())
    assert counts[3] < N / 100 < counts[:3].min()


def test_any_other_coverage_with_the_same_resources_gives_the_attacker_no_less():
    world, state, cell, targets = game(20.0)
    rng, worth = np.random.default_rng(4), equilibrium(VALUES, RESOURCES)[1]
    for _ in range(300):
        coverage = rng.dirichlet(np.full(4, 0.8)) * RESOURCES
        while coverage.max() > 1:  # what is too much for one target goes to the others
            over, room = np.maximum(coverage - 1, 0).sum(), coverage < 1
            coverage = np.minimum(coverage, 1)
            coverage[room] += over / room.sum()
        assert coverage.sum() == pytest.approx(RESOURCES)
        assert worths(world, state, cell, targets, coverage).max() >= worth - 1e-9
    alone = worths(world, state, cell, targets, (1.0, 1.0, 0.0, 0.0))
    assert alone.max() == 5.0, "covering only the two best leaves the third"


def test_a_rational_cell_goes_where_coverage_was_taken_away():
    world, state, cell, targets = game(50.0)
    coverage = equilibrium(VALUES, RESOURCES)[0]
    for less in range(3):
        moved = coverage.copy()
        moved[less] -= 0.15
        utilities = worths(world, state, cell, targets, moved)
        assert int(np.argmax(utilities)) == less
        assert (calls.choices(world, state, cell, HOURS[:2000]) == targets[less]).mean() > 0.99
    assert not np.isin(calls.choices(world, state, cell, HOURS[:2000]), [ABSTAIN, DRONE]).any()


# --- bombs on a road ----------------------------------------------------------------------------------------------


def on_the_road(p, escorts=0, **changes):
    """World and state with a convoy in a square; no bomb takes a truck, so that all have their chance."""
    changes = {f"roadside.p_effect_{who}": 0.0 for who in ("unskilled", "skilled")} | changes
    world = build_world(load_scenario("six", {"roadside.p_set_off": p, **changes}))
    state = new_state(world, 5)
    convoy = state[0].convoys[0]
    convoy.phase, convoy.square, convoy.escorts, convoy.trucks_at_start = 2, 7, escorts, 5
    return world, state


@pytest.mark.parametrize("passages", [1, 3])
@pytest.mark.parametrize(("p", "escorts"), [(0.2, 0), (0.5, 2), (0.9, 3)])
def test_bombs_that_convoys_pass_are_a_thinned_count(p, escorts, passages):
    """Each of n bombs is set off by one of m convoys with 1 − (1 − q)^m, q = p · (1 − p_escort)^escorts."""
    world, state = on_the_road(p, escorts, **{"roadside.p_escort_finds": 0.1})
    gone = calls.passing(world, state, 0, np.arange(8), passages, HOURS)
    hit = 1 - (1 - p * 0.9**escorts) ** passages
    assert agrees(np.bincount(gone, minlength=9), N * stats.binom.pmf(np.arange(9), 8, hit))
    assert gone.var(ddof=1) == pytest.approx(8 * hit * (1 - hit), rel=0.06)


def test_poisson_many_bombs_give_poisson_many_attacks():
    """A thinned Poisson is Poisson: mean and variance are λ · q, and so is the whole law."""
    rate, p, passages = 3.0, 0.3, 2
    world, state = on_the_road(p)
    laid = np.random.default_rng(7).poisson(rate, N)
    gone = np.zeros(N, np.int64)
    for n in range(1, laid.max() + 1):
        gone[laid == n] = calls.passing(world, state, 0, np.arange(n), passages, HOURS[laid == n])
    mean = rate * (1 - (1 - p) ** passages)
    assert gone.mean() == pytest.approx(mean, abs=4 * math.sqrt(mean / N))
    assert gone.var(ddof=1) == pytest.approx(mean, abs=4 * mean * math.sqrt((2 + 1 / mean) / N))
    assert agrees(np.bincount(gone, minlength=20), N * stats.poisson.pmf(np.arange(20), mean))
