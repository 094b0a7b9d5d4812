"""A replay opened from disk without a network shows what the page shows; a video of the page has frames."""

from __future__ import annotations

import base64

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SIZES, Watched, serve

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TWIN = "?posture=fourteen&twin=six&seed=7&hour=400&order=zone_closure@12:13&live=defence.p_intercept=0.4@9:6"
DRAWN = """k => {
  const { scene } = document.querySelectorAll('.posmap-host')[k].__map;
  const { counted, ...frame } = scene.frame, agents = [...scene.byId.values()];
  return { frame, title: scene.title, agents: agents.map((a) => [a.id, a.square, a.slot, a.way.at(-1)]) };
}"""


@pytest.fixture(scope="module")
def watched(browser, tmp_path_factory):
    """The page of a twin; at the end nothing may have gone wrong in it."""
    with serve(tmp_path_factory.mktemp("replay"), "six", "--seed", "7") as server:
        context = browser.new_context(viewport=SIZES["small"])
        page = Watched(context.new_page(), server.address).open(TWIN)
        yield page
        context.close()
        assert page.problems == []


def drawn(page, hour):
    """What both maps draw at an hour: agents with their places, attacks, areas."""
    page.evaluate("hour => document.querySelector('.postime').parentElement.__timeline.seek(hour)", hour)
    for k in range(2):
        expect(page.locator(".posmap-host").nth(k)).to_have_attribute("data-hour", str(hour))
    return [page.evaluate(DRAWN, k) for k in range(2)]


def open_from_disk(browser, path, size="small", scheme="light"):
    context = browser.new_context(viewport=SIZES[size], color_scheme=scheme, offline=True)
    opened = Watched(context.new_page(), path.as_uri())
    opened.page.goto(path.as_uri())
    opened.page.locator(".posmap-host[data-hour]").first.wait_for()
    return opened


def test_a_replay_from_disk_draws_what_the_page_draws(watched, browser, tmp_path):
    page = watched.page
    watched.button("Save and share").click()
    watched.button("Make a replay (HTML)").click()
    download_button = page.get_by_role("button", name="download: ")
    download_button.wait_for()
    watched.screenshot("share_replay.png")
    with page.expect_download() as downloading:
        download_button.click()
    file = tmp_path / downloading.value.suggested_filename
    downloading.value.save_as(file)
    assert file.name.startswith("posture_fourteen-zone_closure-12-13_beside_six-zone_closure-12-13_seed7")

    opened = open_from_disk(browser, file)
    for box in page.locator(".posmap-check input").all()[:2] + opened.page.locator(".posmap-check input").all():
        box.check()
    for hour in (310, 400):
        assert drawn(opened.page, hour) == drawn(page, hour)
    expect(opened.page.locator(".about")).to_contain_text("changed on the way: defence.p_intercept=0.4@9:6")

    line = "document.querySelector('.postime').parentElement.__timeline"
    tick = opened.page.evaluate(f"{line}.ticks.findLast((tick) => tick.run === 1)")
    box = opened.page.locator(".postime").bounding_box()
    opened.page.mouse.click(box["x"] + tick["x"], box["y"] + tick["y"] + tick["h"] / 2)
    expect(opened.page.locator(".date")).to_contain_text(f"hour {tick['hour'] + 1} of 400")
    expect(opened.page.locator(".said")).to_contain_text(tick["words"])
    opened.page.keyboard.press("Home")
    expect(opened.page.locator(".date")).to_contain_text("1 January 2020, 00:00, hour 0 of 400")
    opened.page.keyboard.press(" ")
    opened.wait_until(lambda: opened.page.evaluate("replay.hour") >= 24)
    assert opened.problems == []
    opened.page.context.close()


FILM = """source => new Promise((resolve, reject) => {
  const video = document.createElement('video'), canvas = document.createElement('canvas');
  const colours = (left) => {
    const { data } = canvas.getContext('2d').getImageData(left, 0, canvas.width / 2, canvas.height - 40);
    return new Set(new Uint32Array(data.buffer)).size;
  };
  const look = () => {
    Object.assign(canvas, { width: video.videoWidth, height: video.videoHeight });
    canvas.getContext('2d').drawImage(video, 0, 0);
    resolve({ seconds: video.duration, width: canvas.width, height: canvas.height,
      halves: [colours(0), colours(canvas.width / 2)] });
  };
  video.onerror = () => reject(video.error.message);
  video.onseeked = () => (video.currentTime > 0.5 ? (video.currentTime = 0.5) : look());
  video.onloadedmetadata = () => (video.currentTime = 1e6); // what was recorded live says its length only at its end
  video.src = source;
})"""


def test_a_video_has_both_maps_and_lasts(watched, browser):
    watched.button("Save and share").click()
    watched.button("Record a video").click()
    watched.button("play").click()
    watched.button("Events").click()  # it goes on while another panel is looked at
    watched.wait_for_hour("hour >= 440")
    watched.button("pause").click()
    watched.button("Save and share").click()
    with watched.page.expect_download() as downloading:
        watched.button("Stop and download").click()
    expect(watched.page.locator(".posvideo")).to_contain_text("MB")
    content = downloading.value.path().read_bytes()
    page = browser.new_page()
    source = f"data:video/webm;base64,{base64.b64encode(content).decode()}"
    film = page.evaluate(FILM, source)
    page.close()
    assert 1 < film["seconds"] < 60
    map_box = watched.box(0)
    assert abs(film["width"] - 2 * map_box["width"]) <= 4
    assert film["height"] > map_box["height"]
    assert min(film["halves"]) > 100, film


def test_a_browser_that_cannot_record_says_so(watched):
    watched.button("Events").click()
    watched.page.evaluate("delete window.MediaRecorder; delete window.__postureCamera")
    watched.button("Save and share").click()
    expect(watched.page.locator(".posvideo")).to_contain_text("This browser can't record")
    expect(watched.button("Record a video")).to_be_hidden()
