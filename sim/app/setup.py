"""What a page is given by whoever serves it. The app itself reads no results folder and writes none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from numpy.typing import NDArray

from sim.app.charts.kinds import Reported
from sim.app.ensembles import Ensembles, InStates
from sim.app.run_request import Catalogue, RunRequest
from sim.app.whatif import WhatIf
from sim.scenario import Scenario

Events: TypeAlias = NDArray[Any]
Row: TypeAlias = dict[str, Any]
"""Of the log: number, hour, when, kind, actor, target, place, words."""
Rows: TypeAlias = Callable[[Scenario, int, Events, Sequence[int]], list[Row]]
"""(scenario, seed, events, numbers from 1) -> rows of the log."""


@dataclass(frozen=True)
class EventWords:
    """An event in words."""

    number: int
    when: str
    where: str
    kind: str
    rule: str
    what: str
    why: tuple[str, ...]


@dataclass(frozen=True)
class Services:
    """What needs more than the model: words for events, files. Each is a plain function of a scenario and a seed."""

    rows: Rows
    # (scenario, seed, events, name of an agent) -> number and words of each event of it, the latest first
    history: Callable[[Scenario, int, Events, str], Iterable[tuple[int, str]]]
    explain: Callable[[Scenario, int, Events, int], EventWords]
    save: Callable[[Scenario, int], str]  # writes the whole run; says where
    files: Callable[[Scenario, int, NDArray[Any], Events], dict[str, bytes]]  # name -> content, for downloads
    answer_files: Callable[
        [WhatIf, int], dict[str, bytes]
    ]  # of a seed: name -> content, `what_if.csv`, `what_if_days.csv`
    reported: Callable[[Scenario], Reported]  # empty for other quarters than those that were reported


@dataclass(frozen=True)
class Setup:
    """How a page begins: the request, what it may open by name, services, ensembles, a note to show."""

    request: RunRequest = field(default_factory=RunRequest)
    catalogue: Catalogue = field(default_factory=Catalogue)
    services: Services | None = None
    ensembles: Ensembles = field(default_factory=Ensembles)  # runs made now
    pairs: Ensembles = field(default_factory=Ensembles)  # those of two scenarios are pairs
    in_states: InStates | None = None  # for what-ifs over states of the world
    stored: Ensembles | None = None  # of a results folder, shown in place of the former
    note: str = ""
    agents: Mapping[str, type[Any]] = field(default_factory=dict)  # kind -> class of one's own


_current = Setup()


def configure(setup: Setup) -> None:
    """Set what pages that are opened from now on begin with."""
    global _current
    _current = setup


def current() -> Setup:
    """What a new page begins with."""
    return _current
