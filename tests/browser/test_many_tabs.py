"""Many tabs at once: all come up, the server answers meanwhile, ends when told to, keeps nothing of those closed."""

from __future__ import annotations

import signal
import threading
import time
from urllib.request import urlopen

import pytest
from machine import busy

from tests.browser.conftest import SIZES, Watched, serve
from tests.browser.undriven import undriven

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FEW, MANY = 6, 50
PATIENCE_SECONDS = 180  # of a machine that does something else
UP_SECONDS = 60
UP = "(document.querySelector('.posture-map [data-hour]') || { dataset: {} }).dataset.hour === '48'"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("many"), "six", "--seed", "7") as running:
        yield running


class Probe:
    """Asks the server for something cheap, again and again; `waits` is how long each answer took."""

    def __init__(self, address):
        self.address, self.waits, self._end = address, [], threading.Event()

    def __enter__(self):
        self._thread = threading.Thread(target=self._ask)
        self._thread.start()
        return self

    def _ask(self):
        while not self._end.wait(0.2):
            began = time.monotonic()
            urlopen(f"{self.address}readyz", timeout=60).read()
            self.waits.append(time.monotonic() - began)

    def slow(self):
        return [wait for wait in self.waits if wait > 1.0]

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()


def open_tabs(context, server, n):
    """Tabs that are opened in quick succession, none waiting for another."""
    pages = [context.new_page() for _ in range(n)]
    for k, page in enumerate(pages):
        page.goto(f"{server.address}?seed={k}&hour=48", wait_until="commit")
    return pages


def wait_for_all(pages, seconds):
    """The tabs that are not up after so long."""
    end = time.monotonic() + seconds
    waiting = [page for page in pages if not page.evaluate(UP)]
    while waiting and time.monotonic() < end:
        time.sleep(0.2)
        waiting = [page for page in waiting if not page.evaluate(UP)]
    return waiting


def close_all(context, server):
    context.close()
    wait_until_none_is_kept(server)


def wait_until_none_is_kept(server):
    end = time.monotonic() + 60
    while server.n_sessions() and time.monotonic() < end:
        time.sleep(0.2)
    assert server.n_sessions() == 0


def test_tabs_that_are_opened_together_all_come_up(server, browser):
    context = browser.new_context(viewport=SIZES["small"])
    pages = open_tabs(context, server, FEW)
    assert wait_for_all(pages, PATIENCE_SECONDS) == []
    close_all(context, server)
    assert "Traceback" not in (server.folder / "errors.txt").read_text(encoding="utf-8")


# Of a browser that has much else to do: it stands still for a while as the scripts of map and charts are to be loaded.
STANDS_STILL = """(() => {
  const make = URL.createObjectURL.bind(URL), stood = (window.__stood = new Set());
  URL.createObjectURL = (thing) => {
    const address = make(thing), end = performance.now() + 2500;
    while (thing.size > 50000 && !stood.has(thing.size) && performance.now() < end);
    stood.add(thing.size);
    return address;
  };
})()"""


def test_pictures_come_up_in_a_browser_that_stands_still_for_seconds(server, browser):
    context = browser.new_context(viewport=SIZES["small"])
    context.add_init_script(STANDS_STILL)
    pages = open_tabs(context, server, 1)
    assert wait_for_all(pages, PATIENCE_SECONDS) == []
    assert pages[0].evaluate("[...window.__stood].filter((size) => size > 50000).length") == 2
    close_all(context, server)


# A tab behind another has its map, and does not draw it.
BEHIND = "document.visibilityState === 'hidden' && document.querySelector('.posture-map canvas') !== null"


@pytest.fixture
def watched(tmp_path, browser_type_launch_args):
    with undriven(tmp_path / "profile", SIZES["small"]) as browser:
        yield browser


def wait_for_each(tabs, browser, what, seconds=PATIENCE_SECONDS):
    """The tabs of which something is not so after so long."""
    end = time.monotonic() + seconds
    waiting = [tab for tab in tabs if not browser.look(tab, what)]
    while waiting and time.monotonic() < end:
        time.sleep(0.2)
        waiting = [tab for tab in waiting if not browser.look(tab, what)]
    return waiting


def test_tabs_that_are_opened_behind_another_draw_once_they_are_looked_at(server, watched):
    """So a user opens many; Playwright has every page believe that it is in front."""
    tabs = [watched.open(f"{server.address}?seed={k}&hour=48", behind=True) for k in range(FEW)]
    assert wait_for_each(tabs, watched, BEHIND) == []
    assert not any(watched.look(tab, UP) for tab in tabs)
    for tab in tabs:
        watched.show(tab)
        assert wait_for_each([tab], watched, UP) == []


@pytest.fixture(params=["anew", "been here before"])
def visitor(request, server, watched):
    """Somebody whose browser keeps nothing, or, as is usual, files and what it made of them."""
    if request.param == "anew":
        watched.keep_nothing()
        return watched
    for _ in range(3):  # what is made of a script is kept from the second visit on
        tab = watched.open(f"{server.address}?hour=48")
        assert wait_for_each([tab], watched, UP) == []
        time.sleep(2)  # until it is kept
        watched.close(tab)
    return watched


@pytest.mark.bench  # fifty of Chromium's tabs take a quiet machine a minute of processor time
def test_fifty_tabs_come_up_beside_busy_loops(server, visitor):
    with busy(2), Probe(server.address) as probe:
        end = time.monotonic() + UP_SECONDS
        tabs = [visitor.open(f"{server.address}?seed={k}&hour=48") for k in range(MANY)]
        blank = wait_for_each(tabs, visitor, UP, end - time.monotonic())
    with Probe(server.address) as probe_of_closing:
        for tab in tabs:
            visitor.close(tab)
        wait_until_none_is_kept(server)
    assert len(blank) == 0, f"{len(blank)} of {MANY} tabs are blank"
    assert probe.slow() == [], f"as tabs opened, of {len(probe.waits)} answers these took long"
    assert probe_of_closing.slow() == [], f"as tabs closed, of {len(probe_of_closing.waits)} answers these took long"
    assert "Traceback" not in (server.folder / "errors.txt").read_text(encoding="utf-8")


@pytest.mark.bench  # a minute and more
def test_fifty_visits_leave_next_to_nothing(server, browser):
    context = browser.new_context(viewport=SIZES["small"])
    gained = []
    for k in range(MANY + 1):
        page = context.new_page()
        Watched(page, server.address).open(f"?seed={k}&hour=48")
        page.close()
        gained.append(server.memory_mib())
    close_all(context, server)
    assert server.memory_mib() - gained[0] < 100


@pytest.mark.parametrize("others", [0, 4], ids=["alone", "beside busy loops"])
def test_a_page_that_is_only_looked_at_costs_next_to_nothing(server, browser, others):
    """What is tidied up once, after opening, is no cost of looking: that is in every ten seconds."""
    context = browser.new_context(viewport=SIZES["small"])
    Watched(context.new_page(), server.address).open("?seed=1&hour=48")
    with busy(others):
        shares = []
        while len(shares) < 4 and (not shares or shares[-1] >= 0.01):
            shares.append(share_of_a_processor(server, 10))
    context.close()
    assert shares[-1] < 0.01, shares


def share_of_a_processor(server, seconds):
    before, began = server.processor_seconds(), time.monotonic()
    time.sleep(seconds)
    return (server.processor_seconds() - before) / (time.monotonic() - began)


@pytest.mark.parametrize(("sign", "code"), [(signal.SIGTERM, -signal.SIGTERM), (signal.SIGINT, 130)])
def test_it_ends_within_five_seconds_in_the_middle_of_opening_tabs(tmp_path, browser, sign, code):
    with serve(tmp_path, "six") as running:
        context = browser.new_context(viewport=SIZES["small"])
        open_tabs(context, running, 12)
        running.process.send_signal(sign)
        began = time.monotonic()
        assert running.process.wait(timeout=30) in (code, 128 + sign)
        assert time.monotonic() - began < 5
        context.close()
    assert "Traceback" not in (tmp_path / "errors.txt").read_text(encoding="utf-8")
