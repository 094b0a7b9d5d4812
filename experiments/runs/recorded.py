"""Scenarios as a manifest has recorded them, whatever their files say by now."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sim.calendars import Calendar
from sim.in_force import InForce, numbered
from sim.responses import Response, Use
from sim.scenario import Posture, Scenario
from sim.theatre import build_theatre
from sim.theatre_config import TheatreConfig


def scenario_of(label: str, manifest: dict[str, Any], path: Path) -> Scenario:
    """The scenario of a label; what is changed in it, or added to it, needs no file of those recorded."""
    tree = dict(manifest["postures"][label])
    forces, calendar = uses_of(tree["responses"]), _calendar(tree["calendar"])
    tree |= {"responses": [force.use.model_dump() for force in forces], "calendar": calendar.name if calendar else ""}
    posture = Posture.model_validate_json(json.dumps(tree))
    theatre = TheatreConfig.model_validate_json(json.dumps(manifest["theatres"][Path(posture.theatre).stem]))
    return Scenario(posture, build_theatre(theatre), str(path), forces, calendar)


def uses_of(recorded: Iterable[dict[str, Any]]) -> tuple[InForce, ...]:
    """The responses in force, from `store.resolved`."""
    return numbered(_in_force(use) for use in recorded)


def _in_force(use: dict[str, Any]) -> InForce:
    response = Response.model_validate_json(json.dumps(use["response"]))
    words = {key: value for key, value in use.items() if key in Use.model_fields}
    return InForce(response, Use.model_validate_json(json.dumps(words)), use["file"])


def _calendar(tree: Any) -> Calendar | None:
    return Calendar.model_validate_json(json.dumps(tree)) if tree else None
