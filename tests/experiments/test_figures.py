"""Figures: what the titles say is what the numbers say, and nothing is cut or drawn over."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from itertools import combinations, product

import numpy as np
import pytest
from made_up import SCENARIOS, comparison
from matplotlib.container import BarContainer
from matplotlib.text import Text
from scipy import stats

from experiments.files.columns import MAIN_MEASURES
from experiments.report import reports
from experiments.report.comparison import numbers
from experiments.report.comparison.figures import differences as forest
from experiments.report.comparison.figures import distributions, many_differences, many_quarters, split
from experiments.report.comparison.figures import quarters as quarters_of_kind
from experiments.report.comparison.lead import drawn, measures
from experiments.report.comparison.numbers import (
    DISTRIBUTIONS,
    distribution_title,
    few_title,
    many_quarters_title,
    quarters_title,
)
from experiments.report.comparison.section import pictures
from experiments.report.page.save import save
from experiments.report.style.colours import COLOURS, MARKERS
from experiments.report.style.forest import REACH, limits
from experiments.report.style.words import folded, policy, short_labels, text_width
from experiments.runs.comparison import Comparison
from sim.config_files import names
from sim.measures import BY_NAME, MEASURES
from sim.numbers import signed

FIGURES = ["differences.png", "split.png", "quarters.png", "quarters_2.png", "distributions.png"]


def differences(found):
    """The last scenario against the base, or all of many."""
    return forest(found, found.names[-1]) if numbers.is_few(found) else many_differences(found)


def quarters(found, kind="fire_attacks"):
    return quarters_of_kind(found, kind) if numbers.is_few(found) else many_quarters(found)


def slide(found):
    """The scorecard, drawn."""
    return drawn(found, {}).figure


KINDS = (differences, quarters, distributions)
RESPONSES = sorted(names("responses"))
IN_WORDS = [name.replace("_", " ") for name in RESPONSES]
SIX = ["six", *(f"six+{name}" for name in RESPONSES)]
LONG = "six+" + "+".join(f"{name}=0.55@120" for name in RESPONSES)
SETS = {
    "two": ["fourteen", "six"],
    "three": ["fourteen", "six", "drawdown_2020"],
    "four": SIX[:4],
    "five": SIX[:5],
    "all": SIX,
    "two long": ["six", LONG],
    "five long": [*SIX[:4], LONG],
}


QUARTERS, MONTHS = (91, 182, 274, 366, 456, 547), (31, 60, 91, 121, 152, 182, 213, 244, 274)


def not_reached(days):
    """Which measures runs of so many days lack: those of quarters that begin after, and of months (none beyond 547)."""
    quarters = sum(end < days for end in QUARTERS) + 1
    months = sum(end < days for end in MONTHS) + 1 if days <= MONTHS[-1] else 18
    late = {f"quarter {q}" for q in range(quarters + 1, 9)} | {f"month {m}" for m in range(months + 1, 19)}
    return {measure.name for measure in MEASURES if measure.how in late}


def invented(labels, *, n=30, zero=(), far=None, days=274):
    """Each scenario has its own shift of every measure; `zero` are measures that the base has none of.

    `far` (label, factor) multiplies every measure of one scenario. What runs of so many days don't reach is blank.
    """
    random, values = np.random.default_rng(5), {}
    luck = random.normal(20, 2, (len(MEASURES), n))
    for k, label in enumerate(labels):
        noise = random.normal(0, 0.5, luck.shape)
        values[label] = {m.name: luck[i] + (k and (i % 5 - 2) * k / 4 + noise[i]) for i, m in enumerate(MEASURES)}
    for measure in zero:
        values[labels[0]][measure] = np.zeros(n)
    if far:
        values[far[0]] = {measure: each * far[1] for measure, each in values[far[0]].items()}
    for of in values.values():
        of.update({measure: np.full(n, np.nan) for measure in not_reached(days)})
    ends = tuple(end for end in QUARTERS if end <= days)
    return Comparison(tuple(labels), values, n, quarters=(date(2020, 1, 1), ends))


def texts(figure):
    """Every text that is drawn, with its box in pixels."""
    figure.canvas.draw()
    hidden = {id(label) for axes in figure.axes for label in _labels_outside(axes)}
    found = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text() and id(t) not in hidden]
    boxes = [(t, t.get_window_extent(figure.canvas.get_renderer())) for t in found]
    return [(t.get_text(), box) for t, box in boxes if box.width > 0]


def _labels_outside(axes):
    """Labels of ticks outside the limits, which keep their text though nobody draws them."""
    for axis, limit in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        for tick in axis.get_major_ticks():
            if not min(limit) <= tick.get_loc() <= max(limit):
                yield from (tick.label1, tick.label2)


def words(figure):
    """All text of a figure."""
    axes = figure.axes
    found = [figure.get_suptitle(), *(a.get_title(loc="left") for a in axes), *(a.get_xlabel() for a in axes)]
    return "\n".join(
        [*found, *(a.get_ylabel() for a in axes), *(t.get_text() for g in figure.legends for t in g.texts)]
    )


@pytest.mark.parametrize(("factor", "sign"), [(0.5, "−50%"), (1.25, "+25%"), (1.0, None)])
def test_the_title_states_the_finding(factor, sign):
    title = few_title(comparison(factor=factor), "six")
    assert title.startswith("Six against fourteen: ")
    found = re.findall(r"largest (fall|rise) [\w ]+ \((.+?)\)", title)
    assert found == ([("fall" if factor < 1 else "rise", sign)] if sign else [])
    assert title.endswith("nothing is told apart") == (sign is None)


def test_rows_of_the_forest_are_sorted_and_good_and_bad_differ_in_colour():
    found = invented(SETS["two"], n=200)
    (axes,) = forest(found, "six").axes
    labels = [label.get_text() for label in axes.get_yticklabels()]
    shifts = {m: (found.values["six"][m] - found.values["fourteen"][m]).mean() for m in MAIN_MEASURES}
    shares = {m: shifts[m] / found.values["fourteen"][m].mean() for m in MAIN_MEASURES}
    order = sorted(MAIN_MEASURES, key=shares.get)
    assert labels == [m.replace("_", " ").replace("us ", "US ") for m in order]
    for measure, bar in zip(order, axes.containers, strict=True):
        sure = found.pair("six", measure).difference.clear
        good = shifts[measure] * BY_NAME[measure].better
        expected = "0.45" if not sure or not good else COLOURS[0] if good > 0 else COLOURS[1]
        assert bar.lines[0].get_color() == expected, measure
    assert {"closure_hours", "strikes", "bursts_used"} <= set(order), "measures that are neither good nor bad"


def test_differences_say_n_unit_and_interval():
    said = words(differences(comparison()))
    assert "n = 20 pairs" in said
    assert "change against fourteen, %" in said
    assert "95% t interval" in said


def test_quarters_show_what_was_reported():
    """S1: 14, 27, 25 attacks on convoys; S2: 19, 11, 27 rocket and drone attacks."""
    assert [(reports.source(kind), reports.by_quarter(kind)) for kind in numbers.ATTACKS] == [
        ("S2", (19, 11, 27)),
        ("S1", (14, 27, 25)),
    ]
    found = comparison(factor=0.5)
    title = quarters_title(found, "convoy_attacks")
    assert title.startswith("Bombs against convoys, three quarters: fourteen ")
    assert title.endswith(", reported 66")
    figures = [quarters(found, kind) for kind in numbers.ATTACKS]
    assert "reported (S1 and S2)" in words(figures[0])
    assert "attacks in the quarter" in words(figures[0])
    reported = [line for figure in figures for line in figure.axes[0].lines if line.get_marker() == "*"]
    assert [tuple(line.get_ydata()) for line in reported] == [(19, 11, 27), (14, 27, 25)]
    assert {line.get_markerfacecolor() for line in reported} == {"none"}


def test_quarters_of_a_longer_run_are_all_shown_and_the_report_is_said_to_be_of_three():
    found = invented(SETS["three"], days=547)
    title = quarters_title(found, "convoy_attacks")
    figures = [quarters(found, kind) for kind in numbers.ATTACKS]
    mean = sum(found.values["fourteen"][f"convoy_attacks_q{q}"].mean() for q in range(1, 7))
    assert title.startswith(f"Bombs against convoys, six quarters: fourteen {mean:.0f}, ")
    assert title.endswith(", reported 66 in the first three")
    for (axes,), counts in zip([figure.axes for figure in figures], ((19, 11, 27), (14, 27, 25)), strict=True):
        assert [label.get_text() for label in axes.get_xticklabels()] == ["Q1", "Q2", "Q3", "Q4", "Q5", "Q6"]
        (stars,) = [line for line in axes.lines if line.get_marker() == "*"]
        assert tuple(stars.get_ydata()) == counts
        assert np.isfinite([x for bar in axes.containers for x in bar.lines[0].get_ydata()]).all()


def test_a_quarter_in_which_the_runs_end_is_said_to_be_a_part():
    labels = [label.get_text() for label in quarters(invented(SETS["two"], days=300)).axes[0].get_xticklabels()]
    assert labels == ["Q1", "Q2", "Q3", "Q4 (part)"]
    (label,) = quarters(invented(SETS["two"], days=5)).axes[0].get_xticklabels()
    assert label.get_text() == "Q1 (part)"


def test_many_scenarios_have_panels_for_all_quarters_of_a_longer_run():
    found = invented(SETS["five"], days=547)
    figure = quarters(found)
    titles = [axes.get_title(loc="left").replace("\n", " ") for axes in figure.axes]
    expected = [(kind, q) for kind in numbers.ATTACKS for q in range(1, 7)]
    assert len(titles) == len(expected) == 12
    for said, (kind, q) in zip(titles, expected, strict=True):
        assert f"Q{q}" in said
        assert ("reported" in said) == (q <= 3), (kind, said)


def test_the_split_shows_its_parts_and_their_sum():
    found = invented(SETS["three"])
    (axes,) = split(found).axes
    drawn_bars = [bars for bars in axes.containers if isinstance(bars, BarContainer)]
    for name, bars in zip(SETS["three"][1:], drawn_bars, strict=True):
        parts = numbers.split_of(found, name)
        shown = [bar.get_width() for bar in bars]
        assert shown == pytest.approx([parts[part].mean for part in ("volume", "choice", "encounter", "total")])
        assert sum(shown[:3]) == pytest.approx(shown[3])
        change = found.values[name]["convoy_attacks"].mean() - found.values["fourteen"]["convoy_attacks"].mean()
        assert shown[3] == pytest.approx(change)
        assert signed(change) in [text.get_text() for text in axes.texts]


def test_a_shorter_run_is_not_set_beside_the_reported_year():
    short = comparison(scenarios=[scenario.with_changes({"days": 100}) for scenario in SCENARIOS])
    assert "reported" not in words(quarters(short))
    assert "reported" not in quarters_title(short, "fire_attacks")


def test_distributions_give_medians_and_units():
    said = words(distributions(comparison()))
    assert "5–95% of 20 runs" in said
    assert "rounds leaked [round]" in said
    assert "US wounded [person]" in said
    assert distribution_title(comparison(factor=1.0), "raids").count("→") == 1


def test_postures_differ_in_colour_and_marker():
    assert len(set(COLOURS)) == len(COLOURS) == len(MARKERS)


@pytest.mark.parametrize("n", [1, 20])
def test_files_are_pictures_and_the_same_every_time(tmp_path, n):
    assert save(pictures(comparison(n)), tmp_path) == FIGURES
    first = [(tmp_path / name).read_bytes() for name in FIGURES]
    assert all(data.startswith(b"\x89PNG") and len(data) > 10_000 for data in first)
    save(pictures(comparison(n)), tmp_path)
    assert [(tmp_path / name).read_bytes() for name in FIGURES] == first


def test_measures_that_are_zero_everywhere_are_no_trouble(tmp_path):
    found = comparison(factor=0.0)
    nothing = {name: {m: v * 0 for m, v in values.items()} for name, values in found.values.items()}
    still = replace(found, values=nothing)
    save(pictures(still), tmp_path)
    assert few_title(still, "six").endswith("nothing is told apart")


def test_no_global_state_of_matplotlib_is_used():
    script = "import sys, experiments.report.comparison.figures; print('matplotlib.pyplot' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout == "False\n"


# --- nothing is cut, nothing lies on something else ----------------------------------------------------
ODD = ({"n": 1}, {"zero": ("fire_attacks", "strikes", "us_killed")}, {"far": 50.0})


@pytest.mark.parametrize("draw", KINDS)
@pytest.mark.parametrize(("which", "case"), [*((key, {}) for key in SETS), *product(("four", "five"), ODD)])
def test_every_text_is_on_the_canvas_and_clear_of_others(draw, which, case):
    labels = SETS[which]
    if "far" in case:
        case = {"far": (labels[-1], case["far"])}
    check_texts(draw(invented(labels, **case)))


@pytest.mark.parametrize("which", ["two", "three", "four", "two long"])
@pytest.mark.parametrize(
    "case", [{}, {"n": 1}, {"far": 50.0}, {"zero": ("operations", "bombs_laid", "convoy_attacks")}]
)
def test_texts_of_the_split_are_clear(which, case):
    labels = SETS[which]
    check_texts(split(invented(labels, **{**case, **({"far": (labels[-1], 50.0)} if "far" in case else {})})))


@pytest.mark.parametrize("which", ["two", "four", "five", "all", "five long"])
@pytest.mark.parametrize("days", [5, 100, 300, 547])
def test_texts_of_the_quarters_of_other_lengths_are_clear(which, days):
    check_texts(quarters(invented(SETS[which], days=days)))


def check_texts(figure):
    """No text is cut by the edge or lies on another."""
    width, height = figure.get_size_inches() * figure.dpi
    found = texts(figure)
    for text, box in found:
        assert min(box.x0, box.y0, width - box.x1, height - box.y1) >= -0.5, text
    for (one, a), (other, b) in combinations(dict.fromkeys((text, tuple(box.extents)) for text, box in found), 2):
        over = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
        assert min(over) < 2.0, (one, other, over)


@pytest.mark.parametrize("draw", KINDS)
def test_letters_can_be_read(draw):
    figure = draw(invented(SIX))
    sizes = [text.get_fontsize() for text in figure.findobj(Text) if text.get_text()]
    assert min(sizes) >= 8.5
    assert max(figure.get_size_inches()) < 16


@pytest.mark.parametrize("which", ["two", "three", "four", "two long"])
def test_the_slide_is_of_16_to_9_and_its_texts_are_clear(which):
    found = invented(SETS[which])
    figure = slide(found)
    width, height = figure.get_size_inches()
    assert width / height == pytest.approx(16 / 9)
    assert len(figure.axes) == len(measures(found)) == 8
    for text, box in texts(figure):
        assert min(box.x0, box.y0, width * figure.dpi - box.x1, height * figure.dpi - box.y1) >= -0.5, text


def test_lines_fit_and_no_letter_is_lost():
    text = f"{LONG} against six: fire attacks +25%, convoy attacks −3%"
    lines = folded(text, 11, 4.0)
    assert max(text_width(line, 11) for line in lines.split("\n")) <= 4.0
    assert re.sub(r"\s", "", lines) == text.replace(" ", "")
    assert "attacks +25%" in folded("fire attacks +25%", 11, 4.0)


def test_labels_lose_what_all_begin_with():
    assert short_labels(["six", "six+surge", "six+a+b"]) == {"six": "six", "six+surge": "surge", "six+a+b": "a + b"}
    assert list(short_labels(["fourteen", "six", "six+surge"]).values()) == ["fourteen", "six", "six + surge"]
    assert policy("six+zone_clearance=0.5@90") == "six + zone clearance (strength 0.5, from day 90)"
    assert policy("six, threat.level=0.5") == "six, threat.level=0.5", "a point of a sweep"


# --- axes that far values don't stretch ----------------------------------------------------------------
def test_an_axis_is_cut_only_if_something_is_far_out():
    lows, highs = np.array([-1.0, 1.0, -2.0]), np.array([0.5, 2.0, -1.0])
    low, high = limits(lows, highs)
    assert low < -2.0
    assert high > 2.0
    low, high = limits(np.append(lows, 90.0), np.append(highs, 110.0))
    assert 2.0 < high < 1.2 * REACH * 2.0
    assert limits(np.zeros(3), np.zeros(3)) == (-1.0, 1.0)


@pytest.mark.parametrize("labels", [SETS["four"], SETS["five"]], ids=["few", "many"])
def test_what_lies_beyond_is_an_arrow_with_its_value(labels):
    few = len(labels) <= 4
    found = invented(labels, far=None if few else (labels[2], 50.0))
    if few:  # a forest is of one scenario: one of its measures lies far out
        found.values[labels[2]]["fire_attacks"] = 50.0 * found.values[labels[2]]["fire_attacks"]
    figure = forest(found, labels[2]) if few else differences(found)
    axes = next(a for a in figure.axes if "fire attacks" in a.get_title(loc="left") or len(figure.axes) == 1)
    pair = found.pair(labels[2], "fire_attacks")
    in_percent = f"+{100 * pair.difference.mean / pair.base_value.mean:,.0f}%"
    written = [t.get_text() for t in axes.texts]
    assert (in_percent if len(figure.axes) == 1 else f"+{pair.difference.mean:,.0f}") in written
    arrows = [line for line in axes.lines if line.get_marker() == ">"]
    assert arrows
    assert all(line.get_xdata()[0] == axes.get_xlim()[1] for line in arrows)
    assert "arrow: beyond the edge" in "\n".join(text for text, _ in texts(figure))


def test_without_far_values_nothing_is_cut():
    said = [text for text, _ in texts(differences(invented(SETS["three"])))]
    assert not any("arrow" in text for text in said)


def test_what_the_base_has_none_of_is_said_in_its_own_unit():
    found = invented(SETS["two"], zero=("us_killed",))
    mean = found.values["six"]["us_killed"].mean()
    assert f"0 in fourteen, so without %: US killed [person] +{mean:.3g}" in words(differences(found)).replace(
        "\n", " "
    )


# --- many scenarios ------------------------------------------------------------------------------------
def test_many_scenarios_have_a_panel_for_a_measure_and_a_row_each():
    found = invented(SIX)
    figure = differences(found)
    assert len(figure.axes) == len(numbers.PANELS) == 8
    for axes in figure.axes:
        assert [t.get_text() for t in axes.get_yticklabels()][: len(RESPONSES)] in (IN_WORDS, [])
    seen = [axes for axes in figure.axes if axes.yaxis.get_tick_params()["labelleft"]]
    assert len(seen) == 2
    for axes, measure in zip(figure.axes, numbers.PANELS, strict=True):
        rows = [bar.lines[0] for bar in axes.containers]
        means = [np.mean(found.values[name][measure] - found.values["six"][measure]) for name in SIX[1:]]
        assert [line.get_ydata()[0] for line in rows] == list(range(len(RESPONSES)))
        assert [line.get_xdata()[0] for line in rows] == pytest.approx(means)


@pytest.mark.parametrize("measure", numbers.PANELS)
def test_a_panel_title_says_what_the_runs_say(measure):
    found = invented(SIX)
    base = found.values["six"][measure]
    clear = {}
    for name, label in zip(SIX[1:], IN_WORDS, strict=True):
        difference = found.values[name][measure] - base
        if stats.ttest_1samp(difference, 0.0).pvalue < 0.05:
            clear[label] = difference.mean()
    sign = BY_NAME[measure].better
    verb = "raised" if sign > 0 else "lowered"
    good = {label: sign * mean for label, mean in clear.items() if sign * mean > 0}
    most = max(good, key=good.get) if good else ""
    line = f"{verb} most: {most} {clear[most]:+.3g}".replace("-", "−") if good else f"{verb} for certain by none"
    title = numbers.panel_words(found, measure)
    assert title.split("\n")[1:] == [line]
    assert title.startswith(f"{measure.replace('_', ' ').replace('us ', 'US ')} (six: {base.mean():.3g})")
    shown = next(a.get_title(loc="left") for a in differences(found).axes if a.get_title(loc="left")[:6] == title[:6])
    assert "".join(shown.split()) == "".join(title.split())


def test_a_single_pair_decides_nothing():
    found = invented(SIX, n=1)
    assert f"{len(RESPONSES)} policies against six" in numbers.many_title(found)
    assert "lowered for certain by none" in numbers.panel_words(found, "fire_attacks")


def test_quarters_of_many_scenarios_have_rows_and_the_reported_lines():
    found = invented(SIX)
    figure = quarters(found)
    assert len(figure.axes) == 6
    for n, axes in enumerate(figure.axes):
        kind, quarter = numbers.ATTACKS[n // 3], n % 3
        dashed = [line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == "--"]
        assert dashed == [reports.by_quarter(kind)[quarter]]
        dots = axes.containers[0].lines[0]
        assert list(dots.get_xdata()) == pytest.approx(
            [found.values[name][f"{kind}_q{quarter + 1}"].mean() for name in SIX]
        )
        low, high = axes.get_xlim()
        ends = [segment[:, 0] for part in axes.collections for segment in part.get_segments()]
        assert low == 0
        assert high >= max(*map(max, ends), *dashed)


def test_quarters_of_many_scenarios_name_the_fewest_and_the_most():
    found = invented(SIX)
    for line, kind in zip(many_quarters_title(found).split("\n"), numbers.ATTACKS, strict=True):
        year = {label: sum(found.values[label][f"{kind}_q{q}"].mean() for q in (1, 2, 3)) for label in SIX}
        low, high = min(year.values()), max(year.values())
        who = {value: policy(label.removeprefix("six+")) for label, value in year.items()}
        assert f"six {year['six']:.0f}, fewest {low:.0f} ({who[low]}), most {high:.0f} ({who[high]})" in line
        assert line.endswith(f"reported {sum(reports.by_quarter(kind))}")


def test_distributions_of_many_scenarios_have_a_box_each():
    found = invented(SIX)
    figure = distributions(found)
    for axes, measure in zip(figure.axes, DISTRIBUTIONS, strict=True):
        medians = {label: np.median(found.values[label][measure]) for label in SIX}
        drawn = [
            line.get_xdata()[0] for line in axes.lines if line.get_color() == "black" and line.get_linewidth() == 2
        ]
        assert drawn == pytest.approx(list(medians.values()))
        low, high = min(medians, key=medians.get), max(medians, key=medians.get)
        ends = f"lowest {medians[low]:g} ({policy(low.removeprefix('six+'))}), highest {medians[high]:g}"
        assert distribution_title(found, measure).startswith(f"median of six {medians['six']:g};\n{ends}")
