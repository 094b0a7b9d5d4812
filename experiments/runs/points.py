"""`points.csv`: mean, standard deviation and number of runs of each measure at each point of a design."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from experiments.files.columns import RUN_FIELDS, RUN_KEYS, Field
from experiments.runs.archive import Archive
from experiments.runs.plan import Plan
from sim.errors import ConfigError
from sim.measures import MEASURES
from sim.statistics import Values
from sim.suggestions import one_of

SHOWN = ("fire_attacks", "rounds_leaked", "convoy_attacks", "pressure")
"""The measures on the screen if none are asked for."""
NAMES: tuple[str, ...] = tuple(measure.name for measure in MEASURES)
_COLUMNS = dict(zip(NAMES, RUN_FIELDS[len(RUN_KEYS) :], strict=True))
_PARTS = (
    ("mean", "mean over the runs of the point that have the measure"),
    ("sd", "standard deviation of these runs (n − 1); empty of fewer than two"),
    ("n", "how many runs that are: failed ones have none"),
)
_BATCH = 4096  # runs in memory at a time


def measures_of(text: str | None) -> tuple[str, ...]:
    """Names of measures, joined by commas; none if nothing is given."""
    names = tuple(name.strip() for name in (text or "").split(",") if text is not None)
    for name in names:
        if name not in NAMES or names.count(name) > 1:
            allowed = f"it must be a measure of runs.csv, each once: {one_of(name, NAMES, 'docs/data-dictionary.md')}"
            raise ConfigError(None, "--measures", name, allowed)
    return names


def measure_fields(measures: Sequence[str]) -> tuple[Field, ...]:
    """Three columns for each measure."""
    return tuple(_part(_COLUMNS[name], part, how) for name in measures for part, how in _PARTS)


def _part(field: Field, part: str, how: str) -> Field:
    unit = "1" if part == "n" else field.unit
    return replace(field, name=f"{field.name}_{part}", unit=unit, meaning=f"{field.meaning}, {part}", how=how)


@dataclass(frozen=True)
class Summary:
    """Of some points: `n`, `mean` and `sd` (points × measures); NaN where there are too few runs."""

    n: NDArray[np.int64]
    mean: Values
    sd: Values

    def columns(self, measures: Sequence[str]) -> Iterator[NDArray[np.float64] | NDArray[np.int64]]:
        """Those of `measure_fields`."""
        for k in (NAMES.index(name) for name in measures):
            yield from (self.mean[:, k], self.sd[:, k], self.n[:, k])


def summaries(plan: Plan, archive: Archive) -> Iterator[tuple[slice, Summary]]:
    """The points of a plan, as many at a time as there is room for, with what their runs come to."""
    together = max(1, _BATCH // plan.replicates)
    for first in range(0, len(plan.points), together):
        some = slice(first, min(first + together, len(plan.points)))
        yield some, summary_of(archive, plan.keys[some])


def summary_of(archive: Archive, keys: NDArray[np.uint64]) -> Summary:
    """What runs (points × replicates) come to, a block of replicates after the other (Chan, Golub and LeVeque)."""
    shape = (len(keys), len(NAMES))
    n, mean, squares = np.zeros(shape, np.int64), np.zeros(shape), np.zeros(shape)
    for first in range(0, keys.shape[1], _BATCH):
        block = keys[:, first : first + _BATCH]
        values = archive.gather(block.ravel(), ("measures",))["measures"].reshape(*block.shape, -1)
        n, mean, squares = _joined((n, mean, squares), _moments(values))
    enough = np.where(n > 1, n - 1, 1)
    return Summary(n, np.where(n > 0, mean, np.nan), np.where(n > 1, np.sqrt(squares / enough), np.nan))


Moments = tuple[NDArray[np.int64], Values, Values]
"""Number, mean, and sum of squared distances from it."""


def _moments(values: Values) -> Moments:
    """Of values (points × replicates × measures), along the replicates; NaN is no value."""
    there = np.isfinite(values)
    n = there.sum(axis=1)
    mean = np.where(there, values, 0.0).sum(axis=1) / np.maximum(n, 1)
    squares = np.where(there, np.where(there, values, 0.0) - mean[:, None], 0.0) ** 2
    return n, mean, squares.sum(axis=1)


def _joined(a: Moments, b: Moments) -> Moments:
    n = a[0] + b[0]
    apart, share = b[1] - a[1], b[0] / np.maximum(n, 1)
    return n, a[1] + apart * share, a[2] + b[2] + apart**2 * a[0] * share
