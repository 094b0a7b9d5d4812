"""The map in a real browser: what is drawn, hovered, clicked and zoomed."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from urllib.error import URLError
from urllib.request import urlopen

import pytest

pytest.importorskip("solara")
pytest.importorskip("playwright")

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# Solara says the first two, whatever the app; the third is about this file, which reads pixels
HARMLESS = re.compile(r"favicon|Failed to evaluate Vue script|willReadFrequently")

# A page with one map; its button shows the picture of two hours later. Below it what Python knows of the browser.
PAGE = """
import json
import solara
from sim import PostureModel
from sim.app.map.frame import frame
from sim.app.map.layout import layout
from sim.app.map.widget import MapWidget
from sim.event_log import EventLog

def show(model, widget):
    widget.show(frame(model, model.event_log.rows, cells=widget.show_cells))

def made():
    model, widget = PostureModel("six", rng=7, collect=False), MapWidget(chart_box=".beside")
    model.event_log = EventLog()
    model.go_to(400)
    widget.layout_data = layout(model)
    widget.observe(lambda _: show(model, widget), "show_cells")
    show(model, widget)
    return model, widget

@solara.component
def Page():
    model, widget = solara.use_memo(made, [])
    told, tell = solara.use_state("{}")
    def follow():
        names = ["picked", "acknowledged", "drawn", "size_px", "chart_size_px"]
        widget.observe(lambda _: tell(json.dumps({name: getattr(widget, name) for name in names})), names)
    solara.use_effect(follow, [])
    def go_on():
        model.go_to(model.hour + 2)
        show(model, widget)
    def darken():
        widget.dark = not widget.dark
    with solara.Div(style={"width": "900px", "height": "600px"}):
        solara.Column(children=[widget], style={"height": "100%"})
    solara.Div(classes=["beside"], style={"width": "300px", "height": "50px"})
    solara.Button("Go on", on_click=go_on)
    solara.Button("Darken", on_click=darken)
    solara.Text(told, classes=["told"])
"""
SERVER = """
import sys
import uvicorn
from solara.server import settings
settings.main.mode = "production"
from solara.server.starlette import app
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(address, process):
    for _ in range(300):
        assert process.poll() is None, "the page's server ended"
        try:
            with urlopen(f"{address}/readyz", timeout=2):
                return
        except (URLError, ConnectionError):
            time.sleep(0.2)
    raise AssertionError("the page's server did not come up")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("map")
    (folder / "map_page.py").write_text(PAGE, encoding="utf-8")
    more = {"SOLARA_APP": str(folder / "map_page.py"), "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "False"}
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", SERVER, str(port)], env={**os.environ, **more})
    try:
        wait_for(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


class Shown:
    """A page with a map, and what the browser complained of."""

    def __init__(self, browser, address):
        self.page, self.problems = browser.new_page(viewport={"width": 1000, "height": 760}), []
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.goto(address)
        self.wait("this.dataset.frame >= 1")

    def _on_console(self, message):
        if message.type in ("error", "warning") and not HARMLESS.search(message.text):
            self.problems.append(message.text)

    def ask(self, expression):
        """A value in the page; `this` is the map's element."""
        return self.page.evaluate(
            f"(function () {{ return {expression}; }}).call(document.querySelector('.posmap-host'))"
        )

    def wait(self, condition):
        found = (
            f"(function () {{ return {condition}; }}).call(document.querySelector('.posmap-host') || {{dataset: {{}}}})"
        )
        self.page.wait_for_function(found, timeout=60_000)

    def told(self):
        return json.loads(self.page.locator(".told").inner_text())

    def wait_until_told(self, condition):
        for _ in range(100):
            if condition(self.told()):
                return self.told()
            self.page.wait_for_timeout(50)
        raise AssertionError(self.told())

    def rest(self):
        """Until everybody has arrived and nothing is drawn any more."""
        self.page.wait_for_timeout(100)
        self.wait("this.__map.pending === 0")

    def agents(self, kind=None):
        self.rest()
        agents = self.ask("this.__map.agents()")
        return [agent for agent in agents if "row" in agent and kind in (None, agent["kind"])]

    def point_at(self, agent, click=False):
        box = self.page.locator(".posmap-canvas").bounding_box()
        at = box["x"] + agent["x"], box["y"] + agent["y"]
        self.page.mouse.move(*at)
        if click:
            self.page.mouse.click(*at)

    def tip(self):
        return self.page.locator(".posmap-tip").inner_text()

    def press(self, name):
        self.page.get_by_role("button", name=name).click()
        self.rest()

    def colour_of(self, agent):
        """The pixel a third of the way from a site's middle to its right edge."""
        x, y = agent["x"] + agent["r"] / 2, agent["y"]
        ratio = "this.__map.ratio"
        return self.ask(f"[...this.__map.ctx.getImageData({x} * {ratio}, {y} * {ratio}, 1, 1).data].slice(0, 3)")


@pytest.fixture(scope="module")
def opened(browser, address):
    shown = Shown(browser, address)
    yield shown
    assert shown.problems == []
    shown.page.close()


@pytest.fixture
def shown(opened):
    opened.press("Show the whole theatre")
    opened.page.mouse.move(500, 690)
    return opened


def site(shown, name):
    return next(agent for agent in shown.agents("sites") if agent["name"] == name)


def test_the_map_fills_its_parent_and_says_what_it_shows(shown):
    assert shown.ask("[this.clientWidth, this.clientHeight]") == [900, 600]
    canvas = shown.page.locator(".posmap-canvas")
    assert canvas.get_attribute("role") == "img"
    assert re.search(r"2020, \d\d:00: 6 of 14 sites open, \d+ convoys", canvas.get_attribute("aria-label"))


def test_python_learns_the_sizes_in_pixels_of_the_screen(shown):
    told = shown.wait_until_told(lambda told: told["chart_size_px"] != [0, 0])
    assert (told["size_px"], told["chart_size_px"]) == ([900, 600], [300, 50])


def test_everybody_is_on_the_map_once(shown):
    agents = shown.agents()
    names = [agent["name"] for agent in agents]
    assert len(names) == len(set(names))
    counts = {kind: sum(agent["kind"] == kind for agent in agents) for kind in ("sites", "units", "details", "cells")}
    assert counts == {"sites": 14, "units": 80, "details": 10, "cells": 0}


def test_a_new_frame_advances_the_numbers(shown):
    number, hour = (int(shown.ask(f"this.dataset.{name}")) for name in ("frame", "hour"))
    shown.press("Go on")
    shown.wait(f"this.dataset.frame == {number + 1} && this.dataset.hour == {hour + 2}")
    shown.wait_until_told(lambda told: told["acknowledged"] == number + 1 and told["drawn"] > 0)


def test_frames_are_acknowledged_though_nothing_is_drawn(shown):
    drawn = shown.ask("(this.__map.tick = () => {}, this.__map.drawn)")  # as in a hidden tab
    number = int(shown.ask("this.__map.number"))
    shown.page.get_by_role("button", name="Go on").click()
    shown.wait_until_told(lambda told: told["acknowledged"] == number + 1)
    assert shown.ask("this.__map.drawn") == drawn
    shown.ask("(delete this.__map.tick, this.__map.pending = 0, this.__map.redraw())")
    shown.wait(f"this.dataset.frame == {number + 1}")


def test_nothing_is_drawn_while_nothing_changes(shown):
    shown.rest()
    drawn = shown.ask("this.__map.drawn")
    shown.page.wait_for_timeout(700)
    assert shown.ask("this.__map.drawn") == drawn


def test_hovering_tells_an_agent_s_state_with_units(shown):
    shown.point_at(site(shown, "al_asad"))
    assert "Al-Asad air base (al_asad)" in shown.tip()
    assert re.search(r"people\n1 C-RAM battery: \d+ bursts? ready, \d+ in reserve\nsupply for [\d.]+ days", shown.tip())
    shown.point_at(shown.agents("convoys")[0])
    words = r"Convoy \d+ for \w+: (assembling|rolling|unloading|returning), \d+ trucks?, [\d.]+ t, \d+ escort vehicles?"
    assert re.search(words, shown.tip())


def test_a_site_handed_over_is_drawn_closed(shown):
    open_site, closed = site(shown, "al_asad"), site(shown, "al_qaim")
    assert (open_site["open"], closed["open"]) == (True, False)
    shown.point_at(closed)
    assert "handed over" in shown.tip()
    shown.page.mouse.move(500, 690)
    red, green, blue = shown.colour_of(open_site)
    assert blue > 150 > green > red
    assert shown.colour_of(closed) != shown.colour_of(open_site)


@pytest.mark.parametrize("kind", ["sites", "convoys", "units", "details"])
def test_a_click_picks_the_agent_under_it(shown, kind):
    agent = shown.agents(kind)[-1]
    before = shown.told()["picked"].get("serial", 0)
    shown.point_at(agent, click=True)
    picked = shown.wait_until_told(lambda told: told["picked"].get("serial", 0) > before)["picked"]
    assert (picked["kind"], picked["row"], picked["name"]) == (kind, agent["row"], agent["name"])
    assert picked["hour"] == int(shown.ask("this.dataset.hour"))


def test_a_click_on_empty_ground_picks_nobody(shown):
    shown.point_at(shown.agents("sites")[-1], click=True)
    shown.wait_until_told(lambda told: told["picked"].get("kind") == "sites")
    shown.point_at({"x": 200, "y": 480}, click=True)
    shown.wait_until_told(lambda told: told["picked"] == {})


def test_those_who_share_a_square_can_all_be_picked(shown):
    shown.press("Show Baghdad")
    found = shown.ask(
        "this.__map.agents().filter(a => 'row' in a)"
        ".map(a => [a.kind, a.name, this.__map.hit(a.x, a.y).agent.kind, this.__map.hit(a.x, a.y).agent.name])"
    )
    assert len(found) > 40
    assert [hit for hit in found if hit[2] != "sites" and hit[:2] != hit[2:]] == []


def test_zoom_by_buttons_wheel_and_keys(shown):
    scale = shown.ask("this.__map.main.scale")
    shown.press("Zoom in")
    assert shown.ask("this.__map.main.scale") == pytest.approx(1.5 * scale)
    shown.press("Zoom out")
    assert shown.ask("this.__map.main.scale") == pytest.approx(scale)
    shown.page.mouse.move(300, 420)
    ground = shown.ask("this.__map.main.km(300, 420)")
    shown.page.mouse.wheel(0, -200)
    shown.wait(f"this.__map.main.scale > {1.2 * scale}")
    box = shown.page.locator(".posmap-canvas").bounding_box()
    assert shown.ask(f"this.__map.main.km({300 - box['x']}, {420 - box['y']})") == pytest.approx(ground, abs=25)
    shown.page.locator(".posmap-canvas").focus()
    shown.page.keyboard.press("-")
    shown.wait(f"this.__map.main.scale < {1.3 * scale}")


def test_dragging_moves_the_ground_with_the_pointer(shown):
    before = shown.ask("[this.__map.main.x, this.__map.main.y, this.__map.main.scale]")
    shown.page.mouse.move(300, 500)
    shown.page.mouse.down()
    shown.page.mouse.move(340, 470, steps=4)
    shown.page.mouse.up()
    x, y, scale = shown.ask("[this.__map.main.x, this.__map.main.y, this.__map.main.scale]")
    assert (x, y) == pytest.approx((before[0] - 40 / scale, before[1] - 30 / scale))


def test_the_inset_is_there_until_the_capital_itself_is_shown(shown):
    assert shown.ask("this.__map.insetShown()")
    views = {agent["name"]: agent["view"] for agent in shown.agents("sites")}
    assert (views["embassy"], views["al_asad"]) == ("inset", "main")
    shown.press("Show Baghdad")
    assert not shown.ask("this.__map.insetShown()")
    assert {agent["view"] for agent in shown.agents()} == {"main"}


def test_the_inset_covers_no_road(shown):
    box, points = shown.ask(
        "[this.__map.inset.box, this.__map.scene.layout.squares.x.map("
        "(x, n) => this.__map.main.at(x, this.__map.scene.layout.squares.y[n]))]"
    )
    assert box["w"] > 200
    inside = [
        point
        for point in points
        if box["x"] <= point[0] <= box["x"] + box["w"] and box["y"] <= point[1] <= box["y"] + box["h"]
    ]
    assert inside == []


def test_cells_are_shown_on_request_and_marked(shown):
    box = shown.page.get_by_label("cells (omniscient)")
    box.check()
    shown.wait("this.__map.scene.frame.cells")
    assert len(shown.agents("cells")) == 60
    shown.press("Show Baghdad")
    shown.point_at(shown.agents("cells")[0])
    assert "nobody in the run sees this" in shown.tip()
    box.uncheck()
    shown.wait("!this.__map.scene.frame.cells")
    assert shown.agents("cells") == []


def test_dark_and_light(shown):
    corner = "[...this.__map.ctx.getImageData(2, 300, 1, 1).data].slice(0, 3)"
    assert min(shown.ask(corner)) > 230
    shown.press("Darken")
    shown.wait("this.__map.scene.theme.background === '#0b0b0c'")
    shown.rest()
    assert max(shown.ask(corner)) < 40
    shown.press("Darken")
    shown.wait("this.__map.scene.theme.background === '#f0f1f2'")


def test_the_picture_can_be_kept(shown, tmp_path):
    with shown.page.expect_download() as download:
        shown.page.get_by_role("button", name="PNG").click()
    file = tmp_path / "map.png"
    download.value.save_as(file)
    assert re.fullmatch(r"posture-hour-\d+\.png", download.value.suggested_filename)
    content = file.read_bytes()
    assert content.startswith(b"\x89PNG")
    assert int.from_bytes(content[16:20], "big") > 900  # the map and its legend


def test_every_button_has_a_name(shown):
    for button in shown.page.locator(".posmap-button").all():
        assert button.get_attribute("aria-label")
        assert button.get_attribute("title")
