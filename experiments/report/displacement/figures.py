"""Where attacks go: attacks per run in each square, for the base, another scenario and their difference, on a map.

Frames are `squares.csv` as a table: a row for each scenario, kind of attack and square.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.markers import MarkerStyle
from matplotlib.patches import Rectangle
from matplotlib.transforms import IdentityTransform

from experiments.analysis.results import sampled
from experiments.report.displacement import numbers
from experiments.report.displacement.numbers import is_clear, largest, of_scenario
from experiments.report.style import base_map as on
from experiments.report.style.base_map import BaseMap, Box, MapLabel, View
from experiments.report.style.colours import COLOURS
from experiments.report.style.panels import headline, new_figure
from experiments.report.style.words import folded
from sim.numbers import counted, fixed, number

KIND_STYLES = {
    "fire": (COLOURS[3], "o", "fire on sites"),
    "convoy": (COLOURS[2], "s", "bombs against convoys"),
    "detail": (COLOURS[4], "D", "bombs against foreign details"),
}
"""Colour, mark and words of each kind of attack."""
SHAPES = {m: MarkerStyle(m).get_path().transformed(MarkerStyle(m).get_transform()) for _, m, _ in KIND_STYLES.values()}
Rgba: TypeAlias = Sequence[tuple[float, float, float, float]]
FEWER, MORE, UNDECIDED = COLOURS[0], COLOURS[1], "0.6"
SITE = "0.1"
"""Not black: an SVG leaves black fillings out, and a dark page can't exchange what isn't written."""
WIDTH, GAP, LARGEST = 10.8, 0.15, 0.2
"""Of the figure, between panels, and radius of the largest mark: inches."""
KEY = 1.4
"""Room for the key, in inches."""
WHAT = {"pair": " of runs", "state": " of the world"}
"""What n counts, in words behind it."""
MOST_LABELS, CHANGES, WORTH = 16, 6, 0.1
"""Labels of a panel; of these changes with their number, none below a share of the largest."""


# --- the figure ----------------------------------------------------------------------------------------
def displacement(squares: pd.DataFrame, base_map: BaseMap, base: str, other: str | None = None) -> Figure:
    """Maps of the base, of another scenario and of their difference; of the base alone without another."""
    columns = 3 if other else 2
    wide = (WIDTH - 0.4 - (columns - 1) * GAP) / columns
    views = [view for view in (on.far_view(base_map, wide), on.near_view(base_map, wide)) if view]
    title = folded(numbers.displacement_title(squares, base_map, base, other), 11, WIDTH - 0.4)
    top = 0.15 + 0.2 * (title.count("\n") + 1)
    highs = [2 * view.half_y * view.scale for view in views]
    height = (sum(highs) + 0.55 * len(views) if other else max(highs) + 0.55) + top + KEY
    squares = squares[squares["scenario"].isin([base, other])]  # scales are those of what is drawn
    figure = new_figure(WIDTH, height)
    figure.set_layout_engine("none")  # each panel has its place
    headline(figure, title)
    bottom = height - top
    for r, (view, high) in enumerate(zip(views, highs, strict=True)):
        bottom = bottom - high - 0.55 if other or r == 0 else bottom
        for c, name in enumerate([base, other, None] if other else [base]):
            left = 0.2 + (c if other else r) * (wide + GAP)
            level = bottom if other else height - top - 0.55 - high
            axes = on.panel(figure, view, left, level)
            _panel(axes, squares, base_map, view, views, name, (base, other))
    _key(figure, squares, base_map, base, other)
    return figure


def _panel(
    axes: Axes,
    squares: pd.DataFrame,
    base_map: BaseMap,
    view: View,
    views: Sequence[View],
    name: str | None,
    pair: tuple[str, str | None],
) -> None:
    """One map: of a scenario, or of the difference if `name` is None."""
    near = views[-1]
    rows = of_scenario(squares, name or str(pair[1]))
    shown = rows[view.has(rows["x_km"], rows["y_km"])]
    drawn = shown if view is near else shown[~near.has(shown["x_km"], shown["y_km"])]
    on.draw_roads(axes, base_map)
    taken = [on.scale_bar(axes, view)]
    value = "mean" if name else "difference_mean"
    radii = radius(drawn[value].abs().to_numpy(), squares, value)
    (_draw_attacks if name else _draw_changes)(axes, drawn, radii)
    taken += _sites(axes, base_map, view, near, name, pair)
    taken += _boxes(view, drawn, radii)
    if view is not near:
        taken.append(_outline(axes, near, view))
    _write_labels(axes, view, base_map, drawn, radii, taken, change=name is None)
    part = "" if len(views) == 1 else "in all" if view is not near else f"around {base_map.name}"
    words = numbers.panel_title(shown, name, pair, part)
    axes.set_title(folded(words, 9.5, 2 * view.half_x * view.scale - 0.05), fontsize=9.5, loc="left", pad=4)


def radius(values: Any, squares: pd.DataFrame, column: str = "mean") -> Any:
    """Of marks, in inches: areas in proportion to attacks, on one scale for all maps of means, one for differences."""
    top = float(np.nan_to_num(squares[column].abs()).max(initial=0.0))
    return LARGEST * np.sqrt(np.nan_to_num(values) / max(top, 1e-9))


def _draw_attacks(axes: Axes, rows: pd.DataFrame, radii: Any) -> None:
    """Attacks, coloured by kind."""
    colours = [to_rgba(KIND_STYLES[kind][0], 0.8) for kind in rows["kind"]]
    white = to_rgba("white")
    _draw(axes, rows, radii, colours, [white] * len(rows), [0.6] * len(rows))


def _draw_changes(axes: Axes, rows: pd.DataFrame, radii: Any) -> None:
    """Filled where the interval leaves 0 out; hollow and grey where either sign is possible."""
    clear, signs = is_clear(rows), rows["difference_mean"] < 0
    colours = [to_rgba(FEWER if fewer else MORE, 0.85) for fewer in signs]
    white, nothing, grey = to_rgba("white"), to_rgba("white", 0.0), to_rgba(UNDECIDED)
    faces = [colour if sure else nothing for colour, sure in zip(colours, clear, strict=True)]
    edges = [white if sure else grey for sure in clear]
    _draw(axes, rows, radii, faces, edges, [0.6 if sure else 0.9 for sure in clear])


def _draw(axes: Axes, rows: pd.DataFrame, radii: Any, faces: Rgba, edges: Rgba, widths: Sequence[float]) -> None:
    """Marks with the shape of their kind, the largest below the others; squares have the area of circles."""
    order = np.argsort(-radii, kind="stable")
    kinds = [rows["kind"].iloc[k] for k in order]
    areas = [(2 * 72 * radii[k]) ** 2 * _share(KIND_STYLES[kind][1]) for k, kind in zip(order, kinds, strict=True)]
    marks = PathCollection(
        [SHAPES[KIND_STYLES[kind][1]] for kind in kinds],
        areas,
        offsets=rows[["x_km", "y_km"]].to_numpy()[order],
        offset_transform=axes.transData,
        facecolors=[faces[k] for k in order],
        edgecolors=[edges[k] for k in order],
        linewidths=[widths[k] for k in order],
        zorder=2,
    )
    marks.set_transform(IdentityTransform())
    axes.add_collection(marks, autolim=False)


def _share(mark: str) -> float:
    return 1.0 if mark == "o" else math.pi / 4


def _sites(
    axes: Axes, base_map: BaseMap, view: View, near: View, name: str | None, pair: tuple[str, str | None]
) -> list[Box]:
    """Triangles where a scenario has its sites; crosses on a difference, where the other has them no more."""
    held = base_map.sites.get(name or str(pair[1]), frozenset())
    gone = frozenset() if name else base_map.sites.get(pair[0], frozenset()) - held
    boxes = []
    for places, mark in ((held, "^"), (gone, "x")):
        for x_km, y_km in sorted(places):
            if view.has(x_km, y_km) and (view is near or not near.has(x_km, y_km)):
                axes.plot([x_km], [y_km], mark, color=SITE, markersize=4.5, markeredgewidth=1.2, zorder=5)
                x, y = view.inches(x_km, y_km)
                boxes.append((x - 0.04, y - 0.04, x + 0.04, y + 0.04))
    return boxes


def _boxes(view: View, rows: pd.DataFrame, radii: Any) -> list[Box]:
    """Room of the marks that a label must not cover."""
    found = []
    for x_km, y_km, r in zip(rows["x_km"], rows["y_km"], radii, strict=True):
        x, y = view.inches(x_km, y_km)
        found += [(x - r, y - r, x + r, y + r)] if r > 0.01 else []
    return found


def _outline(axes: Axes, near: View, view: View) -> Box:
    """Where the larger map lies on the map of the whole."""
    corner = (near.x - near.half_x, near.y - near.half_y)
    axes.add_patch(Rectangle(corner, 2 * near.half_x, 2 * near.half_y, fill=False, edgecolor="black", linewidth=1.0))
    return (*view.inches(*corner), *view.inches(near.x + near.half_x, near.y + near.half_y))


def _write_labels(
    axes: Axes, view: View, base_map: BaseMap, rows: pd.DataFrame, radii: Any, taken: Sequence[Box], *, change: bool
) -> None:
    """The largest changes with their numbers, then places."""
    at = {(x, y): r for r, x, y in sorted(zip(radii, rows["x_km"], rows["y_km"], strict=True))}
    labels = []
    if change:
        found = largest(rows[is_clear(rows)], CHANGES)[["difference_mean", "x_km", "y_km"]].to_numpy(float)
        labels = [
            MapLabel(fixed(mean, 1, sign=True), x, y, at[x, y], bold=True)
            for mean, x, y in found
            if at[x, y] ** 2 >= WORTH * LARGEST**2
        ]
    places = sorted(base_map.places, key=lambda place: place.rank)
    labels += [
        MapLabel(p.name, p.x, p.y, max(0.06, at.get((p.x, p.y), 0.0)), dot=True) for p in places if view.has(p.x, p.y)
    ]
    on.set_labels(axes, view, labels, taken, most=MOST_LABELS)


# --- the key -------------------------------------------------------------------------------------------
def _key(figure: Figure, squares: pd.DataFrame, base_map: BaseMap, base: str, other: str | None) -> None:
    """Kinds, sizes with their numbers, sites, what the colours of a difference mean, and n."""
    there, held = set(squares["kind"]), base_map.sites.get(base, frozenset())
    kinds = [_handle(mark, colour, words) for kind, (colour, mark, words) in KIND_STYLES.items() if kind in there]
    kinds += [_handle("^", SITE, "site at the start", 0.04)] if held else []
    if other and held - base_map.sites.get(other, frozenset()):
        kinds.append(_mark("x", SITE, f"site of {base} alone", 5))
    _key_line(figure, kinds, 0.88 if other else 0.5, _note(squares, base, other))
    _key_line(figure, _sizes(squares, "mean", " per run"), 0.47 if other else 0.1, "")
    if other:
        hollow = _mark("o", UNDECIDED, "undecided: either sign", 8, markerfacecolor="none")
        change = [_handle("o", FEWER, "clearly fewer"), _handle("o", MORE, "clearly more"), hollow]
        _key_line(figure, [*change, *_sizes(squares, "difference_mean", " fewer or more")], 0.08, "")


def _sizes(squares: pd.DataFrame, column: str, words: str) -> list[Line2D]:
    """Marks of round sizes with their numbers."""
    sizes = key_sizes(float(np.nan_to_num(squares[column].abs()).max(initial=0.0)))
    return [_handle("o", "0.55", f"{number(size)}{words}", float(radius(size, squares, column))) for size in sizes]


def _key_line(figure: Figure, handles: Sequence[Line2D], inches: float, note: str) -> None:
    style: dict[str, Any] = {"frameon": False, "fontsize": 9, "title_fontsize": 9, "borderpad": 0, "handletextpad": 0.9}
    style |= {"loc": "lower center", "bbox_to_anchor": (0.5, inches / figure.get_figheight())}
    figure.legend(handles=list(handles), ncols=len(handles), title=note or None, **style)


def _note(squares: pd.DataFrame, base: str, other: str | None) -> str:
    n = int(squares.loc[squares["scenario"] == base, "n"].iloc[0])
    over = sampled(squares, "pair" if other else "run")
    runs = f"{counted(n, over)}{WHAT.get(over, '')}"
    return f"area of a mark: attacks per run in its square, of each kind; n = {runs}; IZ: International Zone"


def key_sizes(top: float) -> list[float]:
    """Three round sizes, the last no larger than the largest mark."""
    if top <= 0:
        return []
    power = 10.0 ** math.floor(math.log10(top))
    most = next(step * power for step in (5, 2, 1) if step * power <= top)
    return [most / 10, most / 2, most]


def _handle(mark: str, colour: str, words: str, r: float = 0.06) -> Line2D:
    return _mark(mark, colour, words, 2 * 72 * r * math.sqrt(_share(mark)), markeredgecolor="white")


def _mark(mark: str, colour: str, words: str, size: float, **style: Any) -> Line2D:
    return Line2D([], [], linestyle="", marker=mark, color=colour, markersize=size, label=words, **style)
