"""Responses: security gained against Baghdad's capital spent, with the Pareto front and how sure it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from experiments.report.style.colours import COLOURS, clean, headline, new_figure
from experiments.report.style.words import folded
from experiments.report.tradeoff.pareto import front_shares, on_front
from sim.measures import BY_NAME
from sim.numbers import counted, signed
from sim.statistics import Interval, Values, mean_interval

GAINS = ("pressure", "rounds_leaked", "fire_attacks")
"""Security gained: how far these fall. The first has the large panel."""
CAPITAL, RELATION, CLOSURES, EVACUATED = "capital_mean", "relation_mean", "closure_hours", "sites_evacuated"
MEASURES = (*GAINS, CAPITAL, RELATION, CLOSURES, EVACUATED)
NONE = "none"
PAIRED_BY = ("replicate", "seed")
SURE = 0.95
"""A scenario is surely on the front, or surely off it, if it is so in this share of the resamples."""
_PLACES = {"main": (0.85, 1.15, 4.5, 4.6), "upper": (9.2, 3.9, 1.95, 1.85), "lower": (9.2, 1.15, 1.95, 1.85)}
_WIDTH, _HEIGHT, _LABELS = 12.1, 6.8, 2.75  # inches
_GAP = 4.0
"""A panel is cut where the next value, going outwards in the upper half of them, lies so many times further out."""
_SIZE = 8.5


@dataclass(frozen=True)
class TradeOff:
    """Responses on one posture. Arrays have a row a replicate and a column a scenario; the first is the base.

    `gain[measure]`: base − scenario, in the unit of the measure; `spent`: of capital, on its scale from 0 to 1;
    `relation` and `closure_hours`: scenario − base; `ended`: whether the mission ended in a run. `base` is the name of
    the base, posture and responses joined by +. `left_out` replicates are not whole in every scenario.
    """

    posture: str
    base: str
    names: tuple[str, ...]
    gain: dict[str, Values]
    spent: Values
    relation: Values
    closure_hours: Values
    ended: NDArray[np.bool_]
    left_out: int

    @property
    def n(self) -> int:
        """Replicates, each of them whole in every scenario."""
        return len(self.spent)

    def front(self, measure: str) -> list[str]:
        """The scenarios that none beats in both, in their means."""
        mask = on_front(self.gain[measure].mean(axis=0), self.spent.mean(axis=0))
        return [name for name, there in zip(self.names, mask, strict=True) if there]

    def shares(self, measure: str) -> dict[str, float]:
        """Share of bootstrap resamples in which each is on the front; NaN with one replicate alone."""
        if self.n < 2:
            return dict.fromkeys(self.names, float("nan"))
        return dict(zip(self.names, front_shares(self.gain[measure], self.spent).tolist(), strict=True))


def intervals(values: Values) -> list[Interval]:
    """Mean and 95% t interval of each column."""
    return [mean_interval(column) for column in values.T]


# --- from the table --------------------------------------------------------------------------------------
def trade_offs(runs: pd.DataFrame) -> list[TradeOff]:
    """One for each posture that was run without a response and with some, over the same replicates.

    `runs` has posture, responses, replicate or seed (or both), and MEASURES; rows without a measure are left out.
    """
    runs = runs.assign(**{name: runs[name].astype(object).fillna("").astype(str) for name in ("posture", "responses")})
    keys = [name for name in PAIRED_BY if name in runs and runs[name].notna().any()]
    parts = (_trade_off(str(name), part, keys) for name, part in runs.groupby("posture", sort=False))
    return [part for part in parts if part is not None]


def _trade_off(posture: str, runs: pd.DataFrame, keys: list[str]) -> TradeOff | None:
    names = list(dict.fromkeys(runs["responses"]))
    base = _base(names)
    if base is None or len(names) < 2 or _in_worlds(runs, keys):
        return None  # a sweep's own section has what there is to say of several worlds
    order = [base, *(name for name in names if name != base)]
    every = runs.pivot(index=keys, columns="responses", values=list(MEASURES))
    whole = every.dropna()
    if whole.empty:
        return None
    values = {m: whole[m][order].to_numpy(np.float64) for m in MEASURES}
    over = {m: table - table[:, :1] for m, table in values.items()}
    return TradeOff(
        posture=posture,
        base="+".join(filter(None, (posture, base))),
        names=tuple(_label(name, base) for name in order),
        gain={measure: 0.0 - over[measure] for measure in GAINS},
        spent=0.0 - over[CAPITAL],
        relation=over[RELATION],
        closure_hours=over[CLOSURES],
        ended=values[EVACUATED] > 0,
        left_out=len(every) - len(whole),
    )


def _in_worlds(runs: pd.DataFrame, keys: list[str]) -> bool:
    """Whether a scenario was run at several points, or a run is there twice."""
    places = runs[["responses", "point"] if "point" in runs else ["responses"]].drop_duplicates()
    return len(places) > runs["responses"].nunique() or bool(runs.duplicated(["responses", *keys]).any())


def _base(names: Sequence[str]) -> str | None:
    """The responses that all others have too: none, or what the whole study has in force."""
    sets = {name: set(filter(None, name.split("+"))) for name in names}
    return next((name for name in names if all(sets[name] <= other for other in sets.values())), None)


def _label(name: str, base: str) -> str:
    """A scenario's responses beyond those of the base."""
    common = set(filter(None, base.split("+")))
    return "+".join(part for part in name.split("+") if part not in common) or NONE


# --- the figure ------------------------------------------------------------------------------------------
def tradeoff(found: TradeOff) -> Figure:
    """A large panel for pressure, with names; small ones for rounds leaked and fire attacks, with numbers."""
    figure = new_figure(_WIDTH, _HEIGHT)
    figure.set_layout_engine("none")  # the places are fixed, so that the column of names fits its words
    for measure, place in zip(GAINS, _PLACES, strict=True):
        left, bottom, width, height = _PLACES[place]
        axes = figure.add_axes((left / _WIDTH, bottom / _HEIGHT, width / _WIDTH, height / _HEIGHT))
        _draw(axes, found, measure, named=place == "main")
    headline(figure, title(found))
    _key(figure)
    return figure


def title(found: TradeOff) -> str:
    """Which scenarios are on the front of pressure against capital, and how surely."""
    shares, front = found.shares(GAINS[0]), found.front(GAINS[0])
    parts = [f"{name} ({100 * shares[name]:.0f}%)" if shares[name] == shares[name] else name for name in front]
    beaten = len(found.names) - len(front)
    who = f"the other {beaten} are" if beaten > 1 else "the other one is"
    rest = f"; {who} beaten: another gains as much or more for as little or less" if beaten else ""
    return (
        f"Pressure against Baghdad's capital, {counted(len(found.names) - 1, 'response')} on {found.posture}: on the "
        f"front stand {', '.join(parts)}{rest}\n(%: share of bootstrap resamples in which it is on the front; bars: "
        f"95% t interval of the paired difference from no response, n = {found.n:,} pairs)"
    )


def _draw(axes: Axes, found: TradeOff, measure: str, *, named: bool) -> None:
    x, y = intervals(found.spent), intervals(found.gain[measure])
    x_ends, y_ends = _ends(x), _ends(y)
    axes.set_xlim(*x_ends)
    axes.set_ylim(*y_ends)
    front = found.front(measure)
    _draw_front(axes, [(x[n].mean, y[n].mean) for n, name in enumerate(found.names) if name in front])
    for n, name in enumerate(found.names):
        _draw_point(axes, x[n], y[n], base=n == 0, front=name in front)
    axes.axhline(0, color="0.75", linewidth=0.8, zorder=0)
    axes.axvline(0, color="0.75", linewidth=0.8, zorder=0)
    _write_axes(axes, measure, named=named)
    labels = list(_labels(found, measure, y, y_ends, named=named))
    shown = [n for n, name in enumerate(found.names) if named or name in front]
    _write_labels(axes, [(_inside(axes, x[n].mean, y[n].mean), labels[n], found.names[n] in front) for n in shown])


def _ends(of: Sequence[Interval]) -> tuple[float, float]:
    """Ends of an axis that shows 0 and all intervals, or leaves out the few that would crush the others."""
    lows, highs = (np.array([np.nan_to_num(getattr(i, end), nan=i.mean) for i in of]) for end in ("low", "high"))
    reach = np.sort(np.maximum(abs(lows), abs(highs)))
    steps = [k for k in range(len(reach) // 2 + 1, len(reach)) if reach[k] > _GAP * reach[k - 1] > 0]
    cut = reach[steps[0] - 1] if steps else reach[-1]
    low, high = max(min(lows.min(), 0.0), -cut), min(max(highs.max(), 0.0), cut)
    space = 0.06 * (high - low) or 1.0
    return low - space, high + space


def _draw_front(axes: Axes, points: Sequence[tuple[float, float]]) -> None:
    """The border of what can be had: a staircase through the front, within the panel."""
    xs, ys = (np.array(part) for part in zip(*sorted(points), strict=True))
    (_, right), (bottom, _) = axes.get_xlim(), axes.get_ylim()
    xs, ys = np.concatenate([xs[:1], xs, [right]]), np.concatenate([[bottom], ys, ys[-1:]])
    axes.step(xs, ys, where="post", color=COLOURS[0], linewidth=1.2, linestyle="--", zorder=1)


def _draw_point(axes: Axes, x: Interval, y: Interval, *, base: bool, front: bool) -> None:
    at = _inside(axes, x.mean, y.mean)
    beyond = at != (x.mean, y.mean)
    colour = COLOURS[0] if front else "0.45"
    marker = ("v" if y.mean < at[1] else "^" if y.mean > at[1] else ">") if beyond else "D" if base else "o"
    if not base and not beyond:
        lengths: dict[str, Any] = {
            f"{axis}err": np.nan_to_num([[max(i.mean - i.low, 0)], [max(i.high - i.mean, 0)]])
            for axis, i in (("x", x), ("y", y))
        }
        axes.errorbar(*at, **lengths, fmt="none", ecolor=colour, elinewidth=1.1, capsize=2, zorder=2)
    face = colour if front else "white"
    axes.plot(*at, marker, color=colour, markerfacecolor=face, markersize=6, zorder=3, clip_on=False)


def _inside(axes: Axes, x: float, y: float) -> tuple[float, float]:
    """The point, or the nearest on the panel's edge."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    return min(max(x, left), right), min(max(y, bottom), top)


def _write_axes(axes: Axes, measure: str, *, named: bool) -> None:
    unit, words = BY_NAME[measure].unit, measure.replace("_", " ")
    clean(axes)
    axes.tick_params(labelsize=8.5)
    axes.xaxis.set_major_locator(MaxNLocator(5 if named else 3))
    axes.set_ylabel(f"fall in {words}" + (f" [{unit}]" if unit != "1" else ""), fontsize=9.5)
    spent = "Baghdad's capital spent (mean over the days, scale 0 to 1)"
    axes.set_xlabel(spent if named else "capital spent", fontsize=9.5)


def _labels(
    found: TradeOff, measure: str, y: Sequence[Interval], ends: tuple[float, float], *, named: bool
) -> Iterator[str]:
    """Number and name; the value of what lies beyond the panel; the share on the front."""
    shares = found.shares(measure) if named else {}
    for n, name in enumerate(found.names):
        away = not ends[0] <= y[n].mean <= ends[1]
        value = f" {signed(y[n].mean)}" if away else ""
        share = f" ({100 * shares[name]:.0f}%)" if np.isfinite(shares.get(name, np.nan)) else ""
        yield folded(f"{n} {name}{value}{share}", _SIZE, _LABELS - 0.4) if named else f"{n}{value}"


def _write_labels(axes: Axes, labels: Sequence[tuple[tuple[float, float], str, bool]]) -> None:
    """A column on the right in the order of the points, a thin line from each label (point, words, on the front)."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    width, height = axes.get_position().width * _WIDTH, axes.get_position().height * _HEIGHT
    inch_x, inch_y = (right - left) / width, (top - bottom) / height
    wanted = [(point[1] - bottom) / inch_y for point, _, _ in labels]
    rows = [0.155 * (words.count("\n") + 1) for _, words, _ in labels]
    for at, ((x, y), words, front) in zip(spread_out(wanted, rows, height), labels, strict=True):
        level, end = bottom + at * inch_y, right + 0.35 * inch_x
        style: dict[str, Any] = {"color": "0.75", "linewidth": 0.6, "zorder": 0, "clip_on": False}
        axes.plot([x, right + 0.1 * inch_x, end], [y, level, level], **style)
        colour, weight = (COLOURS[0], "bold") if front else ("0.25", "normal")
        axes.text(end + 0.04 * inch_x, level, words, fontsize=_SIZE, va="center", color=colour, weight=weight)


def spread_out(wanted: Sequence[float], sizes: Sequence[float], room: float) -> list[float]:
    """Centres near those wanted, in their order, that keep labels of these sizes apart; in `room` if they fit."""
    order = sorted(range(len(wanted)), key=lambda n: wanted[n])
    centres, edge = [0.0] * len(wanted), 0.0
    for n in order:
        centres[n] = max(wanted[n], edge + sizes[n] / 2)
        edge = centres[n] + sizes[n] / 2
    edge = max(room, sum(sizes))
    for n in reversed(order):
        centres[n] = min(centres[n], edge - sizes[n] / 2)
        edge = centres[n] - sizes[n] / 2
    return centres


def _key(figure: Figure) -> None:
    """What the marks mean, below the panels."""
    words = (
        "Filled, blue: on the front (dashed: its border). Hollow, grey: beaten. Diamond: no response. Triangle: beyond "
        "the panel, its value with its name. Small panels: the numbers of the scenarios on their own front."
    )
    figure.text(0.02, 0.12 / _HEIGHT, folded(words, 8.5, _WIDTH - 0.5), fontsize=8.5, color="0.25", va="bottom")
