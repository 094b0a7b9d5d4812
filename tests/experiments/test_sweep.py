"""Sweeps in this process: every run once, only what is missing, the same bytes whatever the way."""

from __future__ import annotations

import itertools
import json
import math
import shlex
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from experiments.files.whole import write_json
from experiments.runs import pools
from experiments.runs.design import Points
from experiments.runs.jobs import Base, Job, JobPoint, run_job
from experiments.runs.pilot import MOST_JOB_BYTES, JobCost, pilot
from experiments.runs.plan import jobs_of, make_plan
from experiments.runs.room import Progress, Room
from experiments.runs.sweep import sweep
from experiments.runs.tables import write_tables
from sim.draws import replicate_seed
from sim.engine import simulate, simulate_many
from sim.measures import MEASURES
from sim.scenario import load_scenario
from tests.experiments.designs import CROWD, INTERCEPT, POSTURES, design, write

ONE = pools.threads(1)


@pytest.fixture
def swept(tmp_path, posture):
    """`swept(out, *arguments, **design)`: a sweep by the command line into a folder of this test."""

    def call(out, *arguments, **keys):
        return posture("sweep", write(tmp_path / "d.toml", **keys), "--out", tmp_path / out, *arguments)

    return call


# --- rows ------------------------------------------------------------------------------------------------
def test_a_row_for_each_run_and_its_replay_gives_its_digest(swept, tmp_path, read, posture):
    factors = [POSTURES, INTERCEPT, {"key": "responses", "values": ["none", "surge=0.5@1"]}]
    text = [{"retaliation.effect": "none", "start": "2020-02-01"}, {"sites.embassy.batteries": 3}]
    keys = {"factors": factors, "points": text, "n": 2, "replicates": 2, "responses": ["zone_clearance"]}
    result = swept("o", **keys, calendar="2020")
    (told,) = result.stderr.splitlines()
    assert (result.exit_code, told.partition(" falls ")[0]) == (0, "posture: none of the 10 events of calendar 2020")
    rows = read(tmp_path / "o" / "runs.csv")
    assert [(int(r["point"]), int(r["replicate"])) for r in rows] == list(itertools.product(range(16), range(2)))
    assert [int(r["seed"]) for r in rows] == [replicate_seed(1, 0), replicate_seed(1, 1)] * 16
    assert {r["status"] for r in rows} == {"ok"}
    assert rows[0]["responses"] == "zone_clearance"
    assert rows[4]["responses"] == "zone_clearance+surge=0.5@1"
    points = list(Points(design(**keys)))
    for row, point in zip(rows[::2], points, strict=True):
        assert float(row["defence.p_intercept"]) == point["defence.p_intercept"]
        assert row["retaliation.effect"] == point.get("retaliation.effect", "")
        assert row["posture"] == point["posture"]
    for row in rows[::5]:
        program, *arguments = shlex.split(row["replay"])
        assert program == "posture"
        again = json.loads(posture(*arguments, "--json").stdout)
        assert again["digest"] == row["digest"]
        assert again["measures"]["convoys_sent"]["value"] == float(row["convoys_sent"])


def test_daily_and_events_are_those_of_the_runs(swept, tmp_path, read, posture):
    keys = {"factors": [POSTURES], "constants": {"days": 12}, "replicates": 2}
    assert swept("o", outputs=["runs", "daily", "events"], **keys).exit_code == 0
    rows = read(tmp_path / "o" / "runs.csv")
    daily, events = read(tmp_path / "o" / "daily.csv"), read(tmp_path / "o" / "events.csv")
    assert [(r["point"], r["replicate"], r["day"]) for r in daily] == [
        (str(k), str(r), str(d)) for k in range(2) for r in range(2) for d in range(1, 13)
    ]
    for row in rows:
        posture(*shlex.split(row["replay"])[1:], "--out", tmp_path / "one", "--daily", "--events")
        mine = (row["point"], row["replicate"])
        for name, table in (("daily", daily), ("events", events)):
            one = read(tmp_path / "one" / f"{name}.csv")
            own = [r for r in table if (r["point"], r["replicate"]) == mine]
            assert len(own) == len(one)
            keys = [key for key in one[0] if key != "replicate"]
            assert [[r[key] for key in keys] for r in own] == [[r[key] for key in keys] for r in one]


def test_manifest_says_where_the_runs_come_from(swept, tmp_path):
    assert swept("o", "--replicates", 2, "--seed", 9).exit_code == 0
    manifest = json.loads((tmp_path / "o" / "manifest.json").read_text())
    assert manifest["counts"] == {"points": 8, "replicates": 2, "runs": 16, "failed": 0}
    assert manifest["command"][:2] == ["posture", "sweep"]
    assert (manifest["seed"], manifest["design"]["seed"], manifest["design"]["replicates"]) == (9, 9, 2)
    assert set(manifest["postures"]) == {"fourteen", "six"}


def test_runs_are_those_of_the_engine(tmp_path, read):
    sweep(make_plan(design(n=1), "x"), tmp_path, ONE)
    for row in read(tmp_path / "runs.csv"):
        change = {"days": 2, "defence.p_intercept": float(row["defence.p_intercept"])}
        assert simulate(load_scenario(row["posture"], change), int(row["seed"])).digest == row["digest"]


# --- once and only once ----------------------------------------------------------------------------------
VALUES = {
    "posture": ["fourteen", "six", "equal_six"],
    "responses": ["none", "surge", "surge=0.5+zone_clearance", "zone_clearance+surge=0.5"],
    "days": [1, 2, 2.0],
    "batteries": [4, 6],
    "defence.p_intercept": [0.5, 0.7, 0.9],
    "supply.trucks_per_convoy": [5, 10],
    "retaliation.effect": ["none", "deters"],
    "skill.at_start": None,
    "skill.gain": None,
}


@st.composite
def designs(draw):
    keys = draw(st.lists(st.sampled_from(sorted(VALUES)), unique=True, max_size=4))
    factors, points = [], []
    for key in keys:
        values = [v for v in VALUES[key] or () if not isinstance(v, float) or not v.is_integer()]
        if not values:
            factors.append({"key": key, "low": 0.01, "high": 0.1})
        elif draw(st.booleans()):
            factors.append({"key": key, "values": draw(st.lists(st.sampled_from(values), unique=True, min_size=1))})
        else:
            points.append(key)
    rows = [{key: draw(st.sampled_from(VALUES[key])) for key in points} for _ in range(draw(st.integers(1, 3)))]
    rows = [{k: int(v) if k == "days" else v for k, v in row.items()} for row in rows] if points else []
    return design(
        factors=factors,
        points=rows,
        constants={} if "days" in keys else {"days": 1},
        posture="six",
        sample=draw(st.sampled_from(["sobol", "random", "latin_hypercube"])),
        n=draw(st.integers(1, 5)),
        replicates=draw(st.integers(1, 11)),
        seed=draw(st.integers(0, 2**64 - 1)),
    )


@given(designs(), st.integers(1, 3), st.integers(0, 2**32))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
def test_every_run_once_sorted_with_seeds_equal_across_points(tmp_path_factory, read, some, workers, part):
    if "days" not in {*some.keys, *some.constants}:
        return
    folder = tmp_path_factory.mktemp("o")
    outcome = sweep(make_plan(some, "x"), folder, pools.threads(workers))
    plan, rows = outcome.plan, read(folder / "runs.csv")
    assert [(int(r["point"]), int(r["replicate"])) for r in rows] == list(
        itertools.product(range(len(plan.points)), range(some.replicates))
    )
    assert [int(r["seed"]) for r in rows] == [replicate_seed(some.seed, r) for r in range(some.replicates)] * len(
        plan.points
    )
    assert {r["status"] for r in rows} == {"ok"}
    assert outcome.ran == len(np.unique(plan.keys))
    for row in rows[:: max(1, len(rows) // 3)]:
        point = plan.points[int(row["point"])]
        scenario = plan.bases(point).scenario.with_changes(plan.changes(point))
        assert simulate(scenario, int(row["seed"])).digest == row["digest"]
    whole = (folder / "runs.csv").read_bytes()
    for path in sorted((folder / "chunks").iterdir())[part % 2 :: 2]:  # lose half of it
        path.unlink()
    assert sweep(make_plan(some, "x"), folder, pools.threads(1)).ran <= outcome.ran
    assert (folder / "runs.csv").read_bytes() == whole


@given(designs(), st.floats(0.01, 30.0), st.integers(0, 10))
def test_jobs_hold_every_missing_run_once(some, cost, seed):
    plan = make_plan(some, "x")
    missing = np.random.default_rng(seed).random(plan.keys.shape) < 0.5
    jobs = list(jobs_of(plan, missing, lambda: cost))
    keys = [key for job in jobs for point in job.points for key in point.keys]
    assert sorted(keys) == sorted(set(plan.keys[missing].tolist()))
    for job in jobs:  # a base each, and not much more than they may cost
        dearest = max(float(dict(p.changes).get("days", job.base.scenario.days)) for p in job.points)
        total = sum(float(dict(p.changes).get("days", job.base.scenario.days)) * len(p.seeds) for p in job.points)
        assert total <= 1.5 * cost + dearest


def test_a_job_cost_follows_how_long_jobs_take():
    plan = make_plan(design(), "x")
    pilot(plan)
    cost = JobCost()
    before = cost()
    for _ in range(20):
        cost.learn(1.0, 4.0, 100)
    assert cost() == pytest.approx(before / 4, rel=0.01)
    for _ in range(20):
        cost.learn(1.0, 1.0, 1e9)
    assert cost() == pytest.approx(MOST_JOB_BYTES / 1e9, rel=0.01), "no more than there is room for"


def test_jobs_do_not_shrink_when_the_machine_is_busy():
    """Three busy threads take the processor away: by the clock a job takes longer, by its own time it does not."""
    base = Base(load_scenario("six", {"days": 20}))
    job = Job(base, (JobPoint((), (1, 2, 3, 4), (1, 2, 3, 4)),))
    quiet = min(run_job(job).seconds for _ in range(5))
    stop = threading.Event()

    def spin():
        while not stop.is_set():
            sum(range(1000))

    with ThreadPoolExecutor(6) as pool:
        busy = [pool.submit(spin) for _ in range(6)]
        loaded = min(run_job(job).seconds for _ in range(5))
        stop.set()
    assert all(future.result() is None for future in busy)
    assert loaded < 4 * quiet


def test_the_last_jobs_are_small_enough_for_all_workers(tmp_path):
    plan = make_plan(design(posture="six", factors=[INTERCEPT], n=60, replicates=1), "x")
    for base in plan.bases:
        base.day_seconds = 0.6 / 60 / 2  # a job and a half, on two workers
    sizes = []
    with pools.threads(2) as pool:
        Room(tmp_path, pool).run(plan, Progress(on_runs=lambda runs, cost: sizes.append(runs)))
    assert sum(sizes) == 60
    assert len(sizes) > 3
    assert max(sizes) <= 0.375 * 60


def test_measures_found_together_are_those_of_each_batch_alone():
    """Points of several lengths, some runs of which stop before their end."""
    scenario, crowd = load_scenario("six", {"days": 25}), tuple(CROWD.items())
    changes = [(), crowd, (("days", 5),), (("defence.p_intercept", 0.5),), (("days", 5), ("choice.cost_road", 3.0))]
    points = [JobPoint(some, (3 * n, 3 * n + 1, 3 * n + 2), (1, 2, 3)) for n, some in enumerate(4 * changes)]
    result = run_job(Job(Base(scenario), tuple(points)))
    batches = [simulate_many(scenario.with_changes(dict(point.changes)), point.seeds) for point in points]
    alone = np.concatenate([np.stack([batch.measures[m.name] for m in MEASURES], axis=1) for batch in batches])
    assert np.array_equal(result.arrays["measures"], alone, equal_nan=True)
    assert {failure.row for failure in result.failures} == set(np.flatnonzero(np.isnan(alone).all(axis=1)))
    assert 0 < len(result.failures) < len(alone)


# --- only what is new ------------------------------------------------------------------------------------
def ran(result):
    """How many runs a sweep says that it ran."""
    assert result.exit_code == 0, result.stderr
    return int(result.stdout.split(": ")[1].split()[0])


@pytest.mark.parametrize(
    ("first", "then", "new"),
    [
        ({}, {}, 0),
        ({}, {"replicates": 5}, 8 * 2),
        ({"sample": "sobol"}, {"sample": "sobol", "n": 6}, 2 * 2 * 3),
        ({}, {"factors": [{**POSTURES, "values": ["six", "fourteen", "equal_six"]}, INTERCEPT]}, 4 * 3),
        ({"factors": [POSTURES]}, {"factors": [POSTURES, {"key": "skill.at_start", "values": [0.2, 0.3, 0.4]}]}, 4 * 3),
        ({"points": [{"skill.at_start": 0.2}]}, {"points": [{"skill.at_start": 0.3}, {"skill.at_start": 0.2}]}, 24),
        ({"title": "One"}, {"title": "Another", "question": "Why?"}, 0),
        ({"factors": [POSTURES]}, {"factors": [POSTURES, {"key": "responses", "values": ["surge", "none"]}]}, 6),
        # a constant becomes a factor, and the other way round
        ({}, {"constants": {}, "factors": [POSTURES, INTERCEPT, {"key": "days", "values": [2, 1]}]}, 24),
        ({"factors": [POSTURES], "constants": {"days": 2, "skill.at_start": 0.2}}, {"factors": [POSTURES, {"key": "skill.at_start", "values": [0.2]}]}, 0),  # noqa: E501
    ],
)  # fmt: skip
def test_what_is_added_to_a_finished_sweep_is_all_that_runs(swept, tmp_path, first, then, new):
    ran(swept("o", **first))
    assert ran(swept("o", **then)) == new
    assert ran(swept("p", **then)) >= new
    assert (tmp_path / "o" / "runs.csv").read_bytes() == (tmp_path / "p" / "runs.csv").read_bytes()


@pytest.mark.parametrize(
    "same",
    [
        [{"supply.trucks_per_convoy": 10}, {"supply.trucks_per_convoy": 10}],
        [{"defence.radius_km": 2}, {"defence.radius_km": 2.0}],
        [{"skill.at_start": 0.3, "skill.gain": 0.1}, {"skill.gain": 0.1, "skill.at_start": 0.3}],
        [{}, {"days": 2}],
        [{}, {"people": 3000, "batteries": 6}],
        [{}, {"sites.embassy.batteries": "same"}],
        [{"responses": "none"}, {"responses": ""}, {}],
        [{"responses": "surge=0.5+zone_clearance"}, {"responses": "zone_clearance+surge=0.5"}],
        [{"responses": "surge"}, {"responses": "surge=1.0"}, {"responses.surge.strength": 1.0}],
        [{}, {"start": "2020-01-01"}],
        [{}, {"posture": "six"}],
    ],
    ids=str,
)
def test_points_that_come_to_the_same_are_found_before_they_run(tmp_path, same, read):
    six = load_scenario("six")
    batteries = next(site.batteries for site in six.posture.sites if site.name == "embassy")
    points = [{k: batteries if v == "same" else v for k, v in p.items()} for p in same]
    default = {"skill.at_start": six.parameters.skill.at_start}  # given explicitly
    points.append({**points[0], **(default if not set(default) & set(points[0]) else {})})
    some = design(factors=[], points=points, replicates=2)
    plan = make_plan(some, "x")
    assert plan.n_duplicates == 2 * (len(points) - 1)
    outcome = sweep(make_plan(some, "x"), tmp_path, ONE)
    assert outcome.ran == 2
    rows = read(tmp_path / "runs.csv")
    assert len(rows) == 2 * len(points)
    assert len({r["digest"] for r in rows}) == 2


def test_duplicates_are_said(swept):
    result = swept("o", factors=[], points=[{"batteries": 6}, {"batteries": 5}, {"people": 3000}])
    assert "9 runs of 3 points: 6 run, 0 there already, 3 the same as another." in result.stdout


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"seed": 2}, ["design.seed: 1 → 2"]),
        ({"constants": {"days": 3}}, ["design.constants.days: 2 → 3"]),
        ({"factors": [{**POSTURES, "values": ["six", "equal_six"]}, INTERCEPT]}, ["factors[0].values", "equal_six"]),
        ({"factors": [POSTURES, {**INTERCEPT, "low": 0.4}]}, ["design.factors[1].low: 0.5 → 0.4"]),
        ({"n": 5}, ["design.n: 4 → 5"]),
        ({"sample": "random"}, ["design.sample: latin_hypercube → random"]),
        ({"responses": ["surge"]}, ["design.responses"]),
        ({"outputs": ["runs", "daily"]}, ["design.outputs"]),
    ],
)
def test_a_changed_design_says_what_differs_and_wants_fresh(swept, tmp_path, keys, words):
    assert ran(swept("o")) == 24
    before = {path: path.read_bytes() for path in (tmp_path / "o").rglob("*") if path.is_file()}
    result = swept("o", **keys)
    assert (result.exit_code, result.stdout) == (2, "")
    for word in [*words, "--fresh", "24 runs", "design.json"]:
        assert word in result.stderr
    assert {path: path.read_bytes() for path in (tmp_path / "o").rglob("*") if path.is_file()} == before
    fresh = swept("o", "--fresh", **keys)
    assert ran(fresh) > 0
    swept("p", **keys)
    assert (tmp_path / "o" / "runs.csv").read_bytes() == (tmp_path / "p" / "runs.csv").read_bytes()


def test_a_changed_file_that_the_design_names_counts_as_a_change(swept, tmp_path):
    from sim.config_files import configs_folder

    mine = tmp_path / "mine.toml"
    text = (configs_folder() / "responses" / "surge.toml").read_text()
    mine.write_text(text)
    assert ran(swept("o", responses=[str(mine)])) == 24
    assert ran(swept("o", responses=[str(mine)])) == 0
    mine.write_text(text.replace("start_day = ", "start_day = 1", 1))
    assert mine.read_text() != text
    result = swept("o", responses=[str(mine)])
    assert result.exit_code == 2
    assert "scenarios.fourteen" in result.stderr
    assert "--fresh" in result.stderr


def test_other_rules_are_a_change(swept, tmp_path):
    ran(swept("o"))
    file = tmp_path / "o" / "design.json"
    stored = json.loads(file.read_text())
    rules = stored["rules"]
    # what a folder looks like whose runs were made by other rules: names of runs cover them
    write_json(file, {**stored, "rules": "0123456789abcdef"})
    for chunk in (tmp_path / "o" / "chunks").iterdir():
        _rename_runs(chunk)
    result = swept("o")
    assert result.exit_code == 2
    assert f"rules: 0123456789abcdef → {rules}" in result.stderr


def _rename_runs(path):
    from experiments.runs.archive import open_chunk, write_chunk

    chunk = open_chunk(path)
    arrays = {name: chunk.array(name) for name in chunk.plans}
    write_chunk(path, {**arrays, "keys": arrays["keys"] ^ np.uint64(1)})


def test_fewer_replicates_are_no_change(swept, tmp_path):
    assert ran(swept("o", replicates=5)) == 40
    assert ran(swept("o", replicates=3)) == 0
    swept("p", replicates=3)
    assert (tmp_path / "o" / "runs.csv").read_bytes() == (tmp_path / "p" / "runs.csv").read_bytes()


# --- order -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "shape", [(2, 2, 2), (2, 64), (64, 4), (2, 12), (3, 5, 7), (2, 6, 64), (10, 10, 10), (4, 4, 4, 4), (7, 100, 3)]
)
def test_every_beginning_is_an_even_sample_of_each_factor(shape):
    keys = ["defence.p_intercept", "skill.at_start", "fire.p_inside_at_best", "harm.p_wound"]
    factors = [{"key": key, "values": [k / 1000 for k in range(n)]} for key, n in zip(keys, shape, strict=False)]
    from experiments.runs.bases import Bases
    from experiments.runs.plan import Plan

    some = design(factors=factors)
    n = math.prod(shape)
    keys = np.zeros((n, 1), np.uint64)
    order = Plan(Points(some), Bases(some), (), keys, keys).order
    assert sorted(order) == list(range(n))
    for level, levels in zip(np.unravel_index(order, shape), shape, strict=True):
        groups = min(levels, 8)
        group = level * groups // levels
        share = np.bincount(group, minlength=groups) / n
        counts = np.cumsum(group[:, None] == np.arange(groups), axis=0)
        off = np.abs(counts - np.arange(1, n + 1)[:, None] * share).max()
        assert off <= 2 + 0.2 * math.sqrt(n), "a beginning has too many or too few of a factor's values"


def test_an_interrupted_sweep_has_all_points(tmp_path):
    """Replicates of every point come before more of any."""
    plan = make_plan(design(replicates=40, n=8), "x")
    counts = np.zeros(16, int)
    number = {int(key): k for k, keys in enumerate(plan.keys) for key in keys}
    for job in jobs_of(plan, np.ones(plan.keys.shape, bool), lambda: 16.0):
        for point in job.points:
            for key in point.keys:
                counts[number[key]] += 1
        # two bases take turns, each job of one of them
        assert counts.max() - counts.min() <= 16


# --- the same bytes --------------------------------------------------------------------------------------
BIG = {"replicates": 8, "outputs": ["runs", "daily", "events"], "constants": {"days": 8}}


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reference")
    sweep(make_plan(design(**BIG), "x"), folder, ONE)
    return {name: (folder / name).read_bytes() for name in ("runs.csv", "daily.csv", "events.csv")}


@pytest.mark.parametrize("workers", [2, 3])
def test_the_same_bytes_with_more_threads(swept, tmp_path, reference, workers):
    assert swept("o", "--workers", workers, **BIG).exit_code == 0
    assert {name: (tmp_path / "o" / name).read_bytes() for name in reference} == reference


def test_the_same_bytes_with_processes(swept, tmp_path, reference):
    assert swept("o", "--workers", 2, "--processes", **BIG).exit_code == 0
    assert {name: (tmp_path / "o" / name).read_bytes() for name in reference} == reference


@pytest.mark.parametrize("per_job", [1, 7, 200])
def test_the_same_bytes_whatever_the_chunks(tmp_path, reference, per_job):
    from experiments.runs.archive import Archive

    plan = make_plan(design(**BIG), "x")
    (tmp_path / "chunks").mkdir()
    for job in jobs_of(plan, np.ones(plan.keys.shape, bool), lambda: 8.0 * per_job):
        assert sum(len(point.seeds) for point in job.points) <= max(1, 1.5 * per_job)
        Archive(tmp_path / "chunks").keep(job, run_job(job))
    write_tables(plan, Archive.open(tmp_path / "chunks"), tmp_path)
    assert {name: (tmp_path / name).read_bytes() for name in reference} == reference


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "gone"])
def test_a_damaged_chunk_is_noticed_and_run_again(swept, tmp_path, reference, damage):
    swept("o", **BIG)
    (tmp_path / "o" / "runs.csv").write_text("old")
    chunk = sorted((tmp_path / "o" / "chunks").iterdir())[0]
    whole = chunk.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 4
    if damage == "gone":
        chunk.unlink()
    else:
        chunk.write_bytes({"cut": whole[: len(whole) // 2], "flip": bytes(flipped), "empty": b""}[damage])
    result = swept("o", **BIG)
    assert 0 < ran(result) < 64
    assert ("1 damaged chunk files" in result.stderr) == (damage != "gone")
    assert {name: (tmp_path / "o" / name).read_bytes() for name in reference} == reference
    assert ran(swept("o", **BIG)) == 0
