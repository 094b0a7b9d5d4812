"""Chunk files: what is written is read again, and any change to the bytes is noticed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from experiments.runs.archive import TornFileError, open_chunk, write_chunk
from sim.state import EVENT

ARRAYS = {
    "keys": np.arange(5, dtype=np.uint64) << np.uint64(60),
    "measures": np.array([[1.5, np.nan, -0.0], [np.inf, 2.0, 3.0]]),
    "none": np.zeros((0, 4)),
    "events": np.ones(3, EVENT).astype(EVENT.descr),
}


@pytest.fixture
def file(tmp_path):
    write_chunk(tmp_path / "a.chunk", ARRAYS, [(3, "run", "why – in words")])
    return tmp_path / "a.chunk"


def test_arrays_come_back_with_type_shape_and_bytes(file):
    chunk = open_chunk(file)
    for name, array in ARRAYS.items():
        for back in (chunk.array(name), chunk.mapped(name)):
            assert (back.dtype, back.shape, back.tobytes()) == (array.dtype, array.shape, array.tobytes())
    assert chunk.rows("keys", 1, 3).tolist() == ARRAYS["keys"][1:3].tolist()
    assert chunk.failures == {3: ("run", "why – in words")}
    assert [path.name for path in file.parent.iterdir()] == ["a.chunk"]


@given(hnp.arrays(hnp.scalar_dtypes(), hnp.array_shapes(min_dims=1, max_dims=3, min_side=0)))
def test_any_array_comes_back(tmp_path_factory, array):
    path = tmp_path_factory.mktemp("chunk") / "a.chunk"
    write_chunk(path, {"a": array})
    assert open_chunk(path).array("a").tobytes() == array.tobytes()


def test_every_cut_is_noticed(file):
    whole = file.read_bytes()
    for size in range(len(whole)):
        file.write_bytes(whole[:size])
        with pytest.raises(TornFileError):
            open_chunk(file)


def test_more_bytes_are_noticed(file):
    file.write_bytes(file.read_bytes() + b"\0")
    with pytest.raises(TornFileError):
        open_chunk(file)


@given(st.data())
def test_any_flipped_bit_is_noticed(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("chunk") / "a.chunk"
    write_chunk(path, ARRAYS)
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(content)
    with pytest.raises(TornFileError):
        open_chunk(path)


def test_another_kind_of_file_is_none(tmp_path):
    from hashlib import blake2b

    (tmp_path / "a.chunk").write_bytes(b"something" + blake2b(b"something", digest_size=32).digest())
    with pytest.raises(TornFileError, match="another kind"):
        open_chunk(tmp_path / "a.chunk")
