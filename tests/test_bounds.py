"""The compiled rules with every index checked: a write out of bounds would change a neighbour in silence."""

import os
import subprocess
import sys

import pytest

RUN = """
from sim import load_scenario
from sim.config_files import names
from sim.engine import simulate_many
changes = {"operations.base_rate_per_day": 0.5, "operations.munitions_per_day": 5.0, "calendar": "2020"}
for name in ("fourteen", "drawdown_2020"):
    for responses in ((), names("responses")):
        batch = simulate_many(load_scenario(name, changes, responses), range(3))
        assert not any(batch.errors), batch.errors
        print(name, *responses, *batch.digests)
"""


@pytest.mark.slow
def test_no_rule_leaves_its_arrays(tmp_path):
    checked = {**os.environ, "NUMBA_BOUNDSCHECK": "1", "POSTURE_CACHE": str(tmp_path)}
    unchecked = {key: value for key, value in os.environ.items() if key != "NUMBA_BOUNDSCHECK"}
    outputs = [
        subprocess.run([sys.executable, "-c", RUN], env=env, check=True, capture_output=True, text=True).stdout
        for env in (checked, unchecked)
    ]
    assert outputs[0] == outputs[1]
