"""What is run: posture, twin, responses with strengths, seed, main parameters. It holds from the next Reset on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import reacton.ipyvuetify as v
import solara

from sim.app.components import Strength
from sim.app.controller import Controller
from sim.app.controls import Choice, Choices, Slide
from sim.model import MAIN_PARAMETERS
from sim.parameters import Parameters, flat

NONE_OF_THEM = "none"


@solara.component
def ScenarioPanel(controller: Controller) -> None:
    """The cards on the left."""
    request = controller.draft.value

    def edit(**values: Any) -> None:
        controller.draft.value = replace(controller.draft.value, **values)

    with solara.Column(gap="10px", classes=["posture-scenario"]):
        _Waiting(controller)
        catalogue = controller.setup.catalogue
        names = catalogue.names("postures")
        with solara.Card("Posture · after Reset", margin=0):
            Choice("posture", names, request.posture, lambda name: edit(posture=name))
            _Choice("beside it, under the same streams", names, request.twin, lambda name: edit(twin=name))
            solara.InputInt("seed", value=request.seed, on_value=lambda seed: edit(seed=max(0, seed)), dense=True)
            calendars = catalogue.names("calendars")
            _Choice("events from outside", calendars, request.calendar, lambda name: edit(calendar=name))
        with solara.Card("Responses · after Reset", margin=0):
            _Responses(controller)
        with solara.Card("Model Parameters", margin=0):
            _Parameters(controller)


@solara.component
def _Choice(label: str, names: list[str], value: str, choose: Callable[[str], None]) -> None:
    """One of some names, or none of them: ""."""

    def on_value(name: str) -> None:
        choose("" if name == NONE_OF_THEM else name)

    Choice(label, [NONE_OF_THEM, *names], value or NONE_OF_THEM, on_value)


@solara.component
def _Waiting(controller: Controller) -> None:
    """Say that what is edited is not yet what runs."""
    if replace(controller.draft.value, hour=0) != replace(controller.request.value, hour=0):
        solara.Info("Changed: press Reset to begin a run with these settings.", dense=True)


@solara.component
def _Responses(controller: Controller) -> None:
    """Several, each with a strength."""
    strengths = controller.draft.value.strengths

    def choose(uses: list[str]) -> None:
        edit({use: strengths.get(use, 1.0) for use in uses})

    def edit(uses: dict[str, float]) -> None:
        controller.draft.value = controller.draft.value.with_strengths(uses)

    known = [name for name in controller.setup.catalogue.names("responses") if name != "none" and name not in strengths]
    Choices("in force from the start", known, list(strengths), choose)
    for use, strength in strengths.items():
        Strength(use, strength, lambda value, use=use: edit({**strengths, use: value}), low=0.0)


@solara.component
def _Parameters(controller: Controller) -> None:
    """Sliders with the bounds of the schema; every other parameter as text."""
    request = controller.draft.value
    settings = request.changes
    defaults = solara.use_memo(lambda: _defaults(controller), [request.posture])
    words = "Sliders act from this hour on, and are recorded; after Reset, from the start."
    solara.Text(words, classes=["posture-quiet"])
    for key in SLIDERS:
        _Slider(controller, key, settings.get(key, defaults[key]), defaults[key])
    solara.InputText(
        "other settings, after Reset",
        value=request.other_settings(set(SLIDERS)),
        on_value=lambda text: controller.attempt(lambda: _set_others(controller, text)),
    )
    solara.Text("KEY=VALUE; KEY=VALUE …", classes=["posture-quiet"])


def _set_others(controller: Controller, text: str) -> None:
    edited = controller.draft.value.with_other_settings(set(SLIDERS), text)
    _ = edited.changes  # refused here if it is no setting
    controller.draft.value = edited


def _defaults(controller: Controller) -> dict[str, Any]:
    """The posture's own values."""
    values = flat(controller.setup.catalogue.posture(controller.draft.value.posture).parameters)
    return {key: values[key] for key in SLIDERS}


@solara.component
def _Slider(controller: Controller, key: str, value: Any, default: Any) -> None:
    """One parameter; the tooltip says what it means, between which bounds, and where the default comes from."""
    stops = SLIDERS[key].with_value(value).with_value(default)
    low, high = stops.stops[0], stops.stops[-1]

    def change(index: int) -> None:
        chosen = stops.stops[int(index)]
        controller.draft.value = controller.draft.value.with_setting(key, chosen, default)
        controller.change(key, chosen)

    unit = "" if stops.unit in ("1",) else f" {stops.unit}"
    meaning = f"{key}: {stops.meaning}. {low:g} to {high:g}{unit}; default {default:g} ({stops.source})"
    with v.Html(tag="div", class_="posture-parameter", attributes={"title": meaning}):
        last = len(stops.stops) - 1
        Slide(stops.title, f"{value:g}{unit}", stops.index(value), 0, last, 1, lambda index: change(int(index)))


# --- the stops of a parameter's slider, from its bounds in the schema --------------------------------------------
N_STOPS = 101
WIDE = 8.0  # a range that ends at more than so many times its default is cut in equal ratios, not equal steps
FINE = 50.0  # the smallest stop above 0 is the default divided by this


@dataclass(frozen=True)
class Slider:
    """A parameter on a slider: its key, words, unit, source and stops in rising order."""

    key: str
    title: str
    meaning: str
    unit: str
    source: str
    stops: tuple[float | int, ...]

    def index(self, value: float) -> int:
        """The stop next to a value."""
        return int(np.argmin(np.abs(np.array(self.stops, dtype=float) - value)))

    def with_value(self, value: float | int) -> Slider:
        """The same with a stop at just this value."""
        return replace(self, stops=tuple(sorted({*self.stops, value})))


def slider(key: str) -> Slider:
    """The slider of a parameter by its dotted key; its default is a stop."""
    section, name = key.split(".")
    field: Any = Parameters.model_fields[section].annotation.model_fields[name]  # type: ignore[union-attr]
    low, high = (next(getattr(m, side) for m in field.metadata if hasattr(m, side)) for side in ("ge", "le"))
    extra = field.json_schema_extra
    stops = _whole(low, high) if field.annotation is int else _cut(low, high, field.default)
    words = name.replace("_per_day", "").removeprefix("p_").replace("_", " ")
    title = f"chance: {words}" if name.startswith("p_") else words
    found = Slider(key, title, field.description, extra["unit"], extra["source"], stops)
    return found.with_value(field.default)


def _cut(low: float, high: float, default: float) -> tuple[float, ...]:
    if default <= 0 or high / default <= WIDE:
        return tuple(float(f"{x:.4g}") for x in np.linspace(low, high, N_STOPS))
    ratios = np.geomspace(max(low, default / FINE), high, N_STOPS - 1)
    return (float(low), *(float(f"{x:.3g}") for x in ratios))


def _whole(low: int, high: int) -> tuple[int, ...]:
    if high - low < N_STOPS:
        return tuple(range(int(low), int(high) + 1))
    return tuple(sorted({int(low), *(round(x) for x in np.geomspace(max(low, 1), high, N_STOPS))}))


SLIDERS: dict[str, Slider] = {key: slider(key) for key in MAIN_PARAMETERS.values() if "." in key}
