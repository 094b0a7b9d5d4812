"""One event of a run in words: what happened, which rule fired, which inputs decided it.

`stories.txt` begins with templates that several stories share. Then comes a story for every kind of event: a sentence
for what happened, behind the name of the kind, and lines for why: a template (`-`), or names (`@`) of shared templates
and of functions of `reasons.py` that give lines. In a template stand the columns of `events.csv`, `where`, parameters
(`{p[defence.p_intercept]}`) and the fields of the standing order that gave it (`{o[hours]}`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import islice
from typing import Any, TypeAlias

from experiments.why import reasons
from experiments.why.event_log import VALUES, Event, EventsInWords
from experiments.why.reasons import number, place

Line: TypeAlias = str | Callable[[EventsInWords, Event], Iterator[str]]
N_BEFORE = 3


@dataclass(frozen=True)
class Story:
    """How a kind of event is told."""

    what: str
    why: tuple[Line, ...]


@dataclass(frozen=True)
class Explanation:
    """An event in words."""

    event: Event
    what: str
    why: tuple[str, ...]
    before: tuple[Event, ...]


def explain(log: EventsInWords, number: int) -> Explanation:
    """Event `number` (from 1) of a run, with the last events before it of the same actor."""
    event = log.events[number - 1]
    story, facts = STORIES[event.kind], _facts(log, event)
    why = [line for part in story.why for line in _lines(part, facts, log, event)]
    before = islice((other for other in log.before(event) if _concerns(other, event)), N_BEFORE)
    return Explanation(event, story.what.format_map(facts), tuple(why), tuple(before))


def what(log: EventsInWords, event: Event) -> str:
    """What happened, in a sentence."""
    return STORIES[event.kind].what.format_map(_facts(log, event))


def _lines(part: Line, facts: dict[str, Any], log: EventsInWords, event: Event) -> Iterator[str]:
    if isinstance(part, str):
        yield part.format_map(facts)
    else:
        yield from part(log, event)


def _concerns(other: Event, event: Event) -> bool:
    """Is another event one of the same actor, or done to it? Where nobody acts: one of the same kind."""
    if not event.actor:
        return other.kind == event.kind
    return event.actor in (other.actor, other.target)


@dataclass(frozen=True)
class _ByKey:
    """`{p[defence.p_intercept]}` or `{o[hours]}` in a template."""

    get: Callable[[str], Any]

    def __getitem__(self, key: str) -> str:
        value = self.get(key)
        return number(value) if isinstance(value, (int, float)) else str(value)


def _facts(log: EventsInWords, event: Event) -> dict[str, Any]:
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
    order = log.order_of(event)
    # what the order doesn't have is unknown
    return {**values, **words, "p": _ByKey(log.parameter), "o": _ByKey(lambda key: order.get(key, "unknown"))}


def _stories() -> dict[str, Story]:
    text = files("experiments.why").joinpath("stories.txt").read_text(encoding="utf-8")
    # what is indented goes on with the line before
    head, *stories = [part.splitlines() for part in re.sub(r"\n +", " ", text).strip().split("\n\n")]
    shared: Mapping[str, Line] = dict(line.split(": ", 1) for line in head)
    return dict(_story(lines, shared) for lines in stories)


def _story(lines: Sequence[str], shared: Mapping[str, Line]) -> tuple[str, Story]:
    """The kind of event, and its story."""
    kind, _, told = lines[0].partition(": ")
    why: list[Line] = []
    for mark, _, rest in (line.partition(" ") for line in lines[1:]):
        why += [rest] if mark == "-" else [shared.get(name) or getattr(reasons, name) for name in rest.split()]
    return kind, Story(told, tuple(why))


STORIES = _stories()
