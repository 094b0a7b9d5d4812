"""Ensembles of parameter values: what a study uses for the numbers that nobody has published.

An ensemble is a CSV file: `draw, weight` and a column for each uncertain parameter; a first line that begins with #
names the command that made it. `2020` is the one that comes with the program (`posture calibrate` renews it), `none`
the single draw of the default values; a path ends in .csv.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from experiments.files.columns import Field
from experiments.files.csv_input import check_commas, rows_of
from experiments.runs.design import Point
from experiments.runs.nested import worth_of
from experiments.studies.forms import FilledForm, forms
from experiments.studies.mixture import laid_out
from experiments.studies.priors import Law, bounds_of, field_of, load_priors, unit_points
from experiments.studies.reference import reference_folder
from experiments.studies.structures.rivals import load_rivals
from sim.errors import ConfigError
from sim.input_files import is_file, number_of
from sim.parameters import Parameters, flat
from sim.suggestions import did_you_mean

NONE, PRIOR = "none", "prior"
_GOLDEN = (5**0.5 - 1) / 2
FORM = forms(
    """
ensemble: the ensemble (of a quick run `ensemble_2020_quick.csv`). One row a draw.
draw   | 1 | number of the draw
weight | 1 | its weight; all sum to 1
operations.base_rate_per_day … | of the parameter | a column for each uncertain parameter: its value, or a word
"""
)["ensemble"]
ALLOWED = "it must be 2020, prior, none, or the path of a .csv file"


@dataclass(frozen=True)
class Ensemble:
    """Weighted draws: `weights` (draws; they sum to 1) and one point (dotted key → value) per draw."""

    name: str
    weights: NDArray[np.float64]
    draws: list[Point]

    @property
    def keys(self) -> list[str]:
        """The parameters that it varies, in the order of the file."""
        return list(self.draws[0])

    @property
    def effective_size(self) -> float:
        """How many equally weighted draws are worth as much: 1 / Σ w² (Kish 1965)."""
        return worth_of(self.weights)

    def sample(self, n: int, seed: int) -> list[Point]:
        """`n` draws of equal weight, by systematic resampling: each comes n·w times, rounded up or down; shuffled."""
        rng = np.random.default_rng(seed)
        at = (np.arange(n) + rng.random()) / n
        rows = np.searchsorted(np.cumsum(self.weights), at, side="right")
        rows = rng.permutation(np.minimum(rows, len(self.draws) - 1))
        return [dict(self.draws[row]) for row in rows]

    def first(self, n: int, seed: int) -> list[Point]:
        """The first `n` draws of an endless row, which are spread evenly however many are taken.

        Steps of the golden section through the weights: each comes n·w times, give or take a few.
        """
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(self.draws))
        at = (rng.random() + np.arange(n) * _GOLDEN) % 1.0
        rows = np.searchsorted(np.cumsum(self.weights[order]), at, side="right")
        return [dict(self.draws[order[row]]) for row in np.minimum(rows, len(order) - 1)]


def load_ensemble(name: str | Path) -> Ensemble:
    """The ensemble `2020`, `none` (one draw: nothing changed), or that of a CSV file, checked with the schema."""
    if str(name) == NONE:
        return Ensemble(NONE, np.ones(1), [{}])
    path = _path(str(name))
    rows = _rows(path)
    header = rows[0]
    if header[:2] != ["draw", "weight"] or len(header) < 3:
        raise ConfigError(path, "line 1", ",".join(header), "it must have the columns draw, weight and one a parameter")
    known = flat(Parameters())
    for key in header[2:]:
        if key not in known or header.count(key) > 1:
            raise ConfigError(path, "line 1", key, "the columns must be keys of parameters, each once")
    if len(rows) < 2:
        raise ConfigError(path, "line 2", "", "there must be a row for each draw")
    draws = [_draw(path, line, header, row) for line, row in enumerate(rows[1:], 2)]
    weights = np.array([weight for weight, _ in draws])
    return Ensemble(short_name(str(path)), weights / weights.sum(), [point for _, point in draws])


def ensemble_table(weights: Sequence[float], draws: Sequence[Point]) -> FilledForm:
    """An ensemble as a table; all draws have the same keys."""
    keys = list(draws[0])
    fields = (*FORM.fields[:2], *(Field(key, "", "") for key in keys))
    both = enumerate(zip(weights, draws, strict=True))
    return FilledForm(fields, [[n, float(w), *(point[key] for key in keys)] for n, (w, point) in both], alone=True)


def states_of(name: str, n: int, seed: int) -> list[Point]:
    """`n` states of the world: of an ensemble, or of the wide priors (`prior`); of `none` one, with every default."""
    return [{}] if name == NONE else sample_of(name, n, seed)


def sample_of(name: str, n: int, seed: int) -> list[Point]:
    """`n` points of an ensemble, or of the wide priors (`prior`)."""
    return wide(n, seed, "latin_hypercube") if name == PRIOR else load_ensemble(name).sample(n, seed)


def first_states(name: str, n: int, seed: int) -> list[Point]:
    """The first `n` states of an ensemble, or of the wide priors (`prior`); more of them leave these as they are."""
    return wide(n, seed, "sobol") if name == PRIOR else load_ensemble(name).first(n, seed)


def wide(n: int, seed: int, law: Law) -> list[Point]:
    """`n` states of the wide priors: parameters from `configs/priors`, each rival structure in for half of them."""
    priors, rivals = load_priors("2020"), load_rivals().structures
    unit, _ = laid_out(priors, rivals, unit_points(n, priors.dimension + len(rivals), seed % (1 << 32), law))
    return priors.from_unit(unit)


def short_name(name: str) -> str:
    """`mine` of `results/ensemble_mine.csv`; names that are no path stay."""
    return Path(name).stem.removeprefix("ensemble_") if name.endswith(".csv") else name


def _path(name: str) -> Path:
    path = Path(name) if name.endswith(".csv") else reference_folder() / f"ensemble_{name}.csv"
    if not is_file(path):
        raise ConfigError(
            None,
            "ensemble",
            name,
            f"{ALLOWED} that exists; posture calibrate makes one.{did_you_mean(name, ('2020', PRIOR, NONE))}",
        )
    return path


def _rows(path: Path) -> list[list[str]]:
    rows = [row for _, row in rows_of(path, "ensemble") if not row[0].startswith("#")]
    if not rows:
        raise ConfigError(path, "line 1", "", "it must be a header")
    check_commas(path, rows[0])
    return rows


def _draw(path: Path, line: int, header: list[str], row: list[str]) -> tuple[float, Point]:
    if len(row) != len(header):
        raise ConfigError(path, f"line {line}", ",".join(row), f"it must have {len(header)} values, one a column")
    weight = _number(path, f"line {line}, weight", row[1])
    if not 0.0 < weight < math.inf:
        raise ConfigError(path, f"line {line}, weight", row[1], "it must be a number above 0")
    return weight, {key: _value(path, line, key, cell) for key, cell in zip(header[2:], row[2:], strict=True)}


def _value(path: Path, line: int, key: str, cell: str) -> float | int | str:
    """A value as the schema has it, within its bounds."""
    place = f"line {line}, {key}"
    kind = field_of(key).annotation
    if kind not in (int, float):
        return cell  # a word: refused by the scenario if it is not one of the switch's
    value, (low, high) = _number(path, place, cell), bounds_of(key)
    if not low <= value <= high or (kind is int and not value.is_integer()):
        raise ConfigError(
            path, place, cell, f"it must be from {low} to {high}, whole numbers where the parameter is one"
        )
    return int(value) if kind is int else value


def _number(path: Path, place: str, cell: str) -> float:
    try:
        return number_of(cell)
    except ValueError:
        raise ConfigError(path, place, cell, "it must be a number in plain digits, such as 0.25") from None
