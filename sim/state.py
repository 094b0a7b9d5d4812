"""What a run changes: the state, one structured array per kind of agent, in one block of memory.

Every row is a whole number of 64-bit words, so the block is also an array of such words: copying, forking and
digesting a state are each one call. Whole numbers of the rows that are looked at most have 4 or 2 bytes, because a run
waits for memory: a convoy fills one line of cache, and a digest has a third fewer words. Rows beyond a count
(`n_cells`, …) stay zero. The table:

==========  ===============  =======  ======================================================================
array       field            unit     meaning
==========  ===============  =======  ======================================================================
state       seed             1        run seed: with names and hours it decides every draw
state       hour             hour     hours since the start; the hour that is being simulated
state       status           1        0 fine, else why the run stopped (`STATUS`)
state       n_convoys        1        rows of convoys that have been used
state       n_salvos         1        salvos fired in this hour, waiting in `salvos`
state       n_events         1        events of this hour, waiting in `events`
state       next_order       1        first row of the world's calendar that is still to come
state       orders_wake      hour     no standing order is due before this hour
state       areas_wake       hour     no closed area opens before this hour
state       mob_until        hour     a mob is at the embassy gates until
state       partners         mission  partner missions still there
state       relation         0…1      bilateral relation
state       grievance        1        grievance against the US presence
state       prestige         1        prestige of the militias
state       willingness      0…1      drivers' willingness; 1 is whole
cells       wake             hour     nothing to do before this hour
cells       mode             1        IDLE, PREPARING, MOVING, IN_POSITION, LEAVING, LYING_LOW or BROKEN
cells       square           1        where it is (index of a square)
cells       option           1        what it has chosen (`choice.py` numbers the options), −1 nothing
cells       goal             1        square from which it acts, −1 none
cells       began            hour     when its operation began; names all draws of the operation
cells       ready_at         hour     its preparation ends
cells       warn_at          hour     its preparation is noticed, if that comes first
cells       skill            0…1      quality of its attacks
cells       munitions        round    its stock
cells       device_square    1        where its bomb waits, −1 none
cells       device_until     hour     until when
cells       device_for       1        option that the bomb serves
cells       device_began     hour     when the operation began that laid it
cells       device_passed    1        targets that have passed it
cells       device_tipped    0/1      1 if it waits for a convoy that it was told of
cells       device_skill     0…1      skill with which it was laid
convoys     phase            1        NONE (row free), ASSEMBLING, ROLLING, UNLOADING, RETURNING or OUTBOUND
convoys     wake             hour     nothing to do before this hour
convoys     site             1        destination (row of a site)
convoys     number           1        running number among the convoys of the site it was ordered for
convoys     ordered_for      1        row of the site it was ordered for
convoys     square           1        where it is
convoys     way              1        which of its site's planned ways it follows, −1 the quickest from where it is
convoys     position         1        squares of that way behind it
convoys     origin           1        the gateway's square
convoys     spare_hours      hour     travel time left over from the last square
convoys     trucks           truck    still rolling
convoys     trucks_at_start  truck    sent
convoys     escorts          vehicle  with it
convoys     cargo            t        carried
sites       open             0/1      1 while US forces hold it
sites       people           person   there now
sites       batteries        1        C-RAM batteries there
sites       ready            burst    ready to fire
sites       reserve          burst    in store
sites       reloading        burst    part of the next burst that is done
sites       stock            t        supply
sites       under_way        t        supply on its way
sites       next_number      1        number of the next convoy
sites       alert_until      hour     people shelter, on a warning, until
sites       to_ship          t        equipment that leaves with its handover, in all
sites       equipment        t        what of it is still there
units       wake             hour     nothing to do before this hour
units       square           1        where it is
units       target_cell      1        cell it is sent after, −1 none
units       on_warning       0/1      1 if a warning sent it: it knows where the cell prepares
units       operation        hour     when the operation began that it is sent against
units       strength         0…1      1 is whole
details     wake             hour     nothing to do before this hour
details     square           1        where it is
details     goal             1        where it goes, −1 at rest
details     spare_hours      hour     travel time left over from the last square
factions    wake             hour     its next day
factions    facade_until     hour     it acts under a facade name until
factions    leaders          leader   at large
factions    next_leader      hour     when the next one is replaced
factions    road_successes   attack   its bombs on convoys that had an effect: its experience
factions    rate_per_day     1/day    hazard of its cells without momentum or Iraqi units beside them, last set
factions    momentum         1/day    self-excited part of each cell's hazard, as of `momentum_hour`
factions    momentum_hour    hour     when it was last brought up to date
factions    restraint        1        restraint asked for
factions    funds            0…1      share of full resupply
factions    expected         0…1      expected success per option
areas       closed_until     hour     closed to all traffic until
areas       closed_by        unit     reinforcement of each square by the closure
areas       warned_until     hour     a warning names it until
areas       phase            1        UNTOUCHED, CLEARING, HELD
areas       held_by          unit     reinforcement of each square by the clearance
areas       fighters         person   militia fighters there
areas       heavy_weapons    weapon   heavy weapons there
standing    wake             hour     when the order is given next, NEVER when it waits for a trigger
standing    busy             0/1      1 while it has something under way: then `wake` is its end
standing    area             1        area that it is clearing, −1 none
standing    people           person   that it has brought and not yet taken away
washington  wake             hour     its next day
washington  rung             1        of its ladder: CALM, WARNED, THREATENED, STRUCK, CLOSED
washington  rung_hour        hour     when it came to that rung
washington  strike_on        1        faction that it will strike, −1 none
washington  closing_hour     hour     when the mission ends, NEVER if it is to stay
washington  mission_open     0/1      1 until then
washington  patience         0…1      of Washington
coordinator wake             hour     its next change of direction, NEVER if it has none
coordinator directive_until  hour     a dated directive holds until
coordinator truce_until      hour     a truce holds until
coordinator tempo            1        log of the tempo that it asks for; 0 leaves it to the factions
coordinator focus            1        log-odds by which it asks for roads (above 0) or fire (below)
coordinator directive        1        the same, from the dated directive
coordinator truce            1        restraint of the truce
baghdad     wake             hour     its next day
baghdad     capital          0…1      political capital
baghdad     will             0…1      will to act against militias
baghdad     support          0…1      political support for clearing
squares     presence         unit     Iraqi units there, reinforcements included
squares     reinforced       unit     reinforcements among them
squares     devices          1        bombs there
squares     exposed          cell     cells there that can be seen
squares     recent_attacks   attack   recent attacks on the road, fading
squares     traffic          1/day    convoys passing, running mean
squares     detail_traffic   1/day    foreign details passing, running mean
salvos      …                         cell, site, rounds and whether it is a drone
events      …                         see `EVENT`
agenda      …                         who may be due at which hour: follows from the above; see `rules/agenda.py`
tally       …                         counters and daily levels, defined in `measures.py`
==========  ===============  =======  ======================================================================
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from sim.measures import TALLY_FIELDS

State: TypeAlias = np.record
Row: TypeAlias = np.record

# capacities of the arrays of fixed size: the loader refuses a theatre that needs more
MAX_SQUARES = 1000
MAX_NEIGHBOURS = 8  # roads out of one square
MAX_SITES = 24
MAX_CELLS = 240
MAX_UNITS = 128
MAX_DETAILS = 16
MAX_FACTIONS = 8
MAX_CONVOYS = 1024
MAX_VIAS = 3  # ways from a gateway to a site, the direct one among them
MAX_ORDERS = 64
MAX_SALVOS = 16
MAX_EVENTS_AN_HOUR = 64
MAX_RING = 400  # squares from which one site can be fired at
MAX_ROUTE = 320  # squares of one way from a gateway to a site
MAX_AREAS = 24  # neighbourhoods of the International Zone, and the other zones
MAX_STANDING = 48  # orders of all responses together
MAX_PARTNERS = 64
AGENDA_HOURS, BITS = 32, 32  # hours ahead, agents to a word of bits; see rules/agenda.py

I2, I4, I8, F8 = "i2", "i4", "i8", "f8"

# options of a cell: rockets against site j are j, a drone against site j is DRONE + j
DRONE, ROAD, DETAIL = MAX_SITES, 2 * MAX_SITES, 2 * MAX_SITES + 1
ABSTAIN = N_OPTIONS = DETAIL + 1

# modes of a cell
IDLE, PREPARING, MOVING, IN_POSITION, LEAVING, LYING_LOW, BROKEN = range(7)
MODES = ("idle", "preparing", "moving", "in position", "leaving", "lying low", "broken")
# phases of a convoy
NONE, ASSEMBLING, ROLLING, UNLOADING, RETURNING, OUTBOUND = range(6)
PHASES = ("none", "assembling", "rolling", "unloading", "returning", "outbound")
# phases of an area
UNTOUCHED, CLEARING, HELD = range(3)
AREA_PHASES = ("untouched", "being cleared", "held")
# rungs of Washington's ladder
CALM, WARNED, THREATENED, STRUCK, CLOSED = range(5)
RUNGS = ("calm", "warned", "threatened", "struck", "closed")
WORDS = {
    ("cells", "mode"): MODES,
    ("convoys", "phase"): PHASES,
    ("areas", "phase"): AREA_PHASES,
    ("washington", "rung"): RUNGS,
}
"""(array, field) → the words that its numbers stand for."""
NEVER = 1 << 30  # the wake hour of an agent that waits for a call; no hour that a rule can write comes near it

# why a run stopped
FINE, TOO_MANY_CONVOYS, TOO_MANY_SALVOS, TOO_MANY_EVENTS = range(4)
STATUS = (
    "ok",
    f"more than {MAX_CONVOYS} convoys at once (state.MAX_CONVOYS)",
    f"more than {MAX_SALVOS} salvos in an hour (state.MAX_SALVOS)",
    f"more than {MAX_EVENTS_AN_HOUR} events in an hour (state.MAX_EVENTS_AN_HOUR)",
)


def record(fields: list[Any]) -> np.dtype[Any]:
    """A structured type whose rows have their fields as attributes, compiled or not."""
    return np.dtype((np.record, fields))


def fields(kind: str, names: str) -> list[tuple[str, str]]:
    """Fields of one kind (`I2` to `F8`), by their names."""
    return [(name, kind) for name in names.split()]


CELL = record(
    fields(I4, "wake mode square option goal began ready_at warn_at")
    + fields(I4, "device_square device_until device_for device_began device_passed device_tipped")
    + fields(F8, "skill munitions device_skill")
)
CONVOY = record(
    fields(I4, "phase wake site number ordered_for square way position origin trucks trucks_at_start escorts")
    + fields(F8, "spare_hours cargo")
)
SITE = record(
    fields(I8, "open people batteries ready reserve next_number alert_until")
    + fields(F8, "reloading stock under_way to_ship equipment")
)
UNIT = record(fields(I4, "wake square target_cell on_warning") + fields(I8, "operation") + fields(F8, "strength"))
FOREIGN_DETAIL = record(fields(I8, "wake square goal") + fields(F8, "spare_hours"))
FACTION = record(
    fields(I8, "wake momentum_hour facade_until leaders next_leader road_successes")
    + fields(F8, "rate_per_day momentum restraint funds")
    + [("expected", F8, (N_OPTIONS,))]
)
AREA = record(fields(I8, "closed_until closed_by warned_until phase held_by") + fields(F8, "fighters heavy_weapons"))
STANDING = record(fields(I8, "wake busy area people"))
WASHINGTON = record(fields(I8, "wake rung rung_hour strike_on closing_hour mission_open") + fields(F8, "patience"))
COORDINATOR = record(fields(I8, "wake directive_until truce_until") + fields(F8, "tempo focus directive truce"))
BAGHDAD = record(fields(I8, "wake") + fields(F8, "capital will support"))
SQUARE = record(fields(I2, "presence reinforced devices exposed") + fields(F8, "recent_attacks traffic detail_traffic"))
SALVO = record(fields(I8, "cell site rounds drone"))
AGENDA = record(
    [
        ("kept", I8),
        *(
            (kind, I8, (AGENDA_HOURS, -(-most // BITS)))
            for kind, most in (("cells", MAX_CELLS), ("units", MAX_UNITS), ("convoys", MAX_CONVOYS))
        ),
    ]
)
TALLY = record(list(TALLY_FIELDS))

# One event: when, what, who, against what, where, and its values; `rules/events.py` says which kind fills which.
EVENT_VALUES = (
    "hazard_per_day utility expected_success other_utility u_rocket u_drone u_road u_detail presence momentum_per_day "
    "grievance restraint rounds inside engaged intercepted leaked drone alert effect convoy trucks_lost wounded killed "
    "caught warned gone on_warning people people_left batteries trucks cargo_t chance relation capital patience will "
    "rung hours fighters heavy_weapons tempo focus amount"
)
EVENT = record(fields(I8, "hour kind actor target square") + fields(F8, EVENT_VALUES))

STATE = record(
    [
        *fields(I8, "hour status n_convoys n_salvos n_events next_order orders_wake areas_wake mob_until partners"),
        ("seed", "u8"),
        *fields(F8, "relation grievance prestige willingness"),
        ("tally", TALLY),
        ("washington", WASHINGTON, (1,)),
        ("baghdad", BAGHDAD, (1,)),
        ("coordinator", COORDINATOR, (1,)),
        ("areas", AREA, (MAX_AREAS,)),
        ("standing", STANDING, (MAX_STANDING,)),
        ("sites", SITE, (MAX_SITES,)),
        ("factions", FACTION, (MAX_FACTIONS,)),
        ("cells", CELL, (MAX_CELLS,)),
        ("units", UNIT, (MAX_UNITS,)),
        ("details", FOREIGN_DETAIL, (MAX_DETAILS,)),
        ("convoys", CONVOY, (MAX_CONVOYS,)),
        ("squares", SQUARE, (MAX_SQUARES,)),
        ("salvos", SALVO, (MAX_SALVOS,)),
        ("events", EVENT, (MAX_EVENTS_AN_HOUR + 1,)),  # the last row stays blank
        ("agenda", AGENDA, (1,)),
    ]
)
OF_AN_HOUR = ("salvos", "events", "agenda")
PARTS = tuple(name for name in STATE.names or () if STATE[name].shape and name not in OF_AN_HOUR)
"""The arrays of rows that last: kinds of agents, areas, orders, squares."""
