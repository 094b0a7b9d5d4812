"""The replay that a tab asks for: made in a thread, while the page goes on."""

from __future__ import annotations

import threading
from functools import partial

import solara

from sim.app.replay.replay import Replay, Watched, replay

_MAKING = threading.Semaphore(1)  # of all tabs one at a time: side by side they would keep the rest from working


class _Unwanted(Exception):
    """Another run is watched, or the tab is gone."""


class Making:
    """`share` says how much is done, None when nothing is being made; `made` is the last replay, until another run."""

    def __init__(self) -> None:
        self.share: solara.Reactive[float | None] = solara.reactive(None)
        self.made: solara.Reactive[Replay | None] = solara.reactive(None)
        self.problem: solara.Reactive[str] = solara.reactive("")
        self._wanted: object = None

    def make(self, watched: Watched) -> None:
        """Begin, in place of what is being made."""
        self.forget()
        self.share.value, self._wanted = 0.0, watched
        threading.Thread(target=self._make, args=(watched,), daemon=True, name="posture replay").start()

    def forget(self) -> None:
        """The replay is not of what is watched now; one that is being made stops."""
        self._wanted = None
        self.share.value, self.made.value, self.problem.value = None, None, ""

    def _make(self, watched: Watched) -> None:
        found, problem = None, ""
        try:
            with _MAKING:
                found = replay(watched, partial(self._tell, watched))
        except _Unwanted:
            return
        except Exception as error:  # agents of one's own may raise anything; whatever it is, the page says so
            problem = str(error) or type(error).__name__
        if self._wanted is watched:
            self.share.value, self.made.value, self.problem.value = None, found, problem

    def _tell(self, watched: Watched, share: float) -> None:
        if self._wanted is not watched:
            raise _Unwanted
        if int(100 * share) > int(100 * (self.share.value or 0.0)):
            self.share.value = share
