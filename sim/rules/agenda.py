"""Who is due at which hour, so that agents that sleep cost nothing.

For each of the coming hours a row of bits says which agents of a kind may be due, in the order of their rows. A bit is
a hint: an agent acts only if its `wake` says so, else it is put down again. Nothing is lost as long as a bit stands no
later than the wake: whoever acts is put down anew, and a rule that wakes another agent says so (`cell_woken`, …). The
bits follow from the state, so they are no part of it: `fill` makes them where compiled hours begin, `clear` wipes them
where they end.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.compiled import hot_rule, rule
from sim.state import AGENDA_HOURS, BITS, NONE, State
from sim.world import World

_BRUIJN, _LOW, _TOP = 0x077CB531, 0xFFFFFFFF, 27
# A number with one bit, times a de Bruijn sequence, has that bit's place in its five highest bits.
_PLACE = np.zeros(BITS, np.int64)
for _n in range(BITS):
    _PLACE[((1 << _n) * _BRUIJN & _LOW) >> _TOP] = _n


@hot_rule
def put(hours: Any, k: int, wake: int, earliest: int) -> None:
    """Agent `k` is due at `wake`, but not before the hour `earliest`; far ahead it is looked at in between."""
    at = max(earliest, min(wake, earliest + AGENDA_HOURS - 2)) % AGENDA_HOURS
    hours[at, k // BITS] |= 1 << (k % BITS)


@hot_rule
def open_hour(hours: Any, now: int, n: int) -> None:
    """What is left of the hour before is of this one: who was woken for it too late. `n`: agents of the kind."""
    here, before = now % AGENDA_HOURS, (now - 1) % AGENDA_HOURS
    for w in range((n + BITS - 1) // BITS):
        hours[here, w] |= hours[before, w]
        hours[before, w] = 0


@hot_rule
def take(hours: Any, now: int, n: int, after: int) -> int:
    """The first agent after row `after` that may be due now, taken off; −1 if there is none of the `n`."""
    here, word, skip = now % AGENDA_HOURS, (after + 1) // BITS, (after + 1) % BITS
    while word * BITS < n:
        bits = hours[here, word] >> skip << skip
        if bits != 0:
            lowest = bits & -bits
            hours[here, word] ^= lowest
            return int(word * BITS + _PLACE[(lowest * _BRUIJN & _LOW) >> _TOP])
        word, skip = word + 1, 0
    return -1


@rule
def fill(world: World, state: State) -> None:
    """The agenda of a state, from the hours at which its agents wake."""
    agenda, now = state.agenda[0], state.hour
    agenda.kept = 1
    for i in range(world.n_cells):
        put(agenda.cells, i, state.cells[i].wake, now)
    for k in range(world.n_units):
        put(agenda.units, k, state.units[k].wake, now)
    for k in range(state.n_convoys):
        if state.convoys[k].phase != NONE:
            put(agenda.convoys, k, state.convoys[k].wake, now)


@rule
def clear(state: State) -> None:
    """Nobody is put down, and nobody will be."""
    agenda = state.agenda[0]
    agenda.kept = 0
    for h in range(AGENDA_HOURS):
        for w in range(agenda.cells.shape[1]):
            agenda.cells[h, w] = 0
        for w in range(agenda.units.shape[1]):
            agenda.units[h, w] = 0
        for w in range(agenda.convoys.shape[1]):
            agenda.convoys[h, w] = 0


@rule
def cell_woken(i: int, state: State) -> None:
    """A rule of another agent has set when cell `i` wakes."""
    if state.agenda[0].kept:
        put(state.agenda[0].cells, i, state.cells[i].wake, state.hour)


@rule
def unit_woken(k: int, state: State) -> None:
    """The same of unit `k`."""
    if state.agenda[0].kept:
        put(state.agenda[0].units, k, state.units[k].wake, state.hour)


@rule
def convoy_woken(k: int, state: State) -> None:
    """The same of convoy `k`, or it is new."""
    if state.agenda[0].kept:
        put(state.agenda[0].convoys, k, state.convoys[k].wake, state.hour)
