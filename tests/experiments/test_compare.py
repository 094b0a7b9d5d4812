"""Pairing, leaving out, and running in order."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest
from made_up import SCENARIOS, comparison, rows

from experiments.runs import row as runner
from experiments.runs.compare import MAIN_MEASURES, as_json, check_names, compare, tabulate
from sim.draws import replicate_seed
from sim.errors import ConfigError, RunError
from sim.measures import BY_NAME
from sim.scenario import load_scenario


def test_the_main_measures_are_measures():
    assert set(MAIN_MEASURES) <= set(BY_NAME)
    assert len(set(MAIN_MEASURES)) == len(MAIN_MEASURES)


def test_a_pair_is_the_other_minus_the_base():
    found = comparison(factor=0.5).pair("six", "trucks_lost")
    assert found.difference.mean == pytest.approx(-0.5 * found.base_value.mean)
    assert found.p_lower == 1.0
    assert (found.base, found.posture, found.unit, found.pairs) == ("fourteen", "six", "truck", 20)


def test_the_same_runs_do_not_differ():
    found = comparison(factor=1.0)
    for pair in found.pairs():
        assert (pair.difference.mean, pair.difference.low, pair.difference.high, pair.p_lower) == (0, 0, 0, 0.5)


def test_a_failed_replicate_is_left_out_of_every_posture():
    found, whole = comparison(failed=(0, 3)), comparison()
    assert found.n == 18
    assert [row.replicate for row in found.failed] == [0, 3]
    kept = np.delete(whole.values["fourteen"]["raids"], [0, 3])
    assert np.array_equal(found.values["fourteen"]["raids"], kept)


def test_no_whole_pair_is_an_error():
    with pytest.raises(RunError, match="no replicate was finished in every posture"):
        tabulate(
            SCENARIOS, {"fourteen": rows("fourteen", 2, 1.0, failed=(0,)), "six": rows("six", 2, 1.0, failed=(1,))}
        )


def test_names_must_differ():
    with pytest.raises(ConfigError, match="names of their own"):
        check_names([SCENARIOS[0], SCENARIOS[0].with_changes({"days": 3})])
    check_names([SCENARIOS[0], SCENARIOS[0].with_responses(["surge"]), SCENARIOS[0].with_responses(["surge=0.5"])])


def test_json_has_plain_numbers():
    entry = as_json(comparison())["measures"]["raids"]
    assert all(type(value) is float for part in ("fourteen", "six", "difference") for value in entry[part].values())


def test_scenarios_go_by_posture_and_responses():
    six = SCENARIOS[1]
    surge = six.with_responses(["surge=0.5@90"])
    plain = rows("six", 20, 1.0)
    found = tabulate([six, surge], {"six": plain, "six+surge=0.5@90": rows("six", 20, 0.5)})
    assert found.names == ("six", "six+surge=0.5@90")
    entry = as_json(found)["measures"]["raids"]
    assert set(entry) == {"unit", "six", "six+surge=0.5@90", "difference", "p_six+surge=0.5@90_lower"}
    assert entry["p_six+surge=0.5@90_lower"] == 1.0


# --- running -------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def short():
    return [load_scenario(name, {"days": 2, "operations.base_rate_per_day": 1.0}) for name in ("six", "fourteen")]


def test_none_runs_in_order_and_gives_the_same(short):
    kept: list[list[runner.Row]] = []
    alone = compare(short, 5, 7, keep=kept.append)
    with ThreadPoolExecutor(3) as executor:
        together = compare(short, 5, 7, executor=executor, in_flight=2)
    assert as_json(alone) == as_json(together)
    assert alone.names == ("six", "fourteen")
    order = [(row.posture, row.replicate) for part in kept for row in part]
    assert order == sorted(order)
    assert len(order) == 14


@pytest.mark.parametrize("size", [1, 3, 100])
def test_the_size_of_a_chunk_does_not_matter(short, size):
    chunks = list(runner.chunks_of(short[0], 5, 4, size))
    assert [n for chunk in chunks for n in chunk.replicates] == [0, 1, 2, 3]
    found = [row for part in runner.run_chunks(None, chunks) for row in part]
    assert [row.seed for row in found] == [replicate_seed(5, r) for r in range(4)]
    expected = [row for part in runner.run_chunks(None, runner.chunks_of(short[0], 5, 4)) for row in part]
    assert found == expected


def test_a_run_that_breaks_fails_alone(short):
    """No run has a seed below 0: the chunk breaks, and each of its runs is tried alone."""
    (chunk,) = runner.chunks_of(short[0], 5, 3)
    first, _, last = chunk.seeds
    found = runner.run_chunk(runner.Chunk(chunk.scenario, chunk.world, chunk.replicates, (first, -1, last)))
    whole = runner.run_chunk(chunk)
    assert [found[0], found[2]] == [whole[0], whole[2]]
    assert found[1].status == "failed"
    assert found[1].error.startswith("OverflowError: ")
    assert (found[1].digest, np.isnan(list(found[1].measures.values())).all()) == ("", True)


class Remembering(ThreadPoolExecutor):
    """A pool of one thread that remembers what was asked for."""

    def __init__(self):
        super().__init__(1)
        self.futures: list[Future] = []

    def submit(self, function, /, *args, **kwargs):
        self.futures.append(super().submit(function, *args, **kwargs))
        return self.futures[-1]


def test_what_is_waiting_is_cancelled_when_the_caller_stops():
    with Remembering() as executor:
        results = runner.run_chunks(executor, runner.chunks_of(load_scenario("six"), 1, 300, 10))
        next(results)
        results.close()
    assert len(executor.futures) > 5
    assert executor.futures[-1].cancelled()
