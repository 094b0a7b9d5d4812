"""Levels from 0 to 1: how they are moved, and how they come back."""

from __future__ import annotations

from sim.compiled import rule


@rule
def clipped(value: float) -> float:
    """The value, within 0 … 1."""
    return min(1.0, max(0.0, value))


@rule
def toward(value: float, goal: float, days: float) -> float:
    """A day's return to a goal: 1/days of what is missing."""
    return value + (goal - value) / max(days, 1.0)
