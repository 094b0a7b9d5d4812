"""A scenario as a posture file, with files beside it for what does not come with the program."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import tomlkit
from pydantic import BaseModel

from sim.calendars import Calendar
from sim.config_files import configs_folder, read_toml, validate
from sim.in_force import InForce
from sim.parameters import Parameters
from sim.responses import Response
from sim.scenario import Scenario, default_parameters
from sim.theatre_config import TheatreConfig

SCENARIO_FILE = "scenario.toml"
_KINDS: dict[str, type[BaseModel]] = {"theatres": TheatreConfig, "responses": Response, "calendars": Calendar}


def scenario_toml(scenario: Scenario) -> str:
    """The posture file that `load_scenario` reads back to the same scenario; of parameters only what is changed."""
    parameters = _changed_parameters(scenario)
    posture = scenario.posture.model_copy(
        update={
            "theatre": _name("theatres", scenario.theatre.config),
            "responses": tuple(_use(force) for force in scenario.responses),
            "calendar": _name("calendars", scenario.calendar) if scenario.calendar else "",
        }
    )
    more = {"start": posture.start, "days": posture.days, **({"parameters": parameters} if parameters else {})}
    return toml_of(posture.model_copy(update={"parameters": Parameters()}), **more)


def _changed_parameters(scenario: Scenario) -> dict[str, Any]:
    """What differs from the defaults; the common state whole, and only if it is not that of the theatre."""
    changed = scenario.parameters.model_dump(exclude_defaults=True)
    state, default = scenario.parameters.common_state, default_parameters(scenario.theatre).common_state
    own = {} if state == default else {"common_state": state.model_dump()}
    return {**{section: values for section, values in changed.items() if section != "common_state"}, **own}


def scenario_files(scenario: Scenario) -> dict[str, str]:
    """Path in a folder → content: `scenario.toml`, and each theatre, response and calendar of the user's own."""
    parts: list[tuple[str, BaseModel]] = [("theatres", scenario.theatre.config)]
    parts += [("responses", force.response) for force in scenario.responses]
    parts += [("calendars", scenario.calendar)] if scenario.calendar else []
    own = {_name(kind, config): toml_of(config) for kind, config in parts if not _is_shipped(kind, config)}
    return {SCENARIO_FILE: scenario_toml(scenario), **own}


def _use(force: InForce) -> Any:
    return force.use.model_copy(update={"name": _name("responses", force.response)})


def _name(kind: str, config: Any) -> str:
    """What a posture file calls a config: its name if it comes with the program, else its file beside the posture."""
    return str(config.name) if _is_shipped(kind, config) else f"{kind}/{_stem(config)}.toml"


def _stem(config: Any) -> str:
    """Its name as that of a file: a calendar's may be any text."""
    return re.sub(r"[^\w-]", "_", config.name) or "own"


def _is_shipped(kind: str, config: Any) -> bool:
    """Does the program come with just this config, under its name?"""
    path = configs_folder() / kind / f"{_stem(config)}.toml"
    return path.is_file() and validate(_KINDS[kind], read_toml(path), path) == config


def toml_of(config: BaseModel, **more: Any) -> str:
    """A config as TOML: all that differs from the defaults and what is asked for, tables behind plain keys."""
    return tomlkit.dumps(_ordered(config.model_dump(by_alias=True, exclude_defaults=True) | more))


def _ordered(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Plain values first, then lists of tables, then tables: behind a table's head a plain key would be the table's."""
    values = {key: _plain(value) for key, value in tree.items()}
    return dict(sorted(values.items(), key=lambda item: _rank(item[1])))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return _ordered(value)
    return [_plain(each) for each in value] if isinstance(value, (list, tuple)) else value


def _rank(value: Any) -> int:
    if isinstance(value, dict):
        return 2
    return 1 if isinstance(value, list) and value and isinstance(value[0], dict) else 0
