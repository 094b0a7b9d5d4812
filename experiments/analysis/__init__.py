"""Results folders as typed tables, and what an analyst does with them."""

from experiments.analysis.alignment import Pairs, paired
from experiments.analysis.comparisons import comparison_of
from experiments.analysis.differences import differences
from experiments.analysis.intervals import bootstrap, quantiles, rate, share
from experiments.analysis.labels import with_points
from experiments.analysis.ranks import rank_stability
from experiments.analysis.results import Results, load

__all__ = [
    "Pairs",
    "Results",
    "bootstrap",
    "comparison_of",
    "differences",
    "load",
    "paired",
    "quantiles",
    "rank_stability",
    "rate",
    "share",
    "with_points",
]
