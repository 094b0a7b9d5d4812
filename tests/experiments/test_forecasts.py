"""Forecasts with rolling origin: laws in closed form, planted truths that win or lose, nothing counted twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from made_up_runs import FIRE, RECORD, ROAD, MadeUpRuns, changed, made_up, record_of
from scipy import stats

from experiments.studies.validation import nulls
from experiments.studies.validation.checks import weighed_runs
from experiments.studies.validation.contests import TOGETHER, contests, in_words, needed, needed_in_words, summed
from experiments.studies.validation.counting import MOST, REPORTS, SOURCES, WIDE, Counting, law, reports_of
from experiments.studies.validation.forecasts import (
    MODEL,
    by_structure,
    forecasts,
    log_chance,
    model_forecast,
    of_runs,
    weights_at,
)
from experiments.studies.validation.nulls import CONSTANT, EXCITED, LAST, MEAN, NAMED, NULLS, SHAPE, fano
from experiments.studies.validation.record import MIX, Quarter, Record, load_record
from experiments.studies.validation.scores import crps, log_score, place, quantiles
from sim.errors import ConfigError

EXACT = Counting("exact", share=0.0, poisson=False, rounding=1e-6)
COUNTS = np.arange(MOST + 1)
END_OF_MARCH, END_OF_MAY, END_OF_JUNE = date(2020, 3, 31), date(2020, 5, 31), date(2020, 6, 30)


def asked(name, record=RECORD):
    return next(each for each in record.asked() if each.name == name)


# --- the record ------------------------------------------------------------------------------------------------
def test_each_window_is_asked_for_at_the_end_of_what_is_before_it():
    origins = {each.name: str(each.origin) for each in RECORD.asked()}
    months = ("February", "March", "April", "May", "June")
    ends = ("2020-01-31", "2020-02-29", "2020-03-31", "2020-04-30", "2020-05-31")
    fire = {f"fire_attacks, {month} 2020": end for month, end in zip(months, ends, strict=True)}
    assert origins == {
        **fire,
        "fire_attacks, Q3 2020": "2020-06-30",
        "convoy_attacks, Q2 2020": "2020-03-31",
        "convoy_attacks, Q3 2020": "2020-06-30",
        "mix, Q2 2020": "2020-03-31",
        "mix, Q3 2020": "2020-06-30",
    }


def test_a_quarter_that_has_ended_is_known_by_its_total_and_one_that_lasts_by_its_months():
    assert [w.value for seen in RECORD.seen(FIRE, END_OF_MAY) for w in seen.counted_once] == [19, 1, 2]
    assert [m.value for seen in RECORD.seen(FIRE, END_OF_MARCH) for m in seen.months] == [9, 2, 7]
    assert [w.value for seen in RECORD.seen(ROAD, END_OF_MAY) for w in seen.counted_once] == [14]


def test_bad_records_are_refused(tmp_path):
    quarter = {"measure": FIRE, "from": date(2020, 1, 1), "until": date(2020, 3, 31), "value": 3}
    with pytest.raises(ValueError, match="it must be 3 months, or none"):
        Quarter.model_validate({**quarter, "months": [1, 2]})
    both = [quarter, {**quarter, "from": date(2020, 3, 31), "until": date(2020, 4, 30)}]
    words = {"name": "x", "title": "x", "source": "x", "share_of": (FIRE, ROAD)}
    with pytest.raises(ValueError, match="overlap"):
        Record.model_validate({**words, "quarters": both})
    path = tmp_path / "x.toml"
    path.write_text(
        'name = "x"\ntitle = "x"\nsource = "x"\nshare_of = ["a", "b"]\n[[quarters]]\nmeasure = "weather"\n'
        "from = 2020-01-01\nuntil = 2020-03-31\nvalue = 3\n",
        encoding="utf-8",
    )
    with pytest.raises(ConfigError, match="weather"):
        load_record(path)


# --- laws ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("counting", "happened", "sd"), [(WIDE, 20, 20**0.5), (WIDE, 200, 30.0), (SOURCES, 20, 3.05)])
def test_reports_spread_as_wide_as_poisson_or_15_percent(counting, happened, sd):
    chances = law(counting)[:, happened]
    assert chances.sum() == pytest.approx(1.0, abs=1e-6)
    mean = chances @ REPORTS
    assert mean == pytest.approx(happened, rel=0.01)
    assert np.sqrt(chances @ (REPORTS - mean) ** 2) == pytest.approx(sd, rel=0.01)


def test_the_constant_rate_is_the_negative_binomial_of_a_gamma_rate_in_closed_form():
    seen, window = RECORD.seen(ROAD, END_OF_JUNE), asked("convoy_attacks, Q3 2020").windows[0]
    days, count = 91 + 91, 14 + 27
    exposure = SHAPE / MEAN + days
    closed = stats.nbinom.pmf(COUNTS, SHAPE + count, exposure / (exposure + window.days))
    assert NULLS[CONSTANT](seen, window, EXACT) == pytest.approx(closed, abs=1e-6)
    exposure = SHAPE / MEAN + 91
    closed = stats.nbinom.pmf(COUNTS, SHAPE + 27, exposure / (exposure + window.days))
    assert NULLS[LAST](seen, window, EXACT) == pytest.approx(closed, abs=1e-6)


def weighted(name, seen, window, counting, draws=400_000):
    """The same null by simulation: rates and counts from its prior, weighted by what was reported."""
    rng = np.random.default_rng(5)
    rate = rng.gamma(SHAPE, MEAN / SHAPE, draws)
    shape = rng.uniform(0, 1, draws) ** -2.0
    n, delay = rng.uniform(0, 0.5, draws), rng.uniform(7, 42, draws)

    def counts(of, days):
        if name != EXCITED:
            return rng.poisson(of * days)
        spread = fano(n, delay, days)
        return rng.poisson(rng.gamma(of * days / (spread - 1), spread - 1))

    weights, of = np.ones(draws), rate
    for quarter in seen:
        of = rng.gamma(shape, rate / shape) if name == NAMED else rate
        for each in quarter.counted_once:
            weights *= law(counting)[each.value][np.minimum(counts(of, each.days), MOST)]
    if name == NAMED and seen[-1].total:
        of = rng.gamma(shape, rate / shape)
    return np.bincount(np.minimum(counts(of, window.days), MOST), weights / weights.sum(), MOST + 1)


@pytest.mark.parametrize("name", [NAMED, CONSTANT, EXCITED])
@pytest.mark.parametrize(("origin", "what"), [(END_OF_MARCH, "April 2020"), (END_OF_MAY, "June 2020")])
def test_null_models_are_what_simulation_of_them_gives(name, origin, what):
    seen, window = RECORD.seen(FIRE, origin), asked(f"fire_attacks, {what}").windows[0]
    exact, simulated = NULLS[name](seen, window, WIDE), weighted(name, seen, window, WIDE)
    assert exact.sum() == pytest.approx(1.0, abs=1e-3)
    assert np.abs(np.cumsum(exact) - np.cumsum(simulated)).max() < 0.02


def test_the_null_to_beat_expects_a_quarter_to_go_on_and_the_next_to_be_another():
    low = changed(RECORD, 1, months=(0, 0, 6))
    seen = low.seen(FIRE, END_OF_MAY)
    window = asked("fire_attacks, June 2020").windows[0]
    named, constant = (NULLS[name](seen, window, WIDE) @ COUNTS for name in (NAMED, CONSTANT))
    assert named < 0.7 * constant
    laws = [
        NULLS[name](RECORD.seen(ROAD, END_OF_JUNE), asked("mix, Q3 2020").windows[0], WIDE)
        for name in (NAMED, CONSTANT)
    ]
    spreads = [np.sqrt(each @ COUNTS**2 - (each @ COUNTS) ** 2) for each in laws]
    assert spreads[0] > 1.2 * spreads[1]


def test_the_published_spread_of_a_hawkes_process():
    assert [round(float(fano(0.44, 14.0, days)), 2) for days in (7, 30, 91)] == [1.28, 1.91, 2.60]
    assert fano(0.0, 14.0, 30.0) == 1.0


def test_scores_and_quantiles_are_those_of_the_law():
    chances = stats.poisson.pmf(COUNTS, 6.0)
    assert log_score(4, chances) == pytest.approx(-stats.poisson.logpmf(4, 6.0))
    cdf = stats.poisson.cdf(COUNTS, 6.0)
    assert crps(4, chances) == pytest.approx(np.sum((cdf - (COUNTS >= 4)) ** 2))
    levels = np.array([0.05, 0.5, 0.95])
    assert quantiles(chances, levels).tolist() == stats.poisson.ppf(levels, 6.0).tolist()
    assert place(4, chances) == pytest.approx(stats.poisson.cdf(3, 6.0) + 0.5 * stats.poisson.pmf(4, 6.0))
    truth, low = (stats.poisson.pmf(COUNTS, mean) for mean in (6.0, 4.0))
    for score in (log_score, crps):
        assert sum(p * score(r, truth) for r, p in enumerate(truth[:60])) < sum(
            p * score(r, low) for r, p in enumerate(truth[:60])
        )


def test_the_mix_given_the_total_is_binomial_where_counts_are_known():
    each = [np.array([30.0]), np.array([10.0])]
    chances, error = of_runs(asked("mix, Q2 2020"), each, np.ones(1), WIDE)
    assert chances == pytest.approx(stats.binom.pmf(np.arange(39), 38, 0.75), abs=1e-9)
    assert error == pytest.approx(0.0, abs=1e-9)


# --- what is known ---------------------------------------------------------------------------------------------
def test_months_of_a_quarter_that_has_ended_are_not_counted_twice():
    """Months given their total say nothing of a rate that does not change: the total alone must weigh as much."""
    runs = made_up(30_000, width=(0.02, 1.0))
    rate = runs.window(FIRE, date(2020, 1, 1), END_OF_JUNE) / 182  # a run's own rate
    (seen,) = RECORD.seen(FIRE, END_OF_MARCH)
    alone = RECORD.model_copy(update={"quarters": (RECORD.quarters[0].model_copy(update={"months": ()}),)})
    logs = {
        "once": log_chance(runs, seen, WIDE),
        "total": log_chance(runs, *alone.seen(FIRE, END_OF_MARCH), WIDE),
        "twice": log_chance(runs, alone.seen(FIRE, END_OF_MARCH)[0], WIDE)
        + sum(np.log(law(WIDE)[m.value][runs.window(FIRE, m.first, m.last).astype(int)]) for m in seen.months),
    }
    sds = {}
    for name, each in logs.items():
        weights = np.exp(each - each.max())
        mean = np.average(rate, weights=weights)
        sds[name] = np.sqrt(np.average((rate - mean) ** 2, weights=weights))
    assert sds["once"] == pytest.approx(sds["total"], rel=0.05)
    assert sds["twice"] < 0.87 * sds["total"], "the fault that is looked for would show"


def test_months_say_how_a_total_was_shared_out():
    runs = made_up(20_000)
    (seen,) = RECORD.seen(FIRE, END_OF_MARCH)
    weights = np.exp(log_chance(runs, seen, WIDE))
    january, february = (runs.window(FIRE, m.first, m.last) for m in seen.months[:2])
    assert np.average(january, weights=weights) > 1.5 * np.average(february, weights=weights)


def test_what_is_reported_after_the_origin_does_not_matter():
    runs = made_up(3000)
    later = changed(changed(RECORD, 2, value=90), 5, value=3)
    later = changed(later, 1, months=(1, 2, 60))
    for origin in (END_OF_MARCH, END_OF_MAY):
        assert np.array_equal(weights_at(runs, RECORD, origin, WIDE), weights_at(runs, later, origin, WIDE))
        for name, null in NULLS.items():
            window = asked("fire_attacks, Q3 2020").windows[0]
            laws = [null(record.seen(FIRE, origin), window, WIDE) for record in (RECORD, later)]
            assert np.array_equal(*laws), name
    assert not np.array_equal(*(weights_at(runs, r, END_OF_JUNE, WIDE) for r in (RECORD, later)))


# --- planted truths --------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def worlds():
    """Fire falls and rises, convoys rise and fall; a table that knows it, and one that has it upside down."""
    shape = {"fire": (1.0, 0.4, 2.5), "road": (0.4, 2.5, 1.0)}
    upside = {"fire": (1.0, 2.5, 0.4), "road": (2.5, 0.4, 1.0)}
    truth = made_up(12, **shape, seed=9, width=(0.2, 0.3))
    records = [record_of(truth, row, WIDE, 3) for row in range(len(truth))]
    return records, made_up(4000, **shape, seed=2), made_up(4000, **upside, seed=2)


def differences(runs, records):
    """Model − null to beat, summed over each record (log score): of all counts, and of the mix."""
    found = [
        {
            c.of: c.log_difference.mean
            for c in contests(list(forecasts(runs, record, (WIDE,))))
            if c.against == NAMED and c.counting == WIDE.name
        }
        for record in records
    ]
    return {of: stats.ttest_1samp([each[of] for each in found], 0.0) for of in (TOGETHER, MIX)}


def test_who_knows_the_truth_beats_the_null_and_who_is_wrong_loses(worlds):
    records, knowing, wrong = worlds
    for test in differences(knowing, records).values():
        assert test.statistic < 0
        assert test.pvalue < 0.01
    for test in differences(wrong, records).values():
        assert test.statistic > 0
        assert test.pvalue < 0.01


def test_predictive_intervals_cover_as_often_as_they_say():
    """Records drawn from the table that forecasts them; whole numbers make a range wider than its level, never less."""
    runs, truth = made_up(4000, seed=4), made_up(100, seed=5)
    found = [
        f for row in range(len(truth)) for f in _model_alone(runs, record_of(truth, row, WIDE, 6)) if f.asked.of != MIX
    ]
    inside = [[f.ends[low] <= f.reported <= f.ends[high] for f in found] for low, high in ((0, 4), (1, 3))]
    wide, half = (float(np.mean(each)) for each in inside)
    assert 0.88 <= wide <= 0.98
    assert 0.48 <= half <= 0.72
    below = np.array([f.below for f in found])
    assert below.mean() == pytest.approx(0.5, abs=0.03)
    assert below.std() == pytest.approx(12**-0.5, abs=0.03)


def _model_alone(runs, record):
    return [model_forecast(runs, record, each, WIDE) for each in record.asked()]


# --- who wins --------------------------------------------------------------------------------------------------
def test_a_sum_of_differences_has_its_t_interval_and_few_have_none():
    values = np.array([1.0, -0.5, 0.3, 0.9, 1.4, -0.1, 0.2, 0.6])
    found = summed(values)
    half = stats.t.ppf(0.975, 7) * values.std(ddof=1) * np.sqrt(8)
    assert (found.mean, found.low, found.high) == pytest.approx((3.8, 3.8 - half, 3.8 + half))
    assert np.isnan(summed(values[:2]).low)


def test_it_is_said_plainly_who_wins(worlds):
    records, knowing, wrong = worlds
    good, bad = (list(forecasts(runs, records[0])) for runs in (knowing, wrong))
    said = {name: list(in_words(contests(found))) for name, found in (("good", good), ("bad", bad))}
    assert any("all counts" in line and "the model scores better" in line for line in said["good"])
    line = next(line for line in said["bad"] if line.startswith("all counts"))
    assert f"{NAMED} scores better" in line
    assert "over 8 forecasts" in line
    mix = next(line for line in said["bad"] if line.startswith("mix"))
    assert "too few for an interval" in mix


def test_a_structure_that_would_have_been_needed_is_found():
    """Fire triples in the third quarter where the rival is in; the record is of such a run."""
    runs = made_up(8000, seed=7, shifted=(1.0, 0.5, 3.0))
    truth = made_up(1, fire=(1.0, 0.5, 3.0), seed=8, width=(0.25, 0.26))
    record = record_of(truth, 0, WIDE, 1)
    sides = by_structure(runs, record)
    found = list(forecasts(runs, record, (WIDE,)))
    scores = {(s.rival, s.side, s.asked.name): s.log_score for s in sides}
    last = "fire_attacks, Q3 2020"
    assert scores["shift", "in", last] < scores["shift", "out", last] - 1.0
    assert abs(scores["idle", "in", last] - scores["idle", "out", last]) < 0.5
    rows = needed(found, sides)
    best = min((row for row in rows if row.of == TOGETHER), key=lambda row: row.log_score)
    assert (best.rival, best.side) == ("shift", "in")
    assert best.gain.mean < 0
    assert len(sides) == 2 * 2 * len(record.asked())
    beaten = contests(_with_null_ahead(found))
    assert any("shift in would have served best" in line for line in needed_in_words(rows, beaten))


def _with_null_ahead(found):
    return [replace(f, log_score=f.log_score + 9.0) if f.model == MODEL else f for f in found]


def test_a_side_without_any_run_near_the_reports_has_no_score():
    runs = made_up(200, seed=3, width=(0.2, 0.3))
    nobody = by_structure(type(runs)(runs.counts, np.ones_like(runs.included)), RECORD)
    out = [s for s in nobody if s.side == "out"]
    assert out
    assert all(np.isnan(s.log_score) and s.effective == 0 for s in out)


def test_a_table_that_is_weighed_forecasts_like_the_side_that_is_left():
    """With the rival in for certain the forecast is that of its draws; half and half changes nothing."""
    some = made_up(6000, seed=7, shifted=(1.0, 0.5, 3.0))
    runs = MadeUpRuns(some.counts, some.included, ("encounter", "idle"))
    last = asked("fire_attacks, Q3 2020")
    sides = {s.side: s.log_score for s in by_structure(runs, RECORD) if (s.rival, s.asked) == ("encounter", last)}
    scores = {
        p: model_forecast(weighed_runs(runs, f"encounter=tip_off:{p}"), RECORD, last, WIDE).log_score
        for p in (1.0, 0.5, 0.0)
    }
    assert scores[1.0] == pytest.approx(sides["in"])
    assert scores[0.0] == pytest.approx(sides["out"])
    assert scores[0.5] == pytest.approx(model_forecast(runs, RECORD, last, WIDE).log_score, abs=0.02)


def test_the_error_of_a_score_is_what_other_tables_differ_by():
    each = asked("fire_attacks, Q3 2020")
    logs, errors = [], []
    for seed in range(12):
        runs = made_up(1500, seed=100 + seed)
        weights = weights_at(runs, RECORD, each.origin, WIDE)
        chances, error = of_runs(each, [runs.window(FIRE, each.windows[0].first, each.windows[0].last)], weights, WIDE)
        logs.append(log_score(27, chances))
        errors.append(error)
    assert np.std(logs, ddof=1) == pytest.approx(np.mean(errors), rel=0.6)


def test_null_reports_have_the_law_of_everybody():
    window = asked("fire_attacks, Q3 2020").windows[0]
    happens = nulls.constant(RECORD.seen(FIRE, END_OF_JUNE), window, WIDE)
    chances = reports_of(happens, WIDE)
    spread = [np.sqrt(c @ np.arange(len(c)) ** 2 - (c @ np.arange(len(c))) ** 2) for c in (happens, chances)]
    assert spread[1] ** 2 == pytest.approx(spread[0] ** 2 + happens @ COUNTS, rel=0.02)
