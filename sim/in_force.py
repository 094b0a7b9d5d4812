"""The uses of responses in a scenario: numbered, and the orders that they give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sim.errors import ConfigError
from sim.responses import Response, Use


@dataclass(frozen=True)
class InForce:
    """A response as a scenario uses it."""

    response: Response
    use: Use
    file: str
    number: int = 1  # among the uses of this response, see `numbered`

    @property
    def name(self) -> str:
        """What its orders are named by: the response; from the second use on with its number, `surge#2`."""
        return self.response.name if self.number == 1 else f"{self.response.name}#{self.number}"

    @property
    def first_hour(self) -> int:
        """The hour of the run at which the first of its orders begins."""
        return self.use.first_hour(self.response)

    @property
    def label(self) -> str:
        """Its name, with its strength unless that is 1, and its start unless the days of its file hold."""
        strength, short = self.use.strength, f"{self.use.strength:g}"
        exact = short if float(short) == strength else repr(strength)
        return f"{self.response.name}{'' if strength == 1.0 else f'={exact}'}{self.use.start}"


def numbered(responses: Iterable[InForce]) -> tuple[InForce, ...]:
    """The uses of each response numbered by their starts, so that an order that comes later renames none before it.

    Uses of strength 0 come last: they give no order, and must not be seen in a run.
    """
    forces, count = list(responses), Counter[str]()
    for k in sorted(range(len(forces)), key=lambda k: (forces[k].use.strength == 0.0, forces[k].first_hour)):
        name = forces[k].response.name
        count[name] += 1
        forces[k] = replace(forces[k], number=count[name])
    return tuple(forces)


def check_uses(responses: Sequence[InForce], file: str) -> None:
    """A response may be used again from another hour on; another response may not have its name."""
    for i, force in enumerate(responses):
        for other in responses[:i]:
            if other.response.name == force.response.name:
                key, name = f"responses[{i}].name", force.response.name
                if other.response != force.response:
                    raise ConfigError(file, key, name, f"it must be a name of its own: {other.file} has this one")
                if other.first_hour == force.first_hour:
                    begins = f"day {force.first_hour // 24}, hour {force.first_hour % 24}"
                    raise ConfigError(file, key, name, f"each use must begin at another hour: two do at {begins}")


def standing_orders(responses: Iterable[InForce]) -> list[tuple[InForce, int]]:
    """Use, and number in its response, of each order, in the order of the rows; none of strength 0.

    By name, and the uses of a response by their starts, so that it does not matter which was named first.
    """
    return [
        (force, number)
        for force in sorted(responses, key=lambda force: (force.response.name, force.number))
        if force.use.strength > 0.0
        for number in range(len(force.response.orders))
    ]
