"""Compiled rules: machine code that is made once for each version of the sources, kept on disk, and loaded in moments.

A *rule* is a function that other rules call. An *entry* is what Python calls: the rules that it needs are compiled into
it, for a generic processor of this kind of machine, so that a file of code serves every machine of the kind. Loading
takes llvmlite alone; the compiler (numba, half a minute) is imported only where no code of exactly these sources is
found, neither in the package, where a wheel has it, nor in the user's cache folder. A file is named by a hash of the
sources, so a changed rule can't run stale, and carries a hash of its own, so one that is torn is thrown away. Set
POSTURE_CACHE to move the cache folder, NUMBA_DISABLE_JIT=1 to run rules as plain Python.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import os
import platform
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from sim import kept_files
from sim.kept_files import CODE, Kept

P = ParamSpec("P")
R = TypeVar("R")

PACKAGE = Path(__file__).parent
_PLAIN = os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")
_CHECKED = os.environ.get("NUMBA_BOUNDSCHECK", "0") not in ("", "0")


def hash_of(package: Path) -> str:
    """Sixteen hex digits for the sources of the model in a folder, as they are there now: all but the page's."""
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        if "app" not in path.relative_to(package).parts:
            digest.update(path.relative_to(package).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


_IMPORTED = hash_of(PACKAGE)  # not later: a source may be edited while a program that imported it runs


def source_hash() -> str:
    """The hash of the sources that this process runs; part of every manifest and of the name of compiled code."""
    return _IMPORTED


def target() -> str:
    """The kind of machine that code is for: operating system and architecture; whether every index is checked."""
    return f"{sys.platform}-{platform.machine().lower()}" + ("-checked" if _CHECKED else "")


# --- what the sources are written with ---------------------------------------------------------------------------
class Rule:
    """A function that is compiled into the entries that call it. Called from Python, it runs as Python: slow, safe."""

    def __init__(self, function: Callable[..., Any], inlined: bool) -> None:
        functools.update_wrapper(self, function)
        self.py_func, self.inlined = function, inlined

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.py_func(*args, **kwargs)

    @functools.cached_property
    def _dispatcher(self) -> Any:
        from sim.entry_compiler import dispatcher_of

        return dispatcher_of(self.py_func, self.inlined)

    @property
    def _numba_type_(self) -> Any:
        """What numba takes this for, as it compiles a caller: it asks for an attribute of this name."""
        return self._dispatcher._numba_type_


def rule(function: Callable[P, R]) -> Callable[P, R]:
    """A function of the model, compiled into the entries that need it."""
    return cast(Callable[P, R], Rule(function, inlined=False))


def hot_rule(function: Callable[P, R]) -> Callable[P, R]:
    """A rule that most acts go through: always written out in its callers, as a call would cost as much as the rule."""
    return cast(Callable[P, R], Rule(function, inlined=True))


class Entry:
    """A compiled function that Python calls, with whole numbers (of 64 bits) alone: counts, seeds, addresses."""

    def __init__(self, function: Callable[..., int | None]) -> None:
        functools.update_wrapper(self, function)
        self.function, self.name = function, function.__name__
        words = function.__annotations__
        self.pointers = tuple(words[name] == "Address" for name in words if name != "return")
        self._native: Callable[..., int] | None = function if _PLAIN else None  # type: ignore[assignment]

    def __call__(self, *args: int) -> int:
        return (self._native or self.load())(*args)

    @property
    def is_loaded(self) -> bool:
        """Whether it can be called at once."""
        return self._native is not None

    def load(self) -> Callable[..., int]:
        """Load the code now, or compile it; what it calls."""
        if self._native is None:
            self._native = _loaded(self)
        return self._native


ENTRIES: dict[str, Entry] = {}
"""By name, as far as the modules that have them are imported."""


def entry(function: Callable[..., int | None]) -> Entry:
    """A function that Python calls: its arguments and what it returns are whole numbers."""
    made = Entry(function)
    assert made.name not in ENTRIES or ENTRIES[made.name].function.__module__ == function.__module__, made.name
    ENTRIES[made.name] = made
    return made


# --- finding the code --------------------------------------------------------------------------------------------
_LOADING = threading.RLock()


def _loaded(of: Entry) -> Callable[..., int]:
    """The machine code of an entry as a function: from a file, or compiled now."""
    from sim import native

    with _LOADING:
        return native.load(_code(of), of.name, of.pointers)


def _code(of: Entry) -> Kept:
    """What is kept of an entry, or what is compiled now."""
    place = of.name + CODE, source_hash(), target()
    return kept_files.find(*place) or kept_files.made_once(*place, lambda: _compiled(of), _as_imported)


def _as_imported() -> bool:
    """Whether the sources are what they were when this process began; else its code is kept for no other."""
    if hash_of(PACKAGE) == _IMPORTED:
        return True
    kept_files.notice("sources were edited since this program began", "its compiled rules are not kept")
    return False


def _compiled(of: Entry) -> Kept:
    """Compile an entry."""
    from sim.entry_compiler import compile_entry

    if of.name == "run_hours":
        kept_files.notice("compiling the rules", "about half a minute, once")
    return compile_entry(of.function, of.pointers)


def is_ready(*names: str) -> bool:
    """Whether the code of these entries can be loaded."""
    return _PLAIN or all(kept_files.find(name + CODE, source_hash(), target()) is not None for name in names)


def ship() -> None:
    """Put the code of every entry into the package, for a wheel. What is there of other sources is thrown away."""
    importlib.import_module("sim.engine")  # which imports every module that has an entry
    kept_files.drop_others(kept_files.SHIPPED, source_hash())
    for name, of in ENTRIES.items():
        kept_files.write(kept_files.path_of(kept_files.SHIPPED, name + CODE, source_hash(), target()), _code(of))
