"""The event table: what happened, to whom, where, and the numbers that decided it."""

from __future__ import annotations

from dataclasses import dataclass

from sim.compiled import rule
from sim.state import MAX_EVENTS_AN_HOUR, TOO_MANY_EVENTS, Row, State


@dataclass(frozen=True)
class Kind:
    """A kind of event: the rule that fires, what its `actor` and `target` are, which value columns it fills.

    A convoy's row is used again when it is gone: it stands as the site it was ordered for, with its number in `convoy`.
    """

    number: int
    name: str
    rule: str
    actor: str
    target: str
    values: tuple[str, ...] = ()


OPERATION, ABSTAIN, FIRE, BOMB_CONVOY, BOMB_DETAIL, DEVICE_FOUND = range(6)
RAID, CELL_BROKEN, HANDOVER, DELIVERY, DEPARTURE, CONVOY_LOST, CONVOY_BACK = range(6, 13)
DRONE_FOUND, WARNING, FALSE_ALARM, NO_RAID, CLOSURE, CLEARING, CLEARED, CLASH, LOST = range(13, 22)
TAKE_DOWN, ARREST, FUNDS_CUT, SUPPORT, REINFORCED, WITHDRAWN, REFUSED = range(22, 29)
STEP, THREAT, FACADE, STRIKE_MADE, MOB, MOTION = range(29, 35)
CLOSING, MISSION_ENDED, PARTNERS_LEFT, SHIFTED, GIVEN_UP = range(35, 40)
WASHINGTON, BAGHDAD = range(2)  # rows of an actor of kind government
_CHOICE = (
    *("hazard_per_day", "utility", "expected_success", "other_utility", "u_rocket", "u_drone", "u_road", "u_detail"),
    *("presence", "momentum_per_day", "grievance", "restraint"),
)
_FIRE = ("rounds", "inside", "engaged", "intercepted", "leaked", "drone", "alert", "wounded", "killed", "relation")
_POLITICS = ("relation", "capital", "patience", "will")

KINDS: tuple[Kind, ...] = (
    Kind(OPERATION, "operation started", "operations.start", "cell", "option", _CHOICE),
    Kind(ABSTAIN, "waited", "operations.start", "cell", "option", _CHOICE),
    Kind(FIRE, "fire on a site", "fire.land", "cell", "site", _FIRE),
    Kind(
        BOMB_CONVOY,
        "bomb against a convoy",
        "devices.blast_convoy",
        "cell",
        "convoy",
        ("convoy", "effect", "trucks_lost", "wounded", "killed", "relation"),
    ),
    Kind(
        BOMB_DETAIL,
        "bomb against a foreign detail",
        "details.blast",
        "cell",
        "detail",
        ("effect", "wounded", "relation"),
    ),
    Kind(DEVICE_FOUND, "bomb found", "patrols.find_device", "unit", "cell", ("chance",)),
    Kind(RAID, "raid", "raids.raid", "unit", "cell", ("chance", "caught", "warned", "gone", "on_warning", "capital")),
    Kind(CELL_BROKEN, "cell broken", "capture.break_cell", "cell", "none"),
    Kind(HANDOVER, "site handed over", "calendar.hand_over", "site", "site", ("people", "people_left", "batteries")),
    Kind(DELIVERY, "batteries delivered", "calendar.deliver_batteries", "site", "none", ("batteries",)),
    Kind(DEPARTURE, "people left", "calendar.depart", "site", "none", ("people_left",)),
    Kind(CONVOY_LOST, "convoy lost", "convoys.after_bombs", "convoy", "site", ("convoy",)),
    Kind(CONVOY_BACK, "convoy turned back", "convoys.turn_back", "convoy", "site", ("convoy", "trucks", "cargo_t")),
    Kind(DRONE_FOUND, "drone found before launch", "fire.found_before_launch", "cell", "site", ("chance",)),
    Kind(WARNING, "warning", "warnings.notice", "area", "cell", ("hours", "chance", "relation")),
    Kind(FALSE_ALARM, "false alarm", "warnings.false_alarms", "area", "site", ("hours", "chance")),
    Kind(NO_RAID, "no unit sent", "raids.alert", "government", "cell", ("chance", "on_warning", "will", "capital")),
    Kind(CLOSURE, "area closed", "closures.close", "area", "order", ("hours", "capital")),
    Kind(
        CLEARING,
        "clearing begun",
        "clearance.begin",
        "area",
        "order",
        ("hours", "fighters", "heavy_weapons", "capital"),
    ),
    Kind(
        CLEARED,
        "area cleared",
        "clearance.finish",
        "area",
        "order",
        ("fighters", "heavy_weapons", "caught", "capital"),
    ),
    Kind(CLASH, "clash", "clearance.clash", "area", "none", ("chance", "killed", "grievance", "capital")),
    Kind(LOST, "cleared area lost again", "clearance.slip_back", "area", "none", ("fighters", "amount")),
    Kind(
        TAKE_DOWN,
        "take-down",
        "takedown.take_down",
        "order",
        "faction",
        ("chance", "warned", "caught", "killed", "grievance", "capital"),
    ),
    Kind(ARREST, "leaders arrested", "leaders.arrest", "order", "faction", ("chance", "amount", "capital")),
    Kind(FUNDS_CUT, "funds cut", "factions.cut_funds", "order", "faction", ("amount", "capital")),
    Kind(SUPPORT, "support rallied", "orders.rally", "order", "none", ("amount",)),
    Kind(
        REINFORCED, "reinforcements came", "reinforcement.arrive", "order", "none", ("people", "relation", "grievance")
    ),
    Kind(WITHDRAWN, "reinforcements left", "reinforcement.leave", "order", "none", ("people_left",)),
    Kind(REFUSED, "order refused", "orders.affordable", "government", "order", ("capital", "amount")),
    Kind(STEP, "step on the ladder", "washington.climb", "government", "none", ("rung", *_POLITICS)),
    Kind(THREAT, "closure threatened", "washington.threaten", "government", "none", ("amount", *_POLITICS)),
    Kind(FACADE, "facade name taken", "factions.take_facades", "faction", "none", ("hours", "chance")),
    Kind(STRIKE_MADE, "US strike", "retaliation.strike", "government", "faction", ("amount", "grievance", "restraint")),
    Kind(MOB, "mob at the embassy", "retaliation.mob", "faction", "site", ("hours", "chance", *_POLITICS)),
    Kind(MOTION, "motion to expel", "retaliation.motion", "faction", "none", ("chance", *_POLITICS)),
    Kind(CLOSING, "closure decided", "mission.decide", "government", "none", ("hours", *_POLITICS)),
    Kind(MISSION_ENDED, "mission ended", "mission.end", "government", "none", ("people_left", *_POLITICS)),
    Kind(PARTNERS_LEFT, "partners left", "mission.partners_leave", "none", "none", ("amount",)),
    Kind(SHIFTED, "event from outside", "calendar.shift", "level", "none", ("amount",)),
    Kind(GIVEN_UP, "operation given up", "operations.gives_up", "cell", "option", ("chance",)),
)


@rule
def note(state: State, kind: int, actor: int, target: int, square: int) -> Row:
    """A new event of this hour, its values 0; the caller fills them. Writes: events, n_events, status."""
    if state.n_events >= MAX_EVENTS_AN_HOUR:
        state.status = TOO_MANY_EVENTS
        state.n_events = MAX_EVENTS_AN_HOUR - 1
    state.events[state.n_events] = state.events[MAX_EVENTS_AN_HOUR]  # the row that is never used is blank
    event = state.events[state.n_events]
    state.n_events += 1
    event.hour, event.kind, event.actor, event.target, event.square = state.hour, kind, actor, target, square
    return event


@rule
def note_politics(state: State, event: Row) -> None:
    """Put the political levels into an event."""
    event.relation, event.capital = state.relation, state.baghdad[0].capital
    event.patience, event.will = state.washington[0].patience, state.baghdad[0].will
