"""The common state of 1 January: what bombs meet, who waits, what a call for attacks yields (`posture common-state`).

The numbers go into the theatre's file (`[common_state]`), the same for every policy, so that runs need no burn-in:
factions begin with what they would have learned, and momentum counts attacks. In that state nothing changes: the sites
and people of the first day, no active defence, no handovers, no calendar, no ladder, nothing learned, no momentum.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from sim.engine import Tables, new_state, run_to, simulate_many
from sim.errors import RunError
from sim.measures import series
from sim.parameters import CommonState
from sim.scenario import Scenario, compose
from sim.schedule import Block
from sim.state import IDLE, LYING_LOW
from sim.world import build_world

SETTLED_DAY = 30  # before it convoys are not yet on all roads
DAYS, PLANTED_DAY, FOLLOWED_DAYS = 150, 45, 75
ROUNDS = 3  # each with the beliefs of the one before; they change less than the error by then
PLANTED_STARTS = 2.0  # for each faction: few, so that cells are no busier than they were

_HELD = {
    "calendar": "",
    "operations.momentum_branching": 0.0,
    "choice.learning_rate": 0.0,
    "skill.gain": 0.0,
    "skill.loss": 0.0,
    "militias.prestige_per_hit": 0.0,
    **{f"washington.{rung}_below": 0.0 for rung in ("warn", "threaten", "strike", "close")},
    "washington.p_strike_lethal": 0.0,
}


def held(scenario: Scenario, days: int = DAYS) -> Scenario:
    """The scenario as on its first day, held there: no active defence, and nothing that is dated or learned."""
    sites = tuple(site.model_copy(update={"batteries": 0}) for site in scenario.posture.sites)
    nothing: dict[str, Any] = {"handovers": (), "deliveries": (), "departures": (), "responses": (), "budget": None}
    posture = scenario.posture.model_copy(update={"sites": sites, **nothing})
    return compose(posture, scenario.file, scenario.theatre).with_changes({**_HELD, "days": days})


def common_state(
    scenario: Scenario,
    seeds: Sequence[int],
    pair_seeds: Sequence[int],
    tell: Callable[[str], None] = lambda text: None,
) -> CommonState:
    """The common state of a scenario: by a run for each of `seeds` in each round, then a pair for each of the others.

    What a pair tells of a call for attacks is mostly luck, so it takes many more of them.
    """
    state = scenario.parameters.common_state
    for number in range(ROUNDS):
        state = _checked(_settled, held(_with_state(scenario, state)), seeds)
        tell(f"round {number + 1}: {_in_words(state)}")
    state = _checked(_called, held(_with_state(scenario, state)), pair_seeds)
    tell(f"paired runs: {_in_words(state)}")
    return state


def _with_state(scenario: Scenario, state: CommonState) -> Scenario:
    values = {f"common_state.{key}": value for key, value in state}
    return scenario.with_changes(values)


def _checked(
    measured: Callable[[Scenario, Sequence[int]], Mapping[str, float]], scenario: Scenario, seeds: Sequence[int]
) -> CommonState:
    """The state with what is measured, if a theatre may have it: by too few runs it may lie outside the limits."""
    few = f"{len(seeds)} runs are too few"
    try:
        values = measured(scenario, seeds)
        return CommonState.model_validate({**dict(scenario.parameters.common_state), **values})
    except ZeroDivisionError as error:
        raise RunError(f"{few}: there are no bombs, or each of them met somebody") from error
    except ValidationError as error:
        key = str(error.errors()[0]["loc"][0])
        raise RunError(f"{few}: {key} comes out at {values[key]:.4g}, which no theatre may have") from error


def _called(scenario: Scenario, seeds: Sequence[int]) -> Mapping[str, float]:
    return {"attacks_per_start": attacks_per_start(scenario, seeds)}


def _in_words(state: CommonState) -> str:
    return ", ".join(f"{key} {value:.4g}" for key, value in state)


def _totals(scenario: Scenario, seeds: Sequence[int]) -> Callable[[str], float]:
    """Counters of all runs together, from the day on which the state is settled."""
    days = simulate_many(scenario, seeds).days

    def total(name: str) -> float:
        grown: NDArray[np.float64] = series(days[:, -1], name) - series(days[:, SETTLED_DAY - 1], name)
        return float(grown.sum())

    return total


def _share_going(scenario: Scenario, seeds: Sequence[int], total: Callable[[str], float]) -> float:
    """Of the ready cells that can do something the share that goes: where effort is a budget, no other ones wait."""
    budget = _totals(scenario.with_changes({"choice.waiting": "budget"}), seeds)
    going, able = (of("operations") / (of("operations") + of("abstained")) for of in (total, budget))
    return min(1.0, going / able)


def _settled(scenario: Scenario, seeds: Sequence[int]) -> Mapping[str, float]:
    """What bombs meet, from the competition of being set off, found and expiring; and who does not wait."""
    total = _totals(scenario, seeds)
    parameters, roadside = scenario.parameters, scenario.parameters.roadside
    met, found = total("convoy_attacks") / total("bombs_laid"), total("devices_found") / total("devices_planted")
    of_details = total("devices_planted") - total("bombs_laid")
    met_details = total("detail_attacks") / of_details if of_details else 0.0
    expires = 24.0 / roadside.life_hours
    every_end = expires / (1.0 - met - found)
    passes = roadside.p_set_off * (1.0 - roadside.p_escort_finds) ** parameters.supply.escorts_per_convoy
    return {
        "share_going": _share_going(scenario, seeds, total),
        "traffic": met * every_end / passes,
        "detail_traffic": met_details / (1.0 - met_details) * (expires + found * every_end) / roadside.p_set_off,
        "visits": found * every_end / parameters.forces.p_find_device,
    }


def attacks_per_start(scenario: Scenario, seeds: Sequence[int]) -> float:
    """Further attacks for each start that momentum calls for: runs in pairs, with the call in one of the two."""
    block, days = build_world(scenario), scenario.parameters.operations.momentum_days
    pairs = [further_attacks(block, seed, PLANTED_STARTS, days) for seed in seeds]
    return float(np.mean(pairs)) / (PLANTED_STARTS * int(block[0].n_factions))


def further_attacks(
    block: Block, seed: int, starts: float, momentum_days: float, followed_days: int = FOLLOWED_DAYS
) -> float:
    """Attacks that follow when on a day momentum calls for so many starts in each faction, less those without it.

    In both runs a cell of each faction lies low from then on, as one does that has just attacked: it does not answer.
    """
    counts = []
    for call in (0.0, starts):
        state = new_state(block, seed)
        tables = Tables(block, state)
        nothing = np.zeros(0, state[0]["events"].dtype)
        run_to(block, state, tables, 24 * PLANTED_DAY, nothing)
        _hide_one_of_each(block, state, seed)
        n = int(block[0].n_factions)
        state["factions"]["momentum"][0, :n] += call / (block[0]["factions"]["n_cells"][:n] * momentum_days)
        state["factions"]["momentum_hour"][0, :n] = state["hour"][0]
        run_to(block, state, tables, 24 * (PLANTED_DAY + followed_days), nothing)
        counts.append(float(series(state["tally"], "fire_attacks")[0] + series(state["tally"], "road_attacks")[0]))
    return counts[1] - counts[0]


def _hide_one_of_each(block: Block, state: Block, seed: int) -> None:
    """A cell of each faction that is at rest, by chance, lies low for an exponential time."""
    rng, cells = np.random.default_rng(seed), state["cells"][0]
    mean_hours = 24.0 * float(block[0].operations.lie_low_days)
    for f in range(int(block[0].n_factions)):
        there = np.flatnonzero(block[0]["cells"]["faction"][: int(block[0].n_cells)] == f)
        at_rest = there[cells["mode"][there] == IDLE]
        if len(at_rest):
            i = rng.choice(at_rest)
            cells["mode"][i] = LYING_LOW
            cells["wake"][i] = int(state["hour"][0]) + 1 + int(rng.exponential(mean_hours))
