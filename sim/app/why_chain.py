"""Why an attack happened, as a chain: the decision and its options, the act, what was stopped, harm, relation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.names import option_names
from sim.numbers import counted, number
from sim.rules import events as ev
from sim.scenario import Scenario

MEANS = {"u_rocket": "rockets", "u_drone": "a drone", "u_road": "a bomb, convoy", "u_detail": "a bomb, detail"}
Events = NDArray[Any]


@dataclass(frozen=True)
class Link:
    """A step of the chain; `event` is its number (from 1)."""

    title: str
    words: str
    event: int


@dataclass(frozen=True)
class Weighed:
    """Best utility of each means as a cell weighed them, None for what it could not do; waiting is 0."""

    hour: int
    chosen: str
    utilities: dict[str, float | None]


def chain(scenario: Scenario, events: Events, n: int) -> list[Link]:
    """The links of event `n` (from 1); none for what is no attack."""
    event = events[n - 1]
    if event["kind"] not in ev.ATTACKS:
        return []
    links, before = [], decision(scenario, events, n)
    if before:
        chosen = option_names(scenario)[int(events[before - 1]["target"])]
        days = (int(event["hour"]) - int(events[before - 1]["hour"])) / 24
        links.append(Link("decision", f"the cell chose {chosen}, {number(days)} days before", before))
    return [*links, *(Link(title, words, n) for title, words in _steps(event))]


def _steps(event: Any) -> list[tuple[str, str]]:
    count = {name: int(event[name]) for name in ("rounds", "inside", "engaged", "intercepted", "leaked", "trucks_lost")}
    hurt = f"{int(event['wounded'])} wounded, {int(event['killed'])} of them dead"
    relation = ("relation", f"US–Iraq relation {number(float(event['relation']))} after it (0 to 1)")
    if event["kind"] == ev.FIRE:
        weapon = "a drone" if event["drone"] else counted(count["rounds"], "rocket")
        met = (
            f"{count['inside']} on course to land inside, {count['engaged']} engaged, {count['intercepted']} destroyed"
        )
        return [("launch", weapon), ("interception", met), ("harm", f"{count['leaked']} landed; {hurt}"), relation]
    effect = "it had an effect" if event["effect"] else "no effect"
    lost = f"; {counted(count['trucks_lost'], 'truck')} lost" if event["kind"] == ev.BOMB_CONVOY else ""
    return [("bomb", effect), ("harm", f"{hurt}{lost}"), relation]


def decision(scenario: Scenario, events: Events, n: int) -> int:
    """Number of the operation with such means that the cell of event `n` had last started; 0 if none is known."""
    event, past = events[n - 1], events[: n - 1]
    is_bomb = np.array([name.startswith("bomb") for name in option_names(scenario)])
    started = np.flatnonzero((past["kind"] == ev.OPERATION) & (past["actor"] == event["actor"]))
    found = started[is_bomb[past["target"][started]] == (event["kind"] != ev.FIRE)]
    return int(found[-1]) + 1 if len(found) else 0


def weighed(scenario: Scenario, events: Events, cell: int, hour: int) -> Weighed | None:
    """What a cell weighed when it last decided, up to an hour."""
    kinds = np.isin(events["kind"], (ev.OPERATION, ev.ABSTAIN))
    found = events[kinds & (events["actor"] == cell) & (events["hour"] <= hour)]
    if not len(found):
        return None
    last = found[-1]
    chosen = "wait" if last["kind"] == ev.ABSTAIN else option_names(scenario)[int(last["target"])]
    utilities = {words: _known(float(last[name])) for name, words in MEANS.items()}
    return Weighed(int(last["hour"]), chosen, utilities)


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
