"""Arrays by where they begin: what Python and compiled entries hand to each other."""

from __future__ import annotations

import ctypes
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Address: TypeAlias = int
"""Where an array begins: an entry takes a pointer there, which the compiler can reason about, and not a number."""


def rows_at(address: Address, shape: int | tuple[int, ...], dtype: Any) -> NDArray[Any]:
    """The array that begins at an address; in an entry, so that it takes numbers alone."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    return np.frombuffer((ctypes.c_char * size).from_address(address), dtype).reshape(shape)


def address(array: NDArray[Any]) -> Address:
    """Where an array begins; whoever passes it on keeps the array."""
    return int(array.ctypes.data)  # the array interface would describe every nested field
