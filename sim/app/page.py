"""The page of `posture view`: each browser tab has a controller of its own, which ends with the tab."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import solara
import solara.lab

from sim.app.controller import Controller
from sim.app.panels.agent import AgentPanel
from sim.app.panels.log import LogPanel
from sim.app.panels.orders import OrdersPanel
from sim.app.panels.scenario import ScenarioPanel
from sim.app.panels.share import SharePanel
from sim.app.panels.standing import StandingPanel
from sim.app.panels.transport import Transport
from sim.app.panels.what_if import WhatIfPanel
from sim.app.run_request import from_query
from sim.app.setup import Setup, current
from sim.errors import PostureError

STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
TABS = {
    "Events": LogPanel,
    "Agent": AgentPanel,
    "Orders": OrdersPanel,
    "What if": WhatIfPanel,
    "Where it stands": StandingPanel,
    "Save and share": SharePanel,
}
TALL = ("Agent", "What if", "Where it stands")  # what needs more room below, at the cost of the map


def _open(setup: Setup, query: str, dark: bool) -> Controller | PostureError:
    """The controller of a link; a bad link opens nothing."""
    try:
        return Controller(replace(setup, request=from_query(query, setup.request, setup.catalogue)), dark)
    except PostureError as error:
        return error


@solara.component
def Page() -> None:
    """The whole page."""
    solara.Style(STYLE)
    solara.Title("Posture")
    query = solara.use_router().search or ""
    dark = bool(solara.lab.use_dark_effective())  # as the browser said when it asked for the page
    opened = solara.use_memo(lambda: _open(current(), query, dark), [])
    solara.use_effect(lambda: opened.close if isinstance(opened, Controller) else None, [])
    if not isinstance(opened, Controller):
        solara.Error(f"This link can't be opened. {opened}")
        solara.Button("Open the view without it", on_click=lambda: None, href="?", color="primary")
        return
    View(opened)


@solara.component
def View(controller: Controller) -> None:
    """Settings on the left; time, map, charts and the tabs on the right."""
    dark = solara.use_trait_observe(controller.shade, "dark")
    solara.use_effect(lambda: controller.darken(dark), [dark])
    tab, set_tab = solara.use_state(next(iter(TABS)))
    twin = len(controller.session.runs) > 1
    with solara.Div(classes=["posture-page", "posture-dark" if dark else "posture-light"]):
        with solara.Div(classes=["posture-side"]):
            with solara.Row(justify="space-between", style={"align-items": "center"}):
                solara.Text("Posture", classes=["posture-title"])
                solara.lab.ThemeToggle()
            ScenarioPanel(controller)
        with solara.Div(classes=["posture-main", "posture-tall" if tab in TALL else "posture-low"]):
            Transport(controller)
            Notices(controller)
            with solara.Div(classes=["posture-pictures", "posture-twin" if twin else "posture-single"]):
                for k, widget in enumerate(controller.maps):
                    with solara.Div(classes=["posture-map"], style={"display": "" if k == 0 or twin else "none"}):
                        solara.Column(children=[widget], style={"height": "100%"})
                with solara.Div(classes=["posture-chart-box"]):
                    solara.Column(children=[controller.picture])
            Tabs(controller, tab, set_tab)
        solara.Column(children=[controller.address, controller.shade], style={"display": "none"})


@solara.component
def Notices(controller: Controller) -> None:
    """What went wrong, how a run ended, what the page was opened with."""
    shown = controller.shown.value
    if controller.problem.value:
        solara.Error(controller.problem.value, dense=True)
    if shown.failed:
        solara.Error(f"The run stopped. {shown.failed}", dense=True)
    if controller.setup.agents:
        own = ", ".join(f"{kind} are {of_kind.__name__}" for kind, of_kind in controller.setup.agents.items())
        solara.Info(f"Agents of your own: {own}. Bands behind the charts are runs without them.", dense=True)
    if controller.setup.note and controller.opened.value == 1:
        solara.Info(controller.setup.note, dense=True)


@solara.component
def Tabs(controller: Controller, tab: str, set_tab: Callable[[str], None]) -> None:
    """The lower part: one panel at a time, so that what is not looked at costs nothing."""
    with solara.Div(classes=["posture-tabs"]):
        with solara.Row(gap="4px", classes=["posture-tab-row"]):
            for name in TABS:
                solara.Button(
                    name,
                    text=True,
                    small=True,
                    on_click=lambda name=name: set_tab(name),
                    classes=["posture-on"] if name == tab else [],
                )
        with solara.Div(classes=["posture-panel"]):
            TABS[tab](controller)


@solara.component
def Layout(children: list[Any]) -> None:
    """The whole window, without Solara's own bar."""
    solara.Div(children=children, style={"height": "100vh", "overflow": "hidden"})
