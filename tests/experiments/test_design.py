"""Designs: which points they have, and what is refused with its place."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.stats import qmc

from experiments.runs.bases import Bases, check_values, combinations
from experiments.runs.design import Factor, Points, load_design, unit_sample
from experiments.runs.plan import make_plan
from sim.config_files import names
from sim.errors import ConfigError
from tests.experiments.designs import INTERCEPT, POSTURES, design, write

SAMPLES = ("latin_hypercube", "sobol", "random")
SKILL = {"key": "skill.at_start", "low": 0.1, "high": 0.8}


def column(some, key):
    return np.array([point[key] for point in Points(some)])


# --- which points ----------------------------------------------------------------------------------------
def test_a_grid_is_every_combination_the_last_factor_fastest():
    factors = [POSTURES, {"key": "batteries", "values": [0, 4, 6]}, {"key": "days", "values": [1, 2]}]
    points = list(Points(design(factors=factors, constants={})))
    keys = ("posture", "batteries", "days")
    assert points == [
        dict(zip(keys, c, strict=True)) for c in itertools.product(("fourteen", "six"), (0, 4, 6), (1, 2))
    ]
    assert [list(point) for point in points] == [list(keys)] * 12


def test_points_are_a_sequence():
    points = Points(design())
    assert len(points) == 8
    assert points[2:4] == [points[2], points[3]]
    for number in (-1, 8):
        with pytest.raises(IndexError):
            points[number]


def test_every_combination_of_levers_meets_the_same_sample_of_uncertainties():
    some = design(factors=[POSTURES, INTERCEPT, SKILL], n=16, sample="sobol")
    by_posture = {
        name: [{k: v for k, v in p.items() if k != "posture"} for p in Points(some) if p["posture"] == name]
        for name in ("fourteen", "six")
    }
    assert by_posture["fourteen"] == by_posture["six"]
    assert len(by_posture["six"]) == 16


def test_explicit_points_inline_and_from_a_file_are_crossed_with_the_factors(tmp_path):
    (tmp_path / "points.csv").write_text(
        "\ufeffdefence.p_intercept, retaliation.effect\n0.5,deters\n\n 0.75 ,none\n", encoding="utf-8"
    )
    file = write(
        tmp_path / "d.toml",
        factors=[POSTURES],
        points=[{"defence.p_intercept": 0.9}],
        points_file="points.csv",
    )
    some = load_design(file)
    points = list(Points(some))
    assert [p["posture"] for p in points] == ["fourteen", "six"] * 3
    assert [p["defence.p_intercept"] for p in points[::2]] == [0.9, 0.5, 0.75]
    assert [p.get("retaliation.effect") for p in points[::2]] == [None, "deters", "none"]
    assert some.keys == ["posture", "defence.p_intercept", "retaliation.effect"]


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_sample_fills_its_ranges_and_is_decided_by_the_seed(sample):
    some = design(factors=[INTERCEPT, SKILL], sample=sample, n=512)
    assert list(Points(some)) == list(Points(design(factors=[INTERCEPT, SKILL], sample=sample, n=512)))
    assert list(Points(some)) != list(Points(design(factors=[INTERCEPT, SKILL], sample=sample, n=512, seed=2)))
    for low, high, key in ((0.5, 0.9, "defence.p_intercept"), (0.1, 0.8, "skill.at_start")):
        values = column(some, key)
        assert low <= values.min()
        assert values.max() <= high
        # the mean of n uniform draws, 5 standard errors; the other two are closer still
        assert abs(values.mean() - (low + high) / 2) < 5 * (high - low) / math.sqrt(12 * 512)
    a, b = column(some, "defence.p_intercept"), column(some, "skill.at_start")
    assert abs(np.corrcoef(a, b)[0, 1]) < 5 / math.sqrt(512)


def test_a_latin_hypercube_is_scipys_and_has_one_point_in_each_slice():
    sample = unit_sample(design(factors=[INTERCEPT, SKILL], n=37, seed=5))
    assert sample.tolist() == qmc.LatinHypercube(2, seed=5).random(37).tolist()
    for values in sample.T:
        assert sorted(np.floor(values * 37)) == list(range(37))


def test_a_sobol_sequence_of_a_power_of_two_has_equal_numbers_in_halves_and_quarters():
    u = unit_sample(design(factors=[INTERCEPT, SKILL], sample="sobol", n=64))
    cells = np.floor(u * 4).astype(int) @ [4, 1]
    assert np.bincount(cells, minlength=16).tolist() == [4] * 16


@pytest.mark.parametrize("sample", ["sobol", "random"])
def test_growing_n_keeps_the_first_points(sample):
    factors = [INTERCEPT, SKILL]
    small = list(Points(design(factors=factors, sample=sample, n=11)))
    for n in (12, 16, 33, 200):
        assert list(Points(design(factors=factors, sample=sample, n=n)))[:11] == small


def test_saltelli_points_are_those_that_salib_analyses():
    pytest.importorskip("SALib")
    from SALib.analyze import sobol

    factors = [INTERCEPT, SKILL, {"key": "skill.gain", "low": 0.0, "high": 0.1}]
    u = unit_sample(design(factors=factors, sample="saltelli", n=256))
    assert u.shape == (256 * (3 + 2), 3)
    # the Sobol indices of x0 + 2 x1 are 1/5 and 4/5; x2 does nothing
    found = sobol.analyze(
        {"num_vars": 3, "names": list("abc"), "bounds": [[0, 1]] * 3},
        u[:, 0] + 2 * u[:, 1],
        calc_second_order=False,
        seed=1,
    )
    assert found["S1"] == pytest.approx([0.2, 0.8, 0.0], abs=0.02)
    assert found["ST"] == pytest.approx([0.2, 0.8, 0.0], abs=0.02)


def test_a_log_range_has_as_many_points_in_each_decade():
    factor = Factor(key="operations.base_rate_per_day", low=0.001, high=1.0, scale="log")
    values = factor.from_unit((np.arange(300) + 0.5) / 300)
    assert np.bincount(np.floor(np.log10(values)).astype(int) + 3).tolist() == [100, 100, 100]


@pytest.mark.parametrize(("scale", "low", "high"), [("linear", 3, 6), ("linear", -2, 1), ("log", 1, 4)])
def test_an_integer_range_gives_whole_numbers_to_both_ends(scale, low, high):
    factor = Factor(key="days", low=low, high=high, scale=scale, integer=True)
    u = np.concatenate([(np.arange(4000) + 0.5) / 4000, [0.0, np.nextafter(1.0, 0.0)]])
    values = factor.from_unit(u)
    assert values.dtype == np.int64
    counts = dict(zip(*np.unique(values, return_counts=True), strict=True))
    assert sorted(counts) == list(range(low, high + 1))
    if scale == "linear":  # each has the same share
        assert all(abs(n - 1000) <= 1 for n in counts.values())
    else:  # each has the share of its step on the log scale
        shares = {k: math.log((k + 1) / k) / math.log((high + 1) / low) for k in counts}
        assert all(abs(counts[k] - 4000 * shares[k]) <= 2 for k in counts)


def test_points_of_an_integer_range_are_plain_ints():
    (factor,) = ({"key": "days", "low": 1, "high": 9, "integer": True},)
    assert {type(p["days"]) for p in Points(design(factors=[factor], constants={}))} == {int}


def test_a_million_points_take_no_room():
    factors = [{"key": key, "low": 0.1, "high": 0.9} for key in ("defence.p_intercept", "skill.at_start")]
    points = Points(design(factors=factors, sample="random", n=10**6))
    assert len(points) == 10**6
    assert sum(column.nbytes for _, column in points._columns) == 2 * 8 * 10**6
    assert set(points[999_999]) == {"defence.p_intercept", "skill.at_start"}


# --- bases -----------------------------------------------------------------------------------------------
def test_a_base_for_each_posture_responses_and_calendar():
    factors = [POSTURES, {"key": "responses", "values": ["none", "surge=0.5+zone_clearance"]}, INTERCEPT]
    some = design(factors=factors, responses=["closure_threat"], n=2)
    bases = Bases(some)
    found = [bases(point).scenario for point in Points(some)]
    assert len(list(bases)) == 4
    assert len(combinations(some)) == 4
    assert {s.label for s in found} == {
        f"{p}+closure_threat{r}" for p in ("fourteen", "six") for r in ("", "+surge=0.5+zone_clearance")
    }
    assert {s.days for s in found} == {2}


def test_only_postures_of_the_design_are_bases():
    some = design(factors=[{**POSTURES, "values": ["fourteen"]}, {"key": "responses", "values": ["none", "surge"]}])
    assert {base.scenario.name for base in make_plan(some, "x").bases} == {"fourteen"}


def test_any_dotted_key_may_vary():
    values = {
        "posture": ["six", "equal_six"],
        "responses": ["none", "surge@5"],
        "calendar": ["2020"],
        "days": [2, 3],
        "start": ["2020-01-01", "2020-02-01"],
        "people": [3000],
        "batteries": [6],
        "sites.embassy.batteries": [1],
        "responses.closure_threat.strength": [0.5],
        "responses.closure_threat.start_day": [1],
        "retaliation.effect": ["none"],
        "supply.trucks_per_convoy": [10],
    }
    factors = [{"key": key, "values": options} for key, options in values.items()]
    plan = make_plan(design(factors=factors, constants={}), "x")
    assert plan.n_runs == 2 * 2 * 2 * 2 * 3
    assert plan.n_duplicates == 0


# --- what is refused -------------------------------------------------------------------------------------
def factor(**keys):
    return {"factors": [{"key": "defence.p_intercept", **keys}]}


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"nosuch": 1}, ["nosuch", "key is unknown"]),
        ({"name": None}, ["name", "missing"]),
        ({"name": "A b"}, ["name", "'A b'"]),
        ({"replicates": 0}, ["replicates is 0"]),
        ({"replicates": 2.5}, ["replicates is 2.5"]),
        ({"seed": -1}, ["seed is -1"]),
        ({"outputs": ["daily"]}, ["outputs must have runs"]),
        ({"outputs": ["runs", "charts"]}, ["outputs[1]", "charts"]),
        ({"sample": "grid"}, ["sample is 'grid'", "sobol"]),
        ({"n": 0}, ["n is 0"]),
        ({"posture": "nosuch"}, ["posture is 'nosuch'", "fourteen"]),
        ({"responses": ["surge", "nosuch"], "factors": []}, ["responses[1]", "'nosuch'", "zone_clearance"]),
        ({"calendar": "1999"}, ["calendar", "'1999'", "2020"]),
        (
            {"constants": {"defence.p_intercept": 1.5}, "factors": []},
            ["constants.defence.p_intercept", "1.5", "0 to 1"],
        ),
        ({"constants": {"defence.luck": 1}}, ["constants.defence.luck", "p_intercept"]),
        ({"constants": {"defence.p_intercept": 0.5}}, ["defence.p_intercept is given twice"]),
        ({"factors": [POSTURES, POSTURES]}, ["posture is given twice"]),
        (
            {"factors": [{"key": "posture", "values": ["six", "nosuch"]}]},
            ["factors[0].values[1]", "nosuch", "fourteen"],
        ),
        (
            {"factors": [{"key": "responses", "values": ["none", "surge+nosuch"]}]},
            ["factors[0].values[1]", "surge+nosuch", "zone_clearance"],
        ),
        ({"factors": [{"key": "responses", "values": ["surge=2"]}]}, ["factors[0].values[0]", "surge=2"]),
        ({"factors": [{"key": "responses", "low": 0.0, "high": 1.0}]}, ["not a range"]),
        (
            {"factors": [{"key": "luck", "values": [1, 2]}]},
            ["factors[0].values[0] (luck) is 1", "there is no such key"],
        ),
        ({"factors": [{"key": "defence.luck", "low": 0.0, "high": 1.0}]}, ["factors[0].low (defence.luck)"]),
        (factor(values=[0.5, 1.5]), ["factors[0].values[1] (defence.p_intercept) is 1.5", "0 to 1"]),
        (factor(values=[0.5, "high"]), ["factors[0].values[1] (defence.p_intercept) is 'high'"]),
        (factor(values=[]), ["factors[0]", "at least one"]),
        (factor(values=[1, 1.0]), ["each once"]),
        (factor(values=[True]), ["factors[0].values[0]"]),
        (factor(values=[float("nan")]), ["factors[0].values[0]", "nan"]),
        (factor(values=[float("inf")]), ["factors[0].values[0]", "inf"]),
        (factor(low=0.2), ["either values, or low and high"]),
        (factor(values=[0.5], high=0.7), ["either values, or low and high"]),
        (factor(low=0.7, high=0.2), ["low must be below high"]),
        (factor(low=float("nan"), high=0.7), ["factors[0].low", "nan"]),
        (factor(low=0.0, high=0.7, scale="log"), ["above 0 on a log scale"]),
        (factor(low=0.5, high=1.7), ["factors[0].high (defence.p_intercept) is 1.7", "0 to 1"]),
        (factor(low=0.5, high=3.0, integer=True), ["whole numbers"]),
        (factor(values=[0.5], scale="log"), ["belong to a range"]),
        (factor(values=[0.5], colour="red"), ["factors[0].colour", "key is unknown"]),
        (factor(values=[0.5], kind="wish"), ["factors[0].kind", "lever"]),
        ({"points": [{"defence.p_intercept": 0.5}]}, ["points[0]", "only here"]),
        ({"points": [{"skill.at_start": 0.5}, {"skill.at_start": -0.5}]}, ["points[1]", "skill.at_start", "-0.5"]),
        ({"points": [{"posture": "nosuch"}], "factors": []}, ["points[0]", "nosuch"]),
        ({"factors": [{"key": "sites.al_asad.people", "values": [3]}, POSTURES]}, ["factors[0].values[0]"]),
        ({"points_file": "nosuch.csv"}, ["points_file", "nosuch.csv", "No such file"]),
    ],
)
def test_a_bad_design_is_refused_with_its_place(tmp_path, posture, keys, words):
    file = write(tmp_path / "bad.toml", **keys)
    if "sites.al_asad.people" in str(keys):  # a site that one of the postures does not hold
        file.write_text(file.read_text().replace("al_asad", "al_qaim"))
    result = posture("sweep", file, "--out", tmp_path / "out")
    assert (result.exit_code, result.stdout) == (2, ""), result.stderr
    assert result.stderr.startswith("posture: ")
    assert "bad.toml" in result.stderr or "nosuch.csv" in result.stderr
    for word in words:
        assert word in result.stderr
    assert not list((tmp_path / "out").glob("*.csv"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["line 1", "header"]),
        ("skill.at_start,skill.at_start\n0.1,0.2\n", ["line 1", "each once"]),
        ("skill.at_start,\n0.1,0.2\n", ["line 1", "each once"]),
        ("skill.at_start\n", ["line 2", "a row for each point"]),
        ("skill.at_start\n0.1\n0.2,0.3\n", ["line 3", "0.2,0.3", "it must have 1 values"]),
        ("skill.at_start,skill.gain\n0.1,0.1\n0.2,\n", ["line 3, skill.gain", "there must be a value"]),
        ("skill.at_start\n0.1\n\n0.2\n1.5\n", ["p.csv line 5 (skill.at_start) is 1.5", "0 to 1"]),
        ("skill.at_start\n0.1\nhigh\n", ["p.csv line 3 (skill.at_start) is 'high'"]),
        ("skill.at_start\n0.1\nnan\n", ["nan"]),
        ("skill.at_start\ntrue\n", ["p.csv line 2 (skill.at_start) is 'true'"]),
        ("skill.luck\n0.1\n", ["p.csv line 2 (skill.luck) is 0.1", "at_start"]),
        ("posture\nsix\nnosuch\n", ["p.csv line 3", "nosuch"]),
        ("defence.p_intercept\n0.1\n", ["p.csv line 2", "defence.p_intercept", "only here"]),
        ('skill.at_start\n"0.1\n', ["p.csv", "can be read", "unexpected end of data"]),
    ],
)
def test_a_bad_row_of_a_points_file_is_refused_with_its_line(tmp_path, posture, text, words):
    (tmp_path / "p.csv").write_text(text, encoding="utf-8")
    result = posture("sweep", write(tmp_path / "d.toml", factors=[INTERCEPT], points_file="p.csv"), "--dry-run")
    assert (result.exit_code, result.stdout) == (2, ""), result.stdout
    for word in words:
        assert word in result.stderr


def test_a_points_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "p.csv").write_bytes(b"a,b\n\xff\xfe,1\n")
    with pytest.raises(ConfigError, match=r"p\.csv: points_file"):
        load_design(write(tmp_path / "d.toml", points_file="p.csv"))


def test_a_file_that_is_not_toml_and_a_name_that_is_none(tmp_path, posture):
    (tmp_path / "d.toml").write_text("name = ")
    result = posture("sweep", tmp_path / "d.toml", "--dry-run")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    result = posture("sweep", "nosuch", "--dry-run")
    assert result.exit_code == 2
    assert all(name in result.stderr for name in names("experiments"))


# --- those that come with the program --------------------------------------------------------------------
def test_there_are_the_ready_designs():
    assert set(names("experiments")) >= {"fourteen_vs_six", "factorial", "responses", "threat_level", "surge"}


@pytest.mark.parametrize("name", names("experiments"))
def test_every_ready_design_is_valid(name):
    some = load_design(name)
    assert some.name == name
    assert some.question
    check_values(some, name)
    plan = make_plan(some, name, 2)
    assert plan.n_duplicates == 0
    assert all(factor.kind == "lever" for factor in some.listed)
