"""What was reported for 2020 (S1–S3): counts per quarter, to be shown beside what the model gives. Never an input."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

REPORTED: dict[str, tuple[str, tuple[int, int, int]]] = {
    "fire_attacks": ("S2", (19, 11, 27)),
    "convoy_attacks": ("S1", (14, 27, 25)),
}
"""Measure → source, attacks in each of the three quarters."""
REPORTED_START, REPORTED_ENDS = date(2020, 1, 1), (91, 182, 274)


def is_reported_year(start: date, quarter_ends_days: Sequence[int]) -> bool:
    """Whether a run that begins on `start` has just the quarters that were reported."""
    return start == REPORTED_START and tuple(quarter_ends_days) == REPORTED_ENDS
