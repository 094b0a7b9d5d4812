"""The tables of the factorial."""

from __future__ import annotations

from experiments.studies.factorial.effects import Factorial
from experiments.studies.forms import FilledForm, cells, fill, forms

FORMS = forms(
    """
factorial: effects. One row a measure and effect.
over       | | defaults: replicates at the default values; ensemble: states of the ensemble, means over few replicates
measure    | | name of the measure
unit       | | unit of the measure
effect     | | which change, from fourteen to six: sites, batteries (number and places), people, and their products
kind       | | main effect, interaction, share (main effect with a third of the interaction of three), total
mean       | of the measure | mean
low        | of the measure | 95% t interval of the mean
high       | of the measure | 95% t interval of the mean
p05        | of the measure | 5th percentile of the replicates or states
p95        | of the measure | 95th percentile
p_negative | 1 | share of the replicates or states in which it is below 0
p_zero     | 1 | share in which it is 0
p_positive | 1 | share in which it is above 0
n          | 1 | replicates or states

batteries: one row a measure and combination of sites, people, batteries.
measure   | | name of the measure
unit      | | unit of the measure
sites     | | posture
people    | person | people in all
batteries | battery | batteries in all, placed by symbolic value
mean      | of the measure | mean over replicates
low       | of the measure | 95% t interval
high      | of the measure | 95% t interval
step_mean | of the measure | paired change from the row before (0 in the first)
step_low  | of the measure | 95% t interval
step_high | of the measure | 95% t interval
""",
)


def tables(found: Factorial) -> dict[str, FilledForm]:
    """All of them, filled."""
    over = {"defaults": found.defaults, "ensemble": found.ensemble}
    rows = {
        "factorial": [[name, *cells(term, units=True)] for name, terms in over.items() for term in terms],
        "batteries": [[*cells(rung, units=True)] for rung in found.curve],
    }
    return fill(FORMS, rows)
