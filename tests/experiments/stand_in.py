"""A stand-in for the table of prior runs, in a tenth of a second: 12 rivals, 40 parameters, 20 counts, few of them
informative.

Two kinds of attacks by ten months. The rate, the split between kinds, a trend, and a dip in spring are parameters;
the first rival moves attacks to the second kind, the second moves the trend, the third makes counts cluster. All the
others do nothing.
"""

from __future__ import annotations

import numpy as np

from experiments.studies.inference.draws import Table, held_places

PARAMETERS, RIVALS, MONTHS = 40, 12, 10
OWN = 28  # first parameter that belongs to a rival; one each
RIVAL_OF = [-1] * OWN + list(range(RIVALS))
WORD = PARAMETERS - 1  # the last rival is a switch of two words
ERROR = 0.15


def table(n, seed):
    rng = np.random.default_rng(seed)
    included = rng.random((n, RIVALS)) < 0.5
    unit = rng.random((n, PARAMETERS))
    unit[:, OWN:] = np.where(included, unit[:, OWN:], 0.0)
    unit[:, WORD] = np.where(included[:, -1], 0.5, 0.0) + 0.5 * rng.random(n)
    words = [column == WORD for column in range(PARAMETERS)]
    return Table(unit, included, reports(unit, included, rng), held_places(included, RIVAL_OF, words))


def reports(unit, included, rng):
    """Counts, clustered, with an error of 15%, on the scale where both have unit deviation."""
    rate = means(unit, included)
    shape = np.where(included[:, 2], 2.0, 20.0)[:, None]
    counts = rng.poisson(rate * rng.gamma(shape, 1.0 / shape, rate.shape))
    seen = np.maximum(np.round(counts * (1.0 + ERROR * rng.standard_normal(rate.shape))), 0.0)
    return 2.0 / ERROR * np.arcsinh(ERROR * np.sqrt(seen))


def means(unit, included):
    month = np.linspace(-1.0, 1.0, MONTHS)
    trend = 1.5 * (unit[:, 2] - 0.5) + 1.2 * unit[:, OWN + 1]
    course = trend[:, None] * month - 1.5 * unit[:, [3]] * np.exp(-((month + 0.2) ** 2) / 0.1)
    level = np.log(4.0) + 2.0 * (unit[:, 0] - 0.5)
    share = 1.5 * (unit[:, 1] - 0.5) + 1.5 * unit[:, OWN]
    return np.exp(np.concatenate([(level - share)[:, None] + course, (level + share)[:, None] + course], axis=1))
