"""Sections of one run, of responses and of sweeps: their numbers are those of the files; no words leave a figure."""

from __future__ import annotations

import csv
import json
import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from test_figures import texts

from experiments.analysis.results import load
from experiments.cli import cli
from experiments.files.labels import label_of
from experiments.report.page.assemble import document, first_screen
from experiments.report.page.document import Lead, Section
from experiments.report.run import section as run_section
from experiments.report.run.figures import INNER, placed
from experiments.report.run.numbers import run_of
from experiments.report.style.panels import spread_out
from experiments.report.style.words import text_width
from experiments.report.sweep import section as sweep_section
from experiments.report.sweep.heat import table_of
from experiments.report.sweep.lead import _heading
from experiments.report.sweep.numbers import MAIN, difference_at, mean_at, name_of, pairs_of, swept_of
from experiments.report.sweep.options import idle_sites, options_of, same_words
from experiments.report.sweep.over_states import rank_correlations, regrets, scopes, worse_shares
from experiments.report.tradeoff import section as tradeoff_section
from experiments.report.tradeoff.numbers import GROUPS, MEASURES, front_shares, grouped, on_front
from experiments.studies.regret import best_apart, regret_of
from sim.statistics import Interval

BUSY = ("--days", "60", "--set", "operations.base_rate_per_day=0.3")
ORDERS = ("zone_clearance", "zone_closure_on_warning", "leadership_strikes", "surge=0.5")


def posture(*words):
    done = CliRunner().invoke(cli, [str(word) for word in words], prog_name="posture")
    assert done.exit_code == 0, done.output


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def write(folder, frame, name="runs.csv"):
    folder.mkdir(parents=True, exist_ok=True)
    frame.to_csv(folder / name, index=False)
    return folder


def inside(figure):
    """No words leave the figure."""
    width, height = figure.get_size_inches() * figure.dpi
    for text, box in texts(figure):
        assert min(box.x0, box.y0) >= -1, text
        assert box.x1 <= width + 1, text
        assert box.y1 <= height + 1, text


def well_formed(section):
    """Each table has a unit for each column, and cells for both; each figure keeps its words."""
    for table in section.tables:
        assert len(table.units) == len(table.columns)
        assert all(len(row) == len(table.columns) for row in table.rows)
    names = [picture.name for picture in section.pictures]
    assert len(set(names)) == len(names)
    for picture in section.pictures:
        assert picture.alt
        assert picture.title
        inside(picture.figure)


def t_interval(values):
    mean, reach = np.mean(values), stats.t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / math.sqrt(len(values))
    return mean, mean - reach, mean + reach


def close(interval, expected):
    assert (interval.mean, interval.low, interval.high) == pytest.approx(expected)


def cell(section, table, row, column):
    grid = next(grid for grid in section.tables if grid.name == table)
    found = next(cells for cells in grid.rows if row in cells)
    return found[list(grid.columns).index(column)]


# --- the Pareto front --------------------------------------------------------------------------------------
points = st.lists(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), min_size=1, max_size=9)


@given(points)
def test_the_front_is_what_none_beats(found):
    gains, costs = np.array(found, dtype=float).T
    expected = [not any(g >= gain and c <= cost and (g, c) != (gain, cost) for g, c in found) for gain, cost in found]
    assert on_front(gains, costs).tolist() == expected
    assert any(expected)


def test_rounding_does_not_decide_who_is_on_the_front():
    assert on_front(np.array([1.0, 1.0 + 1e-15]), np.array([0.0, 1e-16])).tolist() == [True, True]


@given(st.lists(points.filter(lambda found: len(found) > 2), min_size=1, max_size=4))
def test_many_fronts_at_once_are_those_one_by_one(tables):
    size = min(map(len, tables))
    stack = np.array([table[:size] for table in tables], dtype=float)
    both = on_front(stack[..., 0], stack[..., 1])
    assert both.tolist() == [on_front(each[:, 0], each[:, 1]).tolist() for each in stack]


def test_shares_are_sure_where_the_numbers_are():
    random = np.random.default_rng(2)
    gains = np.stack([np.zeros(60), random.normal(5, 0.1, 60), random.normal(1, 0.1, 60)], axis=1)
    costs = np.stack([np.zeros(60), random.normal(1, 0.1, 60), random.normal(3, 0.1, 60)], axis=1)
    assert front_shares(gains, costs).tolist() == [1.0, 1.0, 0.0]


def test_a_tie_in_the_mean_is_a_coin_toss():
    """Two scenarios of the same cost whose gains have the same mean: either is on the front in half the resamples."""
    gains = np.stack([np.zeros(400), np.tile([-1.0, 1.0], 200)], axis=1)
    first, second = front_shares(gains, np.zeros_like(gains))
    assert first == pytest.approx(0.5, abs=0.06)
    assert second == pytest.approx(0.5, abs=0.06)


def test_groups_keep_the_mean_and_its_standard_error():
    values = np.random.default_rng(4).normal(3, 2, (50_000, 2))
    few = grouped(values)
    assert few.shape == (GROUPS, 2)
    assert few.mean(axis=0) == pytest.approx(values.mean(axis=0))
    assert stats.sem(few) == pytest.approx(stats.sem(values), rel=0.1)


# --- labels ------------------------------------------------------------------------------------------------
@given(st.lists(st.tuples(st.floats(-1, 6), st.floats(0.1, 0.4)), min_size=1, max_size=12))
def test_labels_in_a_column_keep_apart_and_keep_their_order(found):
    wanted, sizes = zip(*found, strict=True)
    centres = spread_out(wanted, sizes, 5.0)
    order = sorted(range(len(wanted)), key=lambda n: wanted[n])
    for a, b in pairwise(order):
        assert centres[b] - centres[a] >= (sizes[a] + sizes[b]) / 2 - 1e-9
    assert min(c - s / 2 for c, s in zip(centres, sizes, strict=True)) >= -1e-9
    assert max(c + s / 2 for c, s in zip(centres, sizes, strict=True)) <= max(5.0, sum(sizes)) + 1e-9


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.integers(0, 274), st.sampled_from(["one", "a longer one", 3 * "very long "])), max_size=12)
)
def test_key_events_do_not_overlap(found):
    done = list(placed([(float(day), text) for day, text in found], INNER / 274, INNER + 1.0))
    assert len(done) == len(found)
    for n, a in enumerate(done):
        assert a.begin >= 0
        assert a.begin + text_width(a.text, 8.5) <= INNER + 1.0
        for b in done[n + 1 :]:
            apart = a.begin + text_width(a.text, 8.5) <= b.begin or b.begin + text_width(b.text, 8.5) <= a.begin
            assert a.row != b.row or apart


# --- one run -----------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def one(tmp_path_factory):
    folder = tmp_path_factory.mktemp("one")
    responses = [word for name in ORDERS for word in ("--response", name)]
    posture("run", "six", "--seed", 5, *responses, "--calendar", "2020", *BUSY, "--daily", "--events", "--out", folder)
    return folder


@pytest.fixture(scope="module")
def section_of_one(one):
    return run_section.section(load(one))


def test_events_by_kind_are_those_of_the_file(one, section_of_one):
    events = rows_of(one / "events.csv")
    grid = next(grid for grid in section_of_one.tables if grid.name == "events_by_kind")
    assert {row[0]: row[1] for row in grid.rows} == Counter(event["kind"] for event in events)
    trucks = sum(float(event["trucks_lost"]) for event in events if event["trucks_lost"])
    assert cell(section_of_one, "events_by_kind", "bomb against a convoy", "trucks lost") == trucks > 0


def test_measures_and_findings_are_those_of_the_row(one, section_of_one):
    row = rows_of(one / "runs.csv")[0]
    assert cell(section_of_one, "measures", "fire attacks", "value") == float(row["fire_attacks"])
    assert cell(section_of_one, "measures", "pressure", "value") == float(row["pressure"])
    assert f"there were {row['fire_attacks']} fire attacks" in section_of_one.findings[0]
    assert "n = 1" in section_of_one.caveats[0]


def test_the_worst_attack_is_the_worst(one, section_of_one):
    fire = [event for event in rows_of(one / "events.csv") if event["kind"] == "fire on a site"]
    grave = max(fire, key=lambda e: (*(float(e[n]) for n in ("killed", "wounded", "leaked")), -int(e["event"])))
    assert any(f"worst fire attack: event {grave['event']} on" in sentence for sentence in section_of_one.findings)


def test_what_responses_did_is_what_events_say(one, section_of_one):
    events = rows_of(one / "events.csv")
    begun = sum(event["kind"] == "clearing begun" for event in events)
    strikes = sum(event["kind"] == "US strike" for event in events)
    said = " ".join(section_of_one.findings)
    assert begun > 0
    assert f"clearing begun {begun} times" in said
    assert f"Response leadership_strikes: no event names its orders; there are {strikes} of the kind US strike" in said


def test_events_can_be_asked_why(one, section_of_one):
    grid = next(grid for grid in section_of_one.tables if grid.name == "key_events")
    assert 0 < len(grid.rows) <= run_section.N_EVENTS
    events = {event["event"]: event for event in rows_of(one / "events.csv")}
    for row in grid.rows:
        assert row[2] == events[f"{row[0]:.0f}"]["kind"]
    assert f"`posture why {one} --event N`" in grid.note
    posture("why", one, "--event", f"{grid.rows[0][0]:.0f}")


def test_the_timeline_keeps_its_words_and_says_that_it_is_one_run(section_of_one):
    well_formed(section_of_one)
    (picture,) = section_of_one.pictures
    assert "n = 1" in picture.title
    assert len(picture.figure.axes) == 6


def test_the_mission_that_ends_is_the_end(tmp_path):
    posture("run", "six", "--response", "embassy_closure", "--days", 110, "--daily", "--events", "--out", tmp_path)
    event = next(event for event in rows_of(tmp_path / "events.csv") if event["kind"] == "mission ended")
    section = run_section.section(load(tmp_path))
    day = pd.Timestamp(event["date_time"])
    assert f"the mission ended on {day.day} {day:%B %Y}" in section.pictures[0].title
    well_formed(section)


def test_a_row_alone_is_a_run_and_says_what_is_missing(one, tmp_path):
    write(tmp_path, pd.DataFrame(rows_of(one / "runs.csv")))
    section = run_section.section(load(tmp_path))
    assert not section.pictures
    assert [table.name for table in section.tables] == ["measures"]
    assert any("daily.csv and events.csv are not in the folder" in caveat for caveat in section.caveats)
    assert "--seed 5" in section.reproduce[0]


def test_days_alone_are_a_run(one, tmp_path):
    """What the live page offers for download has no runs.csv."""
    days = rows_of(one / "daily.csv")[:30]
    write(tmp_path, pd.DataFrame(days), "daily.csv")
    section = run_section.section(load(tmp_path))
    last = days[-1]
    assert cell(section, "measures", "fire attacks", "value") == int(last["rocket_attacks"]) + int(
        last["drone_attacks"]
    )
    well_formed(section)
    assert len(section.pictures[0].figure.axes) == 2


def test_a_run_that_failed_says_why(one, tmp_path):
    row = rows_of(one / "runs.csv")[0]
    failed = {key: row[key] for key in ("posture", "responses", "replicate", "seed")}
    failed |= {"status": "failed", "error": "too many events"}
    write(tmp_path, pd.DataFrame([{**dict.fromkeys(row, ""), **failed}]))
    section = run_section.section(load(tmp_path, failed="keep"))
    assert section.findings == ["The run failed, and so has no measures: too many events"]


def test_several_runs_are_not_one(tmp_path):
    frame = made_responses(3)
    assert run_of(load(write(tmp_path, frame), failed="drop")) is None


# --- responses -----------------------------------------------------------------------------------------------
RESPONSES = ("", "costly", "cheap", "useless")


def made_responses(n, seed=3):
    """`cheap` gains most for little, `costly` more for much, `useless` nothing; luck is shared within a replicate."""
    random, rows = np.random.default_rng(seed), []
    for replicate in range(n):
        luck = random.normal(0, 30)
        for name, gain, cost in zip(RESPONSES, (0, 20, 15, -1), (0, 0.2, 0.01, 0.05), strict=True):
            noise = random.normal(0, 1)
            values = {"pressure": 300 + luck - gain + noise, "capital_mean": 0.6 - cost + 0.001 * noise}
            rest = {m: 20 + noise for m in MEASURES if m not in values and m != "sites_evacuated"}
            gone = {"sites_evacuated": 6 if name == "useless" and replicate == 0 else 0}
            keys = {"posture": "six", "responses": name, "replicate": replicate, "seed": replicate, "status": "ok"}
            rows.append({**keys, **values, **rest, **gone})
    return pd.DataFrame(rows)


def test_gains_and_costs_are_paired_differences(tmp_path):
    frame = made_responses(25)
    failed = (frame["responses"] == "cheap") & (frame["replicate"] == 4)
    frame = frame.assign(status=np.where(failed, "failed", "ok"), **{m: frame[m].mask(failed) for m in MEASURES})
    section = tradeoff_section.section(load(write(tmp_path, frame), failed="drop"))
    well_formed(section)
    whole = frame[frame["replicate"] != 4]
    base, other = (whole[whole["responses"] == name] for name in ("", "costly"))
    gained = base["pressure"].to_numpy(float) - other["pressure"].to_numpy(float)
    spent = base["capital_mean"].to_numpy(float) - other["capital_mean"].to_numpy(float)
    close(cell(section, "tradeoff_six", "costly", "fall in pressure"), t_interval(gained))
    close(cell(section, "tradeoff_six", "costly", "capital spent"), t_interval(spent))
    assert cell(section, "tradeoff_six", "useless", "mission ended") == pytest.approx(1 / 24)
    grid = next(grid for grid in section.tables if grid.name == "tradeoff_six")
    assert "n = 24 pairs" in grid.note
    assert "1 replicates are left out" in grid.note


def test_the_front_is_named_and_the_beaten_are_not(tmp_path):
    section = tradeoff_section.section(load(write(tmp_path, made_responses(25))))
    assert "on the front stand none (100%), costly (100%), cheap (100%)" in section.pictures[0].title
    assert cell(section, "tradeoff_six", "useless", "on the front of pressure") == 0
    assert any(
        "Capital spent without a clear change" not in s and "costly lowers pressure by" in s for s in section.more
    )


def test_one_replicate_has_no_interval_and_no_share(tmp_path):
    section = tradeoff_section.section(load(write(tmp_path, made_responses(1))))
    interval = cell(section, "tradeoff_six", "cheap", "fall in pressure")
    assert math.isnan(interval.low)
    assert math.isnan(cell(section, "tradeoff_six", "cheap", "on the front of pressure"))
    assert any("with one replicate nothing says how surely" in sentence for sentence in section.findings)
    well_formed(section)


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame[frame["responses"] == ""],  # no response
        lambda frame: frame[frame["responses"].isin(["cheap", "costly"])],  # no base
        lambda frame: frame.drop(columns="capital_mean"),
        lambda frame: pd.concat([frame.assign(point=0), frame.assign(point=1, seed=frame["seed"] + 100)]),  # states
    ],
)
def test_without_a_base_and_a_response_there_is_no_trade_off(change, tmp_path):
    frame = change(made_responses(4))
    assert tradeoff_section.section(load(write(tmp_path, frame), failed="drop")) is None


def test_a_common_response_belongs_to_the_base(tmp_path):
    frame = made_responses(6)
    frame["responses"] = ["+".join(filter(None, ("common", name))) for name in frame["responses"]]
    section = tradeoff_section.section(load(write(tmp_path, frame)))
    grid = next(grid for grid in section.tables if grid.name == "tradeoff_six")
    assert [row[1] for row in grid.rows] == ["none", *RESPONSES[1:]]


def test_what_responses_assume_is_said_with_its_source(one, tmp_path):
    frame = made_responses(3)
    write(tmp_path, frame)
    manifest = json.loads((one / "manifest.json").read_text(encoding="utf-8"))
    (known,) = manifest["postures"].values()  # it says what the orders of the responses are
    labels = map(label_of, frame["posture"], frame["responses"])
    of_these = {**manifest, "postures": dict.fromkeys(labels, known), "counts": {}, "files": {}}
    (tmp_path / "manifest.json").write_text(json.dumps(of_these), encoding="utf-8")
    section = tradeoff_section.section(load(tmp_path))
    grid = next(grid for grid in section.tables if grid.name == "assumed")
    row = next(row for row in grid.rows if row[1] == "clear area")
    assert "capital cost 0.06" in row[2]
    assert "judgement" in row[3]
    well_formed(section)


# --- sweeps --------------------------------------------------------------------------------------------------
DESIGN = {
    "question": "Does it hold?",
    "factors": [
        {"key": "posture", "kind": "lever", "low": None},
        {"key": "skill.at_start", "kind": "uncertainty", "low": 0.1, "scale": "linear"},
        {"key": "defence.p_intercept", "kind": "uncertainty", "low": 0.5, "scale": "linear"},
    ],
    "n": 20,
    "sample": "sobol",
}


def made_sweep(states=20, replicates=4):
    """Six is worse in fire in the states whose skill is above 0.5, and elsewhere better."""
    random, rows = np.random.default_rng(6), []
    skills, intercepts = random.random(states), random.random(states)
    luck = random.normal(0, 5, replicates)
    for k, name in enumerate(("fourteen", "six")):
        for state in range(states):
            for r in range(replicates):
                noise = random.normal(0, 0.5)
                shift = k * 20 * (skills[state] - 0.5)
                values = dict.fromkeys(MAIN, 50 + luck[r] + 10 * intercepts[state] + shift + noise)
                keys = {"point": k * states + state, "posture": name, "responses": "", "replicate": r, "seed": r}
                swept = {"skill.at_start": skills[state], "defence.p_intercept": intercepts[state]}
                rows.append({**keys, **swept, "status": "ok", "stage": "", "error": "", **values})
    return pd.DataFrame(rows)


def sweep_folder(folder, frame, design=DESIGN):
    write(folder, frame)
    if design:
        (folder / "manifest.json").write_text(json.dumps({"format_version": 1, "design": design}), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def swept_frame():
    frame = made_sweep()
    bad = (frame["point"] == 25) & (frame["replicate"] == 2)
    return frame.assign(
        status=np.where(bad, "failed", "ok"), stage=np.where(bad, "run", ""), error=np.where(bad, "stopped", "")
    ).mask(bad.to_numpy()[:, None] & frame.columns.isin(MAIN)[None, :])


@pytest.fixture(scope="module")
def sampled(swept_frame, tmp_path_factory):
    return load(sweep_folder(tmp_path_factory.mktemp("sampled"), swept_frame), failed="drop")


def world_means(frame, measure="fire_attacks"):
    """World → means of fourteen and six over the replicates that are whole in both (state 5 lacks replicate 2)."""
    whole = frame[~((frame["point"] % 20 == 5) & (frame["replicate"] == 2))]
    means = whole.groupby(["posture", whole["point"] % 20])[measure].mean()
    return means["fourteen"].to_numpy(), means["six"].to_numpy()


def test_a_run_that_failed_is_left_out_with_its_pair(sampled, swept_frame):
    swept = swept_of(sampled)
    assert (swept.n_points, swept.n_runs, swept.left_out) == (40, 159, 1)
    base, other = world_means(swept_frame)
    assert swept.means("fire_attacks") == pytest.approx(np.array([base, other]))


def test_failures_are_told(section_of_sampled):
    said = section_of_sampled.findings[-1]
    assert "left out are 1 run that failed and 1 run whose pair is not whole" in said
    failures = next(grid for grid in section_of_sampled.tables if grid.name == "failures")
    assert failures.rows == [["run", "stopped", 1.0]]


@pytest.fixture(scope="module")
def section_of_sampled(sampled):
    return sweep_section.section(sampled)


def test_worse_in_so_many_states(section_of_sampled, swept_frame):
    base, other = world_means(swept_frame)
    k = int((other > base).sum())
    exact = stats.binomtest(k, 20).proportion_ci(method="exact")
    section = section_of_sampled
    close(cell(section, "sweep_worse", "fire attacks", "worse"), (k / 20, exact.low, exact.high))
    assert 0 < k < 20
    assert any(f"worse than fourteen in fire attacks in {k} of 20 states" in sentence for sentence in section.findings)


def test_clearly_worse_is_what_the_paired_interval_of_a_world_says(sampled, swept_frame):
    found = next(each for each in worse_shares(swept_of(sampled)) if each.measure == "fire_attacks")
    whole = swept_frame[~((swept_frame["point"] % 20 == 5) & (swept_frame["replicate"] == 2))]
    clear = []
    for _, state in whole.groupby(whole["point"] % 20):
        pair = state.pivot(index="replicate", columns="posture", values="fire_attacks")
        mean, low, high = t_interval((pair["six"] - pair["fourteen"]).to_numpy())
        clear.append(0 if low <= 0 <= high else math.copysign(1, mean))
    assert found.clearly_worse == clear.count(1) / 20 > 0
    assert found.clearly_better == clear.count(-1) / 20 > 0


def test_higher_is_better_for_the_relation(sampled, swept_frame):
    base, other = world_means(swept_frame, "relation_mean")
    found = next(each for each in worse_shares(swept_of(sampled)) if each.measure == "relation_mean")
    assert found.worse.mean == pytest.approx((other < base).mean())


def test_regret_is_the_one_formula_on_the_runs_whose_pairs_are_whole(sampled, section_of_sampled, swept_frame):
    """State 5 lacks replicate 2: it has the three others, and so every state has its first three."""
    values = swept_frame["fire_attacks"].to_numpy(float).reshape(2, 20, 4)
    loss = np.swapaxes(values, 0, 1)[:, :, :3].copy()
    loss[5] = values[:, 5][:, [0, 1, 3]]
    expected = [regret_of(loss[:, n], best_apart(loss)) for n in range(2)]
    assert regrets(swept_of(sampled), "fire_attacks") == expected
    grid = next(grid for grid in section_of_sampled.tables if grid.name == "sweep_regret")
    row = next(row for row in grid.rows if row[:2] == ["six", "fire attacks"])
    assert row[3:6] == [expected[1].mean, expected[1].p90, expected[1].most]
    assert row[6] == pytest.approx((loss.mean(axis=2).argmin(axis=1) == 1).mean())


def test_the_luckiest_run_is_no_best_lever(tmp_path):
    """Levers that are equal in truth have no regret; of the lever that is luckiest in a state all would have some."""
    random = np.random.default_rng(9)
    frame = made_sweep(states=60).assign(fire_attacks=lambda f: random.normal(50, 5, len(f)))
    found = regrets(swept_of(load(sweep_folder(tmp_path, frame))), "fire_attacks")
    means = frame.groupby("point")["fire_attacks"].mean().to_numpy().reshape(2, 60)
    assert (means - means.min(axis=0)).mean() > 1.0
    assert max(each.mean for each in found) < 0.5


def test_rank_correlations_are_spearmans(sampled, swept_frame):
    swept = swept_of(sampled)
    base, other = world_means(swept_frame)
    skill = swept_frame.drop_duplicates("point")["skill.at_start"].to_numpy()[:20]
    weights = scopes(swept)
    assert list(weights) == ["fourteen", "six", "six − fourteen"]
    found = rank_correlations(swept, weights["six − fourteen"], ["skill.at_start"])[0, 0]
    assert found.mean == pytest.approx(stats.spearmanr(skill, other - base).statistic)
    assert found.low <= found.mean <= found.high
    assert found.low > 0.9  # the difference is the skill, but for little noise
    alone = rank_correlations(swept, weights["fourteen"], ["skill.at_start"])[0, 0]
    assert alone.mean == pytest.approx(stats.spearmanr(skill, base).statistic)
    assert not alone.clear


def test_the_sampled_section_is_well_formed(section_of_sampled):
    section = section_of_sampled
    well_formed(section)
    assert section.question == "Does it hold?"
    assert {picture.name for picture in section.pictures} == {"sweep_correlations", "sweep_worse", "sweep_regret"}


@pytest.fixture(scope="module")
def on_a_grid(tmp_path_factory):
    """Postures × two values of people × four of the rate, with an effect of each: results, their table, the section."""
    replicates = 5
    random, rows, point = np.random.default_rng(8), [], 0
    for name in ("fourteen", "six"):
        for people in (3000, 5200):
            for rate in (0.01, 0.02, 0.04, 0.08):
                for r in range(replicates):
                    value = 1000 * rate + people / 1000 + 5 * (name == "six") + random.normal(0, 1)
                    keys = {"point": point, "posture": name, "replicate": r, "seed": r, "people": people}
                    rows.append({**keys, "operations.base_rate_per_day": rate, **dict.fromkeys(MAIN, value)})
                point += 1
    frame = pd.DataFrame(rows)
    factors = [{"key": "posture", "kind": "lever"}, {"key": "people", "kind": "lever"}]
    results = load(sweep_folder(tmp_path_factory.mktemp("grid"), frame, {"factors": factors}))
    return results, frame, sweep_section.section(results)


def test_means_by_level_and_curves_average_over_the_rest(on_a_grid):
    results, frame, section = on_a_grid
    well_formed(section)
    names = {picture.name for picture in section.pictures}
    assert {"sweep_levels", "sweep_curve_operations_base_rate_per_day"} <= names
    chosen = frame[(frame["posture"] == "six") & (frame["people"] == 3000)]
    grid = next(grid for grid in section.tables if grid.name == "sweep_levels")
    row = next(row for row in grid.rows if row[:2] == ["six", "people = 3,000"])
    close(row[2], t_interval(chosen.groupby("replicate")["fire_attacks"].mean()))
    swept = swept_of(results)
    over = difference_at(swept, "pressure", swept.where("people", 3000), swept.where("people", 5200))
    by = frame.groupby(["people", "replicate"])["pressure"].mean()
    close(over, t_interval((by[5200] - by[3000]).to_numpy()))


def test_a_curve_says_its_ends(on_a_grid):
    results, frame, section = on_a_grid
    swept = swept_of(results)
    end = frame[(frame["posture"] == "six") & (frame["operations.base_rate_per_day"] == 0.08)]
    points = swept.where("posture", "six") & swept.where("operations.base_rate_per_day", 0.08)
    close(mean_at(swept, "fire_attacks", points), t_interval(end.groupby("replicate")["fire_attacks"].mean()))
    picture = next(picture for picture in section.pictures if "curve" in picture.name)
    assert f"{end['fire_attacks'].mean():.3g}" in picture.title
    assert "from 0.01 to 0.08" in picture.title


def test_many_values_make_a_curve_of_groups(tmp_path):
    values = np.linspace(0.1, 0.8, 90)
    rows = [
        {"point": k, "posture": "six", "replicate": r, "seed": r, "skill.at_start": v, **dict.fromkeys(MAIN, v + r)}
        for k, v in enumerate(values)
        for r in range(2)
    ]
    section = sweep_section.section(load(sweep_folder(tmp_path, pd.DataFrame(rows), None)))
    (picture,) = section.pictures
    assert "in 30 groups" in picture.note
    line = picture.figure.axes[0].lines[0]
    assert line.get_xdata() == pytest.approx(values.reshape(30, 3).mean(axis=1))
    assert line.get_ydata() == pytest.approx(values.reshape(30, 3).mean(axis=1) + 0.5)
    well_formed(section)


def test_one_replicate_a_point_has_no_intervals(tmp_path):
    section = sweep_section.section(load(sweep_folder(tmp_path, made_sweep(replicates=1))))
    well_formed(section)
    assert cell(section, "sweep_worse", "fire attacks", "clearly worse") == 0
    assert any("With 1 replicates a point" in caveat for caveat in section.caveats)


def test_states_with_luck_of_their_own_are_what_a_difference_is_known_from(tmp_path):
    """Of states that share their luck a single replicate tells nothing, however many states there are."""
    frame = made_sweep(states=30, replicates=1)
    shared = load(sweep_folder(tmp_path / "shared", frame))
    own = load(sweep_folder(tmp_path / "own", frame.assign(seed=frame["point"] % 30)))
    first, second = (options_of(swept_of(results), results) for results in (shared, own))
    assert math.isnan(first.difference("pressure", *first.each).low)
    pairs = frame["pressure"].to_numpy().reshape(2, 30)
    close(second.difference("pressure", *second.each), t_interval(pairs[1] - pairs[0]))
    swept = swept_of(load(tmp_path / "own"))
    postures = [swept.where("posture", name) for name in swept.levers["posture"]]
    close(difference_at(swept, "pressure", *postures), t_interval(pairs[1] - pairs[0]))
    assert pairs_of(swept, *postures) == "n = 30 states"
    assert pairs_of(swept_of(shared), *postures) == "n = 1 replicates"


# --- the first screen of a sweep -----------------------------------------------------------------------------------
INTERCEPT = "defence.p_intercept"
MANIFEST = {
    "design": {"factors": [{"key": INTERCEPT, "kind": "uncertainty"}, {"key": "batteries", "kind": "lever"}]},
    "theatres": {
        "t": {
            "sites": [
                *({"name": n, "title": n.upper(), "symbolic_value": v} for n, v in zip("abc", (3, 2, 1), strict=True))
            ]
        }
    },
    "postures": {"six": {"theatre": "t", "sites": [{"name": name} for name in "abc"]}},
    "out_of_reach": {"six": ["c"]},
}


def made_grid(folder, manifest=MANIFEST, **changed):
    """The third battery does nothing: it stands at site c, where nobody can fire."""
    random, rows = np.random.default_rng(3), []
    luck = random.normal(0, 8, 6)
    for point, (intercept, batteries) in enumerate((p, b) for p in (0.5, 0.9) for b in (1, 2, 3)):
        for r in range(6):
            value = (
                50 + luck[r] - 20 * intercept - 4 * min(batteries, 2) + random.normal(0, 0.0 if batteries > 1 else 1)
            )
            keys = {"point": point, "posture": "six", "responses": "", "replicate": r, "seed": r, "status": "ok"}
            swept = {INTERCEPT: intercept, "batteries": batteries}
            rows.append({**keys, **swept, **dict.fromkeys(MAIN, value), "batteries_mean": batteries, "bombs_laid": 3})
    frame = pd.DataFrame(rows)
    for column, values in changed.items():
        frame[column] = values(frame)
    write(folder, frame)
    (folder / "manifest.json").write_text(json.dumps({"format_version": 1, **manifest}), encoding="utf-8")
    return load(folder), frame


def test_the_page_of_a_sweep_begins_with_what_is_best_and_what_is_the_same(tmp_path):
    results, frame = made_grid(tmp_path, {"design": MANIFEST["design"]})
    page = document(results)
    assert page.title == "2 or 3 batteries: best in fire attacks, rounds leaked, convoy attacks and pressure"
    said = dict(page.lead.sentences)
    assert said["The same"] == "2 and 3 batteries are the same in every run and measure."
    best = frame[(frame[INTERCEPT] == 0.9) & (frame["batteries"] == 2)]["fire_attacks"].mean()
    assert said["Best point"].startswith(
        f"2 or 3 batteries, chance that an engaged rocket is destroyed 0.9: fire attacks {best:.3g}, "
    )
    base, same = page.lead.rows
    assert (base.name, same.name, same.cells[0].verdict) == ("1 battery", "2 or 3 batteries", "better")
    by = frame.groupby(["batteries", "replicate"])["fire_attacks"].mean()
    mean, low, high = (f"−{-bound:.3g}" for bound in t_interval(by[2] - by[1]))
    assert same.cells[0].change == f"{mean} [{low}, {high}]"
    assert [picture.name for picture in page.first] == ["sweep_heat_fire_attacks", "sweep_heat_rounds_leaked"]
    assert not any(section.is_open for section in page.sections if section.key == "comparison")
    (sweep,) = (section for section in page.sections if section.key == "sweep")
    well_formed(sweep)
    row = next(grid for grid in sweep.tables if grid.name == "sweep_points").rows[0]
    assert row[:3] == ["0.5", "1", 6.0]
    close(row[3], t_interval(frame[frame["point"] == 0]["fire_attacks"]))


@pytest.mark.parametrize(
    ("measure", "words"), [("cargo_sent", "cargo sent [t]"), ("closure_hours", "closure hours"), ("raids", "raids")]
)
def test_a_measure_has_its_unit_unless_its_name_is_it(measure, words):
    assert _heading(measure) == words


def test_the_first_screen_is_one_that_no_other_folds():
    """A sweep without a manifest looks like a comparison of many policies."""
    many, few = Lead("many", "", (), (), "", ()), Lead("few", "", (), (), "", (), folds=("comparison",))
    sections = [Section("comparison", "", "", lead=many), Section("sweep", "", "", lead=few)]
    assert first_screen(sections) is few
    assert first_screen(sections[:1]) is many


def test_a_heat_map_has_the_mean_of_every_pair(tmp_path):
    results, frame = made_grid(tmp_path)
    swept = swept_of(results)
    table = table_of(swept, "pressure", swept.factor("batteries"), swept.factor(INTERCEPT))
    assert table == pytest.approx(frame.groupby(["batteries", INTERCEPT])["pressure"].mean().unstack().to_numpy())


@pytest.mark.parametrize(
    ("rows", "name"),
    [
        ({"batteries": [1]}, "1 battery"),
        ({"posture": ["six"] * 2, "responses": ["none"] * 2, "batteries": [4, 6]}, "six with 4 or 6 batteries"),
        ({"posture": ["six", "six"], "responses": ["none", "surge"]}, "six or six+surge"),
        (
            {"posture": ["six", "fourteen"], INTERCEPT: [0.5, 0.76543]},
            "six with chance that an engaged rocket is destroyed 0.5 or "
            "fourteen with chance that an engaged rocket is destroyed 0.7654",
        ),
        ({"days": [*range(1, 8)]}, "1, 2, 3 or 4 more days"),
    ],
)
def test_options_have_a_name_of_what_they_share_and_where_they_differ(rows, name):
    assert name_of(pd.DataFrame(rows)) == name


@pytest.mark.parametrize(
    ("manifest", "changed", "same", "why"),
    [
        (MANIFEST, {}, ["2 or 3 batteries"], ["C"]),
        (MANIFEST | {"out_of_reach": {"six": []}}, {}, ["2 or 3 batteries"], []),
        (MANIFEST | {"theatres": {}}, {}, ["2 or 3 batteries"], []),
        (MANIFEST, {"bombs_laid": lambda f: 3 + ((f["batteries"] == 3) & (f["point"] == 5))}, [], None),
        (MANIFEST, {"pressure": lambda f: f["pressure"] + 1e-9 * (f["batteries"] == 3)}, [], None),
    ],
)
def test_the_same_is_every_measure_in_every_run_and_why_only_where_it_can_be_derived(
    tmp_path, manifest, changed, same, why
):
    results, _ = made_grid(tmp_path, manifest, **changed)
    options = options_of(swept_of(results), results)
    assert [option.name for option in options.tied] == same
    if same:
        assert idle_sites(options.table, options.tied[0], results.manifest) == why
        words = same_words(options, options.tied[0], results.manifest)
        assert ("in every run: those beyond 2 stand at C, out of every cell's reach." in words) == bool(why)


def test_a_sweep_of_one_lever_leaves_the_picture_to_the_comparison(tmp_path):
    frame = made_responses(4).assign(point=lambda f: f["responses"].map(RESPONSES.index))
    section = sweep_section.section(load(sweep_folder(tmp_path, frame, None)))
    assert not section.pictures
    assert [table.name for table in section.tables] == ["factors"]


def test_a_comparison_is_no_sweep(tmp_path):
    assert sweep_section.section(load(write(tmp_path, made_responses(3)))) is None


def test_a_real_sweep_has_its_section(tmp_path):
    design = tmp_path / "small.toml"
    design.write_text(
        'name = "small"\ntitle = "Small"\nreplicates = 2\nn = 8\nconstants = { days = 20 }\n'
        '[[factors]]\nkey = "posture"\nkind = "lever"\nvalues = ["fourteen", "six"]\n'
        '[[factors]]\nkey = "operations.base_rate_per_day"\nlow = 0.1\nhigh = 1.0\nscale = "log"\n'
        '[[factors]]\nkey = "defence.p_intercept"\nlow = 0.5\nhigh = 0.9\n',
        encoding="utf-8",
    )
    posture("sweep", design, "--out", tmp_path / "out")
    section = sweep_section.section(load(tmp_path / "out"))
    well_formed(section)
    assert "16 points with up to 2 replicates each, 32 runs" in section.findings[-1]
    assert "Held fixed: days = 20." in section.caveats
    factors = next(grid for grid in section.tables if grid.name == "factors")
    assert [row[:3] for row in factors.rows] == [
        ["posture", "lever", ""],
        ["operations.base_rate_per_day", "uncertainty", "1/day"],
        ["defence.p_intercept", "uncertainty", "1"],
    ]


def test_intervals_in_tables_are_intervals(section_of_sampled):
    grid = next(grid for grid in section_of_sampled.tables if grid.name == "sweep_correlations")
    assert all(isinstance(cell_, Interval) for row in grid.rows for cell_ in row[2:])
