"""What a page's buttons do: one controller a browser tab, with its own session, maps and charts.

Pictures go straight to the widgets from the player's thread. What Solara draws (date, slider, log) follows a few times
a second through the reactive fields.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import ipywidgets
import solara

from sim.app.charts.live import SMALL, LiveCharts
from sim.app.charts.points import chart_setup
from sim.app.charts.twin import TwinCharts
from sim.app.charts.widget import ChartsWidget
from sim.app.displacement import WEEK_HOURS, answer, difference, weekly_counts
from sim.app.ensemble_band import EnsembleBand, compute_band
from sim.app.live_run import LiveRun
from sim.app.map.layout import layout
from sim.app.map.widget import MapWidget
from sim.app.pictures import Pictures
from sim.app.player import Player
from sim.app.run_request import RunRequest, scenarios
from sim.app.session import Session
from sim.app.setup import Setup
from sim.app.timeline.marks import Mark, focus, marks
from sim.app.timeline.widget import TimelineWidget
from sim.errors import PostureError
from sim.responses import Use
from sim.scenario import Scenario

SHOWN_EVERY_SECONDS = 0.2
N_BAND = 200  # runs of the ensemble behind the charts
N_WEEKS = 1000  # more than any run has: since the start


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
        self._closed = threading.Event()
        self.weeks: solara.Reactive[int] = solara.reactive(4)  # so long attacks add up on the maps
        self.answer: solara.Reactive[str] = solara.reactive("")
        self._pair: Sequence[EnsembleBand] = ()
        self._layered: tuple[int, int] | None = None
        self.why: solara.Reactive[tuple[int, int]] = solara.reactive((0, 0))  # event that is explained, and its run
        self.maps = [MapWidget(lane=k) for k in range(2)]  # of the runs
        self.difference = MapWidget(lane=2, bare=True)
        self.pictures, self.timeline = Pictures(), TimelineWidget()
        self.timeline.observe(lambda change: self.go_to(change["new"]["hour"]), "seek")
        self.timeline.observe(lambda change: self.go_to_event(change["new"]["number"], change["new"]["run"]), "chosen")
        self.maps[0].on_ready = self._show_all
        for widget in self.maps:
            widget.observe(self._on_pick, "picked")
            widget.observe(lambda _: self.show(), "show_cells")
        self.charts = ChartsWidget()
        self.charts.on_msg(self._on_chart)
        self.dark, self._last_shown = False, 0.0
        self.player = Player(self._advance, self.show, self._behind, self._update)
        self.session = self._open(setup.request)

    # --- request ------------------------------------------------------------------------------------------------
    def _open(self, request: RunRequest) -> Session:
        session = Session(scenarios(request, self.setup.catalogue), request.seed, request.hour)
        self.request.value, self.draft.value, self.session = request, request, session
        for widget, run in zip(self.maps, session.runs, strict=False):
            widget.layout_data, widget.title, widget.focus = layout(run.model), run.label, {}
        self.why.value = (0, 0)
        self._pair, self.answer.value, self.difference.layer = (), "", []
        self.difference.title, self.difference.note = "difference", "the pairs are being run"
        self.difference.layout_data = self.maps[0].layout_data
        self._mark()
        self._set_up_charts([])
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
        """The ensemble behind the charts: stored runs if there are any, else runs made now; of a twin in pairs."""
        first, *other = (run.scenario for run in session.runs)
        try:
            stored = self.setup.stored_ensemble
            with ThreadPoolExecutor(2) as executor:
                if not other:
                    band = stored(first) if stored else compute_band(first, n=N_BAND, executor=executor)
                    self._show_band(session, band, [band])
                else:
                    pair = [_with_places(scenario, executor) for scenario in (first, other[0])]
                    band = stored(first) if stored else pair[0]
                    self._show_band(session, band, pair if {each.n for each in pair} == {N_BAND} else [])
        except PostureError as error:
            self.band_problem.value = str(error)

    def _show_band(self, session: Session, band: EnsembleBand, behind: Sequence[EnsembleBand]) -> None:
        if session is self.session and not self._closed.is_set():
            self.band.value, self.band_problem.value = band, ""
            self._set_up_charts(behind)
            if len(behind) > 1:
                self._pair, self._layered = behind, None
                self.answer.value = answer([run.scenario.label for run in session.runs], behind)
                self._show_difference()

    def show_weeks(self, weeks: int) -> None:
        """Add attacks up over so many weeks on the maps; 0: only as they fade."""
        self.weeks.value = weeks
        self.show()
        self._show_difference()

    def _show_difference(self) -> None:
        """The third map: which places get fewer or more, over the pairs, in the window that ends now."""
        session, weeks = self.session, self.weeks.value or N_WEEKS
        key = (session.hour // WEEK_HOURS, weeks)
        if self._pair and key != self._layered:
            self._layered = key
            labels = [run.scenario.label for run in session.runs]
            window = f"{weeks} weeks" if weeks < N_WEEKS else "since the start"
            self.difference.title = f"{labels[1]} − {labels[0]}"
            self.difference.note = f"{self._pair[0].n} pairs, {window}"
            self.difference.layer = difference(session.first.scenario.theatre, self._pair, session.hour, weeks)

    def _set_up_charts(self, bands: Sequence[EnsembleBand]) -> None:
        """Panels of the charts, over the ensemble if there is one yet."""
        session, services = self.session, self.setup.services
        scenario = session.first.scenario
        reported = services.reported(scenario) if services else {}
        labels = [run.model.setting.label for run in session.runs]
        self.charts.setup = chart_setup(scenario, bands, reported, labels)

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
        self._mark()
        self._refresh()

    def take_back(self, k: int) -> None:
        """Take a given order back."""
        self._stand_still(lambda: self.session.take_back(k))
        self._mark()
        self._show_all()

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

    # --- events -------------------------------------------------------------------------------------------------
    def _mark(self) -> None:
        """All attacks of the runs, those to come as they are to be if nothing more is ordered."""
        self.pictures.restart()
        session, line = self.session, self.timeline
        with session.lock:
            found = [_attacks(run) for run in session.runs]
        start = session.first.scenario.posture.start.isoformat()
        line.n_hours, line.start, line.labels = session.n_hours, start, [run.label for run in session.runs]
        line.marks = found
        self.charts.orders = [list(order) for order in self._orders()]

    def attack_from(self, hour: int, way: int) -> tuple[int, int] | None:
        """Event number and run of the next (`way` 1) or the last (−1) attack, seen from an hour."""
        every = [(at, number, k) for k, of_run in enumerate(self.timeline.marks) for number, at, *_ in of_run]
        there = [each for each in every if (each[0] >= hour if way > 0 else each[0] + 1 < hour)]
        found = min(there, default=None) if way > 0 else max(there, default=None)
        return found and found[1:]

    def go_to_event(self, number: int, run: int) -> None:
        """To the hour after an event of a run, its place on the map, and its reasons."""
        hour = next(at for n, at, *_ in self.timeline.marks[run] if n == number)
        self.go_to(hour + 1)
        self.show_event(number, run)

    def show_event(self, number: int, run: int) -> None:
        """Fly to an event that has happened, ring who took part, tell why."""
        with self.session.lock:
            watched = self.session.runs[run]
            if not 1 <= number <= len(watched.events):
                return
            found = focus(watched.model, watched.events[number - 1])
        for k, widget in enumerate(self.maps):
            widget.focus = {**found, "serial": widget.focus.get("serial", 0) + 1} if k == run else {}
        self.why.value = (number, run)

    # --- pictures -----------------------------------------------------------------------------------------------
    def show(self) -> None:
        """Send the present hour to the maps; now and then let the rest of the page follow."""
        with self.session.lock:
            cells = [widget.show_cells for widget in self.maps]
            self.maps[0].show_all(self.pictures.message(self.session, cells, self.weeks.value))
        if time.monotonic() - self._last_shown >= SHOWN_EVERY_SECONDS:
            self._update()

    def _show_all(self) -> None:
        """The present hour with all days so far."""
        self.pictures.restart()
        self.show()

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
        self._show_difference()

    def _behind(self) -> int:
        """Pictures that the browser has not taken yet."""
        return self.maps[0].sent - self.maps[0].acknowledged

    def draw(self) -> bytes:
        """The charts as they are now, for download (PNG)."""
        session = self.session
        with session.lock:
            days, orders = [run.days.copy() for run in session.runs], self._orders()
        width, height = self.maps[0].chart_size_px
        size = (width, height) if min(width, height) >= 200 else SMALL
        scenario, services = session.first.scenario, self.setup.services
        if len(days) > 1:
            twin = TwinCharts([run.model.setting.label for run in session.runs])
            twin.update(days, scenario, orders, size, self.dark)
            return twin.png()
        charts, reported = LiveCharts(), services.reported(scenario) if services else {}
        charts.update(days[0], scenario, self.band.value, orders, size, self.dark, reported)
        return charts.png()

    def _orders(self) -> list[tuple[int, str]]:
        return [(24 * (use.start_day or 0) + use.start_hour, use.name) for use in self.session.given]

    def _on_chart(self, _widget: Any, content: Any, _buffers: Any) -> None:
        """A click on a chart: to the end of that day."""
        self.go_to(24 * int(content["day"]))

    def darken(self, dark: bool) -> None:
        """Follow the page's theme."""
        if dark != self.dark:
            self.dark = dark
            for widget in [*self.maps, self.difference]:
                widget.dark = dark
            self.timeline.dark = self.charts.dark = dark

    def pick(self, run: int, kind: str, row: int, name: str) -> None:
        """As a click on an agent of a map does."""
        widget = self.maps[run]
        serial = widget.picked.get("serial", 0) + 1
        widget.picked = {"kind": kind, "row": row, "name": name, "hour": self.session.hour, "serial": serial}

    def _on_pick(self, change: Any) -> None:
        picked = dict(change["new"] or {})
        self.picked.value = {**picked, "run": self.maps.index(change["owner"])} if picked else {}

    def close(self) -> None:
        """The tab is gone: stop, and free all."""
        self._closed.set()
        self.player.pause()
        self.session.close()
        widgets: list[ipywidgets.Widget] = [*self.maps, self.difference, self.timeline, self.charts]
        for widget in widgets:
            widget.close()


def _with_places(scenario: Scenario, executor: Executor) -> EnsembleBand:
    """An ensemble that knows where attacks fell; of two scenarios in pairs, as they have the same seeds."""
    n_weeks = -(-scenario.days // 7)

    def count(events: Any) -> Any:
        return weekly_counts(scenario.theatre, events, n_weeks)

    return compute_band(scenario, n=N_BAND, executor=executor, count=count)


def _attacks(run: LiveRun) -> list[Mark]:
    """Those of the whole run; of one that stops before its end, those so far."""
    try:
        return marks(run.model, run.complete().events)
    except PostureError:
        return marks(run.model, run.events)


def warm_up(setup: Setup) -> None:
    """What the first page would wait for: rules compiled, all that draws loaded. Draws a session and forgets it."""
    session = Session(scenarios(setup.request, setup.catalogue)[:1], seed=1)
    session.advance(25)
    run = session.first
    layout(run.model)
    Pictures().message(session, [False])
    marks(run.model, run.complete().events)
    chart_setup(run.scenario, [], {}, [run.label])
    session.go_to(0)
    session.close()
