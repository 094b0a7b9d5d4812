"""`states.csv`: the states of the world that runs were made in, and what a row of runs is over them.

A state is one draw of the uncertain parameters, structures among them; the column `state` of `runs.csv` names it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from experiments.files.columns import Field
from experiments.files.csv_input import by_name
from experiments.files.tables import write_table
from sim.errors import ConfigError
from sim.input_files import number_or_word, whole_number_of
from sim.statistics import Values

State: TypeAlias = dict[str, float | int | str]
"""Dotted key of a parameter → its value."""
States: TypeAlias = NDArray[np.int64]
"""The number of the state of each run; the runs of a state stand together."""
STATE = Field("state", "1", "number of the state of the world, from 0: a row of states.csv")


def write_states(path: Path, states: Sequence[State]) -> None:
    """One row a state, with every parameter that the ensemble varies; all states have the same."""
    keys = list(states[0])
    fields = (STATE, *(Field(key, "" if isinstance(states[0][key], str) else "of the key", "") for key in keys))
    write_table(path, fields, ([n, *(state[key] for key in keys)] for n, state in enumerate(states)))


def read_states(path: Path) -> dict[int, State]:
    """The states of a folder, by their number; a file that can't be read is refused."""
    rows = by_name(path, "states.csv")
    try:
        numbers = [whole_number_of(row.pop(STATE.name)) for row in rows]
    except (KeyError, ValueError) as error:
        allowed = f"it must be the states of the world of runs.csv, each with its number: {error}"
        raise ConfigError(path, "states.csv", path.name, allowed) from error
    states = ({key: number_or_word(text) for key, text in row.items()} for row in rows)
    return dict(zip(numbers, states, strict=True))


def met_by(state: State, parameters: Mapping[str, Any], defaults: Mapping[str, Any]) -> State:
    """What of a state is changed in a scenario: what a posture has set itself holds in every state."""
    return {key: value for key, value in state.items() if parameters[key] == defaults[key]}


def state_means(rows: Values, states: States | None) -> Values:
    """Rows × runs → rows × states, each the mean over the runs of a state; None: every run stands for itself."""
    if states is None:
        return rows
    first = np.flatnonzero(np.diff(states, prepend=-1))
    return np.asarray(np.add.reduceat(rows, first, axis=1) / np.diff(first, append=len(states)))
