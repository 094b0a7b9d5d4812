"""The base scenarios of a design, and a check of every value that it names, before anything runs."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from experiments.files.labels import NO_RESPONSE
from experiments.runs.design import STATE, Design, Factor, Point, Value, as_given
from experiments.runs.jobs import Base, changed
from experiments.runs.own_names import OwnNames
from sim.errors import ConfigError
from sim.parameters import Parameters, flat
from sim.scenario import Scenario, load_scenario

BASE_KEYS = ("posture", "responses", "calendar")  # what makes another base scenario
_TRIED = 1000  # values of a list


def no_response(text: str) -> list[str]:
    """The responses of a value of the key `responses`: joined by +, `none` for none."""
    return [part for part in text.split("+") if part and part != NO_RESPONSE]


class BaseOf(Protocol):
    """The base of each point, and all that were asked for so far."""

    def __call__(self, point: Point) -> Base: ...
    def __iter__(self) -> Iterator[Base]: ...


class Given:
    """The bases of scenarios that are loaded already: a point names its scenario's label as its posture, if any."""

    def __init__(self, scenarios: Sequence[Scenario]) -> None:
        self._bases = {scenario.label: Base(scenario) for scenario in scenarios}
        self.points: list[Point] = [{"posture": label} for label in self._bases]

    def __call__(self, point: Point) -> Base:
        return self._bases[str(point.get("posture", next(iter(self._bases))))]

    def __iter__(self) -> Iterator[Base]:
        return iter(self._bases.values())


class Bases:
    """The base scenarios of a design: one for each posture, set of responses and calendar that its points name."""

    def __init__(self, design: Design) -> None:
        self._design, self._bases = design, dict[tuple[str, str, str], Base]()
        self._names = OwnNames()

    def __call__(self, point: Point) -> Base:
        """The base of a point; one that can't be run, or has the name of another, is refused."""
        design = self._design
        posture, responses = str(point.get("posture", design.posture)), str(point.get("responses", ""))
        key = (posture, responses, str(point.get("calendar", design.calendar)))
        if key not in self._bases:
            calendar: list[tuple[str, Value]] = [("calendar", key[2])] if key[2] else []
            changes = as_given([*design.constants.items(), *calendar])
            base = Base(load_scenario(posture, changes, [*design.responses, *no_response(responses)]))
            self._names.add(base.scenario)
            base.check()
            self._bases[key] = base
        return self._bases[key]

    def __iter__(self) -> Iterator[Base]:
        return iter(self._bases.values())

    def items(self) -> Iterator[tuple[tuple[str, str, str], Base]]:
        """(posture, responses, calendar) and base of each."""
        return iter(self._bases.items())


def check_values(design: Design, file: str | Path) -> None:
    """Try every value that a design names on every base; a bad one is refused with its place in the design."""
    bare = Bases(design.model_copy(update={"constants": {}, "responses": (), "calendar": ""}))
    for key, value, place in [*_named(design), *_values(design)]:
        if key in BASE_KEYS:
            with _placed(file, place, key, value):
                bare({"posture": design.posture, key: value})
    bases = Bases(design.model_copy(update={"constants": {}}))
    for point in combinations(design):
        with _placed(file, ", ".join(point) or "responses", "", ", ".join(map(str, point.values()))):
            base = bases(point)
        _check_on(base, design, file)


def _check_on(base: Base, design: Design, file: str | Path) -> None:
    """Every value of the other keys, each once."""
    constants = [(key, value, f"constants.{key}") for key, value in design.constants.items()]
    seen: set[tuple[str, type, Value]] = set()
    for key, value, place in itertools.chain(constants, _values(design)):
        if key not in (*BASE_KEYS, STATE) and (key, type(value), value) not in seen:
            seen.add((key, type(value), value))
            with _placed(file, place, key, value):
                changed(base.scenario, as_given([(key, value)]))


@contextmanager
def _placed(file: str | Path, place: str, key: str, value: object) -> Iterator[None]:
    """A refusal of a value gets its place in the design."""
    try:
        yield
    except ConfigError as error:
        where = place if key in ("", place) else f"{place} ({key})"
        raise ConfigError(file, where, value, error.allowed) from error


def _named(design: Design) -> Iterator[tuple[str, Value, str]]:
    """(key, value, place) of what the design itself names."""
    yield "posture", design.posture, "posture"
    for i, response in enumerate(design.responses):
        yield "responses", response, f"responses[{i}]"
    if design.calendar:
        yield "calendar", design.calendar, "calendar"


def _values(design: Design) -> Iterator[tuple[str, Value, str]]:
    """(key, value, place) of every value of a factor or an explicit point; a range by its ends."""
    for i, factor in enumerate(design.factors):
        for j in _telling(factor):
            yield factor.key, (factor.values or ())[j], f"factors[{i}].values[{j}]"
        for end in ("low", "high"):
            bound = getattr(factor, end)
            if bound is not None:
                yield factor.key, int(bound) if factor.integer else bound, f"factors[{i}].{end}"
    for row, point in enumerate(design.points):
        for key, value in point.items():
            yield key, value, design.place(row)


def _telling(factor: Factor) -> Iterable[int]:
    """Which values of a list to try: all; of very many numbers of a parameter the ends, as its bounds are two."""
    values = factor.values or ()
    if len(values) <= _TRIED or factor.key not in flat(Parameters()):
        return range(len(values))
    kinds: dict[type, list[int]] = {}
    for j, value in enumerate(values):
        kinds.setdefault(type(value), []).append(j)
    words = kinds.pop(str, [])
    ends = [end(js, key=values.__getitem__) for js in kinds.values() for end in (min, max)]
    return [*words, *ends]


def combinations(design: Design) -> list[Point]:
    """Points that between them name every base of the design, each once."""
    chosen = [[(f.key, value) for value in f.values or ()] for f in design.listed if f.key in BASE_KEYS]
    bare = dict.fromkeys(
        tuple((key, value) for key, value in point.items() if key in BASE_KEYS) for point in design.points or ({},)
    )
    return [dict([*explicit, *values]) for explicit in bare for values in itertools.product(*chosen)]
