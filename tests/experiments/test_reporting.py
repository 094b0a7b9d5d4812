"""The model of the report: what is drawn has the law that is scored, the same attacks are not counted twice."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from scipy.stats import multinomial

from experiments.studies.reporting import (
    discrepancy,
    figures,
    happened,
    log_density,
    log_likelihood,
    scaled,
    simulate_reports,
    source_of,
)
from experiments.studies.targets import Running, Target, load_targets

START = date(2020, 1, 1)
N = 40_000


def target(**given):
    basics = {"name": "t", "measure": "fire_attacks", "from": START, "until": date(2020, 3, 31), "source": "S2, E4"}
    return Target.model_validate({**basics, **given})


class Same:
    """`n` runs in all of which the same happened: measure → day → how many."""

    def __init__(self, n=N, **days):
        new = {name: np.zeros((1, 274)) for name in ("fire_attacks", "convoy_attacks", "convoys_sent", "barrages")}
        for name, each in days.items():
            for day, count in each.items():
                new[name][0, (day - START).days] = count
        self._running, self._n = Running({k: v.cumsum(axis=1) for k, v in new.items()}, START), n

    def window(self, *asked):
        return np.repeat(self._running.window(*asked), self._n)


JANUARY, MARCH, LATE = date(2020, 1, 9), date(2020, 3, 9), date(2020, 9, 29)
RUN = Same(fire_attacks={JANUARY: 6, MARCH: 12}, convoy_attacks={JANUARY: 3}, convoys_sent={JANUARY: 50})
ONE = Same(1, fire_attacks={JANUARY: 6, MARCH: 12}, convoy_attacks={JANUARY: 3}, convoys_sent={JANUARY: 50})


# --- one law, drawn and scored ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "given",
    [
        {"value": 19},
        {"value": 19, "tolerance": 0.4},
        {"value": 9, "among": 18, "until": date(2020, 1, 31), "per": "fire_attacks", "per_until": date(2020, 3, 31)},
        {"at_least": 18, "tolerance": 0.3},
        {"at_most": 18, "tolerance": 0.3, "trust": 0.7},
        {"measure": "convoy_attacks", "per": "convoys_sent", "at_most": 0.05, "trust": 0.75},
        {"measure": "convoy_attacks", "per": "convoys_sent", "at_most": 0.07, "trust": 0.75},
    ],
)
def test_reports_come_as_often_as_the_density_says(given):
    """A bound is met, or is not: what is scored is only the report in hand."""
    asked = target(**given)
    drawn = simulate_reports([asked], RUN, N, 3)[:, 0]
    bound = asked.at_least or asked.at_most
    for told in [bound] if bound else np.unique(drawn)[:: max(1, len(np.unique(drawn)) // 6)]:
        often = np.mean(drawn == told)
        said = np.exp(log_density(happened(asked, ONE, 0), told)[0])
        assert often == pytest.approx(said, abs=4.5 * np.sqrt(max(said * (1 - said), 1e-4) / N) + 1e-9), told


def test_a_ratio_is_reported_with_the_error_of_its_density():
    asked = target(measure="convoy_attacks", per="convoys_sent", value=0.06, tolerance=0.2)
    drawn = simulate_reports([asked], RUN, N, 3)[:, 0]
    edges = np.quantile(drawn, [0.1, 0.3, 0.5, 0.7, 0.9])
    grid = np.exp(np.linspace(np.log(0.01), np.log(edges), 4001))
    density = np.exp([log_density(happened(asked, ONE, 0), value)[0] for value in grid[:, 2]])
    below = np.trapezoid(density, np.log(grid[:, 2]))
    assert below == pytest.approx(0.5, abs=0.01)


def test_reports_of_one_source_together_come_as_often_as_the_likelihood_says():
    """Two quarters of one source err together, those of another source by themselves."""
    runs = {"fire_attacks": {JANUARY: 12, date(2020, 5, 1): 12}, "convoy_attacks": {JANUARY: 12}}
    fire = [
        target(value=15, tolerance=0.3),
        target(**{"from": date(2020, 4, 1), "until": date(2020, 6, 30)}, value=15, tolerance=0.3),
    ]
    roads = target(measure="convoy_attacks", value=15, tolerance=0.3, source="S1")
    drawn = simulate_reports([*fire, roads], Same(**runs), N, 5)
    both = (drawn[:, 0] >= 15) & (drawn[:, 1] >= 15)
    other = (drawn[:, 0] >= 15) & (drawn[:, 2] >= 15)
    assert both.mean() > 1.25 * other.mean(), "an error in common"
    cells = [(14, 14), (12, 12), (10, 15)]
    for a, b in cells:
        often = np.mean((drawn[:, 0] == a) & (drawn[:, 1] == b))
        said = np.exp(log_likelihood(fire, Same(1, **runs), [a, b])[0])
        assert often == pytest.approx(said, abs=4.5 * np.sqrt(said / N)), (a, b)
        apart = np.exp(log_likelihood([fire[0], roads], Same(1, **runs), [a, b])[0])
        assert apart == pytest.approx(np.mean((drawn[:, 0] == a) & (drawn[:, 2] == b)), abs=4.5 * np.sqrt(apart / N))


# --- each part of it -------------------------------------------------------------------------------------------
def test_nothing_that_happened_is_reported_as_nothing_and_rounding_makes_whole_attacks():
    asked = [target(value=0), target(value=3, measure="convoy_attacks", tolerance=0.5)]
    drawn = simulate_reports(asked, Same(convoy_attacks={JANUARY: 5}), N, 1)
    assert not drawn[:, 0].any()
    assert np.array_equal(drawn[:, 1], np.round(drawn[:, 1]))
    assert np.std(np.log(drawn[:, 1])) == pytest.approx(0.5, rel=0.05)
    empty = happened(asked[0], Same(1), 0)
    assert log_density(empty, 0)[0] == 0.0
    assert log_density(empty, 1)[0] == -np.inf


def test_the_last_days_of_september_may_be_missing_for_all_targets_of_a_run_at_once():
    window = {"from": date(2020, 7, 1), "until": date(2020, 9, 30), "cut_days": 7}
    asked = [target(value=3, **window), target(value=3, measure="convoy_attacks", source="S1", **window)]
    runs = {"fire_attacks": {LATE: 9}, "convoy_attacks": {LATE: 9}}
    drawn = simulate_reports(asked, Same(**runs), N, 2) > 0
    assert np.array_equal(drawn[:, 0], drawn[:, 1])
    assert drawn[:, 0].mean() == pytest.approx(2 / 8, abs=0.01), "of 29 September with 0 or 1 of 0 to 7 days cut"
    none = np.exp(log_likelihood(asked, Same(1, **runs), [0, 0])[0])
    assert none == pytest.approx(6 / 8, abs=1e-6)
    assert np.exp(log_likelihood(asked, Same(1, **runs), [0, 9])[0]) == pytest.approx(0, abs=1e-9)
    assert asked[0].read(Same(1, **runs)).tolist() == [0.0], "read without chance, it ends on 26 September"


def scored(target, fire):
    return log_density(happened(target, Same(1, fire_attacks=fire), 0), target.value)[0]


def test_months_are_shares_of_their_quarter_so_that_no_attack_counts_twice():
    loaded = load_targets("2020")
    months = [each for each in loaded.targets.targets if each.among and each.per == (each.measure,)]
    assert [each.value for each in months] == [9, 2, 1, 2]
    days = {date(2020, 1, 5): 4, date(2020, 2, 5): 1, date(2020, 3, 5): 3, date(2020, 4, 5): 2, date(2020, 5, 5): 2}
    days[date(2020, 6, 5)] = 5
    few, many = ([scored(t, {d: k * c for d, c in days.items()}) for t in months] for k in (100, 200))
    assert few == pytest.approx(many, abs=0.02), "twice as many attacks with the same shares are as likely"
    shares = np.array([4, 1, 3]) / 8
    assert sum(many[:2]) == pytest.approx(multinomial.logpmf([9, 2, 7], 18, shares), abs=0.02)
    reports = figures(months)
    assert reports[0] + reports[1] + 7 == months[0].among
    moved = {**days, date(2020, 1, 5): 1, date(2020, 2, 5): 4}
    assert scored(months[0], {d: 100 * c for d, c in moved.items()}) < few[0] - 5, "other shares are not"


def test_usual_salvos_are_read_on_days_without_a_barrage():
    runs = Same(1, fire_attacks={JANUARY: 2, MARCH: 3}, convoys_sent={JANUARY: 5, MARCH: 33}, barrages={MARCH: 1})
    usual = target(measure="convoys_sent", per="fire_attacks", without="barrages", value=2.5)
    assert usual.read(runs).tolist() == [2.5]
    assert usual.model_copy(update={"without": None}).read(runs).tolist() == [38 / 5]


def test_the_scale_makes_each_report_err_by_about_one():
    """So that no kind of target outweighs another in a distance."""
    asked = [
        target(value=40),
        target(value=9, among=18, per="fire_attacks"),
        target(measure="convoy_attacks", per="convoys_sent", value=0.06),
    ]
    rng = np.random.default_rng(1)
    counts = rng.poisson(40, N) * np.exp(0.15 * rng.standard_normal(N))
    ratio = 0.06 * np.exp(0.15 * rng.standard_normal(N))
    points = scaled(np.stack([counts, rng.binomial(18, 0.5, N), ratio], axis=1), asked)
    assert points.std(axis=0) == pytest.approx([1, 1, 1], abs=0.12)
    assert np.isfinite(scaled(np.array([[0.0, 0.0, np.nan]]), asked)).all()
    assert discrepancy(points[0], points[0]) == 0


def test_a_run_without_what_a_ratio_is_of_does_not_agree_with_its_report_but_keeps_a_ceiling():
    kept = happened(target(measure="convoy_attacks", per="convoys_sent", at_most=0.05), Same(1), 0)
    assert log_density(kept, 0.05)[0] == 0.0
    told = happened(target(measure="convoy_attacks", per="convoys_sent", value=0.05), Same(1), 0)
    assert log_density(told, 0.05)[0] == -np.inf


# --- the targets of 2020 ---------------------------------------------------------------------------------------
def test_every_target_of_2020_says_what_counts_and_where_it_comes_from():
    from sim.config_files import configs_folder, read_toml

    rows = read_toml(configs_folder() / "targets" / "2020.toml")["targets"]
    assert all(row["counts"] and row["source"] for row in rows)
    targets = load_targets("2020").targets
    fitted = {target.name: target for target in targets.fitted}
    assert {name.partition(",")[0] for name in fitted} >= {"fire", "convoys", "details", "US killed", "US casualties"}
    assert all(t.cut_days == 7 for t in targets.targets if t.last == date(2020, 9, 30))
    places = {"embassy_fire_attacks", "capital_fire_attacks", "airport_fire_attacks"}
    assert not places & {name for target in targets.targets for name in target.measures}, "place is an input"
    assert source_of(fitted["details, Q1 and Q2"]) == "S3"
    assert fitted["fire, Q3"].last - fitted["fire, Q3"].first == timedelta(days=91)
