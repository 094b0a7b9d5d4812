"""The methods of inference: each is made ready for a table, and then asked for the posterior of any report.

The first makes the ensemble, the second is the second opinion. All are proved by simulation on the same sets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from experiments.studies.inference import emulator, learned
from experiments.studies.inference.abc import adjusted
from experiments.studies.inference.draws import Draws, Method, Table
from experiments.studies.inference.sbc import Checked, check, split
from sim.statistics import Values

LEARNED, EMULATED, RAW = "ABC on learned summaries", "emulated likelihood", "ABC on raw reports"
Ready: TypeAlias = Callable[[Table, int], Method]
"""(table, seed) → the method, made ready for the table."""


@dataclass(frozen=True)
class Used:
    """A method, ready for the whole table: what it makes of known truths, and of what was reported."""

    name: str
    checked: Checked
    sets: Table
    method: Method
    draws: Draws


def methods(nearest: int) -> dict[str, Ready]:
    """Name → method, that of the ensemble first. Both kinds of ABC are adjusted by regression."""
    return {
        LEARNED: lambda table, seed: learned.method(table, nearest, seed),
        EMULATED: _emulated,
        RAW: lambda table, seed: lambda of, observed: adjusted(of, observed, nearest),
    }


def _emulated(table: Table, seed: int) -> Method:
    """Networks are trained once; every report is then weighed at once."""
    cloud = emulator.fit(table, seed).cloud(table)
    return lambda of, observed: cloud.posterior(observed)


def use(name: str, ready: Ready, table: Table, observed: Values, n_sets: int, seed: int) -> Used:
    """Proof by simulation on rows taken out of the table, and the posterior from the whole of it."""
    rest, sets = split(table, n_sets, seed)
    checked = check(ready(rest, seed), rest, sets, seed)
    method = ready(table, seed)
    return Used(name, checked, sets, method, method(table, observed))
