"""Targets: read off the days of runs, windows beyond September, and every refusal."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import numpy as np
import pytest

from experiments.studies.targets import TargetValues, load_targets, over_window
from sim.errors import ConfigError
from sim.measures import series
from sim.state import TALLY

GOOD = {
    "name": '"a"',
    "measure": '"fire_attacks"',
    "from": "2020-01-01",
    "until": "2020-01-31",
    "value": "3",
}


def written(tmp_path, head="", **changes):
    entries = {**GOOD, **{key.rstrip("_"): value for key, value in changes.items()}}
    lines = [f"{key} = {value}" for key, value in entries.items() if value is not None]
    path = tmp_path / "x.toml"
    path.write_text("\n".join(['name = "x"', 'title = "x"', head, "[[targets]]", *lines]), encoding="utf-8")
    return path


def made_up_days():
    """One run of ten days: two rockets and a drone a day, three sites, then two."""
    days = np.zeros((1, 10), TALLY)
    days["rocket_attacks"], days["drone_attacks"] = 2 * np.arange(1, 11), np.arange(1, 11)
    days["sites_open"] = [3] * 5 + [2] * 5
    return days


def test_counts_grow_over_a_window_and_levels_are_averaged():
    fire, sites = (series(made_up_days(), name) for name in ("fire_attacks", "sites_open"))
    assert over_window(fire, "fire_attacks", 0, 9) == 30
    assert over_window(fire, "fire_attacks", 0, 0) == 3
    assert over_window(fire, "fire_attacks", 4, 6) == 9
    assert over_window(sites, "sites_open", 3, 6) == 2.5


def test_a_ratio_of_nothing_has_no_value(tmp_path):
    loaded = load_targets(written(tmp_path, per='"convoy_attacks"', until="2020-01-10"))
    output, batch = TargetValues(loaded.targets.targets), SimpleNamespace(days=np.repeat(made_up_days(), 2, axis=0))
    batch.days["convoy_attacks"][1] = 15
    assert np.isnan(output.reduce(loaded.scenario, batch, 0)).tolist() == [[True]]
    assert output.reduce(loaded.scenario, batch, 1).tolist() == [[2.0]]


def test_windows_beyond_september_make_the_run_longer(tmp_path):
    loaded = load_targets(written(tmp_path, until="2021-02-28"))
    assert loaded.scenario.days == (date(2021, 2, 28) - date(2020, 1, 1)).days + 1


def test_a_calendar_and_a_posture_beside_the_file_are_found(tmp_path):
    (tmp_path / "mine.toml").write_text(
        'name = "mine"\ntitle = "x"\nsource = "x"\n[[events]]\ndate = 2020-02-01\nlevel = "funds"\n'
        'amount = -0.5\nwhy = "made up"\n',
        encoding="utf-8",
    )
    loaded = load_targets(written(tmp_path, head='posture = "six"\ncalendar = "mine.toml"'))
    assert loaded.scenario.name == "six"
    assert loaded.scenario.calendar.events[0].amount == -0.5


def test_the_targets_of_2020_are_those_of_the_source():
    targets = {target.name: target for target in load_targets("2020").targets.targets}
    assert [targets[f"fire, Q{q}"].value for q in (1, 2, 3)] == [19, 11, 27]
    assert [targets[f"convoys, Q{q}"].value for q in (1, 2, 3)] == [14, 27, 25]
    assert all(targets[f"{kind}, Q{q}"].tolerance >= 0.15 for kind in ("fire", "convoys") for q in (1, 2, 3))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"measure": '"attacks"'}, ["targets[0].measure", "'attacks'", "fire_attacks"]),
        ({"per": '"nothing"'}, ["targets[0].per", "'nothing'", "docs/data-dictionary.md"]),
        ({"per": '"sites_open"'}, ["targets[0].per", "it must be a count"]),
        ({"from": "2019-12-01"}, ["targets[0].from", "2019-12-01", "2020-01-01"]),
        ({"until": "2019-12-01"}, ["targets[0]", "until must not be before from"]),
        ({"until": "2050-01-01"}, ["until", "3660"]),
        ({"value": None}, ["targets[0]", "one of value, at_least, at_most, or low and high"]),
        ({"at_least": "1.0"}, ["targets[0]", "one of value"]),
        ({"value": None, "low": "1.0"}, ["targets[0]", "low and high stand together"]),
        ({"value": "-1"}, ["targets[0].value", "-1"]),
        ({"tolerance": "-0.1"}, ["targets[0].tolerance", "-0.1", "0 to 10"]),
        ({"value": '"three"'}, ["targets[0].value", "three"]),
        ({"measure": '"sites_open"', "fit": "true"}, ["targets[0]", "only counts and their ratios"]),
        ({"value": None, "low": "1.0", "high": "2.0", "fit": "true"}, ["targets[0]", "only counts and their"]),
        ({"counts": '"seen"'}, ["targets[0].counts", "seen", "gone_off", "claimed"]),
        ({"counts": '"found"'}, ["targets[0].counts", "'found'", "for what was found"]),
        ({"measure": '"drones_found"'}, ["targets[0].counts", "gone_off", "for what was found"]),
        ({"per": "[]"}, ["targets[0].per"]),
        ({"per": '["convoys_sent", "nothing"]'}, ["targets[0].per", "'nothing'", "docs/data-dictionary.md"]),
        ({"per_from": "2020-01-01"}, ["targets[0]", "window of per, which is not there"]),
        ({"per": '"convoys_sent"', "per_from": "2020-01-02"}, ["targets[0]", "must hold the window"]),
        ({"per": '"convoys_sent"', "per_from": "2019-12-02"}, ["targets[0].per_from", "2019-12-02", "2020-01-01"]),
        ({"without": '"nothing"'}, ["targets[0].without", "'nothing'", "docs/data-dictionary.md"]),
        ({"without": '"sites_open"'}, ["targets[0].without", "it must be a count"]),
        ({"cut_days": "31"}, ["targets[0]", "cut_days must leave a day"]),
        ({"cut_days": "-1"}, ["targets[0].cut_days", "-1"]),
        ({"among": "5"}, ["targets[0]", "among is for a value"]),
        ({"among": "2", "per": '"fire_attacks"'}, ["targets[0]", "no more than it"]),
        ({"among": "5", "per": '"fire_attacks"', "value": "2.5"}, ["targets[0]", "a whole number"]),
        ({"trust": "0.5"}, ["targets[0]", "trust is for at_least or at_most"]),
        ({"trust": "0.0", "value": None, "at_most": "1.0"}, ["targets[0].trust", "0"]),
        ({"wrong": "1"}, ["targets[0].wrong", "key is unknown"]),
        ({"head": 'posture = "nowhere"'}, ["posture", "nowhere", "drawdown_2020"]),
        ({"head": 'calendar = "none"'}, ["calendar", "none", "2020"]),
        ({"head": "targets = 3 ="}, ["x.toml", "it must be TOML"]),
    ],
)
def test_refusals_say_where_what_and_what_is_allowed(posture, tmp_path, changes, words):
    path = written(tmp_path, **changes)
    with pytest.raises(ConfigError) as refused:
        load_targets(path)
    assert all(word in str(refused.value) for word in words), str(refused.value)
    result = posture("validate", "--targets", path, "--ensemble", "none", "--quick", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert result.stderr.strip() == f"posture: {refused.value}"
    checked = posture("check", path)
    assert checked.exit_code == 2
    assert str(refused.value).removeprefix(f"{path}: ") in checked.stderr


def test_a_name_given_twice_is_refused(tmp_path):
    path = written(tmp_path)
    text = path.read_text(encoding="utf-8")
    path.write_text(text + "\n" + text[text.index("[[targets]]") :], encoding="utf-8")
    with pytest.raises(ConfigError, match=r"targets\[1\].name is 'a'; each name may be given once"):
        load_targets(path)
