"""What is said to a tab: all of it, in order, without waiting for the event loop; whoever is gone is found out."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

pytest.importorskip("solara")
pytest.importorskip("uvicorn")

from solara.server.websocket import WebSocketDisconnect
from starlette.websockets import WebSocket

from experiments.live.sending import TogetherSender


class Line:
    """The other end of a websocket: keeps what it is sent, until it is cut."""

    def __init__(self):
        self.got, self.cut = [], False

    async def receive(self):
        return {"type": "websocket.connect"}

    async def send(self, message):
        if self.cut:
            raise OSError  # as starlette hears of a browser that is gone
        if message["type"] == "websocket.send":
            self.got.append(message.get("text") or message.get("bytes"))


@contextmanager
def connected(line):
    """A sender over this line, and the event loop that it speaks through, in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def open_it():
        socket = WebSocket({"type": "websocket"}, line.receive, line.send)
        await socket.accept()
        return TogetherSender(socket, None)

    try:
        yield asyncio.run_coroutine_threadsafe(open_it(), loop).result(), loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def settled(loop, condition):
    """Wait until the loop has done what was asked of it."""

    async def look():
        while not condition():
            await asyncio.sleep(0.001)

    asyncio.run_coroutine_threadsafe(look(), loop).result(timeout=30)


def is_refused(sender):
    try:
        sender.send("lost")
    except WebSocketDisconnect:
        return True
    return False


def test_nobody_waits_for_a_loop_that_is_busy_and_the_order_stays():
    line, done = Line(), threading.Event()
    with connected(line) as (sender, loop):
        loop.call_soon_threadsafe(done.wait)  # busy until all is said
        said = [f"{n}" if n % 3 else f"{n}".encode() for n in range(300)]
        for each in said:
            sender.send(each)
        assert line.got == []
        done.set()
        settled(loop, lambda: len(line.got) == len(said))
    assert line.got == said


def test_threads_that_speak_at_once_lose_nothing_and_keep_their_order():
    line = Line()
    with connected(line) as (sender, loop), ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda k: [sender.send(f"{k} {n}") for n in range(500)], range(4)))
        settled(loop, lambda: len(line.got) == 2000)
    for k in range(4):
        assert [each for each in line.got if each.startswith(f"{k} ")] == [f"{k} {n}" for n in range(500)]


def test_a_browser_that_is_gone_is_told_to_whoever_speaks_next():
    line = Line()
    with connected(line) as (sender, loop):
        sender.send("heard")
        settled(loop, lambda: line.got == ["heard"])
        line.cut = True
        settled(loop, lambda: is_refused(sender))
        assert is_refused(sender), "and stays so"
    assert line.got == ["heard"]


def test_after_the_loop_has_ended_nobody_is_there():
    with connected(Line()) as (sender, _):
        pass
    for _ in range(2):
        with pytest.raises(WebSocketDisconnect):
            sender.send("too late")
