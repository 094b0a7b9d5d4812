"""Sweeps in real processes that are stopped, starved of room, or lose a worker. `test_killed.py` kills them whole."""

from __future__ import annotations

import csv
import os
import pty
import re
import resource
import select
import shutil
import signal
import subprocess
import time

import pytest
from machine import own_rights

from tests.experiments.designs import write
from tests.experiments.processes import PATIENCE_SECONDS, chunks, finish, program, start, until

KEYS = {"replicates": 250, "constants": {"days": 40}}
N_RUNS = 8 * 250


def parts(folder):
    """Files that are only half there."""
    return [path for path in folder.rglob(".*") if path.suffix == ".part"]


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return write(tmp_path_factory.mktemp("design") / "d.toml", **KEYS)


@pytest.fixture(scope="module")
def whole(file, tmp_path_factory):
    """The bytes of a sweep that nobody disturbed."""
    out = tmp_path_factory.mktemp("whole")
    code, _, err = finish(start("sweep", file, "--out", out))
    assert (code, err) == (0, "")
    return (out / "runs.csv").read_bytes()


@pytest.mark.parametrize("how", ["threads", "processes"])
def test_control_c_stops_cleanly_and_the_same_command_goes_on(file, whole, tmp_path, how):
    command = ("sweep", file, "--out", tmp_path, *(["--processes"] if how == "processes" else []))
    process = start(*command, start_new_session=True)
    until(process, lambda: chunks(tmp_path) >= 1)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers too
    code, out, err = finish(process)
    assert (code, out) == (130, "")
    assert err == f"posture: stopped; what is complete is kept in {tmp_path}. The same command goes on.\n"
    assert not parts(tmp_path)
    assert not (tmp_path / "runs.csv").exists()
    code, out, err = finish(start("sweep", file, "--out", tmp_path))
    assert (code, err) == (0, "")
    assert f"{N_RUNS} run," not in out
    assert (tmp_path / "runs.csv").read_bytes() == whole


def rows(table):
    return list(csv.DictReader(table.decode().splitlines()))


def children(pid):
    """Worker processes of a process, by number."""
    found = subprocess.run(
        ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [int(line.split()[0]) for line in found.stdout.splitlines() if "spawn_main" in line]


@pytest.mark.skipif(not shutil.which("ps"), reason="there is no ps")
def test_a_killed_worker_process_is_replaced(file, whole, tmp_path):
    """What it had in hand is run again: of the first replicates, which come first and are those of the whole sweep."""
    more = 2 * KEYS["replicates"]  # so that there is work left when the worker dies
    process = start("sweep", file, "--out", tmp_path, "--processes", "--workers", 2, "--replicates", more)
    until(process, lambda: chunks(tmp_path) >= 1)
    workers = children(process.pid)
    assert len(workers) == 2
    os.kill(workers[0], signal.SIGKILL)
    code, _, err = finish(process)
    assert (code, err) == (0, "")
    found, wanted = rows((tmp_path / "runs.csv").read_bytes()), rows(whole)
    assert len(found) == 8 * more
    assert [row for row in found if int(row["replicate"]) < KEYS["replicates"]] == wanted
    assert {row["status"] for row in found} == {"ok"}


@pytest.mark.skipif(not shutil.which("ps"), reason="there is no ps")
def test_workers_end_with_a_killed_sweep(file, tmp_path):
    process = start("sweep", file, "--out", tmp_path, "--processes", "--workers", 2, "--replicates", 800)
    until(process, lambda: chunks(tmp_path) >= 1)
    workers = children(process.pid)
    assert len(workers) == 2
    process.kill()
    finish(process)
    end = time.monotonic() + PATIENCE_SECONDS
    while any(alive(worker) for worker in workers):
        assert time.monotonic() < end, "a worker waits for work for ever"
        time.sleep(0.05)


def alive(pid):
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.startswith("Z")


def test_two_sweeps_into_one_folder(file, tmp_path):
    first = start("sweep", file, "--out", tmp_path)
    until(first, lambda: chunks(tmp_path) >= 1)
    os.kill(first.pid, signal.SIGSTOP)  # it lives, and takes no time
    try:
        code, out, err = finish(start("sweep", file, "--out", tmp_path))
    finally:
        os.kill(first.pid, signal.SIGKILL)
        finish(first)
    assert (code, out) == (2, "")
    assert err == (
        f"posture: --out is '{tmp_path}'; it must be a folder that nothing else is writing to at the moment.\n"
    )


# --- no room ---------------------------------------------------------------------------------------------
def limited(n_bytes):
    """A process whose files may have so many bytes."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, n_bytes))


@pytest.mark.parametrize("too_small_for", ["a chunk", "the table"])
def test_a_full_disk_is_said_and_what_is_complete_goes_on(file, whole, tmp_path, too_small_for):
    """A chunk has at most a third of the runs, however quick the machine, and takes less room than the table."""
    n_bytes = 20_000 if too_small_for == "a chunk" else len(whole) - 1
    code, out, err = finish(start("sweep", file, "--out", tmp_path, preexec_fn=limited(n_bytes)))
    assert (code, out) == (1, "")
    assert err == (
        f"posture: {tmp_path}: no space is left for the results. What is complete is kept: make room, then run the "
        "same command again to go on.\n"
    )
    assert not parts(tmp_path)
    assert not (tmp_path / "runs.csv").exists()
    assert (chunks(tmp_path) == 0) == (too_small_for == "a chunk")
    code, out, err = finish(start("sweep", file, "--out", tmp_path))
    assert (code, err) == (0, "")
    assert (": 0 run," in out) == (too_small_for == "the table")
    assert (tmp_path / "runs.csv").read_bytes() == whole


@pytest.fixture
def small_disk(tmp_path):
    """`small_disk(options)` mounts a file system of its own, where this user may."""
    folder, mount = tmp_path / "disk", shutil.which("mount")
    folder.mkdir()

    def mounted(options):
        done = mount and subprocess.run([mount, "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True)
        if not done or done.returncode:
            pytest.skip("this user may not mount")
        return folder

    yield mounted
    if os.path.ismount(folder):
        subprocess.run(["umount", folder], check=True)


def test_a_disk_that_is_really_full(file, whole, small_disk):
    disk = small_disk("size=1500k")
    code, _, err = finish(start("sweep", file, "--out", disk / "out"))
    assert code == 1
    assert "no space is left for the results" in err
    assert err.count("\n") == 1
    there = chunks(disk / "out")
    assert there > 0
    assert not parts(disk / "out")
    subprocess.run(["mount", "-o", "remount,size=200m", disk], check=True)
    code, out, err = finish(start("sweep", file, "--out", disk / "out"))
    assert (code, err) == (0, "")
    assert f"{N_RUNS} run," not in out
    assert (disk / "out" / "runs.csv").read_bytes() == whole


def test_a_read_only_disk_is_refused(file, small_disk):
    disk = small_disk("size=1m,ro")
    for out in (disk, disk / "new"):
        code, said, err = finish(start("sweep", file, "--out", out))
        assert (code, said) == (2, "")
        assert err.startswith(f"posture: --out is '{out}'; it must be a folder that can be written")
        assert err.count("\n") == 1


def test_a_read_only_folder_is_refused(file, tmp_path):
    tmp_path.chmod(0o500)
    code, _, err = finish(start("sweep", file, "--out", tmp_path, within=own_rights()))
    tmp_path.chmod(0o700)
    assert (code, "it must be a folder that can be written" in err) == (2, True)


def test_a_file_in_the_place_of_the_folder(file, tmp_path, posture):
    (tmp_path / "out").write_text("")
    result = posture("sweep", file, "--out", tmp_path / "out")
    assert (result.exit_code, "it must be a folder that can be written" in result.stderr) == (2, True)


# --- other rules -----------------------------------------------------------------------------------------
def test_edited_rules_are_named_and_refused(tmp_path):
    """A copy of the package with one number of a rule changed goes on with nobody's runs."""
    import sim

    file = write(tmp_path / "d.toml", replicates=1, n=1, constants={"days": 1})
    root = os.path.dirname(os.path.dirname(sim.__file__))
    for part in ("sim", "experiments", "configs"):
        if os.path.isdir(os.path.join(root, part)):
            shutil.copytree(os.path.join(root, part), tmp_path / "copy" / part)
    rule = tmp_path / "copy" / "sim" / "state.py"
    rule.write_text(rule.read_text().replace("MAX_SALVOS = 16", "MAX_SALVOS = 17"))
    out = tmp_path / "out"
    assert finish(start("sweep", file, "--out", out))[0] == 0
    other = {**os.environ, "PYTHONPATH": str(tmp_path / "copy"), "NUMBA_DISABLE_JIT": "1"}
    code, said, err = finish(start("sweep", file, "--out", out, env=other, cwd=tmp_path / "copy"))
    assert (code, said) == (2, "")
    assert re.search(r"rules: [0-9a-f]{16} → [0-9a-f]{16}", err), err
    assert "--fresh throws its 2 runs away" in err


# --- a terminal ------------------------------------------------------------------------------------------
def test_a_bar_on_a_terminal_with_rate_and_time_left(file, tmp_path):
    n_runs, (ours, theirs) = 8 * 80, pty.openpty()
    process = subprocess.Popen(
        program("sweep", file, "--out", tmp_path, "--replicates", 80),
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(theirs)
    shown = b""
    while process.poll() is None or select.select([ours], [], [], 0)[0]:
        if select.select([ours], [], [], 0.1)[0]:
            try:
                shown += os.read(ours, 65536)
            except OSError:
                break
    os.close(ours)
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.decode())
    assert process.wait() == 0
    assert re.search(rf"sweep .*\d+ of {n_runs} runs \d+ runs/s about [\d.]+ \w+ left", text), text[-2000:]
    assert f"{n_runs} of {n_runs} runs" in text
