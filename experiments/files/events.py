"""`events.csv`, the event log: what happened, the rule that fired, and the inputs that decided it.

`sim/rules/events.py` says which kinds of events there are and which of the value columns each fills.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from experiments.files.columns import POSTURE, SEED, Field, fields
from sim.names import agent_names, convoy_name, option_names

if TYPE_CHECKING:
    from sim.scenario import Scenario

EVENT_VALUE_FIELDS: tuple[Field, ...] = fields("""
hazard_per_day   | 1/day   | hazard of an operation, as the cell felt it
utility          | utility | utility of the option chosen; waiting has 0
expected_success | 1       | success that the cell expected of it; 0 when it waited
other_utility    | utility | utility of the best option not chosen; empty if there was none
u_rocket         | utility | best utility of rockets at any site; empty if none could be fired at
u_drone          | utility | best utility of a drone at any site; empty if none could be sent
u_road           | utility | utility of a bomb against a convoy; empty if it could not be laid
u_detail         | utility | utility of a bomb against a foreign detail; empty if it could not be laid
presence         | unit    | Iraqi units in the cell's home square, reinforcements included
momentum_per_day | 1/day   | self-excited part of the hazard
grievance        | 1       | grievance against the US presence, after the event
restraint        | 1       | restraint asked of the faction, after the event
rounds           | round   | rounds or drones fired
inside           | round   | of these, on course to land inside the perimeter
engaged          | round   | of these, engaged by C-RAM
intercepted      | round   | of these, destroyed
leaked           | round   | rounds that landed inside
drone            | 1       | 1 for a drone, 0 for rockets
alert            | 1       | 1 if the site was on alert, warned, 0 if not
effect           | 1       | 1 if the bomb had an effect, 0 if none
convoy           | 1       | running number of the convoy among those of its site
trucks_lost      | truck   | trucks lost
wounded          | person  | people wounded, the dead included
killed           | person  | people killed
caught           | cell    | cells caught: 0 or 1 in a raid
warned           | 1       | 1 if the move was leaked and the cell or the faction warned
gone             | 1       | 1 if the cell had left before the raid
on_warning       | 1       | 1 if a warning called for the raid, 0 if an attack or a patrol did
people           | person  | people who came, or moved to the next site
people_left      | person  | people who left the theatre
batteries        | battery | C-RAM batteries moved or delivered
trucks           | truck   | trucks that turned back
cargo_t          | t       | cargo that turned back
chance           | 1       | chance that decided it; of a warning, the rate per day at which a preparation is noticed
relation         | 1       | bilateral relation after the event, 0 to 1
capital          | 1       | Baghdad's political capital after the event, 0 to 1
patience         | 1       | Washington's patience after the event, 0 to 1
will             | 1       | Baghdad's will to act against militias, 0 to 1
rung             | 1       | step of Washington's ladder: 0 calm, 1 warned, 2 threatened, 3 struck, 4 closed
hours            | hour    | how long it lasts, or until it happens
fighters         | person  | militia fighters there; of a cleared area, those removed
heavy_weapons    | weapon  | heavy weapons there; of a cleared area, those removed
tempo            | 1       | log of the tempo that the coordinating body asks for; 0 leaves it to the factions
focus            | 1       | log-odds by which it asks for roads (above 0) or for fire (below)
amount           | of the kind | leaders removed; partners left; share of funds or amount of support; strength of \
a threat; restraint of a truce; the shift of a level; the capital below which an order is refused; the support in an \
area that is lost again
""")
EVENT_FIELDS: tuple[Field, ...] = (
    POSTURE,
    SEED,
    *fields("""
event     | 1    | number of the event in the run, from 1
hour      | hour | hours since the start
date_time |      | calendar date and hour at its start, ISO 8601
kind      |      | kind of event
rule      |      | the rule that fired: module and function in `sim/rules`
actor     | | who did it, or where it happened; an order is named by its response (`#2` for its second use) and number
target    |      | against whom or what, or by which order; for an operation, the option chosen
place     |      | name of the square; empty on the open road
x_km      | km   | the square's position east of the theatre's origin; empty for what has no place
y_km      | km   | the square's position north of the theatre's origin; empty for what has no place
"""),
    *EVENT_VALUE_FIELDS,
)
ALL_FACTIONS = "all factions"


def event_columns(scenario: Scenario, events: NDArray[Any], lengths: Sequence[int]) -> list[Any]:
    """The columns of `EVENT_FIELDS` from `event` on, for the events (dtype EVENT) of runs of a scenario.

    The events of a run follow those of the run before; `lengths` says how many each has.
    """
    hours, kinds, names = events["hour"], _kinds(), _names(scenario)
    number = np.concatenate([np.arange(0), *(np.arange(1, n + 1) for n in lengths)])
    when = _words(hours, _date_times(scenario.posture.start, 24 * scenario.days))
    what = [_words(events["kind"], texts) for texts in (kinds.names, kinds.rules)]
    who = [names.who(events, column) for column in ("actor", "target")]
    return [number, hours, when, *what, *who, *names.where(events["square"]), *_values(events)]


def _words(numbers: NDArray[Any], texts: Any) -> Any:
    """The text of each number; one that has none is an `IndexError`."""
    return pa.DictionaryArray.from_arrays(pa.array(numbers), texts)


@lru_cache(maxsize=64)
def _date_times(start: date, n_hours: int) -> Any:
    """The calendar's date and time at the start of each hour of a run."""
    hours = np.datetime64(start, "m") + np.arange(n_hours) * np.timedelta64(60, "m")
    return pa.array(np.datetime_as_string(hours))


def _values(events: NDArray[Any]) -> NDArray[np.float64]:
    """Value columns × events; NaN where the kind of the event does not fill the column."""
    values = np.array([events[field.name] for field in EVENT_VALUE_FIELDS])
    values[~_kinds().fills[:, events["kind"]]] = np.nan
    return values


class _Kinds:
    """What `KINDS` say, by number: name, rule, kind of agent in a column, and whether a value column is filled."""

    def __init__(self) -> None:
        from sim.rules.events import KINDS

        self.names, self.rules = pa.array([k.name for k in KINDS]), pa.array([k.rule for k in KINDS])
        self.agents = {"actor": [k.actor for k in KINDS], "target": [k.target for k in KINDS]}
        self.fills = np.array([[field.name in k.values for k in KINDS] for field in EVENT_VALUE_FIELDS])


_kinds = lru_cache(maxsize=1)(_Kinds)


class _Names:
    """Readable names for the row numbers in a scenario's events."""

    def __init__(self, scenario: Scenario) -> None:
        every, theatre = _agents(scenario), scenario.theatre
        self._names, self._sites = [name for names in every.values() for name in names], every["site"][1:]
        starts = dict(zip(every, np.cumsum([1, *map(len, every.values())]).tolist(), strict=False))
        sizes = {kind: len(names) - 1 for kind, names in every.items()} | {"convoy": len(self._sites)}
        # by column and kind of event: where the names of its agents start, how many there are, and if they are convoys
        self._agents = {
            column: np.array([[starts[kind], sizes[kind], kind == "convoy"] for kind in kinds]).T
            for column, kinds in _kinds().agents.items()
        }
        places = {square: place for place, square in sorted(theatre.places.items(), reverse=True)}
        named = [places.get(square, "") for square in range(-1, theatre.n_squares)]
        # the first is what is off the map
        self._squares = [
            pa.array(each) for each in (named, np.append(np.nan, theatre.x_km), np.append(np.nan, theatre.y_km))
        ]

    def who(self, events: NDArray[Any], column: str) -> Any:
        """The actor or the target of each event; a convoy is named by the row of its site and its number."""
        start, size, is_convoy = self._agents[column][:, events["kind"]]
        row = np.where(size, np.maximum(events[column], -1), -1)
        if (row >= size).any():
            raise IndexError(f"{column}: no agent has the row {row[row >= size][0]}")
        convoys = (is_convoy == 1) & (row >= 0)
        codes, place = np.unique(row[convoys] << 32 | events["convoy"][convoys].astype(np.int64), return_inverse=True)
        names = self._names + [convoy_name(self._sites[code >> 32], code & 0xFFFFFFFF) for code in codes.tolist()]
        row[convoys] = place
        return _words(start + row, pa.array(names))

    def where(self, squares: NDArray[Any]) -> list[Any]:
        """Place (empty on the open road), x and y in km of each square; nothing off the map."""
        row = np.maximum(squares, -1) + 1
        return [_words(row, column) for column in self._squares]


_names = lru_cache(maxsize=64)(_Names)


def _agents(scenario: Scenario) -> dict[str, list[str]]:
    """By kind of agent: what an event calls its lack, then the names in the order of their rows. Convoys are last."""
    from sim.calendars import SHIFTS
    from sim.theatre import area_names

    names = agent_names(scenario)
    known = {kind: names[f"{kind}s"] for kind in ("cell", "unit", "site", "detail", "faction")} | {
        "government": [*names["washington"], *names["baghdad"]],
        "coordinator": names["coordinator"],
        "option": option_names(scenario),
        "area": area_names(scenario.theatre),
        "order": order_names(scenario),
        "level": list(SHIFTS),
        "none": [],
        "convoy": [],
    }
    return {kind: [ALL_FACTIONS if kind == "faction" else "", *names] for kind, names in known.items()}


def order_name(called: str, number: int, do: str) -> str:
    """`zone_clearance/1 clear_area`: an order by its response's use, its place in it (from 0), and what it does."""
    return f"{called}/{number} {do}"


def order_names(scenario: Scenario) -> list[str]:
    """Names of the standing orders, in the order of their rows."""
    from sim.in_force import standing_orders

    given = standing_orders(scenario.responses)
    return [order_name(force.name, number, force.response.orders[number].do) for force, number in given]
