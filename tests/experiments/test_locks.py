"""Results folders on file systems without locks: a file stands for one, and a line says so."""

from __future__ import annotations

import os
import signal

import pytest
from machine import without_locks

from tests.experiments.processes import chunks, finish, start, until

SWEEP = ("sweep", "--factor", "days=40", "six", "--replicates")


@pytest.mark.parametrize("error", ["ENOLCK", "EOPNOTSUPP", "ENOSYS"])
def test_one_command_at_a_time_and_one_that_was_killed_holds_none_up(error, tmp_path):
    assert finish(start("run", "six", "--days", 1))[0] == 0, "else it is the first that compiles"
    env, out = {**os.environ, **without_locks(tmp_path, error)}, tmp_path / "out"
    said = f"posture: {out} has no file locks; while this runs, .lock.soft keeps others out; results are the same\n"
    first = start(*SWEEP, 9000, "--out", out, env=env)
    until(first, lambda: chunks(out) >= 1)
    os.kill(first.pid, signal.SIGSTOP)
    try:
        code, _, err = finish(start(*SWEEP, 4, "--out", out, env=env))
    finally:
        os.kill(first.pid, signal.SIGKILL)
        assert finish(first)[2] == said
    assert code == 2
    assert err == (
        f"posture: --out is '{out}'; it must be a folder that nothing else is writing to at the moment; if a command "
        f"died on another machine, remove {out / '.lock.soft'}.\n"
    )
    assert (out / ".lock.soft").exists(), "of the one that was killed"
    code, _, err = finish(start(*SWEEP, 4, "--out", out, env=env))
    assert (code, err) == (0, said)
    assert not (out / ".lock.soft").exists()
