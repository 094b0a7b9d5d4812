"""How large a study is: `configs/studies/NAME.toml`, with a table `full` and a table `quick`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, field_validator

from sim.config_files import find, read_toml, validate
from sim.errors import ConfigError
from sim.measures import BY_NAME

Names = Annotated[tuple[str, ...], Field(strict=False, min_length=1)]


class Table(BaseModel):
    """A table of a study's file: no unknown keys, no silent conversion."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Study(Table):
    """What all studies have."""

    title: str
    question: str
    source: str = "judgement"
    measures: Names

    @field_validator("measures")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [name for name in names if name not in BY_NAME]
        if unknown:
            raise ValueError(f"{unknown[0]} is not a measure: see docs/data-dictionary.md")
        return names


class SensitivityStudy(Study):
    """Sizes of the sensitivity study."""

    trajectories: int = Field(ge=2, le=10_000, description="Morris trajectories")
    screening_replicates: int = Field(ge=2, le=1000)
    tornado_replicates: int = Field(ge=2, le=10_000)
    kept: int = Field(ge=1, le=40, description="parameters that go on to the Sobol indices")
    base_points: int = Field(ge=4, le=1 << 16, description="Sobol base sample; a power of two")
    sobol_replicates: int = Field(ge=2, le=1000)
    resamples: int = Field(ge=20, le=10_000, description="bootstrap resamples of an interval")


class FactorialStudy(Study):
    """Sizes of the factorial. `sites` names the two postures: their sites, and where each has its batteries."""

    sites: Annotated[tuple[str, ...], Field(strict=False, min_length=2, max_length=2)]
    people: Annotated[tuple[int, ...], Field(strict=False, min_length=2, max_length=2)]
    replicates: int = Field(ge=2, le=100_000, description="pairs at the default values")
    draws: int = Field(ge=2, le=100_000, description="draws of the ensemble")
    draw_replicates: int = Field(ge=2, le=1000)
    curve_batteries: Annotated[tuple[int, ...], Field(strict=False, min_length=2)]
    curve_replicates: int = Field(ge=2, le=100_000)


class Limit(Table):
    """What counts as good enough in one measure."""

    measure: str
    at_most: float | None = None
    at_least: float | None = None


class DiscoveryStudy(Study):
    """Sizes of scenario discovery, and what counts as good enough."""

    worlds: int = Field(ge=20, le=100_000, description="points of the Latin hypercube over the priors")
    fresh_worlds: int = Field(ge=20, le=100_000, description="points of the second, to test the boxes on")
    replicates: int = Field(ge=2, le=1000)
    least_mass: float = Field(gt=0, lt=1, description="smallest share of the worlds in a box")
    least_density: float = Field(gt=0, lt=1, description="share of cases of interest wanted in a box")
    responses: Names
    metrics: Names
    satisfice: Annotated[tuple[Limit, ...], Field(strict=False, min_length=1)]


AnyStudy = TypeVar("AnyStudy", bound=Study)


def load_study(kind: type[AnyStudy], name: str | Path, *, quick: bool) -> AnyStudy:
    """The settings of a study: what both have, and the table `full` or `quick`."""
    path = find("studies", name)
    tree = read_toml(path)
    sizes = {size: tree.pop(size, None) for size in ("full", "quick")}
    chosen = "quick" if quick else "full"
    if not isinstance(sizes[chosen], dict):
        raise ConfigError(path, chosen, None, "expected a table of sizes")
    return validate(kind, {**tree, **sizes[chosen]}, path)
