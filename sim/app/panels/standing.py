"""Where the run stands: its numbers so far beside the ensemble of the same scenario."""

from __future__ import annotations

import solara

from sim.app.charts.summary import SummaryRow, summary
from sim.app.components import Table
from sim.app.controller import Controller

HEADERS = ("measure", "unit", "so far", "ensemble: median", "ensemble: 5 to 95%", "this run stands at")


@solara.component
def StandingPanel(controller: Controller) -> None:
    """One row a measure."""
    shown, band = controller.shown.value, controller.band.value
    rows = solara.use_memo(lambda: _rows(controller), [shown.hour // 24, band, controller.opened.value])
    if band is not None:
        solara.Text(f"Ensemble: {band.title}, other seeds.", classes=["posture-quiet"])
    else:
        solara.Text(controller.band_problem.value or "The ensemble is being run.", classes=["posture-quiet"])
    Table([row.cells for row in rows], HEADERS, [row.meaning for row in rows])


def _rows(controller: Controller) -> list[SummaryRow]:
    session = controller.session
    with session.lock:
        return summary(session.first.days.copy(), session.first.scenario, controller.band.value)
