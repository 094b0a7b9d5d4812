"""Designs of sweeps: which points of the parameter space are run, from a TOML file.

A design has a base scenario (posture, responses, calendar), constants, and factors: levers (what somebody decides)
and uncertainties (what nobody knows). A factor has a list of `values`, or a range. The points are the product of all
lists of values, of the explicit points if there are any, and of one sample over all ranges: every combination of
levers meets the same sample of uncertainties. A factor's key is a dotted key of the scenario, `posture` or `responses`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, model_validator

from experiments.files import extras
from experiments.files.csv_input import check_commas, rows_of
from sim.config_files import find, read_toml, validate
from sim.errors import ConfigError
from sim.input_files import number_or_word
from sim.numbers import counted
from sim.texts import Name, fault_of


def _iso(value: Any) -> Any:
    """A date as text, the form in which a design keeps it."""
    return value.isoformat() if isinstance(value, date) else value


Value: TypeAlias = Annotated[float | int | str, BeforeValidator(_iso)]
Point: TypeAlias = dict[str, Value]
Values = Annotated[tuple[Value, ...], Field(strict=False)]
STATE = "state"
WORDS = ("posture", "responses", "calendar", "start")
"""Keys whose values are text, even where it reads as a number."""
MOST_RUNS = 10_000_000
"""More runs than that are refused: they would take days, and their table tens of gigabytes."""


def as_given(changes: Iterable[tuple[str, Value]]) -> dict[str, Any]:
    """Changes as `Scenario.with_changes` takes them: the text of a date becomes a date."""
    return {key: _date(value) if key == "start" else value for key, value in changes}


def _date(value: Value) -> date | Value:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return value  # refused in words, as any bad value


def _is_state(value: Value) -> bool:
    return isinstance(value, int) and value >= 0


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Factor(_Table):
    """One dimension: a list of `values`, or a range from `low` to `high`."""

    key: str
    kind: Literal["lever", "uncertainty"] = "uncertainty"
    values: Values | None = None
    low: float | None = None
    high: float | None = None
    scale: Literal["linear", "log"] = "linear"
    integer: bool = False

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Factor:
        ends = [end for end in (self.low, self.high) if end is not None]
        if len(ends) != (2 if self.values is None else 0):
            raise ValueError("a factor has either values, or low and high")
        if self.values is not None:
            self._check_values(self.values)
        else:
            self._check_range(*ends)
        return self

    def _check_values(self, values: tuple[Value, ...]) -> None:
        if not values or len(set(values)) < len(values):
            raise ValueError("values must be at least one, each once")
        if self.scale == "log" or self.integer:
            raise ValueError("scale and integer belong to a range, not to values")

    def _check_range(self, low: float, high: float) -> None:
        if not low < high or (self.scale == "log" and low <= 0):
            raise ValueError("low must be below high, and above 0 on a log scale")
        if self.integer and not (low.is_integer() and high.is_integer()):
            raise ValueError("low and high of an integer range must be whole numbers")
        if self.key in WORDS:
            raise ValueError("posture, responses, calendar and start have values, not a range")

    def from_unit(self, u: NDArray[np.float64]) -> NDArray[Any]:
        """Values of the range for numbers of the unit interval; each whole number of an integer range has its share."""
        assert self.low is not None
        assert self.high is not None
        high = self.high + 1.0 if self.integer else self.high
        between = self.low * (high / self.low) ** u if self.scale == "log" else self.low + u * (high - self.low)
        # rounding may go a last digit beyond an end
        inside = np.clip(np.floor(between) if self.integer else between, self.low, self.high)
        return inside.astype(np.int64) if self.integer else inside


class Design(_Table):
    """One design file."""

    name: Name
    title: str
    question: str = ""
    source: str = "judgement"
    posture: str = "six"
    responses: Annotated[tuple[str, ...], Field(strict=False)] = ()
    calendar: str = ""
    replicates: int = Field(default=20, ge=1, le=10_000_000)
    seed: int = Field(default=1, ge=0, lt=1 << 64)
    outputs: Annotated[tuple[Literal["runs", "daily", "events", "site_fire"], ...], Field(strict=False)] = ("runs",)
    constants: dict[str, Value] = Field(default_factory=dict)
    factors: Annotated[tuple[Factor, ...], Field(strict=False)] = ()
    points: Annotated[tuple[dict[str, Value], ...], Field(strict=False)] = ()
    points_file: str = Field(default="", description="CSV beside the design: a column per key, a row per point")
    sample: Literal["latin_hypercube", "sobol", "random", "saltelli"] = "latin_hypercube"
    n: int = Field(default=64, ge=1, le=10_000_000, description="points of the sample over the ranges")
    _lines: tuple[int, ...] = PrivateAttr(())  # of the points file, for messages

    @model_validator(mode="after")
    def _keys_once(self) -> Design:
        keys = [factor.key for factor in self.factors]
        for key in keys:
            if keys.count(key) > 1 or key in self.constants:
                raise ValueError(f"{key} is given twice")
        if "runs" not in self.outputs:
            raise ValueError("outputs must have runs")
        if STATE in keys or STATE in self.constants or any(not _is_state(point.get(STATE, 0)) for point in self.points):
            raise ValueError("state is a whole number from 0 of an explicit point, no factor or constant")
        if self.has_states and not all(STATE in point for point in self.points):
            raise ValueError("state is given for every point or for none")
        return self

    @property
    def has_states(self) -> bool:
        """Whether the points belong to states of the world."""
        return any(STATE in point for point in self.points)

    @property
    def ranged(self) -> tuple[Factor, ...]:
        """The factors that have a range."""
        return tuple(factor for factor in self.factors if factor.values is None)

    @property
    def listed(self) -> tuple[Factor, ...]:
        """The factors that have a list of values."""
        return tuple(factor for factor in self.factors if factor.values is not None)

    @property
    def keys(self) -> list[str]:
        """The keys that differ between points, in the order of the file: the columns of `runs.csv`."""
        explicit = [key for point in self.points for key in point]
        return list(dict.fromkeys([factor.key for factor in self.factors] + explicit))

    def place(self, row: int) -> str:
        """Where an explicit point stands: in the design, or in its points file."""
        inline = len(self.points) - len(self._lines)
        return f"points[{row}]" if row < inline else f"{self.points_file} line {self._lines[row - inline]}"


def load_design(name: str | Path) -> Design:
    """A design by name (one that comes with the program) or by the path of its TOML file."""
    path = find("experiments", name)
    tree = read_toml(path)
    lines = {}
    if tree.get("points_file"):
        lines = read_points(path.parent / str(tree["points_file"]))
        tree["points"] = [*tree.get("points", []), *lines.values()]
    design = validate(Design, tree, path)
    design._lines = tuple(lines)
    taken = {factor.key for factor in design.factors} | set(design.constants)
    for row, point in enumerate(design.points):
        for key in point:
            if key in taken:
                place = f"{design.place(row)}, {key}"
                raise ConfigError(path, place, point[key], "it must be a key that is given only here")
    return design


def read_points(path: Path) -> dict[int, Point]:
    """Explicit points from a CSV file, by the line where each ends; a bad row is refused with its line number."""
    rows = rows_of(path, "points_file")
    header = [name.strip() for name in next(rows, (1, []))[1]]
    if not header or len(set(header)) < len(header) or not all(header):
        raise ConfigError(path, "line 1", ",".join(header), "it must be a header of keys, each once")
    check_commas(path, header)
    points = {line: _point(path, line, header, row) for line, row in rows}
    if not points:
        raise ConfigError(path, "line 2", "", "there must be a row for each point")
    return points


def _point(path: Path, line: int, header: Sequence[str], row: Sequence[str]) -> Point:
    if len(row) != len(header):
        raise ConfigError(path, f"line {line}", ",".join(row), f"it must have {len(header)} values, one for each key")
    return {key: _value(path, line, key, cell.strip()) for key, cell in zip(header, row, strict=True)}


def _value(path: Path, line: int, key: str, cell: str) -> Value:
    if not cell:
        raise ConfigError(path, f"line {line}, {key}", cell, "there must be a value")
    value = cell_value(key, cell)
    if isinstance(value, str) and fault_of(value):
        raise ConfigError(path, f"line {line}, {key}", cell, fault_of(value))
    return value


def cell_value(key: str, cell: str) -> Value:
    """A number where the text is one in plain digits, else the text."""
    return cell if key in WORDS else number_or_word(cell)


def n_points(design: Design) -> int:
    """How many points a design has; none of them is made."""
    lists = math.prod(len(factor.values or ()) for factor in design.listed)
    return len(design.points or ({},)) * lists * _sample_size(design)


def check_size(design: Design, file: str | Path, replicates: int | None = None) -> None:
    """Refuse more runs than anybody means, before any point is made."""
    points, each = n_points(design), replicates or design.replicates
    if points * each > MOST_RUNS:
        given = f"{counted(points, 'point')} × {counted(each, 'replicate')}"
        raise ConfigError(file, "runs", given, f"it must be at most {MOST_RUNS:,} runs")


class Points(Sequence[Point]):
    """All points of a design by number: explicit points, then lists in their order, then the sample (fastest).

    A point is made when it is asked for, so a million of them take no room.
    """

    def __init__(self, design: Design) -> None:
        self._explicit = design.points or ({},)
        self._listed = [(factor.key, factor.values or ()) for factor in design.listed]
        sample, ranged = unit_sample(design), design.ranged
        self._rows, self._length = len(sample), n_points(design)
        self._columns = [(f.key, f.from_unit(u)) for f, u in zip(ranged, sample.T, strict=True)]

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, number: int) -> Point: ...
    @overload
    def __getitem__(self, number: slice) -> list[Point]: ...
    def __getitem__(self, number: int | slice) -> Point | list[Point]:
        if isinstance(number, slice):
            return [self[k] for k in range(*number.indices(len(self)))]
        if not 0 <= number < len(self):
            raise IndexError(number)
        rest, row = divmod(int(number), self._rows)
        sampled = {key: column[row].item() for key, column in self._columns}
        chosen = []
        for key, values in reversed(self._listed):
            rest, level = divmod(rest, len(values))
            chosen.append((key, values[level]))
        return {**self._explicit[rest], **dict(reversed(chosen)), **sampled}


def _sample_size(design: Design) -> int:
    """Points of the sample over the ranges; one without ranges."""
    d = len(design.ranged)
    if d == 0:
        return 1
    return _power_of_two(design.n) * (d + 2) if design.sample == "saltelli" else design.n


def unit_sample(design: Design) -> NDArray[np.float64]:
    """The sample over the ranges as numbers of the unit cube (n × ranges); one row without ranges."""
    d = len(design.ranged)
    if d == 0:
        return np.zeros((1, 0))
    if design.sample == "saltelli":
        return _saltelli(design, d)
    if design.sample == "sobol":
        from scipy.stats import qmc

        # n may grow: the first points stay what they are
        return np.asarray(qmc.Sobol(d, seed=design.seed).random(_power_of_two(design.n))[: design.n])
    uniform = np.random.default_rng(design.seed)
    if design.sample == "latin_hypercube":
        return _latin_hypercube(uniform, design.n, d)
    return uniform.random((design.n, d))


def _latin_hypercube(uniform: np.random.Generator, n: int, d: int) -> NDArray[np.float64]:
    """One point in each of n slices of every range: SciPy's, without the half second that its import takes."""
    within = uniform.random((n, d))
    slices = np.tile(np.arange(1, n + 1), (d, 1))
    for row in slices:
        uniform.shuffle(row)
    return np.asarray((slices.T - within) / n)


def _power_of_two(n: int) -> int:
    """The next power of two: Sobol points are balanced in such numbers."""
    return 1 << (n - 1).bit_length()


def _saltelli(design: Design, d: int) -> NDArray[np.float64]:
    """Saltelli's points for Sobol indices (SALib, extra `study`): n · (d + 2) of them, n a power of two."""
    extras.need("study", "SALib")
    from SALib.sample import sobol

    problem: Mapping[str, Any] = {"num_vars": d, "names": [f.key for f in design.ranged], "bounds": [[0.0, 1.0]] * d}
    return np.asarray(sobol.sample(problem, _power_of_two(design.n), calc_second_order=False, seed=design.seed))
