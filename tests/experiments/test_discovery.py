"""Scenario discovery: what is planted is found and holds, noise does not; shares and ratios by hand."""

from __future__ import annotations

import re

import numpy as np
import pytest
from sizes import assert_counted, sizes_file, weighed_anew

from experiments.studies.discovery import comparing, questions, regions
from experiments.studies.discovery.boxes import Limits
from experiments.studies.discovery.comparing import Question
from experiments.studies.discovery.worlds import worlds
from experiments.studies.priors import load_priors
from experiments.studies.runner import Kept, Outcomes
from experiments.studies.settings import DiscoverySizes, load_sizes
from experiments.studies.structures.rivals import load_rivals, not_covered


def test_boxes_in_words():
    ends = {
        "a.b": (-np.inf, 0.61),
        "c.d": (0.4, np.inf),
        "e.f": (1.0, 2.0),
        "g=x": (0.5, np.inf),
        "g=y": (-np.inf, 0.5),
    }
    assert regions.in_words(Limits(ends)) == "a.b ≤ 0.61 and c.d ≥ 0.4 and 1 ≤ e.f ≤ 2 and g=x and not g=y"
    assert regions.in_words(Limits({})) == "everywhere"


def test_questions_ask_for_equal_budgets_and_for_the_harm_of_every_response():
    sizes = load_sizes(DiscoverySizes, "discovery", quick=True)
    asked = questions.questions(sizes)
    assert {(q.base, q.other) for q in asked if q.base != "six"} == {("equal_fourteen", "equal_six")}
    assert {q.measure for q in asked if q.base != "six"} == {"rounds_leaked", "convoy_attacks", "hits_per_100_convoys"}
    assert len(asked) == len(sizes.measures) + 11 * len(sizes.harms)
    names = [questions.name_of(pair) for pair in questions.asked_of(sizes)]
    assert set(names) >= {name for q in asked for name in (q.base, q.other)}
    assert {"relation_mean", "capital_mean"} < set(sizes.harms)


# --- states ------------------------------------------------------------------------------------------------
def test_each_rival_is_in_for_half_of_the_states_and_at_its_old_value_in_the_others():
    prior = worlds(load_priors("2020"), load_rivals(), 1, 512)
    for rival in load_rivals().structures:
        old = np.array([all(point[key] == pytest.approx(v) for key, v in rival.old.items()) for point in prior.points])
        column = "choice.waiting=budget" if rival.name == "waiting" else f"{rival.name}=in"
        assert (old == (prior.table[column] == 0)).all(), rival.name
        assert 0.45 < old.mean() < 0.55, rival.name


def test_first_and_fresh_states_are_other_draws_and_columns_are_those_of_the_points():
    prior = worlds(load_priors("2020"), load_rivals(), 1, 64)
    first, fresh = prior.part(0, 30), prior.part(30, 30)
    key = "operations.base_rate_per_day"
    assert not {point[key] for point in first.points} & {point[key] for point in fresh.points}
    assert list(fresh.table[key]) == [point[key] for point in fresh.points]
    numbers = [key for key, value in first.points[0].items() if not isinstance(value, str)]
    assert set(numbers) <= set(first.table.columns), "every parameter is a column"


# --- ratios and shares -------------------------------------------------------------------------------------
HITS = Question("a", "b", "hits_per_100_convoys")


def sample_of(hit, sent):
    """States × two policies × replicates of hits and of convoys sent."""
    values = {"convoys_hit": np.asarray(hit, float), "convoys_sent": np.asarray(sent, float)}
    values["outbound_sent"] = 0 * values["convoys_sent"]
    return Kept([{}] * len(hit), ["a", "b"], values, 0)


def test_a_ratio_is_of_sums_and_one_of_nothing_is_left_out():
    hit = [[[0, 2], [1, 5]], [[0, 0], [1, 1]], [[1, 1], [1, 3]]]
    sent = [[[10, 30], [10, 50]], [[0, 0], [5, 5]], [[10, 10], [10, 30]]]
    sample = sample_of(hit, sent)
    means = comparing.differences(HITS, sample).mean(axis=1)
    assert means[[0, 2]] == pytest.approx([100 * (6 / 60 - 2 / 40), 100 * (4 / 40 - 2 / 20)])
    there, interest = comparing.worse(HITS, sample)
    assert there.tolist() == [True, False, True]
    assert interest.tolist() == [True, False, False], "equal is not worse"
    assert comparing.answer(HITS, sample, sample).states == 4


def test_the_error_of_a_ratio_is_the_one_that_replicates_show():
    rng = np.random.default_rng(1)
    sent = rng.poisson(30, (2000, 2, 8)) + 1
    hit = rng.binomial(sent, np.array([0.1, 0.2])[None, :, None])
    values = comparing.values_of(sample_of(hit, sent), "b", HITS.measure)
    error = np.sqrt((values.var(axis=1, ddof=1) / 8).mean())
    assert error == pytest.approx(values.mean(axis=1).std(ddof=1), rel=0.05)


def test_shares_are_strict_and_ties_are_on_neither_side():
    rng = np.random.default_rng(2)
    moved = np.repeat([-1.0, 0.0, 1.0], [10, 60, 30])[:, None] * (1.0 + 0.01 * rng.random((100, 4)))
    for measure, sides in (("pressure", (0.1, 0.3)), ("capital_mean", (0.3, 0.1))):
        values = {measure: np.stack([np.zeros((100, 4)), moved], axis=1)}
        found = comparing.answer(Question("a", "b", measure), Kept([{}] * 100, ["a", "b"], values, 0))
        assert (found.better.mean, found.equal, found.worse.mean) == pytest.approx((sides[0], 0.6, sides[1]))
        assert found.worse.low < sides[1] < found.worse.high


def test_all_of_the_states_is_not_said_to_be_all_there_are():
    values = {"pressure": np.stack([np.zeros((20, 3)), np.full((20, 3), 2.0)], axis=1)}
    found = comparing.answer(Question("a", "b", "pressure"), Kept([{}] * 20, ["a", "b"], values, 0))
    assert found.worse.mean == pytest.approx(1.0)
    assert 0.8 < found.worse.low < 0.9, "none of 20 leaves up to one in six open"
    assert found.better.high == pytest.approx(1.0 - found.worse.low)


# --- the study, on runs with a known truth -----------------------------------------------------------------
class StandIn:
    """Bombs laid on a tip-off make `equal_six` worse for convoys where much waits on them; all else is luck."""

    def __init__(self, seed, planted):
        self.seed, self.planted, self.rng = seed, planted, np.random.default_rng(seed)

    def run(self, stage, states, policies, replicates, measures, *, streams=0, own_streams=False):
        shape = (len(states), len(policies), replicates)
        table = {measure: self.rng.normal(100.0, 10.0, shape) for measure in measures}
        worse = np.array([8.0 if s["roadside.tip_off"] > 0.3 else -8.0 for s in states])[:, None]
        for n, policy in enumerate(policies):
            if policy["posture"] == "equal_six" and self.planted:
                table["convoy_attacks"][:, n] += worse
        return Outcomes(table)


FEW = {
    "states": 300,
    "fresh_states": 300,
    "replicates": 4,
    "responses": ("none", "surge"),
    "harms": ("us_wounded",),
}


def found_in(seed, planted, weights="", **changed):
    sizes = load_sizes(DiscoverySizes, "discovery", quick=True).model_copy(update={**FEW, **changed})
    states = questions.drawn(load_priors("2020"), load_rivals(), sizes, seed, weights)
    return questions.discovery(states, sizes, StandIn(seed, planted))


def test_a_structure_that_turns_the_answer_is_named_and_holds():
    found = found_in(1, planted=True)
    (first, *rest) = found.regions
    assert {region.question.measure for region in (first, *rest)} == {"convoy_attacks"}
    assert re.fullmatch(r"roadside.tip_off ≥ 0\.\d*", first.limits)
    assert first.lift.low > 1.5
    assert 0.3 < first.mass < 0.5, "in for half of the states, above 0.3 for 70% of these"
    convoys = next(a for a in found.answers if a.question.measure == "convoy_attacks")
    assert convoys.worse.low <= 0.35 <= convoys.worse.high
    assert convoys.states == 600


def test_of_the_boxes_that_are_found_in_noise_none_is_shown():
    every = [found_in(seed, planted=False, least_mass=0.05) for seed in (1, 2, 3)]
    tried = [region for found in every for region in found.tried]
    assert len(tried) >= 5, "a search finds boxes in noise"
    assert np.mean([region.found.density for region in tried]) > 0.55, "dense where they were found"
    assert not any(found.regions for found in every)


def test_quick_through_the_command_line_and_weighed_anew(posture, tmp_path, read):
    """The quick setting, but with three responses: each is asked the same, and costs the same, as any other."""
    few = {"responses": ("none", "zone_clearance", "surge")}
    call = ("discover", "--quick", "--sizes", sizes_file(tmp_path, "discovery", few), "--out", tmp_path / "o")
    done = posture(*call)
    assert done.exit_code == 0, done.output
    assert_counted(done)
    assert {path.stem for path in (tmp_path / "o").glob("*.png")} == {"answers", "regret", "robustness"}
    answers, regions = (read(tmp_path / "o" / f"{name}.csv") for name in ("answers", "regions"))
    assert {row["setting"] for row in answers} == {"quick"}
    told = [row for row in answers if row["worse"]]
    assert all(float(row["better"]) + float(row["equal"]) + float(row["worse"]) == pytest.approx(1.0) for row in told)
    assert sum(int(row["held"]) for row in answers) == len(regions)
    assert not_covered() in " ".join(done.stdout.split())
    robust = read(tmp_path / "o" / "robustness.csv")
    assert len(robust) == 2 * len(few["responses"]) * 2
    assert sum(float(row["best"]) for row in robust if row["measure"] == "pressure") == pytest.approx(1.0)
    assert len(weighed_anew(call, tmp_path / "o", "answers", 30)) == 1
