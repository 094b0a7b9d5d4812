"""What must hold of every input: it is taken and then runs, or it is refused in one line that says all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from experiments.runs.bases import Bases, check_values
from experiments.runs.design import Points, as_given, check_size, load_design, n_points, read_points
from experiments.runs.line import design_of_line
from experiments.runs.shards import parse_shard
from experiments.runs.stopping import parse_rule
from experiments.studies.ensemble import load_ensemble
from experiments.studies.priors import load_priors
from experiments.studies.settings import DecideSizes, load_sizes
from experiments.studies.structures.rivals import load_rivals
from experiments.studies.targets import TargetValues, load_targets
from experiments.studies.weights import parse_weights
from sim.config_files import parse_changes, read_toml
from sim.engine import simulate, simulate_many
from sim.errors import ConfigError
from sim.scenario import Scenario, load_scenario
from tests.fuzz.inputs import Case, quoted

DAYS = 3
MOST_POINTS = 2000  # of a design whose points are made here


def fate(case: Case, folder: Path) -> str:
    """`runs` or the message of a refusal; anything else is an error. The folder holds the file alone afterwards."""
    path = folder / case.file
    path.write_bytes(case.text.encode("utf-8", "surrogatepass"))
    before = sorted(folder.rglob("*"))
    told = told_of(partial(TAKERS[case.kind], path))
    assert sorted(folder.rglob("*")) == before, "something was written"
    return told


def told_of(take: Callable[[], Any]) -> str:
    """`runs`, or the message of the refusal, which must be a good one."""
    try:
        take()
    except ConfigError as error:
        check_message(error)
        return str(error)
    return "runs"


def check_message(error: ConfigError) -> None:
    """One line without control characters, with a key, a value and what is allowed; not longer than a screen."""
    told = str(error)
    assert told.isprintable(), repr(told)
    assert error.key.strip(), told
    assert len(error.allowed.split()) >= 3, told
    assert " is " in told, told
    assert told[-1] in ".?!", told
    assert len(told) < 2500, told


# --- how a file is taken, as a command takes it --------------------------------------------------------------------
def _posture(path: Path) -> None:
    _run(load_scenario(path))


def _response(path: Path) -> None:
    _run(load_scenario("six", {"days": 30}, [str(path)]), 30)


def _calendar(path: Path) -> None:
    _run(load_scenario("six", {"calendar": str(path)}), 30)


def _theatre(path: Path) -> None:
    posture, sites = path.with_name("posture.toml"), read_toml(path).get("sites")
    first = sites[0].get("name") if isinstance(sites, list) and sites and isinstance(sites[0], dict) else ""
    about = 'name = "p"\ntitle = "P"\nsource = "judgement"\n'
    plan = f'theatre = "{path.name}"\n[[sites]]\nname = {quoted(str(first))}\npeople = 500\nbatteries = 1\n'
    posture.write_text(about + plan, encoding="utf-8")
    try:
        _run(load_scenario(posture))
    finally:
        posture.unlink()


def _design(path: Path) -> None:
    design = load_design(path)
    check_size(design, path)
    check_values(design, path)
    if n_points(design) <= MOST_POINTS:
        point = Points(design)[0]
        base = Bases(design)(point)
        changes = {k: v for k, v in point.items() if k not in ("posture", "responses", "calendar", "state")}
        told_of(lambda: _run(base.scenario.with_changes(as_given(changes.items()))))


def _priors(path: Path) -> None:
    priors = load_priors(path)
    for point in priors.sample(2, 1):
        told_of(lambda point=point: _run(load_scenario("six", point)))


def _structures(path: Path) -> None:
    for rival in load_rivals(str(path)).structures:
        _run(load_scenario("six", rival.middle), 1)


def _targets(path: Path) -> None:
    loaded = load_targets(path)
    batch = simulate_many(loaded.scenario, [1])
    TargetValues(loaded.targets.targets).reduce(loaded.scenario, batch, 0)


def _sizes(path: Path) -> None:
    load_sizes(DecideSizes, path, quick=True)


def _points(path: Path) -> None:
    for point in read_points(path).values():
        changes = {key: value for key, value in point.items() if key != "posture"}
        _run(load_scenario(str(point.get("posture", "six")), as_given(changes.items())))


def _ensemble(path: Path) -> None:
    for point in load_ensemble(str(path)).draws:
        _run(load_scenario("six", point))


def _run(scenario: Scenario, days: int = DAYS) -> None:
    short = scenario.with_changes({"days": min(days, scenario.days)})
    simulate(short, 1)


TAKERS: Mapping[str, Callable[[Path], None]] = {
    "postures": _posture,
    "responses": _response,
    "calendars": _calendar,
    "theatres": _theatre,
    "experiments": _design,
    "priors": _priors,
    "structures": _structures,
    "targets": _targets,
    "studies": _sizes,
    "points": _points,
    "ensembles": _ensemble,
}
WORD_TAKERS: Mapping[str, Callable[[str], Any]] = {
    "--response": lambda text: _run(load_scenario("six", {}, [text])),
    "--set": lambda text: _run(load_scenario("six", parse_changes([text], None))),
    "--calendar": lambda text: _run(load_scenario("six", parse_changes([], None, text))),
    "--factor": lambda text: check_values(design_of_line([text], []), "line"),
    "POSTURE": lambda text: _run(load_scenario(text)),
    "--stop-when": parse_rule,
    "--shard": parse_shard,
    "--weights": parse_weights,
    "--ensemble": load_ensemble,
}
"""Option → how its word is taken."""
