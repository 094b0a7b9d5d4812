"""The page of `posture view`: each browser tab has a controller of its own, which ends with the tab."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import reacton.ipyvuetify as v
import solara
import solara.lab

from sim.app.controller import Controller
from sim.app.map.widget import MapWidget
from sim.app.panels.agent import AgentPanel
from sim.app.panels.log import LogPanel
from sim.app.panels.orders import OrdersPanel
from sim.app.panels.scenario import ScenarioPanel
from sim.app.panels.share import SharePanel
from sim.app.panels.standing import StandingPanel
from sim.app.panels.transport import Transport
from sim.app.panels.what_if import WhatIfPanel
from sim.app.questions import question_of
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
HINT = (
    "Good for the defence: fewer rounds that land and bombs on convoys, fewer dead, more supply, a better relation. "
    "Press ▶ to play; click a tick of the line of time, or an event, for where it was and why."
)


def _open(setup: Setup, query: str, dark: bool = False) -> Controller | PostureError:
    """The controller of a link; a bad link opens nothing."""
    try:
        request = from_query(query, setup.request, setup.catalogue)
        same = replace(request, hour=setup.request.hour) == setup.request
        return Controller(replace(setup, request=request, note=setup.note if same else ""), dark)
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
    """Question and time above; settings on the left; maps, charts and the tabs in the middle."""
    dark = solara.use_trait_observe(controller.shade, "dark")
    solara.use_effect(lambda: controller.darken(dark), [dark])
    tab, set_tab = solara.use_state(next(iter(TABS)))
    why = controller.why.value
    solara.use_effect(lambda: set_tab("Events") if why[0] else None, [why])
    maps = solara.use_memo(lambda: _maps(controller), [controller.opened.value])
    with solara.Div(classes=["posture-page", "posture-dark" if dark else "posture-light"]):
        with v.Html(tag="header", class_="posture-head"):
            Headline(controller)
            Transport(controller)
        with solara.Div(classes=["posture-body"]):
            with v.Html(tag="aside", class_="posture-side", attributes={"aria-label": "settings", "id": "settings"}):
                ScenarioPanel(controller)
            with v.Html(tag="main", class_="posture-main"):
                Notices(controller)
                with solara.Div(classes=["posture-pictures", "posture-twin" if len(maps) > 1 else "posture-single"]):
                    for k, widget in enumerate(maps):
                        with solara.Div(classes=["posture-map"]).key(f"map {k}"):
                            solara.Column(children=[widget], style={"height": "100%"})
                    with solara.Div(classes=["posture-chart-box"]).key("charts"):
                        solara.Column(children=[controller.backdrop.charts], style={"height": "100%"})
                Tabs(controller, tab, set_tab)
        solara.Column(children=[controller.address, controller.shade], style={"display": "none"})


def _maps(controller: Controller) -> list[MapWidget]:
    """Of one run its map; of two a map of each, and that of their differences."""
    shown = controller.maps[: len(controller.session.runs)]
    return [*shown, controller.backdrop.difference] if len(shown) > 1 else shown


@solara.component
def Headline(controller: Controller) -> None:
    """What is asked, what is good, what to press; the buttons of the whole page."""
    opened = controller.opened.value
    question = solara.use_memo(lambda: question_of([run.scenario for run in controller.session.runs]), [opened])
    with solara.Div(classes=["posture-headline"]):
        with solara.Div(classes=["posture-question"]):
            v.Html(tag="h1", children=[question])
            if controller.backdrop.answer.value:
                v.Html(tag="p", children=[controller.backdrop.answer.value], class_="posture-answer")
            v.Html(tag="p", children=[HINT], class_="posture-hint")
        solara.Button("Settings", small=True, outlined=True, classes=["posture-fold"])
        with solara.Div(classes=["posture-theme"]):
            solara.lab.ThemeToggle()


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
                    attributes={"aria-pressed": "true" if name == tab else "false"},
                )
        with solara.Div(classes=["posture-panel"]):
            TABS[tab](controller)


@solara.component
def Layout(children: list[Any]) -> None:
    """The whole window, without Solara's own bar."""
    solara.Div(children=children, style={"height": "100vh", "overflow": "hidden"})
