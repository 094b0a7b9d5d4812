"""Files and folders that are whole or not there."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from sim.errors import ConfigError


def results_folder(path: Path) -> Path:
    """The folder, made if need be; refused at once if nothing can be written there."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            return path
    except OSError as error:
        raise ConfigError(
            None, "--out", str(path), f"expected a folder that can be written: {error.strerror}"
        ) from error


@contextmanager
def replacing(path: Path, mode: str = "w") -> Iterator[IO[Any]]:
    """A file written beside its name and renamed into place when whole; an error leaves all as it was."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    options: dict[str, Any] = {} if "b" in mode else {"encoding": "utf-8", "newline": ""}
    try:
        with open(part, mode, **options) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        _sync_folder(path.parent)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A folder written beside its name and renamed into place when whole; one that has files in it is refused."""
    path = path.absolute()
    if path.is_file() or (path.is_dir() and any(path.iterdir())):
        raise ConfigError(None, "--out", str(path), "expected a folder that is not there yet")
    part = results_folder(path.parent) / f".{path.name}.{os.getpid()}.part"
    try:
        part.mkdir()
        yield part
        part.replace(path)
        _sync_folder(path.parent)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _sync_folder(path: Path) -> None:
    """Make the renaming last through a power cut, where the system can."""
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file."""
    with replacing(path) as file:
        json.dump(content, file, indent=2, ensure_ascii=False, allow_nan=False)
        file.write("\n")
