"""The Mesa model: the same rules as the compiled loop, hour by hour through Mesa agents."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import mesa
import numpy as np
from mesa.datacollection import DataCollector
from mesa.discrete_space import Network
from numpy.typing import NDArray

from sim import schedule
from sim.agents import (
    Baghdad,
    Convoy,
    Faction,
    ForeignDetail,
    IraqiUnit,
    MilitiaCell,
    OffMapAgent,
    RowAgent,
    Site,
    Washington,
)
from sim.engine import Tables, new_state, why_stopped
from sim.errors import ConfigError, RunError
from sim.measures import measure_runs
from sim.names import agent_names, convoy_name
from sim.scenario import Scenario, load_scenario
from sim.state import NONE
from sim.world import build_world

# Parameters that have a keyword of their own; every other one can be changed through `changes`.
MAIN_PARAMETERS = {
    "days": "days",
    "base_rate_per_day": "operations.base_rate_per_day",
    "momentum_branching": "operations.momentum_branching",
    "rationality": "choice.rationality",
    "learning_rate": "choice.learning_rate",
    "p_intercept": "defence.p_intercept",
    "capacity_per_salvo": "defence.capacity_per_salvo",
    "availability": "defence.availability",
    "p_set_off": "roadside.p_set_off",
    "p_find_device": "forces.p_find_device",
    "p_raid": "forces.p_raid",
}
AnyAgent: TypeAlias = RowAgent | OffMapAgent
AGENTS: dict[str, type[AnyAgent]] = {
    "baghdad": Baghdad,
    "cells": MilitiaCell,
    "convoys": Convoy,
    "details": ForeignDetail,
    "factions": Faction,
    "sites": Site,
    "units": IraqiUnit,
    "washington": Washington,
}


_NUMBERS = 1 << 24  # more than any site's convoys: site and number make one key


class PostureModel(mesa.Model):
    """One run, an hour a step.

    `posture` is a name, a TOML file or a loaded `Scenario`; `rng` an integer seed (none: a new one, kept in `seed`);
    `changes` maps dotted keys to values; the other keywords change one main parameter each (None: as is);
    `agents` replaces the class of a kind of agent by a subclass of yours; `responses` are names, `=STRENGTH` behind.
    """

    def __init__(
        self,
        posture: str | Path | Scenario = "six",
        rng: Any = None,
        days: int | None = None,
        changes: Mapping[str, Any] | None = None,
        agents: Mapping[str, type[AnyAgent]] | None = None,
        responses: Iterable[str] = (),
        base_rate_per_day: float | None = None,
        momentum_branching: float | None = None,
        rationality: float | None = None,
        learning_rate: float | None = None,
        p_intercept: float | None = None,
        capacity_per_salvo: int | None = None,
        availability: float | None = None,
        p_set_off: float | None = None,
        p_find_device: float | None = None,
        p_raid: float | None = None,
    ) -> None:
        given = {key: value for key, value in locals().items() if key in MAIN_PARAMETERS and value is not None}
        self.seed = seed_of(rng)
        super().__init__(rng=self.seed)
        base = posture if isinstance(posture, Scenario) else load_scenario(posture)
        base = base.with_responses([responses] if isinstance(responses, str) else responses)
        self.setting = base.with_changes(
            {**(changes or {}), **{MAIN_PARAMETERS[key]: value for key, value in given.items()}}
        )
        self._lay_out()
        self._place_agents({**AGENTS, **(agents or {})})
        self.datacollector = DataCollector(model_reporters=dict(REPORTERS))
        self.running = True
        self.datacollector.collect(self)

    def _lay_out(self) -> None:
        """World, state, the tables of a run, and the network that the agents stand on."""
        self.world_block = build_world(self.setting)
        self.state_block = new_state(self.world_block, self.seed)
        self.world, self.state = self.world_block[0], self.state_block[0]
        self.tables = Tables(self.world_block, self.state_block)
        self._clock, self._n_hours = self.state_block["hour"], 24 * self.setting.days
        self.grid = network_space(self.setting.theatre.graph, self.random)
        self._squares = [self.grid[n] for n in range(self.world.n_squares)]

    def _place_agents(self, classes: Mapping[str, type[Any]]) -> None:
        """One agent per row, in the order of the rows."""
        names = agent_names(self.setting)
        self._agents_of: dict[str, list[Any]] = {
            kind: [classes[kind](self, i, name) for i, name in enumerate(names[kind])]
            for kind in ("factions", "washington", "baghdad", "cells", "details", "sites", "units")
        }
        self.factions: list[Faction] = self._agents_of["factions"]
        self.washington: Washington = self._agents_of["washington"][0]
        self.baghdad: Baghdad = self._agents_of["baghdad"][0]
        self._convoy_class, self._agents_of["convoys"] = classes["convoys"], []
        self._convoy_keys = np.zeros(len(self.state["convoys"]), np.int64)
        self._stood: dict[str, NDArray[np.int64]] = {}
        for site in self._agents_of["sites"]:
            site.cell = self._squares[site.plan["square"]]
        self._move_agents()

    @property
    def hour(self) -> int:
        """Hours since the start."""
        return int(self._clock[0])

    @property
    def events(self) -> NDArray[Any]:
        """What happened in the hour just simulated (dtype EVENT)."""
        return np.array(self.state["events"][: self.state["n_events"]])

    @property
    def measures(self) -> dict[str, float]:
        """Every measure of the days finished so far (at least one)."""
        days = self.tables.days[: max(1, self.hour // 24)]
        ends = self.setting.posture.quarter_ends_days
        return {name: float(value) for name, value in measure_runs(days, ends).items()}

    @property
    def digest(self) -> str:
        """The digest of the whole run; of the days finished while it is still going on."""
        return self.tables.digest(self.hour // 24)

    def step(self) -> None:
        """One hour, phase by phase (`schedule.PHASES`).

        After the last hour nothing changes any more. It takes one such idle step to stop the model: Mesa 3.3's
        `batch_run` reports the step before the one that stopped, which so is the last hour.
        """
        if self.hour >= self._n_hours:
            self.running = False
            return
        for phase in schedule.PHASES:
            if phase.agents is None:
                phase.rule(self.world_block, self.state_block)
            else:
                self._step_agents(phase.agents)
        self._end_hour()

    def _step_agents(self, kind: str) -> None:
        if kind == "convoys":
            self._renew_convoys()
        for agent in self._agents_of[kind]:
            if agent is not None:
                agent.step()

    def _end_hour(self) -> None:
        if why_stopped(self.state_block):
            self.running = False
            raise RunError(f"seed {self.seed}: {why_stopped(self.state_block)}")
        self.tables.close_hour()
        self._renew_convoys()
        self._move_agents()
        self.datacollector.collect(self)

    def _renew_convoys(self) -> None:
        """A new agent for each new convoy; those of convoys that are gone leave the model."""
        rows, agents = self.state["convoys"], self._agents_of["convoys"]
        agents.extend([None] * (int(self.state["n_convoys"]) - len(agents)))
        now = np.where(rows["phase"] == NONE, 0, rows["ordered_for"] * _NUMBERS + rows["number"] + 1)
        for k in np.flatnonzero(now != self._convoy_keys).tolist():
            gone = agents[k]
            if gone is not None:
                gone.remove()
            agents[k] = self._new_convoy(k) if now[k] else None
        self._convoy_keys = now

    def _new_convoy(self, k: int) -> Any:
        row = self.state["convoys"][k]
        site = self.setting.theatre.config.sites[row["ordered_for"]].name
        agent = self._convoy_class(self, k, convoy_name(site, int(row["number"])))
        agent.cell = self._squares[row["square"]]
        return agent

    def _move_agents(self) -> None:
        """Let Mesa's network know where every agent is."""
        for kind in ("cells", "units", "details", "convoys"):
            now = self.state[kind]["square"][: len(self._agents_of[kind])]
            before = self._stood.get(kind, np.full(0, -1))
            known = np.concatenate([before, np.full(len(now) - len(before), -1)])
            for k in np.flatnonzero(now != known).tolist():
                agent = self._agents_of[kind][k]
                if agent is not None and agent.cell is not self._squares[now[k]]:
                    agent.cell = self._squares[now[k]]
            self._stood[kind] = now.copy()


def seed_of(rng: Any) -> int:
    """The run seed for what Mesa users pass as `rng`: an integer, a numpy Generator, or None for a new one."""
    if rng is None:
        return secrets.randbits(52)
    if isinstance(rng, np.random.Generator):
        return int(rng.integers(1 << 52))
    if isinstance(rng, (int, np.integer)) and not isinstance(rng, bool) and 0 <= int(rng) < 1 << 64:
        return int(rng)
    raise ConfigError(None, "rng", rng, "expected an integer from 0 to 2^64 − 1, a numpy Generator or None")


def network_space(graph: Any, random: Any) -> Network:
    """Mesa's network of the squares; newer Mesa takes a layout, and would compute a random one without it."""
    import inspect

    known = "layout" in inspect.signature(Network.__init__).parameters
    return Network(graph, random=random, **({"layout": graph.graph["pos"]} if known else {}))


def _reader(*columns: str) -> Callable[[PostureModel], float]:
    def read(model: PostureModel) -> float:
        return float(sum(model.state["tally"][column] for column in columns))

    return read


REPORTERS: dict[str, Callable[[PostureModel], float]] = {
    "fire_attacks": _reader("rocket_attacks", "drone_attacks"),
    **{
        name: _reader(name)
        for name in (
            "convoy_attacks",
            "rounds_leaked",
            "rounds_intercepted",
            "us_wounded",
            "trucks_lost",
            "cells_broken",
            "sites_open",
            "lowest_supply_days",
            "mean_skill",
            "relation",
            "capital",
            "patience",
            "pressure",
        )
    },
}
