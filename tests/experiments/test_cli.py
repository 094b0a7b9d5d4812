"""The program as a user meets it: help, errors, exit codes, what is printed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from importlib.metadata import entry_points

import pytest

from experiments.cli import COMMANDS
from sim.config_files import configs_folder, names, parse_changes
from sim.errors import ConfigError
from sim.parameters import Parameters, flat
from tests.experiments.processes import finish, start, until

HEAVY = {"numpy", "numba", "mesa", "scipy", "matplotlib", "pandas", "pydantic", "networkx", "rich", "pyarrow"}


def test_the_program_is_installed_under_its_name():
    (entry,) = entry_points(group="console_scripts", name="posture")
    assert entry.value == "experiments.cli:main"


# --- help ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_every_help_has_an_example_and_imports_nothing_heavy(command):
    script = (
        "import sys; from experiments.cli import cli; cli(sys.argv[1:] + ['--help'], prog_name='posture', "
        f"standalone_mode=False); print('HEAVY', sorted({HEAVY!r} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", script, *command], capture_output=True, text=True, check=True)
    assert "Example" in result.stdout
    assert "\n    posture " in result.stdout
    assert "HEAVY []" in result.stdout


def test_a_run_whose_theatre_is_kept_imports_nothing_heavy_that_it_does_not_need():
    script = (
        "import sys; from experiments.cli import cli; cli(['run', 'six', '--days', '1'], standalone_mode=False); "
        f"print('HEAVY', sorted({HEAVY!r} & set(sys.modules)))"
    )
    for _ in range(2):  # the first builds the theatre, and keeps it
        result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "HEAVY ['numpy', 'pydantic', 'rich']" in result.stdout


def test_help_lists_every_command(posture):
    result = posture("--help")
    assert result.exit_code == 0
    assert all(f"\n  {name} " in result.stdout for name in COMMANDS)


def test_version(posture):
    assert posture("--version").stdout.startswith("posture, version ")


# --- errors --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "nosuch"], ["posture is 'nosuch'", "fourteen", "six"]),
        (["run", "nosuch.toml"], ["nosuch.toml"]),
        (["run", "six", "--days", "0"], ["days is 0", "1 to 3660"]),
        (["run", "six", "--days", "many"], ["--days", "many"]),
        (["run", "six", "--seed", "-1"], ["--seed", "-1"]),
        (["run", "six", "--seed", str(2**64)], ["--seed", str(2**64)]),
        (["run", "six", "--set", "days"], ["--set", "KEY=VALUE"]),
        (["run", "six", "--set", "=3"], ["--set", "KEY=VALUE"]),
        (["run", "six", "--set", "defence.p_intercept=high"], ["--set", "defence.p_intercept=high", "quotes"]),
        (["run", "six", "--set", "defence.p_intercept=1.5"], ["defence.p_intercept is 1.5", "0 to 1"]),
        (["run", "six", "--set", "defence.p_intercept=true"], ["defence.p_intercept is true"]),
        (["run", "six", "--set", "defence.p_intercept=nan"], ["defence.p_intercept is nan"]),
        (["run", "six", "--set", "defence.luck=1"], ["defence.luck", "p_intercept"]),
        (["run", "six", "--set", "luck=1"], ["luck", "there is no such key"]),
        (["run", "six", "--days", "3", "--set", "days=4"], ["--set", "days may be given once"]),
        (["run", "six", "--daily"], ["--out DIR"]),
        (["run", "six", "--events"], ["--out DIR"]),
        (["run"], ["POSTURE"]),
        (["compare", "--ensemble", "none", "six"], ["at least two"]),
        (["compare", "--ensemble", "none", "six", "nosuch"], ["posture is 'nosuch'"]),
        (["compare", "--ensemble", "none", "six", "six"], ["posture is 'six'", "a name of its own"]),
        (["compare", "--ensemble", "none", "fourteen", "six", "--replicates", "0"], ["--replicates"]),
        (["compare", "--ensemble", "none", "fourteen", "six", "--workers", "0"], ["--workers"]),
        (["describe", "nosuch"], ["NAME is 'nosuch'"]),
        (["check"], ["FILE"]),
        (["check", "nosuch.toml"], ["nosuch.toml", "a file that exists"]),
        (["nosuch"], ["nosuch"]),
        (["run", "six", "--nosuch"], ["--nosuch"]),
    ],
)
def test_bad_input_is_one_clear_message_and_exit_code_2(posture, arguments, words):
    result = posture(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert all(word in result.stderr for word in words)
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    "command",
    # the comparison would outlast any time limit of a test if the folder were looked at too late
    [["compare", "--ensemble", "none", "fourteen", "six", "--replicates", 10**6], ["run", "six", "--days", 3660]],
)
def test_a_folder_that_cannot_be_written_is_refused_before_anything_runs(posture, tmp_path, command):
    (tmp_path / "file").write_text("")
    result = posture(*command, "--out", tmp_path / "file" / "folder")
    assert result.exit_code == 2
    assert result.stderr.startswith("posture: --out is ")
    assert "it must be a folder that can be written" in result.stderr


def test_an_error_in_a_process_of_its_own(program):
    result = program("run", "nosuch")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("posture: posture is 'nosuch'")
    assert result.stderr.count("\n") == 1


def test_control_c_is_exit_code_130_and_leaves_nothing_behind(tmp_path):
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    process = start("compare", "--ensemble", "none", "fourteen", "six", "--replicates", 20_000, env=environment)
    until(process, lambda: list(tmp_path.glob("posture-*/chunks/*.chunk")))
    process.send_signal(signal.SIGINT)
    code, out, err = finish(process)
    assert (code, out, err) == (130, "", "posture: stopped\n")
    assert not list(tmp_path.iterdir())


def test_a_run_that_fails_is_exit_code_1(posture):
    crowd = ("supply.trucks_per_convoy=1", "supply.tonnes_per_truck=0.1", "supply.assembly_hours=1000")
    changes = [word for change in crowd for word in ("--set", change)]
    result = posture("run", "six", "--seed", 7, "--days", 30, *changes)
    assert result.exit_code == 1
    assert re.fullmatch(r"posture: seed 7: stopped at hour \d+: more than \d+ convoys at once .*\n", result.stderr)


# --- changes -------------------------------------------------------------------------------------------
def test_values_are_read_as_toml():
    given = ("a.b=0.5", "c = 3", 'd="text"', "e=2020-03-01", "f=[1, 2, 3]")
    values = {key: str(value) for key, value in parse_changes(given, 7).items()}
    assert values == {"days": "7", "a.b": "0.5", "c": "3", "d": "text", "e": "2020-03-01", "f": "[1, 2, 3]"}


@pytest.mark.parametrize("setting", ["a=", "a=1\nb=2", "a=1 # note\nb=2", "a=x"])
def test_other_values_are_refused(setting):
    with pytest.raises(ConfigError, match="VALUE must be as in TOML"):
        parse_changes((setting,), None)


# --- list, describe, check -----------------------------------------------------------------------------
def test_list_shows_every_config_with_title_and_source(posture):
    listed = json.loads(posture("list", "--json").stdout)
    assert [entry["name"] for entry in listed["postures"]] == names("postures")
    assert [entry["name"] for entry in listed["theatres"]] == names("theatres")
    assert all(entry["title"] and entry["source"] for entry in listed["postures"])
    shown = posture("list").stdout
    assert all(entry["title"] in shown for kind in listed.values() for entry in kind)


def test_describe_resolves_a_posture(posture):
    content = json.loads(posture("describe", "six", "--json", "--set", "defence.p_intercept=0.9").stdout)
    assert sum(site["people"] for site in content["sites"]) == 3000
    assert content["agents"]["sites"] == 6
    parameters = {row["key"]: row for row in content["parameters"]}
    assert list(parameters) == list(flat(Parameters()))
    assert parameters["defence.p_intercept"]["value"] == 0.9
    assert [key for key, row in parameters.items() if row["changed"]] == ["defence.p_intercept"]
    assert all(row["unit"] and row["source"] and row["meaning"] for row in content["parameters"])


def test_describe_shows_sites_orders_and_parameters(posture):
    shown = posture("describe", "drawdown_2020", "--days", 10).stdout
    assert "10 days from 2020-01-01 in baghdad" in shown
    assert "2020-03-17" in shown
    assert "al_qaim" in shown
    assert all(key in shown for key in flat(Parameters()))


def test_check_accepts_every_config_that_comes_with_the_program(posture):
    files = [configs_folder() / kind / f"{name}.toml" for kind in ("postures", "theatres") for name in names(kind)]
    result = posture("check", *files)
    assert (result.exit_code, result.stderr) == (0, "")
    assert len(result.stdout.splitlines()) == len(files)
    assert all(f"{file}: ok (" in result.stdout for file in files)


def test_check_says_what_is_wrong_with_every_bad_file(posture, tmp_path):
    good = configs_folder() / "postures" / "six.toml"
    texts = {
        "typo.toml": good.read_text().replace("days = 274", "dayz = 274"),
        "people.toml": good.read_text().replace("people = 550", "people = -550", 1),
        "syntax.toml": "name = ",
        "other.toml": "colour = 'red'",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    result = posture("check", good, *(tmp_path / name for name in texts))
    assert result.exit_code == 2
    beyond = "out of every cell's reach: erbil, harir"
    assert result.stdout == f"{good}: ok (posture six: 6 sites, 274 days; {beyond})\n"
    lines = result.stderr.splitlines()
    assert [line.split(": ")[:2] for line in lines] == [["posture", str(tmp_path / name)] for name in texts]
    for line, word in zip(lines, ("dayz", "-550", "TOML", "places"), strict=True):
        assert word in line
