"""The workload that every form runs: the kinds of agents of the base run, as many, due as often, in plain Python.

What is the same as in the base run (`fourteen`, 274 days): how many agents of each kind there are, and how many acts
are due, by kind, within `TOLERANCE` (checked before anything is timed). What an agent does when it is due has the shape
of our rules: supply and bursts of a site, a daily hazard, a choice of target by logit over sites, a path walked node by
node, a salvo resolved round by round, patrols that look for cells, convoys that meet devices. It is less than our rules
do: no learning, no responses, no named draws, no measures by day, no digest. So a ratio errs against the project. Its
numbers are placeholders that make each kind of work happen as often; its results mean nothing.

Ways are found once for each pair of nodes, places are numbers, and an agent says when it is due again: what the usual
form of a Mesa model (mesa_usual.py) does not do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from random import Random
from typing import Any

import networkx as nx

DAYS, HOURS = 274, 274 * 24
N_NODES = 300
AGENTS = {"sites": 14, "cells": 60, "units": 80, "convoys": 40, "details": 10}
TOLERANCE = 0.1
"""Of the acts due in the base run, by kind: how far those of the workload may be from them."""

P_ATTACK_PER_DAY = 0.03
P_DEVICE = 0.4  # of attacks: a device on the road; the rest are salvos
P_FOUND_BY_PATROL = 0.002
P_DEVICE_WORKS = 0.3
P_ROUND_INTERCEPTED = 0.6
P_ROUND_HITS = 0.1
HOURS_BETWEEN_PATROLS = 25
HOURS_LYING_LOW = 240
HOURS_OF_REST = {"convoys": 131, "details": 345}
DISTANCE_DECAY = 0.2  # per node on the way
FULL_DAYS, MINIMUM_DAYS, PEOPLE = 30.0, 3.0, 700
TONNES_PER_PERSON_DAY, TONNES_PER_SITE_DAY = 0.01, 2.0
READY_BURSTS, RELOAD_HOURS = 20, 1.0
COUNTS = ("salvos", "rounds", "hits", "patrols", "found", "deliveries", "struck", "supply_used", "hours_short")


def network(seed: int) -> nx.Graph[int]:
    """The roads."""
    return nx.connected_watts_strogatz_graph(N_NODES, 4, 0.1, seed=seed)


@dataclass
class Surroundings:
    """What the agents of a run share: the roads with their ways, who is where, and what is counted."""

    random: Random
    graph: nx.Graph[int]
    hour: int = 0
    sites: list[Any] = field(default_factory=list)
    devices: set[int] = field(default_factory=set)
    counts: dict[str, float] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    due: dict[str, int] = field(default_factory=lambda: dict.fromkeys(AGENTS, 0))
    ways: dict[tuple[int, int], list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.neighbours = [list(self.graph[node]) for node in range(N_NODES)]
        self.cells_at: list[list[Any]] = [[] for _ in range(N_NODES)]

    def way(self, start: int, end: int) -> list[int]:
        """The nodes after `start` on the shortest way to `end`; looked for once."""
        found = self.ways.get((start, end))
        if found is None:
            found = self.ways[start, end] = nx.shortest_path(self.graph, start, end)[1:]
        return found


class Stores:
    """Supply in t and bursts of a site: the arithmetic of our rule, so that an hour at a site is as much work."""

    def __init__(self, random: Random) -> None:
        self.people, self.batteries = PEOPLE, 1
        self.stock = FULL_DAYS * self.daily_use * random.random()
        self.ready, self.reserve, self.reloading = READY_BURSTS * self.batteries, 500 * self.batteries, 0.0

    @property
    def daily_use(self) -> float:
        """In t/day, by head and by site."""
        return self.people * TONNES_PER_PERSON_DAY + TONNES_PER_SITE_DAY

    def hour(self, counts: dict[str, float]) -> None:
        """Supply is used as far as there is some, and bursts are made ready."""
        need = self.daily_use / 24.0
        used = min(need, self.stock)
        self.stock -= used
        counts["supply_used"] += used
        if self.stock < MINIMUM_DAYS * 24.0 * need:
            counts["hours_short"] += 1
        if used < need:
            counts["hours_short"] += 1
        if self.batteries > 0:
            self.reload()

    def reload(self) -> None:
        """An hour of making bursts ready."""
        room = self.batteries * READY_BURSTS - self.ready
        if room <= 0 or self.reserve == 0:
            self.reloading = 0.0
            return
        self.reloading += self.batteries / RELOAD_HOURS
        made = min(int(self.reloading), room, self.reserve)
        self.reloading -= made
        self.ready += made
        self.reserve -= made

    def take(self, rounds: int) -> int:
        """How many rounds of a salvo can be engaged; their bursts are used."""
        engaged = min(rounds, self.ready)
        self.ready -= engaged
        return engaged

    def fill(self) -> None:
        """A convoy arrives."""
        self.stock = FULL_DAYS * self.daily_use


class Site:
    """A site: consumes its supply and makes bursts ready every hour."""

    kind = "sites"

    def begin(self, around: Surroundings) -> int:
        """Set up; hours until it is due."""
        self.around, self.node = around, around.random.randrange(N_NODES)
        self.worth, self.stores, self.hits = around.random.gauss(0.0, 1.0), Stores(around.random), 0
        self.distances = nx.single_source_shortest_path_length(around.graph, self.node)
        around.sites.append(self)
        return 0

    def act(self) -> int:
        """Act; hours until it is due again."""
        self.stores.hour(self.around.counts)
        return 1


class Cell:
    """A militia cell: considers an attack once a day, walks to its target and attacks."""

    kind = "cells"

    def begin(self, around: Surroundings) -> int:
        """Set up; hours until it is due."""
        self.around, self.node = around, around.random.randrange(N_NODES)
        self.target: Any = None
        self.way: list[int] = []
        self.step_of_way = self.hidden_until = 0
        around.cells_at[self.node].append(self)
        return around.random.randrange(24)

    def act(self) -> int:
        """Act; hours until it is due again."""
        around = self.around
        if around.hour < self.hidden_until:
            return self.hidden_until - around.hour
        if self.target is None:
            return self.consider()
        if self.step_of_way < len(self.way) - 2:  # in range two nodes away
            around.cells_at[self.node].remove(self)
            self.node = self.way[self.step_of_way]
            around.cells_at[self.node].append(self)
            self.step_of_way += 1
            return 1
        self.attack()
        self.target = None
        return HOURS_LYING_LOW

    def consider(self) -> int:
        """Attack today? Then a site by logit: worth less a cost of distance."""
        around = self.around
        if around.random.random() >= P_ATTACK_PER_DAY:
            return 24
        weights = [math.exp(site.worth - DISTANCE_DECAY * site.distances[self.node]) for site in around.sites]
        self.target = around.random.choices(around.sites, weights)[0]
        self.way, self.step_of_way = around.way(self.node, self.target.node), 0
        return 1

    def attack(self) -> None:
        """A device on the road, or a salvo resolved round by round."""
        around, random = self.around, self.around.random.random
        if random() < P_DEVICE:
            around.devices.add(self.node)
            return
        around.counts["salvos"] += 1
        rounds = around.random.randint(2, 8)
        around.counts["rounds"] += rounds
        engaged = self.target.stores.take(rounds)
        for n in range(rounds):
            if (n >= engaged or random() >= P_ROUND_INTERCEPTED) and random() < P_ROUND_HITS:
                self.target.hits += 1
                around.counts["hits"] += 1

    def found(self) -> None:
        """By a patrol: lies low."""
        self.around.counts["found"] += 1
        self.target, self.hidden_until = None, self.around.hour + HOURS_LYING_LOW


class Unit:
    """An Iraqi unit: patrols to a neighbouring node about once a day and looks for cells there."""

    kind = "units"

    def begin(self, around: Surroundings) -> int:
        """Set up; hours until it is due."""
        self.around, self.node = around, around.random.randrange(N_NODES)
        return around.random.randrange(HOURS_BETWEEN_PATROLS)

    def act(self) -> int:
        """Act; hours until it is due again."""
        around = self.around
        self.node = around.random.choice(around.neighbours[self.node])
        around.counts["patrols"] += 1
        for cell in around.cells_at[self.node]:
            if around.random.random() < P_FOUND_BY_PATROL:
                cell.found()
        return HOURS_BETWEEN_PATROLS


class Detail:
    """Goes from site to site along the shortest way, a node an hour, and may meet a device."""

    kind = "details"

    def begin(self, around: Surroundings) -> int:
        """Set up; hours until it is due."""
        self.around, self.node = around, around.random.choice(around.sites).node
        self.destination: Any = None
        self.way: list[int] = []
        self.step_of_way = 0
        return around.random.randrange(HOURS_OF_REST[self.kind])

    def act(self) -> int:
        """Act; hours until it is due again."""
        if self.destination is None:
            self.destination = self.next_destination()
            self.way, self.step_of_way = self.around.way(self.node, self.destination.node), 0
        elif self.step_of_way < len(self.way):
            self.node = self.way[self.step_of_way]
            self.step_of_way += 1
            self.meet_device()
        else:
            self.arrive(self.destination)
            self.destination = None
            return HOURS_OF_REST[self.kind]
        return 1

    def next_destination(self) -> Any:
        """Another site, at random."""
        return self.around.random.choice([site for site in self.around.sites if site.node != self.node])

    def meet_device(self) -> None:
        """Where one waits it is used up, and may work."""
        if self.node in self.around.devices:
            self.around.devices.discard(self.node)
            self.around.counts["struck"] += self.around.random.random() < P_DEVICE_WORKS

    def arrive(self, site: Any) -> None:
        """Nothing is left there."""


class Convoy(Detail):
    """Fills up the site that is shortest of supply."""

    kind = "convoys"

    def next_destination(self) -> Any:
        """The other site that is shortest of supply."""
        others = (site for site in self.around.sites if site.node != self.node)
        return min(others, key=lambda site: site.stores.stock / site.stores.daily_use)

    def arrive(self, site: Any) -> None:
        """The site is full again."""
        site.stores.fill()
        self.around.counts["deliveries"] += 1


KINDS: tuple[type[Any], ...] = (Site, Cell, Unit, Convoy, Detail)
"""In the order in which they act within an hour; sites first, as the others go to them."""
