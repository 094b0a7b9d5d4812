"""The claims to be tested, as data: `configs/claims.toml`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from experiments.runs.bases import no_response
from experiments.runs.compare import first_response_day
from experiments.runs.design import Point, Value
from experiments.studies.claims.counts import Quantity, parts_of
from experiments.studies.settings import Names, StudyTable, known_measures
from sim.config_files import configs_folder, read_toml, validate
from sim.errors import ConfigError
from sim.measures import BY_NAME, COLUMNS, Ratio
from sim.scenario import Scenario, load_scenario
from sim.suggestions import one_of
from sim.theatre import area_names

CEILINGS = "ceilings/"
"""Responses of this folder of the configs are orders at full strength all the time: they stand for no policy."""


class Case(StudyTable):
    """A scenario of a test: posture, response, and values that hold in every state of the world."""

    posture: str = "six"
    responses: str = "none"
    set: dict[str, Value] = Field(default_factory=dict)

    @property
    def point(self) -> Point:
        """As a point of a design."""
        return {"posture": self.posture, "responses": self._files, **self.set}

    @property
    def _files(self) -> str:
        """The responses, those of the folder of ceilings as files."""
        names = [
            str(configs_folder() / f"{part}.toml") if part.startswith(CEILINGS) else part
            for part in self.responses.split("+")
        ]
        return "+".join(names)

    @property
    def label(self) -> str:
        """In words: `six+surge, harm.p_wound = 0`."""
        response = "" if self.responses == "none" else f"+{self.responses}"
        return ", ".join([f"{self.posture}{response}", *(f"{key} = {value}" for key, value in self.set.items())])

    def load(self) -> Scenario:
        """The scenario, with the values that hold in every state."""
        return load_scenario(self.posture, self.set, no_response(self._files))


@cache
def begins(case: str) -> int:
    """The day on which the first response of a case (as JSON) begins; 0 without any."""
    return first_response_day([Case.model_validate_json(case).load()]) or 0


class Window(StudyTable):
    """Days that count: so many (None: all that are left) from `after` days after the case's first response begins."""

    after: int = Field(default=0, ge=0, le=3660)
    days: int | None = Field(default=None, ge=1, le=3660)

    @property
    def words(self) -> str:
        """`first 14 days`, `from 80 days after it begins`."""
        if self.days is None:
            return f"from {self.after} days after it begins"
        first = f"first {self.days} days"
        return first if not self.after else f"{first} from {self.after} days after it begins"


class Ceiling(StudyTable):
    """The same order at full strength, all the time, against the test's base: what the rules can do at most."""

    case: Case
    says: str = Field(description="what the case does, in words")
    rules: str = Field(default="", description="what in the rules limits it")


class Check(StudyTable):
    """What must hold: a measure of `case`, or its change from `base` (as a share of it if `relative`), and its size.

    Days of a `window` alone count, if there is one. `road_areas` adds bombs set off in these areas to the measure. A
    test that is `beside` the claim, or whose result is `assumed` by a response's file, is shown and does not count.
    """

    case: Case
    base: Case | None = None
    measure: str
    relative: bool = False
    at_least: float | None = None
    at_most: float | None = None
    window: Window | None = None
    road_areas: Annotated[tuple[str, ...], Field(strict=False)] = ()
    ceiling: Ceiling | None = None
    role: Literal["counts", "beside", "assumed"] = "counts"

    @model_validator(mode="after")
    def _whole(self) -> Check:
        known_measures((self.measure,))
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("a test has either at_least or at_most: the size that matters")
        if self.base is None and (self.relative or self.ceiling):
            raise ValueError("a relative test, or one with a ceiling, has a base")
        if (self.window or self.road_areas) and not _has_windows(self.measure):
            raise ValueError(f"{self.measure} is no total and no mean over days, so it has no window and no areas")
        return self

    @property
    def size(self) -> float:
        """The size that matters."""
        return self.at_least if self.at_least is not None else float(self.at_most or 0.0)

    @property
    def sign(self) -> str:
        """≥ or ≤."""
        return "≥" if self.at_least is not None else "≤"

    @property
    def words(self) -> str:
        """What else the measure is: its window, and areas whose bombs are added."""
        roads = [f"with bombs in {' and '.join(self.road_areas)}"] if self.road_areas else []
        return ", ".join([*roads, *([self.window.words] if self.window else [])])

    def quantity(self, case: Case) -> Quantity:
        """What is counted of the runs of `case` and its base."""
        if self.window is None:
            return Quantity(self.measure, areas=self.road_areas)
        first = begins(case.model_dump_json()) + self.window.after
        last = None if self.window.days is None else first + self.window.days
        return Quantity(self.measure, first, last, self.road_areas)

    def at_ceiling(self) -> Check:
        """The same test of the ceiling."""
        case = self.ceiling.case if self.ceiling else self.case
        return self.model_copy(update={"case": case, "ceiling": None})

    @property
    def quantities(self) -> list[Quantity]:
        """Of the test itself and of its ceiling."""
        return [self.quantity(self.case), *([self.at_ceiling().quantity(self.ceiling.case)] if self.ceiling else [])]


def _has_windows(measure: str) -> bool:
    """Whether it is a total of all days, or a mean of levels over them."""
    one = BY_NAME[measure]
    return not isinstance(one, Ratio) and one.how == ("mean" if COLUMNS[one.column].level else "end")


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

    @model_validator(mode="after")
    def _counts(self) -> Claim:
        if not self.counted:
            raise ValueError("one test or more must count")
        return self

    @property
    def counted(self) -> list[Check]:
        """The tests that decide."""
        return [test for test in self.tests if test.role == "counts"]


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
    def tests(self) -> list[Check]:
        """Those of all claims."""
        return [test for claim in self.claims for test in claim.tests]

    @property
    def cases(self) -> list[Case]:
        """Every scenario that a test names, each once; ceilings are apart."""
        return _once(case for test in self.tests for case in (test.case, test.base))

    @property
    def ceilings(self) -> list[Case]:
        """Every scenario of a ceiling, each once."""
        return _once(test.ceiling.case if test.ceiling else None for test in self.tests)

    @property
    def measures(self) -> Names:
        """Every measure that a test or `also` names, each once; of a ratio what it divides."""
        named = [m for claim in self.claims for m in (*(test.measure for test in claim.tests), *claim.also)]
        return tuple(dict.fromkeys(part for measure in named for part in parts_of(measure)))

    @property
    def quantities(self) -> list[Quantity]:
        """What is counted in windows or areas, each once."""
        found = [quantity for test in self.tests for quantity in test.quantities]
        return list(dict.fromkeys(quantity for quantity in found if not quantity.plain))


def _once(cases: Iterable[Case | None]) -> list[Case]:
    return list({case.model_dump_json(): case for case in cases if case is not None}.values())


def load_claims(file: Path | None = None) -> ClaimsCatalogue:
    """The claims that come with the program, or those of a file; every scenario is tried before anything runs."""
    path = file or configs_folder() / "claims.toml"
    catalogue = validate(ClaimsCatalogue, read_toml(path), path)
    for n, claim in enumerate(catalogue.claims):
        for k, test in enumerate(claim.tests):
            _try_test(test, catalogue.theatre, path, f"claims[{n}].tests[{k}]")
    return catalogue


def _try_test(test: Check, theatre: str, path: Path, place: str) -> None:
    """Its scenarios, and whether its windows lie within their runs."""
    named = {"case": test.case, "base": test.base, "ceiling.case": test.ceiling and test.ceiling.case}
    loaded = {name: _try(case, theatre, path, f"{place}.{name}") for name, case in named.items() if case}
    known = area_names(next(iter(loaded.values())).theatre)
    for area in test.road_areas:
        if area not in known:
            raise ConfigError(path, f"{place}.road_areas", area, f"it must be {one_of(area, known)}")
    shortest = min(scenario.days for scenario in loaded.values())
    for quantity in test.quantities:
        if quantity.last_day(shortest) > shortest:
            raise ConfigError(path, f"{place}.window", test.window and test.window.words, f"runs have {shortest} days")


def _try(case: Case, theatre: str, path: Path, place: str) -> Scenario:
    try:
        scenario = case.load()
    except ConfigError as error:
        raise ConfigError(path, f"{place} ({error.key})", error.value, error.allowed) from error
    if scenario.theatre.name != theatre:
        allowed = f"it must be a posture in the theatre {theatre}: the source's claims are about that one"
        raise ConfigError(
            path, f"{place}.posture", case.posture, f"{allowed}, this one stands in {scenario.theatre.name}"
        )
    return scenario
