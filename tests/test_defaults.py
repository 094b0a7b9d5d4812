"""The defaults, judgements until calibrated, give counts of the reported order: within a factor of two of S1 and S2."""

import pytest

from sim import load_scenario
from sim.draws import replicate_seed
from sim.engine import simulate_many

REPORTED = {"convoy_attacks": (14, 27, 25), "fire_attacks": (19, 11, 27)}


@pytest.fixture(scope="module")
def measures():
    return simulate_many(load_scenario("drawdown_2020"), [replicate_seed(1, r) for r in range(60)]).measures


@pytest.mark.parametrize("kind", REPORTED)
@pytest.mark.parametrize("quarter", [1, 2, 3])
def test_the_year_as_it_went_has_the_reported_order_of_attacks(measures, kind, quarter):
    mean = measures[f"{kind}_q{quarter}"].mean()
    assert 0.5 < mean / REPORTED[kind][quarter - 1] < 2.0


def test_salvos_and_casualties_are_of_the_published_order(measures):
    salvos, rounds = measures["rocket_attacks"].mean(), measures["rounds_fired"].mean()
    assert 3.0 <= rounds / salvos <= 5.0  # E8
    assert 0.2 <= measures["rounds_inside"].mean() / rounds <= 0.4  # E9
    assert 0.0 < measures["us_killed"].mean() / measures["fire_attacks"].mean() < 0.08  # E11
