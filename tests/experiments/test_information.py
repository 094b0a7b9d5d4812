"""What knowing is worth: known answers are found, chance is worth nothing, and nothing is worth more than certainty."""

from __future__ import annotations

import json

import numpy as np
import pytest
from policies_made_up import StandIn, mixed, sizes_of
from scipy.stats import norm
from sizes import assert_counted, rows_in, sizes_file

from experiments.studies.decide.policies import Policy
from experiments.studies.information import value
from experiments.studies.information.data import STRUCTURE, data_of, decided, groups_of
from experiments.studies.information.findings import CHOICE, asked_of, choice_of, everything_known
from experiments.studies.information.value import Question, columns_of, perfect, rule_of, varied, worths
from experiments.studies.priors import load_priors
from experiments.studies.settings import InformationSizes, load_sizes
from experiments.studies.structures.rivals import load_rivals
from experiments.studies.study import StudyRequest
from sim.errors import ConfigError

RIVALS = load_rivals()
QUICK = load_sizes(InformationSizes, "information", quick=True)


def closed(mean, spread):
    """Worth of knowing a gain that is normal, for the choice between it and nothing (Raiffa & Schlaifer 1961)."""
    z = mean / spread
    return spread * norm.pdf(z) + mean * norm.cdf(z) - max(mean, 0.0)


def two_policies(n, mean, seed, noise=2.0, replicates=4):
    """Gain of the second over the first: mean + a + b/2, both standard normal; c is of no use. States and losses."""
    rng = np.random.default_rng(seed)
    a, b, c = rng.standard_normal((3, n))
    states = [{"a": float(x), "b": float(y), "c": float(z)} for x, y, z in zip(a, b, c, strict=True)]
    gain = mean + a + 0.5 * b
    losses = np.stack([np.zeros(n), -gain], axis=1)[:, :, None] + noise * rng.standard_normal((n, 2, replicates))
    return states, losses


def question(losses):
    return Question("x", tuple(f"option {n}" for n in range(losses.shape[1])), losses.mean(axis=2), "point")


def worth(states, losses, keys, shuffles=0, seed=1, tried=1):
    (found,) = worths([question(losses)], columns_of(states, keys), shuffles, seed, tried)
    return found


# --- known answers -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("mean", [0.0, 0.5])
def test_the_worth_of_a_datum_is_that_of_the_closed_form(mean):
    found = {key: [] for key in ("a", "b", "c", "ab")}
    for seed in range(5):
        states, losses = two_policies(800, mean, seed)
        for keys in found:
            found[keys].append(worth(states, losses, list(keys)).value.mean)
    wanted = {"a": closed(mean, 1.0), "b": closed(mean, 0.5), "c": 0.0, "ab": closed(mean, 1.25**0.5)}
    for keys, values in found.items():
        assert np.mean(values) == pytest.approx(wanted[keys], abs=0.06), keys


def test_intervals_hold_the_closed_form():
    """Forty studies of 300 states. A rule is never learnt perfectly, so the worth may be too small, not too large."""
    held, above = 0, 0
    for seed in range(40):
        states, losses = two_policies(300, 0.5, seed)
        interval = worth(states, losses, ["a"]).value
        held += interval.low <= closed(0.5, 1.0) <= interval.high
        above += interval.low > closed(0.5, 1.0)
    assert held >= 34
    assert above <= 3


def test_more_replicates_do_not_change_what_knowing_is_worth():
    few, many = (
        np.mean([worth(*two_policies(800, 0.5, s, 3.0, r), ["a"]).value.mean for s in range(4)]) for r in (2, 32)
    )
    assert few == pytest.approx(closed(0.5, 1.0), abs=0.07)
    assert many == pytest.approx(closed(0.5, 1.0), abs=0.07)


def test_everything_is_worth_the_closed_form_where_runs_tell_and_nothing_where_they_are_noise():
    _, losses = two_policies(800, 0.5, 1, noise=0.05)
    assert perfect(question(losses), losses).value.mean == pytest.approx(closed(0.5, 1.25**0.5), abs=0.05)
    noise = np.random.default_rng(2).standard_normal((800, 5, 4))
    found = perfect(question(noise), noise)
    assert not found.clear
    naive = noise.mean(axis=2).mean(axis=0).min() - noise.mean(axis=2).min(axis=1).mean()
    assert naive > 0.4  # the fault that is planted: the luckiest run of each state as if it were known beforehand


# --- chance --------------------------------------------------------------------------------------------------
def test_data_of_no_use_are_worth_nothing_where_a_rule_tried_on_its_own_states_seems_worth_much():
    rng = np.random.default_rng(3)
    losses = rng.standard_normal((120, 4, 4))
    states = [{f"k{n}": float(u) for n, u in enumerate(row)} for row in rng.random((120, 12))]
    asked, keys = question(losses), list(states[0])
    splines = value.splines_of(columns_of(states, keys))
    own, _ = value.gains(asked, value.by_trees(splines, asked.losses, splines, 1))
    assert own.mean() > 0.2  # the fault: learnt and tried on the same states
    assert worth(states, losses, keys).value.mean < 0.05
    assert not worth(states, losses, keys, shuffles=10).clear
    assert not any(worth(states, losses, [key], shuffles=10, tried=len(keys)).clear for key in keys)


def test_the_floor_is_what_shuffled_states_seem_worth():
    states, losses = two_policies(300, 0.0, 4)
    found = worth(states, losses, ["a"], shuffles=20)
    assert found.clear
    assert found.floor < found.value.mean / 3
    useless = worth(states, losses, ["c"], shuffles=20)
    assert not useless.clear
    assert 0.3 < found.changed < 0.7


def test_a_choice_that_is_never_in_doubt_is_worth_no_datum():
    states, losses = two_policies(300, 12.0, 5)
    found = worth(states, losses, ["a", "b"], shuffles=5)
    assert (found.value.mean, found.changed) == (0.0, 0.0)
    assert not found.clear


# --- what is known -------------------------------------------------------------------------------------------
def test_words_have_columns_and_numbers_their_ranks():
    states = [{"x": 1.0, "w": "b"}, {"x": 100.0, "w": "a"}, {"x": 2.0, "w": "b"}, {"x": 2.0, "w": "c"}]
    assert columns_of(states, ["x"])[:, 0].tolist() == [0.125, 0.875, 0.5, 0.5]
    assert columns_of(states, ["w"]).T.tolist() == [[1, 0, 1, 0], [0, 0, 0, 1]]
    assert varied([{"x": 1, "y": 2}, {"x": 1, "y": 3}]) == ["y"]


def test_a_word_that_decides_is_worth_what_it_saves():
    rng = np.random.default_rng(6)
    words = rng.choice(["deters", "provokes"], 300)
    states = [{"w": str(word)} for word in words]
    gain = np.where(words == "deters", 3.0, -1.0)
    losses = np.stack([np.zeros(300), -gain], axis=1)[:, :, None] + rng.standard_normal((300, 2, 4))
    found = worth(states, losses, ["w"], shuffles=5)
    assert found.value.mean == pytest.approx((words == "provokes").mean() * 1.0, abs=0.1)
    assert rule_of(question(losses), states, "w") == "deters: option 1; provokes: option 0"


def test_the_rule_in_words_turns_where_the_truth_turns():
    states, losses = two_policies(800, 0.5, 7)
    head, tail = rule_of(question(losses), states, "a").split("; ")
    assert head == "option 0"
    assert tail.startswith("from ")
    assert tail.endswith(" option 1")
    assert float(tail.split()[1]) == pytest.approx(-0.5, abs=0.25)


def test_parameters_are_grouped_as_the_priors_say():
    """`sensitivity` and `information` tell of the same groups: `roadside.p_set_off` is supply, whatever its section."""
    priors = load_priors("2020")
    assert groups_of(priors.keys, priors, RIVALS) == priors.groups
    assert "roadside.p_set_off" in priors.groups["supply"]
    assert set(RIVALS.old) & set(priors.keys) <= set(priors.groups[STRUCTURE])


def test_a_key_without_a_prior_is_structure_if_a_rival_names_it_else_its_section():
    one = load_priors("2020").only(["roadside.p_set_off"])
    keys = ["roadside.armour", "roadside.p_set_off", "roadside.tip_off", "supply.trucks_per_convoy"]
    assert groups_of(keys, one, RIVALS) == {
        STRUCTURE: ["roadside.tip_off"],
        "supply": ["roadside.p_set_off", "supply.trucks_per_convoy"],
        "roadside": ["roadside.armour"],
    }


def test_what_decides_is_named_and_what_does_not_is_not():
    """Sharing is better by 40 or worse by 60 as `encounter` is in or out: that alone changes the choice."""

    def truth(policy, state):
        gain = 40.0 if state["roadside.tip_off"] > 0 else -60.0
        return {"pressure": 100.0 - gain * bool(policy.responses)}

    sizes = sizes_of(postures=("fourteen",), responses=("intelligence_sharing",), most_responses=1, refused=())
    from experiments.studies.decide.policies import all_policies
    from experiments.studies.decide.scores import score

    states = mixed(80)
    scored = score(StandIn(truth, noise=30.0), "x", sizes, states, all_policies(sizes), 4)
    asked, replicates = choice_of(scored)
    known = {(k.kind, k.what): k.worth for k in everything_known([asked], states, RIVALS, QUICK, 1)}
    assert known["parameter", "roadside.tip_off"].value.mean == pytest.approx(20.0, abs=5.0)
    assert {what for (kind, what), each in known.items() if kind == "parameter" and each.clear} == {"roadside.tip_off"}
    assert known["group", STRUCTURE].clear
    assert not known["group", "behaviour"].clear
    assert perfect(asked, replicates).value.mean == pytest.approx(20.0, abs=6.0)


# --- claims --------------------------------------------------------------------------------------------------
def test_a_claim_is_worth_at_most_the_chance_of_being_wrong():
    """It holds where a > 0.3: knowing a settles it, knowing c does not."""
    states, _ = two_policies(400, 0.0, 8)
    holds = np.array([state["a"] > 0.3 for state in states], float)
    claim = Question("S1", ("it holds", "it does not"), np.column_stack([1 - holds, holds]), "chance")
    asked = asked_of(claim)
    assert asked.best == "it does not"
    assert asked.stake == pytest.approx(holds.mean())
    sure = worths([claim], columns_of(states, ["a"]), 10, 1)[0]
    assert sure.clear
    assert 0.8 * asked.stake < sure.value.mean <= asked.stake
    assert not worths([claim], columns_of(states, ["c"]), 10, 1)[0].clear


def test_questions_over_the_same_states_do_not_disturb_each_other():
    states, losses = two_policies(200, 0.5, 9)
    one = question(losses)
    other = Question("y", ("p", "q", "r"), np.random.default_rng(1).standard_normal((200, 3)) * 100, "point")
    alone = worths([one], columns_of(states, ["a"]), 0, 1)[0]
    together = worths([one, other], columns_of(states, ["a"]), 0, 1)[0]
    assert together.value.mean == pytest.approx(alone.value.mean, abs=0.05)


# --- the command ---------------------------------------------------------------------------------------------
DECIDE = {
    "responses": ["intelligence_sharing"],
    "most_responses": 1,
    "rounds": [4],
    "population": 4,
    "generations": 1,
    "finalists": 3,
    "fresh_states": 10,
}
CLAIM = """title = "One"
source = "judgement"
supported_from = 0.99

[[claims]]
id = "S15"
claim = "c"
kind = "emergent"
assumed = "nothing"
statement = "fire is below forty"
tests = [{ case = {}, measure = "fire_attacks", at_most = 40.0 }]
"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A folder of decide, and what information makes of it."""
    from click.testing import CliRunner

    from experiments.cli import cli

    made, out, sizes = (tmp_path_factory.mktemp(name) for name in ("decide", "information", "sizes"))
    (sizes / "claims.toml").write_text(CLAIM, encoding="utf-8")
    small = {"claim_states": 10, "shuffles": 1}
    for words in (
        ["decide", "--sizes", str(sizes_file(sizes, "decide", DECIDE)), "--out", str(made)],
        ["information", "--sizes", str(sizes_file(sizes, "information", small)), "--out", str(out)],
    ):
        own = ["--decided", str(made), "--claims", str(sizes / "claims.toml")] if words[0] == "information" else []
        done = CliRunner().invoke(cli, [*words, *own, "--quick", "--workers", "1"])
        assert done.exit_code == 0, done.output
        assert_counted(done, adapts=True)  # what the folder has is read again, not run
    return made, out


def test_the_runs_of_a_decided_folder_are_read_and_not_made_again(folders):
    made, out = folders
    stages = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["study"]["stages"]
    final = json.loads((made / "manifest.json").read_text(encoding="utf-8"))["study"]["final"]
    assert stages["policies"]["ran_now"] == 0
    assert stages["policies"]["runs"] == len(final["policies"]) * final["states"] * final["replicates"]
    assert stages["claims"]["ran_now"] == stages["claims"]["runs"] > 0


def test_every_kind_of_knowledge_has_its_rows(folders):
    _, out = folders
    rows = [row for row in rows_in(out, "information") if row["question"] == CHOICE]
    kinds = [row["kind"] for row in rows]
    assert list(dict.fromkeys(kinds))[:3] == ["perfect", "all", "group"]
    assert kinds.count("parameter") >= 40
    assert all(float(row["low"]) <= float(row["mean"]) <= float(row["high"]) for row in rows)
    assert {row["question"] for row in rows_in(out, "information_questions")} <= {CHOICE, "S15"}


def test_a_folder_that_is_no_decision_is_refused(tmp_path, posture):
    with pytest.raises(ConfigError, match="finished folder of `posture decide`"):
        decided(tmp_path)
    done = posture("information", "--quick", "--out", tmp_path / "out", "--decided", tmp_path)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "--decided" in done.stderr


def test_without_a_folder_the_policies_of_the_sizes_are_run():
    data = data_of(StudyRequest(QUICK, 1, ensemble="prior"), quick=True)
    assert [policy.name for policy in data.policies] == list(QUICK.policies)
    assert Policy(data.sizes.base) in data.policies
    assert len(data.states) == QUICK.states


def test_the_page_names_what_is_worth_most_and_only_what_is_clear():
    import pandas as pd

    from experiments.report.information.numbers import clear, most, prose, single
    from experiments.report.information.section import _choice_words, _in_short

    head = ["question", "unit", "kind", "what", "words", "mean", "low", "high", "floor", "changed", "clear", "rule"]
    rows = [
        [CHOICE, "point", "perfect", "everything", "", 12.0, 8.0, 16.0, 0.0, np.nan, 1, None],
        [CHOICE, "point", "all", "all parameters", "", 9.0, 5.0, 13.0, 1.0, 0.4, 1, None],
        [CHOICE, "point", "group", "structure", "12 parameters", 6.0, 3.0, 9.0, 1.0, 0.3, 1, None],
        [
            CHOICE,
            "point",
            "parameter",
            "supply.avoidance",
            "share",
            3.0,
            1.0,
            5.0,
            0.5,
            0.2,
            1,
            "six; from 0.3 fourteen",
        ],
        [CHOICE, "point", "parameter", "skill.gain", "gain", 4.0, -1.0, 9.0, 0.5, 0.2, 0, None],
    ]
    frame = pd.DataFrame(rows, columns=head)
    said = " ".join([*_in_short(frame, None), *_choice_words(frame, None)])
    assert "at least 12 points (+8 to +16) a run" in said
    assert "structure +6 points (+3 to +9)" in said
    assert "“detour accepted per recent attack on the way” is worth 3 points" in said
    assert "Then: six sites; from 0.3 fourteen sites." in said
    assert "gain from a success" not in said
    assert [row["what"] for row in single(frame).to_dict("records")] == ["skill.gain", "supply.avoidance"]
    assert most(frame)["what"].tolist() == ["everything"]
    assert len(clear(frame)) == 4
    assert prose(frame.iloc[3].to_dict()) == "“detour accepted per recent attack on the way”"
    dark = frame.assign(clear=0)
    assert "can't be told from nothing" in next(_in_short(dark, None))
    assert "no single datum" in " ".join(_choice_words(dark, None))
