"""Where attacks come from and go to: weights of cells by place, neighbourhoods that share a square, sites fired at."""

from __future__ import annotations

import calls
import numpy as np
import pytest
from invariants import check
from theatres import theatre_in_squares

from experiments.studies.priors import load_priors
from sim import load_scenario
from sim.config_files import configs_folder
from sim.engine import new_state, simulate, simulate_many
from sim.rules import events
from sim.theatre import area_names
from sim.theatre_config import INTERNATIONAL_ZONE
from sim.world import build_world


# --- weights -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("outside", [0.0, 0.3, 1.0, 3.0])
@pytest.mark.parametrize("zone", [0.0, 1.0, 10.0])
def test_weights_move_activity_and_keep_its_mean(outside, zone):
    changes = {"operations.outside_weight": outside, "operations.zone_weight": zone}
    scenario = load_scenario("fourteen", changes)
    world = build_world(scenario)[0]
    cells, squares = world.cells[: world.n_cells], world.squares
    assert cells["activity"].mean() == pytest.approx(1.0)
    top, homes = world.sites[world.top_site], squares[cells["home"]]
    embassy = squares[top.square]
    far = np.hypot(homes["x"] - embassy.x, homes["y"] - embassy.y) > world.operations.radius_km
    inside = homes["zone"] == INTERNATIONAL_ZONE
    assert 0 < far.sum() < len(far)
    assert inside.any()
    assert not (far & inside).any()
    plain = cells["activity"][~far & ~inside]
    assert np.ptp(plain) == 0.0
    assert cells["activity"][far] == pytest.approx(outside * plain[0])
    assert cells["activity"][inside] == pytest.approx(zone * plain[0])


def test_weights_move_where_operations_start():
    """Without Iraqi units, momentum and shelter, operations go by activity alone; their number stays about the same."""
    changes = {
        "days": 60,
        "operations.presence_effect": 0.0,
        "operations.momentum_branching": 0.0,
        "choice.waiting": "budget",
        "operations.munitions_at_start": 300.0,
        "operations.lie_low_days": 0.0,
        "operations.preparation_hours": 0.0,
    }
    shares, totals = [], []
    for weight in (0.3, 3.0):
        scenario = load_scenario("fourteen", {**changes, "operations.outside_weight": weight})
        world, batch = build_world(scenario)[0], simulate_many(scenario, range(60), events=True)
        told = np.concatenate(batch.events)
        looked = told[np.isin(told["kind"], (events.OPERATION, events.ABSTAIN))]
        far = world.cells["activity"][: world.n_cells] == (
            world.cells["activity"].max() if weight > 1 else world.cells["activity"][: world.n_cells].min()
        )
        shares.append(far[looked["actor"]].mean() / (world.cells["activity"][: world.n_cells][far].sum() / len(far)))
        totals.append(len(looked))
    assert shares == pytest.approx([1.0, 1.0], abs=0.08)
    assert totals[1] / totals[0] == pytest.approx(1.0, abs=0.08)


# --- neighbourhoods that share a square ----------------------------------------------------------------------------
HEAD = 'name = "trial"\ntitle = "A trial"\nsource = "judgement"\n'


@pytest.fixture(scope="module")
def coarse(tmp_path_factory):
    """The theatre of 2020 in squares of ten kilometres, and pairs of neighbourhoods that share one there."""
    folder = tmp_path_factory.mktemp("coarse")
    theatre_in_squares(10.0, folder / "coarse.toml")
    text = (configs_folder() / "postures" / "fourteen.toml").read_text(encoding="utf-8")
    posture = folder / "fourteen.toml"
    posture.write_text(text.replace('theatre = "baghdad"', 'theatre = "coarse.toml"'), encoding="utf-8")
    return posture


def shared(scenario):
    """A neighbourhood that owns its square, and another one that lives in it; both with fighters."""
    world = build_world(scenario)[0]
    areas = world.areas[: world.n_areas]
    guests = [a for a in range(world.n_areas) if areas["host"][a] != a and areas["fighters"][a] > 0]
    pairs = [(int(areas["host"][a]), a) for a in guests if areas["fighters"][areas["host"][a]] > 0]
    assert pairs, "two neighbourhoods share a square"
    return world, *pairs[0]


def with_order(scenario, tmp_path, text):
    path = tmp_path / "trial.toml"
    path.write_text(f"{HEAD}[[orders]]\n{text}\n", encoding="utf-8")
    return scenario.with_responses([str(path)])


@pytest.mark.parametrize("which", ["host", "guest", "both"])
def test_closing_either_neighbourhood_closes_their_square_once(coarse, tmp_path, which):
    scenario = load_scenario(coarse, {"days": 4, "operations.base_rate_per_day": 0.0})
    world, host, guest = shared(scenario)
    names = area_names(scenario.theatre)
    closed = {"host": [names[host]], "guest": [names[guest]], "both": [names[guest], names[host]]}[which]
    order = f'do = "close_area"\nareas = {closed}\nhours = 48\nstart_day = 1\nreinforce = 3'.replace("'", '"')
    run = simulate(with_order(scenario, tmp_path, order), 1, events=True)
    assert run.state[0].tally["closure_hours"] == 48
    assert (run.events["kind"] == events.CLOSURE).sum() == 1
    during = simulate(with_order(scenario.with_changes({"days": 2}), tmp_path, order), 1).state[0]
    inside = world.squares["area"][: world.n_squares] == host
    assert (during.squares["reinforced"][: world.n_squares][inside] == 3).all()
    assert not during.squares["reinforced"][: world.n_squares][~inside].any()
    assert not run.state[0].squares["reinforced"].any(), "and all is taken away again"


@pytest.mark.parametrize("which", [0, 1])
def test_clearing_a_neighbourhood_is_its_own_in_a_shared_square(coarse, tmp_path, which):
    changes = {
        "days": 3,
        "operations.base_rate_per_day": 0.0,
        "baghdad.capital_at_start": 1.0,
        "zone.return_days": 1000.0,
    }
    scenario = load_scenario(coarse, changes)
    world, *pair = shared(scenario)
    name = area_names(scenario.theatre)[pair[which]]
    order = (
        f'do = "clear_area"\nareas = ["{name}"]\nhours = 24\nstart_day = 1\nremoval = 1.0\np_clash = 0.0\nreinforce = 0'
    )
    run = simulate(with_order(scenario, tmp_path, order), 1)
    state = run.state[0]
    cleared, other = pair[which], pair[1 - which]
    assert state.areas["fighters"][cleared] < 0.01 * world.areas["fighters"][cleared]
    assert state.areas["fighters"][other] == world.areas["fighters"][other]
    assert state.tally["fighters_removed"] == pytest.approx(world.areas["fighters"][cleared])
    at_home = (world.cells["area"][: world.n_cells] == cleared).sum()
    assert state.tally["cells_broken"] == at_home
    scenario = with_order(scenario, tmp_path, order)
    check(build_world(scenario), new_state(build_world(scenario), 1), run.state)


def test_cells_of_both_neighbourhoods_have_their_own_shelter(coarse):
    """A guest's cells look to their own fighters, not to those of the square's owner."""
    scenario = load_scenario(coarse, {"operations.shelter_effect": 0.5, "operations.momentum_branching": 0.0})
    block, (world, *pair) = build_world(scenario), shared(scenario)
    cells = [int(np.flatnonzero(world.cells["area"][: world.n_cells] == area)[0]) for area in pair]
    assert world.cells["home"][cells[0]] == world.cells["home"][cells[1]]
    for cleared in (0, 1):
        state = new_state(block, 1)
        before = [calls.hazard(block, state, cell) for cell in cells]
        state[0].areas["fighters"][pair[cleared]] = 0.0
        after = [calls.hazard(block, state, cell) for cell in cells]
        assert after[cleared] == pytest.approx(0.5 * before[cleared])
        assert after[1 - cleared] == before[1 - cleared]


# --- every site ------------------------------------------------------------------------------------------------------
STATES = 300


def fired_at(states):
    """How many of so many runs, each of a draw of the priors, fired at each of the fourteen."""
    base, priors = load_scenario("fourteen"), load_priors("2020")
    names = [site.name for site in base.theatre.config.sites]
    counts = np.zeros(len(names), np.int64)
    for point in priors.sample(states, 1):
        log = simulate(base.with_changes(point), 1, events=True).events
        counts[np.unique(log["target"][log["kind"] == events.FIRE].astype(int))] += 1
    return dict(zip(names, counts.tolist(), strict=True))


def test_over_the_prior_every_site_of_fourteen_is_fired_at():
    counts = fired_at(STATES)
    assert len(counts) == 14
    assert min(counts.values()) > 0, counts
