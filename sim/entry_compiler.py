"""From sources to object code, with numba; imported only where no code of these sources is kept.

A rule is optimised in its entry alone, which halves the time: that takes inner parts of numba, which promises nothing
about them. Where one is missing or looks other than expected, numba's plain way does the same in twice the time.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from typing import Any

import llvmlite
import numba
import numba.extending
from numba.core import types

from sim import kept_files, memory
from sim.kept_files import Kept
from sim.native import emitted

# For a generic processor, so that code may travel; as fast here, where rules hardly ever work on vectors.
numba.config.CPU_NAME, numba.config.CPU_FEATURES = "generic", ""
_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}


def _inner_parts() -> tuple[Callable[..., Any], Callable[[], Any]]:
    """The parts of `rule_compiler.py`, if this numba has what they are made of."""
    from sim.rule_compiler import compile_rule, indices_as_they_are

    return compile_rule, indices_as_they_are


try:
    (_compile_rule, _indices), HAS_INNER_PARTS = _inner_parts(), True
except (ImportError, AttributeError, TypeError) as _error:
    HAS_INNER_PARTS, _indices = False, contextlib.nullcontext
    _missing = str(_error).partition(" (/")[0]
    kept_files.notice(
        f"numba {numba.__version__} lacks inner parts: {_missing}", "a first start compiles two to three times longer"
    )

    def _compile_rule(function: Callable[..., Any], **options: Any) -> Any:
        """numba's own compiler for a rule."""
        return numba.njit(**options)(function)


# numba writes a type out in every pass of every function; for nested records that took a fifth of the compile time.
for _type in (types.Record, types.NestedArray):
    _type.__repr__ = functools.cache(_type.__repr__)  # type: ignore[method-assign]


def dispatcher_of(function: Callable[..., Any], inlined: bool) -> Any:
    """A rule as numba has it: compiled once for all ints, not once more for each literal that it is called with."""
    dispatcher = _compile_rule(function, forceinline=inlined, **_OPTIONS)
    resolve, plain = dispatcher.get_call_template, types.unliteral  # type: ignore[attr-defined]
    dispatcher.get_call_template = lambda args, kws: resolve(tuple(plain(arg) for arg in args), kws)
    return dispatcher


@numba.extending.overload(memory.rows_at)
def _rows_at(address: Any, shape: Any, dtype: Any) -> Any:
    def rows(address: Any, shape: Any, dtype: Any) -> Any:
        return numba.carray(address, shape, dtype)

    return rows


def compile_entry(function: Callable[..., Any], pointers: tuple[bool, ...]) -> Kept:
    """The object code of an entry; `pointers` says which of its arguments are addresses, the others are numbers."""
    signature = tuple(types.voidptr if pointer else types.int64 for pointer in pointers)
    with _indices():
        dispatcher = numba.njit(signature, no_cpython_wrapper=True, no_cfunc_wrapper=True, **_OPTIONS)(function)
    found = dispatcher.overloads[signature]
    made_by = f"numba {numba.__version__}, llvmlite {llvmlite.__version__}"
    return Kept(found.fndesc.llvm_func_name, made_by, emitted(found.library.get_llvm_str()))
