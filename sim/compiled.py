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
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import llvmlite
import numba
import platformdirs
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.core.registry import CPUDispatcher

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
    return Path(root) / f"{source_hash()}-{versions}"


# numba writes a type out in every pass of every function; for nested records that took a fifth of the compile time.
for _type in (numba.types.Record, numba.types.NestedArray):
    _type.__repr__ = functools.cache(_type.__repr__)


class _Rule(CPUDispatcher):
    """A dispatcher without the wrappers that Python needs; called from Python, it runs as Python."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.py_func(*args, **kwargs)


class _RuleLibrary(JITCodeLibrary):
    """A rule's code on its way into its callers: not optimised and never machine code on its own.

    Both are done in the entry that contains the rule; doing them once more at each level of calls would take
    longer than all the rest, and a rule that is not inlined would be linked to its slow version.
    """

    def _optimize_final_module(self) -> None:
        """Left to the entry."""

    def _finalize_final_module(self) -> None:
        """Ready to be linked; the engine need not know of it."""
        self._finalize_dynamic_globals()
        self._verify_declare_only_symbols()
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        """There is no machine code."""
        return 0

    @property
    def codegen(self) -> _RuleLibrary:
        """numba tells the engine about a function's environment; this takes its place."""
        return self

    def set_env(self, env_name: str, env: Any) -> None:
        """Nothing in the engine to set."""


class _RuleCompiler(Compiler):
    """numba's compiler, with a library of ours for the result."""

    def define_pipelines(self) -> Any:
        """The usual passes."""
        self.state.library = _RuleLibrary(self.state.targetctx.codegen(), "rule")
        return super().define_pipelines()


_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
_INNER: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "pipeline_class": _RuleCompiler}


def rule(function: Callable[P, R]) -> Callable[P, R]:
    """A compiled function that other compiled functions call.

    It gets no wrappers for Python and is optimised in its callers alone, which halves the compile time. A call from
    Python is slow but safe: it runs the function, and the rules it calls, as plain Python.
    """
    dispatcher = numba.njit(**_OPTIONS, **_INNER)(function)
    if isinstance(dispatcher, CPUDispatcher):
        dispatcher.__class__ = _Rule
    return cast(Callable[P, R], _once_per_type(dispatcher))


def _once_per_type(dispatcher: Any) -> Any:
    """Compile a function once for all ints, not once more for each literal that it is called with."""
    if isinstance(dispatcher, CPUDispatcher):  # a plain function when compilation is off
        resolve = dispatcher.get_call_template
        dispatcher.get_call_template = lambda args, kws: resolve(tuple(numba.types.unliteral(arg) for arg in args), kws)
    return dispatcher


def entry(function: Callable[P, R]) -> Callable[P, R]:
    """A compiled function that Python calls: kept on disk, so that a later process need not compile it.

    It takes world and state as arrays of one row, never as records: numba reads an array's address in 0.4 µs, while
    for a record it asks NumPy to describe the whole nested type, 20 µs a time.
    numba reads its cache folder from a global when the function is decorated; the global is put back.
    """
    before = numba.config.CACHE_DIR
    try:
        _CACHE.mkdir(parents=True, exist_ok=True)
        numba.config.CACHE_DIR = str(_CACHE)
        cached = numba.njit(**_OPTIONS, cache=True)(function)
        return cast(Callable[P, R], _once_per_type(cached))
    except OSError:  # a read-only home: compile in every process
        return rule(function)
    finally:
        numba.config.CACHE_DIR = before


_CACHE = cache_folder()
