"""`posture compare` over states of the world: draws, streams, intervals, structures, files, screen."""

from __future__ import annotations

import csv
import json
import math
import re
import signal

import numpy as np
import pytest
from made_up import SHORT
from rich.console import Console

import experiments
from experiments.analysis import differences
from experiments.analysis.comparisons import comparison_of
from experiments.cli import screen
from experiments.files.states import met_by, read_states, state_means, write_states
from experiments.report.comparison import answer
from experiments.report.comparison.sentences import sentences
from experiments.runs.compare import OverStates
from experiments.runs.comparison import Comparison, sides_of, tabulate
from experiments.runs.displacement import MEASURES as SPLIT_MEASURES
from experiments.runs.displacement import split
from experiments.runs.equal_budgets import partners
from experiments.studies.ensemble import Ensemble, first_states, load_ensemble
from sim.errors import ConfigError
from sim.measures import BY_NAME
from sim.parameters import Parameters, flat
from sim.scenario import load_scenario
from sim.statistics import mean_interval
from tests.experiments.processes import chunks, finish, start, until

STATES, REPLICATES = 12, 3
COMMAND = ("compare", "fourteen", "six", "--seed", 3, *SHORT)
SIZE = ("--states", STATES, "--replicates", REPLICATES)
TABLES = ("runs.csv", "states.csv", "effects.csv", "displacement.csv", "weekly.csv", "squares.csv", "sites.csv")


def tables(folder):
    return {name: (folder / name).read_bytes() for name in TABLES}


@pytest.fixture(scope="module")
def folder(program, tmp_path_factory):
    out = tmp_path_factory.mktemp("states") / "out"
    result = program(*COMMAND, *SIZE, "--workers", 1, "--out", out)
    assert result.returncode == 0, result.stderr
    return out


# --- states ----------------------------------------------------------------------------------------------
def test_more_states_leave_the_first_as_they_are():
    for name in ("2020", "prior"):
        assert first_states(name, 7, 1) == first_states(name, 40, 1)[:7]
        assert first_states(name, 7, 1) != first_states(name, 7, 2)


def test_each_draw_comes_as_often_as_its_weight_says():
    weights = np.array([0.5, 0.3, 0.15, 0.05])
    ensemble = Ensemble("made up", weights, [{"harm.p_wound": float(k)} for k in range(4)])
    for n in (20, 100, 1000):
        found = [int(point["harm.p_wound"]) for point in ensemble.first(n, 5)]
        assert np.abs(np.bincount(found, minlength=4) - n * weights).max() <= 3


def test_a_state_comes_back_from_its_file_to_all_digits(tmp_path):
    states = load_ensemble("2020").first(5, 1)
    write_states(tmp_path / "states.csv", states)
    assert [read_states(tmp_path / "states.csv")[n] for n in range(5)] == states


def test_what_a_posture_has_set_itself_holds_in_every_state():
    defaults = flat(Parameters())
    own = {**defaults, "defence.p_intercept": 0.9}
    state = {"defence.p_intercept": 0.4, "harm.p_wound": 0.2}
    assert met_by(state, own, defaults) == {"harm.p_wound": 0.2}


def test_means_of_states_are_means_of_their_runs():
    rows = np.arange(10.0).reshape(2, 5)
    found = state_means(rows, np.array([0, 0, 0, 2, 2]))
    assert found.tolist() == [[1.0, 3.5], [6.0, 8.5]]
    assert state_means(rows, None) is rows


# --- estimates -------------------------------------------------------------------------------------------
def made_up(rng, effects, noise=3.0, replicates=4, measure="rounds_leaked", equal=()):
    """A comparison in which state s has the effect `effects[s]`, and replicates differ by `noise`."""
    states = np.repeat(np.arange(len(effects)), replicates)
    values = {}
    for base, other in (("fourteen", "six"), *equal):
        before = 50.0 + rng.normal(0.0, 5.0, len(states))
        values[base] = dict.fromkeys(answer.SCORECARD, before)
        change = np.repeat(effects, replicates) + rng.normal(0.0, noise, len(states))
        values[other] = {m: before + (change if m == measure else 0.0) for m in answer.SCORECARD}
    return Comparison(("fourteen", "six"), values, len(states), states=states, equal=equal)


def test_the_interval_covers_states_and_replicates_where_that_of_runs_does_not():
    rng, hits, naive = np.random.default_rng(1), 0, 0
    for _ in range(400):
        comparison = made_up(rng, rng.normal(2.0, 4.0, 30))
        d = comparison.pair("six", "rounds_leaked").difference
        of_runs = mean_interval(
            comparison.values["six"]["rounds_leaked"] - comparison.values["fourteen"]["rounds_leaked"]
        )
        hits += d.low <= 2.0 <= d.high
        naive += of_runs.low <= 2.0 <= of_runs.high
    assert 0.92 <= hits / 400 <= 0.98
    assert naive / 400 < 0.8


def test_range_and_shares_are_those_of_states_without_replicate_noise():
    rng = np.random.default_rng(2)
    pair = made_up(rng, rng.normal(2.0, 2.0, 2000), noise=8.0, replicates=4).pair("six", "rounds_leaked")
    assert pair.effect.high - pair.effect.low == pytest.approx(2 * 1.645 * 2.0, rel=0.08)
    assert pair.sides.higher == pytest.approx(0.841, abs=0.03)


def test_one_replicate_a_state_has_no_range_and_no_shares():
    pair = made_up(np.random.default_rng(3), np.linspace(1.0, 3.0, 20), replicates=1).pair("six", "rounds_leaked")
    assert math.isnan(pair.sides.higher)
    assert math.isnan(pair.effect.low)
    assert not math.isnan(pair.difference.low)


def test_a_measure_that_no_run_has_is_nothing_and_no_warning():
    comparison = made_up(np.random.default_rng(3), np.ones(5))
    for of in comparison.values.values():
        of["us_wounded"] = np.full(comparison.n, np.nan)
    pair = comparison.pair("six", "us_wounded")
    assert pair.pairs == 0
    assert math.isnan(pair.base_value.mean)


def test_failed_replicates_leave_the_others_of_their_state():
    comparison, rng = {}, np.random.default_rng(4)
    states = np.repeat(np.arange(3), 2)
    for name in ("fourteen", "six"):
        comparison[name] = rng.normal(10.0, 1.0, (6, len(BY_NAME)))
    comparison["six"][[1, 4, 5]] = np.nan
    found = tabulate(comparison, states=states)
    assert found.n == 3
    assert found.states.tolist() == [0, 1, 1]
    assert found.n_states == 2


# --- structures ------------------------------------------------------------------------------------------
ENCOUNTER, OTHER = "encounter", "waiting"


def planted(rng, inside, outside, n=200):
    """States in which the structure is in have one effect, the others another; a second structure does nothing."""
    is_in, other = rng.random(n) < 0.3, rng.random(n) < 0.5
    effects = np.where(is_in, inside, outside) + rng.normal(0.0, 0.5, n)
    return made_up(rng, effects, equal=(("equal_fourteen", "equal_six"),)), {ENCOUNTER: is_in, OTHER: other}


def test_an_effect_planted_where_a_structure_is_in_is_found_there_and_named():
    comparison, included = planted(np.random.default_rng(5), inside=4.0, outside=-3.0)
    found = {(turn.structure, turn.is_in, turn.pair.posture) for turn in answer.turns(comparison, included)}
    assert found == {(ENCOUNTER, True, "six"), (ENCOUNTER, True, "equal_six")}
    words = answer.turn_words(comparison, included)
    assert "rounds that land rise" in words
    assert '"Bombs are laid on a tip-off" is in' in words
    overall = comparison.pair("six", "rounds_leaked").difference
    sides = {
        is_in: some.pair("six", "rounds_leaked").difference
        for s, is_in, some in sides_of(comparison, included)
        if s == ENCOUNTER
    }
    assert overall.mean < 0
    assert sides[True].low > 3.5
    assert sides[False].high < -2.5


def test_without_a_planted_effect_no_structure_turns_anything():
    for seed in range(20):
        comparison, included = planted(np.random.default_rng(seed), inside=0.0, outside=0.0)
        assert list(answer.turns(comparison, included)) == []
        assert "no structure alone" in answer.turn_words(comparison, included) or "no sign" in answer.turn_words(
            comparison, included
        )


def test_of_few_states_nothing_is_said_by_structure():
    comparison = made_up(np.random.default_rng(6), np.ones(30))
    assert list(sides_of(comparison, {ENCOUNTER: np.arange(30) < 5})) == []


# --- equal budgets ---------------------------------------------------------------------------------------
def named(*words):
    scenarios = [load_scenario(word.split("+")[0], {}, word.split("+")[1:]) for word in words]
    return partners(words, scenarios, lambda some: [load_scenario(s.split("+")[0], {}, s.split("+")[1:]) for s in some])


@pytest.mark.parametrize(
    ("words", "beside", "pairs"),
    [
        (("fourteen", "six"), ["equal_fourteen", "equal_six"], [("equal_fourteen", "equal_six")]),
        (("six", "fourteen"), ["equal_six", "equal_fourteen"], [("equal_six", "equal_fourteen")]),
        (("fourteen", "six+surge"), ["equal_fourteen", "equal_six+surge"], [("equal_fourteen", "equal_six+surge")]),
        (("fourteen", "six", "equal_six"), ["equal_fourteen"], [("equal_fourteen", "equal_six")]),
        (("fourteen", "drawdown_2020"), [], []),
        (("six", "six+surge"), [], []),
        (("equal_fourteen", "equal_six"), [], []),
        (("plain_three", "plain_one"), [], []),
    ],
)
def test_partners_run_beside_postures_whose_budgets_differ(words, beside, pairs):
    found, equal = named(*words)
    assert [scenario.label for scenario in found] == beside
    assert equal == pairs


# --- files -----------------------------------------------------------------------------------------------
def test_every_state_has_streams_of_its_own_that_postures_share(folder, read):
    rows = read(folder / "runs.csv")
    assert len(rows) == 4 * STATES * REPLICATES
    seeds = {}
    for row in rows:
        seeds.setdefault((row["state"], row["replicate"]), set()).add(row["seed"])
    assert all(len(each) == 1 for each in seeds.values()), "policies share streams"
    assert len({next(iter(each)) for each in seeds.values()}) == STATES * REPLICATES, "states do not"
    assert [row["posture"] for row in rows] == sorted(row["posture"] for row in rows)


def test_the_same_bytes_whatever_the_workers(program, folder, tmp_path):
    assert program(*COMMAND, *SIZE, "--workers", 2, "--out", tmp_path).returncode == 0
    assert tables(tmp_path) == tables(folder)


def test_extended_in_both_ways_is_the_same_as_in_one_go(posture, folder, tmp_path):
    for size in (("--states", 5, "--replicates", 2), ("--states", STATES, "--replicates", 2), SIZE):
        result = posture(*COMMAND, *size, "--out", tmp_path)
        assert result.exit_code == 0, result.stderr
    assert tables(tmp_path) == tables(folder)
    kept = {path.name for path in tmp_path.glob("chunks/*.chunk")}
    assert posture(*COMMAND, "--states", 5, "--replicates", 2, "--out", tmp_path).exit_code == 0, "fewer than stored"
    assert {path.name for path in tmp_path.glob("chunks/*.chunk")} == kept


def test_killed_it_goes_on_to_the_same_bytes(program, tmp_path):
    big = ("compare", "fourteen", "six", "--states", 40, "--replicates", 2, "--days", 60, "--no-equal-budgets")
    process = start(*big, "--out", tmp_path / "killed")
    until(process, lambda: chunks(tmp_path / "killed") >= 2)
    process.send_signal(signal.SIGKILL)
    finish(process)
    assert not (tmp_path / "killed" / "manifest.json").exists()
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "killed" / "chunks").glob("*.chunk")}
    for out in ("killed", "whole"):
        assert program(*big, "--out", tmp_path / out).returncode == 0
    after = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "killed" / "chunks").glob("*.chunk")}
    assert before.items() <= after.items()
    assert tables(tmp_path / "killed") == tables(tmp_path / "whole")


def test_states_are_added_until_the_rule_is_met(posture, tmp_path, read):
    words = ("--states", 60, "--replicates", 2, "--stop-when", "convoys_sent half-width < 60", "--out", tmp_path)
    result = posture("compare", "fourteen", "six", "--days", 10, *words)
    assert result.exit_code == 0, result.stderr
    assert result.stderr.startswith("20 states: convoys_sent half-width ")
    assert len(read(tmp_path / "states.csv")) == 20
    assert len(read(tmp_path / "runs.csv")) == 20 * 2 * 4
    assert json.loads((tmp_path / "manifest.json").read_text())["counts"]["states"] == 20


def test_a_run_is_that_of_its_state_and_verify_reads_it(posture, folder, tmp_path, read):
    result = posture("verify", folder, "--sample", 10)
    assert (result.exit_code, result.stdout) == (0, "10 runs made again, 12 files checked: all the same\n")
    for name in ("runs.csv", "manifest.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    states = (folder / "states.csv").read_text().splitlines()
    header = states[0].split(",")
    place = header.index("supply.tonnes_per_person_day")
    cells = [line.split(",") for line in states]
    for row in cells[1:]:
        row[place] = str(0.5 + float(row[place]))
    (tmp_path / "states.csv").write_text("\n".join(map(",".join, cells)) + "\n")
    assert posture("verify", tmp_path, "--sample", 5).exit_code == 1
    (tmp_path / "states.csv").unlink()
    assert posture("verify", tmp_path, "--sample", 5).exit_code == 2


def test_what_is_set_on_the_command_line_holds_in_every_state(folder, read):
    assert "operations.base_rate_per_day" not in read(folder / "states.csv")[0]
    assert json.loads((folder / "manifest.json").read_text())["ensemble"] == "2020"


def test_displacement_adds_up_in_every_run_and_in_the_table(folder, read):
    rows = read(folder / "runs.csv")
    of = {name: [row for row in rows if row["posture"] == name] for name in ("fourteen", "six")}
    arms = [{m: np.array([float(row[m]) for row in of[name]]) for m in SPLIT_MEASURES} for name in of]
    parts = split(*arms)
    assert parts.volume + parts.choice + parts.encounter == pytest.approx(parts.total)
    table = {(row["posture"], row["part"]): float(row["mean"]) for row in read(folder / "displacement.csv")}
    for name in ("six", "equal_six"):
        whole = sum(table[name, part] for part in ("volume", "choice", "encounter"))
        assert whole == pytest.approx(table[name, "total"])
    change = float(np.mean(arms[1]["convoy_attacks"] - arms[0]["convoy_attacks"]))
    assert table["six", "total"] == pytest.approx(change)


def test_effects_are_those_of_the_runs(folder, read):
    rows = read(folder / "runs.csv")
    table = {name: [float(r["fire_attacks"]) for r in rows if r["posture"] == name] for name in ("fourteen", "six")}
    change = np.reshape(np.subtract(table["six"], table["fourteen"]), (STATES, REPLICATES)).mean(axis=1)
    expected = mean_interval(change)
    effects = read(folder / "effects.csv")
    (found,) = [r for r in effects if (r["structure"], r["posture"], r["measure"]) == ("all", "six", "fire_attacks")]
    assert float(found["difference_mean"]) == pytest.approx(expected.mean)
    assert float(found["difference_low"]) == pytest.approx(expected.low)
    assert found["states"] == str(STATES)


# --- read again ------------------------------------------------------------------------------------------
def test_page_and_analysis_have_the_intervals_of_the_effects(folder):
    results = experiments.load(folder)
    table = results.table("effects").query("structure == 'all'").set_index(["posture", "measure"])
    comparison = comparison_of(results)
    assert comparison.names == ("fourteen", "six")
    assert comparison.equal == (("equal_fourteen", "equal_six"),)
    assert comparison.n_states == STATES
    for posture, base in (("six", "fourteen"), ("equal_six", "equal_fourteen")):
        pair, row = comparison.pair(posture, "fire_attacks", base), table.loc[(posture, "fire_attacks")]
        assert (pair.difference.mean, pair.difference.high) == pytest.approx(
            (row["difference_mean"], row["difference_high"])
        )
    again = differences(results.runs, base="fourteen", measures=["fire_attacks"]).set_index("posture").loc["six"]
    assert again["difference_low"] == pytest.approx(table.loc[("six", "fire_attacks"), "difference_low"])
    assert again["pairs"] == STATES


def test_weeks_and_sites_have_intervals_over_states(folder, read):
    weekly = [r for r in read(folder / "weekly.csv") if (r["scenario"], r["measure"]) == ("six", "fire_attacks")]
    runs = [r for r in read(folder / "runs.csv") if r["posture"] == "six"]
    of_states = np.reshape([float(r["fire_attacks"]) for r in runs], (STATES, REPLICATES)).mean(axis=1)
    expected = mean_interval(of_states)
    assert {r["n"] for r in weekly} == {str(STATES)}
    assert (float(weekly[0]["mean"]), float(weekly[0]["low"])) == pytest.approx((expected.mean, expected.low))
    assert {r["scenario"] for r in read(folder / "sites.csv")} == {"fourteen", "six"}


def test_the_report_says_states_and_never_pairs_of_runs(posture, folder):
    assert posture("report", folder, "--format", "md").exit_code == 0
    text = (folder / "report.md").read_text(encoding="utf-8")
    assert f"{STATES} states of the world" in text
    assert "ensemble 2020" in text
    assert not re.search(r"\d pairs|n = \d+ runs", text)


def test_at_one_point_the_page_says_so(posture, tmp_path):
    words = ("--ensemble", "none", "--replicates", 3, "--days", 3, "--out", tmp_path)
    assert posture("compare", "fourteen", "six", *words).exit_code == 0
    assert posture("report", tmp_path, "--format", "md").exit_code == 0
    assert "one point of the parameters" in (tmp_path / "report.md").read_text(encoding="utf-8")


# --- screen ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("columns", [80, 60])
def test_the_answer_fits_the_screen_and_breaks_no_number(posture, folder, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    result = posture(*COMMAND, *SIZE, "--out", folder)
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    text = [line for line in lines if str(folder) not in line]
    assert max(map(len, text)) <= columns
    assert lines[0].startswith("Six against fourteen: ")
    for words in answer.SCORECARD.values():
        assert any(re.match(rf"{re.escape(words)}\s.*\d ± \d", line) for line in lines), words
    assert not any(re.search(r"±\s*$|^±|^\s*to ", line) for line in lines), "a number over two lines"
    assert any(line.startswith("Same people and batteries (equal_six") for line in lines)
    assert any(line.startswith("What would turn it: ") for line in lines)
    assert f"{STATES} states of the world (ensemble 2020) × {REPLICATES} replicates" in " ".join(lines)
    assert "\x1b" not in result.stdout


def rendered(monkeypatch, **environment):
    for key, value in environment.items():
        monkeypatch.setenv(key, value)
    comparison = made_up(np.random.default_rng(8), np.full(30, -9.0) + np.linspace(-1, 1, 30))
    console = Console(force_terminal=True, width=80, color_system=None if "NO_COLOR" in environment else "standard")
    with console.capture() as found:
        console.print(screen.answer_table(comparison, "six", wide=True))
    return found.get()


def test_better_and_worse_are_marked_by_word_and_colour(monkeypatch):
    coloured, plain = rendered(monkeypatch), rendered(monkeypatch, NO_COLOR="1")
    assert "\x1b[36m" in coloured
    assert "\x1b[3" not in plain
    assert "better" in plain


@pytest.mark.parametrize("ends", [False, True])
def test_nothing_is_better_for_a_mission_that_ends_and_costs_are_never_good(ends):
    """Attacks fall with an embassy that is closed; what is neither good nor bad has no verdict."""
    comparison = made_up(np.random.default_rng(3), np.full(30, -9.0) + np.linspace(-1, 1, 30))
    n = comparison.n
    for name, of in comparison.values.items():
        of["sites_evacuated"] = np.full(n, float(ends and name == "six"))
        of["closure_hours"] = np.full(n, 24.0 * (name == "six")) + np.linspace(0, 1, n)
    verdicts = {row.words: row.verdict for row in answer.rows(comparison, "six")}
    assert verdicts["rounds that land"] == (answer.OPEN if ends else answer.BETTER)
    assert answer.verdict_in(comparison, comparison.pair("six", "closure_hours")) == answer.OPEN
    said = dict(sentences(comparison, ""))
    assert "hours of closed areas" in said["Costs"]
    assert ("Ends" in said) == ends == ("the mission ends" in answer.headline(comparison, "six"))


def test_falls_and_rises_are_those_of_the_runs_and_what_is_not_told_apart_is_neither():
    comparison = made_up(np.random.default_rng(4), np.full(30, -9.0) + np.linspace(-1, 1, 30))
    before, after = comparison.values["fourteen"], comparison.values["six"]
    after["convoy_attacks"] = before["convoy_attacks"] + 3.0
    of_either_sign = np.repeat(np.where(np.arange(30) % 2, -1.0, 1.2), comparison.n // 30)
    after["hits_per_100_convoys"] = before["hits_per_100_convoys"] + of_either_sign
    said = dict(sentences(comparison, ""))
    assert "rounds that land −" in said["Falls"]
    assert "convoy attacks +" in said["Rises"]
    assert "hits" not in said["Falls"] + said["Rises"]


def test_many_postures_have_fewer_rows_each():
    rng = np.random.default_rng(9)
    one = made_up(rng, np.ones(20))
    values = {f"six+{k}": one.values["six"] for k in range(4)}
    many = Comparison(("fourteen", *values), {**one.values, **values}, one.n, states=one.states)
    assert len(answer.shown(one)) == len(answer.SCORECARD)
    assert len(answer.shown(many)) * 4 <= answer.LINES


def test_json_has_the_range_the_structures_and_equal_budgets(posture):
    found = json.loads(posture(*COMMAND, "--states", 30, "--replicates", 2, "--json").stdout)
    assert (found["postures"], found["states"], found["replicates"]) == (["fourteen", "six"], 30, 2)
    entry = found["measures"]["fire_attacks"]
    assert set(entry["difference"]) == {"mean", "low", "high", "range"}
    assert list(found["measures"]) == list(BY_NAME)
    assert found["equal_budgets"][0]["postures"] == ["equal_fourteen", "equal_six"]
    some = next(iter(found["structures"].values()))
    assert set(some) == {"in", "out"}
    assert some["in"]["states"] + some["out"]["states"] == 30


# --- refused ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--ensemble", "none", "--states", 3), "--states needs an ensemble"),
        (("--ensemble", "nosuch"), "ensemble is 'nosuch'"),
        (("--states", 0), "--states"),
    ],
)
def test_bad_words_are_refused_and_leave_nothing(posture, tmp_path, words, said):
    result = posture("compare", "fourteen", "six", *words, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert said in result.stderr
    assert not (tmp_path / "out").exists()


def test_another_ensemble_in_the_same_folder_is_refused(posture, folder, tmp_path):
    out = ("--states", 3, "--replicates", 1, "--out", tmp_path)
    assert posture(*COMMAND, *out).exit_code == 0
    result = posture(*COMMAND, *out, "--ensemble", "prior")
    assert (result.exit_code, "design.ensemble: 2020 → prior" in result.stderr) == (2, True)


def test_states_that_cannot_be_read_are_refused(tmp_path):
    with open(tmp_path / "states.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["draw", "harm.p_wound"], ["0", "0.1"]])
    with pytest.raises(ConfigError, match="it must be the states of the world"):
        read_states(tmp_path / "states.csv")


def test_over_states_the_first_alone():
    over = OverStates("2020", ({"harm.p_wound": 0.1}, {"harm.p_wound": 0.2}), {ENCOUNTER: np.array([True, False])})
    assert over.first(1).states == ({"harm.p_wound": 0.1},)
    assert over.first(1).included[ENCOUNTER].tolist() == [True]
