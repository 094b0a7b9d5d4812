"""The event table: what happened, to whom, where, and the numbers that decided it."""

from __future__ import annotations

from dataclasses import dataclass

from sim.compiled import rule
from sim.limits import MAX_EVENTS_AN_HOUR
from sim.state import TOO_MANY_EVENTS, Row, State


@dataclass(frozen=True)
class Kind:
    """A kind of event, what its `actor` and `target` are, and which value columns it fills.

    A convoy's row is used again when it is gone: it stands as the site it was ordered for, with its number in `convoy`.
    """

    number: int
    name: str
    actor: str
    target: str
    values: tuple[str, ...] = ()


OPERATION, ABSTAIN, FIRE, BOMB_CONVOY, BOMB_DETAIL, DEVICE_FOUND = range(6)
RAID, CELL_BROKEN, HANDOVER, DELIVERY, DEPARTURE, CONVOY_LOST, CONVOY_BACK = range(6, 13)
_CHOICE = ("hazard_per_day", "utility", "expected_success", "other_utility")

KINDS: tuple[Kind, ...] = (
    Kind(OPERATION, "operation started", "cell", "option", _CHOICE),
    Kind(ABSTAIN, "waited", "cell", "option", _CHOICE),
    Kind(
        FIRE,
        "fire on a site",
        "cell",
        "site",
        ("rounds", "inside", "engaged", "intercepted", "leaked", "drone", "wounded", "killed"),
    ),
    Kind(
        BOMB_CONVOY, "bomb against a convoy", "cell", "convoy", ("convoy", "effect", "trucks_lost", "wounded", "killed")
    ),
    Kind(BOMB_DETAIL, "bomb against a foreign detail", "cell", "detail", ("effect", "wounded")),
    Kind(DEVICE_FOUND, "bomb found", "unit", "cell"),
    Kind(RAID, "raid", "unit", "cell", ("caught", "warned", "gone")),
    Kind(CELL_BROKEN, "cell broken", "cell", "none"),
    Kind(HANDOVER, "site handed over", "site", "site", ("people", "people_left", "batteries")),
    Kind(DELIVERY, "batteries delivered", "site", "none", ("batteries",)),
    Kind(DEPARTURE, "people left", "site", "none", ("people_left",)),
    Kind(CONVOY_LOST, "convoy lost", "convoy", "site", ("convoy",)),
    Kind(CONVOY_BACK, "convoy turned back", "convoy", "site", ("convoy", "trucks", "cargo_t")),
)


@rule
def note(state: State, kind: int, actor: int, target: int, square: int) -> Row:
    """A new event of this hour, its values 0; the caller fills them. Writes: events, n_events, status."""
    if state.n_events >= MAX_EVENTS_AN_HOUR:
        state.status = TOO_MANY_EVENTS
        state.n_events = MAX_EVENTS_AN_HOUR - 1
    event = state.events[state.n_events]
    state.n_events += 1
    event.hour, event.kind, event.actor, event.target, event.square = state.hour, kind, actor, target, square
    clear_values(event)
    return event


@rule
def clear_values(event: Row) -> None:
    """Set every value of an event to 0."""
    event.hazard_per_day = event.utility = event.expected_success = event.other_utility = 0.0
    event.rounds = event.inside = event.engaged = event.intercepted = 0.0
    event.leaked = event.drone = event.effect = event.convoy = 0.0
    event.trucks_lost = event.wounded = event.killed = event.caught = 0.0
    event.warned = event.gone = event.people = event.people_left = 0.0
    event.batteries = event.trucks = event.cargo_t = 0.0
