"""`daily.csv`: the tally of each day, by column."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sim.measures import TALLY

if TYPE_CHECKING:
    from sim.scenario import Scenario


def daily_columns(scenario: Scenario, days: NDArray[Any]) -> list[Any]:
    """The columns of `columns.DAY_FIELDS` for runs of a scenario, one run after the other.

    `days`: runs × days of dtype TALLY, or runs × days × its columns (float64).
    """
    if days.dtype.names:
        days = days.view(np.float64).reshape(*days.shape, len(TALLY))
    n_runs, n_days, n_columns = days.shape
    by_column = np.ascontiguousarray(days.reshape(n_runs * n_days, n_columns).T)
    number = np.tile(np.arange(n_days, dtype=np.int32), n_runs)
    return [number + 1, pa.DictionaryArray.from_arrays(number, _dates(scenario.posture.start, n_days)), *by_column]


@lru_cache(maxsize=64)
def _dates(start: date, n_days: int) -> pa.Array:
    return pa.array([str(start + timedelta(days=day)) for day in range(n_days)])
