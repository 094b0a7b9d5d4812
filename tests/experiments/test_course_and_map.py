"""Figures and sections over time and space: what they say is what the runs say, and all text stays on the picture."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from functools import cache
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scipy import stats
from test_figures import texts

from experiments.analysis.results import load
from experiments.cli import cli
from experiments.files.weekly import WEEKLY
from experiments.report.course import figures as course
from experiments.report.course import numbers as weeks
from experiments.report.course import section as course_section
from experiments.report.displacement import figures as squares
from experiments.report.displacement import section as map_section
from experiments.report.displacement.numbers import is_clear, p_values, varying, where
from experiments.report.style.base_map import base_map_of, in_words

BUSY = ("--days", "24", "--set", "operations.base_rate_per_day=0.5")
N = 6
FIVE = ("six", "six+zone_clearance", "six+surge", "six+zone_closure", "six+embassy_closure")
CHANGE = ["difference_mean", "difference_low", "difference_high"]
NUMBERS = ("mean", "low", "high", "p05", "p25", "p50", "p75", "p95", *CHANGE)
MEASURES = ("fire_attacks", "convoy_attacks", *weeks.SUPPLY, *weeks.POLITICS)
UNITS = {measure.name: measure.unit for measure in WEEKLY}


def call(*words):
    done = CliRunner().invoke(cli, [str(word) for word in words], prog_name="posture")
    assert done.exit_code == 0, done.output


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two")
    call("compare", "--ensemble", "none", "fourteen", "six", "--replicates", N, *BUSY, "--out", folder)
    return load(folder)


@pytest.fixture(scope="module")
def five(two, tmp_path_factory):
    """A folder made by hand: five scenarios, a whole year of weeks, neither runs nor a manifest."""
    folder = tmp_path_factory.mktemp("five")
    weekly, found = made_up(FIVE, n=N)[0], square_frame(two.folder)
    base, other = (found[found["scenario"] == name] for name in ("fourteen", "six"))
    parts = [base, *[other] * 4]
    squares_of = pd.concat([part.assign(scenario=name) for name, part in zip(FIVE, parts, strict=True)])
    for name, frame in (("weekly", weekly), ("squares", squares_of)):
        frame.to_csv(folder / f"{name}.csv", index=False)
    return load(folder)


@pytest.fixture(scope="module")
def single(tmp_path_factory):
    folder = tmp_path_factory.mktemp("single")
    call("run", "six", "--seed", 7, *BUSY, "--daily", "--events", "--out", folder)
    return load(folder)


def made_up(names, *, n=20, days=274, start="2020-01-01"):
    """A weekly table of invented runs, and the runs: scenario → measure → replicates × weeks."""
    random, ends = np.random.default_rng(3), np.array([*range(7, days, 7), days])
    runs, frames = {}, []
    keys = {"week": np.arange(len(ends)) + 1, "day": ends, "n": n}
    keys["date"] = [f"{pd.Timestamp(start) + pd.Timedelta(days=int(end) - 1):%Y-%m-%d}" for end in ends]
    for k, name in enumerate(names):
        runs[name] = {m: random.poisson(3 + k, (n, len(ends))).astype(float) for m in MEASURES}
        for measure, values in runs[name].items():
            change = intervals(values - runs[names[0]][measure]) if k else (math.nan,) * 3
            bounds = [*intervals(values), *np.percentile(values, [5, 25, 50, 75, 95], axis=0), *change]
            numbers = dict(zip(NUMBERS, bounds, strict=True))
            words = {"scenario": name, "measure": measure, "unit": UNITS[measure]}
            frames.append(pd.DataFrame({**words, **keys, **numbers}))
    return pd.concat(frames, ignore_index=True), runs


def intervals(values):
    """Means and bounds of each column."""
    if len(values) < 2:
        return values.mean(axis=0), math.nan, math.nan
    half = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)
    return values.mean(axis=0), values.mean(axis=0) - half, values.mean(axis=0) + half


def interval(values):
    return tuple(float(each[0]) for each in intervals(np.asarray(values, float)[:, None]))


@cache
def _sections(folder):
    return course_section.section(load(folder)), map_section.section(load(folder))


def sections(results):
    """The two sections of a folder, made once."""
    return _sections(results.folder)


def figures(results):
    return [picture for section in sections(results) for picture in section.pictures]


# --- pictures ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("folder", ["two", "five", "single"])
def test_figures_keep_their_text_on_the_canvas_and_say_n(folder, request):
    results = request.getfixturevalue(folder)
    found = {picture.name: (picture, texts(picture.figure)) for picture in figures(results)}
    assert len(found) == len(figures(results))
    for picture, words in found.values():
        width, height = picture.figure.get_size_inches() * picture.figure.dpi
        for text, box in words:
            assert min(box.x0, box.y0, width - box.x1, height - box.y1) >= -0.5, (picture.name, text)
        said = [*(text for text, _ in words), picture.note]
        assert picture.name.startswith("displacement") or any(re.search(r"n =\s[16]\s(run|pair)", t) for t in said)
        assert picture.alt
        assert picture.title


def test_several_scenarios_have_figures_of_four_and_two_maps(five):
    names = [picture.name for picture in figures(five)]
    maps = ["displacement", "displacement_near", "attacks", "displacement_2", "displacement_near_2", "attacks_2"]
    assert names == ["course_attacks", "course_politics", "course_supply", *maps]
    notes = {picture.name: picture.note for picture in figures(five)}
    assert "4 of 5 scenarios are drawn" in notes["course_attacks"]
    assert "Of 4 policies" in notes["displacement"]


def test_reported_quarters_are_drawn_at_their_mean_a_week():
    weekly, _ = made_up(["fourteen", "six"])
    figure = course.attacks(weekly)
    for axes, counts in zip(figure.axes, ((19, 11, 27), (14, 27, 25)), strict=True):
        drawn = [line.get_ydata()[0] for line in axes.lines if line.get_linestyle() == "--"]
        assert drawn == pytest.approx([7 * count / days for count, days in zip(counts, (91, 91, 92), strict=True)])
        said = " ".join(text.get_text() for text in axes.texts)
        assert all(f"{count} reported" in said for count in counts)


@pytest.mark.parametrize("days", [547, 1000])
def test_a_longer_run_says_until_when_the_report_goes_and_its_words_fit_their_quarters(days):
    weekly, _ = made_up(["fourteen", "six"], days=days)
    assert weeks.kind_title(weekly, "fire_attacks").endswith(", reported 57 by day 274")
    figure = course.attacks(weekly)
    figure.canvas.draw()
    for axes in figure.axes:
        boxes = [text.get_window_extent(figure.canvas.get_renderer()) for text in axes.texts]
        assert len(boxes) == 3
        assert all(one.x1 < other.x0 for one, other in pairwise(boxes))


@pytest.mark.parametrize(("start", "days", "quarters"), [("2020-01-01", 200, 2), ("2021-01-01", 274, 0)])
def test_only_quarters_that_the_runs_cover_are_set_beside_the_report(start, days, quarters):
    weekly, _ = made_up(["fourteen", "six"], start=start, days=days)
    assert len(weeks.reported_quarters(weekly)) == quarters
    assert "reported 57" not in weeks.kind_title(weekly, "fire_attacks")
    drawn = [line for line in course.attacks(weekly).axes[0].lines if line.get_linestyle() == "--"]
    assert len(drawn) == quarters


def test_a_short_last_week_is_in_the_total_but_not_on_the_line():
    weekly, runs = made_up(["fourteen", "six"])
    values = runs["six"]["fire_attacks"]
    assert weeks.total(weekly, "six", "fire_attacks") == pytest.approx(values.sum(axis=1).mean())
    line = next(line for line in course.attacks(weekly).axes[0].lines if line.get_label() == "six")
    assert line.get_ydata() == pytest.approx(values.mean(axis=0)[:-1])


def test_titles_over_time_say_how_many_attacks_there_are_more():
    weekly, runs = made_up(["fourteen", "six"])
    title = weeks.attacks_title(weekly)
    for kind in weeks.KINDS:
        change = (runs["six"][kind] - runs["fourteen"][kind]).sum(axis=1).mean()
        assert f"{change:+.3g} {kind.replace('_', ' ')} a run".replace("-", "−") in title
    totals = [f"{runs[name]['fire_attacks'].sum(axis=1).mean():.0f}" for name in runs]
    said = weeks.kind_title(weekly, "fire_attacks")
    assert said == f"Rocket and drone attacks, total of the run: fourteen {totals[0]}, six {totals[1]}, reported 57"


def test_fans_are_quantiles_of_runs_and_titles_their_ends():
    weekly, runs = made_up(["fourteen", "six"])
    axes = course.politics(weekly).axes[0]
    line = next(line for line in axes.lines if line.get_label() == "six")
    assert line.get_ydata() == pytest.approx(np.median(runs["six"]["relation"], axis=0))
    band = axes.collections[-1].get_paths()[0].vertices[:, 1]
    low, high = np.percentile(runs["six"]["relation"], [25, 75], axis=0)
    assert (band.min(), band.max()) == pytest.approx((low.min(), high.max()))
    ends = [np.median(runs[name]["relation"][:, -1]) for name in runs]
    assert weeks.fan_title(weekly, "relation") == f"Relation, at the end: fourteen {ends[0]:.3f}, six {ends[1]:.3f}"


def test_a_level_that_never_moves_has_no_panel_but_is_named():
    weekly, _ = made_up(["fourteen", "six"])
    weekly.loc[weekly["measure"] == "grievance", ["mean", "p05", "p25", "p50", "p75", "p95"]] = 0.0
    assert len(course.politics(weekly).axes) == 5
    assert "Without change, not drawn: grievance." in weeks.fan_note(weekly)


def test_shares_of_convoys_are_totals_over_totals():
    weekly, runs = made_up(["fourteen", "six"])
    hit, sent = (runs["six"][name].sum() for name in ("convoys_hit", "convoys_sent"))
    assert weeks.per_hundred(weekly, "six", "convoys_hit") == pytest.approx(100 * hit / sent)
    assert f"with {100 * hit / sent:.3g} hits for each 100" in weeks.supply_title(weekly)


# --- the section over time -----------------------------------------------------------------------------
def test_totals_and_their_differences_are_those_of_the_runs(two):
    section = sections(two)[0]
    runs = pd.read_csv(two.folder / "runs.csv", comment="#")
    values = {name: runs[runs["posture"] == name].sort_values("replicate") for name in ("fourteen", "six")}
    grid = section.tables[0]
    assert grid.columns == ["attacks", "policy", "whole run", "less fourteen"]  # 24 days cover no quarter
    for row in grid.rows:
        kind = row[0].replace(" ", "_")
        mine = values[row[1]][kind].to_numpy(float)
        assert vars(row[2]) == pytest.approx(dict(zip(("mean", "low", "high"), interval(mine), strict=True)))
        if row[1] == "six":
            change = interval(mine - values["fourteen"][kind].to_numpy(float))
            assert vars(row[3]) == pytest.approx(dict(zip(("mean", "low", "high"), change, strict=True)))
    change = (values["six"]["fire_attacks"].to_numpy() - values["fourteen"]["fire_attacks"].to_numpy()).mean()
    side = "fewer" if change < 0 else "more"
    start = f"{abs(change):.3g} {side} fire attacks a run with six than with fourteen (95% interval"
    assert section.findings[0].startswith(start)
    assert f"n = {N} pairs" in section.findings[0]


def test_quarters_have_intervals_from_runs_and_the_report_beside_them():
    weekly, runs = made_up(["fourteen", "six"])
    frame = pd.DataFrame(
        {"scenario": name, "replicate": r, "fire_attacks": by["fire_attacks"][r].sum(), **quarters_of(by, r)}
        for name, by in runs.items()
        for r in range(20)
    )
    totals = weeks.Totals.__new__(weeks.Totals)
    totals.weekly = weekly
    totals.runs = {
        str(name): {m: rows[m].to_numpy(copy=True) for m in frame if m.startswith("fire")}
        for name, rows in frame.groupby("scenario")
    }
    found = totals.quarter("six", "fire_attacks", 3, 183, 274)
    assert vars(found) == pytest.approx(
        dict(zip(("mean", "low", "high"), interval(runs["six"]["fire_attacks"][:, 26:].sum(axis=1)), strict=True))
    )
    totals.runs["six"]["fire_attacks_q3"] += 1.0  # a posture with other quarters than the report's
    assert totals.quarter("six", "fire_attacks", 3, 183, 274) == pytest.approx(found.mean)
    words = course_section.reported_words(weekly, "fire_attacks")
    assert words.startswith("Fire attacks reported by quarter (S2): 19, 11, 27; means of the runs: fourteen ")
    six = frame[frame["scenario"] == "six"]
    told = [float(word) for word in words.rstrip(".").partition("six ")[2].split(", ")]
    assert told == pytest.approx([six[f"fire_attacks_q{q}"].mean() for q in (1, 2, 3)], rel=5e-3)


def quarters_of(by, r):
    values = by["fire_attacks"][r]
    return {f"fire_attacks_q{q + 1}": part.sum() for q, part in enumerate((values[:13], values[13:26], values[26:]))}


def test_levels_at_the_end_are_those_of_the_table(two):
    weekly = pd.read_csv(two.folder / "weekly.csv", comment="#")
    last = weekly[weekly["week"] == weekly["week"].max()].set_index(["measure", "scenario"])
    for measure, name, mean, low, high, change in sections(two)[0].tables[1].rows:
        row = last.loc[(measure, name)]
        assert (mean.mean, mean.low, low, high) == pytest.approx(tuple(row[["mean", "low", "p05", "p95"]]))
        assert (change is None) == (name == "fourteen")
        assert change is None or (change.mean, change.high) == pytest.approx(
            tuple(row[["difference_mean", "difference_high"]])
        )


def test_one_run_is_told_without_intervals(single):
    section = sections(single)[0]
    assert any("n = 1 run" in finding for finding in section.findings)
    assert all(isinstance(cell, (float, str, type(None))) for row in section.tables[0].rows for cell in row)
    assert any("one course of luck" in caveat for caveat in section.caveats)
    days = pd.read_csv(single.folder / "daily.csv", comment="#")
    assert section.tables[0].rows[1][2] == days["convoy_attacks"].iloc[-1]


def test_a_folder_without_days_or_events_has_no_such_sections(tmp_path):
    call("run", "six", *BUSY, "--out", tmp_path)
    assert course_section.section(load(tmp_path)) is map_section.section(load(tmp_path)) is None


# --- the map -------------------------------------------------------------------------------------------
def square_frame(folder):
    return pd.read_csv(folder / "squares.csv", comment="#", keep_default_na=True)


def test_the_headline_names_the_largest_clear_moves(two):
    frame = square_frame(two.folder)
    rows = frame[(frame["scenario"] == "six") & ((frame["difference_low"] > 0) | (frame["difference_high"] < 0))]
    assert len(rows) > 0
    title = sections(two)[1].pictures[0].title
    for _, row in rows.iterrows():
        place = in_words(row["place"]) if isinstance(row["place"], str) else "km from"
        same = rows[np.sign(rows["difference_mean"]) == np.sign(row["difference_mean"])]["difference_mean"].abs()
        if (same > abs(row["difference_mean"])).sum() == 0 and (same == abs(row["difference_mean"])).sum() == 1:
            number = f"{row['difference_mean']:+.2f} ({row['difference_low']:+.2f} to {row['difference_high']:+.2f})"
            assert number.replace("-", "−") in title
            assert place in title


def test_panels_say_the_sums_of_their_squares(two):
    frame, pictures = square_frame(two.folder), sections(two)[1].pictures
    sums = frame.groupby(["scenario", "kind"])["mean"].sum()
    levels = next(picture for picture in pictures if picture.name == "attacks")
    titles = [axes.get_title(loc="left").replace("\n", " ") for axes in levels.figure.axes]
    assert len(titles) == 4
    for name, title in zip(("fourteen", "six"), titles, strict=False):
        assert f"{sums[name, 'fire']:.3g} fire, {sums[name, 'convoy']:.3g} convoy" in title
    assert levels.folded
    assert not any(picture.folded for picture in pictures[:2])


def test_marks_have_areas_in_proportion_and_are_filled_if_clear(two):
    frame = square_frame(two.folder)
    base_map = base_map_of(two.manifest, frame)
    near = squares.displacement(frame, base_map, "fourteen", "six").axes[2]
    (change,) = squares.change(frame, base_map, "fourteen", "six", near=True).axes
    marks, changes = near.collections[1], change.collections[1]
    fire = frame[(frame["scenario"] == "fourteen") & (frame["kind"] == "fire")].set_index(["x_km", "y_km"])["mean"]
    of_kind = zip(marks.get_offsets(), marks.get_sizes(), marks.get_paths(), strict=True)
    sizes = {tuple(place): size for place, size, path in of_kind if len(path.vertices) > 10}  # circles
    shares = [sizes[place] / fire[place] for place in sizes if fire[place] > 0]
    assert len(shares) >= 3
    assert shares == pytest.approx([shares[0]] * len(shares))
    six = frame[(frame["scenario"] == "six") & (abs(frame["x_km"]) < 35) & (abs(frame["y_km"]) < 35)]
    filled = changes.get_facecolor()[:, 3] > 0
    drawn = Counter(tuple(place) for place in changes.get_offsets()[filled] if max(abs(place)) < 35)
    assert drawn == Counter((row.x_km, row.y_km) for row in six[is_clear(six)].itertuples())


def test_labels_on_a_map_lie_clear_of_each_other(two):
    frame = square_frame(two.folder)
    base_map = base_map_of(two.manifest, frame)
    maps = [squares.change(frame, base_map, "fourteen", "six", near=near) for near in (False, True)]
    maps.append(squares.displacement(frame, base_map, "fourteen", "six"))
    for figure in maps:
        figure.canvas.draw()
    for axes in (axes for figure in maps for axes in figure.axes):
        boxes = [text.get_window_extent() for text in axes.texts]
        assert len(boxes) > 5
        for n, one in enumerate(boxes):
            inside = axes.get_window_extent()
            assert min(one.x0 - inside.x0, inside.x1 - one.x1, one.y0 - inside.y0, inside.y1 - one.y1) >= 0
            for other in boxes[n + 1 :]:
                over = min(one.x1, other.x1) - max(one.x0, other.x0), min(one.y1, other.y1) - max(one.y0, other.y0)
                assert min(over) < 2.0


def test_the_ten_largest_changes_are_those_of_the_table(two):
    frame = square_frame(two.folder)
    six = frame[frame["scenario"] == "six"]
    rows = sections(two)[1].tables[0].rows
    sizes = six["difference_mean"].abs().sort_values(ascending=False).head(10)
    assert [abs(row[5].mean) for row in rows] == pytest.approx(sizes.tolist())
    both = six.merge(frame[frame["scenario"] == "fourteen"], on=["kind", "square"], suffixes=("", "_base"))
    for kind, _, zone, base, other, change, clear in rows:
        mine = both[(both["kind"] == kind) & (both["zone"] == zone.replace(" ", "_")) & (both["mean"] == other.mean)]
        assert ((mine["mean_base"] == base.mean) & (mine["difference_low"] == change.low)).any()
        assert clear == ("yes" if change.low > 0 or change.high < 0 else "no")


def test_luck_is_counted_over_the_squares_whose_difference_varies():
    random = np.random.default_rng(1)
    values = [random.normal(shift, 1.0, 12) for shift in (0.0, 0.2, 3.0)] + [np.zeros(12)]
    bounds = [interval(each) for each in values[:3]] + [(0.0, 0.0, 0.0)]
    frame = pd.DataFrame(bounds, columns=CHANGE).assign(n=12)
    assert len(varying(frame)) == 3
    assert p_values(varying(frame)) == pytest.approx([stats.ttest_1samp(each, 0.0).pvalue for each in values[:3]])


def test_without_a_manifest_the_map_has_the_places_that_squares_name(two, tmp_path):
    frame = square_frame(two.folder)
    base_map = base_map_of({}, frame)
    named = frame["place"].dropna().unique()
    assert {place.name for place in base_map.places} == {in_words(name) for name in named}
    assert not base_map.roads
    figure = squares.displacement(frame, base_map, "fourteen", "six")
    assert len(texts(figure)) > 10
    row = frame[frame["place"].isna()].iloc[0]
    assert where(row, base_map).split(" km from ")[1] in {place.name for place in base_map.places}


def test_the_ground_has_the_sites_of_each_posture(two):
    base_map = base_map_of(two.manifest, square_frame(two.folder))
    told = json.loads((two.folder / "manifest.json").read_text(encoding="utf-8"))["postures"]
    assert {name: len(where) for name, where in base_map.sites.items()} == {
        name: len(tree["sites"]) for name, tree in told.items()
    }
    assert base_map.sites["six"] < base_map.sites["fourteen"]
    assert base_map.name == "Baghdad"


@pytest.mark.parametrize(
    ("name", "words"), [("al_qaim_town", "Al Qaim town"), ("iz_embassy", "IZ embassy"), ("k1_kirkuk", "K1 Kirkuk")]
)
def test_places_in_words(name, words):
    assert in_words(name) == words


@pytest.mark.parametrize(("top", "sizes"), [(21.5, [2, 10, 20]), (5.3, [0.5, 2.5, 5]), (1.0, [0.1, 0.5, 1]), (0, [])])
def test_the_key_has_round_sizes_within_the_largest(top, sizes):
    assert squares.key_sizes(top) == pytest.approx(sizes)
