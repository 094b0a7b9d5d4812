"""Policies: what the defence decides, and nothing else. Sets of responses, those that are refused, evacuations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from experiments.runs.design import Point
from experiments.studies.settings import DecideSizes, Refusal
from sim.errors import ConfigError
from sim.parameters import flat
from sim.scenario import Scenario, load_response, load_scenario, parse_use
from sim.suggestions import one_of

LEVERS = frozenset({"posture", "responses"})
"""Keys of a point that are the defender's. Everything else is the world, or those who attack."""
LEAVES = "close_embassy"
"""The order after which nothing is left that could be attacked."""
TWICE = "a response is given once"


@dataclass(frozen=True, order=True)
class Given:
    """A response of a policy: its name, strength, and the day of the run on which it begins."""

    response: str
    strength: float = 1.0
    start_day: int = 0

    @property
    def text(self) -> str:
        """`surge@0`, `surge=0.5@30`: as `--response` takes it."""
        strength = "" if self.strength == 1.0 else f"={self.strength:g}"
        return f"{self.response}{strength}@{self.start_day}"


@dataclass(frozen=True, order=True)
class Policy:
    """A posture with responses, in the order of their names."""

    posture: str
    responses: tuple[Given, ...] = ()

    @property
    def name(self) -> str:
        """`six+surge@0`; `six` without a response."""
        return "+".join([self.posture, *(given.text for given in self.responses)])

    @property
    def point(self) -> Point:
        """As a point of a design: keys of LEVERS alone."""
        return {"posture": self.posture, "responses": "+".join(given.text for given in self.responses) or "none"}


def policy(posture: str, responses: Sequence[Given]) -> Policy:
    """A policy whose name does not hang on the order in which its responses were named."""
    return Policy(posture, tuple(sorted(responses)))


def policy_of(point: Point) -> Policy:
    """The policy of a point of LEVERS; refused if the point has any other key."""
    check_levers(point)
    texts = [text for text in str(point["responses"]).split("+") if text != "none"]
    return policy(str(point["posture"]), [_given(text) for text in texts])


def _given(text: str) -> Given:
    use = parse_use(text)
    if use.start_day is None:
        raise ConfigError(None, "responses", text, "it must name the day on which it begins too, such as surge=0.5@90")
    return Given(use.name, use.strength, use.start_day)


def check_levers(point: Point) -> None:
    """Refuse a key that is not the defender's to choose."""
    for key, value in point.items():
        if key not in LEVERS:
            raise ConfigError(None, key, value, f"it must be what the defence decides: {', '.join(sorted(LEVERS))}")


# --- sets ----------------------------------------------------------------------------------------------------
def refusal(names: Sequence[str], refused: Sequence[Refusal]) -> str:
    """Why these responses are not given together; empty if they may be."""
    if len(set(names)) < len(names):
        return TWICE
    return next((each.why for each in refused if set(each.pair) <= set(names)), "")


def sets(sizes: DecideSizes) -> Iterator[tuple[str, ...]]:
    """Every set of up to so many responses, the empty one first."""
    for n in range(sizes.most_responses + 1):
        yield from combinations(sizes.responses, n)


def all_policies(sizes: DecideSizes) -> list[Policy]:
    """Every posture with every set that is not refused, at full strength from the first day."""
    allowed = [names for names in sets(sizes) if not refusal(names, sizes.refused)]
    return [policy(posture, [Given(name) for name in names]) for posture in sizes.postures for names in allowed]


@dataclass(frozen=True)
class Refused:
    """Two responses that no policy has together, why, and how many sets have both."""

    first: str
    second: str
    why: str
    sets: int


def refused_sets(sizes: DecideSizes) -> list[Refused]:
    """What is refused, and how many sets each refusal stands for."""
    return [
        Refused(*each.pair, each.why, sum(set(each.pair) <= set(names) for names in sets(sizes)))
        for each in sizes.refused
    ]


def leaving(responses: Sequence[str]) -> frozenset[str]:
    """Those of the responses that end the mission."""
    orders = {name: load_response(name)[0].orders for name in responses}
    return frozenset(name for name, given in orders.items() if any(order.do == LEAVES for order in given))


# --- what is checked before anything runs ----------------------------------------------------------------------
def check(sizes: DecideSizes) -> None:
    """Refuse postures that differ in more than what the defence decides, and responses that nobody knows."""
    first, *others = [load_scenario(name) for name in sizes.postures]
    for name, scenario in zip(sizes.postures[1:], others, strict=True):
        for what, one, other in _differences(first, scenario):
            if one != other:
                allowed = f"it must have the same {what} as {first.name}: what changes it is no choice of the defence"
                raise ConfigError(None, "postures", name, allowed)
    for name in sizes.responses:
        load_response(name)
    for each in sizes.refused:
        for name in each.pair:
            if name not in sizes.responses:
                raise ConfigError(None, "refused.pair", name, f"it must be {one_of(name, sizes.responses)}")


def _differences(first: Scenario, other: Scenario) -> Iterator[tuple[str, object, object]]:
    """(what, its value in the first, in the other) of all that policies must have in common."""
    one, two = flat(first.parameters), flat(other.parameters)
    yield "parameters", one, two
    yield "theatre", first.theatre.name, other.theatre.name
    yield "days", first.days, other.days
    yield "start", first.posture.start, other.posture.start
    yield "calendar", first.posture.calendar, other.posture.calendar
    yield "responses of its own", first.posture.responses, other.posture.responses
