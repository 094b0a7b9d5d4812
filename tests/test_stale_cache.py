"""A rule that is edited takes effect in the next process, though compiled rules are kept on disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_model import copy_into, edit, run

from sim.compiled import hash_of, source_hash


@pytest.fixture
def copied(tmp_path):
    return copy_into(tmp_path)


def convoys_sent(folder):
    """Convoys ordered on a day with empty stores, by the compiled loop of the copy, in a fresh process."""
    (where, count, *_), _ = run(folder, folder / "cache")
    assert Path(where).is_relative_to(folder)
    return int(count)


def kept(folder):
    """Files of code with the time of their last change."""
    return {path: path.stat().st_mtime_ns for path in (folder / "cache").rglob("*.code")}


def test_an_edited_rule_takes_effect_and_an_edit_undone_too(copied):
    edit(copied, 2)
    assert convoys_sent(copied) == 6 * 2
    edit(copied, 3)
    assert convoys_sent(copied) == 6 * 3
    edit(copied, 2)
    before = kept(copied)
    assert len({path.parent for path in before}) == 2
    assert convoys_sent(copied) == 6 * 2
    assert kept(copied) == before, "compiled again"


def test_an_edit_of_any_file_a_new_one_and_one_that_is_gone_are_other_sources(copied):
    files = [path for path in (copied / "sim").rglob("*.py") if "app" not in path.relative_to(copied / "sim").parts]
    assert len(files) > 60
    before = hash_of(copied / "sim")
    assert before != source_hash(), "the copy has another hour"
    for path in files:
        text = path.read_bytes()
        path.write_bytes(text + b"\n")
        assert hash_of(copied / "sim") != before, path
        path.unlink()
        assert hash_of(copied / "sim") != before, path
        path.write_bytes(text)
    assert hash_of(copied / "sim") == before
    (copied / "sim" / "rules" / "another.py").touch()
    assert hash_of(copied / "sim") != before


EDITING = """
import os
from sim import load_scenario, simulate
scenario = load_scenario("six").with_changes({"days": 1, "supply.stock_at_start_days": 0.0})
import sim.engine, pathlib
path = pathlib.Path(sim.rules.supply.__file__)
path.write_text(path.read_text().replace("MOST_CONVOYS_A_DAY = 2", "MOST_CONVOYS_A_DAY = 3"))
run = simulate(scenario, 7)
print(int(run.measures["convoys_sent"]))
"""


def test_rules_that_are_edited_while_a_program_runs_are_not_kept_under_the_name_of_the_new_ones(copied):
    edit(copied, 2)
    (sent,), lines = run(copied, copied / "cache", EDITING)
    assert int(sent) == 6 * 2, "what was imported"
    told = (
        "posture: sources were edited since this program began; its compiled rules are not kept; results are the same"
    )
    assert lines.count(told) == 1
    assert convoys_sent(copied) == 6 * 3
