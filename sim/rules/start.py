"""The state of the first hour, drawn from the run's seed."""

from __future__ import annotations

from sim import draws
from sim.compiled import rule
from sim.packed_orders import ON_DAY
from sim.rules import baghdad, beliefs, coordinator, factions, supply
from sim.state import DETAIL, DRONE, IDLE, NEVER, ROAD, State
from sim.world import PATROL, World

LAST_HOUR = 23  # of a day, when politics is done


@rule
def begin_politics(world: World, state: State) -> None:
    """Levels at their starts; politics comes at the last hour of a day."""
    state.relation, state.grievance, state.prestige = world.relation.at_start, world.operations.grievance, 0.0
    state.willingness, state.partners, state.areas_wake = 1.0, world.mission.partners, NEVER
    us, iraq = state.washington[0], state.baghdad[0]
    us.wake = iraq.wake = LAST_HOUR
    us.patience, us.mission_open, us.closing_hour, us.strike_on = world.washington.patience_at_start, 1, NEVER, -1
    iraq.capital, iraq.support = world.baghdad.capital_at_start, world.baghdad.support_at_start
    for a in range(world.n_areas):
        state.areas[a].fighters, state.areas[a].heavy_weapons = world.areas[a].fighters, world.areas[a].heavy_weapons
    iraq.will = baghdad.wished_will(world, state)
    coordinator.begin(world, state)


@rule
def begin_orders(world: World, state: State) -> None:
    """The standing orders, none of which is due yet."""
    state.orders_wake = NEVER
    for n in range(world.n_standing):
        begin_order(n, world, state)


@rule
def begin_order(n: int, world: World, state: State) -> None:
    """Order `n`, whose row is empty, waits for its day or its trigger. Writes: standing, orders_wake."""
    order = world.standing[n]
    dated = order.trigger == ON_DAY and order.start < order.until
    state.standing[n].area = -1
    state.standing[n].wake = order.start if dated else NEVER
    state.orders_wake = min(state.orders_wake, state.standing[n].wake)


@rule
def begin_site(j: int, world: World, state: State) -> None:
    """People, batteries with their bursts, and a stock within 10% of the plan's days."""
    site, plan = state.sites[j], world.sites[j]
    site.open, site.people, site.batteries = plan.open, plan.people, plan.batteries
    site.ready = plan.batteries * world.defence.ready_bursts
    site.reserve = plan.batteries * world.defence.reserve_bursts
    u = draws.uniform(state.seed, draws.SETTLE_IN, plan.name, 0, 0)
    days = world.supply.stock_at_start_days * (0.9 + 0.2 * u)
    site.stock = days * supply.daily_use(j, world, state)


@rule
def begin_faction(f: int, world: World, state: State) -> None:
    """Funds, restraint and what is expected of each option at the start."""
    faction = state.factions[f]
    faction.funds, faction.restraint = world.factions[f].funds, world.operations.restraint
    faction.leaders, faction.next_leader, faction.wake = world.factions[f].leaders, NEVER, LAST_HOUR
    faction.rate_per_day = factions.rate_per_day(f, world, state)
    rockets, drones = beliefs.of_rockets(world), beliefs.of_drones(world)
    for j in range(world.n_sites):
        faction.expected[j], faction.expected[DRONE + j] = rockets, drones
    faction.expected[ROAD], faction.expected[DETAIL] = beliefs.of_bombs(world), beliefs.of_bombs_on_details(world)


@rule
def begin_cell(i: int, world: World, state: State) -> None:
    """At home, with an hour of the day of its own."""
    cell, name = state.cells[i], world.cells[i].name
    cell.mode, cell.square = IDLE, world.cells[i].home
    cell.option = cell.goal = cell.device_square = cell.device_for = -1
    cell.wake = draws.integer(state.seed, draws.SETTLE_IN, name, 0, 1, 24)
    cell.munitions = world.operations.munitions_at_start * 2.0 * draws.uniform(state.seed, draws.SETTLE_IN, name, 0, 2)
    noise = 2.0 * draws.uniform(state.seed, draws.SETTLE_IN, name, 0, 3) - 1.0
    cell.skill = min(1.0, max(0.0, world.skill.at_start + world.skill.spread * noise))


@rule
def begin_unit(k: int, world: World, state: State) -> None:
    """At home and whole; patrols start at an hour of their own."""
    unit, plan = state.units[k], world.units[k]
    unit.square, unit.target_cell, unit.strength = plan.home, -1, 1.0
    hours = world.forces.patrol_hours
    wake = draws.integer(state.seed, draws.SETTLE_IN, plan.name, 0, 0, hours)
    unit.wake = wake if plan.role == PATROL else NEVER
    state.squares[plan.home].presence += 1


@rule
def begin_detail(k: int, world: World, state: State) -> None:
    """At rest at one end of its route."""
    detail, plan = state.details[k], world.details_on_road[k]
    detail.square, detail.goal = plan.start, -1
    detail.wake = int(draws.exponential(state.seed, draws.SETTLE_IN, plan.name, 0, 0, world.details.rest_hours))
