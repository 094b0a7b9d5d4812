"""Figure of the claims ledger: how probable each claim is over the ensemble and over the wide priors."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from experiments.report.marks import COLOURS, label_rows, new_figure
from experiments.report.study_figures import titled
from experiments.studies.claims import Claims

_LOOKS = {"supported": COLOURS[0], "contradicted": COLOURS[1], "undetermined": "0.35", "assumed": "0.7"}


def figures(found: Claims, ensemble: str, supported_from: float, *, quick: bool) -> dict[str, Figure]:
    """Every figure by file name."""
    return {"claims.png": ledger(found, ensemble, supported_from, quick=quick)}


def ledger(found: Claims, ensemble: str, supported_from: float, *, quick: bool) -> Figure:
    """A row a claim: probability with its interval, the verdict in colour and words."""
    rows = found.findings
    figure = new_figure(8.5, 1.7 + 0.3 * len(rows))
    axes = figure.add_subplot()
    for edge in (1 - supported_from, supported_from):
        axes.axvline(edge, color="0.4", linestyle="--", linewidth=1)
    for verdict, colour in _LOOKS.items():
        which = [n for n, f in enumerate(rows) if f.verdict == verdict]
        if which:
            shown = [rows[n] for n in which]
            lengths = np.array([(max(f.probability - f.low, 0), max(f.high - f.probability, 0)) for f in shown]).T
            style: dict[str, Any] = {"fmt": "o", "color": colour, "capsize": 3, "label": verdict}
            axes.errorbar([f.probability for f in shown], which, xerr=lengths, **style)
    prior: dict[str, Any] = {"marker": "|", "color": "black", "markersize": 10, "linestyle": "none"}
    axes.plot([f.prior_probability for f in rows], range(len(rows)), label="over the wide priors", **prior)
    label_rows(axes, [f"{f.claim.id}  {f.verdict}" for f in rows])
    axes.set_xlim(-0.03, 1.03)
    axes.set_xlabel("share of the draws in which every test of the claim holds")
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    n = rows[0].n if rows else 0
    words = f"Claims of the source over {n} draws of the ensemble {ensemble} "
    titled(figure, words + "(bars: 95% interval; dashed: where the verdict changes)", quick=quick)
    return figure
