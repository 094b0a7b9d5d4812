"""What is done with the model: commands, comparisons, files, figures. It imports `sim`, never the reverse."""

from __future__ import annotations

TYPE_CHECKING = False  # the name that type checkers know; its module would be most of what `posture` loads first
if TYPE_CHECKING:
    from pathlib import Path

    from experiments.analysis.results import Failed, Results


def load(folder: Path | str, failed: Failed = "refuse") -> Results:
    """The results in a folder, as `experiments.analysis.load` reads them; `experiments` itself imports nothing."""
    from experiments.analysis.results import load as load_results

    return load_results(folder, failed)
