"""`posture sweep` and `posture verify`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from experiments.cli import completion, options
from experiments.cli.group import given_arguments

if TYPE_CHECKING:
    from experiments.runs.design import Design
    from experiments.runs.plan import DesignPlan
    from experiments.runs.room import OnFailure
    from experiments.runs.sweep import Outcome


_MOST_IN_FULL = 20_000  # runs that a dry run names, to find those that are the same


@click.command("sweep", short_help="Any design of runs; goes on where it stopped.")
@click.argument(
    "names", nargs=-1, metavar="[DESIGN | POLICY...]", shell_complete=completion.names("experiments", "postures")
)
@click.option(
    "--factor",
    "factors",
    multiple=True,
    metavar="KEY=VALUES",
    shell_complete=completion.settings,
    help="Instead of a DESIGN: values such as 0.5,0.7,0.9 or low:high:step of a key. May be repeated.",
)
@click.option(
    "--measures",
    metavar="NAMES",
    shell_complete=completion.measures,
    help="The measures on the screen and in points.csv, joined by commas. Without it all are in points.csv.",
)
@options.folder("--out", metavar="DIR", help="Results folder; needed but for --dry-run.")
@options.pool
@click.option("--replicates", type=click.IntRange(1, 10_000_000), metavar="N", help="Instead of the design's.")
@click.option("--seed", type=options.SEED_RANGE, metavar="N", help="Instead of the design's.")
@options.stop_when
@click.option(
    "--format",
    "formats",
    type=click.Choice(["csv", "parquet"]),
    multiple=True,
    default=("csv",),
    show_default=True,
    help="Format of the tables. May be repeated.",
)
@click.option("--parquet", is_flag=True, help="Write the tables as Parquet too, the same as --format csv and parquet.")
@click.option("--dry-run", is_flag=True, help="Say what would run, and what it would take; run only a pilot.")
@click.option(
    "--status",
    "status_of",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Say how far the sweep in DIR is, also while it runs. Nothing else is done.",
)
@options.fresh
@click.option("--retry-failed", is_flag=True, help="Run the runs that failed once more.")
@click.option(
    "--fail",
    type=click.Choice(["go-on", "at-end", "at-once"]),
    default="go-on",
    show_default=True,
    help="A run that fails: say so and go on, say so at the end, or stop.",
)
def sweep_command(
    names: tuple[str, ...],
    factors: tuple[str, ...],
    measures: str | None,
    out: Path | None,
    workers: options.Workers,
    replicates: int | None,
    seed: int | None,
    stop_when: str | None,
    formats: tuple[str, ...],
    parquet: bool,
    dry_run: bool,
    status_of: Path | None,
    fresh: bool,
    retry_failed: bool,
    fail: OnFailure,
) -> None:
    """Run every point of DESIGN (a TOML file, or a name from `posture list`) and write one table.

    With --factor the design stands on the line, and what is named are policies: every combination of the values is
    run for each, such as six+zone_clearance. A KEY is a parameter by its dotted name (`posture describe six` lists
    them), or one of: days; people or batteries, of all sites together; sites.NAME.people or sites.NAME.batteries, of
    one; responses.NAME.strength; posture, responses, calendar or start.

    Runs that are in DIR already are not run again: after a stop, or with more points or replicates, the same
    command goes on. The files don't depend on workers, chunks or interruptions.

    \b
    Examples:
      posture sweep fourteen_vs_six --out results/sweep --dry-run
      posture sweep fourteen_vs_six --out results/sweep
      posture sweep --status results/sweep
      posture sweep --factor defence.p_intercept=0.5,0.7,0.9 --factor batteries=2:6:2 six+zone_clearance --out DIR
      posture sweep my_design.toml --out results/mine --stop-when "fire_attacks half-width < 0.5"
    """
    if status_of is not None:
        _print_status(status_of, alone=not (names or factors or out))
        return
    from experiments.runs.design import check_size
    from experiments.runs.plan import make_plan
    from experiments.runs.points import measures_of
    from experiments.runs.stopping import parse_rule

    loaded, file = _design(names, factors)
    instead = {"replicates": replicates, "seed": seed}
    loaded = loaded.model_copy(update={key: value for key, value in instead.items() if value is not None})
    check_size(loaded, file)
    how: dict[str, Any] = {"fresh": fresh, "retry_failed": retry_failed, "fail": fail}
    how["rule"] = parse_rule(stop_when) if stop_when else None
    how["formats"] = ("csv", "parquet") if parquet else tuple(dict.fromkeys(formats))
    how["measures"] = measures_of(measures)
    if dry_run:
        _dry_run(loaded, file, workers.workers or os.cpu_count() or 1)
        return
    if out is None:
        raise click.UsageError("Give --out DIR.")
    plan = make_plan(loaded, file)  # before there is a folder: a bad value leaves nothing
    with workers.pool() as pool:
        _finish(_sweep(plan, out, pool=pool, **how), out, how["measures"])


def _design(names: tuple[str, ...], factors: tuple[str, ...]) -> tuple[Design, str]:
    """The design that is named, or that stands on the line; and where it stands."""
    if factors:
        from experiments.runs.line import LINE, design_of_line

        return design_of_line(factors, names), LINE
    if len(names) != 1:
        raise click.UsageError("Give one DESIGN, or --factor KEY=VALUES with the policies to run it for.")
    from experiments.runs.design import load_design

    return load_design(names[0]), names[0]


def _print_status(folder: Path, *, alone: bool) -> None:
    if not alone:
        raise click.UsageError("--status DIR stands alone: it says how far the sweep in DIR is.")
    from experiments.cli import sweep_screen
    from experiments.runs.status import status

    sweep_screen.say(*sweep_screen.status_lines(folder, status(folder)))


def _sweep(plan: DesignPlan, out: Path, **how: Any) -> Outcome:
    """Run in the locked folder, with a progress bar; the manifest is written last."""
    from experiments.cli import screen
    from experiments.files import manifest
    from experiments.runs.room import whole_or_kept
    from experiments.runs.sweep import sweep

    started = manifest.now()
    with screen.at_work(out) as folder:
        with screen.progress("sweep") as progress:
            outcome = sweep(plan, folder, progress=progress, say=screen.warn, **how)
        with whole_or_kept(out):
            _write_manifest(outcome, folder, started)
    return outcome


def _write_manifest(outcome: Outcome, folder: Path, started: str) -> None:
    from experiments.files.manifest import manifest
    from experiments.files.whole import write_json

    plan = outcome.plan
    counts = {"points": len(plan.points), "replicates": plan.replicates, "runs": plan.n_runs, "failed": outcome.failed}
    scenarios = [base.scenario for base in plan.bases]
    content = manifest(given_arguments(), scenarios, plan.design.seed, counts, started)
    content["design"] = {**plan.design.model_dump(mode="json"), "replicates": plan.replicates}
    write_json(folder / "manifest.json", content)


def _finish(outcome: Outcome, out: Path, measures: Sequence[str]) -> None:
    from experiments.cli import screen, sweep_screen
    from sim.errors import RunError

    plan = outcome.plan
    screen.say_torn(outcome.torn)
    same = f", {plan.n_duplicates} the same as another" if plan.n_duplicates else ""
    there = f"{outcome.ran} run, {plan.n_runs - plan.n_duplicates - outcome.ran} there already{same}"
    screen.say(f"{plan.n_runs} runs of {len(plan.points)} points: {there}.", quiet=False)
    sweep_screen.print_points(outcome, measures)
    screen.say_where(out, [*outcome.files, "manifest.json"], quiet=False)
    if outcome.failed:
        raise RunError(f"{outcome.failed} of {plan.n_runs} runs failed: see status, stage and error in runs.csv")


def _dry_run(design: Design, file: str, workers: int) -> None:
    """Points and runs, counted; then time, memory and disk from a timed pilot, and the first points."""
    from experiments.cli.sweep_screen import cost_lines, point_lines, say
    from experiments.runs.bases import check_values
    from experiments.runs.design import Points
    from experiments.runs.pilot import estimate
    from experiments.runs.plan import make_plan, sketch

    check_values(design, file)
    points, replicates = Points(design), design.replicates
    n = len(points)
    say(f"{design.title}: {n} points × {replicates} replicates = {n * replicates} runs", "  time: measuring")
    few = n * replicates <= _MOST_IN_FULL
    plan = make_plan(design, file, check=False) if few else sketch(design, file, points)
    cost = estimate(plan, workers, None if few else n * replicates)
    same = str(plan.n_duplicates) if few else f"not counted beyond {_MOST_IN_FULL:,} runs"
    say(*cost_lines(cost, workers), f"  of these the same as another: {same}")
    say("The first points:", *point_lines(points[: min(5, n)]))


@click.command("verify", short_help="Runs made again, digests compared.")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR", shell_complete=completion.folders)
@click.option("--sample", type=click.IntRange(1), default=20, show_default=True, metavar="N", help="Rows to try.")
@options.seed
def verify_command(folder: Path, sample: int, seed: int) -> None:
    """Make a sample of the runs in DIR again, from what their rows and the manifest record, and compare digests.

    \b
    Example:
      posture verify results/sweep --sample 20
    """
    from experiments.runs.verify import Recorded, verify
    from sim.errors import RunError

    recorded = Recorded(folder)
    if not recorded.same_rules:
        click.echo("posture: the results were made with other rules than those here: differences are likely", err=True)
    tried, different = 0, []
    for _, difference in verify(folder, recorded, sample, seed):
        tried += 1
        if difference:
            different.append(difference)
            click.echo(str(difference))
    if not tried:
        raise RunError(f"{folder}: there is no finished run to make again")
    if different:
        raise RunError(f"{len(different)} of {tried} runs came out differently")
    click.echo(f"{tried} runs made again: all the same")
