"""The invented theatre `plain`: every command takes it, and claims about Baghdad are refused there with a reason."""

from __future__ import annotations

import json

import designs
import pytest

import experiments
from experiments.studies.claims.catalogue import load_claims
from sim.config_files import configs_folder
from sim.errors import ConfigError

PLAIN = ("plain_three", "plain_one")
SHORT = ("--days", 20, "--set", "operations.base_rate_per_day=0.5")


@pytest.mark.parametrize("name", PLAIN)
def test_a_run_is_written_and_reported(posture, tmp_path, name):
    assert posture("run", name, "--out", tmp_path, "--daily", "--events", *SHORT).exit_code == 0
    done = posture("report", tmp_path)
    assert done.exit_code == 0, done.stderr
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert name in page
    assert ">nan<" not in page
    fire = experiments.load(tmp_path).table("events").query("kind == 'fire on a site'")
    assert len(fire) > 0
    assert set(fire["target"]) <= {"town_post", "east_camp", "north_camp"}


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    from click.testing import CliRunner

    from experiments.cli import cli

    folder = tmp_path_factory.mktemp("plain")
    words = ("compare", "--ensemble", "none", *PLAIN, "--replicates", 3, *SHORT, "--out", folder)
    done = CliRunner().invoke(cli, list(map(str, words)))
    assert done.exit_code == 0, done.output
    return folder


def test_a_comparison_is_written_verified_and_reported(posture, compared):
    verified = posture("verify", compared, "--sample", 6)
    assert verified.exit_code == 0, verified.output
    done = posture("report", compared)
    assert done.exit_code == 0, done.stderr
    page = (compared / "report.html").read_text(encoding="utf-8")
    assert "Attacks on convoys with plain one" in page
    assert "Baghdad’s centre" not in page
    assert "embassy" not in json.loads((compared / "manifest.json").read_text())["theatres"]["plain"]["sites"]


def test_a_sweep_of_both_theatres_is_written_and_reported(posture, tmp_path):
    factors = [{"key": "posture", "values": [*PLAIN, "six"]}]
    design = designs.write(tmp_path / "d.toml", factors=factors, n=None)
    assert posture("sweep", design, "--out", tmp_path / "out").exit_code == 0
    runs = experiments.load(tmp_path / "out").runs
    assert set(runs["posture"]) == {*PLAIN, "six"}
    assert posture("report", tmp_path / "out").exit_code == 0
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert set(manifest["theatres"]) == {"plain", "baghdad"}


def test_claims_about_baghdad_are_refused_on_another_theatre(posture, tmp_path):
    text = (configs_folder() / "claims.toml").read_text(encoding="utf-8")
    path = tmp_path / "claims.toml"
    path.write_text(text.replace('posture = "fourteen"', 'posture = "plain_one"', 1), encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        load_claims(path)
    said = str(refused.value)
    assert "posture is 'plain_one'" in said
    assert "it must be a posture in the theatre baghdad" in said
    assert "stands in plain" in said


def test_claims_about_another_theatre_are_taken_if_they_say_so(tmp_path):
    test = 'base = { posture = "plain_three" }\ncase = { posture = "plain_one" }\n'
    test += 'measure = "fire_attacks"\nat_most = 0.0\n'
    claim = '[[claims]]\nid = "S1"\nclaim = "c"\nkind = "emergent"\nassumed = "a"\nstatement = "s"\n[[claims.tests]]\n'
    head = 'title = "t"\nsource = "s"\nsupported_from = 0.8\n'
    path = tmp_path / "mine.toml"
    path.write_text(head + claim + test, encoding="utf-8")
    with pytest.raises(ConfigError, match="it must be a posture in the theatre baghdad"):
        load_claims(path)
    path.write_text(f'theatre = "plain"\n{head}{claim}{test}', encoding="utf-8")
    assert [each.id for each in load_claims(path).claims] == ["S1"]


def test_check_names_what_a_coarse_grid_puts_into_one_square(posture, tmp_path):
    """Two places, or two roads that do not meet, in one square are another map: the audit found what that moves."""
    text = (configs_folder() / "theatres" / "plain.toml").read_text(encoding="utf-8")
    fine, coarse = tmp_path / "fine.toml", tmp_path / "coarse.toml"
    fine.write_text(text, encoding="utf-8")
    coarse.write_text(text.replace("square_km = 5.0", "square_km = 30.0"), encoding="utf-8")
    assert "what is in one square meets" not in posture("check", fine).stdout
    assert "; 1 square with several places: what is in one square meets" in posture("check", coarse).stdout
