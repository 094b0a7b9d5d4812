"""Figures: what the titles say is what the numbers say."""

from __future__ import annotations

import subprocess
import sys

import pytest
from made_up import comparison

from experiments.compare import MAIN_MEASURES
from experiments.report.figures import (
    COLOURS,
    MARKERS,
    REPORTED,
    differences,
    differences_title,
    distribution_title,
    distributions,
    quarters,
    quarters_title,
    write_figures,
)

N = len(MAIN_MEASURES)
FIGURES = ["differences.png", "quarters.png", "distributions.png"]


def words(figure):
    """All text of a figure."""
    axes = figure.axes
    found = [figure.get_suptitle(), *(a.get_title(loc="left") for a in axes), *(a.get_xlabel() for a in axes)]
    return "\n".join(
        [*found, *(a.get_ylabel() for a in axes), *(t.get_text() for g in figure.legends for t in g.texts)]
    )


@pytest.mark.parametrize(
    ("factor", "title"),
    [
        (0.5, f"fire attacks −50%, convoy attacks −50%;\nof {N} main measures {N} lower, 0 higher, 0 undecided"),
        (1.25, f"fire attacks +25%, convoy attacks +25%;\nof {N} main measures 0 lower, {N} higher, 0 undecided"),
        (1.0, f"fire attacks +0%, convoy attacks +0%;\nof {N} main measures 0 lower, 0 higher, {N} undecided"),
    ],
)
def test_the_title_states_the_finding(factor, title):
    assert differences_title(comparison(factor=factor)) == f"six against fourteen: {title}"


def test_differences_say_n_unit_and_interval():
    said = words(differences(comparison()))
    assert "n = 20 pairs" in said
    assert "% of its mean" in said
    assert "95% t interval" in said


def test_quarters_show_what_was_reported():
    """S1: 14, 27, 25 attacks on convoys; S2: 19, 11, 27 rocket and drone attacks."""
    assert REPORTED == {"fire_attacks": ("S2", (19, 11, 27)), "convoy_attacks": ("S1", (14, 27, 25))}
    found = comparison(factor=0.5)
    title = quarters_title(found, "convoy_attacks")
    assert title.startswith("Bombs against supply convoys, three quarters:\nfourteen ")
    assert title.endswith(", reported 66")
    figure = quarters(found)
    assert "reported (S1 and S2)" in words(figure)
    assert "attacks in the quarter" in words(figure)
    reported = [line for axes in figure.axes for line in axes.lines if line.get_marker() == "*"]
    assert [tuple(line.get_ydata()) for line in reported] == [(19, 11, 27), (14, 27, 25)]
    assert {line.get_markerfacecolor() for line in reported} == {"none"}


def test_a_shorter_run_is_not_set_beside_the_reported_year(monkeypatch):
    found = comparison()
    short = type(found)(tuple(s.with_changes({"days": 100}) for s in found.scenarios), found.values, found.n)
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
    assert write_figures(comparison(n), tmp_path) == FIGURES
    first = [(tmp_path / name).read_bytes() for name in FIGURES]
    assert all(data.startswith(b"\x89PNG") and len(data) > 10_000 for data in first)
    write_figures(comparison(n), tmp_path)
    assert [(tmp_path / name).read_bytes() for name in FIGURES] == first


def test_measures_that_are_zero_everywhere_are_no_trouble(tmp_path):
    found = comparison(factor=0.0)
    nothing = {name: {m: v * 0 for m, v in values.items()} for name, values in found.values.items()}
    write_figures(type(found)(found.scenarios, nothing, found.n), tmp_path)
    assert differences_title(type(found)(found.scenarios, nothing, found.n)).endswith(
        "of 0 main measures 0 lower, 0 higher, 0 undecided"
    )


def test_no_global_state_of_matplotlib_is_used():
    script = "import sys, experiments.report.figures; print('matplotlib.pyplot' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout == "False\n"
