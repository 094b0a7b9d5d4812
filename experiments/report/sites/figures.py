"""Figures of fire on each site: a row a site; of a comparison a mark a scenario, over the priors a share of draws."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd
from matplotlib.figure import Figure

from experiments.report import study
from experiments.report.sites import numbers
from experiments.report.study import Drawn, Tabled
from experiments.report.style.colours import policy_style
from experiments.report.style.forest import label_rows, room_for, row_labels
from experiments.report.style.panels import key, means, new_figure, offset
from experiments.report.style.words import policy

WIDTH, NARROW, SHIFT = 5.4, 2.9, 0.36


def fire(sites: pd.DataFrame, titles: Mapping[str, str]) -> Figure:
    """Fire attacks a run on each site that some scenario holds, those under most fire first."""
    names, order = numbers.scenarios(sites), numbers.held_by_any(sites)
    labels = row_labels([titles[site] for site in order])
    room, row = room_for(labels)
    figure = new_figure(room + NARROW, 1.1 + row * len(labels))
    axes = figure.subplots()
    for n, name in enumerate(names):
        found = numbers.shown(numbers.rows_of(sites, name), order)
        at = [place + offset(n, len(names), SHIFT) for place in found]
        means(axes, list(found.values()), at, n, label=policy(name), **policy_style(n))
    label_rows(axes, labels)
    axes.set_xlim(left=-0.02 * axes.get_xlim()[1])  # a mark at 0 is seen whole
    axes.set_xlabel("fire attacks a run, mean with its 95% interval", fontsize=9)
    key(figure, axes, "No mark: the posture does not hold the site.", size=9)
    return figure


def reached(sites: pd.DataFrame) -> Figure:
    """Of the draws of the priors: in how many a cell can fire at a site, and in how many one does."""
    labels = row_labels([str(name) for name in sites["title"]])
    room, row = room_for(labels)
    figure = new_figure(room + WIDTH, 1.5 + row * len(labels))
    axes, places = figure.subplots(), range(len(labels))
    axes.plot(sites["reached"], places, "|", color="0.35", markersize=9, label="a cell can fire at it")
    means(axes, numbers.shares(sites), places, label="it is fired at")
    label_rows(axes, labels)
    axes.set_xlim(0, 1.02)
    axes.set_xlabel("share of the draws, with its exact 95% interval", fontsize=9)
    key(figure, axes)
    return figure


def charts(sites: pd.DataFrame, _: Tabled) -> Iterator[Drawn]:
    """The study over the priors."""
    finding = numbers.by_share_words(sites)
    how = "Bars: in what share of the draws a site is fired at. Strokes: in what share a cell can fire at it at all."
    yield Drawn("sites_prior", reached(numbers.by_share(sites)), finding, how, f"Dot chart, a row a site: {finding}")


pictures = study.pictures(("sites_prior", charts))
