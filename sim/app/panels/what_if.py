"""What if: from this very hour, many futures under several options, in pairs under the same streams."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import solara

from sim.app.asking import Question
from sim.app.charts.fans import FAN_SERIES, FanChart
from sim.app.components import Strength, Table
from sim.app.controller import Controller
from sim.app.controls import Choice, Choices
from sim.app.whatif import BASE, Option, WhatIf, table_rows, what_if
from sim.errors import RunError

HORIZONS = [7, 14, 30, 60, 90]
FUTURES = [200, 1000, 3000]
MOST_OPTIONS = 4


@solara.component
def WhatIfPanel(controller: Controller) -> None:
    """Choices on the left; fan chart and table of differences when they are there."""
    asking = controller.asking
    asked, found, pending = asking.question.value, asking.found.value, asking.pending.value

    def ask() -> None:
        controller.pause()
        asking.ask(lambda question: ask_now(controller, question))

    known = [each for each in controller.setup.catalogue.names("responses") if each != "none"]
    with solara.Row(gap="10px", classes=["posture-ask"]):
        with solara.Column(gap="2px"):
            label = f"options, each beside going on as it is (at most {MOST_OPTIONS})"
            Choices(label, known, asked.chosen, lambda names: asking.edit(chosen=tuple(names[:MOST_OPTIONS])))
        with solara.Div(classes=["posture-strength"]):
            Strength("strength", asked.strength, lambda strength: asking.edit(strength=strength))
        solara.Checkbox(
            label="and all together", value=asked.together, on_value=lambda together: asking.edit(together=together)
        )
        Choice("days ahead", HORIZONS, asked.days, lambda days: asking.edit(days=days))
        Choice("futures", FUTURES, asked.n, lambda n: asking.edit(n=n))
        solara.Button(
            "What if?",
            color="primary",
            on_click=ask,
            disabled=pending or not asked.chosen or controller.shown.value.ended,
        )
    if pending:
        solara.ProgressLinear(True)
    elif asking.problem.value:
        solara.Error(f"The futures could not be run. {asking.problem.value}", dense=True)
    elif found is not None:
        Answer(controller, found)
    else:
        solara.Text(
            "The run stops here, and goes on many times: each future has streams of its own from this hour, the same "
            "under every option, so that options are compared in pairs. Of two runs side by side it is the left one.",
            classes=["posture-quiet"],
        )


@solara.component
def Answer(controller: Controller, found: WhatIf) -> None:
    """Fan charts, and the table of paired differences."""
    series, dark = controller.asking.series.value, controller.dark
    picture = solara.use_memo(lambda: FanChart(found, series, dark=dark).png(), [found, series, dark])
    head, rows, notes = solara.use_memo(lambda: table_rows(found), [found])
    with solara.Columns([5, 7]):
        with solara.Div():
            Choice("shown", FAN_SERIES, series, controller.asking.series.set)
            solara.Image(picture, width="100%")
        with solara.Div(classes=["posture-scroll"]):
            Table(rows, head, style="posture-table posture-what-if")
            for note in notes:
                solara.Text(note, classes=["posture-quiet"])


def options_of(controller: Controller, asked: Question) -> list[Option]:
    """Going on as it is, each response alone, and all of them if asked."""
    uses = [controller.setup.catalogue.use(name, asked.strength) for name in asked.chosen]
    options = [Option(BASE, ()), *(Option(name, (use,)) for name, use in zip(asked.chosen, uses, strict=True))]
    return [*options, Option("all together", tuple(uses))] if asked.together and len(uses) > 1 else options


def ask_now(controller: Controller, asked: Question) -> WhatIf:
    """The futures of this hour, on two threads."""
    if controller.setup.agents:
        raise RunError("They are run by the compiled rules, which know nothing of agents of your own.")
    session, options = controller.session, options_of(controller, asked)
    with session.lock:
        model = session.first.model
        scenario, world, state = model.setting, model.world_block.copy(), model.state_block.copy()
    with ThreadPoolExecutor(2) as executor:
        return what_if(scenario, world, state, options, asked.n, asked.days, session.seed, executor)
