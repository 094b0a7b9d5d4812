"""Figures over time: attacks beside what was reported, fans of the political levels, convoys and supply."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.report.course import weeks
from experiments.report.course.weeks import (
    Frame,
    clear_weeks,
    left_out,
    reported_quarters,
    runs_of,
    scenarios,
    series,
    total,
    whole_weeks,
)
from experiments.report.style.colours import FEW, headline, new_figure
from experiments.report.style.words import readable, sentence, short_labels
from experiments.studies import targets
from sim.numbers import fixed, number

KINDS = {"fire_attacks": "Rocket and drone attacks", "convoy_attacks": "Bombs against supply convoys"}
POLITICS = ("relation", "capital", "patience", "will", "prestige", "grievance")
SHARES = POLITICS[:4]
"""These run from 0 to 1."""
FATES = {
    "convoys_hit": ("hit by a bomb", "-"),
    "convoys_turned_back": ("turned back", "--"),
    "convoys_lost": ("lost", ":"),
}
WIDTH = 10.5
RUNNING = 4
"""Weeks over which shares of convoys are taken together: in one week few are sent."""


# --- attacks -------------------------------------------------------------------------------------------
def attacks(weekly: Frame) -> Figure:
    """A panel for fire and one for bombs against convoys; mean a week, its interval, and the reported quarters."""
    names = scenarios(weekly)[:FEW]
    figure = new_figure(WIDTH, 7.0)
    panels = weeks.panels(figure, 2, 1, weekly)
    for axes, kind in zip(panels, KINDS, strict=True):
        for n, name in enumerate(names):
            weeks.mean_line(axes, whole_weeks(series(weekly, name, kind)), n, name)
        _reported(axes, weekly, kind)
        axes.set_ylim(0, 1.12 * axes.get_ylim()[1])
        axes.set_ylabel("attacks a week")
        weeks.title(axes, kind_title(weekly, kind), WIDTH - 0.9)
    weeks.legend(figure, panels[0], attacks_note(weekly))
    headline(figure, attacks_title(weekly))
    return figure


def _reported(axes: Axes, weekly: Frame, kind: str) -> None:
    """A step a quarter, with its count; drawn as a mean a week."""
    reported = targets.reported_quarters()
    counts = reported.counts[kind][1]
    start = weeks.at(pd.Timestamp(reported.start))
    for q, first, last in reported_quarters(weekly):
        ends = [start + first - 1, start + last]
        rate = 7 * counts[q - 1] / (last - first + 1)
        label = f"reported ({reported.sources}), mean a week of the quarter" if q == 1 else None
        axes.plot(ends, [rate, rate], color="black", linestyle="--", linewidth=1.4, label=label)
        axes.axvline(ends[1], color="0.6", linewidth=0.8, zorder=0)
        words = f" Q{q}: {counts[q - 1]} reported, {rate:.1f} a week"
        axes.text(ends[0], 0.99, words, transform=axes.get_xaxis_transform(), fontsize=9, va="top")


def kind_title(weekly: Frame, kind: str) -> str:
    """Attacks of a kind over the whole run by scenario, and what was reported for the quarters."""
    parts = [f"{name} {number(total(weekly, name, kind))}" for name in scenarios(weekly)[:FEW]]
    reported = targets.reported_quarters()
    if len(reported_quarters(weekly)) == len(reported.ends):
        parts.append(f"reported {sum(reported.counts[kind][1])}")
    return f"{KINDS[kind]}, total of the run: {', '.join(parts)}"


def attacks_title(weekly: Frame) -> str:
    """In how many weeks each scenario differs from the base for certain."""
    base, *others = scenarios(weekly)[:FEW]
    if not others or weekly["n"].max() < 2:
        return f"Attacks week by week: {_most_week(weekly, base)}"
    labels = short_labels([base, *others])
    return "\n".join(_weeks_line(weekly, name, labels[name], base) for name in others)


def _weeks_line(weekly: Frame, name: str, label: str, base: str) -> str:
    parts = []
    for kind in KINDS:
        fewer, more, of = clear_weeks(weekly, name, kind)
        parts.append(f"{readable(kind)} clearly fewer in {fewer} of {of} weeks, more in {more}")
    return f"{label} against {base}: {'; '.join(parts)}"


def _most_week(weekly: Frame, name: str) -> str:
    parts = []
    for kind in KINDS:
        rows = series(weekly, name, kind)
        if rows.empty:
            continue
        top = rows.iloc[int(rows["mean"].argmax())]
        parts.append(f"most {readable(kind)} in week {int(top['week'])} ({number(float(top['mean']))})")
    return f"{name}, {'; '.join(parts)}"


def attacks_note(weekly: Frame) -> str:
    """How the figure is drawn."""
    names = scenarios(weekly)
    drawn = names[:FEW]
    if weekly["n"].max() < 2:
        return f"line: attacks in the week; {runs_of(weekly, drawn)}.{left_out(names)}"
    spread = f"single runs, 5th to 95th percentile of a week: {_spread(weekly, drawn)}"
    return f"line: mean of the week; band: its 95% t interval; {spread}; {runs_of(weekly, drawn)}.{left_out(names)}"


def _spread(weekly: Frame, names: Sequence[str]) -> str:
    """How far single weeks of single runs spread, the lowest and the highest of all weeks."""
    parts = []
    for kind in KINDS:
        rows = [whole_weeks(series(weekly, name, kind)) for name in names]
        low, high = min(each["p05"].min() for each in rows), max(each["p95"].max() for each in rows)
        parts.append(f"{number(float(low))} to {number(float(high))} {readable(kind)}")
    return ", ".join(parts)


# --- politics ------------------------------------------------------------------------------------------
def politics(weekly: Frame) -> Figure:
    """Fans of the political levels, a panel each."""
    names, levels = scenarios(weekly)[:FEW], levels_in(weekly)
    rows = -(-len(levels) // 3)
    figure = new_figure(WIDTH, 1.4 + 2.6 * rows)
    panels = weeks.panels(figure, rows, 3, weekly)
    for axes, measure in zip(panels, levels, strict=False):
        for n, name in enumerate(names):
            weeks.fan(axes, series(weekly, name, measure), n, name)
        axes.set_ylabel(_level_label(measure), fontsize=9)
        weeks.title(axes, fan_title(weekly, measure), WIDTH / 3 - 0.7)
    for axes in panels[len(levels) :]:
        axes.remove()
    weeks.legend(figure, panels[0], fan_note(weekly))
    headline(figure, politics_title(weekly))
    return figure


def levels_in(weekly: Frame) -> list[str]:
    """The political levels that the table has and that move at all."""
    found = {str(name): rows for name, rows in weekly.groupby("measure") if name in POLITICS}
    return [measure for measure in POLITICS if measure in found and found[measure]["mean"].nunique() > 1]


def still(weekly: Frame) -> str:
    """Names the levels that never move, which have no panel."""
    names = [name for name in POLITICS if name in set(weekly["measure"]) and name not in levels_in(weekly)]
    return f" Without change, not drawn: {', '.join(names)}." if names else ""


def _level_label(measure: str) -> str:
    return f"{readable(measure)}, 0 to 1" if measure in SHARES else f"{readable(measure)} (no unit)"


def fan_title(weekly: Frame, measure: str) -> str:
    """The medians at the end: of each scenario, or of the lowest and the highest if there are more than two."""
    names = scenarios(weekly)[:FEW]
    rows = {name: series(weekly, name, measure).iloc[-1] for name in names}
    ends = {name: float(row["p50"] if row["n"] > 1 else row["mean"]) for name, row in rows.items()}
    if len(names) > 2:
        low, high = min(ends, key=ends.__getitem__), max(ends, key=ends.__getitem__)
        labels = short_labels(names)
        words = f"{level(ends[low])} ({labels[low]}) to {level(ends[high])} ({labels[high]})"
    else:
        words = ", ".join(f"{name} {level(value)}" for name, value in ends.items())
    return f"{sentence(readable(measure))}, at the end: {words}"


def level(value: float) -> str:
    """A level, of which most run from 0 to 1."""
    return fixed(value, 3)


def politics_title(weekly: Frame) -> str:
    """What differs for certain from the base at the end of the run."""
    base, *others = scenarios(weekly)[:FEW]
    if not others or weekly["n"].max() < 2:
        return f"Political levels of {base}: {', '.join(_from_to(weekly, base, m) for m in levels_in(weekly)[:4])}"
    labels = short_labels([base, *others])
    return "\n".join(_ends_line(weekly, name, labels[name], base) for name in others)


def _from_to(weekly: Frame, name: str, measure: str) -> str:
    values = series(weekly, name, measure)["mean"]
    return f"{measure} {level(float(values.iloc[0]))} → {level(float(values.iloc[-1]))}"


def _ends_line(weekly: Frame, name: str, label: str, base: str) -> str:
    parts: dict[str, list[str]] = {"higher": [], "lower": [], "undecided": []}
    for measure in levels_in(weekly):
        row = series(weekly, name, measure).iloc[-1]
        sure = row["difference_low"] > 0 or row["difference_high"] < 0
        side = "undecided" if not sure else "higher" if row["difference_mean"] > 0 else "lower"
        change = float(row["difference_mean"])
        parts[side].append(f"{measure} {fixed(change, 3, sign=True)}" if sure else measure)
    words = [f"{side}: {', '.join(found)}" for side, found in parts.items() if found]
    return f"{label} against {base} at the end: {'; '.join(words)}"


def fan_note(weekly: Frame) -> str:
    """How fans are drawn."""
    names = scenarios(weekly)
    drawn = runs_of(weekly, names[:FEW])
    if weekly["n"].max() < 2:
        return f"line: value at the end of the week; {drawn}.{left_out(names)}{still(weekly)}"
    bands = "bands: 25th to 75th and 5th to 95th percentile of runs"
    return f"line: median of runs at the end of the week; {bands}; {drawn}.{left_out(names)}{still(weekly)}"


# --- convoys and supply --------------------------------------------------------------------------------
def supply(weekly: Frame) -> Figure:
    """Convoys sent, what became of them, trucks lost, and the site that has least supply."""
    names = scenarios(weekly)[:FEW]
    figure = new_figure(WIDTH, 6.8)
    panels = weeks.panels(figure, 2, 2, weekly)
    for n, name in enumerate(names):
        weeks.mean_line(panels[0], whole_weeks(series(weekly, name, "convoys_sent")), n, name)
        _fates(panels[1], weekly, n, name)
        weeks.mean_line(panels[2], whole_weeks(series(weekly, name, "trucks_lost")), n, name)
        weeks.fan(panels[3], series(weekly, name, "lowest_supply_days"), n, name)
    labels = ("convoys sent a week", "of 100 convoys sent", "trucks lost a week", "days of supply")
    for axes, text, words in zip(panels, labels, supply_titles(weekly), strict=True):
        axes.set_ylabel(text, fontsize=9)
        axes.set_ylim(0, 1.06 * axes.get_ylim()[1])
        weeks.title(axes, words, WIDTH / 2 - 0.7)
    _fate_key(panels[1])
    weeks.legend(figure, panels[0], supply_note(weekly))
    headline(figure, supply_title(weekly))
    return figure


def _fates(axes: Axes, weekly: Frame, n: int, name: str) -> None:
    """Shares over running weeks; a gap where no convoy was sent."""
    sent = whole_weeks(series(weekly, name, "convoys_sent"))
    of = sent["mean"].rolling(RUNNING, min_periods=1).sum().to_numpy()
    for measure, (_, style) in FATES.items():
        rows = whole_weeks(series(weekly, name, measure))
        count = rows["mean"].rolling(RUNNING, min_periods=1).sum().to_numpy()
        share = np.divide(100 * count, of, out=np.full(len(of), np.nan), where=of > 0)
        axes.plot(weeks.dates(rows, middle=True), share, color=weeks.colour(n), linestyle=style, linewidth=1.5)


def _fate_key(axes: Axes) -> None:
    ends = [axes.plot([], [], color="0.3", linestyle=style, linewidth=1.5, label=of)[0] for of, style in FATES.values()]
    axes.set_ylim(top=1.22 * axes.get_ylim()[1])
    axes.legend(handles=ends, loc="upper left", ncols=3, frameon=False, fontsize=8.5)


def per_hundred(weekly: Frame, name: str, measure: str) -> float:
    """Of 100 convoys sent over the run; NaN if none was sent."""
    sent = total(weekly, name, "convoys_sent")
    return 100 * total(weekly, name, measure) / sent if sent else float("nan")


def supply_titles(weekly: Frame) -> list[str]:
    """What each panel says."""
    names = scenarios(weekly)[:FEW]
    lowest = {name: float(series(weekly, name, "lowest_supply_days")["mean"].min()) for name in names}
    return [
        _said("Convoys sent in the run", {name: total(weekly, name, "convoys_sent") for name in names}),
        _said("Hits by bombs for 100 sent", {name: per_hundred(weekly, name, "convoys_hit") for name in names}),
        _said("Trucks lost in the run", {name: total(weekly, name, "trucks_lost") for name in names}),
        _said("Days of supply at the site with least, lowest weekly mean", lowest),
    ]


def _said(what: str, values: dict[str, float]) -> str:
    return f"{what}: {', '.join(f'{name} {number(value)}' for name, value in values.items())}"


def supply_title(weekly: Frame) -> str:
    """How many convoys are sent, and how many of 100 are hit, by scenario."""
    labels, parts = short_labels(scenarios(weekly)[:FEW]), []
    for name, label in labels.items():
        sent, hits = total(weekly, name, "convoys_sent"), per_hundred(weekly, name, "convoys_hit")
        parts.append(f"{label} sends {number(sent)} convoys, with {number(hits)} hits for each 100")
    return "; ".join(parts)


def supply_note(weekly: Frame) -> str:
    """How the panels are drawn."""
    names = scenarios(weekly)
    shares = f"shares: over running {RUNNING} weeks, hits counted per bomb"
    if weekly["n"].max() < 2:
        return (
            f"line: total of the week, or value at its end; {shares}; {runs_of(weekly, names[:FEW])}.{left_out(names)}"
        )
    lines = "lines: mean of the week, band: its 95% t interval"
    fans = "days of supply: median, 25th to 75th and 5th to 95th percentile of runs"
    return f"{lines}; {fans}; {shares}; {runs_of(weekly, names[:FEW])}.{left_out(names)}"
