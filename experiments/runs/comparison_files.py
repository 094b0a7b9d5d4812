"""The files of a comparison: its runs and states, what they say of every measure, their course and where attacks go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.files.columns import (
    COMPARISON_FIELDS,
    DISPLACEMENT_FIELDS,
    EFFECT_FIELDS,
    MAIN_MEASURES,
    RUN_FIELDS,
    SITE_FIELDS,
    SQUARE_FIELDS,
    WEEKLY_FIELDS,
    Field,
)
from experiments.files.labels import responses_of
from experiments.files.sites import SiteFire, site_columns
from experiments.files.squares import Attacks, square_columns
from experiments.files.states import STATE, States, write_states
from experiments.files.tables import table, write_columns, write_table
from experiments.files.weekly import Weeks, weekly_columns
from experiments.runs.compare import Compared
from experiments.runs.comparison import Comparison, Pair, sides_of
from experiments.runs.displacement import PARTS, split_intervals
from experiments.runs.tables import how_columns
from sim.scenario import Scenario

_BEFORE_STATE = 2  # posture, responses
ALL = "all"


def write_runs(path: Path, compared: Compared) -> None:
    """`runs.csv`: a row a run, sorted by label, state and replicate."""
    with table(path, run_fields(compared.states)) as file:
        for columns in run_columns(compared):
            file.write(columns)


def run_columns(compared: Compared) -> Iterator[list[Any]]:
    """The rows of `runs.csv` by column, those of a scenario at a time."""
    plan, states = compared.plan, compared.states
    for base in plan.bases:
        scenario, keys = base.scenario, compared.keys(base.scenario)
        status, _, error, digest = how_columns(compared.archive, keys)
        columns = [scenario.name, responses_of(scenario), *([] if states is None else [states])]
        columns += [np.arange(len(keys)) % plan.replicates, compared.seeds(scenario)]
        yield [*columns, status, error, digest, *compared.measures(scenario).T]


def run_fields(states: States | None) -> tuple[Field, ...]:
    """The columns of `runs.csv`, with that of the state if there are several."""
    state = () if states is None else (STATE,)
    return (*RUN_FIELDS[:_BEFORE_STATE], *state, *RUN_FIELDS[_BEFORE_STATE:])


def write_answer(folder: Path, compared: Compared, comparison: Comparison) -> list[str]:
    """What is found of every measure, and the parts of the change in attacks on convoys; names of the files."""
    if compared.over is None:
        write_comparison(folder / "comparison.csv", comparison)
        names = ["comparison.csv"]
    else:
        write_states(folder / "states.csv", compared.over.states)
        write_effects(folder / "effects.csv", comparison, compared.over.included)
        names = ["states.csv", "effects.csv"]
    write_displacement(folder / "displacement.csv", comparison)
    return [*names, "displacement.csv"]


def write_comparison(path: Path, comparison: Comparison) -> None:
    """`comparison.csv`: a row for each measure of each posture but the base."""
    write_table(path, COMPARISON_FIELDS, map(cells, comparison.pairs()))


def cells(pair: Pair) -> list[Any]:
    """A pair as a row of `comparison.csv`."""
    return [*_ends(pair), *vars(pair.sides).values(), pair.pairs]


def _ends(pair: Pair) -> list[Any]:
    intervals = (pair.base_value, pair.posture_value, pair.difference)
    return [pair.measure, pair.unit, pair.base, pair.posture, *(part for i in intervals for part in vars(i).values())]


def write_effects(path: Path, comparison: Comparison, included: Mapping[str, NDArray[np.bool_]]) -> None:
    """`effects.csv`: every measure over all states, then the main ones over those with and without each structure."""
    write_table(path, EFFECT_FIELDS, _effects(comparison, included))


def _effects(comparison: Comparison, included: Mapping[str, NDArray[np.bool_]]) -> Iterator[list[Any]]:
    yield from (_effect_cells(ALL, "", pair) for pair in comparison.pairs())
    for structure, is_in, some in sides_of(comparison, included):
        for base, posture in some.compared:
            for measure in MAIN_MEASURES:
                yield _effect_cells(structure, "in" if is_in else "out", some.pair(posture, measure, base))


def _effect_cells(structure: str, side: str, pair: Pair) -> list[Any]:
    effect = pair.effect
    assert effect is not None
    return [
        structure,
        side,
        *_ends(pair),
        effect.low,
        effect.high,
        *vars(pair.sides).values(),
        effect.noise,
        pair.pairs,
    ]


def write_displacement(path: Path, comparison: Comparison) -> None:
    """`displacement.csv`: a row for each part of the change in attacks on convoys, of all that is compared."""
    rows = []
    for base, posture in comparison.compared:
        found = split_intervals(comparison.values[base], comparison.values[posture], comparison.states)
        n = comparison.n if comparison.states is None else comparison.n_states
        for part, interval in found.items():
            rows.append([base, posture, part, PARTS[part], *vars(interval).values(), n])
    write_table(path, DISPLACEMENT_FIELDS, rows)


def write_course(folder: Path, compared: Compared) -> list[str]:
    """`weekly.csv`, `squares.csv` and `sites.csv` of the postures named, from outputs of the worker; their names."""
    of, states = compared.scenarios, None if compared.states is None else compared.states[compared.whole()]
    weeks = [Weeks(s.label, s.posture.start, s.days, compared.rows(s, "weekly"), states) for s in of]
    attacks = [Attacks(s.label, s.theatre, compared.rows(s, "squares"), states) for s in of]
    write_columns(folder / "weekly.csv", WEEKLY_FIELDS, weekly_columns(weeks))
    write_columns(folder / "squares.csv", SQUARE_FIELDS, square_columns(attacks))
    write_columns(folder / "sites.csv", SITE_FIELDS, site_columns([_fire(compared, s, states) for s in of]))
    return ["weekly.csv", "squares.csv", "sites.csv"]


def _fire(compared: Compared, scenario: Scenario, states: States | None) -> SiteFire:
    """Fire on the sites of a scenario in the whole replicates."""
    held = frozenset(plan.name for plan in scenario.posture.sites)
    counts = np.array(compared.rows(scenario, "site_fire"))
    return SiteFire(scenario.label, scenario.theatre, held, counts, states)
