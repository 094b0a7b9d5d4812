"""The tables of deciding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from experiments.studies.decide.decision import Decision, ObjectiveRow, Row
from experiments.studies.decide.policies import Policy
from experiments.studies.forms import FilledForm, cells, fill, forms

FORMS = forms(
    """
decide: policies. One row a policy that was scored on fresh states, and one for each evacuation of the first round.
policy      | | posture and responses, as `posture run` takes them
posture     | | posture
responses   | | responses with strength and the day on which they begin, joined by +
scored_on   | | states on which it was scored: fresh ones, or (evacuations) those of the first round
evacuation  | | why it is one: by order, or in what share of the runs the mission ends; empty if it is none
broken      | | constraints that it misses in the mean over states, joined by +
front       | 1 | 1 if no policy within the limits beats it in every criterion
chosen      | 1 | 1 if it is the robust choice
regret_mean | of the deciding objective | what it loses against the best policy of each state, mean; none of evacuations
regret_p90  | of the deciding objective | 90th percentile, its spread without replicate noise
reliability | 1 | share of the variance of its regret between states that is not replicate noise
satisficing | 1 | share of the states in which it is good enough in everything; none of evacuations
ended       | 1 | share of runs in which the mission ends
states      | 1 | states on which it was scored

decide_scores: objectives on fresh states, beside what they were at selection. One row a policy and objective.
policy       | | posture and responses
objective    | | objective of the study
unit         | | its unit
at_selection | of the objective | mean over the states on which policies were looked for
fresh_mean   | of the objective | mean over fresh states
fresh_low    | of the objective | 95% t interval over states
fresh_high   | of the objective | 95% t interval over states
checked_mean | of the objective | on states on which nothing was chosen: base, choice, best at selection
checked_low  | of the objective | 95% t interval over states
checked_high | of the objective | 95% t interval over states
mean         | of the objective | policy − base, on fresh states
low          | of the objective | 95% t interval over states
high         | of the objective | 95% t interval over states

decide_structures: the choice where a rival structure is in, and where it is out. One row each.
structure | | rival
where     | | in, or out (at its old value)
states    | 1 | fresh states
pick      | | the policy that would be chosen there; empty: too few states, or none keeps within the limits
mean      | of the deciding objective | loss of the pick less that of the overall choice, mean over these states
low       | of the deciding objective | 95% t interval over states
high      | of the deciding objective | 95% t interval over states
turns     | 1 | 1 if the pick is clearly better, corrected for all structures and policies tried
turns_at  | 1 | chance of this structure from which the pick is better in the mean; empty: it never is

decide_rounds: how policies were dropped. One row a round of all sets, then one a generation of the search.
stage        | | all sets, or search
number       | 1 | number of the round or generation
states       | 1 | states in it
policies     | 1 | policies in it; of a generation those that were new
evacuations  | 1 | dropped as evacuations
over         | 1 | dropped because a limit is clearly missed
beaten       | 1 | dropped because another is clearly better
refused      | 1 | places of the search that are refused
left         | 1 | policies that went on
least_regret | of the deciding objective | least 90th percentile of regret so far, against the best of a dozen

decide_objectives: what is judged, and what it is made of. One row a part of an objective.
objective | | name
unit      | | its unit
goal      | | least or most
matters   | of the objective | a smaller difference counts as none
part      | | measure of a run that it is made of
each      | of the objective | what one of it counts
per_day   | 1 | 1 if that is for each day of the run
source    | | where the number is from

decide_refused: sets of responses that no policy has.
first  | | response
second | | response
why    | | why they are not given together
sets   | 1 | sets that have both
""",
)


def tables(found: Decision) -> dict[str, FilledForm]:
    """Those that have rows: a choice that hangs on nothing, or nothing refused, leaves no file."""
    rows = {
        "decide": [_row(row) for row in found.rows],
        "decide_scores": [_scores(row) for row in found.scores],
        "decide_structures": [[*cells(each)] for each in found.structures],
        "decide_rounds": list(_rounds(found)),
        "decide_objectives": [
            [each.name, each.unit, each.goal, each.matters, p.measure, p.each, int(p.per_day), p.source]
            for each in found.sizes.objectives
            for p in each.parts
        ],
        "decide_refused": [[*cells(each)] for each in found.refused],
    }
    return fill(FORMS, {name: each for name, each in rows.items() if each})


def _row(row: Row) -> list[Any]:
    return [row.policy.name, *_who(row.policy), *list(cells(row))[2:]]


def _who(policy: Policy) -> tuple[str, str]:
    return policy.posture, str(policy.point["responses"])


def _scores(row: ObjectiveRow) -> list[Any]:
    return [row.policy.name, *list(cells(row))[2:]]


def _rounds(found: Decision) -> Iterator[list[Any]]:
    for n, each in enumerate(found.rounds):
        yield ["all sets", n, each.states, each.policies, each.evacuations, each.over, each.beaten, 0, each.left, None]
    for generation in found.generations:
        left = [generation.tried, 0, 0, 0, generation.refused, generation.tried]
        yield ["search", generation.generation, found.sizes.rounds[-1], *left, generation.least_regret]
