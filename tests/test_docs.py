"""The documents are true: links lead somewhere, numbers and names exist, and what README shows runs."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.cli.configs import description
from sim import draws, load_scenario
from sim.measures import TALLY
from sim.parameters import Parameters, flat
from sim.state import STATE

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "results" / "README.md"])
ODD = (ROOT / "docs" / "ODD.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
SOURCES = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
SOURCE = re.compile(r"\b[SE][1-9][0-9]?\b")
DOTTED = re.compile(r"(?<![\w./])([a-z_]+)\.([a-z][a-z0-9_]*)\b")


def shown(path):
    return path.relative_to(ROOT).as_posix()


def text_of(path):
    return path.read_text(encoding="utf-8")


def blocks(page, language):
    """Contents of the fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


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
    assert sorted(defined()) == sorted([f"S{n}" for n in range(1, 31)] + [f"E{n}" for n in range(1, 26)])


def test_every_source_cited_exists():
    known, unknown = set(defined()), []
    files = [p for folder in ("sim", "experiments", "configs") for p in (ROOT / folder).rglob("*")]
    for path in [*(p for p in files if p.suffix in (".py", ".toml")), *PAGES]:
        cited = set(SOURCE.findall(text_of(path)))
        unknown += [f"{shown(path)}: {number}" for number in sorted(cited - known)]
    assert unknown == []


# --- the ODD document ------------------------------------------------------------------------------------------
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
    part = ODD.split("## 4. Design concepts")[1].split("## 5.")[0]
    assert re.findall(r"^\*\*([A-Z][a-z ]+)\.\*\*", part, re.MULTILINE) == [
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


def test_the_numbers_of_agents_are_true():
    n = description(load_scenario("fourteen"))["agents"]
    text = (
        f"{n['squares']} squares, {n['sites']} sites, {n['factions']} factions, {n['cells']} cells, "
        f"{n['iraqi_units']} Iraqi units and {n['foreign_details']} foreign details"
    )
    assert text in " ".join(ODD.split())


# --- README ------------------------------------------------------------------------------------------------------
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
    assert run([str(Path(sys.executable).parent / program), *arguments], folder)
    if "--out" in arguments:
        out = folder / arguments[arguments.index("--out") + 1]
        wanted = {"runs.csv", "manifest.json"}
        wanted |= {f"{name}.csv" for name in ("daily", "events") if f"--{name}" in arguments}
        assert wanted <= {path.name for path in out.iterdir()}


@pytest.mark.slow
@pytest.mark.parametrize("block", blocks(README, "python"))
def test_the_python_of_readme_runs(block, folder):
    assert run([sys.executable, "-c", block], folder)
