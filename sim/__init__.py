"""Posture: an agent-based simulation of force protection.

>>> from sim import load_scenario, simulate
>>> run = simulate(load_scenario("six"), seed=7)
>>> run.measures["fire_attacks"]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.engine import simulate
    from sim.model import PostureModel
    from sim.scenario import load_scenario

__all__ = ["PostureModel", "load_scenario", "simulate"]
_HOME = {"PostureModel": "sim.model", "load_scenario": "sim.scenario", "simulate": "sim.engine"}


def __getattr__(name: str) -> Any:
    """Import late: Mesa and the compiler take a second that `posture --help` need not wait for."""
    if name not in _HOME:
        raise AttributeError(f"module 'sim' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOME[name]), name)
