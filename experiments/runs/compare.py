"""The main job: postures, with or without responses, compared under the same streams, replicate by replicate.

A scenario goes by its label: the posture's name and its responses, joined by +. The first is the base; every other
one is compared with it as other − base. A replicate that failed in any scenario is left out of all of them. The runs
are made in the engine room, as those of a sweep: kept in chunks, resumed, spread over workers. States of the world
have streams of their own, which all scenarios share.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.files.labels import responses_of
from experiments.files.states import State, States, met_by
from experiments.runs.archive import Archive
from experiments.runs.bases import Given
from experiments.runs.comparison import Comparison, FailedRun, Quarters, tabulate
from experiments.runs.design import STATE, Point
from experiments.runs.outputs import Output
from experiments.runs.own_names import check_own_names
from experiments.runs.plan import Plan, plan_of, seeds_of_states
from experiments.runs.room import Room
from experiments.runs.stopping import StopRule, half_width, until_known
from experiments.runs.sweep import hash_of
from sim.compiled import source_hash
from sim.draws import replicate_seed
from sim.errors import ConfigError, RunError
from sim.measures import quarters_covered
from sim.parameters import Parameters, flat
from sim.scenario import Scenario
from sim.statistics import Values

WRITTEN = ("weekly", "squares", "site_fire")
"""The outputs of runs from which `write_course` makes its files."""


# --- running -------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class OverStates:
    """States of the world to compare in, the ensemble they are of, and what is run beside for pairs of equal budgets.

    `included`: whether each structure is in, by state. `equal`: (base, posture) of labels.
    """

    ensemble: str
    states: tuple[State, ...]
    included: Mapping[str, NDArray[np.bool_]]
    beside: tuple[Scenario, ...] = ()
    equal: tuple[tuple[str, str], ...] = ()

    def first(self, n: int) -> OverStates:
        """The first `n` states alone."""
        some = {name: each[:n] for name, each in self.included.items()}
        return replace(self, states=self.states[:n], included=some)


def plan_of_scenarios(
    scenarios: Sequence[Scenario],
    seed: int,
    replicates: int,
    outputs: Sequence[Output] = (),
    states: Sequence[State] = (),
) -> Plan:
    """Every scenario, in the order of the labels, with the same replicates, in each of the states if there are any."""
    check_names(scenarios)
    bases = Given(sorted(scenarios, key=lambda scenario: scenario.label))
    for base in bases:
        base.check()
    if states:
        points = [point for base in bases for point in _in_states(base.scenario, states)]
        return plan_of(points, bases, seeds_of_states(seed, points, replicates), outputs)
    seeds = np.array([replicate_seed(seed, r) for r in range(replicates)], np.uint64)
    return plan_of(bases.points, bases, np.broadcast_to(seeds, (len(bases.points), replicates)), outputs)


def _in_states(scenario: Scenario, states: Sequence[State]) -> Iterator[Point]:
    """The points of a scenario, one a state."""
    own, defaults = flat(scenario.parameters), flat(Parameters())
    for n, state in enumerate(states):
        yield {"posture": scenario.label, STATE: n, **met_by(state, own, defaults)}


def with_states(plan: Plan, n: int) -> Plan:
    """The plan of the first `n` states."""
    rows = [k for k, point in enumerate(plan.points) if int(point[STATE]) < n]
    return replace(plan, points=[plan.points[k] for k in rows], seeds=plan.seeds[rows], keys=plan.keys[rows])


def with_window(scenarios: Sequence[Scenario]) -> list[Scenario]:
    """The same, with measures of a window that count from the day on which the first response of any of them begins.

    All have the same window, or what comes after a response could not be compared with what comes without it.
    """
    begins = first_response_day(scenarios)
    if begins is None or any(scenario.posture.window_day for scenario in scenarios):
        return list(scenarios)
    return [scenario.with_changes({"window_day": begins}) for scenario in scenarios]


def first_response_day(scenarios: Iterable[Scenario]) -> int | None:
    """The day on which the first response of any of some scenarios begins; None if none has any."""
    begins = (use.first_hour // 24 for scenario in scenarios for use in scenario.responses if use.response.orders)
    return min(begins, default=None)


def described(plan: Plan, seed: int, over: OverStates | None = None) -> dict[str, Any]:
    """What `design.json` keeps of a comparison: see `sweep.described`."""
    design: dict[str, Any] = {"seed": seed, "outputs": [output.name for output in plan.outputs]}
    return {
        "rules": source_hash(),
        "replicates": plan.replicates,
        **({"states": len(over.states)} if over else {}),
        "design": design | ({"ensemble": over.ensemble, "first_state": over.states[0]} if over else {}),
        "scenarios": {base.scenario.label: hash_of(base.scenario) for base in plan.bases},
    }


@dataclass(frozen=True)
class Compared:
    """The runs of a comparison: `scenarios` in the order given, the base first; `over` states of the world, if any."""

    scenarios: tuple[Scenario, ...]
    plan: Plan
    archive: Archive
    ran: int = 0
    over: OverStates | None = None

    @property
    def every(self) -> tuple[Scenario, ...]:
        """Those compared, and those run beside."""
        return (*self.scenarios, *(self.over.beside if self.over else ()))

    def keys(self, scenario: Scenario) -> NDArray[np.uint64]:
        """Keys of the runs of a scenario, by state and replicate."""
        return np.asarray(self.plan.keys[self._rows(scenario)].ravel())

    def seeds(self, scenario: Scenario) -> NDArray[np.uint64]:
        """Seeds of the same runs."""
        return np.asarray(self.plan.seeds[self._rows(scenario)].ravel())

    def _rows(self, scenario: Scenario) -> list[int]:
        return [k for k, point in enumerate(self.plan.points) if point["posture"] == scenario.label]

    def measures(self, scenario: Scenario) -> Values:
        """Runs × MEASURES; NaN where a run failed."""
        return np.asarray(self.archive.gather(self.keys(scenario), ("measures",))["measures"])

    @property
    def states(self) -> States | None:
        """The state of each run of a scenario; None at one point."""
        return None if self.over is None else np.repeat(np.arange(len(self.over.states)), self.plan.replicates)

    @property
    def failed(self) -> tuple[FailedRun, ...]:
        """The runs that did not finish, by label, state and replicate."""
        return tuple(
            FailedRun(scenario.name, responses_of(scenario), r, int(self.plan.seeds[k, r]), failure.error)
            for k, scenario in enumerate(self.plan.bases(point).scenario for point in self.plan.points)
            for r, failure in self.archive.failures(self.plan.keys[k]).items()
        )

    def comparison(self) -> Comparison:
        """The comparison of the replicates that are whole."""
        values = {scenario.label: self.measures(scenario) for scenario in self.every}
        names = [scenario.label for scenario in self.scenarios]
        how: dict[str, Any] = {"quarters": common_quarters(self.scenarios), "states": self.states, "names": names}
        return tabulate(values, self.failed, **how, equal=self.over.equal if self.over else ())

    def whole(self) -> NDArray[np.bool_]:
        """Which runs of a scenario every scenario finished."""
        failed = self.archive.failed(self.plan.keys)
        return np.asarray(~np.any(failed.reshape(len(self.every), -1), axis=0))

    def rows(self, scenario: Scenario, output: str) -> list[NDArray[Any]]:
        """The rows of an output of the whole replicates."""
        return list(self.archive.rows(self.keys(scenario)[self.whole()], output))


def compare(
    scenarios: Sequence[Scenario],
    plan: Plan,
    room: Room,
    *,
    rule: StopRule | None = None,
    over: OverStates | None = None,
    say: Callable[[str], None] = lambda line: None,
    **how: Any,
) -> Compared:
    """Run the plan of some scenarios; `how` is for `Room.run`.

    With a `rule`, states (or, at one point, replicates) are added until it is met or those of the plan are reached;
    `say` hears how far it is.
    """

    def run(plan: Plan) -> int:
        return room.run(plan, **how)

    def found(plan: Plan, ran: int = 0) -> Compared:
        some = over.first(_n_states(plan)) if over else None
        return Compared(tuple(scenarios), plan, room.archive, ran, some)

    if rule is None:
        return found(plan, run(plan))
    if over:
        by_state: Callable[[int], Plan] = partial(with_states, plan)
        stop = until_known(rule, by_state, run, lambda p: _width(rule, found(p)), len(over.states), say, "states")
    else:
        stop = until_known(
            rule, plan.with_replicates, run, lambda p: half_width(rule, p, room.archive), plan.replicates, say
        )
    return found(*stop)


def _n_states(plan: Plan) -> int:
    return len({point[STATE] for point in plan.points})


def _width(rule: StopRule, compared: Compared) -> float:
    """The widest half-width of what is compared; infinite while too few states are whole."""
    try:
        comparison = compared.comparison()
    except RunError:
        return math.inf
    pairs = [comparison.pair(posture, rule.name, base).difference for base, posture in comparison.compared]
    widths = [(each.high - each.low) / 2.0 for each in pairs]
    return math.inf if any(map(math.isnan, widths)) else max(widths)


def check_names(scenarios: Sequence[Scenario]) -> None:
    """Scenarios are told apart by label, which may not be one of the words of the JSON table either."""
    names = [scenario.label for scenario in scenarios]
    for name in names:
        if names.count(name) > 1 or name in ("unit", "difference"):
            raise ConfigError(None, "posture", name, "each must have a name of its own, or other responses")
    check_own_names(scenarios)


def common_quarters(scenarios: Sequence[Scenario]) -> Quarters | None:
    """First day of all scenarios, and last days of their quarters that all runs cover; None if they differ."""
    shortest = min(scenario.days for scenario in scenarios)
    found = {(p.start, quarters_covered(p.quarter_ends_days, shortest)) for p in (each.posture for each in scenarios)}
    return found.pop() if len(found) == 1 else None
