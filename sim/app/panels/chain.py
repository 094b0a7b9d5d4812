"""Why, as a chain: decision, options as bars (of both runs), act, interception, harm, relation; ways to see each."""

from __future__ import annotations

import reacton.ipyvuetify as v
import solara

from sim.app.controller import Controller
from sim.app.panels.transport import when
from sim.app.why_chain import Weighed, chain, weighed
from sim.numbers import number as in_words


@solara.component
def Chain(controller: Controller, number: int, run: int) -> None:
    """The links of an attack, in their order; nothing for another event."""
    session = controller.session
    scenario, _, events = session.so_far(run)
    if number > len(events):
        return
    links = chain(scenario, events, number)
    with v.Html(tag="ol", class_="posture-chain"):
        for link in links:
            with v.Html(tag="li"):
                v.Html(tag="b", children=[link.title])
                v.Html(tag="span", children=[f" {link.words}"])
                if link.title == "decision":
                    Options(controller, int(events[number - 1]["actor"]), int(events[link.event - 1]["hour"]))
                    _GoTo(controller, int(events[link.event - 1]["hour"]) + 1)
    if links:
        with solara.Row(gap="4px"):
            _GoTo(controller, int(events[number - 1]["hour"]) + 1)
            solara.Button("show on map", small=True, outlined=True, on_click=lambda: controller.show_event(number, run))


def _GoTo(controller: Controller, hour: int) -> None:
    words = when(controller, hour).partition(" · ")[0]
    solara.Button(
        "go to this hour",
        small=True,
        outlined=True,
        on_click=lambda: controller.go_to(hour),
        attributes={"aria-label": f"go to this hour, {words}"},
    )


@solara.component
def Options(controller: Controller, cell: int, hour: int) -> None:
    """What the cell weighed at its decision, and beside it what it weighed last by then in the other run."""
    session = controller.session
    found = []
    for k, run in enumerate(session.runs):
        scenario, _, events = session.so_far(k)
        found.append((run.label, weighed(scenario, events, cell, hour)))
    known = [(label, each) for label, each in found if each is not None]
    if known:
        _Bars(known)


def _Bars(known: list[tuple[str, Weighed]]) -> None:
    """A table: a row for each means, a column for each run; the length says the utility, hatched below waiting (0)."""
    most = max([abs(value) for _, each in known for value in each.utilities.values() if value is not None] or [1.0])
    with v.Html(tag="table", class_="posture-options"):
        v.Html(tag="caption", children=["Utility of each means as the cell saw it; waiting is 0"])
        heads = [f"{label}: chose {each.chosen}" for label, each in known]
        v.Html(tag="tr", children=[v.Html(tag="th", children=[words]) for words in ("means", *heads)])
        for means in known[0][1].utilities:
            with v.Html(tag="tr"):
                v.Html(tag="td", children=[means])
                for _, each in known:
                    _Bar(each.utilities[means], most)


def _Bar(value: float | None, most: float) -> None:
    if value is None:
        v.Html(tag="td", children=["could not"], class_="posture-quiet")
        return
    width = 100 * abs(value) / (most or 1.0)
    with v.Html(tag="td"):
        side = "posture-bar" if value >= 0 else "posture-bar posture-below"
        v.Html(tag="div", class_=side, style_=f"width: {width:.0f}%")
        v.Html(tag="span", children=[in_words(value)])
