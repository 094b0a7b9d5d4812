"""The program's outer edge, in real processes: encodings, a full disk, a closed pipe, Ctrl-C, extras, completion."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from experiments.cli import COMMANDS
from experiments.cli.streams import plain
from tests.experiments.processes import PATIENCE_SECONDS, finish, hear_control_c, program, start

ROOT = Path(__file__).parents[2]
FULL = Path("/dev/full")
ASCII = {"PYTHONUTF8": "0", "LC_ALL": "C", "PYTHONIOENCODING": ""}
SHORT = ("--days", "3")
HEAVY = {*COMMANDS} - {
    "list",
    "describe",
    "check",
    "run",
    "compare",
    "sweep",
    "report",
    "verify",
    "why",
    "plot",
    "cache",
}
TOLD = "posture: standard output can't be written: No space left on device\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A results folder of a sweep, and one of a run with its events."""
    folder = tmp_path_factory.mktemp("made")
    words = ("--factor", "days=3,4", "six", "--replicates", 2, "--out", folder / "sweep")
    for command in (("sweep", *words), ("run", "six", "--days", 60, "--events", "--out", folder / "run")):
        code, _, err = finish(start(*command))
        assert code == 0, err
    return folder


def commands(made, out):
    """A cheap call of every command that prints: of those that take long the help."""
    yield from ((name, "--help") for name in sorted(HEAVY))
    yield from [("list",), ("cache",), ("check", "six"), ("--help",)]
    yield from [("describe", "six"), ("describe", "structures"), ("describe", "2020"), ("describe", "threat_level")]
    yield ("run", "six", *SHORT, "--out", out / "run", "--daily")
    yield ("compare", "fourteen", "six", "--ensemble", "none", *SHORT, "--replicates", 2, "--out", out / "compare")
    yield ("sweep", "--factor", "days=3", "six", "--replicates", 2, "--out", out / "sweep")
    yield from [("sweep", "--status", made / "sweep"), ("verify", made / "sweep", "--sample", 1)]
    yield ("plot", made / "sweep", "--x", "days", "--out", out / "plots")
    yield ("report", made / "sweep", "--out", out / "page.html")
    yield ("why", made / "run", "--event", 1)


def ends(arguments, **how):
    """Exit code, bytes of standard output, text of standard error."""
    how = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **how}
    how["env"] = {**os.environ, **how.get("env", {})}
    done = subprocess.run(program(*arguments), timeout=PATIENCE_SECONDS, check=False, **how)
    return done.returncode, done.stdout, done.stderr.decode("utf-8")


def written(out):
    return sorted(path.relative_to(out).as_posix() for path in out.rglob("manifest.json"))


# --- standard output --------------------------------------------------------------------------------------
def test_every_command_prints_in_ascii(made, tmp_path):
    for arguments in commands(made, tmp_path):
        code, said, err = ends(arguments, env=ASCII)
        assert code == 0, (arguments, err)
        assert said.isascii(), arguments
        assert said.strip(), arguments
        assert err.isascii(), arguments
        assert "Traceback" not in err


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_one_line_and_the_files_are_there(made, tmp_path):
    for arguments in commands(made, tmp_path):
        with FULL.open("w") as full:
            code, _, err = ends(arguments, stdout=full)
        assert code == 1, arguments
        assert err.removeprefix(f"Reading {made / 'sweep'} …\n") == TOLD, arguments
    assert written(tmp_path) == ["compare/manifest.json", "run/manifest.json", "sweep/manifest.json"]
    assert (tmp_path / "page.html").is_file()
    assert len([*(tmp_path / "plots").iterdir()]) == 2


@pytest.mark.parametrize("arguments", [("describe", "six"), ("list", "--json"), ("run", "six", *SHORT)])
def test_a_pipe_that_is_closed_is_left_in_silence(arguments):
    reader, writer = os.pipe()
    os.close(reader)
    code, _, err = ends(arguments, stdout=writer)
    os.close(writer)
    assert (code, err) == (141, "")


def test_characters_that_an_encoding_lacks_are_replaced_by_what_looks_like_them():
    text = "2 × 3 ≥ 5 … Σ é → ½"
    assert plain(text, "utf-8") == text
    assert plain(text, "latin-1") == "2 × 3 >= 5 ... ? é -> ½"
    assert plain(text, "ascii") == "2 x 3 >= 5 ... ? e -> ?"
    shown = [
        ends(["describe", "surge", "--json"], env={"PYTHONIOENCODING": name})[1].decode(name)
        for name in ("utf-8", "latin-1")
    ]
    assert shown[1] == plain(shown[0], "latin-1") != shown[0]


# --- Ctrl-C -----------------------------------------------------------------------------------------------
PRESSED = """
import os, signal, sys

class Pressed:
    def find_spec(self, name, path=None, target=None):
        if name == WHEN:
            os.kill(os.getpid(), signal.SIGINT)

from experiments.cli import main

sys.meta_path.insert(0, Pressed())
main()
"""


def pressed(when, *arguments):
    """The program, stopped as it begins to import a module."""
    command = [sys.executable, "-c", PRESSED.replace("WHEN", repr(when)), *map(str, arguments)]
    how = {"capture_output": True, "text": True, "preexec_fn": hear_control_c}
    done = subprocess.run(command, timeout=PATIENCE_SECONDS, check=False, **how)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("when", ["experiments.cli.streams", "click", "experiments.cli.run", "numpy", "sim.engine"])
def test_control_c_is_one_line_from_the_first_import_on(when):
    assert pressed(when, "run", "six", *SHORT) == (130, "", "posture: stopped\n")


def test_a_report_says_what_it_does_before_it_imports_anything_that_takes_time(made):
    said = f"Reading {made / 'sweep'} …\nposture: stopped\n"
    assert pressed("pandas", "report", made / "sweep") == (130, "", said)


# --- extras -----------------------------------------------------------------------------------------------
HIDDEN = """
import os
from importlib.machinery import PathFinder

find = PathFinder.find_spec
PathFinder.find_spec = lambda name, *more: None if name in os.environ["HIDDEN"].split(",") else find(name, *more)
"""


@pytest.mark.parametrize(
    ("arguments", "packages", "extra"),
    [
        (["calibrate", "--out", "OUT"], ["sklearn"], "study"),
        (["decide", "--out", "OUT"], ["platypus"], "study"),
        (["discover", "--out", "OUT"], ["ema_workbench"], "study"),
        (["information", "--out", "OUT"], ["sklearn"], "study"),
        (["sensitivity", "--out", "OUT"], ["SALib"], "study"),
        (
            ["compare", "fourteen", "six", "--scheduler", "tcp://127.0.0.1:9"],
            ["distributed"],
            "cluster",
        ),
        (["view"], ["solara"], "view"),
    ],
)
def test_a_missing_extra_is_said_at_once_with_what_installs_it(tmp_path, arguments, packages, extra):
    (tmp_path / "sitecustomize.py").write_text(HIDDEN)
    arguments = [tmp_path / "out" if word == "OUT" else word for word in arguments]
    code, said, err = ends(arguments, env={"PYTHONPATH": str(tmp_path), "HIDDEN": ",".join(packages)}, cwd=ROOT)
    assert (code, said) == (2, b"")
    assert err == (
        f"posture: this needs {' and '.join(packages)}, of the extra {extra}. In the folder of Posture's sources: "
        f'pip install ".[{extra}]"\n'
    )
    assert extra in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert not (tmp_path / "out").exists()


def test_nobody_is_told_to_install_it_from_an_index():
    texts = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "docs").glob("*.py")]
    texts += [path for folder in ("sim", "experiments") for path in (ROOT / folder).rglob("*.py")]
    assert [path.name for path in texts if "posture-sim[" in path.read_text(encoding="utf-8")] == []


# --- files that can't be written ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["report", "SWEEP", "--out", "FOLDER"], "--out is 'FOLDER'; it must be a file, and there is a folder"),
        (["report", "SWEEP", "--figures", "FILE"], "--figures is 'FILE'; it must be a folder that can be written"),
        (
            ["report", "SWEEP", "--out", "FILE/x/page.html"],
            "--out is 'FILE/x/page.html'; it must be a file that can be written: Not a directory",
        ),
        (["claims", "--out", "OUT", "--page", "FOLDER"], "--page is 'FOLDER'; it must be a file"),
        (["claims", "--out", "OUT", "--reference", "FILE"], "--reference is 'FILE'; it must be a folder"),
        (["decide", "--out", "FILE"], "--out is 'FILE'; it must be a folder that can be written: there is something"),
        (["plot", "SWEEP", "--x", "days", "--out", "FILE"], "--out is 'FILE'; it must be a folder"),
        (["decide", "--out", "OUT", "--scheduler-file", "FOLDER"], "--scheduler-file is 'FOLDER'; it must be"),
        (
            ["sweep", "surge", "--out", "OUT", "--scheduler-file", "NONE"],
            "--scheduler-file is 'NONE'; it must be a file",
        ),
    ],
)
def test_what_cannot_be_written_is_said_before_any_work(made, posture, tmp_path, arguments, words):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    places = {"SWEEP": made / "sweep", **{name.upper(): tmp_path / name for name in ("out", "folder", "file", "none")}}
    for name, place in places.items():
        arguments, words = [word.replace(name, str(place)) for word in arguments], words.replace(name, str(place))
    result = posture(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"posture: {words}"), result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


# --- did you mean --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("swep", "sweep"),
        ("run sixx", "six"),
        ("run six --sed 3", "--seed"),
        ("run six --response serge", "surge"),
        ("run six --calendar 2202", "2020"),
        ("run six --set defence.p_intercpt=1", "defence.p_intercept"),
        ("run six --set sites.embasy.people=1", "sites.embassy.people"),
        ("compare six forteen", "fourteen"),
        ("compare six six+serge", "surge"),
        ("compare six fourteen --ensemble priors", "prior"),
        ("describe threat_levl", "threat_level"),
        ("check fourtene", "fourteen"),
        ("sweep threat_levle --dry-run", "threat_level"),
        ("sweep threat_level --dry-run --measures fire_atacks", "fire_attacks"),
        ("sweep --factor defence.p_intercpt=0.5 six --dry-run", "defence.p_intercept"),
        ("claims --weights encounters=tip_off:0.5 --out OUT", "encounter"),
        ("plot SWEEP --x day", "days"),
        ("plot SWEEP --x days --y fire_atacks", "fire_attacks"),
        ("check FILE", "people"),
    ],
)
def test_a_slip_is_answered_with_what_was_meant(made, posture, tmp_path, line, meant):
    file = tmp_path / "slip.toml"
    text = (ROOT / "configs" / "postures" / "six.toml").read_text(encoding="utf-8")
    file.write_text(text.replace("people = ", "poeple = ", 1), encoding="utf-8")
    places = {"SWEEP": made / "sweep", "FILE": file, "OUT": tmp_path / "out"}
    result = posture(*(places.get(word, word) for word in line.split()))
    assert result.exit_code == 2
    assert f"Did you mean {meant}?" in result.stderr or f"'{meant}'" in result.stderr, result.stderr
    assert result.stderr.rstrip().endswith(("?", ")")), result.stderr


def test_a_long_list_is_cut_with_the_nearest_first_and_what_shows_all(posture):
    said = posture("run", "six", "--set", "defense.p_intercept=1").stderr
    assert "one of defence.p_intercept, " in said
    assert " more (`posture describe NAME` shows all). Did you mean defence.p_intercept?" in said
    assert len(said) < 400


# --- completion ----------------------------------------------------------------------------------------------
def completed(line, shell="bash"):
    """What the shell is told of the last word."""
    words = f"posture {line}".split(" ")
    asked = {"_POSTURE_COMPLETE": f"{shell}_complete", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    code, said, err = ends([], env=asked)
    assert (code, err) == (0, "")
    return [line.partition(",")[2] for line in said.decode().splitlines()]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("sw", ["sweep"]),
        ("run si", ["six"]),
        ("run six+sur", ["six+surge"]),
        ("run six --response sur", ["surge"]),
        ("run six --set defence.p_stray_s", ["defence.p_stray_shell="]),
        ("sweep threat", ["threat_level"]),
        ("sweep --factor defence.p_stray_s", ["defence.p_stray_shell="]),
        ("plot results/grid --y pressure,capital_m", ["pressure,capital_mean"]),
        ("report res", ["res"]),
        ("claims --ensemble p", ["prior"]),
    ],
)
def test_shells_complete_names_keys_and_measures(line, words):
    assert completed(line) == words


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_documented_line_gives_each_shell_its_script(shell):
    page = (ROOT / "docs" / "site" / "completion.md").read_text(encoding="utf-8")
    assert f"_POSTURE_COMPLETE={shell}_source posture" in page
    code, said, err = ends([], env={"_POSTURE_COMPLETE": f"{shell}_source"})
    assert (code, err) == (0, "")
    assert f"{shell}_complete" in said.decode()
