"""One run being watched: played, taken to any hour, given orders. No Solara here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from numpy.typing import NDArray

from sim.engine import Run, simulate
from sim.errors import ConfigError, RunError
from sim.event_log import EventLog
from sim.futures import given_now
from sim.model import PostureModel, release
from sim.responses import Use
from sim.scenario import Scenario


class LiveRun:
    """A Mesa model, all that happened so far, and the orders given.

    `scenario` has the orders given so far, each with the hour at which it began, and `given` is those orders by their
    hours: what happens is a function of scenario and seed, whichever way an hour is reached. `failed` says why the run
    stopped before its end; "" if it did not. Memory grows with the events alone.
    """

    def __init__(
        self, scenario: Scenario, seed: int, hour: int = 0, agents: Mapping[str, type[Any]] | None = None
    ) -> None:
        self.scenario, self.seed, self.given = scenario, seed, tuple[Use, ...]()
        self._base, self._agents = scenario, agents
        self.model = self._new_model(hour)

    def _new_model(self, hour: int) -> PostureModel:
        model = PostureModel(self.scenario, rng=self.seed, agents=self._agents, collect=False)
        model.event_log = EventLog()
        self.failed = _why_stopped(lambda: model.go_to(hour))
        return model

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
        """Step the agents for so many hours, never past the end."""
        for _ in range(min(hours, self.n_hours - self.hour)):
            if not self.failed:
                self.failed = _why_stopped(self.model.step)

    def go_to(self, hour: int) -> None:
        """Go to any hour, back or forth. A run that has failed is made again: Mesa steps no model after an error."""
        if self.failed:
            self._open(hour)
        else:
            self.failed = _why_stopped(lambda: self.model.go_to(hour))

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
        self.model.setting = self.scenario

    def take_back(self, k: int) -> None:
        """The same run to the same hour without the `k`-th order of `given`."""
        if not 0 <= k < len(self.given):
            raise ConfigError(None, "order", k, f"it must be 0 to {len(self.given) - 1}")
        self._keep([*self.given[:k], *self.given[k + 1 :]])
        self._open(self.hour)

    def _keep(self, given: list[Use]) -> None:
        self.given = tuple(sorted(given, key=lambda use: (use.start_day or 0, use.start_hour)))
        self.scenario = self._base.with_responses(self.given)

    # --- the end --------------------------------------------------------------------------------------------------
    def complete(self) -> Run:
        """The whole run to its last day, with its events, under the orders given so far; this one stays where it is."""
        if not self._agents:
            return simulate(self.scenario, self.seed, events=True)
        whole = LiveRun(self.scenario, self.seed, self.n_hours, self._agents)
        model, events = whole.model, whole.events
        whole.close()
        if whole.failed:
            raise RunError(whole.failed)
        return Run(self.scenario, self.seed, model.state_block, model.tables.days, model.tables.digests, events)

    def close(self) -> None:
        """Let the model be freed."""
        release(self.model)


def _why_stopped(move: Callable[[], None]) -> str:
    """Why a move stopped before its end, "" if it did not."""
    try:
        move()
    except RunError as error:
        return str(error)
    return ""
