"""Ensembles that tabs share: the runs of one scenario are made once, whoever asks, and one ensemble at a time."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.app.displacement import weekly_counts
from sim.app.ensemble_band import EnsembleBand, Member, Tell, band_over_states, compute_band, unsaid
from sim.app.pace import PacedPool
from sim.scenario import Scenario
from sim.world import build_world

InStates = Callable[[Scenario, int], tuple[str, Sequence[Member]]]
"""Of a scenario: the name of the ensemble, and the scenario in so many of its states, each with a seed."""
N_RUNS = 200
LOOK_SECONDS = 0.5
KEPT = 12  # ensembles; about 6 MB each


def content(scenario: Scenario) -> str:
    """What tells ensembles apart: the label, and all that the rules are given."""
    return f"{scenario.label} {hashlib.sha256(build_world(scenario).tobytes()).hexdigest()}"


def make(scenario: Scenario, tell: Tell) -> EnsembleBand:
    """The runs of a scenario under other seeds, with the places of attacks, on two threads.

    Those of two scenarios are pairs, as they have the same seeds.
    """
    with PacedPool() as executor:
        return compute_band(scenario, n=N_RUNS, executor=executor, count=_places(scenario), tell=tell)


def make_over_states(in_states: InStates, scenario: Scenario, tell: Tell) -> EnsembleBand:
    """A run of a scenario in each state of the world, with the places of attacks; those of two scenarios are pairs."""
    ensemble, members = in_states(scenario, N_RUNS)
    with PacedPool() as executor:
        return band_over_states(members, ensemble, executor, _places(scenario), tell)


def _places(scenario: Scenario) -> Callable[[NDArray[Any]], NDArray[np.uint8]]:
    return partial(weekly_counts, scenario.theatre, n_weeks=-(-scenario.days // 7))


class Ensembles:
    """Ensembles by the content of their scenario. Safe from any thread."""

    def __init__(self, make: Callable[[Scenario, Tell], EnsembleBand] = make) -> None:
        self._make, self._kept = make, OrderedDict[str, Future[EnsembleBand]]()
        self._shares: dict[str, float] = {}  # of what is being made: how much is done
        self._lock, self._one = threading.Lock(), threading.Lock()

    def of(self, scenario: Scenario, tell: Tell = unsaid) -> EnsembleBand:
        """The ensemble of a scenario: made now, or by whoever asked first. What was wrong is raised for all.

        `tell` hears which share is done: at once if there is anything to wait for, and then now and again.
        """
        key = content(scenario)
        with self._lock:
            mine = key not in self._kept
            found = self._kept.setdefault(key, Future())
            self._kept.move_to_end(key)
            self._forget()
        if not found.done():
            tell(self._shares.get(key, 0.0))
        if mine:
            self._fill(key, found, scenario, tell)
        while not wait([found], LOOK_SECONDS).done:
            tell(self._shares.get(key, 0.0))
        return found.result()

    def _fill(self, key: str, found: Future[EnsembleBand], scenario: Scenario, tell: Tell) -> None:
        def note(share: float) -> None:
            self._shares[key] = share
            tell(share)

        try:
            with self._one:
                found.set_result(self._make(scenario, note))
        except BaseException as error:
            with self._lock:
                self._kept.pop(key, None)  # the next that asks may have more luck
            found.set_exception(error)
        finally:
            self._shares.pop(key, None)

    def _forget(self) -> None:
        """Those that were not asked for the longest, never one that is being made."""
        for key in [key for key, future in self._kept.items() if future.done()][: max(0, len(self._kept) - KEPT)]:
            del self._kept[key]
