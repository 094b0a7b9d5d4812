"""The audit for artefacts: it finds what is planted, and each of its changes carries with it what it must."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from benchmarks.audit.effects import audit, effects, finding, why
from benchmarks.audit.page import VERDICTS, experiments_table, page, reasons, summary
from benchmarks.audit.variants import (
    COARSE_KM,
    EXPERIMENTS,
    HALVES,
    VARIANTS,
    Experiment,
    Variant,
    both,
    cells,
    many,
    moved,
    rates,
    scenario_of,
    slower,
    speed,
    squares,
    steps,
    stock,
    turned,
)
from experiments.files.sharing import sharing
from sim import load_scenario
from sim.theatre_config import cells_of

KEY = ("fourteen", "six", "fire_attacks")
DRAWN = load_scenario("fourteen").theatre.config
PLANTED = 120  # replicates that show what is planted


# --- the verdict ---------------------------------------------------------------------------------------------------
def judged(change, spread, base=50.0, before=-10.0):
    """The finding of a known change: two values of each, so that half the runs lie a spread above, half below."""
    noise = spread * np.tile([-1.0, 1.0], 200)
    as_is = np.full(400, base), np.full(400, before)
    return finding("made up", KEY, as_is, before + change + noise)


@pytest.mark.parametrize(
    ("change", "spread", "verdict"),
    [
        (0.0, 0.1, "robust"),
        (0.9, 0.1, "robust"),
        (-0.9, 0.1, "robust"),
        (0.95, 5.0, "undetermined"),
        (1.05, 5.0, "undetermined"),
        (0.0, 50.0, "undetermined"),
        (1.2, 0.1, "shifted"),
        (-1.2, 0.1, "shifted"),
    ],
)
def test_the_verdict_follows_the_whole_interval(change, spread, verdict):
    assert judged(change, spread).verdict == verdict


@pytest.mark.parametrize(("base", "before", "tolerance"), [(50.0, -10.0, 1.0), (80.0, -10.0, 1.6), (50.0, 30.0, 3.0)])
def test_the_tolerance_is_the_larger_of_a_tenth_of_the_effect_and_2_percent_of_the_base(base, before, tolerance):
    assert judged(0.0, 0.1, base, before).tolerance == pytest.approx(tolerance)


@pytest.mark.parametrize(("change", "holds"), [(0.0, True), (9.0, True), (11.0, False), (-20.0, True)])
def test_the_sign_is_that_of_the_world_it_is_held_against(change, holds):
    assert judged(change, 0.1).sign_holds is holds


# --- runs ------------------------------------------------------------------------------------------------------------
def test_twice_the_cells_with_nothing_scaled_is_found_and_other_streams_are_not():
    planted = Variant("twice the cells, nothing scaled", (cells(2.0),))
    verdicts: dict[str, list[str]] = {}
    for each in audit([planted, Variant("fresh streams", seed=2)], replicates=PLANTED):
        verdicts.setdefault(each.variant, []).append(each.verdict)
    assert "shifted" in verdicts[planted.name]
    assert "shifted" not in verdicts["fresh streams"]


def test_places_put_into_one_square_are_found_and_the_same_turn_in_small_squares_is_not():
    large = both(turned(30), squares(COARSE_KM))
    pair = [Variant("coarse", (large,)), Variant("fine", (turned(30),))]
    convoys = {each.variant: each for each in audit(pair, replicates=PLANTED) if each.measure == "convoy_attacks"
               and each.pair.startswith("equal")}  # fmt: skip
    assert sharing(large(DRAWN)).roads > 0 == sharing(turned(30)(DRAWN)).roads
    assert convoys["coarse"].verdict == "shifted"
    assert convoys["fine"].verdict != "shifted"


def test_what_a_first_look_leaves_open_is_looked_at_again_in_fresh_runs_alone():
    same, other = Variant("nothing changed"), Variant("fresh streams", seed=2)
    found = audit([same, other], replicates=6, again=8)
    assert {(each.variant, each.replicates) for each in found} == {(same.name, 6), (other.name, 8)}
    assert all(each.change == 0.0 and each.verdict == "robust" for each in found if each.variant == same.name)
    first = audit([other], replicates=8)
    assert [each.effect for each in found[8:]] != [each.effect for each in first]


def test_runs_in_several_theatres_count_as_their_mean():
    apart = [effects(Variant("one", (half,)), 8) for half in HALVES]
    together = effects(Variant("both", HALVES), 8)
    for key, (base, difference) in together.items():
        assert base == pytest.approx((apart[0][key][0] + apart[1][key][0]) / 2)
        assert difference == pytest.approx((apart[0][key][1] + apart[1][key][1]) / 2)
    assert (together[KEY][0] != apart[0][KEY][0]).any()


def test_an_experiment_is_held_against_the_world_that_holds_the_same():
    quiet = (("operations.base_rate_per_day", 0.0), ("operations.momentum_branching", 0.0))
    experiment = Experiment(
        "all: nothing ever happens", Variant("cells × 2", (cells(2.0),), quiet), Variant("", parameters=quiet)
    )
    [(_, found)] = list(why([experiment], replicates=4))
    assert all(each.effect == each.change == 0.0 for each in found)


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda each: f"{each.variant.name}: {each.suspect}")
def test_what_an_experiment_holds_still_it_holds_in_both_worlds(experiment):
    assert len(experiment.against.theatres) == 1
    plain = experiment.against.theatres[0](DRAWN)
    assert plain.model_copy(update={"square_km": DRAWN.square_km}) == DRAWN, "no other change than that of squares"
    assert set(experiment.against.parameters) <= set(experiment.variant.parameters)


# --- what a change carries with it ------------------------------------------------------------------------------------
def total(variant, number):
    """A number of each cell, over all cells; the mean of the variant's theatres."""
    scenarios = [scenario_of("fourteen", theatre, variant.parameters) for theatre in variant.theatres]
    return np.mean([number(s.parameters) * len(cells_of(s.theatre.config)) for s in scenarios])


AS_DRAWN = Variant("as drawn")
OF_CELLS = [variant for variant in VARIANTS if variant.name.startswith("cells")]


@pytest.mark.parametrize("variant", OF_CELLS, ids=lambda variant: variant.name)
def test_other_numbers_of_cells_start_and_get_and_lie_low_as_much_in_all(variant):
    for number in (
        lambda p: p.operations.base_rate_per_day,
        lambda p: p.operations.munitions_per_day,
        lambda p: 1.0 / p.operations.lie_low_days,
        lambda p: 1.0 / p.operations.regrow_days,
        lambda p: 1.0 / p.operations.preparation_hours,
        lambda p: p.intelligence.notice_per_day,
        lambda p: 1.0 / np.log(1.0 - p.skill.gain),  # of events that are as many fewer a cell
        lambda p: 1.0 / np.log(1.0 - p.skill.loss),
    ):
        assert total(variant, number) == pytest.approx(total(AS_DRAWN, number))


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_a_stock_is_shared_only_where_it_says_so(factor):
    theatres = HALVES if factor == 0.5 else (cells(factor),)
    shared, kept = (
        Variant("", theatres, many(slower(factor), stock(factor))),
        Variant("", theatres, many(slower(factor))),
    )
    for number in (lambda p: p.operations.munitions_at_start, lambda p: p.operations.munitions_cap):
        assert total(shared, number) == pytest.approx(total(AS_DRAWN, number))
        assert total(kept, number) == pytest.approx(factor * total(AS_DRAWN, number))
    assert set(dict(many(rates(factor)))).isdisjoint(stock(factor))


def test_the_two_halves_are_the_whole():
    homes = [Counter((f, place) for _, f, place in cells_of(change(DRAWN))) for change in HALVES]
    assert homes[0] + homes[1] == Counter((f, place) for _, f, place in cells_of(DRAWN))
    assert sum(homes[0].values()) == sum(homes[1].values())


@pytest.mark.parametrize("factor", [0.5, 0.7, 1.4])
def test_cells_go_as_many_km_an_hour_over_other_steps(factor):
    before = scenario_of("six", lambda config: config).parameters.operations.squares_per_hour
    after = scenario_of("six", steps(factor), many(speed(factor))).parameters.operations.squares_per_hour
    assert after * factor == pytest.approx(before, rel=0.06)


# --- what shares a square ---------------------------------------------------------------------------------------------
def test_places_moved_into_one_square_and_roads_that_cross_are_counted():
    at = {"iz_embassy": (7.4, 2.4), "government_district": (7.3, 2.6)}
    places = [
        place.model_copy(update=dict(zip(("x_km", "y_km"), at[place.name], strict=True))) if place.name in at else place
        for place in DRAWN.places
    ]
    planted = sharing(DRAWN.model_copy(update={"places": tuple(places)}))
    assert planted.places == 1
    assert planted.roads > 0


def test_smaller_squares_leave_the_steps_of_roads_as_they_are():
    one, other = (scenario_of("six", change).theatre for change in (moved(0.0, 0.0), squares(COARSE_KM)))
    length = [sum(step for *_, step in theatre.graph.edges(data="length_km")) for theatre in (one, other)]
    assert length[0] == pytest.approx(length[1], rel=0.01)
    assert other.n_squares == pytest.approx(one.n_squares, rel=0.05)


# --- the page ---------------------------------------------------------------------------------------------------------
def test_the_page_says_what_was_found():
    found = [judged(0.0, 0.1), judged(1.2, 0.1), judged(11.0, 0.1)]
    said = summary(found)
    assert "Of 3 effects: robust 1, shifted 2, undetermined 0." in said
    assert "another sign: fire_attacks, six − fourteen, made up" in said
    assert "The sign of every effect holds" in summary(found[:2])
    convoys = finding("made up", (*KEY[:2], "convoy_attacks"), (np.full(9, 80.0), np.full(9, 8.0)), np.full(9, 5.0))
    tried = [(EXPERIMENTS[0], [judged(1.2, 0.1), convoys])]
    assert "-3.00" in experiments_table(tried)
    assert EXPERIMENTS[0].suspect in page(found, tried, (400, 800, 9))


ROW = re.compile(r"\| (.+?) \| [\d,]+ \| .+? \| \w+ \| \S+ \| \S+ \[(\S+), (\S+)\] \| (\S+) \| (\w+) \|")


def test_the_page_kept_is_that_of_these_variants_and_its_verdicts_follow_from_its_numbers():
    text = (Path(__file__).parent.parent / "docs" / "audit.md").read_text(encoding="utf-8")
    rows = [match.groups() for match in map(ROW.fullmatch, text.splitlines()) if match]
    assert Counter(name for name, *_ in rows) == Counter({variant.name: 8 for variant in VARIANTS})
    for _, low, high, tolerance, verdict in rows:
        low, high, tolerance = float(low), float(high), float(tolerance) + 0.01  # numbers are rounded
        assert verdict != "robust" or (-tolerance <= low and high <= tolerance)
        assert verdict != "shifted" or (high <= -tolerance + 0.02 or low >= tolerance - 0.02)
    counts = Counter(verdict for *_, verdict in rows)
    assert f"Of {len(rows)} effects: " + ", ".join(f"{word} {counts[word]}" for word in VERDICTS) in text
    assert all(experiment.suspect in text for experiment in EXPERIMENTS)
    assert reasons() in text
