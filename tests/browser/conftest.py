"""A real `posture view` in a process of its own, and a real browser: the system's Chromium, driven by Playwright."""

from __future__ import annotations

import json
import math
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

pytest.importorskip("solara")
playwright = pytest.importorskip("playwright.sync_api")

SCREENSHOTS = Path(__file__).parent.parent.parent / "results" / "screenshots"
SIZES = {
    "small": {"width": 1280, "height": 720},
    "large": {"width": 1920, "height": 1080},
    "phone": {"width": 390, "height": 844},
    "tablet": {"width": 768, "height": 1024},
    "medium": {"width": 1440, "height": 900},
    "zoom 150%": {"width": 853, "height": 480},  # of 1280 × 720, as the page sees it
    "zoom 200%": {"width": 640, "height": 360},
}
# How long a page may take: what is waited for is tested, not the machine, which may have much else to do.
PATIENCE_MS = 120_000
playwright.expect.set_options(timeout=PATIENCE_MS)
AT_REST = """(k) => {
  const map = document.querySelectorAll('.posture-map [data-hour]')[k].__map;
  return map.scene.progress === 1 && !map.pending;
}"""
# Solara's own page says these, whatever the app: they are no errors of ours
HARMLESS = re.compile(r"favicon|Failed to evaluate Vue script")


class Server:
    """A running `posture view`."""

    def __init__(self, process, address, folder):
        self.process, self.address, self.folder = process, address, folder

    def n_sessions(self):
        """How many sessions the server keeps, as Solara counts them."""
        with urlopen(f"{self.address}resourcez", timeout=30) as answer:
            return json.load(answer)["kernels"]["total"]

    def processor_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as file:
            user, system = file.read().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def memory_mib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1]) / 1024


@contextmanager
def serve(folder, *words, port="0"):
    """`posture view` with these words, until the end of the block; it must then end by Ctrl-C with code 130."""
    command = [sys.executable, "-m", "experiments.cli", "view", *words, "--port", port, "--out", str(folder / "live")]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with open(folder / "errors.txt", "w", encoding="utf-8") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment)
        try:
            line = process.stdout.readline()
            found = re.search(r"http://\S+/", line)
            assert found, (line, (folder / "errors.txt").read_text(encoding="utf-8"))
            yield Server(process, found[0], folder)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise
            finally:
                process.stdout.close()


class Watched:
    """A page of the view, with what went wrong in it."""

    def __init__(self, page, address):
        self.page, self.address, self.problems = page, address, []
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        page.on("response", lambda r: r.status >= 400 and self._note(f"{r.status} {r.url}"))
        page.on("requestfailed", lambda r: self._note(f"failed {r.url}"))

    def _on_console(self, message):
        if message.type in ("error", "warning"):
            self._note(f"{message.type}: {message.text}")

    def _note(self, text):
        if not HARMLESS.search(text):
            self.problems.append(text)

    def open(self, query=""):
        self.page.goto(self.address + query)
        self.page.wait_for_selector(".posture-map canvas")
        self.page.wait_for_function("document.querySelector('[data-hour]') !== null")
        return self

    def hour(self, k=0):
        return int(self.page.locator(".posture-map [data-hour]").nth(k).get_attribute("data-hour"))

    def wait_for_hour(self, condition, k=0):
        """Wait until the hour drawn on map k fulfils a condition in JavaScript, such as `hour >= 24`."""
        self.page.wait_for_function(
            f"(k => {{ const map = document.querySelectorAll('.posture-map [data-hour]')[k];"
            f" const hour = map ? +map.dataset.hour : NaN; return {condition}; }})({k})",
        )
        return self.hour(k)

    def wait_until(self, condition, seconds=PATIENCE_MS / 1000):
        """Wait for a condition that this process looks at."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "waited in vain"
            self.page.wait_for_timeout(100)

    def agents(self, k=0):
        """Where every agent of map k stands on the screen, as the map itself says."""
        self.page.wait_for_timeout(700)  # moving agents come to rest
        self.page.wait_for_function(AT_REST, arg=k)
        return self.page.evaluate("k => document.querySelectorAll('.posture-map [data-hour]')[k].__map.agents()", k)

    def count(self, kind, k=0):
        """How many agents of a kind are on map k; of sites, those held."""
        return sum(agent["kind"] == kind and agent.get("open", True) for agent in self.agents(k))

    def alone(self, kind, k=0):
        """An agent of a kind that stands farthest from any other on map k, and under none of its buttons."""
        self.wait_until(lambda: any(agent["kind"] == kind for agent in self.agents(k)))
        agents, box = self.agents(k), self.box(k)
        others = [(a["x"], a["y"]) for a in agents]

        def room(agent):
            here = agent["x"], agent["y"]
            return sorted(math.dist(here, other) for other in others)[1]

        def is_free(agent):
            top = "([x, y]) => document.elementFromPoint(x, y).tagName"
            return self.page.evaluate(top, [box["x"] + agent["x"], box["y"] + agent["y"]]) == "CANVAS"

        return max((agent for agent in agents if agent["kind"] == kind and is_free(agent)), key=room)

    def box(self, k):
        """Where map k is on the page."""
        return self.page.locator(".posture-map [data-hour]").nth(k).locator("canvas").first.bounding_box()

    def click_agent(self, name, k=0):
        """Click an agent on map k."""
        agent = next(agent for agent in self.agents(k) if agent["name"] == name)
        box = self.box(k)
        self.page.mouse.click(box["x"] + agent["x"], box["y"] + agent["y"])

    def wait_for_pairs(self):
        """Until the page of two runs says its answer, as a reader sees it who waits some seconds."""
        said = "document.body.innerText.includes('over 200 states')"
        self.page.wait_for_function(said, timeout=PATIENCE_MS)

    def screenshot(self, name):
        """A picture of the page for looking at, in `results/screenshots`."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(SCREENSHOTS / name))

    def button(self, name):
        return self.page.get_by_role("button", name=name, exact=True)


@pytest.fixture
def watch(browser):
    """Open a page of a server in a browser session of its own; at the end nothing may have gone wrong in any."""
    pages, contexts = [], []

    def make(server, query="", size="small", scheme="light", script=""):
        contexts.append(browser.new_context(viewport=SIZES[size], color_scheme=scheme))
        contexts[-1].add_init_script(script)
        page = contexts[-1].new_page()
        pages.append(Watched(page, server.address))
        return pages[-1].open(query)

    yield make
    problems = [problem for page in pages for problem in page.problems]
    for context in contexts:
        context.close()
    assert problems == []
