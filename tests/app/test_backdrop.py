"""Charts are there whatever is known of the ensembles behind them, and made once where it is known at once."""

from __future__ import annotations

import threading

import pytest

from sim.app.controller import Controller
from sim.app.ensemble_band import compute_band
from sim.app.ensembles import Ensembles
from sim.app.run_request import RunRequest
from sim.app.setup import Setup


def few(scenario, tell):
    return compute_band(scenario, n=3)


@pytest.fixture
def setups():
    """Sets up a page of runs, again and again; what the charts are told, from the ensembles' being looked for."""
    ensembles, pairs = Ensembles(few), Ensembles(few)

    def of(posture, twin):
        request = RunRequest(posture=posture, twin=twin, seed=1)
        controller, told = Controller(Setup(request, ensembles=ensembles, pairs=pairs)), []
        try:
            assert controller.backdrop.charts.setup == {}
            controller.backdrop.charts.observe(lambda change: told.append(change["new"]), "setup")
            controller.backdrop.look()
            for thread in threading.enumerate():
                if thread.name == "posture band":
                    thread.join(60)
            return told, controller.backdrop
        finally:
            controller.close()

    return of


@pytest.mark.parametrize("twin", ["", "six"], ids=["one run", "twin"])
def test_charts_are_told_twice_while_an_ensemble_is_made_and_once_when_it_is_known(setups, twin):
    first, again = setups("fourteen", twin)[0], setups("fourteen", twin)[0]
    assert [bool(told["ensemble"]) for told in first] == [False, True]
    assert again == first[1:]


def test_runs_of_different_length_have_charts_without_pairs_each_time(setups):
    for _ in range(2):
        told, backdrop = setups("year_and_half", "six")
        assert backdrop.difference.note == "no pairs: runs of different length"
        assert told
        assert told[-1]["panels"]
        assert not told[-1]["ensemble"]
