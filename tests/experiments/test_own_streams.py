"""Intervals over an ensemble hold: each state of the world has streams of its own, and studies ask for that.

A stand-in with a known truth plays the engine. It draws its noise from a stream for each replicate, as the engine does:
of its own in each state, or shared by all states. What all states share does not average out over states, so a study
that shared them (the first edition's) would be far too sure.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from experiments.runs.comparison import tabulate
from experiments.studies.claims import shares, verdicts
from experiments.studies.claims.catalogue import Case, Check, ClaimsCatalogue
from experiments.studies.claims.tried import Tried
from experiments.studies.discovery import comparing, questions, regions
from experiments.studies.discovery.boxes import Limits, as_table
from experiments.studies.discovery.comparing import Question
from experiments.studies.discovery.regions import Cases
from experiments.studies.discovery.worlds import Worlds, worlds
from experiments.studies.factorial import effects
from experiments.studies.priors import load_priors
from experiments.studies.runner import Kept, Outcomes, keep_whole
from experiments.studies.settings import ClaimsSizes, DiscoverySizes, FactorialSizes, load_sizes
from experiments.studies.structures import answers
from experiments.studies.structures.rivals import load_rivals
from experiments.studies.weights import WeighedStates
from sim.measures import BY_NAME, MEASURES

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
    effect: float = TRUTH

    def run(self, stage, states, policies, replicates, measures, *, streams=0, own_streams=False, counted=None):
        self.asked.append(own_streams)
        own = own_streams and not self.shared
        n, p = len(states), len(policies)
        self.truth = self.effect + SPREAD * self.rng.standard_normal(n)
        stream = STREAM * self.rng.standard_normal((n if own else 1, replicates))
        rest = REST * self.rng.standard_normal((n, p, replicates))
        part = np.linspace(0.0, 1.0, p)[None, :, None]
        values = 20.0 + part * (self.truth[:, None] + stream)[:, None, :] + rest
        return Outcomes(dict.fromkeys(measures, values))


CELLS = [{}] * 8
CASE, PAIR = Case(responses="surge"), ("fourteen", "six")
PRESSURE = list(BY_NAME).index("pressure")


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


def the_claims(shared, studies):
    """Intervals of a test in many studies: its mean effect, the share of the states in which it holds (4 × studies).

    The size that matters is one spread beyond the mean, so that the test holds in 16% of all states.
    """
    rng, found = np.random.default_rng(2), []
    bound = Check(case=CASE, base=Case(), measure="pressure", at_most=TRUTH - SPREAD)
    for _ in range(studies):
        stand_in = StandIn(rng, shared)
        values = stand_in.run("", states(), [{}, {}], REPLICATES, ["pressure"], own_streams=True).values
        test = verdicts.tested(bound, Tried(Kept(states(), (Case(), CASE), values, 0)), 0.8)
        found.append((test.effect.low, test.effect.high, test.holds.low, test.holds.high))
    return np.array(found).T


def test_the_intervals_of_a_claim_cover_the_mean_effect_and_the_share_of_states_in_which_it_holds():
    share = norm.cdf(-1.0)
    low, high, share_low, share_high = the_claims(shared=False, studies=STUDIES)
    assert ALLOWED[0] <= covered(low, high) <= ALLOWED[1]
    assert ALLOWED[0] <= covered(share_low, share_high, share) <= ALLOWED[1]
    low, high, share_low, share_high = the_claims(shared=True, studies=200)
    assert covered(low, high) < 0.6
    assert covered(share_low, share_high, share) < 0.6


# --- comparisons --------------------------------------------------------------------------------------
def compared(shared, studies):
    """The difference of a measure between two scenarios in many comparisons: bounds of its interval (2 × studies).

    A comparison has no states: its pairs are what must not share streams, here eight of sixty if they do.
    """
    stand_in, found = StandIn(np.random.default_rng(7)), []
    for _ in range(studies):
        values = stand_in.run("", [{}], [{}, {}], STATES, ["pressure"]).values["pressure"][0]
        pairs = np.arange(STATES) % REPLICATES if shared else np.arange(STATES)
        tables = {name: np.full((STATES, len(MEASURES)), np.nan) for name in ("fourteen", "six")}
        for name, row in zip(tables, values - np.array([[0.0], [stand_in.truth[0] - TRUTH]]), strict=True):
            tables[name][:, PRESSURE] = row[pairs]
        difference = tabulate(tables).pair("six", "pressure").difference
        found.append((difference.low, difference.high))
    return np.array(found).T


def test_the_interval_of_a_comparison_covers_the_true_difference():
    assert ALLOWED[0] <= covered(*compared(shared=False, studies=STUDIES)) <= ALLOWED[1]
    assert covered(*compared(shared=True, studies=200)) < 0.6


def over_structures(shared, studies):
    """The same over states of the world, as the structures compare postures."""
    stand_in, found = StandIn(np.random.default_rng(8), shared), []
    for _ in range(studies):
        values = stand_in.run("", states(), [{}, {}], REPLICATES, ["pressure"], own_streams=True).values
        (answer,) = answers.answers_of("prior", PAIR, Kept(states(), PAIR, values, 0), ["pressure"])
        found.append((answer.difference.low, answer.difference.high))
    return np.array(found).T


def test_the_interval_of_a_comparison_over_states_covers_the_mean_difference():
    assert ALLOWED[0] <= covered(*over_structures(shared=False, studies=STUDIES)) <= ALLOWED[1]
    assert covered(*over_structures(shared=True, studies=200)) < 0.6


def test_the_reliability_of_a_claims_effects_is_the_true_one():
    stand_in = StandIn(np.random.default_rng(3))
    values = stand_in.run("", states(4000), [{}, {}], REPLICATES, ["pressure"], own_streams=True).values["pressure"]
    weights = np.ones((1, 4000))
    found = shares.moments(values[:, 1] - values[:, 0], weights)
    settled, reliability = found.settled[0], float(found.reliability[0, 0])
    noise = (STREAM**2 + 2 * REST**2) / REPLICATES
    assert reliability == pytest.approx(SPREAD**2 / (SPREAD**2 + noise), abs=0.03)
    assert settled.std(ddof=1) == pytest.approx(SPREAD, rel=0.05)


ANSWERED = Question("equal_fourteen", "equal_six", "pressure")  # lower is better


def discovered(shared, studies, effect, resamples=299):
    """Discovery's answers in many studies of two samples of states each, as the study makes them from its runs."""
    rng, found = np.random.default_rng(7), []
    for _ in range(studies):
        kept = []
        for _ in range(2):
            outcomes = StandIn(rng, shared, effect=effect).run(
                "", states(), [{}] * 2, REPLICATES, ["pressure"], own_streams=True
            )
            kept.append(keep_whole(outcomes, states(), "", ["equal_fourteen", "equal_six"]))
        found.append(comparing.answer(ANSWERED, *kept, resamples=resamples))
    return found


def bounds_of(intervals):
    return np.array([(each.low, each.high) for each in intervals]).T


def test_discoverys_intervals_of_a_mean_and_of_shares_of_states_cover_the_truth():
    """A truth of which luck would make another: the effect is worse in 16% of the states, its estimate in 26%."""
    effect = -1.0
    found, truth = discovered(False, STUDIES, effect), float(norm.cdf(effect / SPREAD))
    assert ALLOWED[0] <= covered(*bounds_of([each.mean for each in found]), effect) <= ALLOWED[1]
    assert ALLOWED[0] <= covered(*bounds_of([each.worse for each in found]), truth) <= ALLOWED[1]
    assert ALLOWED[0] <= covered(*bounds_of([each.better for each in found]), 1 - truth) <= ALLOWED[1]
    shared = discovered(True, 200, effect, resamples=9)
    assert covered(*bounds_of([each.mean for each in shared]), effect) < 0.6


def test_what_fresh_states_say_of_a_box_covers_its_density_and_its_lift():
    """A box of a quarter of the prior in which the answer flips in 60% of the states, and elsewhere in 20%."""
    rng, box, found = np.random.default_rng(8), Limits({"a": (-np.inf, 0.25)}), []
    blank, table = regions.Fit(0.0, 0.0, 0.0), as_table(pd.DataFrame({"a": (np.arange(4000) + 0.5) / 4000}))
    prior = Worlds(load_priors("2020"), table.to_numpy(), table)
    for _ in range(STUDIES):
        table = pd.DataFrame({"a": rng.random(300)})
        interest = rng.random(300) < np.where(box.inside(table), 0.6, 0.2)
        new = regions.Region(ANSWERED, "PRIM", "", blank, *regions._NOT_YET)
        found.append(regions.tested(new, box, Cases(table, interest), prior))
    assert ALLOWED[0] <= covered(*bounds_of([each.density for each in found]), 0.6) <= ALLOWED[1]
    assert ALLOWED[0] <= covered(*bounds_of([each.lift for each in found]), 0.6 / 0.3) <= ALLOWED[1]
    assert np.mean([each.held for each in found]) > 0.98


def test_studies_of_states_ask_for_streams_of_their_own_and_comparisons_at_one_point_do_not():
    sizes = load_sizes(FactorialSizes, "factorial", quick=True)
    stand_in = StandIn(np.random.default_rng(4))
    effects.factorial(WeighedStates(states()), sizes, stand_in)
    assert stand_in.asked == [False, False, True]
    stand_in, catalogue = StandIn(np.random.default_rng(5)), load_catalogue()
    sizes = ClaimsSizes(title="", question="", draws=10, replicates=2)
    verdicts.claims(catalogue, sizes, *[WeighedStates(states())] * 2, load_rivals(), stand_in)
    assert stand_in.asked == [True, True]
    stand_in, discovery = StandIn(np.random.default_rng(6)), load_sizes(DiscoverySizes, "discovery", quick=True)
    prior = worlds(load_priors("2020"), load_rivals(), 1, 40)
    for streams in (0, 1):
        questions.sampled(stand_in, prior.part(20 * streams, 20), discovery, questions.equal_pairs(), streams)
    assert stand_in.asked == [True, True]


def load_catalogue():
    """One claim: six against fourteen."""
    test = {"case": {}, "base": {"posture": "fourteen"}, "measure": "pressure", "at_most": -1.0}
    claim = {"id": "S18", "claim": "c", "kind": "emergent", "assumed": "a", "statement": "s", "tests": [test]}
    return ClaimsCatalogue.model_validate({"title": "t", "source": "s", "supported_from": 0.8, "claims": [claim]})
