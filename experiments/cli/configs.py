"""`posture list`, `posture describe`, `posture check`: the configs, without running them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from experiments.cli import options

if TYPE_CHECKING:
    from sim.scenario import Scenario

KINDS = ("postures", "theatres", "responses", "experiments")
BAD_INPUT = 2


@click.command("list", short_help="What comes with the program.")
@options.as_json
def list_command(as_json: bool) -> None:
    """The postures and theatres (and responses and experiments, if any) that come with the program.

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
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
def check_command(files: tuple[Path, ...]) -> None:
    """Check posture and theatre FILEs (told apart by their content): everything that a run would refuse.

    Prints a line for each file; the exit code is 2 if any of them is bad.

    \b
    Examples:
      posture check my_posture.toml
      posture check configs/postures/*.toml configs/theatres/*.toml
    """
    from sim.errors import ConfigError

    bad = False
    for file in files:
        try:
            click.echo(f"{file}: ok ({_check(file)})")
        except ConfigError as error:
            bad = True
            message = str(error)
            click.echo(f"posture: {message if str(file) in message else f'{file}: {message}'}", err=True)
    if bad:
        click.get_current_context().exit(BAD_INPUT)


def _check(file: Path) -> str:
    """What a valid file holds, in words."""
    from sim.config_files import read_toml
    from sim.errors import ConfigError
    from sim.scenario import load_theatre

    tree = read_toml(file)
    if "places" in tree or "roads" in tree:
        theatre = load_theatre(file)
        return f"theatre {theatre.name}: {theatre.n_squares} squares, {len(theatre.config.sites)} sites"
    if "theatre" in tree or "sites" in tree:
        return _check_posture(file)
    allowed = "expected the keys of a posture (theatre, sites …) or of a theatre (places, roads …)"
    raise ConfigError(file, "content", sorted(tree), allowed)


def _check_posture(file: Path) -> str:
    from sim.scenario import load_scenario
    from sim.world import build_world

    path = file if file.suffix == ".toml" else file.resolve()
    scenario = load_scenario(path)
    build_world(scenario)
    return f"posture {scenario.name}: {len(scenario.posture.sites)} sites, {scenario.days} days"


@click.command("describe", short_help="What a posture resolves to.")
@click.argument("posture")
@options.days
@options.changes
@options.as_json
def describe_command(posture: str, days: int | None, settings: tuple[str, ...], as_json: bool) -> None:
    """What POSTURE (a name from `posture list`, or a TOML file) resolves to, with units and sources.

    \b
    Examples:
      posture describe six
      posture describe drawdown_2020 --set defence.p_intercept=0.5 --json
    """
    from experiments.cli import screen

    content = description(options.load([posture], options.parse_changes(settings, days))[0])
    if as_json:
        screen.print_json(content)
    else:
        _print(content)


def description(scenario: Scenario) -> dict[str, Any]:
    """All that `describe` shows, as plain data."""
    posture = scenario.posture
    return {
        "name": posture.name,
        "title": posture.title,
        "source": posture.source,
        "theatre": scenario.theatre.name,
        "start": str(posture.start),
        "days": posture.days,
        "quarter_ends_days": list(posture.quarter_ends_days),
        "agents": _agents(scenario),
        "sites": _sites(scenario),
        "orders": _orders(scenario),
        "parameters": _parameters(scenario),
    }


def _agents(scenario: Scenario) -> dict[str, int]:
    """How many agents of each kind there are at the start (convoys come and go)."""
    config = scenario.theatre.config
    return {
        "squares": scenario.theatre.n_squares,
        "sites": len(scenario.posture.sites),
        "factions": len(config.factions),
        "cells": sum(sum(faction.cells.values()) for faction in config.factions),
        "iraqi_units": sum(sum(garrison.units.values()) for garrison in config.garrisons),
        "foreign_details": sum(route.count for route in config.detail_routes),
    }


def _sites(scenario: Scenario) -> list[dict[str, Any]]:
    known = {site.name: site for site in scenario.theatre.config.sites}
    return [
        {
            "name": plan.name,
            "title": known[plan.name].title,
            "people": plan.people,
            "batteries": plan.batteries,
            "hardening": known[plan.name].hardening,
            "symbolic_value": known[plan.name].symbolic_value,
            "gateway": known[plan.name].gateway,
            "source": plan.source,
        }
        for plan in scenario.posture.sites
    ]


def _orders(scenario: Scenario) -> list[dict[str, str]]:
    """Dated orders by date."""
    posture = scenario.posture
    orders = [
        (
            h.day,
            h.site,
            f"handed over; {h.share_home:.0%} of its people go home, all else to {h.moves_to}",
            h.source,
        )
        for h in posture.handovers
    ]
    orders += [(d.day, d.site, f"C-RAM batteries arrive: {d.batteries}", d.source) for d in posture.deliveries]
    orders += [(d.day, d.site, f"people go home: {d.people}", d.source) for d in posture.departures]
    return [dict(zip(("date", "site", "order", "source"), (str(o[0]), *o[1:]), strict=True)) for o in sorted(orders)]


def _parameters(scenario: Scenario) -> list[dict[str, Any]]:
    from sim.parameters import Parameters

    default = Parameters()
    return [
        {
            "key": f"{section}.{name}",
            "value": value,
            "unit": type(group).model_fields[name].json_schema_extra["unit"],
            "changed": value != getattr(getattr(default, section), name),
            "source": type(group).model_fields[name].json_schema_extra["source"],
            "meaning": type(group).model_fields[name].description,
        }
        for section, group in scenario.parameters
        for name, value in group
    ]


def _print(content: dict[str, Any]) -> None:
    from experiments.cli import screen

    click.echo(f"{content['name']}: {content['title']} (source: {content['source']})")
    ends = ", ".join(map(str, content["quarter_ends_days"]))
    click.echo(f"{content['days']} days from {content['start']} in {content['theatre']}; quarters end on days {ends}")
    click.echo(", ".join(f"{n} {kind.replace('_', ' ')}" for kind, n in content["agents"].items()) + "\n")
    for title, columns, numbers_from in (
        ("sites", ("name", "title", "source", "people", "batteries", "hardening", "symbolic_value"), 3),
        ("orders", ("date", "site", "order", "source"), 4),
        ("parameters", ("key", "value", "unit", "changed", "source", "meaning"), 6),
    ):
        table = screen.new_table(title, [column.replace("_", " ") for column in columns], numbers_from=numbers_from)
        for row in content[title]:
            table.add_row(*(_cell(row[column]) for column in columns))
        if content[title]:
            screen.console().print(table)


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "changed" if value else ""
    return f"{value:g}" if isinstance(value, float) else str(value)
