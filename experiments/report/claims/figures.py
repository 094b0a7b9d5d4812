"""Figure of the claims, drawn from its table: how probable each claim is, and its verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from experiments.report.page.document import Picture
from experiments.report.study_figures import Drawn, intervals, is_quick, listed
from experiments.report.style.colours import COLOURS, LABEL, MARKERS, bars, label_rows, new_figure, room_for
from experiments.report.style.words import folded
from sim.numbers import percent

VERDICTS = ("supported", "contradicted", "undetermined")
ASSUMED = "assumed"
LOOKS = {
    "supported": {"color": COLOURS[0], "marker": MARKERS[0]},
    "contradicted": {"color": COLOURS[1], "marker": MARKERS[1]},
    "undetermined": {"color": "0.35", "marker": MARKERS[2]},
    ASSUMED: {"color": "0.6", "marker": "o", "markerfacecolor": "white"},
}
WORDS_WIDTH = 4.6


def pictures(tables: Mapping[str, pd.DataFrame], study: Mapping[str, Any]) -> list[Picture]:
    """Every figure that the tables allow; `study` is the entry of the manifest, or empty."""
    return [drawn.picture(quick=any(map(is_quick, tables.values()))) for drawn in _all(tables, study)]


def _all(tables: Mapping[str, pd.DataFrame], study: Mapping[str, Any]) -> Iterator[Drawn]:
    if "claims" in tables and len(tables["claims"]):
        yield ledger(tables["claims"], study)


def statements(study: Mapping[str, Any]) -> dict[str, str]:
    """What was tested of each claim, by its number, as far as the study's entry in the manifest tells."""
    return {claim["id"]: claim["statement"] for claim in study.get("catalogue", {}).get("claims", [])}


def supported_from(study: Mapping[str, Any]) -> float | None:
    """The share of states from which a claim counts as supported, as far as the manifest tells."""
    return study.get("catalogue", {}).get("supported_from")


def counted(rows: pd.DataFrame) -> str:
    """`5 supported, 4 contradicted, 5 undetermined; 2 assumed by rule, so no finding`."""
    counts = rows["verdict"].value_counts()
    words = ", ".join(f"{counts.get(verdict, 0)} {verdict}" for verdict in VERDICTS)
    assumed = counts.get(ASSUMED, 0)
    return f"{words}; {assumed} assumed by rule, so no finding" if assumed else words


def ledger(rows: pd.DataFrame, study: Mapping[str, Any]) -> Drawn:
    """A row a claim: probability with its interval, the verdict in colour, mark and words."""
    said = statements(study)
    labels = [folded(f"{claim}  {said.get(claim, '')}".rstrip(), LABEL, WORDS_WIDTH) for claim in rows["claim"]]
    room, _ = room_for(labels)
    lines = sum(label.count("\n") + 1 for label in labels)
    figure = new_figure(room + 5.6, 1.8 + 0.17 * len(rows) + 0.16 * lines)
    axes = figure.add_subplot()
    edge = supported_from(study)
    for place in (1 - edge, edge) if edge else ():
        axes.axvline(place, color="0.4", linestyle="--", linewidth=1)
    _marks(axes, rows)
    label_rows(axes, labels)
    axes.set_xlim(-0.03, 1.03)
    axes.set_xlabel("share of the draws in which every test of the claim holds")
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    title = f"Of {len(rows)} claims of the source: {counted(rows)}"
    return Drawn("claims", figure, title, _how(rows, study), "claims", _alt(rows))


def _how(rows: pd.DataFrame, study: Mapping[str, Any]) -> str:
    ensemble = f" of the ensemble {study['ensemble']}" if "ensemble" in study else ""
    dashed = "; dashed: where the verdict changes" if supported_from(study) else ""
    return f"Over {rows['draws'].max():.0f} draws{ensemble} (bars: 95% interval from the number of draws{dashed})."


def _alt(rows: pd.DataFrame) -> str:
    parts = []
    for verdict in VERDICTS:
        some = rows[rows["verdict"] == verdict]
        each = [f"{c} {percent(p)}" for c, p in zip(some["claim"], some["probability"], strict=True)]
        parts += [f"{verdict} {listed(each)}"] if each else []
    assumed = rows.loc[rows["verdict"] == ASSUMED, "claim"]
    parts += [f"assumed, without a verdict, {listed(assumed)}"] if len(assumed) else []
    return f"Dot chart, a row a claim: {'; '.join(parts)}."


def _marks(axes: Axes, rows: pd.DataFrame) -> None:
    for verdict, look in LOOKS.items():
        which = np.flatnonzero(rows["verdict"] == verdict)
        if len(which):
            found = intervals(rows.iloc[which], "probability")
            label = "assumed by rule: no verdict" if verdict == ASSUMED else verdict
            style: dict[str, Any] = {"linestyle": "none", "capsize": 3, "label": label, **look}
            axes.errorbar([i.mean for i in found], which, xerr=bars(found), **style)
    prior: dict[str, Any] = {"marker": "|", "color": "black", "markersize": 10, "linestyle": "none"}
    axes.plot(rows["prior_probability"].to_numpy(float), range(len(rows)), label="over the wide priors", **prior)
