"""`posture run`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from experiments.cli import given_arguments, options
from sim.settings import parse_changes

if TYPE_CHECKING:
    from experiments.runs.row import Row
    from sim.scenario import Scenario


@click.command("run", short_help="One run of a posture.")
@click.argument("posture")
@options.seed
@options.out
@click.option("--daily", is_flag=True, help="Write daily.csv too: one row a day.")
@click.option("--events", is_flag=True, help="Write events.csv too: one row an event.")
@options.days
@options.responses
@options.calendar
@options.changes
@options.as_json
def run_command(
    posture: str,
    seed: int,
    out: Path | None,
    daily: bool,
    events: bool,
    days: int | None,
    responses: tuple[str, ...],
    calendar: str | None,
    settings: tuple[str, ...],
    as_json: bool,
) -> None:
    """One run of POSTURE (a name from `posture list`, or a TOML file): summary on screen, files into DIR.

    POSTURE may bring responses, joined by +, as `posture compare` shows them: six+zone_clearance=0.5

    \b
    Examples:
      posture run six --seed 7
      posture run six --seed 7 --out results/run --daily --events
      posture run six --response zone_clearance --response surge=0.5@90
      posture run drawdown_2020 --calendar 2020
      posture run six --set defence.p_intercept=0.9 --days 91 --json
    """
    if (daily or events) and out is None:
        raise click.UsageError("--daily and --events write files: give --out DIR too.")
    scenario = options.load([posture], parse_changes(settings, days, calendar), responses)[0]
    failed = _run(scenario, seed, out, daily, events, as_json)
    if failed:
        from sim.errors import RunError

        raise RunError(failed)


def _run(scenario: Scenario, seed: int, out: Path | None, daily: bool, events: bool, as_json: bool) -> str:
    """Run, write and print; the error of a run that failed."""
    from experiments.cli import screen
    from experiments.files import store
    from experiments.runs.one import write_manifest, write_tables
    from experiments.runs.row import run_one

    folder, started = store.results_folder(out) if out else None, store.now()
    screen.compile_first(scenario)
    row, run = run_one(scenario, seed, events=events)
    _print(scenario, row, as_json)
    if folder:
        files = write_tables(folder, row, run, daily, events)
        write_manifest(folder, scenario, row, given_arguments(), started)
        screen.say_where(folder, [*files, "manifest.json"], quiet=as_json)
    return row.error


def _print(scenario: Scenario, row: Row, as_json: bool) -> None:
    from experiments.cli import screen
    from sim.measures import BY_NAME

    if as_json:
        screen.print_json(_as_json(row))
    elif not row.error:
        from experiments.runs.compare import MAIN_MEASURES

        title = f"{scenario.label}, seed {row.seed}, {scenario.days} days from {scenario.posture.start}"
        table = screen.new_table(title, ["measure", "unit", "value", "meaning"], numbers_from=4)
        table.columns[2].justify = "right"
        for name in MAIN_MEASURES:
            table.add_row(name, BY_NAME[name].unit, screen.plain(row.measures[name]), BY_NAME[name].meaning)
        screen.console().print(table)


def _as_json(row: Row) -> dict[str, Any]:
    from sim.measures import MEASURES

    values = {} if row.error else {m.name: {"unit": m.unit, "value": row.measures[m.name]} for m in MEASURES}
    keys = {
        "posture": row.posture,
        "responses": row.responses,
        "seed": row.seed,
        "status": row.status,
        "error": row.error,
        "digest": row.digest,
    }
    return {**keys, "measures": values}
