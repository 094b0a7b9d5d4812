"""The one numbered message of a page: the hour, a picture for each map, the days that the charts do not have yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from sim.app.displacement import so_far
from sim.app.ensemble_band import SERIES
from sim.app.live_run import LiveRun
from sim.app.map.frame import frame
from sim.app.session import Session

RECENT_EVENTS = 400  # enough for two days of them


class Pictures:
    """Makes the messages of a session; keeps how many days of each run the browser has."""

    def __init__(self) -> None:
        self._sent: list[int] = []

    def restart(self) -> None:
        """The next message has all days: another run, other orders, or a browser that has just begun to draw."""
        self._sent = []

    def message(self, session: Session, cells: Sequence[bool], weeks: int = 0) -> dict[str, Any]:
        """The hour as it is; `cells` says on which maps the omniscient layer is shown, `weeks` how long attacks add up.

        The session must be locked.
        """
        frames = [_frame(run, shown, weeks) for run, shown in zip(session.runs, cells, strict=False)]
        self._sent = self._sent or [0] * len(session.runs)
        days = [self._days(k, run.days) for k, run in enumerate(session.runs)]
        return {"hour": session.hour, "frames": frames, "days": days}

    def _days(self, k: int, days: NDArray[Any]) -> dict[str, Any]:
        """The days from the first that the browser lacks; after a step back it forgets what is no longer so."""
        first = min(self._sent[k], len(days))
        self._sent[k] = len(days)
        new = days[first:]
        return {"from": first, "values": {name: each(new).round(4).tolist() for name, each in SERIES.items()}}


def _frame(run: LiveRun, cells: bool, weeks: int) -> dict[str, Any]:
    picture = frame(run.model, run.events[-RECENT_EVENTS:], cells=cells)
    picture["added_up"] = so_far(run.scenario.theatre, run.events, run.hour, weeks) if weeks else []
    return picture
