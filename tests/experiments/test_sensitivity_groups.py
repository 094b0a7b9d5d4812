"""Grouped Sobol indices and structures as factors: known shares, an effect that is planted, intervals that cover."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from SALib.sample import sobol as sobol_sampling

from experiments.analysis.results import load
from experiments.report.sensitivity import section
from experiments.studies.forms import write_csv
from experiments.studies.priors import GROUPS, load_priors
from experiments.studies.runner import Outcomes
from experiments.studies.sensitivity import indices, stages
from experiments.studies.sensitivity.factors import MIDDLE, factors_of
from experiments.studies.sensitivity.screening import STREAMS
from experiments.studies.sensitivity.study import lines
from experiments.studies.sensitivity.tables import tables
from experiments.studies.settings import SensitivitySizes, load_sizes

PRIORS = load_priors("2020")
FACTORS = factors_of(PRIORS)
AXES = ["x", "y", "x", "z", "y"]
"""Groups of five made-up factors."""


# --- shares that are known -------------------------------------------------------------------------------------
def centred(u):
    """Mean 0 and variance 1."""
    return np.sqrt(12.0) * (u - 0.5)


def known(u):
    """x: 2·a + c·a, y: b, z: d, and x with z: 1.5·a·d. Variances 4 + 1, 1 + 1, 0.25, 2.25."""
    a, b, c, d, e = (centred(column) for column in u.T)
    return 2 * a + a * c + b + b * e + 0.5 * d + 1.5 * a * d


PARTS = {"x": 5.0, "y": 2.0, "z": 0.25}
TOGETHER = 2.25
ALL = sum(PARTS.values()) + TOGETHER
FIRST = {name: part / ALL for name, part in PARTS.items()}
TOTAL = {"x": (5.0 + TOGETHER) / ALL, "y": 2.0 / ALL, "z": (0.25 + TOGETHER) / ALL}


def analysed(base_points, seed, noise=0.0, drawn=None):
    drawn = drawn or indices.sample_groups(AXES, base_points, seed)
    y = known(drawn.parameters) + noise * drawn.other_streams
    return drawn, indices.analyse(drawn, y, 100, seed)


def test_groups_have_their_known_shares_alone_in_all_and_in_pairs():
    drawn, (singles, pairs) = analysed(4096, 3, noise=0.1)
    assert drawn.names == ("x", "y", "z", STREAMS)
    for index in singles[:3]:
        assert index.first == pytest.approx(FIRST[index.parameter], abs=0.03)
        assert index.total == pytest.approx(TOTAL[index.parameter], abs=0.03)
    found = {(pair.parameter, pair.other): pair.second for pair in pairs}
    assert found["x", "z"] == pytest.approx(TOGETHER / ALL, abs=0.04)
    assert abs(found["x", "y"]) < 0.04
    assert [index.parameter for index in singles if index.matters] == ["x", "y", "z"]


def test_factors_of_one_group_move_together_and_others_stay():
    drawn = indices.sample_groups(AXES, 8, 1)
    for rows in drawn.unit.reshape(-1, drawn.per_row, len(AXES) + 1):
        first, last, moved = rows[0], rows[-1], rows[1]
        assert (moved[[0, 2]] == last[[0, 2]]).all()
        assert (moved[[1, 3, 4, 5]] == first[[1, 3, 4, 5]]).all()
    assert drawn.other_streams[: drawn.per_row].sum() == 5  # dummy's AB, the three other BA, B


def covered(base_points, studies, sampled=lambda seed: None):
    """Shares of 95% intervals of first-order and of total indices that hold the known share."""
    inside = []
    for seed in range(studies):
        _, (singles, _) = analysed(base_points, 10 + seed, drawn=sampled(seed))
        for i in singles[:3]:
            far = i.first - FIRST[i.parameter], i.total - TOTAL[i.parameter]
            inside.append(np.abs(far) <= (i.first_half_width, i.total_half_width))
    return np.mean(inside, axis=0)


def test_intervals_of_groups_cover_what_is_known():
    """95% intervals of a bootstrap. From a Sobol sequence, as SALib draws it, those of first order would not."""
    assert (covered(128, 80) >= 0.92).all()

    def by_sequence(seed):
        factors = {"num_vars": 6, "names": [*"abcdef"], "bounds": [[0, 1]] * 6, "groups": [*AXES, STREAMS]}
        drawn = indices.sample_groups(AXES, 512, seed)
        unit = sobol_sampling.sample(factors, 512, calc_second_order=True, seed=seed)
        return replace(drawn, unit=unit, parameters=unit[:, :-1])

    assert covered(512, 15, by_sequence)[0] < 0.6


# --- structures as factors -------------------------------------------------------------------------------------
def test_every_parameter_and_every_rival_is_a_factor_with_its_group():
    assert len(FACTORS.names) == len(set(FACTORS.names)) == PRIORS.dimension + len(FACTORS.rivals)
    assert set(FACTORS.groups) == set(GROUPS)
    groups = dict(zip(FACTORS.names, FACTORS.groups, strict=True))
    assert groups["structure.encounter"] == groups["roadside.tip_off"] == "structure"
    assert groups["operations.base_rate_per_day"] == "behaviour"


def test_a_rival_that_is_out_has_its_old_values_wherever_its_parameters_stand():
    unit = np.full((2, len(FACTORS.names)), 0.9)
    unit[1, FACTORS.names.index("structure.encounter")] = 0.1
    unit[1, FACTORS.names.index("structure.waiting")] = 0.1
    inside, out = FACTORS.points(unit)
    assert (inside["roadside.tip_off"], out["roadside.tip_off"]) == (pytest.approx(0.9), 0.0)
    assert (inside["choice.waiting"], out["choice.waiting"]) == ("budget", "option")
    same = {key: value for key, value in inside.items() if key not in ("roadside.tip_off", "choice.waiting")}
    assert same == {key: out[key] for key in same}


def test_in_the_middle_every_rival_is_in():
    (point,) = FACTORS.points(np.full((1, len(FACTORS.names)), MIDDLE))
    assert all(rival.is_in(point) for rival in FACTORS.rivals)


@dataclass
class StandIn:
    """A runner whose measure is known: 6 if bombs are laid on a tip-off, and ten times the base rate's quantile."""

    seed: int = 1
    effect: float = 6.0
    asked: list = field(default_factory=list)

    def run(self, stage, states, policies, replicates, measures, *, streams=0, own_streams=False):
        self.asked.append(stage)
        rng = np.random.default_rng(streams)
        rate = np.array([np.log10(state["operations.base_rate_per_day"] / 0.01) for state in states])  # uniform
        tipped = np.array([state["roadside.tip_off"] > 0 for state in states])
        values = np.zeros((len(states), len(policies), replicates))
        values += (10.0 * rate + self.effect * tipped)[:, None, None] * np.array([1.0, 2.0])[None, :, None]
        values += 0.1 * rng.standard_normal(replicates)
        return Outcomes({measure: values.copy() for measure in measures})


def found(**runner):
    sizes = load_sizes(SensitivitySizes, "sensitivity", quick=True)
    changes = {"measures": ("fire_attacks",), "group_points": 512, "base_points": 128, "trajectories": 4, "kept": 3}
    return stages.sensitivity(PRIORS, sizes.model_copy(update=changes), StandIn(**runner))


@pytest.fixture(scope="module")
def planted():
    return found()


def shares_of(singles):
    return {index.parameter: index.total for index in singles}


def test_a_structure_that_is_planted_is_found_in_its_group_and_as_a_factor(planted):
    """Variance of the rate 100/12, of the structure 36/4: no parameter of the rival says so, in or out alone does."""
    structure = (36 / 4) / (36 / 4 + 100 / 12)
    key = ("six", "fire_attacks")
    groups = shares_of(planted.groups[key])
    assert groups["structure"] == pytest.approx(structure, abs=0.06)
    assert groups["behaviour"] == pytest.approx(1 - structure, abs=0.06)
    assert max(groups[name] for name in ("defence", "politics", "supply", STREAMS)) < 0.02
    assert {"operations.base_rate_per_day", "structure.encounter"} <= set(planted.kept)
    singles = shares_of(planted.singles[key])
    assert singles["structure.encounter"] == pytest.approx(structure, abs=0.1)
    swing = next(s for s in planted.swings if (s.scope, s.parameter) == ("six", "structure.encounter"))
    assert (swing.low.mean, swing.high.mean) == (pytest.approx(-12.0), pytest.approx(0.0))


def test_without_the_effect_structure_is_nothing():
    key = ("six", "fire_attacks")
    without = found(effect=0.0)
    assert shares_of(without.groups[key])["structure"] < 0.01
    assert [i.parameter for i in stages.rows_above_floor(without.groups, *key)] == ["behaviour"]


def test_noise_is_told_over_the_whole_of_the_priors(planted):
    noise = planted.noise["six", "fire_attacks"]
    assert noise.parameters == pytest.approx(1.0, abs=0.01)
    assert noise.noise == pytest.approx(0.0, abs=0.01)


def test_the_page_tells_groups_first_and_says_what_structure_does(planted, tmp_path):
    for name, table in tables(planted).items():
        write_csv(tmp_path / f"{name}.csv", table.marked("full"))
    made = section.section(load(tmp_path))
    assert made.findings[0].startswith("By group, every factor varied: Six − fourteen: largest share of variance")
    index = next(i for i in planted.groups["six_minus_fourteen", "fire_attacks"] if i.parameter == "structure")
    (text,) = [text for text in made.more if text.startswith("Rival structures, alone and with all else")]
    assert f"fire attacks {index.total:.2f} ± {index.total_half_width:.2f}" in text
    assert {"groups", "groups_six"} <= {picture.name for picture in made.pictures}
    grid = next(grid for grid in made.tables if grid.name == "sobol_groups")
    assert [row[1] for row in grid.rows] == [index.parameter for index in planted.groups["six", "fire_attacks"]]


def test_lines_and_tables_have_the_groups(planted):
    line = next(line for line in lines(planted) if line.startswith("fire_attacks, six:"))
    assert re.search(r"total index of groups: (structure|behaviour) 0\.[45]\d, (structure|behaviour) 0\.[45]\d;", line)
    assert "structure.encounter" in line
    filled = tables(planted)
    assert len(filled["sobol_groups"].rows) == 3 * (len(GROUPS) + 1)
    assert len(filled["sobol_group_pairs"].rows) == 3 * len(GROUPS) * (len(GROUPS) - 1) / 2
