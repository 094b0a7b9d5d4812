"""Solara's own server application in this process, guarded, in turns, and ended within seconds.

No browser is opened and nothing is asked of any other machine, not even for the files of the page.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from queue import SimpleQueue
from types import FrameType
from typing import Any

import uvicorn

from experiments.live.document import Document
from experiments.live.garbage import collect_when_quiet
from experiments.live.guard import App, Guard, Message, Receive, Send
from experiments.live.kept_files import CDN, KeptFiles
from experiments.live.turns import READY, Turns

# After a browser has gone without saying so (asleep, cut off), its run is freed so much later.
GONE_AFTER = "20s"
_SETTINGS = {
    "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "False",
    "SOLARA_KERNEL_CULL_TIMEOUT": GONE_AFTER,
    "SOLARA_KERNEL_GC_AFTER_CLOSE": "False",  # it stops every thread: garbage waits for a quiet second
    "SOLARA_SERVER_HTTP_GZIP": "False",  # the page is prepared on its way out; its files are compressed once
    "SOLARA_THEME_FORCE_REFRESH": "True",  # after a restart of the server a tab loads its address again, by itself
    "SOLARA_THEME_LOADER": "plain",
    "SOLARA_THEME_SHOW_BANNER": "False",
    "SOLARA_THEME_TITLE": "Posture",
}
END_SECONDS = 1.0  # what has not ended by then is cut off: nothing is lost that the address does not hold


class LocalFiles:
    """An ASGI application around Solara's, which would fetch a file of the page that it lacks from elsewhere."""

    def __init__(self, app: App, folder: Path) -> None:
        self.app, self._folder = app, folder

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer that a file is not there, or pass on."""
        path = str(scope.get("path", ""))
        if not path.startswith(CDN) or (self._folder / path.removeprefix(CDN)).is_file():
            await self.app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": b"There is no such file here.\n"})


class Ready:
    """An ASGI application around Solara's that says at once whether the server is ready.

    Solara's own answer waits for a thread, which beside many tabs may take a second.
    """

    def __init__(self, app: App, asked: Callable[[], tuple[Any, int]]) -> None:
        self.app, self._asked = app, asked

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer what is asked of, or pass on."""
        if scope["type"] != "http" or scope["path"] != READY:
            await self.app(scope, receive, send)
            return
        said, status = self._asked()
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(said).encode()})


def application(hosts: Iterable[str]) -> tuple[App, Turns]:
    """What is served: the page of `sim.app`, to those who may see it; and the turns of its tabs."""
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    os.environ["SOLARA_APP"] = "sim.app.page"
    warnings.filterwarnings("ignore", "Cookies with samesite", UserWarning)  # of pages at 127.0.0.1, by Solara
    from solara.server import settings

    settings.main.mode = "production"
    from solara.server.server import readyz
    from solara.server.starlette import app, on_startup

    from experiments.live.sending import send_together

    on_startup()
    send_together()
    turns = Turns(Ready(KeptFiles(LocalFiles(app, settings.assets.proxy_cache_dir)), readyz))
    return Guard(Document(turns), hosts), turns


class Server(uvicorn.Server):
    """Says where it is as soon as it can be reached there, and ends within seconds of being told to."""

    def __init__(self, config: uvicorn.Config, tell: Callable[[int], Any]) -> None:
        super().__init__(config)
        self._tell, self._told = tell, SimpleQueue[int]()
        # it waits from the start: to start a thread takes a busy server long
        threading.Thread(target=self._cut_off, daemon=True, name="posture end").start()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then tell the port."""
        await super().startup(sockets)
        if self.started:
            self._tell(self.servers[0].sockets[0].getsockname()[1])

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End: no tab is waited for, and none is closed one by one, as each may be in the middle of something."""
        if not self.should_exit:
            logging.disable()  # requests that are cut off would each print how
            self._told.put(sig)
        super().handle_exit(sig, frame)
        self.force_exit = True

    def _cut_off(self) -> None:
        sig = self._told.get()
        time.sleep(END_SECONDS)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(128 + sig)


def serve(hosts: Iterable[str], host: str, port: int, ready: Callable[[], Any], tell: Callable[[int], Any]) -> None:
    """Serve until a signal comes. `ready` does what a first page would wait for; then `tell` is told the port."""
    app, turns = application(hosts)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="warning",
        lifespan="off",  # its end would close one tab after another, in the event loop
        ws_per_message_deflate=False,  # most browsers are on this machine: packing costs more than it saves
        ws_ping_timeout=60.0,  # a browser that opens many tabs is busy for long
    )
    ready()
    collect_when_quiet(turns.silence)
    Server(config, tell).run()
