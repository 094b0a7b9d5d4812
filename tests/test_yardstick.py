"""The yardstick of speed: the same agents, due as often, in every form; else a ratio of times says nothing."""

from __future__ import annotations

import pytest

from benchmarks.yardstick import floor, forms
from benchmarks.yardstick.case import acts_due, validate
from benchmarks.yardstick.workload import AGENTS, Unit


@pytest.fixture(scope="module")
def base():
    return acts_due("fourteen")


def test_every_form_has_the_agents_and_the_acts_of_the_base_run(base):
    validate(*base)


def test_a_form_whose_patrols_sleep_longer_is_not_timed(base):
    class Sleepy(Unit):
        def act(self):
            return super().act() * 2

    def sleepy(hours, seed):
        return forms.by_hour(forms.surroundings(seed), hours, lambda kind: (Sleepy if kind is Unit else kind)())

    with pytest.raises(SystemExit, match=r"sleepy: acts of units: 10,\d+, wanted 20,884 within 10%"):
        validate(*base, {"sleepy": sleepy})


def test_other_numbers_of_agents_are_not_timed(base):
    with pytest.raises(SystemExit, match=r"^agents: 204, wanted 300"):
        validate(base[0], 300.0)


@pytest.mark.skipif(floor.compiler() is None, reason="no C compiler here")
def test_the_floor_makes_as_many_acts(base, tmp_path):
    due = base[0]
    of_agents, of_sites = floor.run(floor.build(tmp_path), 2, due)
    assert of_sites == due["sites"]
    assert of_agents == pytest.approx(sum(due[kind] for kind in AGENTS if kind != "sites"), rel=0.03)
