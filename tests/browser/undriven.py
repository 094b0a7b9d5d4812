"""A Chromium that is only looked at. To one that Playwright drives every page tells of each request and script with the
lines that asked for it: opening a page then costs half as much again, which no user pays."""

from __future__ import annotations

import json
import subprocess
import time
from contextlib import contextmanager

from websockets.sync.client import connect

from tests.conftest import CHROMIUM, FLAGS

PATIENCE_SECONDS = 60


class Undriven:
    """Speaks Chromium's protocol: opens tabs, shows and closes them, and evaluates an expression in each."""

    def __init__(self, socket):
        self._socket, self._n, self._context, self._sessions = socket, 0, {}, {}

    def _ask(self, method, session=None, **parameters):
        self._n += 1
        to = {"sessionId": session} if session else {}
        self._socket.send(json.dumps({"id": self._n, "method": method, "params": parameters, **to}))
        while (answer := json.loads(self._socket.recv())).get("id") != self._n:
            pass  # events of which nobody asked
        assert "error" not in answer, (method, answer)
        return answer["result"]

    def keep_nothing(self):
        """Tabs from now on have no files from before."""
        self._context = {"browserContextId": self._ask("Target.createBrowserContext")["browserContextId"]}

    def open(self, address, behind=False):
        """A new tab; `behind` the one that is in front, as a middle click does, and else drawn as if it was there."""
        tab = self._ask("Target.createTarget", url=address, background=behind, **self._context)["targetId"]
        self._sessions[tab] = self._ask("Target.attachToTarget", targetId=tab, flatten=True)["sessionId"]
        if not behind:
            self._ask("Emulation.setFocusEmulationEnabled", self._sessions[tab], enabled=True)
        return tab

    def look(self, tab, expression):
        found = self._ask("Runtime.evaluate", self._sessions[tab], expression=expression, returnByValue=True)
        return found["result"].get("value")

    def show(self, tab):
        self._ask("Target.activateTarget", targetId=tab)

    def close(self, tab):
        self._ask("Target.closeTarget", targetId=tab)
        del self._sessions[tab]


@contextmanager
def undriven(folder, size):
    """A browser with its files in a folder and windows of this size, until the end of the block."""
    where, window = f"--user-data-dir={folder}", f"--window-size={size['width']},{size['height']}"
    asked = [*FLAGS, "--headless=new", "--remote-debugging-port=0", where, window, "about:blank"]
    process = subprocess.Popen([CHROMIUM, *asked], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with connect(_address(folder / "DevToolsActivePort"), max_size=None, open_timeout=PATIENCE_SECONDS) as socket:
            yield Undriven(socket)
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_SECONDS)


def _address(file):
    """Where the browser hears the protocol: it writes a port and a path once it does."""
    end = time.monotonic() + PATIENCE_SECONDS
    while len(words := file.read_text(encoding="ascii").split() if file.exists() else []) < 2:
        assert time.monotonic() < end, "Chromium did not start"
        time.sleep(0.1)
    return f"ws://127.0.0.1:{words[0]}{words[1]}"
