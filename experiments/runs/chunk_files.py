"""Files of arrays that are whole or noticed: what a sweep keeps of each chunk of its runs.

A file is a magic word, the length of a JSON header, the header (names, types and shapes of the arrays, and
failures), the bytes of the arrays, and a BLAKE2b checksum of all that. It is written beside its name and renamed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.files.store import replacing

MAGIC = b"POSTURE1"
_CHECKSUM = 32
_BLOCK = 1 << 20


class TornFileError(Exception):
    """The file is not what was written: cut short, or changed."""


@dataclass(frozen=True)
class ChunkFile:
    """A file whose checksum is right. Arrays are read when they are asked for, whole or by rows."""

    path: Path
    plans: dict[str, Any]
    starts: dict[str, int]
    failures: dict[int, tuple[str, str]]  # row → stage, error

    def array(self, name: str) -> NDArray[Any]:
        """A whole array."""
        return self.rows(name, 0, self.plans[name]["shape"][0])

    def mapped(self, name: str) -> NDArray[Any]:
        """An array that stays on disk: only the rows that are taken from it are read."""
        plan = self.plans[name]
        shape = tuple(plan["shape"])
        if 0 in shape:
            return np.zeros(shape, _dtype(plan["dtype"]))
        return np.memmap(self.path, _dtype(plan["dtype"]), "r", self.starts[name], shape)

    def rows(self, name: str, start: int, stop: int) -> NDArray[Any]:
        """Rows `start` to before `stop` of an array."""
        plan = self.plans[name]
        dtype, shape = _dtype(plan["dtype"]), plan["shape"][1:]
        width = dtype.itemsize * int(np.prod(shape, dtype=np.int64))
        with open(self.path, "rb") as file:
            file.seek(self.starts[name] + start * width)
            data = file.read((stop - start) * width)
        return np.frombuffer(data, dtype).reshape(stop - start, *shape)


def write_chunk(path: Path, arrays: Mapping[str, NDArray[Any]], failures: Sequence[tuple[int, str, str]] = ()) -> None:
    """Write arrays under their names, and (row, stage, error) of each run that failed; all or nothing."""
    plans = {name: {"dtype": _description(a.dtype), "shape": a.shape} for name, a in arrays.items()}
    header = json.dumps({"arrays": plans, "failures": list(failures)}).encode()
    digest = hashlib.blake2b(digest_size=_CHECKSUM)
    with replacing(path, "wb") as file:
        for part in (MAGIC, len(header).to_bytes(8, "little"), header, *(a.tobytes() for a in arrays.values())):
            digest.update(part)
            file.write(part)
        file.write(digest.digest())


def open_chunk(path: Path) -> ChunkFile:
    """A chunk file after a check of every byte; TornFileError if it is not whole."""
    digest, size = hashlib.blake2b(digest_size=_CHECKSUM), path.stat().st_size
    with open(path, "rb") as file:
        left = size - _CHECKSUM
        while left > 0:
            block = file.read(min(_BLOCK, left))
            if not block:
                break
            digest.update(block)
            left -= len(block)
        if left != 0 or file.read() != digest.digest():
            raise TornFileError(f"{path.name}: not whole")
        file.seek(0)
        if file.read(len(MAGIC)) != MAGIC:
            raise TornFileError(f"{path.name}: another kind of file")
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
    failures = {row: (stage, error) for row, stage, error in header["failures"]}
    return ChunkFile(path, header["arrays"], _starts(header["arrays"], len(MAGIC) + 8 + length), failures)


def _starts(plans: Mapping[str, Any], at: int) -> dict[str, int]:
    """Where each array begins in the file."""
    starts = {}
    for name, plan in plans.items():
        starts[name] = at
        at += _dtype(plan["dtype"]).itemsize * int(np.prod(plan["shape"], dtype=np.int64))
    return starts


def _description(dtype: np.dtype[Any]) -> Any:
    """A type as JSON: its code, or name and code of each of its fields."""
    return [list(field) for field in dtype.descr] if dtype.names else dtype.str


def _dtype(description: Any) -> np.dtype[Any]:
    return np.dtype([tuple(field) for field in description] if isinstance(description, list) else description)
