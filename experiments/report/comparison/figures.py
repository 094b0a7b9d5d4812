"""Figures of a comparison: each title says what the numbers show, computed from them."""

from __future__ import annotations

from pathlib import Path

from experiments.files.store import replacing
from experiments.report.comparison.differences import differences
from experiments.report.comparison.distributions import distributions
from experiments.report.comparison.quarters import quarters
from experiments.runs.compare import Comparison


def write_figures(comparison: Comparison, folder: Path) -> list[str]:
    """Draw every figure into a folder; their names."""
    figures = {
        "differences.png": differences(comparison),
        "quarters.png": quarters(comparison),
        "distributions.png": distributions(comparison),
    }
    for name, figure in figures.items():
        with replacing(folder / name, "wb") as file:
            figure.savefig(file, format="png", dpi=150)
    return list(figures)
