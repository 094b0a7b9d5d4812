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
FEWER, MORE = COLOURS[0], COLOURS[1]
SITE = "0.1"
"""Not black: an SVG leaves black fillings out, and a dark page can't exchange what isn't written."""
UNDECIDED = "0.55"
"""Of a change that may have either sign."""
WIDTH, GAP, LARGEST = 10.8, 0.15, 0.2
"""Of the figure, between panels, and radius of the largest mark: inches."""
KEY = 1.0
"""Room for the key, in inches."""
CHANGE_WIDTH, CHANGE_KEY = 3.8, 0.52
"""Of a map of the difference, and room for its key: as wide as a narrow screen."""
MOST_LABELS, CHANGES, WORTH = 16, 6, 0.1
"""Labels of a panel; of these changes with their number, none below a share of the largest."""


# --- the figures ---------------------------------------------------------------------------------------
def change(squares: pd.DataFrame, base_map: BaseMap, base: str, other: str, *, near: bool) -> Figure:
    """The map of what falls and rises: of all, or of the part around the centre."""
    views = _views(base_map, CHANGE_WIDTH - 0.2)
    view, pair = views[-1] if near else views[0], (base, other)
    squares = squares[squares["scenario"].isin(pair)]
    title = folded(numbers.change_title(base_map, other, near=near), 10.5, CHANGE_WIDTH - 0.2)
    top, high = 0.1 + 0.18 * (title.count("\n") + 1), 2 * view.half_y * view.scale
    figure = new_figure(CHANGE_WIDTH, top + high + CHANGE_KEY)
    figure.set_layout_engine("none")  # the panel has its place
    axes = on.panel(figure, view, 0.1, CHANGE_KEY)
    _ground(axes, squares, base_map, view, views, None, pair)
    axes.set_title(title, fontsize=10.5, loc="left", pad=4)
    lines = _site_keys(squares, base_map, base, other) if near else _change_keys(squares)
    for n, handles in enumerate(lines):
        _key_line(figure, handles, CHANGE_KEY - 0.26 - 0.2 * n, "", size=8)
    return figure


def displacement(squares: pd.DataFrame, base_map: BaseMap, base: str, other: str | None = None) -> Figure:
    """Maps of attacks in the base and, beside it, in another scenario."""
    pair = [base, other] if other else [base]
    wide = (WIDTH - 0.4 - GAP) / 2
    views = _views(base_map, wide)
    title = folded(numbers.displacement_title(squares, base_map, base, None), 11, WIDTH - 0.4)
    top = 0.15 + 0.2 * (title.count("\n") + 1)
    highs = [2 * view.half_y * view.scale for view in views]
    height = (sum(highs) + 0.55 * len(views) if other else max(highs) + 0.55) + top + KEY
    squares = squares[squares["scenario"].isin(pair)]  # scales are those of what is drawn
    figure = new_figure(WIDTH, height)
    figure.set_layout_engine("none")  # each panel has its place
    headline(figure, title)
    bottom = height - top
    for r, (view, high) in enumerate(zip(views, highs, strict=True)):
        bottom = bottom - high - 0.55 if other or r == 0 else bottom
        for c, name in enumerate(pair):
            left = 0.2 + (c if other else r) * (wide + GAP)
            level = bottom if other else height - top - 0.55 - high
            _panel(on.panel(figure, view, left, level), squares, base_map, view, views, name)
    _key(figure, squares, base_map, base)
    return figure


def _views(base_map: BaseMap, width: float) -> list[View]:
    """All of the map, if that is more than the larger part shows, and that part."""
    return [view for view in (on.far_view(base_map, width), on.near_view(base_map, width)) if view]


def _panel(axes: Axes, squares: pd.DataFrame, base_map: BaseMap, view: View, views: Sequence[View], name: str) -> None:
    """One map of a scenario."""
    shown = _ground(axes, squares, base_map, view, views, name, (name, None))
    part = "" if len(views) == 1 else "in all" if view is not views[-1] else f"around {base_map.name}"
    words = numbers.panel_title(shown, name, part)
    axes.set_title(folded(words, 9.5, 2 * view.half_x * view.scale - 0.05), fontsize=9.5, loc="left", pad=4)


def _ground(
    axes: Axes,
    squares: pd.DataFrame,
    base_map: BaseMap,
    view: View,
    views: Sequence[View],
    name: str | None,
    pair: tuple[str, str | None],
) -> pd.DataFrame:
    """Roads, marks, sites and labels of a scenario, or of the difference if `name` is None; the squares in sight."""
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
    return shown


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
    """Filled where the interval leaves 0 out, hollow and grey where it doesn't."""
    clear, signs = is_clear(rows), rows["difference_mean"] < 0
    colours = [to_rgba(FEWER if fewer else MORE, 0.85) for fewer in signs]
    white, nothing = to_rgba("white"), to_rgba("white", 0.0)
    faces = [colour if sure else nothing for colour, sure in zip(colours, clear, strict=True)]
    edges = [white if sure else to_rgba(UNDECIDED) for sure in clear]
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
def _key(figure: Figure, squares: pd.DataFrame, base_map: BaseMap, base: str) -> None:
    """Kinds, sizes with their numbers, sites, and n."""
    held = base_map.sites.get(base, frozenset())
    kinds = _kinds(squares) + ([_handle("^", SITE, "site at the start", 0.04)] if held else [])
    _key_line(figure, kinds, 0.5, _note(squares, base))
    _key_line(figure, _sizes(squares, "mean", " per run"), 0.1, "")


def _kinds(squares: pd.DataFrame, colour: str = "") -> list[Line2D]:
    """The kinds of attack that there are; of one colour where it says something else."""
    there = set(squares["kind"])
    return [_handle(mark, colour or own, words) for kind, (own, mark, words) in KIND_STYLES.items() if kind in there]


def _change_keys(squares: pd.DataFrame) -> list[list[Line2D]]:
    """What colours and sizes of a difference mean."""
    hollow = _mark("o", UNDECIDED, "either sign", 7, markerfacecolor="none")
    colours = [_handle("o", FEWER, "fewer attacks"), _handle("o", MORE, "more"), hollow]
    return [colours, _sizes(squares, "difference_mean", " a run")[:2]]


def _site_keys(squares: pd.DataFrame, base_map: BaseMap, base: str, other: str) -> list[list[Line2D]]:
    """Kinds of attack; sites that stay and those of the base alone."""
    held, kept = (base_map.sites.get(name, frozenset()) for name in (base, other))
    sites = [_handle("^", SITE, "site", 0.05)] if kept else []
    sites += [_mark("x", SITE, "site given up", 5)] if held - kept else []
    kinds = _kinds(squares, "0.45")
    return [kinds[:2], [*kinds[2:], *sites]] if len(kinds) + len(sites) else []


def _sizes(squares: pd.DataFrame, column: str, words: str) -> list[Line2D]:
    """Marks of round sizes with their numbers."""
    sizes = key_sizes(float(np.nan_to_num(squares[column].abs()).max(initial=0.0)))
    return [_handle("o", "0.55", f"{number(size)}{words}", float(radius(size, squares, column))) for size in sizes]


def _key_line(figure: Figure, handles: Sequence[Line2D], inches: float, note: str, size: float = 9.0) -> None:
    style: dict[str, Any] = {"frameon": False, "fontsize": size, "title_fontsize": 9, "borderpad": 0}
    style |= {"handletextpad": 0.5 if size < 9 else 0.9, "columnspacing": 1.2 if size < 9 else 2.0}
    style |= {"loc": "lower center", "bbox_to_anchor": (0.5, inches / figure.get_figheight())}
    if handles:
        figure.legend(handles=list(handles), ncols=len(handles), title=note or None, **style)


def _note(squares: pd.DataFrame, base: str) -> str:
    n = int(squares.loc[squares["scenario"] == base, "n"].iloc[0])
    over = counted(n, sampled(squares))
    return f"area of a mark: attacks per run in its square, of each kind; n = {over}; IZ: International Zone"


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
