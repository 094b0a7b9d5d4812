"""`posture sweep` and `posture verify`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from experiments.cli import given_arguments, options
from sim.numbers import duration

if TYPE_CHECKING:
    from experiments.runs.design import Design
    from experiments.runs.plan import DesignPlan
    from experiments.runs.room import OnFailure
    from experiments.runs.sweep import Outcome


@click.command("sweep", short_help="Any design of runs; goes on where it stopped.")
@click.argument("design")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Results folder; needed but for --dry-run.")
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
    design: str,
    out: Path | None,
    workers: options.Workers,
    replicates: int | None,
    seed: int | None,
    stop_when: str | None,
    formats: tuple[str, ...],
    parquet: bool,
    dry_run: bool,
    fresh: bool,
    retry_failed: bool,
    fail: OnFailure,
) -> None:
    """Run every point of DESIGN (a TOML file, or a name from `posture list`) and write one table.

    Runs that are in DIR already are not run again: after a stop, or with more points or replicates, the same
    command goes on. The files don't depend on workers, chunks or interruptions.

    \b
    Examples:
      posture sweep fourteen_vs_six --out results/sweep --dry-run
      posture sweep fourteen_vs_six --out results/sweep
      posture sweep my_design.toml --out results/mine --stop-when "fire_attacks half-width < 0.5"
    """
    from experiments.runs.design import load_design
    from experiments.runs.plan import make_plan
    from experiments.runs.stopping import parse_rule

    loaded, instead = load_design(design), {"replicates": replicates, "seed": seed}
    loaded = loaded.model_copy(update={key: value for key, value in instead.items() if value is not None})
    how: dict[str, Any] = {"fresh": fresh, "retry_failed": retry_failed, "fail": fail}
    how["rule"] = parse_rule(stop_when) if stop_when else None
    how["formats"] = ("csv", "parquet") if parquet else tuple(dict.fromkeys(formats))
    if dry_run:
        _dry_run(loaded, design, workers.workers or os.cpu_count() or 1)
        return
    if out is None:
        raise click.UsageError("Give --out DIR.")
    plan = make_plan(loaded, design)  # before there is a folder: a bad value leaves nothing
    with workers.pool() as pool:
        _finish(_sweep(plan, out, pool=pool, **how), out)


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


def _finish(outcome: Outcome, out: Path) -> None:
    from experiments.cli import screen
    from sim.errors import RunError

    plan = outcome.plan
    screen.say_torn(outcome.torn)
    same = f", {plan.n_duplicates} the same as another" if plan.n_duplicates else ""
    there = f"{outcome.ran} run, {plan.n_runs - plan.n_duplicates - outcome.ran} there already{same}"
    screen.say(f"{plan.n_runs} runs of {len(plan.points)} points: {there}.", quiet=False)
    screen.say_where(out, [*outcome.files, "manifest.json"], quiet=False)
    if outcome.failed:
        raise RunError(f"{outcome.failed} of {plan.n_runs} runs failed: see status, stage and error in runs.csv")


def _dry_run(design: Design, file: str, workers: int) -> None:
    """Points, runs, time, memory and disk from a timed pilot, and the first points resolved."""
    from experiments.cli import screen
    from experiments.runs.pilot import estimate
    from experiments.runs.plan import make_plan

    plan = make_plan(design, file)
    cost = estimate(plan, workers)
    lines = [
        f"{design.title}: {len(plan.points)} points × {plan.replicates} replicates = {plan.n_runs} runs",
        f"  of these the same as another: {plan.n_duplicates}",
        f"  time, {workers} workers: about {duration(cost.seconds)}",
        f"  memory: about {cost.memory_bytes / 1e6:,.0f} MB    disk: about {cost.disk_bytes / 1e6:,.1f} MB",
        "The first points:",
    ]
    lines += [
        f"  {k}: {', '.join(f'{key} = {value}' for key, value in plan.points[k].items()) or 'as the base'}"
        for k in range(min(5, len(plan.points)))
    ]
    for line in lines:
        screen.say(line, quiet=False)


@click.command("verify", short_help="Runs made again, digests compared.")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
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
