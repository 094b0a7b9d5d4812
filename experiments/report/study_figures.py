"""What the figures of the studies share: saving, panels, the quick setting's mark, names of parameters and scopes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.files.store import replacing
from experiments.report.page.document import Picture
from experiments.report.style.colours import headline
from experiments.report.style.words import readable
from sim.statistics import Interval

SCOPE_WORDS = {"six_minus_fourteen": "six − fourteen", "six": "six sites", "fourteen": "fourteen sites"}
DIFFERENCE = "six_minus_fourteen"
QUICK = "QUICK SETTING, A TRY-OUT. "
QUICK_CAVEAT = "QUICK SETTING: a try-out with few runs. Its numbers mean little; make the full setting before use."


def save(pictures: Iterable[Picture], folder: Path) -> list[str]:
    """Write pictures as PNG; the names of the files."""
    names = []
    for picture in pictures:
        names.append(f"{picture.name}.png")
        with replacing(folder / names[-1], "wb") as file:
            picture.figure.savefig(file, format="png", dpi=150)
    return names


@dataclass(frozen=True)
class Drawn:
    """A figure and its words: what it shows, how it is drawn, from which file, what it looks like."""

    name: str
    figure: Figure
    finding: str
    how: str
    file: str
    alt: str

    def picture(self, *, quick: bool) -> Picture:
        """With its headline; it says so if the setting was quick."""
        finding = (QUICK if quick else "") + self.finding
        headline(self.figure, f"{finding}\n{self.how}")
        return Picture(self.name, finding, f"{self.alt} {self.how}", self.figure, f"{self.how} From {self.file}.csv.")


def panels(figure: Figure, n: int, columns: int, **shared: bool) -> list[Axes]:
    """So many panels in rows of so many columns; the rest of the last row stays empty."""
    grid = figure.subplots(-(-n // columns), columns, squeeze=False, **shared)  # type: ignore[call-overload]
    for axes in grid.flat[n:]:
        axes.set_visible(False)
    return list(grid.flat[:n])


def is_quick(frame: pd.DataFrame) -> bool:
    """Whether a quick setting made any row of the table."""
    return "setting" in frame and bool((frame["setting"] == "quick").any())


def setting(study: Mapping[str, Any], key: str) -> Any:
    """A size of the study from its entry in the manifest; None if there is none."""
    return study.get("settings", {}).get(key)


def labelled(frame: pd.DataFrame, measure: str) -> str:
    """A measure in words with the unit that its table gives."""
    units = frame.loc[frame["measure"] == measure, "unit"].dropna().astype(str)
    unit = units.iloc[0] if len(units) else ""
    return readable(measure) if unit in ("", "1") else f"{readable(measure)} [{unit}]"


def in_order(frame: pd.DataFrame, column: str) -> list[str]:
    """The different values of a column, as they come."""
    return list(dict.fromkeys(frame[column]))


def intervals(frame: pd.DataFrame, mean: str = "mean", low: str = "low", high: str = "high") -> list[Interval]:
    """A mean with its bounds for each row."""
    return [Interval(*map(float, row)) for row in frame[[mean, low, high]].to_numpy()]


def parameter_words(key: str) -> str:
    """`operations.base_rate_per_day` as `operations: base rate per day`."""
    section, _, name = key.partition(".")
    words = name.replace("_", " ")
    return f"{section}: {words}" if name else key


def in_prose(key: str) -> str:
    """`operations.base_rate_per_day` as `base rate per day (operations)`."""
    section, _, name = key.partition(".")
    return f"{name.replace('_', ' ')} ({section})" if name else key


def listed(words: Iterable[str]) -> str:
    """`a, b and c`."""
    *first, last = [*words] or [""]
    return f"{', '.join(first)} and {last}" if first else last
