"""Pairing, leaving out, and running in order."""

from __future__ import annotations

import math

import numpy as np
import pytest
from made_up import NOT_REACHED, SCENARIOS, comparison, table

from experiments.files.columns import MAIN_MEASURES
from experiments.files.squares import codes_of
from experiments.files.weekly import weeks_of
from experiments.runs import pools
from experiments.runs.compare import check_names, compare, plan_of_scenarios
from experiments.runs.comparison import FailedRun, as_json, tabulate
from experiments.runs.comparison_files import write_runs
from experiments.runs.jobs import Base, Job, JobPoint, run_job
from experiments.runs.outputs import outputs_of
from experiments.runs.room import Room
from experiments.runs.stopping import parse_rule
from sim.draws import replicate_seed
from sim.engine import simulate_many
from sim.errors import ConfigError, RunError
from sim.measures import BY_NAME
from sim.scenario import load_scenario
from sim.statistics import Sides, mean_interval, paired_difference


def test_the_main_measures_are_measures():
    assert set(MAIN_MEASURES) <= set(BY_NAME)
    assert len(set(MAIN_MEASURES)) == len(MAIN_MEASURES)


def test_a_pair_is_the_other_minus_the_base():
    found = comparison(factor=0.5).pair("six", "trucks_lost")
    assert found.difference.mean == pytest.approx(-0.5 * found.base_value.mean)
    assert found.sides == Sides(1.0, 0.0, 0.0)
    assert (found.base, found.posture, found.unit, found.pairs) == ("fourteen", "six", "truck", 20)


def test_the_same_runs_do_not_differ():
    found = comparison(factor=1.0)
    for pair in found.pairs():
        numbers = (pair.difference.mean, pair.difference.low, pair.difference.high, pair.sides.equal)
        assert pair.pairs == (0 if BY_NAME[pair.measure].how in NOT_REACHED else 20)
        assert numbers == (0, 0, 0, 1) if pair.pairs else all(map(math.isnan, numbers))


def test_a_pair_that_lacks_a_measure_is_left_out_of_it_alone():
    """A run has nothing to divide by: means, difference and chance are of the pairs in which both have it."""
    whole, blank = comparison(), comparison()
    blank.values["six"]["fire_per_site"][3] = np.nan
    blank.values["fourteen"]["fire_per_site"][5] = np.nan
    found = blank.pair("six", "fire_per_site")
    base, other = (np.delete(whole.values[name]["fire_per_site"], [3, 5]) for name in ("fourteen", "six"))
    assert found.pairs == 18
    assert found.difference == paired_difference(base, other)
    assert (found.base_value, found.posture_value) == (mean_interval(base), mean_interval(other))
    assert found.sides.lower == 1.0
    assert blank.interval("six", "fire_per_site").mean == pytest.approx(
        np.delete(whole.values["six"]["fire_per_site"], 3).mean()
    )
    assert blank.pair("six", "raids") == whole.pair("six", "raids")


def test_what_no_run_has_is_null_in_json():
    entry = as_json(comparison())["measures"]["fire_attacks_q5"]
    nothing = {"mean": None, "low": None, "high": None}
    assert entry == {
        "unit": "1",
        "fourteen": nothing,
        "six": nothing,
        "difference": nothing,
        "p_six_lower": None,
        "p_six_equal": None,
        "p_six_higher": None,
    }


def test_a_failed_replicate_is_left_out_of_every_posture():
    found, whole = comparison(failed=(0, 3)), comparison()
    assert found.n == 18
    assert [row.replicate for row in found.failed] == [0, 3]
    kept = np.delete(whole.values["fourteen"]["raids"], [0, 3])
    assert np.array_equal(found.values["fourteen"]["raids"], kept)


def test_no_whole_pair_is_an_error():
    lost = [FailedRun("fourteen", "", 0, 7, "stopped"), FailedRun("six", "", 1, 8, "stopped too")]
    with pytest.raises(RunError, match="no replicate was finished in every posture; the first failure: stopped"):
        tabulate({"fourteen": table(2, 1.0, failed=(0,)), "six": table(2, 1.0, failed=(1,))}, lost)


def test_names_must_differ():
    with pytest.raises(ConfigError, match="each must have a name of its own"):
        check_names([SCENARIOS[0], SCENARIOS[0].with_changes({"days": 3})])
    check_names([SCENARIOS[0], SCENARIOS[0].with_responses(["surge"]), SCENARIOS[0].with_responses(["surge=0.5"])])


def test_json_has_plain_numbers():
    entry = as_json(comparison())["measures"]["raids"]
    assert all(type(value) is float for part in ("fourteen", "six", "difference") for value in entry[part].values())


def test_scenarios_go_by_posture_and_responses():
    found = tabulate({"six": table(20, 1.0), "six+surge=0.5@90": table(20, 0.5)})
    assert found.names == ("six", "six+surge=0.5@90")
    entry = as_json(found)["measures"]["raids"]
    sides = {f"p_six+surge=0.5@90_{side}" for side in ("lower", "equal", "higher")}
    assert set(entry) == {"unit", "six", "six+surge=0.5@90", "difference"} | sides
    assert entry["p_six+surge=0.5@90_lower"] == 1.0


# --- running -------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def short():
    return [load_scenario(name, {"days": 2, "operations.base_rate_per_day": 1.0}) for name in ("six", "fourteen")]


def run(scenarios, folder, workers=1, replicates=7):
    with pools.threads(workers) as pool:
        plan = plan_of_scenarios(scenarios, 5, replicates, outputs_of(["weekly", "squares"]))
        return compare(scenarios, plan, Room(folder, pool))


def test_the_workers_do_not_matter(short, tmp_path):
    alone, together = run(short, tmp_path / "a"), run(short, tmp_path / "b", 3)
    assert as_json(alone.comparison()) == as_json(together.comparison())
    assert alone.comparison().names == ("six", "fourteen")
    assert alone.ran == together.ran == 14
    for each in (alone, together):
        write_runs(tmp_path / "runs.csv", each)
        rows = (tmp_path / "runs.csv").read_text().splitlines()[1:]
        assert [row.split(",")[0] for row in rows] == ["fourteen"] * 7 + ["six"] * 7, "sorted by label"
        assert [int(row.split(",")[3]) for row in rows] == [replicate_seed(5, r) for r in range(7)] * 2


def test_what_was_run_is_not_run_again_and_more_replicates_are_added(short, tmp_path):
    assert run(short, tmp_path).ran == 14
    assert run(short, tmp_path).ran == 0
    more = run(short, tmp_path, replicates=9)
    assert more.ran == 4
    assert as_json(more.comparison()) == as_json(run(short, tmp_path / "new", replicates=9).comparison())


def test_replicates_are_added_until_a_difference_is_known(short, tmp_path):
    said = []
    with pools.threads(2) as pool:
        rule = parse_rule("convoys_sent half-width < 100")
        found = compare(short, plan_of_scenarios(short, 5, 90), Room(tmp_path, pool), rule=rule, say=said.append)
    assert found.plan.replicates == found.comparison().n == 20
    assert found.ran == 40
    assert said[0].startswith("20 replicates: convoys_sent half-width ")


def test_outputs_are_those_of_the_runs(short, tmp_path):
    """Weeks and squares that a worker has reduced are those of the run made again."""
    found = run(short, tmp_path, replicates=2)
    for scenario in short:
        for r, (weeks, squares) in enumerate(
            zip(found.rows(scenario, "weekly"), found.rows(scenario, "squares"), strict=True)
        ):
            batch = simulate_many(scenario, [replicate_seed(5, r)], events=True)
            assert np.array_equal(weeks, weeks_of(batch.days)[0])
            assert np.array_equal(squares, codes_of(batch.events[0], scenario.theatre))
            assert len(squares) > 0


class Picky:
    """An output that one run has not."""

    name, events = "picky", False

    def __init__(self, seed):
        self._seed = seed

    def reduce(self, scenario, batch, k):
        if batch.seeds[k] == self._seed:
            raise ValueError("not this one")
        return np.full(k + 1, float(k))


@pytest.mark.parametrize("bad", ["seed", "output"])
def test_a_run_that_breaks_fails_alone(short, bad):
    """No run has a seed below 0: the batch breaks, and each of its runs is tried alone."""
    first, middle, last = (replicate_seed(5, r) for r in range(3))
    seeds = (first, -1 if bad == "seed" else middle, last)
    job = Job(Base(short[0]), (JobPoint((), (1, 2, 3), seeds),), (Picky(middle),))
    result, whole = run_job(job), run_job(Job(job.base, (JobPoint((), (1, 3), (first, last)),)))
    for name in ("measures", "digests"):
        assert np.array_equal(result.arrays[name][[0, 2]], whole.arrays[name], equal_nan=name == "measures")
    assert not np.isnan(result.arrays["measures"][[0, 2]]).all(axis=1).any()
    assert np.isnan(result.arrays["measures"][1]).all()
    (failure,) = result.failures
    assert (failure.row, failure.stage) == (1, "run" if bad == "seed" else "output")
    assert failure.error.startswith("OverflowError: " if bad == "seed" else "ValueError: not this one")
    assert result.arrays["n_picky"][1] == 0
    assert result.arrays["n_picky"].sum() == len(result.arrays["picky"])
