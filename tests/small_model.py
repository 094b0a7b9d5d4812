"""A copy of the package whose hour is one rule alone: it compiles in a fraction of the time of all of them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

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
run = simulate(scenario, 7)
print(sim.__file__, int(run.measures["convoys_sent"]), run.digest, "numba" in sys.modules)
"""


def copy_into(folder: Path) -> Path:
    """The copy: the engine's loop, which is what is kept, is as it is; the rule that is edited is two calls below."""
    shutil.copytree(Path(sim.__file__).parent, folder / "sim", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(configs_folder(), folder / "configs", dirs_exist_ok=True)
    replaced(folder / "sim" / "schedule.py", HOUR, ORDERS_ALONE)
    return folder


def replaced(path, pattern, text):
    """Write a part of a source anew."""
    text, n = pattern.subn(text, path.read_text(encoding="utf-8"))
    assert n == 1
    path.write_text(text, encoding="utf-8")


def edit(folder, value):
    """Write another constant into one rule; `engine.py`, whose function is kept, stays as it is."""
    replaced(folder / "sim" / "rules" / "supply.py", CONSTANT, rf"\g<1>{value}")


def start(folder, cache, text=RUN, within=(), **more):
    """A fresh process with the copy; `within` is what starts it."""
    environment = {key: value for key, value in os.environ.items() if key != "POSTURE_NOTICES"}
    environment |= {"PYTHONPATH": str(folder), "POSTURE_CACHE": str(cache), **more}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([*within, sys.executable, "-c", text], cwd=folder, env=environment, text=True, **pipes)


def ended(process):
    """What it printed, as words, and the lines of standard error."""
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return out.split(), err.splitlines()


def run(folder, cache, text=RUN, within=(), **more):
    """The same, waited for."""
    return ended(start(folder, cache, text, within, **more))
