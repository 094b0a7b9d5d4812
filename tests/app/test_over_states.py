"""What if over states of the world: each state goes on from a past of its own, in pairs by state."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from experiments.live.states import in_states
from sim.app.ensemble_band import SERIES, per_week
from sim.app.live_run import Change, LiveRun
from sim.app.over_states import what_if_over_states
from sim.app.whatif import BASE, Option, table_rows
from sim.engine import simulate
from sim.errors import ConfigError, RunError
from sim.responses import Use
from sim.scenario import load_scenario

N, HOUR, DAYS = 12, 24 * 30 + 7, 15
SETTINGS = {"days": 60, "operations.base_rate_per_day": 0.2}
CROWD = {"supply.trucks_per_convoy": 1, "supply.tonnes_per_truck": 0.1, "supply.assembly_hours": 1000}
OPTIONS = [
    Option(BASE),
    Option("surge", (Use(name="surge"),)),
    Option("six from now on", (), load_scenario("six")),
]


@pytest.fixture(scope="module")
def members():
    return in_states(load_scenario("fourteen", SETTINGS, ["zone_closure@12:13"]), N)[1]


@pytest.fixture(scope="module")
def found(members):
    with ThreadPoolExecutor(2) as executor:
        return what_if_over_states("2020", members, HOUR, OPTIONS, DAYS, executor=executor)


def row(found, measure, option):
    return next(row for row in found.answers if row[0].measure.name == measure)[option]


def test_each_state_goes_on_as_the_run_of_that_state_with_and_without_the_order(members, found):
    first, last = HOUR // 24, HOUR // 24 + DAYS - 1
    base, surge = (
        np.stack([simulate(scenario.with_responses(order), seed).days for scenario, seed in members])
        for order in ([], ["surge@30:7"])
    )
    for name in ("rounds_leaked", "fire_attacks"):
        own, other = (SERIES[name](days) for days in (base, surge))
        difference = (other - own)[:, last]
        assert row(found, name, 1).difference.mean == pytest.approx(difference.mean())
        assert row(found, name, 1).sides.lower == pytest.approx((difference < 0).mean())
        total = found.fans[1][name].total
        np.testing.assert_allclose(total, np.percentile(other[:, first : last + 1], (5, 25, 50, 75, 95), axis=0))
    rates = np.percentile(per_week(SERIES["fire_attacks"](surge)), (5, 25, 50, 75, 95), axis=0)
    np.testing.assert_allclose(found.fans[1]["fire_attacks"].rate, rates[:, first : last + 1], rtol=1e-6)
    assert row(found, "fire_attacks", 2).difference.mean != 0


def test_a_parameter_that_was_changed_has_its_value_from_its_hour_on(members):
    change = Change(200, "defence.p_intercept", 0.05)
    few = members[:3]
    found = what_if_over_states("2020", few, HOUR, OPTIONS[:1], DAYS, [change])
    runs = [LiveRun(scenario, seed, 24 * (HOUR // 24 + DAYS), changes=[change]) for scenario, seed in few]
    ends = [SERIES["rounds_leaked"](run.days)[-1] for run in runs]
    np.testing.assert_allclose(found.fans[0]["rounds_leaked"].total[2, -1], np.median(ends))


def test_a_state_that_stops_is_left_out_and_said(members, found):
    scenario, seed = members[0]
    shares = []
    crowded = [*members, (scenario.with_changes(CROWD), seed)]
    again = what_if_over_states("2020", crowded, HOUR, OPTIONS, DAYS, tell=shares.append)
    assert again.answers == found.answers
    assert shares == [0.5, 1.0]
    notes = table_rows(again)[2]
    assert notes[0].startswith(f"Over {N} states of the world (2020), from hour {HOUR} (2020-01-31)")
    assert "only the rules' parameters differ, the past of each state is its own. 1 more stopped early" in notes[0]
    assert "95% t intervals over states" in notes[1]
    with pytest.raises(RunError, match="fewer than two states could be run; the first stopped at hour"):
        what_if_over_states("2020", crowded[-1:] * 2, HOUR, OPTIONS, DAYS)


def test_a_refusal_names_the_option(members):
    bad = [Option(BASE), Option("fewer", (), load_scenario("plain_one"))]
    with pytest.raises(ConfigError, match="option fewer: another posture is 'plain_one'; it must be a posture of the"):
        what_if_over_states("2020", members[:2], HOUR, bad, DAYS)
