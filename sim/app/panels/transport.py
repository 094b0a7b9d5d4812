"""Time: play and pause, steps, speed, the line of time with its attacks. Buttons are named as in Mesa's own view."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import solara

from sim.app.controller import Controller
from sim.app.controls import Choice
from sim.app.displacement import WINDOWS
from sim.app.player import SPEEDS, USUAL_SPEED

STEPS = {"Step": (1, "one hour on"), "+1 day": (24, "one day on"), "+1 week": (168, "one week on")}
BACK = {"−1 week": (168, "one week back"), "−1 day": (24, "one day back")}


@solara.component
def Transport(controller: Controller) -> None:
    """Play, steps and speed; below them the line of time."""
    shown, _ = controller.shown.value, controller.timeline.marked.value  # buttons follow the marks, too
    speed, set_speed = solara.use_state(USUAL_SPEED)

    def change_speed(name: str) -> None:
        set_speed(name)
        controller.player.hours_per_second = SPEEDS[name]

    def show_window(name: str) -> None:
        controller.show_weeks(WINDOWS[name])

    with solara.Div(classes=["posture-transport"]):
        solara.Button(
            "❚❚" if shown.playing else "▶",
            color="primary",
            on_click=controller.play_or_pause,
            disabled=shown.ended,
            attributes={"aria-label": "pause" if shown.playing else "play"},
            classes=["posture-play"],
        )
        for label, (hours, title) in BACK.items():
            _Button(label, _calling(_back, controller, hours), title, disabled=shown.hour == 0)
        for label, (hours, title) in STEPS.items():
            _Button(label, _calling(controller.step, hours), title, disabled=shown.ended)
        Choice("speed", list(SPEEDS), speed, change_speed, quiet=True)
        _Attack(controller, "◂ attack", -1, "posture-previous")
        _Attack(controller, "attack ▸", 1, "posture-next")
        Choice("attacks on the maps", list(WINDOWS), _window(controller), show_window, quiet=True)
        _Button("Reset", controller.reset, "begin anew with the settings", outlined=True)
        solara.Text(when(controller, shown.hour), classes=["posture-date"])
        with solara.Div(classes=["posture-slider"]):
            solara.Column(children=[controller.timeline.widget])


def _window(controller: Controller) -> str:
    return next(name for name, weeks in WINDOWS.items() if weeks == controller.backdrop.weeks.value)


def _Attack(controller: Controller, label: str, way: int, style: str) -> None:
    """To the attack before or after the hour that is shown."""
    title = f"{'next' if way > 0 else 'previous'} attack: go there, and show it on the map"
    found = controller.timeline.attack_from(controller.shown.value.hour, way)

    def go() -> None:
        now = controller.timeline.attack_from(controller.session.hour, way)
        if now:
            controller.go_to_event(*now)

    _Button(label, go, title, disabled=found is None, classes=[style])


def _Button(label: str, act: Callable[[], None], title: str, **more: Any) -> None:
    solara.Button(label, on_click=act, attributes={"title": title}, **more)


def _calling(act: Callable[..., None], *words: Any) -> Callable[[], None]:
    """As `partial`; but two of them can be equal, or the button would be made anew with every hour."""
    return lambda: act(*words)


def _back(controller: Controller, hours: int) -> None:
    controller.go_to(controller.session.hour - hours)


def when(controller: Controller, hour: int) -> str:
    """Date, hour, and day of the run."""
    moment, last = controller.session.first.scenario.moment(hour), controller.session.n_hours // 24
    return f"{moment:%-d %b %Y, %H:00} · day {min(hour // 24 + 1, last)} of {last}"
