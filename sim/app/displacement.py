"""Where attacks fell: in a run so far, and by how much two postures differ there, over pairs of runs.

A place is a site (fire, where it was aimed) or a square (bombs on roads): sites come first, then squares.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.app.ensemble_band import EnsembleBand
from sim.numbers import number, signed
from sim.rules import events as ev
from sim.statistics import intervals, mean_interval
from sim.theatre import Theatre

WEEK_HOURS = 168
N_WEEKS = 1000  # more than any run has: since the start
WINDOWS = {
    "attacks: 2 days": 0,
    "attacks: 4 weeks": 4,
    "attacks: 13 weeks": 13,
    "attacks: since the start": N_WEEKS,
}
"""Words → weeks over which attacks add up on a map; 0: none do, they only fade."""
Counts = NDArray[np.uint8]
Rows = list[list[float]]


def places_of(theatre: Theatre, events: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """The place of each attack among events (dtype EVENT), and those events."""
    fire, road = events["kind"] == ev.FIRE, np.isin(events["kind"], (ev.BOMB_CONVOY, ev.BOMB_DETAIL))
    chosen = events[fire | (road & (events["square"] >= 0))]
    places = np.where(chosen["kind"] == ev.FIRE, chosen["target"], len(theatre.site_square) + chosen["square"])
    return places.astype(np.int64), chosen


def positions(theatre: Theatre) -> NDArray[np.float64]:
    """x and y in km of every place."""
    x = np.concatenate([theatre.site_x_km, theatre.x_km])
    return np.column_stack([x, np.concatenate([theatre.site_y_km, theatre.y_km])])


def so_far(theatre: Theatre, events: NDArray[Any], hour: int, weeks: int) -> Rows:
    """x, y (km), attacks, and 1 for fire or 0 for bombs, of each place attacked in the last `weeks` before an hour."""
    late = events[np.searchsorted(events["hour"], hour - weeks * WEEK_HOURS) :]
    places, _ = places_of(theatre, late)
    found, counts = np.unique(places, return_counts=True)
    fire = found < len(theatre.site_square)
    return np.column_stack([positions(theatre)[found].round(2), counts, fire]).tolist()


def weekly_counts(theatre: Theatre, events: NDArray[Any], n_weeks: int) -> Counts:
    """Attacks of a run: weeks × places."""
    counts = np.zeros((n_weeks, len(positions(theatre))), np.uint8)
    places, chosen = places_of(theatre, events)
    np.add.at(counts, (np.minimum(chosen["hour"] // WEEK_HOURS, n_weeks - 1), places), 1)
    return counts


def difference(theatre: Theatre, pair: Sequence[EnsembleBand], hour: int, weeks: int) -> Rows:
    """x, y (km), mean of second − first and its 95% interval, of each place that was attacked in the window.

    The window is whole weeks, up to the last that has ended at `hour`; before the first has, it is the first.
    """
    first, second = (band.attacks for band in pair)
    if first is None or second is None:
        return []
    last = max(1, min(hour // WEEK_HOURS, first.shape[1]))
    window = slice(max(0, last - weeks), last)
    sums = [counts[:, window].sum(axis=1, dtype=np.int64) for counts in (first, second)]
    there = np.flatnonzero(sums[0].any(axis=0) | sums[1].any(axis=0))
    found = intervals((sums[1] - sums[0])[:, there].T.astype(np.float64))
    return np.column_stack([positions(theatre)[there].round(2), found.round(4)]).tolist()


ANSWERED = {
    "fire_attacks": "attacks on sites",
    "rounds_leaked": "rounds that land",
    "convoy_attacks": "bombs on convoys",
}


def answer(labels: Sequence[str], pair: Sequence[EnsembleBand]) -> str:
    """One sentence: by how much the second posture differs from the first over whole runs, and how sure that is."""
    parts = [_by_how_much(words, *(band.values[name][:, -1] for band in pair)) for name, words in ANSWERED.items()]
    return f"{labels[1]} instead of {labels[0]}, over {pairs_words(pair[0])} (mean, 95% interval): {'; '.join(parts)}."


def pairs_words(band: EnsembleBand) -> str:
    """How many pairs there are, and what differs between them."""
    if band.ensemble:
        return f"{band.n} states of the world ({band.ensemble}), a pair of runs in each"
    return f"{band.n} pairs of runs at one point of the parameters"


def _by_how_much(words: str, first: NDArray[Any], second: NDArray[Any]) -> str:
    found = mean_interval(second.astype(np.float64) - first)
    sure = "undecided" if found.low <= 0 <= found.high else "better" if found.mean < 0 else "worse"
    bounds = f"{signed(found.low)} to {signed(found.high)}"
    means = f"{number(float(first.mean()))} → {number(float(second.mean()))}"
    return f"{words} {means}, {signed(found.mean)} ({bounds}), {sure}"
