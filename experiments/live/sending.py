"""Messages to a tab are handed to the event loop together.

Solara's own way wakes the event loop twice for every message, and the tab's thread waits for it. A page that opens is
sent two hundred messages: a fifth of the server's work then was to wake and to wait.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from typing import Any

from solara.server import starlette
from solara.server.websocket import WebSocketDisconnect


class TogetherSender(starlette.WebsocketWrapper):
    """A websocket as Solara's threads see it: what is said while the event loop is busy goes out when it comes to it.

    The order stays, also of messages of several threads. Nobody waits; that the browser is gone is told to whoever
    says something after that.
    """

    def __init__(self, *words: Any) -> None:
        super().__init__(*words)
        self._said: deque[str | bytes] = deque()
        self._lock, self._awaited, self._gone = threading.Lock(), False, False

    def send_text(self, data: str) -> None:
        """Say it; raises `WebSocketDisconnect` if the browser is gone."""
        self._say(data)

    def send_bytes(self, data: bytes) -> None:
        """Say it; raises `WebSocketDisconnect` if the browser is gone."""
        self._say(data)

    def _say(self, data: str | bytes) -> None:
        if self._gone:
            raise WebSocketDisconnect
        with self._lock:
            self._said.append(data)
            first, self._awaited = not self._awaited, True
        if first:
            try:
                self.event_loop.call_soon_threadsafe(self._begin)
            except RuntimeError as error:  # the loop has ended
                self._gone = True
                raise WebSocketDisconnect from error

    def _begin(self) -> None:
        task = asyncio.ensure_future(self._send_all())
        self.tasks.add(task)  # a task that nobody knows may be collected
        task.add_done_callback(self.tasks.discard)

    async def _send_all(self) -> None:
        try:
            while (data := self._next()) is not None:
                await (self._send_bytes_exc(data) if isinstance(data, bytes) else self._send_text_exc(data))
        except (WebSocketDisconnect, RuntimeError):
            self._gone = True
            self._said.clear()

    def _next(self) -> str | bytes | None:
        with self._lock:
            if self._said:
                return self._said.popleft()
            self._awaited = False
            return None


def send_together() -> None:
    """From now on Solara's connections send so."""
    starlette.WebsocketWrapper = TogetherSender
