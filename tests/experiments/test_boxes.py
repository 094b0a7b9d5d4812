"""Boxes: PRIM and CART find what is planted among many columns and wrong labels, and nothing where nothing is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from experiments.studies.discovery import boxes, regions
from experiments.studies.discovery.boxes import Limits

COLUMNS, PLANTED, STATES, FRESH, WRONG, SEEDS = 44, {"p3", "p17", "p30"}, 500, 4000, 0.15, range(10)
MASS, DENSITY = 0.05, 0.8


# --- three of 44 columns, 15% of the labels wrong ------------------------------------------------------------
def in_a_box(table, rng):
    """All of the box and nothing else: no box has more than its density of 1."""
    return np.asarray((table.p3 > 0.35) & (table.p17 < 0.65) & (table.p30 > 0.4))


def by_a_slope(table, rng):
    """A logistic boundary across three columns: a box can only cut a corner off."""
    log_odds = 12.0 * (table.p3 - table.p17 + table.p30 - 0.8)
    return rng.random(len(table)) < 1.0 / (1.0 + np.exp(-log_odds.to_numpy()))


def drawn(truth, n, seed):
    """States, which of them are of interest, and the labels that a study sees."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(rng.random((n, COLUMNS)), columns=[f"p{k}" for k in range(COLUMNS)])
    clean = truth(table, rng)
    return table, clean, clean ^ (rng.random(n) < WRONG)


def best_density(truth):
    """Of all boxes on a grid that cut the planted columns and hold as much as is asked, with every label right."""
    table, clean, _ = drawn(truth, 20_000, 99)
    cuts = np.arange(0.0, 0.9, 0.1)
    p3, p17, p30 = ([side > cut for cut in cuts] for side in (table.p3, 1 - table.p17, table.p30))
    inside = (np.asarray(a & b & c) for a in p3 for b in p17 for c in p30)
    return max(clean[box].mean() for box in inside if box.mean() >= MASS)


@pytest.mark.parametrize("truth", [in_a_box, by_a_slope])
def test_the_planted_columns_are_found_among_many_and_the_box_is_dense_on_fresh_states(truth):
    good, wanted = 0, 0.7 * best_density(truth)
    for seed in SEEDS:
        table, _, seen = drawn(truth, STATES, seed)
        box = boxes.search(table, seen, MASS, DENSITY)["PRIM"]
        fresh, clean, _ = drawn(truth, FRESH, 1000 + seed)
        good += set(box.ends) == PLANTED and clean[box.inside(fresh)].mean() >= wanted
    assert good >= 9


def test_only_a_few_of_the_columns_that_say_nothing_get_as_far_as_a_search():
    every = [boxes.standing_out(*drawn(in_a_box, STATES, seed)[::2]) for seed in range(4)]
    assert all(set(names[:3]) == PLANTED for names in every)
    assert max(map(len, every)) <= 6


def test_the_leaf_of_the_tree_has_the_planted_columns():
    for seed in range(3):
        table, _, seen = drawn(in_a_box, STATES, seed)
        leaf = boxes.search(table, seen, MASS, DENSITY)["CART"]
        assert set(leaf.ends) >= PLANTED
        fresh, clean, _ = drawn(in_a_box, FRESH, 1000 + seed)
        assert clean[leaf.inside(fresh)].mean() > 0.9


def test_one_column_is_searched_too():
    table = pd.DataFrame({"a": np.random.default_rng(1).random(300)})
    assert boxes.search(table, np.asarray(table.a > 0.7), MASS, DENSITY)["PRIM"].ends["a"][0] == pytest.approx(
        0.7, abs=0.1
    )


def test_a_column_that_stands_out_is_no_reason_for_a_restriction_that_is_not_needed():
    table, _, seen = drawn(in_a_box, STATES, 0)
    wider = Limits({"p3": (0.35, np.inf), "p17": (-np.inf, 0.65), "p30": (0.4, np.inf), "p9": (0.1, np.inf)})
    assert set(boxes.needed(wider, table, seen).ends) == PLANTED
    assert boxes.needed(Limits({"p9": (0.1, np.inf)}), table, seen) == Limits({})


# --- a box and a word among few ------------------------------------------------------------------------------
def few(n, seed):
    """States of five numbers and a word, and a box: a above 0.6 and b below 0.4."""
    rng = np.random.default_rng(seed)
    states = [{key: float(v) for key, v in zip("abcde", rng.random(5), strict=True)} for _ in range(n)]
    for state in states:
        state["word"] = ("one", "two", "three")[int(rng.integers(3))]
    return states, np.array([state["a"] > 0.6 and state["b"] < 0.4 for state in states])


@pytest.mark.parametrize("method", ["prim", "cart"])
def test_a_planted_box_is_found(method):
    states, interest = few(800, 1)
    table = boxes.as_table(pd.DataFrame(states))
    found = boxes.prim(table, interest, 0.05, 0.9) if method == "prim" else boxes.cart(table, interest, 0.05)[0]
    assert found.ends["a"] == (pytest.approx(0.6, abs=0.04), np.inf)
    assert found.ends["b"] == (-np.inf, pytest.approx(0.4, abs=0.04))
    assert set(found.ends) == {"a", "b"}
    fresh, again = few(400, 2)
    fit = boxes.fit_of(found, boxes.as_table(pd.DataFrame(fresh)), again)
    assert fit.density > 0.85
    assert fit.coverage > 0.85


def test_a_planted_word_is_found():
    states, _ = few(600, 3)
    interest = np.array([state["word"] == "two" for state in states])
    table = boxes.as_table(pd.DataFrame(states))
    assert list(table.columns[5:]) == ["word=one", "word=three", "word=two"]
    for found in (boxes.prim(table, interest, 0.05, 0.9), boxes.cart(table, interest, 0.05)[0]):
        assert regions.in_words(found) == "word=two"
        assert boxes.fit_of(found, table, interest).density == 1.0


def test_noise_has_no_box_that_holds_on_fresh_states():
    states, _ = few(400, 4)
    interest = np.random.default_rng(5).random(400) < 0.3
    found = boxes.prim(boxes.as_table(pd.DataFrame(states)), interest, 0.05, 0.9)
    fresh, _ = few(400, 6)
    again = np.random.default_rng(7).random(400) < 0.3
    inside = found.inside(boxes.as_table(pd.DataFrame(fresh)))
    assert len(found.ends) <= boxes.MOST_LIMITS
    # at most three standard errors above the share of all
    assert again[inside].mean() < 0.3 + 3 * np.sqrt(0.21 / inside.sum())


def test_the_global_generator_is_left_as_it_was():
    states, interest = few(200, 1)
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    one, two = (boxes.cart(boxes.as_table(pd.DataFrame(states)), interest, 0.1) for _ in range(2))
    assert one == two
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


def test_a_fit_is_counted():
    table = boxes.as_table(pd.DataFrame([{"a": v} for v in (0.1, 0.2, 0.3, 0.4)]))
    fit = boxes.fit_of(Limits({"a": (0.2, np.inf)}), table, np.array([True, True, False, False]))
    assert (fit.density, fit.coverage, fit.mass) == (pytest.approx(1 / 3), 0.5, 0.75)
    empty = boxes.fit_of(Limits({"a": (9.0, np.inf)}), table, np.zeros(4, bool))
    assert np.isnan(empty.density)
    assert np.isnan(empty.coverage)
