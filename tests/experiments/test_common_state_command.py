"""`posture common-state`: a table that a theatre's file takes, the same for the same seed; too few runs are refused."""

from __future__ import annotations

import re
import tomllib

import pytest

from experiments.runs.common_state import held
from sim.config_files import configs_folder
from sim.parameters import CommonState
from sim.scenario import load_scenario

CALL = ("common-state", "drawdown_2020", "--replicates", 10, "--pairs", 100)


@pytest.fixture(scope="module")
def said():
    from click.testing import CliRunner

    from experiments.cli import cli

    done = CliRunner().invoke(cli, list(map(str, CALL)))
    assert done.exit_code == 0, done.output
    return done


def test_what_is_printed_is_a_table_that_a_theatre_takes(said, posture, tmp_path):
    state = tomllib.loads(said.stdout)["common_state"]
    assert list(state) == list(CommonState.model_fields)
    theatre = (configs_folder() / "theatres" / "baghdad.toml").read_text(encoding="utf-8")
    mine, n = re.subn(r"\[common_state\]\n(?:.+\n)+", said.stdout, theatre, count=1)
    assert n == 1
    (tmp_path / "mine.toml").write_text(mine.replace('name = "baghdad"', 'name = "mine"', 1), encoding="utf-8")
    six = (configs_folder() / "postures" / "six.toml").read_text(encoding="utf-8")
    (tmp_path / "p.toml").write_text(six.replace('theatre = "baghdad"', 'theatre = "mine.toml"'), encoding="utf-8")
    assert posture("check", tmp_path / "mine.toml", tmp_path / "p.toml").exit_code == 0
    assert dict(load_scenario(tmp_path / "p.toml").parameters.common_state) == state


def test_it_comes_near_what_the_theatre_has(said):
    """By ten runs, within a third (two of bombs for details, which are few): the theatre's are of thousands."""
    state, known = tomllib.loads(said.stdout)["common_state"], load_scenario("six").parameters.common_state
    for key, value in known:
        assert state[key] == pytest.approx(value, rel=2 / 3 if key == "detail_traffic" else 1 / 3), key


def test_how_far_it_is_is_told_beside_the_table(said, posture):
    rounds = said.stderr.splitlines()
    assert [line.partition(":")[0] for line in rounds] == ["round 1", "round 2", "round 3", "paired runs"]
    again = posture(*CALL)
    assert (again.stdout, again.stderr) == (said.stdout, said.stderr)
    assert posture(*CALL, "--seed", 2).stdout != said.stdout


def test_too_few_runs_are_refused_in_one_line(posture):
    """Three runs of one small site: chance takes attacks for each start below 0, which no theatre may have."""
    done = posture("common-state", "plain_one", "--replicates", 3, "--pairs", 3, "--seed", 4)
    assert (done.exit_code, done.stdout) == (1, "")
    assert re.search(r"\nposture: 3 runs are too few: attacks_per_start comes out at −?-?0\.\d+, which", done.stderr)


def test_where_nothing_happens_there_is_no_common_state(posture, tmp_path):
    six = (configs_folder() / "postures" / "six.toml").read_text(encoding="utf-8")
    quiet = tmp_path / "quiet.toml"
    quiet.write_text(six + "\n[parameters.operations]\nbase_rate_per_day = 0.0\n", encoding="utf-8")
    done = posture("common-state", quiet, "--replicates", 2, "--pairs", 2)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "2 runs are too few: there are no bombs" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [("nosuch",), ("six", "--replicates", 1), ("six", "--seed", -1)])
def test_bad_input_is_refused(posture, words):
    assert posture("common-state", *words).exit_code == 2


def test_the_state_is_that_of_the_first_day_and_nothing_changes_in_it():
    scenario = held(load_scenario("drawdown_2020", {"calendar": "2020"}, ["surge"]))
    assert scenario.posture.handovers == scenario.posture.deliveries == scenario.posture.departures == ()
    assert (scenario.responses, scenario.calendar) == ((), None)
    assert {site.batteries for site in scenario.posture.sites} == {0}
    assert [s.people for s in scenario.posture.sites] == [s.people for s in load_scenario("fourteen").posture.sites]
    assert scenario.parameters.choice.learning_rate == scenario.parameters.operations.momentum_branching == 0.0
