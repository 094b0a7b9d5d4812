"""The ground of a map: roads, places and their labels, a scale, and the part that is drawn larger.

Positions are kilometres on the theatre's grid, x east and y north. Panels have a fixed size in inches, so that labels
can be set beside marks without drawing first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from experiments.report.style.words import text_width
from sim.theatre import Theatre, build_theatre
from sim.theatre_config import TheatreConfig

HALF_KM = 39.0
"""Half the side of the part drawn larger: the capital and its belts."""
SIZE = 8.5
LINE = 0.14
"""Letters of a label in points, height of its line in inches."""
SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1))
"""Where a label may stand beside its mark (to the right, above), the best place first."""
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class NamedPlace:
    """A place that may be labelled; the lowest rank first."""

    name: str
    x: float
    y: float
    rank: int


@dataclass(frozen=True)
class BaseMap:
    """Roads as pairs of points, places to label, the middle of the larger part, and all that must be in sight."""

    roads: Sequence[tuple[tuple[float, float], tuple[float, float]]]
    places: Sequence[NamedPlace]
    middle: tuple[float, float]
    box: Box  # west, south, east, north
    name: str = "the centre"
    sites: Mapping[str, frozenset[tuple[float, float]]] = field(default_factory=dict)
    """Where each scenario has its sites at the start."""


def base_map_of(manifest: Mapping[str, Any], squares: pd.DataFrame) -> BaseMap:
    """From the theatre that a manifest records; without one, the places that the squares name."""
    theatres = list(manifest.get("theatres", {}).values())
    if len(theatres) == 1:
        theatre = build_theatre(TheatreConfig.model_validate_json(json.dumps(theatres[0])))
        return _of_theatre(theatre, manifest.get("postures", {}))
    named = squares[squares["place"].fillna("") != ""].drop_duplicates("place")
    columns = [named[name] for name in ("place", "zone", "x_km", "y_km")]
    places = [_named(place, zone, x, y, set()) for place, zone, x, y in zip(*columns, strict=True)]
    inside = squares[squares["zone"] == "international_zone"]
    chosen = inside if len(inside) else squares
    middle = float(chosen["x_km"].mean()), float(chosen["y_km"].mean())
    return BaseMap([], places, middle, _box(squares["x_km"], squares["y_km"]))


def _of_theatre(theatre: Theatre, postures: Mapping[str, Any]) -> BaseMap:
    """Places stand where their squares are, as attacks do."""
    x, y = theatre.x_km.tolist(), theatre.y_km.tolist()
    at = {name: (x[square], y[square]) for name, square in theatre.places.items()}
    bases = {site.place for site in theatre.config.sites}
    roads = [((x[a], y[a]), (x[b], y[b])) for a, b in theatre.graph.edges]
    places = [_named(p.name, p.zone, *at[p.name], bases) for p in theatre.config.places]
    zone = [at[p.name] for p in theatre.config.places if p.zone == "international_zone"] or list(at.values())
    middle = sum(a for a, _ in zone) / len(zone), sum(b for _, b in zone) / len(zone)
    stand = {site.name: at[site.place] for site in theatre.config.sites}
    sites = {
        label: frozenset(stand[site["name"]] for site in posture["sites"] if site["name"] in stand)
        for label, posture in postures.items()
    }
    return BaseMap(roads, places, middle, _box(x, y), in_words(theatre.name), sites)


def _named(name: str, zone: str, x: float, y: float, bases: set[str]) -> NamedPlace:
    order = ("remote_base", "airport", "city", "gateway", "belt")
    rank = order.index(zone) if zone in order else len(order)
    return NamedPlace(in_words(name), x, y, -1 if name in bases else rank)


def _box(x: Any, y: Any) -> Box:
    return float(min(x)), float(min(y)), float(max(x)), float(max(y))


def in_words(name: str) -> str:
    """`al_qaim_town` as "Al Qaim town"; IZ stands for the International Zone."""
    first, *others = name.split("_")
    words = ["IZ" if first == "iz" else first.capitalize(), *others]
    if others and (first in ("al", "abu") or first[-1:].isdigit()):
        words[1] = others[0].capitalize()
    return " ".join(words)


# --- a panel -------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class View:
    """What a panel shows: its middle and half its sides in km, and inches for a km."""

    x: float
    y: float
    half_x: float
    half_y: float
    scale: float

    def inches(self, x: float, y: float) -> tuple[float, float]:
        """From the panel's lower left corner."""
        return (x - self.x + self.half_x) * self.scale, (y - self.y + self.half_y) * self.scale

    def has(self, x: Any, y: Any) -> Any:
        """Whether points lie inside."""
        return (abs(x - self.x) <= self.half_x) & (abs(y - self.y) <= self.half_y)


def near_view(base_map: BaseMap, width: float) -> View:
    """The capital and its belts in a square panel; the width is in inches."""
    return View(*base_map.middle, HALF_KM, HALF_KM, width / (2 * HALF_KM))


def far_view(base_map: BaseMap, width: float) -> View | None:
    """All of the base_map, if that is more than the larger part shows."""
    west, south, east, north = base_map.box
    space = 0.06 * max(east - west, north - south)
    half_x, half_y = (east - west) / 2 + space, (north - south) / 2 + space
    if max(half_x, half_y) < 1.3 * HALF_KM:
        return None
    half_y = max(half_y, 0.6 * half_x)
    return View((west + east) / 2, (south + north) / 2, half_x, half_y, width / (2 * half_x))


def panel(figure: Figure, view: View, left: float, bottom: float) -> Axes:
    """An empty panel at a place in inches."""
    wide, high = figure.get_size_inches()
    size = (2 * view.half_x * view.scale / wide, 2 * view.half_y * view.scale / high)
    axes = figure.add_axes((left / wide, bottom / high, *size))
    axes.set_xlim(view.x - view.half_x, view.x + view.half_x)
    axes.set_ylim(view.y - view.half_y, view.y + view.half_y)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color("0.7")
    return axes


def draw_roads(axes: Axes, base_map: BaseMap) -> None:
    """Thin grey lines."""
    axes.add_collection(LineCollection([list(road) for road in base_map.roads], colors="0.8", linewidths=0.8, zorder=1))


def scale_bar(axes: Axes, view: View) -> Box:
    """A bar in the lower left corner, about a quarter of the panel; the room that it takes, in inches."""
    length = max(km for km in (1, 2, 5, 10, 20, 50, 100, 200, 500) if km <= 0.6 * view.half_x)
    x, y = view.x - 0.94 * view.half_x, view.y - 0.94 * view.half_y
    axes.plot([x, x + length], [y, y], color="black", linewidth=2, solid_capstyle="butt", zorder=6)
    axes.annotate(f"{length} km", (x, y), xytext=(0, 3), textcoords="offset points", fontsize=SIZE, zorder=6)
    left, bottom = view.inches(x, y)
    return left, bottom - 0.05, left + max(length * view.scale, 0.55), bottom + 0.2


# --- labels --------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class MapLabel:
    """Words beside a mark, whose radius is in inches; `dot` draws a dot there if the words are written."""

    words: str
    x: float
    y: float
    radius: float = 0.03
    bold: bool = False
    dot: bool = False


def set_labels(axes: Axes, view: View, labels: Sequence[MapLabel], taken: Sequence[Box], most: int) -> None:
    """Write as many labels as fit, the first first; none lies on another, on a mark, or over the edge."""
    boxes = list(taken)
    for label in labels:
        if most == 0:
            return
        found = next((box for box in _positions(view, label) if _free(view, box, boxes)), None)
        if found is None:
            continue
        boxes.append(found)
        most -= 1
        x = view.x - view.half_x + (found[0] + found[2]) / 2 / view.scale
        y = view.y - view.half_y + (found[1] + found[3]) / 2 / view.scale
        style: dict[str, Any] = {"fontweight": "bold"} if label.bold else {"color": "0.25"}
        style["bbox"] = {"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.3}
        if label.dot:
            axes.plot([label.x], [label.y], ".", color="0.45", markersize=3.5, zorder=1.5)
        axes.text(x, y, label.words, fontsize=SIZE, ha="center", va="center", zorder=7, **style)


def _positions(view: View, label: MapLabel) -> list[Box]:
    """Right, left, above and below the mark, then at its corners."""
    x, y = view.inches(label.x, label.y)
    wide, high = text_width(label.words, SIZE) * (1.1 if label.bold else 1.0), LINE
    away, boxes = label.radius + 0.03, []
    for right, up in SIDES:
        slant = 0.7 * away if right and up else away
        left = x + right * slant + (right - 1) / 2 * wide
        bottom = y + up * slant + (up - 1) / 2 * high
        boxes.append((left, bottom, left + wide, bottom + high))
    return boxes


def _free(view: View, box: Box, taken: Sequence[Box]) -> bool:
    right, top = 2 * view.half_x * view.scale, 2 * view.half_y * view.scale
    inside = box[0] > 0.03 and box[1] > 0.03 and box[2] < right - 0.03 and box[3] < top - 0.03
    return inside and not any(_meet(box, other) for other in taken)


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
