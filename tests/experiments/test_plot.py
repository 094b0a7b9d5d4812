"""`posture plot`: the means and intervals that it draws are those of the runs, and what it refuses."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import numpy as np
import pytest

import experiments
from experiments.report.sweep.curves import curves_of, figure_of
from sim.statistics import mean_interval
from tests.experiments.designs import write

FACTORS = [
    {"key": "posture", "kind": "lever", "values": ["fourteen", "six"]},
    {"key": "supply.trucks_per_convoy", "values": [5, 10, 20]},
    {"key": "defence.p_intercept", "values": [0.5, 0.9]},
]
TRUCKS, INTERCEPT = "supply.trucks_per_convoy", "defence.p_intercept"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    from click.testing import CliRunner

    from experiments.cli import cli

    folder = tmp_path_factory.mktemp("plot")
    file = write(folder / "d.toml", factors=FACTORS, constants={"days": 20}, replicates=5)
    assert CliRunner().invoke(cli, ["sweep", str(file), "--out", str(folder / "o")]).exit_code == 0
    return folder / "o"


@pytest.fixture(scope="module")
def rows(folder, read):
    return read(folder / "runs.csv")


def by_hand(rows, column, **wanted):
    """The mean over points, replicate by replicate, and its interval."""
    some = [row for row in rows if all(row[key] == value for key, value in wanted.items())]
    each = {}
    for row in some:
        each.setdefault(row["replicate"], []).append(float(row[column]))
    assert len(each) == 5
    return mean_interval(np.array([np.mean(values) for values in each.values()]))


# --- numbers ---------------------------------------------------------------------------------------------
def test_other_factors_are_averaged_over_before_the_interval(folder, rows):
    """Points share their luck: over all runs as if they were independent the interval would be too narrow."""
    curves = curves_of(experiments.load(folder), TRUCKS, ["convoys_sent", "cargo_sent"], "posture")
    for measure, column in (("convoys_sent", "convoys_sent"), ("cargo_sent", "cargo_sent_t")):
        lines = curves.lines[measure]
        assert [line.name for line in lines] == ["fourteen", "six"]
        for line in lines:
            assert line.x == (5, 10, 20)
            for value, found in zip(("5", "10", "20"), line.means, strict=True):
                exact = by_hand(rows, column, posture=line.name, **{TRUCKS: value})
                assert (found.mean, found.low, found.high) == pytest.approx((exact.mean, exact.low, exact.high))
    assert curves.replicates == 5


def test_words_keep_the_order_of_the_design_and_numbers_their_own(folder):
    results = experiments.load(folder)
    assert curves_of(results, "policy", ["pressure"]).words == ("fourteen", "six")
    by = curves_of(results, TRUCKS, ["pressure"], INTERCEPT)
    assert [line.name for line in by.lines["pressure"]] == ["0.5", "0.9"]
    assert by.words == ()


def test_the_figure_shows_the_numbers(folder):
    curves = curves_of(experiments.load(folder), TRUCKS, ["convoys_sent"], "posture")
    (axes,) = figure_of(curves).axes
    drawn = [container.lines[0].get_xydata() for container in axes.containers]
    for line, points in zip(curves.lines["convoys_sent"], drawn, strict=True):
        assert points[:, 0] == pytest.approx(line.x, abs=0.02 * 15)  # beside each other, so that intervals are seen
        assert points[:, 1].tolist() == [interval.mean for interval in line.means]


# --- files and screen --------------------------------------------------------------------------------------
def test_png_and_svg_are_written(folder, posture, tmp_path):
    result = posture("plot", folder, "--x", TRUCKS, "--y", "pressure,capital_mean", "--by", "posture")
    assert result.exit_code == 0
    name = "pressure_capital_mean_over_supply_trucks_per_convoy_by_posture"
    assert f"Files in {folder / 'plots'}: {name}.png, {name}.svg" in result.stdout
    assert (folder / "plots" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert "trucks of a convoy" in (folder / "plots" / f"{name}.svg").read_text(encoding="utf-8")
    assert posture("plot", folder, "--x", "policy", "--out", tmp_path / "p").exit_code == 0
    assert sorted(path.suffix for path in (tmp_path / "p").iterdir()) == [".png", ".svg"]


@pytest.mark.skipif(not find_spec("plotext"), reason="the extra plot is not installed")
def test_the_screen_shows_each_measure(folder, posture, tmp_path):
    words = ("--x", TRUCKS, "--y", "pressure,capital_mean", "--by", "posture", "--out", tmp_path)
    result = posture("plot", folder, *words)
    assert (result.exit_code, result.stderr) == (0, "")
    for part in ("pressure [point], by posture: ● fourteen  ○ six", "capital mean, by posture", "┤"):
        assert part in result.stdout
    plots = result.stdout.partition("\n")[2].split("capital mean")
    assert all(plot.count("●") + plot.count("○") == 6 for plot in (plots[0], plots[1].partition("\n")[2]))


def test_without_the_extra_the_pictures_are_written_and_it_is_said(folder, posture, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "plotext", None)
    result = posture("plot", folder, "--x", TRUCKS, "--out", tmp_path)
    assert result.exit_code == 0
    assert result.stderr.startswith("posture: a plot on the screen needs plotext, of the extra plot. ")
    assert result.stderr.endswith('pip install ".[plot]"\n')
    assert len(list(tmp_path.iterdir())) == 2


# --- what is refused ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--x", "luck"], ["--x is 'luck'", TRUCKS, "policy"]),
        (["--x", TRUCKS, "--by", "luck"], ["--by is 'luck'", TRUCKS]),
        (["--x", TRUCKS, "--y", "presure"], ["--y is 'presure'", "Did you mean pressure?"]),
        (["--x", TRUCKS, "--y", ""], ["--y is empty"]),
        (["--x", TRUCKS, "--by", TRUCKS], ["--by", "another key"]),
        ([], ["--x"]),
    ],
)
def test_a_bad_plot_is_refused_and_leaves_nothing(folder, posture, tmp_path, words, said):
    result = posture("plot", folder, *words, "--out", tmp_path / "p")
    assert (result.exit_code, result.stdout) == (2, "")
    assert all(word in result.stderr for word in said), result.stderr
    assert not (tmp_path / "p").exists()


def test_a_folder_without_runs_and_a_key_of_many_values_are_refused(posture, tmp_path):
    assert posture("plot", tmp_path / "nosuch", "--x", "policy").exit_code == 2
    words = ("--factor", "defence.p_intercept=0.1:0.9:0.1", "--factor", "days=1,2", "--replicates", 2)
    assert posture("sweep", *words, "--out", tmp_path / "o").exit_code == 0
    result = posture("plot", tmp_path / "o", "--x", "days", "--by", INTERCEPT)
    assert (result.exit_code, "at most 8 values; it has 9" in result.stderr) == (2, True)
