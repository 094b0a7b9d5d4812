"""Object code in memory: loaded by llvmlite, called through ctypes, which lets other threads run meanwhile."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any

import llvmlite.binding as llvm

from sim.kept_files import Kept

_NOTHING = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(lambda pointer: None)
_UNUSED = "NRT_MemInfo_call_dtor"  # what frees arrays that an entry makes: none makes any
_ENGINES: list[Any] = []  # an engine owns its code


def load(code: Kept, name: str, pointers: tuple[bool, ...]) -> Callable[..., int]:
    """A function of addresses and whole numbers, with what it returns; raises IndexError if it left an array."""
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _machine(), use_lmm=True)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code.data))
    engine.finalize_object()
    _ENGINES.append(engine)
    return _callable(engine.get_function_address(code.symbol), pointers, name)


@cache
def _prepared() -> Any:
    for begin in (llvm.initialize_native_target, llvm.initialize_native_asmprinter):
        begin()
    llvm.add_symbol(_UNUSED, ctypes.cast(_NOTHING, ctypes.c_void_p).value)
    return llvm.Target.from_default_triple()


def _machine() -> Any:
    return _prepared().create_target_machine(codemodel="jitdefault", jit=True)


def emitted(text: str) -> bytes:
    """Object code of LLVM's own text, for a generic processor.

    Its parts come to lie beside each other in memory (`use_lmm`), so addresses within them may be short.
    """
    module = llvm.parse_assembly(text)
    machine = _prepared().create_target_machine(cpu="", features="", opt=3, reloc="pic", codemodel="small", jit=True)
    return bytes(machine.emit_object(module))


def _callable(address: int, pointers: tuple[bool, ...], name: str) -> Callable[..., int]:
    """numba's own convention: a status, the place of the result and of an error, then the arguments."""
    pointer, number = ctypes.c_void_p, ctypes.c_int64
    function = ctypes.CFUNCTYPE(ctypes.c_int32, pointer, pointer, *(pointer if each else number for each in pointers))(
        address
    )
    error = (ctypes.c_void_p * 1)()

    def call(*args: int) -> int:
        result = number()
        if function(ctypes.byref(result), error, *args):
            raise IndexError(f"{name}: a rule left its arrays")
        return result.value

    return call
