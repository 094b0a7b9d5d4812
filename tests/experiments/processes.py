"""The program in real processes: started, waited for, looked at, whatever the machine is doing beside."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time

PATIENCE_SECONDS = 300
PROGRESS = re.compile(r"^\d+ of \d+ runs, .*\n", re.MULTILINE)
"""A line that a busy machine may add to what a long command says: one every 30 s."""


def program(*arguments):
    return [sys.executable, "-m", "experiments.cli", *map(str, arguments)]


def start(*arguments, within=(), **how):
    """The program as a process; `within` is what starts it."""
    how = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "preexec_fn": hear_control_c, **how}
    return subprocess.Popen([*within, *program(*arguments)], **how)


def hear_control_c():
    """A process that was started in the background would inherit that it must not."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def finish(process):
    """Exit code, standard output, and standard error without lines of progress."""
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    return process.returncode, out, PROGRESS.sub("", err)


def until(process, condition):
    """Wait until something holds, or the process has ended."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition() and (process is None or process.poll() is None):
        assert time.monotonic() < end
        time.sleep(0.01)


def chunks(folder):
    """How many chunks a folder has."""
    return len(list((folder / "chunks").glob("*.chunk")))
