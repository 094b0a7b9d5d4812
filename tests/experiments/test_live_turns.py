"""Turns: so many messages of websockets are worked on at a time, and nobody is forgotten. /readyz waits for none."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from experiments.live.server import Ready
from experiments.live.turns import CLOSE, Turns


class Crowd:
    """An application that works on each message for a moment, and counts how many do so at once."""

    def __init__(self):
        self.now, self.most, self.done = 0, 0, []

    async def __call__(self, scope, receive, send):
        while (await receive())["type"] == "websocket.receive":
            self.now += 1
            self.most = max(self.most, self.now)
            await asyncio.sleep(0.001)
            self.now -= 1
            self.done.append(scope["name"])
            if scope["name"] == "breaks":
                raise ConnectionError


def messages(n):
    queue = asyncio.Queue()
    for _ in range(n):
        queue.put_nowait({"type": "websocket.receive"})
    queue.put_nowait({"type": "websocket.disconnect"})
    return queue.get


async def run(turns, names):
    tabs = [turns({"type": "websocket", "name": name}, messages(4), None) for name in names]
    return await asyncio.gather(*tabs, return_exceptions=True)


def ended(coroutine):
    """Run in a thread of its own: in this one a browser of other tests may have a loop."""
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(asyncio.run, coroutine).result()


def test_a_few_are_worked_on_at_a_time_and_all_come_to_their_end():
    crowd = Crowd()
    ended(run(Turns(crowd, at_a_time=2), [f"tab {n}" for n in range(20)]))
    assert crowd.most == 2
    assert len(crowd.done) == 80


def test_one_that_breaks_off_gives_its_turn_back():
    crowd = Crowd()
    ended(run(Turns(crowd, at_a_time=1), ["breaks", "tab", "breaks", "other"]))
    assert crowd.done.count("tab") == crowd.done.count("other") == 4
    assert crowd.most == 1


class Endings:
    """An application that takes a moment over the end of each tab: its last message, or that it was closed."""

    def __init__(self):
        self.now = self.most = self.done = 0

    async def __call__(self, scope, receive, send):
        if scope["type"] == "websocket":
            while (await receive())["type"] != "websocket.disconnect":
                pass
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.001)
        self.now -= 1
        self.done += 1


SAID = [{"type": "websocket"}, {"type": "http", "path": f"{CLOSE}abc"}]


@pytest.mark.parametrize("scope", SAID, ids=["gone", "told"])
def test_tabs_that_are_closed_together_end_a_few_at_a_time(scope):
    """A browser that ends takes all of its tabs with it."""
    endings = Endings()

    async def end_all():
        turns = Turns(endings, at_a_time=2)
        await asyncio.gather(*[turns(scope, messages(1), None) for _ in range(20)])

    ended(end_all())
    assert (endings.most, endings.done) == (2, 20)


def test_it_is_known_for_how_long_no_tab_has_spoken():
    turns = Turns(Crowd())
    time.sleep(0.01)
    began = time.monotonic()
    assert turns.silence() >= 0.01
    ended(run(turns, ["tab"]))
    assert turns.silence() <= time.monotonic() - began, "it was heard after that"


@pytest.mark.parametrize(("path", "heard"), [("/", True), ("/static/main.js", True), ("/readyz", False)])
def test_a_tab_that_is_being_opened_is_heard_and_a_probe_is_not(path, heard):
    async def app(scope, receive, send):
        pass

    turns = Turns(app)
    time.sleep(0.01)
    began = time.monotonic()
    ended(turns({"type": "http", "path": path}, None, None))
    assert (turns.silence() <= time.monotonic() - began) == heard


def test_whether_it_is_ready_is_said_without_the_application_and_all_else_with_it():
    asked, sent = [], []

    async def app(scope, receive, send):
        asked.append((scope["type"], scope["path"]))

    async def send(message):
        sent.append(message)

    ready = Ready(app, lambda: ({"status": "ok"}, 200))
    for kind, path in (("http", "/readyz"), ("http", "/"), ("websocket", "/readyz")):
        ended(ready({"type": kind, "path": path}, None, send))
    assert asked == [("http", "/"), ("websocket", "/readyz")]
    assert [message.get("status") for message in sent] == [200, None]
    assert sent[1]["body"] == b'{"status": "ok"}'
