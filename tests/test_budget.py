"""Totals of people and batteries over sites."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.config_files import names
from sim.errors import ConfigError
from sim.scenario import load_scenario, place, share_out

PEOPLE = st.lists(st.integers(0, 5000), min_size=1, max_size=24)


@given(PEOPLE, st.integers(0, 200_000))
def test_people_are_shared_out_whole_and_in_proportion(people, total):
    shares = share_out(people, total)
    assert sum(shares) == total
    weights = people if sum(people) else [1] * len(people)
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - total * weight / sum(weights)) < 1  # nobody is a whole person off
    if sum(people):
        assert all(share == 0 for share, here in zip(shares, people, strict=True) if here == 0)


@given(PEOPLE)
def test_the_same_total_changes_nothing(people):
    if sum(people):
        assert share_out(people, sum(people)) == people


@given(st.integers(1, 24), st.integers(0, 480), st.data())
def test_batteries_stand_by_value_and_differ_by_one_at_most(n, total, data):
    sites = [f"s{k}" for k in range(n)]
    values = {site: data.draw(st.sampled_from([0.1, 0.5, 1.0])) for site in sites}
    batteries = place(sites, total, values)
    assert sum(batteries) == total
    assert max(batteries) - min(batteries) <= 1
    more = [values[site] for site, b in zip(sites, batteries, strict=True) if b == max(batteries)]
    fewer = [values[site] for site, b in zip(sites, batteries, strict=True) if b == min(batteries)]
    assert min(more) >= max(fewer) or max(batteries) == min(batteries)


@pytest.mark.parametrize("name", names("postures"))
@pytest.mark.parametrize(("people", "batteries"), [(0, 0), (3000, 4), (5201, 17)])
def test_a_scenario_has_the_totals_that_it_is_given(name, people, batteries):
    scenario = load_scenario(name)
    changed = scenario.with_changes({"people": people, "batteries": batteries})
    assert sum(site.people for site in changed.posture.sites) == people
    assert sum(site.batteries for site in changed.posture.sites) == batteries
    assert [site.name for site in changed.posture.sites] == [site.name for site in scenario.posture.sites]


@pytest.mark.parametrize("value", [-1, 2.5, "many", True, 10**9])
@pytest.mark.parametrize("key", ["people", "batteries"])
def test_other_totals_are_refused(key, value):
    with pytest.raises(ConfigError, match=f"{key} is .*it must be a whole number from 0"):
        load_scenario("six").with_changes({key: value})


def test_a_site_that_would_have_too_many_is_refused():
    with pytest.raises(ConfigError, match="people"):
        load_scenario("six", {"sites.embassy.people": 100_000, "people": 300_000})
