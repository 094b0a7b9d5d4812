"""The tables of scenario discovery."""

from __future__ import annotations

from experiments.studies.discovery.comparing import Question
from experiments.studies.discovery.questions import Discovery
from experiments.studies.forms import FilledForm, cells, fill, forms

FORMS = forms(
    """
answers: by how much, and in how many states, other is worse. One row a question.
base            | | posture and response
other           | | what is compared with it
measure         | | in which measure
unit            | | unit of the measure
mean            | of the measure | other − base, mean over the states
low             | of the measure | 95% t interval over states
high            | of the measure | 95% t interval over states
range_low       | of the measure | where nine states of ten lie, without replicate noise; blank: states not told apart
range_high      | of the measure | where nine states of ten lie, without replicate noise; blank: states not told apart
better          | 1 | share of the states in which other is strictly better, without replicate noise
better_low      | 1 | 95% interval of better over states, by bootstrap
better_high     | 1 | 95% interval of better over states, by bootstrap
equal           | 1 | share of the states in which it is equal
worse           | 1 | share of the states in which it is strictly worse, without replicate noise
worse_low       | 1 | 95% interval of worse over states, by bootstrap
worse_high      | 1 | 95% interval of worse over states, by bootstrap
noise           | 1 | share of the variance of states' means that is replicate noise
states          | 1 | number of states, fresh ones too; those with 0 / 0 left out; weighed: their worth
boxes           | 1 | boxes that the searches found
held            | 1 | those that hold on fresh states

regions: where other is worse on average over replicates. One row a box whose lift on fresh states is clearly above 1.
base           | | posture and response
other          | | what is compared with it
measure        | | in which measure
unit           | | unit of the measure
method         | | PRIM, or CART (the fullest leaf of the tree)
region         | | the box; encounter=in: that rival is in
density        | 1 | share of the box's states in which other is worse, where the box was found
coverage       | 1 | share of the states in which other is worse that lie in the box, there
found_mass     | 1 | share of all states in the box, there
mass           | 1 | share of the prior in the box
fresh_share    | 1 | share of all fresh states in which other is worse
fresh_density  | 1 | share of the box's fresh states in which other is worse
fresh_low      | 1 | 95% Wilson interval of fresh_density
fresh_high     | 1 | 95% Wilson interval of fresh_density
fresh_coverage | 1 | share of the fresh states in which other is worse that lie in the box
lift           | 1 | fresh_coverage / mass: how many times more often other is worse in the box than everywhere
lift_low       | 1 | 95% interval of lift
lift_high      | 1 | 95% interval of lift
chance         | 1 | chance of so much if the box had found nothing, for as many boxes as were tried (Holm)

robustness: regret and satisficing. One row a pair and measure.
pair        | | posture and response
measure     | | the measure of regret
unit        | | unit of the measure
regret_mean | of the measure | loss against the best pair of each state (found on other replicates), mean over states
regret_p90  | of the measure | 90th percentile, its spread without replicate noise
regret_most | of the measure | largest, with the same spread: the largest of many states is partly luck
best        | 1 | share of the states in which the pair's mean is the best (ties shared)
satisficing      | 1 | share of the states in which the pair's means meet every limit of the study
satisficing_low  | 1 | 95% Wilson interval of satisficing
satisficing_high | 1 | 95% Wilson interval of satisficing
""",
)


def tables(found: Discovery) -> dict[str, FilledForm]:
    """All of them, filled."""
    rows = {
        "answers": [[*cells(each, units=True), *counts(found, each.question)] for each in found.answers],
        "regions": [[*cells(region, units=True)] for region in found.regions],
        "robustness": [
            [*cells(regret, units=True), *cells(found.satisficing[regret.pair])] for regret in found.regrets
        ],
    }
    return fill(FORMS, rows)


def counts(found: Discovery, question: Question) -> tuple[int, int]:
    """How many boxes were found for a question, and how many hold."""
    tried = [region for region in found.tried if region.question == question]
    return len(tried), sum(region.held for region in tried)
