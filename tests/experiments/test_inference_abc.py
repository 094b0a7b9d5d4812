"""Regression-adjusted ABC: posteriors with known answers, structure kept together, and what must not move."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from stand_in import OWN, RIVAL_OF, RIVALS, WORD, table

from experiments.runs.nested import worth_of
from experiments.studies.inference.abc import accepted, adjusted, nearest, robust_scales
from experiments.studies.inference.draws import Draws, Table, held_places

HIGHEST = 20.0


def plain(unit, summaries):
    """A table without rivals."""
    return Table(unit, np.zeros((len(unit), 0), dtype=bool), summaries, np.zeros(unit.shape, dtype=bool))


def poisson_table(n=20_000, seed=1, parameters=1):
    """A count whose rate is uniform from 0 to HIGHEST; other parameters do nothing."""
    rng = np.random.default_rng(seed)
    unit = rng.random((n, parameters))
    return plain(unit, rng.poisson(HIGHEST * unit[:, :1]).astype(float))


def gamma_posterior(count):
    law = stats.gamma(count + 1)
    levels = np.array([0.1, 0.5, 0.9]) * law.cdf(HIGHEST)
    return law.ppf(levels) / HIGHEST


@pytest.mark.parametrize("method", [accepted, adjusted])
def test_the_gamma_posterior_of_a_poisson_rate(method):
    # 300 of 20,000 are fewer than have exactly this count: nothing is left to correct, and nothing may be spoilt
    posterior = method(poisson_table(), np.array([6.0]), 300)
    assert posterior.quantiles([0.1, 0.5, 0.9])[:, 0] == pytest.approx(gamma_posterior(6), abs=0.03)


def test_the_correction_recovers_what_a_wide_tolerance_blurs():
    posterior, blurred = (method(poisson_table(), np.array([6.0]), 11_000) for method in (adjusted, accepted))
    exact = gamma_posterior(6)
    assert posterior.quantiles([0.1, 0.5, 0.9])[:, 0] == pytest.approx(exact, abs=0.035)
    assert np.max(np.abs(blurred.quantiles([0.1, 0.5, 0.9])[:, 0] - exact)) > 0.06


def test_parameters_that_do_nothing_keep_their_prior():
    made = poisson_table(parameters=40)
    noise = np.random.default_rng(4).standard_normal((len(made), 19))
    many = plain(made.unit, np.concatenate([made.summaries, noise], axis=1))
    posterior = adjusted(many, np.concatenate([[6.0], np.zeros(19)]), 1000)
    contraction = 1 - 12 * posterior.variance()[1:]
    assert abs(contraction.mean()) < 0.02
    assert 1 - 12 * posterior.variance()[0] > 0.7


def test_rows_keep_their_structure_and_old_values_do_not_move():
    made = table(20_000, 5)
    posterior = adjusted(made, made.summaries[0], 2000, robust_scales(made.summaries))
    before, held = made.unit[posterior.rows], made.held[posterior.rows]
    assert np.array_equal(posterior.included, made.included[posterior.rows])
    assert np.array_equal(posterior.unit[held], before[held])
    assert np.all(posterior.unit[:, OWN:WORD][~posterior.included[:, :-1]] == 0.0)
    assert np.array_equal(posterior.unit[:, WORD] >= 0.5, posterior.included[:, -1])
    moved = posterior.unit != before
    assert moved[~held].mean() > 0.99
    assert np.all((posterior.unit >= 0) & (posterior.unit <= 1))


def test_a_rivals_parameter_is_regressed_among_the_rows_where_it_is_in():
    rng = np.random.default_rng(6)
    n, truth = 20_000, 0.7
    included = rng.random((n, 1)) < 0.5
    unit = np.where(included, rng.random((n, 1)), 0.0)  # out: at 0, and the report knows nothing of it
    seen = np.where(included, unit, rng.random((n, 1))) + 0.02 * rng.standard_normal((n, 1))
    made = Table(unit, included, seen, held_places(included, [0], [False]))
    posterior = adjusted(made, np.array([truth]), 4000)
    inside = posterior.included[:, 0]
    assert np.average(posterior.unit[inside, 0], weights=posterior.weights[inside]) == pytest.approx(truth, abs=0.01)
    assert np.all(posterior.unit[~inside] == 0.0)


def test_held_places():
    included = np.array([[True, False], [False, True]])
    held = held_places(included, [-1, 0, 1, 1], [True, False, False, False])
    assert held.tolist() == [[True, False, True, True], [True, True, False, False]]
    assert len(RIVAL_OF) == OWN + RIVALS


def test_the_nearest_are_nearest_and_weights_fall_to_zero_at_the_next():
    made = plain(np.zeros((6, 1)), np.array([[5.0], [1.0], [-2.0], [3.0], [0.0], [-4.0]]))
    near = nearest(made, np.array([0.0]), 4)
    assert near.rows.tolist() == [4, 1, 2, 3]
    assert near.bandwidth == 4.0
    raw = 1 - (np.array([0, 1, 2, 3]) / 4) ** 2
    assert near.weights == pytest.approx(raw / raw.sum())


def test_a_summary_counts_by_its_scale():
    made = plain(np.zeros((3, 1)), np.array([[0.0, 30.0], [2.0, 0.0], [9.0, 90.0]]))
    assert nearest(made, np.zeros(2), 1).rows.tolist() == [1]
    assert nearest(made, np.zeros(2), 1, np.array([1.0, 100.0])).rows.tolist() == [0]


def test_scales_are_those_of_a_normal_law_and_never_zero():
    rng = np.random.default_rng(7)
    values = np.stack([3.0 * rng.standard_normal(50_000), np.zeros(50_000), rng.random(50_000) < 0.1], axis=1)
    assert robust_scales(values) == pytest.approx([3.0, 1.0, 0.3], rel=0.02)


def test_effective_size():
    assert worth_of(np.full(8, 0.125)) == pytest.approx(8.0)
    assert worth_of(np.array([0.5, 0.5, 0.0])) == pytest.approx(2.0)
    two = Draws(np.array([[0.0], [1.0]]), np.array([[True], [False]]), np.array([0.75, 0.25]), np.array([4, 5]))
    assert two.effective_size == pytest.approx(1.6)
    assert two.inclusion.tolist() == [0.75]
    assert two.variance().tolist() == [0.1875]
