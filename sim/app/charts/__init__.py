"""The live charts: of one run over its ensemble, of two runs side by side; the table of where a run stands."""

from sim.app.charts.live import LiveCharts
from sim.app.charts.summary import SUMMARY, SummaryRow, summary
from sim.app.charts.twin import TwinCharts

__all__ = ["SUMMARY", "LiveCharts", "SummaryRow", "TwinCharts", "summary"]
