"""Rivals weighed: Bayes factors with known answers, intervals that cover, a forest that is calibrated, words that say
no more.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from experiments.studies.inference.abc import accepted
from experiments.studies.inference.draws import Draws, Table
from experiments.studies.inference.rivals import (
    CANNOT_TELL,
    Guess,
    Share,
    acceptances,
    binomial,
    guesses,
    inclusion,
    tolerances_of,
    verdict,
    weigh,
)

RATES = (6.0, 12.0)  # of a count, with the first rival out and in; the second rival does nothing


def two_rivals(n=20_000, seed=1, p_in=0.5):
    rng = np.random.default_rng(seed)
    included = rng.random((n, 2)) < p_in
    counts = rng.poisson(np.where(included[:, 0], RATES[1], RATES[0]))
    return Table(rng.random((n, 1)), included, counts[:, None].astype(float), np.zeros((n, 1), dtype=bool))


def bayes_factor(count):
    return stats.poisson.pmf(count, RATES[1]) / stats.poisson.pmf(count, RATES[0])


@pytest.mark.parametrize("count", [4, 9, 12])
def test_the_bayes_factor_of_two_poisson_rates(count):
    (near,), (nothing,) = acceptances(two_rivals(), np.array([float(count)]), [0.0], level=0.999)
    assert near.low <= bayes_factor(count) <= near.high
    assert near.bayes_factor == pytest.approx(bayes_factor(count), rel=0.25)
    assert near.with_it / near.without == pytest.approx(near.bayes_factor)
    assert nothing.low < 1.0 < nothing.high


def test_it_is_that_of_equal_priors_when_the_table_holds_few_with_the_rival():
    (near,), _ = acceptances(two_rivals(40_000, p_in=0.15), np.array([9.0]), [0.0])
    assert near.bayes_factor == pytest.approx(bayes_factor(9), rel=0.25)


def test_its_interval_covers_in_19_of_20():
    inside = [acceptances(two_rivals(1500, seed), np.array([9.0]), [0.0])[0][0] for seed in range(400)]
    covered = np.mean([a.low <= bayes_factor(9) <= a.high for a in inside])
    assert 0.91 <= covered <= 0.98


def test_a_wide_tolerance_drowns_it():
    near = acceptances(two_rivals(), np.array([14.0]), [0.0, 4.0, 100.0])[0]
    factors = [a.bayes_factor for a in near]
    assert factors[0] > factors[1] > factors[2]
    assert factors[2] == pytest.approx(1.0)


def test_none_near_gives_no_verdict_and_no_error():
    (near,), _ = acceptances(two_rivals(), np.array([400.0]), [1.0])
    assert (near.n_with, near.n_without) == (0, 0)
    assert near.low == 0.0
    assert near.high == np.inf


def test_tolerances_are_those_of_the_nearest():
    made, observed = two_rivals(), np.array([9.5])
    few, many = tolerances_of(made, observed, [200, 5000])
    assert few < many
    assert np.sum(np.abs(made.summaries[:, 0] - 9.5) <= many) >= 5000


def test_inclusion_is_as_sure_as_the_effective_size():
    n, rng = 4000, np.random.default_rng(2)
    weights = rng.exponential(size=n)
    weights /= weights.sum()
    included = rng.random((n, 1)) < 0.7
    draws = Draws(np.zeros((n, 1)), included, weights, np.arange(n))
    (share,) = inclusion(draws)
    assert share.p == pytest.approx(0.7, abs=0.03)
    assert share.high - share.low == pytest.approx(2 * 1.96 * np.sqrt(0.21 / draws.effective_size), rel=0.03)


def test_binomial_shares():
    assert binomial(0, 30).low == 0.0
    assert binomial(30, 30).high == 1.0
    assert binomial(0, 30).high == pytest.approx(0.08, abs=0.01)
    assert binomial(0, 0).open


def test_the_forest_knows_the_odds_and_when_it_knows_nothing():
    made = two_rivals()
    noise = np.random.default_rng(3).standard_normal((len(made), 9))
    noisy = Table(made.unit, made.included, np.concatenate([made.summaries, noise], axis=1), made.held)
    knows, nothing = guesses(noisy, np.concatenate([[9.0], np.zeros(9)]), seed=4)
    exact = bayes_factor(9) / (1 + bayes_factor(9))
    assert knows.share.p == pytest.approx(exact, abs=0.1)
    least = 0.5 * np.minimum(*(stats.poisson.pmf(np.arange(60), rate) for rate in RATES)).sum()  # Bayes' own error
    assert least - 0.01 <= knows.error <= least + 0.02
    assert knows.better
    assert knows.log_loss < knows.base_log_loss
    assert not nothing.better
    assert nothing.log_loss > nothing.base_log_loss - 0.001


def test_the_forest_beats_chance_only_if_it_beats_the_commoner_answer():
    made = two_rivals(p_in=0.1)
    _, nothing = guesses(made, np.array([9.0]), seed=5)
    assert nothing.chance == pytest.approx(0.1, abs=0.01)
    assert nothing.error < 0.2  # far below one half, and no achievement
    assert not nothing.better


def guess(p, low, high, better=True):
    return Guess(Share(p, low, high), 0.3, 0.5, 0.6, 0.69, better)


@pytest.mark.parametrize(
    ("share", "forest", "words"),
    [
        (Share(0.55, 0.48, 0.62), guess(0.97, 0.95, 0.99), CANNOT_TELL),
        (Share(0.97, 0.95, 0.99), guess(0.55, 0.48, 0.62), CANNOT_TELL),
        (Share(0.97, 0.95, 0.99), guess(0.97, 0.95, 0.99, better=False), CANNOT_TELL),
        (Share(0.9, 0.8, 0.95), guess(0.1, 0.05, 0.2), f"{CANNOT_TELL}: posterior and forest point apart"),
        (Share(0.97, 0.95, 0.99), guess(0.97, 0.95, 0.99), "the data strongly favour the rival"),
        (Share(0.97, 0.95, 0.99), guess(0.8, 0.7, 0.9), "the data favour the rival"),
        (Share(0.03, 0.01, 0.05), guess(0.03, 0.01, 0.05), "the data strongly favour the old rule"),
        (Share(0.45, 0.41, 0.49), guess(0.2, 0.1, 0.3), "the data lean a little to the old rule"),
    ],
)
def test_words_say_no_more_than_the_weaker_of_the_two(share, forest, words):
    assert verdict(share, forest) == words


def test_rivals_weighed_together():
    made, observed = two_rivals(), np.array([15.0])
    strong, nothing = weigh(
        ("strong", "nothing"),
        made,
        observed,
        accepted(made, observed, 600),
        tolerances_of(made, observed, [600]),
        seed=6,
    )
    assert strong.verdict == "the data strongly favour the rival"
    assert nothing.verdict == CANNOT_TELL
    assert (strong.name, len(strong.acceptance)) == ("strong", 1)
