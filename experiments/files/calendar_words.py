"""What of a calendar a run does not meet, in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from sim.numbers import counted
from sim.scenario import Scenario


def beside_the_run(scenario: Scenario) -> str:
    """A sentence for a calendar none of whose events falls into the run; empty if one does, or without a calendar."""
    calendar, first = scenario.calendar, scenario.posture.start
    if calendar is None or not calendar.dated:
        return ""
    last = first + timedelta(days=scenario.days - 1)
    if any(first <= event.day <= last for event in calendar.dated):
        return ""
    none = f"none of the {counted(len(calendar.dated), 'event')} of calendar {calendar.name} falls into the run"
    return f"{none}, {first} to {last}: nothing comes from outside"


def all_beside(scenarios: Iterable[Scenario]) -> list[str]:
    """These sentences, each once."""
    return [words for words in dict.fromkeys(map(beside_the_run, scenarios)) if words]
