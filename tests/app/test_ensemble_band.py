"""The ensemble behind the charts: quantiles, ranks and the words for them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.app.ensemble_band import (
    SERIES,
    EnsembleBand,
    band_over_states,
    charted,
    compute_band,
    paired,
    weekly,
)
from sim.draws import replicate_seed
from sim.engine import simulate, simulate_many
from sim.errors import RunError
from sim.scenario import load_scenario
from sim.statistics import PERCENTILES

BUSY = {"days": 17, "operations.base_rate_per_day": 0.3}
SCENARIO = load_scenario("six", BUSY)
CROWD = {"supply.trucks_per_convoy": 1, "supply.tonnes_per_truck": 0.1, "supply.assembly_hours": 1000}
N = 30


@pytest.fixture(scope="module")
def band():
    return compute_band(SCENARIO, N)


def made(column, days=3):
    """A band in which every series has these values on every day."""
    values = np.repeat(np.asarray(column, np.float32)[:, None], days, axis=1)
    return EnsembleBand(dict.fromkeys(SERIES, values), f"{len(column)} runs of x")


# --- runs ------------------------------------------------------------------------------------------------------
def test_the_band_is_the_runs_of_the_compiled_loop(band):
    batch = simulate_many(SCENARIO, [replicate_seed(1, k) for k in range(N)])
    assert (band.n, band.n_days, band.title) == (N, 17, "30 runs of six")
    for name, values in charted(batch.days).items():
        np.testing.assert_array_equal(band.values[name], values)


def test_workers_do_not_matter_and_more_runs_only_append(band):
    with ThreadPoolExecutor(2) as executor:
        more = compute_band(SCENARIO, N + 25, executor=executor)
    for name in SERIES:
        np.testing.assert_array_equal(more.values[name][:N], band.values[name])


def test_another_seed_gives_other_runs(band):
    other = compute_band(SCENARIO, N, seed=2)
    assert (other.values["pressure"] != band.values["pressure"]).any()


def test_pairs_are_of_runs_of_one_number_though_others_stopped(band):
    without = [0, 3, 4, 29]
    other = compute_band(SCENARIO.with_changes({"defence.p_intercept": 0.2}), N).only(np.array(without))
    first, second = paired([band, other])
    assert first.n == second.n == 4
    np.testing.assert_array_equal(first.values["fire_attacks"], band.values["fire_attacks"][without])
    np.testing.assert_array_equal(second.values["fire_attacks"], other.values["fire_attacks"])
    assert [each.ended.tolist() for each in (first, second)] == [without, without]


def test_over_states_each_run_is_that_of_its_state_and_seed():
    states = [SCENARIO.with_changes({"defence.p_intercept": p}) for p in (0.1, 0.5, 0.9)]
    found = band_over_states([(state, 5 + k) for k, state in enumerate(states)], "mine")
    assert (found.ensemble, found.title) == ("mine", f"3 states of the world (mine), {SCENARIO.label}")
    for k, state in enumerate(states):
        np.testing.assert_array_equal(
            found.values["rounds_leaked"][k], charted(simulate(state, 5 + k).days)["rounds_leaked"]
        )


def test_a_series_is_the_sum_of_its_columns():
    days = simulate(SCENARIO, 3).days
    np.testing.assert_array_equal(SERIES["fire_attacks"](days), days["rocket_attacks"] + days["drone_attacks"])
    np.testing.assert_array_equal(SERIES["road_attacks"](days), days["convoy_attacks"] + days["detail_attacks"])


def test_an_ensemble_of_which_every_run_stops_is_refused():
    with pytest.raises(RunError, match="every run of the ensemble stopped; the first stopped at hour"):
        compute_band(load_scenario("fourteen", {**CROWD, "days": 60}), 2)


def test_no_runs_are_no_band():
    with pytest.raises(ValueError, match="at least one"):
        compute_band(SCENARIO, 0)


# --- quantiles -------------------------------------------------------------------------------------------------
def test_quantiles_are_those_of_each_day_in_rising_order(band):
    for name in SERIES:
        found = band.quantiles(name)
        assert found.shape == (len(PERCENTILES), 17)
        assert (np.diff(found, axis=0) >= 0).all()
        np.testing.assert_allclose(found[2], np.median(band.values[name], axis=0), rtol=1e-6)


def test_identical_runs_have_a_band_of_no_width():
    one = charted(simulate(SCENARIO, 5).days[None])
    same = EnsembleBand({name: np.repeat(values, 9, axis=0) for name, values in one.items()}, "9 runs of one")
    for name in SERIES:
        assert (np.ptp(same.quantiles(name), axis=0) == 0).all()
        assert same.percentile(name, 17, float(one[name][0, -1])) == 50.0


def test_weeks_add_up_and_an_incomplete_one_is_no_week_of_the_band(band):
    days = simulate(SCENARIO, 3).days
    total = SERIES["fire_attacks"](days)
    weeks = weekly(total)
    assert len(weeks) == 3
    assert list(np.cumsum(weeks)) == [total[6], total[13], total[16]]
    assert band.weekly("fire_attacks").shape == (len(PERCENTILES), 2)
    growth = band.values["fire_attacks"][:, 13] - band.values["fire_attacks"][:, 6]
    np.testing.assert_allclose(band.weekly("fire_attacks")[2, 1], np.median(growth))


@pytest.mark.parametrize("n", [0, 1, 6, 7, 8, 14])
def test_weeks_of_any_number_of_days(n):
    values = np.arange(1.0, n + 1)
    assert weekly(values).sum() == n
    assert len(weekly(values)) == -(-n // 7)


# --- where a run stands ----------------------------------------------------------------------------------------
def test_the_median_run_stands_at_50(band):
    for name in ("pressure", "relation"):
        middle = float(np.median(band.values[name][:, -1]))
        assert band.percentile(name, 17, middle) == pytest.approx(50, abs=100 / N)


def test_runs_stand_at_50_on_the_mean(band):
    """The mean of mid-ranks is 50 whatever the ties."""
    for name in SERIES:
        for day in (1, 9, 17):
            ranks = [band.percentile(name, day, float(value)) for value in band.values[name][:, day - 1]]
            assert np.mean(ranks) == pytest.approx(50)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40), st.integers(-1, 6))
def test_lower_and_higher_add_up_to_100(column, value):
    """What is at percentile p is at 100 − p when all signs are turned."""
    turned = made([-each for each in column])
    assert made(column).percentile("pressure", 1, value) == pytest.approx(
        100 - turned.percentile("pressure", 1, -value)
    )


def test_a_double_ties_with_the_single_that_is_stored():
    assert made([0.1, 0.2]).percentile("relation", 1, 0.1) == 25.0


HUNDRED = np.arange(100.0)


@pytest.mark.parametrize(
    ("column", "day", "value", "words"),
    [
        (HUNDRED, 2, 96.5, "97th percentile in week 1 of 100 runs"),
        (HUNDRED, 2, 0.0, "1st percentile in week 1 of 100 runs"),
        (HUNDRED, 2, 99.0, "99th percentile in week 1 of 100 runs"),
        (HUNDRED, 2, 100.0, "above all 100 runs in week 1"),
        (HUNDRED, 2, -1.0, "below all 100 runs in week 1"),
        (HUNDRED, 0, 5.0, "no day has ended yet"),
        (HUNDRED, 4, 5.0, "beyond the 3 days of the 100 runs"),
        ([0.0] * 80 + [1.0] * 20, 1, 0.0, "40th percentile, 80% tie, in week 1 of 100 runs"),
        ([2.0] * 50, 1, 2.0, "same as all 50 runs in week 1"),
        ([1.0, 2.0, 3.0], 1, 2.5, "rank 3 in week 1 of 3 runs"),
        ([1.0, 2.0, 2.0], 1, 2.0, "ranks 2–4 in week 1 of 3 runs"),
        ([1.0], 1, 7.0, "above all 1 runs in week 1"),
    ],
)
def test_words(column, day, value, words):
    assert made(column).where_it_stands("pressure", day, value) == words


def test_weeks_are_counted_from_1():
    band = made(HUNDRED, days=90)
    assert "in week 12 " in band.where_it_stands("pressure", 84, 50.5)
    assert "in week 13 " in band.where_it_stands("pressure", 85, 50.5)
