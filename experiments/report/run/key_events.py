"""The events of a run that a reader should know by name: which they are, and a few words for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from experiments.files.columns import Field
from experiments.files.events import EVENT_VALUE_FIELDS
from experiments.report.run.numbers import CONVOY_BOMB, DETAIL_BOMB, FIRE, MISSION_ENDED
from sim.numbers import number, signed

MOST = 12
Row: TypeAlias = Mapping[Any, Any]

_BY_RANK: dict[str, Callable[[Row], str]] = {
    MISSION_ENDED: lambda e: f"mission ended, {e['people_left']:,.0f} people left",
    "closure decided": lambda e: f"{e['actor']} decides to close the embassy",
    FIRE: lambda e: f"{'drone' if e['drone'] else 'rockets'} at {e['target']}: {_harm(e)}",
    "US strike": lambda e: (
        f"US strike on {e['target']}" + (f", leaders lost: {e['amount']:.0f}" if e["amount"] else "")
    ),
    "mob at the embassy": lambda e: f"mob at the embassy, {e['hours']:.0f} h",
    "motion to expel": lambda e: "motion to expel US forces",
    "step on the ladder": lambda e: f"Washington's ladder: step {e['rung']:.0f}",
    "closure threatened": lambda e: "closure of the embassy threatened",
    "convoy lost": lambda e: f"convoy to {e['target']} lost",
    CONVOY_BOMB: lambda e: f"convoy bombed: {_harm(e)}",
    DETAIL_BOMB: lambda e: f"foreign detail bombed: {_harm(e)}",
    "reinforcements came": lambda e: f"{e['people']:,.0f} people come as reinforcements",
    "take-down": lambda e: f"take-down of {e['target']}",
    "leaders arrested": lambda e: f"{e['amount']:.0f} leaders of {e['target']} arrested",
    "area cleared": lambda e: f"{e['actor']} cleared",
    "cleared area lost again": lambda e: f"{e['actor']} lost again",
    "site handed over": lambda e: f"{e['actor']} handed over",
    "order refused": lambda e: f"{e['actor']} refuses {str(e['target']).partition('/')[0]}",
    "event from outside": lambda e: f"from outside: {e['actor']} {signed(e['amount'])}",
    "funds cut": lambda e: f"funds of {e['target']} cut",
    "area closed": lambda e: f"{e['actor']} closed, {e['hours']:.0f} h",
    "clearing begun": lambda e: f"clearing of {e['actor']} begins",
    "batteries delivered": lambda e: f"C-RAM batteries for {e['actor']}: {e['batteries']:.0f}",
    "partners left": lambda e: f"{e['amount']:.0f} partner missions left",
    "reinforcements left": lambda e: f"{e['people_left']:,.0f} reinforcements leave",
    "facade name taken": lambda e: f"{e['actor']} takes a facade name",
}
_HARM = {"killed": "killed", "wounded": "wounded", "leaked": "leaked", "trucks_lost": "trucks lost"}
"""Column and words of what is grave, the gravest first."""
_EFFECTS = (
    *("rounds", "inside", "engaged", "intercepted", "leaked", "trucks_lost", "wounded", "killed", "caught", "hours"),
    *("people", "people_left", "batteries", "trucks", "cargo_t", "fighters", "heavy_weapons", "rung", "amount"),
)
_FIELDS: dict[str, Field] = {field.name: field for field in EVENT_VALUE_FIELDS}


def _harm(event: Row) -> str:
    parts = [f"{event[name]:.0f} {words}" for name, words in _HARM.items() if event.get(name, 0) > 0]
    parts = [part.replace("1 trucks", "1 truck") if part.startswith("1 ") else part for part in parts]
    return ", ".join(parts) or ("no harm" if event.get("effect", 1) else "no effect")


def words(event: Row) -> str:
    """An event in a few words."""
    return _BY_RANK[event["kind"]](event) if event["kind"] in _BY_RANK else str(event["kind"])


def did(event: Row) -> str:
    """What an event did, in the numbers that it has: `rounds 4, inside 1, leaked 1`."""
    shown = [(name, event.get(name, np.nan)) for name in _EFFECTS]
    return ", ".join(
        f"{name.removesuffix('_t').replace('_', ' ')} {number(value)}{_unit(name)}"
        for name, value in shown
        if not pd.isna(value)
    )


def _unit(name: str) -> str:
    return {"hour": " h", "t": " t"}.get(_FIELDS[name].unit, "") if name != "hours" else ""


def key_events(events: pd.DataFrame, most: int = MOST) -> pd.DataFrame:
    """Up to `most` events in their order: the gravest of each kind by rank of the kinds, then the second of each, …"""
    ranked = [_gravest(events[events["kind"] == kind]) for kind in _BY_RANK]
    chosen = list(_in_turns([table.index.tolist() for table in ranked]))[:most]
    return events.loc[sorted(chosen)]


def worst_first(events: pd.DataFrame) -> pd.DataFrame:
    """The gravest first: by killed, wounded, rounds leaked, trucks lost, effect; then the earliest."""
    by = [name for name in (*_HARM, "effect", "rung") if name in events]
    return events.sort_values([*by, "event"], ascending=[*(False for _ in by), True], na_position="last")


def _gravest(events: pd.DataFrame) -> pd.DataFrame:
    """The worst first; attacks that did nothing are no key events."""
    if len(events) and events["kind"].iloc[0] in (FIRE, CONVOY_BOMB, DETAIL_BOMB):
        harm = events[[name for name in _HARM if name in events]].sum(axis=1)
        events = events[harm > 0]
    return worst_first(events)


def _in_turns(lists: list[list[int]]) -> Iterator[int]:
    """The first of each list, then the second of each, …"""
    for n in range(max(map(len, lists), default=0)):
        yield from (each[n] for each in lists if n < len(each))
