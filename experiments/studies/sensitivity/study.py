"""The sensitivity study as the frame takes it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from experiments.studies.priors import load_priors
from experiments.studies.sensitivity.factors import factors_of
from experiments.studies.sensitivity.stages import POSTURES, Sensitivity, rows_above_floor, sensitivity
from experiments.studies.sensitivity.tables import FORMS, tables
from experiments.studies.settings import SensitivitySizes
from experiments.studies.study import Study, StudyRequest

_TOP = 3  # parameters of a quantity that are named on the screen


def prepare(request: StudyRequest[SensitivitySizes]) -> partial[Sensitivity]:
    """The study of the wide priors."""
    return partial(sensitivity, load_priors(request.priors), request.sizes)


def counted(request: StudyRequest[SensitivitySizes]) -> dict[str, int]:
    """Points of each design on both postures; streams are an input beside the factors."""
    factors, sizes = factors_of(load_priors(request.priors)), request.sizes
    d, groups, kept = len(factors.names), len(set(factors.groups)), min(sizes.kept, len(factors.names))
    points = {
        "groups": sizes.group_points * (2 * groups + 4) * sizes.group_replicates,
        "one at a time": (1 + 2 * d) * sizes.tornado_replicates,
        "screening": sizes.trajectories * (d + 2) * sizes.screening_replicates,
        "sobol": sizes.base_points * (2 * kept + 4) * sizes.sobol_replicates,
    }
    return {stage: len(POSTURES) * n for stage, n in points.items()}


def lines(found: Sensitivity) -> Iterator[str]:
    """The shares of groups and the most influential factors of each quantity, and replicate noise in a single run."""
    for (scope, measure), shares in found.noise.items():
        both = (list(rows_above_floor(each, scope, measure)) for each in (found.groups, found.singles))
        groups, top = (
            ", ".join(f"{index.parameter} {index.total:.2f}" for index in each[:_TOP]) or "none above replicate noise"
            for each in both
        )
        noise = f"replicate noise {100 * shares.noise:.0f}% of a run"
        yield f"{measure}, {scope.replace('_', ' ')}: {noise}; total index of groups: {groups}; of factors: {top}"


STUDY = Study(
    "sensitivity",
    SensitivitySizes,
    prepare,
    FORMS,
    tables,
    lines,
    lambda found: {"sobol_parameters": list(found.kept), "left_out": found.left_out},
    counted,
)
