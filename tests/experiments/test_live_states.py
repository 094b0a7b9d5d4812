"""The pairs behind a twin are those of `posture compare`: the same states of the world, the same streams."""

from __future__ import annotations

import csv

import numpy as np

from experiments.cli import cli
from experiments.live.states import in_states
from sim.app.ensemble_band import band_over_states, paired
from sim.scenario import load_scenario

N, DAYS = 6, 60
COUNTS = ("rounds_leaked", "convoy_attacks", "trucks_lost", "civilian_harm")


def rows_of(folder):
    with open(folder / "runs.csv", encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["replicate"] == "0"]


def test_the_pairs_of_a_twin_are_the_first_pairs_of_compare(tmp_path):
    out = tmp_path / "compared"
    words = ["compare", "fourteen", "six", "--days", str(DAYS), "--states", str(N), "--replicates", "2"]
    cli([*words, "--out", str(out)], standalone_mode=False)
    rows, bands = rows_of(out), []
    for name in ("fourteen", "six"):
        ensemble, members = in_states(load_scenario(name, {"days": DAYS}), N)
        bands.append(band_over_states(members, ensemble))
    for name, band in zip(("fourteen", "six"), paired(bands), strict=True):
        mine = [row for row in rows if row["posture"] == name]
        assert [int(row["seed"]) for row in mine] == [seed for _, seed in members]
        for measure in COUNTS:
            np.testing.assert_allclose(band.values[measure][:, -1], [float(row[measure]) for row in mine], rtol=1e-6)
    assert len({float(row["trucks_lost"]) for row in rows}) > 1


def test_what_is_set_holds_in_every_state_and_states_differ_in_the_rest():
    scenario = load_scenario("six", {"operations.base_rate_per_day": 0.0123})
    _, members = in_states(scenario, 8)
    assert {each.parameters.operations.base_rate_per_day for each, _ in members} == {0.0123}
    assert len({each.parameters.defence.p_intercept for each, _ in members}) > 1
    assert len({seed for _, seed in members}) == 8
