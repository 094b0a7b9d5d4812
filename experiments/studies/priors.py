"""Priors of the uncertain parameters: laws, bounds and sources from a TOML file, samples as points of a design.

A prior is a map from the unit interval to values (its quantile function), so that a study may sample, screen or
calibrate in the unit cube and have every law in the same way. Words of a switch share the unit interval evenly, in
their order; a whole number has its even share too.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from experiments.runs.design import Point
from experiments.studies.settings import StudyTable
from sim.config_files import find, read_toml, validate
from sim.errors import ConfigError
from sim.parameters import Parameters, flat
from sim.suggestions import one_of
from sim.texts import Name

Unit = NDArray[np.float64]
"""Numbers of the unit interval."""


Group: TypeAlias = Literal["structure", "behaviour", "defence", "politics", "supply"]
Law: TypeAlias = Literal["sobol", "latin_hypercube", "random"]
"""How points are spread over the unit cube: a scrambled Sobol sequence, a Latin hypercube, or independently."""
GROUPS: tuple[Group, ...] = get_args(Group)
"""What parameters are about, in the order of tables."""


class Prior(StudyTable):
    """The prior of one parameter: a law from `low` to `high` in the parameter's unit, or words with equal chances."""

    key: str
    group: Group
    law: Literal["uniform", "log_uniform", "beta", "choice"]
    low: float | None = None
    high: float | None = None
    alpha: float | None = Field(default=None, gt=0, le=1000)
    beta: float | None = Field(default=None, gt=0, le=1000)
    values: Annotated[tuple[str, ...] | None, Field(strict=False)] = None
    source: str = Field(min_length=1)
    calibrated: bool = False

    @model_validator(mode="after")
    def _fits_its_law(self) -> Prior:
        given = {name for name in ("low", "high", "alpha", "beta", "values") if getattr(self, name) is not None}
        shape = {"beta": {"low", "high", "alpha", "beta"}, "choice": {"values"}}.get(self.law, {"low", "high"})
        if given != shape:
            raise ValueError(f"law {self.law} has {', '.join(sorted(shape))}, and no other of these")
        if self.law == "choice":
            self._check_words()
        elif not self.range[0] < self.range[1] or (self.law == "log_uniform" and self.range[0] <= 0):
            raise ValueError("low must be below high, and above 0 for log_uniform")
        return self

    def _check_words(self) -> None:
        words = self.values or ()
        if len(words) < 2 or len(set(words)) < len(words) or self.calibrated:
            raise ValueError("values must be two words or more, each once, and can't be calibrated")

    @property
    def range(self) -> tuple[float, float]:
        """Its ends, in the parameter's unit; of a choice the first and last place among the words."""
        if self.low is None or self.high is None:
            return 0.0, float(len(self.values or ()) - 1)
        return self.low, self.high

    @property
    def integer(self) -> bool:
        """Whether the parameter is a whole number."""
        return field_of(self.key).annotation is int

    def from_unit(self, u: Unit) -> NDArray[Any]:
        """Values at the quantiles `u`, of the same shape; words for a choice, whole numbers where the schema has."""
        low, high = self.range
        if self.law == "choice" or self.integer:
            places = np.minimum(np.floor(low + self._shaped(u) * (high + 1.0 - low)), high).astype(np.int64)
            return np.array(self.values, dtype=object)[places] if self.values else places
        if self.law == "log_uniform":
            return np.clip(low * (high / low) ** u, low, high)
        return np.clip(low + self._shaped(u) * (high - low), low, high)

    def quantile_of(self, value: float | str) -> float:
        """The quantile at which a value lies; of a word or a whole number the middle of those that give it."""
        low, high = self.range
        if self.law == "choice" or self.integer:
            place = float((self.values or ()).index(str(value))) if self.values else float(value)
            return self._unshaped((place - low + 0.5) / (high - low + 1.0))
        if self.law == "log_uniform":
            return math.log(float(value) / low) / math.log(high / low)
        return self._unshaped((float(value) - low) / (high - low))

    def _unshaped(self, share: float) -> float:
        if self.law != "beta":
            return share
        from scipy.stats import beta

        return float(beta.cdf(share, self.alpha, self.beta))

    def _shaped(self, u: Unit) -> Unit:
        if self.law != "beta":
            return u
        from scipy.stats import beta

        return np.asarray(beta.ppf(u, self.alpha, self.beta), dtype=np.float64)


class Priors(StudyTable):
    """A file of priors. `priors` keeps the order of the file, which is the order of the axes of the unit cube."""

    name: Name
    title: str
    source: str
    priors: Annotated[tuple[Prior, ...], Field(strict=False, min_length=1)]

    @property
    def keys(self) -> list[str]:
        """Dotted keys, in order."""
        return [prior.key for prior in self.priors]

    @property
    def dimension(self) -> int:
        """How many parameters."""
        return len(self.priors)

    @property
    def groups(self) -> dict[Group, list[str]]:
        """Group → its keys, in the order of the file; groups without any are left out."""
        found = {group: [prior.key for prior in self.priors if prior.group == group] for group in GROUPS}
        return {group: keys for group, keys in found.items() if keys}

    @property
    def calibrated(self) -> Priors:
        """Those that the reported counts inform."""
        return self.only([prior.key for prior in self.priors if prior.calibrated])

    def only(self, keys: Iterable[str]) -> Priors:
        """The priors with these keys, in the order of the file."""
        wanted = set(keys)
        return self.model_copy(update={"priors": tuple(prior for prior in self.priors if prior.key in wanted)})

    def from_unit(self, u: Unit) -> list[Point]:
        """Points (dotted key → value, as `Scenario.with_changes` takes them) of an array n × dimension."""
        columns = [prior.from_unit(column).tolist() for prior, column in zip(self.priors, np.asarray(u).T, strict=True)]
        return [dict(zip(self.keys, row, strict=True)) for row in zip(*columns, strict=True)]

    def sample(self, n: int, seed: int, law: Law = "sobol") -> list[Point]:
        """`n` points of the joint prior; the first ones stay when `n` grows, but for a Latin hypercube."""
        return self.from_unit(unit_points(n, self.dimension, seed, law))


def unit_points(n: int, dimension: int, seed: int, law: Law = "sobol") -> Unit:
    """`n` points of the unit cube (n × dimension): scrambled Sobol, Latin hypercube, or independent ("random")."""
    from scipy.stats import qmc

    if law == "sobol":
        power = max(n - 1, 1).bit_length()
        return np.asarray(qmc.Sobol(dimension, rng=seed).random_base2(power)[:n], dtype=np.float64)
    if law == "latin_hypercube":
        return np.asarray(qmc.LatinHypercube(dimension, rng=seed).random(n), dtype=np.float64)
    return np.random.default_rng(seed).random((n, dimension))


def load_priors(name: str | Path) -> Priors:
    """Priors by name (of those that come with the program) or by the path of a TOML file, checked with the schema."""
    path = find("priors", name)
    loaded = validate(Priors, read_toml(path), path)
    for n, prior in enumerate(loaded.priors):
        _check(path, f"priors[{n}]", prior, loaded.keys[:n])
    return loaded


def _check(path: Path, place: str, prior: Prior, before: Sequence[str]) -> None:
    """Refuse a key that the schema does not have or that stands twice, and values beyond the schema's bounds."""
    if prior.key in before:
        raise ConfigError(path, f"{place}.key", prior.key, "each key may be given once")
    known = [*flat(Parameters())]
    if prior.key not in known:
        beside = [key for key in known if key.startswith(f"{prior.key.partition('.')[0]}.")]
        allowed = f"it must be {one_of(prior.key, beside or known, 'posture describe NAME')}"
        raise ConfigError(path, f"{place}.key", prior.key, allowed)
    words = get_args(field_of(prior.key).annotation)
    if (prior.law == "choice") != bool(words):
        allowed = f"it must be the law choice of {', '.join(words)}" if words else "it must be a law of numbers"
        raise ConfigError(path, f"{place}.law", prior.law, allowed)
    for word in prior.values or ():
        if word not in words:
            raise ConfigError(path, f"{place}.values", word, f"it must be {one_of(word, words)}")
    if not words:
        _check_range(path, place, prior)


def _check_range(path: Path, place: str, prior: Prior) -> None:
    least, most = bounds_of(prior.key)
    for end, value in zip(("low", "high"), prior.range, strict=True):
        if not least <= value <= most:
            raise ConfigError(path, f"{place}.{end}", value, f"{prior.key} may be {least} to {most}")
        if prior.integer and not value.is_integer():
            raise ConfigError(path, f"{place}.{end}", value, f"{prior.key} is a whole number")


@cache  # a file of an ensemble asks for each of its values
def bounds_of(key: str) -> tuple[float, float]:
    """The schema's ends of a parameter that is a number, both allowed."""
    low, high = (next(getattr(m, end) for m in field_of(key).metadata if hasattr(m, end)) for end in ("ge", "le"))
    return low, high


@cache
def field_of(key: str) -> Any:
    """The schema's field of a parameter."""
    section, name = key.split(".")
    sections: dict[str, Any] = dict(Parameters.model_fields)
    return sections[section].annotation.model_fields[name]
