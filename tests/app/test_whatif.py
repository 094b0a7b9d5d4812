"""What if: pairs under the same streams, compared as theory says they must be."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations

import numpy as np
import pytest
from matplotlib.text import Text

from sim.app.charts.fans import FAN_SERIES, FanChart
from sim.app.ensemble_band import SERIES
from sim.app.whatif import (
    BASE,
    CAVEAT,
    HORIZON,
    Option,
    decimals,
    table_rows,
    what_if,
)
from sim.engine import Tables, new_state, run_to
from sim.errors import ConfigError, RunError
from sim.futures import futures
from sim.numbers import chance, fixed
from sim.responses import Use
from sim.scenario import load_scenario
from sim.state import EVENT
from sim.statistics import Interval
from sim.world import build_world

BUSY = {"days": 60, "operations.base_rate_per_day": 0.2}
HOUR, N, DAYS = 24 * 20 + 13, 60, 12
NAMES = ("surge", "closure_threat", "financial_pressure", "leader_arrests")
CROWD = {"supply.trucks_per_convoy": 1, "supply.tonnes_per_truck": 0.1, "supply.assembly_hours": 1000}


def at(hour, changes=BUSY, posture="six", responses=()):
    scenario = load_scenario(posture, changes, responses)
    world = build_world(scenario)
    state = new_state(world, 7)
    run_to(world, state, Tables(world, state), hour, np.zeros(0, EVENT))
    return scenario, world, state


@pytest.fixture(scope="module")
def fork():
    return at(HOUR)


def options(*names, strength=1.0):
    return [Option(BASE), *(Option(name, (Use(name=name, strength=strength),)) for name in names)]


@pytest.fixture(scope="module")
def five(fork):
    return what_if(*fork, options(*NAMES), n=N, days=DAYS)


def measures(found, label):
    return {row[0].measure.name: next(a for a in row if a.option == label) for row in found.answers}


# --- theory ----------------------------------------------------------------------------------------------------
def test_numbers_are_those_of_the_futures(fork, five):
    scenario, world, state = fork
    base, surge = futures(scenario, world, state, [[], [Use(name="surge")]], n=N, days=DAYS, seed=1)
    before = state[0].tally
    own, other = (f.days["rounds_leaked"][:, -1] - before["rounds_leaked"] for f in (base, surge))
    answer = measures(five, "surge")["rounds_leaked"]
    assert answer.mean.mean == pytest.approx(other.mean())
    assert answer.difference.mean == pytest.approx((other - own).mean())
    half = 2.0009953780882683 * (other - own).std(ddof=1) / math.sqrt(N)  # t(0.975, 59)
    assert answer.difference.high - answer.difference.mean == pytest.approx(half)
    shares = [np.mean(other < own), np.mean(other == own), np.mean(other > own)]
    assert list(vars(answer.sides).values()) == pytest.approx(shares)
    assert shares[1] > 0, "without ties the test says nothing of them"
    lowest = surge.days["lowest_supply_days"].min(axis=1)
    assert measures(five, "surge")["lowest_supply_days_lowest"].mean.mean == pytest.approx(lowest.mean(), rel=1e-6)
    assert measures(five, "surge")["relation_end"].mean.mean == pytest.approx(surge.days["relation"][:, -1].mean())


def test_an_option_that_is_the_base_differs_by_exactly_nothing(fork):
    found = what_if(*fork, [*options(), Option("the same"), *options("surge", strength=0.0)[1:]], n=20, days=5)
    for row in found.answers:
        for answer in row:
            assert (answer.difference.mean, answer.difference.low, answer.difference.high) == (0, 0, 0)
            assert (answer.sides.equal, answer.verdict) == (1.0, "same")
    for fan in found.fans[1].values():
        assert (fan.difference == 0).all()
    assert {cell for row in table_rows(found)[1] for cell in row[3:]} == {"0: the same in every pair"}


def test_the_order_of_the_other_options_does_not_matter(fork, five):
    turned = what_if(*fork, options(*reversed(NAMES)), n=N, days=DAYS)
    for name in NAMES:
        assert measures(turned, name) == measures(five, name)


def test_another_base_turns_the_sign(fork):
    base, surge = options("surge")
    there, back = (what_if(*fork, pair, n=20, days=8) for pair in ([base, surge], [surge, base]))
    for a, b in zip(there.answers, back.answers, strict=True):
        assert a[1].difference.mean == pytest.approx(-b[1].difference.mean, abs=1e-12)
        assert (a[1].sides.lower, a[1].sides.equal) == (b[1].sides.higher, b[1].sides.equal)


def test_workers_do_not_matter_and_the_state_is_left_alone(fork, five):
    before = fork[2].tobytes()
    with ThreadPoolExecutor(2) as executor:
        again = what_if(*fork, options(*NAMES), n=N, days=DAYS, executor=executor)
    assert again.answers == five.answers
    assert fork[2].tobytes() == before


def test_more_days_only_append(fork, five):
    longer = what_if(*fork, options(*NAMES), n=N, days=DAYS + 6)
    for short, long in zip(five.fans, longer.fans, strict=True):
        for name in SERIES:
            np.testing.assert_array_equal(long[name].quantiles[:, :DAYS], short[name].quantiles)
            np.testing.assert_array_equal(long[name].difference[:, :DAYS], short[name].difference)


def test_the_last_day_of_a_fan_is_the_answer(five):
    for k, label in enumerate(five.labels):
        answers = measures(five, label)
        for name in ("fire_attacks", "pressure"):
            mean, low, high = five.fans[k][name].difference[:, -1]
            found = answers[name].difference
            assert (mean, low, high) == pytest.approx((found.mean, found.low, found.high))


def test_a_fork_at_the_end_goes_beyond_the_run():
    found = what_if(*at(24 * 10, {**BUSY, "days": 10}), options("surge"), n=5, days=4)
    assert found.answers[0][0].mean.mean >= 0
    assert list(found.ends) == [1, 2, 3, 4]


def test_days_end_at_midnight_whatever_the_hour_of_the_fork(five):
    assert five.ends[0] == pytest.approx(11 / 24)
    assert len(five.ends) == DAYS
    assert (str(five.fork), str(five.until)) == ("2020-01-21", "2020-02-01")


# --- words -----------------------------------------------------------------------------------------------------
def test_verdicts_follow_the_interval_and_the_direction(five):
    for row in five.answers:
        for answer in row[1:]:
            good = answer.difference.mean * answer.measure.series.column.better
            sure = answer.difference.low > 0 or answer.difference.high < 0
            assert answer.verdict in ("better", "worse", "", "same")
            assert (answer.verdict == "better") == (sure and good > 0)
            assert (answer.verdict == "worse") == (sure and good < 0)


def test_the_table_has_a_row_a_measure_and_a_column_an_option(five):
    head, rows, notes = table_rows(five)
    assert len(rows) == len(HORIZON) == 12
    assert {len(row) for row in [head, *rows]} == {3 + len(NAMES)}
    assert all(isinstance(cell, str) and cell for row in rows for cell in row)
    assert head[2] == f"{BASE}: mean (95%)"
    assert [row[1] for row in rows] == ["lower"] * 8 + ["higher"] * 4
    assert rows[1][0] == "rounds leaked [round]"
    assert notes[-1] == CAVEAT
    assert notes[2].startswith("4 options × 12 measures: of 48 intervals about 2.4 leave out 0 by chance alone")
    assert f"n = {N} futures of each option, from hour {HOUR} (2020-01-21) to the end of 2020-02-01" in notes[0]


def test_one_option_alone_compares_nothing(fork):
    found = what_if(*fork, options(), n=5, days=3)
    assert len(table_rows(found)[2]) == 3
    assert not any("by chance alone" in note for note in found.notes)
    assert FanChart(found, "pressure").png().startswith(b"\x89PNG")


def test_numbers_have_as_many_digits_as_are_known():
    assert decimals(Interval(3.2, 3.1, 3.3)) == 2
    assert decimals(Interval(3.2, 3.2, 3.2)) == 2
    assert decimals(Interval(300, 200, 400)) == 0
    assert decimals(Interval(0, -1e-9, 1e-9)) == 5
    assert [fixed(v, 2, sign=True) for v in (0.001, -0.001, 1.5, -1.5)] == ["0.00", "0.00", "+1.50", "−1.50"]
    assert [chance(p) for p in (0, 0.001, 0.5, 0.999, 1)] == ["0%", "<1%", "50%", ">99%", "100%"]


# --- errors ----------------------------------------------------------------------------------------------------
def test_a_future_that_stops_names_its_option():
    crowded = at(24 * 14, {**CROWD, "days": 60}, "fourteen")
    with pytest.raises(RunError, match=r"option go on as it is: a future stopped: more than \d+ convoys"):
        what_if(*crowded, options(), n=3, days=40)


@pytest.mark.parametrize(
    ("wanted", "keys", "message"),
    [
        ([], {}, "options is .*one or more"),
        ([Option("a"), Option("a")], {}, "each with a name of its own"),
        (options(), {"n": 1}, "futures is 1; it must be 2 or more"),
        (options(), {"days": 0}, "days is 0; it must be 1 to"),
        (options(), {"n": 1_000_000, "days": 3}, "days is 3; it must be 1 to 1 for"),
        ([Option("twice", [Use(name="surge")] * 2)], {}, "option twice is 'surge'.*each once"),
        (options("zone_clearance"), {}, "option zone_clearance is .*not in force yet"),
        (options("no_such"), {}, "option no_such: .*no_such"),
    ],
)
def test_bad_questions_are_refused(wanted, keys, message):
    forked = at(24, responses=["zone_clearance"])
    with pytest.raises(ConfigError, match=message):
        what_if(*forked, wanted, **{"n": 2, "days": 1, **keys})


# --- fans ------------------------------------------------------------------------------------------------------
def texts(figure):
    figure.canvas.draw()
    hidden = set()
    for axes in figure.axes:
        for axis, limit in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
            for tick in axis.get_major_ticks():
                if not min(limit) <= tick.get_loc() <= max(limit):
                    hidden |= {id(tick.label1), id(tick.label2)}
    found = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text() and id(t) not in hidden]
    return [(t.get_text(), t.get_window_extent(figure.canvas.get_renderer())) for t in found]


@pytest.mark.parametrize("size", [(420, 300), (620, 400), (900, 600)])
@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_texts_of_fans_are_clear(fork, five, size, n):
    found = five if n == 5 else what_if(*fork, options(*NAMES[: n - 1]), n=5, days=DAYS)
    for series in ("fire_attacks", "capital", "lowest_supply_days"):
        figure = FanChart(found, series, size, dark=n == 3).figure
        boxes = texts(figure)
        for text, box in boxes:
            assert min(box.x0, box.y0, size[0] - box.x1, size[1] - box.y1) >= -0.5, text
        for (one, a), (two, b) in combinations(boxes, 2):
            over = min(min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0))
            assert over < 2.0, (series, one, two, over)


def test_a_fan_has_a_panel_an_option_and_one_of_differences(five):
    figure = FanChart(five, "fire_attacks", (900, 600)).figure
    assert len(figure.axes) == 6
    assert len({axes.get_ylim() for axes in figure.axes[:5]}) == 1
    for k, axes in enumerate(figure.axes[:5]):
        x, y = axes.lines[0].get_data()
        assert (x[0], y[0]) == (0, 0)
        np.testing.assert_array_equal(y[1:], five.fans[k]["fire_attacks"].quantiles[2])
    lines = [line for line in figure.axes[5].lines if len(line.get_xdata()) > 2]
    for k, line in enumerate(lines, 1):
        np.testing.assert_array_equal(line.get_ydata()[1:], five.fans[k]["fire_attacks"].difference[0])
    assert len({(line.get_color(), line.get_linestyle(), line.get_marker()) for line in lines}) == 4
    said = " ".join(sorted((text for text, _ in texts(figure)), key=len))
    assert f"n = {N} futures each" in said
    assert "days from hour 493 (2020-01-21)" in said
    assert "mean paired difference" in said


@pytest.mark.parametrize("series", FAN_SERIES)
def test_every_series_of_the_menu_can_be_drawn(five, series):
    assert FanChart(five, series).png().startswith(b"\x89PNG")


def test_an_unknown_series_is_refused(five):
    with pytest.raises(ValueError, match="expected one of"):
        FanChart(five, "nothing")
