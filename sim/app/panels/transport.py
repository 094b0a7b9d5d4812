"""Time: play and pause, steps, speed, the slider back to any hour. Buttons are named as in Mesa's own view."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import solara

from sim.app.controller import Controller

SPEEDS = {
    "1 hour/s": 1.0,
    "6 hours/s": 6.0,
    "1 day/s": 24.0,
    "3 days/s": 72.0,
    "1 week/s": 168.0,
    "1 month/s": 720.0,
}
STEPS = {"Step": (1, "one hour on"), "+1 day": (24, "one day on"), "+1 week": (168, "one week on")}
BACK = {"−1 week": (168, "one week back"), "−1 day": (24, "one day back")}


@solara.component
def Transport(controller: Controller) -> None:
    """The row above the map."""
    shown, session = controller.shown.value, controller.session
    speed, set_speed = solara.use_state("1 day/s")

    def change_speed(name: str) -> None:
        set_speed(name)
        controller.player.hours_per_second = SPEEDS[name]

    def move(hour: int) -> None:
        if hour != controller.session.hour:
            controller.go_to(int(hour))

    with solara.Row(gap="6px", classes=["posture-transport"]):
        _Button("Reset", controller.reset, "begin anew with the settings on the left", color="primary")
        solara.Button(
            "❚❚" if shown.playing else "▶",
            color="primary",
            on_click=controller.play_or_pause,
            disabled=shown.ended,
            attributes={"aria-label": "pause" if shown.playing else "play"},
        )
        for label, (hours, title) in BACK.items():
            _Button(label, partial(_back, controller, hours), title, disabled=shown.hour == 0)
        for label, (hours, title) in STEPS.items():
            _Button(label, partial(controller.step, hours), title, disabled=shown.ended)
        solara.Select("", list(SPEEDS), value=speed, on_value=change_speed, dense=True, classes=["posture-speed"])
        with solara.Div(classes=["posture-slider"]):
            solara.SliderInt("", value=shown.hour, min=0, max=session.n_hours, on_value=move, thumb_label=False)
        solara.Text(when(controller, shown.hour), classes=["posture-date"])


def _Button(label: str, act: Callable[[], None], title: str, **more: Any) -> None:
    solara.Button(label, on_click=act, attributes={"title": title}, **more)


def _back(controller: Controller, hours: int) -> None:
    controller.go_to(controller.session.hour - hours)


def when(controller: Controller, hour: int) -> str:
    """Date, hour, and day of the run."""
    moment, last = controller.session.first.scenario.moment(hour), controller.session.n_hours // 24
    return f"{moment:%-d %b %Y, %H:00} · day {min(hour // 24 + 1, last)} of {last}"
