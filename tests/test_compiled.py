"""Where numba lacks an inner part, or nothing can be kept on disk, runs are the same and one line says what is lost.

A process that is started by another that has said it says nothing again. The process that can keep nothing runs with
every index checked: a write out of bounds would change a neighbour in silence.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import sim
from sim import load_scenario, simulate
from sim.compiled import HAS_INNER_PARTS
from sim.config_files import names
from sim.engine import simulate_many
from sim.rule_compiler import TESTED

DAYS = 10
RUN = f"""
import subprocess, sys
from sim import engine, load_scenario, simulate
print(simulate(load_scenario("six", {{"days": {DAYS}}}), 7).digest, len(engine.run_hours.signatures))
subprocess.run([sys.executable, "-c", "import sim.draws"], check=True)
"""
BUSY = {"operations.base_rate_per_day": 0.5, "operations.munitions_per_day": 5.0, "calendar": "2020"}
MANY = f"""
import subprocess, sys
from sim import load_scenario
from sim.config_files import names
from sim.engine import simulate_many
for posture in ("fourteen", "drawdown_2020"):
    for responses in ((), names("responses")):
        batch = simulate_many(load_scenario(posture, {BUSY}, responses), range(3))
        assert not any(batch.errors), batch.errors
        print(*batch.digests)
subprocess.run([sys.executable, "-c", "import sim.draws"], check=True)
"""
# What another version of numba may do to a part: each runs before sim is imported.
CHANGES = {
    "gone": "import numba.core.codegen as m; del m.JITCodeLibrary",
    "gone elsewhere": "import numba.core.registry as m; del m.CPUDispatcher",
    "renamed within": "from numba.core.codegen import JITCodeLibrary as c; import numba.core.codegen as m\n"
    "m.JITCodeLibrary = type('JITCodeLibrary', (), {'__init__': c.__init__})",
    "takes more": "from numba.core.codegen import JITCodeLibrary as c\nf = c.__init__\n"
    "c.__init__ = lambda self, codegen, name, more=0: f(self, codegen, name)",
}


def run(text, cache, **more):
    """Standard output and the lines of standard error of a fresh process."""
    environment = {key: value for key, value in os.environ.items() if key != "POSTURE_NOTICES"}
    environment |= {"POSTURE_CACHE": str(cache), **more}
    result = subprocess.run([sys.executable, "-c", text], env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout.split(), result.stderr.splitlines()


@pytest.fixture(scope="module")
def digest():
    return simulate(load_scenario("six", {"days": DAYS}), 7).digest


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """One cache folder for all changes: without inner parts, the first process compiles and the others don't."""
    return tmp_path_factory.mktemp("cache")


def test_this_version_is_a_tested_one_and_has_the_parts():
    import numba

    assert numba.__version__ in TESTED
    assert HAS_INNER_PARTS


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES)
def test_without_an_inner_part_runs_are_the_same_and_one_line_says_so(change, digest, cache):
    printed, (notice,) = run(CHANGES[change] + RUN, cache)
    assert printed == [digest, "1"]
    assert notice.startswith("posture: numba 0.68")
    assert "lacks inner parts" in notice
    assert "longer; results are the same" in notice
    kept = [path for path in cache.rglob("*.nbc") if "run_hours" in path.name]
    assert [path.relative_to(cache).parts[0].endswith("-plain") for path in kept] == [True] * len(kept)
    assert len({path.relative_to(cache).parts[0] for path in kept}) == len(kept) > 0


def test_with_an_untested_version_a_small_rule_is_tried_first(tmp_path):
    version = "import numba; numba.__version__ = '0.68.99'\n"
    broken = "from numba.core.codegen import JITCodeLibrary as c\ndef f(self): raise RuntimeError\n"
    look = "import sim.compiled; print(sim.compiled.HAS_INNER_PARTS)"
    assert run(version + look, tmp_path) == (["True"], [])
    printed, (notice,) = run(version + broken + "c._finalize_dynamic_globals = f\n" + look, tmp_path)
    assert printed == ["False"]
    assert "lacks inner parts: a trial rule failed: RuntimeError; a first start" in notice


@pytest.fixture(scope="module")
def unkept(tmp_path_factory):
    """(cache folder that cannot be made, standard output, lines of standard error) of checked runs."""
    file = tmp_path_factory.mktemp("unkept") / "file"
    file.touch()
    return file / "cache", *run(MANY, file / "cache", NUMBA_BOUNDSCHECK="1")


@pytest.mark.slow
def test_where_nothing_can_be_kept_rules_are_compiled_in_memory_and_one_line_says_so(unkept):
    cache, printed, (notice,) = unkept
    assert len(printed) == 12
    assert notice == (
        f"posture: compiled rules cannot be kept in {cache}; every start compiles them again; results are the same"
    )
    assert not list(Path(sim.__file__).parent.rglob("*.nb?")), "kept beside the sources"


@pytest.mark.slow
def test_no_rule_leaves_its_arrays(unkept):
    """Every index is checked, and the runs are those of this process, in which none is."""
    postures, responses = ("fourteen", "drawdown_2020"), ((), names("responses"))
    scenarios = [load_scenario(posture, BUSY, given) for posture in postures for given in responses]
    assert unkept[1] == [digest for each in scenarios for digest in simulate_many(each, range(3)).digests]
