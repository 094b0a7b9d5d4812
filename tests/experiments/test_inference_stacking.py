"""Stacking: the optimum where there are many forecasts, near equal where there are few, intervals that know of
groups.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, stats

from experiments.studies.inference.stacking import stack


def forecasts(n, seed, share=0.7):
    """Two structures forecast −1 and +1; the truth is the first in `share` of the cases."""
    rng = np.random.default_rng(seed)
    truth = np.where(rng.random(n) < share, -1.0, 1.0) + rng.standard_normal(n)
    return stats.norm.logpdf(truth[:, None], [-1.0, 1.0])


def test_plain_weights_are_the_best_mixture():
    logs = forecasts(300, 1)
    best = optimize.minimize_scalar(
        lambda w: -np.log(np.exp(logs) @ [w, 1 - w]).sum(), bounds=(0, 1), method="bounded", options={"xatol": 1e-8}
    )
    assert stack(logs, 1, bootstraps=2).plain[0] == pytest.approx(best.x, abs=1e-4)


def test_many_forecasts_find_the_mixture_and_forget_the_prior():
    found = stack(forecasts(3000, 2), 1, bootstraps=100)
    assert found.weights[0] == pytest.approx(0.7, abs=0.05)
    assert found.weights == pytest.approx(found.plain, abs=0.005)
    assert not found.open


def test_the_interval_covers_the_best_mixture():
    found = [stack(forecasts(150, seed), seed, bootstraps=60) for seed in range(40)]
    assert np.mean([f.low[0] <= 0.7 <= f.high[0] for f in found]) >= 0.85


def test_one_forecast_by_hand():
    found = stack(np.array([[0.0, -800.0]]), 1, bootstraps=5)
    assert found.plain == pytest.approx([1.0, 0.0])
    assert found.weights == pytest.approx([2 / 3, 1 / 3])


def test_few_forecasts_are_not_put_on_a_corner():
    made = [0.3 * np.random.default_rng(seed).standard_normal((8, 4)) for seed in range(30)]  # none is any better
    found = [stack(logs, 1, bootstraps=100) for logs in made]
    assert np.median([f.plain.max() for f in found]) > 0.75
    assert np.max([f.weights.max() for f in found]) < 0.45
    assert np.mean([f.open for f in found]) >= 0.8
    assert found[0].weights.sum() == pytest.approx(1.0)


def test_structures_that_are_equally_good_are_told_apart_in_few_seeds():
    told = [not stack(forecasts(30, seed, share=0.5), seed, bootstraps=100).open for seed in range(60)]
    assert np.mean(told) <= 0.15


def test_forecasts_that_depend_on_each_other_make_the_interval_wide():
    logs, groups = np.repeat(forecasts(6, 4), 10, axis=0), np.repeat(np.arange(6), 10)
    alone, together = stack(logs, 1), stack(logs, 1, groups)
    width = [float((found.high - found.low)[0]) for found in (alone, together)]
    assert width[1] > 1.8 * width[0]
    assert np.array_equal(alone.weights, together.weights)


def test_densities_too_small_for_a_float_do_no_harm():
    low = stack(forecasts(20, 5) - 2000.0, 1, bootstraps=20)
    assert low.weights == pytest.approx(stack(forecasts(20, 5), 1, bootstraps=20).weights)
