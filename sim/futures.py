"""Going on from a state: orders given during a run, and many futures of one hour under several options.

Future k has streams of its own from the fork on, the same under every option, so that options are compared in pairs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.draws import replicate_seed
from sim.engine import run_future
from sim.errors import RunError
from sim.in_force import standing_orders
from sim.packed_orders import pack_standing
from sim.responses import Use
from sim.rules.events import KINDS
from sim.rules.start import begin_order
from sim.scenario import Scenario, parse_use
from sim.schedule import Block
from sim.state import STATUS, TALLY

_CHUNK = 50  # futures of one job


def given_now(uses: Iterable[str | Use], hour: int) -> list[Use]:
    """The same uses of responses, with their first orders in this hour: the one that is simulated next."""
    when = {"start_day": hour // 24, "start_hour": hour % 24}
    return [(parse_use(use) if isinstance(use, str) else use).model_copy(update=when) for use in uses]


def with_orders(
    scenario: Scenario, world: Block, state: Block, uses: Iterable[str | Use]
) -> tuple[Scenario, Block, Block]:
    """Scenario, world and state when orders are given now, in the middle of a run. World and state are copies.

    The scenario, run from its start, comes to the same hour in the same way: the orders say when they begin.
    """
    after = scenario.with_responses(given_now(uses, int(state[0].hour)))
    new_world, new_state, rows = world.copy(), state.copy(), order_rows(scenario, after)
    pack_standing(new_world[0], after)
    new_state["standing"] = 0
    new_state[0].standing[rows] = state[0].standing[: len(rows)]
    for n in set(range(new_world[0].n_standing)) - set(rows.tolist()):
        begin_order(n, new_world[0], new_state[0])
    move_orders(new_state[0].events, rows)
    return after, new_world, new_state


def order_rows(before: Scenario, after: Scenario) -> NDArray[np.int64]:
    """The row that each standing order of a scenario has in one with more orders.

    An order is known again by its response, the start of its use, and its number in the response: a use that is still
    to come may have another number among the uses.
    """
    now, then = (
        [(force.response.name, force.first_hour, number) for force, number in standing_orders(scenario.responses)]
        for scenario in (after, before)
    )
    return np.array([now.index(order) for order in then], np.int64)


def move_orders(events: NDArray[Any], rows: NDArray[np.int64]) -> None:
    """Let events (dtype EVENT) name standing orders by their new rows."""
    for end in ("actor", "target"):
        kinds = [kind.number for kind in KINDS if getattr(kind, end) == "order"]
        named = np.isin(events["kind"], kinds) & (events[end] >= 0)
        events[end][named] = rows[events[end][named]]


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
        after, new_world, new_state = with_orders(longer, world, state, option)
        table = np.zeros((n, until // 24 - hour // 24), TALLY)
        found.append(Futures(after, hour // 24, table))
        for first in range(0, n, _CHUNK):
            part = slice(first, first + _CHUNK)
            jobs.append((new_world, new_state, seeds[part], until, table[part]))
    for status in (executor.map if executor else map)(_run_chunk, *zip(*jobs, strict=True)):
        if status:
            raise RunError(f"a future stopped: {STATUS[status]}")
    return found


def _run_chunk(world: Block, start: Block, seeds: NDArray[np.uint64], until: int, table: NDArray[np.void]) -> int:
    """Run a state on once per seed, each with its streams; returns why one stopped, 0 if none did."""
    state, words = np.empty_like(start), table.view(np.uint64).reshape(*table.shape, -1)
    into, of_start = state.view(np.uint8), start.view(np.uint8)  # as bytes: a copy by fields takes twelve times as long
    for seed, tallies in zip(seeds, words, strict=True):
        into[...] = of_start
        state["seed"] = seed
        run_future(world, state, until, tallies)
        if state[0].status:
            return int(state[0].status)
    return 0
