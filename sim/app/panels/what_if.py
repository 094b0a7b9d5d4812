"""What if: from this very hour, many futures under several options, in pairs under the same streams."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import solara
import solara.lab

from sim.app.charts.fans import FAN_SERIES, FanChart
from sim.app.components import Strength, Table
from sim.app.controller import Controller
from sim.app.controls import Choice, Choices
from sim.app.whatif import BASE, Option, WhatIf, table_rows, what_if

HORIZONS = [7, 14, 30, 60, 90]
FUTURES = [200, 1000, 3000]
MOST_OPTIONS = 4


@solara.component
def WhatIfPanel(controller: Controller) -> None:
    """Choices on the left; fan chart and table of differences when they are there."""
    chosen, set_chosen = solara.use_state(["zone_clearance", "intelligence_sharing"])
    together, set_together = solara.use_state(False)
    strength, set_strength = solara.use_state(1.0)
    days, set_days = solara.use_state(30)
    n, set_n = solara.use_state(1000)
    found: solara.Reactive[WhatIf | None] = solara.use_reactive(None)
    solara.use_effect(lambda: found.set(None), [controller.opened.value])

    @solara.lab.use_task(dependencies=None)
    def ask() -> None:
        controller.pause()
        options = options_of(controller, chosen, strength, together)
        found.value = controller.attempt(lambda: ask_now(controller, options, days, n))

    known = [each for each in controller.setup.catalogue.names("responses") if each != "none"]
    with solara.Row(gap="10px", classes=["posture-ask"]):
        with solara.Column(gap="2px"):
            label = f"options, each beside going on as it is (at most {MOST_OPTIONS})"
            Choices(label, known, chosen, lambda names: set_chosen(names[:MOST_OPTIONS]))
        with solara.Div(classes=["posture-strength"]):
            Strength("strength", strength, set_strength)
        solara.Checkbox(label="and all together", value=together, on_value=set_together)
        Choice("days ahead", HORIZONS, days, set_days)
        Choice("futures", FUTURES, n, set_n)
        solara.Button(
            "What if?",
            color="primary",
            on_click=ask,
            disabled=ask.pending or not chosen or controller.shown.value.ended,
        )
    if ask.pending:
        solara.ProgressLinear(True)
    elif ask.error:
        solara.Error("The futures could not be run: " + str(ask.exception), dense=True)
    elif found.value is not None:
        Answer(controller, found.value)
    else:
        solara.Text(
            "The run stops here, and goes on many times: each future has streams of its own from this hour, the same "
            "under every option, so that options are compared in pairs. Of two runs side by side it is the left one.",
            classes=["posture-quiet"],
        )


@solara.component
def Answer(controller: Controller, found: WhatIf) -> None:
    """Fan charts, and the table of paired differences."""
    series, set_series = solara.use_state(FAN_SERIES[0])
    dark = controller.dark
    picture = solara.use_memo(lambda: FanChart(found, series, dark=dark).png(), [found, series, dark])
    head, rows, notes = solara.use_memo(lambda: table_rows(found), [found])
    with solara.Columns([5, 7]):
        with solara.Div():
            Choice("shown", FAN_SERIES, series, set_series)
            solara.Image(picture, width="100%")
        with solara.Div(classes=["posture-scroll"]):
            Table(rows, head, style="posture-table posture-what-if")
            for note in notes:
                solara.Text(note, classes=["posture-quiet"])


def options_of(controller: Controller, names: list[str], strength: float, together: bool) -> list[Option]:
    """Going on as it is, each response alone, and all of them if asked."""
    uses = [controller.setup.catalogue.use(name, strength) for name in names]
    options = [Option(BASE, ()), *(Option(name, (use,)) for name, use in zip(names, uses, strict=True))]
    return [*options, Option("all together", tuple(uses))] if together and len(uses) > 1 else options


def ask_now(controller: Controller, options: list[Option], days: int, n: int) -> WhatIf:
    """The futures of this hour, on two threads."""
    session = controller.session
    with session.lock:
        model = session.first.model
        scenario, world, state = model.setting, model.world_block.copy(), model.state_block.copy()
    with ThreadPoolExecutor(2) as executor:
        return what_if(scenario, world, state, options, n=n, days=days, seed=session.seed, executor=executor)
