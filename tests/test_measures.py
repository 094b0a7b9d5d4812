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
