"""The rivals (`configs/structures`): what each says, its old value, its middle, and which measures it moves."""

from __future__ import annotations

import csv
import math
from collections.abc import Collection, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from experiments.runs.design import Point
from experiments.studies.priors import Priors, load_priors
from experiments.studies.reference import reference_folder
from experiments.studies.settings import StudyTable
from sim.config_files import find, read_toml, validate
from sim.errors import ConfigError
from sim.parameters import Parameters, flat
from sim.scenario import load_scenario
from sim.texts import Name

Value = float | str
Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
TRIED_WITH = "six"  # any posture: parameters are the same in all
MOVES = "structures_moves.csv"


class Rival(StudyTable):
    """One rival: values of its parameters that give the rule of the first edition, and near the middle of its prior.

    `words` name the old rule and the rival.
    """

    name: Name
    title: str
    words: Annotated[tuple[Word, Word], Field(strict=False)]
    says: str
    source: str
    old: dict[str, Value]
    middle: dict[str, Value]

    def is_in(self, state: Point) -> bool:
        """Whether one of its parameters is not at its old value in a state; what the state lacks has its default."""
        return any(not _same(state.get(key, _defaults()[key]), old) for key, old in self.old.items())

    @model_validator(mode="after")
    def _two_words(self) -> Rival:
        if self.words[0] == self.words[1]:
            raise ValueError("the two words must differ")
        return self


@cache
def _defaults() -> Point:
    return flat(Parameters())


def _same(value: Value, old: Value) -> bool:
    """Equal, but for the digits that a file may have lost."""
    if isinstance(value, str) or isinstance(old, str):
        return value == old
    return math.isclose(value, old, rel_tol=1e-5, abs_tol=1e-9)


class Rivals(StudyTable):
    """One file of rivals; `not_covered` is what none of them has another rule for."""

    name: Name
    title: str
    source: str
    not_covered: Annotated[tuple[str, ...], Field(strict=False, min_length=1)]
    structures: Annotated[tuple[Rival, ...], Field(strict=False, min_length=1)]

    def within(self, keys: Collection[str]) -> tuple[Rival, ...]:
        """Those that can be told apart in states that have these parameters: all of their own are among them."""
        return tuple(rival for rival in self.structures if rival.old.keys() <= set(keys))

    def included(self, states: Sequence[Point]) -> NDArray[np.bool_]:
        """Whether each rival is in, in each state (states × rivals)."""
        return included(states, self.structures)

    @property
    def old(self) -> Point:
        """Every rival at its old value."""
        return {key: value for rival in self.structures for key, value in rival.old.items()}


def included(states: Sequence[Point], rivals: Sequence[Rival]) -> NDArray[np.bool_]:
    """Whether each of some rivals is in, in each state (states × rivals)."""
    return np.array([[rival.is_in(state) for rival in rivals] for state in states], np.bool_).reshape(len(states), -1)


@cache
def load_rivals(name: str = "2020") -> Rivals:
    """The rivals of a file; their keys must be parameters, and the two lists the same."""
    path = find("structures", name)
    rivals, known = validate(Rivals, read_toml(path), path), flat(Parameters())
    for k, rival in enumerate(rivals.structures):
        for key in (*rival.old, *rival.middle):
            if key not in known or key not in rival.old or key not in rival.middle:
                raise ConfigError(path, f"structures[{k}]", key, "it must be parameters, the same in old and middle")
        for values in ("old", "middle"):
            _try(getattr(rival, values), path, f"structures[{k}].{values}")
    return rivals


def _try(values: Point, path: Path, place: str) -> None:
    """Refuse values that a run would refuse."""
    try:
        load_scenario(TRIED_WITH, values)
    except ConfigError as error:
        raise ConfigError(
            path, f"{place}.{error.key.removeprefix('parameters.')}", error.value, error.allowed
        ) from error


def not_covered(name: str = "2020") -> str:
    """What no rival covers, in a sentence for every answer that holds in some share of states or structures."""
    every = "; ".join(load_rivals(name).not_covered)
    return f"The same in every state, so not covered by any share or interval here: {every}."


def structures_description(name: str = "2020", reference: Path | None = None) -> dict[str, Any]:
    """All that `describe structures` shows: what each says, its source, its prior, and which measures it moves.

    The last is from the tables in the folder `reference` (None: those that come with the program).
    """
    rivals, priors, moves = load_rivals(name), load_priors("2020"), moves_of(reference)
    shown = [
        {
            **rival.model_dump(include={"name", "title", "says", "source"}),
            "priors": [_prior_words(key, priors) for key in rival.old],
            "moves": None if moves is None else moves.get(rival.name, []),
        }
        for rival in rivals.structures
    ]
    head = {"name": rivals.name, "title": rivals.title, "source": rivals.source}
    return {**head, "structures": shown, "not_covered": not_covered(name)}


def _prior_words(key: str, priors: Priors) -> str:
    """`roadside.tip_off: uniform from 0 to 1`."""
    found = next((prior for prior in priors.priors if prior.key == key), None)
    if found is None:
        return f"{key}: no prior, a value of its own"
    if found.values:
        return f"{key}: {' or '.join(found.values)}"
    return f"{key}: {found.law.replace('_', ' ')} from {found.low:g} to {found.high:g}"


def moves_of(folder: Path | None = None) -> dict[str, list[str]] | None:
    """Rival → the measures that it moves clearly, with the change; None without the table of `posture structures`."""
    path = (folder or reference_folder()) / MOVES
    if not path.is_file():
        return None
    found: dict[str, list[str]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(line for line in file if not line.startswith("#")):
            if row["what"] == "level" and float(row["low"]) * float(row["high"]) > 0:
                found.setdefault(row["structure"], []).append(f"{row['measure']} {float(row['mean']):+.3g}")
    return found
