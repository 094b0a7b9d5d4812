"""The compiled loop: one run, many runs, a run that is cut in two, a run that cannot go on."""

from __future__ import annotations

import numpy as np
import pytest

from sim import config_files, load_scenario
from sim.calendars import SHIFTS
from sim.engine import Tables, new_state, run_to, simulate, simulate_many
from sim.errors import RunError
from sim.measures import BY_NAME
from sim.rules.events import KINDS
from sim.state import ABSTAIN, EVENT, MAX_CONVOYS
from sim.world import build_world

BUSY = {"operations.base_rate_per_day": 0.3, "operations.momentum_branching": 0.4}
# Every cell weighs its options every day and always prefers to wait: one event per cell and day.
ALL_WAIT = {
    "operations.base_rate_per_day": 5.0,
    "operations.presence_effect": 0.0,
    "operations.munitions_at_start": 1000.0,
    "choice.rationality": 50.0,
    **{f"choice.cost_{means}": 20.0 for means in ("rocket", "drone", "road", "detail")},
    "intelligence.false_alarms_per_month": 0.0,
}
# Every site orders convoys of one truck, eight a day, and none ever leaves.
TOO_MANY = {
    "supply.stock_at_start_days": 0.0,
    "supply.reorder_days": 365.0,
    "supply.trucks_per_convoy": 1,
    "supply.tonnes_per_truck": 0.1,
    "supply.assembly_hours": 1000,
}


def scenario(posture="six", **changes):
    return load_scenario(posture).with_changes({"days": 15, **BUSY, **changes})


@pytest.fixture(scope="module")
def six():
    return scenario()


def same_bytes(a, b):
    return a.state.tobytes() == b.state.tobytes() and a.days.tobytes() == b.days.tobytes()


def test_the_same_seed_gives_the_same_run(six):
    one, two = simulate(six, 4), simulate(six, 4)
    assert one.digest == two.digest
    assert same_bytes(one, two)
    np.testing.assert_equal(one.measures, two.measures)  # NaN where both have none
    assert one.measures["operations"] > 0


def test_every_seed_gives_another_run(six):
    assert len({simulate(six, seed).digest for seed in (0, 1, 2, 2**32, 2**64 - 1)}) == 5


def test_the_whole_trajectory_is_in_the_digest(six):
    """A change that shows on one day alone shows in the digest of every later day."""
    one, two = simulate(six, 4), simulate(scenario(days=14), 4)
    assert one.digests[:14].tolist() == two.digests.tolist()
    assert one.digest != two.digest
    assert len(set(one.digests.tolist())) == 15


def test_many_runs_are_single_runs_side_by_side(six):
    seeds = [5, 1, 2**64 - 1, 5]
    batch = simulate_many(six, seeds)
    runs = [simulate(six, seed) for seed in seeds]
    assert batch.seeds == seeds
    assert batch.digests == [run.digest for run in runs]
    assert batch.errors == [""] * 4
    for name, values in batch.measures.items():
        np.testing.assert_equal(values, [run.measures[name] for run in runs], name)


def test_asking_for_events_changes_nothing(six):
    quiet, told = simulate(six, 4), simulate(six, 4, events=True)
    assert quiet.digest == told.digest
    assert len(quiet.events) == 0
    assert len(told.events) > 0
    assert (np.diff(told.events["hour"]) >= 0).all()


def test_more_events_than_the_first_buffer_are_all_kept():
    run = simulate(scenario(**ALL_WAIT, days=200), 4, events=True)
    assert len(run.events) > 4096
    assert len(run.events) == run.measures["abstained"]
    assert run.measures["operations"] == 0
    pairs = {(event["hour"], event["actor"]) for event in run.events}
    assert len(pairs) == len(run.events)
    assert run.events["hour"].max() >= 199 * 24


def test_a_run_that_stops_says_when_and_why():
    with pytest.raises(RunError, match=r"seed 4: stopped at hour \d+: .*state\.MAX_CONVOYS"):
        simulate(scenario(**TOO_MANY, days=25), 4)


def test_a_run_that_stops_is_a_failed_entry_among_many():
    batch = simulate_many(scenario(**TOO_MANY, days=25), [4, 5])
    assert all("state.MAX_CONVOYS" in error and "hour" in error for error in batch.errors)
    assert all(np.isnan(values).all() for values in batch.measures.values())


def test_a_failed_entry_leaves_its_neighbours_alone():
    """The first stocks differ by seed, and so does the day on which too many convoys wait: day 11 splits the seeds."""
    orders = {"supply.stock_at_start_days": 30.0, "supply.reorder_days": 31.0, "supply.tonnes_per_person_day": 0.06}
    orders |= {"supply.tonnes_per_site_day": 0.0}
    orders |= {"supply.tonnes_per_truck": 3000 * 0.06 * 10 / MAX_CONVOYS, "days": 11}
    some = load_scenario("fourteen").with_changes({**TOO_MANY, **orders, "operations.base_rate_per_day": 0.0})
    batch = simulate_many(some, range(40))
    failed = np.array([bool(error) for error in batch.errors])
    assert 0 < failed.sum() < 40
    for name, values in batch.measures.items():
        if BY_NAME[name].may_be_empty:
            assert np.isnan(values[failed]).all(), name
        else:
            assert (np.isnan(values) == failed).all(), name
    for seed in np.flatnonzero(~failed)[:3].tolist():
        assert batch.digests[seed] == simulate(some, seed).digest


def forked(tables, world, state):
    """A copy of a state with tables of its own."""
    copy = state.copy()
    own = Tables(world, copy)
    own.days[:], own.digests[:] = tables.days, tables.digests
    return copy, own


@pytest.mark.parametrize("cut", [1, 24, 100, 239])
def test_a_run_that_is_cut_in_two_is_the_same_run(six, cut):
    world, whole = build_world(six), simulate(six, 4, events=True)
    state = new_state(world, 4)
    tables, log = Tables(world, state), np.zeros(4096, EVENT)
    n = run_to(world, state, tables, cut, log)
    assert state[0].hour == cut
    copy, own = forked(tables, world, state)
    before, rest = state.tobytes(), np.zeros(4096, EVENT)
    m = run_to(world, copy, own, 24 * six.days, rest)
    assert state.tobytes() == before, "the branch wrote into the trunk"
    assert copy.tobytes() == whole.state.tobytes()
    assert own.digest(six.days) == whole.digest
    assert own.days.tobytes() == whole.days.tobytes()
    assert np.concatenate([log[:n], rest[:m]]).tobytes() == whole.events.tobytes()


def test_a_run_in_many_pieces_is_the_same_run(six):
    world = build_world(six)
    state = new_state(world, 4)
    tables, nothing = Tables(world, state), np.zeros(0, EVENT)
    for until in [*range(7, 24 * six.days, 37), 24 * six.days]:
        run_to(world, state, tables, until, nothing)
    assert tables.digest(six.days) == simulate(six, 4).digest


def test_a_run_does_not_change_its_world(six):
    world = build_world(six)
    before = world.tobytes()
    simulate(six, 4, world=world)
    assert world.tobytes() == before


def test_events_name_rows_that_exist():
    """A kind of event says what its actor and target are: rows of that table, −1 where there is none."""
    fourteen = scenario("fourteen", days=70).with_responses(config_files.names("responses"))
    world, run = build_world(fourteen)[0], simulate(fourteen, 4, events=True)
    n = {kind: int(world[f"n_{kind}s"]) for kind in ("cell", "site", "unit", "detail", "area", "faction")}
    n |= {"convoy": n["site"], "order": int(world.n_standing), "government": 2, "level": len(SHIFTS), "coordinator": 1}
    n |= {"option": ABSTAIN + 1, "none": 0}
    assert run.events["square"].max() < world.n_squares
    assert run.events["square"].min() >= -1
    assert run.events["hour"].max() < 24 * fourteen.days
    assert len(np.unique(run.events["kind"])) > 20
    for kind in KINDS:
        rows = run.events[run.events["kind"] == kind.number]
        for end in ("actor", "target"):
            least = -1 if getattr(kind, end) in ("none", "faction") else 0
            assert ((rows[end] >= least) & (rows[end] < max(n[getattr(kind, end)], 0))).all(), (kind.name, end)
