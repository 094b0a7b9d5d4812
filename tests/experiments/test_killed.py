"""Commands that write folders, killed at any moment: the same command goes on to the same bytes, and `verify` knows.

`make test` kills twenty times, `make soak` two hundred (POSTURE_KILLS), and prints what was survived. Of a folder that
was finished after kills every file is the same byte for byte as of one that nobody disturbed, but for `chunks/` (how
runs are cut into files hangs on what they were measured to cost) and, in manifests, `MAY_DIFFER`.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from experiments.cli import cli
from tests.experiments.designs import write
from tests.experiments.processes import PATIENCE_SECONDS, chunks, finish, start
from tests.experiments.sizes import sizes_file

KILLS = int(os.environ.get("POSTURE_KILLS", "20"))
MAY_DIFFER = ("started", "ended", "ran_now", "seconds", "git")
"""When it was, how many runs were left for the last command, how long stages took, and what was edited meanwhile."""
ASIDE = ("chunks", ".lock")
DESIGN = {"replicates": 24, "constants": {"days": 20}, "outputs": ["runs", "daily", "events"]}
DECIDE = {
    "responses": ["intelligence_sharing", "embassy_closure"],
    "most_responses": 1,
    "postures": ["fourteen", "six"],
    "rounds": [4, 6],
    "population": 4,
    "generations": 2,
    "finalists": 3,
    "fresh_states": 8,
}
CALIBRATE = {"draws": 240, "nearest": 40, "near": (80, 40), "sets": 2, "deals": 2}
MOMENTS = ("while it runs", "as a table is begun", "between tables", "as the manifest is begun", "at any time")
SHARES = {"sweep": 12, "compare": 4, "calibrate": 2, "decide": 2}
"""Of twenty kills."""
survived: Counter[tuple[str, str, str]] = Counter()


@pytest.fixture(scope="module", autouse=True)
def table_of_kills():
    """What `make soak` prints at its end."""
    yield
    rows = [f"{n:4} kills  {name:10} {moment:25} {state}" for (name, moment, state), n in sorted(survived.items())]
    print("\n" + "\n".join([*rows, f"{survived.total():4} kills survived"]))


def command(name, folder):
    """What is called, but for `--out`."""
    if name == "sweep":
        return ("sweep", write(folder / "d.toml", **DESIGN), "--format", "csv", "--format", "parquet")
    if name == "compare":
        return ("compare", "fourteen", "six", "--states", 20, "--replicates", 2, "--days", 20)
    sizes = {"calibrate": ("calibration", CALIBRATE), "decide": ("decide", DECIDE)}[name]
    return (name, "--quick", "--sizes", sizes_file(folder, *sizes), "--seed", 4)


# --- what is in a folder -----------------------------------------------------------------------------------
def content(out):
    """File → bytes or, of a manifest, what it says, without what may differ."""
    paths = [path for path in out.rglob("*") if path.is_file() and path.relative_to(out).parts[0] not in ASIDE]
    return {path.relative_to(out).as_posix(): said(path) for path in paths}


def said(path):
    if path.suffix != ".json":
        return path.read_bytes()
    return plain(json.loads(path.read_text(encoding="utf-8")))


def plain(tree):
    """Without what may differ, and the checksums of manifests that lie beside a table."""
    if not isinstance(tree, dict):
        return tree
    return {key: plain(value) for key, value in tree.items() if key not in MAY_DIFFER and not key.endswith(".json")}


def verified(out):
    """Whether `verify` takes the folder for finished; if not, it must say that it is unfinished, and no more."""
    done = CliRunner().invoke(cli, ["verify", str(out), "--sample", "1"], prog_name="posture")
    if done.exit_code == 0:
        return True
    begun = any((out / name).exists() for name in (".unfinished", "design.json", "chunks"))
    words = "unfinished; run the same command again to finish it." if begun else "it must be a manifest of runs"
    assert (done.exit_code, done.stdout, words in done.stderr) == (2, "", True), done.output
    return False


def manifests(out):
    return (out / "manifest.json").exists()


# --- when to kill --------------------------------------------------------------------------------------------
def parts(out):
    """Files that are half there, by name."""
    return [name for name in os.listdir(out) if name.endswith(".part")] if out.is_dir() else []


def begun(out, what):
    """A table, or a manifest, has its temporary file."""
    return any(
        (".manifest.json." in name) == (what == "manifest") and ".design.json." not in name for name in parts(out)
    )


def table_times(out):
    return {path.name: path.stat().st_mtime_ns for path in out.glob("*.csv")} if out.is_dir() else {}


def condition(moment, out, rng):
    """What to wait for before a kill of this kind."""
    there, tables, end = chunks(out), table_times(out), time.monotonic() + rng.uniform(0.5, 4.0)
    wanted = there + int(rng.integers(0, 3))
    return {
        "while it runs": lambda: (out / "chunks").is_dir() and chunks(out) >= wanted,
        "as a table is begun": lambda: begun(out, "table"),
        "between tables": lambda: table_times(out) != tables,
        "as the manifest is begun": lambda: begun(out, "manifest"),
        "at any time": lambda: time.monotonic() >= end,
    }[moment]


def killed(call, out, moment, rng):
    """Start the command and kill it at a moment; whether it was alive then."""
    ready, process, end = condition(moment, out, rng), start(*call, "--out", out), time.monotonic() + PATIENCE_SECONDS
    while process.poll() is None and not ready():
        assert time.monotonic() < end
        time.sleep(0.0005)
    if moment == "while it runs":
        time.sleep(rng.uniform(0.0, 0.2))
    process.kill()
    code, _, err = finish(process)
    assert code in (0, -9), err
    return code == -9


# --- the test ------------------------------------------------------------------------------------------------
def undisturbed(call, out):
    code, _, err = finish(start(*call, "--out", out))
    assert code == 0, err
    assert verified(out)
    return content(out)


@pytest.mark.timeout(0 if KILLS > 20 else 1500)
@pytest.mark.parametrize("name", SHARES)
def test_killed_at_any_moment_it_goes_on_to_the_same_bytes(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # so that the command in the manifest is the same
    rng, left = np.random.default_rng(20200911), max(1, KILLS * SHARES[name] // 20)
    call = command(name, tmp_path)
    whole, n = undisturbed(call, Path("out")), 0
    Path("out").rename("whole")
    while left:
        there = []
        for k in range(min(left, 5 if name != "sweep" else 6)):
            moment = MOMENTS[(n + k) % len(MOMENTS)]
            alive = killed(call, Path("out"), moment, rng)
            finished = verified(Path("out")) if Path("out").is_dir() else False
            assert finished or not alive or not manifests(Path("out"))
            if finished:
                assert content(Path("out")) == whole
            there.append(chunks(Path("out")))
            survived[name, moment, "finished" if finished else "unfinished"] += 1
        left, n = left - len(there), n + len(there)
        assert there == sorted(there), "what was complete is kept"
        code, _, err = finish(start(*call, "--out", "out"))
        assert code == 0, err
        assert "damaged" not in err, "the lock of a killed process does not hold, nothing was torn"
        assert content(Path("out")) == whole
        assert verified(Path("out"))
        Path("out").rename(f"round{n}")
