"""The folder of chunk files of a sweep: which runs are there, and their rows.

Every file is checked whole when the archive is opened; one that is torn is left out, and its runs are run again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.runs.chunk_files import ChunkFile, TornFileError, open_chunk, write_chunk
from experiments.runs.jobs import Failure, Job, Result, name_of
from sim.errors import RunError

SUFFIX = ".chunk"


@dataclass
class Archive:
    """All whole chunk files of a folder. Keys are sorted; a run that was tried again counts as it went last well."""

    folder: Path
    files: list[ChunkFile] = field(default_factory=list)
    torn: list[Path] = field(default_factory=list)
    _keys: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, np.uint64))
    _where: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 2), np.int64))
    _failed: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))

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
            except (TornFileError, ValueError, KeyError):
                archive.torn.append(path)
        if tidy:
            for path in (*archive.torn, *folder.glob(".*.part")):
                path.unlink(missing_ok=True)
        archive._index()
        return archive

    def _index(self) -> None:
        """Sort the keys; of several rows of a key, one that went well comes first."""
        keys = [file.array("keys") for file in self.files]
        if not keys:
            return
        where = [np.stack([np.full(len(k), n), np.arange(len(k))], axis=1) for n, k in enumerate(keys)]
        failed = [_failed_rows(file, len(k)) for file, k in zip(self.files, keys, strict=True)]
        all_keys, all_where, all_failed = np.concatenate(keys), np.concatenate(where), np.concatenate(failed)
        order = np.lexsort((all_failed, all_keys))
        first = np.ones(len(order), np.bool_)
        first[1:] = all_keys[order][1:] != all_keys[order][:-1]
        best = order[first]
        self._keys, self._where, self._failed = all_keys[best], all_where[best], all_failed[best]

    def has(self, keys: NDArray[np.uint64], *, retry_failed: bool = False) -> NDArray[np.bool_]:
        """For each key (any shape), is the run there? A failed one counts as there unless it is to be retried."""
        if len(self._keys) == 0:
            return np.zeros(keys.shape, np.bool_)
        at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        found = self._keys[at] == keys
        return np.asarray(found & ~self._failed[at] if retry_failed else found)

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
        found = {}
        for n, (file, row) in enumerate(self.places(keys).tolist()):
            if file >= 0 and row in self.files[file].failures:
                found[n] = Failure(row, *self.files[file].failures[row])
        return found

    def keys(self) -> NDArray[np.uint64]:
        """The keys of all runs that are there, sorted."""
        return self._keys


def _failed_rows(file: ChunkFile, n: int) -> NDArray[np.bool_]:
    failed = np.zeros(n, np.bool_)
    failed[list(file.failures)] = True
    return failed


def keep(folder: Path, job: Job, result: Result) -> Path:
    """Write the file of a job; it is there whole, or not at all."""
    path = folder / f"{name_of(job)}{SUFFIX}"
    write_chunk(path, result.arrays, [(f.row, f.stage, f.error) for f in result.failures])
    return path
