"""Locks between processes, also where the file system has none."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import BaseFileLock

_NONE_HERE = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL}

_TAKING_OVER_SECONDS = 0.5  # the first look at a lock of one that has died removes it, another takes it


def has_locks(file: Path) -> bool:
    """Whether the file system of a file, which is made if need be, locks files; raises OSError if it can't be made."""
    try:
        import fcntl
    except ImportError:  # not of this system: filelock has its own way
        return True
    with file.open("ab") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            return error.errno not in _NONE_HERE
    return True


def lock_of(file: Path, *, soft: bool) -> BaseFileLock:
    """A lock that is hardly waited for: the system's, or a soft one, which is a file `….soft` that is there or not.

    The system frees its own when a process dies. A soft one says who holds it: on the same machine one whose holder
    has died is taken over, else it has to be removed by hand.
    """
    from filelock import FileLock, SoftFileLock

    if not soft:
        return FileLock(file, timeout=0)
    return SoftFileLock(file.with_name(f"{file.name}.soft"), timeout=_TAKING_OVER_SECONDS)
