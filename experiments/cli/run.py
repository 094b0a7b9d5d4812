"""`posture run`."""

from __future__ import annotations

import math
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from experiments.cli import completion, options
from experiments.cli.group import given_arguments
from sim.numbers import in_column

if TYPE_CHECKING:
    from experiments.runs.one import OneRun
    from sim.scenario import Scenario


@click.command("run", short_help="One run of a posture.")
@click.argument("posture", shell_complete=completion.policies)
@options.seed
@options.out
@click.option("--daily", is_flag=True, help="Write daily.csv too: one row a day.")
@click.option("--events", is_flag=True, help="Write events.csv too: one row an event.")
@options.file(
    "--replay", metavar="FILE.html", help="Write a page that shows the run again, hour by hour, in any browser."
)
@options.changes
@options.as_json
def run_command(
    posture: str,
    seed: int,
    out: Path | None,
    daily: bool,
    events: bool,
    replay: Path | None,
    changes: options.Changes,
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
      posture run six --seed 7 --replay six.html
    """
    if (daily or events) and out is None:
        raise click.UsageError("--daily and --events write files: give --out DIR too.")
    scenario = changes.load([posture])[0]
    failed = _run(scenario, seed, out, daily, events, as_json)
    if failed:
        from sim.errors import RunError

        raise RunError(failed)
    if replay:
        _write_replay(scenario, seed, replay, as_json)


def _run(scenario: Scenario, seed: int, out: Path | None, daily: bool, events: bool, as_json: bool) -> str:
    """Run, write and print; the error of a run that failed."""
    from experiments.cli import screen
    from experiments.files.finished import begin
    from experiments.files.manifest import now
    from experiments.runs.one import run_one, write_manifest, write_tables
    from sim.world import build_world

    world = build_world(scenario)  # what there is no room for is refused before anything is made
    screen.say_calendars([scenario])
    started, files, kept = now(), [], screen.own_folder(out) if out else nullcontext()
    with kept as folder:
        screen.compile_first(scenario)
        one = run_one(scenario, seed, events=events, world=world)
        if folder:
            from experiments.runs.room import whole_or_kept  # loads what writes tables

            with whole_or_kept(folder):
                begin(folder)
                files = write_tables(folder, one, daily=daily, events=events)
                write_manifest(folder, one, given_arguments(), started, files)
    _print(one, as_json)
    if folder:
        screen.say_where(folder, [*files, "manifest.json"], quiet=as_json)
    return one.error


def _write_replay(scenario: Scenario, seed: int, file: Path, as_json: bool) -> None:
    """The run once more, as a page."""
    from experiments.cli import screen
    from experiments.files.whole import replacing, results_folder
    from sim.app.replay.replay import Watched, replay

    made = replay(Watched((scenario,), seed, 24 * scenario.days))
    with replacing(results_folder(file.parent, "--replay") / file.name, "wb") as page:
        page.write(made.content)
    screen.say(f"Replay in {file}", quiet=as_json)


def _print(one: OneRun, as_json: bool) -> None:
    from experiments.cli import screen
    from sim.measures import BY_NAME

    if as_json:
        screen.print_json(_as_json(one))
    elif not one.error:
        from experiments.files.columns import MAIN_MEASURES

        scenario, measures = one.scenario, one.measures
        title = f"{scenario.label}, seed {one.seed}, {scenario.days} days from {scenario.posture.start}"
        table = screen.new_table(title, ["measure", "unit", "value", "meaning"], numbers_from=4)
        table.columns[2].justify = "right"
        for name in MAIN_MEASURES:
            value = in_column(measures[name], whole_as_such=True)
            table.add_row(name, BY_NAME[name].unit, value, BY_NAME[name].meaning)
        screen.console().print(table)


def _as_json(one: OneRun) -> dict[str, Any]:
    """The object of `posture run --json`. JSON knows no NaN: what the run has no value for is null."""
    from experiments.files.labels import responses_of
    from sim.measures import BY_NAME

    known = {name: None if math.isnan(value) else value for name, value in one.measures.items()}
    values = {name: {"unit": BY_NAME[name].unit, "value": value} for name, value in known.items()}
    return {
        "posture": one.scenario.name,
        "responses": responses_of(one.scenario),
        "seed": one.seed,
        "status": one.status,
        "error": one.error,
        "digest": one.digest,
        "measures": values if one.run else {},
    }
