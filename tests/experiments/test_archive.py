"""The archive of a sweep: which runs are there, where, and which went wrong."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.runs.archive import Archive, write_chunk
from sim.errors import RunError


def keep(folder, name, keys, failed=()):
    """A chunk file whose measures say key and file."""
    keys = np.array(keys, np.uint64)
    arrays = {"keys": keys, "measures": np.stack([keys.astype(float), np.full(len(keys), ord(name))], axis=1)}
    write_chunk(folder / f"{name}.chunk", arrays, [(row, "run", f"{name}{row}") for row in failed])


def numbers(*values):
    return np.array(values, np.uint64)


def test_an_empty_folder_has_nothing(tmp_path):
    archive = Archive.open(tmp_path)
    assert not archive.has(numbers(1, 2)).any()
    assert archive.places(numbers(1)).tolist() == [[-1, -1]]
    assert archive.failures(numbers(1)) == {}
    with pytest.raises(RunError, match="2 runs are not there"):
        archive.gather(numbers(1, 2), ("measures",))


def test_rows_are_gathered_in_the_order_asked_for(tmp_path):
    keep(tmp_path, "a", [7, 3, 2**63 + 5])
    keep(tmp_path, "b", [1, 9])
    archive = Archive.open(tmp_path)
    assert archive.keys().tolist() == [1, 3, 7, 9, 2**63 + 5]
    assert archive.has(np.array([[1, 2], [3, 4]], np.uint64)).tolist() == [[True, False], [True, False]]
    rows = archive.gather(numbers(9, 3, 3, 2**63 + 5, 1), ("measures",))["measures"]
    assert rows.tolist() == [[9, ord("b")], [3, ord("a")], [3, ord("a")], [float(2**63 + 5), ord("a")], [1, ord("b")]]


def test_of_several_tries_the_one_that_went_well_counts(tmp_path):
    keep(tmp_path, "a", [1, 2, 3], failed=[0, 1])
    keep(tmp_path, "b", [1])
    keep(tmp_path, "c", [2], failed=[0])
    archive = Archive.open(tmp_path)
    wanted = numbers(3, 2, 1)
    assert archive.has(wanted).all()
    assert archive.has(wanted, retry_failed=True).tolist() == [True, False, True]
    assert archive.gather(wanted, ("measures",))["measures"][2].tolist() == [1, ord("b")]
    (failure,) = archive.failures(wanted).items()
    assert (failure[0], failure[1].stage, failure[1].error[1:]) == (
        1,
        "run",
        "1" if failure[1].error[0] == "a" else "0",
    )


def test_what_is_torn_is_left_out_and_removed_only_by_who_has_the_folder(tmp_path):
    keep(tmp_path, "a", [1])
    keep(tmp_path, "b", [2])
    (tmp_path / "b.chunk").write_bytes((tmp_path / "b.chunk").read_bytes()[:-1])
    (tmp_path / ".c.chunk.123.part").write_bytes(b"half")
    archive = Archive.open(tmp_path)
    assert archive.has(numbers(1, 2)).tolist() == [True, False]
    assert [path.name for path in archive.torn] == ["b.chunk"]
    assert len(list(tmp_path.iterdir())) == 3
    assert [path.name for path in Archive.open(tmp_path, tidy=True).torn] == ["b.chunk"]
    assert [path.name for path in tmp_path.iterdir()] == ["a.chunk"]
