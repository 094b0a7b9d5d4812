"""Closed and cleared areas: nothing enters what is closed, everything passes afterwards; what is cleared slips back."""

from __future__ import annotations

import math

import calls
import numpy as np
import pytest

from sim import load_scenario
from sim.engine import Tables, new_state, run_to, simulate
from sim.rules import clearance, closures, events
from sim.state import EVENT, HELD, IN_POSITION, MOVING, NEVER, NONE, UNTOUCHED
from sim.theatre import area_names
from sim.world import build_world

HEAD = 'name = "trial"\ntitle = "A trial"\nsource = "judgement"\n'
EVERYWHERE = '["international_zone", "airport", "airport_road", "city", "belt", "corridor"]'
BUSY = {
    "operations.base_rate_per_day": 0.3,
    "operations.preparation_hours": 6.0,
    "supply.stock_at_start_days": 20.0,
    "details.rest_hours": 6.0,
}
FROM, UNTIL = 24 * 6, 24 * 8  # hours in which all is closed
DAYS = 14


@pytest.fixture
def closing(tmp_path):
    """Six sites, busy, with areas closed for two days and reinforced by three units a square."""

    def scenario(areas, **changes):
        order = f'do = "close_area"\nareas = {areas}\nhours = {UNTIL - FROM}\nstart_day = {FROM // 24}\nreinforce = 3'
        path = tmp_path / "trial.toml"
        path.write_text(f"{HEAD}[[orders]]\n{order}\n", encoding="utf-8")
        changes = {key.replace("__", "."): value for key, value in changes.items()}
        return load_scenario("six", {"days": DAYS, **BUSY, **changes}, [str(path)])

    return scenario


def hours_of(scenario, seed=1):
    """World and, hour by hour, the states before and after."""
    world = build_world(scenario)
    state = new_state(world, seed)
    tables, nothing = Tables(world, state), np.zeros(0, EVENT)
    for hour in range(24 * scenario.days):
        before = state[0].copy()
        run_to(world, state, tables, hour + 1, nothing)
        yield world[0], before, state[0]


def entered(before, after, on_the_way):
    """Squares that agents have entered in an hour, of those that were on their way and still exist."""
    moved = on_the_way & (before["square"] != after["square"])
    return after["square"][moved]


def test_nothing_enters_a_closed_square_and_all_pass_afterwards(closing):
    passed = {kind: np.zeros(2, int) for kind in ("cells", "convoys", "details")}  # while closed, and after
    held = 0
    for world, before, after in hours_of(closing(EVERYWHERE)):
        hour = int(before.hour)
        closed = after.areas["closed_until"][world.squares["area"]] > hour
        assert closed[: world.n_squares].any() == (FROM <= hour < UNTIL)
        cells = entered(before.cells, after.cells, (before.cells["mode"] == MOVING) & (after.cells["mode"] == MOVING))
        same = (before.convoys["number"] == after.convoys["number"]) & (before.convoys["phase"] != NONE)
        convoys = entered(before.convoys, after.convoys, same & (after.convoys["phase"] != NONE))
        details = entered(before.details, after.details, np.ones(len(before.details), bool))
        for kind, squares in (("cells", cells), ("convoys", convoys), ("details", details)):
            assert not closed[squares].any(), (kind, hour)
            if hour >= FROM:
                passed[kind][int(hour >= UNTIL)] += len(squares)
        held += after.tally.cell_hours_held - before.tally.cell_hours_held
    assert passed["convoys"][1] > 50
    assert all(after_it > 0 for _, after_it in passed.values())
    assert held > 0


def test_nobody_acts_in_a_closed_area_and_those_in_position_do_afterwards(closing):
    scenario = closing(EVERYWHERE)
    world, run = build_world(scenario)[0], simulate(scenario, 1, events=True)
    acts = run.events[np.isin(run.events["kind"], [events.FIRE])]
    shut = np.isin(world.squares["area"][acts["square"]], world.standing[0].areas[: world.standing[0].n_areas])
    during = (acts["hour"] >= FROM) & (acts["hour"] < UNTIL)
    assert not (shut & during).any()
    assert (shut & (acts["hour"] >= UNTIL)).sum() > 5
    waited = False
    for _, before, after in hours_of(scenario):
        if FROM <= before.hour < UNTIL:
            in_position = before.cells["mode"] == IN_POSITION
            waited |= (in_position & (after.cells["mode"] == IN_POSITION)).any()
    assert waited


def test_convoys_arrive_later_but_arrive(closing):
    calm = {"operations__base_rate_per_day": 0.0}
    open_run, shut = (simulate(closing(areas, **calm), 1) for areas in ('["gateway"]', EVERYWHERE))
    first, last = FROM // 24, UNTIL // 24
    assert shut.days["convoys_arrived"][last - 1] < open_run.days["convoys_arrived"][last - 1]
    assert shut.days["convoys_arrived"][first - 1] == open_run.days["convoys_arrived"][first - 1]
    late = shut.days["convoys_arrived"][-1]
    assert late > shut.days["convoys_arrived"][last - 1]
    assert late >= open_run.days["convoys_arrived"][-4]


def test_hours_are_counted_and_reinforcement_comes_and_goes(closing):
    names = area_names(load_scenario("six").theatre)
    scenario = closing('["airport", "international_zone/north"]')
    shut = [names.index("airport"), names.index("international_zone/north")]
    for world, before, after in hours_of(scenario):
        there = np.isin(world.squares["area"][: world.n_squares], shut) * 3 * (FROM <= before.hour < UNTIL)
        assert (after.squares["reinforced"][: world.n_squares] == there).all()
    assert after.tally.closure_hours == 2 * (UNTIL - FROM)


def test_a_longer_closure_prolongs_and_counts_only_the_hours_added(closing):
    world = build_world(closing('["airport"]'))
    state = new_state(world, 1)
    w, s = world[0], state[0]
    a = int(w.standing[0].areas[0])
    closures.close(0, a, w, s)
    assert (s.areas[a].closed_until, s.tally.closure_hours, s.areas_wake) == (48, 48, 48)
    s.hour = 10
    closures.close(0, a, w, s)
    assert (s.areas[a].closed_until, s.tally.closure_hours) == (58, 58)
    assert s.squares["reinforced"].max() == 3, "not reinforced twice"
    s.hour = 58
    closures.reopen(w, s)
    assert s.areas_wake == NEVER
    assert not s.squares["reinforced"].any()


# --- clearance ----------------------------------------------------------------------------------------------------


def cleared(removal, support, days, seed=1):
    """World and state in which one neighbourhood has just been cleared by a share."""
    changes = {"zone.return_days": days, "baghdad.support_at_start": support}
    world = build_world(load_scenario("six", changes))
    state = new_state(world, seed)
    a = int(np.flatnonzero(world[0].areas["fighters"])[0])
    area = state[0].areas[a]
    area.phase, area.held_by = HELD, 2
    closures.reinforce(a, 2, world[0], state[0])
    area.fighters *= 1 - removal
    area.heavy_weapons *= 1 - removal
    return world[0], state[0], a


@pytest.mark.parametrize("support", [0.0, 0.2, 0.7, 1.0])
@pytest.mark.parametrize("days", [10.0, 60.0])
def test_what_was_removed_comes_back_slower_with_support(support, days):
    """Missing after n days: removed · (1 − (1 − support) / days)^n."""
    world, state, a = cleared(0.8, support, days)
    for n in range(1, 41):
        clearance.slip_back(world, state)
        missing = 0.8 * (1 - (1 - support) / days) ** n
        assert state.areas[a].fighters == pytest.approx(world.areas[a].fighters * (1 - missing))
        assert state.areas[a].heavy_weapons == pytest.approx(world.areas[a].heavy_weapons * (1 - missing))
        assert (state.areas[a].phase == UNTOUCHED) == (missing <= 0.5), "lost when half of them are back"


def test_an_area_that_is_lost_loses_its_reinforcement_and_can_be_cleared_again():
    world, state, a = cleared(0.6, 0.0, 10.0)
    days = math.ceil(math.log(0.5 / 0.6) / math.log(0.9))
    for _ in range(days - 1):
        clearance.slip_back(world, state)
    assert state.areas[a].phase == HELD
    assert state.squares["reinforced"].max() == 2
    clearance.slip_back(world, state)
    assert (state.areas[a].phase, state.areas[a].held_by) == (UNTOUCHED, 0)
    assert not state.squares["reinforced"].any()
    assert state.tally.areas_lost == 1


def zone_cell(world):
    """A cell at home among the fighters of the International Zone, and its area."""
    area_of = world.squares["area"][world.cells["home"][: world.n_cells]]
    i = int(np.flatnonzero(world.areas["fighters"][area_of] > 0)[0])
    return i, int(area_of[i])


@pytest.mark.parametrize("effect", [0.0, 0.8, 1.0])
@pytest.mark.parametrize("left", [0.0, 0.3, 1.0])
def test_cells_lose_the_shelter_of_the_fighters_around_them(effect, left):
    """λ = rate · (1 − effect · share gone) · exp(−b_p · units)."""
    world = build_world(load_scenario("six", {"operations.shelter_effect": effect}))
    state = new_state(world, 1)
    i, a = zone_cell(world[0])
    full = calls.hazard(world, state, i)
    state[0].areas[a].fighters = left * world[0].areas[a].fighters
    assert calls.hazard(world, state, i) == pytest.approx(full * (1 - effect * (1 - left)))
    elsewhere = int(np.flatnonzero(world[0].squares["area"][world[0].cells["home"][: world[0].n_cells]] != a)[0])
    before = calls.hazard(world, state, elsewhere)
    state[0].areas[a].fighters = world[0].areas[a].fighters
    assert calls.hazard(world, state, elsewhere) == before


def test_holding_an_area_keeps_its_units_there_and_clearing_lowers_attacks(early):
    """Removal, units and shelter together: cells at home in the Zone do less than without the response."""
    changes = {"days": 60, **BUSY, "zone.return_days": 3650.0, "zone.clash_grievance": 0.0}
    of_zone = []
    for responses in ((), (early["zone_clearance"],)):
        scenario, started = load_scenario("six", changes, responses), 0
        world = build_world(scenario)[0]
        fighters = world.areas["fighters"][world.squares["area"][world.cells["home"]]] > 0
        for seed in range(5):
            happened = simulate(scenario, seed, events=True).events
            late = happened[(happened["kind"] == events.OPERATION) & (happened["hour"] > 24 * 15)]
            started += fighters[late["actor"]].sum()
        of_zone.append(started)
    assert of_zone[0] > 30
    assert of_zone[1] < 0.5 * of_zone[0]
