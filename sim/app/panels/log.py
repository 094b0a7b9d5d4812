"""The event log: what happened, newest first, by kind and by word; a click tells why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import reacton.ipyvuetify as v
import solara

from sim.app.controller import Controller
from sim.app.controls import Choice, EventTable
from sim.app.divergence import first_divergence, only_here
from sim.app.event_rows import EventRows
from sim.app.panels.chain import Chain
from sim.app.panels.transport import when
from sim.app.setup import Events, EventWords, Row
from sim.rules import events as ev
from sim.scenario import Scenario

GROUPS: dict[str, tuple[int, ...]] = {
    "attacks": (*ev.ATTACKS, ev.DRONE_FOUND),
    "Iraqi forces": (ev.DEVICE_FOUND, ev.RAID, ev.CELL_BROKEN, ev.NO_RAID, ev.CLASH),
    "warnings and closures": (ev.WARNING, ev.FALSE_ALARM, ev.CLOSURE),
    "convoys and sites": (ev.HANDOVER, ev.DELIVERY, ev.DEPARTURE, ev.CONVOY_LOST, ev.CONVOY_BACK),
    "responses": (
        *(ev.CLEARING, ev.CLEARED, ev.LOST, ev.TAKE_DOWN, ev.ARREST, ev.FUNDS_CUT, ev.SUPPORT),
        *(ev.REINFORCED, ev.WITHDRAWN, ev.REFUSED, ev.FACADE),
    ),
    "coordinating body": (ev.DIRECTION, ev.DIRECTIVE, ev.TRUCE),
    "governments": (
        *(ev.STEP, ev.THREAT, ev.STRIKE_MADE, ev.MOB, ev.MOTION),
        *(ev.CLOSING, ev.MISSION_ENDED, ev.PARTNERS_LEFT, ev.SHIFTED),
    ),
    "cells' decisions (omniscient)": (ev.OPERATION, ev.ABSTAIN, ev.GIVEN_UP),
}
SHOWN_AT_FIRST = [name for name in GROUPS if not name.startswith("cells'")]
MOST_ROWS = 300
ALL, BOTH, ALONE = "all events", "in both runs", "in one run alone"


@dataclass(frozen=True)
class Wanted:
    """Which events the log shows: groups of kinds, those that contain a word, of two runs those of both or of one."""

    groups: solara.Reactive[list[str]] = field(default_factory=lambda: solara.reactive(SHOWN_AT_FIRST))
    word: solara.Reactive[str] = field(default_factory=lambda: solara.reactive(""))
    which: solara.Reactive[str] = field(default_factory=lambda: solara.reactive(ALL))


@solara.component
def LogPanel(controller: Controller) -> None:
    """Filters, the table, and the event that was clicked, in words."""
    wanted, opened = solara.use_memo(Wanted, []), controller.opened.value
    number, run = controller.why.value
    n_runs = len(controller.session.runs)
    _Filters(controller, wanted, n_runs)
    if n_runs > 1:
        Divergence(controller)
    with solara.Div(classes=["posture-log"]):
        with solara.Div(classes=["posture-logs"]):
            for k in range(n_runs):
                _Table(controller, wanted, k, opened)
        if number:
            Why(controller, number, lambda: controller.why.set((0, 0)), run)


@solara.component
def _Filters(controller: Controller, wanted: Wanted, n_runs: int) -> None:
    """Drawn when something is chosen, not with every hour."""
    groups = wanted.groups.value
    with solara.Row(gap="4px", classes=["posture-log-filters"]):
        for name in GROUPS:
            solara.Button(
                name,
                small=True,
                outlined=name not in groups,
                color="primary" if name in groups else None,
                on_click=lambda name=name: wanted.groups.set(toggled(wanted.groups.peek(), name)),
                attributes={"aria-pressed": "true" if name in groups else "false"},
            )
        if n_runs > 1:
            Choice("events of which run", [ALL, BOTH, ALONE], wanted.which.value, wanted.which.set, quiet=True)
        solara.InputText("containing", value=wanted.word, continuous_update=True, dense=True)
        AsOf(controller)


@solara.component
def _Table(controller: Controller, wanted: Wanted, run: int, opened: int) -> None:
    """The events of a run; of two, its name above them."""
    label, shown = controller.session.runs[run].label, controller.shown.value
    services = controller.setup.services
    told = solara.use_memo(lambda: EventRows(services.rows if services else _rows_without_words), [])
    groups, which = wanted.groups.value, wanted.which.value
    as_of = [shown, tuple(groups), which, opened]
    rows = solara.use_memo(lambda: rows_of(controller, told, groups, run, which), as_of)
    number, of_run = controller.why.value
    with solara.Div():
        if len(controller.session.runs) > 1:
            v.Html(tag="h2", class_="posture-run", children=[label])
        EventTable(
            title=f"Events of {label}, newest first",
            rows=rows,
            word=wanted.word.value,
            chosen=number if run == of_run else 0,
            nothing="Nothing of these kinds has happened yet.",
            event_choose=lambda n: controller.show_event(int(n), run),
        )


@solara.component
def Divergence(controller: Controller) -> None:
    """Where two runs first part: what happened in one and not in the other."""
    opened, shown = controller.opened.value, controller.shown.value
    found = solara.use_memo(lambda: _first(controller), [opened, shown])
    words = solara.use_memo(lambda: _parting(controller, found), [opened, shown.given, shown.changes, found])
    if found is None or words is None:
        solara.Text("So far the cells decide alike in both runs.", classes=["posture-quiet"])
        return
    number, run = found
    with solara.Row(gap="6px", classes=["posture-first"]):
        solara.Text(words)
        solara.Button("why", small=True, outlined=True, on_click=lambda: controller.show_event(number, run))


def _first(controller: Controller) -> tuple[int, int] | None:
    return first_divergence(*(controller.session.so_far(k)[2] for k in range(2)))


def _parting(controller: Controller, found: tuple[int, int] | None) -> str | None:
    """The first divergence in words; None if there is none, or nobody tells them."""
    session, services = controller.session, controller.setup.services
    if found is None or services is None:
        return None
    number, run = found
    scenario, _, events = session.so_far(run)
    if number > len(events):  # another thread has gone back since
        return None
    (row,) = services.rows(scenario, session.seed, events, [number])
    return f"First divergence, {row['when']}, only in {session.runs[run].label}: {row['words']}"


@solara.component
def AsOf(controller: Controller) -> None:
    """The hour that a panel shows, in words and for whoever compares it with the map's."""
    hour = controller.shown.value.hour
    words = f"as of {when(controller, hour)}"
    v.Html(tag="div", class_="posture-as-of posture-quiet", children=[words], attributes={"data-hour": str(hour)})


@solara.component
def Why(controller: Controller, number: int, close: Callable[[], None], run: int = 0) -> None:
    """One event: which rule fired, and what decided it."""
    words = solara.use_memo(lambda: explain(controller, number, run), [number, run, controller.opened.value])
    with solara.Div(classes=["posture-why"]):
        with solara.Row(justify="space-between"):
            solara.Text(f"Why · event {number}", style={"font-weight": "bold"})
            solara.Button(
                icon_name="mdi-close", icon=True, small=True, on_click=close, attributes={"aria-label": "close"}
            )
        if words is None:
            solara.Text("The words are told by `posture view`.")
            return
        v.Html(tag="div", children=[f"{words.when}{f', {words.where}' if words.where else ''}"])
        v.Html(tag="div", children=[words.what], style_="font-weight: 500")
        Chain(controller, number, run)
        with v.Html(tag="ul"):
            for line in words.why:
                v.Html(tag="li", children=[line])
        solara.Text(f"Rule: {words.rule}", classes=["posture-quiet"])


def toggled(groups: list[str], name: str) -> list[str]:
    """The groups with one added, or taken away."""
    return [each for each in GROUPS if (each in groups) != (each == name)]


def rows_of(controller: Controller, told: EventRows, groups: Sequence[str], run: int, which: str) -> list[Row]:
    """The latest events of these kinds in a run, newest first; of two runs, those of both or of this one alone."""
    session = controller.session
    scenario, _, events = session.so_far(run)
    shown = np.isin(events["kind"], [kind for name in groups for kind in GROUPS[name]])
    if len(session.runs) > 1 and which in (BOTH, ALONE):
        shown &= only_here(events, session.so_far(1 - run)[2]) == (which == ALONE)
    numbers = [int(n) + 1 for n in np.flatnonzero(shown)[-MOST_ROWS:][::-1]]
    return told.of(scenario, session.seed, events, numbers)


def _rows_without_words(_scenario: Scenario, _seed: int, events: Events, numbers: Sequence[int]) -> list[Row]:
    return [{"number": n, "kind": ev.KINDS[events[n - 1]["kind"]].name} for n in numbers]


def explain(controller: Controller, number: int, run: int) -> EventWords | None:
    """An event of a run in words; None where nobody tells them."""
    session, services = controller.session, controller.setup.services
    scenario, _, events = session.so_far(run)
    if services is None or number > len(events):
        return None
    return services.explain(scenario, session.seed, events, number)
