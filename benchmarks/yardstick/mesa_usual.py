"""The workload as a Mesa model is usually written, and as the examples that come with Mesa are.

Every agent is a Python object with a `step()`, called every hour through `shuffle_do`, one kind after the other; it
draws from `model.random`, lives on a Mesa `Network`, looks around in its cell, and finds its way anew on each trip.
Most of its steps find nothing to do: they cost time, but are not counted as acts. This is how the project would look
without compiled rules and without an agenda.
"""

from __future__ import annotations

import inspect
import math
from random import Random
from typing import Any

import mesa
import networkx as nx
from mesa.discrete_space import CellAgent, Network

from benchmarks.yardstick import workload as w


class Placed(CellAgent):
    """An agent in a cell of the network."""

    kind: str
    model: Usual
    random: Random

    def __init__(self, model: Usual, cell: Any) -> None:
        super().__init__(model)
        self.cell = cell


class Militia(Placed):
    """A militia cell: considers an attack once a day, walks to its target and attacks."""

    kind = "cells"

    def __init__(self, model: Usual, cell: Any) -> None:
        super().__init__(model, cell)
        self.hour_of_day = model.random.randrange(24)
        self.path: list[int] = []
        self.target: Site | None = None
        self.hidden_until = 0

    def step(self) -> None:
        hour = self.model.around.hour
        if hour < self.hidden_until:
            return
        if self.target is not None:
            self.model.count(self)
            self.advance(self.target)
        elif hour % 24 == self.hour_of_day:
            self.model.count(self)
            if self.random.random() < w.P_ATTACK_PER_DAY:
                self.target = self.choose()
                self.path = self.model.path(self.cell, self.target.cell)

    def choose(self) -> Site:
        """One site by logit: worth less a cost of distance."""
        sites = self.model.sites
        here = self.cell.coordinate
        weights = [math.exp(site.worth - w.DISTANCE_DECAY * site.distances[here]) for site in sites]
        return self.random.choices(sites, weights)[0]

    def advance(self, target: Site) -> None:
        if len(self.path) > 2:  # in range two nodes away
            self.cell = self.model.node(self.path.pop(0))
            return
        if self.random.random() < w.P_DEVICE:
            self.model.around.devices.add(self.cell.coordinate)
        else:
            self.fire(target)
        self.hide()

    def fire(self, target: Site) -> None:
        counts = self.model.around.counts
        counts["salvos"] += 1
        rounds = self.random.randint(2, 8)
        counts["rounds"] += rounds
        engaged = target.stores.take(rounds)
        for n in range(rounds):
            if n < engaged and self.random.random() < w.P_ROUND_INTERCEPTED:
                continue
            if self.random.random() < w.P_ROUND_HITS:
                target.hits += 1
                counts["hits"] += 1

    def hide(self) -> None:
        self.target = None
        self.path = []
        self.hidden_until = self.model.around.hour + w.HOURS_LYING_LOW


class Unit(Placed):
    """An Iraqi unit: patrols to a neighbouring node about once a day and looks for cells there."""

    kind = "units"

    def __init__(self, model: Usual, cell: Any) -> None:
        super().__init__(model, cell)
        self.shift = model.random.randrange(w.HOURS_BETWEEN_PATROLS)

    def step(self) -> None:
        if self.model.around.hour % w.HOURS_BETWEEN_PATROLS != self.shift:
            return
        self.model.count(self)
        self.cell = self.cell.neighborhood.select_random_cell()
        self.model.around.counts["patrols"] += 1
        for other in self.cell.agents:
            if isinstance(other, Militia) and self.random.random() < w.P_FOUND_BY_PATROL:
                self.model.around.counts["found"] += 1
                other.hide()


class Site(Placed):
    """A site: consumes its supply and makes bursts ready every hour."""

    kind = "sites"

    def __init__(self, model: Usual, cell: Any) -> None:
        super().__init__(model, cell)
        self.worth = model.random.gauss(0.0, 1.0)
        self.distances: dict[int, int] = nx.single_source_shortest_path_length(model.around.graph, cell.coordinate)
        self.stores = w.Stores(model.random)
        self.hits = 0

    def step(self) -> None:
        self.model.count(self)
        self.stores.hour(self.model.around.counts)


class Detail(Placed):
    """Goes from site to site along the shortest path, one node an hour, and may meet a device."""

    kind = "details"

    def __init__(self, model: Usual, cell: Any) -> None:
        super().__init__(model, cell)
        self.path: list[int] = []
        self.destination: Site | None = None
        self.rest_hours = model.random.randrange(w.HOURS_OF_REST[self.kind])

    def step(self) -> None:
        if self.rest_hours > 0:
            self.rest_hours -= 1
            return
        self.model.count(self)
        if self.destination is None:
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
        here, around = self.cell.coordinate, self.model.around
        if here in around.devices:
            around.devices.discard(here)
            around.counts["struck"] += self.random.random() < w.P_DEVICE_WORKS

    def arrive(self, site: Site) -> None:
        self.destination = None
        self.rest_hours = w.HOURS_OF_REST[self.kind] - 1


class Convoy(Detail):
    """Fills up the site that is shortest of supply."""

    kind = "convoys"

    def next_destination(self) -> Site:
        here = self.cell
        others = (site for site in self.model.sites if site.cell is not here)
        return min(others, key=lambda site: site.stores.stock / site.stores.daily_use)

    def arrive(self, site: Site) -> None:
        super().arrive(site)
        site.stores.fill()
        self.model.around.counts["deliveries"] += 1


class Usual(mesa.Model):
    """The model."""

    KINDS = (Site, Militia, Unit, Convoy, Detail)

    def __init__(self, rng: int) -> None:
        super().__init__(rng=rng)
        self.around = w.Surroundings(self.random, w.network(rng))
        self.grid = make_network(self.around.graph, self.random)
        nodes = list(self.grid.all_cells)
        self.sites = [Site(self, self.random.choice(nodes)) for _ in range(w.AGENTS["sites"])]
        homes = [site.cell for site in self.sites]
        for kind, places in ((Militia, nodes), (Unit, nodes), (Convoy, homes), (Detail, homes)):
            for _ in range(w.AGENTS[kind.kind]):
                kind(self, self.random.choice(places))

    def step(self) -> None:
        for kind in self.KINDS:
            self.agents_by_type[kind].shuffle_do("step")
        self.around.hour += 1

    def count(self, agent: Any) -> None:
        """An act that was due."""
        self.around.due[agent.kind] += 1

    def node(self, name: int) -> Any:
        """Mesa's cell of a node."""
        return self.grid[name]

    def path(self, start: Any, end: Any) -> list[int]:
        """The nodes after `start` on the shortest way to `end`."""
        return list(nx.shortest_path(self.around.graph, start.coordinate, end.coordinate))[1:]


def make_network(graph: nx.Graph[int], random: Random) -> Any:
    """A Mesa network; Mesa 3.5 draws a slow spring layout from the global generator unless given one."""
    layout = {"layout": nx.circular_layout(graph)}
    takes_layout = "layout" in inspect.signature(Network.__init__).parameters
    return Network(graph, random=random, **(layout if takes_layout else {}))


def run(hours: int, seed: int) -> w.Surroundings:
    """Run so many hours; what the agents shared."""
    model = Usual(rng=seed)
    for _ in range(hours):
        model.step()
    if model.around.hour != hours:
        raise RuntimeError(f"the model stopped after {model.around.hour} of {hours} hours")
    around = model.around
    forget(model)
    return around


def forget(model: mesa.Model) -> None:
    """Let Mesa 3.3 release a finished model, which it keeps in a class attribute."""
    ids = getattr(mesa.Agent, "_ids", None)
    if ids is not None:
        ids.pop(model, None)
