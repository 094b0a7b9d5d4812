"""What a run reports is defined once: each column says which way is good, and a sum is added up in one place."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from sim import simulate
from sim.measures import COLUMNS, MEASURES, SUMS, TALLY, Column, series
from sim.scenario import load_scenario


def test_a_column_must_say_which_way_is_good():
    parameters = inspect.signature(Column).parameters
    assert parameters["better"].default is inspect.Parameter.empty
    with pytest.raises(TypeError, match="meaning"):
        Column("shots", "shots fired")
    assert {column.better for column in TALLY} == {-1, 0, 1}


def test_a_measure_is_as_good_or_bad_as_its_column():
    assert [m.name for m in MEASURES if m.better != COLUMNS[m.column].better] == []
    better = {measure.name: measure.better for measure in MEASURES}
    assert [better[name] for name in ("fire_attacks_q2", "cells_broken", "people_mean", "relation_lowest")] == [
        -1,
        1,
        0,
        1,
    ]


def test_sums_are_of_counters_and_are_their_sums():
    days = simulate(load_scenario("six", {"days": 20, "operations.base_rate_per_day": 0.3}), 1).days
    for column in SUMS:
        assert not any(COLUMNS[part].level for part in column.parts)
        expected = np.sum([days[part] for part in column.parts], axis=0)
        assert series(days, column.name).tolist() == expected.tolist()
        assert expected[-1] > 0
    assert series(days, "relation").tolist() == days["relation"].tolist()


# --- periods ---------------------------------------------------------------------------------------------------
def test_periods_go_on_with_the_run_and_are_empty_beyond_it():
    scenario = load_scenario("year_and_half", {"operations.base_rate_per_day": 0.1})
    measures = simulate(scenario, 1).measures
    quarters = [measures[f"fire_attacks_q{q}"] for q in range(1, 9)]
    assert sum(quarters[:6]) == measures["fire_attacks"]
    assert np.isnan(quarters[6:]).all()
    months = [measures[f"convoy_attacks_m{m}"] for m in range(1, 19)]
    assert sum(months) == measures["convoy_attacks"]
    short = simulate(load_scenario("year_and_half", {"days": 100}), 1).measures
    assert not np.isnan(short["fire_attacks_q2"]), "begun"
    assert np.isnan(short["fire_attacks_q3"])
    assert np.isnan(short["fire_attacks_m5"])


def test_months_are_those_of_the_calendar():
    assert load_scenario("six").posture.periods.month_ends[:4] == (31, 60, 91, 121)
    assert load_scenario("year_and_half").posture.periods.month_ends[13] == 425  # the end of February 2021
    assert load_scenario("year_and_half").posture.quarters == (91, 182, 274, 366, 456, 547)
    assert load_scenario("six", {"days": 10}).posture.quarters == (91, 182, 274)


def test_a_window_counts_from_its_day():
    scenario = load_scenario("six", {"days": 60, "operations.base_rate_per_day": 0.3, "window_day": 20})
    run = simulate(scenario, 1)
    fire = series(run.days, "fire_attacks")
    assert run.measures["fire_attacks_first_14"] == fire[33] - fire[19] > 0
    assert run.measures["fire_attacks_first_30"] == fire[49] - fire[19]


def test_ratios_are_of_totals_and_empty_where_there_is_nothing_to_divide_by():
    run = simulate(load_scenario("drawdown_2020", {"days": 120}), 1).measures
    sent = run["convoys_sent"] + run["outbound_sent"]
    assert run["outbound_sent"] > 0
    assert run["hits_per_100_convoys"] == 100 * run["convoys_hit"] / sent
    assert run["hits_per_1000_t"] == 1000 * run["convoys_hit"] / (run["cargo_sent"] + run["equipment_due"])
    assert run["fire_per_site"] == run["fire_attacks"] / run["sites_open_mean"]
    nothing = simulate(load_scenario("six", {"days": 1, "supply.reorder_days": 0.0}), 1).measures
    assert nothing["convoys_sent"] == 0
    assert np.isnan(nothing["hits_per_100_convoys"])
