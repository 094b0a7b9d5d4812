"""Contraction beside the floor of chance of the whole method."""

from __future__ import annotations

import numpy as np
import pytest
from stand_in import OWN, table

from experiments.studies.inference.abc import accepted, adjusted, robust_scales
from experiments.studies.inference.contraction import contracted, contraction, dealt
from experiments.studies.inference.draws import Draws, Table
from experiments.studies.inference.learned import method


def test_of_a_known_posterior():
    made = Table(np.random.default_rng(1).random((50_000, 2)), np.zeros((50_000, 0), bool), np.zeros((50_000, 1)), None)
    half = made.unit[made.unit[:, 0] < 0.5]
    draws = Draws(half, np.zeros((len(half), 0), bool), np.full(len(half), 1 / len(half)), np.arange(len(half)))
    assert contraction(draws, made) == pytest.approx([0.75, 0.0], abs=0.01)


def test_what_is_informed_stands_above_the_floor_and_nothing_else():
    made = table(8000, 2)
    scales = robust_scales(made.summaries)
    found = contracted(lambda t, o: adjusted(t, o, 400, scales), made, made.summaries[0], 3, deals=20)
    learned = set(np.flatnonzero(found.learned))
    assert 0 in learned
    assert not learned & set(range(4, OWN))
    assert 0.0 < found.floor_of_largest < 0.4
    assert np.all(found.floor <= found.floor_of_largest + 0.05)


def test_a_method_that_only_looks_sure_is_caught_by_its_floor():
    def narrow(t, observed):  # nine draws, whatever the reports are
        return accepted(t, observed, 9)

    made = table(3000, 4)
    found = contracted(narrow, made, made.summaries[0], 5, deals=20)
    assert found.contraction[4:OWN].max() > 0.4  # looks learned
    assert not found.learned[4:OWN].any()


def test_learned_summaries_have_a_floor_of_their_own():
    made = table(6000, 8)
    learned = method(made, 400, 9)
    found = contracted(learned, made, made.summaries[0], 3, deals=10)
    assert found.learned[0]
    assert not found.learned[4:OWN].any()
    assert found.floor[0] < found.contraction[0] / 2  # dealt anew, reports say nothing to the same networks


def test_dealing_breaks_the_link_and_nothing_else():
    made = table(3000, 6)
    other = dealt(made, 7)
    assert abs(np.corrcoef(made.unit[:, 0], made.summaries[:, 0])[0, 1]) > 0.2
    assert abs(np.corrcoef(other.unit[:, 0], other.summaries[:, 0])[0, 1]) < 0.06
    assert np.array_equal(np.sort(made.summaries, axis=0), np.sort(other.summaries, axis=0))
