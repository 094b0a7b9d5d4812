"""Compiled rules: kept, found again and loaded without the compiler; where that fails runs are the same, in one line.

A small copy of the model is compiled over and over; the whole one once, with every index checked: a write out of bounds
would change a neighbour in silence.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest
from machine import mounted, own_rights, without_locks
from small_model import RUN, copy_into, edit, ended, replaced, run, start

import sim
from sim import load_scenario
from sim.compiled import source_hash, target
from sim.config_files import names
from sim.engine import simulate_many
from sim.entry_compiler import compile_entry
from sim.kept_files import Kept, files_in, read, write

COMPILING = "posture: compiling the rules; about half a minute, once; results are the same"
# What another version of numba may do to a part: each runs before sim is imported.
CHANGES = {
    "gone": "import numba.core.codegen as m; del m.JITCodeLibrary",
    "gone elsewhere": "import numba.core.registry as m; del m.CPUDispatcher",
    "renamed within": "from numba.core.codegen import JITCodeLibrary as c; import numba.core.codegen as m\n"
    "m.JITCodeLibrary = type('JITCodeLibrary', (), {'__init__': c.__init__})",
    "takes more": "from numba.core.codegen import JITCodeLibrary as c\nf = c.__init__\n"
    "c.__init__ = lambda self, codegen, name, more=0: f(self, codegen, name)",
}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return copy_into(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def first(model):
    """(words, lines of standard error) of the first run with a new cache, in `model/cache`."""
    return run(model, model / "cache")


@pytest.fixture(scope="module")
def digest(first):
    return first[0][2]


@pytest.fixture
def code(model, first, tmp_path):
    """A folder of its own with the code and the theatre of the first run."""
    for path in files_in(model / "cache"):
        copy = tmp_path / path.relative_to(model / "cache")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    return tmp_path


def loop_in(cache):
    (path,) = cache.rglob("run_hours.code")
    return path


def test_the_first_start_compiles_in_one_line_and_the_next_needs_no_compiler(model, first, digest):
    assert first[0][3] == "True"
    assert first[1] == [COMPILING]
    words, lines = run(model, model / "cache")
    assert (words[2:], lines) == ([digest, "False"], [])


def test_plain_python_and_compiled_rules_are_the_same(model, digest, tmp_path):
    words, lines = run(model, tmp_path, NUMBA_DISABLE_JIT="1", PYTHONWARNINGS="ignore")
    assert (words[2:], lines) == ([digest, "False"], [])
    assert not list(tmp_path.rglob("*.code"))


LOOK = "\nfrom sim.entry_compiler import HAS_INNER_PARTS; print(HAS_INNER_PARTS)"
LACKS = re.compile(r"posture: numba 0\.68.* lacks inner parts: .+; a first start compiles two to three times longer.*")


@pytest.mark.parametrize("change", CHANGES)
def test_an_inner_part_that_is_not_as_it_was_is_noticed_and_one_line_says_so(change, model, tmp_path):
    printed, (notice,) = run(model, tmp_path, CHANGES[change] + LOOK)
    assert printed == ["False"]
    assert LACKS.fullmatch(notice)


def test_without_inner_parts_runs_are_the_same_and_their_code_is_kept(model, digest, tmp_path):
    words, lines = run(model, tmp_path, CHANGES["gone"] + RUN)
    (notice,) = [line for line in lines if line != COMPILING]
    assert words[2:] == [digest, "True"]
    assert LACKS.fullmatch(notice)
    assert run(model, tmp_path)[0][2:] == [digest, "False"], "kept all the same"


def test_with_an_untested_version_a_small_rule_is_tried_first(model, tmp_path):
    version = "import numba; numba.__version__ = '0.68.99'\n"
    fails = "from numba.core.codegen import JITCodeLibrary as c\ndef f(self): raise RuntimeError\n"
    assert run(model, tmp_path, version + LOOK) == (["True"], [])
    printed, (notice,) = run(model, tmp_path, version + fails + "c._finalize_dynamic_globals = f\n" + LOOK)
    assert printed == ["False"]
    assert "lacks inner parts: a trial rule failed: RuntimeError; a first start" in notice


DAMAGE = {
    "empty": lambda data: b"",
    "torn": lambda data: data[: len(data) // 2],
    "one bit": lambda data: data[:-99] + bytes([data[-99] ^ 1]) + data[-98:],
    "no header": lambda data: data.partition(b"\n")[2],
    "no words": lambda data: b"[]\n" + data,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_holds_nothing(damage, code):
    path = loop_in(code)
    whole = path.read_bytes()
    assert read(path).data
    path.write_bytes(DAMAGE[damage](whole))
    assert read(path) is None


def test_wherever_a_file_is_cut_or_a_bit_is_flipped_it_holds_nothing(tmp_path):
    path = tmp_path / "sources-target" / "name.code"
    write(path, Kept("a_symbol", "numba 0", bytes(range(40))))
    whole = path.read_bytes()
    damaged = [whole[:n] for n in range(len(whole))] + [whole + b"x"]
    damaged += [
        whole[:n] + bytes([whole[n] ^ 1 << bit]) + whole[n + 1 :] for n in range(len(whole)) for bit in range(8)
    ]
    for data in damaged:
        path.write_bytes(data)
        assert read(path) is None, data
    path.write_bytes(whole)
    assert read(path) == Kept("a_symbol", "numba 0", bytes(range(40)))


@pytest.mark.parametrize("other", ["other-target/name.code", "sources-target/other.code"])
def test_a_file_in_the_place_of_another_holds_nothing(other, tmp_path):
    """Code of other sources, in a folder that was copied or renamed; another entry's code."""
    write(tmp_path / "sources-target" / "name.code", Kept("a_symbol", "numba 0", b"code"))
    (tmp_path / other).parent.mkdir(exist_ok=True)
    (tmp_path / "sources-target" / "name.code").rename(tmp_path / other)
    assert read(tmp_path / other) is None


@pytest.mark.parametrize("what", ["a folder", "a pipe", "a link to nothing", "a link to itself", "many brackets"])
def test_what_is_no_file_of_ours_holds_nothing(what, tmp_path):
    path = tmp_path / "name.code"
    make = {
        "a folder": path.mkdir,
        "a pipe": lambda: os.mkfifo(path),
        "a link to nothing": lambda: path.symlink_to("nothing"),
        "a link to itself": lambda: path.symlink_to(path),
        "many brackets": lambda: path.write_bytes(b"[" * 100_000),
    }
    make[what]()
    assert read(path) is None


def test_a_damaged_file_is_thrown_away_and_compiled_again(model, digest, code):
    path = loop_in(code)
    path.write_bytes(DAMAGE["one bit"](path.read_bytes()))
    words, lines = run(model, code)
    assert words[2:] == [digest, "True"]
    assert lines == [COMPILING]
    assert run(model, code)[0][2:] == [digest, "False"]


def test_of_processes_that_start_together_one_compiles(model, digest, tmp_path):
    found = [ended(process) for process in [start(model, tmp_path) for _ in range(3)]]
    assert [words[2] for words, _ in found] == [digest] * 3
    assert sorted(lines for _, lines in found) == [[], [], [COMPILING]]


@pytest.mark.parametrize("where", ["under a file", "a full disk"])
def test_where_nothing_can_be_kept_code_is_made_in_memory_and_one_line_says_so(where, model, digest, tmp_path):
    (tmp_path / "file").touch()
    cache = tmp_path / "file" / "cache" if where == "under a file" else tmp_path / "cache"
    full = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))\n" if where == "a full disk" else ""
    words, lines = run(model, cache, full + RUN)
    assert words[2:] == [digest, "True"]
    assert sorted(line.partition(" (")[0] for line in lines) == sorted(
        [COMPILING, f"posture: compiled rules cannot be kept in {cache}"]
    )
    assert not list(cache.rglob("*.code")) if where == "a full disk" else not cache.exists()
    assert not list((model / "sim").rglob("*.nb?")), "kept beside the sources"


def notices(lines):
    """What is said, without its reason."""
    return sorted(line.partition(" (")[0] for line in lines)


def test_a_folder_that_is_there_but_read_only_is_read_and_never_runs_stale_rules(model, digest, code, tmp_path):
    """What is there is loaded, and nothing is written there or elsewhere, also once a rule was edited."""
    read_only = mounted("--bind", "-o", "ro", code, code)
    before = sorted(code.rglob("*"))
    words, lines = run(model, code, within=read_only)
    assert (words[2:], lines) == ([digest, "False"], [])
    edited = copy_into(tmp_path / "edited")
    edit(edited, 3)
    for _ in range(2):
        words, lines = run(edited, code, within=read_only)
        assert (int(words[1]), words[3]) == (6 * 3, "True")
        assert notices(lines) == [f"posture: compiled rules cannot be kept in {code}", COMPILING]
    assert [path for path in sorted(code.rglob("*")) if edited not in (path, *path.parents)] == before
    assert not list(edited.rglob("*.nb?")), "kept beside the sources"


def test_a_disk_that_gets_full_stops_nothing(model, digest, tmp_path):
    cache = tmp_path / "cache"
    cache.mkdir()
    words, lines = run(model, cache, within=mounted("-t", "tmpfs", "-o", "size=16k", "tmpfs", cache))
    assert words[2:] == [digest, "True"]
    assert sorted(lines) == [
        f"posture: compiled rules cannot be kept in {cache} (No space left on device); "
        "every start compiles them again; results are the same",
        COMPILING,
    ]


def test_a_file_that_another_user_keeps_for_himself_is_compiled_again(model, digest, code):
    """And replaced, as the folder is one's own. Root reads everything, unless it does without that."""
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    os.chown(loop_in(code), 65534, 65534)
    loop_in(code).chmod(0o600)
    words, lines = run(model, code, within=own_rights())
    assert (words[2:], lines) == ([digest, "True"], [COMPILING])
    assert loop_in(code).stat().st_uid == 0
    assert run(model, code, within=own_rights())[0][2:] == [digest, "False"]


def test_where_the_file_system_has_no_locks_one_line_says_so(model, digest, tmp_path):
    words, lines = run(model, tmp_path / "cache", **without_locks(tmp_path))
    assert words[2:] == [digest, "True"]
    no_locks = f"posture: {tmp_path / 'cache'} has no file locks; processes that start together each compile the rules"
    assert sorted(lines) == sorted([COMPILING, f"{no_locks}; results are the same"])
    assert run(model, tmp_path / "cache")[0][2:] == [digest, "False"], "kept all the same"


def test_the_command_shows_what_is_kept_which_file_is_damaged_and_clears_it(code):
    path = loop_in(code)
    path.write_bytes(path.read_bytes()[:-1])

    def cache(*words):
        environment = {**os.environ, "POSTURE_CACHE": str(code)}
        call = [sys.executable, "-m", "experiments.cli", "cache", *words]
        return subprocess.run(call, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()

    n = len(files_in(code))
    first, *lines = cache()
    assert first == f"These sources are {source_hash()}-{target()}."
    assert f"{n} files in {code}" in lines
    assert sum("damaged: it is not taken, but made again" in line for line in lines) == 1
    assert sum("kB, numba" in line and "of other sources" in line for line in lines) == n - 2
    assert sum("kB, networkx" in line and "of other sources" in line for line in lines) == 1
    assert cache("--clear")[-1] == f"Cleared {code}."
    assert not files_in(code)


def test_a_rule_that_leaves_its_arrays_stops_the_run_where_indices_are_checked(tmp_path):
    model = copy_into(tmp_path)
    beyond = r"\1    state.tally.convoys_sent += state.sites[world.n_sites + 10**6].people\n"
    begin = re.compile(r"(\ndef close_hour\(.*?\n    \"\"\".*?\"\"\"\n)", re.DOTALL)
    replaced(model / "sim" / "rules" / "daily_tally.py", begin, beyond)
    process = start(model, tmp_path / "cache", NUMBA_BOUNDSCHECK="1")
    _, err = process.communicate(timeout=300)
    assert process.returncode == 1
    assert err.splitlines()[-1] == "IndexError: run_hours: a rule left its arrays"


# --- the whole model ---------------------------------------------------------------------------------------------
BUSY = {"operations.base_rate_per_day": 0.5, "operations.munitions_per_day": 5.0, "calendar": "2020"}
MANY = f"""
from sim import load_scenario
from sim.config_files import names
from sim.engine import simulate_many
for posture in ("fourteen", "drawdown_2020"):
    for responses in ((), names("responses")):
        batch = simulate_many(load_scenario(posture, {BUSY}, responses), range(3))
        assert not any(batch.errors), batch.errors
        print(*batch.digests)
"""


@pytest.mark.slow
def test_no_rule_leaves_its_arrays(tmp_path):
    """Every index is checked, and the runs are those of this process, in which none is."""
    environment = {**os.environ, "POSTURE_CACHE": str(tmp_path), "NUMBA_BOUNDSCHECK": "1"}
    checked = subprocess.run(
        [sys.executable, "-c", MANY], env=environment, capture_output=True, text=True, check=True
    ).stdout.split()
    postures, responses = ("fourteen", "drawdown_2020"), ((), names("responses"))
    scenarios = [load_scenario(posture, BUSY, given) for posture in postures for given in responses]
    assert checked == [digest for each in scenarios for digest in simulate_many(each, range(3)).digests]
    assert not list(Path(sim.__file__).parent.rglob("*.nb?")), "kept beside the sources"


def test_what_others_compile_with_numba_beside_the_rules_counts_from_the_end_as_ever():
    """Rules have no index below 0, and are compiled without a look for one: other people's functions have."""
    compile_entry(lambda n: n + 1, (False,))
    assert numba.njit(lambda numbers: numbers[-1])(np.arange(3)) == 2
