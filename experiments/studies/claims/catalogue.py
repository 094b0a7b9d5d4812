"""The claims to be tested, as data: `configs/claims.toml`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from experiments.runs.bases import no_response
from experiments.runs.design import Point, Value
from experiments.studies.settings import Names, StudyTable, known_measures
from sim.config_files import configs_folder, read_toml, validate
from sim.errors import ConfigError
from sim.scenario import load_scenario


class Case(StudyTable):
    """A scenario of a test: posture, response, and values that hold in every state of the world."""

    posture: str = "six"
    responses: str = "none"
    set: dict[str, Value] = Field(default_factory=dict)

    @property
    def point(self) -> Point:
        """As a point of a design."""
        return {"posture": self.posture, "responses": self.responses, **self.set}

    @property
    def label(self) -> str:
        """In words: `six+surge, harm.p_wound = 0`."""
        response = "" if self.responses == "none" else f"+{self.responses}"
        return ", ".join([f"{self.posture}{response}", *(f"{key} = {value}" for key, value in self.set.items())])


class Check(StudyTable):
    """What must hold: a measure of `case`, or its change from `base` (as a share of it if `relative`), and its size."""

    case: Case
    base: Case | None = None
    measure: str
    relative: bool = False
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _whole(self) -> Check:
        known_measures((self.measure,))
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("a test has either at_least or at_most: the size that matters")
        if self.relative and self.base is None:
            raise ValueError("a relative test has a base")
        return self

    @property
    def size(self) -> float:
        """The size that matters."""
        return self.at_least if self.at_least is not None else float(self.at_most or 0.0)

    @property
    def sign(self) -> str:
        """≥ or ≤."""
        return "≥" if self.at_least is not None else "≤"


class Claim(StudyTable):
    """One claim of the source."""

    id: str = Field(pattern=r"^S[0-9]+$")
    claim: str = Field(description="what the source says, in our words")
    kind: Literal["emergent", "partly assumed", "assumed"]
    assumed: str = Field(description="what a rule or a response file simply says")
    statement: str = Field(description="what is tested, as the end of a sentence that begins: it holds that …")
    limits: str = Field(default="", description="what the test does not cover")
    also: Annotated[tuple[str, ...], Field(strict=False)] = ()
    tests: Annotated[tuple[Check, ...], Field(strict=False, min_length=1)]
    _known = field_validator("also")(known_measures)


class ClaimsCatalogue(StudyTable):
    """The file of claims."""

    title: str
    source: str
    theatre: str = Field(default="baghdad", description="the theatre that the source is about")
    supported_from: float = Field(gt=0.5, lt=1, description="probability from which a claim counts as supported")
    claims: Annotated[tuple[Claim, ...], Field(strict=False, min_length=1)]

    @model_validator(mode="after")
    def _once(self) -> ClaimsCatalogue:
        ids = [claim.id for claim in self.claims]
        for name in ids:
            if ids.count(name) > 1:
                raise ValueError(f"claim {name} is given twice")
        return self

    @property
    def cases(self) -> list[Case]:
        """Every scenario that a test names, each once."""
        tests = [test for claim in self.claims for test in claim.tests]
        named = [case for test in tests for case in (test.case, test.base) if case is not None]
        return list({case.model_dump_json(): case for case in named}.values())

    @property
    def measures(self) -> Names:
        """Every measure that a test or `also` names, each once."""
        named = [m for claim in self.claims for m in (*(test.measure for test in claim.tests), *claim.also)]
        return tuple(dict.fromkeys(named))


def load_claims(file: Path | None = None) -> ClaimsCatalogue:
    """The claims that come with the program, or those of a file; every scenario is tried before anything runs."""
    path = file or configs_folder() / "claims.toml"
    catalogue = validate(ClaimsCatalogue, read_toml(path), path)
    for n, claim in enumerate(catalogue.claims):
        for k, test in enumerate(claim.tests):
            for name in ("case", "base"):
                _try(getattr(test, name), catalogue.theatre, path, f"claims[{n}].tests[{k}].{name}")
    return catalogue


def _try(case: Any, theatre: str, path: Path, place: str) -> None:
    if case is None:
        return
    try:
        scenario = load_scenario(case.posture, case.set, no_response(case.responses))
    except ConfigError as error:
        raise ConfigError(path, f"{place} ({error.key})", error.value, error.allowed) from error
    if scenario.theatre.name != theatre:
        allowed = f"expected a posture in the theatre {theatre}: the source's claims are about that one"
        raise ConfigError(
            path, f"{place}.posture", case.posture, f"{allowed}, this one stands in {scenario.theatre.name}"
        )
