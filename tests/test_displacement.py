"""The split of displacement: exact, symmetric, and the same for sums as for what sums are made of (MODEL §12)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.runs.displacement import MEASURES, PARTS, split, split_intervals
from sim import load_scenario
from sim.engine import simulate_many

COUNTS = st.integers(0, 500).map(float)
ARMS = st.fixed_dictionaries(dict.fromkeys(MEASURES, COUNTS))


def consistent(arm):
    """No attack without a bomb, no bomb without an operation: what a run can give."""
    laid = min(arm["bombs_laid"], arm["operations"])
    return {**arm, "bombs_laid": laid, "convoy_attacks": min(arm["convoy_attacks"], laid)}


@given(ARMS, ARMS)
def test_the_parts_add_up_whatever_is_nought(base, other):
    found = split(consistent(base), consistent(other))
    change = consistent(other)["convoy_attacks"] - consistent(base)["convoy_attacks"]
    assert found.total == change
    assert found.volume + found.choice + found.encounter == pytest.approx(change, abs=1e-9)
    assert found.opportunities + found.going == pytest.approx(found.volume, abs=1e-9)
    back = split(consistent(other), consistent(base))
    for part in PARTS:
        assert getattr(back, part) == pytest.approx(-getattr(found, part), abs=1e-9), part


def test_each_part_is_its_own_change():
    """Only one ratio differs: all of the change is that part."""
    base = {
        "operations": 100.0,
        "abstained": 100.0,
        "bombs_laid": 50.0,
        "convoy_attacks": 20.0,
        "bombs_waiting_end": 1.0,
    }
    more = {**base, "operations": 150.0, "abstained": 150.0, "bombs_laid": 75.0, "convoy_attacks": 30.0}
    assert split(base, more).volume == split(base, more).opportunities == pytest.approx(10)
    going = {**base, "operations": 150.0, "abstained": 50.0, "bombs_laid": 75.0, "convoy_attacks": 30.0}
    assert split(base, going).going == pytest.approx(10)
    chosen = {**base, "bombs_laid": 60.0, "convoy_attacks": 24.0}
    assert split(base, chosen).choice == pytest.approx(4)
    met = {**base, "convoy_attacks": 25.0, "bombs_waiting_end": 3.0}
    assert split(base, met).encounter == pytest.approx(5)
    assert split(base, met).waiting == 2


@pytest.mark.parametrize(
    "postures", [("fourteen", "six"), ("equal_fourteen", "equal_six"), ("fourteen", "drawdown_2020")]
)
def test_the_identity_holds_on_every_pair_of_runs(postures):
    runs = [simulate_many(load_scenario(posture), range(20)).measures for posture in postures]
    found = split(*runs)
    assert found.volume + found.choice + found.encounter == pytest.approx(found.total, abs=1e-9)
    assert (found.total == runs[1]["convoy_attacks"] - runs[0]["convoy_attacks"]).all()
    intervals = split_intervals(*runs)
    parts = sum(intervals[part].mean for part in ("volume", "choice", "encounter"))
    assert parts == pytest.approx(intervals["total"].mean) == pytest.approx(found.total.mean())
    paired = found.total.std(ddof=1) / np.sqrt(20) * 2.093  # the t interval of the same mean
    assert intervals["total"].high - intervals["total"].mean == pytest.approx(paired, rel=1e-3)
