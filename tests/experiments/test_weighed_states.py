"""Claims and discovery over states that are weighed anew: a subset, halves, copies, and what intervals cover."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from experiments.runs.nested import of_replicates, quantiles
from experiments.runs.shares import share_of
from experiments.studies.claims import verdicts
from experiments.studies.claims.catalogue import Case, Check, Claim, load_claims
from experiments.studies.claims.tried import Tried
from experiments.studies.discovery import boxes, comparing, questions, regions, robustness
from experiments.studies.discovery.boxes import Limits
from experiments.studies.discovery.comparing import Question, weights_of
from experiments.studies.discovery.questions import Sample
from experiments.studies.priors import load_priors
from experiments.studies.runner import Outcomes, keep_whole
from experiments.studies.settings import DiscoverySizes, load_sizes
from experiments.studies.structures.rivals import load_rivals
from experiments.studies.weights import weighed
from tests.experiments.sizes import sizes_file, weighed_anew

BASE, CASE = Case(), Case(responses="surge")
EDGE, ALLOWED = 0.8, (0.927, 0.973)  # of 1,000 studies at 95%, within 3.3 standard errors
RIVAL = "encounter=tip_off"


# --- claims ------------------------------------------------------------------------------------------------------
def some_states(n, rng):
    """States in half of which bombs are laid on a tip-off; the rest of what they say has nothing to do with it."""
    inside = rng.random(n) < 0.5
    places = 0.1 + 0.9 * rng.random(n)
    return [
        {"roadside.tip_off": float(v) if is_in else 0.0, "a": float(k)}
        for k, (is_in, v) in enumerate(zip(inside, places, strict=True))
    ], inside


def of_pressure(effects, rng, noise):
    """Runs of the base (100), and of the case with its effect, of eight replicates."""
    base = 100.0 + np.zeros((len(effects), 8))
    return Outcomes(
        {"pressure": np.stack([base, base + effects[:, None] + noise * rng.standard_normal(base.shape)], axis=1)}
    )


def tried_with(states, outcomes, weights):
    return Tried(keep_whole(outcomes, states, "", (BASE, CASE), weights))


def find(tried, size=-10.0):
    test = Check(case=CASE, base=BASE, measure="pressure", at_most=size)
    words = {"id": "S16", "claim": "c", "assumed": "a", "statement": "s", "kind": "emergent"}
    return verdicts.find(Claim(**words, tests=(test,), also=("pressure",)), load_claims(), tried, tried, load_rivals())


def planted(noise):
    """An effect of −20 ± 5 in the states in which the rival is in, and next to none in the others."""
    rng = np.random.default_rng(1)
    states, inside = some_states(120, rng)
    effects = np.where(inside, -20.0, -1.0) + 5.0 * rng.standard_normal(120) * inside
    return states, inside, of_pressure(effects, rng, noise)


@pytest.mark.parametrize("chance", [1, 0])
def test_a_claim_over_states_of_which_one_side_alone_counts_is_the_claim_over_that_side(chance):
    states, inside, outcomes = planted(10.0)
    found = find(tried_with(states, outcomes, weighed(states, f"{RIVAL}:{chance}").weights))
    side = inside == chance
    part = Outcomes({"pressure": outcomes.values["pressure"][side]})
    alone = find(tried_with([s for s, is_in in zip(states, side, strict=True) if is_in], part, None))
    assert repr(found) == repr(alone)
    assert found.verdict == ("supported" if chance else "contradicted")
    assert found.n == side.sum()


def test_of_even_odds_a_claim_holds_half_of_each_side_whatever_the_number_of_states():
    states, inside, outcomes = planted(0.0)
    few = np.flatnonzero(inside)[:20].tolist() + np.flatnonzero(~inside).tolist()
    states, outcomes = [states[k] for k in few], Outcomes({"pressure": outcomes.values["pressure"][few]})
    found, plain = (find(tried_with(states, outcomes, w)) for w in (weighed(states, f"{RIVAL}:0.5").weights, None))
    with_it = plain.structures[0].with_it.mean
    assert found.probability.mean == pytest.approx(0.5 * with_it, abs=1e-6)
    assert plain.probability.mean == pytest.approx(20 / len(few) * with_it, abs=1e-6)
    effects = (outcomes.values["pressure"][:, 1] - 100).mean(axis=1)
    assert found.tests[0].effect.mean == pytest.approx((effects[:20].mean() + effects[20:].mean()) / 2)
    sides = found.structures[0]
    assert (sides.with_it.mean, sides.n_with, sides.n_without) == (pytest.approx(with_it, abs=1e-6), 20, len(few) - 20)
    assert found.n == round(1 / (0.25 / 20 + 0.25 / (len(few) - 20)))


def test_weights_that_are_all_alike_give_a_claim_what_none_give():
    states, _, outcomes = planted(10.0)
    alike = weighed(states, f"{RIVAL}:{np.mean([s['roadside.tip_off'] > 0 for s in states])}").weights
    assert repr(find(tried_with(states, outcomes, alike))) == repr(find(tried_with(states, outcomes, None)))
    tried = tried_with(states, outcomes, None)
    forced = Tried(replace(tried.kept, weights=np.full(120, 1 / 120)))
    assert forced.weights == pytest.approx(tried.weights)
    one, other = find(forced), find(tried)
    assert vars(one.probability) == pytest.approx(vars(other.probability), abs=1e-6)
    assert vars(one.tests[0].effect) == pytest.approx(vars(other.tests[0].effect))


def test_intervals_of_a_claim_cover_its_mean_and_its_share_were_the_chance_so():
    """The size that matters lies beyond the mean: it holds in 16% of the states with the rival, in 4% without it."""
    rng, found, chance = np.random.default_rng(2), [], 0.7
    bound = Check(case=CASE, base=BASE, measure="pressure", at_most=-4.0)
    centres = np.array([-3.0, -2.25])
    for _ in range(1000):
        states, inside = some_states(60, rng)
        outcomes = of_pressure(np.where(inside, *centres) + rng.standard_normal(60), rng, 3.0)
        test = verdicts.tested(bound, tried_with(states, outcomes, weighed(states, f"{RIVAL}:{chance}").weights), EDGE)
        found.append((test.effect.low, test.effect.high, test.holds.low, test.holds.high))
    low, high, share_low, share_high = np.array(found).T
    mean, share = (float(np.array([chance, 1 - chance]) @ each) for each in (centres, norm.cdf(-4.0 - centres)))
    assert ALLOWED[0] <= np.mean((low <= mean) & (mean <= high)) <= ALLOWED[1]
    assert ALLOWED[0] <= np.mean((share_low <= share) & (share <= share_high)) <= ALLOWED[1]


# --- discovery ---------------------------------------------------------------------------------------------------
ASKED = Question("equal_fourteen", "equal_six", "convoy_attacks")
SIZES = load_sizes(DiscoverySizes, "discovery", quick=True).model_copy(
    update={"states": 300, "fresh_states": 300, "replicates": 4, "responses": ("none", "surge")}
)


def drawn_runs(states, seed):
    """Six sites are worse for convoys where much waits on a tip-off, and where it doesn't with more attacks a day."""
    rng, names = (
        np.random.default_rng(seed),
        [questions.name_of(p) for p in questions.pairs_of(SIZES) + questions.equal_pairs()],
    )
    table = {m: rng.normal(100.0, 10.0, (len(states), len(names), 4)) for m in questions.measures_of(SIZES)}
    rate = np.array([s["operations.base_rate_per_day"] for s in states])
    worse = np.array([s["roadside.tip_off"] > 0.3 for s in states]) | (rate > np.quantile(rate, 0.7))
    table["convoy_attacks"][:, names.index("equal_six")] += np.where(worse, 12.0, -12.0)[:, None]
    return Outcomes(table), names


@pytest.fixture(scope="module")
def run():
    """States to search and fresh ones with their runs."""
    drawn = questions.drawn(load_priors("2020"), load_rivals(), SIZES, 1)
    return drawn, [drawn_runs(part.points, k) for k, part in enumerate((drawn.first, drawn.fresh))]


def sample(world, runs, rows=None):
    """A sample as the study makes it; of some `rows` alone, as if there were no others."""
    outcomes, names = runs
    if rows is not None:
        outcomes = Outcomes({m: v[rows] for m, v in outcomes.values.items()})
        world = replace(world, unit=world.unit[rows], table=world.table[rows].reset_index(drop=True), weights=None)
    kept = keep_whole(outcomes, world.points, "", names, world.weights)
    there = outcomes.counting(world.weights)
    return Sample(kept, replace(world, table=world.table[there].reset_index(drop=True), weights=kept.weights))


def told(first, fresh, prior):
    """All that the study makes of two samples: the answer, its boxes, robustness."""
    found = comparing.answer(ASKED, first.kept, fresh.kept)
    tried = regions.regions_of(ASKED, first.cases(ASKED), fresh.cases(ASKED), prior, SIZES)
    return found, regions.corrected(tried), *questions._robust(first.kept, SIZES)


def weigh(drawn, chance):
    return questions.drawn(load_priors("2020"), load_rivals(), SIZES, 1, f"{RIVAL}:{chance}")


@pytest.mark.parametrize("chance", [1, 0])
def test_discovery_over_states_of_which_one_side_alone_counts_is_discovery_over_that_side(run, chance):
    drawn, runs = run
    new = weigh(drawn, chance)
    samples = [sample(world, each) for world, each in zip((new.first, new.fresh), runs, strict=True)]
    sides = [np.asarray(world.table["encounter=in"] == chance) for world in (drawn.first, drawn.fresh, drawn.prior)]
    alone = [sample(w, each, side) for w, each, side in zip((drawn.first, drawn.fresh), runs, sides, strict=False)]
    prior = replace(drawn.prior, table=drawn.prior.table[sides[2]])
    found, expected = told(*samples, new.prior), told(*alone, prior)
    assert repr((found[0], *found[2:])) == repr((expected[0], *expected[2:]))
    assert found[1], "there is a box"
    for one, other in zip(found[1], expected[1], strict=True):
        assert (one.limits, one.density, one.found) == (other.limits, other.density, other.found)
        assert (one.mass, one.lift.low) == pytest.approx((other.mass, other.lift.low))
    assert ("base_rate" in found[1][0].limits) == (chance == 0)


def test_of_even_odds_an_answer_is_half_of_each_side(run):
    drawn, runs = run
    new = weigh(drawn, 0.5)
    inside = np.asarray(drawn.first.table["encounter=in"] == 1)
    whole = comparing.answer(ASKED, sample(new.first, runs[0]).kept)
    parts = [comparing.answer(ASKED, sample(drawn.first, runs[0], side).kept) for side in (inside, ~inside)]
    assert inside.mean() != 0.5, "else the test is of nothing"
    assert whole.mean.mean == pytest.approx(np.mean([part.mean.mean for part in parts]))
    assert whole.states == round(1 / (0.25 / inside.sum() + 0.25 / (~inside).sum()))


def test_a_box_holds_of_weighed_states_what_it_would_hold_were_they_there_so_often(run):
    """Weighed to 0.9, tip-off is nine tenths of what a box of it holds, of the states and of the prior."""
    drawn, runs = run
    new = weigh(drawn, 0.9)
    first, fresh = (sample(world, each) for world, each in zip((new.first, new.fresh), runs, strict=True))
    box, cases = Limits({"roadside.tip_off": (1e-9, np.inf)}), fresh.cases(ASKED)
    assert boxes.fit_of(box, *first.cases(ASKED)).mass == pytest.approx(0.9)
    blank = regions.Region(ASKED, "PRIM", "", boxes.Fit(0.0, 0.0, 0.0), *regions._NOT_YET)
    held = regions.tested(blank, box, cases, new.prior)
    inside = box.inside(cases.table)
    by_hand = [cases.interest[side].mean() for side in (inside, ~inside)]
    assert held.mass == pytest.approx(0.9)
    assert held.density.mean == pytest.approx(by_hand[0])
    assert held.share == pytest.approx(0.9 * by_hand[0] + 0.1 * by_hand[1])
    assert held.lift.mean == pytest.approx(by_hand[0] / held.share)


def test_weights_that_are_all_alike_give_discovery_what_none_give(run):
    drawn, runs = run
    plain = [sample(world, each) for world, each in zip((drawn.first, drawn.fresh), runs, strict=True)]
    forced = [replace(s, kept=replace(s.kept, weights=np.full(300, 1 / 300))) for s in plain]
    one, other = told(*forced, drawn.prior), told(*plain, drawn.prior)
    for key in ("mean", "better", "worse"):
        assert vars(getattr(one[0], key)) == pytest.approx(vars(getattr(other[0], key)))
    assert [region.limits for region in one[1]] == [region.limits for region in other[1]]
    for mine, its in zip(one[1], other[1], strict=True):
        assert vars(mine.found) == pytest.approx(vars(its.found))
        assert vars(mine.density) == pytest.approx(vars(its.density))
        assert (mine.lift.low, mine.chance) == pytest.approx((its.lift.low, its.chance))
    assert {k: vars(v) for k, v in one[3].items()} == {k: pytest.approx(vars(v)) for k, v in other[3].items()}


def test_states_of_double_weight_are_states_that_are_there_twice():
    rng, times = np.random.default_rng(3), np.array([1, 2, 1, 3, 1, 2])
    table, interest = pd.DataFrame({"a": rng.random(6)}), np.array([1, 0, 1, 1, 0, 0], bool)
    often, seen = boxes.copied(table, interest, times / 10)
    assert (list(often.a), list(seen)) == (list(np.repeat(table.a, times)), list(np.repeat(interest, times)))
    box = Limits({"a": (0.5, np.inf)})
    assert vars(boxes.fit_of(box, table, interest, times / 10)) == pytest.approx(vars(boxes.fit_of(box, often, seen)))
    values = {"pressure": rng.random((6, 3, 4))}
    rows = robustness.regrets(values, "abc", ["pressure"], times / 10)
    twice = robustness.regrets({"pressure": np.repeat(values["pressure"], times, axis=0)}, "abc", ["pressure"])
    for one, other in zip(rows, twice, strict=True):
        assert (one.mean, one.best_share) == pytest.approx((other.mean, other.best_share))


def test_a_share_of_weighed_states_is_no_surer_than_their_worth_and_their_unevenness():
    cases, even = np.arange(40) < 10, np.full(40, 0.025)
    assert vars(share_of(cases, even)) == pytest.approx(vars(share_of(cases)))
    uneven = np.where(cases, 0.3, 0.1)  # all that is rare is heavy
    wide, plain = share_of(cases, uneven), share_of(np.arange(40) < 20)
    assert wide.mean == pytest.approx(0.5)
    assert wide.high - wide.low > plain.high - plain.low
    assert quantiles(np.arange(5.0), np.ones(5), (0.5,)) == pytest.approx(quantiles(np.arange(5.0), None, (0.5,)))


def test_discoverys_intervals_cover_the_mean_and_the_share_were_the_chance_so():
    rng, found, chance, asked = np.random.default_rng(4), [], 0.7, Question("a", "b", "pressure")
    centres = np.array([-1.0, -0.5])
    for _ in range(1000):
        samples = []
        for _ in range(2):
            states, inside = some_states(50, rng)
            outcomes = of_pressure(np.where(inside, *centres) + rng.standard_normal(50), rng, 3.0)
            samples.append(keep_whole(outcomes, states, "", ["a", "b"], weighed(states, f"{RIVAL}:{chance}").weights))
        values, weights = np.concatenate([comparing.differences(asked, s) for s in samples]), weights_of(samples)
        whole = of_replicates(values, weights)
        bounds = comparing._bounds(-values, weights, whole.higher, 149)  # lower pressure is better
        found.append((whole.mean.low, whole.mean.high, *bounds))
    low, high, share_low, share_high = np.array(found).T
    mean, share = (float(np.array([chance, 1 - chance]) @ each) for each in (centres, norm.cdf(centres)))
    assert ALLOWED[0] <= np.mean((low <= mean) & (mean <= high)) <= ALLOWED[1]
    assert ALLOWED[0] <= np.mean((share_low <= share) & (share <= share_high)) <= ALLOWED[1]


# --- the option --------------------------------------------------------------------------------------------------
def test_finished_runs_of_claims_are_weighed_anew_and_none_is_made(posture, tmp_path):
    """Those of discovery: test_discovery.py."""
    sizes, out = sizes_file(tmp_path, "claims", {"draws": 12, "replicates": 2}), tmp_path / "o"
    call = ("claims", "--quick", "--sizes", sizes, "--out", out, "--workers", 1)
    refused = posture(*call, "--weights", "encounter=tip_off:2")
    assert refused.exit_code == 2
    assert not out.exists()
    assert posture(*call).exit_code == 0
    assert len(weighed_anew(call, out, "claims", 12)) == 2
