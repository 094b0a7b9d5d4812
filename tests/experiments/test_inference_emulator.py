"""The emulated synthetic likelihood: exact posteriors where there is one, and what it must learn of spread and
correlation.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from experiments.studies.inference.draws import Table
from experiments.studies.inference.emulator import fit

N = 6000


def plain(unit, summaries, included=None):
    included = np.zeros((len(unit), 1), dtype=bool) if included is None else included
    return Table(unit, included, summaries, np.zeros(unit.shape, dtype=bool))


def exact_quantiles(density):
    grid = (np.arange(4000) + 0.5) / 4000
    steps = np.cumsum(density(grid))
    return np.interp([0.1, 0.5, 0.9], steps / steps[-1], grid)


def test_a_normal_place_with_correlated_reports():
    rng = np.random.default_rng(1)
    unit = rng.random((N, 3))
    noise = rng.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], N)
    made = plain(unit, np.stack([6 * unit[:, 0], np.zeros(N)], axis=1) + noise)
    # the second report has the noise of the first, and nothing else: it tells what to take off
    posterior = fit(made, 2).cloud(made).posterior(np.array([3.0, 1.0]))
    expected = exact_quantiles(lambda u: stats.norm.pdf(3.0 - 6 * u - 0.8, scale=0.6))
    assert posterior.quantiles([0.1, 0.5, 0.9])[:, 0] == pytest.approx(expected, abs=0.03)
    assert posterior.quantiles([0.1, 0.5, 0.9])[:, 1] == pytest.approx([0.1, 0.5, 0.9], abs=0.06)


def test_a_place_that_only_the_spread_tells():
    rng = np.random.default_rng(3)
    unit = rng.random((N, 1))
    made = plain(unit, np.exp(3 * unit - 1.5) * rng.standard_normal((N, 4)))
    observed = np.array([0.3, -0.2, 0.1, -0.4])
    posterior = fit(made, 4).cloud(made).posterior(observed)
    expected = exact_quantiles(
        lambda u: np.prod([stats.norm.pdf(y, scale=np.exp(3 * u - 1.5)) for y in observed], axis=0)
    )
    assert posterior.quantiles([0.1, 0.5, 0.9])[:, 0] == pytest.approx(expected, abs=0.06)


def test_the_odds_of_a_rival_and_draws_that_were_never_run():
    rng = np.random.default_rng(5)
    unit, included = rng.random((N, 1)), rng.random((N, 1)) < 0.5
    made = plain(unit, 2.0 * included + rng.standard_normal((N, 1)), included)
    fresh = plain(rng.random((40_000, 1)), np.full((40_000, 1), np.nan), rng.random((40_000, 1)) < 0.5)
    posterior = fit(made, 6).cloud(fresh).posterior(np.array([2.0]))
    assert posterior.inclusion[0] == pytest.approx(np.exp(2) / (1 + np.exp(2)), abs=0.03)
    assert posterior.rows.max() > N
    assert np.array_equal(posterior.included, fresh.included[posterior.rows])


def test_it_is_a_function_of_its_seed():
    rng = np.random.default_rng(7)
    made = plain(rng.random((300, 1)), rng.standard_normal((300, 2)))
    one, again, other = (fit(made, seed).predict(made.unit, made.included)[0] for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
