"""Areas: what a warning names, a closure closes and a clearance clears.

Each neighbourhood of the International Zone is an area (`international_zone/north`), and so is each other zone
(`airport`, `city`, …). A square belongs to exactly one.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from sim.theatre import Theatre
from sim.theatre_config import INTERNATIONAL_ZONE, ZONES


def area_names(theatre: Theatre) -> list[str]:
    """Names of the areas in the order of their rows."""
    zone = ZONES[INTERNATIONAL_ZONE]
    return [*(f"{zone}/{name}" for name in theatre.neighbourhood_names), *ZONES[INTERNATIONAL_ZONE + 1 :]]


def area_of_squares(theatre: Theatre) -> NDArray[np.int64]:
    """The row of each square's area (n_squares)."""
    n = len(theatre.neighbourhood_names)
    inside = theatre.zone == INTERNATIONAL_ZONE
    return np.where(inside, theatre.neighbourhood, n + theatre.zone - INTERNATIONAL_ZONE - 1)


def rows_of(names: Iterable[str], theatre: Theatre) -> list[int]:
    """Rows of areas by name, in the order given; the name of a zone stands for all of its areas.

    Raises KeyError with the first name that is not known.
    """
    known, rows = area_names(theatre), []
    for name in names:
        found = [k for k, area in enumerate(known) if area == name or area.startswith(f"{name}/")]
        if not found:
            raise KeyError(name)
        rows += [k for k in found if k not in rows]
    return rows
