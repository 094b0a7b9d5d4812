"""Garbage is collected when nobody waits for an answer.

A full collection looks at every object and stops all threads meanwhile. With fifty tabs it takes a third of a second of
processor time, and beside busy programs some seconds. So it runs after work, in a quiet second, and memory of tabs that
were closed goes back to the system then. That little is computed is not quiet yet: on a busy machine the server may
have much to do and not come to it, and no more do its tabs to what they have to say. So no tab must have said anything,
and this thread must get a processor when it wants one.
"""

from __future__ import annotations

import ctypes
import gc
import threading
import time
from collections.abc import Callable

_LOOK_SECONDS = 1.0
_QUIET_SHARE = 0.1
"""Of a processor, over a look: what takes more is work, and somebody may wait for it."""
_TRIED_SECONDS = 0.02
_MOST_WAITING = 2.0
"""So many times its processor time a stretch of work may take: else others want the processors, or the interpreter."""
_LONGEST_WAIT = 30.0
"""Seconds between two trials on a machine that stays busy: at each look they were 2% of a processor, for ever."""
_RARELY = 1000
"""Younger collections before a full one that does not wait for quiet: play that never rests gets there after hours."""
_LIBC = ctypes.CDLL(None)


def collect_when_quiet(silence: Callable[[], float]) -> None:
    """Begin to watch for quiet seconds; what is loaded by now stays, and is never looked at again.

    `silence` says for how many seconds no tab has said anything.
    """
    gc.collect()
    gc.freeze()
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, _RARELY)
    threading.Thread(target=_watch, args=(silence,), daemon=True, name="posture garbage").start()


def _watch(silence: Callable[[], float]) -> None:
    wait = 0.0
    while True:
        time.sleep(wait)
        if _is_quiet(silence) and gc.get_count()[2]:  # something is made since the last
            served = _is_served()
            if served:
                _collect()
            wait = 0.0 if served else min(2 * wait + 3 * _LOOK_SECONDS, _LONGEST_WAIT)


def _is_quiet(silence: Callable[[], float]) -> bool:
    before = time.process_time()
    time.sleep(_LOOK_SECONDS)
    return time.process_time() - before < _QUIET_SHARE * _LOOK_SECONDS and silence() > _LOOK_SECONDS


def _is_served() -> bool:
    """Does work go on here about as fast as it can?"""
    began, worked = time.perf_counter(), time.thread_time()
    while time.thread_time() - worked < _TRIED_SECONDS:
        if time.perf_counter() - began > _MOST_WAITING * _TRIED_SECONDS:
            return False
    return True


def _collect() -> None:
    gc.collect()
    if hasattr(_LIBC, "malloc_trim"):
        _LIBC.malloc_trim(0)
