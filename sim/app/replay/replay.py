"""A replay: what was watched, run again from its start and stored hour by hour in one HTML file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from sim.app.displacement import WINDOWS, places_of, positions
from sim.app.ensemble_band import Tell, unsaid
from sim.app.live_run import Change, LiveRun
from sim.app.map.attacks import picture_of, shown
from sim.app.map.layout import layout
from sim.app.player import SPEEDS, USUAL_SPEED
from sim.app.questions import question_of
from sim.app.replay.document import document
from sim.app.replay.packing import packed
from sim.app.replay.reel import COUNTED, Column, Reel
from sim.app.run_request import live_label
from sim.app.timeline.marks import focus, marks
from sim.errors import RunError
from sim.responses import Use
from sim.scenario import Scenario

MOST_BYTES = 3_000_000
EVERY = (1, 2, 3, 6, 12, 24)  # hours between two pictures: the first with which the file is small enough


@dataclass(frozen=True)
class Watched:
    """What a page watches, up to an hour: scenarios without the orders given, seed, orders, changes of parameters."""

    bases: tuple[Scenario, ...]
    seed: int
    hours: int
    given: tuple[Use, ...] = ()
    changes: tuple[Change, ...] = ()
    agents: Mapping[str, type[Any]] = field(default_factory=dict)
    weeks: int = 4  # over which attacks add up when it is opened

    @property
    def scenarios(self) -> list[Scenario]:
        """With the orders given."""
        return [base.with_responses(self.given) for base in self.bases]

    @property
    def title(self) -> str:
        """`fourteen beside six, seed 7`."""
        return f"{' beside '.join(each.label for each in self.scenarios)}, seed {self.seed}"

    @property
    def file_stem(self) -> str:
        """`posture_six_seed7`; what a file name should not have becomes a dash."""
        labels = "_beside_".join(each.label for each in self.scenarios)
        return f"posture_{re.sub(r'[^A-Za-z0-9_.=-]+', '-', labels)[:120]}_seed{self.seed}"


@dataclass(frozen=True)
class Replay:
    """A file, what it is called, and how many hours lie between two pictures in it."""

    name: str
    content: bytes
    hours: int
    every: int


def replay(watched: Watched, tell: Tell = unsaid, most_bytes: int = MOST_BYTES) -> Replay:
    """Run again and store; `tell` is told the share that is done. Too large for any file: `RunError`."""
    if watched.hours < 1:
        raise RunError("Nothing has been run yet: play on, or take the whole run.")
    stored, hours, stopped = _run_again(watched, tell)
    if not hours:
        raise RunError(f"The run stopped in its first hour. {stopped}")
    about = {**_about(watched, hours), "stopped": stopped}
    for every in EVERY:
        content = document(about["title"], packed(about, stored, every)).encode()
        if len(content) <= most_bytes:
            tell(1.0)
            return Replay(f"{watched.file_stem}.html", content, hours, every)
    raise RunError(f"The replay would be larger than {most_bytes / 1e6:g} MB: take it to an earlier hour.")


def _run_again(watched: Watched, tell: Tell) -> tuple[list[tuple[dict[str, Any], list[Column]]], int, str]:
    """What is stored of each run; the last hour that all of them have; why one stopped there, "" if none did."""
    stored, hours, stopped = [], watched.hours, ""
    for k, base in enumerate(watched.bases):
        run = LiveRun(base, watched.seed, 0, watched.agents, watched.given, watched.changes)
        reel = _taken(run, hours, partial(_tell_of, tell, k, len(watched.bases)))
        stored.append(({**_said(run), "convoys": reel.convoy_names}, reel.columns()))
        # without the place in a file of one's own, which is nobody else's affair
        hours, stopped = reel.hours, stopped or run.failed.partition(" (")[0]
        run.close()
    return stored, hours, stopped


def _tell_of(tell: Tell, k: int, n: int, share: float) -> None:
    """A share of run k of n; what is left is for packing."""
    tell(0.9 * (k + share) / n)


def _taken(run: LiveRun, hours: int, tell: Tell) -> Reel:
    """The pictures of a run up to an hour, or to that at which it stops."""
    reel = Reel(run)
    reel.take()
    while reel.hours < hours:
        run.advance(1)
        if run.failed:
            break
        reel.take()
        tell(reel.hours / hours)
    return reel


def _said(run: LiveRun) -> dict[str, Any]:
    """What does not change, and all events: those on the map, those on the line of time with their places, sums."""
    model, events = run.model, run.events
    ticks = marks(model, events)
    places, attacks = places_of(run.scenario.theatre, events)
    at = positions(run.scenario.theatre).round(2)
    n_sites = len(run.scenario.theatre.site_square)
    return {
        "label": run.label,
        "layout": layout(model),
        "events": [{**picture_of(model, event), "hour": int(event["hour"])} for event in shown(events)],
        "marks": ticks,
        "focus": [focus(model, events[number - 1]) for number, *_ in ticks],
        "fallen": np.column_stack([attacks["hour"], places]).tolist(),
        "places": {int(place): [*at[place].tolist(), int(place < n_sites)] for place in np.unique(places)},
    }


def _about(watched: Watched, hours: int) -> dict[str, Any]:
    return {
        "title": question_of(watched.scenarios),
        "watched": watched.title,
        "hours": hours,
        "start": watched.bases[0].posture.start.isoformat(),
        "changed": [live_label(change) for change in watched.changes],
        "counted": COUNTED,
        "speeds": SPEEDS,
        "speed": USUAL_SPEED,
        "windows": WINDOWS,
        "weeks": watched.weeks,
    }
