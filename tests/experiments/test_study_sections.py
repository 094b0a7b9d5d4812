"""Sections of the studies: what they say is what a few independent lines make of the reference tables."""

from __future__ import annotations

import re
import shutil
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text
from reference_tables import REFERENCE, rows
from test_figures import texts

from experiments.analysis.results import load
from experiments.report.claims import section as claims
from experiments.report.discovery import section as discovery
from experiments.report.factorial import section as factorial
from experiments.report.sensitivity import section as sensitivity
from experiments.report.style.colours import FIXED_DARK, FIXED_LIGHT
from experiments.report.style.heatmap import fixed_colours, overall_rank, regret_heat_map, regret_title
from experiments.report.style.names import condition_words, leaves, policy_words
from experiments.report.style.words import sentence
from experiments.studies.claims.catalogue import load_claims
from experiments.studies.structures.rivals import not_covered
from sim.numbers import percent
from sim.statistics import Interval

KINDS = {"sensitivity": sensitivity, "factorial": factorial, "discovery": discovery, "claims": claims}


@pytest.fixture(scope="module")
def sections():
    results = load(REFERENCE)
    return {name: module.section(results) for name, module in KINDS.items()}


def said(section, *parts):
    """The findings, in short or folded, that hold all these parts."""
    return [text for text in (*section.findings, *section.more) if all(part in text for part in parts)]


# --- sensitivity ---------------------------------------------------------------------------------------
def test_the_parameters_that_decide_and_the_share_of_replicate_noise_are_those_of_the_tables(sections):
    noise = {(r["scope"], r["measure"]): r["shared"] + r["own"] for r in rows("sensitivity_replicate_noise")}
    singles = [r for r in rows("sensitivity_sobol") if r["scope"] == "six_minus_fourteen" and r["above_noise"] == 1]
    for measure in {r["measure"] for r in rows("sensitivity_sobol")}:
        name = measure.replace("_", " ").capitalize()
        # of groups first, then of single parameters
        *_, text = said(sections["sensitivity"], f"{name}, six − fourteen: ", "of the variance of a single run")
        assert f"replicate noise is {100 * noise['six_minus_fourteen', measure]:.0f}% " in text
        top = sorted((r for r in singles if r["measure"] == measure), key=lambda r: -r["total"])[:3]
        numbers = [f"{r['total']:.2f} ± {r['total_half_width']:.2f}" for r in top]
        assert re.findall(r"\d\.\d\d ± \d\.\d\d", text) == numbers
        assert ("no parameter stands above replicate noise" in text) == (not top)


def test_one_at_a_time_is_told_with_its_intervals(sections):
    swings = [r for r in rows("sensitivity_tornado") if r["scope"] == "six_minus_fourteen"]
    fire = [r for r in swings if r["measure"] == "fire_attacks"]
    top = max(fire, key=lambda r: max(abs(r["low_mean"]), abs(r["high_mean"])))
    (text,) = said(sections["sensitivity"], "Fire attacks, six − fourteen, one parameter at a time")
    for end in ("low", "high"):
        for part in ("mean", "low", "high"):
            assert f"{top[f'{end}_{part}']:+.3g}".replace("-", "−") in text
    grid = next(grid for grid in sections["sensitivity"].tables if grid.name == "tornado")
    assert grid.rows[0][3:] == [
        Interval(*(top[f"{end}_{p}"] for p in ("mean", "low", "high"))) for end in ("low", "high")
    ]


def test_where_replicate_noise_dominates_indices_are_called_unreliable(sections):
    (text,) = [
        c for c in sections["sensitivity"].caveats if c.startswith("Six − fourteen: replicate noise is more than half")
    ]
    for r in rows("sensitivity_replicate_noise"):
        if r["scope"] == "six_minus_fourteen":
            noisy = r["shared"] + r["own"] > 0.5
            assert (r["measure"].replace("_", " ") in text) == noisy


def test_pictures_of_the_difference_come_first_and_one_is_open(sections):
    names = [picture.name for picture in sections["sensitivity"].pictures]
    tornados = ["tornado_six_minus_fourteen", "tornado_six", "tornado_fourteen"]
    assert names == [tornados[0], "groups", "groups_six", *tornados[1:], "sobol", "sobol_six", "interactions"]
    for section in sections.values():
        assert [picture.folded for picture in section.pictures] == [False, *[True] * (len(section.pictures) - 1)]


# --- factorial -----------------------------------------------------------------------------------------
def test_the_parts_of_the_difference_are_told_with_their_intervals(sections):
    terms = [r for r in rows("factorial") if r["over"] == "ensemble" and r["kind"] in ("main effect", "total")]
    for measure in ("fire_attacks", "convoy_attacks", "pressure"):
        (text,) = said(sections["factorial"], f"{measure.replace('_', ' ').capitalize()}: six less fourteen")
        for r in terms:
            if r["measure"] == measure:
                bounds = f"({r['low']:+.3g} to {r['high']:+.3g})".replace("-", "−")
                assert bounds in text
        (n,) = {r["n"] for r in terms}
        assert f"n = {n:.0f} draws" in text
        (total,) = [r["mean"] for r in terms if (r["measure"], r["kind"]) == (measure, "total")]
        parts = [r for r in terms if (r["measure"], r["kind"]) == (measure, "main effect")]
        clear = [r["effect"] for r in parts if r["low"] * total < 0 and r["high"] * total < 0]
        name = measure.replace("_", " ")
        turned = f"{' and '.join(clear).capitalize()} alone would change {name} the other way." if clear else "draws)."
        assert text.endswith(turned), "parts that clearly go against the whole"


def test_the_largest_change_is_named_only_where_intervals_part(sections):
    text = sections["factorial"].findings[0]
    mains = [r for r in rows("factorial") if r["over"] == "ensemble" and r["kind"] == "main effect"]
    for measure in {r["measure"] for r in mains}:
        ends = {r["effect"]: sorted(map(abs, (r["low"], r["high"]))) for r in mains if r["measure"] == measure}
        top = max(ends, key=lambda effect: sum(ends[effect]))
        parted = all(ends[top][0] > high for effect, (_, high) in ends.items() if effect != top)
        part = next(p for p in text.rstrip(".").split("; ") if measure.replace("_", " ").replace("us ", "US ") in p)
        assert part.removeprefix("Largest single change: ").startswith(top if parted else "not told apart")


def test_steps_of_batteries_are_counted(sections):
    title = next(p.title for p in sections["factorial"].pictures if p.name == "batteries")
    for before, after in ((0, 1), (1, 2)):
        steps = [r for r in rows("factorial_batteries") if r["batteries"] == after]
        clear = sum(r["step_low"] > 0 or r["step_high"] < 0 for r in steps)
        assert f"from {before} to {after} in {clear}" in title
        assert after > 1 or said(sections["factorial"], f"from 0 to 1, makes a clear change in {clear} of {len(steps)}")


# --- discovery -----------------------------------------------------------------------------------------
def test_shares_of_states_in_which_the_answer_flips(sections):
    asked = [r for r in rows("discovery_answers") if not leaves(r["other"])]
    clear = {
        side: [r for r in asked if r[f"{side}_low"] != "" and r[f"{side}_low"] > 0.5] for side in ("better", "worse")
    }
    better, worse = map(len, clear.values())
    head = f"{better} clearly for the better in most states, {worse} clearly for the worse, "
    title = next(p.title for p in sections["discovery"].pictures if p.name == "answers")
    assert head + f"{len(asked) - better - worse} neither" in title
    for r in asked:
        if r["base"] == "equal_fourteen":
            (text,) = said(
                sections["discovery"], f"{r['measure'].replace('_', ' ').capitalize()}, six sites of equal budget less"
            )
            bounds = f"95% interval {percent(r['worse_low'])} to {percent(r['worse_high'])}"
            assert f"worse in {percent(r['worse'])} ({bounds}) of the states" in text
            assert f"({r['low']:+.3g} to {r['high']:+.3g})".replace("-", "−") in text
    capital = [r for r in asked if r["measure"] == "capital_mean"]
    (text,) = said(sections["discovery"], f"Capital mean, {len(capital)} responses against none")
    for r in capital:
        assert (r in clear["worse"]) == (f"{_response(r)} (at least " in text.partition("clearly better")[0])
        assert r not in clear["worse"] or f"{_response(r)} (at least {percent(r['worse_low'])})" in text


def _response(row):
    return row["other"].removeprefix("six+").replace("_", " ")


def test_an_embassy_that_closes_is_never_better(tmp_path):
    """Nothing is left to attack: a table in which that looks best gives no answer, rank or figure of it."""
    for name in ("answers", "robustness"):
        text = (REFERENCE / f"discovery_{name}.csv").read_text(encoding="utf-8")
        assert "six+embassy_closure," in text
        (tmp_path / f"{name}.csv").write_text(text.split("\n", 1)[1], encoding="utf-8")
    made = discovery.section(load(tmp_path))
    told = [*made.findings, *made.more, *(p.title for p in made.pictures)]
    told += [str(cell) for grid in made.tables for row in grid.rows for cell in row]
    told += [text for picture in made.pictures for text, _ in texts(picture.figure)]
    assert not any("embassy closure" in text for text in told)
    assert any("Closing the embassy is in no comparison" in line for line in made.caveats)


def test_boxes_are_those_that_hold_and_are_counted(sections):
    asked, boxes = ([r for r in rows(f"discovery_{t}") if not leaves(r["other"])] for t in ("answers", "regions"))
    tried = sum(r["boxes"] for r in asked)
    assert 0 < len(boxes) == sum(r["held"] for r in asked) < tried
    assert all(r["lift_low"] > 1 and r["chance"] < 0.05 for r in boxes)
    (text,) = said(sections["discovery"], f"Of {tried:.0f} boxes", f"{len(boxes)} hold on fresh states")
    strong = max(boxes, key=lambda r: r["fresh_coverage"] - r["mass"])
    assert f"where {condition_words(strong['region'])}: {100 * strong['fresh_density']:.0f}% " in text
    grid = next(grid for grid in sections["discovery"].tables if grid.name == "regions")
    assert len(grid.rows) == min(len(boxes), 12)


def test_what_no_rival_covers_is_among_the_caveats(sections):
    assert not_covered() in sections["discovery"].caveats


def test_the_heat_map_names_the_pair_of_least_regret(sections):
    robust = [{**r, "pair": policy_words(r["pair"])} for r in rows("discovery_robustness") if not leaves(r["pair"])]
    title = next(p.title for p in sections["discovery"].pictures if p.name == "regret")
    ranks = dict.fromkeys((r["pair"] for r in robust), 0.0)
    worst = dict.fromkeys(ranks, 0.0)
    for measure in ("pressure", "capital_mean"):
        means = {r["pair"]: r["regret_mean"] for r in robust if r["measure"] == measure}
        least = min(means, key=means.get)
        assert f"{means[least]:.3g} in {measure.replace('_', ' ')}" in title
        assert f"({least})" in title
        for pair, mean in means.items():
            ranks[pair] += sum(other < mean for other in means.values())
            worst[pair] = max(worst[pair], mean / max(means.values()))
    assert f"best mean rank: {min(ranks, key=ranks.get)};" in title
    low = min(worst, key=worst.get)
    assert f"lowest worst regret: {low}, {100 * worst[low]:.2g}% " in title


# --- claims --------------------------------------------------------------------------------------------
def test_every_claim_has_its_verdict_once_and_an_assumed_one_is_no_finding(sections):
    catalogue = {claim.id: claim for claim in load_claims().claims}
    verdicts_shown = next(grid for grid in sections["claims"].tables if grid.name == "claims").rows
    assert [row[0] for row in verdicts_shown if row[3] is None] == [
        row[0] for row in verdicts_shown if row[2] == "none: assumed"
    ]
    for r in rows("claims"):
        if r["verdict"] == "assumed":
            assert said(sections["claims"], "No finding: ", r["claim"])
        else:
            assert not said(sections["claims"], f"{r['claim']} {r['verdict']}"), "its verdict is in the table alone"
            row = next(row for row in verdicts_shown if row[0] == r["claim"])
            assert row[1] == sentence(catalogue[r["claim"]].claim)
            assert row[2] == r["verdict"]
            assert row[3] == Interval(*(100 * r[key] for key in ("probability", "low", "high")))
    verdicts = ("supported", "contradicted", "undetermined", "assumed")
    counts = [sum(r["verdict"] == v for r in rows("claims")) for v in verdicts]
    assert "{} supported, {} contradicted, {} undetermined".format(*counts) in sections["claims"].findings[0]
    assert f"{counts[3]} assumed by rule, so no finding" in sections["claims"].findings[0]


def test_words_of_a_claim_are_left_out_where_its_tests_are_others(tmp_path):
    text = (REFERENCE / "claims_claim_tests.csv").read_text(encoding="utf-8")
    (tmp_path / "claims_claim_tests.csv").write_text(text.replace("≥,-0.75,", "≥,-0.5,"), encoding="utf-8")
    shutil.copy(REFERENCE / "claims.csv", tmp_path)
    section = claims.section(load(tmp_path))
    grid = next(grid for grid in section.tables if grid.name == "claims")
    assert "source says" not in grid.columns
    assert not any("with 10,000" in text for text, _ in texts(section.pictures[0].figure))
    assert not any("dashed" in picture.alt for picture in section.pictures)


# --- all of them ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", KINDS)
def test_a_section_is_whole(sections, name):
    section = sections[name]
    assert section.key == name
    assert all(picture.alt and picture.title and ".csv" in picture.note for picture in section.pictures)
    assert section.findings
    assert section.caveats
    assert section.reproduce[0].startswith(f"posture {'discover' if name == 'discovery' else name} --out")
    for grid in section.tables:
        assert len(grid.columns) == len(grid.units)
        assert all(len(row) == len(grid.columns) for row in grid.rows)
        assert not any(
            isinstance(cell, np.generic) and not isinstance(cell, float) for row in grid.rows for cell in row
        )


@pytest.mark.parametrize("name", KINDS)
def test_the_lines_of_python_give_rows(sections, name):
    scope = {"experiments": __import__("experiments")}
    lines = [grid.reproduce for grid in sections[name].tables if grid.reproduce] + list(sections[name].reproduce[1:])
    assert all(len(eval(line, scope)) for line in lines)


@pytest.mark.parametrize("name", KINDS)
def test_a_folder_without_the_tables_has_no_section(tmp_path, name):
    other = "factorial.csv" if name != "factorial" else "claims.csv"
    shutil.copy(REFERENCE / other, tmp_path)
    assert KINDS[name].section(load(tmp_path)) is None


@pytest.mark.parametrize(
    ("name", "file"), [("sensitivity", "sobol"), ("factorial", "batteries"), ("discovery", "robustness")]
)
def test_one_table_is_enough(tmp_path, name, file):
    shutil.copy(REFERENCE / f"{name}_{file}.csv", tmp_path / f"{file}.csv")
    section = KINDS[name].section(load(tmp_path))
    assert section.findings
    assert {re.search(r"(\w+)\.csv", picture.note)[1] for picture in section.pictures} == {file}


def test_a_quick_setting_is_said_in_every_title(tmp_path):
    lines = (REFERENCE / "factorial.csv").read_text(encoding="utf-8").splitlines()[1:]
    made = "\n".join([f"setting,{lines[0]}", *(f"quick,{line}" for line in lines[1:])])
    (tmp_path / "factorial.csv").write_text(made + "\n", encoding="utf-8")
    section = factorial.section(load(tmp_path))
    assert section.pictures[0].title.startswith("QUICK SETTING")
    assert section.caveats[0].startswith("QUICK SETTING")


def test_every_text_is_on_the_canvas_and_clear_of_others(sections):
    for section in sections.values():
        for picture in (p for p in section.pictures if p.name not in ("tornado_fourteen", "sobol_six")):  # as others
            figure = picture.figure
            figure.canvas.draw()
            width, height = figure.get_size_inches() * figure.dpi
            found = [(t.get_text(), t.get_window_extent()) for t in _drawn(figure)]
            assert found
            for text, box in found:
                assert min(box.x0, box.y0, width - box.x1, height - box.y1) >= -1, (picture.name, text)
            for (one, a), (other, b) in combinations(found, 2):
                over = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
                assert min(over) < 2, (picture.name, one, other)


def _drawn(figure):
    """Texts that can be seen; labels of ticks beyond the limits cannot."""
    unseen = set()
    for axes in figure.axes:
        for axis, limits in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                if not axes.get_visible() or not min(limits) <= tick.get_loc() <= max(limits):
                    unseen |= {id(tick.label1), id(tick.label2)}
        if not axes.get_visible():
            unseen |= {id(t) for t in axes.findobj(Text)}
    texts = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip() and id(t) not in unseen]
    return [t for t in texts if t.get_window_extent().width > 0]


# --- heat maps -----------------------------------------------------------------------------------------
def test_cells_keep_their_colours_on_a_dark_page():
    table = np.round(255 * fixed_colours("PuOr")(np.linspace(0, 1, 256))[:, :3])
    assert not (table == table[:, :1]).all(axis=1).any()


def test_a_heat_map_writes_every_number_in_the_order_of_the_ranks():
    table = pd.DataFrame({"x [t]": [3.0, 0.0, 900.0], "y": [2.0, 1.0, np.nan]}, index=["b", "a", "c"])
    assert overall_rank(table).to_dict() == {"b": 2.0, "a": 1.0, "c": 3.0}
    axes = regret_heat_map(table, good=pd.Series({"a": 1.0, "b": 0.5, "c": 0.0})).axes[0]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["a", "b", "c"]
    assert [t.get_text() for t in axes.texts] == ["0", "1", "3", "2", "900"]
    assert {t.get_color() for t in axes.texts} == {FIXED_DARK, FIXED_LIGHT}
    assert regret_title(table.dropna()).startswith("Least regret: 0 in x [t] (a), 1 in y (a); best mean rank: a;")


def test_a_heat_map_of_many_alternatives_draws_the_best():
    table = pd.DataFrame({"x": np.arange(100.0)}, index=[f"p{n}" for n in range(100)])
    axes = regret_heat_map(table).axes[0]
    assert [t.get_text() for t in axes.get_yticklabels()] == [f"p{n}" for n in range(40)]
