"""Why an event happened, where a template does not do: the lines that compare, count or look back.

Each function gives the lines of one reason for an event; `why.py` says which kinds of events have which.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from experiments.why.event_log import Event, EventsInWords
from sim import numbers

MEANS = {
    "u_rocket": "rockets",
    "u_drone": "a drone",
    "u_road": "a bomb against a convoy",
    "u_detail": "a bomb against a foreign detail",
}
CONSIDERED = ("operation started", "waited")
WARNINGS = ("warning", "false alarm")


# --- words ---------------------------------------------------------------------------------------------
def number(value: float | None) -> str:
    """As everywhere; what an event does not tell is unknown."""
    return "unknown" if value is None else numbers.number(value)


def place(event: Event) -> str:
    """Where it happened."""
    if not event.x_km:
        return ""
    at = f"{number(float(event.x_km))} km east, {number(float(event.y_km))} km north of the theatre's origin"
    return f"{event.place} ({at})" if event.place else f"the open road ({at})"


def when(event: Event) -> str:
    """`2020-05-21 04:00, day 142, week 21`."""
    day = event.hours // 24
    return f"{event.date_time.replace('T', ' ')}, day {day + 1}, week {day // 7 + 1}"


def brief(event: Event) -> str:
    """An event in one line."""
    who = " → ".join(filter(None, (event.actor, event.target)))
    return f"event {event.number}, {event.date_time.replace('T', ' ')}: {event.kind} ({who})"


# --- choosing ------------------------------------------------------------------------------------------
def hazard(log: EventsInWords, event: Event) -> Iterator[str]:
    """What the hazard was made of."""
    p, hazard, momentum = log.parameter, event.amount("hazard_per_day"), event.amount("momentum_per_day")
    obedience = log.faction(event.faction).get("obedience_to_patron", 0.0)
    grievance, restraint, units = (event.amount(name) for name in ("grievance", "restraint", "presence"))
    factors = {
        f"grievance ({number(grievance)})": math.exp(p("operations.grievance_effect") * grievance),
        f"restraint ({number(restraint)}, obeyed by {number(obedience)})": math.exp(
            -p("operations.restraint_effect") * obedience * restraint
        ),
        f"Iraqi units at home ({number(units)})": math.exp(-p("operations.presence_effect") * units),
    }
    base = p("operations.base_rate_per_day")
    known = base * math.prod(factors.values())
    rest = f", prestige, leaders, shelter and a facade name ×{number((hazard - momentum) / known)}" if known > 0 else ""
    parts = ", ".join(f"{name} ×{number(factor)}" for name, factor in factors.items())
    chance = 1.0 - math.exp(-hazard)
    yield (
        f"Its hazard was {number(hazard)} a day, a chance of {number(chance)} to be ready on such a day: "
        f"base rate {number(base)}, {parts}{rest}, plus momentum {number(momentum)}."
    )


def choice(log: EventsInWords, event: Event) -> Iterator[str]:
    """The options weighed, the one chosen, and whether preference or chance decided."""
    options = ", ".join(f"{words} {_worth(event.value(name))}" for name, words in MEANS.items())
    yield f"Best utility of each means: {options}, waiting 0."
    chosen, other = event.amount("utility"), event.value("other_utility")
    expected = event.amount("expected_success")
    belief = f", expected success {number(expected)}" if expected or event.kind == "operation started" else ""
    if other is None:
        yield f"It chose {event.target} (utility {number(chosen)}{belief}): nothing else was possible."
        return
    yield f"It chose {event.target} (utility {number(chosen)}{belief}); the best other option had {number(other)}."
    yield _odds(log, chosen - other)


def _worth(utility: float | None) -> str:
    return "not possible" if utility is None else number(utility)


def _odds(log: EventsInWords, lead: float) -> str:
    """How far preference goes against the best other option."""
    rationality = log.parameter("choice.rationality")
    odds = f"{number(math.exp(rationality * lead))} to 1"
    if lead < 0:
        return (
            f"Chance decided, not preference: what it chose was worth {number(-lead)} less than the best other option; "
            f"preference (Λ = {number(rationality)}) gave it odds of {odds} against that one."
        )
    return f"Preference led the same way: odds of {odds} against the best other option (Λ = {number(rationality)})."


def no_square(log: EventsInWords, event: Event) -> Iterator[str]:
    """It may have waited for want of a place."""
    if event.target != "wait":
        yield f"It would have chosen {event.target}, but found no square to act from."


def drift(log: EventsInWords, event: Event) -> Iterator[str]:
    """How its utilities have moved since it last weighed them, and what its faction has met since."""
    then = next((e for e in log.before(event) if e.kind in CONSIDERED and e.actor == event.actor), None)
    if then is None:
        yield "It weighed its options for the first time."
        return
    moves = [_move(words, then.value(name), event.value(name)) for name, words in MEANS.items()]
    yield f"Since it last weighed them ({brief(then)}): {', '.join(moves)}."
    old, new = _lead_of_fire(then), _lead_of_fire(event)
    if old is not None and new is not None:
        turned = "so it turned" if (old > 0) != (new > 0) else "so it still leans"
        way = "to fire" if new > 0 else "to the road"
        best = max(v for v in map(event.value, MEANS) if v is not None)
        idle = "; waiting was worth more than both" if best < 0 else ""
        yield f"Fire led the road by {number(old)} then and by {number(new)} now, {turned} {way}{idle}."
    yield f"In between its faction {_met(log, then, event)}."


def _move(words: str, old: float | None, new: float | None) -> str:
    return f"{words} {_worth(old)} → {_worth(new)}"


def _lead_of_fire(event: Event) -> float | None:
    """Best utility of rockets or a drone less that of a bomb against a convoy or a detail."""
    fire = [v for v in (event.value("u_rocket"), event.value("u_drone")) if v is not None]
    road = [v for v in (event.value("u_road"), event.value("u_detail")) if v is not None]
    return max(fire) - max(road) if fire and road else None


def _met(log: EventsInWords, then: Event, now: Event) -> str:
    """What a faction could learn from between two events."""
    between = log.events[then.number : now.number - 1]
    own = [e for e in between if e.faction == now.faction]
    found = sum(e.kind == "bomb found" and e.target.startswith(f"{now.faction}/") for e in between)
    fires = [e for e in own if e.kind == "fire on a site"]
    bombs = [e for e in own if e.kind.startswith("bomb against")]
    drones = sum(e.kind == "drone found before launch" for e in own)
    inside, hits = (sum(e.amount(name) > 0 for e in part) for name, part in (("leaked", fires), ("effect", bombs)))
    return (
        f"fired {len(fires)} times ({inside} with a round inside), set off {len(bombs)} bombs ({hits} with an effect) "
        f"and lost {found} bombs and {drones} drones to those who found them first: that is what it learned from"
    )


# --- fire and bombs ------------------------------------------------------------------------------------
def unengaged(log: EventsInWords, event: Event) -> Iterator[str]:
    """Rounds that C-RAM could not engage."""
    missed = event.amount("inside") - event.amount("engaged")
    if missed > 0:
        yield f"Not engaged: {number(missed)}. No battery near, or out of order, at capacity, or without a burst ready."


def alert(log: EventsInWords, event: Event) -> Iterator[str]:
    """Had a warning sent people into shelter?"""
    if event.amount("alert"):
        yield f"A warning had put the site on alert: shelter saves {number(log.parameter('harm.shelter'))} of harm."
    else:
        yield "No warning had put the site on alert."


def effect(log: EventsInWords, event: Event) -> Iterator[str]:
    """Did the bomb do anything?"""
    low, high = (number(log.parameter(f"roadside.p_effect_{skill}")) for skill in ("unskilled", "skilled"))
    had = "It had an effect" if event.amount("effect") else "It had no effect"
    yield f"{had}: the chance is {low} for a bomb laid without skill, {high} for the most skilled."


# --- raids ---------------------------------------------------------------------------------------------
def raid(log: EventsInWords, event: Event) -> Iterator[str]:
    """Why a raid succeeded or failed."""
    p = log.parameter
    chance = f"{number(event.value('chance'))} (p_raid {number(p('forces.p_raid'))} · reliability · strength)"
    if event.amount("gone"):
        yield "It found nobody: the cell had left before the unit came."
    if event.amount("warned"):
        leak = number(p("forces.p_leak"))
        yield f"It was leaked and the cell warned: chance {leak} · (1 − reliability) for this unit."
    if event.amount("caught"):
        yield f"It caught the cell, with a chance of {chance}."
    elif not event.amount("gone"):
        yield f"It did not catch the cell; without a leak the chance to catch it was {chance}."


def how_broken(log: EventsInWords, event: Event) -> Iterator[str]:
    """Which event of the same hour broke a cell."""
    near = log.same_hour(event)
    for other in near:
        if other.kind == "raid" and other.target == event.actor and other.amount("caught"):
            yield f"A raid caught it: {brief(other)}."
            return
    for other in near:
        faction = other.kind == "take-down" and other.target == event.faction
        if (faction or other.kind == "area cleared") and other.amount("caught"):
            yield f"It was among those broken here: {brief(other)}."
            return
    yield f"A unit stopped it on its way, with a chance of up to {number(log.parameter('forces.p_stop'))} a square."


# --- orders and governments ----------------------------------------------------------------------------
def dated(log: EventsInWords, event: Event) -> Iterator[str]:
    """The source of an order that the posture dates."""
    kinds = {"site handed over": "handovers", "batteries delivered": "deliveries", "people left": "departures"}
    day = event.date_time.partition("T")[0]
    for order in log.posture[kinds[event.kind]]:
        if order["site"] == event.actor and order["date"] == day:
            yield f"The posture orders it for this date (source: {order['source']})."
            return
    yield "The posture orders it for this date."


def trigger(log: EventsInWords, event: Event) -> Iterator[str]:
    """What gave a standing order."""
    order = log.order_of(event)
    if not order:
        return
    name = event.actor if event.actor in log.orders else event.target
    yield f"Standing order {name}, strength {number(order['strength'])} (source: {order['source']})."
    kinds = {"warning": WARNINGS, "us_death": ("fire on a site",)}.get(order["on"])
    if kinds is None:
        again = f", then every {order['every_days']} days" if order["every_days"] else ""
        yield f"Its trigger is the calendar: day {order['begins']} of the run{again}."
        return
    cause = log.last(event, kinds, 0 if order["on"] == "warning" else 48)
    yield f"It was triggered by {brief(cause)}." if cause else f"Its trigger: {order['on']}."


def shift_cause(log: EventsInWords, event: Event) -> Iterator[str]:
    """The calendar's own words."""
    for shift in _of_calendar(log, event, "events"):
        if shift["level"] == event.actor and math.isclose(shift["amount"], event.amount("amount")):
            yield _says(shift)
            break
    yield "From here on it fades or recovers as this level always does."


def direction(log: EventsInWords, event: Event) -> Iterator[str]:
    """The calendar's own words for a directive or a truce, which begin on their dates."""
    key, number_of = {"directive": ("directives", "focus"), "truce": ("truces", "amount")}[event.kind]
    for dated in _of_calendar(log, event, key):
        if math.isclose(dated["focus" if key == "directives" else "restraint"], event.amount(number_of)):
            yield _says(dated)
            return


def _of_calendar(log: EventsInWords, event: Event, kind: str) -> list[dict[str, Any]]:
    """What the calendar has of a kind for the day on which an event happened, at midnight."""
    day, _, time = event.date_time.partition("T")
    dated = (log.posture["calendar"] or {}).get(kind, ()) if time == "00:00" else ()
    return [entry for entry in dated if entry["date"] == day]


def _says(entry: dict[str, Any]) -> str:
    return f"The calendar says: {entry['why']} (source: {entry['source']})."


def rung(log: EventsInWords, event: Event) -> Iterator[str]:
    """Which way, and the thresholds."""
    from sim.state import RUNGS

    rung = int(event.amount("rung"))
    earlier = next((e for e in log.before(event) if e.kind == event.kind), None)
    way = "up" if rung > (earlier.amount("rung") if earlier else 0) else "down"
    yield f"One step {way}, to {RUNGS[rung] if rung < len(RUNGS) else rung}{_step_before(earlier)}."
    names = ("warn", "threaten", "strike", "close")
    limits = ", ".join(f"{name} below {number(log.parameter(f'washington.{name}_below'))}" for name in names)
    days = log.parameter("washington.step_days")
    yield f"Patience was {number(event.value('patience'))}; thresholds: {limits}; at most one step in {days} days."


def _step_before(earlier: Event | None) -> str:
    return f"; the step before: {brief(earlier)}" if earlier else ", the first of the run"


def why_strike(log: EventsInWords, event: Event) -> Iterator[str]:
    """The calendar, a death, a step of the ladder or an order."""
    if dated := _dated_strike(log, event):
        yield _says(dated)
        return
    if step := log.last(event, ("step on the ladder",), 0):
        yield f"It follows from {brief(step)}."
        return
    fires = (e for e in log.before(event) if e.kind == "fire on a site" and e.hours >= event.hours - 48)
    if deadly := next((e for e in fires if e.amount("killed")), None):
        chance = number(log.parameter("washington.p_strike_lethal"))
        yield f"An attack had killed Americans: {brief(deadly)}; then a strike follows with a chance of {chance}."
        return
    yield _order_or(log, "strike_leaders", "An attack in the days before led to it.")


def _dated_strike(log: EventsInWords, event: Event) -> dict[str, Any] | None:
    """The calendar's strike that it is: its strikes come before all others of their hour."""
    earlier = [e for e in log.same_hour(event) if e.kind == event.kind and e.number < event.number]
    each = [entry for entry in _of_calendar(log, event, "strikes") for _ in range(entry["leaders"])]
    return each[len(earlier)] if len(earlier) < len(each) else None


def switch(log: EventsInWords, event: Event) -> Iterator[str]:
    """What the switch of retaliation did."""
    effect = log.parameter("retaliation.effect")
    what = {"provokes": "grievance and momentum rose", "deters": "restraint rose", "none": "neither changed"}[effect]
    after = f"grievance {number(event.value('grievance'))}, restraint {number(event.value('restraint'))} after it"
    yield f"retaliation.effect is {effect}, so {what}: {after}."


def leak(log: EventsInWords, event: Event) -> Iterator[str]:
    """Was the plan of a take-down leaked?"""
    p = number(log.order_of(event).get("p_leak"))
    if event.amount("warned"):
        yield f"The plan was leaked (chance {p}): cells at home hid."
    else:
        yield f"The plan was not leaked (chance {p})."


def threat(log: EventsInWords, event: Event) -> Iterator[str]:
    """The calendar, a step of the ladder, or an order."""
    dated = _of_calendar(log, event, "threats")
    same = [entry for entry in dated if math.isclose(entry["strength"], event.amount("amount"))]
    yield _says(same[0]) if same else _step_or_order(log, event, "threaten_closure")


def why_closing(log: EventsInWords, event: Event) -> Iterator[str]:
    """A step of the ladder, or an order."""
    yield _step_or_order(log, event, "close_embassy")
    yield f"Evacuation takes {number(log.parameter('mission.evacuation_days'))} days."


def _step_or_order(log: EventsInWords, event: Event, do: str) -> str:
    if step := log.last(event, ("step on the ladder",), 0):
        return f"It follows from {brief(step)}."
    return _order_or(log, do, "Its patience led to it.")


def _order_or(log: EventsInWords, do: str, otherwise: str) -> str:
    """The standing orders that do it, if there are any."""
    orders = [name for name, order in log.orders.items() if order["do"] == do]
    return f"Standing order {' or '.join(orders)} gave it." if orders else otherwise


def after_strike(log: EventsInWords, event: Event) -> Iterator[str]:
    """The strike of this hour that an answer follows."""
    if strike := log.last(event, ("US strike",), 0):
        yield f"It follows {brief(strike)}."


def after_decision(log: EventsInWords, event: Event) -> Iterator[str]:
    """The decision that led to the end of the mission."""
    if decision := next((e for e in log.before(event) if e.kind == "closure decided"), None):
        yield f"It was decided in {brief(decision)}."
