"""`posture report` through the command line: the same bytes, both formats, figures for print, and what it refuses."""

from __future__ import annotations

import ast
import json
import re
import shutil
from pathlib import Path

import pytest
from report_folders import HAND_MADE, make

from experiments.analysis.results import load
from experiments.report.page import assemble, overview


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """A comparison, small."""
    return make("comparison", tmp_path_factory.mktemp("report") / "small")


@pytest.fixture(scope="module")
def bare(compared, tmp_path_factory):
    """Its runs and manifest alone."""
    folder = tmp_path_factory.mktemp("bare")
    for name in ("runs.csv", "manifest.json"):
        shutil.copy(compared / name, folder / name)
    return folder


@pytest.fixture
def by_hand(tmp_path):
    return make("by_hand", tmp_path / "mine")


def test_the_same_folder_gives_the_same_bytes_and_its_name_is_said(bare, program, posture):
    done = program("report", bare)
    first = (bare / "report.html").read_bytes()
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"Report: {bare / 'report.html'}\n"
    assert posture("report", bare).exit_code == 0  # in another process
    assert (bare / "report.html").read_bytes() == first


def test_it_needs_nothing_but_the_tables_and_the_manifest(bare, posture):
    assert posture("report", bare).exit_code == 0
    text = (bare / "report.html").read_text(encoding="utf-8")
    assert "Six against fourteen" in text
    assert not re.search(r"(src|href)=\"(?!#|data:)", text)
    assert "<script" not in text


def test_the_page_says_what_was_run(bare, posture):
    assert posture("report", bare).exit_code == 0
    text = (bare / "report.html").read_text(encoding="utf-8")
    manifest = json.loads((bare / "manifest.json").read_text(encoding="utf-8"))
    for words in (
        " ".join(manifest["command"]),
        manifest["source_hash"],
        "14 sites, 5,200 people",
        "6 sites, 3,000 people",
    ):
        assert words in text
    assert re.search(r"<dt>seed</dt><dd>1</dd>", text)
    assert re.search(r"<dt>replicates of each</dt><dd>30</dd>", text)
    assert "batteries cover sites and never convoys" in text  # what a rule assumes (S18)


def test_what_was_run_names_responses_calendar_and_changed_values(tmp_path, posture):
    words = ("--response", "surge=0.5", "--calendar", "2020", "--set", "defence.p_intercept=0.9", "--days", "5")
    assert posture("run", "six", *words, "--seed", "7", "--out", tmp_path).exit_code == 0
    said = dict(overview.ran(load(tmp_path)))
    assert said["command"] == f"posture run six {' '.join(words)} --seed 7 --out {tmp_path}"
    assert "5 days from 2020-01-01, calendar 2020" in said["posture six"]
    assert said["response surge"] == "A surge of 20,000 troops for half a year, strength 0.5 (S8, S16)"
    assert said["parameters changed"] == "defence.p_intercept = 0.9"
    assert said["seed"] == "7"
    caveats = overview.caveats(load(tmp_path))
    assert any(line.startswith("Assumed, and so no finding (S16): presence multiplies the hazard") for line in caveats)
    assert not any("(S24)" in line for line in caveats)  # no clearance was ordered


def test_markdown_has_its_pictures_beside_it(bare, tmp_path, posture):
    done = posture("report", bare, "--format", "md", "--out", tmp_path / "page" / "mine.md")
    assert done.exit_code == 0, done.output
    text = (tmp_path / "page" / "mine.md").read_text(encoding="utf-8")
    pictures = re.findall(r"^!\[(.+)\]\((.+)\)$", text, re.MULTILINE)
    assert len(pictures) >= 3
    assert all(len(alt) > 20 and (tmp_path / "page" / path).is_file() for alt, path in pictures)
    heads = [line for line in text.splitlines() if set(line) <= set("|-: ") and "---" in line]
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(heads) >= 2
    assert len(rows) > 30


def test_figures_for_print(bare, tmp_path, posture):
    from PIL import Image

    assert posture("report", bare, "--figures", tmp_path).exit_code == 0
    pngs, svgs = sorted(tmp_path.glob("*.png")), sorted(tmp_path.glob("*.svg"))
    assert [p.stem for p in pngs] == [s.stem for s in svgs]
    assert {"answer", "differences", "quarters"} <= {path.stem for path in pngs}
    with Image.open(tmp_path / "answer.png") as image:
        assert image.size[0] / image.size[1] == pytest.approx(16 / 9)
    with Image.open(tmp_path / "differences.png") as image:
        assert image.size[0] >= 5 * 300
    assert all("<text" not in path.read_text(encoding="utf-8") for path in svgs)  # outlines look the same everywhere


def test_a_quick_setting_is_said_first_of_all(tmp_path, posture):
    folder = make("factorial", tmp_path / "quick")
    for path in folder.glob("*.csv"):
        text = path.read_text(encoding="utf-8").splitlines()[1:]
        rows = [f"setting,{text[0]}", *(f"quick,{line}" for line in text[1:])]
        path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    assert posture("report", folder).exit_code == 0
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert 0 < text.index("QUICK SETTING") < text.index('<section id="factorial"')
    assert posture("report", make("factorial", tmp_path / "full")).exit_code == 0
    assert "QUICK SETTING" not in (tmp_path / "full" / "report.html").read_text(encoding="utf-8")


# --- what is refused -------------------------------------------------------------------------------------------
CHANGES = {
    "no measure": (lambda text: text.replace(",fire_attacks,convoy_attacks", "", 1), "runs.csv"),
    "no posture": (lambda text: text.replace("posture,", "place,", 1), "posture"),
    "words for a number": (lambda text: text.replace("ok,55,66", "ok,many,66", 1), "fire_attacks"),
    "nothing measured": (lambda text: text.replace("ok,55,66", "ok,,66", 1), "fire_attacks"),
    "another unit": (lambda text: text.replace("convoy_attacks", "cargo_sent_kg", 1), "cargo_sent_kg"),
    "only a head": (lambda text: text.splitlines()[0] + "\n", "runs.csv"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_bad_table_is_refused_with_its_file_and_column(change, by_hand, posture):
    edit, named = CHANGES[change]
    (by_hand / "runs.csv").write_text(edit(HAND_MADE), encoding="utf-8")
    done = posture("report", by_hand)
    assert done.exit_code == 2
    assert str(by_hand / "runs.csv") in done.stderr
    assert named in done.stderr
    assert done.stderr.startswith("Reading ")
    assert done.stderr.count("\n") == 2
    assert not (by_hand / "report.html").exists()


def test_an_empty_folder_is_refused(tmp_path, posture):
    done = posture("report", tmp_path)
    assert done.exit_code == 2
    assert str(tmp_path) in done.stderr


def test_a_folder_that_is_not_there_is_refused(tmp_path, posture):
    done = posture("report", tmp_path / "none")
    assert done.exit_code == 2
    assert "none" in done.stderr


def test_a_manifest_of_another_version_is_refused(compared, tmp_path, posture):
    shutil.copy(compared / "runs.csv", tmp_path / "runs.csv")
    manifest = json.loads((compared / "manifest.json").read_text(encoding="utf-8"))
    (tmp_path / "manifest.json").write_text(json.dumps({**manifest, "format_version": 99}), encoding="utf-8")
    done = posture("report", tmp_path)
    assert done.exit_code == 2
    assert "format_version" in done.stderr
    assert "99" in done.stderr


# --- figures draw, numbers calculate ---------------------------------------------------------------------
REPORT = Path(assemble.__file__).parents[1]
FIGURES = sorted(REPORT.glob("*/figures.py"))
CALCULATES = {
    *("groupby", "sort_values", "pivot", "pivot_table", "merge", "rank", "rolling", "agg", "nunique", "value_counts"),
    *("mean", "median", "quantile", "percentile", "std", "var", "corr", "idxmin", "idxmax", "cumsum"),
}
"""What gathers, ranks or takes statistics of rows or arrays; drawing needs none of it."""
TYPES = {"Interval", "Values"}


def test_every_kind_of_result_has_a_section_and_figures_of_its_own():
    sections = {path.parent.name for path in REPORT.glob("*/section.py")}
    assert sections == set(assemble.KINDS) == {path.parent.name for path in FIGURES}
    assert {path.parent.name for path in REPORT.glob("*/numbers.py")} == sections


@pytest.mark.parametrize("path", FIGURES, ids=lambda path: path.parent.name)
def test_no_figure_calculates(path):
    tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    for node in tree:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in CALCULATES, ast.unparse(node)
        if isinstance(node, ast.ImportFrom):
            assert not str(node.module).startswith(("scipy", "experiments.analysis.intervals")), node.module
            if node.module == "sim.statistics":
                assert {name.name for name in node.names} <= TYPES
