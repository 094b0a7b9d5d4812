"""One run being watched: played, taken to any hour, given orders. No Solara here."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from numpy.typing import NDArray

from sim.engine import Run, simulate
from sim.errors import ConfigError, PostureError, RunError
from sim.event_log import EventLog
from sim.futures import given_now
from sim.model import PostureModel, release
from sim.responses import Use
from sim.scenario import Scenario
from sim.world import build_world


class Change(NamedTuple):
    """A parameter (its dotted key) that has another value from an hour on: it is read at the start of that hour."""

    hour: int
    key: str
    value: Any


class LiveRun:
    """A Mesa model, all that happened so far, and the orders given.

    `scenario` has the orders given so far, each with the hour at which it began, and `given` is those orders by their
    hours; `changes` are parameters that were changed while it ran, which no scenario says. What happens is a function
    of scenario, changes and seed, whichever way an hour is reached. `failed` says why the run stopped before its end;
    "" if it did not. Memory grows with the events alone.
    """

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        hour: int = 0,
        agents: Mapping[str, type[Any]] | None = None,
        given: Iterable[Use] = (),
        changes: Iterable[Change] = (),
    ) -> None:
        self.seed, self._base, self._agents = seed, scenario, agents
        self.changes = tuple(changes)
        self._keep(given)
        self.model = self._new_model(hour)

    def _new_model(self, hour: int) -> PostureModel:
        model = PostureModel(self.scenario, rng=self.seed, agents=self._agents, collect=False)
        model.event_log = EventLog()
        self.failed = _why_stopped(lambda: self._move(model, -1, hour))
        return model

    def _move(self, model: PostureModel, after: int, hour: int) -> None:
        """On to an hour, under the changes of the hours behind `after`, those of the hour itself among them."""
        for change in self.changes:
            if after < change.hour <= hour:
                model.go_to(change.hour)
                model.setting = model.setting.with_changes({change.key: change.value})
                model.world_block[...] = build_world(model.setting)
        model.go_to(hour)

    # --- what there is --------------------------------------------------------------------------------------------
    @property
    def hour(self) -> int:
        """Hours since the start: the hour that comes next."""
        return self.model.hour

    @property
    def n_hours(self) -> int:
        """Length of the run."""
        return 24 * self.scenario.days

    @property
    def base(self) -> Scenario:
        """The scenario without the orders given while watching."""
        return self._base

    @property
    def label(self) -> str:
        """Posture and responses, those given live among them."""
        return self.scenario.label

    @property
    def events(self) -> NDArray[Any]:
        """All that happened from the start to this hour (dtype EVENT); not to be written to."""
        log = self.model.event_log
        assert log is not None
        return log.rows

    @property
    def days(self) -> NDArray[Any]:
        """The tally of each finished day (dtype TALLY)."""
        return self.model.tables.days[: self.hour // 24]

    # --- time -----------------------------------------------------------------------------------------------------
    def advance(self, hours: int) -> None:
        """On by so many hours, never past the end: by the compiled loop, or step by step if agents are one's own."""
        until = min(self.hour + hours, self.n_hours)
        if not self.failed and until > self.hour:
            self.failed = _why_stopped(lambda: self._move(self.model, self.hour, until))

    def go_to(self, hour: int) -> None:
        """Go to any hour, back or forth. A run that has failed is made again: Mesa steps no model after an error."""
        if self.failed or (self.changes and hour < self.hour):
            self._open(hour)
        else:
            self.failed = _why_stopped(lambda: self._move(self.model, self.hour, hour))

    def _open(self, hour: int) -> None:
        """The run of the scenario anew, to an hour."""
        before, self.model = self.model, self._new_model(hour)
        release(before)

    # --- orders ---------------------------------------------------------------------------------------------------
    def give(self, uses: Iterable[str | Use]) -> None:
        """Give orders in the hour that comes next. A refusal leaves all as it was."""
        if self.failed:
            raise RunError(self.failed)
        if self.hour >= self.n_hours:
            raise ConfigError(None, "hour", self.hour, f"it must be before the end of the run, {self.n_hours}")
        now = given_now(uses, self.hour)
        self.model.give(now)
        self._keep([*self.given, *now])
        self.model.setting = self._with_changes(self.scenario)

    def take_back(self, k: int) -> None:
        """The same run to the same hour without the `k`-th order of `given`."""
        if not 0 <= k < len(self.given):
            raise ConfigError(None, "order", k, f"it must be 0 to {len(self.given) - 1}")
        self.set_given([*self.given[:k], *self.given[k + 1 :]])

    def set_given(self, given: Iterable[Use]) -> None:
        """The same run to the same hour under just these orders, each with its hour."""
        self._keep(given)
        self._open(self.hour)

    def _keep(self, given: Iterable[Use]) -> None:
        self.given = tuple(sorted(given, key=lambda use: (use.start_day or 0, use.start_hour)))
        self.scenario = self._base.with_responses(self.given)

    # --- parameters ---------------------------------------------------------------------------------------------
    def change(self, key: str, value: Any) -> None:
        """Another value of a parameter from the hour that comes next on. A refusal leaves all as it was."""
        new = Change(self.hour, key, value)
        self.scenario.with_changes({key: value})
        self.set_changes([*(each for each in self.changes if each[:2] != new[:2]), new])

    def set_changes(self, changes: Iterable[Change]) -> None:
        """The same run to the same hour under just these changes."""
        self.changes = tuple(sorted(changes, key=lambda change: change.hour))
        self._open(self.hour)

    def _with_changes(self, scenario: Scenario) -> Scenario:
        """A scenario with the parameters as they are now."""
        return scenario.with_changes({change.key: change.value for change in self.changes if change.hour <= self.hour})

    # --- the end --------------------------------------------------------------------------------------------------
    def complete(self) -> Run:
        """The whole run to its last day, with its events, under the orders given so far; this one stays where it is."""
        if not self._agents and not self.changes:
            return simulate(self.scenario, self.seed, events=True)
        whole = LiveRun(self.scenario, self.seed, self.n_hours, self._agents, changes=self.changes)
        model, events = whole.model, whole.events
        whole.close()
        if whole.failed:
            raise RunError(whole.failed)
        return Run(self.scenario, self.seed, model.state_block, model.tables.days, model.tables.digests, events)

    def close(self) -> None:
        """Let the model be freed."""
        release(self.model)


def _why_stopped(move: Callable[[], None]) -> str:
    """Why a move stopped before its end, "" if it did not. An agent of one's own may raise anything."""
    try:
        move()
    except RunError as error:
        return str(error)
    except PostureError:
        raise
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {error} ({place.filename}, line {place.lineno})"
    return ""
