"""The ticks of the timeline: which attack, when, of which kind, how it ended; where it was and who was there."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.app.map.attacks import place_of, told
from sim.model import PostureModel
from sim.names import agent_names, convoy_name
from sim.rules import events as ev

Mark = list[Any]
"""Number of the event (from 1), hour, kind, how it ended, and in words."""


def marks(model: PostureModel, events: NDArray[Any]) -> list[Mark]:
    """A mark for each attack among the events of a run (dtype EVENT, in order of time)."""
    chosen = np.flatnonzero(np.isin(events["kind"], ev.ATTACKS))
    return [[int(n) + 1, int(events[n]["hour"]), *told(model, events[n])] for n in chosen]


def focus(model: PostureModel, event: Any) -> dict[str, Any]:
    """Where an event was (km, None for nowhere) and the agents that took part, by the map's names of them."""
    x, y = place_of(model, event)
    return {"x": x, "y": y, "agents": [name for name in (_actor(model, event), _target(model, event)) if name]}


def _actor(model: PostureModel, event: Any) -> str:
    kind = ev.KINDS[int(event["kind"])].actor
    return _named(model, f"{kind}s", int(event["actor"]))


def _target(model: PostureModel, event: Any) -> str:
    kind, row = ev.KINDS[int(event["kind"])].target, int(event["target"])
    if kind == "convoy":
        return f"convoys/{convoy_name(model.setting.theatre.config.sites[row].name, int(event['convoy']))}"
    return _named(model, f"{kind}s", row)


def _named(model: PostureModel, kind: str, row: int) -> str:
    """As the map names an agent; "" for what is not on it."""
    names = agent_names(model.setting).get(kind, ())
    return f"{kind}/{names[row]}" if kind in NAMED and 0 <= row < len(names) else ""


NAMED = ("sites", "units", "details", "cells")
"""Kinds of agents on the map that have a name for the whole run; convoys come and go."""
