"""Turns: so many messages of websockets are worked on at a time, and nobody is forgotten."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from experiments.live.turns import Turns


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
