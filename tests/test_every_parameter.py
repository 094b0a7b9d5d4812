"""Every parameter of the schema moves a measure, in the direction that theory gives (MODEL §8).

A row says: from `low` to `high` the mean of `measure` goes up (+1) or down (−1), seed by seed, or that it moves without
a direction that theory gives (0). A row may name what else must hold for the parameter to matter at all: other values,
or responses in force, without which the parameter does nothing.
"""

from __future__ import annotations

import numpy as np
import pytest
from parameter_rows import LIVELY, ROWS

from sim import load_scenario
from sim.engine import simulate_many
from sim.measures import BY_NAME
from sim.parameters import Parameters, flat

MANY_ERRORS = 4  # standard errors that the paired mean difference must reach


def outcomes(key, value, *, responses=True):
    """The runs of a row with one value of its parameter, with the row's responses or without."""
    row = ROWS[key]
    scenario = load_scenario(row.posture, {**LIVELY, **row.extra, key: value}, row.responses if responses else ())
    batch = simulate_many(scenario, range(row.n))
    assert batch.errors == [""] * row.n
    return batch


def in_errors(low, high, measure):
    """Paired mean difference, high less low, in its standard errors; nought if no run differs."""
    differences = high.measures[measure] - low.measures[measure]
    if not differences.any():
        return 0.0
    error = differences.std(ddof=1) / np.sqrt(len(differences))
    return differences.mean() / error if error > 0 else np.copysign(np.inf, differences.mean())


def moves(low, high, measure, direction):
    """Does the measure move that way, or, if the direction is 0, at all?"""
    if direction == 0:
        return bool((low.measures[measure] != high.measures[measure]).any())
    return bool(in_errors(low, high, measure) * direction >= MANY_ERRORS)


def test_every_parameter_has_its_row_and_no_row_is_left_over():
    assert list(ROWS) == list(flat(Parameters())), "in the order of the schema"
    assert {row.measure for row in ROWS.values()} <= set(BY_NAME)
    numbers = [row for row in ROWS.values() if not isinstance(row.low, str)]
    assert all(row.low < row.high for row in numbers), "a direction says what happens from low to high"


@pytest.mark.parametrize("key", ROWS)
def test_the_parameter_moves_its_measure(key):
    row = ROWS[key]
    low, high = outcomes(key, row.low), outcomes(key, row.high)
    assert low.digests != high.digests
    difference = f"{in_errors(low, high, row.measure):.1f} standard errors"
    assert moves(low, high, row.measure, row.direction), difference


@pytest.mark.parametrize("key", [key for key, row in ROWS.items() if row.responses])
def test_without_the_response_the_parameter_does_nothing_to_its_measure(key):
    row = ROWS[key]
    low, high = (outcomes(key, value, responses=False).measures[row.measure] for value in (row.low, row.high))
    assert low.tolist() == high.tolist()


def test_a_parameter_that_is_not_read_or_has_the_wrong_sign_would_be_seen():
    key = "operations.base_rate_per_day"
    low, again, high = outcomes(key, 0.05), outcomes(key, 0.05), outcomes(key, 0.2)
    assert low.digests == again.digests
    assert not any(moves(low, again, "operations", direction) for direction in (-1, 0, 1))
    assert [moves(low, high, "operations", direction) for direction in (-1, 0, 1)] == [False, True, True]
