"""What a page's buttons do: one controller a browser tab, with its own session, maps and charts.

Pictures go straight to the widgets from the player's thread. What Solara draws (date, log) follows a few times a second
through the reactive fields.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import solara

from sim.app.address import Address
from sim.app.asking import Asking
from sim.app.backdrop import Backdrop
from sim.app.charts.live import SMALL, LiveCharts
from sim.app.charts.points import chart_setup
from sim.app.charts.twin import TwinCharts
from sim.app.live_run import Change
from sim.app.map.layout import layout
from sim.app.map.widget import MapWidget
from sim.app.pictures import Pictures
from sim.app.player import Player
from sim.app.replay.making import Making
from sim.app.replay.replay import Watched
from sim.app.run_request import RunRequest, live_changes, live_label, orders, scenarios, to_query
from sim.app.session import Session
from sim.app.setup import Setup
from sim.app.shade import Shade
from sim.app.timeline.line import Timeline
from sim.app.timeline.marks import focus, marks
from sim.app.video.widget import VideoWidget
from sim.engine import simulate
from sim.errors import PostureError
from sim.responses import Use


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
        self.why: solara.Reactive[tuple[int, int]] = solara.reactive((0, 0))  # event that is explained, and its run
        self.asking = Asking(lambda found: self.backdrop.draw_fans(found))
        self.making, self.video = Making(), VideoWidget()
        self._undone: list[tuple[Use, ...]] = []  # the orders before each change of them
        self._begun = threading.Event()
        self.dark = dark
        self.address, self.shade = Address(query=to_query(setup.request)), Shade(dark=dark)
        self.maps: list[MapWidget] = []  # of the runs; that of a second is made with the first twin
        self.backdrop, self.pictures = Backdrop(setup, dark), Pictures()
        self.timeline = Timeline(lambda: self.session, dark)
        self._listen()
        self.player = Player(self._advance, self.show, self._behind, self._update, self._update)
        self.session = self._open(setup.request)

    def _listen(self) -> None:
        """To what is clicked in the widgets."""
        line = self.timeline.widget
        line.observe(lambda change: self.go_to(change["new"]["hour"]), "seek")
        line.observe(lambda change: self.go_to_event(change["new"]["number"], change["new"]["run"]), "chosen")
        self.backdrop.charts.on_msg(self._on_chart)

    def _add_map(self) -> None:
        widget = MapWidget(lane=len(self.maps), dark=self.dark)
        widget.observe(self._on_pick, "picked")
        widget.observe(lambda _: self.show(), "show_cells")
        if not self.maps:
            widget.on_ready = self._on_ready
        self.maps.append(widget)

    def begin(self) -> None:
        """Start the threads; once, whoever asks again."""
        if not self._begun.is_set():
            self._begun.set()
            self.timeline.begin()
            self.backdrop.look()

    def _on_ready(self) -> None:
        """A browser has begun to draw, and has nothing yet."""
        self._show_all()
        self.begin()

    # --- request ------------------------------------------------------------------------------------------------
    def _open(self, request: RunRequest) -> Session:
        catalogue = self.setup.catalogue
        given, changes = orders(request, catalogue), live_changes(request)
        both = scenarios(request, catalogue)
        session = Session(both, request.seed, request.hour, given, self.setup.agents, changes)
        request = replace(request, orders=(), live=())  # they are the session's from now on
        self.request.value, self.session = request, session
        for change in changes:  # the sliders stand where the run is
            request = request.with_setting(change.key, change.value, default=None)
        self.draft.value = request
        self._show_another()
        return session

    def _show_another(self) -> None:
        """The page of a session that was just opened; nothing of the one before stays."""
        while len(self.maps) < len(self.session.runs):
            self._add_map()
        for widget, run in zip(self.maps, self.session.runs, strict=False):
            widget.layout_data, widget.title, widget.focus = layout(run.model), run.label, {}
        self.picked.value, self.why.value, self._undone = {}, (0, 0), []
        self.asking.forget()
        self.making.forget()
        self.backdrop.restart(self.session, self.maps[0].layout_data)
        self.timeline.restart()
        self.opened.value += 1
        self._show_orders()
        if self._begun.is_set():
            self.backdrop.look()

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

        self.player.settle()  # the page may be drawing the second of two runs, and there will be one
        self.attempt(begin)

    def show_weeks(self, weeks: int) -> None:
        """Add attacks up over so many weeks on the maps; 0: only as they fade."""
        self.backdrop.weeks.value = weeks
        self.show()
        self.backdrop.show_difference()

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

    # --- orders -------------------------------------------------------------------------------------------------
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
        self._follow_orders()

    @property
    def can_undo(self) -> bool:
        """Was an order given or taken back since this run was opened?"""
        return bool(self._undone)

    def undo(self) -> None:
        """The orders as they were before the last was given or taken back; the run comes to this hour with them."""
        if self._undone:
            before = self._undone.pop()
            self.player.pause()
            self.attempt(lambda: self.session.set_given(before))
            self._follow_orders()

    def change(self, key: str, value: Any) -> None:
        """Another value of a parameter from this hour on, while hours pass or not."""
        self.attempt(lambda: self.session.change(key, value))
        self._follow_orders()

    def unchange(self, k: int) -> None:
        """Take a change of a parameter back."""
        changes = self.session.changes
        self.player.pause()
        self.attempt(lambda: self.session.set_changes([*changes[:k], *changes[k + 1 :]]))
        self._follow_orders()

    def _follow_orders(self) -> None:
        """What was may be otherwise now, and what is to come."""
        self.timeline.follow()
        self._show_orders()

    def watched(self, hours: int) -> Watched:
        """What is watched, up to an hour: what a replay is made of."""
        session = self.session
        with session.lock:
            bases = tuple(run.base for run in session.runs)
            given, changes, weeks = session.given, session.changes, self.backdrop.weeks.value
            return Watched(bases, session.seed, hours, given, changes, self.setup.agents, weeks)

    def _show_orders(self) -> None:
        watched = self.watched(self.session.n_hours)
        self.video.name, self.video.caption = watched.file_stem, watched.title
        self.backdrop.charts.orders = [list(order) for order in self._orders()]
        self._show_all()
        self._update()

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
    def go_to_event(self, number: int, run: int) -> None:
        """To the hour after an attack of a run, its place on the map, and its reasons."""
        hour = self.timeline.hour_of(number, run)
        if hour is not None:
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
        """Send the present hour to the maps."""
        session = self.session
        with session.lock:
            cells = [widget.show_cells for widget in self.maps]
            self.maps[0].show_all(self.pictures.message(session, cells, self.backdrop.weeks.value))

    def _show_all(self) -> None:
        """The present hour with all days so far."""
        with self.session.lock:
            self.pictures.restart()
            self.show()

    def _refresh(self) -> None:
        self.show()
        self._update()

    def _update(self) -> None:
        """Let the rest of the page follow, until it says what is so: another thread may have said something older."""
        while True:
            state, query = self._as_it_is()
            self.shown.value = state
            self.address.follow(query, state.playing)
            if self.player.playing or self._as_it_is() == (self.shown.value, self.address.query):
                break
        self.backdrop.show_difference()

    def _as_it_is(self) -> tuple[PageState, str]:
        """What the page is to show, and the query of its address."""
        session = self.session
        with session.lock:
            n_events, playing = len(session.first.events), self.player.playing
            given, changes = session.given, session.changes
            state = PageState(session.hour, n_events, given, changes, playing, session.ended, session.failed)
            return state, to_query(self.request_now)

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
        charts.update(days[0], scenario, self.backdrop.band.value, orders, size, self.dark, reported)
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
            for widget in self.maps:
                widget.dark = dark
            self.backdrop.darken(dark)
            self.timeline.widget.dark = dark

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
        self.player.pause()
        self.making.forget()
        self.timeline.close()
        self.backdrop.close()
        self.session.close()
        for each in self.maps:
            each.close()
        for part in (self.video, self.address, self.shade):
            part.close()


def warm_up(setup: Setup) -> None:
    """What the first page would wait for: rules compiled, all that draws loaded. Draws a session and forgets it."""
    session = Session(scenarios(setup.request, setup.catalogue)[:1], seed=1, agents=setup.agents)
    session.advance(25)
    run = session.first
    layout(run.model)
    Pictures().message(session, [False])
    marks(run.model, simulate(run.base, session.seed, events=True).events)
    chart_setup(run.scenario, [], {}, [run.label])
    session.go_to(0)
    session.close()
