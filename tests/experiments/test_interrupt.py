"""Ctrl-C at any moment of any command: exit code 130 and one line, in real processes."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys

import pytest

from tests.experiments.processes import PATIENCE_SECONDS, chunks, finish, hear_control_c, start, until
from tests.experiments.sizes import sizes_file

STOPPED = "posture: stopped"
# Presses Ctrl-C as the program opens its nth file, as it begins to import a module, or never; says how many it opened.
PRESSING = """
import os, signal, sys
from experiments.cli import main

WHEN, opened = {when!r}, 0

def hook(event, arguments):
    global opened
    opened += event == "open"
    if (event, opened) == ("open", WHEN) or (event == "import" and arguments[0] == WHEN):
        os.kill(os.getpid(), signal.SIGINT)

sys.addaudithook(hook)
try:
    main()
finally:
    if WHEN == 0:
        print("\\n", opened, sep="")
"""


def pressed(when, *arguments):
    """Exit code, standard output, and the lines of standard error that are the program's own and all others."""
    command = [sys.executable, "-c", PRESSING.format(when=when), *map(str, arguments)]
    how = {"capture_output": True, "text": True, "preexec_fn": hear_control_c}
    done = subprocess.run(command, timeout=PATIENCE_SECONDS, check=False, **how)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Results folders: of a sweep, of its halves, of a run."""
    folder, sweep = tmp_path_factory.mktemp("made"), ("sweep", "--factor", "days=3,4", "six", "--replicates", 4)
    calls = [(*sweep, "--out", folder / "sweep"), ("run", "six", "--days", 60, "--events", "--out", folder / "run")]
    calls += [(*sweep, "--shard", f"{n}/2", "--out", folder / f"part{n}") for n in (1, 2)]
    for call in calls:
        code, _, err = finish(start(*call))
        assert code == 0, err
    return folder


SMALL = {"replicates": 2, "draws": 2, "curve_replicates": 2, "people": [5200, 3000], "curve_batteries": [2, 4]}
CALLS = {
    "run": ("run", "six", "--days", 5, "--daily", "--events", "--out", "OUT"),
    "compare": ("compare", "fourteen", "six", "--states", 2, "--replicates", 2, "--days", 5, "--out", "OUT"),
    "sweep": ("sweep", "--factor", "days=3,4", "six", "--replicates", 4, "--parquet", "--out", "OUT"),
    "processes": (
        "sweep",
        "--factor",
        "days=3",
        "six",
        "--replicates",
        4,
        "--processes",
        "--workers",
        2,
        "--out",
        "OUT",
    ),
    "merge": ("merge", "MADE/part1", "MADE/part2", "--out", "OUT"),
    "report": ("report", "MADE/sweep", "--out", "OUT.html"),
    "verify": ("verify", "MADE/sweep"),
    "plot": ("plot", "MADE/sweep", "--x", "days", "--out", "OUT"),
    "why": ("why", "MADE/run", "--event", 1),
    "factorial": ("factorial", "--quick", "--sizes", "SIZES", "--out", "OUT"),
}


@pytest.mark.parametrize("name", CALLS)
def test_wherever_it_is_pressed_it_is_one_line_and_the_exit_code(name, made, tmp_path):
    sizes = sizes_file(tmp_path, "factorial", SMALL) if name == "factorial" else ""

    def call(out):
        places = {"OUT": tmp_path / out, "MADE": made, "SIZES": sizes}
        words = list(map(str, CALLS[name]))
        for place, path in places.items():
            words = [word.replace(place, str(path)) for word in words]
        return words

    code, said, err = pressed(0, *call("whole"))
    assert code == 0, err
    opened = int(said.split()[-1])
    for share in (0.1, 0.7, 0.97):
        code, _, err = pressed(int(share * opened), *call(f"at{share}"))
        own = [line for line in err.splitlines() if line.startswith("posture:")]
        assert (code, len(own)) == (130, 1), (share, err)
        assert own[0].startswith(STOPPED)
        assert err.endswith(own[0] + "\n"), "something comes after it"
        assert "Traceback" not in err
    assert not list(tmp_path.rglob(".*.part"))


@pytest.mark.parametrize("when", ["multiprocessing.popen_spawn_posix", "multiprocessing.resource_tracker"])
def test_as_workers_are_started(when, made, tmp_path):
    call = ("sweep", "--factor", "days=3", "six", "--processes", "--workers", 2, "--out", tmp_path)
    line = f"{STOPPED}; what is complete is kept in {tmp_path}. The same command goes on.\n"
    assert pressed(when, *call) == (130, "", line)


TERMINAL = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
DEAF = """
import time
from experiments.cli import interrupt

def deaf():
    said = "at work"
    while True:
        try:
            print(said, flush=True)
            time.sleep(1000)
        except KeyboardInterrupt:
            said = "heard"

interrupt.hear()
interrupt.finished(deaf)
"""


@pytest.mark.parametrize("presses", [1, 2])
def test_what_swallows_it_ends_all_the_same_and_at_once_if_pressed_again(presses):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen([sys.executable, "-c", DEAF], preexec_fn=hear_control_c, **pipes)
    for heard in ("at work\n", "heard\n")[:presses]:
        assert process.stdout.readline() == heard
        process.send_signal(signal.SIGINT)
    code, _, err = finish(process)
    assert (code, err) == (130, f"{STOPPED}\n")


def read(terminal):
    """What is written there, nothing at its end, which is an error of the system."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


def test_a_terminal_has_its_cursor_again(tmp_path):
    own, theirs = pty.openpty()
    process = start(
        "sweep", "--factor", "days=40", "six", "--replicates", 9000, "--out", tmp_path, stderr=theirs, env=TERMINAL
    )
    os.close(theirs)
    until(process, lambda: chunks(tmp_path) >= 2)
    process.send_signal(signal.SIGINT)
    said = b"".join(iter(lambda: read(own), b""))
    os.close(own)
    assert process.wait(PATIENCE_SECONDS) == 130
    process.stdout.close()
    assert said.count(b"\x1b[?25l") > 0
    assert said.endswith(
        f"\x1b[?25h\r\n{STOPPED}; what is complete is kept in {tmp_path}. The same command goes on.\r\n".encode()
    )
