"""Results that can't be trusted: one message that names file and column, word for word."""

from __future__ import annotations

import json
import re

import made_up
import pytest

import experiments
from experiments.files.finished import UnfinishedError, record_of
from experiments.runs.comparison import tabulate
from experiments.runs.comparison_files import write_comparison
from experiments.runs.recorded import Recorded, rows_of
from experiments.why.event_log import read_event_log
from sim.errors import ConfigError
from sim.measures import BY_NAME

RUNS = """posture,responses,replicate,seed,status,error,fire_attacks,cargo_sent_t,site_hours_short
fourteen,,0,11,ok,,50,170.5,0
fourteen,,1,12,ok,,55,171,2
six,,0,11,ok,,41,98.25,0
six,,1,12,ok,,44,99,1
"""
CARGO = 2 + list(BY_NAME).index("cargo_sent")  # its line in comparison.csv
MANIFEST = {"format_version": 1, "source_hash": "aaaa", "postures": {}}


@pytest.fixture
def folder(tmp_path):
    """A folder made by hand that is as it should be."""
    (tmp_path / "runs.csv").write_text(RUNS, encoding="utf-8")
    (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST), encoding="utf-8")
    return tmp_path


def refused(folder, table="runs", **options):
    """What is said of a folder, without its path and the full stop."""
    with pytest.raises(ConfigError) as error:
        experiments.load(folder, **options).table(table)
    assert error.value.exit_code == 2
    return str(error.value).replace(f"{folder}/", "").replace(str(folder), "DIR").removesuffix(".")


def test_a_folder_as_it_should_be_is_read(folder):
    results = experiments.load(folder)
    assert results.runs["fire_attacks"].tolist() == [50, 55, 41, 44]
    assert results.manifest == MANIFEST


CELLS = "there must be 9, as in the header; is the file torn?"
EDITS = [
    # what is replaced in runs.csv, by what, and what is said of it
    (
        "cargo_sent_t",
        "cargo_sent_kg",
        "column cargo_sent_kg is 'kg'; it must be cargo_sent_t: the data dictionary has it in t",
    ),
    (
        "cargo_sent_t",
        "cargo_sent",
        "column cargo_sent is 'no unit'; it must be cargo_sent_t: the data dictionary has it in t",
    ),
    (
        "site_hours_short",
        "site_days_short",
        "column site_days_short is 'days'; it must be site_hours_short: the data dictionary has it in site hour",
    ),
    ("fire_attacks", "fire_atacks", "column is 'fire_atacks'; it must be fire_attacks, or a name less like it"),
    ("fire_attacks", "Fire_Attacks", "column is 'Fire_Attacks'; it must be fire_attacks, or a name less like it"),
    ("fire_attacks", "seed", "header is 'seed'; it must be names of columns, each once"),
    (
        "posture,",
        "who,",
        "column posture is missing; there must be one beside who, responses, replicate, seed, status, error, "
        "fire_attacks, cargo_sent_t, …",
    ),
    (
        "replicate,seed",
        "a,b",
        "column replicate is missing; there must be one, or a seed, by which runs are paired, beside posture, "
        "responses, a, b, status, error, fire_attacks, cargo_sent_t, …",
    ),
    (
        "fire_attacks,cargo_sent_t,site_hours_short",
        "a,b,c",
        "column fire_attacks is missing; there must be one, or another measure of the data dictionary, beside posture, "
        "responses, replicate, seed, status, error, a, b, …",
    ),
    ("55", "many", "line 3, fire_attacks is 'many'; it must be a number"),
    ("55", "5_5", "line 3, fire_attacks is '5_5'; it must be a number"),
    (
        "55",
        "",
        "line 3, fire_attacks is empty; it must be a number: the run is ok, so none of its measures is empty",
    ),
    ("55", "NaN", "line 3, fire_attacks is 'NaN'; it must be a number"),
    ("55", "inf", "line 3, fire_attacks is inf; it must be a finite number; an empty cell means none"),
    ("55", "-4", "line 3, fire_attacks is -4.0; it must be 0 or more: it counts or adds up"),
    ("98.25", "-98.25", "line 4, cargo_sent_t is -98.25; it must be 0 or more: it counts or adds up"),
    ("1,12,ok,,55", "-1,12,ok,,55", "line 3, replicate is -1; it must be 0 or more"),
    (
        "1,12,ok,,55",
        "1,12,failed,x,55",
        "line 3, fire_attacks is 55.0; it must be empty: the run failed, so it has no measures",
    ),
    (
        "six,,0",
        "posture,responses,replicate,seed,status,error,fire_attacks,cargo_sent_t,site_hours_short\nsix,,0",
        "line 4, replicate is 'replicate'; it must be a number",
    ),
    ("99", "-inf", "line 5, cargo_sent_t is -inf; it must be a finite number; an empty cell means none"),
    ("1,12,ok,,55", "1,-12,ok,,55", "line 3, seed is '-12'; it must be a whole number from 0 to 2^64 − 1"),
    ("1,12,ok,,55", "1,,ok,,55", "line 3, seed is empty; it must be a whole number from 0 to 2^64 − 1"),
    ("1,12,ok,,55", "1.5,12,ok,,55", "line 3, replicate is 1.5; it must be a whole number"),
    ("1,12,ok,,55", "1,12,fine,,55", "line 3, status is 'fine'; it must be ok or failed"),
    ("1,12,ok,,55", "1,12,,,55", "line 3, status is empty; there must be a value"),
    ("fourteen,,1", ",,1", "line 3, posture is empty; there must be a value"),
    (
        "1,12,ok,,55",
        "0,12,ok,,55",
        "line 3, replicate is 0; there must be one row a run; posture fourteen, responses none, replicate 0 is there "
        "before",
    ),
    ("44,99,1\n", "44,9", f"line 5 is '8 cells'; {CELLS}"),
    ("55,171,2\n", "55,171,2,3\n", f"line 3 is '10 cells'; {CELLS}"),
    ("55,171,2\n", "55\n", f"line 3 is '7 cells'; {CELLS}"),
    ("1,12,ok,,55", "1,12,ok,a, b,55", f"line 3 is '10 cells'; {CELLS}"),
    (RUNS.partition("\n")[2], "", "rows is 0; there must be at least one row below the header"),
    (RUNS, "", "header is empty; there must be a line with the names of the columns"),
    (
        ",",
        ";",
        "header is 'posture;responses;replicate;seed;status;error;fire_attacks;c'; "
        "there must be commas between the columns",
    ),
]


@pytest.mark.parametrize(("old", "new", "message"), EDITS)
def test_bad_runs_are_named_by_file_and_column(folder, old, new, message):
    path = folder / "runs.csv"
    assert old in RUNS
    path.write_text(RUNS.replace(old, new, -1 if old == "," else 1), encoding="utf-8")
    assert refused(folder) == f"runs.csv: {message}"


def test_another_encoding_is_named(folder):
    (folder / "runs.csv").write_bytes(RUNS.replace("fourteen", "fünfzehn").encode("latin-1"))
    assert refused(folder) == "runs.csv: text is b'\\xfc'; it must be UTF-8: save the file as CSV UTF-8"


def test_an_open_quote_is_named(folder):
    (folder / "runs.csv").write_text(RUNS.replace("six", '"six', 1), encoding="utf-8")
    allowed = "it must be CSV that can be read; is the file torn, or a quote not closed?"
    assert refused(folder) == f"runs.csv: line 5 is 'unexpected end of data'; {allowed}"


def test_cells_that_hold_commas_or_lines_are_read(folder):
    text = RUNS.replace("fourteen,,1,", '"fourteen, as ""ever""",,1,').replace("1,12,ok,,44", '1,12,ok,"two\nlines",44')
    (folder / "runs.csv").write_text(text, encoding="utf-8")
    runs = experiments.load(folder).runs
    assert runs["posture"].tolist() == ["fourteen", 'fourteen, as "ever"', "six", "six"]
    assert runs["error"].iloc[3] == "two\nlines"
    assert runs["site_hours_short"].tolist() == [0, 2, 0, 1]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_spreadsheets_write_is_read(folder, end):
    (folder / "runs.csv").write_bytes(b"\xef\xbb\xbf" + RUNS.replace("\n", end).rstrip().encode())
    assert experiments.load(folder).runs["cargo_sent_t"].tolist() == [170.5, 171, 98.25, 99]


def test_columns_of_ones_own_are_welcome_and_have_no_unit(folder):
    lines = RUNS.splitlines()
    more = [f"{lines[0]},fire_attacks_q9,note,harm.p_wound", *(f"{line},3,mine,0.1" for line in lines[1:])]
    (folder / "runs.csv").write_text("\n".join(more), encoding="utf-8")
    runs = experiments.load(folder).runs
    units = runs.attrs["units"]
    assert runs["fire_attacks_q9"].tolist() == [3.0] * 4
    assert runs["note"].tolist() == ["mine"] * 4
    assert [units[name] for name in ("fire_attacks_q9", "note", "harm.p_wound")] == ["unknown", "unknown", "1/round"]


# --- beside a manifest -------------------------------------------------------------------------------------
COUNTED = {**MANIFEST, "postures": {"fourteen": {}, "six": {}}, "counts": {"runs": 4, "replicates": 2, "failed": 0}}
LINES = RUNS.splitlines(keepends=True)
ALL_ARE = "it must be 4, 2 of each, as manifest.json counts them"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            RUNS.replace("six,,1", "sixteen,,1"),
            "line 5, posture is 'sixteen'; it must be one that manifest.json has: fourteen, six",
        ),
        ("".join(LINES[:2] + LINES[3:]), f"rows is 3; {ALL_ARE}; of scenario fourteen (line 2) there are 1"),
        ("".join(LINES[:3]), f"rows is 2; {ALL_ARE}"),
        (RUNS + "six,,2,13,ok,,1,2,3\n", f"rows is 5; {ALL_ARE}; of scenario six (line 4) there are 3"),
        (
            RUNS.replace("1,12,ok,,44,99,1", "1,12,failed,x,,,"),
            "line 5, status is 'failed'; it must be so in 0 rows, as manifest.json counts them, and is in 1",
        ),
    ],
)
def test_runs_are_those_that_the_manifest_counts(folder, text, message):
    (folder / "manifest.json").write_text(json.dumps(COUNTED), encoding="utf-8")
    assert len(experiments.load(folder).runs) == 4
    (folder / "runs.csv").write_text(text, encoding="utf-8")
    assert refused(folder, failed="keep") == f"runs.csv: {message}"


def test_every_table_has_as_many_rows_as_were_written(folder):
    path = folder / "comparison.csv"
    write_comparison(path, tabulate({"fourteen": made_up.table(5, 1.0), "six": made_up.table(5, 0.5)}))
    files = {"comparison.csv": record_of(path)}
    (folder / "manifest.json").write_text(json.dumps({**MANIFEST, "files": files}), encoding="utf-8")
    assert experiments.load(folder).table("comparison") is not None
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:5] + lines[6:]), encoding="utf-8")
    n = len(lines) - 1
    allowed = f"it must be {n}, as manifest.json has it: were some taken out or added?"
    assert refused(folder, "comparison") == f"comparison.csv: rows is {n - 1}; {allowed}"


# --- failed runs -----------------------------------------------------------------------------------------
def with_a_failure(folder):
    text = RUNS.replace("1,12,ok,,55,171,2", "1,12,failed,a storm,,,")
    (folder / "runs.csv").write_text(text, encoding="utf-8")


def test_failed_runs_are_refused_unless_asked_for(folder):
    with_a_failure(folder)
    assert experiments.load(folder).n_failed == 1
    assert refused(folder) == (
        "runs.csv: status is 'failed'; there must be finished runs only, but 1 of 4 rows are of failed ones: "
        'load(…, failed="drop") leaves them out, failed="keep" keeps them with empty measures'
    )
    assert experiments.load(folder, failed="drop").runs["replicate"].tolist() == [0, 0, 1]
    kept = experiments.load(folder, failed="keep").runs
    assert kept["fire_attacks"].isna().tolist() == [False, True, False, False]
    assert refused(folder, failed="hide") == "failed is 'hide'; it must be refuse, drop, keep"


# --- folders and manifests ---------------------------------------------------------------------------------
def test_a_folder_that_is_not_there_or_empty(tmp_path):
    assert refused(tmp_path / "none") == "DIR is 'DIR'; it must be a results folder that exists"
    said = refused(tmp_path)
    assert said.startswith(
        "DIR is 'DIR'; it must be a results folder, with at least one of runs.csv, points.csv, daily.csv, events.csv"
    )
    (tmp_path / "mine.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    assert refused(tmp_path) == said


def test_tables_that_are_not_there_or_there_twice(folder):
    assert refused(folder, "tornado") == "DIR: table is 'tornado'; it must be one that the folder holds: runs"
    for name in ("tornado.csv", "sensitivity_tornado.csv"):
        (folder / name).write_text("scope\n", encoding="utf-8")
    said = "tornado.csv: table is 'tornado'; there must be one file that holds it; sensitivity_tornado.csv does too"
    assert refused(folder) == said


def test_columns_that_are_not_there(folder):
    with pytest.raises(
        ConfigError, match=re.escape("runs.csv: column supply_used_t is missing; there must be one, in t, beside")
    ):
        experiments.load(folder).table("runs", ["supply_used_t"])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "manifest.json",
            {"format_version": 7},
            "format_version is 7; it must be 1, the format that this program reads",
        ),
        ("manifest.json", {}, "format_version is missing; it must be 1, the format that this program reads"),
        (
            "ensemble_2020.json",
            {"format_version": 2},
            "format_version is 2; it must be 1, as in manifest.json: files of one folder have one format",
        ),
        (
            "design.json",
            {"rules": "bbbb"},
            "rules is 'bbbb'; it must be aaaa, the source_hash of manifest.json: the runs are of another version of "
            "the model",
        ),
        ("manifest.json", 5, "manifest is 'int'; it must be an object with keys and values"),
        ("manifest.json", [], "manifest is 'list'; it must be an object with keys and values"),
    ],
)
def test_mixed_versions_are_named_by_file_and_key(folder, name, content, message):
    (folder / name).write_text(json.dumps(content), encoding="utf-8")
    assert refused(folder) == f"{name}: {message}"


def test_json_that_cant_be_read(folder):
    (folder / "manifest.json").write_text('{"format', encoding="utf-8")
    said = refused(folder)
    assert said.startswith(
        "manifest.json: file is 'manifest.json'; it must be JSON in UTF-8 that can be read: Unterminated"
    )


def test_json_that_is_nested_too_deep(folder):
    (folder / "manifest.json").write_text("[" * 100_000, encoding="utf-8")
    assert refused(folder).startswith(
        "manifest.json: file is 'manifest.json'; it must be JSON in UTF-8 that can be read"
    )


@pytest.mark.parametrize("begun", [".unfinished", "design.json", "chunks/"])
def test_an_unfinished_folder_is_said_to_be_that(folder, begun):
    """A command removes the manifest before it writes its first table, and writes it last."""
    path = folder / begun
    path.mkdir() if begun.endswith("/") else path.write_text("{}", encoding="utf-8")
    assert len(experiments.load(folder).runs) == 4
    (folder / "manifest.json").unlink()
    for call in (experiments.load, read_event_log, rows_of, Recorded):
        with pytest.raises(UnfinishedError, match="unfinished; run the same command again to finish it"):
            call(folder)


# --- long tables -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("\ncargo_sent,t,", "\ncargo_sent,kg,", f"line {CARGO}, unit is 'kg'; it must be t, the unit of cargo_sent"),
        (
            "\ncargo_sent,",
            "\nfreight,",
            f"line {CARGO}, measure is 'freight'; it must be the name of a measure of the data dictionary",
        ),
        (
            ",p_lower,",
            ",p_low,",
            "column p_lower is missing; there must be one beside measure, unit, base, posture, base_mean, base_low, "
            "base_high, posture_mean, …",
        ),
    ],
)
def test_bad_long_tables_are_named_by_file_and_column(folder, old, new, message):
    rows = {"fourteen": made_up.table(5, 1.0), "six": made_up.table(5, 0.5)}
    path = folder / "comparison.csv"
    write_comparison(path, tabulate(rows))
    assert len(experiments.load(folder).table("comparison")) > 100
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    assert refused(folder, "comparison") == f"comparison.csv: {message}"
