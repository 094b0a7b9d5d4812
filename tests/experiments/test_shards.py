"""Parts of a sweep in processes of their own, joined: the same files as of one sweep, or one refusal."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from experiments.runs.archive import open_chunk, write_chunk
from experiments.runs.plan import make_plan
from experiments.runs.shards import Shard, keys_of_part
from tests.experiments.designs import CROWD, INTERCEPT, POSTURES, design, write
from tests.experiments.processes import chunks, finish, start, until

OUTPUTS = ["runs", "daily", "events", "site_fire"]
SMALL = {"outputs": OUTPUTS, "question": "Does it hold?", "factors": [POSTURES, INTERCEPT]}
TABLES = [f"{name}.csv" for name in ("points", *OUTPUTS)]
OF_THE_MACHINE = ("command", "started", "ended", "parts")


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return write(tmp_path_factory.mktemp("design") / "d.toml", **SMALL)


@pytest.fixture(scope="module")
def made(file, tmp_path_factory):
    """Folders 1, 2, 3 of three parts, each run by a process of its own, and `whole` by a fourth."""
    folder = tmp_path_factory.mktemp("made")
    shards = [start("sweep", file, "--shard", f"{n}/3", "--out", folder / str(n), "--workers", 1) for n in (1, 2, 3)]
    done = [finish(process) for process in (*shards, start("sweep", file, "--out", folder / "whole"))]
    assert [(code, err) for code, _, err in done] == [(0, "")] * 4
    assert done[1][1].startswith("8 of 24 runs, part 2/3: 8 run, 0 there already.\n")
    return folder


@pytest.fixture
def parts(made, tmp_path):
    """A copy of the three folders, to spoil."""
    for n in "123":
        shutil.copytree(made / n, tmp_path / n)
    return [tmp_path / n for n in "123"]


@pytest.fixture
def merged(posture, tmp_path):
    """`merged(*folders)` into `out`: exit code, standard output, standard error."""

    def call(*words):
        result = posture("merge", *words, "--out", tmp_path / "out")
        return result.exit_code, result.stdout, result.stderr

    return call


def content(folder):
    """The manifest but for what names the machine, the time and the command."""
    tree = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return {key: value for key, value in tree.items() if key not in OF_THE_MACHINE}


def assert_same(folder, whole):
    for name in (*TABLES, "design.json"):
        assert (folder / name).read_bytes() == (whole / name).read_bytes(), name
    assert content(folder) == content(whole)
    assert not (folder / "shard.json").exists()


# --- which runs are whose ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("of", [1, 2, 3, 7, 24, 50])
@pytest.mark.parametrize("replicates", [1, 3, 20])
def test_parts_are_disjoint_whole_and_as_large(of, replicates):
    plan = make_plan(design(replicates=replicates), "d.toml", check=False)
    found = [keys_of_part(plan, Shard(n, of)) for n in range(1, of + 1)]
    assert sorted(np.concatenate(found).tolist()) == np.unique(plan.keys).tolist()
    sizes = [len(each) for each in found]
    assert max(sizes) - min(sizes) <= 1


def test_parts_are_as_long_in_days_and_runs_that_are_the_same_are_one():
    points = [{"days": 1 + 7 * (k % 3), "batteries": 6} for k in range(30)]  # three that differ
    plan = make_plan(design(factors=[], points=points, constants={}, replicates=90), "d.toml", check=False)
    own = [np.isin(plan.keys, keys_of_part(plan, Shard(n, 4))) for n in (1, 2, 3, 4)]
    assert (np.sum(own, axis=0) == 1).all()
    days = [sum(int(points[k]["days"]) for k in range(3) for _ in np.flatnonzero(each[k])) for each in own]
    assert sum(days) == 90 * (1 + 8 + 15)
    assert max(days) - min(days) <= 2 * 15
    assert all(each[:3].any(axis=1).all() for each in own), "each part is a sample of all points"


# --- the same files ----------------------------------------------------------------------------------------------
def test_three_parts_make_the_files_of_one_sweep(made, parts, merged, posture, tmp_path):
    code, said, err = merged(*reversed(parts))
    assert (code, err) == (0, "")
    assert said.startswith("24 runs of 8 points: joined from 3 parts.\n")
    assert_same(tmp_path / "out", made / "whole")
    parts_of = json.loads((tmp_path / "out" / "manifest.json").read_text())["parts"]
    assert [part["command"][3:5] for part in parts_of] == [["--shard", f"{n}/3"] for n in (1, 2, 3)]
    assert posture("verify", tmp_path / "out").exit_code == 0
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "chunks").iterdir()}
    assert merged(*parts)[0] == 0, "the same chunks twice are no harm"
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "chunks").iterdir()} == before
    assert_same(tmp_path / "out", made / "whole")


def test_what_is_joined_can_grow(parts, file, merged, posture, tmp_path):
    merged(*parts)
    assert ": 8 run, 24 there already" in posture("sweep", file, "--replicates", 4, "--out", tmp_path / "out").stdout


def test_failed_runs_and_more_parts_than_runs(posture, tmp_path):
    points = [{"days": 2}, {"days": 30, **CROWD}]
    file = write(tmp_path / "d.toml", factors=[], points=points, constants={}, replicates=1)
    codes = [posture("sweep", file, "--shard", f"{n}/3", "--out", tmp_path / str(n)).exit_code for n in (1, 2, 3)]
    assert codes == [0, 1, 0], "one has a run that goes well, one a run that fails, one none"
    assert posture("sweep", file, "--out", tmp_path / "whole").exit_code == 1
    result = posture("merge", *(tmp_path / n for n in "123"), "--out", tmp_path / "out")
    assert (result.exit_code, "1 of 2 runs failed" in result.stderr) == (1, True)
    for name in ("runs.csv", "points.csv"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    empty = posture("sweep", "--status", tmp_path / "3").stdout
    assert "small, 2 points × 1 replicate, part 3/3" in empty
    assert "0 of 0 different runs done (100%)" in empty
    assert "finished: posture merge joins it to the others" in empty


# --- killed ------------------------------------------------------------------------------------------------------
def test_a_killed_part_is_named_and_goes_on(posture, tmp_path):
    file = write(tmp_path / "d.toml", replicates=120, constants={"days": 40})
    words, one = ("sweep", file, "--shard", "1/2", "--out", tmp_path / "1"), tmp_path / "1"
    process = start(*words)
    until(process, lambda: chunks(one) >= 1)
    process.kill()
    finish(process)
    assert not (one / "shard.json").exists()
    kept = chunks(one)
    assert posture("sweep", file, "--shard", "2/2", "--out", tmp_path / "2").exit_code == 0
    join = ("merge", one, tmp_path / "2", "--out", tmp_path / "out")
    result = posture(*join)
    assert result.exit_code == 2
    assert f"{one}: shard is '1/2'; it is not finished: run the same command again" in result.stderr
    assert not (tmp_path / "out").exists()
    said = finish(start(*words))
    assert said[0] == 0
    assert "part 1/2: 480 run," not in said[1]
    assert chunks(one) > kept > 0
    in_many_chunks(one)
    process = start(*join)
    until(process, lambda: chunks(tmp_path / "out") >= 5)
    process.kill()
    finish(process)
    there = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "chunks").glob("*.chunk")}
    assert len(there) >= 5
    assert posture(*join).exit_code == 0
    assert there.items() <= {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "chunks").iterdir()}.items()
    assert posture("sweep", file, "--out", tmp_path / "whole").exit_code == 0
    assert (tmp_path / "out" / "runs.csv").read_bytes() == (tmp_path / "whole" / "runs.csv").read_bytes()
    assert not list((tmp_path / "out").rglob(".*.part"))


def in_many_chunks(folder):
    """Make a chunk of every eight runs, so that copying them takes a while."""
    for path in sorted((folder / "chunks").iterdir()):
        chunk = open_chunk(path)
        arrays = {name: chunk.array(name).copy() for name in chunk.plans}
        path.unlink()
        starts = np.cumsum(arrays["n_days"]) - arrays["n_days"]
        for k in range(0, len(starts), 8):
            rows = {name: array[k : k + 8] for name, array in arrays.items()}
            days = slice(starts[k], starts[k] + rows["n_days"].sum())
            write_chunk(
                path.with_name(f"{path.stem}-{k:03d}.chunk"), {**rows, "day_digests": arrays["day_digests"][days]}
            )


# --- refused -----------------------------------------------------------------------------------------------------
def a_chunk(folder, n=0):
    return sorted((folder / "chunks").iterdir())[n]


def other(**keys):
    """Part 2 is of another sweep."""

    def spoil(parts, posture):
        file = write(parts[1].parent / "other.toml", **{**SMALL, **keys})
        assert posture("sweep", file, "--shard", "2/3", "--out", parts[1], "--fresh").exit_code == 0

    return spoil


def of_four(parts, posture):
    file = write(parts[1].parent / "d.toml", **SMALL)
    assert posture("sweep", file, "--shard", "2/4", "--out", parts[1], "--fresh").exit_code == 0


def rules(*which):
    def spoil(parts, posture):
        for n in which:
            path = parts[n] / "design.json"
            path.write_text(json.dumps({**json.loads(path.read_text()), "rules": "0" * 16}))

    return spoil


def torn(parts, posture):
    path = a_chunk(parts[1])
    path.write_bytes(path.read_bytes()[:-100])


def overlap(parts, posture):
    """A chunk with a run of part 2 and one of part 1."""
    arrays = []
    for folder in parts[:2]:
        chunk = open_chunk(a_chunk(folder))
        arrays.append({name: chunk.array(name) for name in ("keys", "digests", "measures")})
    write_chunk(parts[1] / "chunks" / "both.chunk", {n: np.concatenate([a[n] for a in arrays]) for n in arrays[0]})


REFUSED = {
    "gone": (
        lambda parts, _: shutil.rmtree(parts[1]),
        "DIR is '{1}'; it must be the folder of a part, and there is none",
    ),
    "no part": (
        lambda parts, _: (parts[1] / "design.json").unlink(),
        "DIR is '{1}'; it must be the folder of a part, made by posture sweep --shard i/n",
    ),
    "unfinished": (
        lambda parts, _: (parts[1] / "shard.json").unlink(),
        "{1}: shard is '2/3'; it is not finished: run the same command again (posture sweep … --shard 2/3), then merge",
    ),
    "runs gone": (
        lambda parts, _: a_chunk(parts[1]).unlink(),
        "{1}: shard is '2/3'; * runs are not there: run the same",
    ),
    "torn": (torn, "{1}: shard is '2/3'; 1 damaged chunk ("),
    "seed": (other(seed=2), "{1}: design is 'design.seed: 1 → 2'; it must be a part of the sweep of {0}: leave it out"),
    "design": (other(n=5), "{1}: design is 'design.n: 4 → 5'; it must be a part of the sweep of {0}"),
    "title": (other(title="Another"), "{1}: design is 'design.title: A small one → Another'; it must be"),
    "parts": (of_four, "{1}: design is 'parts: 3 → 4'; it must be"),
    "rules of one": (rules(1), "{1}: design is 'rules: *→ 0000000000000000'; it must be a part of the sweep of {0}"),
    "rules of all": (rules(0, 1, 2), "{0}: rules is '0000000000000000'; it must be the rules that are here ("),
    "overlap": (overlap, "{1}: shard is '2/3'; 1 chunk (both.chunk) overlap other parts: run its command again with"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_parts_that_do_not_fit_are_refused_in_one_line_and_nothing_is_left(case, parts, merged, posture, tmp_path):
    spoil, words = REFUSED[case]
    spoil(parts, posture)
    code, said, err = merged(*parts)
    assert (code, said, err.count("\n")) == (2, "", 1), err
    for piece in words.format(*parts).split("*"):
        assert piece in err
    assert not (tmp_path / "out").exists()


def test_a_part_twice_or_missing_or_in_the_way_is_refused(parts, merged, posture, tmp_path):
    code, _, err = merged(parts[0], parts[1], parts[1], parts[2])
    assert (code, f"{parts[1]}: shard is '2/3'; {parts[1]} is this part too: give each part once" in err) == (2, True)
    code, _, err = merged(parts[0])
    assert (code, "the missing shard is '2/3, 3/3'; there must be all 3 parts of the sweep of" in err) == (2, True)
    result = posture("merge", *parts, "--out", parts[0])
    assert (result.exit_code, "it must be a folder of its own: this is one of the parts" in result.stderr) == (2, True)
    assert not (tmp_path / "out").exists()


def test_a_copy_of_another_parts_chunk_is_no_harm(made, parts, merged, tmp_path):
    shutil.copy(a_chunk(parts[0]), parts[1] / "chunks")
    assert merged(*parts)[0] == 0
    assert_same(tmp_path / "out", made / "whole")


def test_a_folder_takes_one_part_alone(made, parts, file, posture):
    for words, changed in (
        (["--shard", "1/3"], "shard: 2/3 → 1/3"),
        (["--shard", "2/3", "--replicates", 9], "replicates: 3 → 9"),
    ):
        result = posture("sweep", file, *words, "--out", parts[1])
        assert (result.exit_code, changed in result.stderr, "--fresh throws" in result.stderr) == (2, True, True)
    result = posture("sweep", file, "--shard", "2/3", "--out", parts[1])
    assert result.stdout.startswith("8 of 24 runs, part 2/3: 0 run, 8 there already.")


@pytest.mark.parametrize("text", ["0/3", "4/3", "3", "a/b", "1/0", "-1/3", "1/3/5"])
def test_a_bad_part_is_refused(text, file, posture, tmp_path):
    result = posture("sweep", file, f"--shard={text}", "--out", tmp_path / "o")
    assert result.exit_code == 2
    assert f"--shard is '{text}'; it must be i/n" in result.stderr
    assert not (tmp_path / "o").exists()


def test_what_needs_the_whole_sweep_is_refused_beside_a_part(file, posture, tmp_path):
    for words in (["--dry-run"], ["--parquet"], ["--measures", "fire_attacks"], ["--format", "parquet"]):
        result = posture("sweep", file, "--shard", "1/3", *words, "--out", tmp_path / "o")
        assert (result.exit_code, f"{words[0]} needs the whole sweep" in result.stderr) == (2, True)
        assert not (tmp_path / "o").exists()
