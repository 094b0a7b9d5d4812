"""Regret, the one formula: the luckiest run is not the best option, and what is planted comes back."""

from __future__ import annotations

import numpy as np
import pytest
from sizes import sizes_file

from experiments.runs.nested import quantiles, weighted_quantiles
from experiments.studies.discovery.robustness import regrets
from experiments.studies.inference.draws import Draws
from experiments.studies.regret import best_apart, best_shares, regret_of, satisficing
from experiments.studies.settings import Limit
from sim.statistics import mean_interval

PAIRS = [f"pair {n}" for n in range(22)]


def runs(truth, noise, replicates, seed, shared=0.0):
    """Values of runs (states × pairs × replicates) about a truth; `shared` noise is that of streams all pairs have."""
    rng = np.random.default_rng(seed)
    common = shared * rng.standard_normal((len(truth), 1, replicates))
    return truth[:, :, None] + common + noise * rng.standard_normal((*truth.shape, replicates))


def naive(values):
    """The fault: the best of the means over all replicates is the best of each state."""
    means = values.mean(axis=2)
    return (means - means.min(axis=1, keepdims=True)).mean(axis=0)


def interval(loss, best):
    """The mean regret of a pair over states."""
    return mean_interval((loss - best).mean(axis=1))


# --- nothing is planted ------------------------------------------------------------------------------------
@pytest.mark.parametrize("replicates", [2, 6, 7])
def test_pairs_that_are_equal_in_truth_have_no_regret_and_are_best_equally_often(replicates):
    """As many pairs as discovery has: the luckiest of 22 is far off, and an interval of the mean holds 0."""
    clear, above, shares, reliable = 0, [], [], []
    for seed in range(30):
        level = np.random.default_rng([seed, 1]).normal(100, 40, (120, 1))  # states are unlike, pairs are not
        values = runs(np.repeat(level, 22, axis=1), 20.0, replicates, seed, shared=10.0)
        rows, best = regrets({"pressure": values}, PAIRS, ["pressure"]), best_apart(values)
        clear += sum(interval(values[:, n], best).low > 0 for n in range(22))
        above.append(np.mean([row.mean for row in rows]))
        shares.append([row.best_share for row in rows])
        reliable.append(np.mean([regret_of(values[:, n], best).reliability for n in range(22)]))
        assert naive(values).min() > 20.0 / np.sqrt(replicates)
    assert clear / (30 * 22) < 0.04  # 2.5% are beyond a 95% interval on this side by luck
    assert np.mean(above) < 1.0  # at or above 0 by construction: half of the luck of a mean over states is left
    assert np.array(shares).sum(axis=1) == pytest.approx(np.ones(30))
    assert np.mean(shares, axis=0) == pytest.approx(np.full(22, 1 / 22), abs=0.012)
    assert np.mean(reliable) < 0.25  # of two replicates, each finds the best for the other, which makes them alike


def test_best_and_regret_are_of_the_same_replicates_although_others_find_the_best():
    """Streams that pairs share drop out of regret: the best is scored where the pair is."""
    values = runs(np.zeros((200, 2)), 0.0, 4, 1, shared=50.0)
    assert regret_of(values[:, 0], best_apart(values)) == (0.0, 0.0, 1.0, 0.0)


# --- something is planted ----------------------------------------------------------------------------------
def test_planted_differences_are_recovered():
    """One pair is behind by 30 everywhere, one in a fifth of the states by 60, the first never."""
    behind = np.zeros((400, 3))
    behind[:, 1], behind[::5, 2] = 30.0, 60.0
    values = runs(behind, 10.0, 6, 2)
    rows, best = regrets({"pressure": values}, PAIRS[:3], ["pressure"]), best_apart(values)
    assert [row.mean for row in rows] == pytest.approx([0.0, 30.0, 12.0], abs=1.5)
    assert [row.p90 for row in rows] == pytest.approx([0.0, 30.0, 60.0], abs=6.0)
    assert 60.0 < rows[2].most < 85.0  # the largest of 80 is partly luck, and said to be
    assert regret_of(values[:, 2], best).reliability > 0.9
    for n, wanted in enumerate((0.0, 30.0, 12.0)):
        found = interval(values[:, n], best)
        assert found.low <= wanted <= found.high
    assert rows[1].best_share == 0.0


def test_where_more_is_better_the_one_with_less_has_the_regret():
    values = np.array([[[0.5, 0.5], [0.7, 0.7]], [[0.5, 0.5], [0.6, 0.6]]])
    rows = regrets({"capital_mean": values, "pressure": values}, PAIRS[:2], ["capital_mean", "pressure"])
    assert [row.mean for row in rows] == pytest.approx([0.15, 0.0, 0.0, 0.15])
    assert [row.most for row in rows] == pytest.approx([0.2, 0.0, 0.0, 0.2])
    assert [row.best_share for row in rows] == [0.0, 1.0, 1.0, 0.0]


def test_ties_share_what_is_best():
    loss = np.array([[3.0, 1.0, 2.0], [5.0, 5.0, 9.0]])[:, :, None].repeat(2, axis=2)
    assert best_shares(loss).tolist() == [0.25, 0.75, 0.0]
    assert best_shares(loss, np.array([0.2, 0.8])) == pytest.approx([0.4, 0.6, 0.0])


def test_regret_is_that_of_the_truth_and_not_of_the_luckiest_run():
    """Ten policies, each best in a tenth of the states by 20, noise 30: the best of ten noisy means is too good."""
    rng = np.random.default_rng(2)
    states, policies, replicates = 600, 10, 8
    truth = np.full((states, policies), 20.0)
    truth[np.arange(states), rng.integers(0, policies, states)] = 0.0
    loss = truth[:, :, None] + 30.0 * rng.standard_normal((states, policies, replicates))
    wanted = float((truth[:, 0] - truth.min(axis=1)).mean())
    fair = [regret_of(loss[:, n], best_apart(loss)).mean for n in range(policies)]
    assert wanted == pytest.approx(18.0, abs=0.5)
    assert naive(loss)[0] > wanted + 2.5  # the fault that is planted
    assert 5.0 < np.mean(fair) < wanted + 1.0  # half of the replicates find the best a little less often


def test_the_percentile_of_regret_is_without_replicate_noise():
    """True regret is 30 in a fifth of the states, else 0; noise of a mean is 15: the raw percentile is beyond 30."""
    rng = np.random.default_rng(3)
    truth = np.where(rng.random(800) < 0.2, 30.0, 0.0)
    best = 30.0 * rng.standard_normal((800, 8))
    loss = best + truth[:, None] + 42.0 * rng.standard_normal((800, 8))
    found = regret_of(loss, best)
    raw = (loss - best).mean(axis=1)
    assert np.percentile(raw, 90) > 32.0
    assert found.p90 < np.percentile(raw, 90) - 3.0
    assert found.p90 < found.most < raw.max() - 3.0
    assert 0.2 < found.reliability < 0.6
    assert found.mean == pytest.approx(6.0, abs=2.0)


def test_a_policy_that_looks_better_than_the_best_has_no_regret_and_says_how_little_is_known():
    rng = np.random.default_rng(4)
    loss = rng.standard_normal((50, 4))
    best = loss + 0.1 * rng.standard_normal((50, 4))
    found = regret_of(loss - 5.0, best)
    assert (found.mean, found.p90, found.most) == (0.0, 0.0, 0.0)
    assert 0.0 <= found.reliability <= 1.0


# --- weights -----------------------------------------------------------------------------------------------
def test_states_of_double_weight_are_states_that_are_there_twice_and_those_of_none_are_not_there():
    rng = np.random.default_rng(5)
    times = np.array([1, 2, 0, 3, 1, 2] * 20)
    truth = rng.normal(0, 20, (120, 4))
    truth[times == 0] = [[0, 1e5, 2e5, 3e5]]
    loss = runs(truth, 5.0, 4, 5)
    twice = np.repeat(loss, times, axis=0)
    weights, best = times / times.sum(), best_apart(loss)
    for n in range(4):
        found, wanted = regret_of(loss[:, n], best, weights), regret_of(twice[:, n], best_apart(twice))
        assert found.mean == pytest.approx(wanted.mean)
        assert found.reliability == pytest.approx(wanted.reliability, abs=0.01)
        assert found.p90 == pytest.approx(wanted.p90, rel=0.05)
        assert found.most == pytest.approx(wanted.most, rel=0.01)
    assert best_shares(loss, weights) == pytest.approx(best_shares(twice))


def test_quantiles_do_not_see_values_of_no_weight():
    values, shares = np.array([1.0, 2.0, 100.0]), np.array([0.5, 0.5, 0.0])
    assert weighted_quantiles(values, shares, (0.9,)) == (2.0,)
    posterior = Draws(values[:, None], np.ones((3, 1), bool), shares, np.arange(3))
    assert posterior.quantiles((0.9, 0.1)).tolist() == [[2.0], [1.0]]
    assert np.isnan(quantiles(values, np.zeros(3), (0.5,))).all()


# --- what is refused ---------------------------------------------------------------------------------------
def test_one_replicate_cannot_tell_the_best_from_the_luckiest(posture, tmp_path):
    with pytest.raises(ValueError, match="one replicate"):
        best_apart(np.zeros((5, 3, 1)))
    for command, study, key in (("discover", "discovery", "replicates"), ("decide", "decide", "fresh_replicates")):
        sizes = sizes_file(tmp_path, study, {key: 1})
        done = posture(command, "--quick", "--sizes", sizes, "--out", tmp_path / "o")
        assert (done.exit_code, done.stdout) == (2, "")
        assert all(word in done.stderr for word in (sizes.name, key, "it must be a whole number from 2"))
        assert not (tmp_path / "o").exists()


def test_satisficing_needs_every_limit():
    means = {"pressure": np.array([[1.0, 5.0], [1.0, 1.0]]), "capital_mean": np.array([[0.5, 0.5], [0.1, 0.5]])}
    limits = [Limit(measure="pressure", at_most=2.0), Limit(measure="capital_mean", at_least=0.3)]
    assert satisficing(means, limits).tolist() == [[True, False], [False, True]]
