"""What a page's buttons do: one controller a browser tab, with its own session, maps and charts.

Pictures go straight to the widgets from the player's thread. What Solara draws (date, slider, log) follows a few times
a second through the reactive fields.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import ipywidgets
import solara

from sim.app.charts.live import SMALL, LiveCharts
from sim.app.charts.twin import TwinCharts
from sim.app.ensemble_band import EnsembleBand, compute_band
from sim.app.map.frame import frame
from sim.app.map.layout import layout
from sim.app.map.widget import MapWidget
from sim.app.player import Player
from sim.app.run_request import RunRequest, scenarios
from sim.app.session import Session
from sim.app.setup import Setup
from sim.errors import PostureError
from sim.responses import Use

SHOWN_EVERY_SECONDS = 0.25
CHARTS_EVERY_SECONDS = 0.8
N_BAND = 200  # runs of the ensemble behind the charts
RECENT_EVENTS = 400  # enough for two days of them


@dataclass(frozen=True)
class PageState:
    """What the page shows of the session, as of a moment."""

    hour: int
    n_events: int
    given: tuple[Use, ...]
    playing: bool
    ended: bool
    failed: str


class Controller:
    """The page's state and its actions. `close` ends everything that it began."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.request: solara.Reactive[RunRequest] = solara.reactive(setup.request)
        self.draft: solara.Reactive[RunRequest] = solara.reactive(setup.request)  # as edited, until Reset
        self.shown: solara.Reactive[PageState] = solara.reactive(PageState(0, 0, (), False, False, ""))
        self.opened: solara.Reactive[int] = solara.reactive(0)  # grows with each session
        self.problem: solara.Reactive[str] = solara.reactive("")
        self.picked: solara.Reactive[dict[str, Any]] = solara.reactive({})
        self.band: solara.Reactive[EnsembleBand | None] = solara.reactive(None)
        self.band_problem: solara.Reactive[str] = solara.reactive("")
        self._redraw, self._closed = threading.Event(), threading.Event()
        self.maps = [MapWidget(), MapWidget()]
        for widget in self.maps:
            widget.observe(self._on_pick, "picked")
            widget.observe(lambda _: self.show(), "show_cells")
            widget.observe(lambda _: self._redraw.set(), ["size_px", "chart_size_px"])
        self.picture = ipywidgets.Image(value=b"", format="png")
        self.picture.add_class("posture-charts")
        self.dark, self._last_shown = False, 0.0
        self.player = Player(self._advance, self.show, self._behind, self._update)
        self.session = self._open(setup.request)
        threading.Thread(target=self._draw_charts, daemon=True, name="posture charts").start()

    # --- request ------------------------------------------------------------------------------------------------
    def _open(self, request: RunRequest) -> Session:
        session = Session(scenarios(request, self.setup.catalogue), request.seed, request.hour)
        labels = [run.model.setting.label for run in session.runs]
        self.charts: LiveCharts | TwinCharts = TwinCharts(labels) if len(labels) > 1 else LiveCharts()
        self.request.value, self.draft.value, self.session = request, request, session
        for widget, run in zip(self.maps, session.runs, strict=False):
            widget.layout_data, widget.title = layout(run.model), run.label
        self.opened.value += 1
        self.band.value, self.picked.value = None, {}
        # a thread of this kind knows the tab that it works for; one of an executor does not
        threading.Thread(target=self._find_band, args=(session,), daemon=True, name="posture band").start()
        self.show()
        self._update()
        return session

    def reset(self) -> None:
        """Begin anew, from the first hour, with the settings as edited; bad ones are a message, and all stays."""

        def begin() -> None:
            before = self.session
            self._open(replace(self.draft.value, hour=0))
            before.close()

        self.player.pause()
        self.attempt(begin)

    def _find_band(self, session: Session) -> None:
        """The ensemble behind the charts: stored runs if there are any, else runs made now."""
        scenario = session.first.scenario
        try:
            stored = self.setup.stored_ensemble
            with ThreadPoolExecutor(2) as executor:
                band = stored(scenario) if stored else compute_band(scenario, n=N_BAND, executor=executor)
        except PostureError as error:
            self.band_problem.value = str(error)
            return
        if session is self.session and not self._closed.is_set():
            self.band.value, self.band_problem.value = band, ""
            self._redraw.set()

    # --- time ---------------------------------------------------------------------------------------------------
    def play_or_pause(self) -> None:
        """Play, or stop."""
        if self.player.playing:
            self.player.pause()
        elif not self.session.ended:
            self.player.play()
        self._update()

    def pause(self) -> None:
        """Stop playing."""
        self.player.pause()
        self._update()

    def step(self, hours: int) -> None:
        """So many hours on, at once."""
        self._stand_still(lambda: self.session.advance(hours))

    def go_to(self, hour: int) -> None:
        """To any hour, back or forth: the same run, made again from the named draws."""
        self._stand_still(lambda: self.session.go_to(hour))

    def give(self, uses: Sequence[Use]) -> None:
        """Give orders now."""
        self.attempt(lambda: self.session.give(uses))
        self._refresh()

    def take_back(self, k: int) -> None:
        """Take a given order back."""
        self._stand_still(lambda: self.session.take_back(k))

    def _stand_still(self, action: Callable[[], None]) -> None:
        """Do something that must not happen while playing."""
        self.player.pause()
        self.attempt(action)
        self._refresh()

    def attempt(self, action: Callable[[], Any]) -> Any:
        """What went wrong on purpose becomes a message on the page."""
        self.problem.value = ""
        try:
            return action()
        except PostureError as error:
            self.problem.value = str(error)
            return None

    def _advance(self, hours: int) -> bool:
        """The player's step; False at the end."""
        self.session.advance(hours)
        return not self.session.ended

    # --- pictures -----------------------------------------------------------------------------------------------
    def show(self) -> None:
        """Send the present hour to the maps; now and then let the rest of the page follow."""
        session = self.session
        with session.lock:
            for widget, run in zip(self.maps, session.runs, strict=False):
                widget.show(frame(run.model, run.events[-RECENT_EVENTS:], cells=widget.show_cells))
        if time.monotonic() - self._last_shown >= SHOWN_EVERY_SECONDS:
            self._update()

    def _refresh(self) -> None:
        self.show()
        self._update()

    def _update(self) -> None:
        """Let the page follow, and the charts when they can."""
        self._last_shown, session = time.monotonic(), self.session
        with session.lock:
            self.shown.value = PageState(
                session.hour,
                len(session.first.events),
                session.given,
                self.player.playing,
                session.ended,
                session.failed,
            )
        self._redraw.set()

    def _behind(self) -> int:
        """Pictures that the browser has not taken yet."""
        n = len(self.session.runs)
        return max(widget.sent - widget.acknowledged for widget in self.maps[:n])

    def _draw_charts(self) -> None:
        """The charts' own thread: drawing takes longer than a picture of the map."""
        while not self._closed.is_set():
            if self._redraw.wait(0.5) and not self._closed.is_set():
                self._redraw.clear()
                self.picture.value = self.draw()
                self._closed.wait(CHARTS_EVERY_SECONDS)

    def draw(self) -> bytes:
        """The charts as they are now (PNG)."""
        session = self.session
        with session.lock:
            days = [run.days.copy() for run in session.runs]
            orders = [(24 * (use.start_day or 0) + use.start_hour, use.name) for use in session.given]
        width, height = self.maps[0].chart_size_px
        size = (width, height) if min(width, height) >= 200 else SMALL
        if isinstance(self.charts, TwinCharts):
            self.charts.update(days, session.first.scenario, orders, size, self.dark)
        else:
            scenario, services = session.first.scenario, self.setup.services
            reported = services.reported(scenario) if services else {}
            self.charts.update(days[0], scenario, self.band.value, orders, size, self.dark, reported)
        return self.charts.png()

    def darken(self, dark: bool) -> None:
        """Follow the page's theme."""
        if dark != self.dark:
            self.dark = dark
            for widget in self.maps:
                widget.dark = dark
            self._redraw.set()

    def _on_pick(self, change: Any) -> None:
        picked = dict(change["new"] or {})
        self.picked.value = {**picked, "run": self.maps.index(change["owner"])} if picked else {}

    def close(self) -> None:
        """The tab is gone: stop, and free all."""
        self._closed.set()
        self._redraw.set()
        self.player.pause()
        self.session.close()
        for widget in [*self.maps, self.picture]:
            widget.close()


def warm_up(setup: Setup) -> None:
    """What the first page would wait for: rules compiled, charts and fonts loaded. Draws a session and forgets it."""
    session = Session(scenarios(setup.request, setup.catalogue)[:1], seed=1)
    session.advance(25)
    run = session.first
    layout(run.model)
    frame(run.model, run.events, cells=False)
    charts = LiveCharts()
    charts.update(run.days, run.scenario, size_px=SMALL)
    charts.png()
    session.go_to(0)
    session.close()
