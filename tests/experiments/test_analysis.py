"""The analysis API: tables with types and units, pairs that match, intervals that say what they promise."""

from __future__ import annotations

import math
import subprocess
import sys
from datetime import date
from pathlib import Path

import designs
import made_up
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import experiments
from experiments.analysis import (
    bootstrap,
    comparison_of,
    differences,
    paired,
    quantiles,
    rank_stability,
    rate,
    share,
    with_points,
)
from experiments.analysis.comparisons import corrected
from experiments.analysis.intervals import quantile
from experiments.analysis.schema import COLUMN_OF, schemas
from experiments.files.columns import COMPARISON_FIELDS, MAIN_MEASURES
from experiments.runs.comparison import tabulate
from experiments.runs.comparison_files import cells
from sim.errors import ConfigError
from sim.measures import BY_NAME, MEASURES

REFERENCE = Path(__file__).parents[2] / "results" / "reference"
NOT_REACHED = {m.name for m in MEASURES if m.how in made_up.NOT_REACHED}
NUMBERS = [f.name for f in COMPARISON_FIELDS if f.unit]


@pytest.fixture(scope="module")
def compared(tmp_path_factory, program):
    """A folder of `posture compare`."""
    folder = tmp_path_factory.mktemp("compared")
    done = program(
        "compare", "--ensemble", "none", "six", "fourteen", "--replicates", "12", *made_up.SHORT, "--out", folder
    )
    assert done.returncode == 0, done.stderr
    return experiments.load(folder)


@pytest.fixture(scope="module")
def swept(tmp_path_factory, program):
    """A folder of `posture sweep`: two postures, two numbers of batteries."""
    folder = tmp_path_factory.mktemp("swept")
    factors = [designs.POSTURES, {"key": "batteries", "kind": "lever", "values": [4, 6]}]
    design = designs.write(folder / "design.toml", factors=factors, n=None)
    done = program("sweep", design, "--out", folder / "out")
    assert done.returncode == 0, done.stderr
    return experiments.load(folder / "out")


def frame(n=8, **scenarios):
    """Runs of scenarios by name: a value of `fire_attacks` for each replicate."""
    parts = [
        pd.DataFrame({"posture": name, "replicate": range(n), "seed": range(100, 100 + n), "fire_attacks": values})
        for name, values in scenarios.items()
    ]
    return pd.concat(parts, ignore_index=True)


# --- loading -----------------------------------------------------------------------------------------------
def test_importing_experiments_imports_nothing_heavy():
    code = "import sys, experiments; print([m for m in ('numpy', 'pandas', 'matplotlib') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_runs_have_types_units_and_a_scenario(compared):
    runs = compared.runs
    types = runs.dtypes.astype(str)
    assert types[["posture", "responses", "status", "scenario"]].tolist() == ["category"] * 4
    assert types[["replicate", "seed", "cargo_sent_t"]].tolist() == ["int64", "uint64", "float64"]
    assert runs.attrs["units"]["cargo_sent_t"] == "t"
    assert runs["scenario"].astype(str).tolist() == ["fourteen"] * 12 + ["six"] * 12
    assert compared.n_failed == 0
    assert "runs" in compared
    assert "tornado" not in compared


def test_no_response_is_its_word_and_an_empty_cell_of_an_older_file_is_read_as_it(compared, swept, tmp_path, read):
    for results in (compared, swept):
        file = results.files["runs"]
        assert {row["responses"] for row in read(file)} == {"none"}
        (tmp_path / "runs.csv").write_text(file.read_text(encoding="utf-8").replace(",none,", ",,"), encoding="utf-8")
        assert {row["responses"] for row in read(tmp_path / "runs.csv")} == {""}
        new, old = results.runs, experiments.load(tmp_path).runs
        assert old["responses"].astype(str).tolist() == new["responses"].astype(str).tolist() == ["none"] * len(new)
        assert old["scenario"].astype(str).tolist() == new["scenario"].astype(str).tolist()


def test_columns_are_read_as_they_are_written_to_the_last_digit(compared, read):
    text = read(compared.files["runs"])
    some = compared.table("runs", ["seed", "relation_mean", "scenario"])
    assert list(some) == ["seed", "relation_mean", "scenario"]
    assert some["relation_mean"].tolist() == [float(row["relation_mean"]) for row in text]
    assert some["seed"].tolist() == [int(row["seed"]) for row in text]


def test_every_table_of_a_command_reads(compared, swept):
    assert {"runs", "comparison", "weekly", "squares"} <= set(compared.files)
    for results in (compared, swept):
        for name in results.files:
            assert list(results.table(name)) == list(results.columns(name))
            assert "unknown" not in results.units(name).values()


def test_a_single_run_has_no_replicate(tmp_path, posture):
    words = ("--daily", "--events", "--response", "surge", "--response", "zone_clearance")
    assert posture("run", "six", *made_up.SHORT, *words, "--out", tmp_path).exit_code == 0
    results = experiments.load(tmp_path)
    assert str(results.runs["replicate"].dtype) == "Int64"
    assert results.runs["scenario"].tolist() == ["six+surge+zone_clearance"]
    assert results.table("daily")["day"].tolist() == [1, 2, 3, 4, 5]
    assert (results.table("events")["event"].diff().dropna() == 1).all()


def test_every_reference_table_is_known_and_reads():
    results = experiments.load(REFERENCE)
    assert len(results.files) == len(list(REFERENCE.glob("*.csv")))
    for name in results.files:
        table = results.table(name)
        units = table.attrs["units"]
        texts = [column for column in table if units[column] == ""]
        assert not any(pd.api.types.is_numeric_dtype(table[column]) for column in texts)
        assert all(pd.api.types.is_numeric_dtype(table[column]) for column in table if column not in texts)


def test_every_file_of_the_data_dictionary_has_a_schema():
    text = (REFERENCE.parents[1] / "docs" / "data-dictionary.md").read_text(encoding="utf-8")
    files = [line[3:].removesuffix(".csv") for line in text.splitlines() if line.startswith("## ")]
    assert [name for name in files if name not in schemas() and not name.startswith("ensemble")] == []


# --- pairs -------------------------------------------------------------------------------------------------
def test_pairs_share_replicate_and_seed(compared):
    pairs = paired(compared.runs, "fourteen", "six")
    assert pairs.base.index.equals(pairs.other.index)
    assert (pairs.base["seed"] == pairs.other["seed"]).all()
    assert (pairs.base["posture"] == "fourteen").all()
    assert len(pairs) == 12


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda runs: runs.drop([1, 2, 13]),
            "replicate is '1, 2, 5'; it must be the same in a and b, but 3 of 8 have no partner",
        ),
        (
            lambda runs: runs.assign(seed=runs["seed"] + (runs.index == 9)),
            "seed of b is 102; it must be 101, that of a in replicate 1: pairs share their luck (1 of 8 differ)",
        ),
        (
            lambda runs: runs.assign(replicate=runs["replicate"].replace(7, 6)),
            "replicate is 6; there must be one run of scenario a for each: with_points makes points scenarios of "
            "their own",
        ),
        (
            lambda runs: runs.assign(status=["failed", *["ok"] * 15]),
            "status is 'failed'; there must be finished runs, but 1 of 16 failed: failed=\"drop\" leaves out their "
            "pairs",
        ),
        (
            lambda runs: runs.assign(posture=runs["posture"].replace("b", "c")),
            "scenario is 'b'; it must be one of a, c",
        ),
        (
            lambda runs: runs.drop(columns="seed").assign(replicate=None),
            "replicate is empty; there must be numbers, or seeds",
        ),
    ],
)
def test_runs_that_dont_match_are_refused(change, message):
    runs = change(frame(a=range(8), b=range(8)))
    runs.attrs["file"] = "runs.csv"
    with pytest.raises(ConfigError) as error:
        paired(runs, "a", "b")
    assert str(error.value).startswith(f"runs.csv: {message}")


def test_runs_without_a_replicate_are_paired_by_seed():
    runs = frame(a=range(8), b=range(8, 0, -1)).drop(columns="replicate")
    assert paired(runs, "a", "b").base.index.tolist() == list(range(100, 108))


def test_pairs_of_failed_runs_are_left_out_whole(tmp_path):
    rows = {"fourteen": made_up.table(10, 1.0, {2}), "six": made_up.table(10, 0.5, {2, 7})}
    made_up.written(tmp_path, rows)
    with pytest.raises(ConfigError, match="3 of 20 rows"):
        experiments.load(tmp_path).runs  # noqa: B018
    for failed in ("drop", "keep"):
        runs = experiments.load(tmp_path, failed=failed).runs
        pairs = paired(runs, "fourteen", "six", failed="drop")
        assert pairs.other.index.tolist() == [0, 1, 3, 4, 5, 6, 8, 9]
        table = differences(runs, failed="drop")
        assert table["pairs"].tolist() == [0 if blank else 8 for blank in table["base_mean"].isna()]
        assert set(table.loc[table["pairs"] == 0, "measure"]) == NOT_REACHED
        assert_same(table, tabulate(rows))


def test_a_partner_may_be_missing_only_if_it_failed(tmp_path):
    rows = {"fourteen": made_up.table(10, 1.0), "six": made_up.table(10, 0.5, {7})}
    made_up.written(tmp_path, rows, without={("six", 3)})
    runs = experiments.load(tmp_path, failed="drop").runs
    with pytest.raises(ConfigError, match="replicate is '3'; it must be the same in fourteen and six, but 1 of 10"):
        paired(runs, "fourteen", "six")


# --- differences -------------------------------------------------------------------------------------------
def assert_same(table, comparison):
    """Rows of differences() are those of a comparison, all digits of them."""
    rows = pd.DataFrame(map(cells, comparison.pairs()), columns=[f.name for f in COMPARISON_FIELDS])
    for name in rows:
        assert np.array_equal(table[name].to_numpy(), rows[name].to_numpy(), equal_nan=name in NUMBERS), name


def test_differences_are_those_of_comparison_csv_to_all_digits(compared):
    """The base of the command is six, though runs.csv is sorted."""
    known, table = compared.table("comparison"), differences(compared.runs, base="six")
    assert table["measure"].tolist() == known["measure"].tolist()
    assert np.array_equal(table[NUMBERS].to_numpy(float), known[NUMBERS].to_numpy(float), equal_nan=True)


def test_a_measure_that_no_run_has_is_a_row_of_blanks(compared):
    """Five days end in the first quarter: of the second nothing is known, and no pair says that it is lower."""
    for table in (compared.table("comparison"), differences(compared.runs, base="six")):
        rows = table.set_index("measure")
        assert rows.loc["fire_attacks_q2", "pairs"] == 0
        assert rows.loc["fire_attacks_q2", [name for name in NUMBERS if name != "pairs"]].isna().all()
        assert rows.loc["fire_attacks_q1", "pairs"] == 12
        assert rows.loc["fire_attacks_q1", "base_mean"] == rows.loc["fire_attacks", "base_mean"]


def test_pairs_without_a_measure_are_left_out_of_it_alone(compared):
    runs, column = compared.runs.copy(), COLUMN_OF["hits_per_100_convoys"]
    runs.loc[(runs["posture"] == "six") & (runs["replicate"] < 5), column] = np.nan
    row = differences(runs, base="six", measures=["hits_per_100_convoys"]).iloc[0]
    kept = differences(runs[runs["replicate"] >= 5], base="six", measures=["hits_per_100_convoys"]).iloc[0]
    assert row["pairs"] == kept["pairs"] == 7
    assert row[NUMBERS].tolist() == kept[NUMBERS].tolist()
    assert differences(runs, base="six", measures=["fire_attacks"])["pairs"].tolist() == [12]


def test_p_values_are_those_of_the_paired_t_test(compared):
    table = differences(compared.runs, "fourteen", ["fire_attacks", "pressure", "cargo_sent_t"]).set_index("measure")
    assert table.index.tolist() == ["fire_attacks", "pressure", "cargo_sent"]
    pairs = paired(compared.runs, "fourteen", "six")
    for measure, row in table.iterrows():
        base, other = (part[COLUMN_OF[measure]].to_numpy() for part in (pairs.base, pairs.other))
        test = stats.ttest_rel(other, base)
        bounds = test.confidence_interval(0.95)
        assert row["p_value"] == pytest.approx(test.pvalue, rel=1e-9)
        assert row["difference_low"] == pytest.approx(bounds.low, rel=1e-9)
        assert row["difference_high"] == pytest.approx(bounds.high, rel=1e-9)


def test_differences_that_never_vary_have_a_p_value_of_0_or_1():
    runs = frame(a=range(8), b=range(8), c=range(1, 9))
    table = differences(runs)
    assert table["p_value"].tolist() == [1.0, 0.0]
    assert table.attrs["note"].startswith("0 intervals at 95%: about 0 would miss")
    assert differences(frame(n=1, a=[1], b=[2]))["p_holm"].isna().all()


def test_the_note_counts_the_intervals():
    noise = np.random.default_rng(1).normal(size=(24, 8))
    runs = frame(**{f"s{k}": values for k, values in enumerate(noise)})
    table = differences(runs)
    missed = table["difference_low"].gt(0) | table["difference_high"].lt(0)
    surely = int(table["p_holm"].lt(0.05).sum())
    assert table.attrs["note"] == (
        "23 intervals at 95%: about 1.2 would miss their true value by luck alone; p_holm takes account of that. "
        f"{missed.sum()} leave 0 out; p_holm is below 0.05 in {surely} rows."
    )
    assert surely == 0  # nothing but noise
    assert "23 intervals at 80%: about 4.6" in differences(runs, level=0.8).attrs["note"]


@given(st.lists(st.one_of(st.floats(0, 1), st.just(math.nan)), max_size=20))
def test_corrected_p_values_are_larger_and_keep_their_order(p_values):
    given_, holm = np.array(p_values, dtype=float), corrected(np.array(p_values, dtype=float))
    known = ~np.isnan(given_)
    assert np.array_equal(np.isnan(holm), ~known)
    assert (holm[known] >= given_[known]).all()
    assert (holm[known] <= 1).all()
    assert (np.diff(holm[known][np.argsort(given_[known], kind="stable")]) >= 0).all()
    if known.any():
        assert holm[known].min() == min(1.0, known.sum() * given_[known].min())


@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(random):
    rng = np.random.default_rng(3)
    runs = frame(a=rng.poisson(40, 8), b=rng.poisson(50, 8), c=rng.poisson(45, 8))
    order = list(range(len(runs)))
    random.shuffle(order)
    table, shuffled = differences(runs, "b"), differences(runs.iloc[order], "b")
    pd.testing.assert_frame_equal(
        table.drop(columns="p_holm"), shuffled.sort_values("posture", ignore_index=True).drop(columns="p_holm")
    )


# --- sweeps ------------------------------------------------------------------------------------------------
def test_points_of_a_sweep_become_scenarios(swept):
    assert swept.runs.attrs["units"]["batteries"] == "battery"
    with pytest.raises(ConfigError, match="swept is 'batteries'; there must be one point a scenario: with_points"):
        differences(swept.runs)
    runs = with_points(swept.runs)
    names = ["fourteen, batteries=4", "fourteen, batteries=6", "six, batteries=4", "six, batteries=6"]
    assert runs["scenario"].cat.categories.tolist() == names
    table = differences(runs, base="six, batteries=4", measures=["fire_attacks"])
    assert table["posture"].tolist() == [name for name in names if name != "six, batteries=4"]
    means = runs.groupby("scenario")["fire_attacks"].mean()
    assert table["difference_mean"].tolist() == pytest.approx([means[p] - means[names[2]] for p in table["posture"]])


def test_postures_of_a_sweep_are_paired_point_by_point(swept):
    pairs = paired(swept.runs, "fourteen", "six")
    assert pairs.base.index.names == ["batteries", "replicate"]
    assert pairs.base.index.tolist() == [(b, r) for b in (4, 6) for r in range(3)]
    assert (pairs.other["posture"] == "six").all()


# --- intervals ---------------------------------------------------------------------------------------------
@given(st.integers(2, 400), st.floats(0.01, 0.99), st.sampled_from([0.8, 0.95, 0.99]))
def test_intervals_of_quantiles_cover_what_they_say(n, q, level):
    """Of uniform numbers the k-th smallest of n is beta distributed: a way to the coverage without the binomial."""
    _, low, high, coverage, size = quantile(np.arange(1.0, n + 1), q, level)
    below = 1.0 if math.isnan(low) else stats.beta(low, n - low + 1).cdf(q)
    above = 0.0 if math.isnan(high) else stats.beta(high, n - high + 1).cdf(q)
    assert coverage == pytest.approx(below - above, abs=1e-9)
    assert coverage >= level - 1e-9
    assert size == n


def test_quantiles_of_runs_are_a_row_a_scenario_measure_and_quantile(compared):
    table = quantiles(compared.runs, ["fire_attacks", "cargo_sent"], q=[0.25, 0.5])
    assert table["scenario"].tolist() == ["fourteen"] * 4 + ["six"] * 4
    assert table["unit"].tolist() == ["1", "1", "t", "t"] * 2
    six = compared.runs.query("scenario == 'six'")["fire_attacks"]
    row = table.iloc[5]
    assert row["value"] == six.median()
    assert [row["low"], row["high"]] == [
        sorted(six)[2],
        sorted(six)[9],
    ]  # ranks 3 and 10 of 12: tables of the sign test
    assert row["coverage"] == pytest.approx(1 - 2 * (1 + 12 + 66) / 2**12)


def test_too_few_runs_say_nothing_of_a_tail():
    value, low, high, coverage, n = quantile(np.arange(10.0), 0.05)
    assert (math.isnan(low), high, n) == (True, 2.0, 10)
    assert coverage >= 0.95
    assert value == pytest.approx(0.45)
    assert math.isnan(quantile(np.array([]), 0.5)[0])


@given(st.integers(1, 300), st.data())
def test_the_interval_of_a_share_is_exact(n, data):
    k = data.draw(st.integers(0, n))
    found = share(k, n)
    assert found.low <= k / n <= found.high
    assert stats.binom(n, found.low).sf(k - 1) == pytest.approx(0.025 if k else 1.0, abs=1e-6)
    assert stats.binom(n, found.high).cdf(k) == pytest.approx(0.025 if k < n else 1.0, abs=1e-6)


@given(st.integers(0, 500), st.floats(0.1, 1e4))
def test_the_interval_of_a_rate_is_exact(count, exposure):
    found = rate(count, exposure, level=0.9)
    assert found.mean == count / exposure
    assert stats.poisson(found.low * exposure).sf(count - 1) == pytest.approx(0.05 if count else 1.0, abs=1e-9)
    assert stats.poisson(found.high * exposure).cdf(count) == pytest.approx(0.05, abs=1e-9)


def test_bootstrap_of_a_mean_is_near_the_t_interval():
    values = np.random.default_rng(2).normal(10, 2, 200)
    found = bootstrap(values, seed=5)
    known = stats.t.interval(0.95, 199, values.mean(), stats.sem(values))
    assert found.mean == values.mean()
    assert (found.low, found.high) == pytest.approx(known, abs=0.03)
    assert found == bootstrap(list(values), seed=5)
    assert found != bootstrap(values, seed=6)
    skewed = bootstrap(values, stats.skew)
    assert skewed.low < stats.skew(values) < skewed.high


def test_bootstrap_of_what_does_not_vary():
    assert bootstrap([3.0] * 9) == bootstrap([3.0] * 9, np.median)
    assert (bootstrap([3.0] * 9).low, bootstrap([3.0] * 9).high) == (3.0, 3.0)
    assert math.isnan(bootstrap([3.0]).low)
    assert math.isnan(bootstrap([1.0, 1, 1, 1, 1, 2], np.median).low)  # BCa is not defined


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: share(5, 4), "k of n is '5 of 4'; it must be 0 ≤ k ≤ n, and n ≥ 1."),
        (lambda: rate(1, 0), "count, exposure is '1, 0'; it must be count ≥ 0 and exposure > 0."),
        (lambda: quantile(np.arange(3.0), 1.5), "q is 1.5; it must be a number between 0 and 1."),
        (lambda: differences(frame(a=range(8))), "scenario is 'a'; there must be a second one to compare it with."),
        (
            lambda: differences(frame(a=range(8), b=range(8)), measures=["us_killed"]),
            "measure is 'us_killed'; it must be a measure that the runs have.",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(ConfigError) as error:
        call()
    assert str(error.value) == message


# --- ranks -------------------------------------------------------------------------------------------------
def test_an_order_that_every_replicate_shows_is_stable():
    base = np.arange(8)
    table = rank_stability(frame(c=base + 2, a=base, b=base + 1), "fire_attacks", sizes=[2, 5, 100], repeats=50)
    assert list(table) == ["n", "same_order", "a", "b", "c"]
    assert table["n"].tolist() == [2, 5, 8]
    assert table[["same_order", "a", "b", "c"]].drop_duplicates().to_numpy().tolist() == [[1, 1, 0, 0]]
    assert table.attrs["order"] == ["a", "b", "c"]


def test_the_chance_of_an_order_is_that_of_the_draws():
    """One draw of two replicates in which a is better once, and b once: a is best in half of them, ties shared."""
    table = rank_stability(frame(n=2, a=[0, 10], b=[1, 9]), "fire_attacks", sizes=[1], repeats=4000)
    (first, *_), better = table["same_order"], table["a"][0]
    assert first == pytest.approx(0.5, abs=0.03)
    assert better == pytest.approx(0.5, abs=0.03)
    assert np.allclose(table[["a", "b"]].sum(axis=1), 1.0)


def test_scenarios_with_more_of_a_good_thing_are_best():
    runs = frame(a=range(8), b=range(1, 9)).rename(columns={"fire_attacks": "relation_mean"})
    assert rank_stability(runs, "relation_mean").attrs["order"] == ["b", "a"]
    assert BY_NAME["relation_mean"].better > 0


def test_measures_that_runs_lack_have_no_ranks():
    with pytest.raises(ConfigError, match="measure is 'fire_attacks'; it must be a measure that every run has"):
        rank_stability(frame(a=[1.0] * 8, b=[2.0] * 7 + [np.nan]), "fire_attacks")


def test_ranks_are_the_same_for_the_same_seed():
    noise = np.random.default_rng(1).normal(size=(2, 8))
    runs = frame(a=noise[0], b=noise[1])
    assert rank_stability(runs, "fire_attacks").equals(rank_stability(runs, "fire_attacks"))
    assert not rank_stability(runs, "fire_attacks").equals(rank_stability(runs, "fire_attacks", seed=2))


# --- comparisons -------------------------------------------------------------------------------------------
def test_a_comparison_is_that_of_the_command(compared):
    """Its base is the first posture of the command; five days don't cover the quarters that were reported."""
    found = comparison_of(compared)
    assert found.names == ("six", "fourteen")
    assert (found.n, found.quarters, found.failed) == (12, (date(2020, 1, 1), ()), ())
    known = compared.table("comparison").set_index("measure")
    for measure in MAIN_MEASURES:
        pair = found.pair("fourteen", measure)
        assert [pair.difference.mean, pair.difference.low] == pytest.approx(
            known.loc[measure, ["difference_mean", "difference_low"]].tolist(), rel=1e-12, nan_ok=True
        )


def test_a_comparison_names_failed_runs(tmp_path):
    rows = {"fourteen": made_up.table(10, 1.0), "six": made_up.table(10, 0.5, {7})}
    for failed in ("drop", "keep"):
        found = comparison_of(experiments.load(made_up.written(tmp_path, rows), failed=failed), ["fire_attacks"])
        assert [(row.label, row.replicate, row.error) for row in found.failed] == [("six", 7, "stopped")]
        assert (found.names, found.n) == (("fourteen", "six"), 9)
    with pytest.raises(ConfigError, match="1 of 20 rows"):
        comparison_of(experiments.load(tmp_path))


def test_a_comparison_of_points_of_a_sweep(swept):
    found = comparison_of(swept)
    assert found.names[0] == "fourteen, batteries=4"
    assert len(found.names) == 4
    assert found.n == 3


def test_one_scenario_or_very_many_are_no_comparison(tmp_path):
    assert comparison_of(experiments.load(made_up.written(tmp_path, {"six": made_up.table(3, 1.0)}))) is None
    many = {f"p{k}": made_up.table(2, 1.0) for k in range(41)}
    assert comparison_of(experiments.load(made_up.written(tmp_path, many))) is None
