"""What a study will take, before it begins: its runs counted from what is asked, the time of one run measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.runs.bases import Given
from experiments.runs.jobs import Job, JobPoint, run_job
from experiments.studies.priors import load_priors
from experiments.studies.study import Study, StudyRequest
from sim.scenario import load_scenario

POSTURES = ("fourteen", "six")
"""Postures that are timed, in states drawn from the priors: nearly every study runs their like."""
_TIMED = 8  # runs of each


@dataclass(frozen=True)
class Expected:
    """Stage → runs, and seconds of processor time of a run."""

    stages: Mapping[str, int]
    run_seconds: float

    @property
    def runs(self) -> int:
        """Of all stages."""
        return sum(self.stages.values())

    @property
    def core_seconds(self) -> float:
        """Processor time of all runs; what is there already takes none, analysis comes on top."""
        return self.runs * self.run_seconds


def expected(study: Study[Any, Any], request: StudyRequest[Any]) -> Expected:
    """Counted and measured."""
    return Expected(study.counted(request), run_seconds(request.seed))


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
