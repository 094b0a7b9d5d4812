"""Orders as rows of the world: dated ones of posture and calendar, standing ones of responses; what numbers mean."""

from __future__ import annotations

from datetime import date
from typing import Any

from sim.calendars import SHIFTS
from sim.draws import name_hash
from sim.errors import ConfigError
from sim.in_force import InForce, standing_orders
from sim.maths import exp
from sim.names import check_names
from sim.responses import ORDERS, TRIGGERS
from sim.scenario import Scenario
from sim.state import F8, I8, MAX_AREAS, MAX_ORDERS, MAX_STANDING, Row, fields, record
from sim.theatre import rows_of_areas

# kinds of dated orders
HANDOVER, DELIVERY, DEPARTURE, SHIFT, DATED_STRIKE, DATED_THREAT, TRUCE, DIRECTIVE = range(8)
# kinds of standing orders, in the order of `responses.ORDERS`, and what gives them (`responses.TRIGGERS`)
CLOSE_AREA, SHARE, CLEAR_AREA, RALLY, TAKE_DOWN, ARREST = range(6)
CUT_FUNDS, THREATEN, CLOSE_EMBASSY, STRIKE, REINFORCE = range(6, 11)
DONE_BY_CHANCE = (CLOSE_AREA, SHARE, CLOSE_EMBASSY, STRIKE)  # strength is the chance; the others are scaled by it
ON_DAY, ON_WARNING, ON_US_DEATH = range(3)
STRONGEST, ALL = -1, -2  # for the row of a faction

# A standing order: the fields of its kind in `responses.py`; `chance` is its p_…, `amount` its share or number.
STANDING = record(
    [
        *fields(I8, "name kind trigger start until period hours faction count people reinforce scope_all n_areas"),
        *fields(F8, "strength chance p_leak p_clash amount capital_cost relation_cost grievance reliability"),
        ("areas", I8, (MAX_AREAS,)),
    ]
)
ORDER = record([*fields(I8, "hour kind site other hours"), ("amount", F8)])


def pack_orders(world: Row, scenario: Scenario) -> None:
    """The dated orders of the posture, by hour; an order beyond the run is left out."""
    posture = scenario.posture
    rows = {site.name: j for j, site in enumerate(scenario.theatre.config.sites)}
    orders = [(h.day, HANDOVER, rows[h.site], rows[h.moves_to], h.share_home, 0) for h in posture.handovers]
    orders += [(d.day, DELIVERY, rows[d.site], -1, float(d.batteries), 0) for d in posture.deliveries]
    orders += [(d.day, DEPARTURE, rows[d.site], -1, float(d.people), 0) for d in posture.departures]
    orders += [dated for dated in _from_outside(scenario) if dated[0] >= posture.start]
    if len(orders) > MAX_ORDERS:
        raise ConfigError(scenario.file, "handovers", len(orders), f"it must be at most {MAX_ORDERS} dated orders")
    for k, (day, kind, site, other, amount, hours) in enumerate(sorted(orders)):
        row = world.orders[k]
        row.hour, row.kind, row.site = 24 * (day - posture.start).days, kind, site
        row.other, row.amount, row.hours = other, amount, hours
    world.n_orders = len(orders)


def _from_outside(scenario: Scenario) -> list[tuple[date, int, int, int, float, int]]:
    """The events of the calendar, each as day, kind, site, other, amount and hours."""
    calendar = scenario.calendar
    if calendar is None:
        return []
    lasting = [(t, TRUCE, t.restraint) for t in calendar.truces]
    lasting += [(d, DIRECTIVE, d.focus) for d in calendar.directives]  # type: ignore[misc]
    return [
        *((e.day, SHIFT, -1, SHIFTS.index(e.level), e.amount, 0) for e in calendar.events),
        *((s.day, DATED_STRIKE, -1, -1, float(s.leaders), 0) for s in calendar.strikes),
        *((t.day, DATED_THREAT, -1, -1, t.strength, 0) for t in calendar.threats),
        *((event.day, kind, -1, -1, amount, 24 * (event.until - event.day).days) for event, kind, amount in lasting),
    ]


def pack_standing(world: Row, scenario: Scenario) -> None:
    """The standing orders. Their words for the draws are those of `surge/0`; of a second use, of `surge#2/0`."""
    given = standing_orders(scenario.responses)
    if len(given) > MAX_STANDING:
        raise ConfigError(scenario.file, "responses", len(given), f"it must be at most {MAX_STANDING} orders in all")
    world.n_standing, world.standing[...] = len(given), 0
    for row, (force, number) in zip(world.standing, given, strict=False):
        _pack_order(row, force.response.orders[number], force, scenario)
        row.name = name_hash(f"{force.name}/{number}")
    check_names(world, "standing")


def _pack_order(row: Any, order: Any, force: InForce, scenario: Scenario) -> None:
    """One standing order. Each field of the record has one source among the fields of the kinds of orders."""
    use, shift_hours = force.use, force.use.shift_hours(force.response)
    row.kind, row.trigger = ORDERS.index(type(order)), TRIGGERS.index(order.on)
    row.start = 24 * order.start_day + shift_hours
    row.until = 24 * order.until_day + shift_hours if order.until_day is not None else 1 << 40
    row.period, row.strength = 24 * order.every_days, use.strength
    costs = (1.0 if row.kind in DONE_BY_CHANCE else use.strength) * scenario.parameters.response_numbers.cost_factor
    fields = {name: getattr(order, name) for name in type(order).model_fields}
    row.hours = fields.get("hours", 24 * fields.get("days", 0))
    for name in ("count", "people", "reinforce", "reliability"):
        row[name] = fields.get(name, 0)
    for name in ("p_leak", "p_clash"):
        row[name] = _riskier(fields.get(name, 0.0), scenario.parameters.response_numbers.cost_factor)
    for name in ("capital_cost", "relation_cost", "grievance"):
        row[name] = costs * fields.get(name, 0.0)
    if row.kind == ARREST:  # raised by each arrest, whose chance is scaled
        row.grievance = fields["grievance"] * scenario.parameters.response_numbers.cost_factor
    row.scope_all = fields.get("scope") == "all"
    shift = scenario.parameters.response_numbers.effect_log_odds
    row.chance = shifted(fields.get("p_break", fields.get("p_success", 0.0)), shift)
    row.amount = shifted(next((fields[name] for name in ("share", "removal", "amount") if name in fields), 0.0), shift)
    areas = rows_of_areas(fields.get("areas", ()), scenario.theatre)
    row.n_areas, row.areas[: len(areas)] = len(areas), areas
    factions = [faction.name for faction in scenario.theatre.config.factions]
    named = {"all": ALL, "strongest": STRONGEST, **{name: f for f, name in enumerate(factions)}}
    row.faction = named[fields.get("faction", "all")]


def _riskier(p: float, factor: float) -> float:
    """A chance whose odds are multiplied; 0 and 1 stay."""
    return p if factor == 1.0 or not 0.0 < p < 1.0 else p * factor / (p * factor + 1.0 - p)


def shifted(p: float, log_odds: float) -> float:
    """A chance or share whose log-odds are moved; 0, 1 and what is no share stay."""
    if log_odds == 0.0 or not 0.0 < p < 1.0:
        return p
    return p / (p + (1.0 - p) * exp(-log_odds))
