"""Streams of chance: policies and factors share them, states of the world do not."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.runs.plan import make_plan
from experiments.runs.pools import threads
from experiments.studies.runner import StudyRunner
from sim.draws import replicate_seed
from sim.engine import simulate
from sim.scenario import load_scenario
from tests.experiments.designs import POSTURES, design, write

SIX, FOURTEEN = {"posture": "six"}, {"posture": "fourteen"}


def seeds_of(points, **keys):
    return make_plan(design(factors=[], points=points, **keys), "x").seeds


def test_without_states_every_point_has_the_streams_of_a_comparison():
    seeds = seeds_of([SIX, FOURTEEN, {"batteries": 4}], seed=9)
    assert seeds.tolist() == [[replicate_seed(9, r) for r in range(3)]] * 3


def test_points_of_one_state_share_streams_and_states_do_not():
    points = [{**policy, "state": state} for state in (0, 1, 7) for policy in (SIX, FOURTEEN)]
    seeds = seeds_of(points)
    assert np.array_equal(seeds[0::2], seeds[1::2])
    assert len(np.unique(seeds)) == 3 * 3
    assert not set(np.unique(seeds).tolist()) & {replicate_seed(1, r) for r in range(1000)}
    assert np.array_equal(seeds_of(points[::-1]), seeds[::-1]), "a state's streams are its own, wherever it stands"
    assert (seeds_of(points, seed=2) != seeds).all()


def test_a_state_is_a_column_and_its_rows_can_be_run_again(tmp_path, posture, read):
    points = [{"skill.at_start": 0.2, "state": 4}, {"skill.at_start": 0.3, "state": 5}]
    file = write(tmp_path / "d.toml", points=points, factors=[POSTURES], n=None, replicates=2)
    assert posture("sweep", file, "--out", tmp_path / "o").exit_code == 0
    rows = read(tmp_path / "o" / "runs.csv")
    assert [row["state"] for row in rows] == ["4"] * 4 + ["5"] * 4
    assert [row["seed"] for row in rows[:2]] == [row["seed"] for row in rows[2:4]]
    assert len({row["seed"] for row in rows}) == 4
    assert "state" not in rows[0]["replay"]
    for row in rows[::3]:
        change = {"days": 2, "skill.at_start": float(row["skill.at_start"])}
        assert simulate(load_scenario(row["posture"], change), int(row["seed"])).digest == row["digest"]
    assert posture("verify", tmp_path / "o").stdout == "8 runs made again, 2 files checked: all the same\n"


@pytest.mark.parametrize("points", [[{"state": 1}, {}], [{"state": -1}], [{"state": 0.5}], [{"state": "a"}]])
def test_a_state_is_a_whole_number_of_every_point(tmp_path, posture, points):
    result = posture("sweep", write(tmp_path / "d.toml", points=points, factors=[]), "--out", tmp_path / "o")
    assert (result.exit_code, "state is " in result.stderr) == (2, True)
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("keys", [{"constants": {"state": 1}}, {"factors": [{"key": "state", "values": [1, 2]}]}])
def test_a_state_is_neither_factor_nor_constant(tmp_path, posture, keys):
    result = posture("sweep", write(tmp_path / "d.toml", **keys), "--out", tmp_path / "o")
    assert (result.exit_code, "state is a whole number" in result.stderr) == (2, True)


def test_a_study_gives_states_streams_of_their_own_when_it_asks_for_them(tmp_path):
    """The same state twice: with shared streams its runs are the same, with its own they are not."""
    with threads(2) as pool:
        runner = StudyRunner(tmp_path, pool)
        ask = ([{"days": 40}] * 2, [SIX, FOURTEEN], 4, ["rounds_fired", "convoys_sent"])
        shared, own = runner.run("shared", *ask), runner.run("own", *ask, own_streams=True)
        again = runner.run("own", *ask, own_streams=True)
    for measure in ("rounds_fired", "convoys_sent"):
        assert np.array_equal(shared.values[measure][0], shared.values[measure][1])
        assert (own.values[measure][0] != own.values[measure][1]).any()
        assert np.array_equal(own.values[measure], again.values[measure])
    assert runner.stages["own"] == {**runner.stages["own"], "points": 8, "runs": 32, "ran_now": 16, "failed": 0}


def test_runs_of_a_study_with_seeds_of_their_own_are_reduced_in_the_worker(tmp_path):
    class Days:
        """Convoys sent, by day."""

        name, events = "convoys_by_day", False

        def reduce(self, scenario, batch, k):
            return batch.days[k]["convoys_sent"].copy()

        def __repr__(self):
            return self.name

    scenario, points, seeds = load_scenario("six", {"days": 5}), [{"skill.gain": g} for g in (0.1, 0.2)], [3, 2**63]
    with threads(2) as pool:
        runner = StudyRunner(tmp_path, pool)
        first = runner.reduce("days", scenario, points, seeds, Days())
        second = runner.reduce("days", scenario, points[::-1], seeds[::-1], Days())
    assert [rows.tolist() for rows in first] == [rows.tolist() for rows in second[::-1]]
    for rows, point, seed in zip(first, points, seeds, strict=True):
        assert rows.tolist() == simulate(scenario.with_changes(point), seed).days["convoys_sent"].tolist()
    assert runner.stages["days"]["ran_now"] == 2
    assert runner.stages["days"]["runs"] == 4
