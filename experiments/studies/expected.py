"""What the runs of a study will take, before it begins: the time of one, measured."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.runs.bases import Given
from experiments.runs.jobs import Job, JobPoint, run_job
from experiments.studies.priors import load_priors
from sim.scenario import load_scenario

POSTURES = ("fourteen", "six")
"""Postures that are timed, in states drawn from the priors: nearly every study runs their like."""
_TIMED = 8  # runs of each


def run_seconds(seed: int) -> float:
    """Processor time of a run, in the mean of some of each posture."""
    states = load_priors("2020").sample(_TIMED, seed % (1 << 32))
    points = tuple(JobPoint(tuple(state.items()), (k,), (seed + k,)) for k, state in enumerate(states))
    return sum(map(_seconds, POSTURES, [points] * len(POSTURES))) / len(POSTURES)


def _seconds(posture: str, points: Sequence[JobPoint]) -> float:
    """Of a run of a posture; the first one is not timed, so that all is compiled."""
    base = Given([load_scenario(posture)])({})
    run_job(Job(base, (points[0],)))
    return run_job(Job(base, tuple(points))).seconds / len(points)
