"""Scenario discovery: PRIM and CART find a planted box, regret and satisficing by hand, the study runs."""

from __future__ import annotations

import numpy as np
import pytest
from sizes import sizes_file

from experiments.studies.discovery import boxes, robustness
from experiments.studies.discovery import questions as discovery
from experiments.studies.discovery.boxes import Limits
from experiments.studies.settings import DiscoverySizes, Limit, load_sizes


def planted(n, seed):
    """States of five numbers and a word, and a box: a above 0.6 and b below 0.4."""
    rng = np.random.default_rng(seed)
    states = [{key: float(v) for key, v in zip("abcde", rng.random(5), strict=True)} for _ in range(n)]
    for state in states:
        state["word"] = ("one", "two", "three")[int(rng.integers(3))]
    return states, np.array([state["a"] > 0.6 and state["b"] < 0.4 for state in states])


@pytest.mark.parametrize("method", ["prim", "cart"])
def test_a_planted_box_is_found(method):
    states, interest = planted(800, 1)
    table = boxes.as_table(states)
    found = boxes.prim(table, interest, 0.05, 0.9) if method == "prim" else boxes.cart(table, interest, 0.05)[0]
    assert found.ends["a"] == (pytest.approx(0.6, abs=0.04), np.inf)
    assert found.ends["b"] == (-np.inf, pytest.approx(0.4, abs=0.04))
    assert set(found.ends) == {"a", "b"}
    fresh, again = planted(400, 2)
    fit = boxes.fit_of(found, boxes.as_table(fresh), again)
    assert fit.density > 0.85
    assert fit.coverage > 0.85


def test_a_planted_word_is_found():
    states, _ = planted(600, 3)
    interest = np.array([state["word"] == "two" for state in states])
    table = boxes.as_table(states)
    assert list(table.columns[5:]) == ["word=one", "word=three", "word=two"]
    for found in (boxes.prim(table, interest, 0.05, 0.9), boxes.cart(table, interest, 0.05)[0]):
        assert discovery.in_words(found) == "word=two"
        assert boxes.fit_of(found, table, interest).density == 1.0


def test_noise_has_no_box_that_holds_on_fresh_states():
    states, _ = planted(400, 4)
    interest = np.random.default_rng(5).random(400) < 0.3
    found = boxes.prim(boxes.as_table(states), interest, 0.05, 0.9)
    fresh, _ = planted(400, 6)
    again = np.random.default_rng(7).random(400) < 0.3
    inside = found.inside(boxes.as_table(fresh))
    assert len(found.ends) <= boxes.MOST_LIMITS
    # at most three standard errors above the share of all
    assert again[inside].mean() < 0.3 + 3 * np.sqrt(0.21 / inside.sum())


def test_the_global_generator_is_left_as_it_was():
    states, interest = planted(200, 1)
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    one, two = (boxes.cart(boxes.as_table(states), interest, 0.1) for _ in range(2))
    assert one == two
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


def test_a_fit_is_counted():
    table = boxes.as_table([{"a": v} for v in (0.1, 0.2, 0.3, 0.4)])
    fit = boxes.fit_of(Limits({"a": (0.2, np.inf)}), table, np.array([True, True, False, False]))
    assert (fit.density, fit.coverage, fit.mass) == (pytest.approx(1 / 3), 0.5, 0.75)
    empty = boxes.fit_of(Limits({"a": (9.0, np.inf)}), table, np.zeros(4, bool))
    assert np.isnan(empty.density)
    assert np.isnan(empty.coverage)


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
