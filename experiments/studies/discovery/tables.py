"""The tables of scenario discovery."""

from __future__ import annotations

from experiments.studies.discovery.questions import Discovery
from experiments.studies.forms import FilledForm, cells, fill, forms

FORMS = forms(
    """
answers: how often an answer flips. One row a question.
base            | | posture and response
other           | | what is compared with it
measure         | | in which measure
unit            | | unit of the measure
worse           | 1 | share of the states in which other is worse than base on average
fresh_worse     | 1 | the same in the fresh states
surely_worse    | 1 | share in which it is worse by more than two standard errors
surely_better   | 1 | share in which it is better by as much
mean_difference | of the measure | other − base, mean over the states
states          | 1 | number of states of the world

regions: where other is worse. One row a question and method.
base           | | posture and response
other          | | what is compared with it
measure        | | in which measure
unit           | | unit of the measure
method         | | PRIM, or CART (the fullest leaf of the tree)
region         | | the box
density        | 1 | share of the box's states in which other is worse
coverage       | 1 | share of the states in which other is worse that lie in the box
mass           | 1 | share of all states in the box
fresh_density  | 1 | the same on fresh states, with fresh streams
fresh_coverage | 1 | the same on fresh states
fresh_mass     | 1 | the same on fresh states

robustness: regret and satisficing. One row a pair and measure.
pair        | | posture and response
measure     | | the measure of regret
unit        | | unit of the measure
regret_mean | of the measure | distance from the best pair of each state, mean over the states
regret_p90  | of the measure | 90th percentile
regret_most | of the measure | largest
best        | 1 | share of the states in which the pair is the best (ties shared)
satisficing | 1 | share of the states in which the pair meets every limit of the study
""",
)


def tables(found: Discovery) -> dict[str, FilledForm]:
    """All of them, filled."""
    rows = {
        "answers": [[*cells(answer, units=True)] for answer in found.answers],
        "regions": [[*cells(region, units=True)] for region in found.regions],
        "robustness": [[*cells(regret, units=True), found.satisficing[regret.pair]] for regret in found.regrets],
    }
    return fill(FORMS, rows)
