"""Two things of one name would be mixed in tables and in the manifest: the second is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sim.errors import ConfigError
from sim.scenario import Scenario


class OwnNames:
    """The postures, theatres and responses of scenarios so far, by their names."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[Any, str]] = {}

    def add(self, scenario: Scenario) -> None:
        """A scenario more; refused if something else in it has a name that is taken."""
        for kind, name, content, file in _named(scenario):
            before, where = self._known.setdefault((kind, name), (content, file))
            if before != content:
                both = where if where != file else "another"
                raise ConfigError(
                    file, f"name of the {kind}", name, f"it must be a name of its own: {both} is called {name} too"
                )


def check_own_names(scenarios: Iterable[Scenario]) -> None:
    """Refuse scenarios of which two have different things of one name."""
    known = OwnNames()
    for scenario in scenarios:
        known.add(scenario)


def _named(scenario: Scenario) -> Iterator[tuple[str, str, Any, str]]:
    """(kind, name, content, file) of what tables name. Calendars and swept values have columns of their own."""
    theatre = scenario.theatre.config
    alone = scenario.posture.model_copy(update={"theatre": theatre.name, "responses": (), "calendar": ""})
    yield "theatre", theatre.name, theatre, scenario.file
    yield "posture", scenario.name, alone, scenario.file
    for force in scenario.responses:
        yield "response", force.response.name, force.response, force.file
