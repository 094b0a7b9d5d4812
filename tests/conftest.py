"""Settings of all tests: hypothesis draws the same examples every time, and no test is judged by the clock."""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter

# Before NumPy is imported, and for every process that tests start: matrices are small here, and threads of several
# workers on few processors wait for each other at full speed. A small network took thirty times the processor time.
os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")

import pytest
from hypothesis import settings

from sim.config_files import configs_folder, names

settings.register_profile("posture", derandomize=True, deadline=None, max_examples=25)
settings.load_profile("posture")

LONG = """
killed view many_tabs page sweep_killed inputs docs compiled interrupt guard refusals nothing_lost verify study_frame
run_and_compare report_pages charts figures recipes cluster map_widget
calibration every_parameter discovery decide sensitivity weighed_states notebook report conservation two_drivers
own_streams course_and_map whatif futures stale_cache factorial build_like orders validation analysis
evidence_sections site
"""


def pytest_collection_modifyitems(items):
    """Files that take long come first, so that workers end at about the same time; the order within a file stays."""
    places = {f"test_{name}.py": n for n, name in enumerate(LONG.split())}
    items.sort(key=lambda item: places.get(item.path.name, len(places)))


LONG_SECONDS = 30.0


def pytest_terminal_summary(terminalreporter):
    """The files that took long, by the clock of the machine: a worker has a whole file, so `LONG` is held to this."""
    took = Counter()
    for report in (each for reports in terminalreporter.stats.values() for each in reports):
        if hasattr(report, "nodeid") and hasattr(report, "duration"):
            took[report.nodeid.partition("::")[0]] += report.duration
    if long := [f"{seconds:7.0f} s  {file}" for file, seconds in took.most_common() if seconds >= LONG_SECONDS]:
        terminalreporter.section("files that took long")
        terminalreporter.write_line("\n".join(long))


# The browser of all browser tests: the system's own, driven by Playwright.
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: `make test` installs it where it can")
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": FLAGS}


# Shipped responses begin weeks into a run and take months: here months become days.
SOONER = {"start_day": 30, "every_days": 20, "days": 12}


@pytest.fixture(scope="session")
def early(tmp_path_factory):
    """Name → file of a copy of each shipped response whose orders come in the first days of a run."""
    folder = tmp_path_factory.mktemp("responses")
    for name in names("responses"):
        text = (configs_folder() / "responses" / f"{name}.toml").read_text(encoding="utf-8")
        for key, divisor in SOONER.items():
            text = re.sub(
                rf"^{key} = (\d+)$", lambda m, d=divisor: m[0].replace(m[1], str(1 + int(m[1]) // d)), text, flags=re.M
            )
        (folder / f"{name}.toml").write_text(text.replace("hours = 240", "hours = 40"), encoding="utf-8")
    return {name: str(folder / f"{name}.toml") for name in names("responses")}
