"""The factorial: a known table gives its effects, the total is their sum, and the study runs."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from sizes import assert_counted

from experiments.studies.factorial import effects as factorial
from experiments.studies.factorial.effects import EFFECTS, FACTORS, TOTAL
from experiments.studies.settings import FactorialSizes, load_sizes
from sim.scenario import load_scenario

KNOWN = {"sites": -4.0, "batteries": 1.0, "people": 2.0, "sites × people": 3.0, "sites × batteries × people": 0.6}


def known_table(n, noise):
    """n replicates of a 2×2×2 table with KNOWN effects, and noise that all cells share."""
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


def test_intervals_cover_the_truth_and_pairs_take_shared_noise_out():
    noise, n = 1.0, 400
    terms = {term.effect: term for term in factorial.terms("pressure", known_table(n, noise)) if term.kind != "share"}
    for word, effect in KNOWN.items():
        # a contrast of eight cells with weights ±1/4 has the variance 8/16 of one cell's
        error = noise * np.sqrt(0.5 / n)
        assert terms[word].estimate.mean == pytest.approx(effect, abs=4 * error)
        assert terms[word].estimate.high - terms[word].estimate.low == pytest.approx(2 * 1.966 * error, rel=0.15)
    assert terms["sites"].sides.lower > 0.99
    assert terms["sites × batteries"].sides.lower == pytest.approx(0.5, abs=0.1)


def test_an_effect_that_is_nothing_in_most_rows_is_below_zero_in_the_few_alone():
    """Half of the ties would make 55% of these 10%."""
    table = np.zeros((20, 8))
    table[:2, 7] = -1.0
    (total,) = (term for term in factorial.terms("pressure", table) if term.kind == "total")
    assert (total.sides.lower, total.sides.equal, total.sides.higher) == (0.1, 0.9, 0.0)


def test_the_first_and_the_last_cell_are_the_postures_themselves():
    sizes = load_sizes(FactorialSizes, "factorial", quick=True)
    cells = factorial.cells(sizes)
    assert len({json.dumps(cell) for cell in cells}) == 8
    for cell, name in ((cells[0], "fourteen"), (cells[7], "six")):
        posture = load_scenario(name)
        changes = {key: value for key, value in cell.items() if key != "posture"}
        assert cell["posture"] == name
        assert posture.with_changes(changes).posture.sites == posture.posture.sites


def test_batteries_stand_where_the_other_posture_has_them():
    cells = factorial.cells(load_sizes(FactorialSizes, "factorial", quick=True))
    sites = [load_scenario(c["posture"], {k: v for k, v in c.items() if k != "posture"}).posture.sites for c in cells]
    held = [{site.name for site in plan if site.batteries} for plan in sites]
    six, fourteen = held[7], held[0]
    assert held[2] == held[3] == six
    assert held[4] == held[5] == fourteen & {site.name for site in sites[7]}
    assert [sum(site.people for site in plan) for plan in sites] == [5200, 3000] * 4


def test_quick_through_the_command_line(posture, tmp_path, read):
    done = posture("factorial", "--quick", "--ensemble", "prior", "--out", tmp_path / "o")
    assert done.exit_code == 0, done.output
    assert_counted(done)
    assert {path.stem for path in (tmp_path / "o").glob("*.png")} == {"effects", "batteries"}
    rows = read(tmp_path / "o" / "factorial.csv")
    assert {row["setting"] for row in rows} == {"quick"}
    assert {row["over"] for row in rows} == {"defaults", "ensemble"}
    assert len(rows) == 2 * 8 * (len(EFFECTS) + 3 + 1)
    curve = read(tmp_path / "o" / "batteries.csv")
    assert {row["step_mean"] for row in curve if row["batteries"] == "0"} == {"0"}
    again = posture("factorial", "--quick", "--ensemble", "none", "--out", tmp_path / "o")  # all runs are there
    assert again.exit_code == 0
    assert "(0 run now)" in again.stdout
    assert_counted(again)
    without = read(tmp_path / "o" / "factorial.csv")
    assert without == [row for row in rows if row["over"] == "defaults"]
