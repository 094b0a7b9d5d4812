"""`python -m benchmarks.audit [replicates [of the unsure [of an experiment]]]`: run everything, write docs/audit.md."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from benchmarks.audit.effects import audit, why
from benchmarks.audit.page import page
from experiments.files.whole import replacing

PAGE = Path(__file__).parent.parent.parent / "docs" / "audit.md"
RUNS = (1000, 3000, 400)
"""Replicates of each variant, fresh ones of each that is left undetermined, and of an experiment."""


def main(words: list[str]) -> None:
    """Run and write docs/audit.md."""
    runs = (*map(int, words), *RUNS[len(words) :])
    replicates, again, of_experiment = runs
    text = page(audit(replicates=replicates, again=again), list(why(replicates=of_experiment)), runs)
    with replacing(PAGE) as file:
        file.write(text)


if __name__ == "__main__":
    np.seterr(all="raise", under="ignore")
    main(sys.argv[1:])
