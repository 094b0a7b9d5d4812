"""A replay of the run as one HTML file, and a video of what is shown."""

from __future__ import annotations

import solara

from sim.app.controller import Controller
from sim.app.controls import Choice

NOW, END = "up to this hour", "the whole run"


@solara.component
def ReplayAndVideo(controller: Controller) -> None:
    """How far, make, what is done of it, download; below it the camera."""
    upto, set_upto = solara.use_state(NOW)
    making, session = controller.making, controller.session

    def make() -> None:
        making.make(controller.watched(session.hour if upto == NOW else session.n_hours))

    solara.Text("Replay and video", style={"font-weight": "bold"})
    with solara.Row(gap="6px", style={"flex-wrap": "wrap", "align-items": "center"}):
        Choice("how much of the run", [NOW, END], upto, set_upto, quiet=True)
        solara.Button(
            "Make a replay (HTML)", small=True, color="primary", on_click=make, disabled=making.share.value is not None
        )
    _Made(controller)
    solara.Text(
        "A replay is one file that shows maps, line of time and attacks again in any browser, without a network.",
        classes=["posture-quiet"],
    )
    solara.Column(children=[controller.video])


@solara.component
def _Made(controller: Controller) -> None:
    """Under way, refused, or there."""
    making = controller.making
    share, made = making.share.value, making.made.value
    if share is not None:
        solara.ProgressLinear(max(1.0, 100 * share))
        solara.Text(f"The replay is being made: {int(100 * share)}%. The page can be used meanwhile.")
    elif making.problem.value:
        solara.Error(f"The replay could not be made. {making.problem.value}", dense=True)
    elif made is not None:
        size = f"{len(made.content) / 1e6:.1f} MB, {made.hours} hours"
        solara.FileDownload(made.content, filename=made.name, label=f"download: {size}")
        solara.Text(made.name, classes=["posture-quiet", "posture-file"])
