"""Simulation-based calibration: an exact posterior passes, planted faults fail, old values that are shared do no
harm.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from stand_in import OWN, table

from experiments.studies.inference.abc import accepted, robust_scales
from experiments.studies.inference.draws import Draws, Table, held_places
from experiments.studies.inference.learned import LEAST, learn
from experiments.studies.inference.ranks import crps
from experiments.studies.inference.sbc import check, coverage, inclusions, log_losses, split, verdicts

RATES = (6.0, 12.0)
HIGHEST = 20.0


def made(n=4000, seed=1):
    """A Poisson rate uniform to HIGHEST (seen); a rival that doubles a second rate, with a place that says nothing."""
    rng = np.random.default_rng(seed)
    included = rng.random((n, 1)) < 0.5
    unit = np.stack([rng.random(n), np.where(included[:, 0], rng.random(n), 0.0)], axis=1)
    means = np.stack([HIGHEST * unit[:, 0], np.where(included[:, 0], RATES[1], RATES[0])], axis=1)
    return Table(unit, included, rng.poisson(means).astype(float), held_places(included, [-1, 0], [False, False]))


def exact(rest, observed, *, width=1.0, shift=0.0, odds_power=1.0):
    """The posterior in closed form, as 1000 draws; or a wrong one."""
    rng = np.random.default_rng(int(observed @ [1, 1000]) + 7)
    law = stats.gamma(observed[0] + 1)
    rate = law.ppf(rng.random(1000) * law.cdf(HIGHEST)) / HIGHEST
    rate = rate.mean() + shift * rate.std() + width * (rate - rate.mean())
    odds = np.divide(*(stats.poisson.pmf(observed[1], r) for r in reversed(RATES))) ** odds_power
    included = rng.random((1000, 1)) < odds / (1 + odds)
    unit = np.stack([rate, np.where(included[:, 0], rng.random(1000), 0.0)], axis=1)
    return Draws(unit, included, np.full(1000, 1e-3), np.zeros(1000, dtype=np.int64))


def checked(n=400, **wrong):
    rest, sets = split(made(), n, 2)
    return check(lambda t, o: exact(t, o, **wrong), rest, sets, 3)


def test_the_exact_posterior_passes():
    found = checked()
    for verdict in verdicts(found):
        assert verdict.p_holm > 0.01
        for level, inside in zip((0.5, 0.8, 0.9), verdict.coverage, strict=True):
            assert abs(inside.mean - level) < 3.3 * np.sqrt(level * (1 - level) / 400)
    (inclusion,) = inclusions(found)
    assert inclusion.p_holm > 0.01
    assert inclusion.log_loss < inclusion.base_log_loss - 0.1


@pytest.mark.parametrize(("wrong", "p90"), [({"width": 0.6}, 0.8), ({"shift": 0.7}, 0.85), ({"width": 1.8}, None)])
def test_a_posterior_too_narrow_too_wide_or_shifted_fails(wrong, p90):
    found = checked(**wrong)
    rate, place = verdicts(found)
    assert rate.p_holm < 1e-3
    assert place.p_holm > 0.01
    if p90:
        assert rate.coverage[2].high < p90 + 0.05
    else:
        assert rate.coverage[0].low > 0.6


def test_too_sure_of_a_rival_costs_log_loss_and_too_ready_shows_in_z():
    (right,), (sure,) = inclusions(checked()), inclusions(checked(odds_power=3.0))
    assert sure.log_loss > right.log_loss + 0.1
    always = checked()
    ready = always.p_in + 0.15
    (wrong,) = inclusions(type(always)(**{**vars(always), "p_in": np.minimum(ready, 0.999)}))
    assert wrong.p_holm < 1e-4


def test_log_losses_are_finite_and_half_is_log_two():
    assert log_losses(np.array([[0.5], [0.0]]), np.array([[True], [True]])).ravel() == pytest.approx(
        [np.log(2), -np.log(1e-4)]
    )


def test_sets_are_taken_out_of_the_table():
    whole = made(50)
    rest, sets = split(whole, 8, 1)
    assert len(rest) == 42
    assert len(sets) == 8
    rows = np.concatenate([rest.unit, sets.unit])
    assert np.array_equal(np.unique(rows[:, 0]), np.unique(whole.unit[:, 0]))


def test_abc_on_twenty_raw_counts_is_caught():
    # records that cluster are odd, and ordinary ones lie nearest to them: the third rival is said to be out too often
    rest, sets = split(table(20_000, 1), 200, 2)
    scales = robust_scales(rest.summaries)
    found = check(lambda t, o: accepted(t, o, 400, scales), rest, sets, 3)
    assert [i.p_holm < 0.01 for i in inclusions(found)] == [False, False, True] + 9 * [False]


def test_crps_is_its_definition_also_with_weights_and_ties():
    random = np.random.default_rng(5)
    draws = np.round(random.random((40, 3)), 1)
    weights, truth = random.random(40), np.array([0.31, 0.5, 1.2])
    share = weights / weights.sum()
    apart = np.einsum("i,j,ijk->k", share, share, np.abs(draws[:, None] - draws[None]))
    np.testing.assert_allclose(crps(truth, draws, weights), share @ np.abs(draws - truth) - apart / 2)
    normal = crps(np.zeros(1), stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000)[:, None], np.ones(20_000))
    assert normal == pytest.approx((np.sqrt(2) - 1) / np.sqrt(np.pi), rel=1e-3)


def test_abc_on_learned_summaries_is_calibrated_on_the_stand_in():
    rest, sets = split(table(20_000, 1), 120, 2)
    learned = learn(rest, 4)
    assert np.flatnonzero(learned.foretold > LEAST).tolist() == [0, 1, 2, 3, OWN, OWN + 1, OWN + 2, 40, 41, 42]
    found = check(lambda t, o: learned.posterior(o, 600), rest, sets, 3)
    informed = [0, 1, 2, 3, OWN, OWN + 1, OWN + 2]
    for level in (0.5, 0.8, 0.9):
        inside = coverage(found, level, informed)
        assert abs(inside.mean - level) < 0.06
        assert inside.low < inside.mean < inside.high
    assert min(v.p_holm for v in verdicts(found)) > 0.001
    assert found.crps[:, :3].mean() < 0.75 / 6  # the prior's is 1/6
    assert min(i.p_holm for i in inclusions(found)) > 0.001
    assert max(i.log_loss for i in inclusions(found)[:3]) < np.log(2)
