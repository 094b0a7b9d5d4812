"""Kept files: compiled code and built theatres, checked before use, written whole or not at all.

A file is one line of JSON, which says what is in it, what made it and the hash of all this, of its place and of what
follows, and then that itself. A folder is named by the hash of the sources that it is of, so a file that was put into
another folder, or under another name, is not taken. Two folders are looked at: one in the package, and one of the user.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sim.locks import has_locks, lock_of

SHIPPED = Path(__file__).parent / "code"
"""What comes with the package: a wheel has it, a checkout has not."""
CODE, THEATRE = ".code", ".theatre"
"""What the names of files end in."""
_SAID = "POSTURE_NOTICES"  # notices that this process, or one that started it, has given


@dataclass(frozen=True)
class Kept:
    """What a file holds: its name inside (of code that of its function), what made it, and the bytes."""

    symbol: str
    made_by: str
    data: bytes


def notice(what: str, cost: str) -> None:
    """One line on standard error: in this process, not again in those that it starts."""
    if what not in os.environ.get(_SAID, ""):
        os.environ[_SAID] = f"{os.environ.get(_SAID, '')}{what}; "
        print(f"posture: {what}; {cost}; results are the same", file=sys.stderr)


def folder() -> Path:
    """Where is kept what was made here."""
    import platformdirs

    return Path(os.environ.get("POSTURE_CACHE") or platformdirs.user_cache_dir("posture"))


def path_of(root: Path, file: str, sources: str, target: str) -> Path:
    """A file, by its name with its ending."""
    return root / f"{sources}-{target}" / file


def find(file: str, sources: str, target: str) -> Kept | None:
    """A file made by exactly these sources; None if there is none that is whole."""
    for root in (SHIPPED, folder()):
        found = read(path_of(root, file, sources, target))
        if found is not None:
            return found
    return None


def read(path: Path) -> Kept | None:
    """What a file holds; None if it is not there, or not what was written there."""
    try:
        if not path.is_file():  # a pipe would be waited for
            return None
        head, _, data = path.read_bytes().partition(b"\n")
        about = json.loads(head)
        kept = Kept(about["symbol"], about["made_by"], data)
        return kept if _hash(path, kept) == about["sha256"] else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _hash(path: Path, kept: Kept) -> str:
    """Of what a file holds and of where it is: its name, and that of its folder."""
    about = json.dumps([path.parent.name, path.name, kept.symbol, kept.made_by]).encode()
    return hashlib.sha256(about + b"\n" + kept.data).hexdigest()


def made_once(
    file: str, sources: str, target: str, make: Callable[[], Kept], may_keep: Callable[[], bool] = lambda: True
) -> Kept:
    """Make code and keep it, if it may be. Of processes that need it together one makes it, and the others wait.

    Where nothing can be kept, or no room is left, it is made all the same: one line says what that costs.
    """
    path = path_of(folder(), file, sources, target)
    with _alone(path):
        code = read(path)
        if code is None:
            code = make()
            if may_keep():
                _keep(path, code)
        return code


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time; where a lock can't be had, all go on without."""
    lock = path.with_suffix(".lock")
    with contextlib.ExitStack() as held:
        with contextlib.suppress(OSError):  # no folder: what is made can't be kept either, which is said then
            path.parent.mkdir(parents=True, exist_ok=True)
            if has_locks(lock):
                held.enter_context(lock_of(lock, soft=False).acquire(timeout=-1))
            else:
                notice(f"{folder()} has no file locks", "processes that start together each compile the rules")
        yield


def _keep(path: Path, code: Kept) -> None:
    """Write a file, if that can be; one line says what it costs where it can't."""
    try:
        write(path, code)
    except OSError as error:
        notice(f"compiled rules cannot be kept in {folder()} ({error.strerror})", "every start compiles them again")


def write(path: Path, kept: Kept) -> None:
    """Write a file beside its name and rename it; raises OSError, and then leaves nothing."""
    about = {"symbol": kept.symbol, "made_by": kept.made_by, "sha256": _hash(path, kept)}
    path.parent.mkdir(parents=True, exist_ok=True)
    own = f"{os.getpid()}-{threading.get_ident()}"  # not a temporary file, which its owner alone may read
    part = path.with_suffix(f".{own}.part")
    try:
        part.write_bytes(json.dumps(about).encode() + b"\n" + kept.data)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def drop_others(root: Path, sources: str) -> None:
    """Throw away what is of other sources; what is of these for other machines stays."""
    for path in root.glob("*-*"):
        if not path.name.startswith(f"{sources}-"):
            shutil.rmtree(path)


def files_in(root: Path) -> list[Path]:
    """Every file that is kept in a folder."""
    return sorted(path for path in root.glob("*/*") if path.suffix in (CODE, THEATRE))
