"""C-RAM and what leaks through it.

Only rounds on course to land inside are engaged. A battery covers every site within its radius; for a salvo it
works with a given chance and can engage up to its capacity, as long as it has bursts ready. Each engaged round is
destroyed with p (E10), a drone with less. Each burst may drop a stray shell on the city (S6). What leaks hits:
P(wound) = p_wound · people / 1000 · (1 − hardening), at most 1; people on alert take shelter.
"""

from __future__ import annotations

from sim import draws
from sim.compiled import rule
from sim.rules.politics import change_capital
from sim.state import State
from sim.world import World

_OUTSIDE = 1000  # indices of rounds outside, apart from those of stray shells


@rule
def is_covered(j: int, world: World, state: State) -> bool:
    """Does any battery cover site `j`?"""
    for n in range(world.sites[j].n_covering):
        if state.sites[int(world.covering[j, n])].batteries > 0:
            return True
    return False


@rule
def engage(i: int, j: int, inside: int, drone: int, world: World, state: State) -> tuple[int, int]:
    """Rounds engaged and destroyed of `inside` rounds that cell `i` sends at site `j`.

    Writes: sites.ready, tally. Draws: BATTERY_AVAILABLE, ROUND_INTERCEPTED, STRAY_SHELL, STRAY_HARM.
    """
    engaged = 0
    for n in range(world.sites[j].n_covering):
        k = int(world.covering[j, n])
        can = capacity(k, i, world, state)
        fired = min(can, inside - engaged, state.sites[k].ready)
        state.sites[k].ready -= fired
        engaged += fired
    return engaged, intercept(i, engaged, drone, world, state)


@rule
def capacity(k: int, i: int, world: World, state: State) -> int:
    """Rounds that the working batteries at site `k` can engage in this salvo. Draws: BATTERY_AVAILABLE."""
    working, name = 0, world.sites[k].name
    for n in range(state.sites[k].batteries):
        # the index names battery and salvo: two salvos in an hour find the battery in its own state each
        index = (world.cells[i].name + n) & 0xFFFFFFFF
        if draws.happens(state.seed, draws.BATTERY_AVAILABLE, name, state.hour, index, world.defence.availability):
            working += 1
    return int(working * world.defence.capacity_per_salvo)


@rule
def intercept(i: int, engaged: int, drone: int, world: World, state: State) -> int:
    """Rounds destroyed of those engaged, with the stray shells this costs."""
    p = world.defence.p_intercept_drone if drone else world.defence.p_intercept
    destroyed, name, began = 0, world.cells[i].name, state.cells[i].began
    for n in range(engaged):
        if draws.happens(state.seed, draws.ROUND_INTERCEPTED, name, began, n, p):
            destroyed += 1
        if draws.happens(state.seed, draws.STRAY_SHELL, name, began, n, world.defence.p_stray_shell):
            state.tally.stray_shells += 1
            change_capital(-world.baghdad.cost_stray_shell, state)
            if draws.happens(state.seed, draws.STRAY_HARM, name, began, n, world.defence.p_stray_harm):
                state.tally.civilian_harm += 1
                change_capital(-world.baghdad.cost_civilian, state)
    state.tally.bursts_used += engaged
    return destroyed


@rule
def hit(i: int, j: int, leaked: int, outside: int, world: World, state: State) -> tuple[int, int]:
    """US people wounded (the dead included) and killed by the rounds inside; those outside may harm civilians.

    Writes: sites.people, tally. Draws: HIT_CASUALTY, HIT_DEATH, STRAY_HARM.
    """
    site, name, began, wounded, killed = state.sites[j], world.cells[i].name, state.cells[i].began, 0, 0
    open_to_harm = 1.0 - world.sites[j].hardening
    state.tally.damage += world.harm.damage_per_hit * open_to_harm * leaked
    if site.alert_until > state.hour:
        open_to_harm *= 1.0 - world.harm.shelter
    for n in range(leaked):
        p = min(1.0, world.harm.p_wound * (site.people - killed) / 1000.0 * open_to_harm)
        if draws.happens(state.seed, draws.HIT_CASUALTY, name, began, n, p):
            wounded += 1
            if draws.happens(state.seed, draws.HIT_DEATH, name, began, n, world.harm.p_death):
                killed += 1
    for n in range(outside):
        if draws.happens(state.seed, draws.STRAY_HARM, name, began, _OUTSIDE + n, world.harm.p_civilian):
            state.tally.civilian_harm += 1
    site.people -= killed
    state.tally.us_wounded += wounded
    state.tally.us_killed += killed
    return wounded, killed


@rule
def reload(j: int, world: World, state: State) -> None:
    """An hour of making bursts ready at site `j`. Writes: sites.ready, .reserve, .reloading."""
    site = state.sites[j]
    room = site.batteries * world.defence.ready_bursts - site.ready
    if room <= 0 or site.reserve == 0:
        site.reloading = 0.0
        return
    site.reloading += site.batteries / world.defence.reload_hours
    made = min(int(site.reloading), room, site.reserve)
    site.reloading -= made
    site.ready += made
    site.reserve -= made
