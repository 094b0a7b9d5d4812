"""Orders during a run: a response that begins now, in this very hour. They are kept, and the run can be saved."""

from __future__ import annotations

import solara

from sim.app.components import Strength
from sim.app.controller import Controller
from sim.app.controls import Choice
from sim.app.panels.transport import when
from sim.responses import Use
from sim.scenario import load_response, parse_use

QUICK = {
    "Close the Zone now": "zone_closure",
    "Close the airport now": "airport_closure",
    "Start clearance": "zone_clearance",
    "Share intelligence": "intelligence_sharing",
    "Threaten closure": "closure_threat",
    "Arrest leaders": "leader_arrests",
    "Cut funds": "financial_pressure",
}


@solara.component
def OrdersPanel(controller: Controller) -> None:
    """Buttons for the orders of the day, any response with a strength, and what was ordered."""
    shown = controller.shown.value
    name, set_name = solara.use_state("surge")
    strength, set_strength = solara.use_state(1.0)
    with solara.Columns([6, 6]):
        with solara.Column(gap="4px"):
            solara.Text("Orders of the hour", style={"font-weight": "bold"})
            with solara.Row(gap="6px", style={"flex-wrap": "wrap"}):
                for label, response in QUICK.items():
                    solara.Button(
                        label,
                        small=True,
                        outlined=True,
                        disabled=shown.ended,
                        on_click=lambda response=response: controller.give([parse_use(response)]),
                        attributes={"title": load_response(response)[0].title},
                    )
            known = [each for each in controller.setup.catalogue.names("responses") if each != "none"]
            with solara.Row(gap="10px", classes=["posture-any-order"]):
                Choice("any response", known, name, set_name)
                Strength("strength", strength, set_strength)
                solara.Button(
                    "Order it now",
                    small=True,
                    color="primary",
                    disabled=shown.ended,
                    on_click=lambda: controller.give([controller.setup.catalogue.use(name, strength)]),
                )
        with solara.Column(gap="2px"):
            with solara.Row(gap="10px", style={"align-items": "center"}):
                solara.Text(f"Given so far: {len(shown.given)}", style={"font-weight": "bold"})
                solara.Button(
                    "Undo", small=True, outlined=True, disabled=not controller.can_undo, on_click=controller.undo
                )
            for k, use in enumerate(shown.given):
                with solara.Row(gap="6px", style={"align-items": "center"}):
                    solara.Text(in_words(controller, use))
                    solara.Button("Take back", text=True, small=True, on_click=lambda k=k: controller.take_back(k))
            for k, change in enumerate(shown.changes):
                with solara.Row(gap="6px", style={"align-items": "center"}):
                    hour = when(controller, change.hour).partition(" · ")[0]
                    solara.Text(f"{hour}: {change.key} is {change.value:g} from now on")
                    solara.Button("Take back", text=True, small=True, on_click=lambda k=k: controller.unchange(k))
            solara.Text(
                "An order stays when you go back in time. Taken back, the run is made again to this hour without it. "
                "Undo brings back the orders as they were before the last click.",
                classes=["posture-quiet"],
            )


def in_words(controller: Controller, use: Use) -> str:
    """An order that was given: which, how strong, when."""
    hour = 24 * (use.start_day or 0) + use.start_hour
    strong = "" if use.strength == 1 else f" at strength {use.strength:g}"
    return f"{when(controller, hour).partition(' · ')[0]}: {use.name}{strong}"
