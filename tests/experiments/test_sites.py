"""Fire on each site: `sites.csv` of a comparison, `site_fire.csv` of a sweep, and what a report says of them."""

from __future__ import annotations

import csv
import shutil

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from pandas.testing import assert_frame_equal
from scipy import stats
from sizes import assert_counted
from theatres import theatre_in_squares

import experiments
from experiments.analysis.alignment import with_points
from experiments.analysis.raw_tables import sites_of_fire, theatres_of, with_scenario
from experiments.cli import cli
from experiments.files.columns import SITE_FIELDS, frame_of
from experiments.files.manifest import out_of_reach
from experiments.files.sites import SiteFire, fire_on_sites, site_columns
from experiments.files.squares import codes_of
from experiments.report.sites import numbers
from experiments.report.sites.section import section
from experiments.runs.pools import threads
from experiments.studies.priors import load_priors
from experiments.studies.runner import StudyRunner
from experiments.studies.settings import SitesSizes, load_sizes
from experiments.studies.sites.reach import sites_over_prior
from sim.config_files import configs_folder
from sim.draws import replicate_seed
from sim.engine import simulate
from sim.rules.events import FIRE
from sim.scenario import load_scenario
from tests.experiments.designs import POSTURES, write

DAYS, N = 40, 6
BUSY = {"days": DAYS, "operations.base_rate_per_day": 0.3}
SET = ("--days", DAYS, "--set", "operations.base_rate_per_day=0.3")
INTERVAL = ("mean", "low", "high")


def call(*arguments):
    result = CliRunner().invoke(cli, [str(each) for each in arguments], prog_name="posture")
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compared")
    call("compare", "--ensemble", "none", "fourteen", "six", "--replicates", N, "--seed", 3, *SET, "--out", folder)
    return folder


def swept_to(folder, design_folder, *words, replicates=N, postures=POSTURES):
    keys = {"seed": 3, "replicates": replicates, "n": None, "factors": [postures], "outputs": ["runs", "site_fire"]}
    call("sweep", write(design_folder / "d.toml", constants=BUSY, **keys), "--out", folder, *words)
    return folder


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """The same runs as a sweep, with site_fire.csv."""
    return swept_to(tmp_path_factory.mktemp("swept"), tmp_path_factory.mktemp("design"), "--parquet")


@pytest.fixture(scope="module")
def by_hand():
    """Posture → attacks of each run on each site, counted by name in the events of runs made again."""
    found = {}
    for posture in ("fourteen", "six"):
        scenario = load_scenario(posture, BUSY)
        names = [site.name for site in scenario.theatre.config.sites]
        counts = pd.DataFrame(0.0, index=range(N), columns=names)
        for r in range(N):
            for event in simulate(scenario, replicate_seed(3, r), events=True).events:
                if event["kind"] == FIRE:
                    counts.loc[r, names[int(event["target"])]] += 1
        found[posture] = counts
    return found


def site_rows(folder):
    return pd.read_csv(folder / "sites.csv").set_index(["scenario", "site"])


def t_interval(values):
    mean, half = np.mean(values), stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)
    return [mean, mean - half, mean + half]


# --- the table ---------------------------------------------------------------------------------------------
def test_every_site_of_the_theatre_has_its_mean_difference_and_share(compared, by_hand):
    rows = site_rows(compared)
    assert len(rows) == 2 * 14
    for posture in ("fourteen", "six"):
        for site, counts in by_hand[posture].items():
            row = rows.loc[(posture, site)]
            assert row[list(INTERVAL)].tolist() == pytest.approx(t_interval(counts))
            hits = int((counts > 0).sum())
            bounds = stats.binomtest(hits, N).proportion_ci(method="exact")
            assert row[["share", "share_low", "share_high"]].tolist() == pytest.approx([hits / N, *bounds])
            differences = row[[f"difference_{part}" for part in INTERVAL]]
            if posture == "fourteen":
                assert differences.isna().all()
            else:
                assert differences.tolist() == pytest.approx(t_interval(counts - by_hand["fourteen"][site]))
    assert set(rows["n"]) == {N}
    assert (rows.loc["fourteen"]["share"] > 0).sum() > 3, "a table of zeros would prove nothing"


def test_sites_add_up_to_the_fire_of_the_runs(compared, read):
    rows = site_rows(compared)
    for posture in ("fourteen", "six"):
        runs = [row for row in read(compared / "runs.csv") if row["posture"] == posture]
        total = np.mean([float(row["fire_attacks"]) for row in runs])
        assert rows.loc[posture]["mean"].sum() == pytest.approx(total)
        for measure, sites in (("airport_fire_attacks", ["airport_base"]), ("embassy_fire_attacks", ["embassy"])):
            assert rows.loc[posture].loc[sites, "mean"].sum() == np.mean([float(row[measure]) for row in runs])


def test_what_is_held_is_said_and_what_is_not_is_not_fired_at(compared):
    rows = site_rows(compared)
    held = {plan.name for plan in load_scenario("six").posture.sites}
    assert {site for site, row in rows.loc["six"].iterrows() if row["held"]} == held
    assert rows.loc["fourteen"]["held"].all()
    assert (rows.loc["six"].loc[rows.loc["six"]["held"] == 0, "mean"] == 0).all()


def test_never_fired_at_in_a_few_runs_is_not_said_to_be_impossible():
    six = load_scenario("six")
    found = frame_of(SITE_FIELDS, site_columns([SiteFire("six", six.theatre, frozenset(), np.zeros((5, 14)))]))
    assert (found["share"] == 0).all()
    assert found["share_high"].tolist() == pytest.approx([1 - 0.025 ** (1 / 5)] * 14)


def test_sites_in_one_square_are_told_apart(tmp_path):
    """In squares of ten kilometres embassy and compound share one, and squares.csv can't tell them apart."""
    theatre_in_squares(10.0, tmp_path / "coarse.toml")
    text = (configs_folder() / "postures" / "six.toml").read_text(encoding="utf-8")
    (tmp_path / "six.toml").write_text(text.replace('theatre = "baghdad"', 'theatre = "coarse.toml"'), encoding="utf-8")
    scenario = load_scenario(tmp_path / "six.toml", BUSY)
    theatre, log = scenario.theatre, simulate(scenario, 1, events=True).events
    assert theatre.site_square[0] == theatre.site_square[1]
    counts = fire_on_sites(log, theatre)
    assert min(counts[:2]) > 0
    in_square = codes_of(log, theatre) == 2 * theatre.n_squares + theatre.site_square[0]
    assert counts[0] + counts[1] == in_square.sum()


def test_a_comparison_without_any_fire_has_its_sites_with_nothing(tmp_path):
    quiet = ("--days", 5, "--set", "operations.base_rate_per_day=0.0")
    call("compare", "--ensemble", "none", "plain_three", "plain_one", "--replicates", 3, *quiet, "--out", tmp_path)
    rows = experiments.load(tmp_path).table("sites")
    assert len(rows) == 6
    assert not rows[["mean", "share"]].to_numpy().any()
    assert (rows["share_high"] > 0.5).all(), "three runs say little"
    call("report", tmp_path)
    assert "no site is fired at" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_theatres_are_compared_only_in_sites_that_both_have(tmp_path):
    call("compare", "--ensemble", "none", "plain_three", "six", "--replicates", 2, "--days", 10, "--out", tmp_path)
    rows = experiments.load(tmp_path).table("sites")
    assert rows.groupby("scenario", sort=False).size().tolist() == [3, 14]
    assert rows["difference_mean"].isna().all()
    call("report", tmp_path)
    assert "Post in the town" in (tmp_path / "report.html").read_text(encoding="utf-8")


# --- runs of a sweep -----------------------------------------------------------------------------------------
def test_a_sweep_has_a_row_for_each_run_and_site(swept, by_hand):
    rows = experiments.load(swept).table("site_fire")
    assert len(rows) == 2 * N * 14
    for posture, counts in by_hand.items():
        found = rows[rows["posture"] == posture].pivot(index="replicate", columns="site", values="fire_attacks")
        found.columns = found.columns.astype(str)
        assert found[list(counts)].to_numpy().tolist() == counts.to_numpy().tolist()
    assert rows.attrs["units"]["fire_attacks"] == "1"


def test_both_formats_hold_the_same(swept):
    text, binary = pd.read_csv(swept / "site_fire.csv"), pd.read_parquet(swept / "site_fire.parquet")
    assert_frame_equal(text, binary, check_dtype=False, check_exact=True)


def test_runs_of_a_sweep_give_the_same_table_as_a_comparison(swept, compared):
    results = experiments.load(swept)
    runs = with_points(results.runs)
    fire = with_scenario(results.table("site_fire"), runs)
    found = sites_of_fire(fire, runs, results.manifest, theatres_of(results.manifest))
    assert_frame_equal(found, pd.read_csv(compared / "sites.csv"), check_exact=True, check_dtype=False)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_sweep_that_goes_on_leaves_the_same_bytes(swept, tmp_path, workers):
    swept_to(tmp_path / "out", tmp_path, replicates=2)
    swept_to(tmp_path / "out", tmp_path, "--workers", workers)
    assert (tmp_path / "out" / "site_fire.csv").read_bytes() == (swept / "site_fire.csv").read_bytes()


def test_a_comparison_that_goes_on_leaves_the_same_bytes(compared, tmp_path):
    for n in (2, N):
        call(
            "compare", "--ensemble", "none", "fourteen", "six", "--replicates", n, "--seed", 3, *SET, "--out", tmp_path
        )
    assert (tmp_path / "sites.csv").read_bytes() == (compared / "sites.csv").read_bytes()


def test_a_sweep_of_two_theatres_has_the_sites_of_each(tmp_path):
    both = {**POSTURES, "values": ["plain_one", "six"]}
    rows = experiments.load(swept_to(tmp_path / "out", tmp_path, replicates=2, postures=both)).table("site_fire")
    assert rows.groupby("posture", observed=True).size().to_dict() == {"plain_one": 2 * 3, "six": 2 * 14}


# --- verifying -----------------------------------------------------------------------------------------------
def test_verify_makes_the_counts_again(swept, posture, tmp_path):
    folder = shutil.copytree(swept, tmp_path / "out")
    assert (
        posture("verify", folder, "--sample", 99).stdout == f"{2 * N} runs made again, 6 files checked: all the same\n"
    )
    path = folder / "site_fire.csv"
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for k in (0, 20):  # another count; a row that is gone
        rows[k]["fire_attacks"] = str(int(rows[k]["fire_attacks"]) + 1)
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(row for k, row in enumerate(rows) if k != 20)
    done = posture("verify", folder, "--sample", 99)
    assert done.exit_code == 1
    assert f"site_fire.csv: line 2, fire_attacks is '{rows[0]['fire_attacks']}'; it must be '" in done.stdout
    assert f"site_fire.csv: line 22, site is '{rows[21]['site']}'; it must be '{rows[20]['site']}'" in done.stdout
    assert f"site_fire.csv: rows is {len(rows) - 1}; it must be {len(rows)}" in done.stdout
    assert done.stderr == "posture: site_fire.csv: not as written\n"


# --- the report ----------------------------------------------------------------------------------------------
def test_the_report_shows_both_postures_and_what_of_a_fall_is_sites_given_up(compared, swept):
    results = experiments.load(compared)
    found = section(results)
    (grid,) = found.tables
    heads = ["site", "fourteen", "six", "difference", "runs with any, fourteen", "runs with any, six"]
    assert grid.columns == heads
    assert grid.units == ["", *["attacks a run"] * 3, *["share"] * 2]
    assert len(grid.rows) == 14
    rows = {row[0]: row for row in grid.rows}
    taji = rows["Camp Taji"]
    assert taji[2] is None, "six does not hold it"
    assert taji[3].mean == -taji[1].mean
    table = site_rows(compared).loc["six"]
    given_up = table.loc[table["held"] == 0, "difference_mean"].sum()
    (said,) = [words for words in found.findings if words.startswith("Fire with six against fourteen")]
    assert f"of which {given_up:+.3g}".replace("-", "−") in said
    assert "on the 8 sites that only one of them holds" in said
    assert any(words.startswith("Six holds Erbil air base and Harir air base, never") for words in found.more)
    assert section(experiments.load(swept)).tables[0].rows == grid.rows


def test_a_site_that_no_cell_reaches_is_told_from_one_that_was_spared_by_chance():
    scenario = load_scenario("six")
    held = frozenset(plan.name for plan in scenario.posture.sites)
    table = frame_of(SITE_FIELDS, site_columns([SiteFire("six", scenario.theatre, held, np.zeros((10, 14)))]))
    beyond, by_chance = numbers.never(numbers.rows_of(table, "six"), "six", ("erbil", "harir"))
    assert beyond == "Six holds Erbil air base and Harir air base, never fired at: out of every cell's reach."
    assert by_chance.endswith("never fired at: 95% bound of its share of runs: 31%.")
    assert "Al-Asad" in by_chance
    assert numbers.most(numbers.rows_of(table, "six"), "six") == "Six: no site is fired at (n = 10 runs)."


# --- over the priors -----------------------------------------------------------------------------------------
REFERENCE = configs_folder().parent / "results" / "reference" / "sites_prior.csv"


def test_over_the_priors_every_site_is_fired_at_and_the_table_names_its_command():
    with open(REFERENCE, encoding="utf-8") as file:
        assert file.readline() == "# made by: posture sites --out results/sites --reference results/reference\n"
        table = pd.read_csv(file)
    assert table["site"].tolist() == [plan.name for plan in load_scenario("fourteen").posture.sites]
    assert (table["fired"] > 0).all()
    assert (table["low"] > 0.01).all(), "and not by a single draw"
    assert (table["share"] <= table["reached"]).all()
    page = (configs_folder().parent / "docs" / "structures.md").read_text(encoding="utf-8")
    for row in table.to_dict("records"):
        assert f"| `{row['site']}` | {row['reached']:.2f} | {row['fired']:,} | {100 * row['share']:.1f}% [" in page
    assert set(table["n"]) == {load_sizes(SitesSizes, "sites", quick=False).draws}


def test_the_study_counts_what_runs_of_its_draws_show(tmp_path):
    """One run each, made again by hand: fire by site, and reach as `posture check` says it."""
    sizes = SitesSizes(title="", question="", posture="six", draws=12)
    with threads(1) as pool:
        found = sites_over_prior(load_priors("2020"), sizes, StudyRunner(tmp_path, pool, seed=5))
    base, points = load_scenario("six"), load_priors("2020").sample(12, 5)
    fire, beyond = [], []
    for n, point in enumerate(points):
        scenario = base.with_changes(point)
        log = simulate(scenario, replicate_seed(5, n), events=True).events
        fire.append(fire_on_sites(log, scenario.theatre))
        beyond += out_of_reach(scenario)
    rows = {site.name: np.array(fire)[:, j] for j, site in enumerate(base.theatre.config.sites)}
    assert [site.site for site in found.sites] == [plan.name for plan in base.posture.sites]
    for site in found.sites:
        assert (site.fired, site.n) == (np.count_nonzero(rows[site.site]), 12)
        assert site.attacks.mean == pytest.approx(rows[site.site].mean())
        assert site.reached == pytest.approx(1 - beyond.count(site.site) / 12)
    assert len({site.fired for site in found.sites}) > 2


def test_the_study_is_reported(tmp_path, posture):
    out = tmp_path / "out"
    done = posture("sites", "--quick", "--out", out)
    assert done.exit_code == 0
    assert_counted(done)
    assert posture("report", out, "--format", "md").exit_code == 0
    page = (out / "report.md").read_text(encoding="utf-8")
    assert "Which sites are ever fired at" in page
    table = experiments.load(out).table("sites_prior")
    least = table.sort_values("fired", kind="stable").iloc[0]
    said = "Never fired at in" if least["fired"] == 0 else f"in fewest of them {least['title']}"
    assert said in page
