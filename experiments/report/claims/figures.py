"""Figure of the claims: how probable each claim is, and its verdict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from experiments.report import study
from experiments.report.claims import numbers
from experiments.report.study import Drawn, Tabled
from experiments.report.style.colours import style_of
from experiments.report.style.forest import LABEL, label_rows, room_for
from experiments.report.style.panels import key, means, new_figure
from experiments.report.style.tables import intervals
from experiments.report.style.words import folded, sentence
from experiments.studies.claims.words import ASSUMED, UNTESTABLE

STYLES = {
    "supported": style_of(0),
    "contradicted": style_of(1),
    "undetermined": {**style_of(2), "color": "0.35"},
    UNTESTABLE: {"color": "0.35", "marker": "x", "linestyle": "none"},
    ASSUMED: {"color": "0.6", "marker": "o", "markerfacecolor": "white"},
}
WORDS_WIDTH = 4.6


def chart(rows: pd.DataFrame, found: Tabled) -> Iterator[Drawn]:
    """A row a claim: probability with its interval, the verdict in colour, mark and words."""
    said, edge = numbers.statements(found.about), numbers.supported_from(found.about)
    labels = [folded(f"{claim}  {said.get(claim, '')}".rstrip(), LABEL, WORDS_WIDTH) for claim in rows["claim"]]
    room, _ = room_for(labels)
    lines = sum(label.count("\n") + 1 for label in labels)
    figure = new_figure(room + 5.6, 1.8 + 0.17 * len(rows) + 0.16 * lines)
    axes = figure.add_subplot()
    for place in (1 - edge, edge) if edge else ():
        axes.axvline(place, color="0.4", linestyle="--", linewidth=1)
    _draw_claims(axes, rows)
    label_rows(axes, labels)
    axes.set_xlim(-0.03, 1.03)
    axes.set_xlabel("share of the states in which every test of the claim holds")
    key(figure, axes, columns=3)
    title = sentence(numbers.named(rows))
    dashed = "; dashed: where the verdict changes" if edge else ""
    how = f"Over {numbers.over(rows, found.about)} (bars: 95% interval{dashed})."
    alt = f"Dot chart, a row a claim: {numbers.by_verdict(rows)}."
    yield Drawn("claims", figure, title, how, alt)


def _draw_claims(axes: Axes, rows: pd.DataFrame) -> None:
    for verdict, style in STYLES.items():
        which = np.flatnonzero(rows["verdict"] == verdict)
        if len(which):
            label = "assumed by rule: no verdict" if verdict == ASSUMED else verdict
            found = intervals(rows.iloc[which], "probability")
            means(axes, found, which, label=label, markersize=6, capsize=3, **style)
    prior: dict[str, Any] = {"marker": "|", "color": "black", "markersize": 10, "linestyle": "none"}
    axes.plot(rows["prior_probability"].to_numpy(float), range(len(rows)), label="over the wide priors", **prior)


pictures = study.pictures(("claims", chart))
