"""Scenario discovery: PRIM and CART find a planted box, regret and satisficing by hand, the study runs."""

from __future__ import annotations

import numpy as np
import pytest
from sizes import sizes_file

from experiments.studies.discovery import questions as discovery
from experiments.studies.discovery import robustness
from experiments.studies.discovery.boxes import Limits
from experiments.studies.settings import DiscoverySizes, Limit, load_sizes


def test_boxes_in_words():
    ends = {
        "a.b": (-np.inf, 0.61),
        "c.d": (0.4, np.inf),
        "e.f": (1.0, 2.0),
        "g=x": (0.5, np.inf),
        "g=y": (-np.inf, 0.5),
    }
    assert discovery.in_words(Limits(ends)) == "a.b ≤ 0.61 and c.d ≥ 0.4 and 1 ≤ e.f ≤ 2 and g=x and not g=y"
    assert discovery.in_words(Limits({})) == "everywhere"


def test_regret_is_the_distance_from_the_best_of_each_world():
    lower_is_better = np.array([[3.0, 1.0, 2.0], [5.0, 5.0, 9.0]])
    assert robustness.regret(lower_is_better, -1).tolist() == [[2, 0, 1], [0, 0, 4]]
    assert robustness.regret(lower_is_better, 1).tolist() == [[0, 2, 1], [4, 4, 0]]
    rows = robustness.regrets({"pressure": lower_is_better}, ["a", "b", "c"], ["pressure"])
    assert [(row.pair, row.mean, row.most) for row in rows] == [("a", 1.0, 2.0), ("b", 0.0, 0.0), ("c", 2.5, 4.0)]
    assert [row.best_share for row in rows] == [0.25, 0.75, 0.0]


def test_satisficing_needs_every_limit():
    means = {"pressure": np.array([[1.0, 5.0], [1.0, 1.0]]), "capital_mean": np.array([[0.5, 0.5], [0.1, 0.5]])}
    limits = [Limit(measure="pressure", at_most=2.0), Limit(measure="capital_mean", at_least=0.3)]
    assert robustness.satisficing(means, limits).tolist() == [0.5, 0.5]


def test_questions_ask_for_both_postures_and_every_response():
    sizes = load_sizes(DiscoverySizes, "discovery", quick=True)
    asked = discovery.questions(sizes)
    sites = {(q.base, q.other) for q in asked if q.base != "six"}
    assert sites == {("fourteen", "six"), ("equal_fourteen", "equal_six")}
    assert len(asked) == 2 * len(sizes.measures) + 11 * len(sizes.metrics)
    names = [discovery.name_of(pair) for pair in discovery.asked_of(sizes)]
    assert set(names) >= {name for q in asked for name in (q.base, q.other)}


def test_quick_through_the_command_line(posture, tmp_path, read):
    """The quick setting, but with three responses: each is asked the same, and costs the same, as any other."""
    few = {"responses": ("none", "zone_clearance", "surge")}
    sizes = sizes_file(tmp_path, "discovery", few)
    done = posture("discover", "--quick", "--sizes", sizes, "--out", tmp_path / "o")
    assert done.exit_code == 0, done.output
    assert {path.stem for path in (tmp_path / "o").glob("*.png")} == {"answers", "regret", "robustness"}
    answers, regions = read(tmp_path / "o" / "answers.csv"), read(tmp_path / "o" / "regions.csv")
    assert {row["setting"] for row in answers + regions} == {"quick"}
    assert all(0 <= float(row["worse"]) <= 1 for row in answers)
    robust = read(tmp_path / "o" / "robustness.csv")
    assert len(robust) == 2 * len(few["responses"]) * 2
    assert sum(float(row["best"]) for row in robust if row["measure"] == "pressure") == pytest.approx(1.0)
