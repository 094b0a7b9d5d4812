"""Functions of tests that call rules, compiled: they take arrays, as world and state of one row, and loop in there."""

from __future__ import annotations

import numba

from sim import entry_compiler  # noqa: F401 (says for which processor, and how rules are compiled)
from sim.compiled import source_hash
from sim.kept_files import folder


def entry(function):
    """A function that tests call; kept on disk for exactly these rules, in a folder that numba reads from a global."""
    before = numba.config.CACHE_DIR
    try:
        numba.config.CACHE_DIR = str(folder() / f"{source_hash()}-tests")
        return numba.njit(nogil=True, error_model="numpy", cache=True)(function)
    finally:
        numba.config.CACHE_DIR = before
