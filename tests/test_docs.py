"""The documents are true: links lead somewhere, numbers and names exist, and what README shows runs."""

from __future__ import annotations

import csv
import os
import re
import shlex
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from statistics import fmean
from typing import get_args
from urllib.request import urlopen

import click
import duckdb
import pytest
from click.testing import CliRunner

from experiments.cli import cli
from experiments.files.describe import description
from experiments.live.setup import ViewRequest, setup_of
from sim import draws, load_scenario
from sim.app.run_request import scenarios
from sim.calendars import SHIFTS
from sim.config_files import names, read_toml
from sim.measures import TALLY
from sim.parameters import Parameters, flat
from sim.responses import ORDERS, TRIGGERS
from sim.scenario import load_calendar, load_response
from sim.schedule import PHASES
from sim.state import RUNGS, STATE

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "results" / "README.md"])
ODD = (ROOT / "docs" / "ODD.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
SOURCES = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
SOURCE = re.compile(r"\b[SE][1-9][0-9]*\b")
DOTTED = re.compile(r"(?<![\w./])([a-z_]+)\.([a-z][a-z0-9_]*)\b")


def shown(path):
    return path.relative_to(ROOT).as_posix()


def text_of(path):
    return path.read_text(encoding="utf-8")


def blocks(page, language):
    """Contents of the fenced blocks of a language."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", page, re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", block, flags=re.MULTILINE) for indent, block in found]


def anchors(page):
    """The anchors of a page's headings, as they are made for Markdown."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", page, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


# --- links -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("document", PAGES, ids=shown)
def test_every_relative_link_resolves(document):
    broken = []
    for link in LINK.findall(text_of(document)):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, anchor = link.partition("#")
        target = (document.parent / name).resolve() if name else document
        if not target.exists() or (anchor and anchor not in anchors(text_of(target))):
            broken.append(link)
    assert broken == []


# --- sources -----------------------------------------------------------------------------------------------------
def defined():
    """Source numbers that have a row of a table of their own."""
    return re.findall(r"^\| ([SE][0-9]+) \|", SOURCES, re.MULTILINE)


def test_the_list_of_sources_is_complete_and_each_number_stands_once():
    assert sorted(defined()) == sorted([f"S{n}" for n in range(1, 31)] + [f"E{n}" for n in range(1, 39)])


def test_every_source_cited_exists():
    known, unknown = set(defined()), []
    files = [p for folder in ("sim", "experiments", "configs") for p in (ROOT / folder).rglob("*")]
    for path in [*(p for p in files if p.suffix in (".py", ".toml")), *PAGES]:
        cited = set(SOURCE.findall(text_of(path)))
        unknown += [f"{shown(path)}: {number}" for number in sorted(cited - known)]
    assert unknown == []


def tables(tree, where=""):
    """Every table of a TOML tree, with where it stands."""
    yield where, tree
    for key, value in tree.items():
        for n, each in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(each, dict):
                yield from tables(each, f"{where}.{key}[{n}]")


def is_source(text):
    """Does it name a number of the list of sources, or say that it is a judgement?"""
    return "judgement" in text or "computed" in text or bool(set(SOURCE.findall(text)) & set(defined()))


@pytest.mark.parametrize("file", sorted((ROOT / "configs").rglob("*.toml")), ids=shown)
def test_every_source_in_a_config_names_a_number_or_a_judgement(file):
    given = [(where, table["source"]) for where, table in tables(read_toml(file)) if "source" in table]
    assert given
    assert [pair for pair in given if not is_source(pair[1]) and file.stem != "none"] == []


@pytest.mark.parametrize("posture", names("postures"))
def test_every_number_of_a_posture_has_a_source(posture):
    plan = load_scenario(posture).posture
    tables = [*plan.sites, *plan.handovers, *plan.deliveries, *plan.departures]
    assert plan.sites
    assert [table for table in tables if not is_source(table.source)] == []
    assert plan.theatre == "plain" or set(SOURCE.findall(plan.source)) >= {"S7"}


def test_every_parameter_has_a_source():
    fields = {
        f"{section}.{name}": field.json_schema_extra["source"]
        for section, group in Parameters.model_fields.items()
        for name, field in group.annotation.model_fields.items()
    }
    assert fields.keys() == flat(Parameters()).keys()
    assert [key for key, source in fields.items() if not is_source(source)] == []


# the claims and facts that each response stands for
CLAIMS = {
    "none": set(),
    "zone_closure_on_warning": {"S19"},
    "airport_closure_on_warning": {"S20"},
    "intelligence_sharing": {"S21"},
    "zone_clearance": {"S24", "S28"},
    "key_takedown": {"S22"},
    "leader_arrests": {"S23"},
    "financial_pressure": {"S13", "S29"},
    "closure_threat": {"S14", "S25"},
    "embassy_closure": {"S26"},
    "leadership_strikes": {"S27"},
    "surge": {"S8", "S16"},
    # orders of the day, which are not among the reference responses
    "zone_closure": {"S19"},
    "airport_closure": {"S20"},
}
ORDERS_OF_THE_DAY = {"zone_closure", "airport_closure"}


def test_the_response_of_the_contributors_guide_is_valid(tmp_path):
    (block,) = blocks(text_of(ROOT / "CONTRIBUTING.md"), "toml")
    file = tmp_path / "guide.toml"
    file.write_text(block, encoding="utf-8")
    (used,) = load_scenario("six", responses=[f"{file}=0.5@90"]).responses
    assert (len(used.response.orders), used.use.strength, used.use.start_day) == (2, 0.5, 90)
    assert all(is_source(order.source) for order in used.response.orders)


def test_there_are_the_twelve_responses_and_the_orders_of_the_day():
    assert set(names("responses")) == set(CLAIMS)
    assert len(CLAIMS.keys() - ORDERS_OF_THE_DAY) == 12


@pytest.mark.parametrize("name", CLAIMS)
def test_a_response_and_its_orders_name_their_sources(name):
    response, file = load_response(name)
    assert set(SOURCE.findall(response.source)) == CLAIMS[name]
    given = [order["source"] for order in read_toml(Path(file)).get("orders", [])]  # written, not left to the default
    assert len(given) == len(response.orders)
    assert {number for source in given for number in SOURCE.findall(source)} == CLAIMS[name]


@pytest.mark.parametrize("name", names("calendars"))
def test_an_event_from_outside_names_the_source_of_its_date(name):
    events = load_calendar(name).events
    assert events
    assert [event for event in events if not set(SOURCE.findall(event.source)) & set(defined())] == []


# --- the ODD document ------------------------------------------------------------------------------------------
def part(title, end="\n#"):
    """The text of the ODD document from a title to the next one."""
    return ODD.split(title, 1)[1].split(end, 1)[0]


def rows_of(text):
    """Cells of each row of the tables of a text, without their heads."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    heads = {k for n, line in enumerate(lines) if line.startswith("|--") for k in (n - 1, n)}
    return [[cell.strip() for cell in line.strip("|").split("|")] for n, line in enumerate(lines) if n not in heads]


def test_the_odd_document_has_its_seven_elements_and_eleven_concepts():
    elements = re.findall(r"^## [1-7]\. (.+)$", ODD, re.MULTILINE)
    assert elements == [
        "Purpose and patterns",
        "Entities, state variables and scales",
        "Process overview and scheduling",
        "Design concepts",
        "Initialization",
        "Input data",
        "Submodels",
    ]
    concepts = ODD.split("## 4. Design concepts")[1].split("## 5.")[0]
    assert re.findall(r"^\*\*([A-Z][a-z ]+)\.\*\*", concepts, re.MULTILINE) == [
        *("Basic principles", "Emergence", "Adaptation", "Objectives", "Learning", "Prediction", "Sensing"),
        *("Interaction", "Stochasticity", "Collectives", "Observation"),
    ]


def test_every_rule_module_stands_in_the_odd_document():
    modules = {path.name for path in (ROOT / "sim" / "rules").glob("*.py")} - {"__init__.py"}
    assert [name for name in sorted(modules) if f"`{name}`" not in ODD] == []
    named = set(re.findall(r"`([a-z_]+\.py)`", ODD))
    assert [name for name in sorted(named - modules) if not (ROOT / "sim" / name).is_file()] == []


def test_every_parameter_stands_in_the_odd_document():
    assert [key for key in flat(Parameters()) if key not in ODD] == []


def in_schema(key):
    """A parameter as a row of the table of symbols, without its symbol."""
    section, name = key.split(".")
    field = Parameters.model_fields[section].annotation.model_fields[name]
    low, high = (next(getattr(m, side) for m in field.metadata if hasattr(m, side)) for side in ("ge", "le"))
    extra = field.json_schema_extra
    return [f"`{key}`", extra["unit"], str(field.default), f"{low} – {high}", extra["source"]]


def test_the_symbols_of_the_odd_document_are_as_in_the_schema():
    rows = rows_of(part("**Symbols** of the equations", "Symbols that are states"))
    assert len({row[0] for row in rows}) == len(rows) > 25
    assert [row[1:] for row in rows] == [in_schema(row[1].strip("`")) for row in rows]


def test_every_dotted_name_of_the_odd_document_exists():
    """A name such as `defence.p_intercept` is a parameter, one such as `cells.skill` a field of the state."""
    known = set(flat(Parameters())) | {f"tally.{column.name}" for column in TALLY}
    parts = {name: STATE[name].base.names for name in STATE.names if STATE[name].base.names is not None}
    known |= {f"{part}.{field}" for part, fields in parts.items() for field in fields}
    heads = set(Parameters.model_fields) | set(parts)
    found = [(head, tail) for head, tail in DOTTED.findall(ODD) if head in heads and tail not in ("py", "toml")]
    assert len(found) > 80
    assert [f"{head}.{tail}" for head, tail in found if f"{head}.{tail}" not in known] == []


def test_every_draw_stands_in_the_odd_document_and_no_other():
    names = {
        name
        for name, value in vars(draws).items()
        if isinstance(value, int) and value in draws.MEANING and name[0] != "_"
    }
    assert len(names) == len(draws.MEANING)
    assert sorted(name for name in names if not re.search(rf"\b{name}\b", ODD)) == []
    assert sorted(set(re.findall(r"\b[A-Z]+_[A-Z_]+\b", ODD)) - names) == []


def test_the_phases_stand_in_the_order_of_the_schedule():
    rows = [row[0] for row in rows_of(part("## 3. Process overview and scheduling")) if row[0][0].isdigit()]
    assert rows == list(dict.fromkeys(f"{phase.number} {phase.name}" for phase in PHASES))


def test_every_kind_of_order_and_its_numbers_stand_in_the_odd_document():
    text = part("### 7.22 ")
    rows = {row[0].strip("`"): row[2] for row in rows_of(text) if len(row) == 4}
    common = set.intersection(*(set(kind.model_fields) for kind in ORDERS))
    for kind in ORDERS:
        (do,) = get_args(kind.model_fields["do"].annotation)
        own = set(kind.model_fields) - common
        assert set(re.findall(r"`([a-z_]+)`", rows[do])) - {"washington", "mission", "retaliation"} == own, do
    assert [word for word in (*TRIGGERS, *common - {"do", "source"}) if f"`{word}`" not in text] == []


def test_every_response_stands_in_the_odd_document_with_its_sources_and_orders():
    rows = {row[0].strip("`"): row for row in rows_of(part("### 7.22 ")) if row[0].strip("`") in CLAIMS}
    assert rows.keys() == CLAIMS.keys()
    for name, row in rows.items():
        assert set(SOURCE.findall(row[1])) == CLAIMS[name]
        assert set(re.findall(r"`([a-z_]+)`", row[2])) == {order.do for order in load_response(name)[0].orders}


def test_every_level_that_a_calendar_moves_and_every_rung_stand_in_the_odd_document():
    assert [level for level in SHIFTS if f"`{level}`" not in part("### 7.23 ")] == []
    assert [rung for rung in RUNGS if rung not in part("### Entities")] == []


def test_every_claim_has_its_row_of_what_is_assumed():
    rows = [row[0] for row in rows_of(part("**Assumed, not found.**", "**Adaptation.**"))]
    assert rows == [f"S{n}" for n in range(15, 31)]


def test_the_numbers_of_agents_are_true():
    n = description(load_scenario("fourteen"))["agents"]
    text = (
        f"{n['squares']} squares, {n['sites']} sites, {n['factions']} factions, {n['cells']} cells, "
        f"{n['iraqi_units']} Iraqi units and {n['foreign_details']} foreign details"
    )
    assert text in " ".join(ODD.split())


# --- README ------------------------------------------------------------------------------------------------------
PROGRAMS = Path(sys.executable).parent
LINES = [line for block in blocks(README, "console") for line in block.splitlines()]
COMMANDS = [line.removeprefix("$ ") for line in LINES if not line.startswith("$ make ")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An empty folder in which README's examples run."""
    return tmp_path_factory.mktemp("readme")


def run(arguments, folder):
    result = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_readme_has_examples():
    assert all(line.startswith("$ ") for line in LINES)
    assert {"$ make demo", "$ make test"} <= set(LINES)
    assert len(COMMANDS) >= 3
    assert len(blocks(README, "python")) == 1


def test_readme_is_one_screen():
    assert len(README.splitlines()) <= 60


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_of_readme_run(command, folder):
    program, *arguments = shlex.split(command)
    assert program == "posture"
    if arguments[0] == "view":
        assert_serves(arguments, folder)
        return
    assert run([str(Path(sys.executable).parent / program), *arguments], folder)
    if "--out" in arguments:
        out = folder / arguments[arguments.index("--out") + 1]
        wanted = {"runs.csv", "manifest.json"}
        wanted |= {f"{name}.csv" for name in ("daily", "events") if f"--{name}" in arguments}
        assert wanted <= {path.name for path in out.iterdir()}
    if arguments[0] == "report":
        assert (folder / arguments[1] / "report.html").is_file()


def assert_serves(arguments, folder):
    """A view says where it is, answers there, and ends by Ctrl-C."""
    words = [str(PROGRAMS / "posture"), *arguments, "--port", "0"]
    how = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(words, cwd=folder, **how) as process:
        address = re.search(r"http://\S+/", process.stdout.readline())
        if address:
            with urlopen(address[0] + "readyz", timeout=60) as answer:
                assert answer.status == 200
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert address, errors
    assert process.returncode == 130, errors


@pytest.mark.slow
@pytest.mark.parametrize("block", blocks(README, "python"))
def test_the_python_of_readme_runs(block, folder):
    assert run([sys.executable, "-c", block], folder)


def run_here(command, folder, monkeypatch):
    """Run a command of `posture` in this process, which has loaded the program; README's start one each."""
    program, *arguments = shlex.split(command)
    assert program == "posture"
    monkeypatch.chdir(folder)
    done = CliRunner().invoke(cli, arguments, prog_name="posture")
    assert done.exit_code == 0, done.output
    assert done.stdout
    return arguments


# --- docs/live-view.md -------------------------------------------------------------------------------------------
LIVE = (ROOT / "docs" / "live-view.md").read_text(encoding="utf-8")
LIVE_COMMANDS = [line.removeprefix("$ ") for block in blocks(LIVE, "console") for line in block.splitlines()]


@pytest.fixture(scope="module")
def viewing(tmp_path_factory):
    """A folder in which the page's commands run one after the other."""
    return tmp_path_factory.mktemp("viewing")


@pytest.mark.slow
@pytest.mark.parametrize("command", [each for each in LIVE_COMMANDS if each not in COMMANDS])
def test_the_commands_of_the_page_of_the_live_view_run(command, viewing, monkeypatch):
    program, name, *arguments = shlex.split(command)
    if name != "view":
        run_here(command, viewing, monkeypatch)
    elif "--row" in arguments:
        assert program == "posture"
        assert_serves([name, *arguments], viewing)
    else:
        monkeypatch.chdir(viewing)
        assert_is_set_up(arguments)


def assert_is_set_up(arguments):
    """All that a view does before it serves: its words are read, its runs and its ensemble are found."""
    command = cli.get_command(click.Context(cli), "view")
    words = command.make_context("view", list(arguments), parent=click.Context(cli)).params
    setup = setup_of(ViewRequest(**{key: words[key] for key in words.keys() - {"host", "port", "names"}}))
    (scenario,) = scenarios(setup.request, setup.catalogue)
    if "--ensemble" in arguments:
        assert setup.stored.of(scenario).n == 20


# --- docs/reports.md ---------------------------------------------------------------------------------------------
REPORTS = (ROOT / "docs" / "reports.md").read_text(encoding="utf-8")
REPORT_COMMANDS = [line.removeprefix("$ ") for block in blocks(REPORTS, "console") for line in block.splitlines()]


@pytest.mark.slow
def test_the_commands_and_the_python_of_the_page_of_reports_run(tmp_path, monkeypatch):
    """In few states; the command that is README's too is run there."""
    compare, plain, figures = REPORT_COMMANDS
    assert plain in COMMANDS
    assert "--states 100 " in compare
    run_here(compare.replace("--states 100 ", "--states 12 "), tmp_path, monkeypatch)
    run_here(figures, tmp_path, monkeypatch)
    assert_tells_the_means_of_postures(re.search(r"`(SELECT .*)`", REPORTS)[1], tmp_path)
    (block,) = blocks(REPORTS, "python")
    assert "fire_attacks" in run([sys.executable, "-c", block], tmp_path)
    made = {path.name for path in (tmp_path / "results" / "small").iterdir()}
    assert {"report.md", "report_figures", "print"} <= made


def assert_tells_the_means_of_postures(query, folder):
    """What DuckDB finds is what the file says, added up by hand."""
    (file,) = re.findall(r"'(.*)'", query)
    with open(folder / file, encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    attacks = {name: [float(r["fire_attacks"]) for r in rows if r["posture"] == name] for name in ("fourteen", "six")}
    found = dict(duckdb.sql(query.replace(file, str(folder / file))).fetchall())
    assert {name: found[name] for name in attacks} == {n: pytest.approx(fmean(each)) for n, each in attacks.items()}


# --- the pages of studies ----------------------------------------------------------------------------------------
STUDY_PAGES = ("calibration", "validation", "sensitivity", "factorial", "discovery")
STUDY_COMMANDS = [
    line
    for name in STUDY_PAGES
    for block in blocks((ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8"), "bash")
    for line in block.splitlines()
    if line.startswith("posture ")
]


def test_the_pages_of_studies_have_commands():
    assert {line.split()[1] for line in STUDY_COMMANDS} == {
        *("prior-runs", "calibrate", "validate", "sensitivity", "factorial", "discover", "claims")
    }


@pytest.mark.parametrize("line", STUDY_COMMANDS)
def test_the_command_of_a_study_is_understood(line):
    """The tests of each study run it with --quick. Here the words are checked, the full setting takes long."""
    _, name, *words = shlex.split(line, comments=True)
    command = cli.get_command(click.Context(cli), name)
    assert command.make_context(name, words, parent=click.Context(cli))


# --- docs/sweeps.md ----------------------------------------------------------------------------------------------
SWEEPS = (ROOT / "docs" / "sweeps.md").read_text(encoding="utf-8")
SWEEP_COMMANDS = [line.removeprefix("$ ") for block in blocks(SWEEPS, "console") for line in block.splitlines()]
SWEEP_FILES = dict(re.findall(r"^`([\w.]+)`:\n\n```\w+\n(.*?)^```", SWEEPS, re.MULTILINE | re.DOTALL))
# SLURM's two commands, as far as dask-jobqueue needs them: a job is a session of processes on this machine
SBATCH = r"""
job=$(mktemp ./job.XXXXXX)
cp "$1" "$job"
setsid bash "$job" >"$job.log" 2>&1 &
echo "Submitted batch job $!"
"""
STAND_INS = {"sbatch": SBATCH, "scancel": 'kill -- -"$1"'}


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A folder with the files that the page shows, and the stand-ins for SLURM in `bin`."""
    folder = tmp_path_factory.mktemp("sweeps")
    for name, text in SWEEP_FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "slurm_sweep.py").write_text(text_of(ROOT / "docs" / "slurm_sweep.py"), encoding="utf-8")
    (folder / "bin").mkdir()
    for name, text in STAND_INS.items():
        (folder / "bin" / name).write_text(f"#!/bin/bash\n{text}\n", encoding="utf-8")
        (folder / "bin" / name).chmod(0o755)
    return folder


def run_in_session(words, folder):
    """Run in a session of its own, which ends with the command; its output."""
    path = os.pathsep.join([str(folder / "bin"), str(PROGRAMS), os.environ["PATH"]])
    with open(folder / "output", "w+", encoding="utf-8") as output:
        how = {"stdout": output, "stderr": subprocess.STDOUT, "start_new_session": True}
        process = subprocess.Popen(words, cwd=folder, env={**os.environ, "PATH": path}, **how)
        try:
            process.wait(timeout=300)
        finally:
            with suppress(ProcessLookupError):  # nothing of it is left
                os.killpg(process.pid, signal.SIGTERM)
        return process.returncode, text_of(folder / "output")


def run_array(script, desk):
    """The jobs of an array one after the other, as its script asks for them."""
    first, last = re.search(r"^#SBATCH --array=(\d+)-(\d+)$", SWEEP_FILES[script], re.MULTILINE).groups()
    for n in range(int(first), int(last) + 1):
        code, output = run_in_session(["env", f"SLURM_ARRAY_TASK_ID={n}", "sh", "-e", script], desk)
        assert (code, f"part {n}/{last}: " in output) == (0, True), output


def test_the_page_of_sweeps_has_its_files_and_commands():
    assert set(SWEEP_FILES) == {"my_design.toml", "points.csv", "by_table.toml", "parts.sh"}
    assert len(SWEEP_COMMANDS) > 8
    assert len(blocks(SWEEPS, "bash")) == 1


@pytest.mark.slow
@pytest.mark.parametrize("command", SWEEP_COMMANDS)
def test_the_commands_of_the_page_of_sweeps_run(command, desk, monkeypatch):
    if command.startswith("posture "):
        arguments = run_here(command, desk, monkeypatch)
    elif command.startswith("sbatch "):
        arguments = command.split()[1:]
        run_array(*arguments, desk)
    else:
        program, *arguments = shlex.split(command)
        assert program == "python"
        code, output = run_in_session([str(PROGRAMS / program), *arguments], desk)
        assert code == 0, output
        assert output
    if "--out" in arguments:
        out = desk / arguments[arguments.index("--out") + 1]
        assert {"runs.csv", "manifest.json", "design.json"} <= {path.name for path in out.iterdir()}


@pytest.mark.slow
@pytest.mark.parametrize("block", blocks(SWEEPS, "bash"))
def test_the_dask_cluster_of_the_page_of_sweeps_runs(block, desk):
    code, output = run_in_session(["bash", "-e", "-c", block], desk)
    assert code == 0, output
    slurm, joined, there = (desk / "results" / name / "runs.csv" for name in ("slurm", "joined", "cluster"))
    assert there.read_bytes()
    for here in (slurm, joined):
        assert not here.exists() or here.read_bytes() == there.read_bytes()
