"""Compilation of the rules, with a cache that a changed source can't make stale.

numba's own cache looks at the file of the cached function alone: a rule changed in another file would run
stale, in silence. So the cache folder is named by a hash of every source file of this package and of the
versions in use. Set POSTURE_CACHE to move it, NUMBA_DISABLE_JIT=1 to run the rules as plain Python.
"""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import llvmlite
import numba
import platformdirs

P = ParamSpec("P")
R = TypeVar("R")

PACKAGE = Path(__file__).parent


def source_hash() -> str:
    """Sixteen hex digits that name the model's sources; part of every manifest and of the cache's name."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        if "app" not in path.relative_to(PACKAGE).parts:
            digest.update(path.relative_to(PACKAGE).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def cache_folder() -> Path:
    """Where compiled rules are kept for exactly these sources, numba, LLVM and Python."""
    root = os.environ.get("POSTURE_CACHE") or platformdirs.user_cache_dir("posture")
    versions = f"numba{numba.__version__}-llvm{llvmlite.__version__}-py{platform.python_version()}"
    versions += "-boundscheck" if numba.config.BOUNDSCHECK else ""
    versions += "" if HAS_INNER_PARTS else "-plain"
    return Path(root) / f"{source_hash()}-{versions}"


_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}


def _notice(what: str, cost: str) -> None:
    """One line on standard error: in this process, not again in those that it starts."""
    if what not in os.environ.get(_SAID, ""):
        os.environ[_SAID] = f"{os.environ.get(_SAID, '')}{what}; "
        print(f"posture: {what}; {cost}; results are the same", file=sys.stderr)


_SAID = "POSTURE_NOTICES"  # notices that have been given

try:
    from sim.rule_compiler import compile_rule

    HAS_INNER_PARTS = True
except (ImportError, AttributeError, TypeError) as _error:
    HAS_INNER_PARTS = False
    _missing = str(_error).partition(" (/")[0]
    _notice(
        f"numba {numba.__version__} lacks inner parts: {_missing}", "a first start compiles two to three times longer"
    )

    def compile_rule(function: Callable[..., Any], **options: Any) -> Any:
        """numba's own compiler for a rule."""
        return numba.njit(**options)(function)


# numba writes a type out in every pass of every function; for nested records that took a fifth of the compile time.
for _type in (numba.types.Record, numba.types.NestedArray):
    _type.__repr__ = functools.cache(_type.__repr__)


def _once_per_type(dispatcher: Any) -> Any:
    """Compile a function once for all ints, not once more for each literal that it is called with."""
    resolve, plain = getattr(dispatcher, "get_call_template", None), getattr(numba.types, "unliteral", None)
    if resolve and plain:  # neither is there when compilation is off
        dispatcher.get_call_template = lambda args, kws: resolve(tuple(plain(arg) for arg in args), kws)
    return dispatcher


def rule(function: Callable[P, R]) -> Callable[P, R]:
    """A compiled function that other compiled functions call.

    It gets no wrappers for Python and is optimised in its callers alone, which halves the compile time. A call from
    Python is slow but safe: it runs the function, and the rules it calls, as plain Python.
    """
    return cast(Callable[P, R], _once_per_type(compile_rule(function, **_OPTIONS)))


def entry(function: Callable[P, R]) -> Callable[P, R]:
    """A compiled function that Python calls: kept on disk, so that a later process need not compile it.

    It takes world and state as arrays of one row, never as records: numba reads an array's address in 0.4 µs, while
    for a record it asks NumPy to describe the whole nested type, 20 µs a time.
    numba reads its cache folder from a global when the function is decorated; the global is put back.
    """
    before = numba.config.CACHE_DIR
    try:
        numba.config.CACHE_DIR = str(_CACHE)
        return cast(Callable[P, R], _once_per_type(numba.njit(**_OPTIONS, cache=_KEPT)(function)))
    finally:
        numba.config.CACHE_DIR = before


def _is_writable(folder: Path) -> bool:
    """Whether files can be made there: numba, left to itself, would keep them beside the sources, and stale."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


_CACHE = cache_folder()
_KEPT = _is_writable(_CACHE)
if not _KEPT:
    _notice(f"compiled rules cannot be kept in {_CACHE.parent}", "every start compiles them again")
