"""Everything that Posture raises on purpose.

PostureError                 anything below; the command line prints it without a traceback
├── ConfigError              bad input: file, key, value and what is allowed         (exit code 2)
└── RunError                 a run that could not be finished                        (exit code 1)
"""

from __future__ import annotations

from datetime import date
from pathlib import Path


class PostureError(Exception):
    """Base of all errors raised on purpose."""

    exit_code = 1


class ConfigError(PostureError):
    """Bad input. The message is a sentence: where it stands, what was given, and what is allowed.

    `configs/x.toml: sites[2].people is 'many'; it must be a whole number from 0 to 20000.` What is `allowed` is a
    clause, and may have further sentences behind it. A value None is missing, an empty text is empty.
    """

    exit_code = 2

    def __init__(self, file: str | Path | None, key: str, value: object, allowed: str) -> None:
        self.file = str(file) if file is not None else None
        self.key, self.value, self.allowed = key if key.strip() else f'"{key}"', value, allowed
        where = f"{cut(self.file, 1000)}: " if self.file else ""
        end = "" if allowed[-1:] in ".?!" else "."
        super().__init__(printable(f"{where}{cut(self.key)} is {_words(value)}; {allowed}{end}"))


class RunError(PostureError):
    """A run that stopped before its end; the message says at which hour and why."""


def printable(text: str) -> str:
    """The text with what would move a terminal's cursor, or turn its letters around, as an escape: `\\x1b`."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def cut(text: str, most: int = 400) -> str:
    """The text, or its beginning."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _words(value: object) -> str:
    """A value in a message, as TOML has it; long tables are cut, while a path or a name is shown whole."""
    if value is None or value == "":
        return "missing" if value is None else "empty"
    if isinstance(value, (bool, date)):
        return str(value).lower()
    return cut(repr(value), 400 if isinstance(value, str) else 80)
