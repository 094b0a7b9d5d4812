"""The compiled rules with every index checked: a write out of bounds would change a neighbour in silence."""

import os
import subprocess
import sys

import pytest

RUN = """
from sim import load_scenario, simulate
from sim.engine import simulate_many
for name in ("fourteen", "drawdown_2020"):
    scenario = load_scenario(name, {"operations.base_rate_per_day": 0.5, "operations.munitions_per_day": 5.0})
    batch = simulate_many(scenario, range(3))
    assert not any(batch.errors), batch.errors
    print(name, *batch.digests)
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
