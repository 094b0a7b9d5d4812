"""The table of prior runs: the mixture of rivals, counts that are those of the runs, a table that survives a kill."""

from __future__ import annotations

import json
import signal
from datetime import date
from types import SimpleNamespace

import numpy as np
import pytest

from experiments.studies.mixture import draw_points
from experiments.studies.prior_runs.counting import COUNTED, MEASURES, DailyCounts
from experiments.studies.prior_runs.store import FILE, load_prior_runs, origin_of
from experiments.studies.prior_runs.table import PriorRuns
from experiments.studies.priors import load_priors
from experiments.studies.runner import seeds_of
from experiments.studies.structures.rivals import load_rivals
from experiments.studies.targets import TargetValues, load_targets
from sim.engine import simulate, simulate_many
from sim.errors import ConfigError, RunError
from sim.state import TALLY
from tests.experiments.processes import chunks, finish, start, until

PRIORS, RIVALS = load_priors("2020"), load_rivals()
CALL = ("prior-runs", "--quick", "--seed", 9)
N_DRAWS = 200


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A small table that nobody disturbed, by one worker."""
    out = tmp_path_factory.mktemp("whole")
    code, _, err = finish(start(*CALL, "--draws", N_DRAWS, "--out", out, "--workers", 1))
    assert code == 0, err
    return out


def test_seeds_have_fifteen_digits_as_spreadsheets_keep(folder):
    for seeds in (load_prior_runs(folder).seeds, seeds_of(1, 2, n=5000)):
        assert len(set(seeds.tolist())) == len(seeds)
        assert 10**14 < seeds.max() < 10**15


# --- the mixture -----------------------------------------------------------------------------------------------
def points_of(n, seed=3):
    unit, included = draw_points(PRIORS, RIVALS.structures, n, seed)
    names = tuple(rival.name for rival in RIVALS.structures)
    return PriorRuns(PRIORS, unit, names, included, date(2020, 1, 1), {}).points(range(n)), unit, included


def test_a_rival_is_in_if_and_only_if_a_value_of_its_own_is_not_the_old_one():
    points, _, included = points_of(256)
    for k, rival in enumerate(RIVALS.structures):
        moved = [any(point[key] != old for key, old in rival.old.items()) for point in points]
        assert moved == included[:, k].tolist(), rival.name


def test_axes_of_a_rival_that_is_out_hold_the_quantiles_of_its_old_values():
    _, unit, included = points_of(64)
    for k, rival in enumerate(RIVALS.structures):
        for key, old in rival.old.items():
            axis, prior = PRIORS.keys.index(key), PRIORS.only([key]).priors[0]
            there = prior.from_unit(unit[~included[:, k], axis]).tolist()
            assert there == (pytest.approx([old] * len(there)) if not prior.values else [old] * len(there))
            assert len(set(unit[included[:, k], axis])) == included[:, k].sum(), "drawn where it is in"


def test_each_rival_is_in_for_half_and_each_two_for_a_quarter_whatever_the_parameters():
    n = 4096
    unit, included = draw_points(PRIORS, RIVALS.structures, n, 5)
    assert (included.sum(axis=0) == n / 2).all()
    together = included.T.astype(int) @ included / n
    assert np.allclose(together[~np.eye(len(together), dtype=bool)], 0.25, atol=0.02)
    own = {key for rival in RIVALS.structures for key in rival.old}
    free = [k for k, key in enumerate(PRIORS.keys) if key not in own]
    against = np.corrcoef(unit[:, free].T, included.T)[: len(free), len(free) :]
    assert np.abs(against).max() < 0.06
    assert np.allclose(unit[:, free].mean(axis=0), 0.5, atol=0.01)


def test_priors_that_lack_a_parameter_of_a_rival_leave_the_rival_out():
    few = PRIORS.only(["roadside.tip_off", "supply.tonnes_per_site_day"])
    assert [rival.name for rival in RIVALS.within(few.keys)] == ["encounter"]


# --- the counts ------------------------------------------------------------------------------------------------
def test_counts_are_those_of_the_same_run_by_itself(folder, posture):
    """The program is given the point and the seed, and knows nothing of the table."""
    runs = load_prior_runs(folder)
    for row in (0, N_DRAWS - 1):
        (point,) = runs.points([row])
        words = [word for key, value in point.items() for word in ("--set", f"{key}={json.dumps(value)}")]
        seed = int(runs.seeds[row])
        done = posture("run", "drawdown_2020", "--calendar", "2020", "--seed", seed, "--json", *words)
        assert done.exit_code == 0, done.output
        measures = json.loads(done.stdout)["measures"]
        for name in ("fire_attacks", "convoy_attacks", "rounds_fired", "convoys_sent", "detail_attacks", "us_wounded"):
            assert measures[name]["value"] == runs.counts[name][row].sum(), name
    assert runs.counts["fire_attacks"].sum() > 0


def test_every_day_of_every_count_is_that_of_the_run(folder):
    runs, scenario = load_prior_runs(folder), load_targets("2020").scenario
    row = int(runs.counts["rounds_fired"].sum(axis=1).argmax())
    run = simulate(scenario.with_changes(runs.points([row])[0]), int(runs.seeds[row]))
    for name in COUNTED:
        assert np.array_equal(runs.counts[name][row].cumsum(), run.days[name]), name


def test_a_window_of_the_table_is_the_value_of_the_target(folder):
    runs, loaded = load_prior_runs(folder), load_targets("2020")
    counted = [each for each in loaded.targets.targets if set(each.measures) <= set(MEASURES)]
    assert len(counted) == len(loaded.targets.targets) - 1, "all but the sites held, which are no count"
    for row in (1, 2):
        scenario = loaded.scenario.with_changes(runs.points([row])[0])
        batch = simulate_many(scenario, [int(runs.seeds[row])])
        wanted = TargetValues(tuple(counted)).reduce(scenario, batch, 0)[0]
        assert np.array_equal([target.read(runs)[row] for target in counted], wanted, equal_nan=True)


def test_months_and_weeks_add_up_to_their_windows(folder):
    runs = load_prior_runs(folder)
    months, weeks = runs.monthly("convoy_attacks"), runs.weekly("convoy_attacks")
    assert (months.shape, weeks.shape) == ((N_DRAWS, 9), (N_DRAWS, 39))
    assert np.array_equal(months[:, 1], runs.window("convoy_attacks", date(2020, 2, 1), date(2020, 2, 29)))
    assert np.array_equal(months.sum(axis=1), runs.window("convoy_attacks", date(2020, 1, 1), date(2020, 9, 30)))
    assert np.array_equal(weeks[:, 38], runs.window("convoy_attacks", date(2020, 9, 23), date(2020, 9, 29)))
    with pytest.raises(ValueError, match="is not within 274 days"):
        runs.window("convoy_attacks", date(2020, 9, 1), date(2020, 10, 1))


def test_a_measure_is_read_when_it_is_asked_for_and_no_other(folder):
    counts = load_prior_runs(folder).counts
    assert set(counts) == set(MEASURES)
    assert counts._read == {}
    assert counts["fire_attacks"].dtype == np.int16
    assert set(counts._read) == {"rocket_attacks", "drone_attacks"}
    with pytest.raises(KeyError):
        counts["sites_open"]


@pytest.mark.parametrize("totals", [(1.0, 0.5), (0.0, 40_000.0), (40_000.0, 0.0)])
def test_what_is_no_count_is_refused_and_not_cut_off(totals):
    batch = SimpleNamespace(days=np.zeros((1, 2), TALLY))
    batch.days["convoy_attacks"][0] = totals
    with pytest.raises(RunError, match="convoy_attacks: expected whole numbers of -32768 to 32767"):
        DailyCounts().reduce(load_targets("2020").scenario, batch, 0)


def test_a_convoy_that_has_arrived_and_is_sent_on_by_a_handover_is_taken_back():
    """So a run of the model may have a day with −1 arrivals; it is no failed run."""
    batch = SimpleNamespace(days=np.zeros((1, 3), TALLY))
    batch.days["convoys_arrived"][0] = 2.0, 1.0, 4.0
    counts = DailyCounts()
    found = counts.unpacked(counts.reduce(load_targets("2020").scenario, batch, 0))
    assert found[COUNTED.index("convoys_arrived")].tolist() == [2, -1, 3]


# --- the file ----------------------------------------------------------------------------------------------------
def test_killed_midway_and_resumed_by_more_workers_it_has_the_same_bytes(folder, tmp_path):
    call = (*CALL, "--draws", N_DRAWS, "--out", tmp_path, "--workers", 2)
    process = start(*call)
    until(process, lambda: chunks(tmp_path) >= 1)
    process.kill()
    assert finish(process)[0] == -signal.SIGKILL
    there = chunks(tmp_path)
    assert there >= 1
    assert not (tmp_path / FILE).exists()
    code, out, err = finish(start(*call))
    assert code == 0, err
    assert f"{N_DRAWS} runs (" in out
    assert f"({N_DRAWS} run now)" not in out, "what was complete is not run again"
    assert (tmp_path / FILE).read_bytes() == (folder / FILE).read_bytes()
    assert [path.name for path in tmp_path.glob(".*.part")] == []


def test_a_table_says_what_it_comes_from(folder):
    origin = origin_of(folder / FILE)
    assert (origin.seed, origin.draws, origin.days, origin.start) == (9, N_DRAWS, 274, date(2020, 1, 1))
    runs = load_prior_runs(folder)
    assert runs.priors == PRIORS
    again, included = draw_points(PRIORS, RIVALS.structures, N_DRAWS, 9)
    assert np.array_equal(runs.unit, again)
    assert np.array_equal(runs.included, included)
    assert len(set(runs.seeds.tolist())) == N_DRAWS, "no two draws share their chance"


def test_another_file_is_refused_in_words(tmp_path):
    (tmp_path / FILE).write_bytes(b"nothing")
    with pytest.raises(ConfigError, match="it must be a table that posture prior-runs made"):
        load_prior_runs(tmp_path)


def test_a_summary_of_what_is_no_count_is_refused_before_anything_runs(posture, tmp_path):
    from sizes import sizes_file

    sizes = sizes_file(tmp_path, "prior_runs", {"measures": ["pressure"]})
    done = posture("prior-runs", "--quick", "--sizes", sizes, "--out", tmp_path / "o")
    assert done.exit_code == 2
    assert "measures is 'pressure'; it must be a count" in done.stderr
    assert not (tmp_path / "o").exists()
