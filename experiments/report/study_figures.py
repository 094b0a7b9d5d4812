"""What the figures of the studies share: saving, the mark of a quick setting, names of parameters and scopes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure

from experiments.report.marks import headline
from experiments.store import replacing

SCOPE_WORDS = {"fourteen": "fourteen sites", "six": "six sites", "six_minus_fourteen": "six − fourteen"}
QUICK = "QUICK SETTING, A TRY-OUT. "


def save(figures: Mapping[str, Figure], folder: Path) -> list[str]:
    """Write figures as PNG; their names."""
    for name, figure in figures.items():
        with replacing(folder / name, "wb") as file:
            figure.savefig(file, format="png", dpi=150)
    return list(figures)


def titled(figure: Figure, text: str, *, quick: bool) -> None:
    """The headline, which says so if the setting was quick."""
    headline(figure, (QUICK if quick else "") + text)


def parameter_words(key: str) -> str:
    """`operations.base_rate_per_day` as `operations: base rate per day`."""
    section, _, name = key.partition(".")
    words = name.replace("_", " ")
    return f"{section}: {words}" if name else key
