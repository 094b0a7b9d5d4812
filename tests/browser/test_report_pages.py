"""Reports of every kind of folder in a real browser, at two widths, light and dark."""

from __future__ import annotations

import csv
import html
import math
import re
import statistics
from collections import defaultdict
from pathlib import Path

import pytest
from click.testing import CliRunner
from report_folders import EVERY, make
from scipy import stats

import experiments
from experiments.cli import cli

pytestmark = pytest.mark.browser
SCREENSHOTS = Path(__file__).parent.parent.parent / "results" / "screenshots"
WIDTHS = {"wide": 1280, "narrow": 390}
# Of every word in a figure: does it lie within the figure's edge (two pixels for another font's width)?
BEYOND_THE_EDGE = """() => [...document.querySelectorAll('.picture svg')].flatMap(svg => {
  const edge = svg.getBoundingClientRect(), room = 2 + 0.01 * edge.width;
  return [...svg.querySelectorAll('text')].filter(text => {
    const box = text.getBoundingClientRect();
    return box.left < edge.left - room || box.right > edge.right + room || box.top < edge.top - room
      || box.bottom > edge.bottom + room;
  }).map(text => svg.getAttribute('aria-label').slice(0, 40) + ': ' + text.textContent);
})"""
BROKEN_LINKS = """() => [...document.querySelectorAll('a[href]')].map(a => a.getAttribute('href'))
  .filter(href => !(href.startsWith('#') && document.getElementById(href.slice(1))))"""
TWICE = """() => { const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  return ids.filter((id, n) => ids.indexOf(id) !== n); }"""
USED_BUT_MISSING = """() => [...document.querySelectorAll('use')].map(use => use.getAttribute('xlink:href'))
  .filter(href => href && !document.getElementById(href.slice(1)))"""
CELLS = """name => [...document.querySelectorAll(`table[data-table="${name}"] tbody tr`)].map(row => [...row.cells].map(
  cell => cell.dataset.value === undefined ? cell.textContent
    : [cell.dataset.value, cell.dataset.low, cell.dataset.high].filter(x => x !== undefined).map(Number)))"""
LIGHTNESS = """() => { const shade = colour => colour.match(/[0-9.]+/g).slice(0, 3).reduce((a, b) => a + +b, 0) / 765;
  return [shade(getComputedStyle(document.body).backgroundColor), shade(getComputedStyle(document.body).color),
    ...[...document.querySelectorAll('.picture svg text')].slice(0, 1).map(t => shade(getComputedStyle(t).fill))]; }"""


@pytest.fixture(scope="session")
def reports(tmp_path_factory):
    """Kind → folder with a report."""
    made = {}

    def report(kind):
        if kind not in made:
            folder = make(kind, tmp_path_factory.mktemp("reports") / kind)
            done = CliRunner().invoke(cli, ["report", str(folder)], prog_name="posture")
            assert done.exit_code == 0, done.output
            made[kind] = folder
        return made[kind]

    return report


@pytest.fixture
def page_of(browser, reports):
    """Open the report of a kind; at the end nothing may have been said or fetched."""
    contexts, said = [], []

    def open_page(kind, width=1280, scheme="light"):
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme))
        page = contexts[-1].new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda r: r.url.startswith(("file:", "data:")) or said.append(f"fetched {r.url}"))
        page.on("requestfailed", lambda r: said.append(f"failed {r.url}"))
        page.goto((reports(kind) / "report.html").as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", EVERY)
def test_a_report_of_every_kind_is_whole(kind, width, page_of):
    page = page_of(kind, WIDTHS[width])
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SCREENSHOTS / f"report_{kind}_{width}.png"), full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[width]
    for script in (BEYOND_THE_EDGE, BROKEN_LINKS, TWICE, USED_BUT_MISSING):
        assert page.evaluate(script) == []
    for svg in page.locator(".picture svg").all():
        assert len(svg.get_attribute("aria-label")) > 20
    assert page.locator("#headline li").count() > 0
    assert page.locator("#caveats li").count() > 1


@pytest.mark.parametrize("kind", ["comparison", "discovery"])
def test_a_report_is_dark_on_a_dark_screen_and_by_choice(kind, page_of):
    page = page_of(kind, scheme="dark")
    ground, words, in_figure = page.evaluate(LIGHTNESS)
    assert ground < 0.2
    assert words > 0.8
    assert in_figure > 0.8
    page.locator("#light").check()
    ground, words, in_figure = page.evaluate(LIGHTNESS)
    assert ground > 0.9
    assert words < 0.2
    assert in_figure < 0.2


@pytest.mark.parametrize("kind", ["comparison", "responses", "sampled"])
def test_a_report_prints_all_it_says(kind, page_of):
    page = page_of(kind, width=688)  # of A4 within its margins
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= 688
    assert not page.locator("nav").is_visible()
    assert page.locator(".on-paper").is_visible(), "what is left out is said"
    assert not page.locator("#reproduce pre").is_visible()
    page.locator("details:has(#reproduce)").evaluate("part => part.open = true")
    assert page.locator("#reproduce pre").is_visible()


def test_the_answer_of_a_comparison_is_its_first_screen_and_the_rest_is_short(page_of):
    page = page_of("comparison")
    for part in ("h1", ".card", ".answer ul"):
        box = page.locator(part).first.bounding_box()
        assert box["y"] + box["height"] <= 800, part
        assert box["x"] + box["width"] <= 1280, part
    assert page.locator(".maps svg").first.bounding_box()["y"] < 500
    assert page.evaluate("document.documentElement.scrollHeight") <= 5000
    assert len(page.locator("body").inner_text().split()) <= 1500
    assert not page.locator("table:not(.card)").first.is_visible()


def test_the_scorecard_says_better_and_worse_in_words_and_a_link_opens_what_is_folded(page_of, reports):
    page = page_of("comparison")
    values = columns_of(reports("comparison") / "runs.csv", "rounds_leaked")
    mean, low, high = t_interval([values["six"][k] - values["fourteen"][k] for k in values["fourteen"]])
    cell = page.locator(".card tbody tr:nth-child(2) td").nth(1)
    assert f"{mean:.1f} ± {(high - low) / 2:.1f}".replace("-", "−") in cell.inner_text().replace(
        "\N{NO-BREAK SPACE}", " "
    )
    assert "better" in cell.inner_text()
    assert "better" in cell.get_attribute("class")
    page.locator('a[href="#more-comparison"]').click()
    assert page.locator('table[data-table="differences"]').is_visible()


def test_policies_are_named_in_words_but_beside_commands(page_of):
    page = page_of("responses")
    page.evaluate("document.querySelectorAll('code, pre, #ran').forEach(part => part.remove())")
    text = page.evaluate("document.body.textContent")
    assert "zone clearance" in text
    assert not re.findall(r"\b(?:zone_clearance|leader_arrests|zone_closure_on_warning)\b", text)


# --- numbers, by a few lines of their own ------------------------------------------------------------------------
def columns_of(path, measure):
    """Posture → replicate → value, of runs that went well."""
    found = {}
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["status"] == "ok":
                label = "+".join([row["posture"], *(part for part in [row.get("responses", "none")] if part != "none")])
                found.setdefault(label, {})[row["replicate"]] = float(row[measure])
    return found


def t_interval(values):
    mean, half = statistics.fmean(values), 0.0
    if statistics.pstdev(values):
        half = stats.t.ppf(0.975, len(values) - 1) * statistics.stdev(values) / math.sqrt(len(values))
    return [mean, mean - half, mean + half]


@pytest.mark.parametrize("measure", ["fire_attacks", "rounds_leaked", "convoy_attacks", "relation_mean", "pressure"])
def test_the_numbers_of_a_comparison_are_those_of_its_runs(measure, page_of, reports):
    values = columns_of(reports("comparison") / "runs.csv", measure)
    base, other = values["fourteen"], values["six"]
    rows = page_of("comparison").evaluate(CELLS, "differences")
    row = next(row for row in rows if row[1] == measure.replace("_", " "))
    difference = [other[k] - base[k] for k in base]
    assert row[3] == pytest.approx(t_interval(list(base.values())), rel=1e-9)
    assert row[4] == pytest.approx(t_interval(list(other.values())), rel=1e-9)
    assert row[5] == pytest.approx(t_interval(difference), rel=1e-9, abs=1e-12)
    assert row[6] == [pytest.approx(statistics.fmean(d < 0 for d in difference))], "strictly lower"


def test_the_numbers_of_a_run_are_those_of_its_row(page_of, reports):
    with open(reports("run") / "runs.csv", encoding="utf-8", newline="") as file:
        (run,) = csv.DictReader(file)
    shown = {
        row[0].replace(" ", "_").replace("US_", "us_"): row[1] for row in page_of("run").evaluate(CELLS, "measures")
    }
    assert len(shown) > 15
    assert all(value == [float(run[name])] for name, value in shown.items())


def test_capital_spent_by_a_response_is_the_difference_of_its_runs(page_of, reports):
    values = columns_of(reports("responses") / "runs.csv", "capital_mean")
    rows = {row[1]: row for row in page_of("responses").evaluate(CELLS, "tradeoff_six")}
    for response in ("zone_clearance", "leader_arrests"):
        spent = [values["six"][k] - values[f"six+{response}"][k] for k in values["six"]]
        assert rows[response.replace("_", " ")][5] == pytest.approx(t_interval(spent), rel=1e-9)


def test_the_squares_that_change_most_are_those_of_the_table(page_of, reports):
    with open(reports("comparison") / "squares.csv", encoding="utf-8", newline="") as file:
        changes = [float(row["difference_mean"]) for row in csv.DictReader(file) if row["scenario"] == "six"]
    rows = page_of("comparison").evaluate(CELLS, "squares_1")
    largest = sorted(map(abs, changes), reverse=True)[: len(rows)]
    assert [abs(row[5][0]) for row in rows] == pytest.approx(largest)


@pytest.mark.parametrize("kind", EVERY)
def test_the_lines_of_python_in_a_report_run(kind, reports):
    page = (reports(kind) / "report.html").read_text(encoding="utf-8")
    tried, found = 0, defaultdict(list)
    for section in page.split("<section id=")[1:]:
        key = section.split('"')[1].removeprefix("more-")
        found[key] += re.findall(r"<pre><code[^>]*>(.*?)</code></pre>", section, re.DOTALL)
    for blocks in found.values():
        known = {"experiments": experiments}
        for block in [*blocks[-1:], *blocks[:-1]]:  # the section's own comes last, and says what to import
            lines = [line for line in html.unescape(block).splitlines() if not line.startswith("posture ")]
            exec("\n".join(lines), known)
            tried += len(lines)
    assert tried > 0


def test_a_table_made_by_hand_is_enough_and_a_failed_run_takes_its_pair_along(page_of):
    page = page_of("by_hand")
    rows = {row[1]: row for row in page.evaluate(CELLS, "differences")}
    assert rows["fire attacks"][5] == pytest.approx(t_interval([41 - 50, 44 - 55, 40 - 47]))
    assert rows["convoy attacks"][5] == pytest.approx(t_interval([57 - 60, 60 - 66, 54 - 63]))
    doubts = page.locator("#caveats").text_content()
    assert "1 run failed" in doubts
    assert "no manifest" in doubts
