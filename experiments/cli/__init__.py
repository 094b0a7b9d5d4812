"""The program `posture`. It hears Ctrl-C before it imports anything that takes time; the rest is in `group`."""

from __future__ import annotations

import sys

from experiments.cli import interrupt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_HOME = {"COMMANDS": "group", "cli": "group", "given_arguments": "group"}


def __getattr__(name: str) -> Any:
    """Import late what other modules take from here: click and the studies' names need a tenth of a second."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def main() -> None:
    """Entry point of the program."""
    interrupt.hear()
    from experiments.cli import streams

    streams.prepare()
    from experiments.cli.group import run

    sys.exit(interrupt.finished(lambda: streams.finished(run())))
