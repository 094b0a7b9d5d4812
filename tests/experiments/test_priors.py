"""Priors: laws against their quantile functions, samples, and every refusal."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from experiments.studies.priors import GROUPS, load_priors, unit_points
from experiments.studies.structures.rivals import load_rivals
from sim import load_scenario
from sim.errors import ConfigError
from sim.parameters import Parameters, flat

PRIORS = load_priors("2020")
GOOD = {
    "key": '"skill.gain"',
    "group": '"behaviour"',
    "law": '"uniform"',
    "low": "0.0",
    "high": "0.2",
    "source": '"judgement"',
}


def written(tmp_path, **changes):
    """A file with one prior, some of its entries changed (None: left out)."""
    entries = {**GOOD, **changes}
    lines = [f"{key} = {value}" for key, value in entries.items() if value is not None]
    text = "\n".join(['name = "x"', 'title = "x"', 'source = "x"', "[[priors]]", *lines])
    path = tmp_path / "x.toml"
    path.write_text(text, encoding="utf-8")
    return path


def prior(tmp_path, **changes):
    return load_priors(written(tmp_path, **changes)).priors[0]


def test_laws_are_their_quantile_functions(tmp_path):
    u = np.linspace(0, 1, 101)
    assert prior(tmp_path).from_unit(u) == pytest.approx(stats.uniform(0, 0.2).ppf(u))
    law = prior(tmp_path, law='"log_uniform"', low="0.01")
    assert law.from_unit(u) == pytest.approx(stats.loguniform(0.01, 0.2).ppf(u))
    law = prior(tmp_path, law='"beta"', alpha="2.0", beta="3.0")
    assert law.from_unit(u) == pytest.approx(stats.beta(2, 3, 0, 0.2).ppf(u))


def test_words_and_whole_numbers_share_the_unit_interval_evenly(tmp_path):
    u = (np.arange(900) + 0.5) / 900
    whole = prior(tmp_path, key='"defence.capacity_per_salvo"', low="2", high="10").from_unit(u)
    assert np.unique(whole, return_counts=True)[1].tolist() == [100] * 9
    words = '["provokes", "deters", "none"]'
    entries = {"key": '"retaliation.effect"', "law": '"choice"', "low": None, "high": None, "values": words}
    chosen = prior(tmp_path, **entries).from_unit(u)
    assert [list(chosen).count(word) for word in ("provokes", "deters", "none")] == [300] * 3


def test_the_ends_of_the_unit_interval_stay_within_the_bounds():
    scenario = load_scenario("six")
    for point in PRIORS.from_unit(np.vstack([np.zeros(PRIORS.dimension), np.ones(PRIORS.dimension)])):
        scenario.with_changes(point)


def test_every_default_lies_inside_its_prior():
    values = flat(Parameters())
    for each in PRIORS.priors:
        if each.law != "choice":
            assert each.range[0] <= values[each.key] <= each.range[1], each.key
    assert set(PRIORS.keys) <= set(values)


def test_samples_are_a_function_of_the_seed_and_begin_alike():
    assert PRIORS.sample(10, 7) == PRIORS.sample(10, 7) != PRIORS.sample(10, 8)
    assert PRIORS.sample(10, 7) == PRIORS.sample(100, 7)[:10]


@pytest.mark.parametrize("law", ["sobol", "latin_hypercube", "random"])
def test_unit_points_are_uniform(law):
    points = unit_points(512, 3, 1, law)
    assert points.shape == (512, 3)
    assert all(stats.kstest(column, "uniform").pvalue > 1e-3 for column in points.T)


def test_what_rivals_name_is_of_structure_and_groups_are_whole():
    named = {key for rival in load_rivals().structures for key in rival.old}
    groups = PRIORS.groups
    assert named <= set(groups["structure"])
    assert {key.partition(".")[0] for key in set(groups["structure"]) - named} == {"roadside", "coordination"}
    assert tuple(groups) == GROUPS
    assert sorted(key for keys in groups.values() for key in keys) == sorted(PRIORS.keys)


def test_calibrated_priors_are_those_that_are_marked():
    assert PRIORS.calibrated.keys == [prior.key for prior in PRIORS.priors if prior.calibrated]
    assert 4 <= PRIORS.calibrated.dimension <= 8


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"key": '"skill.nothing"'}, ["priors[0].key", "skill.nothing", "skill.gain"]),
        ({"key": '"nothing.gain"'}, ["priors[0].key", "one of skill.gain, "]),
        ({"high": "1.5"}, ["priors[0].high", "1.5", "0 to 1"]),
        ({"low": "0.3"}, ["priors[0]", "low must be below high"]),
        ({"law": '"log_uniform"'}, ["priors[0]", "above 0 for log_uniform"]),
        ({"law": '"beta"'}, ["priors[0]", "law beta has alpha, beta, high, low"]),
        ({"alpha": "2.0"}, ["priors[0]", "law uniform has high, low"]),
        ({"law": '"normal"'}, ["priors[0].law", "normal"]),
        ({"source": None}, ["priors[0].source", "missing"]),
        ({"group": None}, ["priors[0].group", "missing"]),
        ({"group": '"weather"'}, ["priors[0].group", "weather"]),
        ({"high": "inf"}, ["priors[0].high", "finite"]),
        ({"key": '"defence.capacity_per_salvo"', "low": "1.5", "high": "3.0"}, ["priors[0].low", "whole number"]),
        ({"key": '"retaliation.effect"'}, ["priors[0].law", "choice of provokes, deters, none"]),
        ({"law": '"choice"', "low": None, "high": None, "values": '["a", "b"]'}, ["priors[0].law", "law of numbers"]),
        (
            {"key": '"retaliation.effect"', "law": '"choice"', "low": None, "high": None, "values": '["none", "b"]'},
            ["priors[0].values", "'b'", "provokes, deters, none"],
        ),
        ({"law": '"choice"', "low": None, "high": None, "values": '["a"]'}, ["priors[0]", "two words or more"]),
    ],
)
def test_refusals_name_file_key_value_and_what_is_allowed(tmp_path, changes, words):
    with pytest.raises(ConfigError) as refused:
        load_priors(written(tmp_path, **changes))
    assert all(word in str(refused.value) for word in ["x.toml", *words]), str(refused.value)


def test_a_key_given_twice_is_refused(tmp_path):
    path = written(tmp_path)
    text = path.read_text(encoding="utf-8")
    path.write_text(text + "\n" + text[text.index("[[priors]]") :], encoding="utf-8")
    with pytest.raises(ConfigError, match=r"priors\[1\].key is 'skill.gain'; each key may be given once"):
        load_priors(path)
