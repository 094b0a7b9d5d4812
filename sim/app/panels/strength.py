"""The slider of a response's strength."""

from __future__ import annotations

from collections.abc import Callable

import solara


@solara.component
def Strength(name: str, value: float, on_value: Callable[[float], None], low: float = 0.05) -> None:
    """From `low` to 1; the value stands behind the name."""
    solara.SliderFloat(
        f"{name} {value:g}",
        value=value,
        min=low,
        max=1.0,
        step=0.05,
        on_value=lambda new: on_value(round(new, 4)),
        thumb_label=False,
    )
