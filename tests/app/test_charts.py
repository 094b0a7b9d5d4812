"""The live charts: what is drawn is what the days say, at any size, and nothing grows but the lines."""

from __future__ import annotations

import gc
import io
import re
import threading
from itertools import combinations

import numpy as np
import pytest
from matplotlib.text import Text
from PIL import Image

from experiments.live.services import reported_counts
from sim.app.charts.grid import grouped, order_words
from sim.app.charts.live import LiveCharts
from sim.app.charts.panels import round_ends, round_up, ticks_between, two_ticks
from sim.app.charts.time_axis import Span, date_ticks, span_of
from sim.app.charts.twin import TWIN_SERIES, TwinCharts
from sim.app.ensemble_band import SERIES, compute_band, weekly
from sim.app.panels.standing import HEADERS, SUMMARY, summary
from sim.app.style import DARK, LIGHT, STYLES, text_px
from sim.engine import simulate
from sim.numbers import number, signed
from sim.scenario import load_scenario
from sim.state import TALLY

SIZES = [(380, 430), (700, 800)]
NARROW = [(330, 430), (620, 800)]
ORDERS = [(24 * 60, "zone_clearance"), (24 * 63 + 5, "surge"), (24 * 150, "leader_arrests")]
SIX, FOURTEEN = load_scenario("six"), load_scenario("fourteen")
DAYS = [0, 1, 3, 130, 274]


@pytest.fixture(scope="module")
def run():
    return simulate(SIX, 77).days


@pytest.fixture(scope="module")
def other():
    return simulate(FOURTEEN, 77).days


@pytest.fixture(scope="module")
def band():
    return compute_band(SIX, 40)


def texts(figure):
    """Every text that is drawn, with its box in pixels."""
    figure.canvas.draw()
    hidden = {id(label) for axes in figure.axes for label in unseen_labels(axes)}
    found = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text() and id(t) not in hidden]
    return [(t.get_text(), t.get_window_extent(figure.canvas.get_renderer())) for t in found]


def unseen_labels(axes):
    """Labels of ticks outside the limits, or switched off."""
    for axis, limit in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        for tick in axis.get_major_ticks():
            if not (min(limit) <= tick.get_loc() <= max(limit)) or not tick.label1.get_visible():
                yield from (tick.label1, tick.label2)


def words(figure):
    return "\n".join(text for text, _ in texts(figure))


def check_texts(figure, overlap=2.0):
    """No text is cut by the edge or lies on another."""
    width, height = figure.get_size_inches() * figure.dpi
    found = texts(figure)
    for text, box in found:
        assert min(box.x0, box.y0, width - box.x1, height - box.y1) >= -0.5, (text, box)
    for (one, a), (two, b) in combinations(found, 2):
        over = min(min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0))
        assert over < overlap, (one, two, over)


def live_figure(days, scenario, band=None, orders=(), size=SIZES[0], dark=False):
    """The charts of a run as a figure of their own."""
    charts = LiveCharts()
    charts.update(days, scenario, band, orders, size, dark, reported_counts(scenario))
    return charts.figure


def difference_figure(tables, scenario, labels=("first", "second"), orders=(), size=SIZES[0], dark=False):
    """Both runs and their difference as a figure of their own."""
    charts = TwinCharts(labels)
    charts.update(tables, scenario, orders, size, dark)
    return charts.figure


# --- nothing is cut, nothing lies on something else ------------------------------------------------------------
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("n", DAYS)
@pytest.mark.parametrize("with_band", [False, True])
def test_texts_of_the_live_charts_are_clear(run, band, size, n, with_band):
    orders = ORDERS if n > 100 else ()
    check_texts(live_figure(run[:n], SIX, band if with_band else None, orders, size, dark=n == 3))


@pytest.mark.parametrize("size", NARROW)
@pytest.mark.parametrize("n", DAYS)
def test_texts_of_the_twin_are_clear(run, other, size, n):
    check_texts(difference_figure([other[:n], run[:n]], SIX, ["fourteen", "six"], ORDERS if n > 100 else (), size))


ODD = {
    "five days": ({"days": 5, "operations.base_rate_per_day": 1.0}, ()),
    "three years": ({"days": 1100, "start": "2019-11-20"}, ()),
    "another start": ({"start": "2021-03-17", "days": 100}, ()),
    "many orders": ({}, ["zone_clearance=0.55@120", "surge=0.25@30:12", "financial_pressure@60"]),
}


@pytest.mark.parametrize("case", ODD)
@pytest.mark.parametrize("size", SIZES)
def test_texts_of_odd_runs_are_clear(case, size):
    changes, uses = ODD[case]
    changes = {k: __import__("datetime").date.fromisoformat(v) if k == "start" else v for k, v in changes.items()}
    scenario = load_scenario("six", changes, uses)
    days, n = simulate(scenario, 3).days, scenario.days
    orders = [(24 * n * k // 9, name) for k, name in enumerate(("zone_clearance", "surge", "key_takedown") * 3)]
    check_texts(live_figure(days[: n - 1], scenario, compute_band(scenario, 5), orders, size))
    check_texts(difference_figure([days, days], scenario, ["six+" + "surge+" * 20, "six"], orders, size))


@pytest.mark.parametrize("size", [(0, 0), (1, 5000), (2000, 300)])
def test_any_size_of_a_panel_can_be_drawn(run, band, size):
    charts = LiveCharts()
    charts.update(run[:50], SIX, band, size_px=size)
    assert charts.png().startswith(b"\x89PNG")


# --- what is drawn ---------------------------------------------------------------------------------------------
def test_bars_are_the_attacks_of_each_week(run):
    charts = LiveCharts()
    charts.update(run[:45], SIX)
    rockets, drones = (weekly(run[name][:45]) for name in ("rocket_attacks", "drone_attacks"))
    whole, last = charts.parts[0]._whole, charts.parts[0]._last
    np.testing.assert_array_equal(whole[0].get_data().values[:6], rockets[:6])
    np.testing.assert_array_equal(whole[1].get_data().values[:6], (rockets + drones)[:6])
    np.testing.assert_array_equal(whole[1].get_data().baseline[:6], rockets[:6])
    assert last[1].get_data().values[6] == (rockets + drones)[6]
    assert np.isnan(whole[0].get_data().values[6:]).all()
    assert np.nansum(np.isfinite(last[0].get_data().values)) == 1
    assert last[0].get_alpha() < whole[0].get_alpha(), "an incomplete week is drawn lighter"


def test_a_whole_week_leaves_nothing_light(run):
    charts = LiveCharts()
    charts.update(run[:42], SIX)
    assert np.isnan(charts.parts[0]._last[0].get_data().values).all()


def test_lines_are_the_series_of_the_run(run, band):
    charts = LiveCharts()
    charts.update(run[:130], SIX, band)
    leaked, supply, levels, pressure = charts.parts[2:]
    for panel, name in ((leaked, "rounds_leaked"), (pressure, "pressure")):
        x, y = panel._traces[0].line.get_data()
        assert (x[0], y[0], x[-1]) == (0, 0, 130)
        np.testing.assert_array_equal(y[1:], run[name][:130])
    np.testing.assert_array_equal(supply._traces[0].line.get_ydata(), run["lowest_supply_days"][:130])
    np.testing.assert_array_equal(levels._traces[0].line.get_ydata(), run["relation"][:130])
    np.testing.assert_array_equal(levels._traces[1].line.get_ydata(), run["capital"][:130])
    assert levels._traces[0].line.get_linestyle() != levels._traces[1].line.get_linestyle()


def test_the_band_covers_5_to_95_per_cent(run, band):
    axes = live_figure(run[:10], SIX, band).axes[2]
    outer = next(part for part in axes.collections if part.get_alpha() == min(c.get_alpha() for c in axes.collections))
    points = outer.get_paths()[0].vertices
    quantiles = band.quantiles("rounds_leaked")
    at_end = points[points[:, 0] == 274][:, 1]
    assert (at_end.min(), at_end.max()) == (quantiles[0, -1], quantiles[-1, -1])


def test_reported_quarters_are_steps_of_attacks_a_week(run):
    charts = LiveCharts()
    charts.update(run[:10], SIX, reported=reported_counts(SIX))
    for panel, kind in zip(charts.parts, ("fire_attacks", "convoy_attacks"), strict=False):
        step = next(a for a in panel.panel.moving if getattr(a, "get_zorder", int)() == 4 and hasattr(a, "get_data"))
        values, edges, _ = step.get_data()
        assert list(edges) == [0, 91, 182, 274]
        np.testing.assert_allclose(values * np.diff(edges) / 7, reported_counts(SIX)[kind][1])
    assert {"reported S1", "reported S2"} <= set(words(charts.figure).split("\n"))


def test_a_longer_run_shows_what_was_reported_of_its_first_quarters():
    scenario = load_scenario("year_and_half")
    charts = LiveCharts()
    charts.update(simulate(scenario, 1).days[:300], scenario, reported=reported_counts(scenario))
    for panel in charts.parts[:2]:
        step = next(a for a in panel.panel.moving if getattr(a, "get_zorder", int)() == 4 and hasattr(a, "get_data"))
        assert list(step.get_data()[1]) == [0, 91, 182, 274]


def test_another_year_shows_nothing_reported(run):
    from datetime import date

    assert "reported" not in words(live_figure(run[:10], load_scenario("six", {"start": date(2021, 1, 1)})))
    assert "reported S1" in words(live_figure(run[:10], SIX))


def test_axes_say_units_and_the_note_says_n(run, band):
    said = words(live_figure(run[:130], SIX, band))
    for part in ("attacks a week", "rounds, total", "days", "level, 0 to 1", "points, total", "minimum 10"):
        assert part in said
    assert "median of 40 runs of six" in said
    assert "date, 2020; small ticks: weeks" in said


def test_where_the_run_stands_is_what_the_band_says(run, band):
    said = words(live_figure(run[:84], SIX, band, size=(1000, 900)))
    value = float(SERIES["fire_attacks"](run)[83])
    assert f"{number(value)} so far: {band.where_it_stands('fire_attacks', 84, value)}" in said
    assert "in week 12 of 40 runs" in said


def test_without_days_it_says_so(band):
    said = words(live_figure(simulate(SIX, 1).days[:0], SIX, band))
    assert said.count("no day has ended yet") == 6


def test_days_beyond_the_band_are_said_and_drawn(band):
    scenario = load_scenario("six", {"days": 300})
    days = simulate(scenario, 3).days
    figure = live_figure(days[:290], scenario, band)
    assert "beyond the 274 days of the 40 runs" in words(figure)
    assert figure.axes[0].get_xlim() == (0, 300)


def test_orders_are_lines_with_numbers_and_a_key(run, band):
    figure = live_figure(run[:200], SIX, band, ORDERS, (700, 800))
    for axes in figure.axes:
        at = [line.get_xdata()[0] for line in axes.lines if line.get_color() == LIGHT.pink]
        assert at == pytest.approx([hour / 24 for hour, _ in ORDERS])
    said = words(figure)
    assert "orders: 1 zone_clearance (1 Mar), 2 surge (4 Mar), 3 leader_arrests (30 May)" in said
    assert "1–2" in said.split("\n")


def test_near_orders_are_numbered_together(run):
    charts = LiveCharts()
    charts.update(run[:10], SIX, orders=ORDERS)
    orders = [(0, "a"), (3000, "b"), (24, "c"), (6500, "d")]
    panel = charts.parts[0].panel
    px_a_day = panel.box.width / SIX.days
    assert [text for _, text in grouped(orders, px_a_day, panel.px)] == ["1,3", "2", "4"]
    many = order_words([(24, "surge")] * 5, span_of(SIX))
    assert many == "orders: 1 surge, 2 surge, 3 surge, 4 surge, 5 surge"


# --- growing ---------------------------------------------------------------------------------------------------
def test_more_days_only_append(run, band):
    charts = LiveCharts()
    charts.update(run[:100], SIX, band)
    before = [[trace.line.get_ydata().copy() for trace in panel._traces] for panel in charts.parts[2:]]
    charts.update(run[:160], SIX, band)
    for panel, lines in zip(charts.parts[2:], before, strict=True):
        for trace, was in zip(panel._traces, lines, strict=True):
            np.testing.assert_array_equal(trace.line.get_ydata()[: len(was)], was)


def test_a_picture_depends_on_the_days_alone_not_on_what_was_drawn_before(run, band):
    charts = LiveCharts()
    for n in (0, 3, 250, 40, 41):
        charts.update(run[:n], SIX, band, ORDERS[:1])
        picture = charts.png()
        fresh = LiveCharts()
        fresh.update(run[:n], SIX, band, ORDERS[:1])
        assert picture == fresh.png()


def test_the_picture_is_the_figure(run, band):
    """Kept pixels with moving artists drawn over them are what a whole drawing gives, but for what lies on what."""
    charts = LiveCharts()
    charts.update(run[:130], SIX, band)
    picture = np.asarray(Image.open(io.BytesIO(charts.png())), np.int64)
    charts.figure.canvas.draw()
    whole = np.asarray(charts.figure.canvas.buffer_rgba(), np.int64)[..., :3]
    assert picture.shape == whole.shape == (430, 380, 3)
    assert (np.abs(picture - whole).max(axis=-1) > 40).mean() < 0.01


def test_size_theme_band_and_marks_may_change_at_any_time(run, band):
    charts, seen = LiveCharts(), set()
    for band_now, orders, size, dark in (
        (None, (), (380, 430), False),
        (band, (), (380, 430), False),
        (band, ORDERS, (380, 430), False),
        (band, ORDERS, (700, 800), False),
        (band, ORDERS, (700, 800), True),
    ):
        charts.update(run[:60], SIX, band_now, orders, size, dark)
        picture = Image.open(io.BytesIO(charts.png()))
        assert picture.size == size
        assert picture.getpixel((1, 1)) == tuple(bytes.fromhex((DARK if dark else LIGHT).background[1:]))
        seen.add(picture.tobytes())
    assert len(seen) == 5


def test_letters_grow_with_the_picture(run):
    def smallest(size):
        figure = live_figure(run[:60], SIX, size=size)
        return min(t.get_fontsize() for t in figure.findobj(Text) if t.get_text()) * figure.dpi / 72

    assert smallest((380, 430)) >= 8.5
    assert smallest((700, 800)) >= 11


def test_updates_from_many_threads_give_whole_pictures(run, band):
    charts, failures = LiveCharts(), []
    charts.update(run[:1], SIX, band)

    def draw(first):
        try:
            for n in range(first, first + 6):
                charts.update(run[:n], SIX, band, size_px=SIZES[n % 6 == 0])
                Image.open(io.BytesIO(charts.png())).load()
        except Exception as error:  # whatever it is, the test shows it
            failures.append(error)

    threads = [threading.Thread(target=draw, args=(10 * k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.mark.parametrize("kind", ["live", "twin"])
def test_nothing_piles_up_with_updates(run, other, band, kind):
    """Objects of the interpreter, after each of three rounds over the run: what is drawn must not be kept."""
    charts = LiveCharts() if kind == "live" else TwinCharts(["fourteen", "six"])

    def draw(n, dark=False):
        if isinstance(charts, LiveCharts):
            charts.update(run[:n], SIX, band, ORDERS, dark=dark)
        else:
            charts.update([other[:n], run[:n]], SIX, ORDERS, dark=dark)
        charts.png()

    counts = []
    for _ in range(3):
        for n in range(0, 275, 39):
            draw(n)
        draw(274, dark=True)
        draw(274)
        gc.collect()
        counts.append(len(gc.get_objects()))
    assert counts[2] - counts[1] < 120, counts  # of ten pictures: less than 12 objects each


# --- two runs --------------------------------------------------------------------------------------------------
def test_the_twin_shows_both_runs_and_their_difference(run, other):
    charts = TwinCharts(["fourteen", "six"])
    charts.update([other[:150], run[:150]], SIX)
    for cell, name in zip(charts.parts, TWIN_SERIES, strict=True):
        first, second = SERIES[name](other[:150]), SERIES[name](run[:150])
        np.testing.assert_array_equal(cell._traces[0].line.get_ydata()[-150:], first)
        np.testing.assert_array_equal(cell._traces[1].line.get_ydata()[-150:], second)
        shown = cell.difference.get_data().values
        np.testing.assert_allclose(shown[:150], second - first, rtol=0, atol=1e-9)
        assert not np.any((shown[:150] != 0) & np.isclose(first, second, rtol=1e-12)), "rounding is no difference"
        assert np.isnan(shown[150:]).all()
        assert signed(float(second[-1] - first[-1])) in cell._now.get_text()


@pytest.mark.parametrize("difference", [0.0051249, -0.0051249, 0.5351, 1234.5, 0.0])
def test_a_difference_loses_digits_before_it_is_cut(difference):
    """Beside the longest heading, in the size of the smallest screen: a number that ends in … says nothing."""
    days = np.zeros((2, 3), TALLY)
    days["capital"][0], days["capital"][1] = 0.4, 0.4 + difference
    charts = TwinCharts(["fourteen", "six"])
    charts.update(list(days), SIX, size_px=(316, 445))
    said = charts.parts[list(TWIN_SERIES).index("capital")]._now.get_text()
    shown = float(said.removeprefix("diff. ").replace("−", "-").replace(",", ""))
    assert shown == pytest.approx(difference, rel=0.05, abs=1e-12)


def test_runs_of_the_twin_differ_in_colour_line_and_marker(run, other):
    charts = TwinCharts(["fourteen", "six"])
    charts.update([other[:150], run[:150]], SIX)
    one, two = (trace.line for trace in charts.parts[0]._traces)
    assert one.get_color() != two.get_color()
    assert one.get_linestyle() != two.get_linestyle()
    assert len({trace.dot.get_marker() for trace in charts.parts[0]._traces}) == 2
    assert "green: difference, six − fourteen, one run each, same streams" in words(charts.figure)


def test_a_run_differs_from_itself_by_nothing(run):
    charts = TwinCharts(["six", "six"])
    charts.update([run[:100], run[:100]], SIX)
    assert all((cell.difference.get_data().values[:100] == 0).all() for cell in charts.parts)


def test_runs_swapped_turn_the_sign(run, other):
    there, back = TwinCharts(["a", "b"]), TwinCharts(["b", "a"])
    there.update([other, run], SIX)
    back.update([run, other], SIX)
    for a, b in zip(there.parts, back.parts, strict=True):
        np.testing.assert_array_equal(a.difference.get_data().values, -b.difference.get_data().values)


def test_runs_of_different_length_are_compared_as_far_as_both_go(run, other):
    charts = TwinCharts(["fourteen", "six"])
    charts.update([other[:150], run[:100]], SIX)
    assert np.isfinite(charts.parts[0].difference.get_data().values).sum() == 100


# --- the table of now ------------------------------------------------------------------------------------------
def test_the_summary_says_what_the_days_and_the_band_say(run, band):
    rows = summary(run[:84], SIX, band)
    assert [row.name for row in rows] == list(SUMMARY)
    for row in rows:
        value = float(SERIES[row.name](run)[83])
        low, _, median, _, high = band.quantiles(row.name)[:, 83]
        stands = band.where_it_stands(row.name, 84, value)
        assert row.cells[2:] == (number(value), number(median), f"{number(low)} to {number(high)}", stands)
        assert len(row.cells) == len(HEADERS)
        assert all(isinstance(cell, str) and cell for cell in row.cells)
        assert row.meaning.endswith(("since the start", "at the end of the last day"))


def test_the_summary_without_days_or_band(run, band):
    for row in summary(run[:0], SIX, band):
        assert row.cells[2:] == ("–", "–", "–", "no day has ended yet")
    for row in summary(run[:9], SIX):
        assert row.cells[3:] == ("–", "–", "no ensemble to compare with")


# --- small things ----------------------------------------------------------------------------------------------
def test_ends_of_axes_are_round_and_hold_the_values():
    for value in (0.013, 0.7, 1, 1.01, 3, 7.3, 99, 101, 1234):
        top = round_up(value)
        assert value <= top <= 2 * value
        assert len(re.sub(r"[0.]", "", f"{top:g}")) <= 2
    assert round_ends(0, 0) == (0, 1)
    assert round_ends(-3, 0) == (-3, 0)
    assert round_ends(float("nan"), 1) == (0, 1)
    assert ticks_between(0, 4) == [0, 2, 4]
    assert ticks_between(-10, 2) == [-10, 0]
    assert two_ticks(-10, 2) == [-10, 0]


@pytest.mark.parametrize("n_days", [1, 5, 20, 60, 100, 274, 400, 1100, 3660])
@pytest.mark.parametrize("width", [60, 130, 300, 900])
def test_dates_fit_and_are_on_the_axis(n_days, width):
    from datetime import date

    ticks = date_ticks(Span(date(2020, 1, 1), n_days), 10, width)
    assert ticks
    assert all(0 <= at <= n_days for at, _ in ticks)
    assert len(ticks) == 1 or sum(text_px(label, 10) for _, label in ticks) < width


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_colours_stand_out_from_the_ground(colours):
    """WCAG: at least 3 to 1 for graphics, 4.5 to 1 for text."""

    def light(hexadecimal):
        parts = np.array([int(hexadecimal[k : k + 2], 16) for k in (1, 3, 5)]) / 255
        return float(
            np.where(parts <= 0.03928, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ (0.2126, 0.7152, 0.0722)
        )

    def contrast(a, b):
        high, low = sorted((light(a), light(b)), reverse=True)
        return (high + 0.05) / (low + 0.05)

    assert min(contrast(colour, colours.background) for colour in (colours.text, colours.quiet)) >= 4.5
    assert (
        min(contrast(c, colours.background) for c in (colours.blue, colours.orange, colours.green, colours.sky)) >= 2.0
    )
    assert len(set(colours.options)) == len(colours.options) == len(STYLES)


def test_charts_use_no_global_state_of_matplotlib():
    import subprocess
    import sys

    script = "import sys, sim.app.charts.live, sim.app.charts.fans; print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
