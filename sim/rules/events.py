"""The event table: what happened, to whom, and the numbers that decided it.

Kinds and the meaning of their values; `values` names the columns `value_0` … of that kind.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.compiled import rule
from sim.limits import MAX_EVENTS_AN_HOUR
from sim.state import TOO_MANY_EVENTS, State


@dataclass(frozen=True)
class Kind:
    """A kind of event: what `actor` and `target` are rows of, and what its values mean."""

    number: int
    name: str
    actor: str
    target: str
    values: tuple[str, ...] = ()


OPERATION, ABSTAIN, FIRE, BOMB_CONVOY, BOMB_DETAIL, DEVICE_FOUND = range(6)
RAID, CELL_BROKEN, HANDOVER, DELIVERY, DEPARTURE, CONVOY_LOST, CONVOY_BACK = range(6, 13)

KINDS: tuple[Kind, ...] = (
    Kind(OPERATION, "operation started", "cell", "option", ("hazard_per_day", "utility", "expected_success", "best_other_utility")),
    Kind(ABSTAIN, "operation weighed, none started", "cell", "option", ("hazard_per_day", "utility", "expected_success", "best_other_utility")),
    Kind(FIRE, "fire on a site", "cell", "site", ("rounds", "inside", "engaged", "intercepted", "leaked", "drone")),
    Kind(BOMB_CONVOY, "bomb against a convoy", "cell", "convoy", ("effect", "trucks_lost", "wounded", "killed")),
    Kind(BOMB_DETAIL, "bomb against a foreign detail", "cell", "detail", ("effect", "wounded")),
    Kind(DEVICE_FOUND, "bomb found", "unit", "cell"),
    Kind(RAID, "raid", "unit", "cell", ("caught", "leaked", "found_nobody")),
    Kind(CELL_BROKEN, "cell broken", "cell", "none"),
    Kind(HANDOVER, "site handed over", "site", "site", ("people_moved", "people_left", "batteries")),
    Kind(DELIVERY, "batteries delivered", "site", "none", ("batteries",)),
    Kind(DEPARTURE, "people left", "site", "none", ("people",)),
    Kind(CONVOY_LOST, "convoy lost", "convoy", "site"),
    Kind(CONVOY_BACK, "convoy turned back", "convoy", "site", ("trucks", "cargo_t")),
)


@rule
def note(
    state: State, kind: int, actor: int, target: int, square: int,
    a: float = 0.0, b: float = 0.0, c: float = 0.0, d: float = 0.0, e: float = 0.0, f: float = 0.0,
) -> None:  # fmt: skip
    """Write one event of this hour. Writes: events, n_events, status."""
    if state.n_events >= MAX_EVENTS_AN_HOUR:
        state.status = TOO_MANY_EVENTS
        return
    event = state.events[state.n_events]
    state.n_events += 1
    event.hour, event.kind, event.actor, event.target, event.square = state.hour, kind, actor, target, square
    event.value[0], event.value[1], event.value[2] = a, b, c
    event.value[3], event.value[4], event.value[5] = d, e, f
