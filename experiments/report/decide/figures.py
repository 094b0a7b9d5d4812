"""Figures of deciding: regret against cost, what luck was in the selection, the choice under each structure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from experiments.report import study
from experiments.report.decide import numbers
from experiments.report.study import Drawn, Tabled
from experiments.report.style import panels as draw
from experiments.report.style.colours import COLOURS
from experiments.report.style.forest import label_rows, room_for, row_labels
from experiments.report.style.names import policy_words, side_words
from experiments.report.style.panels import means, new_figure
from experiments.report.style.tables import interval_of
from experiments.report.style.words import labelled, readable

_WIDTH = 9.0


def regret_chart(frame: pd.DataFrame, found: Tabled) -> Iterator[Drawn]:
    """Policies within the limits: 90th percentile of regret against cost."""
    cost = str(found.size("cheapest_by") or "cost")
    scores = found.get("decide_scores")
    marks = numbers.marks(frame, scores, cost) if scores is not None else []
    if not marks:
        return
    figure = new_figure(_WIDTH, 5.6)
    axes = figure.subplots()
    for mark in marks:
        colour = COLOURS[1] if mark.chosen else COLOURS[0] if mark.front else "0.6"
        shape = "*" if mark.chosen else "s" if mark.bare else "o"
        axes.plot(mark.cost, mark.regret, shape, color=colour, markersize=13 if mark.chosen else 6, zorder=3)
        if mark.bare:
            axes.annotate(
                policy_words(mark.policy),
                (mark.cost, mark.regret),
                textcoords="offset points",
                xytext=(7, 3),
                fontsize=8.5,
            )
    draw.clean(axes)
    axes.margins(0.08)
    unit = numbers.of_objective(scores, numbers.decides(found))["unit"].iloc[0] if scores is not None else ""
    axes.set_ylabel(f"90th percentile of regret in {labelled(numbers.decides(found), str(unit))}")
    axes.set_xlabel(f"{readable(cost)} [million dollars]")
    finding = f"{len(marks)} policies are within every limit: regret of each, against what it costs"
    how = "Star: the choice; squares: bare postures; blue: no other beats it in every criterion. Fresh states."
    yield Drawn("decide_regret", figure, finding, how, f"Scatter of regret against cost: {finding}.")


def luck_chart(scores: pd.DataFrame, found: Tabled) -> Iterator[Drawn]:
    """Lead over the base: promised at selection, kept on fresh states."""
    frame, objective = found.get("decide"), numbers.decides(found)
    leads = numbers.leads(frame, scores, objective, str(found.size("base"))) if frame is not None else []
    if not leads:
        return
    labels = row_labels([policy_words(each.policy) for each in leads])
    room, row = room_for(labels)
    figure = new_figure(room + 5.2, 1.6 + row * len(labels))
    axes = figure.subplots()
    axes.axvline(0, color="0.4", linewidth=1)
    places = range(len(leads))
    means(axes, [each.kept for each in leads], places, label="kept on fresh states (95% t interval)")
    style: dict[str, Any] = {"linestyle": "none", "marker": "o", "markerfacecolor": "none", "color": COLOURS[1]}
    axes.plot([each.promised for each in leads], places, label="promised at selection", **style)
    label_rows(axes, labels)
    draw.clean(axes)
    unit = str(numbers.of_objective(scores, objective)["unit"].iloc[0])
    axes.set_xlabel(f"{labelled(objective, unit)}: policy − {policy_words(str(found.size('base')))}")
    draw.key(figure, axes)
    lost = numbers.lost(leads)
    change = f"the lead in {readable(objective)} changed by {lost:+.3g} on average"
    finding = f"What selection promised and fresh states kept: {change}"
    how = "Policies of least regret, the largest promise first. A change above 0 is a smaller lead; states differ too."
    yield Drawn("decide_luck", figure, finding, how, f"Dot chart, a row a policy: {finding}.")


def _pick_words(row: Mapping[Any, Any]) -> str:
    return f"{side_words(row['structure'], row['where'])}: {policy_words(row['pick'])}"


def structures_chart(structures: pd.DataFrame, found: Tabled) -> Iterator[Drawn]:
    """The pick less the overall choice, where each structure is in and out."""
    chosen = numbers.chosen(found["decide"]) if "decide" in found else ""
    rows, tried = numbers.other_picks(structures, chosen), len(numbers.tried(structures))
    if rows.empty:
        return
    records = rows.to_dict("records")
    labels = row_labels([_pick_words(row) for row in records])
    room, row = room_for(labels)
    figure = new_figure(room + 4.6, 1.4 + row * len(labels))
    axes = figure.subplots()
    axes.axvline(0, color="0.4", linewidth=1)
    for turns in (0, 1):
        at = [n for n, each in enumerate(records) if each["turns"] == turns]
        means(axes, [interval_of(records[n]) for n in at], at, n=turns)
    label_rows(axes, labels)
    draw.clean(axes)
    axes.set_xlabel(f"{readable(numbers.decides(found))}: the pick there − the overall choice")
    turning = numbers.turning(structures)
    picks = f"Of {tried} structures that are in or out {len(records)} have another pick"
    finding = f"{picks}; the choice turns under {len(turning)}"
    how = "Orange: clearly better there, corrected for all that was tried. Means over states, 95% t intervals."
    yield Drawn("decide_structures", figure, finding, how, f"Dot chart, a row a structure: {finding}.")


pictures = study.pictures(
    ("decide", regret_chart), ("decide_scores", luck_chart), ("decide_structures", structures_chart)
)
