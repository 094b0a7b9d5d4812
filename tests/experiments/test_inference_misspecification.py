"""Inside or outside the cloud of simulated reports: three planted observations, each seen by another look; and none
cried over.
"""

from __future__ import annotations

import numpy as np
import pytest
from stand_in import table

from experiments.studies.inference.misspecification import look


def normal(n=4000, k=6, seed=1):
    return np.random.default_rng(seed).standard_normal((n, k))


def names(cloud):
    return [f"report {k}" for k in range(cloud.shape[1])]


def test_one_report_out_of_range_is_named():
    cloud = normal()
    found = look(names(cloud), cloud, np.array([0, 0, 6.0, 0, 0, 0]), 1)
    assert found.outside
    assert found.words.startswith("outside the cloud of simulated reports")
    assert found.words.endswith(": report 2")


def test_a_pair_that_never_goes_together_is_seen_by_mahalanobis_alone():
    cloud = normal()
    cloud[:, 1] = 0.95 * cloud[:, 0] + 0.312 * cloud[:, 1]
    found = look(names(cloud), cloud, np.array([1.5, -1.5, 0, 0, 0, 0]), 1)
    assert found.outside
    assert min(tail.p_holm for tail in found.tails) > 0.5
    assert found.mahalanobis < 0.002
    assert found.words.endswith("each report by itself is possible, together they are not")


def test_a_hole_is_seen_by_neighbours_alone():
    cloud = normal(k=3)
    cloud /= np.linalg.norm(cloud, axis=1, keepdims=True)
    cloud += 0.05 * normal(k=3, seed=2)
    found = look(names(cloud), cloud, np.zeros(3), 1)
    assert found.outside
    assert found.mahalanobis > 0.9
    assert min(tail.p_holm for tail in found.tails) > 0.5


def test_observations_of_the_model_are_outside_in_no_more_than_one_of_twenty():
    made = table(2300, 3).summaries  # counts, skewed and clustered: no normal cloud
    cloud, observed = made[:2000], made[2000:]
    found = [look(names(cloud), cloud, y, 1) for y in observed]
    assert np.mean([f.outside for f in found]) <= 0.09
    for p in (np.array([f.mahalanobis for f in found]), np.array([f.neighbours for f in found])):
        assert np.mean(p < 0.2) == pytest.approx(0.2, abs=0.1)
        assert np.mean(p) == pytest.approx(0.5, abs=0.08)


def test_reports_that_no_run_of_the_stand_in_gives():
    cloud = table(3000, 4).summaries
    swap = cloud[0].copy()
    swap[::2], swap[1::2] = cloud.min(axis=0)[::2], cloud.max(axis=0)[1::2]  # nothing one month, most the next
    assert look(names(cloud), cloud, swap, 1).outside


def test_a_report_that_is_the_same_in_every_run_does_no_harm():
    cloud = normal(500, 3)
    cloud[:, 1] = 0.0
    found = look(names(cloud), cloud, np.zeros(3), 1)
    assert not found.outside
    assert found.tails[1].p_holm == 1.0
    assert found.tails[1].below == 0.5
    assert look(names(cloud), cloud, np.array([0.0, 3.0, 0.0]), 1).outside
