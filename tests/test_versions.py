"""One run is the same in every process, driver and supported version of Python and Mesa.

Set POSTURE_OTHER_PYTHON to another interpreter that has the package. Where two platforms' `exp` or `log` differ in
the last digit a digest may differ between them: compare on one platform.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from benchmarks.matrix import Cell, page
from sim import PostureModel
from sim.compiled import source_hash

OTHER = os.environ.get("POSTURE_OTHER_PYTHON", "")
HASH = "from sim.compiled import source_hash; print(source_hash())"
COMPILED = """
from sim import load_scenario, simulate
print(*(f"{d:016x}" for d in simulate(load_scenario("six").with_changes({"days": 10}), 7).digests.tolist()))
"""
MESA = """
from sim import PostureModel
model = PostureModel("six", rng=7, days=10)
while model.running:
    model.step()
print(*(f"{d:016x}" for d in model.tables.digests.tolist()))
"""


def printed(python, text):
    result = subprocess.run([python, "-c", text], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout.split()


@pytest.fixture(scope="module")
def here():
    """The daily digests of `six`, seed 7, by Mesa's agents in this process."""
    model = PostureModel("six", rng=7, days=10)
    while model.running:
        model.step()
    assert len(set(model.tables.digests.tolist())) == 10
    return [f"{digest:016x}" for digest in model.tables.digests.tolist()]


def test_the_compiled_loop_in_another_process_gives_the_same_digests(here):
    assert printed(sys.executable, COMPILED) == here


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which(OTHER or "none"), reason="POSTURE_OTHER_PYTHON names no interpreter")
@pytest.mark.parametrize("driver", [COMPILED, MESA], ids=["compiled", "mesa"])
def test_another_version_gives_the_same_digests(here, driver):
    assert printed(OTHER, HASH) == [source_hash()], "the other interpreter has other sources"
    assert printed(OTHER, driver) == here


def test_the_page_of_versions_says_what_did_not_pass_and_which_python_is_not_there():
    tried = Cell("3.11", "lowest", "core", "3.11.7", {"numpy": "2.4.1"}, {"run": "ok", "compare": "TypeError: a | b"})
    lines = page([tried, Cell("3.99", "newest", "view")]).splitlines()
    assert "| 3.11.7 | lowest | core | run | compare: TypeError: a / b |" in lines
    assert "| 3.99 | newest | view | | no such Python on the machine that made this page |" in lines
    assert "| library | 3.11 lowest | 3.99 newest |" in lines
    assert "| numpy | 2.4.1 |  |" in lines
