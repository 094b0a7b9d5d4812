"""The fact sheet of shape: values read off made-up runs, weights that see the totals and nothing else, structures."""

from __future__ import annotations

import numpy as np
import pytest
from made_up_runs import FIRE, RECORD, ROAD, MadeUpRuns, changed, made_up
from scipy import stats

from experiments.studies.validation.forecasts import ENOUGH
from experiments.studies.validation.shape import ALL, facts, of_weighted, shapes, share_of_weighted

REPORTED_SHARES = [14 / 33, 27 / 38, 25 / 52]


def named(found, fact, structure=ALL):
    return [shape for shape in found if shape.words.fact == fact and shape.structure == structure]


def one_run(fire, rounds, road=None):
    """A run with these attacks and rounds by day number."""
    counts = {name: np.zeros((1, 274), np.int16) for name in (FIRE, ROAD, "rounds_fired")}
    for name, days in ((FIRE, fire), ("rounds_fired", rounds), (ROAD, road or {})):
        for day, n in days.items():
            counts[name][0, day] = n
    return MadeUpRuns(counts, np.ones((1, 2), bool))


def value_of(runs, fact, window=None):
    (values,) = [v for words, v in facts(runs, RECORD) if words.fact == fact and window in (None, words.window)]
    return float(values[0])


def test_what_was_reported_is_what_the_sources_say():
    found = {(words.fact, words.window): words.reported for words, _ in facts(one_run({}, {}), RECORD)}
    shares = [value for (fact, _), value in found.items() if fact == "share of convoys among attacks"]
    assert [round(each, 2) for each in shares] == [0.42, 0.71, 0.48]
    assert found["variance over mean of months, fire", "January 2020 to June 2020"] == pytest.approx(
        np.var([9, 2, 7, 1, 2, 6], ddof=1) / 4.5
    )
    assert found["variance over mean of weeks, fire", "all weeks"] is None


def test_salvos_are_read_off_days_with_one_attack_in_months_that_were_counted():
    runs = one_run({0: 1, 5: 2, 40: 1, 100: 1, 200: 1}, {0: 3, 5: 60, 40: 25, 100: 4, 200: 30})
    assert value_of(runs, "share of salvos with at most 5 rounds") == pytest.approx(2 / 3)
    assert value_of(runs, "share of salvos with 20 rounds and more") == pytest.approx(1 / 3)
    assert value_of(runs, "mean rounds of a salvo", "Q1 2020") == 14.0
    assert value_of(runs, "mean rounds of a salvo", "Q2 2020") == 4.0


def test_shares_and_ratios_of_quarters_end_where_the_reports_do():
    runs = one_run({10: 4, 100: 2, 200: 6, 271: 50}, {}, {10: 4, 100: 6, 200: 2})
    assert value_of(runs, "share of convoys among attacks", "Q1 2020") == 0.5
    assert value_of(runs, "share of convoys among attacks", "Q3 2020") == 0.25  # day 271 is after 26 September
    assert value_of(runs, "fire, quarter over quarter", "Q3 2020 over Q2 2020") == 3.0
    assert value_of(runs, "share of runs in which convoys gain, then lose share") == 1.0
    assert value_of(runs, "share of runs in which fire dips, then rises") == 1.0
    nothing = one_run({}, {})
    assert np.isnan(value_of(nothing, "share of runs in which convoys gain, then lose share"))


def test_weeks_of_a_poisson_process_have_variance_over_mean_of_one():
    (values,) = [v for words, v in facts(made_up(2000, width=(0.2, 0.21)), RECORD) if "weeks" in words.fact]
    assert values.mean() == pytest.approx(1.0, abs=0.03)


def test_weighted_quantiles_are_those_of_repeated_values():
    rng = np.random.default_rng(1)
    values, times = rng.normal(size=50), rng.integers(1, 9, 50)
    repeated = np.quantile(np.repeat(values, times), [0.05, 0.5, 0.95], method="inverted_cdf")
    assert of_weighted(values, times.astype(float)) == pytest.approx(repeated.tolist())


def test_a_share_has_the_interval_of_its_effective_runs():
    values = np.repeat([1.0, 0.0], [30, 70])
    bounds = stats.binomtest(30, 100).proportion_ci(0.9, "wilson")
    assert share_of_weighted(values, np.ones(100)) == pytest.approx((bounds.low, 0.3, bounds.high))


def test_weighted_runs_have_the_shape_of_the_totals_and_months_do_not_weigh():
    """Facts of months are emergent: they may not be among what the runs are weighted by."""
    runs = made_up(20_000)
    found = shapes(runs, RECORD)
    for shape, reported in zip(named(found, "share of convoys among attacks"), REPORTED_SHARES, strict=True):
        assert abs(shape.weighted[1] - reported) < abs(shape.prior[1] - reported) + 0.02
        assert shape.inside
    other = changed(changed(RECORD, 0, months=(0, 0, 18)), 1, months=(9, 0, 0))
    for mine, theirs in zip(found, shapes(runs, other), strict=True):
        assert mine.weighted == pytest.approx(theirs.weighted, nan_ok=True)


def test_a_structure_that_makes_the_shape_is_told_from_one_that_does_not():
    """Fire goes down and up where the rival is in, and stays where it is out."""
    runs = made_up(20_000, shifted=(1.0, 0.58, 1.42), seed=3)
    found = shapes(runs, RECORD)
    dips = {s.structure: s.prior[1] for s in found if s.words.fact == "share of runs in which fire dips, then rises"}
    assert set(dips) == {ALL, "shift in", "shift out", "idle in", "idle out"}
    assert dips["shift in"] > dips["shift out"] + 0.2
    assert abs(dips["idle in"] - dips["idle out"]) < 0.05


def test_a_handful_of_runs_gives_no_verdict():
    found = shapes(made_up(20, seed=6), RECORD)
    assert all(shape.inside is None for shape in found if shape.runs < ENOUGH)
    assert any(shape.runs < ENOUGH for shape in found)


def test_each_fact_says_what_it_rests_on():
    rests = {words.fact: words.rests_on for words, _ in facts(one_run({}, {}), RECORD)}
    assert set(rests.values()) == {"input", "fitted", "emergent"}
    assert rests["share of convoys among attacks"] == "fitted"
    assert rests["share of salvos with 20 rounds and more"] == "input"
    assert rests["variance over mean of months, fire"] == "emergent"
