"""Standard output and standard error, whatever they can take: any encoding, a full disk, a pipe without a reader."""

from __future__ import annotations

import errno
import io
import os
import sys
import unicodedata
from typing import Any, TextIO

import click

from sim.errors import PostureError

_PLAIN = {
    **dict.fromkeys("–—−‒─━╌┄", "-"),
    **dict.fromkeys("│┃╎┆", "|"),
    **dict.fromkeys("‘’", "'"),
    **dict.fromkeys("“”", '"'),
    "×": "x",
    "→": "->",
    "←": "<-",
    "≤": "<=",
    "≥": ">=",
    "±": "+-",
    "·": ".",
    "•": "*",
    "…": "...",
}


class OutputError(PostureError):
    """Standard output takes no more."""


class ReaderGone(OutputError):
    """Whoever read standard output has closed it, as `head` does: there is nobody to tell."""

    exit_code = 141  # as the shell says it of a program that SIGPIPE ended


def plain(text: str, encoding: str) -> str:
    """The text in characters that the encoding has: its own, then the nearest that look like it, then `?`."""
    try:
        text.encode(encoding)
        return text
    except UnicodeEncodeError:
        return "".join(_character(each, encoding) for each in text)


def _character(one: str, encoding: str) -> str:
    bare = "".join(each for each in unicodedata.normalize("NFKD", one) if not unicodedata.combining(each))
    for instead in (one, _PLAIN.get(one, ""), bare):
        if instead and instead.encode(encoding, "ignore").decode(encoding) == instead:
            return instead
    return "?"


class _Stream(io.TextIOWrapper):
    """Writes what its encoding has. Of ASCII it says UTF-8: else click would open a stream of its own, in UTF-8."""

    def __init__(self, old: io.TextIOWrapper) -> None:
        self._takes = old.encoding
        says = self._takes if "é" in plain("é", self._takes) else "utf-8"
        super().__init__(
            io.BufferedWriter(io.FileIO(old.fileno(), "w", closefd=False)),
            encoding=says,
            errors="replace",
            line_buffering=old.line_buffering or isinstance(self, _Errors),  # else a pipe hears of waiting at its end
            write_through=old.write_through,
        )

    def write(self, text: str) -> int:
        """Write, or fail in this stream's own way."""
        try:
            return super().write(plain(text, self._takes))
        except OSError as error:
            return self._failed(error)

    def flush(self) -> None:
        """Flush, or fail in this stream's own way."""
        try:
            super().flush()
        except OSError as error:
            self._failed(error)

    def _failed(self, error: OSError) -> int:
        _to_nowhere(self.fileno())
        if error.errno == errno.EPIPE:
            raise ReaderGone("") from error
        raise OutputError(f"standard output can't be written: {error.strerror}") from error


class _Errors(_Stream):
    """Standard error: nobody could be told that it can't be written, and no work is lost for it."""

    def _failed(self, error: OSError) -> int:
        _to_nowhere(self.fileno())
        return 0


def in_bytes(text: str) -> bytes:
    """A text as standard error would write it."""
    takes = sys.stderr._takes if isinstance(sys.stderr, _Stream) else "utf-8"
    return plain(text, takes).encode(takes, "replace")


def _to_nowhere(number: int) -> None:
    """What is still in the buffer must not fail once more when Python ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)


def prepare() -> None:
    """Put both streams in place, for a process of its own."""
    sys.stdout = _wrapped(sys.stdout, _Stream)
    sys.stderr = _wrapped(sys.stderr, _Errors)


def _wrapped(old: TextIO | Any, kind: type[_Stream]) -> Any:
    return kind(old) if isinstance(old, io.TextIOWrapper) else old


def finished(code: int) -> int:
    """The exit code, once all is written that was printed."""
    try:
        if sys.stdout is not None:  # None: it was closed before the program began
            sys.stdout.flush()
    except OutputError as error:
        tell(error)
        return code or error.exit_code
    return code


def tell(error: PostureError) -> None:
    """An error in one line on standard error; none for an error that nobody wants to hear of."""
    if str(error):
        click.echo(f"posture: {error}", err=True)
