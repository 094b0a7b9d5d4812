"""What a ready cell does: quantal response over all options within reach (E22).

U = value · expected success − cost − risk + taste; P(option) ∝ exp(Λ · U + push), drawn as the option with the largest
Λ · U + push + Gumbel noise, each option's noise named by the option, so that closing a site changes only the choices
that it would have won (with a size effect also those of its place). Waiting is an option too, of utility 0: better
defence may displace, or simply deter. Where effort is a budget (`choice.waiting`), a cell waits only if nothing can be
done.

Sites of a place, and places of a city, may be alike as temptations: a nested logit (Train 2009, chapter 4) with
dissimilarities λ_p ≤ λ_c ≤ 1, drawn in one step. With a standard Gumbel G_j for each option and a positive stable S for
each place and city, λ_c (r (G_j + ln S_place) + ln S_city), r = λ_p / λ_c, is standard Gumbel noise that sites share
(Hougaard 1986). With a size effect a site counts by its share of its place's people: + λ_p ln(share).

push: restraint that binds fire alone lowers fire (E35); the coordinating body moves odds between roads and fire (E36).
"""

from __future__ import annotations

import math

from sim import draws
from sim.compiled import rule
from sim.maths import log
from sim.parameters import place_of
from sim.reach import BUDGET
from sim.rules import coordinator, factions
from sim.rules.grid import within
from sim.state import ABSTAIN, DETAIL, DRONE, ROAD, Row, State
from sim.theatre_config import AIRPORT, INTERNATIONAL_ZONE
from sim.world import World

CHEAPER = place_of("roadside.progress", "cheaper")


@rule
def utility(world: World, state: State, cell: int, option: int) -> float:
    """Utility of an option for a cell; −inf when it can't be done. Reads: sites, factions, squares, cells."""
    if option == ABSTAIN:
        return 0.0
    if option >= ROAD:
        return road_utility(world, state, cell, option)
    return site_utility(world, state, cell, option)


@rule
def site_utility(world: World, state: State, cell: int, option: int) -> float:
    """Rocket or drone against a site within the cell's radius."""
    drone = option >= DRONE
    j = option - DRONE if drone else option
    site, home = world.sites[j], world.cells[cell].home
    needed = world.fire.drone_rounds if drone else 1.0
    if state.sites[j].open == 0 or site.n_ring == 0 or state.cells[cell].munitions < needed:
        return -math.inf
    if not within(world, home, site.square, world.operations.radius_km):
        return -math.inf
    faction = world.cells[cell].faction
    expected = state.factions[faction].expected[option]
    cost = world.choice.cost_drone if drone else world.choice.cost_rocket
    risk = world.choice.risk_per_unit * state.squares[site.square].presence
    return (
        world.choice.value_site * site.value * expected - cost - risk + world.factions[faction].taste[1 if drone else 0]
    )


@rule
def road_utility(world: World, state: State, cell: int, option: int) -> float:
    """Bomb against a convoy or a foreign detail; worth less where little passes: T / (T + half), but for a tip-off."""
    row = state.cells[cell]
    if row.munitions < world.roadside.munitions or row.device_square >= 0:
        return -math.inf
    traffic = busiest(world, state, cell, option)
    if traffic <= 0.0:
        return -math.inf
    faction = world.cells[cell].faction
    detail = option == DETAIL
    value = world.choice.value_detail if detail else world.choice.value_road
    cost = world.choice.cost_detail if detail else world.choice.cost_road
    tipped = 0.0 if detail else world.roadside.tip_off
    worth = value * (tipped + (1.0 - tipped) * (traffic / (traffic + world.choice.traffic_half_per_day)))
    return worth * state.factions[faction].expected[option] - cost + world.factions[faction].taste[3 if detail else 2]


@rule
def traffic_of(state: State, square: int, option: int) -> float:
    """Traffic per day on a square that a bomb of this option would meet."""
    return float(state.squares[square].detail_traffic if option == DETAIL else state.squares[square].traffic)


@rule
def busiest(world: World, state: State, cell: int, option: int) -> float:
    """Largest traffic per day on a square within the cell's reach."""
    most = 0.0
    for n in range(world.cells[cell].n_reach):
        most = max(most, traffic_of(state, int(world.reach[cell, n]), option))
    return most


@rule
def choose(world: World, state: State, cell: int, event: Row) -> tuple[int, float, float]:
    """The option chosen, its utility, and the utility of the best other option. Draws: CHOOSE_OPTION.

    The best utility of each means goes into the event.
    """
    event.u_rocket = event.u_drone = event.u_road = event.u_detail = -math.inf
    best, best_score, best_utility, other = ABSTAIN, -math.inf, 0.0, -math.inf
    name, rationality = world.cells[cell].name, world.choice.rationality
    fire_push, road_push = pushes(world, state, cell)
    for option in range(ABSTAIN + 1):
        if (option < DRONE and option >= world.n_sites) or (DRONE + world.n_sites <= option < ROAD):
            continue
        worth = utility(world, state, cell, option)
        if worth == -math.inf:
            continue
        weigh(option, worth, event)
        noise = draws.gumbel(state.seed, draws.CHOOSE_OPTION, name, state.hour, world.option_names[option])
        score = rationality * worth + noise
        if option < ROAD:
            score = rationality * worth + fire_push + site_noise(noise, world, state, cell, option)
        elif option != ABSTAIN:
            score += road_push + (progress(world, state, cell) if option == ROAD else 0.0)
        elif world.choice.waiting == BUDGET:
            score = -math.inf if best_score > -math.inf else score
        if score > best_score:
            other = max(other, best_utility) if best_score > -math.inf else other
            best, best_score, best_utility = option, score, worth
        else:
            other = max(other, worth)
    return best, best_utility, other


@rule
def pushes(world: World, state: State, cell: int) -> tuple[float, float]:
    """What is added to the scores of fire and of roads: restraint on fire alone, and the coordinating body's focus."""
    f = world.cells[cell].faction
    alone = (1.0 - world.operations.restraint_scope) * factions.escalation_cost(f, world, state)
    half = 0.5 * coordinator.focus_felt(f, world, state)
    return -half - alone, half


@rule
def progress(world: World, state: State, cell: int) -> float:
    """What experience adds to the score of a bomb on a convoy: odds grow as (1 + successes)^b, so gaps fall (E25)."""
    b = world.roadside.progress_exponent
    if b == 0.0 or world.roadside.progress != CHEAPER:
        return 0.0
    return float(b * log(1.0 + state.factions[world.cells[cell].faction].road_successes))


@rule
def site_noise(noise: float, world: World, state: State, cell: int, option: int) -> float:
    """An option's own Gumbel noise with what it shares with its place and city, and the size of the site.

    Draws: LIKE_PLACE, LIKE_CITY.
    """
    choice, name, hour = world.choice, world.cells[cell].name, state.hour
    j = option - DRONE if option >= DRONE else option
    means, site = 1 if option >= DRONE else 0, world.sites[j]
    within_place, within_city = choice.dissimilarity_place, choice.dissimilarity_city
    if choice.size_effect > 0.0:
        noise += choice.size_effect * log(share_of_place(world, state, j))
    if within_place < 1.0:
        like = draws.positive_stable(state.seed, draws.LIKE_PLACE, name, hour, site.nest ^ means, within_place)
        noise = within_place * (noise + like)
    if within_city < 1.0:
        like = draws.positive_stable(state.seed, draws.LIKE_CITY, name, hour, site.city ^ means, within_city)
        noise = within_city * (noise + like)
    return noise


@rule
def share_of_place(world: World, state: State, j: int) -> float:
    """Share of site `j` in the people at the open sites of its place; each counts as one person at least."""
    own, all_there = max(1.0, float(state.sites[j].people)), 0.0
    for k in range(world.n_sites):
        if state.sites[k].open and world.sites[k].nest == world.sites[j].nest:
            all_there += max(1.0, float(state.sites[k].people))
    return own / all_there


@rule
def weigh(option: int, worth: float, event: Row) -> None:
    """Keep the best utility of each means."""
    if option < DRONE:
        event.u_rocket = max(event.u_rocket, worth)
    elif option < ROAD:
        event.u_drone = max(event.u_drone, worth)
    elif option == ROAD:
        event.u_road = worth
    elif option == DETAIL:
        event.u_detail = worth


@rule
def choose_square(world: World, state: State, cell: int, option: int) -> int:
    """Where to act from: a road square in reach, likelier with traffic, or a square in range of the site.

    P ∝ traffic · km of road · exp(−Λ · risk · units there), so that it does not matter into how many squares a road is
    cut; for a site P ∝ exp(−Λ · risk · units there). Draws: CHOOSE_SQUARE.
    """
    if option >= ROAD:
        return choose_road_square(world, state, cell, option)
    j = option - DRONE if option >= DRONE else option
    best, best_score = -1, -math.inf
    for k in range(world.sites[j].n_ring):
        square = int(world.ring[j, k])
        score = square_score(world, state, cell, square)
        if score > best_score and can_enter(world, cell, square):
            best, best_score = square, score
    return best


@rule
def can_enter(world: World, cell: int, square: int) -> bool:
    """The International Zone and the airport are gated: only a cell that lives in one acts from inside it."""
    zone = world.squares[square].zone
    gated = zone in (INTERNATIONAL_ZONE, AIRPORT)
    return bool(not gated or world.squares[world.cells[cell].home].zone == zone)


@rule
def choose_road_square(world: World, state: State, cell: int, option: int) -> int:
    """A square on roads with traffic within the cell's reach."""
    best, best_score = -1, -math.inf
    for n in range(world.cells[cell].n_reach):
        square = int(world.reach[cell, n])
        traffic = traffic_of(state, square, option)
        if traffic > 0.0:
            score = log(traffic * world.squares[square].road_km) + square_score(world, state, cell, square)
            if score > best_score:
                best, best_score = square, score
    return best


@rule
def square_score(world: World, state: State, cell: int, square: int) -> float:
    """Gumbel noise of a square less the risk that Iraqi units there mean."""
    risk = world.choice.risk_per_unit * state.squares[square].presence
    name = world.squares[square].name
    noise = draws.gumbel(state.seed, draws.CHOOSE_SQUARE, world.cells[cell].name, state.hour, name)
    return noise - world.choice.rationality * risk
