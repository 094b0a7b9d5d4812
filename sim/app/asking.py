"""The question "what if" of a tab, its answer, and the answers pinned: kept beside the panel, which comes and goes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import solara

from sim.app.charts.fans import FAN_SERIES
from sim.app.ensemble_band import Tell
from sim.app.whatif import WhatIf
from sim.errors import PostureError

MOST_PINNED = 4


@dataclass(frozen=True)
class Question:
    """Ways to go on from now, each alone or also together: responses at one strength, and another posture ("": none).

    The futures go `days` ahead: `n` of this run or, with `states`, one of each state of the ensemble.
    """

    chosen: tuple[str, ...] = ("zone_clearance", "intelligence_sharing")
    posture: str = ""
    together: bool = False
    strength: float = 1.0
    days: int = 30
    n: int = 1000
    states: bool = False


@dataclass(frozen=True, eq=False)
class Answered:
    """An answer with what was asked, at which hour and after which orders, in words. `seed` is that of the run."""

    words: str
    seed: int
    found: WhatIf


class Asking:
    """What a tab asks. `newest` is the last answer, `shown` the one looked at; `pending` says that one is being made.

    `draw` puts the fans of an answer into the main charts, or of None takes them away.
    """

    def __init__(self, draw: Callable[[WhatIf | None], None]) -> None:
        self._draw = draw
        self.question: solara.Reactive[Question] = solara.reactive(Question())
        self.newest: solara.Reactive[Answered | None] = solara.reactive(None)
        self.pinned: solara.Reactive[tuple[Answered, ...]] = solara.reactive(())
        self.shown: solara.Reactive[Answered | None] = solara.reactive(None)
        self.fans: solara.Reactive[bool] = solara.reactive(True)
        self.pending: solara.Reactive[bool] = solara.reactive(False)
        self.share: solara.Reactive[float] = solara.reactive(0.0)  # of what is pending
        self.problem: solara.Reactive[str] = solara.reactive("")
        self.series: solara.Reactive[str] = solara.reactive(FAN_SERIES[0])

    def edit(self, **values: Any) -> None:
        """Ask something else."""
        self.question.value = replace(self.question.value, **values)

    def forget(self) -> None:
        """The run is another one: no answer is its."""
        self.newest.value, self.pinned.value, self.problem.value = None, (), ""
        self.look(None)

    # --- answers ------------------------------------------------------------------------------------------------
    @property
    def answers(self) -> tuple[Answered, ...]:
        """All that can be looked at: those pinned, then the newest."""
        pinned, newest = self.pinned.value, self.newest.value
        return pinned if newest is None or newest in pinned else (*pinned, newest)

    def look(self, answered: Answered | None) -> None:
        """Show an answer, and its fans unless they are switched off."""
        self.shown.value = answered
        self._draw(answered.found if answered and self.fans.value else None)

    def switch_fans(self, on: bool) -> None:
        """Draw the fans of the answer shown into the main charts, or not."""
        self.fans.value = on
        self.look(self.shown.value)

    def pin(self) -> None:
        """Keep the answer shown, while there is room."""
        shown = self.shown.value
        if shown and shown not in self.pinned.value and len(self.pinned.value) < MOST_PINNED:
            self.pinned.value = (*self.pinned.value, shown)

    def remove(self, answered: Answered) -> None:
        """Let a pinned answer go; if it is looked at, the last of the others is looked at."""
        self.pinned.value = tuple(each for each in self.pinned.value if each is not answered)
        if self.newest.value is answered:
            self.newest.value = None
        if self.shown.value is answered:
            self.look(self.answers[-1] if self.answers else None)

    # --- asking -------------------------------------------------------------------------------------------------
    def ask(self, answer: Callable[[Question, Tell], Answered]) -> None:
        """Answer in a thread of its own, which goes on whichever panel is looked at."""
        if not self.pending.value:
            self.pending.value, self.share.value, self.problem.value = True, 0.0, ""
            threading.Thread(target=self._find, args=(answer,), daemon=True, name="posture what if").start()

    def _find(self, answer: Callable[[Question, Tell], Answered]) -> None:
        """The answer comes last, when nothing above it moves any more: it may be clicked at once."""
        found = None
        try:
            found = answer(self.question.value, self.share.set)
        except PostureError as error:
            self.problem.value = str(error)
        finally:
            self.pending.value = False
        if found:
            self.newest.value = found
            self.look(found)
