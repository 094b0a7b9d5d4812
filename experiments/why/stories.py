"""One event of a run in words: what happened, which rule fired, which inputs decided it.

`STORIES` has a story for every kind of event: a sentence for what happened, behind the name of the kind, and lines for
why. Such a line is a template (`-`), or is named (`@`): a template that several share, or a function of `reasons.py`
that gives lines. In a template stand the columns of `events.csv`, `where`, parameters (`{p[defence.p_intercept]}`) and
the fields of the standing order that gave it (`{o[hours]}`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, TypeAlias

from experiments.why import reasons
from experiments.why.event_log import VALUES, Event, EventLog
from experiments.why.reasons import number, place

Line: TypeAlias = str | Callable[[EventLog, Event], Iterator[str]]
N_BEFORE = 3


@dataclass(frozen=True)
class Story:
    """How a kind of event is told."""

    what: str
    why: tuple[Line, ...] = ()


@dataclass(frozen=True)
class Explanation:
    """An event in words."""

    event: Event
    what: str
    why: tuple[str, ...]
    before: tuple[Event, ...]


def explain(log: EventLog, number: int) -> Explanation:
    """Event `number` (from 1) of a run, with the last events before it of the same actor."""
    event = log.events[number - 1]
    story, facts = STORIES[event.kind], _facts(log, event)
    why = [line for part in story.why for line in _lines(part, facts, log, event)]
    before = islice((other for other in log.before(event) if _concerns(other, event)), N_BEFORE)
    return Explanation(event, story.what.format_map(facts), tuple(why), tuple(before))


def what(log: EventLog, event: Event) -> str:
    """What happened, in a sentence."""
    return STORIES[event.kind].what.format_map(_facts(log, event))


def _lines(part: Line, facts: dict[str, Any], log: EventLog, event: Event) -> Iterator[str]:
    if isinstance(part, str):
        yield part.format_map(facts)
    else:
        yield from part(log, event)


def _concerns(other: Event, event: Event) -> bool:
    """Is another event one of the same actor, or done to it? Where nobody acts: one of the same kind."""
    if not event.actor:
        return other.kind == event.kind
    return event.actor in (other.actor, other.target)


class _Parameters:
    """`{p[defence.p_intercept]}` in a template."""

    def __init__(self, log: EventLog) -> None:
        self._ledger = log

    def __getitem__(self, key: str) -> str:
        value = self._ledger.parameter(key)
        return value if isinstance(value, str) else number(value)


class _Order:
    """`{o[hours]}` in a template; what the order doesn't have is unknown."""

    def __init__(self, order: dict[str, Any]) -> None:
        self._order = order

    def __getitem__(self, key: str) -> str:
        value = self._order.get(key, "unknown")
        return number(value) if isinstance(value, (int, float)) else str(value)


def _facts(log: EventLog, event: Event) -> dict[str, Any]:
    """What templates may name."""
    values = {name: number(event.value(name)) for name in VALUES}
    words = {
        "actor": event.actor,
        "target": event.target,
        "where": place(event),
        "hour_number": event.hour,
        "weapon": "drones" if event.amount("drone") else "rockets",
        "call": "on a warning" if event.amount("on_warning") else "after an attack or a sighting",
    }
    return {**values, **words, "p": _Parameters(log), "o": _Order(log.order_of(event))}


_SHARED = {
    "capital": "Baghdad's capital after it: {capital}.",
    "relation": "The bilateral relation after it: {relation}.",
    "politics": (
        "After it: relation {relation}, Baghdad's capital {capital} and will {will}, Washington's patience {patience}."
    ),
    "cost": "It costs {o[capital_cost]} of Baghdad's capital, times its strength; capital after it: {capital}.",
    "learns": (
        "Its faction learns from the outcome (weight {p[choice.learning_rate]}), and one attack causes further ones "
        "(momentum, {p[operations.momentum_branching]} of them)."
    ),
}
_STORIES = """
operation started: {actor} started an operation: {target}, to act from {where}.
@ hazard choice drift
waited: {actor} was ready to act and waited.
@ hazard choice drift no_square
operation given up: {actor} gave up its operation ({target}).
- It waited before a closed area. In each hour it gives up with a chance of {chance} (1 / operations.wait_hours,
    {p[operations.wait_hours]} hours).
fire on a site: {actor} fired at {target} ({weapon}): rounds {rounds}, landed inside {leaked}; wounded {wounded},
    killed {killed}.
- On course to land inside: {inside}. The chance is {p[fire.p_inside_unskilled]} for a rocket without skill,
    {p[fire.p_inside_skilled]} with all skill, {p[fire.p_inside_drone]} for a drone.
- C-RAM engaged {engaged} and destroyed {intercepted}: chance {p[defence.p_intercept]} for a rocket,
    {p[defence.p_intercept_drone]} for a drone.
@ unengaged alert relation learns
drone found before launch: A drone of {actor}, meant for {target}, was found before launch.
- The chance that a drone in position is found is {chance} (fire.p_drone_found).
bomb against a convoy: A bomb of {actor} went off against {target} (number {convoy} of its site): trucks lost
    {trucks_lost}, wounded {wounded}, killed {killed}.
- It was set off with a chance of {p[roadside.p_set_off]} for each convoy that passed, less for each escort vehicle
    that may spot it ({p[roadside.p_escort_finds]}).
@ effect relation learns
bomb against a foreign detail: A bomb of {actor} went off against {target}: wounded {wounded}.
@ effect
- The detail's armour stops {p[roadside.armour]} of effects.
@ relation learns
bomb found: {actor} found a bomb of {target}.
- The chance was {chance}: {p[forces.p_find_device]} · reliability · strength of the unit.
raid: {actor} went for {target}, {call}.
@ raid capital
no unit sent: {actor} sent no unit after {target}, {call}.
- It sends one with the chance of its will: will {will}, chance {chance}.
- Its capital was {capital}; will falls with capital and with the fighters in the International Zone
    (baghdad.will_capital_effect {p[baghdad.will_capital_effect]}, intimidation {p[baghdad.intimidation]}).
cell broken: {actor} was broken.
@ how_broken
warning: A preparation of {target} was noticed: a warning for {actor}, valid for {hours} hours.
- A preparation was noticed at a rate of {chance} a day: {p[intelligence.notice_per_day]}, less when the relation is
    poor (relation {relation}, effect {p[intelligence.relation_effect]}).
false alarm: A false alarm for {actor} put {target} on alert for {hours} hours.
- Each open site has one with a chance of {chance} a day (intelligence.false_alarms_per_month / 30).
site handed over: {actor} was handed over: people {people} and batteries {batteries} went to {target}, people
    {people_left} went home.
@ dated
batteries delivered: C-RAM batteries came to {actor}: {batteries}.
@ dated
people left: People of {actor} went home: {people_left}.
@ dated
convoy lost: {actor} (number {convoy} of its site) lost its last truck on the way to {target}.
- Each effect of a bomb costs a truck, and each further one with {p[roadside.p_next_truck]}.
convoy turned back: {actor} (number {convoy} of its site) turned back on the way to {target}: trucks {trucks}, cargo
    {cargo_t} t.
- A convoy turns back when it has lost {p[roadside.turn_back_share]} of its trucks.
area closed: {actor} was closed for {hours} hours more.
@ trigger
- An hour of closure costs {p[baghdad.cost_closure_hour]} of Baghdad's capital, the order itself {o[capital_cost]};
    capital after it: {capital}.
clearing begun: Clearing of {actor} began: {hours} hours, against {fighters} fighters and {heavy_weapons} heavy
    weapons.
@ trigger
- It is the first of the order's areas that has half of its fighters or more.
@ cost
area cleared: {actor} was cleared: {fighters} fighters and {heavy_weapons} heavy weapons removed; cells broken:
    {caught}.
@ trigger
- The order removes {o[removal]} of them, times its strength; each heavy weapon brings Baghdad
    {p[baghdad.gain_weapon]} of capital; capital after it: {capital}.
cleared area lost again: {actor} slipped back: {fighters} fighters are there again.
- Half of its fighters or more are back. They return in {p[zone.return_days]} days without political support, and more
    slowly with it; support was {amount}.
clash: Iraqi forces clashed with the fighters of {actor}: killed {killed}.
- The chance was {chance}: that of the order in an area full of fighters, times the share still there.
- Grievance after it: {grievance}. A clash costs {p[baghdad.cost_clash]} of Baghdad's capital; capital after it:
    {capital}.
take-down: A large move against {target}: cells broken {caught}, Iraqi forces killed {killed}.
@ trigger leak
- Each cell was broken with a chance of {chance}; grievance after it: {grievance}.
@ cost
leaders arrested: Leaders of {target} were sought: {amount} arrested.
@ trigger
- The chance was {chance} for each of {o[count]} sought; they are replaced soon.
@ cost
funds cut: Funds of {target} fell by a share of {amount}.
@ trigger
- They recover in {p[militias.funds_days]} days.
@ cost
support rallied: Political support for clearing rose by {amount}.
@ trigger
- It fades in {p[baghdad.capital_days]} days.
reinforcements came: Reinforcements came to the sites: people {people}.
@ trigger
- It costs {o[relation_cost]} of the relation and raises grievance by {o[grievance]}, times its strength; after it:
    relation {relation}, grievance {grievance}.
reinforcements left: Reinforcements went home: people {people_left}.
- They came for {o[days]} days.
order refused: {actor} refused the order {target}.
- Its capital was {capital}, below the floor of {amount} (baghdad.floor); the order costs {o[capital_cost]}. One that
    is due on a day is tried again a week later.
step on the ladder: {actor} took a step on its ladder.
@ rung politics
closure threatened: {actor} threatened to close the embassy, with strength {amount}.
@ threat
- It brings restraint {p[washington.threat_restraint]}, costs Baghdad {p[washington.threat_capital]} of capital and
    the relation {p[washington.threat_relation]}, and spurs will by {p[washington.threat_will]}.
@ politics
facade name taken: {actor} took a facade name for {hours} hours.
- After a threat a faction does so with a chance of {chance}: its deniability, times the threat's strength.
- The name saves it {p[militias.facade_cover]} of restraint and {p[militias.facade_discount]} of blame.
US strike: {actor} struck {target}: leaders killed {amount}.
@ why_strike
- A strike kills a leader with a chance of {p[retaliation.p_leader]}, if there is one.
@ switch
mob at the embassy: A mob for {actor} came to the gates of {target}, for {hours} hours.
- After a strike the chance is {chance} (retaliation.p_mob).
@ after_strike politics
motion to expel: A motion to expel US forces, after a strike on {actor}.
- The chance was {chance}: {p[retaliation.p_motion]} · (1 − relation before it).
@ after_strike politics
closure decided: {actor} decided to close the embassy, in {hours} hours.
@ why_closing politics
mission ended: {actor} ended its mission: people {people_left} left.
@ after_decision
- It costs the relation {p[mission.closure_relation]}, Baghdad {p[mission.closure_capital]} of capital and
    {p[mission.closure_will]} of will, and brings the militias {p[mission.closure_prestige]} of prestige.
@ politics
partners left: Partners left: {amount} of {p[mission.partners]} are still there.
- After the closure each stays for {p[mission.partner_days]} days on average.
event from outside: From outside: {actor} moved by {amount}.
@ shift_cause
"""


def _stories(text: str) -> dict[str, Story]:
    stories: dict[str, Story] = {}
    for line in re.sub(r"\n +", " ", text.strip()).splitlines():  # what is indented goes on with the line before
        if line.startswith("@ "):
            lines = tuple(_SHARED.get(name) or getattr(reasons, name) for name in line.split()[1:])
        elif line.startswith("- "):
            lines = (line[2:],)
        else:
            kind, _, told = line.partition(": ")
            lines = ()
            stories[kind] = Story(told)
        stories[kind] = replace(stories[kind], why=stories[kind].why + lines)
    return stories


STORIES = _stories(_STORIES)
