"""Turns for the tabs: a few messages of browsers are worked on at a time, the others wait without a thread.

Every tab has a thread in which Solara works on its messages. Thirty of them at once fight for the interpreter, and the
event loop, which must answer everybody, waits behind them all. A message is handed on only when one of few turns is
free; it ends as the tab's thread asks for the next. The first message opens the tab; the last one ends it, or the
browser says that it was closed: work like the others, from all tabs at once when a browser starts or ends.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from experiments.live.guard import App, Message, Receive, Send

READY = "/readyz"
"""Where somebody asks whether the server is ready."""
CLOSE = "/_solara/api/close/"
"""Where a browser says that a tab was closed."""
AT_A_TIME = 2  # more than one, so that a long one (a run made again) holds nobody up


class Turns:
    """An ASGI application around another whose websockets take turns."""

    def __init__(self, app: App, at_a_time: int = AT_A_TIME) -> None:
        self.app, self._free, self._heard = app, asyncio.Semaphore(at_a_time), time.monotonic()

    def silence(self) -> float:
        """For how many seconds no tab has said anything."""
        return time.monotonic() - self._heard

    def heard(self) -> None:
        """A tab says something."""
        self._heard = time.monotonic()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass on; for a websocket and the end of a tab, in turn."""
        if scope["type"] != "websocket" and scope["path"] != READY:  # a page or a file of it: a tab is being opened
            self.heard()
        turn = _Turn(receive, self._free, self.heard)
        try:
            if scope["type"] == "websocket":
                receive = turn
            elif scope["path"].startswith(CLOSE):
                await turn.begin()
            await self.app(scope, receive, send)
        finally:
            turn.end()


class _Turn:
    """`receive` of one websocket: whoever asks for a message is done with the one before."""

    def __init__(self, receive: Receive, free: asyncio.Semaphore, heard: Callable[[], None]) -> None:
        self._receive, self._free, self._heard, self._mine = receive, free, heard, False

    async def __call__(self) -> Any:
        self.end()
        message = await self._receive()
        self._heard()
        await self.begin()
        return message

    async def begin(self) -> None:
        """Wait for it."""
        await self._free.acquire()
        self._mine = True

    def end(self) -> None:
        """Let another have the turn."""
        if self._mine:
            self._mine = False
            self._free.release()
