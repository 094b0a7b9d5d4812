"""The question "what if" of a tab, and its answer: kept beside the panel, which comes and goes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import solara

from sim.app.charts.fans import FAN_SERIES
from sim.app.whatif import WhatIf
from sim.errors import PostureError


@dataclass(frozen=True)
class Question:
    """Responses to begin now, each alone or also together, at one strength; days ahead, and futures of each option."""

    chosen: tuple[str, ...] = ("zone_clearance", "intelligence_sharing")
    together: bool = False
    strength: float = 1.0
    days: int = 30
    n: int = 1000


class Asking:
    """What a tab asks. `found` is the last answer, `pending` says that one is being made."""

    def __init__(self) -> None:
        self.question: solara.Reactive[Question] = solara.reactive(Question())
        self.found: solara.Reactive[WhatIf | None] = solara.reactive(None)
        self.pending: solara.Reactive[bool] = solara.reactive(False)
        self.problem: solara.Reactive[str] = solara.reactive("")
        self.series: solara.Reactive[str] = solara.reactive(FAN_SERIES[0])

    def edit(self, **values: Any) -> None:
        """Ask something else."""
        self.question.value = replace(self.question.value, **values)

    def forget(self) -> None:
        """The run is another one: the answer is not its."""
        self.found.value, self.problem.value = None, ""

    def ask(self, answer: Callable[[Question], WhatIf]) -> None:
        """Answer in a thread of its own, which goes on whichever panel is looked at."""
        if not self.pending.value:
            self.pending.value, self.problem.value = True, ""
            threading.Thread(target=self._find, args=(answer,), daemon=True, name="posture what if").start()

    def _find(self, answer: Callable[[Question], WhatIf]) -> None:
        try:
            self.found.value = answer(self.question.value)
        except PostureError as error:
            self.found.value, self.problem.value = None, str(error)
        finally:
            self.pending.value = False
