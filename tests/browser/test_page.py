"""The page's form: every size, keyboard and screen reader, the line of time, one moment in all its parts."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SIZES, serve

axe_playwright_python = pytest.importorskip("axe_playwright_python")

pytestmark = [pytest.mark.browser, pytest.mark.slow]

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
TABS = ("Events", "Agent", "Orders", "What if", "Where it stands", "Save and share")
TWIN = "?posture=fourteen&twin=six&seed=7&hour=2500"

# What reaches beyond the page to the side, and every part that scrolls down but one, with their classes.
MISFITS = """() => {
  const page = document.querySelector('.posture-page'), found = [], bars = [];
  const all = [page, ...page.querySelectorAll('*')].filter((each) => each.checkVisibility());
  for (const each of all) {
    const style = getComputedStyle(each), box = each.getBoundingClientRect();
    const name = `${each.tagName} ${each.className}`;
    const clipped = each.closest('.posture-map, .poscharts-plot, .posture-unseen, .v-progress-linear');
    if (!clipped && box.width && (box.right > innerWidth + 1 || box.left < -1)) found.push(`beyond: ${name}`);
    const scrolls = ['auto', 'scroll'].includes(style.overflowY) && each.scrollHeight > each.clientHeight + 1;
    if (scrolls && !each.closest('.posture-map')) bars.push(`scrolls: ${name}`);
    const whole = each.matches('.posture-page, .posture-body');
    if (whole && each.scrollWidth > each.clientWidth) found.push(`wide: ${name}`);
  }
  return bars.length > 1 ? [...found, ...bars] : found;
}"""

# Words on a map that are cut, or lie under its inset or legend, and those that a chart cuts at its edge. Nothing tells
# from a drawing what was written: it is kept as it is.
KEEP_WORDS = """(() => {
  const write = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
    if (x === 10 && y < 40) (this.canvas.__head ??= new Map()).set(y, [text, x, this.measureText(text).width]);
    if (this.textAlign === 'center') (this.canvas.__centred ??= []).push([text, x, this.measureText(text).width]);
    return write.apply(this, arguments);
  };
  const clear = CanvasRenderingContext2D.prototype.clearRect;
  CanvasRenderingContext2D.prototype.clearRect = function () {
    this.canvas.__centred = [];
    return clear.apply(this, arguments);
  };
})()"""
HIDDEN_WORDS = """() => [...document.querySelectorAll('.posture-map .posmap-host')].flatMap((host) => {
  if (!host.checkVisibility()) return [];
  const map = host.__map, { main, inset, legend, canvas } = map;
  const box = [legend.offsetLeft, legend.offsetTop, legend.offsetWidth, legend.offsetHeight];
  const covers = [box, ...(map.insetShown() ? [[inset.box.x, inset.box.y, inset.box.w, inset.box.h]] : [])];
  const head = [...canvas.__head].map(([y, [text, x, w]]) => ({ text, rect: [x, y - 6, w, 12] }));
  const meets = ([x, y, w, h]) => covers.some(([a, b, c, d]) => x < a + c && a < x + w && y < b + d && b < y + h);
  const bad = [...head, ...main.names].filter(({ text, rect }) => text.endsWith('…') || meets(rect));
  const written = [...head, ...main.names].map(({ text }) => text);
  const missing = ['Harir', 'Al Asad'].filter((name) => !written.includes(name)).map((name) => `no ${name}`);
  return [...bad.map(({ text }) => text), ...missing, ...(head.length === 2 ? [] : ['no head is written'])];
})"""

# Words that end in an ellipsis, as there is no room for them.
SHORTENED = """() => [...document.querySelectorAll('.posture-page *')].filter((each) =>
  each.scrollWidth > each.clientWidth && getComputedStyle(each).textOverflow === 'ellipsis' && each.checkVisibility()
).map((each) => `${each.className}: ${each.innerText}`)"""

CUT_BY_CHARTS = """() => [...document.querySelectorAll('.poscharts-plot canvas')].flatMap((canvas) => {
  const words = canvas.__centred, cut = words.filter(([, x, w]) => x - w / 2 < 0 || x + w / 2 > canvas.width);
  return words.length ? cut.map(([text]) => text) : ['nothing is written'];
})"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("page"), "six", "--seed", "7") as running:
        yield running


def map_height(watched):
    return watched.page.locator(".posture-map").first.bounding_box()["height"]


def cut_or_covered(watched):
    """Words that are written so. A name of a site that has no place is not written."""
    return [words for words in watched.page.evaluate(HIDDEN_WORDS) if not words.startswith("no ")]


@pytest.mark.parametrize("size", list(SIZES))
def test_nothing_is_cut_and_one_bar_scrolls_at_every_size(watch, server, size):
    watched = watch(server, TWIN, size, "dark" if size in ("phone", "medium") else "light", KEEP_WORDS)
    watched.page.wait_for_timeout(1500)
    assert watched.page.evaluate(HIDDEN_WORDS) == []
    watched.wait_for_pairs()
    watched.page.wait_for_timeout(500)
    assert watched.page.evaluate(HIDDEN_WORDS) == []
    for what in (CUT_BY_CHARTS, SHORTENED):
        assert watched.page.evaluate(what) == []
    watched.screenshot(f"page_{size.replace(' ', '_').replace('%', '')}.png")
    expect(watched.page.locator("h1")).to_contain_text("Does standing on six sites instead of fourteen")
    expect(watched.button("play")).to_be_in_viewport()
    expect(watched.page.get_by_text("Good for the defence").first).to_be_in_viewport()
    before = map_height(watched)
    assert before >= 280
    for tab in ("Events", "What if"):
        watched.button(tab).click()
        watched.page.wait_for_timeout(300)
        assert watched.page.evaluate(MISFITS) == []
        assert map_height(watched) == before


@pytest.mark.parametrize("size", ["small", "phone"])
def test_nothing_is_cut_beside_one_map(watch, server, size):
    watched = watch(server, "?seed=7&hour=2500", size, "light", KEEP_WORDS)
    watched.page.wait_for_timeout(1500)
    for what in (HIDDEN_WORDS, CUT_BY_CHARTS, SHORTENED, MISFITS):
        assert watched.page.evaluate(what) == []


@pytest.mark.parametrize("size", ["phone", "small", "medium"])
def test_long_titles_of_maps_are_written_smaller(watch, server, size):
    watched = watch(
        server, "?posture=drawdown_2020&twin=fourteen&response=surge&seed=7&hour=48", size, script=KEEP_WORDS
    )
    watched.wait_for_pairs()
    heads = "[...document.querySelectorAll('.posmap-canvas')].map((canvas) => canvas.__head?.get(14)?.[0])"
    titles = ["drawdown_2020+surge", "fourteen+surge", "fourteen − drawdown_2020"]
    watched.wait_until(lambda: watched.page.evaluate(heads) == titles)
    assert cut_or_covered(watched) == []


@pytest.mark.parametrize("size", ["small", "large"])  # over a phone's map an open legend lies whole
def test_names_make_way_for_a_legend_that_grows(watch, server, size):
    watched = watch(server, "?seed=7&hour=2500", size, "light", KEEP_WORDS)
    watched.page.locator(".posmap-legend:visible").first.evaluate("legend => legend.open = true")
    rows = watched.page.locator(".posmap-legend-row:visible")
    watched.page.wait_for_timeout(500)
    before = rows.count()
    watched.page.get_by_label("cells (omniscient)").first.check()
    watched.wait_until(lambda: rows.count() > before)
    watched.page.wait_for_timeout(500)
    assert cut_or_covered(watched) == []


# Of a slow machine: the map is there before the line of time and the charts, which are made when a test says so.
LATE = """(() => {
  const Own = Blob, render = '(each) => new Promise((go) => window.__late.push(() => go(render(each))))';
  window.__late = [];
  window.Blob = class extends Own {
    constructor(parts, options) {
      const late = options?.type === 'text/javascript' && !parts[0].includes('class LiveMap');
      const slowed = (code) => code.replace('export default { render }', `export default { render: ${render} }`);
      super(late ? parts.map(slowed) : parts, options);
    }
  };
})()"""
BOXES = """() => ['head', 'side', 'map', 'chart-box', 'tabs'].map((each) => {
  const { x, y, width, height } = document.querySelector(`.posture-${each}`).getBoundingClientRect();
  return [x, y, width, height];
})"""


@pytest.mark.parametrize("size", ["small", "phone"])
def test_parts_that_come_late_move_nothing_and_the_settings_fold_before(watch, server, size):
    watched = watch(server, "", size, script=LATE)
    settings, before = watched.page.locator(".posture-side"), watched.page.evaluate(BOXES)
    for unfolds in (size == "phone", size == "small"):
        watched.button("Settings").click()
        expect(settings).to_be_visible(visible=unfolds)
    assert watched.page.locator(".postime, .poscharts canvas").count() == 0
    watched.page.evaluate("window.__late.forEach((make) => make()); window.__late = { push: (make) => make() }")
    watched.page.wait_for_selector(".postime")
    watched.page.wait_for_selector(".poscharts canvas")
    watched.page.wait_for_timeout(500)
    assert watched.page.evaluate(BOXES) == before


@pytest.mark.parametrize("size", ["small", "phone"])
def test_the_settings_fold(watch, server, size):
    watched = watch(server, "", size)
    settings = watched.page.locator(".posture-side")
    expect(settings).to_be_visible(visible=size == "small")
    watched.button("Settings").click()
    expect(settings).to_be_visible(visible=size != "small")
    expect(watched.button("Settings")).to_have_attribute("aria-expanded", str(size != "small").lower())
    assert watched.page.evaluate(MISFITS) == []


# What lies below the head of a page that is scrolled is not looked at: buttons of the map were too small unseen.
TO_THE_TOP = "document.querySelectorAll('.posture-page, .posture-body').forEach((each) => each.scrollTo(0, 0))"


@pytest.mark.parametrize(("size", "scheme"), [("small", "light"), ("small", "dark"), ("phone", "light")])
def test_axe_finds_nothing_in_any_panel(watch, server, size, scheme):
    watched = watch(server, TWIN, size, scheme)
    watched.page.evaluate(AXE)
    found = {}
    for tab in TABS:
        watched.button(tab).click()
        expect(watched.button(tab)).to_have_attribute("aria-pressed", "true")
        watched.page.wait_for_timeout(500)
        if tab == "Agent":
            watched.page.get_by_label("agent", exact=True).select_option("sites: embassy")
            watched.page.locator(".posture-fields").wait_for()
        if tab == "Events":
            watched.page.locator(".posture-events button").first.click()
            watched.page.locator(".posture-why").wait_for()
        if tab == "Orders":
            watched.button("Close the Zone now").click()
            expect(watched.page.get_by_text("Given so far: 1")).to_be_visible()
        if tab == "What if":
            watched.button("What if?").click()
            watched.page.locator(".posture-what-if").wait_for()
        watched.page.evaluate(TO_THE_TOP)
        told = watched.page.evaluate(f"axe.run(document, {{runOnly: {STANDARD}}})")
        assert len(told["passes"]) > 10
        found |= {(tab, each["id"]): [node["html"] for node in each["nodes"]] for each in told["violations"]}
    assert found == {}


def focused(watched, wanted):
    return watched.page.evaluate("wanted => document.activeElement?.matches(wanted) ?? false", wanted)


def test_keys_play_step_and_seek(watch, server):
    watched = watch(server)
    for _ in range(5):
        watched.page.keyboard.press("Tab")
        if focused(watched, ".posture-play"):
            break
    assert focused(watched, ".posture-play")
    watched.page.keyboard.press("Enter")
    watched.wait_for_hour("hour >= 10")
    watched.page.keyboard.press("Enter")
    expect(watched.button("play")).to_be_visible()
    line = watched.page.locator(".postime")
    line.focus()
    for key, hour in (("Home", 0), ("ArrowRight", 1), ("Shift+ArrowRight", 25), ("PageUp", 193), ("PageDown", 25)):
        watched.page.keyboard.press(key)
        watched.wait_for_hour(f"hour === {hour}")
    expect(line).to_have_attribute("aria-valuetext", "2 Jan 2020, 01:00, hour 25 of 6576")
    watched.page.keyboard.press("Space")
    watched.wait_for_hour("hour >= 30")
    watched.page.keyboard.press("Space")
    expect(watched.button("play")).to_be_visible()


def test_event_rows_and_agents_are_reached_by_keys(watch, server):
    watched = watch(server, "?seed=7&hour=1500")
    row = watched.page.locator(".posture-events button").first
    row.focus()
    watched.page.keyboard.press("Enter")
    expect(watched.page.locator(".posture-why")).to_contain_text("Rule:")
    watched.button("Agent").focus()
    watched.page.keyboard.press("Enter")
    agents = watched.page.get_by_label("agent", exact=True)
    watched.wait_until(lambda: agents.locator("option").count() > 50)
    agents.select_option("sites: embassy")
    expect(watched.page.locator(".posture-fields")).to_contain_text("550 person")


def test_every_slider_says_name_and_unit(watch, server):
    watched = watch(server)
    sliders = watched.page.get_by_role("slider")
    names = [slider.evaluate("e => e.getAttribute('aria-label') || e.labels[0].innerText") for slider in sliders.all()]
    words = [slider.get_attribute("aria-valuetext") for slider in sliders.all()]
    assert len(names) >= 5
    assert all(name.strip() for name in names)
    assert all(words)
    assert any("base rate" in name and "1/day" in word for name, word in zip(names, words, strict=True))


# --- the line of time ------------------------------------------------------------------------------------------------
MARKED = "n => { const marks = document.querySelector('.postime')?.parentElement.__timeline?.model.get('marks');"
MARKED += " return marks?.length === n && marks; }"
FOCUS = "k => { const f = document.querySelectorAll('.posture-map [data-hour]')[k].__map.scene.focus;"
FOCUS += " return f && {x: f.x, y: f.y, agents: [...f.agents]}; }"


def marks_of(watched, n_runs):
    """The marks of each run; they come when the whole run was made."""
    return watched.page.wait_for_function(MARKED, arg=n_runs).json_value()


def test_a_click_on_a_tick_seeks_flies_and_rings(watch, server):
    watched = watch(server, TWIN)
    marks = marks_of(watched, 2)
    assert [len(of_run) > 20 for of_run in marks] == [True, True]
    kinds = {mark[2] for of_run in marks for mark in of_run}
    assert {"rockets", "convoy bomb"} <= kinds <= {"rockets", "drone", "convoy bomb", "detail bomb"}
    assert {mark[3] for of_run in marks for mark in of_run} == {"harm", "stopped", "nothing"}
    hours = sorted(mark[1] for mark in marks[1])
    bombs = [mark for mark in marks[1] if mark[2] == "convoy bomb" and mark[1] < 2400]
    bombs.sort(key=lambda mark: min(abs(mark[1] - hour) for hour in [*hours, -999] if hour != mark[1]))
    bombs = [mark for mark in bombs if hours.count(mark[1]) == 1]  # the last stands farthest from any other tick
    tick = watched.page.evaluate(
        "n => document.querySelector('.postime').parentElement.__timeline.ticks"
        ".find((t) => t.run === 1 && t.number === n)",
        bombs[-1][0],
    )
    box = watched.page.locator(".postime").bounding_box()
    watched.page.mouse.click(box["x"] + tick["x"], box["y"] + tick["y"] + tick["h"] / 2)
    watched.wait_for_hour(f"hour === {bombs[-1][1] + 1}", 1)
    expect(watched.page.locator(".posture-why")).to_contain_text(f"event {bombs[-1][0]}")
    focus = watched.page.evaluate(FOCUS, 1)
    assert focus["x"] is not None
    assert any(agent.startswith("convoys/") for agent in focus["agents"])
    assert watched.page.evaluate(FOCUS, 0) is None


def test_next_and_previous_attack(watch, server):
    watched = watch(server, "?seed=7&hour=1500")
    hours = sorted({mark[1] for mark in marks_of(watched, 1)[0]})
    after = next(hour for hour in hours if hour >= 1500)
    watched.button("attack ▸").click()
    watched.wait_for_hour(f"hour === {after + 1}")
    expect(watched.page.locator(".posture-why")).to_contain_text("Rule:")
    watched.button("◂ attack").click()
    watched.wait_for_hour(f"hour === {max(hour for hour in hours if hour < after) + 1}")


# --- one moment ------------------------------------------------------------------------------------------------------
PARTS = """() => ({
  map: +document.querySelectorAll('.posture-map [data-hour]')[0].dataset.hour,
  twin: +document.querySelectorAll('.posture-map [data-hour]')[1].dataset.hour,
  charts: +document.querySelector('.poscharts').parentElement.dataset.hour,
  time: +document.querySelector('.postime').dataset.hour,
  log: +document.querySelector('.posture-as-of').dataset.hour,
})"""
FRAMES = "() => [...document.querySelectorAll('[data-frame]')].map((each) => +each.dataset.frame)"


def test_all_parts_show_the_same_hour_when_paused_at_every_speed(watch, server):
    watched = watch(server, TWIN.replace("2500", "0"))
    speeds = watched.page.get_by_label("speed", exact=True)
    for speed in ("1 hour/s", "1 day/s", "1 week/s", "1 month/s"):
        speeds.select_option(speed)
        at = watched.hour()
        watched.button("play").click()
        watched.wait_for_hour(f"hour >= {at + 1}")
        watched.page.wait_for_timeout(400)
        watched.button("pause").click()
        expect(watched.button("play")).to_be_visible()
        watched.wait_until(lambda: len(set(watched.page.evaluate(PARTS).values())) == 1, seconds=10)
        assert len(set(watched.page.evaluate(FRAMES))) == 1


LINES = """() => {
  const time = document.querySelector('.postime'), share = +time.dataset.hour / +time.getAttribute('aria-valuemax');
  return [...document.querySelectorAll('.poscharts-plot .u-over')].map((over) => {
    const line = over.querySelector('.poscharts-now').getBoundingClientRect(), box = over.getBoundingClientRect();
    return Math.abs(line.left + line.width / 2 - box.left - share * box.width);
  });
}"""


def test_the_line_of_the_hour_stands_at_the_hour_on_every_chart(watch, server):
    watched = watch(server, TWIN)
    watched.page.wait_for_function("document.querySelectorAll('.poscharts-now').length >= 12")
    for move in ["Step"] * 8 + ["+1 week"]:  # eight hours of one day are a quarter of a pixel
        at = watched.hour()
        watched.button(move).click()
        watched.wait_for_hour(f"hour > {at}")
        watched.wait_until(lambda: max(watched.page.evaluate(LINES)) < 0.1, seconds=10)


def test_what_a_chart_says_of_now_outlives_a_change_of_its_colours(watch, server):
    watched = watch(server, "?seed=7&hour=2500")
    said = watched.page.locator(".poscharts-cell", has_text="Rounds leaked").locator(".poscharts-said")
    expect(said).to_contain_text("90%")
    now = said.inner_text().partition(" (")[0]
    watched.page.emulate_media(color_scheme="dark")
    watched.page.wait_for_function("document.querySelector('.poscharts').parentElement.__charts.model.get('dark')")
    watched.page.wait_for_timeout(500)
    assert said.inner_text().partition(" (")[0] == now


def test_a_hover_on_a_chart_shows_values(watch, server):
    watched = watch(server, "?seed=7&hour=2500")
    cell = watched.page.locator(".poscharts-cell", has_text="Rounds leaked")
    expect(watched.page.locator(".poscharts-note")).to_contain_text("200 runs")
    said = cell.locator(".poscharts-said")
    now = said.inner_text()
    box = cell.locator(".u-over").bounding_box()
    watched.page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + box["height"] / 2)
    expect(said).to_contain_text("Feb: ")
    assert said.inner_text() != now
    expect(said).to_contain_text("90%")
