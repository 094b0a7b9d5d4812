"""How far a sweep is, asked from beside it: nothing is written or locked, and the numbers are those of the files."""

from __future__ import annotations

import json
import os
import re
import time

import pytest

from experiments.runs.room import locked
from tests.experiments.designs import POSTURES, write
from tests.experiments.processes import chunks, finish, start, until

SOME = {"factors": [POSTURES], "replicates": 10}


@pytest.fixture
def swept(tmp_path, posture):
    """`swept(*arguments, **design)`: a sweep into the folder `o` of this test."""

    def call(*arguments, **keys):
        return posture("sweep", write(tmp_path / "d.toml", **{**SOME, **keys}), "--out", tmp_path / "o", *arguments)

    return call


@pytest.fixture
def status(tmp_path, posture):
    """The lines of the status of `o`."""

    def call():
        result = posture("sweep", "--status", tmp_path / "o")
        assert (result.exit_code, result.stderr) == (0, "")
        return result.stdout.splitlines()

    return call


def tree(folder):
    """All files with their bytes and times."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in [*paths]}


def stop(folder, seconds_ago):
    """What a folder looks like whose sweep was killed so long ago, with half of its chunks."""
    (folder / "manifest.json").unlink()
    found = sorted((folder / "chunks").iterdir())
    for path in found[: len(found) // 2]:
        path.unlink()
    for path in found[len(found) // 2 :]:
        os.utime(path, (time.time() - seconds_ago,) * 2)


# --- what it says ----------------------------------------------------------------------------------------
def test_a_finished_sweep(swept, status, tmp_path):
    swept()
    assert status() == [
        f"{tmp_path / 'o'}: small, 2 points × 10 replicates",
        "  20 of 20 different runs done (100%), 0 runs missing",
        "  2 of 2 points complete; every point has at least 10 replicates",
        "  finished: all tables are written",
    ]


def test_nothing_is_written_and_no_lock_is_taken(swept, status, tmp_path):
    swept()
    stop(tmp_path / "o", 3)
    with locked(tmp_path / "o"):  # as by a sweep that is running
        before = tree(tmp_path / "o")
        assert len(status()) > 2
        assert tree(tmp_path / "o") == before


def test_half_of_a_sweep_that_was_stopped(swept, status, tmp_path):
    swept(replicates=40, constants={"days": 60})
    stop(tmp_path / "o", 3600)
    _, done, points, state = status()
    n = int(re.match(r"  (\d+) of 80 different runs done", done)[1])
    assert 0 < n < 80
    assert done.endswith(f", {80 - n} runs missing")
    assert f"({100 * n // 80}" in done
    assert "0 of 2 points complete" in points or "1 of 2 points complete" in points
    assert state == "  last chunk 60 min ago: it seems to have stopped; the same command goes on"
    result = swept(replicates=40, constants={"days": 60})
    assert f"{80 - n} run, {n} there already" in result.stdout, "what the status said is what was missing"


def test_the_percentage_is_never_100_before_the_end(swept, status, tmp_path):
    swept("--workers", 1, replicates=2000, constants={"days": 1})
    os.remove(tmp_path / "o" / "manifest.json")
    _, keys = fewest_runs(tmp_path / "o")
    keys.unlink()
    assert not status()[1].endswith("(100%), 1 run missing")
    assert "100%" not in status()[1]


def fewest_runs(folder):
    """The chunk with the fewest runs."""
    from experiments.runs.archive import open_chunk

    return min((open_chunk(path).plans["keys"]["shape"][0], path) for path in (folder / "chunks").iterdir())


def test_all_runs_but_no_tables_yet(swept, status, tmp_path):
    swept()
    (tmp_path / "o" / "manifest.json").unlink()
    assert "the tables are being written" in status()[-1]


def test_runs_that_are_the_same_are_wanted_once(swept, status):
    swept(factors=[], points=[{"batteries": 6}, {"batteries": 5}, {"people": 3000}])
    assert status()[1].startswith("  20 of 20 different runs done")


def test_failed_damaged_and_other_runs_are_told(swept, status, tmp_path):
    keys = {"factors": [], "points": [{"skill.at_start": 0.2}, {"sites.embassy.people": 100_000, "people": 300_000}]}
    swept("--fail", "at-end", "--workers", 1, **keys)
    assert "  10 runs failed" in status()
    swept("--replicates", 4, "--fail", "at-end", **keys)
    assert "  12 runs stored beside them, which the design does not have" in status()
    chunk = next((tmp_path / "o" / "chunks").iterdir())
    chunk.write_bytes(chunk.read_bytes()[:-40])
    (line,) = [line for line in status() if "damaged chunk" in line]
    assert line == "  1 damaged chunk, not counted: the sweep will run them again"
    assert chunk.exists(), "it is the sweep that tidies up"


def test_before_the_first_run_is_done(swept, status, tmp_path):
    swept()
    stop(tmp_path / "o", 3)
    for path in (tmp_path / "o" / "chunks").iterdir():
        path.unlink()
    assert status()[1:] == [
        "  0 of 20 different runs done (0%), 20 runs missing",
        "  0 of 2 points complete; every point has at least 0 replicates",
        "  no run is done yet",
    ]


@pytest.mark.parametrize("change", ["rules", "scenarios", "file"])
def test_where_the_design_can_not_be_made_again_it_says_so(swept, status, tmp_path, change):
    """From another checkout or another folder: which runs are the design's is not known, and no share is made up."""
    swept()
    file = tmp_path / "o" / "design.json"
    asked = json.loads(file.read_text())
    design = {**asked["design"], "factors": [], "posture": "gone.toml"}
    changes = {"rules": {"rules": "0" * 16}, "scenarios": {"scenarios": {"six": "0"}}, "file": {"design": design}}
    file.write_text(json.dumps({**asked, **changes[change]}))
    lines = status()
    words = {"rules": "made with other rules", "scenarios": "say something else here", "file": "'gone.toml'"}
    assert "20 runs stored; which of them are the design's is not known: " in lines[1]
    assert words[change] in lines[1]
    assert not any("%" in line or "complete" in line for line in lines)


# --- while it runs -----------------------------------------------------------------------------------------
def test_a_running_sweep_is_asked_and_goes_on(tmp_path, status):
    file = write(tmp_path / "d.toml", replicates=400, constants={"days": 60})
    process = start("sweep", file, "--out", tmp_path / "o", "--workers", 1)
    until(process, lambda: chunks(tmp_path / "o") >= 3)
    low = stored(tmp_path / "o")
    lines = status()
    high = stored(tmp_path / "o")
    n = int(re.match(r"  ([\d,]+) of 3,200 different runs done", lines[1])[1].replace(",", ""))
    assert low <= n <= high
    assert re.match(r"  last chunk \d+ s ago; [\d.e+]+ runs/s in the last minute, about .+ left", lines[-1]), lines
    process.terminate()
    finish(process)


def stored(folder):
    """Runs in whole chunks."""
    from experiments.runs.archive import Archive

    return len(Archive.open(folder / "chunks").keys())


# --- what is refused ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("content", [None, "{", "[]", '{"design": {"name": "x"}}', '{"postures": ["six"]}'])
def test_a_folder_of_something_else_is_refused(tmp_path, posture, content):
    if content is not None:
        (tmp_path / "design.json").write_text(content)
    result = posture("sweep", "--status", tmp_path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"posture: --status is '{tmp_path}'; it must be a folder in which posture sweep")


@pytest.mark.parametrize("words", [["fourteen_vs_six"], ["--factor", "batteries=2"], ["--out", "o"]])
def test_status_stands_alone(tmp_path, posture, words):
    result = posture("sweep", "--status", tmp_path, *words)
    assert (result.exit_code, "--status DIR stands alone" in result.stderr) == (2, True)
