"""The claims: verdicts from known effects, noise taken out of the spread, what overturns, page and messages."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy.stats import norm

from experiments.analysis.results import load
from experiments.files.whole import results_folder
from experiments.report.claims.section import section
from experiments.report.page.save import save
from experiments.studies.claims import verdicts as claims
from experiments.studies.claims.catalogue import Case, Check, Claim, load_claims
from experiments.studies.runner import Kept
from sim.config_files import configs_folder
from sim.errors import ConfigError

BASE, CASE = Case(), Case(responses="surge")


def made_up(effects, noise, replicates=8, seed=0):
    """States in which the case's pressure is the base's (100) and an effect, with noise of its own in each."""
    rng = np.random.default_rng(seed)
    n = len(effects)
    base = 100 + np.zeros((n, replicates))
    case = base + np.asarray(effects)[:, None] + noise * rng.standard_normal((n, replicates))
    states = [{"a.b": float(v), "c.d": float(rng.random())} for v in effects]
    return Kept(states, (BASE, CASE), {"pressure": np.stack([base, case], axis=1)}, 0)


def claim(*tests, kind="emergent"):
    words = {"id": "S16", "claim": "c", "assumed": "a", "statement": "s", "kind": kind}
    return Claim(**words, tests=tests)


def lower_by(size, *, relative=True):
    return Check(case=CASE, base=BASE, measure="pressure", relative=relative, at_most=-size)


def test_a_claim_holds_where_its_effect_has_the_size_that_matters():
    tried = made_up([-20.0, -11.0, -9.0, 5.0], 0.0)
    tests, holds = claims.judge(claim(lower_by(0.1)), tried)
    assert holds.tolist() == [1, 1, 0, 0]
    assert tests[0].mean == pytest.approx(-0.0875)
    assert tests[0].reliability == 1.0
    assert claims.judge(claim(lower_by(10, relative=False)), tried)[1].tolist() == holds.tolist()


def test_every_test_of_a_claim_must_hold():
    tried = made_up([-20.0, -11.0, -9.0, 5.0], 0.0)
    level = Check(case=CASE, measure="pressure", at_least=85.0)
    assert claims.judge(claim(lower_by(0.1), level), tried)[1].tolist() == [0, 1, 0, 0]


def test_replicate_noise_is_taken_out_of_the_spread():
    """Effects −5 ± 5 held against −10: one draw in six; with noise of ± 10 in means over 8 it seems more."""
    truth = -5 + 5 * np.random.default_rng(1).standard_normal(4000)
    test = claims.judge(claim(lower_by(10, relative=False)), made_up(truth, 10 * np.sqrt(8)))[0][0]
    assert test.reliability == pytest.approx(25 / 125, abs=0.05)
    assert test.probability == pytest.approx(norm.cdf(-1), abs=0.03)
    assert test.raw_probability == pytest.approx(norm.cdf(-5 / np.sqrt(125)), abs=0.03)


def test_what_replicates_leave_open_of_the_mean_is_kept():
    """All states have the effect −10, and the size that matters is 10: a toss-up, whatever the replicates differ by."""
    tried = made_up(np.full(100, -10.0), 0.0)
    noise = 4 * np.random.default_rng(3).standard_normal((100, 8))
    tried.values["pressure"][:, 1] += noise - noise.mean(axis=1, keepdims=True)
    error = np.sqrt(noise.var(axis=1, ddof=1).mean() / 800)
    assert claims.judge(claim(lower_by(10, relative=False)), tried)[1] == pytest.approx(np.full(100, 0.5))
    tried.values["pressure"][:, 1] -= error  # one standard error more
    assert claims.judge(claim(lower_by(10, relative=False)), tried)[1].mean() == pytest.approx(norm.cdf(1))


@pytest.mark.parametrize(("p", "verdict"), [(0.8, "supported"), (0.79, "undetermined"), (0.2, "contradicted")])
def test_verdicts(p, verdict):
    assert claims.verdict_of(p, 0.8) == verdict


def test_an_assumed_claim_gets_no_verdict_whatever_the_runs_say():
    catalogue = load_claims()
    tried = made_up(np.full(50, -50.0), 0.0)
    found = claims.find(claim(lower_by(0.1), kind="assumed"), catalogue, tried, tried)
    assert (found.verdict, found.probability, found.overturned_by) == ("assumed", 1.0, [])
    assert claims.find(claim(lower_by(0.1)), catalogue, tried, tried).verdict == "supported"


def test_the_parameter_that_decides_is_named_and_no_other():
    rng = np.random.default_rng(2)
    states = [{"a": float(v), "b": float(rng.random()), "w": "xy"[int(rng.random() < 0.5)]} for v in rng.random(300)]
    holds = np.array([state["a"] > 0.25 for state in states])
    found = claims.overturning(states, holds, "supported", 0.8)
    assert [o.parameter for o in found] == ["a"]
    assert found[0].where.startswith("≤")
    assert found[0].probability < 0.5
    assert claims.overturning(states, np.ones(300, bool), "supported", 0.8) == []


def test_a_word_can_overturn():
    states = [{"w": "xy"[n % 5 == 0]} for n in range(200)]
    found = claims.overturning(states, np.array([state["w"] == "x" for state in states]), "supported", 0.8)
    assert [(o.parameter, o.where, o.probability) for o in found] == [("w", "= y", 0.0)]


def test_the_catalogue_has_every_claim_and_says_what_the_sources_say():
    catalogue = load_claims()
    assert [c.id for c in catalogue.claims] == [f"S{n}" for n in range(15, 31)]
    odd = (configs_folder().parent / "docs" / "ODD.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (S[0-9]+) \| [^|]+ \| ([^|]+) \|$", odd, re.MULTILINE))
    for c in catalogue.claims:
        # the ODD says of which claims next to nothing is open
        assert (c.kind == "assumed") == (rows[c.id].startswith(("hardly anything", "little")))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('measure = "relation_mean"', 'measure = "nonsense"'), "nonsense is not a measure"),
        (("at_most = -0.05", ""), "either at_least or at_most"),
        (('id = "S16"', 'id = "S15"'), "claim S15 is given twice"),
        (('responses = "surge"', 'responses = "urge"'), r"claims\[1\].tests\[0\].case \(response\) = 'urge'"),
        (('"harm.p_wound" = 0.0', '"harm.p_wound" = 2.0'), r"claims\[0\].tests\[0\].case .*p_wound"),
        (("base = {}\n", ""), "a relative test has a base"),
    ],
)
def test_a_bad_catalogue_is_refused(change, message, tmp_path):
    text = (configs_folder() / "claims.toml").read_text(encoding="utf-8")
    assert change[0] in text
    path = tmp_path / "claims.toml"
    path.write_text(text.replace(*change, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        load_claims(path)


def test_quick_through_the_command_line(posture, tmp_path, read):
    done = posture("claims", "--quick", "--ensemble", "prior", "--out", tmp_path / "o", "--page", tmp_path / "page.md")
    assert done.exit_code == 0, done.output
    page = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert page == (tmp_path / "o" / "claims.md").read_text(encoding="utf-8")
    assert "Quick setting" in page
    assert [line for line in page.splitlines() if re.match(r"## S\d+$", line)] == [f"## S{n}" for n in range(15, 31)]
    rows = read(tmp_path / "o" / "claims.csv")
    assert {row["setting"] for row in rows} == {"quick"}
    assert {row["claim"] for row in rows if row["verdict"] == "assumed"} == {"S23", "S26"}
    for row in rows:
        assert 0 <= float(row["low"]) <= float(row["probability"]) <= float(row["high"]) <= 1
    drawn_again = save(section(load(tmp_path / "o")).pictures, results_folder(tmp_path / "again"))
    assert drawn_again == ["claims.png"]
    assert (tmp_path / "again" / "claims.png").read_bytes() == (tmp_path / "o" / "claims.png").read_bytes()
