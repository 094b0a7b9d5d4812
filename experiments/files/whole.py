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


def results_folder(path: Path, option: str = "--out") -> Path:
    """The folder, made if need be; refused at once if nothing can be written there."""
    with _refused(path, option):
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            return path


def check_folder(path: Path, option: str = "--out") -> None:
    """Refuse what can't become a folder with files, before any work; nothing is made."""
    there = next(each for each in (path, *path.absolute().parents) if each.exists())
    with _refused(path, option), tempfile.TemporaryFile(dir=there):
        pass


def check_file(path: Path, option: str = "--out") -> None:
    """Refuse what can't become a file, before any work; folders that it lacks are made with it, not here."""
    if path.is_dir():
        raise ConfigError(None, option, str(path), "it must be a file, and there is a folder of that name")
    check_folder(path.parent, option)


@contextmanager
def _refused(path: Path, option: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        allowed = f"it must be a folder that can be written: {error.strerror}"
        raise ConfigError(None, option, str(path), allowed) from error


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
        raise ConfigError(None, "--out", str(path), "it must be a folder that is not there yet")
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
