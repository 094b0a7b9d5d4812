"""`posture list`, `posture describe`, `posture check`: the configs, without running them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from experiments.cli import completion, options
from experiments.cli.design_words import check_design, design_description, shown_design
from experiments.cli.tables import table_of, title_of
from experiments.files.describe import (
    DESCRIBED,
    calendar_description,
    description,
    kind_of,
    kind_of_content,
    response_description,
)

if TYPE_CHECKING:
    from rich.table import Table

KINDS = ("postures", "responses", "calendars", "theatres", "experiments", "priors", "structures", "targets")
BAD_INPUT = 2
CHECKED_WITH = "six"  # the posture that responses and calendars are put into when they are checked


@click.command("list", short_help="What comes with the program.")
@options.as_json
def list_command(as_json: bool) -> None:
    """The postures, responses, calendars, theatres, priors, structures and targets that come with the program.

    \b
    Examples:
      posture list
      posture list --json
    """
    from experiments.cli import screen

    found = {kind: _entries(kind) for kind in KINDS}
    if as_json:
        screen.print_json(found)
        return
    for kind, entries in found.items():
        if entries:
            table = screen.new_table(kind, ["name", "title", "source"], numbers_from=3)
            for entry in entries:
                table.add_row(entry["name"], entry["title"], entry["source"])
            screen.console().print(table)


def _entries(kind: str) -> list[dict[str, str]]:
    from sim.config_files import find, names, read_toml

    trees = [(name, read_toml(find(kind, name))) for name in names(kind)]
    return [{"name": name} | {key: str(tree.get(key, "")) for key in ("title", "source")} for name, tree in trees]


@click.command("check", short_help="Whether TOML files are valid.")
@click.argument("files", nargs=-1, required=True, metavar="FILE|NAME...", shell_complete=completion.names(*KINDS))
def check_command(files: tuple[str, ...]) -> None:
    """Check FILEs, told apart by their content: postures, responses, calendars, designs, theatres, priors, structures
    and targets. A NAME from `posture list` is every file that comes with the program under it.

    All that a run, a sweep or a study would refuse is refused here.

    Prints a line for each file; the exit code is 2 if any of them is bad.

    \b
    Examples:
      posture check my_posture.toml my_response.toml
      posture check configs/postures/*.toml configs/theatres/*.toml
      posture check fourteen_vs_six
    """
    from sim.errors import ConfigError, cut, printable

    bad = False
    for file in (path for name in files for path in _files(name)):
        try:
            click.echo(f"{printable(str(file))}: ok ({_check(file)})")
        except ConfigError as error:
            bad = True
            message = str(error)
            place = "" if error.file or str(file) in message else f"{printable(cut(str(file)))}: "
            click.echo(f"posture: {place}{message}", err=True)
    if bad:
        click.get_current_context().exit(BAD_INPUT)


def _files(name: str) -> list[Path]:
    """The file of that name, or all that come with the program under it; the kind may stand before it."""
    from sim.config_files import find, names

    kind, _, bare = name.rpartition("/")
    found = [find(each, bare) for each in KINDS if bare in names(each) and kind in ("", each)]
    if os.path.exists(name) or not found:
        return [Path(name)]
    return found


def _named(file: Path) -> str:
    """The names that `posture check` knows, the nearest first."""
    from sim.config_files import names
    from sim.suggestions import one_of

    return one_of(file, [name for kind in KINDS for name in names(kind)], "posture list")


def _check(file: Path) -> str:
    """What a valid file holds, in words."""
    from sim.config_files import read_toml
    from sim.errors import ConfigError

    if not os.path.exists(file):
        raise ConfigError(None, "file", str(file), f"it must be a file that exists, or {_named(file)}")
    tree = read_toml(file)
    kind = kind_of_content(tree)
    if not kind:
        allowed = (
            "there must be the keys of a posture (theatre, sites …), of a response (orders), of a calendar (events, "
            "strikes …), of a design (factors, points …), of a theatre (places, roads …), of priors (priors), of "
            "structures (structures) or of targets (targets)"
        )
        raise ConfigError(file, "content", sorted(tree), allowed)
    if kind != "theatres" and file.suffix != ".toml":
        raise ConfigError(file, "file", file.name, "it must be a name that ends in .toml, as a run does")
    return _CHECKS.get(kind, _check_scenario)(file)


def _check_theatre(file: Path) -> str:
    from experiments.files.sharing import sharing
    from sim.scenario import load_theatre

    theatre = load_theatre(file)
    shared = str(sharing(theatre.config))
    what = f"; {shared}: what is in one square meets (a smaller square_km keeps it apart)" if shared else ""
    return f"theatre {theatre.name}: {theatre.n_squares} squares, {len(theatre.config.sites)} sites{what}"


def _check_scenario(file: Path) -> str:
    """A posture; or a response or calendar, put into one, as its areas and factions must be those of the theatre."""
    from experiments.files.calendar_words import beside_the_run
    from sim.config_files import read_toml
    from sim.reach import sites_out_of_reach
    from sim.responses import Use
    from sim.scenario import load_scenario
    from sim.world import build_world

    kind, path = kind_of_content(read_toml(file)), str(file.absolute())
    changes = {"calendar": path} if kind == "calendars" else {}
    uses = [Use(name=path)] if kind == "responses" else []
    scenario = load_scenario(file if kind == "postures" else CHECKED_WITH, changes, uses)
    block = build_world(scenario)
    if uses:
        (use,) = scenario.responses
        return f"response {use.response.name}: orders: {len(use.response.orders)}"
    if kind == "calendars" and scenario.calendar:
        return f"calendar {scenario.calendar.name}: events: {len(calendar_description(scenario.calendar)['events'])}"
    unreached = sites_out_of_reach(scenario, block[0])
    beyond = f"; out of every cell's reach: {', '.join(unreached)}" if unreached else ""
    beyond += f"; {beside_the_run(scenario)}" if beside_the_run(scenario) else ""
    return f"posture {scenario.name}: {len(scenario.posture.sites)} sites, {scenario.days} days{beyond}"


def _check_priors(file: Path) -> str:
    from experiments.studies.priors import load_priors

    priors = load_priors(file)
    return f"priors: {len(priors.priors)} parameters, {len(priors.calibrated.priors)} of them calibrated"


def _check_targets(file: Path) -> str:
    from experiments.studies.targets import load_targets

    loaded = load_targets(file)
    return f"targets: {len(loaded.targets.targets)}, for {loaded.scenario.label}"


def _check_structures(file: Path) -> str:
    from experiments.studies.structures.rivals import load_rivals

    return f"structures: {len(load_rivals(str(file)).structures)}"


_CHECKS = {
    "experiments": check_design,
    "theatres": _check_theatre,
    "priors": _check_priors,
    "structures": _check_structures,
    "targets": _check_targets,
}


@click.command("describe", short_help="What a posture, response, calendar or design resolves to.")
@click.argument("name", shell_complete=completion.names(*DESCRIBED, beside=("structures",)))
@options.changes
@options.as_json
def describe_command(name: str, changes: options.Changes, as_json: bool) -> None:
    """What NAME (of a posture, response, calendar or design from `posture list`, or a TOML file) resolves to.

    Every number with its unit and source. The options are for postures. The name `structures` lists the rival
    structures: what each says, its source, its prior, and which measures it moves; then what none of them covers.
    Where two have a name, its kind tells them apart: experiments/surge is the design.

    \b
    Examples:
      posture describe six
      posture describe zone_clearance
      posture describe 2020
      posture describe structures
      posture describe fourteen_vs_six
      posture describe drawdown_2020 --response surge=0.5@90 --set defence.p_intercept=0.5 --json
    """
    from experiments.cli import screen

    kind = "structures" if name == "structures" else kind_of(name)
    if kind != "postures" and changes != options.Changes():
        raise click.UsageError(f"{name} is no posture: it takes none of these options.")
    content = _content(kind, name, changes)
    if as_json:
        screen.print_json(content)
        return
    for part in _PRINTERS[kind](content):
        click.echo(part) if isinstance(part, str) else screen.console().print(part)


def _content(kind: str, name: str, changes: options.Changes) -> dict[str, Any]:
    """What `describe` shows, as plain data."""
    from sim.scenario import load_calendar, load_response

    if kind == "structures":
        from experiments.studies.structures.rivals import structures_description

        return structures_description()
    if not name.endswith(".toml"):
        name = name.removeprefix(f"{kind}/")
    if kind == "experiments":
        from experiments.runs.design import load_design

        return design_description(load_design(name))
    if kind == "responses":
        return response_description(*load_response(name))
    if kind == "calendars":
        return calendar_description(load_calendar(name))
    return description(changes.load([name])[0])


_SITE_COLUMNS = ("name", "title", "source", "people", "batteries", "hardening", "symbolic_value")
_PARAMETER_COLUMNS = ("key", "value", "unit", "changed", "source", "meaning")


def _shown_posture(content: dict[str, Any]) -> Iterator[str | Table]:
    yield title_of(content)
    ends = ", ".join(map(str, content["quarter_ends_days"]))
    yield f"{content['days']} days from {content['start']} in {content['theatre']}; quarters end on days {ends}"
    yield ", ".join(f"{n} {kind.replace('_', ' ')}" for kind, n in content["agents"].items()) + "\n"
    yield from table_of("sites", _SITE_COLUMNS, content["sites"], 3)
    if content["out_of_reach"]:
        yield f"No cell can fire at: {', '.join(content['out_of_reach'])}.\n"
    yield from table_of("orders", ("date", "site", "order", "source"), content["orders"], 4)
    for response in content["responses"]:
        yield f"response {response['label']}, strength {response['strength']:g}"
        yield from _shown_response(response)
    if content["calendar"]:
        yield "calendar"
        yield from _shown_calendar(content["calendar"])
    yield from table_of("parameters", _PARAMETER_COLUMNS, content["parameters"], 6)


def _shown_response(content: dict[str, Any]) -> Iterator[str | Table]:
    yield f"{title_of(content)}\nfile: {content['file']}\n"
    for order in content["orders"]:
        yield f"{order['name']}: {order['does']}"
        yield f"given {order['when']}\nstrength: {order['strength']}\nsource: {order['source']}"
        yield from table_of("", ("key", "value", "unit", "meaning"), order["fields"], 4)
    if not content["orders"]:
        yield "No orders."


def _shown_calendar(content: dict[str, Any]) -> Iterator[str | Table]:
    yield f"{title_of(content)}\n"
    yield from table_of("events", ("date", "level", "amount", "why", "source"), content["events"], 5)


def _shown_structures(content: dict[str, Any]) -> Iterator[str | Table]:
    yield f"{title_of(content)}\n"
    for rival in content["structures"]:
        yield f"{rival['name']}: {rival['title']}\n  {rival['says']}\n  source: {rival['source']}"
        yield "\n".join(f"  prior: {words}" for words in rival["priors"])
        yield f"  moves: {_moves(rival['moves'])}\n"
    yield content["not_covered"]


def _moves(found: list[str] | None) -> str:
    """What a rival moves; None: nobody has looked."""
    if found is None:
        return "not known until posture structures has written its tables to results/reference"
    return ", ".join(found) or "nothing clearly"


_PRINTERS = {
    "postures": _shown_posture,
    "responses": _shown_response,
    "calendars": _shown_calendar,
    "structures": _shown_structures,
    "experiments": shown_design,
}
