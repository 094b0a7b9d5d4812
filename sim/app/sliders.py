"""The stops of a parameter's slider, from its bounds in the schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.parameters import Parameters

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
        stops = tuple(sorted({*self.stops, value}))
        return Slider(self.key, self.title, self.meaning, self.unit, self.source, stops)


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
