"""Intervals over an ensemble hold: each state of the world has streams of its own, and studies ask for that.

A stand-in with a known truth plays the engine. It draws its noise from a stream for each replicate, as the engine does:
of its own in each state, or shared by all states. What all states share does not average out over states, so a study
that shared them (the first edition's) would be far too sure.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from experiments.studies.claims import verdicts
from experiments.studies.claims.catalogue import ClaimsCatalogue
from experiments.studies.discovery import questions
from experiments.studies.factorial import effects
from experiments.studies.priors import load_priors
from experiments.studies.runner import Outcomes
from experiments.studies.settings import ClaimsSizes, DiscoverySizes, FactorialSizes, load_sizes
from experiments.studies.weights import WeighedStates

STUDIES, STATES, REPLICATES = 1000, 60, 8
TRUTH, SPREAD, STREAM, REST = -3.0, 1.0, 3.0, 1.0
"""Effect of a policy in the mean over states; its spread over states; noise of a stream, and of a single run."""
ALLOWED = (0.927, 0.973)  # of 1,000 studies at 95%, within 3.3 standard errors


@dataclass
class StandIn:
    """A runner whose runs are drawn: policy k has k / (policies − 1) of the effect of its state and of its stream."""

    rng: np.random.Generator
    shared: bool = False
    seed: int = 1
    asked: list[bool] = field(default_factory=list)
    truth: np.ndarray | None = None

    def run(self, stage, states, policies, replicates, measures, *, streams=0, own_streams=False):
        self.asked.append(own_streams)
        own = own_streams and not self.shared
        n, p = len(states), len(policies)
        self.truth = TRUTH + SPREAD * self.rng.standard_normal(n)
        stream = STREAM * self.rng.standard_normal((n if own else 1, replicates))
        rest = REST * self.rng.standard_normal((n, p, replicates))
        part = np.linspace(0.0, 1.0, p)[None, :, None]
        values = 20.0 + part * (self.truth[:, None] + stream)[:, None, :] + rest
        return Outcomes(dict.fromkeys(measures, values))


CELLS = [{}] * 8


def states(n=STATES):
    return [{"a.b": float(k)} for k in range(n)]


def over_the_ensemble(shared, studies):
    """The total effect of the factorial in many studies: bounds of its interval (2 × studies)."""
    sizes = load_sizes(FactorialSizes, "factorial", quick=True)
    sizes = sizes.model_copy(update={"measures": ("pressure",), "draw_replicates": REPLICATES})
    stand_in, found = StandIn(np.random.default_rng(1), shared), []
    for _ in range(studies):
        terms, _ = effects.over_states(WeighedStates(states()), CELLS, sizes, stand_in)
        found.append(next((t.estimate.low, t.estimate.high) for t in terms if t.kind == "total"))
    return np.array(found).T


def covered(low, high, truth=TRUTH):
    return float(np.mean((low <= truth) & (truth <= high)))


def test_the_factorials_interval_over_states_covers_the_mean_effect():
    assert ALLOWED[0] <= covered(*over_the_ensemble(shared=False, studies=STUDIES)) <= ALLOWED[1]
    assert covered(*over_the_ensemble(shared=True, studies=200)) < 0.6


def the_claims(shared):
    """Mean effect of a test, its standard error, and the true mean over the states, in many studies."""
    rng, found = np.random.default_rng(2), []
    for _ in range(STUDIES):
        stand_in = StandIn(rng, shared)
        values = stand_in.run("", states(), [{}, {}], REPLICATES, ["pressure"], own_streams=True).values["pressure"]
        table = values[:, 1] - values[:, 0]
        found.append((table.mean(), verdicts.error_of_mean(table), stand_in.truth.mean()))
    return np.array(found).T


def test_what_replicates_leave_open_of_a_claims_mean_effect_covers_it():
    mean, error, truth = the_claims(shared=False)
    assert ALLOWED[0] <= covered(mean - 1.96 * error, mean + 1.96 * error, truth) <= ALLOWED[1]
    mean, error, truth = the_claims(shared=True)
    assert covered(mean - 1.96 * error, mean + 1.96 * error, truth) < 0.6


def test_the_reliability_of_a_claims_effects_is_the_true_one():
    stand_in = StandIn(np.random.default_rng(3))
    values = stand_in.run("", states(4000), [{}, {}], REPLICATES, ["pressure"], own_streams=True).values["pressure"]
    settled, reliability = verdicts.steadied(values[:, 1] - values[:, 0])
    noise = (STREAM**2 + 2 * REST**2) / REPLICATES
    assert reliability == pytest.approx(SPREAD**2 / (SPREAD**2 + noise), abs=0.03)
    assert settled.std(ddof=1) == pytest.approx(SPREAD, rel=0.05)


def test_studies_of_states_ask_for_streams_of_their_own_and_comparisons_at_one_point_do_not():
    sizes = load_sizes(FactorialSizes, "factorial", quick=True)
    stand_in = StandIn(np.random.default_rng(4))
    effects.factorial(WeighedStates(states()), sizes, stand_in)
    assert stand_in.asked == [False, False, True]
    stand_in, catalogue = StandIn(np.random.default_rng(5)), load_catalogue()
    verdicts.claims(catalogue, ClaimsSizes(title="", question="", draws=10, replicates=2), states(), states(), stand_in)
    assert stand_in.asked == [True, True]
    stand_in, discovery = StandIn(np.random.default_rng(6)), load_sizes(DiscoverySizes, "discovery", quick=True)
    for streams in (0, 1):
        questions.sampled(stand_in, load_priors("2020"), discovery, questions.equal_pairs(), 20, streams)
    assert stand_in.asked == [True, True]


def load_catalogue():
    """One claim: six against fourteen."""
    test = {"case": {}, "base": {"posture": "fourteen"}, "measure": "pressure", "at_most": -1.0}
    claim = {"id": "S18", "claim": "c", "kind": "emergent", "assumed": "a", "statement": "s", "tests": [test]}
    return ClaimsCatalogue.model_validate({"title": "t", "source": "s", "supported_from": 0.8, "claims": [claim]})
