"""The page of several studies: its title is its main finding, by rule from the tables; nothing is said twice."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from reference_tables import REFERENCE, rows

from experiments.analysis.results import load
from experiments.report.page.assemble import document
from experiments.report.page.html import html
from experiments.report.style.names import POSTURES, in_prose, instead, leaves, policy_words, structure_words
from sim.parameters import Parameters

FEW = ("structures", "decide", "decide_structures", "claims", "claims_claim_tests", "sites_prior", "factorial")
"""Tables of several studies that are quickly drawn."""


def page_of(folder, *names, change=lambda name, text: text):
    """The document of a folder with some reference tables, each perhaps changed."""
    for name in names:
        text = (REFERENCE / f"{name}.csv").read_text(encoding="utf-8")
        (folder / f"{name}.csv").write_text(change(name, text), encoding="utf-8")
    return document(load(folder))


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return page_of(tmp_path_factory.mktemp("studies"), *FEW)


def change(row):
    return f"{100 * row['mean'] / row['level_mean']:+.0f}%".replace("-", "−")


def test_the_title_is_what_holds_under_every_structure(page):
    found = [r for r in rows("structures") if (r["base"], r["posture"]) == ("fourteen", "six")]
    whole = {r["measure"]: r for r in found if r["structure"] == "whole prior"}
    assert page.title.startswith("Six sites instead of fourteen: ")
    n = len({r["structure"] for r in found})
    for measure in ("fire_attacks", "hits_per_100_convoys"):
        assert len({(r["low"] > 0, r["high"] < 0) for r in found if r["measure"] == measure}) == 1
        assert f"{measure.replace('_', ' ')} {change(whole[measure])}" in page.title
    assert page.title.endswith(f"clear under each of {n} structures")


def test_a_sign_that_turns_under_a_structure_leaves_the_title(tmp_path):
    def turned(_, text):
        return re.sub(
            r"^(encounter,fourteen,six,fire_attacks,.*?,)-?[\d.]+,-?[\d.]+,-?[\d.]+(,[\d.]+,[\d.]+,[\d.]+,\d+)$",
            r"\g<1>5,4,6\2",
            text,
            flags=re.MULTILINE,
        )

    made = page_of(tmp_path, "structures", change=turned)
    assert "fire attacks" not in made.title
    assert "bombs laid" in made.title


def test_the_choice_and_the_verdicts_stand_before_the_parts_and_once(page):
    (chosen,) = [r for r in rows("decide") if r["chosen"] == 1]
    (choice, key, _), (verdicts, *_) = page.opening.lines
    assert (key, policy_words(chosen["policy"]) in choice) == ("decide", True)
    assert f"{100 * chosen['satisficing']:.0f}% of the fresh states" in choice
    counts = Counter(r["verdict"] for r in rows("claims"))
    assert f"{counts['supported']} supported, {counts['contradicted']} contradicted" in verdicts
    (table,) = page.opening.tables
    assert {row[0]: row[2] for row in table.rows if row[2] != "none: assumed"} == {
        r["claim"]: r["verdict"] for r in rows("claims") if r["verdict"] != "assumed"
    }
    assert not any(grid.name == "claims" for section in page.sections for grid in section.tables)


def test_another_choice_in_the_table_is_another_choice_on_the_page(tmp_path):
    def chosen(_, text):
        text = re.sub(r"^(six\+.*,)1(,[^,]*,[^,]*,[^,]*,[^,]*,[^,]*,250)$", r"\g<1>0\2", text, flags=re.MULTILINE)
        return re.sub(r"^(six,six,none,fresh states,,,\d,)0", r"\g<1>1", text, flags=re.MULTILINE)

    assert page_of(tmp_path, "decide", change=chosen).title.startswith(
        "The robust choice is six sites, good enough in "
    )


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("claims", "sites_prior"), "claims, over "),
        (("factorial", "sites_prior"), "Largest single change: "),
        (("sites_prior",), "Every site is fired at in some of "),
        (("decide", "claims"), "The robust choice is "),
    ],
)
def test_a_folder_with_some_of_the_studies_has_the_finding_of_the_first_as_its_title(names, words, tmp_path):
    made = page_of(tmp_path, *names)
    assert words in made.title
    assert not made.title.endswith(".")
    assert made.title not in [finding.rstrip(".") for section in made.sections for finding in section.findings]


def sentences(text):
    """Sentences of some length, without numbers of a table."""
    plain = re.sub(r"<(style|svg|title).*?</\1>", " ", text, flags=re.DOTALL)
    plain = re.sub(r"<(?:td|th|code|summary|h2|a)\b.*?</(?:td|th|code|summary|h2|a)>", " ", plain, flags=re.DOTALL)
    parts = re.split(r"(?<=[.?!])\s|\n", re.sub(r"<[^>]+>", "\n", plain))
    return [part.strip().rstrip(".") for part in parts if len(part.split()) > 5]


def test_no_sentence_and_no_figure_stands_twice(page):
    drawn = [" ".join(p.title.split()) for p in page.pictures]
    found = [*sentences(html(page)), *drawn]
    assert len(found) > 40
    assert [text for text, n in Counter(found).items() if n > 1] == []


def test_names_are_words(page):
    text = re.sub(r"<(code|style|pre).*?</\1>|<[^>]+>", " ", html(page), flags=re.DOTALL)
    keys = [f"{s}.{k}" for s, f in Parameters.model_fields.items() for k in f.annotation.model_fields]
    found = set(re.findall(r"\b[a-z]+(?:_[a-z0-9]+)+\b|\b[a-z_]+\+[a-z_@+0-9]+", text))
    found |= {key for key in keys if key in text}
    assert {name for name in found if f"{name}.csv" not in text} == set()


def test_names_in_words():
    label = "six+closure_threat@90+financial_pressure@0+surge=0.25@0"
    words = "closure threat from day 90; financial pressure and surge (25% strength) from the first day"
    assert policy_words(label) == f"six sites with {words}"
    assert instead("equal_fourteen", "equal_six") == "six sites of equal budget instead of fourteen"
    assert structure_words("encounter") == "bombs are laid on a tip-off"
    assert not any("_" in words for words in POSTURES.values())
    for section, field in Parameters.model_fields.items():
        for key in field.annotation.model_fields:
            assert "_" not in in_prose(f"{section}.{key}")


def test_a_policy_that_closes_the_embassy_is_known_by_its_orders():
    assert leaves("six+surge+embassy_closure@30")
    assert not leaves("six+closure_threat@0")
    assert not leaves("six+my_own")
