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


KINDS: list[Kind] = []
"""Every kind, at the place of its number."""


def _kind(name: str, rule: str, actor: str, target: str, *values: str) -> int:
    """The number of a new kind; a new one goes to the end."""
    KINDS.append(Kind(len(KINDS), name, rule, actor, target, tuple(" ".join(values).split())))
    return len(KINDS) - 1


WASHINGTON, BAGHDAD = range(2)  # rows of an actor of kind government
COORDINATOR = 0  # row of an actor of kind coordinator
_CHOICE = (
    "hazard_per_day utility expected_success other_utility u_rocket u_drone u_road u_detail "
    "presence momentum_per_day grievance restraint"
)
_POLITICS = "relation capital patience will"

OPERATION = _kind("operation started", "operations.start", "cell", "option", _CHOICE)
ABSTAIN = _kind("waited", "operations.start", "cell", "option", _CHOICE)
FIRE = _kind(
    "fire on a site",
    "fire.land",
    "cell",
    "site",
    "rounds inside engaged intercepted leaked drone alert wounded killed relation",
)
BOMB_CONVOY = _kind(
    "bomb against a convoy",
    "devices.blast_convoy",
    "cell",
    "convoy",
    "convoy effect trucks_lost wounded killed relation",
)
BOMB_DETAIL = _kind("bomb against a foreign detail", "details.blast", "cell", "detail", "effect wounded relation")
ATTACKS = (FIRE, BOMB_CONVOY, BOMB_DETAIL)
DEVICE_FOUND = _kind("bomb found", "patrols.find_device", "unit", "cell", "chance")
RAID = _kind("raid", "raids.raid", "unit", "cell", "chance caught warned gone on_warning capital")
CELL_BROKEN = _kind("cell broken", "capture.break_cell", "cell", "none")
HANDOVER = _kind("site handed over", "calendar.hand_over", "site", "site", "people people_left batteries")
DELIVERY = _kind("batteries delivered", "calendar.deliver_batteries", "site", "none", "batteries")
DEPARTURE = _kind("people left", "calendar.depart", "site", "none", "people_left")
CONVOY_LOST = _kind("convoy lost", "convoys.after_bombs", "convoy", "site", "convoy")
CONVOY_BACK = _kind("convoy turned back", "convoys.turn_back", "convoy", "site", "convoy trucks cargo_t")
DRONE_FOUND = _kind("drone found before launch", "fire.found_before_launch", "cell", "site", "chance")
WARNING = _kind("warning", "warnings.notice", "area", "cell", "hours chance relation")
FALSE_ALARM = _kind("false alarm", "warnings.false_alarms", "area", "site", "hours chance")
NO_RAID = _kind("no unit sent", "raids.alert", "government", "cell", "chance on_warning will capital")
CLOSURE = _kind("area closed", "closures.close", "area", "order", "hours capital")
CLEARING = _kind("clearing begun", "clearance.begin", "area", "order", "hours fighters heavy_weapons capital")
CLEARED = _kind("area cleared", "clearance.finish", "area", "order", "fighters heavy_weapons caught capital")
CLASH = _kind("clash", "clearance.clash", "area", "none", "chance killed grievance capital")
LOST = _kind("cleared area lost again", "clearance.slip_back", "area", "none", "fighters amount")
TAKE_DOWN = _kind(
    "take-down", "takedown.take_down", "order", "faction", "chance warned caught killed grievance capital"
)
ARREST = _kind("leaders arrested", "leaders.arrest", "order", "faction", "chance amount capital")
FUNDS_CUT = _kind("funds cut", "factions.cut_funds", "order", "faction", "amount capital")
SUPPORT = _kind("support rallied", "orders.rally", "order", "none", "amount")
REINFORCED = _kind("reinforcements came", "reinforcement.arrive", "order", "none", "people relation grievance")
WITHDRAWN = _kind("reinforcements left", "reinforcement.leave", "order", "none", "people_left")
REFUSED = _kind("order refused", "orders.affordable", "government", "order", "capital amount")
STEP = _kind("step on the ladder", "washington.climb", "government", "none", "rung", _POLITICS)
THREAT = _kind("closure threatened", "washington.threaten", "government", "none", "amount", _POLITICS)
FACADE = _kind("facade name taken", "factions.take_facades", "faction", "none", "hours chance")
STRIKE_MADE = _kind("US strike", "retaliation.strike", "government", "faction", "amount grievance restraint")
MOB = _kind("mob at the embassy", "retaliation.mob", "faction", "site", "hours chance", _POLITICS)
MOTION = _kind("motion to expel", "retaliation.motion", "faction", "none", "chance", _POLITICS)
CLOSING = _kind("closure decided", "mission.decide", "government", "none", "hours", _POLITICS)
MISSION_ENDED = _kind("mission ended", "mission.end", "government", "none", "people_left", _POLITICS)
PARTNERS_LEFT = _kind("partners left", "mission.partners_leave", "none", "none", "amount")
SHIFTED = _kind("event from outside", "calendar.shift", "level", "none", "amount")
GIVEN_UP = _kind("operation given up", "operations.gives_up", "cell", "option", "chance")
DIRECTION = _kind("direction set", "coordinator.act", "coordinator", "none", "tempo focus hours")
DIRECTIVE = _kind("directive", "coordinator.direct", "coordinator", "none", "focus hours")
TRUCE = _kind("truce", "coordinator.hold_truce", "coordinator", "none", "amount hours")


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
