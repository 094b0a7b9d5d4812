"""The states of the world that the pairs of a twin are run in: those of `posture compare`, with the same streams."""

from __future__ import annotations

from functools import cache

from experiments.files.states import State, met_by
from experiments.runs.design import STATE
from experiments.runs.plan import seeds_of_states
from experiments.studies.ensemble import first_states
from sim.parameters import Parameters, flat
from sim.scenario import Scenario

ENSEMBLE, SEED = "2020", 1


def in_states(scenario: Scenario, n: int) -> tuple[str, list[tuple[Scenario, int]]]:
    """The name of the ensemble, and the scenario in its first `n` states, each with the seed of its first run there.

    Settings other than the default hold in every state.
    """
    own, defaults = flat(scenario.parameters), flat(Parameters())
    states = [met_by(state, own, defaults) for state in _states(n)]
    seeds = seeds_of_states(SEED, [{STATE: k} for k in range(n)], 1)[:, 0]
    members = [(scenario.with_changes(state), int(seed)) for state, seed in zip(states, seeds, strict=True)]
    return f"ensemble {ENSEMBLE}", members


@cache  # each side of a twin asks for them
def _states(n: int) -> list[State]:
    return first_states(ENSEMBLE, n, SEED)
