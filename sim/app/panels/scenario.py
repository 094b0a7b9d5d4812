"""What is run: posture, twin, responses with strengths, seed, main parameters. It holds from the next Reset on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import reacton.ipyvuetify as v
import solara

from sim.app import draft
from sim.app.controller import Controller
from sim.app.panels.strength import Strength
from sim.app.sliders import Slider, slider
from sim.model import MAIN_PARAMETERS
from sim.scenario import load_scenario

SLIDERS: dict[str, Slider] = {key: slider(key) for key in MAIN_PARAMETERS.values() if "." in key}
NO_TWIN = "none"


@solara.component
def ScenarioPanel(controller: Controller) -> None:
    """The cards on the left."""
    opening = controller.draft.value

    def edit(**values: Any) -> None:
        controller.draft.value = replace(controller.draft.value, **values)

    with solara.Column(gap="10px", classes=["posture-scenario"]):
        _Waiting(controller)
        shelf = controller.setup.shelf
        names = shelf.names("postures")
        with solara.Card("Posture", margin=0):
            solara.Select("posture", names, value=opening.posture, on_value=lambda name: edit(posture=name), dense=True)
            solara.Select(
                "beside it, under the same luck",
                [NO_TWIN, *names],
                value=opening.twin or NO_TWIN,
                on_value=lambda name: edit(twin="" if name == NO_TWIN else name),
                dense=True,
            )
            solara.InputInt("seed", value=opening.seed, on_value=lambda seed: edit(seed=max(0, seed)), dense=True)
            calendars = shelf.names("calendars")
            solara.Select(
                "events from outside",
                [NO_TWIN, *calendars],
                value=opening.calendar or NO_TWIN,
                on_value=lambda name: edit(calendar="" if name == NO_TWIN else name),
                dense=True,
            )
        with solara.Card("Responses", margin=0):
            _Responses(controller)
        with solara.Card("Model Parameters", margin=0):
            _Parameters(controller)


@solara.component
def _Waiting(controller: Controller) -> None:
    """Say that what is edited is not yet what runs."""
    if replace(controller.draft.value, hour=0) != replace(controller.opening.value, hour=0):
        solara.Info("Changed: press Reset to begin a run with these settings.", dense=True)


@solara.component
def _Responses(controller: Controller) -> None:
    """Several, each with a strength."""
    strengths = draft.strengths(controller.draft.value)

    def choose(uses: list[str]) -> None:
        edit({use: strengths.get(use, 1.0) for use in uses})

    def edit(uses: dict[str, float]) -> None:
        controller.draft.value = draft.with_strengths(controller.draft.value, uses)

    known = [name for name in controller.setup.shelf.names("responses") if name != "none" and name not in strengths]
    solara.SelectMultiple("in force from the start", list(strengths), [*strengths, *known], on_value=choose, dense=True)
    for use, strength in strengths.items():
        Strength(f"{use}:", strength, lambda value, use=use: edit({**strengths, use: value}), low=0.0)


@solara.component
def _Parameters(controller: Controller) -> None:
    """Sliders with the bounds of the schema; every other parameter as text."""
    opening = controller.draft.value
    settings = draft.settings_of(opening)
    defaults = solara.use_memo(lambda: _defaults(controller), [opening.posture])
    for key in SLIDERS:
        _Slider(controller, key, settings.get(key, defaults[key]), defaults[key])
    solara.InputText(
        "other settings (KEY=VALUE; …)",
        value=draft.other_settings(opening, set(SLIDERS)),
        on_value=lambda text: controller.attempt(lambda: _set_others(controller, text)),
    )


def _set_others(controller: Controller, text: str) -> None:
    edited = draft.with_other_settings(controller.draft.value, set(SLIDERS), text)
    draft.settings_of(edited)  # refused here if it is no setting
    controller.draft.value = edited


def _defaults(controller: Controller) -> dict[str, Any]:
    """The posture's own values."""
    name, shelf = controller.draft.value.posture, controller.setup.shelf
    parameters = (shelf.postures[name] if name in shelf.postures else load_scenario(name)).parameters
    return {key: getattr(getattr(parameters, key.split(".")[0]), key.split(".")[1]) for key in SLIDERS}


@solara.component
def _Slider(controller: Controller, key: str, value: Any, default: Any) -> None:
    """One parameter; the tooltip says what it means, between which bounds, and where the default comes from."""
    stops = SLIDERS[key].with_value(value).with_value(default)
    low, high = stops.stops[0], stops.stops[-1]

    def change(index: int) -> None:
        controller.draft.value = draft.with_setting(controller.draft.value, key, stops.stops[int(index)], default)

    unit = "" if stops.unit in ("1",) else f" {stops.unit}"
    meaning = f"{key}: {stops.meaning}. {low:g} to {high:g}{unit}; default {default:g} ({stops.source})"
    with solara.Tooltip(meaning), v.Html(tag="div", class_="posture-parameter"):
        solara.Text(f"{stops.title}: {value:g}{unit}", classes=["posture-parameter-name"])
        solara.SliderInt(
            "", value=stops.index(value), min=0, max=len(stops.stops) - 1, on_value=change, thumb_label=False
        )
