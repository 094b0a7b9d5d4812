"""What is reported of what happened: a model of the report, for each kind of target.

The last days of a report may be missing: how many is drawn evenly from 0 to `cut_days`, one cut for all targets of a
run, since all come from one time. Then, with `c` the target's tolerance (E4):

- a count y is reported as y·f, rounded to whole attacks; f is lognormal, its logarithm has standard deviation c. Half
  of that variance belongs to the source as a whole, half to the figure (judgement): a source that counts too many does
  so in each of its quarters, but not alike. Nothing that happened is reported as nothing;
- so many among n (`among`) is binomial, with the run's own share (y + ½)/(Y + 1): which of the attacks were dated, or
  had their rounds told, is chance. Months of a quarter, one after the other, are so the multinomial given its total;
- a ratio is reported with the factor f;
- of at_least or at_most the report tells that much and no more: a value beyond the bound is the bound. With chance
  1 − `trust` the same is said whatever happened.

`simulate_reports` draws reports, `log_density` says how likely a report is given what happened; the two are one law.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from experiments.studies.targets import Counted, Target
from sim.statistics import Values

SHARED = 0.5
"""Share of the variance of a source's error that its figures have in common (judgement)."""
_LEAST_SHARE = 1e-3  # of what was reported: nearer to nothing a ratio counts as this
_NODES = 7  # of the quadrature over the error of a source


@dataclass(frozen=True)
class Happened:
    """What happened in runs by one target: above and below the line (runs each)."""

    target: Target
    top: Values
    below: Values | None

    @property
    def value(self) -> Values:
        """Count or ratio; of nothing over nothing NaN."""
        if self.below is None:
            return self.top
        return np.divide(self.top, self.below, out=np.full_like(self.top, np.nan), where=self.below > 0)

    @property
    def share(self) -> Values:
        """(y + ½)/(Y + 1): of nothing among nothing, a half."""
        assert self.below is not None
        return np.asarray((self.top + 0.5) / (self.below + 1.0))


def source_of(target: Target) -> str:
    """The first source that a target names."""
    return target.source.replace(":", ",").replace(";", ",").partition(",")[0].strip()


def happened(target: Target, runs: Counted, cut: int) -> Happened:
    """By a report that lacks the last days, as far as the target's may."""
    return Happened(target, *target.parts(runs, min(cut, target.cut_days)))


# --- reports drawn ---------------------------------------------------------------------------------------
def simulate_reports(targets: Sequence[Target], runs: Counted, n: int, seed: int) -> Values:
    """A report of each target for each of `n` runs (runs × targets)."""
    rng = np.random.default_rng([seed, 1])
    late = rng.random(n)
    common = {source: rng.standard_normal(n) for source in dict.fromkeys(map(source_of, targets))}
    return np.stack([_drawn(target, runs, late, common[source_of(target)], rng) for target in targets], axis=-1)


def _drawn(target: Target, runs: Counted, late: Values, common: Values, rng: np.random.Generator) -> Values:
    """Reports of one target; `late` (0 to 1) says how many of the days that may be missing are."""
    cuts = np.floor(late * (target.cut_days + 1)).astype(np.int64)
    each = [_reported(happened(target, runs, cut), common, rng) for cut in range(target.cut_days + 1)]
    return np.asarray(np.choose(cuts, each) if len(each) <= 32 else np.stack(each)[cuts, np.arange(len(cuts))])


def _reported(seen: Happened, common: Values, rng: np.random.Generator) -> Values:
    target, own = seen.target, rng.standard_normal(len(common))
    if target.among is not None:
        return rng.binomial(target.among, seen.share).astype(np.float64)
    factor = np.exp(target.tolerance * (np.sqrt(SHARED) * common + np.sqrt(1.0 - SHARED) * own))
    value = seen.value * factor
    return _as_told(target, np.round(value) if target.per is None else value, rng)


def _as_told(target: Target, value: Values, rng: np.random.Generator) -> Values:
    """What a bound lets one know."""
    blind = rng.random(len(value)) >= target.trust
    if target.at_least is not None:
        return np.where(blind, target.at_least, np.fmin(value, target.at_least))
    if target.at_most is not None:
        return np.where(blind, target.at_most, np.fmax(value, target.at_most))
    return value


# --- how likely a report is ------------------------------------------------------------------------------
def log_density(seen: Happened, reported: float, common: float = 0.0, *, shared: bool = False) -> Values:
    """Log probability of a report (density of a ratio's logarithm) given what happened (runs).

    `shared`: given the error of the source as a whole, `common` in its standard deviations; else over all of it.
    """
    from scipy.stats import binom

    target = seen.target
    if target.among is not None:
        return np.asarray(binom.logpmf(reported, target.among, seen.share))
    spread = max(target.tolerance, 1e-6) * (np.sqrt(1.0 - SHARED) if shared else 1.0)
    middle = seen.value * (np.exp(target.tolerance * np.sqrt(SHARED) * common) if shared else 1.0)
    with np.errstate(divide="ignore"):
        chance = _chance(target, reported, middle, spread)
        told = target.trust * chance + (1.0 - target.trust if _bound(target) is not None else 0.0)
        return np.log(told)


def _bound(target: Target) -> float | None:
    return target.at_least if target.at_least is not None else target.at_most


def _chance(target: Target, reported: float, middle: Values, spread: float) -> Values:
    """Probability of a count that is told, of a bound that is kept; density of a ratio."""
    from scipy.stats import norm

    whole = 0.5 if target.per is None else 0.0
    known = np.nan_to_num(middle, nan=np.inf if target.at_least is None and target.at_most is None else 0.0)

    def below(edge: float) -> Values:
        """Chance that middle · f is below an edge."""
        with np.errstate(divide="ignore"):
            return np.asarray(norm.cdf((np.log(max(edge, 0.0)) - np.log(known)) / spread)) if edge > 0 else known * 0.0

    if target.at_least is not None:
        return 1.0 - below(target.at_least - whole)
    if target.at_most is not None:
        return below(target.at_most + whole)
    if target.per is not None:
        return np.asarray(norm.pdf((np.log(reported) - np.log(known)) / spread) / spread)
    return below(reported + 0.5) - below(reported - 0.5)


def log_likelihood(targets: Sequence[Target], runs: Counted, reports: Sequence[float]) -> Values:
    """Log probability of all reports together given each run: over cuts, and over the error of each source."""
    from scipy.special import logsumexp

    cuts = range(max(target.cut_days for target in targets) + 1)
    at = [[happened(target, runs, _cut_of(target, cut, len(cuts))) for target in targets] for cut in cuts]
    each = [_given_cut(seen, reports) for seen in at]
    return np.asarray(logsumexp(each, axis=0) - np.log(len(cuts)))


def _cut_of(target: Target, cut: int, n: int) -> int:
    """The cut of a target when that of the longest is `cut` of `n`."""
    return cut * (target.cut_days + 1) // n


def _given_cut(seen: Sequence[Happened], reports: Sequence[float]) -> Values:
    """Over the errors of the sources, by quadrature."""
    from scipy.special import logsumexp

    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    total: Values = np.zeros(1)
    for source in dict.fromkeys(source_of(each.target) for each in seen):
        own = [(s, r) for s, r in zip(seen, reports, strict=True) if source_of(s.target) == source]
        at_nodes = [sum(log_density(s, r, node, shared=True) for s, r in own) for node in nodes]
        total = total + logsumexp(at_nodes, axis=0, b=(weights / weights.sum())[:, None])
    return total


# --- on a scale for distances ----------------------------------------------------------------------------
def figures(targets: Sequence[Target]) -> Values:
    """What was reported of each target."""
    return np.array([next(v for v in (t.value, t.at_least, t.at_most) if v is not None) for t in targets])


def scaled(reports: Values, targets: Sequence[Target]) -> Values:
    """Reports (… × targets) on scales where chance and the report's error have about unit standard deviation."""
    return np.stack([_scaled(reports[..., k], target) for k, target in enumerate(targets)], axis=-1)


def _scaled(reports: Values, target: Target) -> Values:
    """Counts by `stabilised`, so many of n by the arc sine, ratios by the logarithm."""
    if target.among is not None:
        return np.asarray(2.0 * np.sqrt(target.among) * np.arcsin(np.sqrt(reports / target.among)))
    if target.per is None:
        return stabilised(reports, target.tolerance)
    least = _LEAST_SHARE * figures([target])[0]
    return np.asarray(np.log(np.fmax(np.nan_to_num(reports), least)) / max(target.tolerance, 0.01))


def stabilised(counts: Values, share: float | Values) -> Values:
    """Counts where Poisson chance and an error of a share c have unit standard deviation: (2/c)·asinh(c·√y).

    It is ∫ dy/√(y + (c·y)²), the variance-stabilising transform (Bartlett 1947); for c → 0 it is 2·√y.
    """
    c = np.maximum(share, 1e-9)  # asinh(x) = x there
    return np.asarray(2.0 / c * np.arcsinh(c * np.sqrt(counts)))


def discrepancy(points: Values, observed: Values) -> Values:
    """Root mean square difference over the last axis."""
    return np.asarray(np.sqrt(np.mean((points - observed) ** 2, axis=-1)))
