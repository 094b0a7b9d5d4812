"""A plain Mesa model of about the same size, written the usual way: the reference for speed.

Every agent is a Python object with a `step()`, called every hour through `shuffle_do`, one kind after the
other; it draws from `model.random`, lives on a Mesa `Network` of 300 nodes and looks around in its cell. This
is how the examples that come with Mesa are written, and how this project would look without compiled rules.

How far it compares:

- The same: the kinds of agents and how many (60 militia cells, 80 Iraqi units, 14 sites, 25 convoys, 10
  details), the hour as the step, and the shape of each agent's work: a daily hazard, a choice of target by
  logit over the sites, a path walked node by node, a salvo resolved round by round, patrols that look for
  cells, convoys that meet devices, supply. In both, an agent with nothing to do this hour counts as a step.
- Less than the project's model: no learning, no responses, no named draws, no measures by day, no checks. A
  ratio of agent-steps per second therefore errs against the project.
- Its numbers are placeholders, there to make each kind of work happen. Its results mean nothing.
"""

from __future__ import annotations

import argparse
import inspect
import json
import math
import time
from random import Random
from typing import Any

import mesa
import networkx as nx
from mesa.discrete_space import CellAgent, Network

N_NODES = 300
N_CELLS, N_UNITS, N_SITES, N_CONVOYS, N_DETAILS = 60, 80, 14, 25, 10

P_ATTACK_PER_DAY = 0.03
P_DEVICE = 0.4  # of attacks: a device on the road; the rest are salvos
P_FOUND_BY_PATROL = 0.002
P_DEVICE_WORKS = 0.3
P_ROUND_INTERCEPTED = 0.6
P_ROUND_HITS = 0.1
HOURS_BETWEEN_PATROLS = 8
HOURS_LYING_LOW = 72
DISTANCE_DECAY = 0.2  # per node on the way
SUPPLY_DAYS = 30.0


class Militia(CellAgent):
    """A militia cell: considers an attack once a day, walks to its target and attacks."""

    model: Reference
    random: Random

    def __init__(self, model: Reference, cell: Any) -> None:
        super().__init__(model)
        self.cell = cell
        self.hour_of_day = model.random.randrange(24)
        self.path: list[int] = []
        self.target: Site | None = None
        self.hidden_until = 0

    def step(self) -> None:
        hour = self.model.hour
        if hour < self.hidden_until:
            return
        if self.target is not None:
            self.advance(self.target)
        elif hour % 24 == self.hour_of_day and self.random.random() < P_ATTACK_PER_DAY:
            self.target = self.choose()
            self.path = self.model.path(self.cell, self.target.cell)

    def choose(self) -> Site:
        """One site by logit: worth less a cost of distance."""
        sites = self.model.sites
        here = self.cell.coordinate
        weights = [math.exp(site.worth - DISTANCE_DECAY * site.distances[here]) for site in sites]
        return self.random.choices(sites, weights)[0]

    def advance(self, target: Site) -> None:
        if len(self.path) > 2:  # in range two nodes away
            self.cell = self.model.node(self.path.pop(0))
        elif self.random.random() < P_DEVICE:
            self.model.devices.add(self.cell.coordinate)
            self.finish()
        else:
            self.fire(target)
            self.finish()

    def fire(self, target: Site) -> None:
        self.model.counts["salvos"] += 1
        for _ in range(self.random.randint(2, 8)):
            self.model.counts["rounds"] += 1
            if self.random.random() < P_ROUND_INTERCEPTED:
                continue
            if self.random.random() < P_ROUND_HITS:
                target.hits += 1
                self.model.counts["hits"] += 1

    def finish(self) -> None:
        self.target = None
        self.path = []
        self.hidden_until = self.model.hour + HOURS_LYING_LOW

    def found(self) -> None:
        self.model.counts["found"] += 1
        self.finish()


class Unit(CellAgent):
    """An Iraqi unit: patrols to a neighbouring node every eight hours and looks for cells there."""

    model: Reference
    random: Random

    def __init__(self, model: Reference, cell: Any) -> None:
        super().__init__(model)
        self.cell = cell
        self.shift = model.random.randrange(HOURS_BETWEEN_PATROLS)

    def step(self) -> None:
        if self.model.hour % HOURS_BETWEEN_PATROLS != self.shift:
            return
        self.cell = self.cell.neighborhood.select_random_cell()
        self.model.counts["patrols"] += 1
        for other in self.cell.agents:
            if isinstance(other, Militia) and self.random.random() < P_FOUND_BY_PATROL:
                other.found()


class Site(CellAgent):
    """A site of the posture: consumes its supply and sometimes repairs."""

    model: Reference
    random: Random

    def __init__(self, model: Reference, cell: Any) -> None:
        super().__init__(model)
        self.cell = cell
        self.worth = model.random.gauss(0.0, 1.0)
        self.distances: dict[int, int] = nx.single_source_shortest_path_length(model.graph, cell.coordinate)
        self.supply_days = SUPPLY_DAYS * model.random.random()
        self.hits = 0

    def step(self) -> None:
        self.supply_days = max(0.0, self.supply_days - 1.0 / 24.0)
        if self.supply_days == 0.0:
            self.model.counts["hours_short"] += 1


class Traveller(CellAgent):
    """Goes from site to site along the shortest path, one node an hour, and may meet a device."""

    model: Reference
    random: Random

    def __init__(self, model: Reference, cell: Any) -> None:
        super().__init__(model)
        self.cell = cell
        self.path: list[int] = []
        self.destination: Site | None = None
        self.rest_hours = model.random.randrange(24)

    def step(self) -> None:
        if self.rest_hours > 0:
            self.rest_hours -= 1
        elif self.destination is None:
            self.destination = self.next_destination()
            self.path = self.model.path(self.cell, self.destination.cell)
        elif self.path:
            self.cell = self.model.node(self.path.pop(0))
            self.check_for_device()
        else:
            self.arrive(self.destination)

    def next_destination(self) -> Site:
        here = self.cell
        return self.random.choice([site for site in self.model.sites if site.cell is not here])

    def check_for_device(self) -> None:
        here = self.cell.coordinate
        if here in self.model.devices:
            self.model.devices.discard(here)
            if self.random.random() < P_DEVICE_WORKS:
                self.model.counts["struck"] += 1

    def arrive(self, site: Site) -> None:
        self.destination = None
        self.rest_hours = 12


class Convoy(Traveller):
    """A traveller that fills up the site which is shortest of supply."""

    def next_destination(self) -> Site:
        here = self.cell
        others = (site for site in self.model.sites if site.cell is not here)
        return min(others, key=lambda site: site.supply_days)

    def arrive(self, site: Site) -> None:
        super().arrive(site)
        site.supply_days = SUPPLY_DAYS
        self.model.counts["deliveries"] += 1


class Detail(Traveller):
    """A traveller that brings somebody from one site to another, at random."""


class Reference(mesa.Model):
    """The model; `n_extra` adds as many militia cells."""

    KINDS = (Site, Militia, Unit, Convoy, Detail)

    def __init__(self, n_extra: int = 0, rng: int | None = None) -> None:
        super().__init__(rng=rng)
        self.graph = nx.connected_watts_strogatz_graph(N_NODES, 4, 0.1, seed=rng)
        self.grid = make_network(self.graph, self.random)
        self.hour = 0
        self.agent_steps = 0
        self.devices: set[int] = set()
        self.counts = dict.fromkeys(
            ("salvos", "rounds", "hits", "patrols", "found", "deliveries", "struck", "hours_short"), 0
        )
        nodes = list(self.grid.all_cells)
        self.sites = [Site(self, cell) for cell in self.random.sample(nodes, N_SITES)]
        homes = [site.cell for site in self.sites]
        for kind, n, places in (
            (Militia, N_CELLS + n_extra, nodes),
            (Unit, N_UNITS, nodes),
            (Convoy, N_CONVOYS, homes),
            (Detail, N_DETAILS, homes),
        ):
            for _ in range(n):
                kind(self, self.random.choice(places))

    def step(self) -> None:
        for kind in self.KINDS:
            agents = self.agents_by_type[kind]
            agents.shuffle_do("step")
            self.agent_steps += len(agents)
        self.hour += 1

    def node(self, name: int) -> Any:
        """Mesa's cell of a node."""
        return self.grid[name]

    def path(self, start: Any, end: Any) -> list[int]:
        """The nodes after `start` on the shortest way to `end`."""
        return list(nx.shortest_path(self.graph, start.coordinate, end.coordinate))[1:]


def make_network(graph: nx.Graph[int], random: Random) -> Any:
    """A Mesa network; Mesa 3.5 draws a slow spring layout from the global generator unless given one."""
    layout = {"layout": nx.circular_layout(graph)}
    takes_layout = "layout" in inspect.signature(Network.__init__).parameters
    return Network(graph, random=random, **(layout if takes_layout else {}))


def run(days: int, seed: int, n_extra: int = 0) -> dict[str, int]:
    """Run so many days; how often a `step()` of an agent was called, and what happened."""
    model = Reference(n_extra=n_extra, rng=int(seed))
    hours = 24 * days
    for _ in range(hours):
        model.step()
    if model.hour != hours:
        raise RuntimeError(f"the reference model stopped after {model.hour} of {hours} hours")
    result = {"n_agents": len(model.agents), "agent_steps": model.agent_steps, **model.counts}
    forget(model)
    return result


def forget(model: Reference) -> None:
    """Let Mesa 3.3 release a finished model, which it keeps in a class attribute."""
    ids = getattr(mesa.Agent, "_ids", None)
    if ids is not None:
        ids.pop(model, None)


def main() -> None:
    """Run once and print the counts, the time and the speed as JSON."""
    parser = argparse.ArgumentParser(description="Time the plain Mesa model.")
    parser.add_argument("--days", type=int, default=274)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--n-extra", type=int, default=0)
    options = parser.parse_args()
    start = time.perf_counter()
    result = run(options.days, options.seed, options.n_extra)
    seconds = time.perf_counter() - start
    speed = {"seconds": round(seconds, 3), "agent_steps_per_second": round(result["agent_steps"] / seconds)}
    print(json.dumps({"mesa": mesa.__version__, **result, **speed}, indent=2))


if __name__ == "__main__":
    main()
