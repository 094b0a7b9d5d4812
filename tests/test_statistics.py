"""Intervals and chances against closed forms and scipy's own tests."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from sim.numbers import sides_words
from sim.statistics import Sides, mean_interval, paired_difference, sides, spread

A = np.array([3.0, 5.0, 4.0, 8.0, 1.0, 6.0])
B = np.array([2.0, 5.0, 1.0, 9.0, 0.0, 3.0])


def test_mean_interval_by_hand():
    """n = 3, mean 2, s = 1: half-width t(0.975; 2) / √3, and t(0.975; 2) = 4.302653 in any table."""
    found = mean_interval(np.array([1.0, 2.0, 3.0]))
    assert found.mean == 2.0
    assert found.high - 2.0 == pytest.approx(4.302653 / math.sqrt(3), rel=1e-6)
    assert 2.0 - found.low == pytest.approx(4.302653 / math.sqrt(3), rel=1e-6)


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_the_paired_interval_is_that_of_the_paired_t_test(level):
    found, expected = paired_difference(A, B, level), stats.ttest_rel(B, A).confidence_interval(level)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.mean == pytest.approx(np.mean(B) - np.mean(A))


def test_equal_values_have_an_interval_of_no_width_and_one_value_has_none():
    same = mean_interval(np.full(9, 0.1))
    assert same.low == same.mean == same.high
    one = mean_interval(np.array([4.0]))
    assert one.mean == 4.0
    assert math.isnan(one.low)
    assert math.isnan(one.high)
    assert not one.clear


def test_the_interval_covers_as_often_as_it_says():
    """2,000 samples of 5 from a normal law: 95% ± four standard errors (0.0049 each)."""
    samples = np.random.default_rng(5).normal(2.0, 3.0, (2000, 5))
    found = [mean_interval(sample) for sample in samples]
    share = np.mean([each.low <= 2.0 <= each.high for each in found])
    assert abs(share - 0.95) < 4 * math.sqrt(0.95 * 0.05 / 2000)


def test_clear_means_that_zero_is_outside():
    assert mean_interval(np.array([1.0, 1.1, 0.9])).clear
    assert mean_interval(np.array([-1.0, -1.1, -0.9])).clear
    assert not mean_interval(np.array([-1.0, 1.0])).clear
    assert not mean_interval(np.zeros(5)).clear


def test_ties_are_neither_lower_nor_higher():
    assert sides(B - A) == Sides(4 / 6, 1 / 6, 1 / 6)
    assert sides(A - A) == Sides(0.0, 1.0, 0.0)
    assert sides(A - B) == Sides(1 / 6, 1 / 6, 4 / 6)
    assert sides_words(sides(B - A)) == "lower in 67%, equal in 17%, higher in 17%"
    assert all(math.isnan(share) for share in vars(sides(np.zeros(0))).values())


def test_spread_is_where_nine_of_ten_lie():
    assert spread(np.arange(101.0)) == (5.0, 95.0)
