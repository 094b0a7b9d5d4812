"""Nothing is lost: the address holds the run, so a reload, a restart and a link come back to the same hour."""

from __future__ import annotations

import re
import signal
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import serve
from tests.browser.test_view import tab

pytestmark = [pytest.mark.browser, pytest.mark.slow]

COUNT_WRITES = """
window.writes = [];
const replace = history.replaceState.bind(history);
history.replaceState = (...words) => { window.writes.push(performance.now()); replace(...words); };
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("kept"), "six", "--seed", "7") as running:
        yield running


def address(watched):
    """The run that the address names."""
    return parse_qs(urlsplit(watched.page.url).query)


def wait_for_address(watched, **expected):
    watched.wait_until(lambda: {**address(watched), **expected} == address(watched), seconds=60)


def test_the_address_holds_the_run_and_a_reload_brings_it_back(watch, server):
    watched = watch(server)
    wait_for_address(watched, posture=["six"], seed=["7"], hour=["0"])
    other = watch(server, "?posture=fourteen&twin=six&seed=11&response=surge%3D0.5%4010&hour=300")
    tab(other, "Orders")
    other.button("Close the airport now").click()
    expect(other.page.get_by_text("Given so far: 1")).to_be_visible()
    other.button("+1 day").click()
    other.wait_for_hour("hour === 324")
    wait_for_address(other, hour=["324"], order=["airport_closure@12:12"], response=["surge=0.5@10"], twin=["six"])
    before, entries = (other.agents(0), other.agents(1)), other.page.evaluate("history.length")
    other.page.reload()
    other.wait_for_hour("hour === 324")
    assert (other.agents(0), other.agents(1)) == before
    tab(other, "Orders")
    expect(other.page.get_by_text("Given so far: 1")).to_be_visible()
    other.button("Take back").click()
    expect(other.page.get_by_text("Given so far: 0")).to_be_visible()
    wait_for_address(other, hour=["324"])
    other.wait_until(lambda: "order" not in address(other))
    assert other.page.evaluate("history.length") == entries


def test_the_address_is_written_at_most_once_a_second_and_when_playing_stops(watch, server):
    watched = watch(server)
    watched.page.add_init_script(COUNT_WRITES)
    watched.page.reload()
    watched.wait_for_hour("hour === 0")
    watched.button("play").click()
    watched.wait_for_hour("hour >= 100")
    assert int(address(watched)["hour"][0]) >= 24
    watched.button("pause").click()
    expect(watched.button("play")).to_be_visible()
    wait_for_address(watched, hour=[str(watched.hour())])
    writes = watched.page.evaluate("writes")
    gaps = [later - earlier for earlier, later in pairwise(writes)]
    assert len(writes) >= 3
    assert all(gap > 950 for gap in gaps[:-1])  # the last is that of the pause


def test_an_order_is_undone_and_so_is_taking_one_back(watch, server):
    watched = watch(server, "?seed=7&hour=300")
    before = watched.agents()
    tab(watched, "Orders")
    expect(watched.button("Undo")).to_be_disabled()
    watched.button("Close the Zone now").click()
    expect(watched.page.get_by_text("Given so far: 1")).to_be_visible()
    watched.button("Take back").click()
    expect(watched.page.get_by_text("Given so far: 0")).to_be_visible()
    watched.button("Undo").click()
    expect(watched.page.get_by_text("Given so far: 1")).to_be_visible()
    watched.button("Undo").click()
    expect(watched.page.get_by_text("Given so far: 0")).to_be_visible()
    expect(watched.button("Undo")).to_be_disabled()
    assert watched.agents() == before


def test_the_answer_to_what_if_stays_when_another_tab_is_looked_at(watch, server):
    watched = watch(server, "?seed=7&hour=1000")
    tab(watched, "What if")
    watched.button("What if?").click()
    tab(watched, "Events")  # while it is being made
    tab(watched, "What if")
    table = watched.page.locator(".posture-what-if")
    expect(table).to_be_visible()
    text = table.inner_text()
    tab(watched, "Events")
    expect(table).to_have_count(0)
    tab(watched, "What if")
    assert table.inner_text() == text


def ask(watched, posture, futures):
    """Ask about another posture beside the responses that are chosen; the text of the table that comes."""
    for label, value in {"posture from now on": posture, "futures": futures}.items():
        watched.page.get_by_label(label, exact=True).select_option(value)
    watched.button("What if?").click()
    words = re.compile(f"{posture} from now on.*200 {'states' if 'states' in futures else 'futures'}")
    expect(watched.page.locator(".posture-asked")).to_contain_text(words)
    watched.page.wait_for_timeout(500)  # cells come one after the other, and buttons listen a moment later
    return watched.page.locator(".posture-what-if").inner_text()


def test_pinned_answers_stay_with_their_fans_until_reset(watch, server):
    watched = watch(server, "?posture=fourteen&seed=7&hour=1000")
    page = watched.page
    tab(watched, "What if")
    page.get_by_label("posture from now on").select_option("drawdown_2020")
    expect(page.get_by_role("alert")).to_contain_text("no handovers, deliveries or departures of its own")
    expect(page.get_by_role("link", name="as a twin")).to_have_attribute(
        "href", re.compile("twin=drawdown_2020.*hour=1000")
    )
    expect(watched.button("What if?")).to_be_disabled()
    one = ask(watched, "six", "200 of this run")
    watched.button("Pin this answer").click()
    expect(watched.button("Remove the pin")).to_be_visible()
    other = ask(watched, "equal_six", "the ensemble's 200 states")
    assert other != one
    expect(page.get_by_text("the past of each state is its own")).to_be_visible()
    assert re.search(r"[a-z]\.[A-Z0-9]", page.locator(".posture-scroll").inner_text()) is None  # sentences stand apart
    with page.expect_download() as download:
        page.get_by_role("button", name="answer (CSV)").click()
    assert "equal_six from now on,lowest_supply_days_lowest,day," in Path(download.value.path()).read_text("utf-8")
    watched.button("+1 week").click()
    tab(watched, "Events")
    tab(watched, "What if")
    pinned = page.get_by_role("button", name="pinned 1")
    expect(pinned).to_be_visible()
    over = page.locator(".poscharts-cell", has_text="Rounds leaked").locator(".u-over")
    over.scroll_into_view_if_needed()
    box = over.bounding_box()
    page.mouse.move(box["x"] + 55 / 274 * box["width"], box["y"] + box["height"] / 2)  # a day within the fans
    tip, table, key = (page.locator(f".{name}") for name in ("poscharts-tip", "posture-what-if", "poscharts-fans"))
    expect(tip).to_contain_text(re.compile(r"Feb.*equal_six from now on [\d.]+ \([\d.]+ to [\d.]+\)"))
    day = re.search(r"\d+ Feb", tip.inner_text())[0]

    def other_fans():
        """Asked for, under a pointer that rests, until they come: a button that was just drawn may not listen yet."""
        pinned.evaluate("button => button.focus({ preventScroll: true })")
        page.keyboard.press("Enter")
        page.wait_for_timeout(1000)
        return "equal_six" not in key.inner_text()

    watched.wait_until(other_fans)
    expect(tip).to_contain_text(re.compile(rf" {day}:.*(?<!equal_)six from now on \d+ \(\d+ to \d+\)"))
    expect(page.locator(".posture-asked")).to_contain_text("from hour 1000 (2020-02-11 16:00), 200 futures, seed 7")
    watched.wait_until(lambda: table.inner_text() == one)
    expect(key).to_contain_text("six from now on")
    page.get_by_label("fans in the charts above").uncheck(force=True)
    expect(key).to_have_count(0)
    watched.button("Reset").click()
    expect(page.get_by_role("button", name="pinned 1")).to_have_count(0)
    expect(table).to_have_count(0)


def test_a_restarted_server_is_found_again_at_the_same_hour(browser, tmp_path, watch):
    with serve(tmp_path, "six", "--seed", "7") as first:
        port = re.search(r":(\d+)/", first.address)[1]
        watched = watch(first, "?seed=7&hour=300")
        tab(watched, "Orders")
        watched.button("Close the Zone now").click()
        watched.button("+1 day").click()
        watched.wait_for_hour("hour === 324")
        wait_for_address(watched, hour=["324"], order=["zone_closure@12:12"])
        before = watched.agents()
        first.process.send_signal(signal.SIGTERM)
        first.process.wait(timeout=30)
        watched.page.evaluate("window.old = true")
        with serve(tmp_path, "six", "--seed", "7", port=port):
            watched.page.wait_for_function("!window.old && document.querySelector('.posture-map [data-hour]')")
            watched.wait_for_hour("hour === 324")
            assert watched.agents() == before
            watched.problems[:] = [problem for problem in watched.problems if not is_of_the_break(problem)]
            watched.page.close()


def is_of_the_break(problem):
    """What a browser says of a server that is gone for a while."""
    return bool(re.search(r"ERR_CONNECTION_REFUSED|WebSocket|failed http|Connection lost|reconnect|close/", problem))


def test_a_link_opens_the_same_in_another_browser(watch, server):
    watched = watch(server, "?posture=six&seed=3&hour=200&order=zone_closure%405")
    other = watch(server, urlsplit(watched.page.url).query and f"?{urlsplit(watched.page.url).query}")
    assert other.hour() == watched.hour() == 200
    assert other.agents() == watched.agents()
