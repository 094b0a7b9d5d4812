"""The factorial: a known table gives its effects, the total is their sum, and the study runs."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest

from experiments.studies import factorial
from experiments.studies.factorial import EFFECTS, FACTORS, PLACING, TOTAL
from experiments.studies.settings import FactorialStudy, load_study

KNOWN = {"sites": -4.0, "batteries": 1.0, "people": 2.0, "sites × people": 3.0, "sites × batteries × people": 0.6}


def known_table(n, noise):
    """n replicates of a 2×2×2 table with KNOWN effects, and luck that all cells share."""
    signs = np.array(list(itertools.product((-1, 1), repeat=3)))
    cells = 10 + sum(
        effect / 2 * signs[:, [FACTORS.index(name) for name in word.split(" × ")]].prod(axis=1)
        for word, effect in KNOWN.items()
    )
    rng = np.random.default_rng(0)
    shared, own = 5 * rng.standard_normal((n, 1)), noise * rng.standard_normal((n, 8))
    return cells + shared + own


def test_a_known_table_gives_its_effects():
    found = factorial.effects_of(known_table(50, 0.0))
    for effect in EFFECTS:
        word = " × ".join(effect)
        kind = ("main effect", "interaction of two", "interaction of three")[len(effect) - 1]
        assert found[word, kind] == pytest.approx(np.full(50, KNOWN.get(word, 0.0)))


def test_main_effects_and_the_interaction_of_three_make_the_total():
    table = known_table(20, 1.0)
    found = factorial.effects_of(table)
    total = found[TOTAL, "total"]
    assert total == pytest.approx(table[:, 7] - table[:, 0])
    assert total == pytest.approx(sum(found[name, "share"] for name in FACTORS))
    three = found["sites × batteries × people", "interaction of three"]
    assert total == pytest.approx(sum(found[name, "main effect"] for name in FACTORS) + three)


def test_intervals_cover_the_truth_and_pairs_take_shared_luck_out():
    noise, n = 1.0, 400
    terms = {term.effect: term for term in factorial.terms("pressure", known_table(n, noise)) if term.kind != "share"}
    for word, effect in KNOWN.items():
        # a contrast of eight cells with weights ±1/4 has the variance 8/16 of one cell's
        error = noise * np.sqrt(0.5 / n)
        assert terms[word].estimate.mean == pytest.approx(effect, abs=4 * error)
        assert terms[word].estimate.high - terms[word].estimate.low == pytest.approx(2 * 1.966 * error, rel=0.15)
    assert terms["sites"].p_negative > 0.99
    assert terms["sites × batteries"].p_negative == pytest.approx(0.5, abs=0.1)


def test_what_the_number_of_batteries_leaves_over_is_their_placing():
    table = np.column_stack([known_table(5, 1.0), np.zeros(5), np.full(5, -7.0)])
    found = factorial.effects_of(table)
    assert found[PLACING, "rest"] + found[TOTAL, "total"] == pytest.approx(np.full(5, -7.0))


def test_the_cells_are_all_combinations_and_the_postures_as_they_are():
    sizes = load_study(FactorialStudy, "factorial", quick=True)
    cells = factorial.cells(sizes)
    assert cells[0] == {"posture": "fourteen", "batteries": 4, "people": 5200}
    assert cells[7] == {"posture": "six", "batteries": 6, "people": 3000}
    assert cells[8:] == [{"posture": "fourteen"}, {"posture": "six"}]
    assert len({json.dumps(cell) for cell in cells}) == 10


def test_quick_through_the_command_line(posture, tmp_path, read):
    done = posture("factorial", "--quick", "--ensemble", "prior", "--out", tmp_path / "o")
    assert done.exit_code == 0, done.output
    rows = read(tmp_path / "o" / "factorial.csv")
    assert {row["setting"] for row in rows} == {"quick"}
    assert {row["over"] for row in rows} == {"defaults", "ensemble"}
    assert len(rows) == 2 * 8 * (len(EFFECTS) + 3 + 2)
    one = posture("factorial", "--quick", "--ensemble", "none", "--out", tmp_path / "n", "--workers", 1)
    assert one.exit_code == 0
    without = read(tmp_path / "n" / "factorial.csv")
    assert without == [row for row in rows if row["over"] == "defaults"]
    curve = read(tmp_path / "o" / "batteries.csv")
    assert {row["step_mean"] for row in curve if row["batteries"] == "0"} == {"0"}
