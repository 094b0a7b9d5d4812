"""Effects over states × replicates against worlds whose truth is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from experiments.runs.nested import (
    effects_of,
    nested,
    of_replicates,
    spread_of,
    weighted_interval,
    weighted_quantiles,
)
from sim.statistics import mean_interval

STATES, REPLICATES = 60, 5


def drawn(rng, spread, noise, *, mean=1.0, shared=False):
    """Differences by state and replicate; `shared`: replicate r has the same luck in every state."""
    luck = rng.normal(0.0, noise, (1 if shared else STATES, REPLICATES))
    return mean + rng.normal(0.0, spread, (STATES, 1)) + luck


def coverage(**how):
    rng = np.random.default_rng(3)
    found = [of_replicates(drawn(rng, 1.0, 3.0, **how)).mean for _ in range(1000)]
    return np.mean([each.low <= 1.0 <= each.high for each in found])


def test_the_interval_covers_as_often_as_it_says_and_not_where_states_share_their_luck():
    assert 0.927 <= coverage() <= 0.973
    assert coverage(shared=True) < 0.6


def test_the_range_is_that_of_effects_and_not_of_estimates():
    """Effects have a standard deviation of 1; estimates by replicate noise of √(1 + 9 / 5), two thirds more."""
    rng, widths, naive = np.random.default_rng(4), [], []
    for _ in range(300):
        values = drawn(rng, 1.0, 3.0)
        found = of_replicates(values)
        widths.append(found.high - found.low)
        naive.append(np.subtract(*np.quantile(values.mean(axis=1), [0.95, 0.05])))
    true = 2 * stats.norm.ppf(0.95)
    assert np.nanmean(widths) == pytest.approx(true, rel=0.06)
    assert np.mean(naive) > 1.5 * true


def test_the_share_of_states_in_which_the_sign_holds_is_that_of_effects():
    rng = np.random.default_rng(5)
    found = [of_replicates(drawn(rng, 1.0, 3.0)) for _ in range(300)]
    assert np.nanmean([each.holds for each in found]) == pytest.approx(stats.norm.cdf(1.0), abs=0.02)
    naive = stats.norm.cdf(1.0 / math.sqrt(1 + 9 / 5))
    assert naive < stats.norm.cdf(1.0) - 0.1, "the noise would have hidden it"


def test_noise_alone_is_no_range():
    """Nothing differs between states: no range is claimed in most studies, and none as narrow as a point."""
    rng = np.random.default_rng(6)
    found = [of_replicates(drawn(rng, 0.0, 3.0)) for _ in range(200)]
    flat = [each for each in found if not each.told_apart]
    assert 0.3 < len(flat) / len(found) < 0.7
    assert all(math.isnan(each.low) and math.isnan(each.high) and math.isnan(each.holds) for each in flat)


def test_states_in_which_nothing_happens_are_equal_and_those_without_a_ratio_are_left_out():
    values = np.vstack([np.zeros((3, 4)), np.full((1, 4), np.nan), np.random.default_rng(1).normal(5, 1, (6, 4))])
    found = of_replicates(values)
    assert found.states == 9
    assert (found.lower, found.equal, found.higher) == pytest.approx((0.0, 3 / 9, 6 / 9))


def test_one_replicate_a_state_tells_the_mean_and_no_range():
    values = np.random.default_rng(2).normal(1.0, 1.0, (30, 1))
    found = of_replicates(values)
    expected = mean_interval(values[:, 0])
    assert (found.mean.low, found.mean.high) == pytest.approx((expected.low, expected.high))
    assert math.isnan(found.low)
    assert math.isnan(found.noise)


def test_a_single_state_and_none():
    assert math.isnan(of_replicates(np.array([[1.0, 2.0]])).mean.low)
    empty = nested(np.array([np.nan]), np.array([np.nan]))
    assert empty.states == 0
    assert math.isnan(empty.mean.mean)


def test_equal_weights_are_no_weights_and_a_weight_of_two_is_a_state_twice():
    values = np.random.default_rng(7).normal(1.0, 1.0, 40)
    even = weighted_interval(values, np.full(40, 1 / 40))
    plain = mean_interval(values)
    assert (even.mean, even.low, even.high) == pytest.approx((plain.mean, plain.low, plain.high))
    twice = weighted_interval(np.array([1.0, 5.0]), np.array([2 / 3, 1 / 3]))
    assert twice.mean == pytest.approx(7 / 3)


def test_weighted_intervals_cover_the_weighted_truth():
    """Half of the states have ten times the weight of the others, and another effect."""
    rng, hits = np.random.default_rng(8), 0
    for _ in range(1000):
        kind = rng.random(120) < 0.5
        shares = np.where(kind, 10.0, 1.0)
        shares /= shares.sum()
        found = weighted_interval(rng.normal(np.where(kind, 2.0, 0.0), 1.0), shares)
        hits += found.low <= 20 / 11 <= found.high
    assert 0.92 <= hits / 1000 <= 0.975


def test_weighted_quantiles_by_hand():
    values = np.array([3.0, 1.0, 2.0])
    assert weighted_quantiles(values, np.full(3, 1 / 3), (0.5,)) == (2.0,)
    assert weighted_quantiles(values, np.array([0.1, 0.8, 0.1]), (0.4,))[0] == pytest.approx(1.0)


def test_effects_of_states_have_the_spread_of_the_true_ones():
    """Effects 0 or 30, noise of a mean 15: the variance of what is given back is that of the effects alone."""
    rng = np.random.default_rng(5)
    truth = np.where(rng.random(4000) < 0.5, 30.0, 0.0)
    table = truth[:, None] + 30.0 * rng.standard_normal((4000, 4))
    effects, noise = effects_of(table)
    assert effects.std() == pytest.approx(15.0, abs=0.6)
    assert noise == pytest.approx(0.5, abs=0.03)
    assert effects.mean() == pytest.approx(table.mean())
    alike, all_noise = effects_of(rng.standard_normal((50, 2)) - np.array([[5.0, -5.0]]))
    assert all_noise == 1.0
    assert np.ptp(alike) == pytest.approx(0.0, abs=1e-9)


def test_many_rows_of_weights_at_once_say_what_each_says_alone():
    rng = np.random.default_rng(9)
    estimates, noise, weights = rng.normal(size=30), rng.random(30), rng.random((5, 30))
    together = spread_of(estimates, noise, weights)
    for row, part in zip(weights, together.noise_share[:, 0], strict=True):
        assert nested(estimates, noise, row).noise == pytest.approx(part)
        assert nested(estimates, noise, 7.0 * row).noise == pytest.approx(part), "weights need not sum to 1"
    settled = together.settled(estimates)
    kept = np.sum(weights * (settled - together.mean) ** 2, axis=1) / np.sum(
        weights * (estimates - together.mean) ** 2, axis=1
    )
    assert kept == pytest.approx(1.0 - together.noise_share[:, 0])
