"""`python -m benchmarks.audit [replicates [replicates of an experiment]]`: run everything, write docs/audit.md."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from benchmarks.audit.effects import audit, why
from benchmarks.audit.page import page
from experiments.files.whole import replacing

PAGE = Path(__file__).parent.parent.parent / "docs" / "audit.md"
REPLICATES, OF_EXPERIMENT = 3000, 1000


def main(words: list[str]) -> None:
    """Run and write docs/audit.md."""
    replicates, of_experiment = [*map(int, words), *(REPLICATES, OF_EXPERIMENT)[len(words) :]]
    text = page(list(audit(replicates=replicates)), list(why(replicates=of_experiment)), (replicates, of_experiment))
    with replacing(PAGE) as file:
        file.write(text)


if __name__ == "__main__":
    np.seterr(all="raise", under="ignore")
    main(sys.argv[1:])
