"""The coordinating body above the factions (E36): a common tempo, a common focus, dated directives and truces (E32).

Tempo and focus are piecewise constant: at each change they are drawn anew, uniform within ±√3 standard deviations, and
hold for an exponential time. A faction follows as far as its obedience o: its rate is multiplied by
exp(o · tempo) / mean of the same, so that tempo alone adds no volume; its choice is pushed by o · (focus + directive),
in log-odds of roads against fire. With spreads of 0 and nothing dated the body does nothing.
"""

from __future__ import annotations

import math

from sim import draws
from sim.compiled import rule
from sim.maths import exp
from sim.parameters import place_of
from sim.rules import events
from sim.state import NEVER, State
from sim.world import World

WIDTH = math.sqrt(3.0)  # half-width of a uniform law in its standard deviations
SMALL = 1e-4  # below it the next term of the series, half⁴ / 120, is beyond the last digit
HELD = place_of("coordination.truce", "held")


@rule
def begin(world: World, state: State) -> None:
    """Its first direction; none, for good, without a spread. Writes: coordinator."""
    state.coordinator[0].wake = NEVER
    if world.coordination.tempo_spread > 0.0 or world.coordination.focus_spread > 0.0:
        change(0, world, state)


@rule
def act(k: int, world: World, state: State) -> None:
    """A change of direction (`k` is 0). Writes: coordinator, tally, events."""
    change(k, world, state)
    coordinator = state.coordinator[k]
    state.tally.directions += 1
    event = events.note(state, events.DIRECTION, events.COORDINATOR, -1, -1)
    event.tempo, event.focus, event.hours = coordinator.tempo, coordinator.focus, coordinator.wake - state.hour


@rule
def change(k: int, world: World, state: State) -> None:
    """Draw tempo, focus and how long they hold. Writes: coordinator. Draws: DIRECTION, DIRECTION_HOURS."""
    coordinator, plan = state.coordinator[k], world.coordination
    tempo = 2.0 * draws.uniform(state.seed, draws.DIRECTION, k, state.hour, 0) - 1.0
    focus = 2.0 * draws.uniform(state.seed, draws.DIRECTION, k, state.hour, 1) - 1.0
    coordinator.tempo, coordinator.focus = WIDTH * plan.tempo_spread * tempo, WIDTH * plan.focus_spread * focus
    hours = draws.exponential(state.seed, draws.DIRECTION_HOURS, k, state.hour, 0, 24.0 * plan.length_days)
    coordinator.wake = state.hour + 1 + int(hours)


@rule
def tempo_felt(f: int, world: World, state: State) -> float:
    """By what faction `f` multiplies its rate; its mean over directions is 1."""
    half = WIDTH * world.coordination.tempo_spread * world.factions[f].obedience
    return float(exp(world.factions[f].obedience * state.coordinator[0].tempo) / mean_tempo(half))


@rule
def mean_tempo(half: float) -> float:
    """Mean of e^x for x uniform within ± half: sinh(half) / half, by its series where the difference would be lost."""
    if half < SMALL:
        return 1.0 + half * half / 6.0
    return float((exp(half) - exp(-half)) / (2.0 * half))


@rule
def focus_felt(f: int, world: World, state: State) -> float:
    """Log-odds by which faction `f` is pushed to roads (above 0) or to fire (below)."""
    coordinator = state.coordinator[0]
    directive = coordinator.directive if coordinator.directive_until > state.hour else 0.0
    return float(world.factions[f].obedience * (coordinator.focus + directive))


@rule
def truce_felt(state: State) -> float:
    """Restraint that a truce in force asks for, beside what fades."""
    coordinator = state.coordinator[0]
    return float(coordinator.truce) if coordinator.truce_until > state.hour else 0.0


@rule
def direct(amount: float, hours: int, state: State) -> None:
    """A dated directive: to the roads (above 0) or to fire, for so many hours. Writes: coordinator, tally, events."""
    coordinator = state.coordinator[0]
    coordinator.directive, coordinator.directive_until = amount, state.hour + hours
    state.tally.directions += 1
    event = events.note(state, events.DIRECTIVE, events.COORDINATOR, -1, -1)
    event.focus, event.hours = amount, hours


@rule
def hold_truce(amount: float, hours: int, world: World, state: State) -> float:
    """A truce of so many hours. Returns the restraint that is to fade from now on: none of one that is held to its end.

    Writes: coordinator, tally, events.
    """
    coordinator = state.coordinator[0]
    state.tally.truces += 1
    event = events.note(state, events.TRUCE, events.COORDINATOR, -1, -1)
    event.amount, event.hours = amount, hours
    if world.coordination.truce != HELD:
        return amount
    coordinator.truce, coordinator.truce_until = amount, state.hour + hours
    return 0.0
