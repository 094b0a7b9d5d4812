"""The live page of what the extra `view` installs, and of nothing else, where there is no network."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest

pytest.importorskip("solara")
pytest.importorskip("playwright.sync_api")
from packaging.requirements import Requirement
from playwright.sync_api import expect

from tests.browser.conftest import Watched

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
NOWHERE = "http://127.0.0.1:9"  # where nobody answers


def needed(text: str, found: dict[str, Distribution]) -> dict[str, Distribution]:
    """What a requirement brings along, by name: the installed packages, and all that they require."""
    wanted = Requirement(text)
    if wanted.marker and not wanted.marker.evaluate({"extra": ""}):
        return found
    try:
        there = distribution(wanted.name)
    except PackageNotFoundError:  # what this system does not need
        return found
    key = " ".join([wanted.name.lower().replace("_", "-"), *sorted(wanted.extras)])
    if key not in found:
        found[key] = there
        for more in there.requires or ():
            of = Requirement(more)
            if not of.marker or any(of.marker.evaluate({"extra": extra}) for extra in ("", *wanted.extras)):
                needed(more.partition(";")[0], found)
    return found


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """A new environment with links to what the core and `view` need in this one, and to these sources."""
    import tomllib

    folder = tmp_path_factory.mktemp("view_alone")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found: dict[str, Distribution] = {}
    for text in [*project["dependencies"], *project["optional-dependencies"]["view"]]:
        needed(text, found)
    for one in found.values():
        for file in one.files or ():
            place = packages / Path(file).parts[0] if file.parts[0] != ".." else packages / file
            source = Path(one.locate_file(file.parts[0] if file.parts[0] != ".." else file))
            if source.exists() and not os.path.lexists(place):
                place.parent.mkdir(parents=True, exist_ok=True)
                os.symlink(source.resolve(), place)
    (packages / "sources.pth").write_text(f"{ROOT}\n", encoding="utf-8")
    return folder


def test_the_page_draws_without_a_network_from_the_extra_view_alone(environment, browser, tmp_path):
    unreachable = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), NOWHERE)
    words = {**os.environ, **unreachable, "no_proxy": "localhost,127.0.0.1", "PYTHONUNBUFFERED": "1"}
    words.pop("PYTHONPATH", None)
    command = [environment / "bin" / "python", "-m", "experiments.cli", "view", "six", "--port", "0"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen([*command, "--out", tmp_path], cwd=tmp_path, env=words, **pipes)
    page = browser.new_page()
    try:
        found = re.search(r"http://\S+/", process.stdout.readline())
        assert found, process.communicate()[1]
        watched = Watched(page, found[0])
        page.route(lambda url: "localhost" not in url, lambda route: route.abort())  # no other machine is asked
        page.goto(found[0])
        expect(page.locator(".posture-date")).to_have_text("1 Jan 2020, 00:00 · day 1 of 274")
        expect(page.locator("canvas").first).to_be_visible()
        expect(page.locator(".posture-chart-box canvas").first).to_be_visible()
        assert not [problem for problem in watched.problems if "_solara/cdn" in problem]
    finally:
        page.close()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
