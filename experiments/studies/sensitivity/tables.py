"""The tables of the sensitivity study."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from experiments.studies.forms import FilledForm, cells, fill, forms, unit_of
from experiments.studies.sensitivity.stages import Key, Sensitivity

_QUANTITY = """
scope    | | fourteen, six, or the paired difference six − fourteen
measure  | | name of the measure
unit     | | unit of the measure
"""
FORMS = forms(
    """
tornado: one factor at a time. One row a scope, measure and factor.
parameter | | the one that moves, the others in the middle; structure.… a rival: out at its low end, in at its high one
low_mean  | of the measure | at its 5% quantile, less the middle: paired mean
low_low   | of the measure | 95% t interval
low_high  | of the measure | 95% t interval
high_mean | of the measure | at its 95% quantile, less the middle: paired mean
high_low  | of the measure | 95% t interval
high_high | of the measure | 95% t interval

screening: Morris screening. One row a scope, measure and parameter.
parameter          | | the parameter; streams (dummy): nothing moves, but replicates get other streams
mu                 | of the measure | mean elementary effect, over the width 5% to 95% of the prior
mu_star            | of the measure | mean of its absolute values
mu_star_half_width | of the measure | half-width of its 95% bootstrap interval
sigma              | of the measure | standard deviation of the effects: interaction, curvature, replicate noise
above_noise        | 1 | 1 if the interval of mu_star lies above that of the dummy

sobol_groups: grouped Sobol indices, over the whole of the priors. One row a scope, measure and group.
parameter        | | structure (rivals, in or out), behaviour, defence, politics, supply; streams (dummy)
first            | 1 | first-order index: the group's factors and what they do with each other
first_half_width | 1 | half-width of its 95% bootstrap interval
total            | 1 | total index: with all that they do with other groups
total_half_width | 1 | half-width of its 95% bootstrap interval
above_noise      | 1 | 1 if the interval of the total index lies above that of the dummy

sobol_group_pairs: interactions of groups. One row a scope, measure and pair of groups.
parameter         | | one group
other             | | another
second            | 1 | second-order index: variance from the two together beyond their own parts
second_half_width | 1 | half-width of its 95% bootstrap interval

sobol: Sobol indices. One row a scope, measure and parameter.
parameter        | | the parameter; streams (dummy): replicates get other streams
first            | 1 | first-order index, of the variance of the mean over replicates
first_half_width | 1 | half-width of its 95% bootstrap interval
total            | 1 | total index
total_half_width | 1 | half-width of its 95% bootstrap interval
above_noise      | 1 | 1 if the interval of the total index lies above that of the dummy

sobol_pairs: interactions. One row a scope, measure and pair of parameters.
parameter         | | one parameter
other             | | another
second            | 1 | second-order index: variance from the two together beyond their own parts
second_half_width | 1 | half-width of its 95% bootstrap interval

replicate_noise: factors and replicate noise, over the whole of the priors. One row a scope and measure.
parameters | 1 | share of the variance of a single run that all factors explain
shared     | 1 | share of replicate noise that all points share: cancels in pairs
own        | 1 | share of replicate noise that meets each point in its own way
""",
    shared=_QUANTITY,
)


def tables(found: Sensitivity) -> dict[str, FilledForm]:
    """All of them, filled."""
    by_quantity: dict[str, Mapping[Key, Iterable[Any]]] = {
        "screening": found.effects,
        "sobol_groups": found.groups,
        "sobol_group_pairs": found.group_pairs,
        "sobol": found.singles,
        "sobol_pairs": found.pairs,
        "replicate_noise": {key: [shares] for key, shares in found.noise.items()},
    }
    rows = {
        name: [[*key, unit_of(key[1]), *cells(record)] for key, records in quantities.items() for record in records]
        for name, quantities in by_quantity.items()
    }
    return fill(FORMS, {"tornado": [[*cells(swing, units=True)] for swing in found.swings], **rows})
