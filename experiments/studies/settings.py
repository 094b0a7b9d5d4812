"""How large each study is: `configs/studies/NAME.toml`, with a table `full` and a table `quick`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sim.config_files import find, read_toml, validate
from sim.errors import ConfigError
from sim.measures import BY_NAME
from sim.suggestions import did_you_mean
from sim.texts import Name


class StudyTable(BaseModel):
    """A table of a study's file: no unknown keys, no silent conversion."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


def known_measures(names: tuple[str, ...]) -> tuple[str, ...]:
    """The same names, if each is that of a measure."""
    for name in names:
        if name not in BY_NAME:
            raise ValueError(f"{name} is no measure: see docs/data-dictionary.md.{did_you_mean(name, BY_NAME)}")
    return names


Names = Annotated[tuple[str, ...], Field(strict=False, min_length=1)]


class Sizes(StudyTable):
    """What all studies have."""

    title: str
    question: str
    source: str = "judgement"


class MeasureSizes(Sizes):
    """What studies of chosen measures have."""

    measures: Names
    _known = field_validator("measures")(known_measures)


class SensitivitySizes(MeasureSizes):
    """Sizes of the sensitivity study."""

    group_points: int = Field(ge=4, le=1 << 16, description="the same of the grouped indices")
    group_replicates: int = Field(ge=2, le=1000)
    trajectories: int = Field(ge=2, le=10_000, description="Morris trajectories")
    screening_replicates: int = Field(ge=2, le=1000)
    tornado_replicates: int = Field(ge=2, le=10_000)
    kept: int = Field(ge=1, le=40, description="parameters that go on to the Sobol indices")
    base_points: int = Field(ge=4, le=1 << 16, description="rows of the base sample")
    sobol_replicates: int = Field(ge=2, le=1000)
    resamples: int = Field(ge=20, le=10_000, description="bootstrap resamples of an interval")


class FactorialSizes(MeasureSizes):
    """Sizes of the factorial. `sites` names the two postures: their sites, and where each has its batteries."""

    sites: Annotated[tuple[str, ...], Field(strict=False, min_length=2, max_length=2)]
    people: Annotated[tuple[int, ...], Field(strict=False, min_length=2, max_length=2)]
    replicates: int = Field(ge=2, le=100_000, description="pairs at the default values")
    draws: int = Field(ge=2, le=100_000, description="draws of the ensemble")
    draw_replicates: int = Field(ge=2, le=1000)
    curve_batteries: Annotated[tuple[int, ...], Field(strict=False, min_length=2)]
    curve_replicates: int = Field(ge=2, le=100_000)


class Limit(StudyTable):
    """What counts as good enough in one measure."""

    measure: str
    at_most: float | None = None
    at_least: float | None = None


class DiscoverySizes(MeasureSizes):
    """Sizes of scenario discovery, and what counts as good enough.

    Postures of equal budget are compared in the `measures`, responses in the `harms`, regret is in the `metrics`.
    """

    states: int = Field(ge=20, le=100_000, description="draws of the prior to search in")
    fresh_states: int = Field(ge=20, le=100_000, description="other draws, to test the boxes on")
    replicates: int = Field(ge=2, le=1000)
    least_mass: float = Field(gt=0, lt=1, description="smallest share of the states in a box")
    least_density: float = Field(gt=0, lt=1, description="share of cases of interest wanted in a box")
    responses: Names
    harms: Names
    metrics: Names
    _known_too = field_validator("harms", "metrics")(known_measures)
    satisfice: Annotated[tuple[Limit, ...], Field(strict=False, min_length=1)]


class ClaimsSizes(Sizes):
    """Sizes of the claims: states of the ensemble, and as many of the wide priors."""

    draws: int = Field(ge=10, le=100_000)
    replicates: int = Field(ge=2, le=1000)


Pairs = Annotated[tuple[Annotated[tuple[str, str], Field(strict=False)], ...], Field(strict=False, min_length=1)]


class StructuresSizes(MeasureSizes):
    """Sizes of the rival structures, and the pairs of postures that are compared."""

    pairs: Pairs
    states: int = Field(ge=2, le=100_000, description="draws of the priors")
    replicates: int = Field(ge=2, le=1000)
    looking_back: int = Field(ge=2, le=1_000_000, description="draws of the priors, one run each, beside the record")
    within: float = Field(gt=1, le=10, description="a draw comes near if every count is within this factor")


class SitesSizes(Sizes):
    """Sizes of the study of sites: the posture, and draws of the priors, a run each."""

    posture: str
    draws: int = Field(ge=2, le=1_000_000)


class PriorRunsSizes(MeasureSizes):
    """Draws of the table of prior runs; the measures of its summary."""

    draws: int = Field(ge=2, le=10_000_000, description="draws of the priors, one run each")


class CalibrationSizes(Sizes):
    """Draws of the table, if it must be made; how many of its runs count as near; the proof by simulation."""

    draws: int = Field(ge=100, le=10_000_000, description="draws of the table of prior runs, if it is not there")
    nearest: int = Field(ge=20, le=100_000, description="nearest runs, which become the draws of the ensemble")
    near: Annotated[tuple[int, ...], Field(strict=False, min_length=1)]
    """Numbers of runs that come near: the tolerances at which rivals are weighed."""
    sets: int = Field(ge=2, le=10_000, description="rows of the table that play the report, their parameters known")
    deals: int = Field(ge=2, le=1000, description="times that reports are dealt anew, for the floor of chance")


class ValidationSizes(Sizes):
    """`runs` of the ensemble; `prior_runs` of the table that forecasts, if none is given."""

    runs: int = Field(ge=2, le=1_000_000)
    prior_runs: int = Field(ge=2, le=10_000_000)


class Part(StudyTable):
    """A measure in an objective: what one of it counts, or one for each day of the run (`per_day`)."""

    measure: str
    each: float = 1.0
    per_day: bool = False
    source: str = "the measure itself: no judgement"
    _known = field_validator("measure")(lambda name: known_measures((name,))[0])


class Objective(StudyTable):
    """What a decision is about: a sum of measures, whether least or most of it is wanted, and what size matters."""

    name: Name
    unit: str
    goal: Literal["least", "most"]
    matters: float = Field(gt=0, description="a difference smaller than this counts as none")
    parts: Annotated[tuple[Part, ...], Field(strict=False, min_length=1)]
    source: str

    @property
    def sign(self) -> int:
        """What turns it into a loss: +1 if least is wanted, −1 if most."""
        return 1 if self.goal == "least" else -1

    @model_validator(mode="after")
    def _agrees(self) -> Objective:
        for part in self.parts:
            if BY_NAME[part.measure].better * part.each * self.sign > 0:
                raise ValueError(f"the goal {self.goal} is against what {part.measure} is for the defence")
        return self


class Constraint(StudyTable):
    """A limit of an objective in the mean over states; `against_base` of its change from the base."""

    objective: str
    at_most: float | None = None
    at_least: float | None = None
    against_base: bool = False
    source: str

    @model_validator(mode="after")
    def _one(self) -> Constraint:
        if (self.at_most is None) == (self.at_least is None):
            raise ValueError("a constraint has either at_most or at_least")
        return self


class Refusal(StudyTable):
    """Two responses that no policy has together, and why."""

    pair: Annotated[tuple[str, str], Field(strict=False)]
    why: str = Field(min_length=1)


class DecideSizes(Sizes):
    """What may be decided, what it is judged by, and how much is run."""

    base: str = Field(description="posture without a response that changes are against")
    postures: Names
    responses: Names
    most_responses: int = Field(ge=1, le=4, description="largest set")
    refused: Annotated[tuple[Refusal, ...], Field(strict=False)] = ()
    objectives: Annotated[tuple[Objective, ...], Field(strict=False, min_length=1)]
    decides: str = Field(description="the objective that regret is counted in")
    cheapest_by: str = Field(description="of policies as good as the best, the one with least of this is chosen")
    constraints: Annotated[tuple[Constraint, ...], Field(strict=False)] = ()
    satisfice: Annotated[tuple[Limit, ...], Field(strict=False, min_length=1)]
    ended_at_most: float = Field(gt=0, lt=1, description="above this share of runs without a mission it is evacuation")
    strengths: Annotated[tuple[float, ...], Field(strict=False, min_length=1)]
    starts: Annotated[tuple[int, ...], Field(strict=False, min_length=1)]
    rounds: Annotated[tuple[int, ...], Field(strict=False, min_length=1)]
    replicates: int = Field(ge=2, le=100, description="of a state, while policies are looked for")
    population: int = Field(ge=4, le=1000, description="policies of a generation of the search")
    generations: int = Field(ge=1, le=1000)
    finalists: int = Field(ge=2, le=200)
    fresh_states: int = Field(ge=8, le=100_000)
    fresh_replicates: int = Field(ge=2, le=100)

    @model_validator(mode="after")
    def _fits(self) -> DecideSizes:
        names = [each.name for each in self.objectives]
        asked = (self.decides, self.cheapest_by, *(c.objective for c in self.constraints))
        for name in (*asked, *(limit.measure for limit in self.satisfice)):
            if name not in names:
                raise ValueError(f"{name} is not one of the objectives: {', '.join(names)}")
        if len(set(names)) < len(names) or list(self.rounds) != sorted(set(self.rounds)):
            raise ValueError("objectives have names of their own, and rounds have rising numbers of states")
        if self.base not in self.postures or not all(0 < strength <= 1 for strength in self.strengths):
            raise ValueError("base is one of the postures, strengths are above 0 and at most 1")
        if 1.0 not in self.strengths or 0 not in self.starts:
            raise ValueError(
                "strengths have 1 and starts have 0: the search begins with sets of full strength from day 0"
            )
        return self

    def objective(self, name: str) -> Objective:
        """One of the objectives."""
        return next(each for each in self.objectives if each.name == name)


class InformationSizes(Sizes):
    """Sizes of information, and policies to run where no folder has any."""

    policies: Names
    states: int = Field(ge=10, le=100_000)
    replicates: int = Field(ge=2, le=1000)
    claim_states: int = Field(ge=10, le=100_000, description="of the same states, those in which claims are tried")
    claim_replicates: int = Field(ge=2, le=1000)
    shuffles: int = Field(ge=0, le=10_000, description="of states, to find what knowing seems worth by chance")


AnySizes = TypeVar("AnySizes", bound=Sizes)


def load_sizes(kind: type[AnySizes], name: str | Path, *, quick: bool) -> AnySizes:
    """The sizes of a study, by its name or from a file: what both settings have, and the table `full` or `quick`."""
    path, chosen = name if isinstance(name, Path) else find("studies", name), "quick" if quick else "full"
    both = read_toml(path)
    sizes = {setting: both.pop(setting, None) for setting in ("full", "quick")}[chosen]
    if not isinstance(sizes, dict):
        raise ConfigError(path, chosen, None, "it must be a table of sizes")
    return validate(kind, {**both, **sizes}, path)
