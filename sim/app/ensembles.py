"""Ensembles that tabs share: the runs of one scenario are made once, whoever asks, and one ensemble at a time."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.app.displacement import weekly_counts
from sim.app.ensemble_band import EnsembleBand, compute_band
from sim.scenario import Scenario
from sim.world import build_world

N_RUNS = 200
KEPT = 12  # ensembles; about 6 MB each


def content(scenario: Scenario) -> str:
    """What tells ensembles apart: the label, and all that the rules are given."""
    return f"{scenario.label} {hashlib.sha256(build_world(scenario).tobytes()).hexdigest()}"


def make(scenario: Scenario) -> EnsembleBand:
    """The runs of a scenario under other seeds, with the places of attacks, on two threads.

    Those of two scenarios are pairs, as they have the same seeds.
    """
    n_weeks = -(-scenario.days // 7)

    def count(events: NDArray[Any]) -> NDArray[np.uint8]:
        return weekly_counts(scenario.theatre, events, n_weeks)

    with ThreadPoolExecutor(2) as executor:
        return compute_band(scenario, n=N_RUNS, executor=executor, count=count)


class Ensembles:
    """Ensembles by the content of their scenario. Safe from any thread."""

    def __init__(self, make: Callable[[Scenario], EnsembleBand] = make) -> None:
        self._make, self._kept = make, OrderedDict[str, Future[EnsembleBand]]()
        self._lock, self._one = threading.Lock(), threading.Lock()

    def of(self, scenario: Scenario) -> EnsembleBand:
        """The ensemble of a scenario: made now, or by whoever asked first. What was wrong is raised for all."""
        key = content(scenario)
        with self._lock:
            mine = key not in self._kept
            found = self._kept.setdefault(key, Future())
            self._kept.move_to_end(key)
            self._forget()
        if mine:
            self._fill(key, found, scenario)
        return found.result()

    def _fill(self, key: str, found: Future[EnsembleBand], scenario: Scenario) -> None:
        try:
            with self._one:
                found.set_result(self._make(scenario))
        except BaseException as error:
            with self._lock:
                self._kept.pop(key, None)  # the next that asks may have more luck
            found.set_exception(error)

    def _forget(self) -> None:
        """Those that were not asked for the longest, never one that is being made."""
        for key in [key for key, future in self._kept.items() if future.done()][: max(0, len(self._kept) - KEPT)]:
            del self._kept[key]
