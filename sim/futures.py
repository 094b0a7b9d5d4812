"""Going on from a state: orders given during a run, and many futures of one hour under several options.

Future k has its own luck from the fork on, and the same luck under every option, so that options are compared in pairs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.draws import replicate_seed
from sim.engine import run_futures
from sim.errors import RunError
from sim.responses import Use
from sim.scenario import Scenario
from sim.schedule import Block
from sim.state import NEVER, STATE, STATUS, TALLY
from sim.world import ON_DAY, build_world

_CHUNK = 50  # futures of one compiled call


def given_now(uses: Iterable[Use], hour: int) -> list[Use]:
    """The same uses of responses, with their first orders in this hour."""
    when = {"start_day": hour // 24, "start_hour": hour % 24}
    return [use.model_copy(update=when) for use in uses]


def with_orders(scenario: Scenario, world: Block, state: Block, uses: Sequence[Use]) -> tuple[Scenario, Block, Block]:
    """Scenario, world and state when responses are added in the middle of a run. The state is a copy.

    The scenario, run from its start, comes to the same hour in the same way: the orders say when they begin.
    """
    after = scenario.with_responses(uses)
    new_world, new_state = build_world(after), state.copy()
    _carry_over(world, state, new_world, new_state)
    return after, new_world, new_state


def _carry_over(world: Block, state: Block, new_world: Block, new_state: Block) -> None:
    """Standing orders keep what they have under way; a new one waits for its time."""
    rows = {int(order["name"]): n for n, order in enumerate(world[0].standing[: world[0].n_standing])}
    hour, wakes = int(state[0].hour), []
    for n in range(new_world[0].n_standing):
        order, row = new_world[0].standing[n], new_state[0].standing[n]
        before = rows.get(int(order.name))
        if before is not None:
            new_state[0].standing[n] = state[0].standing[before]
        else:
            row.busy, row.area, row.people, row.wake = 0, -1, 0, _next_start(order, hour)
        wakes.append(int(new_state[0].standing[n].wake))
    new_state[0].orders_wake = min(wakes, default=NEVER)


def _next_start(order: np.record, hour: int) -> int:
    """The first hour from now on at which a new order is due; NEVER if it waits for a trigger, or its time is over."""
    if order.trigger != ON_DAY:
        return NEVER
    start = int(order.start)
    if start < hour:
        period = int(order.period)
        start = start + -(-(hour - start) // period) * period if period else NEVER
    return start if start < int(order.until) else NEVER


@dataclass(frozen=True)
class Futures:
    """Daily tables of one option: `days` (futures × days, dtype TALLY); the first is the day of the fork."""

    scenario: Scenario
    first_day: int
    days: NDArray[np.void]


def futures(
    scenario: Scenario,
    world: Block,
    state: Block,
    options: Sequence[Sequence[Use]],
    *,
    n: int = 1000,
    days: int = 30,
    seed: int = 1,
    executor: Executor | None = None,
) -> list[Futures]:
    """`n` futures of `days` days for each option: the responses that it adds now (none: the run goes on as it is)."""
    hour = int(state[0].hour)
    until = 24 * (hour // 24 + days)
    longer = scenario.with_changes({"days": max(scenario.days, until // 24)})
    seeds = np.array([replicate_seed(seed, k) for k in range(n)], np.uint64)
    jobs, found = [], []
    for option in options:
        after, new_world, new_state = with_orders(longer, world, state, given_now(option, hour))
        table = np.zeros((n, until // 24 - hour // 24), TALLY)
        found.append(Futures(after, hour // 24, table))
        for first in range(0, n, _CHUNK):
            part = slice(first, first + _CHUNK)
            jobs.append((new_world, new_state, seeds[part], until, table[part]))
    for status in (executor.map if executor else map)(_run_chunk, *zip(*jobs, strict=True)):
        if status:
            raise RunError(f"a future stopped: {STATUS[status]}")
    return found


def _run_chunk(world: Block, state: Block, seeds: NDArray[np.uint64], until: int, table: NDArray[np.void]) -> int:
    words = table.view(np.uint64).reshape(*table.shape, -1)
    return int(run_futures(world, state, np.zeros(1, STATE), seeds, until, words))
