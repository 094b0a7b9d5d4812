"""Results folders as typed tables, and what an analyst does with them."""

from experiments.analysis.alignment import Pairs, paired, with_points
from experiments.analysis.comparisons import comparison_of, differences, rank_stability
from experiments.analysis.intervals import bootstrap, quantiles, rate, share
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
