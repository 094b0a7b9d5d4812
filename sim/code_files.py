"""Files of compiled code: found by the hash of the sources, checked before use, written whole or not at all.

A file is one line of JSON, which names the function, the versions that made it and the hash of what follows, and then
the object code. Two folders are looked at: the one that comes with the package, and the user's own.
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

SHIPPED = Path(__file__).parent / "code"
"""Code that comes with the package: a wheel has it, a checkout has not."""
_SUFFIX = ".code"
_SAID = "POSTURE_NOTICES"  # notices that this process, or one that started it, has given


@dataclass(frozen=True)
class Code:
    """Object code of one entry: the name of its function there, and which compiler made it."""

    symbol: str
    made_by: str
    data: bytes


def notice(what: str, cost: str) -> None:
    """One line on standard error: in this process, not again in those that it starts."""
    if what not in os.environ.get(_SAID, ""):
        os.environ[_SAID] = f"{os.environ.get(_SAID, '')}{what}; "
        print(f"posture: {what}; {cost}; results are the same", file=sys.stderr)


def folder() -> Path:
    """Where code is kept that is compiled here."""
    import platformdirs

    return Path(os.environ.get("POSTURE_CACHE") or platformdirs.user_cache_dir("posture"))


def path_of(root: Path, name: str, sources: str, target: str) -> Path:
    """The file of an entry."""
    return root / f"{sources}-{target}" / f"{name}{_SUFFIX}"


def find(name: str, sources: str, target: str) -> Code | None:
    """The code of an entry, made of exactly these sources; None if there is none that is whole."""
    for root in (SHIPPED, folder()):
        code = read(path_of(root, name, sources, target))
        if code is not None:
            return code
    return None


def read(path: Path) -> Code | None:
    """What a file holds; None if it is not there, or not what was written."""
    try:
        head, _, data = path.read_bytes().partition(b"\n")
        about = json.loads(head)
        whole = hashlib.sha256(data).hexdigest() == about["sha256"]
        return Code(about["symbol"], about["made_by"], data) if whole else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def made_once(name: str, sources: str, target: str, make: Callable[[], Code]) -> Code:
    """Make code and keep it. Of processes that need it together one makes it, and the others wait.

    Where nothing can be kept, or no room is left, it is made all the same: one line says what that costs.
    """
    path = path_of(folder(), name, sources, target)
    with _alone(path):
        code = read(path)
        if code is None:
            code = make()
            _keep(path, code)
        return code


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time; where a lock can't be had, all go on without."""
    from filelock import FileLock

    with contextlib.ExitStack() as held:
        with contextlib.suppress(OSError, NotImplementedError):  # no folder, or a file system without locks
            path.parent.mkdir(parents=True, exist_ok=True)
            held.enter_context(FileLock(path.with_suffix(".lock")))
        yield


def _keep(path: Path, code: Code) -> None:
    """Write a file, if that can be; one line says what it costs where it can't."""
    try:
        write(path, code)
    except OSError as error:
        notice(f"compiled rules cannot be kept in {folder()} ({error.strerror})", "every start compiles them again")


def write(path: Path, code: Code) -> None:
    """Write a file beside its name and rename it; raises OSError, and then leaves nothing."""
    about = {"symbol": code.symbol, "made_by": code.made_by, "sha256": hashlib.sha256(code.data).hexdigest()}
    path.parent.mkdir(parents=True, exist_ok=True)
    own = f"{os.getpid()}-{threading.get_ident()}"  # not a temporary file, which its owner alone may read
    part = path.with_suffix(f".{own}.part")
    try:
        part.write_bytes(json.dumps(about).encode() + b"\n" + code.data)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def drop_others(root: Path, sources: str) -> None:
    """Throw away the code of other sources; code of these for other machines stays."""
    for path in root.glob("*-*"):
        if not path.name.startswith(f"{sources}-"):
            shutil.rmtree(path)


def kept(root: Path | None = None) -> Iterator[Path]:
    """Every file of code in a folder (None: the user's own)."""
    yield from sorted((root or folder()).glob(f"*/*{_SUFFIX}"))
