"""What if over states of the world: each is run to the hour of the fork, and goes on under every option in pairs.

A state goes on with its own streams, so that its first option is the run of that state itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.app.ensemble_band import SERIES, Member, Tell, charted, told, unsaid
from sim.app.live_run import Change
from sim.app.whatif import About, Option, WhatIf, answer, check, in_option
from sim.engine import Tables, new_state, run_future, run_to, why_stopped
from sim.errors import ConfigError, RunError
from sim.futures import with_orders
from sim.scenario import Scenario
from sim.schedule import Block
from sim.state import EVENT, TALLY
from sim.world import build_like, build_world

_CHUNK = 10  # states of one job
_NO_LOG = np.zeros(0, EVENT)


class Branches(NamedTuple):
    """Of one state: finished days before the fork (dtype TALLY), the tally at the fork, options × days after it."""

    past: NDArray[Any]
    at_fork: NDArray[Any]
    after: NDArray[Any]


def what_if_over_states(
    ensemble: str,
    members: Sequence[Member],
    hour: int,
    options: Sequence[Option],
    days: int = 30,
    changes: Sequence[Change] = (),
    executor: Executor | None = None,
    tell: Tell = unsaid,
) -> WhatIf:
    """A future of `days` days from an hour on for each option in each state, compared with the first in pairs by state.

    `changes` are parameters that had another value from an hour on. A state in which any run stops early is left out;
    `RunError` if fewer than two are left. `tell` hears which share is done.
    """
    scenario = members[0][0]
    check(scenario, options, len(members), days)
    world_of = partial(build_like, build_world(scenario), scenario)
    run = partial(_branches, world_of=world_of, hour=hour, options=options, days=days, changes=changes)
    chunks = [members[k : k + _CHUNK] for k in range(0, len(members), _CHUNK)]
    found = list(told((executor.map if executor else map)(run, chunks), len(chunks), tell))
    ended = [each for each in found if isinstance(each, Branches)]
    if len(ended) < 2:
        raise RunError(f"fewer than two states could be run; the first {next(e for e in found if isinstance(e, str))}")
    fork = scenario.posture.start + timedelta(days=hour // 24)
    about = About(scenario.label, fork, hour, ensemble, len(found) - len(ended))
    return _answer(about, [option.label for option in options], ended)


def _answer(about: About, labels: Sequence[str], ended: Sequence[Branches]) -> WhatIf:
    after = np.stack([each.after for each in ended])
    at_fork = np.stack([each.at_fork for each in ended])
    before = {name: series(at_fork)[:, np.newaxis] for name, series in SERIES.items()}
    past = charted(np.stack([each.past for each in ended]))
    return answer(about, labels, [charted(after[:, k]) for k in range(len(labels))], before, past)


def _branches(
    members: Sequence[Member],
    world_of: Callable[[Scenario], Block],
    hour: int,
    options: Sequence[Option],
    days: int,
    changes: Sequence[Change],
) -> list[Branches | str]:
    """What comes of some states; of one that stopped early, why."""
    runs = (_run_to(scenario, world_of(scenario), seed, hour, changes) for scenario, seed in members)
    return [_of_state(run, hour, options, days) for run in runs]


def _of_state(
    run: tuple[Scenario, Block, Block, Tables], hour: int, options: Sequence[Option], days: int
) -> Branches | str:
    scenario, world, state, tables = run
    if why := why_stopped(state):
        return why
    longer = scenario.with_changes({"days": max(scenario.days, hour // 24 + days)})
    after = np.zeros((len(options), days), TALLY)
    for option, table in zip(options, after, strict=True):
        if why := _go_on(longer, world, state, option, table):
            return why
    return Branches(tables.days[: hour // 24].copy(), state["tally"][0].copy(), after)


def _run_to(
    scenario: Scenario, world: Block, seed: int, hour: int, changes: Sequence[Change]
) -> tuple[Scenario, Block, Block, Tables]:
    """A run to an hour, with the parameters that were changed on the way, those of the hour itself among them."""
    state = new_state(world, seed)
    tables = Tables(world, state)
    for change in changes:
        if change.hour <= hour:
            run_to(world, state, tables, change.hour, _NO_LOG)
            before, scenario = scenario, scenario.with_changes({change.key: change.value})
            world[...] = build_like(world, before, scenario)
    run_to(world, state, tables, hour, _NO_LOG)
    return scenario, world, state, tables


def _go_on(scenario: Scenario, world: Block, state: Block, option: Option, table: NDArray[Any]) -> str:
    """One option from a state on, its days into `table`; why it stopped early, "" if it did not."""
    hour = int(state[0].hour)
    try:
        own, own_world = option.begun(scenario, world, hour)
        _, own_world, own_state = with_orders(own, own_world, state, option.uses)
    except ConfigError as error:
        raise in_option(error, option) from error
    run_future(own_world, own_state, 24 * (hour // 24 + len(table)), table.view(np.uint64).reshape(len(table), -1))
    return why_stopped(own_state)
