"""The event log: what happened, newest first, by kind and by word; a click tells why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import reacton.ipyvuetify as v
import solara

from sim.app.controller import Controller
from sim.app.controls import Choice, EventTable
from sim.app.divergence import first_divergence, only_here
from sim.app.panels.chain import Chain
from sim.app.panels.transport import when
from sim.app.setup import EventWords
from sim.rules import events as ev

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


@solara.component
def LogPanel(controller: Controller) -> None:
    """Filters, the table, and the event that was clicked, in words."""
    shown = controller.shown.value
    groups, set_groups = solara.use_state(SHOWN_AT_FIRST)
    word, set_word = solara.use_state("")
    which, set_which = solara.use_state(ALL)
    number, run = controller.why.value
    n_runs = len(controller.session.runs)
    as_of = [shown.hour, shown.n_events, shown.given, tuple(groups), which, controller.opened.value]
    tables = solara.use_memo(lambda: [rows_of(controller, groups, k, which) for k in range(n_runs)], as_of)
    with solara.Row(gap="4px", classes=["posture-log-filters"]):
        for name in GROUPS:
            solara.Button(
                name,
                small=True,
                outlined=name not in groups,
                color="primary" if name in groups else None,
                on_click=lambda name=name: set_groups(toggled(groups, name)),
                attributes={"aria-pressed": "true" if name in groups else "false"},
            )
        if n_runs > 1:
            Choice("events of which run", [ALL, BOTH, ALONE], which, set_which, quiet=True)
        solara.InputText("containing", value=word, on_value=set_word, continuous_update=True, dense=True)
        AsOf(controller, shown.hour)
    if n_runs > 1:
        Divergence(controller)
    with solara.Div(classes=["posture-log"]):
        with solara.Div(classes=["posture-logs"]):
            for k, rows in enumerate(tables):
                _Table(controller, rows, k, word)
        if number:
            Why(controller, number, lambda: controller.why.set((0, 0)), run)


@solara.component
def _Table(controller: Controller, rows: list[dict[str, Any]], run: int, word: str) -> None:
    """The events of a run; of two, its name above them."""
    label = controller.session.runs[run].label
    number, of_run = controller.why.value
    with solara.Div():
        if len(controller.session.runs) > 1:
            v.Html(tag="h2", class_="posture-run", children=[label])
        EventTable(
            title=f"Events of {label}, newest first",
            rows=rows,
            word=word,
            chosen=number if run == of_run else 0,
            nothing="Nothing of these kinds has happened yet.",
            event_choose=lambda n: controller.show_event(int(n), run),
        )


@solara.component
def Divergence(controller: Controller) -> None:
    """Where two runs first part: what happened in one and not in the other."""
    session, services = controller.session, controller.setup.services
    opened, shown = controller.opened.value, controller.shown.value
    found = solara.use_memo(lambda: _first(controller), [opened, shown.given, shown.n_events])
    if found is None or services is None:
        solara.Text("So far the cells decide alike in both runs.", classes=["posture-quiet"])
        return
    number, run = found
    scenario, _, events = session.so_far(run)
    (row,) = services.rows(scenario, session.seed, events, [number])
    with solara.Row(gap="6px", classes=["posture-first"]):
        label = session.runs[run].label
        solara.Text(f"First divergence, {row['when']}, only in {label}: {row['words']}")
        solara.Button("why", small=True, outlined=True, on_click=lambda: controller.show_event(number, run))


def _first(controller: Controller) -> tuple[int, int] | None:
    return first_divergence(*(controller.session.so_far(k)[2] for k in range(2)))


@solara.component
def AsOf(controller: Controller, hour: int) -> None:
    """The hour that a panel shows, in words and for whoever compares it with the map's."""
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


def rows_of(controller: Controller, groups: list[str], run: int = 0, which: str = "") -> list[dict[str, Any]]:
    """The latest events of these kinds in a run, newest first; of two runs, those of both or of this one alone."""
    session, services = controller.session, controller.setup.services
    scenario, _, events = session.so_far(run)
    shown = np.isin(events["kind"], [kind for name in groups for kind in GROUPS[name]])
    if len(session.runs) > 1 and which in (BOTH, ALONE):
        shown &= only_here(events, session.so_far(1 - run)[2]) == (which == ALONE)
    numbers = [int(n) + 1 for n in np.flatnonzero(shown)[-MOST_ROWS:][::-1]]
    if services is None:
        return [{"number": n, "kind": ev.KINDS[events[n - 1]["kind"]].name} for n in numbers]
    return services.rows(scenario, session.seed, events, numbers)


def explain(controller: Controller, number: int, run: int) -> EventWords | None:
    """An event of a run in words; None where nobody tells them."""
    session, services = controller.session, controller.setup.services
    scenario, _, events = session.so_far(run)
    if services is None or number > len(events):
        return None
    return services.explain(scenario, session.seed, events, number)
