"""The rival structures: what is listed and refused, arms over the same states and streams, tables that add up."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from sizes import rows_in, run_twice

from experiments.cli import configs
from experiments.report.structures.numbers import structure_label
from experiments.runs import displacement
from experiments.studies.priors import load_priors
from experiments.studies.runner import Outcomes
from experiments.studies.settings import StructuresSizes, load_sizes
from experiments.studies.structures import answers, rivals
from experiments.studies.structures.answers import CORRECTIONS, HITS, PRIOR, arms, structures
from experiments.studies.structures.rivals import (
    Rival,
    Rivals,
    load_rivals,
    moves_of,
    not_covered,
    structures_description,
)
from sim.config_files import configs_folder, find, names
from sim.errors import ConfigError
from sim.parameters import Parameters, flat
from sim.scenario import load_scenario

FILE = find("structures", "2020")
SMALL = {
    "states": 3,
    "replicates": 2,
    "looking_back": 2,
    "pairs": (("fourteen", "six"),),
    "measures": ("fire_attacks", "convoy_attacks", HITS),
}
NAMES = [rival.name for rival in load_rivals().structures]


# --- what is listed ----------------------------------------------------------------------------------------
def test_describe_says_of_each_rival_what_it_says_its_source_its_prior_and_what_it_moves(posture):
    content = json.loads(posture("describe", "structures", "--json").stdout)
    priors = {prior.key for prior in load_priors("2020").priors}
    assert [each["name"] for each in content["structures"]] == NAMES
    shown = posture("describe", "structures").stdout
    for each, rival in zip(content["structures"], load_rivals().structures, strict=True):
        assert (each["title"], each["says"], each["source"]) == (rival.title, rival.says, rival.source)
        assert [words.partition(":")[0] for words in each["priors"]] == list(rival.old)
        assert all(
            ("no prior" not in words) == (key in priors) for key, words in zip(rival.old, each["priors"], strict=True)
        )
        assert all(text in shown for text in (rival.title, rival.says, rival.source, *each["priors"]))


def printed(content):
    """What `describe` prints of it."""
    return "\n".join(map(str, configs._shown_structures(content)))


def test_what_nobody_has_looked_at_is_not_said_to_move_nothing(tmp_path):
    assert moves_of(tmp_path) is None
    content = structures_description(reference=tmp_path)
    assert {each["moves"] for each in content["structures"]} == {None}
    assert printed(content).count("moves: not known until") == len(NAMES)


def test_what_the_command_says_is_from_the_reference_tables(posture):
    content = structures_description()
    assert json.loads(posture("describe", "structures", "--json").stdout) == content
    assert all(each["moves"] is not None for each in content["structures"])


def test_what_a_rival_moves_is_what_the_table_says_clearly(tmp_path):
    head = "structure,what,base,posture,measure,unit,mean,low,high"
    rows = (
        "encounter,level,,fourteen,convoy_attacks,1,12.5,3,22",
        "encounter,level,,fourteen,fire_attacks,1,-1,-3,1",
        "encounter,difference,fourteen,six,rounds_leaked,round,5,4,6",
        "likeness,level,,fourteen,pressure,point,-40,-60,-20",
    )
    (tmp_path / rivals.MOVES).write_text("\n".join(["# made by: posture structures", head, *rows]) + "\n")
    content = structures_description(reference=tmp_path)
    found = {each["name"]: each["moves"] for each in content["structures"]}
    assert found["encounter"] == ["convoy_attacks +12.5"]
    assert found["likeness"] == ["pressure -40"]
    assert found["waiting"] == []
    assert "moves: nothing clearly" in printed(content)


def test_describe_structures_takes_no_options_of_a_posture(posture):
    done = posture("describe", "structures", "--days", 3)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "structures is no posture" in done.stderr


def test_list_has_the_structures(posture):
    listed = json.loads(posture("list", "--json").stdout)["structures"]
    assert [entry["name"] for entry in listed] == names("structures") == ["2020"]
    assert load_rivals().title in posture("list").stdout


def test_what_no_rival_covers_is_said_from_one_place_and_by_the_command(posture):
    every = load_rivals().not_covered
    assert len(every) == len(set(every)) > 3
    assert all(each in not_covered() for each in every)
    assert not_covered() in posture("describe", "structures").stdout
    assert json.loads(posture("describe", "structures", "--json").stdout)["not_covered"] == not_covered()
    keys = {word for rival in load_rivals().structures for key in rival.old for word in (key, rival.title)}
    assert not any(key in each for key in keys for each in every), "what a rival varies is covered"


# --- what is refused ---------------------------------------------------------------------------------------
def test_check_counts_the_structures_of_a_file(posture):
    assert posture("check", FILE).stdout == f"{FILE}: ok (structures: {len(NAMES)})\n"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            'old = { "roadside.tip_off" = 0.0 }',
            'old = { "roadside.tipoff" = 0.0 }',
            ["structures[2]", "roadside.tipoff"],
        ),
        (
            'middle = { "roadside.tip_off" = 0.5 }',
            'middle = { "fire.salvo_cap" = 5 }',
            ["structures[2]", "the same in old"],
        ),
        (
            '"roadside.tip_off" = 0.5',
            '"roadside.tip_off" = 1.5',
            ["structures[2].middle.roadside.tip_off", "1.5", "0 to 1"],
        ),
        ('middle = { "choice.waiting" = "budget" }', 'middle = { "choice.waiting" = "never" }', ["never", "option"]),
        ('source = "E35"', 'sauce = "E35"', ["structures[4].sauce", "unknown", "source"]),
        ("not_covered = [", "covered = [", ["covered", "unknown", "not_covered"]),
    ],
)
def test_check_says_what_is_wrong_with_structures(posture, tmp_path, old, new, words):
    text, path = FILE.read_text(encoding="utf-8"), tmp_path / "mine.toml"
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    done = posture("check", path)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"posture: {path}: ")
    assert all(word in done.stderr for word in words), done.stderr


# --- arms --------------------------------------------------------------------------------------------------
def test_every_middle_differs_from_the_old_value_and_both_can_be_run():
    for rival in load_rivals().structures:
        assert rival.old.keys() == rival.middle.keys() <= flat(Parameters()).keys()
        assert any(rival.old[key] != rival.middle[key] for key in rival.old), rival.name
        for values in (rival.old, rival.middle):
            parameters = flat(load_scenario("six", values).parameters)
            assert {key: parameters[key] for key in values} == values
    keys = [key for rival in load_rivals().structures for key in rival.old]
    assert len(keys) == len(set(keys)), "a parameter of two rivals could not have both their old values"


def test_an_arm_changes_its_own_rival_alone_and_leaves_the_rest_of_the_state():
    states = load_priors("2020").sample(4, 1)
    found = arms(load_rivals(), states)
    assert list(found) == [CORRECTIONS, *NAMES, PRIOR]
    assert found[PRIOR] == states
    old = load_rivals().old
    for arm, points in found.items():
        rival = next((r for r in load_rivals().structures if r.name == arm), None)
        wanted = {} if arm == PRIOR else {**old, **(rival.middle if rival else {})}
        assert list(points) == [{**state, **wanted} for state in states]


def test_the_page_has_the_old_values_and_the_middles_of_the_file():
    page = (configs_folder().parent / "docs" / "structures.md").read_text(encoding="utf-8")
    for rival in load_rivals().structures:
        (line,) = [line for line in page.splitlines() if line.startswith(f"| `{rival.name}` |")]
        for cell, values in zip(line.split("|")[3:5], (rival.old, rival.middle), strict=True):
            shown = [word.rstrip(",;") for word in re.findall(r"[\w.]+", cell)]
            wanted = [value if isinstance(value, str) else f"{value:g}" for value in values.values()]
            assert set(wanted) <= set(shown), (rival.name, cell)


class StandIn:
    """A runner whose runs depend on the state and on one rival; bombs are a share of operations, and so on."""

    seed = 1

    def __init__(self):
        self.asked, self.stages = [], []

    def run(self, stage, states, policies, replicates, measures, *, streams=0, own_streams=False):
        self.asked.append((stage, own_streams, len(states), [policy["posture"] for policy in policies], replicates))
        rng = np.random.default_rng(7)  # the same streams in every arm
        luck = rng.poisson(40, (len(states), 1, replicates)).astype(float)
        shift = np.array([10.0 * state.get("roadside.tip_off", 0.0) for state in states])[:, None, None]
        per = np.arange(len(policies), dtype=float)[None, :, None]
        ops = luck + 5 * per
        table = {
            "operations": ops,
            "abstained": 2 * ops + per,
            "bombs_laid": ops / 2 - per,
            "bombs_waiting_end": 0 * ops,
        }
        table["convoy_attacks"] = table["bombs_laid"] / 4 + shift
        table |= {"convoys_hit": ops / 10, "convoys_sent": 100 + 0 * ops, "outbound_sent": 0 * ops}
        return Outcomes({m: np.asarray(table.get(m, ops + per), float) for m in measures})


@pytest.fixture(scope="module")
def found():
    stand_in = StandIn()
    sizes = StructuresSizes(title="t", question="q", within=1.5, **{**SMALL, "states": 8, "replicates": 3})
    return stand_in, structures(load_rivals(), load_priors("2020"), sizes, stand_in)


def test_states_have_streams_of_their_own_and_postures_share_them(found):
    stand_in, _ = found
    answered = [asked for asked in stand_in.asked if not asked[0].startswith("looking back")]
    assert [asked[0] for asked in answered] == [CORRECTIONS, *NAMES, PRIOR]
    assert {(own, n, *policies, replicates) for _, own, n, policies, replicates in answered} == {
        (True, 8, "fourteen", "six", 3)
    }
    back = [asked for asked in stand_in.asked if asked[0].startswith("looking back")]
    assert [asked[1:] for asked in back] == [(True, 2, ["drawdown_2020"], 1)] * (len(NAMES) + 2)


def test_a_rival_moves_what_it_moves_and_nothing_else_does(found):
    _, result = found
    moved = {(m.structure, m.measure): m.change for m in result.moves if m.what == "level"}
    for (name, measure), change in moved.items():
        if name == "encounter" and measure == "convoy_attacks":
            assert change.mean == pytest.approx(5.0)
            assert change.clear
        elif name != PRIOR:
            assert (change.mean, change.low, change.high) == (0, 0, 0), (name, measure)
    assert moved[PRIOR, "convoy_attacks"].mean > 0


def test_parts_add_up_in_every_arm_and_the_answer_has_the_same_total(found):
    _, result = found
    parts = {(p.structure, p.part): p.change.mean for p in result.parts}
    for arm in (CORRECTIONS, *NAMES, PRIOR):
        three = sum(parts[arm, part] for part in ("volume", "choice", "encounter"))
        assert three == pytest.approx(parts[arm, "total"])
        assert parts[arm, "opportunities"] + parts[arm, "going"] == pytest.approx(parts[arm, "volume"])
        answer = next(a for a in result.answers if (a.structure, a.measure) == (arm, "convoy_attacks"))
        assert answer.difference.mean == pytest.approx(parts[arm, "total"])
    assert {part.part for part in result.parts} == set(displacement.PARTS)


def test_hits_for_every_100_convoys_are_of_sums(found):
    _, result = found
    answer = next(a for a in result.answers if (a.structure, a.measure) == (CORRECTIONS, HITS))
    states = (
        StandIn().run("", [{}] * 8, [{"posture": "a"}, {"posture": "b"}], 3, ["convoys_hit", "convoys_sent"]).values
    )
    by_state = 100 * states["convoys_hit"].sum(axis=2) / states["convoys_sent"].sum(axis=2)
    assert answer.level.mean == pytest.approx(by_state[:, 0].mean())
    assert answer.difference.mean == pytest.approx((by_state[:, 1] - by_state[:, 0]).mean())


def test_shares_of_states_and_intervals_are_those_of_the_states(found):
    _, result = found
    for answer in result.answers:
        assert answer.lower + answer.equal + answer.higher == pytest.approx(1.0)
        assert answer.level.low <= answer.level.mean <= answer.level.high
        assert answer.difference.low <= answer.difference.mean <= answer.difference.high
        assert answer.n == 8


def test_intervals_cover_the_mean_over_states():
    """Two hundred studies of twelve states whose effect is −2 ± 1: the interval holds −2 in about 95% of them."""
    rng, covered = np.random.default_rng(3), 0
    for _ in range(200):
        effect = -2.0 + rng.standard_normal((12, 1, 1))
        values = np.concatenate([np.full((12, 1, 4), 20.0), 20.0 + effect + 0 * np.zeros((12, 1, 4))], axis=1)
        values = values + 0.5 * rng.standard_normal(values.shape)
        kept = answers.Kept([{}] * 12, ["a", "b"], {"fire_attacks": values}, 0)
        (answer,) = answers.answers_of("x", ("a", "b"), kept, ["fire_attacks"])
        covered += answer.difference.low <= -2.0 <= answer.difference.high
    assert 180 <= covered <= 199


# --- the command -------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The study in real runs, with sizes that are smaller still than those of the quick setting; then once more."""
    return run_twice(tmp_path_factory, "structures", SMALL)


def test_the_second_time_nothing_is_run_and_the_tables_are_the_same(folder):
    _, ((first, before), (second, after)) = folder
    assert "(0 run now)" not in first
    assert "(0 run now)" in second
    assert before == after
    assert set(before) == {"structures.csv", "structures_split.csv", "structures_moves.csv", "looking_back.csv"}


def test_every_arm_has_its_rows(folder):
    out, _ = folder
    every = [CORRECTIONS, *NAMES, PRIOR]
    assert list(dict.fromkeys(row["structure"] for row in rows_in(out, "structures"))) == every
    assert len(rows_in(out, "structures")) == len(every) * len(SMALL["measures"])
    assert len(rows_in(out, "structures_split")) == len(every) * len(displacement.PARTS)
    assert len(rows_in(out, "structures_moves")) == (len(every) - 1) * len(SMALL["measures"]) * 2
    assert [(row["structure"], row["n"]) for row in rows_in(out, "looking_back")] == [(name, "2") for name in every]
    assert {(row["base"], row["posture"], row["n"]) for row in rows_in(out, "structures")} == {("fourteen", "six", "3")}


def test_the_arms_of_real_runs_share_states_and_streams(folder):
    """Outbound loads alone can move nothing here: no site is handed over, so its runs are the same as without it."""
    out, _ = folder
    moved = {(row["structure"], row["measure"]): float(row["mean"]) for row in rows_in(out, "structures_moves")}
    assert {moved["outbound_loads", measure] for measure in SMALL["measures"]} == {0.0}
    assert moved["life_of_a_bomb", "convoy_attacks"] != 0.0


def test_the_parts_of_real_runs_add_up(folder):
    out, _ = folder
    for arm in (CORRECTIONS, *NAMES, PRIOR):
        parts = {r["part"]: float(r["mean"]) for r in rows_in(out, "structures_split") if r["structure"] == arm}
        assert parts["volume"] + parts["choice"] + parts["encounter"] == pytest.approx(parts["total"])
        (answer,) = [r for r in rows_in(out, "structures") if (r["structure"], r["measure"]) == (arm, "convoy_attacks")]
        assert float(answer["mean"]) == pytest.approx(parts["total"])


def test_numbers_of_states_are_whole_on_the_screen(folder):
    _, ((said, _), _) = folder
    assert "Draws of the priors near every count" in said
    assert re.search(r"corrections alone +[012] +2 ", said.partition("Draws of the priors")[2])


def test_the_manifest_says_over_what(folder):
    entry = json.loads((folder[0] / "manifest.json").read_text(encoding="utf-8"))["study"]
    assert (entry["name"], entry["setting"], entry["priors"]) == ("structures", "quick", "2020")
    assert entry["left_out"] == dict.fromkeys([CORRECTIONS, *NAMES, PRIOR], 0)


def test_the_report_says_where_the_sign_holds_and_what_turns_it(folder, posture):
    out, _ = folder
    done = posture("report", out, "--format", "md")
    assert done.exit_code == 0, done.output
    page = (out / "report.md").read_text(encoding="utf-8").replace("\\_", "_")
    assert "QUICK SETTING" in page
    answered = [row for row in rows_in(out, "structures") if row["measure"] == "fire_attacks"]
    lower, higher = (sum(float(row[end]) * sign > 0 for row in answered) for end, sign in (("high", -1), ("low", 1)))
    sides = {"clearly lower": lower, "clearly higher": higher, "not told apart": len(answered) - lower - higher}
    most = max(sides, key=sides.get)
    said = f"Fire attacks, six sites instead of fourteen: {most} under {sides[most]} of {len(answered)} structures"
    assert said in page
    assert re.search(r"near every count of 2020 at once: corrections alone [012] of 2 \(", page)
    assert "(95% intervals over 3 states)" in page
    assert all(structure_label(name) in page for name in NAMES)
    assert " nan" not in page.lower()


def test_the_sizes_of_both_settings_are_read():
    for quick in (False, True):
        sizes = load_sizes(StructuresSizes, "structures", quick=quick)
        assert {posture for pair in sizes.pairs for posture in pair} <= set(names("postures"))
        assert set(SMALL["measures"]) <= set(sizes.measures)


def test_a_rival_of_ones_own_must_have_the_same_keys_twice(tmp_path):
    mine = Rivals(
        name="x",
        title="t",
        source="judgement",
        not_covered=("c",),
        structures=(
            Rival(
                name="a",
                title="t",
                words=("a", "b"),
                says="s",
                source="E1",
                old={"skill.gain": 0.1},
                middle={"skill.gain": 0.2},
            ),
        ),
    )
    assert arms(mine, [{"skill.loss": 0.1}])["a"] == [{"skill.loss": 0.1, "skill.gain": 0.2}]
    path = tmp_path / "x.toml"
    lost = FILE.read_text(encoding="utf-8").replace('middle = { "roadside.tip_off" = 0.5 }', "middle = {}")
    path.write_text(lost, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"structures\[2\] is 'roadside.tip_off'; it must be parameters, the same in"):
        load_rivals(str(path))
