"""Foreign details: other nations' and UN protected vehicles on the roads, few, armoured (S3)."""

from __future__ import annotations

from sim import draws
from sim.compiled import hot_rule, rule
from sim.rules import devices, events
from sim.rules.closures import is_closed
from sim.rules.convoys import TRAFFIC_STEP
from sim.rules.momentum import excite
from sim.rules.politics import after_bomb
from sim.state import DETAIL, NEVER, State
from sim.world import World


@hot_rule
def act(k: int, world: World, state: State) -> None:
    """What detail `k` does when it is due. Writes: details, squares.detail_traffic, cells, tally."""
    detail, plan = state.details[k], world.details_on_road[k]
    if detail.goal < 0:
        detail.goal = plan.end if detail.square == plan.start else plan.start
        detail.spare_hours = 0.0
    detail.wake = state.hour + 1
    detail.spare_hours += 1.0
    while detail.square != detail.goal and move_on(k, world, state):
        pass
    if detail.square == detail.goal:
        rest(k, world, state)


@rule
def rest(k: int, world: World, state: State) -> None:
    """At the end of a trip: wait for the next, for good when its share of the partners has left. Draws: DETAIL_TRIP."""
    detail, name = state.details[k], world.details_on_road[k].name
    if state.partners * world.n_details <= k * world.mission.partners and world.mission.partners > 0:
        detail.goal, detail.wake = -1, NEVER
        return
    wait = draws.exponential(state.seed, draws.DETAIL_TRIP, name, state.hour, 0, world.details.rest_hours)
    detail.goal, detail.wake = -1, state.hour + 1 + int(wait)


@hot_rule
def move_on(k: int, world: World, state: State) -> bool:
    """Into the next square, if there is time for it."""
    detail = state.details[k]
    slot = world.step_toward[detail.goal, detail.square]
    onward, hours = int(world.squares[detail.square].neighbours[slot]), world.road_hours[detail.square, slot]
    if hours > detail.spare_hours:
        return False
    if is_closed(onward, world, state):
        detail.spare_hours = hours
        return False
    detail.spare_hours -= hours
    detail.square = onward
    square = state.squares[detail.square]
    square.detail_traffic += TRAFFIC_STEP
    if square.devices > 0:
        meet_devices(k, world, state)
    return True


@rule
def meet_devices(k: int, world: World, state: State) -> None:
    """The detail enters a square with bombs. Writes: cells, squares, tally, factions."""
    for n in range(world.n_cells):
        i = int(world.cells_by_name[n])
        if devices.goes_off(i, DETAIL, state.details[k].square, world.roadside.p_set_off, world, state):
            blast(i, k, world, state)


@rule
def blast(i: int, k: int, world: World, state: State) -> None:
    """The bomb of cell `i` goes off against detail `k`; armour stops most effects. Draws: DEVICE_TRUCKS."""
    effect = devices.has_effect(i, world, state)
    armour, began = world.roadside.armour, state.cells[i].device_began
    if effect and draws.happens(state.seed, draws.DEVICE_TRUCKS, world.cells[i].name, began, 0, armour):
        effect = False
    wounded = devices.wounds(i, world, state)[0] if effect else 0
    state.tally.detail_attacks += 1
    state.tally.foreign_wounded += wounded
    state.tally.devices_without_effect += 0 if effect else 1
    event = events.note(state, events.BOMB_DETAIL, i, k, state.details[k].square)
    after_bomb(i, world.relation.loss_detail, effect, world, state)
    event.effect, event.wounded, event.relation = effect, wounded, state.relation
    excite(world, state, world.cells[i].faction)
    devices.remove(i, 1.0 if effect else 0.0, world, state)
