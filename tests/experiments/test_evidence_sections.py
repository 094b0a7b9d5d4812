"""Sections of calibration and validation: what they say is what a few independent lines make of reference tables."""

from __future__ import annotations

import csv
import json
import re
import shutil
from datetime import date
from itertools import combinations

import numpy as np
import pytest
from reference_tables import REFERENCE, rows
from scipy import stats
from test_figures import texts

import experiments
from experiments.analysis.results import load
from experiments.report.calibration import numbers as calibration_numbers
from experiments.report.calibration import section as calibration
from experiments.report.reports import reported
from experiments.report.style.names import in_prose, side_words
from experiments.report.validation import section as validation
from experiments.report.validation.numbers import running_totals
from experiments.studies import catalogue
from experiments.studies.calibration.tables import FORMS as CALIBRATION
from sim.errors import ConfigError
from sim.statistics import Interval

KINDS = {"calibration": calibration, "validation": validation}


@pytest.fixture(scope="module")
def sections():
    results = load(REFERENCE)
    return {name: module.section(results) for name, module in KINDS.items()}


def said(section, *parts):
    """The one finding, in short or folded, that holds all these parts."""
    (text,) = [text for text in (*section.findings, *section.more) if all(part in text for part in parts)]
    return text


def copied(folder, *names):
    """A folder with some of the reference tables."""
    for name in names:
        shutil.copy(REFERENCE / f"{name}.csv", folder)
    return folder


# --- calibration -----------------------------------------------------------------------------------------
def test_what_is_informed_beyond_chance_is_named_with_its_contraction(sections):
    found = rows("calibration_parameters")
    clear = sorted((r for r in found if r["contraction"] > r["chance_floor"]), key=lambda r: -r["contraction"])
    text = said(sections["calibration"], "inform ")
    assert f"inform {len(clear)} of {len(found)} uncertain parameters" in text
    assert f"Of the other {len(found) - len(clear)} nothing" in text
    positions = [text.index(f"{in_prose(r['parameter'])} {r['contraction']:.2f}") for r in clear]
    assert positions == sorted(positions)
    assert len(re.findall(r" \d\.\d\d[,. ]", text.partition(": ")[2])) == len(clear)
    meant = [r for r in found if r["calibrated"] == 1]
    both = [r for r in clear if r["calibrated"] == 1]
    be = "is" if len(both) == 1 else "are"
    text = said(sections["calibration"], "meant to be calibrated")
    assert text.startswith(f"Of the {len(meant)} parameters that were meant to be calibrated {len(both)} {be} informed")
    assert f"{len(clear) - len(both)} other" in text


def test_the_draws_are_worth_what_their_weights_say(sections):
    weights = np.array([r["weight"] for r in rows("ensemble_2020")])
    first = rows("calibration_methods")[0]
    text = said(sections["calibration"], "The ensemble has")
    assert f"{len(weights):,} draws, worth {weights.sum() ** 2 / (weights**2).sum():,.0f} " in text
    assert f"the {first['draws']:,.0f} nearest of {first['runs']:,.0f} runs of the prior" in text
    assert first["draws"] == len(weights)


def test_rivals_of_which_the_data_cannot_tell_are_counted_and_the_others_named(sections):
    found = rows("calibration_rivals")
    unknown = [r for r in found if r["verdict"].startswith("the data can't tell")]
    text = said(sections["calibration"], "each with chance one half before")
    assert f"Of {len(unknown)} of {len(found)} rival structures" in text
    assert "the ensemble carries both" in text
    every = " ".join(sections["calibration"].more)
    for r in found:
        assert (f"({in_prose(r['rival'])}: {r['p_in']:.2f})" in every) == (r not in unknown)
    (grid,) = [grid for grid in sections["calibration"].tables if grid.name == "calibration_rivals"]
    assert [row[-1] for row in grid.rows] == [r["verdict"] for r in found]
    assert sections["calibration"].findings[0].startswith("What was reported lies")


def test_the_strongest_trade_off_is_named(sections):
    top = max(rows("calibration_correlations"), key=lambda r: abs(r["correlation"]))
    text = said(sections["calibration"], "strongest trade-off")
    assert in_prose(top["parameter"]) in text
    assert in_prose(top["other"]) in text
    assert f"correlation {top['correlation']:.3g}.".replace("-", "−") in text


def told(report):
    """What a report says the least and the most is."""
    if report.startswith("at "):
        value = float(report.split()[-1])
        return (value, np.inf) if "least" in report else (-np.inf, value)
    some, _, whole = report.partition(" of ")
    return (float(some) / float(whole or 1),) * 2


def test_the_fit_counts_what_lies_inside_and_on_which_side(sections):
    inside = above = below = 0
    for r in rows("calibration_targets"):
        least, most = told(str(r["reported"]))
        inside += least <= r["accepted_q95"] and most >= r["accepted_q05"]
        above += least > r["accepted_q50"]
        below += most < r["accepted_q50"]
    text = said(sections["calibration"], "fitted figures lie within")
    assert text.startswith(f"{inside} of {len(rows('calibration_targets'))} fitted figures")
    assert f"{above} lie above the runs' median and {below} below" in text
    assert "no test of the model" in text


def test_the_worst_rank_test_is_told_with_its_correction(sections):
    single = [r for r in rows("calibration_recovery") if r["parameter"] != "all"]
    worst = min(single, key=lambda r: r["rank_p"])
    text = said(sections["calibration"], "smallest of")
    assert f"smallest of {len(single)} p-values of the rank test is {worst['rank_p']:.3g}" in text
    assert f"({in_prose(worst['parameter'])}, {worst['method']})" in text
    low = sum(r["rank_p_holm"] < 0.05 for r in single)
    assert ("none stays below 0.05" in text) == (low == 0)


@pytest.mark.parametrize("method", ["ABC on learned summaries", "emulated likelihood", "ABC on raw reports"])
def test_coverage_has_its_exact_interval_and_says_where_it_is_off(sections, method):
    text = said(sections["calibration"], f"Coverage of known parameters, {method}")
    mine = [r for r in rows("calibration_recovery") if r["method"] == method and r["parameter"] != "all"]
    n = int(sum(r["sets"] for r in mine))
    assert f"n = {n:,} sets × parameters" in text
    for level in (50, 80, 90):
        k = round(sum(r[f"coverage_{level}"] * r["sets"] for r in mine))
        low, high = stats.beta.ppf(0.025, k, n - k + 1), stats.beta.ppf(0.975, k + 1, n - k)
        part = next(part for part in re.split("[;:]", text) if f" {level}% intervals hold" in part)
        assert f"hold {100 * k / n:.0f}% (95% interval {100 * low:.0f}% to {100 * high:.0f}%)" in part
        assert ("too short" in part) == (high < level / 100)
        assert ("too wide" in part) == (low > level / 100)
        (grid,) = [grid for grid in sections["calibration"].tables if grid.name == "calibration_recovery"]
        cell = next(row for row in grid.rows if row[0] == method)[grid.columns.index(f"middle {level}%")]
        assert cell == Interval(k / n, pytest.approx(low), pytest.approx(high))


def test_the_manifest_of_the_calibration_is_that_beside_the_draws(sections, tmp_path):
    doubts = " ".join(sections["calibration"].caveats)
    targets = json.loads((REFERENCE / "ensemble_2020.json").read_text())["study"]["targets"]["targets"]
    assert {t["tolerance"] for t in targets if t["fit"]} == {0.15}
    assert all(t["counts"] for t in targets)
    assert "sources differ by 15%" in doubts
    bare = calibration.section(load(copied(tmp_path, "calibration_parameters")))
    assert any("no manifest of the calibration" in text for text in bare.caveats)
    assert bare.reproduce[0].startswith("posture calibrate ")  # from the first line of the file
    assert [p.name for p in bare.pictures] == ["learned"]


def test_ranks_are_drawn_where_the_table_is(tmp_path):
    names = ("calibration_parameters", "calibration_recovery", "calibration_targets")
    copied(tmp_path, *names)
    even = [["ABC on learned summaries", "choice.cost_road", 20, n, 10, 10] for n in range(10)]
    for counts in (even, [[*r[:-1], 91 if r[3] == 0 else 1] for r in even]):
        with open(tmp_path / "calibration_ranks.csv", "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([[field.name for field in CALIBRATION["calibration_ranks"].fields], *counts])
        (picture,) = [p for p in calibration.section(load(tmp_path)).pictures if p.name == "ranks"]
        outside = sum(not 5 <= r[-1] <= 16 for r in counts)  # 95% of counts of 100 ranks in 10 bins
        assert stats.binom.ppf([0.025, 0.975], 100, 0.1).tolist() == [5, 16]
        assert picture.title.startswith(f"{outside} of 10 counts")


def test_uneven_ranks_are_said():
    found = load(REFERENCE).table("calibration_recovery").copy()
    _, *others = dict.fromkeys(found["method"])
    found.loc[found["parameter"] != "all", "rank_p_holm"] = 1.0
    said = calibration_numbers.recovery_title(found)
    assert "no ranks shown uneven after correction" in said
    assert "uneven by" not in said
    found.loc[0, "rank_p_holm"] = 0.001
    assert "1 of 70 ranks uneven after correction" in calibration_numbers.recovery_title(found)
    found.loc[found["method"] == others[0], "rank_p_holm"] = 0.001
    said = calibration_numbers.recovery_title(found)
    assert said.startswith("Known parameters found again: 1 of 70 ranks uneven")
    assert said.endswith(f"; 70 uneven by the {others[0]}")


def test_bars_of_a_log_uniform_prior_stand_on_its_logarithm():
    places = calibration_numbers.places(np.array([0.01, 0.1, 1.0]), [0.01, 0.1, 1.0])
    assert places == pytest.approx([0, 0.5, 1])
    assert calibration_numbers.places(np.array([0, 3, 4]), [0, 2, 4]) == pytest.approx([0, 0.75, 1])
    assert calibration_numbers.places(np.array([3, 3]), [3, 3, 3]) == pytest.approx([0.5, 0.5])


# --- validation ------------------------------------------------------------------------------------------
def test_figures_inside_the_runs_are_counted_with_those_that_were_fitted(sections):
    found = rows("validation_targets")
    wide, half = ([r for r in found if r[name] == 1] for name in ("inside_90", "inside_50"))
    fitted = sum(r["fitted"] for r in found)
    text = said(sections["validation"], "in the middle 50%")
    assert text.startswith(f"{len(wide)} of {len(found)} reported figures lie in the middle 90% of ")
    assert f"{len(half)} in the middle 50%" in text
    fitted_in = [int(sum(r["fitted"] for r in held)) for held in (wide, half)]
    assert f"{fitted:.0f} of the {len(found)} had been fitted ({fitted_in[0]} of those in the 90%" in text
    assert f"{len(wide) - fitted_in[0]} lie in the 90% and {len(half) - fitted_in[1]} in the 50%" in text
    outside = said(sections["validation"], "outside the middle half")
    assert sum(r["target"] in outside for r in found) == len(found) - len(half)


LAW = "Poisson or 15%"


def minus(text):
    return text.replace("-", "−")


def test_who_forecasts_better_is_said_with_sums_difference_and_interval(sections):
    forecasts = [r for r in rows("validation_forecasts") if r["counting"] == LAW]
    contests = [r for r in rows("validation_contests") if r["counting"] == LAW and r["named"] == 1]
    assert [r["of"] for r in contests] == ["fire_attacks", "convoy_attacks", "all counts", "mix"]
    for r in contests:
        some = [f for f in forecasts if (f["of"] != "mix" if r["of"] == "all counts" else f["of"] == r["of"])]
        sums = [sum(f["log_score"] for f in some if f["model"] == model) for model in ("Posture", r["against"])]
        assert (r["log_model"], r["log_null"]) == pytest.approx(sums, rel=1e-3)
        differences = [
            a["log_score"] - b["log_score"]
            for a in some
            for b in some
            if (a["model"], b["model"], a["forecast"]) == ("Posture", r["against"], b["forecast"])
        ]
        name = {"mix": "the mix"}.get(r["of"], r["of"].replace("_", " "))
        words = f"{int(r['windows'])} forecasts: summed log score {r['log_model']:.1f}, {r['against']} "
        text = next(t for t in sections["validation"].more if re.search(f"{name}.*{re.escape(words)}", t, re.I))
        assert len(differences) == r["windows"]
        assert r["log_difference"] == pytest.approx(sum(differences), abs=2e-3)
        assert minus(f"difference {r['log_difference']:+.3g}") in text or abs(sum(differences)) < 0.1
        if len(differences) >= 4:
            half = stats.t.ppf(0.975, len(differences) - 1) * np.std(differences, ddof=1) * len(differences) ** 0.5
            assert (r["log_high"] - r["log_low"]) / 2 == pytest.approx(half, rel=2e-3)
            assert f"by the interval the model is {r['verdict']}" in text
        better = "the model" if r["log_difference"] < 0 else r["against"]
        assert f"{better} scores better" in text


def test_a_null_model_that_wins_is_said_to_and_which_structure_would_have_been_needed(tmp_path):
    copied(tmp_path, "validation_targets", "validation_contests", "validation_needed", "validation_forecasts")
    made = load(tmp_path).table("validation_contests").copy()
    made.loc[:, ["log_difference", "crps_difference"]] = 2.5
    made.loc[:, ["log_low", "log_high", "verdict"]] = [1.0, 4.0, "behind"]
    verdict = "".join(validation._verdict(made, None))
    assert "rate and quarter effect scores better, by CRPS too; by the interval the model is behind" in verdict
    assert "last count on all counts" in " ".join(validation._kinds(made, None))
    needed = rows("validation_needed")
    best = min((r for r in needed if r["of"] == "all counts"), key=lambda r: r["log_score"])
    text = said(validation.section(load(tmp_path)), "By structure, all counts")
    assert f"“{side_words(best['rival'], best['side'])}” would have forecast best" in text
    assert "the best of 24 looks better than it is" in text


def test_features_outside_the_weighted_runs_are_told_with_what_they_rest_on(sections):
    found = [r for r in rows("validation_shape") if r["structure"] == "all draws"]
    told = [r for r in found if r["inside_90"] != ""]
    title = next(p.title for p in sections["validation"].pictures if p.name == "shape")
    assert ("too few runs come near" in title) == (not told)
    for rests in {r["rests_on"] for r in told}:
        some = [r["inside_90"] for r in told if r["rests_on"] == rests]
        assert f"{int(sum(some))} of {len(some)} {rests}" in title
    text = " ".join(sections["validation"].more)
    for r in found:
        assert (f"{r['fact']}, {r['window']} ({r['rests_on']}): reported" in text) == (r["inside_90"] == 0)


def test_what_forecasts_are_given_and_what_was_chosen_in_hindsight_stands_among_the_caveats(sections):
    text = " ".join(sections["validation"].caveats)
    assert "also those after their origin" in text
    assert "Structures were chosen by people who knew the year" in text


def test_facts_that_are_assumed_are_no_findings_and_others_have_a_verdict(sections):
    found = rows("validation_facts")
    text = " ".join(sections["validation"].more)
    for r in found:
        measure = r["measure"][0].upper() + r["measure"][1:]
        assert (measure in text) == (r["rests_on"] != "assumed")
        if r["rests_on"] != "assumed":
            k, n = round(r["p_agree"] * r["runs"]), int(r["runs"])
            low, high = stats.beta.ppf(0.025, k, n - k + 1), stats.beta.ppf(0.975, k + 1, n - k)
            finding = said(sections["validation"], measure)
            assert ("not reproduced" in finding) == (high < 0.5)
            assert ("shown by most runs" in finding) == (low > 0.5)
            assert f"{100 * k / n:.0f}% (95% interval {100 * low:.0f}% to {100 * high:.0f}%) of {n} runs" in finding


def test_running_totals_stop_where_windows_do_not_join():
    windows = load(REFERENCE).table("validation_targets")
    fire = windows[windows["measure"] == "fire_attacks"].assign(tolerance=0.1)
    start = date(2020, 1, 1)
    found = running_totals(fire, start)
    assert [total for _, total, _ in found] == [19, 30, 57]
    assert [error for *_, error in found] == pytest.approx([1.9, 3.0, 5.7])
    quarters = fire[~fire["reported"].astype(str).str.contains(" of ")]
    assert len(running_totals(quarters.drop(index=quarters.index[1]), start)) == 1
    assert running_totals(quarters.drop(index=quarters.index[0]), start) == []


def test_without_null_models_and_facts_the_targets_are_told_alone(tmp_path):
    alone = validation.section(load(copied(tmp_path, "validation_targets")))
    assert [p.name for p in alone.pictures] == ["targets"]
    assert "that were not fitted" in alone.findings[0]
    assert "runs of the ensemble 2020" in alone.more[0]
    assert [grid.name for grid in alone.tables] == ["validation_targets"]


# --- both ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("module", KINDS.values())
def test_a_folder_without_the_tables_has_no_section(module, tmp_path):
    assert module.section(load(copied(tmp_path, "discovery_answers"))) is None


@pytest.mark.parametrize(("name", "table"), [("calibration", "parameters"), ("validation", "targets")])
def test_a_quick_setting_is_marked_everywhere(name, table, tmp_path):
    path = copied(tmp_path, f"{name}_{table}") / f"{name}_{table}.csv"
    made_by, header, *lines = path.read_text(encoding="utf-8").splitlines()
    text = "\n".join([made_by, f"setting,{header}", *(f"quick,{line}" for line in lines)])
    path.write_text(text + "\n", encoding="utf-8")
    made = KINDS[name].section(load(tmp_path))
    assert made.caveats[0].startswith("QUICK SETTING")
    assert all(picture.title.startswith("QUICK SETTING") for picture in made.pictures)


@pytest.mark.parametrize("name", KINDS)
def test_a_report_that_is_no_report_is_refused_with_file_and_column(name, tmp_path):
    copied(tmp_path, "calibration_parameters", f"{name}_targets")
    path = tmp_path / f"{name}_targets.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("at least 1", "a few"), encoding="utf-8")
    with pytest.raises(
        ConfigError, match=rf"{name}_targets.csv: column reported is 'a few'; it must be a number, … of …, at least"
    ):
        KINDS[name].section(load(tmp_path))


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("19", 19, 19), (19.0, 19, 19), ("at least 1", 1, np.inf), ("at most 3", -np.inf, 3), ("0.2 to 0.5", 0.2, 0.5)],
)
def test_reports_are_read_as_they_are_written(text, low, high):
    found = reported(text)
    assert (found.low, found.high) == (low, high)
    assert (found.value is None) == (low != high)
    assert found.within(0.1) == (pytest.approx((low * 0.9, high * 1.1)) if found.value else (low, high))


@pytest.mark.parametrize("study", catalogue.commands())
def test_reference_tables_have_the_columns_of_the_dictionary_and_each_has_a_meaning(study):
    found = 0
    for name, form in catalogue.load(study).forms.items():
        assert form.words
        assert all(field.meaning and field.name for field in form.fields)
        path = REFERENCE / f"{name if name.startswith(study) else f'{study}_{name}'}.csv"
        if path.is_file():
            found += 1
            header = path.read_text(encoding="utf-8").splitlines()[1]
            assert header.split(",") == [field.name for field in form.fields]
    assert found, "a study without its reference tables"


@pytest.mark.parametrize("name", KINDS)
def test_pictures_have_words_that_are_on_the_canvas_and_clear_of_each_other(sections, name):
    for picture in sections[name].pictures:
        assert picture.title
        assert len(picture.alt) > 30
        width, height = picture.figure.get_size_inches() * picture.figure.dpi
        found = texts(picture.figure)
        for text, box in found:
            assert min(box.x0, box.y0, width - box.x1, height - box.y1) >= -0.5, (picture.name, text)
        for (one, a), (other, b) in combinations(found, 2):
            over = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
            assert min(over) < 2, (picture.name, one, other)


@pytest.mark.parametrize("name", KINDS)
def test_tables_are_whole_and_their_lines_of_python_give_them(sections, name):
    for grid in sections[name].tables:
        assert {len(row) for row in grid.rows} == {len(grid.columns)} == {len(grid.units)}
        assert len(eval(grid.reproduce, {"experiments": experiments}))
    assert sections[name].reproduce[0].startswith(f"posture {'calibrate' if name == 'calibration' else 'validate'} ")
