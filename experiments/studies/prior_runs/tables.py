"""The small summary of the table: what the prior says would be counted, and what each rival changes in it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np

from experiments.studies.forms import FilledForm, fill, forms, unit_of
from experiments.studies.prior_runs.making import Made
from sim.statistics import Values, mean_interval

QUANTILES = (0.05, 0.5, 0.95)

FORMS = forms(
    """
prior_runs: what single runs of the prior count. One row a measure and quarter.
measure | | what is counted
unit    | | its unit
first   | | first day of the quarter
last    | | last day of it within the runs
runs    | 1 | runs that were finished
mean    | of the measure | mean over the runs
q05     | of the measure | quantile of single runs
q50     | of the measure | their median
q95     | of the measure | quantile of single runs
none    | 1 | share of the runs without any

prior_runs_rivals: what each rival changes, all else drawn from the prior. One row a rival and measure.
rival           | | name of the rival
measure         | | what is counted, over the whole run
unit            | | its unit
runs_in         | 1 | runs with the rival in
runs_out        | 1 | runs with it at its old value
mean_in         | of the measure | mean of the runs with it
mean_out        | of the measure | mean of the others
difference      | of the measure | with it minus without
difference_low  | of the measure | lower end of its 95% interval
difference_high | of the measure | upper end of it
"""
)


def tables(made: Made) -> dict[str, FilledForm]:
    """Both of them."""
    rows = {"prior_runs": _quarters(made), "prior_runs_rivals": _rivals(made)}
    return fill(FORMS, rows)


def _quarters(made: Made) -> Iterator[list[Any]]:
    for measure in made.measures:
        for first, last in made.quarters():
            values = made.runs.window(measure, first, last)
            ends = [float(q) for q in np.quantile(values, QUANTILES)]
            none = round(float(np.mean(values == 0)), 4)
            yield [measure, unit_of(measure), str(first), str(last), len(values), float(values.mean()), *ends, none]


def _rivals(made: Made) -> Iterator[list[Any]]:
    last = made.runs.start + timedelta(days=made.runs.days - 1)
    for measure in made.measures:
        values = made.runs.window(measure, made.runs.start, last)
        for rival, inside in zip(made.runs.rivals, made.runs.included.T, strict=True):
            yield [rival, measure, unit_of(measure), *_with_and_without(values[inside], values[~inside])]


def _with_and_without(inside: Values, outside: Values) -> list[float]:
    """Numbers, means, and the difference of the means with its interval (two samples, apart from each other)."""
    both = [mean_interval(each) for each in (inside, outside)]
    difference = both[0].mean - both[1].mean
    half = math.hypot(*((each.high - each.low) / 2 for each in both))
    return [len(inside), len(outside), both[0].mean, both[1].mean, difference, difference - half, difference + half]
