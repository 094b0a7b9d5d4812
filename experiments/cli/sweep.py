"""`posture sweep` and `posture verify`."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from experiments.cli import given_arguments, options

if TYPE_CHECKING:
    from experiments.runs.design import Design
    from experiments.runs.plan import Plan
    from experiments.runs.pools import Pool
    from experiments.runs.sweep import OnFailure, Outcome


@click.command("sweep", short_help="Any design of runs; goes on where it stopped.")
@click.argument("design")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Results folder; needed but for --dry-run.")
@click.option("--workers", type=click.IntRange(1), metavar="N", help="As many as there are CPUs by default.")
@click.option("--processes", is_flag=True, help="Workers are processes; threads by default, which are as fast.")
@click.option("--scheduler", metavar="ADDRESS", help="Run on the Dask cluster with this scheduler (extra cluster).")
@click.option("--scheduler-file", type=click.Path(path_type=Path), metavar="FILE", help="The same, by its file.")
@click.option("--replicates", type=click.IntRange(1, 10_000_000), metavar="N", help="Instead of the design's.")
@click.option("--seed", type=options.SEED_RANGE, metavar="N", help="Instead of the design's.")
@click.option("--stop-when", metavar="RULE", help='Such as "fire_attacks half-width < 0.5": add replicates until then.')
@click.option("--parquet", is_flag=True, help="Write the tables as Parquet too (extra parquet).")
@click.option("--dry-run", is_flag=True, help="Say what would run, and what it would take; run only a pilot.")
@click.option("--fresh", is_flag=True, help="Throw away what is there, and start anew.")
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
    workers: int | None,
    processes: bool,
    scheduler: str | None,
    scheduler_file: Path | None,
    replicates: int | None,
    seed: int | None,
    stop_when: str | None,
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
    from experiments.runs.stopping import parse_rule

    if processes and (scheduler or scheduler_file):
        raise click.UsageError("--processes and --scheduler exclude each other.")
    plan_file, loaded = design, load_design(design)
    instead = {"replicates": replicates, "seed": seed}
    loaded = loaded.model_copy(update={key: value for key, value in instead.items() if value is not None})
    rule = parse_rule(stop_when) if stop_when else None
    if dry_run:
        _dry_run(loaded, plan_file, workers or os.cpu_count() or 1)
        return
    if out is None:
        raise click.UsageError("Give --out DIR.")
    if parquet:
        from experiments.files.parquet import check_parquet

        check_parquet()
    with ExitStack() as stack:
        pool = _pool(stack, workers, processes, scheduler, scheduler_file)
        outcome = _sweep(loaded, plan_file, out, pool, rule, parquet, fresh=fresh, retry_failed=retry_failed, fail=fail)
    _finish(outcome, out)


def _pool(stack: ExitStack, workers: int | None, processes: bool, scheduler: str | None, file: Path | None) -> Pool:
    from experiments.runs import pools

    if scheduler or file:
        return stack.enter_context(pools.cluster(scheduler, str(file) if file else None))
    return pools.processes(workers) if processes else pools.threads(workers)


def _sweep(design: Design, file: str, out: Path, pool: Pool, rule: Any, parquet: bool, **how: Any) -> Outcome:
    """Run under the lock of the folder, with a progress bar; the manifest is written last."""
    from experiments.cli import screen
    from experiments.files import store
    from experiments.runs.sweep import locked, whole_or_kept

    with whole_or_kept(out):
        folder, started = store.results_folder(out), store.now()
    with locked(folder):
        try:
            with screen.sweep_progress() as progress:
                outcome = _run(design, file, folder, pool, progress, rule, **how)
            with whole_or_kept(out):
                if parquet:
                    _add_parquet(outcome, folder)
                _write_manifest(outcome, folder, started)
        except KeyboardInterrupt:
            click.echo(f"posture: stopped; what is complete is kept in {out}. The same command goes on.", err=True)
            raise
    return outcome


def _add_parquet(outcome: Outcome, folder: Path) -> None:
    from experiments.files.parquet import write_parquet
    from experiments.runs.tables import tables

    for name, fields in tables(outcome.plan).items():
        write_parquet(folder / name, fields)
        outcome.files.append(f"{Path(name).stem}.parquet")


def _run(design: Design, file: str, folder: Path, pool: Pool, progress: Any, rule: Any, **how: Any) -> Outcome:
    """Once, or with more and more replicates until the rule is met."""
    from experiments.runs.archive import Archive
    from experiments.runs.stopping import batches, check_rule, half_width
    from experiments.runs.sweep import sweep

    if rule is None:
        return sweep(design, file, folder, pool, progress, **how)
    check_rule(rule, design)
    ran = torn = 0
    for n in batches(design.replicates):
        outcome = sweep(design, file, folder, pool, progress, replicates=n, **how)
        ran, torn, how["fresh"] = ran + outcome.ran, torn + outcome.torn, False
        width = half_width(rule, outcome.plan, Archive.open(folder / "chunks"))
        click.echo(f"{n} replicates: {rule.name} half-width {width:.4g}", err=True)
        if width < rule.below:
            break
    else:
        click.echo(f"posture: the limit of {design.replicates} replicates is reached before {rule.name} is", err=True)
    outcome.ran, outcome.torn = ran, torn
    return outcome


def _write_manifest(outcome: Outcome, folder: Path, started: str) -> None:
    from experiments.files import store

    plan = outcome.plan
    counts = {"points": len(plan.points), "replicates": plan.replicates, "runs": plan.n_runs, "failed": outcome.failed}
    scenarios = [base.scenario for base in plan.bases]
    content = store.manifest(given_arguments(), scenarios, plan.design.seed, counts, started)
    content["design"] = {**plan.design.model_dump(mode="json"), "replicates": plan.replicates}
    store.write_json(folder / "manifest.json", content)


def _finish(outcome: Outcome, out: Path) -> None:
    from experiments.cli import screen
    from sim.errors import RunError

    plan = outcome.plan
    if outcome.torn:
        click.echo(f"posture: {outcome.torn} damaged chunk files were thrown away and run again", err=True)
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

    plan: Plan = make_plan(design, file)
    cost = estimate(plan, workers)
    lines = [
        f"{design.title}: {len(plan.points)} points × {plan.replicates} replicates = {plan.n_runs} runs",
        f"  of these the same as another: {plan.n_duplicates}",
        f"  time, {workers} workers: about {screen.duration(cost.seconds)}",
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
