"""What stands behind a run: the ensemble under its charts, and of two runs their pairs, on a map and in a sentence."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cached_property, partial
from typing import Any

import solara

from sim.app.charts.points import chart_setup, fans_of
from sim.app.charts.widget import ChartsWidget
from sim.app.displacement import N_WEEKS, WEEK_HOURS, answer, difference
from sim.app.ensemble_band import EnsembleBand, paired
from sim.app.map.widget import MapWidget
from sim.app.session import Session
from sim.app.setup import Setup
from sim.app.whatif import WhatIf
from sim.errors import PostureError
from sim.scenario import Scenario


class Backdrop:
    """The charts with their band, and the map of differences. `answer` says what the pairs say, "" without any."""

    def __init__(self, setup: Setup, dark: bool) -> None:
        self._setup, self._closed = setup, threading.Event()
        self.charts, self._dark = ChartsWidget(dark=dark), dark
        self.band: solara.Reactive[EnsembleBand | None] = solara.reactive(None)
        self.problem: solara.Reactive[str] = solara.reactive("")
        self.answer: solara.Reactive[str] = solara.reactive("")
        self.weeks: solara.Reactive[int] = solara.reactive(4)  # so long attacks add up on the maps

    @cached_property
    def difference(self) -> MapWidget:
        """The third map of a twin, made with the first: a browser loads a map of its own for it."""
        return MapWidget(lane=2, bare=True, dark=self._dark)

    def restart(self, session: Session, layout: dict[str, Any]) -> None:
        """Another run: nothing is known of its ensemble yet. `layout` is its map's."""
        self._session, self._layered = session, (-1, -1)
        self._pair: Sequence[EnsembleBand] = ()
        self.band.value, self.problem.value, self.answer.value = None, "", ""
        if len(session.runs) > 1:
            self.difference.title, self.difference.note = "difference", "pairs being run"
            self.difference.layer, self.difference.layout_data = [], layout
        self.charts.setup = {}

    def look(self) -> None:
        """Find the ensembles, which tabs share, in a thread."""
        # a thread of this kind knows the tab that it works for; one of an executor does not
        threading.Thread(target=self._find, args=(self._session,), daemon=True, name="posture band").start()

    def _find(self, session: Session) -> None:
        """Of one run stored runs if there are any, else runs made now; of two runs their pairs."""
        bases, stored = [run.base for run in session.runs], self._setup.stored
        made = stored or self._setup.ensembles
        try:
            behind = self._pairs(session, bases) if len(bases) > 1 else []
            band = behind[0] if behind and not stored else made.of(bases[0], lambda _: self._wait(session))
        except PostureError as error:
            self._wait(session)
            self.problem.value = str(error)
            return
        if self._is_shown(session):
            self.band.value, self.problem.value = band, ""
            self._show_behind(behind or [band])

    def _wait(self, session: Session) -> None:
        """Charts without what is not known yet. Where it is known at once they are drawn once, with it."""
        if self._is_shown(session) and not self.charts.setup:
            self._set_up_charts([])

    def _is_shown(self, session: Session) -> bool:
        return session is self._session and not self._closed.is_set()

    def _pairs(self, session: Session, bases: Sequence[Scenario]) -> list[EnsembleBand]:
        """The runs of both that ended, in pairs; the page says how much of them is done."""

        def tell(k: int, share: float) -> None:
            self._wait(session)
            if self._is_shown(session):
                done = int(100 * (k + share) / len(bases))
                self.difference.note = f"pairs being run: {done}%"

        return paired([self._setup.pairs.of(base, partial(tell, k)) for k, base in enumerate(bases)])

    def _show_behind(self, behind: Sequence[EnsembleBand]) -> None:
        if len({band.n_days for band in behind}) > 1:
            self.difference.note = "no pairs: runs of different length"
            self._set_up_charts([])
            return
        self._set_up_charts(behind)
        if len(behind) > 1:
            self._pair = behind
            self.answer.value = answer([run.base.label for run in self._session.runs], behind)
            self.show_difference()

    def show_difference(self) -> None:
        """The third map: which places get fewer or more, over the pairs, in the window that ends now."""
        session, weeks = self._session, self.weeks.value or N_WEEKS
        key = (session.hour // WEEK_HOURS, weeks)
        if self._pair and key != self._layered:
            self._layered = key
            first, second = (run.base for run in session.runs)
            window = f"{weeks} weeks" if weeks < N_WEEKS else "since the start"
            self.difference.title = f"{second.name} − {first.name}"  # responses are the same
            self.difference.note = f"{self._pair[0].n} pairs, {window}"
            self.difference.layer = difference(first.theatre, self._pair, session.hour, weeks)

    def _set_up_charts(self, bands: Sequence[EnsembleBand]) -> None:
        """Panels of the charts, over the ensemble if there is one yet."""
        services, scenario = self._setup.services, self._session.first.base
        reported = services.reported(scenario) if services else {}
        labels = [run.base.label for run in self._session.runs]
        self.charts.setup = chart_setup(scenario, bands, reported, labels)

    def draw_fans(self, found: WhatIf | None) -> None:
        """The fans of an answer in the charts of the (left) run, from its fork on; None takes them away."""
        self.charts.fans = fans_of(found, twin=len(self._session.runs) > 1) if found else {}

    def darken(self, dark: bool) -> None:
        """Follow the page's theme."""
        self._dark = self.charts.dark = dark
        for widget in self._made():
            widget.dark = dark

    def _made(self) -> list[MapWidget]:
        return [self.difference] if "difference" in vars(self) else []

    def close(self) -> None:
        """Show no more."""
        self._closed.set()
        for widget in self._made():
            widget.close()
        self.charts.close()
