"""Files and folders that are whole or not there."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
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
    """Refuse what can't become a folder with files, before any work; nothing is made. Those above it may be missing."""
    with _refused(path, option):
        with suppress(FileNotFoundError):
            path.lstat()  # a name that no file can have is refused; so is what is below a file
            if not os.path.isdir(path):
                raise NotADirectoryError(errno.ENOTDIR, "there is something else of that name")
        there = next(each for each in (path, *path.absolute().parents) if os.path.exists(each))
        with tempfile.TemporaryFile(dir=there):
            pass


def check_file(path: Path, option: str = "--out") -> None:
    """Refuse what can't become a file, before any work; folders that it lacks are made with it, not here."""
    if os.path.exists(path) and not os.path.isfile(path):
        what = "a folder" if os.path.isdir(path) else "something else"
        raise ConfigError(None, option, str(path), f"it must be a file, and there is {what} of that name")
    with _refused(path, option, "file"), suppress(FileNotFoundError):
        path.lstat()
    check_folder(path.parent, option)


class NothingIfRefused(AbstractContextManager[None]):
    """What is refused inside (`ConfigError`) leaves no folder behind, unless runs were made in it.

    What was there before is what is there when this is made.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._new = [each for each in (self._folder, *self._folder.parents) if not os.path.lexists(each)]
        self._before = set() if self._new or not folder.is_dir() else set(os.listdir(folder))

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Take back what was made, if the error is a refusal."""
        if isinstance(error, ConfigError) and not any((self._folder / "chunks").glob("*")):
            _take_back(self._folder, self._new, self._before)


def _take_back(folder: Path, new: Sequence[Path], before: set[str]) -> None:
    """Remove what a command has put into a folder, and the folders that were new."""
    with suppress(OSError):  # it was not made yet, or somebody else has put something there
        for each in folder.iterdir():
            if each.name not in before:
                remove(each)
        for each in new:
            each.rmdir()


def remove(path: Path) -> None:
    """Remove what has this name: a file, a folder with all in it, a link to nothing; no error if nothing has it."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def _refused(path: Path, option: str, what: str = "folder") -> Iterator[None]:
    try:
        yield
    except OSError as error:
        allowed = f"it must be a {what} that can be written: {error.strerror}"
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
