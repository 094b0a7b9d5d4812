"""Ensembles: written and read again, resampled by weight, and every refusal."""

from __future__ import annotations

import json
from hashlib import sha256

import numpy as np
import pytest

from experiments.studies.ensemble import PRIOR, ensemble_table, first_states, load_ensemble, states_of
from experiments.studies.forms import write_csv
from experiments.studies.priors import load_priors
from experiments.studies.reference import reference_folder
from experiments.studies.structures.rivals import load_rivals
from sim import load_scenario
from sim.errors import ConfigError
from sim.parameters import flat


def test_written_and_read_again_it_is_the_same(tmp_path):
    draws = load_priors("2020").sample(5, 1)
    path = tmp_path / "ensemble_mine.csv"
    write_csv(path, ensemble_table([0.1, 0.2, 0.3, 0.2, 0.2], draws))
    ensemble = load_ensemble(path)
    assert ensemble.name == "mine"
    assert ensemble.draws == draws
    assert ensemble.weights == pytest.approx([0.1, 0.2, 0.3, 0.2, 0.2])
    assert ensemble.effective_size == pytest.approx(1 / 0.22)


def test_none_changes_nothing():
    ensemble = load_ensemble("none")
    assert ensemble.sample(3, 1) == [{}, {}, {}]
    assert ensemble.keys == []
    assert states_of("none", 3, 1) == [{}]


@pytest.mark.parametrize("draw", [states_of, first_states])
def test_over_the_wide_priors_each_rival_is_in_for_half_of_the_states(draw):
    states, rivals = draw(PRIOR, 512, 3), load_rivals()
    assert np.abs(rivals.included(states).mean(axis=0) - 0.5).max() < 0.01
    assert list(states[0]) == load_priors("2020").keys
    assert draw(PRIOR, 512, 3) == states != draw(PRIOR, 512, 4)


def test_more_states_of_the_wide_priors_leave_the_first_as_they_are():
    assert first_states(PRIOR, 40, 3)[:30] == first_states(PRIOR, 30, 3)


def test_resampling_draws_each_as_often_as_its_weight_says(tmp_path):
    path = tmp_path / "e.csv"
    write_csv(path, ensemble_table([0.5, 0.3, 0.2], [{"skill.gain": value} for value in (0.0, 0.1, 0.2)]))
    ensemble = load_ensemble(path)
    sample = [point["skill.gain"] for point in ensemble.sample(101, 3)]
    for value, weight in ((0.0, 0.5), (0.1, 0.3), (0.2, 0.2)):
        assert abs(sample.count(value) - 101 * weight) <= 1
    assert ensemble.sample(101, 3) == ensemble.sample(101, 3) != ensemble.sample(101, 4)
    means = [np.mean([p["skill.gain"] for p in ensemble.sample(7, seed)]) for seed in range(400)]
    assert np.mean(means) == pytest.approx(0.07, abs=4 * np.std(means) / 20)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["line 1", "it must be a header"]),
        ("weight,skill.gain\n", ["line 1", "draw, weight"]),
        ("draw,weight,skill.none\n0,1,0.1\n", ["line 1", "skill.none", "keys of parameters"]),
        ("draw,weight,skill.gain\n", ["line 2", "a row for each draw"]),
        ("draw,weight,skill.gain\n0,1\n", ["line 2", "it must have 3 values"]),
        ("draw,weight,skill.gain\n0,0,0.1\n", ["line 2, weight", "above 0"]),
        ("draw,weight,skill.gain\n0,1,x\n", ["line 2, skill.gain", "'x'", "it must be a number"]),
        ("draw,weight,skill.gain\n0,1,1.5\n", ["line 2, skill.gain", "'1.5'", "0 to 1"]),
    ],
)
def test_refusals_name_file_line_value_and_what_is_allowed(tmp_path, text, words):
    path = tmp_path / "bad.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        load_ensemble(path)
    assert all(word in str(refused.value) for word in ["bad.csv", *words]), str(refused.value)


def test_the_ensemble_of_2020_is_whole_and_says_where_it_comes_from():
    ensemble, priors = load_ensemble("2020"), load_priors("2020")
    assert len(ensemble.draws) >= 1000
    assert ensemble.effective_size >= 300
    assert ensemble.keys == priors.keys
    assert ensemble.weights.sum() == pytest.approx(1.0)
    defaults = flat(load_scenario("six").parameters)
    for point in ensemble.draws[:20]:
        values = flat(load_scenario("six", point).parameters)
        assert values == {**defaults, **point}, "what the ensemble does not name keeps its default"
    for prior in priors.priors:
        if prior.law != "choice":
            values = [point[prior.key] for point in ensemble.draws]
            assert prior.range[0] <= min(values) <= max(values) <= prior.range[1], prior.key
    manifest = json.loads((reference_folder() / "ensemble_2020.json").read_text(encoding="utf-8"))
    assert (manifest["study"]["name"], manifest["study"]["setting"]) == ("calibration", "full")
    first = (reference_folder() / "ensemble_2020.csv").read_text(encoding="utf-8").split("\n", 1)[0]
    assert first == f"# made by: {' '.join(manifest['command'])}"


def test_every_reference_table_is_the_one_that_its_manifest_tells_of():
    made = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(reference_folder().glob("*.json"))]
    told = {name: digest for manifest in made for name, digest in manifest.get("sha256", {}).items()}
    there = {path.name: sha256(path.read_bytes()).hexdigest() for path in reference_folder().glob("*.csv")}
    assert told == there
    assert {manifest["study"]["setting"] for manifest in made} == {"full"}


def test_an_unknown_name_is_refused():
    with pytest.raises(ConfigError, match="ensemble is 'nobody'; it must be 2020, prior, none"):
        load_ensemble("nobody")
