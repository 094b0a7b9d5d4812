"""The agenda: whoever is due is found, at its hour and in the order of rows, whatever others do meanwhile."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.rules import agenda
from sim.state import AGENDA_HOURS, BITS, NEVER

N, HOURS = 70, 3 * AGENDA_HOURS
SLEEPS = st.lists(st.integers(1, 40) | st.just(NEVER), min_size=1, max_size=30)
# in the hour of the first, agent n wakes agent m for an hour so far from then
WAKES = st.lists(st.tuples(st.integers(0, HOURS - 1), *[st.integers(0, N - 1)] * 2, st.integers(0, 50)), max_size=40)


def scanned(wake, sleeps, wakes):
    """Who acts in each hour if every row is looked at in every hour."""
    acts = []
    for now in range(HOURS):
        for k in range(N):
            if wake[k] <= now:
                acts.append((now, k))
                wake[k] = now + sleeps[(now + k) % len(sleeps)]
                for other, hours in of(wakes, now, k):
                    wake[other] = now + hours
    return acts


def taken(wake, sleeps, wakes):
    """The same by the agenda."""
    hours, acts = np.zeros((AGENDA_HOURS, -(-N // BITS)), np.int64), []
    for k in range(N):
        agenda.put(hours, k, wake[k], 0)
    for now in range(HOURS):
        agenda.open_hour(hours, now, N)
        k = agenda.take(hours, now, N, -1)
        while k >= 0:
            if wake[k] <= now:
                acts.append((now, k))
                wake[k] = now + sleeps[(now + k) % len(sleeps)]
                for other, later in of(wakes, now, k):
                    wake[other] = now + later
                    agenda.put(hours, other, wake[other], now)
            agenda.put(hours, k, wake[k], now + 1)
            k = agenda.take(hours, now, N, k)
    return acts


def of(wakes, now, k):
    """Whom agent `k` wakes in this hour; itself it leaves alone."""
    return [(other, later) for hour, who, other, later in wakes if (hour, who) == (now, k) and other != k]


@given(st.lists(st.integers(0, 60) | st.just(NEVER), min_size=N, max_size=N), SLEEPS, WAKES)
def test_whoever_is_due_acts_as_if_all_were_looked_at(wake, sleeps, wakes):
    assert taken(list(wake), sleeps, wakes) == scanned(list(wake), sleeps, wakes)


def test_an_agent_woken_for_this_hour_acts_in_it_if_its_turn_is_still_to_come():
    wake = [NEVER] * N
    wake[5] = 3
    acts = taken(wake, [NEVER], [(3, 5, 4, 0), (3, 5, 69, 0)])
    assert acts == [(3, 5), (3, 69), (4, 4)]


def test_those_far_ahead_are_not_lost():
    wake = [NEVER] * N
    wake[40] = HOURS - 1
    assert taken(wake, [NEVER], []) == [(HOURS - 1, 40)]
