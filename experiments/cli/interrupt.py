"""Ctrl-C before a command is at work. Nothing heavy is imported here."""

from __future__ import annotations

import os
import signal

INTERRUPTED = 130


def hear() -> None:
    """Hear Ctrl-C from now on, unless the caller wants it ignored."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, stop_at_once)


def stop_at_once(signum: int, frame: object) -> None:
    """There is nothing to clean up yet."""
    os.write(2, b"posture: stopped\n")
    os._exit(INTERRUPTED)


def at_work() -> None:
    """From here on there are things to clean up: Ctrl-C is a KeyboardInterrupt again."""
    if signal.getsignal(signal.SIGINT) is stop_at_once:
        signal.signal(signal.SIGINT, signal.default_int_handler)
