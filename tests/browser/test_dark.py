"""Dark and light as the system says, from the first paint on, map and charts included."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from tests.browser.conftest import SIZES, Watched, serve

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("dark"), "six", "--seed", "7") as running:
        yield running


def brightness(png):
    """The commonest brightness of a picture, 0 to 1, from its bytes: that of its ground."""
    grey = np.asarray(Image.open(io.BytesIO(png)).convert("L"))
    return np.bincount(grey.ravel(), minlength=256).argmax() / 255


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_page_follows_the_system_from_the_first_paint(server, browser, scheme):
    context = browser.new_context(viewport=SIZES["small"], color_scheme=scheme)
    page = context.new_page()
    frames, devtools = [], context.new_cdp_session(page)
    devtools.on("Page.screencastFrame", lambda frame: (frames.append(frame["data"]), took(devtools, frame)))
    devtools.send("Page.startScreencast", {"format": "png", "everyNthFrame": 1})
    watched = Watched(page, server.address).open("?seed=7&hour=48")
    page.wait_for_function("document.querySelector('.posture-chart-box canvas') !== null")
    page.wait_for_timeout(1500)
    devtools.send("Page.stopScreencast")
    painted = [brightness(base64.b64decode(frame)) for frame in frames]
    painted = painted[1:] if painted and painted[0] == 1.0 else painted  # the empty tab, before it was sent anywhere
    assert len(painted) >= 2
    assert all(is_as(scheme, each) for each in painted), painted
    for part in (".posture-map canvas", ".posture-chart-box", ".postime", ".posture-side", ".posture-panel"):
        assert is_as(scheme, brightness(page.locator(part).first.screenshot())), part
    watched.screenshot(f"first_{scheme}.png")
    assert watched.problems == []
    context.close()


def is_as(scheme, brightness):
    return brightness < 0.25 if scheme == "dark" else brightness > 0.75


def took(devtools, frame):
    devtools.send("Page.screencastFrameAck", {"sessionId": frame["sessionId"]})


def test_a_change_of_the_system_is_followed_and_a_choice_is_kept(server, browser):
    context = browser.new_context(viewport=SIZES["small"], color_scheme="light")
    watched = Watched(context.new_page(), server.address).open("?seed=7&hour=48")
    page = watched.page
    page.emulate_media(color_scheme="dark")
    page.wait_for_selector(".posture-page.posture-dark")
    page.wait_for_selector(".posmap.posmap-dark")
    page.locator(".posture-theme button").click()  # from as the system says to dark
    page.emulate_media(color_scheme="light")
    page.reload()
    page.wait_for_selector(".posmap.posmap-dark")
    assert is_as("dark", brightness(page.locator(".posture-map canvas").first.screenshot()))
    assert watched.problems == []
    context.close()
