"""What the reports weigh of each rival structure: in or out, with the prior at one half.

Three ways, which share nothing but the table: the posterior weight of the draws where the rival is in; how often runs
with and without it come near, at several tolerances, and the Bayes factor from that; and a random forest that guesses
from the reports of a run whether the rival is in (Pudlo et al. 2016, Bioinformatics 32, 859-866). The forest's guess
is calibrated: of the runs of which it says out of bag what it says of the observation, the share that has the rival
in.

Bayes factors of ABC are those of the summaries, not of whole records (Robert et al. 2011, PNAS 108, 15112-15117):
they say what these counts can tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from experiments.studies.inference.abc import distances, nearest
from experiments.studies.inference.draws import Draws, Mask, Table
from sim.statistics import LEVEL, Values

HALF = 0.5
_ALIKE = 1000  # runs of which the forest says nearly the same
_LEAST_ALIKE = 0.02  # of all runs, no more than this share
TREES, LEAF, ROWS_A_TREE = 200, 20, 10_000


@dataclass(frozen=True)
class Share:
    """A probability with its interval."""

    p: float
    low: float
    high: float

    @property
    def open(self) -> bool:
        """Whether its interval contains one half."""
        return self.low <= HALF <= self.high


@dataclass(frozen=True)
class Acceptance:
    """At one tolerance: shares of the runs with and without the rival that come near, and the Bayes factor for it."""

    tolerance: float
    n_with: int
    n_without: int
    with_it: float
    without: float
    bayes_factor: float
    low: float
    high: float


@dataclass(frozen=True)
class Guess:
    """The forest's probability that the rival is in, and how good it is at guessing, out of bag.

    `error` and `chance` are shares of wrong guesses: the forest's, and those of the commoner answer. `log_loss` and
    `base_log_loss` likewise. `better` is whether the error is below that of chance, beyond its standard error.
    """

    share: Share
    error: float
    chance: float
    log_loss: float
    base_log_loss: float
    better: bool


@dataclass(frozen=True)
class Weighed:
    """One rival. The prior of being in is one half."""

    name: str
    inclusion: Share
    acceptance: tuple[Acceptance, ...]
    guess: Guess
    verdict: str


# --- three ways ------------------------------------------------------------------------------------------
def inclusion(draws: Draws, level: float = LEVEL) -> list[Share]:
    """Posterior weight of each rival being in; Jeffreys' interval over as many draws as the posterior is worth."""
    return [binomial(p * draws.effective_size, draws.effective_size, level) for p in draws.inclusion]


def binomial(successes: float, n: float, level: float = LEVEL) -> Share:
    """A share with Jeffreys' interval (Brown, Cai and DasGupta 2001); the numbers need not be whole."""
    from scipy.stats import beta

    tails = np.array([(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    low, high = beta.ppf(tails, successes + 0.5, n - successes + 0.5)
    return Share(successes / n if n > 0 else HALF, 0.0 if successes <= 0 else low, 1.0 if successes >= n else high)


def acceptances(
    table: Table, observed: Values, tolerances: Sequence[float], scales: Values | float = 1.0, level: float = LEVEL
) -> list[tuple[Acceptance, ...]]:
    """Of each rival, acceptance with and without it at each tolerance (root mean square difference)."""
    far = distances(table.summaries, observed, scales)
    return [tuple(_acceptance(far <= e, mask, e, level) for e in tolerances) for mask in table.included.T]


def tolerances_of(table: Table, observed: Values, nearest_runs: Sequence[int], scales: Values | float = 1.0) -> Values:
    """The tolerances at which so many runs come near."""
    return np.array([nearest(table, observed, n, scales).bandwidth for n in nearest_runs])


def _acceptance(near: Mask, inside: Mask, tolerance: float, level: float) -> Acceptance:
    """Given how many come near in all, those with the rival are binomial, and the Bayes factor is a ratio of odds."""
    n_with, n_without = int(np.sum(near & inside)), int(np.sum(near & ~inside))
    n_in, n_out = max(int(inside.sum()), 1), max(int((~inside).sum()), 1)
    share = binomial(n_with, n_with + n_without, level)
    factor, low, high = (_odds(p) * n_out / n_in for p in (share.p, share.low, share.high))
    return Acceptance(tolerance, n_with, n_without, n_with / n_in, n_without / n_out, factor, low, high)


def _odds(p: float) -> float:
    return p / (1.0 - p) if p < 1.0 else np.inf


def guesses(table: Table, observed: Values, seed: int, level: float = LEVEL) -> list[Guess]:
    """Of each rival, the forest's guess."""
    return [_guess(table.summaries, inside, observed, [seed, k], level) for k, inside in enumerate(table.included.T)]


def _guess(summaries: Values, inside: Mask, observed: Values, seed: Sequence[int], level: float) -> Guess:
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import log_loss

    forest = RandomForestClassifier(
        TREES,
        min_samples_leaf=LEAF,
        max_samples=min(ROWS_A_TREE, len(inside) // 2),
        oob_score=True,
        random_state=int(np.random.SeedSequence(seed).generate_state(1)[0]),
        n_jobs=-1,
    ).fit(summaries, inside)
    said, of_observed = forest.oob_decision_function_[:, 1], forest.predict_proba(observed[None])[0, 1]
    wrong, base = (said > HALF) != inside, inside.mean()
    chance = min(base, 1.0 - base)
    beyond = 1.645 * np.sqrt(chance * (1.0 - chance) / len(inside))
    return Guess(
        _alike(said, inside, of_observed, level),
        float(wrong.mean()),
        float(chance),
        float(log_loss(inside, said)),
        float(log_loss(inside, np.full(len(inside), base))),
        bool(wrong.mean() < chance - beyond),
    )


def _alike(said: Values, inside: Mask, of_observed: float, level: float) -> Share:
    """Of the runs of which the forest says nearly what it says of the observation, the share with the rival in."""
    n = max(2, min(_ALIKE, int(_LEAST_ALIKE * len(said))))
    rows = np.argpartition(np.abs(said - of_observed), n)[:n]
    return binomial(int(inside[rows].sum()), n, level)


# --- in words --------------------------------------------------------------------------------------------
def weigh(
    names: Sequence[str],
    table: Table,
    observed: Values,
    draws: Draws,
    tolerances: Sequence[float],
    scales: Values | float = 1.0,
    *,
    seed: int,
) -> list[Weighed]:
    """Every rival, all three ways, with a verdict."""
    near, guessed = acceptances(table, observed, tolerances, scales), guesses(table, observed, seed)
    return [
        Weighed(name, share, a, guess, verdict(share, guess))
        for name, share, a, guess in zip(names, inclusion(draws), near, guessed, strict=True)
    ]


CANNOT_TELL = "the data can't tell"
_STRENGTHS = ((20.0, "strongly favour"), (3.0, "favour"), (0.0, "lean a little to"))
"""Odds from which a word is used (Kass and Raftery 1995, JASA 90, 773-795); below 3 'not worth more than a bare
mention'.
"""


def verdict(share: Share, guess: Guess) -> str:
    """What may be said of a rival: only what posterior and forest both say, and no more than the weaker says."""
    if share.open or guess.share.open or not guess.better:
        return CANNOT_TELL
    if (share.p > HALF) != (guess.share.p > HALF):
        return f"{CANNOT_TELL}: posterior and forest point apart"
    return f"the data {_strength(share.p, guess.share.p)} {'the rival' if share.p > HALF else 'the old rule'}"


def _strength(*shares: float) -> str:
    odds = min(_odds(max(p, 1.0 - p)) for p in shares)
    return next(words for least, words in _STRENGTHS if odds >= least)
