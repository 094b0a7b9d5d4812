"""`weekly.csv` and `squares.csv`: recomputed from raw files, the same both ways, and only whole replicates."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from made_up import CROWDED
from pandas.testing import assert_frame_equal
from scipy import stats

from experiments.analysis.alignment import with_points
from experiments.analysis.raw_tables import (
    DAILY_COLUMNS,
    EVENT_COLUMNS,
    squares_of_events,
    theatres_of,
    weekly_of_daily,
    with_scenario,
)
from experiments.analysis.results import load
from experiments.cli import cli
from experiments.files.columns import SQUARE_FIELDS, WEEKLY_FIELDS, frame_of
from experiments.files.squares import Attacks, square_columns
from experiments.files.weekly import WEEKLY, Weeks, week_ends, weekly_columns
from experiments.runs.archive import open_chunk, write_chunk
from experiments.runs.compare import WRITTEN, compare, plan_of_scenarios
from experiments.runs.comparison_files import write_course
from experiments.runs.outputs import OUTPUTS, outputs_of
from experiments.runs.pools import threads
from experiments.runs.room import Room
from sim.config_files import parse_changes
from sim.draws import replicate_seed
from sim.engine import simulate, simulate_many
from sim.errors import ConfigError
from sim.scenario import load_scenario
from tests.experiments.designs import POSTURES, write

DAYS, N = 24, 5  # three weeks and three days
BUSY = {"days": DAYS, "operations.base_rate_per_day": 1.0}
SET = ("--days", DAYS, "--set", "operations.base_rate_per_day=1.0")
INTERVAL = ("mean", "low", "high")


def call(*arguments):
    result = CliRunner().invoke(cli, [str(each) for each in arguments], prog_name="posture")
    assert result.exit_code == 0, result.stderr


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compared")
    call("compare", "--ensemble", "none", "fourteen", "six", "--replicates", N, "--seed", 3, *SET, "--out", folder)
    return folder


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """The same runs as a sweep, with daily.csv and events.csv."""
    folder = tmp_path_factory.mktemp("swept")
    keys = {"seed": 3, "replicates": N, "n": None, "factors": [POSTURES], "outputs": ["runs", "daily", "events"]}
    design = write(tmp_path_factory.mktemp("design") / "d.toml", constants=BUSY, **keys)
    call("sweep", design, "--out", folder)
    return load(folder)


@pytest.fixture(scope="module")
def daily(swept):
    return with_scenario(swept.table("daily"), swept.runs)


@pytest.fixture(scope="module")
def events(swept):
    return with_scenario(swept.table("events"), swept.runs)


@pytest.fixture(scope="module")
def theatres(swept):
    return theatres_of(swept.manifest)


def table(folder, name):
    found = pd.read_csv(folder / name, dtype={"unit": str})
    return found.assign(place=found["place"].fillna("")) if "place" in found else found


def t_interval(values):
    mean, half = np.mean(values), stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)
    return [mean, mean - half, mean + half]


def week_by_hand(daily, posture, columns, day, before):
    """Growth of running totals from the end of one day to that of another, in the order of the replicates."""
    some = daily[daily["posture"] == posture].set_index(["day", "replicate"])[list(columns)].sum(axis=1)
    return (some[day] - (some[before] if before else 0)).sort_index().to_numpy()


# --- both ways -------------------------------------------------------------------------------------------
def test_days_give_the_same_weeks_as_a_comparison(compared, daily):
    found = weekly_of_daily(daily)
    assert list(found) == [field.name for field in WEEKLY_FIELDS]
    assert_frame_equal(found, table(compared, "weekly.csv"), check_exact=True, check_dtype=False)
    assert len(found) == 2 * 4 * len(WEEKLY)


def test_events_give_the_same_squares_as_a_comparison(compared, swept, events, theatres):
    found = squares_of_events(events, swept.runs, theatres)
    assert list(found) == [field.name for field in SQUARE_FIELDS]
    assert_frame_equal(found, table(compared, "squares.csv"), check_exact=True, check_dtype=False)
    assert set(found["kind"]) == {"convoy", "detail", "fire"}


def test_a_few_columns_are_enough(swept, daily, events, theatres):
    """The columns that the module names are all it needs, as a report reads them from a large file."""
    days = with_scenario(swept.table("daily", DAILY_COLUMNS), swept.runs)
    assert_frame_equal(weekly_of_daily(days), weekly_of_daily(daily))
    hits = with_scenario(swept.table("events", EVENT_COLUMNS), swept.runs)
    assert_frame_equal(squares_of_events(hits, swept.runs, theatres), squares_of_events(events, swept.runs, theatres))


# --- weeks -----------------------------------------------------------------------------------------------
def test_weeks_end_every_seven_days_and_with_the_run():
    assert week_ends(24) == [7, 14, 21, 24]
    assert week_ends(14) == [7, 14]
    assert week_ends(3) == [3]


@pytest.mark.parametrize(("week", "day", "before"), [(1, 7, 0), (3, 21, 14), (4, 24, 21)])
@pytest.mark.parametrize(
    ("measure", "columns"),
    [
        ("fire_attacks", ("rocket_attacks", "drone_attacks")),
        ("cargo_delivered", ("cargo_delivered_t",)),
        ("convoys_arrived", ("convoys_arrived",)),
    ],
)
def test_a_counter_is_what_a_week_adds(compared, daily, week, day, before, measure, columns):
    rows = table(compared, "weekly.csv").query("week == @week and measure == @measure").set_index("scenario")
    base, six = (week_by_hand(daily, name, columns, day, before) for name in ("fourteen", "six"))
    row = rows.loc["six"]
    assert row[list(INTERVAL)].tolist() == pytest.approx(t_interval(six))
    assert row[["p05", "p25", "p50", "p75", "p95"]].tolist() == pytest.approx(np.percentile(six, [5, 25, 50, 75, 95]))
    assert row[[f"difference_{part}" for part in INTERVAL]].tolist() == pytest.approx(t_interval(six - base))
    assert (row["day"], row["date"], row["n"]) == (day, f"2020-01-{day:02}", N)
    assert rows.loc["fourteen", [f"difference_{part}" for part in INTERVAL]].isna().all()


def test_a_level_is_that_of_the_last_day(compared, daily):
    for measure in (m for m in WEEKLY if m.level):
        rows = table(compared, "weekly.csv").query("scenario == 'six' and measure == @measure.name")
        by_day = daily[daily["posture"] == "six"].groupby("day")[measure.name].mean()
        assert rows["mean"].tolist() == pytest.approx(by_day[[7, 14, 21, 24]].tolist())


def test_weeks_add_up_to_the_runs(compared, read):
    runs, rows = read(compared / "runs.csv"), table(compared, "weekly.csv")
    for measure in ("fire_attacks", "detail_attacks", "us_wounded", "closure_hours"):
        total = np.mean([float(run[measure]) for run in runs if run["posture"] == "six"])
        assert rows.query("scenario == 'six' and measure == @measure")["mean"].sum() == pytest.approx(total)


def test_weeks_of_another_length_are_not_compared():
    made = [np.full((len(week_ends(n)), len(WEEKLY)), float(n)) for n in (10, 12)]
    short, long = (Weeks(f"{n} days", date(2020, 2, 25), n, [v, v]) for n, v in zip((10, 12), made, strict=True))
    found = frame_of(WEEKLY_FIELDS, weekly_columns([short, long]))
    found = found[found["measure"] == "people"].set_index(["scenario", "week"])
    assert found.loc[("12 days", 1), "difference_mean"] == 2
    assert np.isnan(found.loc[("12 days", 2), "difference_mean"])
    assert found.loc[("12 days", 2), "date"] == "2020-03-07"


# --- squares ---------------------------------------------------------------------------------------------
def test_fire_is_where_the_site_stands(compared, events, theatres):
    rows = table(compared, "squares.csv").query("scenario == 'six' and kind == 'fire'").set_index("place")
    fire = events[(events["kind"] == "fire on a site") & (events["posture"] == "six")]
    places = {site.name: site.place for site in theatres["six"].config.sites}
    hits = fire.groupby(fire["target"].map(places)).size() / N
    assert rows["mean"].to_dict() == pytest.approx(hits.reindex(rows.index, fill_value=0).to_dict())
    assert rows["mean"].sum() == pytest.approx(hits.sum())
    assert rows.loc["iz_embassy", "zone"] == "international_zone"
    assert set(fire["place"]) - set(rows.index), "cells fire from other squares than those they hit"


def test_squares_add_up_to_the_runs(compared, read):
    runs, rows = read(compared / "runs.csv"), table(compared, "squares.csv")
    for kind in ("fire", "convoy", "detail"):
        for posture in ("fourteen", "six"):
            total = np.mean([float(run[f"{kind}_attacks"]) for run in runs if run["posture"] == posture])
            assert rows.query("scenario == @posture and kind == @kind")["mean"].sum() == pytest.approx(total)


def test_every_scenario_has_the_same_squares_in_order(compared, events):
    rows = table(compared, "squares.csv")
    keys = ["kind", "square", "place", "zone", "x_km", "y_km"]
    base, six = (rows[rows["scenario"] == name][keys].reset_index(drop=True) for name in ("fourteen", "six"))
    assert_frame_equal(base, six)
    assert base.sort_values(["kind", "square"]).index.tolist() == list(range(len(base)))
    only_fourteen = rows.query("scenario == 'six' and kind == 'fire' and mean == 0")
    assert len(only_fourteen), "fourteen has sites that six has not"
    assert (only_fourteen["low"] == 0).all()
    assert (only_fourteen["difference_mean"] < 0).all()


def test_a_square_is_compared_in_pairs(compared, events):
    bombs = events[events["kind"] == "bomb against a convoy"]
    where = bombs.groupby(["x_km", "y_km"]).size().idxmax()
    here = bombs[(bombs["x_km"] == where[0]) & (bombs["y_km"] == where[1])]
    counts = {
        p: [int(((here.posture == p) & (here.replicate == r)).sum()) for r in range(N)] for p in ("fourteen", "six")
    }
    difference = np.subtract(counts["six"], counts["fourteen"])
    rows = table(compared, "squares.csv")
    (row,) = rows[
        (rows.scenario == "six") & (rows.kind == "convoy") & (rows.x_km == where[0]) & (rows.y_km == where[1])
    ].to_dict("records")
    assert [row[f"difference_{part}"] for part in INTERVAL] == pytest.approx(t_interval(difference))
    assert [row[part] for part in INTERVAL] == pytest.approx(t_interval(counts["six"]))


def test_a_comparison_without_any_attack_has_no_squares():
    six = load_scenario("six")
    columns = square_columns([Attacks("six", six.theatre, [np.zeros(0, np.int32)] * 2)])
    assert [len(column) for column in columns] == [0] * len(SQUARE_FIELDS)


# --- whole replicates ------------------------------------------------------------------------------------
def ran(folder, names=("six", "fourteen")):
    """A comparison of short runs, of which that of `fourteen` with a certain seed is said to have failed."""
    scenarios = [load_scenario(name, {**BUSY, "days": 9}) for name in names]
    with threads(1) as pool:
        plan = plan_of_scenarios(scenarios, 1, 4, outputs_of(WRITTEN))
        return compare(scenarios, plan, Room(folder, pool))


def test_a_replicate_that_failed_anywhere_is_left_out(tmp_path):
    whole = ran(tmp_path)
    _lose(whole, "fourteen", 2)
    broken = ran(tmp_path)
    assert broken.ran == 0
    assert [(run.label, run.replicate, run.error) for run in broken.failed] == [("fourteen", 2, "stopped")]
    write_course(tmp_path, broken)
    found = table(tmp_path, "squares.csv")
    assert set(found["n"]) == set(table(tmp_path, "weekly.csv")["n"]) == set(table(tmp_path, "sites.csv")["n"]) == {3}
    assert found["scenario"][0] == "six", "the base is the first that was named"
    for name in WRITTEN:
        for scenario in whole.scenarios:
            kept = [rows for r, rows in enumerate(whole_rows(scenario, name)) if r != 2]
            assert all(map(np.array_equal, broken.rows(scenario, name), kept))


def whole_rows(scenario, name):
    """The rows of each replicate, made again."""
    for r in range(4):
        batch = simulate_many(scenario, [replicate_seed(1, r)], events=True)
        yield OUTPUTS[name].reduce(scenario, batch, 0)


def _lose(compared, label, replicate):
    """Let a run of a comparison be one that failed: its chunk is written anew with the failure."""
    k = compared.plan.points.index({"posture": label})
    ((file, row),) = compared.archive.places(compared.plan.keys[k, [replicate]]).tolist()
    chunk = compared.archive.files[file]
    arrays = {name: chunk.array(name).copy() for name in chunk.plans}
    arrays["measures"][row] = np.nan
    write_chunk(chunk.path, arrays, [(row, "run", "stopped")])


def test_nothing_is_kept_unless_it_is_asked_for(tmp_path):
    with threads(1) as pool:
        short = [load_scenario("six", {"days": 2})]
        compare(short, plan_of_scenarios(short, 1, 2), Room(tmp_path, pool))
    (chunk,) = map(open_chunk, (tmp_path / "chunks").glob("*.chunk"))
    assert {"weekly", "squares", "daily", "events"}.isdisjoint(chunk.plans)


def test_replicates_missing_from_one_scenario_are_left_out_of_all(swept, daily, events, theatres):
    lacking = daily[(daily["scenario"] != "six") | (daily["replicate"] != 1)]
    assert set(weekly_of_daily(lacking)["n"]) == {N - 1}
    runs = swept.runs[(swept.runs["scenario"] != "six") | (swept.runs["replicate"] != 1)]
    assert set(squares_of_events(events, runs, theatres)["n"]) == {N - 1}


def test_runs_without_attacks_count(swept, events, theatres):
    quiet = events[events["replicate"] == 0]
    found = squares_of_events(quiet, swept.runs, theatres)
    assert set(found["n"]) == {N}
    assert (
        found.query("kind == 'fire'")["mean"].max()
        == quiet.query("kind == 'fire on a site'").groupby(["scenario", "target"]).size().max() / N
    )


# --- single runs -----------------------------------------------------------------------------------------
def test_a_single_run_has_no_bounds(tmp_path):
    call("run", "six", "--seed", 7, "--out", tmp_path, "--daily", "--events", *SET)
    results = load(tmp_path)
    found = weekly_of_daily(with_scenario(results.table("daily"), results.runs))
    events = with_scenario(results.table("events"), results.runs)
    squares = squares_of_events(events, results.runs, theatres_of(results.manifest))
    fire = found[found["measure"] == "fire_attacks"]
    assert fire["mean"].sum() == results.runs["fire_attacks"][0]
    assert fire["low"].isna().all()
    assert (fire["p05"] == fire["mean"]).all()
    assert squares[squares["kind"] == "fire"]["mean"].sum() == fire["mean"].sum()
    assert squares[["low", "high", "difference_mean"]].isna().all(axis=None)
    assert set(squares["n"]) == set(found["n"]) == {1}


# --- what is refused -------------------------------------------------------------------------------------
def test_points_of_one_label_need_names(swept, daily):
    same = daily.assign(scenario="one")
    with pytest.raises(ConfigError, match="scenario is 'one'; it must have one run of each replicate"):
        weekly_of_daily(same)
    runs = swept.runs.assign(scenario=pd.Categorical(["one"] * 2 * N))
    runs["defence.p_intercept"] = runs["point"] / 2
    named = with_scenario(swept.table("daily"), with_points(runs))
    assert set(weekly_of_daily(named)["scenario"]) == {"one, defence.p_intercept=0", "one, defence.p_intercept=0.5"}


def test_a_missing_day_is_refused(daily):
    with pytest.raises(ConfigError, match="day is 'six'; it must have days 1 to 24 of each of its 5 runs"):
        weekly_of_daily(daily[(daily["scenario"] != "six") | (daily["replicate"] != 3) | (daily["day"] != 9)])


def test_scenarios_without_a_replicate_in_common_are_refused(daily):
    apart = daily[(daily["scenario"] == "six") == (daily["replicate"] == 1)]
    with pytest.raises(ConfigError, match="there must be a replicate that every scenario finished"):
        weekly_of_daily(apart)


def test_an_unknown_site_is_refused(swept, events, theatres):
    moved = events.assign(target="nowhere")
    with pytest.raises(ConfigError, match=r"'nowhere'.* it must be a site or square of the theatre"):
        squares_of_events(moved, swept.runs, theatres)


def test_runs_that_cannot_be_told_apart_are_refused(swept):
    twice = pd.concat([swept.runs, swept.runs])
    with pytest.raises(ConfigError, match="it must be columns that tell all runs apart"):
        with_scenario(swept.table("daily"), twice)


# --- events of many runs ---------------------------------------------------------------------------------
def test_a_batch_brings_the_events_of_each_run():
    six = load_scenario("six", BUSY)
    batch = simulate_many(six, [1, 2], events=True)
    for seed, found in zip((1, 2), batch.events, strict=True):
        assert found.tobytes() == simulate(six, seed, events=True).events.tobytes()
    assert simulate_many(six, [1]).events == []
    assert batch.digests == simulate_many(six, [1, 2]).digests


def test_a_run_that_stops_leaves_its_events_up_to_there():
    crowded = load_scenario("six", parse_changes(CROWDED[1::2], 60))
    (events,), (error,) = (lambda b: (b.events, b.errors))(simulate_many(crowded, [3], events=True))
    hour = int(error.split("hour ")[1].split(":")[0])
    assert len(events) > 0
    assert events["hour"].max() <= hour
