"""The workload in other programs: Mesa in three ways, AgentPy, ambr; each returns what its agents did.

An event-driven form puts every agent down for the hour at which it is due again: with Mesa's own events, or, which is
faster, in plain lists by hour. AgentPy and ambr have no events; their forms keep such lists too, else most of their
time would go into agents with nothing to do. Mesa-frames holds grids but no network, so it can't hold the workload.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from random import Random
from typing import Any

import mesa

from benchmarks.yardstick import mesa_usual
from benchmarks.yardstick.workload import AGENTS, HOURS, KINDS, Surroundings, network

Form = Callable[[int, int], Surroundings]
"""(hours, seed) → what the run shared: how many acts were due, and what happened."""


def surroundings(seed: int) -> Surroundings:
    """A network and nobody on it."""
    return Surroundings(Random(seed), network(seed))


def in_python(hours: int, seed: int) -> Surroundings:
    """No program at all: plain objects, lists by hour."""
    return by_hour(surroundings(seed), hours, lambda kind: kind())


def by_hour(around: Surroundings, hours: int, make: Callable[[type], Any]) -> Surroundings:
    """Agents made by `make`, each put down for the hour at which it is due again."""
    agenda: list[list[Any]] = [[] for _ in range(hours + HOURS)]
    for agent in everybody(make):
        agenda[agent.begin(around)].append(agent)
    due = around.due
    for hour in range(hours):
        around.hour = hour
        for agent in agenda[hour]:
            due[agent.kind] += 1
            agenda[hour + agent.act()].append(agent)
    return around


def everybody(make: Callable[[type], Any]) -> Iterator[Any]:
    """The agents, sites first, as the others go to them."""
    return (make(kind) for kind in KINDS for _ in range(AGENTS[kind.kind]))


# --- Mesa ----------------------------------------------------------------------------------------------------
MESA_KINDS: dict[type, Any] = {kind: type(f"Mesa{kind.__name__}", (kind, mesa.Agent), {}) for kind in KINDS}


def mesa_by_hour(hours: int, seed: int) -> Surroundings:
    """Mesa's model and agents, lists by hour in place of its scheduling: the strongest plain form."""
    model = mesa.Model()
    around = by_hour(surroundings(seed), hours, lambda kind: MESA_KINDS[kind](model))
    mesa_usual.forget(model)
    return around


def mesa_events(hours: int, seed: int) -> Surroundings:
    """Mesa's own events: an agent schedules its next act."""
    from mesa.experimental.devs import DEVSimulator

    model, simulator, around = mesa.Model(), DEVSimulator(), surroundings(seed)
    simulator.setup(model)

    def act(agent: Any) -> None:
        around.hour = int(simulator.time)
        around.due[agent.kind] += 1
        simulator.schedule_event_relative(act, agent.act(), function_args=[agent])

    for agent in everybody(lambda kind: MESA_KINDS[kind](model)):
        simulator.schedule_event_absolute(act, agent.begin(around), function_args=[agent])
    simulator.run_until(hours - 1)
    mesa_usual.forget(model)
    return around


# --- AgentPy, ambr ---------------------------------------------------------------------------------------------
def agentpy(hours: int, seed: int) -> Surroundings:
    """AgentPy's model and agents, lists by hour."""
    import agentpy as ap

    kinds = {kind: type(kind.__name__, (kind, ap.Agent), {}) for kind in KINDS}
    model = ap.Model()
    return by_hour(surroundings(seed), hours, lambda kind: kinds[kind](model))


def ambr(hours: int, seed: int) -> Surroundings:
    """ambr's model and agents, lists by hour; their state is private, as every other attribute is a column's cell."""
    import ambr as am

    class Agent(am.Agent):
        def begin(self, around: Surroundings) -> int:
            return int(self._own.begin(around))

        def act(self) -> int:
            return int(self._own.act())

    model = am.Model({})

    def make(kind: type) -> Any:
        agent = Agent(model, len(model.agents))
        agent._own = kind()
        object.__setattr__(agent, "kind", kind.kind)  # type: ignore[attr-defined]
        return agent

    return by_hour(surroundings(seed), hours, make)


FORMS: dict[str, Form] = {
    "Mesa, the usual way": mesa_usual.run,
    "Mesa, its own events": mesa_events,
    "Mesa, lists by hour (the strongest)": mesa_by_hour,
    **({"AgentPy, lists by hour": agentpy} if find_spec("agentpy") else {}),
    **({"ambr, lists by hour": ambr} if find_spec("ambr") else {}),
    "plain Python, lists by hour": in_python,
}
"""Those that can run here: `make bench` installs AgentPy and ambr."""
