"""The agent that was clicked: its state with units, its history, and why it acted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import solara

from sim.app.components import Table
from sim.app.controller import Controller
from sim.app.controls import Choice
from sim.app.fields import fields_of
from sim.app.live_run import LiveRun
from sim.app.map.frame import convoys_of
from sim.app.panels.log import Why
from sim.app.timeline.marks import NAMED
from sim.names import agent_names, convoy_name
from sim.state import NONE

SEEN_BY_NOBODY = "Omniscient: nobody in the run knows this of a cell."
MOST_EVENTS = 60
NOBODY = "choose …"


@solara.component
def AgentPanel(controller: Controller) -> None:
    """The agent that was clicked, or what to click."""
    picked = controller.picked.value
    _List(controller, picked)
    if picked:
        Agent(controller, picked)
    else:
        solara.Text(
            "Click an agent on the map: a site, a convoy, a unit, a foreign detail, or a cell if they are shown."
        )


@solara.component
def _List(controller: Controller, picked: dict[str, Any]) -> None:
    """All agents of the run by name: for whoever has no pointer."""
    run = int(picked["run"]) if picked else 0
    hour = controller.shown.value.hour
    names = solara.use_memo(lambda: pickable(controller, run), [hour, run, controller.opened.value])

    def choose(words: str) -> None:
        if words != NOBODY:
            controller.pick(run, *names[words])

    now = f"{picked['kind']}: {picked['name']}" if picked else NOBODY
    Choice("agent", [NOBODY, *names], now if now in names else NOBODY, choose)


def pickable(controller: Controller, run: int) -> dict[str, tuple[str, int, str]]:
    """Words -> kind, row and name of every agent of a run that is on its map now."""
    session = controller.session
    with session.lock:
        model = session.runs[run].model
        found = [(kind, row, name) for kind in NAMED for row, name in enumerate(agent_names(model.setting)[kind])]
        convoys = convoys_of(model)
    pairs = zip(convoys["row"], convoys["name"], strict=True)
    found += [("convoys", row, name) for row, name in pairs]
    return {f"{kind}: {name}": (kind, row, name) for kind, row, name in found}


@solara.component
def Agent(controller: Controller, picked: dict[str, Any]) -> None:
    """State on the left, history on the right."""
    shown, opened = controller.shown.value, controller.opened.value
    number, set_number = solara.use_state(0)
    solara.use_effect(lambda: set_number(0), [picked, opened])
    rows = solara.use_memo(lambda: _fields(controller, picked), [shown.hour, picked, opened])
    history = solara.use_memo(lambda: history_of(controller, picked), [shown.n_events, shown.given, picked, opened])
    with solara.Columns([4, 8]):
        with solara.Div():
            solara.Text(picked["name"], style={"font-weight": "bold"})
            if picked["kind"] == "cells":
                solara.Warning(SEEN_BY_NOBODY, dense=True)
            if is_there(controller, picked):
                cells = [(name, f"{value} {unit}".strip()) for name, value, unit, _ in rows]
                Table(cells, titles=[meaning for *_, meaning in rows], style="posture-fields")
            else:
                solara.Text("It is no longer on the map.")
        with solara.Div():
            solara.Text(f"History, newest first ({len(history)} events)", style={"font-weight": "bold"})
            if number:
                Why(controller, number, lambda: set_number(0), int(picked["run"]))
            _History(history[:MOST_EVENTS], set_number)


@solara.component
def _History(history: list[tuple[int, str]], choose: Callable[[int], None]) -> None:
    """Its events, each a button that tells why."""
    for number, words in history:
        solara.Button(
            words,
            text=True,
            small=True,
            classes=["posture-event"],
            on_click=lambda number=number: choose(number),
        )


def is_there(controller: Controller, picked: dict[str, Any]) -> bool:
    """Is the row still that agent's? A convoy's row is given to the next convoy."""
    if picked["kind"] != "convoys":
        return True
    model = run_of(controller, picked).model
    row = model.state["convoys"][int(picked["row"])]
    site = model.setting.theatre.config.sites[int(row["ordered_for"])].name
    return bool(row["phase"] != NONE and convoy_name(site, int(row["number"])) == picked["name"])


def _fields(controller: Controller, picked: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    session = controller.session
    with session.lock:
        return fields_of(run_of(controller, picked).model, picked["kind"], int(picked["row"]))


def run_of(controller: Controller, picked: dict[str, Any]) -> LiveRun:
    """The run on whose map it was clicked."""
    return controller.session.runs[int(picked["run"])]


def history_of(controller: Controller, picked: dict[str, Any]) -> list[tuple[int, str]]:
    """The events that an agent took part in, newest first."""
    session, services = controller.session, controller.setup.services
    if services is None:
        return []
    scenario, _, events = session.so_far(int(picked["run"]))
    return list(services.history(scenario, session.seed, events, picked["name"]))
