"""The Mesa model: the same rules as the compiled loop, hour by hour through Mesa agents."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import mesa
import numpy as np
from mesa.datacollection import DataCollector
from mesa.discrete_space import Network
from numpy.typing import NDArray

from sim import schedule
from sim.agents import AGENTS, MOVING, ON_MAP, AgentOfRow, Baghdad, Coordinator, Faction, Washington, classes_of
from sim.engine import Tables, new_state, rows_in_use, run_to, why_stopped
from sim.errors import ConfigError, RunError
from sim.event_log import EventLog
from sim.futures import move_orders, order_rows, with_orders
from sim.measures import measure_runs, series
from sim.memory import address
from sim.names import agent_names, convoy_name
from sim.responses import Use
from sim.scenario import Scenario, load_scenario
from sim.state import EVENT, MAX_EVENTS_AN_HOUR, NONE
from sim.world import build_world

# Parameters that have a keyword of their own; every other one can be changed through `changes`.
MAIN_PARAMETERS = {
    key.rpartition(".")[2]: key
    for key in (
        *("days", "operations.base_rate_per_day", "operations.momentum_branching", "choice.rationality"),
        *("choice.learning_rate", "defence.p_intercept", "defence.capacity_per_salvo", "defence.availability"),
        *("roadside.p_set_off", "forces.p_find_device", "forces.p_raid"),
    )
}
_SEED_BITS = 49  # of a seed that is drawn: at most 15 digits, as spreadsheets keep
_NUMBERS = 1 << 24  # more than any site's convoys: site and number make one key
_HOURS_AT_ONCE = 64  # of a compiled call whose events are kept


class PostureModel(mesa.Model):
    """One run, an hour a step.

    `posture` is a name, a TOML file or a loaded `Scenario`; `rng` an integer seed (none: a new one, kept in `seed`);
    `changes` maps dotted keys to values; the other keywords change one main parameter each (None: as is);
    `agents` replaces the class of a kind of agent by a subclass of yours; `responses` are names, `=STRENGTH` behind;
    without `collect` the data collector keeps no rows, and a long run takes no more memory than a short one.
    An `EventLog` as `event_log` keeps all events.
    """

    def __init__(
        self,
        posture: str | Path | Scenario = "six",
        rng: Any = None,
        days: int | None = None,
        changes: Mapping[str, Any] | None = None,
        agents: Mapping[str, type[AgentOfRow]] | None = None,
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
        collect: bool = True,
    ) -> None:
        given = {key: value for key, value in locals().items() if key in MAIN_PARAMETERS and value is not None}
        self.seed = seed_of(rng)
        super().__init__(rng=self.seed)
        self._mesa_random = self.random.getstate(), self.rng.bit_generator.state
        base = posture if isinstance(posture, Scenario) else load_scenario(posture)
        base = base.with_responses([responses] if isinstance(responses, str) else responses)
        self.setting = base.with_changes(
            {**(changes or {}), **{MAIN_PARAMETERS[key]: value for key, value in given.items()}}
        )
        self.event_log: EventLog | None = None
        self._collects, self._classes = collect, classes_of(agents or {})
        self._lay_out()
        self._place_agents()
        self.running = True
        self._begin_collecting()

    def _lay_out(self) -> None:
        """World, state, the tables of a run, and the network that the agents stand on."""
        self.world_block = build_world(self.setting)
        self.state_block = new_state(self.world_block, self.seed)
        self.world, self.state = self.world_block[0], self.state_block[0]
        self.addresses = address(self.world_block), address(self.state_block)
        self.tables = Tables(self.world_block, self.state_block)
        self._clock, self._n_hours = self.state_block["hour"], 24 * self.setting.days
        self.grid = network_space(self.setting.theatre.graph, self.random)
        self._squares = [self.grid[n] for n in range(self.world.n_squares)]

    def _place_agents(self) -> None:
        """One agent per row, in the order of the rows."""
        names: dict[str, list[str]] = {"convoys": [], **agent_names(self.setting)}
        self._agents_of: dict[str, list[Any]] = {
            kind: [of_kind(self, i, name) for i, name in enumerate(names[kind])]
            for kind, of_kind in self._classes.items()
        }
        self.factions: list[Faction] = self._agents_of["factions"]
        self.washington: Washington = self._agents_of["washington"][0]
        self.baghdad: Baghdad = self._agents_of["baghdad"][0]
        self.coordinator: Coordinator = self._agents_of["coordinator"][0]
        self._convoy_keys = np.zeros(len(self.state["convoys"]), np.int64)
        self._stood: dict[str, NDArray[np.int64]] = {}
        for agent in (agent for kind in ON_MAP if kind not in MOVING for agent in self._agents_of[kind]):
            agent.cell = self._squares[agent.plan["square"]]
        self._move_agents()

    def _begin_collecting(self) -> None:
        """A data collector with a row for this hour, if it is to keep rows."""
        self.datacollector = DataCollector(model_reporters=dict(REPORTERS))
        if self._collects:
            self.datacollector.collect(self)

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
        periods = self.setting.posture.periods
        return {name: float(value) for name, value in measure_runs(days, periods).items()}

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
                phase.rule(*self.addresses)
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
        self.tables.close_hour()
        if self.event_log is not None:
            self.event_log.add(self.state["events"][: self.state["n_events"]])
        self._follow()
        if self._collects:
            self.datacollector.collect(self)

    def _follow(self) -> None:
        """Let agents and network follow the state, and say so if the run cannot go on."""
        self._renew_convoys()
        self._move_agents()
        if why_stopped(self.state_block):
            self.running = False
            raise RunError(f"seed {self.seed}: {why_stopped(self.state_block)}")

    # --- any hour, and orders ----------------------------------------------------------------------------------
    def go_to(self, hour: int) -> None:
        """Go to an hour of the run (0 to 24 · days), forwards from here, backwards from the start: as if stepped there.

        The compiled loop does it, and then the data collector begins anew; where an agent class was replaced, hours
        are stepped. Going back forgets values that were set by hand.
        """
        if not 0 <= hour <= self._n_hours:
            raise ConfigError(None, "hour", hour, f"it must be 0 to {self._n_hours}")
        if hour < self.hour:
            self._start_again()
        if not self._has_own_classes:
            self._run_to(hour)
        while self.hour < hour:
            self.step()

    @property
    def _has_own_classes(self) -> bool:
        """Was an agent class replaced? The compiled loop knows nothing of what it does."""
        return self._classes != AGENTS

    def _start_again(self) -> None:
        """Back to the first hour, in the same memory: agents are views of it."""
        self.state_block[...] = new_state(self.world_block, self.seed)
        self.tables.forget()
        self.running, self.steps = True, 0
        if self.event_log is not None:
            self.event_log.replace(np.zeros(0, EVENT))
        if self._has_own_classes:  # agents that may know more than their rows
            for agent in list(self.agents):
                agent.leave()
            self.random.setstate(self._mesa_random[0])
            self.rng.bit_generator.state = self._mesa_random[1]
            self._place_agents()
            self._begin_collecting()

    def _run_to(self, hour: int) -> None:
        """On to an hour by the compiled loop, in steps for whose events there is room."""
        room = np.zeros(_HOURS_AT_ONCE * MAX_EVENTS_AN_HOUR if self.event_log is not None else 0, EVENT)
        while self.hour < hour and not why_stopped(self.state_block):
            until = min(hour, self.hour + _HOURS_AT_ONCE)
            n_events = run_to(self.world_block, self.state_block, self.tables, until, room)
            if self.event_log is not None:
                self.event_log.add(room[:n_events])
        self.steps = self.hour
        self._follow()
        self._begin_collecting()

    def give(self, uses: str | Use | Iterable[str | Use]) -> Scenario:
        """Give orders in this hour, the one that comes next; returns the scenario that has them, now `setting`.

        Run from its start, that scenario comes to this hour in the same way, and goes on in the same way.
        """
        before, uses = self.setting, [uses] if isinstance(uses, (str, Use)) else uses
        self.setting, world, state = with_orders(before, self.world_block, self.state_block, uses)
        self.world_block[...], self.state_block[...] = world, state
        self.tables.rows[:] = rows_in_use(self.world)
        if self.event_log is not None:
            events = self.event_log.rows.copy()
            move_orders(events, order_rows(before, self.setting))
            self.event_log.replace(events)
        if not self._has_own_classes:
            self._find_digests()
        return self.setting

    def _find_digests(self) -> None:
        """Digests cover the rows of orders: those of the days behind are found again, with the orders just given.

        A run in which values were set by hand cannot be made again; its digests stay.
        """
        state = new_state(self.world_block, self.seed)
        tables = Tables(self.world_block, state)
        run_to(self.world_block, state, tables, self.hour, np.zeros(0, EVENT))
        if state.tobytes() == self.state_block.tobytes():
            self.tables.digests[:] = tables.digests

    # --- agents and network -------------------------------------------------------------------------------------
    def _renew_convoys(self) -> None:
        """A new agent for each new convoy; those of convoys that are gone leave the model."""
        rows, agents = self.state["convoys"], self._agents_of["convoys"]
        agents.extend([None] * (int(self.state["n_convoys"]) - len(agents)))
        now = np.where(rows["phase"] == NONE, 0, rows["ordered_for"] * _NUMBERS + rows["number"] + 1)
        for k in np.flatnonzero(now != self._convoy_keys).tolist():
            gone = agents[k]
            if gone is not None:
                gone.leave()
            agents[k] = self._new_convoy(k) if now[k] else None
        self._convoy_keys = now

    def _new_convoy(self, k: int) -> Any:
        row = self.state["convoys"][k]
        site = self.setting.theatre.config.sites[row["ordered_for"]].name
        agent: Any = self._classes["convoys"](self, k, convoy_name(site, int(row["number"])))
        agent.cell = self._squares[row["square"]]
        return agent

    def _move_agents(self) -> None:
        """Let Mesa's network know where every agent is."""
        for kind in MOVING:
            now = self.state[kind]["square"][: len(self._agents_of[kind])]
            before = self._stood.get(kind, np.full(0, -1))
            known = np.concatenate([before, np.full(len(now) - len(before), -1)])
            for k in np.flatnonzero(now != known).tolist():
                agent = self._agents_of[kind][k]
                if agent is not None and agent.cell is not self._squares[now[k]]:
                    agent.cell = self._squares[now[k]]
            self._stood[kind] = now.copy()


def release(model: mesa.Model) -> None:
    """Let a model that is no longer used be freed: Mesa 3.3 keeps a count of agents for each for good."""
    counts = getattr(mesa.Agent, "_ids", None)
    if counts is not None:
        counts.pop(model, None)


def seed_of(rng: Any) -> int:
    """The run seed for what Mesa users pass as `rng`: an integer, a numpy Generator, or None for a new one."""
    if rng is None:
        return secrets.randbits(_SEED_BITS)
    if isinstance(rng, np.random.Generator):
        return int(rng.integers(1 << _SEED_BITS))
    if isinstance(rng, (int, np.integer)) and not isinstance(rng, bool) and 0 <= int(rng) < 1 << 64:
        return int(rng)
    raise ConfigError(None, "rng", rng, "it must be an integer from 0 to 2^64 − 1, a numpy Generator or None")


def network_space(graph: Any, random: Any) -> Network:
    """Mesa's network of the squares; newer Mesa takes a layout, and would compute a random one without it."""
    import inspect

    known = "layout" in inspect.signature(Network.__init__).parameters
    return Network(graph, random=random, **({"layout": graph.graph["pos"]} if known else {}))


def _now(model: PostureModel, name: str) -> float:
    """A column of `measures.COLUMNS` as it is in this hour."""
    return float(series(model.state["tally"], name))


_COLLECTED = (
    *("fire_attacks", "convoy_attacks", "rounds_leaked", "rounds_intercepted", "us_wounded", "trucks_lost"),
    *("cells_broken", "sites_open", "lowest_supply_days", "mean_skill", "relation", "capital", "patience", "pressure"),
)
REPORTERS: dict[str, Any] = {name: partial(_now, name=name) for name in _COLLECTED}
"""What the data collector keeps of each hour: name → function of the model."""
