"""A rule's own compiler, made of inner parts of numba: it halves the time of a first start.

numba promises nothing about these parts. Importing this module raises ImportError, AttributeError or TypeError where
one is missing or looks other than expected; then `entry_compiler.py` does without.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numba
from numba.core import types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import CPUDispatcher
from numba.np import arrayobj

TESTED = ("0.68.1",)  # versions whose parts are known to work together; with any other a small rule is tried first
_EXPECTED: dict[Any, str] = {
    JITCodeLibrary.__init__: "self codegen name",
    JITCodeLibrary.get_pointer_to_function: "self name",
    JITCodeLibrary._optimize_final_module: "self",
    JITCodeLibrary._finalize_final_module: "self",
    JITCodeLibrary._finalize_dynamic_globals: "self",
    JITCodeLibrary._verify_declare_only_symbols: "self",
    Compiler.define_pipelines: "self",
    arrayobj.fix_integer_index: "context builder idxty idx size",
}


def _check_parts() -> None:
    """Raise unless every part that is used here takes what it took when this was tested."""
    for part, expected in _EXPECTED.items():
        found = " ".join(inspect.signature(part).parameters)
        if found != expected:
            raise ImportError(f"{part.__qualname__} takes ({found})")
    if not hasattr(JITCodeLibrary, "_finalized"):
        raise ImportError("JITCodeLibrary has no _finalized")


_check_parts()


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


def compile_rule(function: Callable[..., Any], **options: Any) -> Any:
    """A dispatcher of a rule: without wrappers for Python, optimised in its callers alone."""
    inner = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "pipeline_class": _RuleCompiler}
    dispatcher = numba.njit(**options, **inner)(function)
    if isinstance(dispatcher, CPUDispatcher):  # a plain function when compilation is off
        dispatcher.__class__ = _Rule
    return dispatcher


def _index(context: Any, builder: Any, kind: Any, index: Any, size: Any) -> Any:
    """An index as it is. For numba one below 0 counts from the end, and is looked at each time; no rule has any."""
    return context.cast(builder, index, kind, types.intp)


@contextlib.contextmanager
def indices_as_they_are() -> Iterator[None]:
    """While an entry is compiled, and nothing else: what others compile with numba in this process has its own way."""
    with global_compiler_lock:
        theirs = arrayobj.fix_integer_index
        arrayobj.fix_integer_index = _index
        try:
            yield
        finally:
            arrayobj.fix_integer_index = theirs


def _try_out() -> None:
    """Raise unless a rule within an entry compiles and gives what it must."""
    double = compile_rule(lambda x: 2 * x)
    if numba.njit(lambda x: double(x) + 1)(20) != 41:
        raise ImportError("a trial rule gave something else")


if numba.__version__ not in TESTED:
    try:
        _try_out()
    except Exception as error:  # whatever another version may raise
        raise ImportError(f"a trial rule failed: {type(error).__name__}") from error
