"""The live charts: of one run over its ensemble, of two runs side by side; the table of where a run stands."""

from sim.app.charts.live import LiveCharts, live_figure
from sim.app.charts.summary import SUMMARY, SummaryRow, summary
from sim.app.charts.twin import TwinCharts, difference_figure

__all__ = ["SUMMARY", "LiveCharts", "SummaryRow", "TwinCharts", "difference_figure", "live_figure", "summary"]
