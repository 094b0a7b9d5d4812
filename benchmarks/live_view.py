"""The live view with the browser on this machine: first paint, frames a second, memory, what-if, end of a tab."""

from __future__ import annotations

import json
import math
import re
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import numpy as np

from benchmarks.measuring import Figure, program, timed
from sim import load_scenario
from sim.app.live_run import LiveRun
from sim.app.whatif import BASE, Option, what_if
from sim.responses import Use

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
OPTIONS = ("zone_clearance", "intelligence_sharing", "closure_threat", "surge")
WATCH = """() => {
  const seen = (window.__seen = { frames: [], hours: [], log: [] });
  const note = (selector, attribute, into) => {
    let before = null;
    const look = () => {
      const value = document.querySelector(selector)?.getAttribute(attribute);
      if (value != null && value !== before) into.push([performance.now(), +(before = value)]);
    };
    const options = { subtree: true, childList: true, attributes: true, attributeFilter: [attribute] };
    new MutationObserver(look).observe(document.body, options);
  };
  note(".posture-map [data-frame]", "data-frame", seen.frames);
  note(".posture-map [data-hour]", "data-hour", seen.hours);
  note(".posture-as-of", "data-hour", seen.log);
}"""
HOUR = "+document.querySelector('.posture-map [data-hour]').dataset.hour"
SECONDS = 20


@contextmanager
def server(*words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running `posture view` and its address."""
    with tempfile.TemporaryDirectory() as folder:
        command = [str(program()), "view", *words, "--port", "0", "--out", folder]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert process.stdout is not None
        try:
            found = re.search(r"http://\S+/", process.stdout.readline())
            if found is None:
                raise SystemExit("posture view did not start: nothing is timed")
            yield process, found[0]
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=30)


@contextmanager
def browser() -> Iterator[Any]:
    """Headless Chromium, the system's own."""
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        raise SystemExit("no Chromium on this machine: install the package chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield chromium
        chromium.close()


def memory_mib(process: subprocess.Popen[str]) -> float:
    """Resident memory of the server."""
    text = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    found = re.search(r"VmRSS:\s+(\d+)", text)
    assert found is not None
    return int(found[1]) / 1024


def opened(chromium: Any, address: str) -> tuple[Any, float]:
    """A new page, and the seconds until its map is painted."""
    page = chromium.new_page(viewport={"width": 1280, "height": 720})

    def paint() -> None:
        page.goto(address)
        page.wait_for_function(f"document.querySelector('.posture-map [data-frame]') && {HOUR} >= 0", timeout=60_000)

    return page, timed(paint)


def n_tabs(address: str) -> int:
    """How many sessions the server keeps."""
    with urlopen(f"{address}resourcez") as answer:
        return int(json.load(answer)["kernels"]["total"])


def live_view() -> list[Figure]:
    """The live view: first paint, frames, lag of the log, pairs, memory, what-if."""
    return [*_pictures(), *_pairs(), *_memory(), *_futures()]


def _pictures() -> Iterator[Figure]:
    with server("six", "--seed", "7") as (_, address), browser() as chromium:
        paints = []
        for _ in range(5):
            page, seconds = opened(chromium, address)
            paints.append(seconds)
            page.close()
        yield Figure("first paint, median of 5", statistics.median(paints), "s", 2.5)
        for name, query in (("one map", ""), ("twin", "?posture=fourteen&twin=six&seed=7")):
            page, _ = opened(chromium, address + query)
            page.get_by_role("button", name="play", exact=True).click()
            page.wait_for_timeout(2000)
            page.evaluate(WATCH)
            page.wait_for_timeout(1000 * SECONDS)
            yield from _played(name, page.evaluate("window.__seen"))
            page.close()


def _played(name: str, seen: dict[str, list[tuple[float, int]]]) -> Iterator[Figure]:
    """What was seen while a page played: pairs of milliseconds and a number, for each change of it."""
    times = [at for at, _ in seen["frames"]]
    gaps, hours = np.diff(times), seen["hours"]
    seconds = (times[-1] - times[0]) / 1000
    yield Figure(f"map frames, {name}", len(gaps) / seconds, "frames/s", 20, True)
    yield Figure(f"  gaps between them, 95th percentile, {name}", float(np.percentile(gaps, 95)), "ms", 120)
    yield Figure(f"  simulated hours, {name}", (hours[-1][1] - hours[0][1]) / seconds, "hours/s", 24, True)
    lags = _lags(hours, seen["log"])
    yield Figure(f"  the log is behind the map, 95th percentile, {name}", float(np.percentile(lags, 95)), "ms", 250)


def _lags(hours: Sequence[tuple[float, int]], log: Sequence[tuple[float, int]]) -> list[float]:
    """How old what the log shows has become when it is renewed: since the map passed that hour."""
    passed = [
        (next((at for at, hour in hours if hour > shown), math.inf), until) for (_, shown), (until, _) in pairwise(log)
    ]
    return [until - at for at, until in passed if at < until] or [0.0]


def _pairs() -> Iterator[Figure]:
    """The pairs behind a twin, from the opening of the page."""
    with server("fourteen", "--twin", "six", "--seed", "7") as (_, address), browser() as chromium:
        began = time.perf_counter()
        page, _ = opened(chromium, address)
        page.get_by_text("a pair of runs in each").first.wait_for(timeout=60_000)
        yield Figure("200 pairs of the twin, since opening", time.perf_counter() - began, "s", 10)
        page.close()


def _memory() -> Iterator[Figure]:
    """A thousand simulated days played, after a warm-up of 400, in which the ensemble is made as well."""
    with server("six", "--seed", "7", "--days", "1400") as (process, address), browser() as chromium:
        page, _ = opened(chromium, address)
        page.get_by_label("speed", exact=True).select_option("1 month/s")
        page.get_by_role("button", name="play", exact=True).click()
        page.wait_for_function(f"{HOUR} >= 9600", timeout=120_000)
        before = memory_mib(process)
        page.wait_for_function(f"{HOUR} >= 33600", timeout=300_000)
        yield Figure("memory gained in 1,000 simulated days", memory_mib(process) - before, "MiB", 50)
        page.close()
        start = time.perf_counter()
        while n_tabs(address) and time.perf_counter() - start < 60:
            time.sleep(0.1)
        yield Figure("session freed after its tab is closed", time.perf_counter() - start, "s")


def _futures() -> Iterator[Figure]:
    """A thousand futures of 30 days for five options, on two threads."""
    run = LiveRun(load_scenario("six"), 7, hour=24 * 120 + 13)
    model = run.model
    options = [Option(BASE), *(Option(name, (Use(name=name),)) for name in OPTIONS)]

    def ask() -> None:
        with ThreadPoolExecutor(2) as executor:
            found = what_if(
                model.setting, model.world_block, model.state_block, options, n=1000, days=30, executor=executor
            )
        if found.n != 1000 or len(found.labels) != 5:
            raise SystemExit("what-if gave something else than was asked: nothing is timed")

    ask()
    yield Figure("what if: 5 options × 1,000 futures × 30 days", min(timed(ask) for _ in range(3)), "s", 3)
