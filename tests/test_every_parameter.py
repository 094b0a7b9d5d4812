"""Every parameter of the schema moves a measure, in the direction that theory gives (MODEL §8).

A row says: from `low` to `high` the mean of `measure` goes up (+1) or down (−1), seed by seed, or that it moves without
a direction that theory gives (0). A row may name what else must hold for the parameter to matter at all.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from sim import load_scenario
from sim.engine import simulate_many
from sim.measures import BY_NAME
from sim.parameters import Parameters, flat

MANY_ERRORS = 4  # standard errors that the paired mean difference must reach

# Much happens in few days: all means are used, and some of everything is seen, hit and broken.
LIVELY = {
    "days": 45,
    "operations.base_rate_per_day": 0.2,
    "operations.preparation_hours": 12.0,
    "operations.munitions_at_start": 40.0,
    "operations.munitions_per_day": 3.0,
    "operations.lie_low_days": 2.0,
    "choice.rationality": 0.3,
    "details.rest_hours": 12.0,
    "supply.stock_at_start_days": 20.0,
}


class Row(NamedTuple):
    """One parameter: what is compared, how, and what else must hold; `n` paired runs."""

    low: float | int
    high: float | int
    measure: str
    direction: int
    extra: dict[str, float | int] = {}  # noqa: RUF012  (never written to)
    n: int = 20
    posture: str = "six"


HUNGRY = {"supply.stock_at_start_days": 8.0, "supply.minimum_days": 10.0, "supply.reorder_days": 14.0}
DRONES = {"choice.cost_drone": 0.0}
BOMBS = {"choice.value_road": 30.0}
DETAILS = {"choice.cost_detail": 0.0, "details.rest_hours": 2.0}
EXPOSED = {"operations.leaving_hours": 6.0, "forces.p_raid": 1.0, "forces.p_leak": 0.0}
NO_CHECKPOINTS = {"forces.p_stop": 0.0}
WATCHED = {"forces.patrol_hours": 1, "forces.p_see": 1.0, "forces.p_raid": 1.0, "forces.p_leak": 0.0, **NO_CHECKPOINTS}
# skill 0.8 or so: what unskilled cells do hardly counts
SKILLED = {"skill.at_start": 0.8}
EMPTYING = {"defence.ready_bursts": 4, "defence.capacity_per_salvo": 20}

ROWS: dict[str, Row] = {
    "operations.base_rate_per_day": Row(0.05, 0.2, "operations", +1),
    "operations.grievance": Row(0.0, 1.0, "operations", +1),
    "operations.grievance_effect": Row(0.2, 1.5, "operations", +1, {"operations.grievance": 1.0}),
    "operations.restraint": Row(0.0, 1.0, "operations", -1),
    "operations.restraint_effect": Row(0.2, 2.0, "operations", -1, {"operations.restraint": 1.0}),
    "operations.presence_effect": Row(0.0, 1.0, "operations", -1),
    "operations.momentum_branching": Row(0.0, 0.7, "operations", +1),
    # what is excited slowly has not happened yet by the end
    "operations.momentum_days": Row(3.0, 120.0, "operations", -1, {"operations.momentum_branching": 0.8}),
    "operations.preparation_hours": Row(6.0, 150.0, "operations", -1),
    # the quicker a cell is there, the fewer patrols find it on its way
    "operations.squares_per_hour": Row(1, 10, "cells_broken", -1, WATCHED),
    "operations.leaving_hours": Row(0.0, 24.0, "cells_broken", +1),
    "operations.lie_low_days": Row(1.0, 20.0, "operations", -1),
    "operations.regrow_days": Row(5.0, 200.0, "cells_at_large_mean", -1, EXPOSED),
    "operations.radius_km": Row(10.0, 60.0, "operations", +1),
    "operations.munitions_at_start": Row(0.0, 50.0, "operations", +1, {"operations.munitions_per_day": 0.3}),
    "operations.munitions_per_day": Row(0.1, 3.0, "operations", +1, {"operations.munitions_at_start": 1.0}),
    "operations.munitions_cap": Row(2.0, 40.0, "rounds_fired", +1, {"operations.munitions_at_start": 0.0}),
    # drones cost more than they promise: the more rational, the fewer
    "choice.rationality": Row(0.0, 1.0, "drone_attacks", -1),
    "choice.value_site": Row(0.5, 2.0, "fire_attacks", +1),
    "choice.value_road": Row(1.0, 20.0, "convoy_attacks", +1),
    "choice.value_detail": Row(1.0, 30.0, "detail_attacks", +1, DETAILS),
    "choice.cost_rocket": Row(1.0, 10.0, "rocket_attacks", -1),
    "choice.cost_drone": Row(2.0, 15.0, "drone_attacks", -1),
    "choice.cost_road": Row(-5.0, 5.0, "convoy_attacks", -1),
    "choice.cost_detail": Row(-5.0, 10.0, "detail_attacks", -1, {"details.rest_hours": 2.0}),
    "choice.risk_per_unit": Row(0.0, 5.0, "fire_attacks", -1),
    "choice.traffic_half_per_day": Row(0.05, 10.0, "convoy_attacks", -1, BOMBS),
    # success is expected nearly always, and is not: who learns comes to expect less
    "choice.learning_rate": Row(0.0, 0.3, "expected_fire_end", -1, {"choice.expect_rocket": 0.95}),
    "choice.expect_rocket": Row(0.1, 0.9, "rocket_attacks", +1, {"choice.learning_rate": 0.0}),
    "choice.expect_drone": Row(0.1, 0.9, "drone_attacks", +1, {"choice.learning_rate": 0.0}),
    "choice.expect_road": Row(0.1, 0.9, "convoy_attacks", +1, {"choice.learning_rate": 0.0}),
    "skill.at_start": Row(0.1, 0.8, "rounds_inside", +1),
    "skill.spread": Row(0.0, 0.3, "mean_skill_end", 0),
    "skill.gain": Row(0.0, 0.4, "mean_skill_end", +1),
    "skill.loss": Row(0.0, 1.0, "mean_skill_end", -1, {**EXPOSED, "skill.gain": 0.4}),
    # from less than a square away nothing can be fired: the ring is empty, or gated
    "fire.range_km": Row(5.0, 12.0, "fire_attacks", +1),
    "fire.salvo_exponent": Row(1.5, 5.0, "rounds_fired", -1),
    "fire.salvo_shift": Row(0.5, 10.0, "rounds_fired", +1),
    "fire.salvo_cap": Row(1, 20, "rounds_fired", +1),
    "fire.p_inside_unskilled": Row(0.0, 0.6, "rounds_inside", +1),
    "fire.p_inside_skilled": Row(0.2, 1.0, "rounds_inside", +1, SKILLED),
    "fire.p_inside_drone": Row(0.1, 1.0, "rounds_inside", +1, DRONES),
    "fire.drone_rounds": Row(1.0, 30.0, "drone_attacks", -1, DRONES),
    "defence.radius_km": Row(0.0, 5.0, "covered_fire_attacks", +1, posture="fourteen"),
    "defence.capacity_per_salvo": Row(1, 10, "rounds_intercepted", +1),
    "defence.availability": Row(0.2, 1.0, "rounds_engaged", +1),
    "defence.p_intercept": Row(0.2, 0.9, "rounds_leaked", -1),
    "defence.p_intercept_drone": Row(0.1, 0.9, "rounds_leaked", -1, {**DRONES, "choice.cost_rocket": 20.0}),
    "defence.ready_bursts": Row(1, 20, "rounds_engaged", +1),
    "defence.reserve_bursts": Row(0, 400, "rounds_engaged", +1, EMPTYING),
    "defence.reload_hours": Row(0.1, 500.0, "rounds_engaged", -1, EMPTYING),
    "defence.p_stray_shell": Row(0.01, 0.5, "stray_shells", +1),
    "defence.p_stray_harm": Row(0.0, 0.9, "civilian_harm", +1, {"defence.p_stray_shell": 0.5, "harm.p_civilian": 0.0}),
    "harm.p_wound": Row(0.1, 0.9, "us_wounded", +1),
    "harm.p_death": Row(0.1, 0.9, "us_killed", +1, {"harm.p_wound": 1.0}),
    "harm.p_civilian": Row(0.01, 0.3, "civilian_harm", +1),
    "roadside.munitions": Row(1.0, 30.0, "devices_planted", -1),
    "roadside.life_hours": Row(6.0, 300.0, "devices_expired", -1, BOMBS),
    "roadside.p_set_off": Row(0.1, 0.9, "convoy_attacks", +1, BOMBS),
    "roadside.p_effect_unskilled": Row(0.0, 0.8, "convoys_hit", +1, BOMBS),
    "roadside.p_effect_skilled": Row(0.1, 1.0, "convoys_hit", +1, {**BOMBS, **SKILLED}),
    "roadside.p_next_truck": Row(0.0, 0.9, "trucks_lost", +1, BOMBS),
    "roadside.p_wound": Row(0.1, 0.9, "drivers_wounded", +1, BOMBS),
    "roadside.p_death": Row(0.1, 0.9, "drivers_killed", +1, {**BOMBS, "roadside.p_wound": 1.0}),
    "roadside.delay_hours": Row(0, 400, "lowest_supply_days_mean", -1, {**BOMBS, **HUNGRY}),
    "roadside.turn_back_share": Row(0.1, 1.0, "convoys_turned_back", -1, BOMBS),
    "roadside.armour": Row(0.0, 1.0, "foreign_wounded", -1, {**DETAILS, "roadside.p_wound": 1.0}),
    "supply.tonnes_per_person_day": Row(0.05, 0.3, "supply_used", +1),
    "supply.trucks_per_convoy": Row(2, 20, "convoys_sent", -1),
    "supply.tonnes_per_truck": Row(4.0, 30.0, "convoys_sent", -1),
    "supply.stock_at_start_days": Row(5.0, 30.0, "site_hours_short", -1),
    "supply.reorder_days": Row(10.0, 30.0, "site_hours_short", -1),
    "supply.minimum_days": Row(2.0, 25.0, "site_hours_short", +1),
    "supply.assembly_hours": Row(6, 300, "lowest_supply_days_mean", -1, HUNGRY),
    "supply.unloading_hours": Row(6, 300, "lowest_supply_days_mean", -1, HUNGRY),
    # the hours of the day on the road become fewer, or more
    "supply.travel_from_hour": Row(5, 18, "lowest_supply_days_mean", -1, HUNGRY),
    "supply.travel_until_hour": Row(8, 21, "lowest_supply_days_mean", +1, HUNGRY),
    # bombs lie where convoys passed: who always takes the same way meets most (interdiction games)
    "supply.avoidance": Row(0.0, 5.0, "convoy_attacks", -1, BOMBS),
    # a long memory avoids more, but in the end all ways alike
    "supply.memory_days": Row(1.0, 100.0, "convoy_attacks", 0, BOMBS),
    "forces.patrol_hours": Row(2, 72, "devices_found", -1, BOMBS),
    "forces.beat_km": Row(5.0, 60.0, "devices_found", 0),
    "forces.p_see": Row(0.0, 0.9, "cells_broken", +1, EXPOSED),
    "forces.p_find_device": Row(0.05, 0.9, "devices_found", +1, BOMBS),
    "forces.p_stop": Row(0.0, 0.2, "cells_broken", +1),
    "forces.reaction_radius_km": Row(5.0, 100.0, "raids", +1),
    "forces.speed_kmh": Row(5.0, 150.0, "cells_broken", +1, {**EXPOSED, **NO_CHECKPOINTS}, n=60),
    "forces.p_raid": Row(0.1, 0.9, "cells_broken", +1, {"operations.leaving_hours": 6.0}),
    "forces.p_leak": Row(0.0, 1.0, "raids_leaked", +1),
    "forces.p_loss": Row(0.0, 0.5, "unit_losses", +1),
    "forces.loss_share": Row(0.0, 1.0, "cells_broken", -1, {**EXPOSED, **NO_CHECKPOINTS, "forces.p_loss": 1.0}),
    "forces.recovery_days": Row(
        1.0,
        2000.0,
        "cells_broken",
        -1,
        {**EXPOSED, **NO_CHECKPOINTS, "forces.p_loss": 1.0, "forces.loss_share": 1.0},
    ),
    "forces.rest_hours": Row(0, 1000, "raids", -1),
    "details.rest_hours": Row(3.0, 200.0, "detail_attacks", -1, {"choice.cost_detail": 0.0}),
}


def outcomes(key, value):
    """The runs of a row with one value of its parameter."""
    row = ROWS[key]
    scenario = load_scenario(row.posture).with_changes({**LIVELY, **row.extra, key: value})
    batch = simulate_many(scenario, range(row.n))
    assert batch.errors == [""] * row.n
    return batch


def in_errors(low, high, measure):
    """Paired mean difference, high less low, in its standard errors; nought if no run differs."""
    differences = high.measures[measure] - low.measures[measure]
    if not differences.any():
        return 0.0
    error = differences.std(ddof=1) / np.sqrt(len(differences))
    return differences.mean() / error if error > 0 else np.copysign(np.inf, differences.mean())


def moves(low, high, measure, direction):
    """Does the measure move that way, or, if the direction is 0, at all?"""
    if direction == 0:
        return bool((low.measures[measure] != high.measures[measure]).any())
    return bool(in_errors(low, high, measure) * direction >= MANY_ERRORS)


def test_every_parameter_has_its_row_and_no_row_is_left_over():
    assert list(ROWS) == list(flat(Parameters())), "in the order of the schema"
    assert {row.measure for row in ROWS.values()} <= set(BY_NAME)


@pytest.mark.parametrize("key", ROWS)
def test_the_parameter_moves_its_measure(key):
    row = ROWS[key]
    low, high = outcomes(key, row.low), outcomes(key, row.high)
    assert low.digests != high.digests
    difference = f"{in_errors(low, high, row.measure):.1f} standard errors"
    assert moves(low, high, row.measure, row.direction), difference


def test_a_parameter_that_is_not_read_or_has_the_wrong_sign_would_be_seen():
    key = "operations.base_rate_per_day"
    low, again, high = outcomes(key, 0.05), outcomes(key, 0.05), outcomes(key, 0.2)
    assert low.digests == again.digests
    assert not any(moves(low, again, "operations", direction) for direction in (-1, 0, 1))
    assert [moves(low, high, "operations", direction) for direction in (-1, 0, 1)] == [False, True, True]
