"""The generator against its published vectors, its draws against their laws, the list of names against its use."""

from __future__ import annotations

import ast
import itertools
from collections import Counter
from pathlib import Path

import calls
import numpy as np
import pytest
from laws import UNLIKELY, agrees
from scipy import stats

import sim
from sim import draws, load_scenario

N = 20_000
WORDS = ("seeds", "names", "whos", "hours", "indices")
PI = (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0)
ONES = 0xFFFFFFFF
NAMES = {name: value for name, value in vars(draws).items() if name.isupper() and name[0] != "_"}
NAMES.pop("MEANING")


def uniforms(**varied):
    """Uniform draws, their words the same but for those given."""
    words = dict(zip(WORDS, (20, 7, 3_000_000_000, 500, 2), strict=True)) | varied
    arrays = np.broadcast_arrays(*words.values())
    seeds, *rest = (a.astype(np.uint64 if n == 0 else np.int64) for n, a in enumerate(arrays))
    return calls.uniforms(np.atleast_1d(seeds), *(np.atleast_1d(a) for a in rest))


# --- the generator --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((ONES,) * 4, (ONES, ONES), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (*PI, (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1)),
    ],
)
def test_philox_gives_the_published_vectors(counter, key, expected):
    words = calls.philox(np.uint64(key[0] | key[1] << 32), np.array(counter, np.uint64))
    assert [hex(word) for word in words.tolist()] == [hex(word) for word in expected]


def inverse_philox(key, words):
    """The counter that gives these words: the rounds undone one by one."""
    low, (m0, m1) = 0xFFFFFFFF, (0xD2511F53, 0xCD9E8D57)
    x0, x1, x2, x3 = words
    for n in reversed(range(10)):
        k0 = ((key & low) + n * 0x9E3779B9) & low
        k1 = ((key >> 32) + n * 0xBB67AE85) & low
        a, b = x3 * pow(m0, -1, 2**32) & low, x1 * pow(m1, -1, 2**32) & low
        x0, x1, x2, x3 = a, x0 ^ (m1 * b >> 32) ^ k0, b, x2 ^ (m0 * a >> 32) ^ k1
    return x0, x1, x2, x3


@pytest.mark.parametrize("word", [0, ONES])
def test_the_extreme_words_stay_inside_the_open_interval(word):
    index, hour, who, name = inverse_philox(77, (word,) * 4)
    assert calls.philox(np.uint64(77), np.array([index, hour, who, name], np.uint64)).tolist() == [word] * 4
    (u,) = uniforms(seeds=77, names=name, whos=who, hours=hour, indices=index)
    assert u == (2**-53 if word == 0 else 1 - 2**-53)
    assert np.isfinite([-np.log(u), -np.log(-np.log(u))]).all()
    assert 1 <= calls.salvos(np.array([u]), 2.5, 3.0, 30)[0] <= 30


def test_counter_words_are_index_hour_who_and_name():
    words = calls.philox(np.uint64(20), np.array([2, 500, 3_000_000_000, 7], np.uint64))
    bits = (int(words[0]) >> 6) << 26 | int(words[1]) >> 6
    assert uniforms()[0] == (bits + 0.5) / 2**52


# --- uniform and independent, whichever word varies ---------------------------------------------------------------


@pytest.mark.parametrize("start", [0, 2**31 - N // 2])
@pytest.mark.parametrize("word", WORDS)
def test_neighbouring_keys_give_uniform_draws(word, start):
    us = uniforms(**{word: start + np.arange(N)})
    assert ((us > 0) & (us < 1)).all()
    assert stats.kstest(us, "uniform").pvalue > UNLIKELY
    assert agrees(np.bincount((us * 256).astype(int), minlength=256), np.full(256, N / 256))
    assert agrees(np.bincount((us * 2**40 % 256).astype(int), minlength=256), np.full(256, N / 256))


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("lag", [1, 2, 24])
def test_neighbouring_keys_give_independent_draws(word, lag):
    us = uniforms(**{word: np.arange(N + lag)})
    a, b = us[:-lag], us[lag:]
    assert abs(np.corrcoef(a, b)[0, 1]) < 4 / np.sqrt(N)
    cells = (a * 16).astype(int) * 16 + (b * 16).astype(int)
    assert agrees(np.bincount(cells, minlength=256), np.full(256, N / 256))


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(WORDS, 2)))
def test_a_step_in_one_word_is_not_a_step_in_another(one, other):
    """A plane of draws has no repeats, and its rows and columns are not correlated."""
    rows, columns = np.meshgrid(np.arange(100), np.arange(100))
    plane = uniforms(**{one: rows.ravel(), other: columns.ravel()}).reshape(100, 100)
    assert len(np.unique(plane)) == plane.size
    for a in (plane, plane.T):
        between = np.corrcoef(a)[np.triu_indices(100, 1)]
        assert abs(between).max() < 6 / np.sqrt(100)
        assert stats.kstest(between * np.sqrt(100), "norm").pvalue > UNLIKELY


# --- the laws: each is its closed form of the one uniform draw under its name --------------------------------------


WHOS = np.arange(N)
SEED = np.uint64(11)


def test_bernoulli_takes_one_draw_and_has_its_chance():
    us = uniforms(seeds=11, names=draws.HIT_CASUALTY, whos=WHOS, hours=3, indices=0)
    for p in (0.0, 0.03, 0.5, 1.0):
        hits = calls.bernoulli(SEED, WHOS, p)
        assert (hits == (us < p)).all()
        assert abs(hits.mean() - p) <= 4 * np.sqrt(p * (1 - p) / N)


def test_integers_take_one_draw_and_are_even():
    us = uniforms(seeds=11, names=draws.PATROL_STEP, whos=WHOS, hours=3, indices=0)
    for n in (1, 2, 9, 24):
        values = calls.integers(SEED, WHOS, n)
        assert (values == np.floor(us * n)).all()
        assert agrees(np.bincount(values, minlength=n), np.full(n, N / n)) or n == 1


def test_exponential_takes_one_draw_and_follows_its_law():
    us = uniforms(seeds=11, names=draws.PREPARATION_HOURS, whos=WHOS, hours=3, indices=0)
    waits = calls.exponentials(SEED, WHOS, 48.0)
    assert waits == pytest.approx(-48.0 * np.log(us))
    assert stats.kstest(waits, "expon", args=(0, 48.0)).pvalue > UNLIKELY


def test_gumbel_takes_one_draw_and_follows_its_law():
    us = uniforms(seeds=11, names=draws.CHOOSE_OPTION, whos=WHOS, hours=3, indices=0)
    noise = calls.gumbels(SEED, WHOS)
    assert noise == pytest.approx(-np.log(-np.log(us)), abs=1e-12)
    assert stats.kstest(noise, "gumbel_r").pvalue > UNLIKELY


def salvo_law(exponent, shift, cap):
    """P(N = 1), …, P(N = cap) of the law in `draws.salvo_size`."""
    at_least = ((np.arange(cap) + shift) / shift) ** (1 - exponent)
    return at_least - np.append(at_least[1:], 0.0)


@pytest.mark.parametrize("law", [(2.5, 3.0, 30), (1.5, 3.0, 30), (1.1, 0.1, 60), (6.0, 20.0, 5), (3.0, 2.0, 1)])
def test_salvo_sizes_follow_the_truncated_power_law(law):
    us = uniforms(names=draws.SALVO_SIZE, whos=np.arange(N))
    sizes = calls.salvos(us, *law)
    assert sizes.min() >= 1
    assert sizes.max() <= law[2]
    observed = np.bincount(sizes, minlength=law[2] + 1)[1:]
    assert law[2] == 1 or agrees(observed, N * salvo_law(*law))


@pytest.mark.parametrize("exponent", [1.1, 1.5, 2.5, 6.0])
def test_a_rarer_draw_is_never_a_smaller_salvo(exponent):
    sizes = calls.salvos(np.logspace(-15.9, -1e-9, 2000), exponent, 3.0, 30)
    assert (np.diff(sizes) <= 0).all()


def test_salvos_are_as_reported():
    """E8: median 2 and mean 3 to 5 rounds."""
    fire = load_scenario("six").parameters.fire
    usual, q = salvo_law(fire.salvo_exponent, fire.salvo_shift, fire.salvo_cap), fire.barrage_share
    assert 1 + np.searchsorted((1 - q) * np.cumsum(usual), 0.5) in (2, 3)
    mean = (1 - q) * usual @ np.arange(1, len(usual) + 1) + q * (fire.barrage_from + fire.barrage_to) / 2
    assert 4.0 <= mean <= 4.8, "4.4"
    assert (1 - q) * usual[:2].sum() == pytest.approx(14 / 27, abs=0.1)
    assert (1 - q) * usual[:5].sum() == pytest.approx(24 / 27, abs=0.1)


# --- positive stable: what the options of a nest share ----------------------------------------------------------


ALPHAS = (0.1, 0.3, 0.5, 0.7, 0.95)
MANY = np.arange(200_000)


def words_as_unit(high, low):
    """Two words of the generator as a number in (0, 1)."""
    return ((int(high) >> 6 << 26 | int(low) >> 6) + 0.5) / 2**52


@pytest.mark.parametrize("alpha", ALPHAS)
def test_positive_stable_takes_one_draw_of_four_words(alpha):
    for who, log_s in enumerate(calls.positive_stables(SEED, WHOS[:50], 2, alpha)):
        words = calls.philox(SEED, np.array([2, 3, who, draws.CHOOSE_SQUARE], np.uint64)).tolist()
        theta, w = np.pi * words_as_unit(*words[:2]), -np.log(words_as_unit(*words[2:]))
        first = np.sin(alpha * theta) / np.sin(theta) ** (1 / alpha)
        kanter = first * (np.sin((1 - alpha) * theta) / w) ** ((1 - alpha) / alpha)
        assert log_s == pytest.approx(np.log(kanter), rel=1e-9, abs=1e-9)
        plain = draws.positive_stable(SEED, draws.CHOOSE_SQUARE, who, 3, 2, alpha)
        assert plain == log_s


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("t", [0.01, 0.3, 1.0, 4.0, 50.0])
def test_positive_stable_has_its_laplace_transform(alpha, t):
    with np.errstate(over="ignore"):  # S of a small α may be beyond the largest float, where exp(−t · S) is 0
        values = np.exp(-t * np.exp(calls.positive_stables(SEED, MANY, 0, alpha)))
    error = values.std() / np.sqrt(len(values))
    assert error < 0.002
    assert abs(values.mean() - np.exp(-(t**alpha))) < 4 * error


def test_positive_stable_of_one_half_is_levy():
    """The one case with a closed form: S = 1 / (2 Z²), which is Lévy with scale ½."""
    s = np.exp(calls.positive_stables(SEED, WHOS, 0, 0.5))
    assert stats.kstest(s, "levy", args=(0, 0.5)).pvalue > UNLIKELY


def test_positive_stable_of_one_is_one_and_small_ones_are_finite():
    assert (calls.positive_stables(SEED, WHOS, 0, 1.0) == 0.0).all()
    near = calls.positive_stables(SEED, WHOS, 0, 1 - 1e-9)
    assert np.quantile(abs(near), 0.99) < 1e-6  # the tail, P(S > s) ~ (1 − α) / s, stays
    assert np.isfinite(calls.positive_stables(SEED, WHOS, 0, 1e-3)).all()


@pytest.mark.parametrize("word", [0, ONES])
@pytest.mark.parametrize("alpha", [1e-3, 0.5, 1 - 2**-53])
def test_extreme_words_give_a_finite_positive_stable(word, alpha):
    index, hour, who, name = inverse_philox(77, (word,) * 4)
    assert np.isfinite(draws.positive_stable(77, name, who, hour, index, alpha))


@pytest.mark.parametrize("dissimilarity", [0.1, 0.3, 0.7, 1.0])
def test_noise_of_an_option_in_a_nest_is_standard_gumbel(dissimilarity):
    shared = calls.positive_stables(SEED, WHOS, 0, dissimilarity)
    options = [dissimilarity * (calls.option_noise(SEED, WHOS, j) + shared) for j in range(2)]
    for noise in options:
        assert stats.kstest(noise, "gumbel_r").pvalue > UNLIKELY
    assert np.corrcoef(*options)[0, 1] == pytest.approx(1 - dissimilarity**2, abs=4 / np.sqrt(N))


NESTS = ((0, 0), (1, 0), (2, 1), (3, 1), (4, 1), (5, 2))  # (option, its nest)
UTILITY = np.array([0.4, 0.1, 0.3, -0.2, 0.35, 0.0])


def nested_logit(dissimilarity):
    """Chances of the options of `NESTS`, in closed form."""
    nest = np.array([m for _, m in NESTS])
    inside = np.exp(UTILITY / dissimilarity[nest])
    sums = np.bincount(nest, inside)
    nests = sums**dissimilarity
    return inside / sums[nest] * (nests / nests.sum())[nest]


@pytest.mark.parametrize(
    "dissimilarity", [(0.1, 0.1, 1), (0.3, 0.3, 1), (0.7, 0.7, 1), (1, 1, 1), (0.1, 0.7, 0.3), (0.7, 0.3, 1)]
)
def test_choices_are_those_of_the_nested_logit(dissimilarity):
    scales = np.array(dissimilarity, float)
    shared = [calls.positive_stables(SEED, MANY, m, scale) for m, scale in enumerate(scales)]
    scores = [UTILITY[j] + scales[m] * (calls.option_noise(SEED, MANY, j) + shared[m]) for j, m in NESTS]
    chosen = np.bincount(np.argmax(scores, axis=0), minlength=len(NESTS))
    assert agrees(chosen, len(MANY) * nested_logit(scales))
    others = nested_logit(np.minimum(scales + 0.1, 1.0)) if scales.min() < 1 else nested_logit(scales - 0.1)
    assert not agrees(chosen, len(MANY) * others)  # the test can tell


# --- the names ------------------------------------------------------------------------------------------------


def names_used():
    """Names of draws that a rule, or the draws themselves, take."""
    used = set()
    for path in (Path(sim.__file__).parent / "rules").glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        used |= {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    tree = ast.parse(Path(draws.__file__).read_text(encoding="utf-8"))
    for function in (n for n in tree.body if isinstance(n, ast.FunctionDef)):
        used |= {n.id for n in ast.walk(function) if isinstance(n, ast.Name)}
    return used


def test_each_name_has_a_number_of_its_own():
    twice = {number: n for number, n in Counter(NAMES.values()).items() if n > 1}
    assert not twice, twice
    assert all(isinstance(number, int) and 0 < number < 2**32 for number in NAMES.values())


def test_each_name_has_its_meaning():
    assert set(draws.MEANING) == set(NAMES.values())
    assert all(len(meaning) > 10 and "who" in meaning for meaning in draws.MEANING.values())


def test_each_name_is_drawn_somewhere():
    assert set(NAMES) - names_used() == set()


def test_replicate_seeds_differ_and_are_exact_in_a_spreadsheet():
    seeds = [draws.replicate_seed(seed, r) for seed in (0, 1, 2, 2**64 - 1) for r in range(5000)]
    assert len(set(seeds)) == len(seeds)
    assert all(type(seed) is int and 0 <= seed < 10**15 for seed in seeds)
    high, low, *_ = calls.philox(np.uint64(2), np.array([0, 0, 3, draws.SEED_OF_REPLICATE], np.uint64)).tolist()
    assert draws.replicate_seed(2, 3) == high << 17 | low >> 15


def test_names_become_words_of_32_bits():
    assert draws.name_hash("123456789") == 0xCBF43926  # the check value of CRC-32
