"""Reading files that others wrote: regular files of a stated size, in UTF-8, of a shape that is read in no time.

A parser asks for a stack as deep as what it reads is nested, and tomllib for a time that grows with the square of the
parts of a dotted key. So shape is looked at before a parser sees the text.
"""

from __future__ import annotations

import json
import os
import re
import stat
import tomllib
from pathlib import Path
from typing import Any

from sim.errors import ConfigError

MOST_BYTES = 1_000_000
"""Of a file that a person writes (TOML)."""
MOST_TABLE_BYTES = 100_000_000
"""Of a table of numbers (CSV), or of what the program itself has written (JSON)."""
MOST_LEVELS = 50
"""Of lists and tables within each other."""
MOST_KEY_PARTS = 50
"""Of a dotted key, joined by points."""
MOST_DIGITS = 400
"""Of one number: the largest float has 309."""

_STRINGS = re.compile(r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*', re.DOTALL)
_PIECES = re.compile(r"[\w+-]+|[.\[\]{}]|[^\s\w.\[\]{}+-]")
_WHOLE = re.compile(r"[+-]?(?:0|[1-9][0-9]{0,19})")
_NUMBER = re.compile(r"[+-]?[0-9]{1,400}(?:\.[0-9]{1,400})?(?:[eE][+-]?[0-9]{1,3})?")


def is_file(path: str | Path) -> bool:
    """Is there a file of that name? False for what can be no name of a file, such as one that is too long."""
    return os.path.isfile(path)


def read_bytes(path: Path, most_bytes: int, key: str = "file") -> bytes:
    """The content of a file; what is no file, or larger, is a `ConfigError`. Nothing is waited for."""
    try:
        with open(path, "rb", opener=_at_once) as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise ConfigError(path, key, path.name, "it must be a file, no folder, pipe or device")
            if about.st_size > most_bytes:
                raise ConfigError(path, f"{key} size", about.st_size, f"it must be at most {most_bytes:,} bytes")
            return file.read(most_bytes)
    except OSError as error:
        raise ConfigError(path, key, path.name, f"it must be a file that can be read: {error.strerror}") from error


def _at_once(path: str, flags: int) -> int:
    """Open without waiting for somebody who writes into a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def read_text(path: Path, most_bytes: int, kind: str, key: str = "file") -> str:
    """The text of a file of a kind (`TOML`), without the mark that some editors put before UTF-8."""
    try:
        return read_bytes(path, most_bytes, key).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(path, key, path.name, f"it must be {kind}: byte {error.start} is no UTF-8") from error


# --- TOML --------------------------------------------------------------------------------------------------------
def toml_of(text: str) -> dict[str, Any]:
    """What a TOML text says; a `ValueError` in words where it says nothing, or more than anybody writes."""
    _check_shape(_STRINGS.sub("s", text))
    return tomllib.loads(text)


def _check_shape(bare: str) -> None:
    """Refuse what is nested too deep, keys of too many parts and numbers of too many digits; `bare` has no strings."""
    depth, parts, before = 0, 0, ""
    for match in _PIECES.finditer(bare):
        piece = match[0]
        depth += (piece in "[{") - (piece in "]}")
        parts = parts + 1 if piece == "." else parts * (before == ".")
        if depth > MOST_LEVELS:
            raise ValueError(f"lists and tables may be nested {MOST_LEVELS} deep at most")
        if parts >= MOST_KEY_PARTS:
            raise ValueError(f"a key may have at most {MOST_KEY_PARTS} parts")
        if len(piece) > MOST_DIGITS and piece[0] in "+-0123456789":
            raise ValueError(f"a number may have at most {MOST_DIGITS} digits")
        before = piece


# --- JSON --------------------------------------------------------------------------------------------------------
def read_json(path: Path, key: str = "file", allowed: str = "it must be JSON") -> Any:
    """What a JSON file says; `allowed` is the clause of a refusal."""
    text = read_text(path, MOST_TABLE_BYTES, "JSON", key)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        why = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
        raise ConfigError(path, key, path.name, f"{allowed}: {why}") from error


# --- cells of CSV, words of a command line -----------------------------------------------------------------------
def whole_number_of(text: str) -> int:
    """The whole number that a text is, in plain digits: no 1_0, no digits of other scripts; else a `ValueError`."""
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is no whole number")
    return int(text)


def number_of(text: str) -> float:
    """The number that a text is, in plain digits; else a `ValueError`. Of what is infinite or no number, too."""
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is no number")
    return float(text)


def number_or_word(text: str) -> int | float | str:
    """A whole number or a number where the text is one, else the text."""
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text
