"""The first start of the live view after `make demo` compiles nothing: it calls only what a comparison has called."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytest.importorskip("solara")

SCRIPT = """
import json, sys
from pathlib import Path
from experiments.cli import cli
from sim.compiled import ENTRIES

def called():
    return sorted(name for name, entry in ENTRIES.items() if entry.is_loaded)

folder = sys.argv[1]
words = ["compare", "fourteen", "six", "--states", "2", "--replicates", "2", "--days", "3", "--out", folder]
cli(words, standalone_mode=False)
before = called()
from experiments.live.setup import ViewRequest, setup_of
from sim.app.controller import warm_up
from sim.app.run_request import scenarios
from sim.app.session import Session
from sim.scenario import parse_use
from sim.app.whatif import Option, what_if

setup = setup_of(ViewRequest("six", "fourteen", 1, 0, None, None, Path(folder), 20, (), None, ()))
warm_up(setup)
session = Session(scenarios(setup.request, setup.catalogue), 1)
session.advance(60)
session.give([parse_use("surge=0.5")])
session.advance(10)
session.go_to(20)
setup.ensembles.of(session.first.base)
model = session.first.model
what_if(model.setting, model.world_block, model.state_block, [Option("on", ())], n=2, days=2)
print(json.dumps([before, called()]))
"""


def test_the_live_view_calls_no_code_that_a_comparison_has_not_compiled(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "demo")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    before, after = json.loads(done.stdout.splitlines()[-1])
    assert "run_hours" in before
    assert set(after) <= set(before)
