"""What a page's buttons do: one controller a browser tab, with its own session, maps and charts.

Pictures go straight to the widgets from the player's thread. What Solara draws (date, slider, log) follows a few times
a second through the reactive fields.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import ipywidgets
import solara

from sim.app.address import Address
from sim.app.asking import Asking
from sim.app.charts.live import SMALL, LiveCharts
from sim.app.charts.twin import TwinCharts
from sim.app.ensemble_band import EnsembleBand
from sim.app.live_run import Change
from sim.app.map.frame import frame
from sim.app.map.layout import layout
from sim.app.map.widget import MapWidget
from sim.app.player import Player
from sim.app.run_request import RunRequest, live_changes, live_label, orders, scenarios, to_query
from sim.app.session import Session
from sim.app.setup import Setup
from sim.app.shade import Shade
from sim.errors import PostureError
from sim.responses import Use

SHOWN_EVERY_SECONDS = 0.25
CHARTS_EVERY_SECONDS = 0.8
RECENT_EVENTS = 400  # enough for two days of them

_DRAWING = threading.Semaphore(1)  # of all tabs one draws: side by side they would keep the interpreter from the rest


@dataclass(frozen=True)
class PageState:
    """What the page shows of the session, as of a moment."""

    hour: int
    n_events: int
    given: tuple[Use, ...]
    changes: tuple[Change, ...]
    playing: bool
    ended: bool
    failed: str


class Controller:
    """The page's state and its actions. `begin` starts its threads, `close` ends everything.

    Threads begin when the browser has drawn its first map: what they send before, while the tab is still taking up its
    widgets, finds none there, and the tab stays blank.
    """

    def __init__(self, setup: Setup, dark: bool = False) -> None:
        self.setup = setup
        self.request: solara.Reactive[RunRequest] = solara.reactive(setup.request)
        self.draft: solara.Reactive[RunRequest] = solara.reactive(setup.request)  # as edited, until Reset
        self.shown: solara.Reactive[PageState] = solara.reactive(PageState(0, 0, (), (), False, False, ""))
        self.opened: solara.Reactive[int] = solara.reactive(0)  # grows with each session
        self.problem: solara.Reactive[str] = solara.reactive("")
        self.picked: solara.Reactive[dict[str, Any]] = solara.reactive({})
        self.band: solara.Reactive[EnsembleBand | None] = solara.reactive(None)
        self.band_problem: solara.Reactive[str] = solara.reactive("")
        self.asking = Asking()
        self._undone: list[tuple[Use, ...]] = []  # the orders before each change of them
        self._redraw, self._closed, self._begun = threading.Event(), threading.Event(), threading.Event()
        self.address, self.shade = Address(query=to_query(setup.request)), Shade(dark=dark)
        self.maps = [MapWidget(dark=dark), MapWidget(dark=dark)]
        for widget in self.maps:
            widget.on_msg(self._on_message)
            widget.observe(self._on_pick, "picked")
            widget.observe(lambda _: self.show(), "show_cells")
            widget.observe(lambda _: self._redraw.set(), ["size_px", "chart_size_px"])
        self.picture = ipywidgets.Image(value=b"", format="png")
        self.picture.add_class("posture-charts")
        self.dark, self._last_shown = dark, 0.0
        self.player = Player(self._advance, self.show, self._behind, self._update)
        self.session = self._open(setup.request)

    def begin(self) -> None:
        """Start the threads; once, whoever asks again."""
        if not self._begun.is_set():
            self._begun.set()
            # a thread of this kind knows the tab that it works for; one of an executor does not
            threading.Thread(target=self._draw_charts, daemon=True, name="posture charts").start()
            self._look_for_band()

    def _on_message(self, _widget: Any, content: Any, _buffers: Any) -> None:
        if content == "ready":
            self.begin()

    # --- request ------------------------------------------------------------------------------------------------
    def _open(self, request: RunRequest) -> Session:
        catalogue = self.setup.catalogue
        given, changes = orders(request, catalogue), live_changes(request)
        both = scenarios(request, catalogue)
        session = Session(both, request.seed, request.hour, given, self.setup.agents, changes)
        request = replace(request, orders=(), live=())  # they are the session's from now on
        labels = [run.model.setting.label for run in session.runs]
        self.charts: LiveCharts | TwinCharts = TwinCharts(labels) if len(labels) > 1 else LiveCharts()
        self.request.value, self.session = request, session
        for change in changes:  # the sliders stand where the run is
            request = request.with_setting(change.key, change.value, default=None)
        self.draft.value = request
        for widget, run in zip(self.maps, session.runs, strict=False):
            widget.layout_data, widget.title = layout(run.model), run.label
        self.opened.value += 1
        self.band.value, self.picked.value, self._undone = None, {}, []
        self.asking.forget()
        self.show()
        self._update()
        if self._begun.is_set():
            self._look_for_band()
        return session

    @property
    def request_now(self) -> RunRequest:
        """The request of the run as it is now, with the orders given: what the address holds."""
        given = tuple(self.setup.catalogue.label(use) for use in self.session.given)
        live = tuple(live_label(change) for change in self.session.changes)
        return replace(self.request.value, orders=given, live=live, hour=self.session.hour)

    def reset(self) -> None:
        """Begin anew, from the first hour, with the settings as edited; bad ones are a message, and all stays."""

        def begin() -> None:
            before = self.session
            self._open(replace(self.draft.value, hour=0))
            before.close()

        self.player.pause()
        self.attempt(begin)

    def _look_for_band(self) -> None:
        threading.Thread(target=self._find_band, args=(self.session,), daemon=True, name="posture band").start()

    def _find_band(self, session: Session) -> None:
        """The ensemble behind the charts, which tabs share."""
        try:
            band = self.setup.ensembles.of(session.first.base)
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
        self._order(lambda: self.session.give(uses))

    def take_back(self, k: int) -> None:
        """Take a given order back."""
        self.player.pause()
        self._order(lambda: self.session.take_back(k))

    def _order(self, change: Callable[[], None]) -> None:
        """Change the orders; what they were is kept, to undo it."""
        before = self.session.given
        self.attempt(change)
        if self.session.given != before:
            self._undone.append(before)
        self._refresh()

    @property
    def can_undo(self) -> bool:
        """Was an order given or taken back since this run was opened?"""
        return bool(self._undone)

    def undo(self) -> None:
        """The orders as they were before the last was given or taken back; the run comes to this hour with them."""
        if self._undone:
            before = self._undone.pop()
            self._stand_still(lambda: self.session.set_given(before))

    def change(self, key: str, value: Any) -> None:
        """Another value of a parameter from this hour on, while hours pass or not."""
        self.attempt(lambda: self.session.change(key, value))
        self._refresh()

    def unchange(self, k: int) -> None:
        """Take a change of a parameter back."""
        changes = self.session.changes
        self._stand_still(lambda: self.session.set_changes([*changes[:k], *changes[k + 1 :]]))

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
                session.changes,
                self.player.playing,
                session.ended,
                session.failed,
            )
            if session is self.session:
                self.address.follow(to_query(self.request_now), self.player.playing)
        self._redraw.set()

    def _behind(self) -> int:
        """Pictures that the browser has not taken yet."""
        n = len(self.session.runs)
        return max(widget.sent - widget.acknowledged for widget in self.maps[:n])

    def _draw_charts(self) -> None:
        """The charts' own thread: drawing takes longer than a picture of the map."""
        while not self._closed.is_set():
            self._redraw.wait()
            self._redraw.clear()
            with _DRAWING:
                picture = b"" if self._closed.is_set() else self.draw()
            if picture and not self._closed.is_set():
                self.picture.value = picture
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
        for widget in [*self.maps, self.picture, self.address, self.shade]:
            widget.close()


def warm_up(setup: Setup) -> None:
    """What the first page would wait for: rules compiled, charts and fonts loaded. Draws a session and forgets it."""
    session = Session(scenarios(setup.request, setup.catalogue)[:1], seed=1, agents=setup.agents)
    session.advance(25)
    run = session.first
    layout(run.model)
    frame(run.model, run.events, cells=False)
    charts = LiveCharts()
    charts.update(run.days, run.scenario, size_px=SMALL)
    charts.png()
    session.go_to(0)
    session.close()
