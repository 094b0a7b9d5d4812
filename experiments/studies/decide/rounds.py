"""All policies in rounds: more states each time, for fewer policies. Dropped is only what is clearly beaten.

A policy is clearly beaten if another one, no evacuation and not over a limit, is better in the deciding objective by
more than matters, clearly so; is not worse by more than matters in any other; and is no worse in the deciding one where
a rival structure is in, nor where it is out: a policy that is good in one structure alone stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from experiments.runs.design import Point
from experiments.studies.decide.policies import Policy
from experiments.studies.decide.scores import BY_ORDER, Scored, score
from experiments.studies.fronts import undominated
from experiments.studies.regret import Mask
from experiments.studies.runner import StudyRunner
from experiments.studies.settings import DecideSizes
from experiments.studies.structures.rivals import Rivals
from sim.statistics import Values

CLEAR_Z = 3.5
"""Standard errors of a mean over many states: hundreds of policies are compared, in several objectives."""
LEAST_STATES = 6
"""A structure that is in or out in fewer states says nothing."""
STAGE = "all sets"


@dataclass(frozen=True)
class Round:
    """One round: how many states and policies, and how many of these were dropped for what."""

    states: int
    policies: int
    evacuations: int
    over: int
    beaten: int
    left: int


def in_rounds(
    runner: StudyRunner, sizes: DecideSizes, rivals: Rivals, states: Sequence[Point], policies: Sequence[Policy]
) -> tuple[list[Round], Scored, Scored]:
    """The rounds; the evacuations of the first of them, with the base; what is left, scored in the last."""
    left, rounds, apart = list(policies), list[Round](), None
    for n in sizes.rounds:
        scored = score(runner, STAGE, sizes, states[:n], left, sizes.replicates)
        if apart is None:
            gone = np.flatnonzero(clearly_gone(scored)).tolist()
            alone = [n for n in gone if scored.evacuates[n] != BY_ORDER or len(scored.policies[n].responses) == 1]
            apart = scored.only([scored.base, *alone])
        keep, counts = kept(scored, rivals)
        rounds.append(Round(len(scored.states), len(left), *counts, int(keep.sum())))
        scored = scored.only(np.flatnonzero(keep).tolist())
        left = scored.policies
    assert apart is not None
    return rounds, apart, scored


def kept(scored: Scored, rivals: Rivals) -> tuple[Mask, tuple[int, int, int]]:
    """Which policies go on; how many were evacuations, clearly over a limit, clearly beaten. The bare postures stay."""
    bare = np.array([not policy.responses for policy in scored.policies])
    gone = clearly_gone(scored) & ~bare
    over = clearly_over(scored) & ~gone & ~bare
    beaten = clearly_beaten(scored, scored.stays & ~over, rivals) & ~gone & ~over & ~bare
    return ~(gone | over | beaten), (int(gone.sum()), int(over.sum()), int(beaten.sum()))


def clearly_gone(scored: Scored) -> Mask:
    """Which policies are evacuations: by order, or because the mission clearly ends in too many runs."""
    beyond = scored.ended.mean(axis=2) - scored.sizes.ended_at_most
    ordered = np.array([why == BY_ORDER for why in scored.evacuates])
    return np.asarray(ordered | (beyond.mean(axis=0) > half_width(beyond)))


def clearly_over(scored: Scored) -> Mask:
    """Which policies clearly miss a constraint."""
    over = np.zeros(len(scored.policies), bool)
    for constraint in scored.sizes.constraints:
        missed = scored.slack(constraint)
        over |= missed.mean(axis=0) > half_width(missed)
    return over


def clearly_beaten(scored: Scored, able: Mask, rivals: Rivals) -> Mask:
    """Which policies one of the `able` clearly beats."""
    means = scored.state_means
    names, matters = list(scored.losses), np.array([each.matters for each in scored.sizes.objectives])
    one = names.index(scored.sizes.decides)
    parts = structure_parts(scored.states, rivals)
    beaten = np.zeros(means.shape[1], bool)
    for k in _strong(means, able, matters):
        change = means[:, [k]] - means
        middle, wide = change.mean(axis=0), half_width(change[:, :, one])
        clear = (middle <= matters).all(axis=1) & (middle[:, one] + wide < -matters[one])
        for rows in parts:
            clear &= change[rows][:, :, one].mean(axis=0) <= 0
        beaten |= clear
    return beaten


def _strong(means: Values, able: Mask, matters: Values) -> list[int]:
    """Policies that may beat others: the front of the able ones, in steps of what matters."""
    rows = np.flatnonzero(able)
    steps = np.floor(means.mean(axis=0)[rows] / matters)
    return rows[undominated(steps)].tolist()


def half_width(table: Values) -> Values:
    """How far from 0 the mean over the first axis, that of states, must be to be clear (Student's t)."""
    wide = scipy.stats.t.isf(scipy.stats.norm.sf(CLEAR_Z), len(table) - 1)
    return np.asarray(wide * table.std(axis=0, ddof=1) / np.sqrt(len(table)))


# --- structures ------------------------------------------------------------------------------------------------
def structure_parts(states: Sequence[Point], rivals: Rivals) -> list[Mask]:
    """The states in which each rival is in, and those in which it is out, where there are enough of both."""
    table = rivals.included(states)
    both = [column for column in table.T if min(column.sum(), (~column).sum()) >= LEAST_STATES]
    return [rows for column in both for rows in (column, ~column)]
