"""How files name the responses of a run: joined by +, and no response by its word."""

from __future__ import annotations

from sim.scenario import Scenario

RESPONSES = "responses"
NO_RESPONSE = "none"


def responses_of(scenario: Scenario) -> str:
    """What stands in a column `responses`."""
    return scenario.response_names or NO_RESPONSE


def label_of(posture: str, responses: str = "") -> str:
    """The label of a scenario from its two cells; older files leave the second empty where there is no response."""
    return posture if responses in ("", NO_RESPONSE) else f"{posture}+{responses}"
