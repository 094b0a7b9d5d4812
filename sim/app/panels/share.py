"""Keep and share: a link to this very hour, the whole run saved, picture and data downloaded."""

from __future__ import annotations

import reacton.ipyvuetify as v
import solara

from sim.app.controller import Controller
from sim.app.panels.replay import ReplayAndVideo
from sim.app.run_request import to_query
from sim.errors import RunError


@solara.component
def SharePanel(controller: Controller) -> None:
    """The link, the save button, the downloads."""
    shown, session, services = controller.shown.value, controller.session, controller.setup.services
    saved, set_saved = solara.use_state("")
    solara.use_effect(lambda: set_saved(""), [controller.opened.value])
    with solara.Columns([6, 6]):
        with solara.Column(gap="4px"):
            solara.Text("Link to this run at this hour", style={"font-weight": "bold"})
            link = f"?{to_query(controller.request_now)}"
            v.Html(tag="a", children=[link], attributes={"href": link, "target": "_blank"}, class_="posture-link")
            solara.Text(
                "Posture, responses, orders given, seed, settings and hour. The address of this page is the same link.",
                classes=["posture-quiet"],
            )
            ReplayAndVideo(controller)
        with solara.Column(gap="4px"):
            solara.Text("Files", style={"font-weight": "bold"})
            if services is None:
                solara.Text("`posture view` can save and download.")
                return

            def save() -> None:
                set_saved(controller.attempt(write) or "")

            def write() -> str:
                if session.changes:
                    raise RunError("Parameters were changed while it ran: no scenario makes this run; its link does.")
                return services.save(session.first.scenario, session.seed)

            solara.Button("Save the whole run", small=True, color="primary", on_click=save)
            if saved:
                solara.Success(saved, dense=True)
            with solara.Row(gap="6px", style={"flex-wrap": "wrap"}):
                for name in ("scenario.toml", "daily.csv", "events.csv"):
                    solara.FileDownload(lambda name=name: _content(controller, name), filename=name, label=name)
                solara.FileDownload(controller.draw, filename=f"charts_hour_{shown.hour}.png", label="charts (PNG)")


def _content(controller: Controller, name: str) -> bytes:
    session, services = controller.session, controller.setup.services
    assert services is not None
    scenario, days, events = session.so_far()
    return services.files(scenario, session.seed, days, events)[name]
