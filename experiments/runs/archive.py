"""The folder of chunks: which runs are there, and their rows.

A chunk is what one job left: a magic word, the length of a JSON header, the header (names, types and shapes of the
arrays, and failures), the bytes of the arrays, and a BLAKE2b checksum of all that; written beside its name and renamed.
Every file is checked whole when the archive is opened; one that is torn is left out, and its runs are run again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.files.manifest import versions
from experiments.files.whole import remove, replacing
from experiments.runs.jobs import Failure, Job, Result, length_of, name_of
from sim.errors import RunError

SUFFIX = ".chunk"
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
    versions: dict[str, str] = field(default_factory=dict)
    """By which versions its runs were made; {} where it does not say."""

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


def write_chunk(
    path: Path,
    arrays: Mapping[str, NDArray[Any]],
    failures: Sequence[tuple[int, str, str]] = (),
    made_by: Mapping[str, str] | None = None,
) -> ChunkFile:
    """Write arrays under their names, (row, stage, error) of each run that failed, and versions; all or nothing."""
    plans = {name: {"dtype": _description(a.dtype), "shape": a.shape} for name, a in arrays.items()}
    header = json.dumps({"arrays": plans, "failures": list(failures), "versions": dict(made_by or {})}).encode()
    digest = hashlib.blake2b(digest_size=_CHECKSUM)
    with replacing(path, "wb") as file:
        for part in (MAGIC, len(header).to_bytes(8, "little"), header, *(a.tobytes() for a in arrays.values())):
            digest.update(part)
            file.write(part)
        file.write(digest.digest())
    return _chunk(path, json.loads(header), len(header))


def open_chunk(path: Path) -> ChunkFile:
    """A chunk file after a check of every byte; TornFileError if it is not whole."""
    if not path.is_file() and (path.is_symlink() or path.exists()):  # it may be a pipe, which would be waited for
        raise TornFileError(f"{path.name}: no file")
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
    return _chunk(path, header, length)


def checksum_of(path: Path) -> bytes:
    """The checksum at the end of a chunk file that is whole: two files with the same are the same."""
    with open(path, "rb") as file:
        file.seek(-_CHECKSUM, os.SEEK_END)
        return file.read()


def _chunk(path: Path, header: Mapping[str, Any], length: int) -> ChunkFile:
    """The chunk file that has this header, of so many bytes."""
    failures = {row: (stage, error) for row, stage, error in header["failures"]}
    starts = _starts(header["arrays"], len(MAGIC) + 8 + length)
    return ChunkFile(path, header["arrays"], starts, failures, header.get("versions", {}))


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


@dataclass
class Archive:
    """All whole chunk files of a folder. Keys are sorted; a run that was tried again counts as it went last well."""

    folder: Path
    files: list[ChunkFile] = field(default_factory=list)
    torn: list[Path] = field(default_factory=list)
    _keys: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, np.uint64))
    _where: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 2), np.int64))
    _failed: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    _indexed: int = 0  # files whose keys are sorted in
    _starts: dict[tuple[int, str], NDArray[np.int64]] = field(default_factory=dict)

    @classmethod
    def open(cls, folder: Path, *, tidy: bool = False) -> Archive:
        """The archive of a folder; torn files are named in `torn`.

        To tidy up is for a sweep that has locked the folder: torn files, and parts of files that a killed sweep left
        behind, are removed.
        """
        archive = cls(folder)
        for path in sorted(folder.glob(f"*{SUFFIX}")):
            try:
                archive.files.append(open_chunk(path))
            except FileNotFoundError:  # another command has thrown it away meanwhile
                continue
            except (TornFileError, ValueError, KeyError):
                archive.torn.append(path)
        if tidy:
            for path in (*archive.torn, *folder.glob(".*.part")):
                remove(path)
        return archive

    def keep(self, job: Job, result: Result) -> None:
        """Write the file of a job, whole or not at all, and know its runs from now on."""
        path = self.folder / f"{name_of(job)}{SUFFIX}"
        if path.exists():  # failed runs that are tried again
            self._forget(path)
        failures = [(f.row, f.stage, f.error) for f in result.failures]
        self.files.append(write_chunk(path, result.arrays, failures, versions()))

    def take(self, file: ChunkFile) -> None:
        """Copy a file of another archive, checked whole before it has its name; nothing if it is there already."""
        path = self.folder / file.path.name
        if path.exists():
            if checksum_of(path) == checksum_of(file.path):
                return
            self._forget(path)
        with open(file.path, "rb") as source, replacing(path, "wb") as copy:
            shutil.copyfileobj(source, copy)
            copy.flush()
            whole = replace(open_chunk(Path(copy.name)), path=path)
        self.files.append(whole)

    def _forget(self, path: Path) -> None:
        """Leave out a file that is about to be replaced."""
        self.files = [file for file in self.files if file.path != path]
        self._keys, self._where, self._failed = self._keys[:0], self._where[:0], self._failed[:0]
        self._indexed = 0  # all keys are sorted in again
        self._starts.clear()

    def _index(self) -> None:
        """Sort in the keys of new files; of several rows of a key, one that went well comes first."""
        new = self.files[self._indexed :]
        if not new:
            return
        keys = [self._keys, *(file.array("keys") for file in new)]
        sizes = [len(each) for each in keys[1:]]
        where = [np.stack([np.full(n, self._indexed + k), np.arange(n)], axis=1) for k, n in enumerate(sizes)]
        failed = [_failed_rows(file, n) for file, n in zip(new, sizes, strict=True)]
        all_keys, all_where = np.concatenate(keys), np.concatenate([self._where, *where])
        all_failed = np.concatenate([self._failed, *failed])
        order = np.lexsort((all_failed, all_keys))
        first = np.ones(len(order), np.bool_)
        first[1:] = all_keys[order][1:] != all_keys[order][:-1]
        best = order[first]
        self._keys, self._where, self._failed = all_keys[best], all_where[best], all_failed[best]
        self._indexed = len(self.files)

    def has(self, keys: NDArray[np.uint64], *, retry_failed: bool = False) -> NDArray[np.bool_]:
        """For each key (any shape), is the run there? A failed one counts as there unless it is to be retried."""
        self._index()
        if len(self._keys) == 0:
            return np.zeros(keys.shape, np.bool_)
        at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        found = self._keys[at] == keys
        return np.asarray(found & ~self._failed[at] if retry_failed else found)

    def failed(self, keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """For each key (any shape), did the run fail, or is it not there?"""
        return ~self.has(keys, retry_failed=True)

    def places(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        """(file, row) of each key (n × 2); −1, −1 where the run is not there."""
        places = np.full((len(keys), 2), -1, np.int64)
        there = self.has(keys)
        if there.any():
            places[there] = self._where[np.searchsorted(self._keys, keys[there])]
        return places

    def gather(self, keys: NDArray[np.uint64], names: Sequence[str]) -> dict[str, NDArray[Any]]:
        """Rows of arrays that have one row per run, in the order of the keys, all of which must be there."""
        places = self.places(keys)
        if (places < 0).any():
            raise RunError(f"{(places[:, 0] < 0).sum()} runs are not there: run the same command again")
        out: dict[str, NDArray[Any]] = {}
        for n in np.unique(places[:, 0]):
            at = np.flatnonzero(places[:, 0] == n)
            for name in names:
                rows = self.files[n].mapped(name)
                if name not in out:
                    out[name] = np.zeros((len(keys), *rows.shape[1:]), rows.dtype)
                out[name][at] = rows[places[at, 1]]
        return out

    def failures(self, keys: NDArray[np.uint64]) -> dict[int, Failure]:
        """Number of a key among `keys` → why its run failed."""
        numbers, found = np.flatnonzero(self.failed(keys)), {}  # few of many: the others need no look
        for n, (file, row) in zip(numbers.tolist(), self.places(keys[numbers]).tolist(), strict=True):
            if file >= 0:
                found[n] = Failure(row, *self.files[file].failures[row])
        return found

    def rows(self, keys: NDArray[np.uint64], output: str) -> Iterator[NDArray[Any]]:
        """The rows of an output of each run, in the order of the keys; none of a run that failed or is not there."""
        for file, row in self.places(keys).tolist():
            if file < 0 or output not in self.files[file].plans:
                yield np.zeros(0)
            else:
                start, stop = self._span(file, row, length_of(output))
                yield self.files[file].rows(output, start, stop)

    def day_digests(self, key: NDArray[np.uint64]) -> NDArray[np.uint64] | None:
        """The daily digests of a run (an array of one key), None if it is not there."""
        ((file, row),) = self.places(key).tolist()
        return None if file < 0 else self.files[file].rows("day_digests", *self._span(file, row, "n_days"))

    def _span(self, file: int, row: int, lengths: str) -> tuple[int, int]:
        """First and last + 1 of the rows of a run, in an array whose runs have so many rows each."""
        if (file, lengths) not in self._starts:
            ends = np.cumsum(self.files[file].array(lengths))
            self._starts[file, lengths] = np.concatenate([[0], ends]).astype(np.int64)
        starts = self._starts[file, lengths]
        return int(starts[row]), int(starts[row + 1])

    def made_by(self, keys: NDArray[np.uint64]) -> list[dict[str, str]]:
        """Every set of versions that made some of these runs (any shape), each once; {} stands for unknown ones."""
        files = np.unique(self.places(keys.ravel())[:, 0])
        known = {json.dumps(self.files[n].versions, sort_keys=True) for n in files.tolist() if n >= 0}
        return [json.loads(text) for text in sorted(known)]

    def keys(self) -> NDArray[np.uint64]:
        """The keys of all runs that are there, sorted."""
        self._index()
        return self._keys


def _failed_rows(file: ChunkFile, n: int) -> NDArray[np.bool_]:
    failed = np.zeros(n, np.bool_)
    failed[list(file.failures)] = True
    return failed
