"""Ctrl-C, at any moment: exit code 130 and one line. Nothing heavy is imported here.

Before and after a command there is nothing to clean up: the program ends at once. While one is at work Ctrl-C is a
KeyboardInterrupt, so that half-written files go and workers end; nothing more is shown. What takes longer than
`PATIENCE_SECONDS`, does not hear it (compiled code, an interrupt that a library swallowed), or is stopped a second time
ends as if it were killed, which loses nothing that was complete.
"""

from __future__ import annotations

import os
import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

INTERRUPTED = 130
PATIENCE_SECONDS = 10.0
LINE = "posture: stopped"
_line, _screen, _said = LINE.encode(), b"", False


def hear() -> None:
    """Hear Ctrl-C from now on, unless the caller wants it ignored."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, stop_at_once)


def stop_at_once(signum: int = 0, frame: object = None) -> None:
    """There is nothing to clean up, or no more time for it."""
    _tell()
    os._exit(INTERRUPTED)


def _clean_up_first(signum: int, frame: object) -> None:
    """Say it, then let what is open be closed; once more, and it is over."""
    if _said:
        stop_at_once()
    _tell()
    raise KeyboardInterrupt


def _tell() -> None:
    """The one line. From here on nothing reaches standard error: not tracebacks of threads, not the end of a bar."""
    global _said
    if _said:
        return
    _said = True
    try:
        screen, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.write(screen, _screen + _line + b"\n")
    except OSError:  # closed, or nobody reads it
        pass


def heard() -> bool:
    """Whether this process was stopped."""
    return _said


def finished(work: Callable[[], int]) -> int:
    """The exit code of a command, which may be stopped while it is at work.

    Without `hear` Ctrl-C is left as it is: it goes through.
    """
    ours = signal.getsignal(signal.SIGINT) is stop_at_once
    if ours:
        _watch()
        signal.signal(signal.SIGINT, _clean_up_first)
    try:
        code = work()
    except BaseException:  # also what a library made of it
        if not _said:
            raise
        code = _forgotten()
    finally:
        if ours:
            signal.signal(signal.SIGINT, stop_at_once)
    return _forgotten() if _said else code


def _forgotten() -> int:
    """The exit code, which is to stand.

    CPython dies of SIGINT at its end, whatever the exit code, once a KeyboardInterrupt has passed through an `exec`
    of text (numba uses some), although it was caught later. The next `exec` resets that flag.
    """
    exec("")
    return INTERRUPTED


def _watch() -> None:
    """See to it that a stop comes to an end: the system itself tells a thread of it, whatever this one does."""
    import threading

    if not hasattr(os, "set_blocking"):
        return
    reads, writes = os.pipe()
    os.set_blocking(writes, False)
    signal.set_wakeup_fd(writes, warn_on_full_buffer=False)
    threading.Thread(target=_see_it_end, args=(reads,), daemon=True).start()


def _see_it_end(reads: int) -> None:
    import time

    while os.read(reads, 1)[0] != signal.SIGINT:
        pass
    time.sleep(PATIENCE_SECONDS)
    stop_at_once()


def will_say(line: bytes) -> None:
    """What is said from now on when Ctrl-C comes."""
    global _line
    _line = line


def will_show(before: bytes) -> None:
    """What a terminal needs before that line, while something is drawn on it."""
    global _screen
    _screen = before
