"""What factions expect at the start: what the common state of 1 January yields, the same in every policy.

In that state no site has active defence yet (E7), so a salvo succeeds when one of its rounds heads inside, and a drone
when it is not found and arrives. A bomb competes with its end: it is set off at traffic · p, expires, or is found;
P(set off) = a / (a + 1 / life + found per day). Traffic and visits of that state are computed by a command.
"""

from __future__ import annotations

from sim import draws
from sim.compiled import rule
from sim.maths import power
from sim.parameters import place_of
from sim.world import World

GIVEN = place_of("choice.beliefs", "given")


@rule
def of_rockets(world: World) -> float:
    """Chance that at least one round of a salvo of mean skill heads inside: 1 − Σ P(N = n) (1 − p)^n."""
    if world.choice.beliefs == GIVEN:
        return float(world.choice.expect_rocket)
    fire = world.fire
    p = fire.p_inside_unskilled + (fire.p_inside_skilled - fire.p_inside_unskilled) * world.skill.at_start
    outside, miss = 0.0, 1.0
    for n in range(1, fire.salvo_cap + 1):
        miss *= 1.0 - p
        outside += miss * draws.chance_of_size(n, fire.salvo_exponent, fire.salvo_shift, fire.salvo_cap)
    return float(1.0 - (1.0 - fire.barrage_share) * outside)  # no barrage misses with all its rounds


@rule
def of_drones(world: World) -> float:
    """Chance that a drone is not found and heads inside."""
    if world.choice.beliefs == GIVEN:
        return float(world.choice.expect_drone)
    return float(world.fire.p_inside_drone * (1.0 - world.fire.p_drone_found))


@rule
def of_bombs(world: World) -> float:
    """Chance that a bomb against a convoy goes off with an effect."""
    if world.choice.beliefs == GIVEN:
        return float(world.choice.expect_road)
    roadside = world.roadside
    p = roadside.p_set_off * power(1.0 - roadside.p_escort_finds, world.supply.escorts_per_convoy)
    met = (1.0 - roadside.tip_off) * set_off(p * world.common_state.traffic, world) + roadside.tip_off * p
    return float(met * p_effect(world))


@rule
def of_bombs_on_details(world: World) -> float:
    """The same against a foreign detail, whose armour stops most."""
    if world.choice.beliefs == GIVEN:
        return float(world.choice.expect_road)
    met = set_off(world.roadside.p_set_off * world.common_state.detail_traffic, world)
    return float(met * p_effect(world) * (1.0 - world.roadside.armour))


@rule
def set_off(per_day: float, world: World) -> float:
    """Chance that a bomb is set off before it expires or is found, at so many chances a day."""
    found = world.common_state.visits * world.forces.p_find_device
    return per_day / (per_day + 24.0 / world.roadside.life_hours + found)


@rule
def p_effect(world: World) -> float:
    """Chance that a bomb of mean skill has an effect."""
    low, high = world.roadside.p_effect_unskilled, world.roadside.p_effect_skilled
    return float(low + (high - low) * world.skill.at_start)
