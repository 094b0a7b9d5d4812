"""A rule that is edited takes effect in the next process, though compiled rules are kept on disk."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import sim
from sim.config_files import configs_folder

HOUR = re.compile(r"(\ndef hour\(world: World, state: State\) -> None:\n).*?\n\n\n", re.DOTALL)
ORDERS_ALONE = """\\1    if state.hour % 24 == 0:
        for j in range(world.n_sites):
            supply.order_convoys(j, world, state)
    daily_tally.close_hour(world, state)


"""
CONSTANT = re.compile(r"^(MOST_CONVOYS_A_DAY = )\d+", re.MULTILINE)
RUN = """
import sim, sys
from sim import load_scenario, simulate
scenario = load_scenario("six").with_changes({"days": 1, "supply.stock_at_start_days": 0.0})
print(sim.__file__, int(simulate(scenario, 7).measures["convoys_sent"]))
"""


@pytest.fixture
def copied(tmp_path):
    """A copy of the package whose hour is one rule alone, which compiles in a fraction of the time of all of them.

    The engine's loop, which is what is kept, is as it is; the rule that is edited is two calls below it.
    """
    shutil.copytree(Path(sim.__file__).parent, tmp_path / "sim", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(configs_folder(), tmp_path / "configs", dirs_exist_ok=True)
    schedule = tmp_path / "sim" / "schedule.py"
    text, n = HOUR.subn(ORDERS_ALONE, schedule.read_text(encoding="utf-8"))
    assert n == 1
    schedule.write_text(text, encoding="utf-8")
    return tmp_path


def convoys_sent(folder):
    """Convoys ordered on a day with empty stores, by the compiled loop of the copy, in a fresh process."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "POSTURE_CACHE": str(folder / "cache")}
    result = subprocess.run(
        [sys.executable, "-c", RUN], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    where, count = result.stdout.split()
    assert Path(where).is_relative_to(folder)
    return int(count)


def edit(folder, value):
    """Write another constant into one rule; `engine.py`, whose function is kept, stays as it is."""
    path = folder / "sim" / "rules" / "supply.py"
    text, n = CONSTANT.subn(rf"\g<1>{value}", path.read_text(encoding="utf-8"))
    assert n == 1
    path.write_text(text, encoding="utf-8")


def test_an_edited_rule_takes_effect_and_an_edit_undone_too(copied):
    edit(copied, 2)
    assert convoys_sent(copied) == 6 * 2
    edit(copied, 3)
    assert convoys_sent(copied) == 6 * 3
    edit(copied, 2)
    kept = {path for path in (copied / "cache").rglob("*") if path.is_file()}
    assert len({path.relative_to(copied / "cache").parts[0] for path in kept}) == 2
    assert convoys_sent(copied) == 6 * 2
    assert {path for path in (copied / "cache").rglob("*") if path.is_file()} == kept, "compiled again"
