"""What is explained: a measure on fourteen sites, on six, and the difference six − fourteen."""

from __future__ import annotations

from collections.abc import Iterator

from experiments.runs.design import Point
from experiments.studies.runner import Outcomes
from sim.statistics import Values

POSTURES: tuple[Point, ...] = ({"posture": "fourteen"}, {"posture": "six"})
SCOPES = ("fourteen", "six", "six_minus_fourteen")


def scoped(outcomes: Outcomes) -> Iterator[tuple[str, str, Values]]:
    """(scope, measure, values points × replicates) of runs in `POSTURES`."""
    for measure, values in outcomes.values.items():
        for scope, table in zip(SCOPES, (values[:, 0], values[:, 1], values[:, 1] - values[:, 0]), strict=True):
            yield scope, measure, table
