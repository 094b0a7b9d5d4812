"""`posture view`: what it refuses, before anything is served. What it serves is tested in `tests/browser`."""

from __future__ import annotations

import re
import socket
import subprocess
import sys

import pytest

from experiments.live.setup import ViewRequest, setup_of
from sim.app.run_request import scenarios
from sim.config_files import configs_folder
from sim.scenario import load_scenario

pytest.importorskip("solara")


def view(*words):
    command = [sys.executable, "-m", "experiments.cli", "view", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def request(tmp_path, **changes):
    words = {
        "posture": "six",
        "twin": "",
        "seed": 1,
        "hour": 0,
        "row": None,
        "ensemble": None,
        "out": tmp_path,
        "days": None,
        "responses": (),
        "calendar": None,
        "settings": (),
    }
    return ViewRequest(**{**words, **changes})


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored")
    words = [
        "compare",
        "--ensemble",
        "none",
        "six",
        "six+surge=0.5@1",
        "--replicates",
        "3",
        "--days",
        "4",
        "--out",
        str(folder),
    ]
    subprocess.run([sys.executable, "-m", "experiments.cli", *words], check=True, capture_output=True)
    return folder


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("seven",), r"posture: posture is 'seven'; it must be .*six"),
        (("six", "--twin", "seven"), r"posture: posture is 'seven'; it must be .*six"),
        (("six", "--response", "x"), r"posture: response is 'x'; it must be"),
        (("six", "--set", "defence.p_intercept=2"), r"defence.p_intercept is 2; .*from 0 to 1"),
        (("six", "--calendar", "1999"), r"calendar is .*1999"),
        (("--row", "nowhere"), r"--row is 'nowhere'; it must be DIR/runs.csv:N"),
        (("--row", "nowhere/runs.csv:1"), r"nowhere/runs.csv: .*it must be a results folder"),
        (("--row", "x/runs.csv:1", "--days", "3"), r"--row is 'x/runs.csv:1'; it stands without --response"),
        (("six", "--ensemble", "nowhere"), r"nowhere.*; it must"),
        (("six", "--host", "300.1.1.1"), r"--host is '300.1.1.1'; it must be a free port of this machine"),
    ],
)
def test_bad_words_are_refused_in_one_line(words, message):
    result = view(*words, "--port", "0")
    assert result.returncode == 2, result.stderr
    assert re.search(message, result.stderr), result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_a_port_in_use_is_refused():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = view("six", "--port", str(port))
    assert result.returncode == 2
    assert (
        f"--port is '127.0.0.1:{port}'; it must be a free port of this machine: Address already in use" in result.stderr
    )


def test_a_row_is_opened_at_its_end_as_it_was_run(stored, tmp_path):
    setup = setup_of(request(tmp_path, row=f"{stored}/runs.csv:5"))
    (scenario,) = scenarios(setup.request, setup.catalogue)
    assert (scenario.label, scenario.days, setup.request.hour) == ("six+surge=0.5@1", 4, 96)
    assert setup.note.startswith(f"Row 5 of {stored}/runs.csv, digest ")
    later = scenario.with_responses(["zone_closure@2"])
    assert later.label == "six+surge=0.5@1+zone_closure@2"


def test_files_of_the_command_line_are_known_to_the_page_by_their_names(tmp_path, early):
    response = tmp_path / "guard.toml"
    with open(early["surge"], encoding="utf-8") as file:
        response.write_text(file.read().replace('name = "surge"', 'name = "guard"'), encoding="utf-8")
    setup = setup_of(request(tmp_path, posture=f"six+{response}=0.5@3", days=9))
    (scenario,) = scenarios(setup.request, setup.catalogue)
    assert setup.request.responses == ("guard=0.5@3",)
    assert scenario == load_scenario("six", {"days": 9}, [f"{response}=0.5@3"])


def test_a_posture_file_may_bring_responses(tmp_path):
    mine = tmp_path / "mine.toml"
    six = (configs_folder() / "postures" / "six.toml").read_text(encoding="utf-8")
    mine.write_text(six.replace('name = "six"', 'name = "mine"', 1), encoding="utf-8")
    setup = setup_of(request(tmp_path, posture=f"{mine}+surge", twin=str(mine), days=3))
    assert [each.label for each in scenarios(setup.request, setup.catalogue)] == ["mine+surge", "mine+surge"]


def test_a_stored_ensemble_is_looked_at_before_it_is_needed(stored, tmp_path):
    setup = setup_of(request(tmp_path, ensemble=stored, days=4))
    (scenario,) = scenarios(setup.request, setup.catalogue)
    assert setup.stored.of(scenario).n == 3
