"""Distances and steps on the network of squares."""

from __future__ import annotations

from sim.compiled import hot_rule, rule
from sim.maths import hypot
from sim.world import World


@rule
def distance_km(world: World, a: int, b: int) -> float:
    """Straight-line distance between two squares in km."""
    return hypot(world.squares[a].x - world.squares[b].x, world.squares[a].y - world.squares[b].y)


@hot_rule
def within(world: World, a: int, b: int, km: float) -> bool:
    """Are two squares at most `km` apart? Several times faster than comparing `distance_km`."""
    dx, dy = world.squares[a].x - world.squares[b].x, world.squares[a].y - world.squares[b].y
    return bool(dx * dx + dy * dy <= km * km)


@rule
def next_square(world: World, a: int, b: int) -> int:
    """The next square on the quickest way from `a` to `b`; `b` itself when there already."""
    if a == b:
        return b
    return int(world.squares[a].neighbours[int(world.step_toward[b, a])])
