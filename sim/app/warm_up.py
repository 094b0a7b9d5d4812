"""What the first page would wait for: rules compiled, charts and fonts loaded."""

from __future__ import annotations

from sim.app.charts import LiveCharts
from sim.app.map import frame, layout
from sim.app.opening import scenarios
from sim.app.session import Session
from sim.app.setup import Setup


def warm_up(setup: Setup) -> None:
    """Make and draw a session as a page will, and forget it."""
    session = Session(scenarios(setup.opening, setup.shelf)[:1], seed=1)
    session.advance(25)
    run = session.first
    layout(run.model)
    frame(run.model, run.events, cells=False)
    charts = LiveCharts()
    charts.update(run.days, run.scenario, size_px=(380, 430))
    charts.png()
    session.go_to(0)
    session.close()
