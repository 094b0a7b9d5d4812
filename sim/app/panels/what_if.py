"""What if: from this very hour, many futures under several options, in pairs under the same streams."""

from __future__ import annotations

import base64
from typing import Any

import reacton.ipyvuetify as v
import solara

from sim.app.asking import MOST_PINNED, Answered, Asking
from sim.app.branching import MOST_OPTIONS, answer_now, chosen, twin_link, why_not
from sim.app.charts.fans import FAN_SERIES, FanChart
from sim.app.components import Strength, Table
from sim.app.controller import Controller
from sim.app.controls import Choice, Choices
from sim.app.ensembles import N_RUNS
from sim.app.whatif import WhatIf, table_rows

HORIZONS = [7, 14, 30, 60, 90]
FUTURES = [f"{n} of this run" for n in (200, 1000, 3000)]
STATES = f"the ensemble's {N_RUNS} states"
NO_POSTURE = "none"
PLEASE_ASK = (
    "The run stops here, and goes on many times: each future has streams of its own from this hour, the same under "
    "every option, so that options are compared in pairs. Of two runs side by side it is the left one. Of the "
    "ensemble's states each is run to this hour with the orders given so far, and goes on under every option. Another "
    "posture hands over, at the next midnight, the sites that it does not hold: people and defences go along."
)


@solara.component
def WhatIfPanel(controller: Controller) -> None:
    """The question; below it the answers, with fan chart and table of differences."""
    asking = controller.asking
    refused, shown = _refusal(controller), asking.shown.value
    Ask(controller, refused)
    with solara.Div():  # always there, as what comes and goes above makes the parts below anew
        if refused:
            Refused(controller, refused)
        Status(asking)
    with solara.Div():
        if asking.answers:
            Answers(asking)
    if shown is not None:
        Answer(controller, shown)
    elif not asking.pending.value:
        solara.Text(PLEASE_ASK, classes=["posture-quiet"])


@solara.component
def Status(asking: Asking) -> None:
    """How much of an answer is done, or why there is none."""
    if asking.pending.value:
        solara.ProgressLinear(100 * asking.share.value)
        solara.Text(f"The futures are being run: {int(100 * asking.share.value)}%", classes=["posture-quiet"])
    elif asking.problem.value:
        solara.Error(f"The futures could not be run. {asking.problem.value}", dense=True)


def _refusal(controller: Controller) -> str:
    """Why the posture chosen can't be an option at this hour, "" if it can."""
    name, hour = controller.asking.question.value.posture, controller.shown.value.hour
    run, catalogue = controller.session.first, controller.setup.catalogue
    key = [name, -(-hour // 24), controller.opened.value]
    return solara.use_memo(lambda: why_not(name, run.scenario, hour, catalogue), key)


@solara.component
def Ask(controller: Controller, refused: str) -> None:
    """What to choose, and the button."""
    asking = controller.asking
    asked = asking.question.value
    nothing = not asked.chosen and not asked.posture

    def ask() -> None:
        controller.pause()
        asking.ask(lambda question, tell: answer_now(controller.setup, controller.session, question, tell))

    with solara.Row(gap="10px", classes=["posture-ask"]):
        _options(controller)
        Choice("days ahead", HORIZONS, asked.days, lambda days: asking.edit(days=days))
        whose = [*FUTURES, *([STATES] if controller.setup.in_states else [])]
        futures = STATES if asked.states else f"{asked.n} of this run"
        Choice("futures", whose, futures, lambda text: asking.edit(**_whose(text)))
        disabled = asking.pending.value or nothing or bool(refused) or controller.shown.value.ended
        solara.Button("What if?", color="primary", on_click=ask, disabled=disabled)


def _whose(text: str) -> dict[str, Any]:
    """The fields of a question for one of the words about its futures."""
    return {"states": True} if text == STATES else {"states": False, "n": int(text.split()[0])}


def _options(controller: Controller) -> None:
    """Responses at one strength, and another posture."""
    asking, catalogue, own = controller.asking, controller.setup.catalogue, controller.session.first.base.name
    asked = asking.question.value
    known = [each for each in catalogue.names("responses") if each != "none"]
    postures = [NO_POSTURE, *(name for name in catalogue.names("postures") if name != own)]

    def choose(name: str) -> None:
        asking.edit(posture="" if name == NO_POSTURE else name)

    with solara.Column(gap="2px"):
        label = f"options, each beside going on as it is (at most {MOST_OPTIONS})"
        Choices(label, known, chosen(asked), lambda names: asking.edit(chosen=tuple(names[:MOST_OPTIONS])))
    with solara.Div(classes=["posture-strength"]):
        Strength("strength", asked.strength, lambda strength: asking.edit(strength=strength))
    Choice("posture from now on", postures, asked.posture or NO_POSTURE, choose)
    solara.Checkbox(
        label="and all together", value=asked.together, on_value=lambda together: asking.edit(together=together)
    )


@solara.component
def Refused(controller: Controller, why: str) -> None:
    """Why a posture can't be an option, and the way to it as a twin."""
    name = controller.asking.question.value.posture
    link = {"href": twin_link(controller.request_now, name), "target": "_blank"}
    watch = v.Html(tag="a", children=[f"Watch {name} beside this run, as a twin"], attributes=link)
    words = [f"{name} can't follow this run: {why}. ", watch, "."]
    v.Html(tag="p", children=words, class_="posture-refused", attributes={"role": "alert"})


@solara.component
def Answers(asking: Asking) -> None:
    """A button for each answer, those pinned first; to pin the one shown, to take a pin away."""
    shown, pinned = asking.shown.value, asking.pinned.value
    with solara.Row(gap="4px", classes=["posture-answers"], style={"flex-wrap": "wrap"}):
        for k, answered in enumerate(asking.answers, 1):
            on = answered is shown
            solara.Button(
                _short(answered, k if answered in pinned else 0),
                small=True,
                outlined=True,
                on_click=lambda answered=answered: asking.look(answered),
                classes=["posture-on"] if on else [],
                attributes={"aria-pressed": "true" if on else "false", "title": answered.words},
            )
        if shown is not None and shown in pinned:
            solara.Button("Remove the pin", small=True, text=True, on_click=lambda: asking.remove(shown))
        elif shown is not None:
            full = len(pinned) >= MOST_PINNED
            label = f"Pin ({MOST_PINNED} at most)" if full else "Pin this answer"
            solara.Button(label, small=True, text=True, on_click=asking.pin, disabled=full)
        solara.Checkbox(label="fans in the charts above", value=asking.fans.value, on_value=asking.switch_fans)


def _short(answered: Answered, number: int) -> str:
    found = answered.found
    first, more = found.labels[1], len(found.labels) - 2
    options = f"{first}{f' and {more} more' * bool(more)}{', over states' * bool(found.about.states)}"
    return f"{f'pinned {number}' if number else 'latest'}: {options}, from hour {found.hour}"


@solara.component
def Answer(controller: Controller, answered: Answered) -> None:
    """What was asked, the fan chart, the table of paired differences, and both as files."""
    solara.Text(f"{answered.words} Pinned answers stay until Reset.", classes=["posture-quiet", "posture-asked"])
    with solara.Columns([5, 7]):
        Picture(controller, answered.found)
        with solara.Div(classes=["posture-scroll"]):
            head, rows, notes = solara.use_memo(lambda: table_rows(answered.found), [answered])
            Table(rows, head, style="posture-table posture-what-if")
            solara.Text(" ".join(notes), classes=["posture-quiet"])
            Files(controller, answered)


@solara.component
def Picture(controller: Controller, found: WhatIf) -> None:
    """The fans of one series."""
    series, dark = controller.asking.series.value, controller.dark
    picture = solara.use_memo(lambda: _address(FanChart(found, series, dark=dark).png()), [found, series, dark])
    with solara.Div():
        Choice("shown", FAN_SERIES, series, controller.asking.series.set)
        words = f"Fans of {series} under each option, and paired differences from the first; the table has the numbers"
        v.Html(tag="img", attributes={"src": picture, "alt": words}, style_="width: 100%")


def _address(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


@solara.component
def Files(controller: Controller, answered: Answered) -> None:
    """The answer as tables."""
    services, stem = controller.setup.services, f"what_if_hour_{answered.found.hour}"
    if services is None:
        return
    with solara.Row(gap="6px", style={"flex-wrap": "wrap"}):
        for name, label in (("what_if.csv", "answer (CSV)"), ("what_if_days.csv", "fans (CSV)")):
            solara.FileDownload(
                lambda name=name: services.answer_files(answered.found, answered.seed)[name],
                filename=name.replace("what_if", stem),
                label=label,
            )
