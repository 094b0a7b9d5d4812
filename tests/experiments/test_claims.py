"""The claims: verdicts from known effects, windows, ceilings, structures, what overturns, page and messages."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy.stats import norm
from sizes import assert_counted

from experiments.analysis.results import load
from experiments.files.whole import results_folder
from experiments.report.claims.numbers import held_in
from experiments.report.claims.page import page, sentence
from experiments.report.claims.section import section
from experiments.report.page.save import save
from experiments.runs import pools
from experiments.runs.shares import wilson
from experiments.studies.claims import overturns, verdicts
from experiments.studies.claims.catalogue import Case, Ceiling, Check, Claim, ClaimsCatalogue, load_claims
from experiments.studies.claims.counts import Counts, Quantity
from experiments.studies.claims.effects import effects
from experiments.studies.claims.shares import Share
from experiments.studies.claims.tables import at_most_sure
from experiments.studies.claims.tried import Tried
from experiments.studies.runner import Kept, StudyRunner
from experiments.studies.settings import ClaimsSizes
from experiments.studies.structures.rivals import load_rivals
from experiments.studies.weights import WeighedStates
from sim.config_files import configs_folder
from sim.engine import simulate_many
from sim.errors import ConfigError
from sim.rules.events import BOMB_CONVOY, BOMB_DETAIL
from sim.scenario import load_scenario
from sim.theatre import area_of_squares, rows_of_areas

BASE, CASE, MOST = Case(), Case(responses="surge"), Case(responses="surge+zone_clearance")
EDGE = 0.8


def made_up(effects, noise=0.0, replicates=8, seed=0, ceiling=None, states=None, measure="pressure"):
    """States in which the case's pressure is the base's (100) and an effect, with noise of its own in each."""
    rng = np.random.default_rng(seed)
    n = len(effects)
    base = 100 + np.zeros((n, replicates))
    case = base + np.asarray(effects)[:, None] + noise * rng.standard_normal((n, replicates))
    most = base + np.asarray(effects if ceiling is None else ceiling).reshape(-1, 1)
    states = states or [{"a.b": float(v), "c.d": float(rng.random())} for v in effects]
    return Tried(Kept(states, (BASE, CASE, MOST), {measure: np.stack([base, case, most], axis=1)}, 0))


def claim(*tests, kind="emergent"):
    words = {"id": "S16", "claim": "c", "assumed": "a", "statement": "s", "kind": kind}
    return Claim(**words, tests=tests)


def lower_by(size, *, relative=True, **more):
    return Check(case=CASE, base=BASE, measure="pressure", relative=relative, at_most=-size, **more)


def holds(claim, tried):
    """In which states a claim holds, with what chance."""
    return verdicts.all_hold(claim, tried)[0]


def found(claim, tried, outside=None):
    return verdicts.find(claim, load_claims(), tried, outside or tried, load_rivals())


# --- from effects to verdicts --------------------------------------------------------------------------
def test_a_claim_holds_where_its_effect_has_the_size_that_matters():
    tried = made_up([-20.0, -11.0, -9.0, 5.0])
    assert holds(claim(lower_by(0.1)), tried).tolist() == [1, 1, 0, 0]
    test = verdicts.tested(lower_by(0.1), tried, EDGE)
    assert test.effect.mean == pytest.approx(-0.0875)
    assert (test.reliability, test.holds.mean, test.n, test.no_effect) == (1.0, 0.5, 4, 0)
    assert holds(claim(lower_by(10, relative=False)), tried).tolist() == [1, 1, 0, 0]


def test_every_test_that_counts_must_hold_and_no_other():
    tried = made_up([-20.0, -11.0, -9.0, 5.0])
    level = Check(case=CASE, measure="pressure", at_least=85.0)
    assert holds(claim(lower_by(0.1), level), tried).tolist() == [0, 1, 0, 0]
    for role in ("beside", "assumed"):
        one = claim(lower_by(0.1), level.model_copy(update={"role": role}))
        assert holds(one, tried).tolist() == [1, 1, 0, 0]
        assert found(one, tried).tests[1].verdict == ("assumed" if role == "assumed" else "undetermined")
    with pytest.raises(ValueError, match="one test or more must count"):
        claim(level.model_copy(update={"role": "beside"}))


def test_replicate_noise_is_taken_out_of_the_spread():
    """Effects −5 ± 5 held against −10: one draw in six; with noise of ± 10 in means over 8 it seems more."""
    truth = -5 + 5 * np.random.default_rng(1).standard_normal(4000)
    tried = made_up(truth, 10 * np.sqrt(8))
    test = verdicts.tested(lower_by(10, relative=False), tried, EDGE)
    assert test.reliability == pytest.approx(25 / 125, abs=0.05)
    assert test.holds.mean == pytest.approx(norm.cdf(-1), abs=0.03)
    raw = effects(lower_by(10, relative=False), tried.kept).mean(axis=1)
    assert (raw <= -10).mean() == pytest.approx(norm.cdf(-5 / np.sqrt(125)), abs=0.03)


def test_what_replicates_leave_open_of_the_mean_is_kept():
    """All states have the effect −10, and the size that matters is 10: a toss-up, whatever the replicates differ by."""
    tried = made_up(np.full(100, -10.0))
    noise = 4 * np.random.default_rng(3).standard_normal((100, 8))
    tried.kept.values["pressure"][:, 1] += noise - noise.mean(axis=1, keepdims=True)
    error = np.sqrt(noise.var(axis=1, ddof=1).mean() / 800)
    one = claim(lower_by(10, relative=False))
    assert holds(one, tried) == pytest.approx(np.full(100, 0.5))
    assert found(one, tried).verdict == "undetermined"
    tried.kept.values["pressure"][:, 1] -= error  # one standard error more
    assert holds(one, tried).mean() == pytest.approx(norm.cdf(1))


def test_states_that_differ_by_replicate_noise_alone_have_no_spread_to_show():
    """Twenty studies of equal states: where the reliability happens to be estimated above 0, it means nothing."""
    spreads = [verdicts.tested(lower_by(0.1), made_up(np.full(60, -2.0), 30.0, seed=k), EDGE) for k in range(20)]
    assert sum(test.spread is not None for test in spreads) <= 3
    for test in spreads:
        assert (test.spread is None) == (test.reliability == 0.0)
    differing = verdicts.tested(lower_by(0.1), made_up(np.linspace(-50, 50, 60), 30.0), EDGE)
    assert differing.spread.low < -0.3
    assert differing.spread.high > 0.3


@pytest.mark.parametrize(
    ("low", "p", "high", "verdict"),
    [
        (0.8, 0.9, 0.95, "supported"),
        (0.79, 0.9, 0.95, "undetermined"),
        (0.05, 0.1, 0.2, "contradicted"),
        (0.05, 0.1, 0.21, "undetermined"),
        (0.99, 1.0, 1.0, "supported"),
    ],
)
def test_an_interval_that_crosses_its_bound_is_undetermined(low, p, high, verdict):
    assert verdicts.verdict_of(Share(p, low, high, 50), EDGE) == verdict


def test_the_same_share_is_undetermined_of_few_states_and_clear_of_many():
    few, many = (made_up(np.where(np.arange(n) % 10 < 9, -20.0, 0.0)) for n in (20, 400))
    assert found(claim(lower_by(0.1)), few).probability.mean == found(claim(lower_by(0.1)), many).probability.mean
    assert found(claim(lower_by(0.1)), few).verdict == "undetermined"
    assert found(claim(lower_by(0.1)), many).verdict == "supported"


def test_a_state_that_the_ensemble_gives_ten_times_counts_as_one():
    effects_of = np.where(np.arange(20) % 10 < 9, -20.0, 0.0)
    states = [{"a.b": float(k)} for k in range(20)]
    once, often = made_up(effects_of, states=states), made_up(np.tile(effects_of, 10), states=states * 10)
    a, b = (found(claim(lower_by(0.1)), tried) for tried in (once, often))
    assert b.probability.mean == a.probability.mean
    assert b.probability.low == pytest.approx(a.probability.low, abs=0.02)
    assert b.verdict == "undetermined"
    (wide,), (narrow,) = a.tests, b.tests
    assert narrow.effect.low == pytest.approx(wide.effect.low)


def test_an_assumed_claim_gets_no_verdict_whatever_the_runs_say():
    tried = made_up(np.full(50, -50.0))
    one = found(claim(lower_by(0.1), kind="assumed"), tried)
    assert (one.verdict, one.probability.mean, one.overturned_by) == ("assumed", 1.0, [])
    assert found(claim(lower_by(0.1)), tried).verdict == "supported"


# --- what divides by nothing ---------------------------------------------------------------------------
def counted(base, case, measure="areas_lost"):
    values = np.stack([np.asarray(base, float), np.asarray(case, float)], axis=1)
    return Tried(Kept([{"a.b": float(k)} for k in range(len(values))], (BASE, CASE), {measure: values}, 0))


def test_a_state_with_nothing_either_way_is_left_out_and_counted():
    """12 of 40 states lose no area at all: no failure. Of the others all lose half."""
    base = np.where(np.arange(40) < 12, 0, 4)[:, None] * np.ones(6)
    check = Check(case=CASE, base=BASE, measure="areas_lost", relative=True, at_most=-0.25)
    one = found(claim(check), counted(base, base / 2))
    assert (one.probability.mean, one.n, one.tests[0].no_effect, one.tests[0].n) == (1.0, 28, 12, 28)
    assert one.tests[0].effect.mean == pytest.approx(-0.5)
    assert one.verdict == "supported"
    assert found(claim(check), counted(0 * base, 0 * base)).verdict == "undetermined"


def test_something_from_nothing_is_no_decrease():
    base = np.where(np.arange(40) < 20, 0, 4)[:, None] * np.ones(6)
    check = Check(case=CASE, base=BASE, measure="areas_lost", relative=True, at_most=-0.25)
    one = found(claim(check), counted(base, np.where(base > 0, 2, 1)))
    assert (one.probability.mean, one.tests[0].no_effect) == (0.5, 0)
    assert one.tests[0].effect.mean == pytest.approx(-0.5), "of the states in which it is a number"


def test_the_noise_of_a_divisor_is_counted():
    """Case and base are independent counts of one mean: the change is 0, with the noise of both."""
    rng = np.random.default_rng(4)
    table = effects(
        Check(case=CASE, base=BASE, measure="areas_lost", relative=True, at_most=0.0),
        counted(rng.poisson(20, (3000, 8)), rng.poisson(20, (3000, 8))).kept,
    )
    within = table.var(axis=1, ddof=1).mean() / 8
    assert table.mean(axis=1).var(ddof=1) == pytest.approx(within, rel=0.1)
    assert within == pytest.approx(2 / 20 / 8, rel=0.1)


def test_a_ratio_is_one_of_sums_over_the_replicates():
    parts = {"convoys_hit": [[1, 0], [0, 0]], "convoys_sent": [[10, 40], [0, 0]], "outbound_sent": [[0, 0], [0, 0]]}
    values = {name: np.array(table, float)[:, None, :].repeat(2, axis=1) for name, table in parts.items()}
    values["convoys_hit"][0, 1] *= 2
    kept = Kept([{}, {"a": 1}], (BASE, CASE), values, 0)
    level = effects(Check(case=CASE, measure="hits_per_100_convoys", at_least=0.0), kept)
    assert level[0].mean() == pytest.approx(100 * 2 / 50)
    assert np.isnan(level[1]).all()
    change = Check(case=CASE, base=BASE, measure="hits_per_100_convoys", relative=True, at_least=0.0)
    assert effects(change, kept)[0].mean() == pytest.approx(1.0)


# --- ceilings ------------------------------------------------------------------------------------------
def with_ceiling(**bound):
    ceiling = Ceiling(case=MOST, says="all of it", rules="most of it lies elsewhere")
    return Check(case=CASE, base=BASE, measure="pressure", relative=True, ceiling=ceiling, **bound)


def test_a_size_that_even_the_ceiling_does_not_reach_cannot_be_tested_and_the_reason_is_said():
    effects_of = np.full(60, -1.0)
    short, far = (found(claim(with_ceiling(at_most=-0.1)), made_up(effects_of, ceiling=most)) for most in (-3.0, -30.0))
    assert short.verdict == "cannot be tested"
    assert far.verdict == "contradicted"
    assert "even with all of it pressure changes by −3% on average, and gets beyond −10% in none of" in sentence(short)
    assert "(most of it lies elsewhere)" in sentence(short)


def test_that_an_effect_stays_small_cannot_be_tested_where_the_rules_let_none_be_large():
    effects_of = np.full(60, -1.0)
    built_in, open_ = (
        found(claim(with_ceiling(at_least=-0.1)), made_up(effects_of, ceiling=most)) for most in (-3.0, -30.0)
    )
    assert (built_in.verdict, open_.verdict) == ("cannot be tested", "supported")


def test_a_ceiling_that_reaches_the_size_in_some_states_lets_the_claim_be_tested():
    most = np.where(np.arange(200) % 2, -30.0, -3.0)
    one = found(claim(with_ceiling(at_most=-0.1)), made_up(np.full(200, -1.0), ceiling=most))
    assert one.verdict == "contradicted"
    assert one.tests[0].reached.share.mean == 0.5


# --- structures and what overturns ----------------------------------------------------------------------
def structured(n=400):
    """Half the states have bombs laid on a tip-off, half are of effort budgets, apart; effects hang on the first."""
    rng = np.random.default_rng(5)
    tipped, budget = rng.random(n) < 0.5, rng.random(n) < 0.5
    states = [
        {"roadside.tip_off": 0.1 + 0.9 * rng.random() if tip else 0.0, "choice.waiting": ["option", "budget"][int(eff)]}
        for tip, eff in zip(tipped, budget, strict=True)
    ]
    return made_up(np.where(tipped, -20.0, -12.0 + 4 * rng.random(n)), states=states), tipped


def test_the_probability_is_stated_per_structure_where_it_differs():
    tried, tipped = structured()
    one = found(claim(lower_by(0.11)), tried)
    sides = {side.structure: side for side in one.structures}
    assert set(sides) == {"encounter", "waiting"}, "of the others every state has the old value"
    assert sides["encounter"].differs
    assert not sides["waiting"].differs
    assert (sides["encounter"].with_it.mean, sides["encounter"].n_with) == (1.0, int(tipped.sum()))
    assert sides["encounter"].without.mean < 0.5
    assert one.verdict == "undetermined"


def overturning(tried):
    """What would overturn it that a claim is supported."""
    return overturns.overturning(verdicts.all_hold(claim(lower_by(0.1)), tried), tried, "supported", EDGE)


def test_the_parameter_that_decides_is_named_and_no_other():
    rng = np.random.default_rng(2)
    states = [{"a": float(v), "b": float(rng.random()), "w": "xy"[int(rng.random() < 0.5)]} for v in rng.random(300)]
    tried = made_up([-20.0 if state["a"] > 0.25 else 0.0 for state in states], states=states)
    named = overturning(tried)
    assert [o.parameter for o in named] == ["a"]
    assert named[0].where.startswith("≤")
    assert named[0].share.mean < 0.5
    assert overturning(made_up(np.full(300, -20.0), states=states)) == []


def test_a_word_can_overturn():
    states = [{"w": "xy"[n % 5 == 0], "n": n} for n in range(200)]
    tried = made_up([-20.0 if state["w"] == "x" else 0.0 for state in states], states=states)
    named = overturning(tried)
    assert [(o.parameter, o.where, o.share.mean) for o in named] == [("w", "= y", 0.0)]


def test_a_parameter_of_which_half_has_one_value_can_overturn_above_it_and_below():
    states = [{"a": 1.0 if n % 2 else 0.5 + n / 200} for n in range(200)]
    named = overturning(made_up([-20.0 if state["a"] <= 1.0 else 0.0 for state in states], states=states))
    assert [(o.where, o.share.mean) for o in named] == [("> 1", 0.0)]


# --- words ---------------------------------------------------------------------------------------------
def test_all_of_the_states_tried_is_never_said_without_what_that_leaves_open():
    low, high = wilson(1.0, 200)
    assert held_in(Share(1.0, low, high, 200), 200) == "all 200 states tried (at least 98%)"
    assert at_most_sure(Share(1.0, low, high, 200), 200) == "all of 200, ≥ 0.98"
    low, high = wilson(0.0, 200)
    assert held_in(Share(0.0, low, high, 200), 200) == "none of 200 states tried (at most 2%)"
    assert held_in(Share(0.996, 0.97, 0.9993, 1000), 1000) == ">99% of 1,000 states (97% to >99%)"
    assert held_in(Share(float("nan"), 0.0, 1.0, 0), 0) == "no state that can be judged"


# --- the catalogue -------------------------------------------------------------------------------------
def test_the_catalogue_has_every_claim_and_says_what_the_sources_say():
    catalogue = load_claims()
    assert [c.id for c in catalogue.claims] == [f"S{n}" for n in range(15, 31)]
    odd = (configs_folder().parent / "docs" / "ODD.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (S[0-9]+) \| [^|]+ \| ([^|]+) \|$", odd, re.MULTILINE))
    for c in catalogue.claims:
        # the ODD says of which claims next to nothing is open
        assert (c.kind == "assumed") == (rows[c.id].startswith(("hardly anything", "little")))


def test_every_test_that_gives_a_verdict_has_a_ceiling_or_the_claim_says_why_not():
    for c in load_claims().claims:
        if c.kind != "assumed":
            without = [test for test in c.counted if not test.ceiling]
            assert not without or "no ceiling" in c.limits, c.id


def test_windows_count_from_the_day_on_which_the_response_of_the_case_or_of_its_ceiling_begins():
    days = {"after": 10, "days": 20}
    check = lower_by(0.1, window=days, ceiling=Ceiling(case=Case(responses="surge@50"), says="later"))
    assert [quantity.name for quantity in check.quantities] == ["pressure[40:60]", "pressure[60:80]"]
    assert check.quantity(CASE) == check.quantity(check.case)


def test_every_response_of_the_folder_of_ceilings_is_used():
    used = {part for case in (*load_claims().cases, *load_claims().ceilings) for part in case.responses.split("+")}
    assert {name for name in used if name.startswith("ceilings/")} == {
        f"ceilings/{file.stem}" for file in (configs_folder() / "ceilings").glob("*.toml")
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('measure = "relation_mean"', 'measure = "nonsense"'), "nonsense is no measure"),
        (("at_most = -0.05", ""), "either at_least or at_most"),
        (('id = "S16"', 'id = "S15"'), "claim S15 is given twice"),
        (('responses = "surge=0.5"', 'responses = "urge"'), r"claims\[1\].tests\[0\].case \(response\) is 'urge'"),
        (('"harm.p_wound" = 0.0 }', '"harm.p_wound" = 2.0 }'), r"claims\[0\].tests\[0\].case .*p_wound"),
        (('"ceilings/most_troops"', '"ceilings/none"'), r"claims\[1\].tests\[0\].ceiling.case"),
        (("base = {}\n", ""), "a relative test, or one with a ceiling, has a base"),
        (
            ("window = { after = 116 }", "window = { after = 300 }"),
            r"claims\[9\].tests\[0\].window .*have 274 days",
        ),
        (('measure = "capital_mean"\n', 'measure = "relation_end"\nwindow = {}\n'), "no total and no mean over days"),
        (('["airport_road"]', '["sea"]'), r"claims\[5\].tests\[0\].road_areas is 'sea'; it must be one of"),
    ],
)
def test_a_bad_catalogue_is_refused(change, message, tmp_path):
    text = (configs_folder() / "claims.toml").read_text(encoding="utf-8")
    assert change[0] in text
    path = tmp_path / "claims.toml"
    path.write_text(text.replace(*change, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        load_claims(path)


def test_the_page_has_what_was_left_out_and_why_there_is_no_verdict():
    base = np.where(np.arange(40) < 12, 0, 4)[:, None] * np.ones(6)
    check = Check(case=CASE, base=BASE, measure="areas_lost", relative=True, at_most=-0.25)
    one = found(claim(check), counted(base, base / 2))
    other = found(claim(with_ceiling(at_most=-0.1)), made_up(np.full(60, -1.0), ceiling=-3.0))
    words = {"title": "t", "source": "s", "supported_from": EDGE, "claims": [one.claim]}
    text = page(verdicts.Claims(ClaimsCatalogue(**words), [one, other], {}, False), "prior", ["claims"], quick=False)
    assert "all 28 states tried (at least 88%); 12 states left out: 0/0" in text
    assert "1 supported, 0 contradicted, 0 undetermined, 1 cannot be tested, 0 assumed" in text
    assert "1.00" not in text
    assert "this ensemble does not vary them" in text


def test_quick_through_the_command_line(posture, tmp_path, read):
    done = posture("claims", "--quick", "--ensemble", "prior", "--out", tmp_path / "o", "--page", tmp_path / "page.md")
    assert done.exit_code == 0, done.output
    assert_counted(done)
    text = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert text == (tmp_path / "o" / "claims.md").read_text(encoding="utf-8")
    assert "Quick setting" in text
    assert [line for line in text.splitlines() if re.match(r"## S\d+$", line)] == [f"## S{n}" for n in range(15, 31)]
    rows = read(tmp_path / "o" / "claims.csv")
    assert {row["setting"] for row in rows} == {"quick"}
    assert {row["claim"] for row in rows if row["verdict"] == "assumed"} == {"S17", "S23", "S26"}
    for row in rows:
        assert 0 <= float(row["low"]) <= float(row["probability"]) <= float(row["high"]) <= 1
    drawn_again = save(section(load(tmp_path / "o")).pictures, results_folder(tmp_path / "again"))
    assert drawn_again == ["claims.png"]
    assert (tmp_path / "again" / "claims.png").read_bytes() == (tmp_path / "o" / "claims.png").read_bytes()


# --- what is counted of real runs ------------------------------------------------------------------------
def test_windows_and_bombs_on_the_airport_road_are_those_of_the_days_and_events():
    scenario = load_scenario("six", {"days": 60, "operations.base_rate_per_day": 0.3, "choice.cost_road": -1.0})
    batch = simulate_many(scenario, list(range(12)), events=True)
    fire, road = Quantity("fire_attacks", 20, 34), Quantity("airport_fire_attacks", 10, None, ("airport_road",))
    will, counts = Quantity("will_mean", 30, 40), []
    area = rows_of_areas(["airport_road"], scenario.theatre)
    for k in range(12):
        days, events = batch.days[k], batch.events[k]
        found = dict(
            zip(("fire", "road", "will"), Counts((fire, road, will)).reduce(scenario, batch, k)[0], strict=True)
        )
        total = days["rocket_attacks"] + days["drone_attacks"]
        assert found["fire"] == total[33] - total[19]
        bombs = [e for e in events if e["kind"] in (BOMB_CONVOY, BOMB_DETAIL) and e["hour"] >= 240]
        there = sum(int(area_of_squares(scenario.theatre)[e["square"]]) in area for e in bombs)
        assert found["road"] == days["airport_fire_attacks"][-1] - days["airport_fire_attacks"][9] + there
        assert found["will"] == pytest.approx(days["will"][30:40].mean())
        counts.append((len(bombs), there))
    assert 0 < sum(there for _, there in counts) < sum(bombs for bombs, _ in counts)


def test_a_study_counts_in_windows_what_all_days_would_hide(tmp_path):
    """A threat whose restraint is gone within days: all of its effect lies in the first two weeks of a hundred days."""
    brief = {"days": 100, "operations.base_rate_per_day": 0.2, "operations.restraint_effect": 4.0}
    brief |= {"militias.restraint_days": 4.0, "washington.threat_restraint": 2.0}
    base, case = Case(set=brief), Case(responses="closure_threat@50", set=brief)
    tests = [
        Check(case=case, base=base, measure="fire_attacks", relative=True, at_most=-0.1, window=window)
        for window in (None, {"days": 14}, {"after": 14})
    ]
    words = {"claim": "c", "assumed": "a", "statement": "s", "kind": "emergent"}
    listed = [Claim(id=f"S{n}", tests=[test], **words) for n, test in enumerate(tests)]
    catalogue = ClaimsCatalogue(title="t", source="s", supported_from=EDGE, claims=listed)
    sizes = ClaimsSizes(title="", question="", draws=25, replicates=4)
    states = [{"skill.at_start": 0.2 + 0.01 * k} for k in range(25)]
    with pools.threads(1) as pool:
        runner, weighed = StudyRunner(tmp_path / "o", pool), WeighedStates(states)
        study = verdicts.claims(catalogue, sizes, weighed, weighed, load_rivals(), runner)
    whole, window, after = (each.tests[0] for each in study.findings)
    assert window.effect.high < -0.1
    assert min(whole.effect.low, after.effect.low) > -0.1
    told = [(each.verdict, each.tests[0].effect) for each in study.findings]
    assert [verdict for verdict, _ in told] == ["contradicted", "supported", "contradicted"], told
