"""What a calibration has done so far, in a folder beside its results: a run that was broken off goes on from there."""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from experiments.files import store
from sim.compiled import source_hash

T = TypeVar("T")
FOLDER = ".calibration"


class Work:
    """Finished parts by name, for exactly this question (rules, priors, targets, setting, seed)."""

    def __init__(self, out: Path, question: dict[str, Any], *, fresh: bool = False) -> None:
        words = json.dumps([source_hash(), question], sort_keys=True, default=str)
        self.key = hashlib.sha256(words.encode()).hexdigest()[:16]
        self.folder, self.resumed = out / FOLDER, False
        mark = self.folder / "question"
        if self.folder.exists() and (fresh or not mark.is_file() or mark.read_text(encoding="utf-8") != self.key):
            shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        mark.write_text(self.key, encoding="utf-8")

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What was made before under this name, or `make()`, kept."""
        path = self.folder / f"{name}.pickle"
        if path.is_file():
            self.resumed = True
            return pickle.loads(path.read_bytes())
        made = make()
        with store.replacing(path, "wb") as file:
            pickle.dump(made, file)
        return made

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add to what a stage took so far, over all runs of the command: seconds by the clock, and of processors."""
        clock, processor = time.perf_counter(), time.process_time()
        yield
        spent = self.times
        before = spent.get(stage, {"seconds": 0.0, "processor_seconds": 0.0})
        spent[stage] = {
            "seconds": round(before["seconds"] + time.perf_counter() - clock, 1),
            "processor_seconds": round(before["processor_seconds"] + time.process_time() - processor, 1),
        }
        store.write_json(self.folder / "times.json", spent)

    @property
    def times(self) -> dict[str, dict[str, float]]:
        """What each stage took."""
        path = self.folder / "times.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}

    @property
    def database(self) -> Path:
        """Where the sequential method keeps its generations."""
        return self.folder / "history.db"

    def done(self) -> None:
        """All is written: the parts are no longer needed."""
        shutil.rmtree(self.folder)
