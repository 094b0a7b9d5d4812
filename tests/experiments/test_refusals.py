"""What is refused is refused at once, in one line, and leaves nothing: names, files, folders, values."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from experiments.files.columns import Field
from experiments.files.states import read_states
from experiments.files.tables import table_bytes
from experiments.runs.compare import check_names
from experiments.runs.design import load_design, read_points
from experiments.runs.plan import make_plan
from experiments.studies.claims.catalogue import load_claims
from experiments.studies.ensemble import load_ensemble
from experiments.studies.priors import load_priors
from experiments.studies.settings import DecideSizes, load_sizes
from experiments.studies.structures.rivals import load_rivals
from experiments.studies.targets import load_targets
from experiments.studies.validation.record import load_record
from sim.config_files import configs_folder, parse_changes, read_toml
from sim.errors import ConfigError
from sim.scenario import load_calendar, load_response, load_scenario, parse_use
from tests.experiments.designs import write

SIX = (configs_folder() / "postures/six.toml").read_text(encoding="utf-8")
READERS = {
    "posture": load_scenario,
    "response": lambda path: load_response(str(path)),
    "calendar": lambda path: load_calendar(str(path)),
    "design": load_design,
    "priors": load_priors,
    "targets": load_targets,
    "structures": lambda path: load_rivals(str(path)),
    "record": load_record,
    "sizes": lambda path: load_sizes(DecideSizes, path, quick=True),
    "claims": load_claims,
    "theatre": read_toml,
}
TABLES = {"points": read_points, "ensemble": lambda path: load_ensemble(str(path)), "states": read_states}


def own(folder: Path, name: str, file: str = "own.toml", **changes: str) -> Path:
    """A posture of one's own in a file."""
    text = SIX.replace('name = "six"', f'name = "{name}"', 1)
    for before, after in changes.items():
        text = text.replace(before, after)
    path = folder / file
    path.write_text(text, encoding="utf-8")
    return path


def retitle(path: Path) -> None:
    """Let a file say something else under the same name."""
    path.write_text(path.read_text(encoding="utf-8").replace('title = "', 'title = "Another: ', 1), encoding="utf-8")


def refused(result) -> str:
    """The one line of a refusal."""
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.isprintable()
    return line


# --- nothing is left (4) ---------------------------------------------------------------------------------------------
def bad_commands(folder: Path) -> dict[str, tuple[object, ...]]:
    """Commands with --out that are refused, each for another reason."""
    one = write(folder / "one.toml", factors=None, posture="six", points_file=None)
    many = own(folder, "many", file="many.toml")
    orders = '[[deliveries]]\ndate = 2020-02-03\nsite = "embassy"\nbatteries = 1\n' * 200
    many.write_text(many.read_text(encoding="utf-8") + orders, encoding="utf-8")
    first, second = own(folder, "same"), own(folder, "same", file="second.toml")
    second.write_text(
        second.read_text(encoding="utf-8").replace('title = "', 'title = "Another: ', 1), encoding="utf-8"
    )
    return {
        "run: too many dated orders": ("run", many),
        "compare: the same": ("compare", many, "six", "--states", 2),
        "compare: at one point": ("compare", many, "six", "--ensemble", "none", "--replicates", 2),
        "sweep: the same": ("sweep", "--factor", "days=2", many),
        "sweep: a rule for one point": ("sweep", one, "--stop-when", "fire_attacks half-width < 1"),
        "sweep: two of one name": ("sweep", "--factor", "days=2", first, second),
        "sweep: a bad value": ("sweep", "--factor", "defence.p_intercept=0.5,1.5", "six"),
        "merge: no parts": ("merge", folder / "gone"),
        "sites: a bad file": ("sites", "--sizes", many),
        "plot: no results": ("plot", folder / "gone", "--x", "days"),
        "claims: bad claims": ("claims", "--claims", many),
        "calibrate: bad targets": ("calibrate", "--targets", many),
        "sensitivity: no ensemble": ("decide", "--ensemble", "x"),
    }


@pytest.mark.parametrize("why", range(13))
def test_what_is_refused_leaves_nothing(why, posture, tmp_path):
    name, command = list(bad_commands(tmp_path).items())[why]
    before = sorted(tmp_path.rglob("*"))
    for out in ("new", "new/deeper/folder"):
        refused(posture(*command, "--out", tmp_path / out))
        assert sorted(tmp_path.rglob("*")) == before, name


def test_a_folder_that_was_empty_stays_so_and_one_with_results_stays_as_it_was(posture, tmp_path):
    one = write(tmp_path / "one.toml", factors=None, posture="six")
    rule = ("--stop-when", "fire_attacks half-width < 1")
    (tmp_path / "empty").mkdir()
    refused(posture("sweep", one, *rule, "--out", tmp_path / "empty"))
    assert not list((tmp_path / "empty").iterdir())
    out = tmp_path / "results"
    assert posture("sweep", one, "--out", out).exit_code == 0
    before = {path: path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}
    refused(posture("sweep", one, *rule, "--fresh", "--out", out))
    assert {path: path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()} == before


# --- where to write (8) ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "command",
    [("run", "six"), ("compare", "fourteen", "six"), ("sweep", "--factor", "days=2", "six"), ("sites", "--quick")],
    ids=lambda command: command[0],
)
def test_a_folder_that_cannot_be_is_refused_before_any_work(command, posture, tmp_path):
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    (tmp_path / "dangling").symlink_to(tmp_path / "gone")
    for out in (tmp_path / "file", tmp_path / "file/below", tmp_path / "dangling", tmp_path / ("x" * 300), "/proc/x"):
        assert "--out is" in refused(posture(*command, "--out", out))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dangling", "file"]


def test_a_page_is_no_folder_pipe_or_device_and_its_folders_are_made(posture, tmp_path):
    assert posture("run", "six", "--days", 2, "--out", tmp_path / "run").exit_code == 0
    os.mkfifo(tmp_path / "pipe")
    for out in (tmp_path, tmp_path / "pipe", "/dev/null", tmp_path / "run/runs.csv/page.html", tmp_path / ("x" * 300)):
        assert "--out is" in refused(posture("report", tmp_path / "run", "--out", out))
    made = tmp_path / "a/b/page.html"
    assert posture("report", tmp_path / "run", "--out", made).exit_code == 0
    assert made.is_file()


@pytest.mark.parametrize("content", [None, "", "{}", "[1]", '{"address": 5}', "[" * 100_000])
def test_a_scheduler_file_is_one_that_a_scheduler_has_written(content, posture, tmp_path):
    path = tmp_path / "scheduler.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    line = refused(posture("compare", "fourteen", "six", "--scheduler-file", path, "--out", tmp_path / "out"))
    assert "it must be a file that a Dask scheduler has written" in line
    assert not (tmp_path / "out").exists()


# --- names and texts (5, 21) -----------------------------------------------------------------------------------------
def test_letters_of_other_scripts_and_sixty_of_them_are_names(tmp_path):
    for name in ("x" * 60, "A-b_9", "前哨", "é", "_x", "2020"):
        assert load_scenario(own(tmp_path, name)).name == name


TYPED = ("x\x1b[31m", "\u202eabc", "a\nb", "x" * 5000, "../../x", "../theatres/plain", "", "\udcff")


@pytest.mark.parametrize("word", TYPED)
@pytest.mark.parametrize("where", ["run {}", "run six --response {}", "check {}", "describe {}"])
def test_what_is_typed_reaches_no_terminal_as_it_is(where, word, posture):
    command = [word if part == "{}" else part for part in where.split()]
    assert len(refused(posture(*command))) < 1500


def test_words_that_click_quotes_are_on_one_line_too(program):
    for command in (("run", "six", "--days", "1\x1b[31m"), ("\x1b[31mrun",), ("run", "six", "--\u202e")):
        told = program(*command)
        assert told.returncode == 2
        assert told.stderr.replace("\n", "").isprintable()


def test_no_text_of_a_config_begins_a_formula_in_a_table(tmp_path):
    plain = (configs_folder() / "theatres/plain.toml").read_text(encoding="utf-8")
    title = next(line for line in plain[plain.index("[[sites]]") :].splitlines() if line.startswith("title"))
    (tmp_path / "own.toml").write_text(plain.replace(title, 'title = "=HYPERLINK(1)"'), encoding="utf-8")
    posture = (configs_folder() / "postures/plain_three.toml").read_text(encoding="utf-8")
    (tmp_path / "p.toml").write_text(posture.replace('theatre = "plain"', 'theatre = "own.toml"'), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"sites\[\d\].title is '=HYPERLINK\(1\)'; it must not begin with"):
        load_scenario(tmp_path / "p.toml")


def test_no_cell_of_text_begins_a_formula_and_numbers_keep_their_sign():
    fields = (Field("error", "", ""), Field("change", "1", ""))
    rows = [["=1+1", -1.5], ["-x", 2.0], ["@x", 0.0], ["+x", -3.0], ["fine - really", 1.0]]
    assert table_bytes(fields, rows).decode().splitlines()[1:] == [
        *("'=1+1,-1.5", "'-x,2", "'@x,0", "'+x,-3", "fine - really,1")
    ]


# --- two of one name (19) --------------------------------------------------------------------------------------------
def two_of_one_name(folder: Path) -> tuple[Path, Path]:
    first, second = own(folder, "mine"), own(folder, "mine", file="second.toml")
    retitle(second)
    assert load_scenario(first).posture != load_scenario(second).posture
    return first, second


def test_two_postures_of_one_name_are_refused_in_every_design(posture, tmp_path):
    first, second = two_of_one_name(tmp_path)
    path = write(tmp_path / "d.toml", factors=[{"key": "posture", "values": [str(first), str(second)]}])
    with pytest.raises(ConfigError, match=r"it must be a name of its own: .*own.toml is called mine too"):
        make_plan(load_design(path), path)
    assert "is called mine too" in refused(
        posture("sweep", "--factor", "days=2", first, second, "--out", tmp_path / "out")
    )
    assert "each must have a name of its own" in refused(posture("compare", first, second, "--out", tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_two_responses_of_one_name_are_refused_too(tmp_path):
    surge = (configs_folder() / "responses/surge.toml").read_text(encoding="utf-8")
    (tmp_path / "other.toml").write_text(surge.replace("people = ", "people = 1", 1), encoding="utf-8")
    scenarios = [load_scenario("six", {}, ["surge"]), load_scenario("fourteen", {}, [str(tmp_path / "other.toml")])]
    with pytest.raises(ConfigError, match="name of the response is 'surge'"):
        check_names(scenarios)


# --- the shape of files (6) ------------------------------------------------------------------------------------------
SHAPES = {
    "nested lists": "a = " + "[" * 100_000,
    "nested tables": "a = " + "{a=" * 20_000,
    "integer": "a = " + "1" * 10_000,
    "dotted key": ".".join("a" * 50_000) + " = 1",
    "dotted table": "[" + ".".join("a" * 50_000) + "]",
    "quoted key": ".".join(['"a"'] * 50_000) + " = 1",
    "size": "# " + "x" * 1_000_001,
}


@pytest.mark.parametrize("kind", list(READERS))
def test_what_would_keep_a_parser_busy_is_refused_within_a_second(kind, tmp_path):
    path = tmp_path / "big.toml"
    for name, text in SHAPES.items():
        path.write_text(text, encoding="utf-8")
        began = time.process_time()
        with pytest.raises(ConfigError) as error:
            READERS[kind](path)
        assert time.process_time() - began < 1.0, name
        assert len(str(error.value)) < 600, name


@pytest.mark.parametrize("kind", [*READERS, *TABLES])
def test_nothing_waits_for_a_pipe_or_reads_a_device(kind, tmp_path):
    name = "pipe.csv" if kind in TABLES else "pipe.toml"
    os.mkfifo(tmp_path / name)
    (tmp_path / f"device_{name}").symlink_to("/dev/zero")
    for path in (tmp_path / name, tmp_path / f"device_{name}", tmp_path):
        with pytest.raises(ConfigError):
            {**READERS, **TABLES}[kind](path)


def test_json_that_is_nested_too_deep_or_has_endless_numbers_is_refused(posture, tmp_path):
    for text in ("[" * 100_000, "1" * 10_000, '{"a": ' * 50_000):
        (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
        (tmp_path / "design.json").write_text(text, encoding="utf-8")
        (tmp_path / "events.csv").write_text("event\n", encoding="utf-8")
        for command in (("report", tmp_path), ("sweep", "--status", tmp_path), ("why", tmp_path, "--event", 1)):
            assert posture(*command).exit_code == 2, command


# --- values (7, 24) --------------------------------------------------------------------------------------------------
HALF_USES = ("surge@", "surge=", "surge=@5", "surge@5:", "surge=1_0", "surge@1_0", "surge=nan", "surge@٣")


@pytest.mark.parametrize("text", HALF_USES)
def test_a_use_of_a_response_says_what_its_signs_promise(text):
    with pytest.raises(ConfigError, match="it must be NAME, NAME=STRENGTH, NAME@DAY"):
        parse_use(text)


def test_a_start_that_the_calendar_ends_before_is_refused_wherever_it_is_given(posture, tmp_path):
    path = own(tmp_path, "late", **{"start = 2020-01-01": "start = 9999-12-31"})
    for command in (("check", path), ("run", path), ("run", "six", "--set", "start=9999-12-31")):
        assert "start is 9999-12-31; it must be a date from 1900-01-01 to 2199-12-31" in refused(posture(*command))
    line = refused(posture("sweep", "--factor", "start=9999-12-31", "six", "--out", tmp_path / "out"))
    assert "it must be a date from 1900-01-01" in line


def test_an_hour_after_the_run_is_refused(posture):
    pytest.importorskip("solara")
    line = refused(posture("view", "six", "--hour", 999_999, "--port", 0))
    assert "--hour is 999999; it must be from 0 to 6576" in line


def test_a_calendar_that_has_nothing_for_the_run_is_said(posture, tmp_path):
    told = posture("run", "six", "--calendar", "2020", "--set", "start=2031-01-01", "--days", 3)
    assert told.exit_code == 0
    assert "none of the 10 events of calendar 2020 falls into the run, 2031-01-01 to 2031-01-03" in told.stderr
    assert posture("run", "six", "--calendar", "2020", "--days", 3).stderr == ""


def test_letters_that_a_font_lacks_are_told_in_one_line_without_a_place_in_the_source(program, tmp_path):
    path = own(tmp_path, "前哨")
    command = ("compare", "six", path, "--ensemble", "none", "--replicates", 2, "--days", 2, "--out", tmp_path / "out")
    told = program(*command)
    assert told.returncode == 0, told.stderr
    assert ".py" not in told.stderr
    assert told.stderr.count("lacks some letters") == 1


def test_numbers_of_a_table_are_plain_digits(tmp_path):
    path = tmp_path / "points.csv"
    for cell in ("1_0", "١٠", "0x10", "nan", "inf", "1e999"):
        path.write_text(f"days\n{cell}\n", encoding="utf-8")
        ((_, point),) = read_points(path).items()
        with pytest.raises(ConfigError, match=r"days is .* a whole number from 1 to 3660"):
            load_scenario("six", point)
    with pytest.raises(ConfigError, match="VALUE must be as in TOML"):
        parse_changes(["days=" + "1" * 10_000], None)


def test_json_of_a_command_line_is_written_whatever_bytes_it_has(program, tmp_path):
    out = os.fsdecode(os.fsencode(tmp_path) + b"/\xff")
    assert program("run", "six", "--days", 1, "--out", out).returncode == 0
    assert json.loads((Path(out) / "manifest.json").read_text(encoding="utf-8"))["command"][-1].endswith("\\udcff")
