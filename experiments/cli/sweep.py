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
    from experiments.runs.shards import Shard
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
@options.measures
@options.folder("--out", metavar="DIR", help="Results folder; needed but for --dry-run.")
@options.pool
@click.option("--replicates", type=click.IntRange(1, 10_000_000), metavar="N", help="Instead of the design's.")
@click.option("--seed", type=options.SEED_RANGE, metavar="N", help="Instead of the design's.")
@options.stop_when
@options.formats
@options.parquet
@click.option("--dry-run", is_flag=True, help="Say what would run, and what it would take; run only a pilot.")
@click.option(
    "--status",
    "status_of",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Say how far the sweep in DIR is, also while it runs. Nothing else is done.",
)
@click.option(
    "--shard",
    metavar="i/n",
    help="Run the i-th of n parts alone, as one batch job of n. `posture merge` joins the folders of all parts.",
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
    shard: str | None,
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
      posture sweep my_design.toml --shard 1/8 --out parts/1
    """
    if status_of is not None:
        _print_status(status_of, alone=not (names or factors or out))
        return
    from experiments.cli import screen
    from experiments.runs.design import check_size
    from experiments.runs.plan import make_plan
    from experiments.runs.points import measures_of
    from experiments.runs.stopping import parse_rule

    own = _shard(shard)
    loaded, file = _design(names, factors)
    instead = {"replicates": replicates, "seed": seed}
    loaded = loaded.model_copy(update={key: value for key, value in instead.items() if value is not None})
    check_size(loaded, file)
    how: dict[str, Any] = {"fresh": fresh, "retry_failed": retry_failed, "fail": fail}
    how["rule"] = parse_rule(stop_when) if stop_when else None
    how["formats"] = options.formats_of(formats, parquet=parquet)
    how["measures"] = measures_of(measures)
    if dry_run:
        _dry_run(loaded, file, workers.workers or os.cpu_count() or 1)
        return
    if out is None:
        raise click.UsageError("Give --out DIR.")
    plan = make_plan(loaded, file)  # before there is a folder: a bad value leaves nothing
    screen.say_calendars(base.scenario for base in plan.bases)
    with workers.pool() as pool:
        if own is not None:
            _sweep_part(plan, own, out, pool=pool, fresh=fresh, retry_failed=retry_failed, fail=fail)
            return
        outcome = _sweep(plan, out, pool=pool, **how)
    plan = outcome.plan  # of fewer replicates, if they were enough
    screen.say_torn(outcome.torn)
    there = f"{outcome.ran} run, {plan.n_runs - plan.n_duplicates - outcome.ran} there already"
    finish(outcome, out, how["measures"], there)


def _design(names: tuple[str, ...], factors: tuple[str, ...]) -> tuple[Design, str]:
    """The design that is named, or that stands on the line; and where it stands."""
    if factors:
        from experiments.runs.line import LINE, design_of_line

        return design_of_line(factors, names), LINE
    if len(names) != 1:
        raise click.UsageError("Give one DESIGN, or --factor KEY=VALUES with the policies to run it for.")
    from experiments.runs.design import load_design

    return load_design(names[0]), names[0]


def _shard(text: str | None) -> Shard | None:
    """The part that is asked for; what is of the whole sweep's tables is refused beside it."""
    if text is None:
        return None
    from experiments.runs.shards import parse_shard

    source = click.get_current_context().get_parameter_source
    alone = {"stop_when": "--stop-when", "formats": "--format", "parquet": "--parquet", "measures": "--measures"}
    for name, option in {**alone, "dry_run": "--dry-run"}.items():
        if source(name) == click.core.ParameterSource.COMMANDLINE:
            raise click.UsageError(f"{option} needs the whole sweep: a part of it (--shard) has no tables.")
    return parse_shard(text)


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
            write_manifest(outcome, folder, started)
    return outcome


def _sweep_part(plan: DesignPlan, shard: Shard, out: Path, **how: Any) -> None:
    """Run a part in its locked folder, with a progress bar; what says that it is whole is written last."""
    from experiments.cli import screen
    from experiments.files import manifest
    from experiments.runs import shards
    from sim.errors import RunError

    started = manifest.now()
    with screen.at_work(out) as folder:
        with screen.progress(f"part {shard}") as progress:
            part = shards.run_shard(plan, shard, folder, progress=progress, **how)
        shards.finish_part(folder, shard, _manifest(plan, part.runs, part.failed, started, part.made_by))
    screen.say_torn(part.torn)
    there = f"{part.ran} run, {part.runs - part.ran} there already"
    screen.say(f"{part.runs} of {plan.n_runs} runs, part {shard}: {there}.", quiet=False)
    screen.say(f"Chunks in {out}: posture merge makes tables of all {shard.of} parts.", quiet=False)
    if part.failed:
        raise RunError(f"{part.failed} of {part.runs} runs failed: runs.csv will say why, after posture merge")


def write_manifest(outcome: Outcome, folder: Path, started: str, **more: Any) -> None:
    """Write the manifest of a sweep whose tables are written, with what `more` there is to say."""
    from experiments.files.finished import finish

    plan = outcome.plan
    made_by = outcome.archive.made_by(plan.keys)
    finish(folder, {**_manifest(plan, plan.n_runs, outcome.failed, started, made_by), **more}, outcome.files)


def _manifest(plan: DesignPlan, runs: int, failed: int, started: str, made_by: Sequence[Any]) -> dict[str, Any]:
    from experiments.files.manifest import manifest

    counts = {"points": len(plan.points), "replicates": plan.replicates, "runs": runs, "failed": failed}
    scenarios = [base.scenario for base in plan.bases]
    content = manifest(given_arguments(), scenarios, plan.design.seed, counts, started, made_by)
    return {**content, "design": {**plan.design.model_dump(mode="json"), "replicates": plan.replicates}}


def finish(outcome: Outcome, out: Path, measures: Sequence[str], there: str) -> None:
    """Print what came out, and where its runs came from; a failed run is an error."""
    from experiments.cli import screen, sweep_screen
    from sim.errors import RunError

    plan = outcome.plan
    same = f", {plan.n_duplicates} the same as another" if plan.n_duplicates else ""
    screen.say(f"{plan.n_runs} runs of {len(plan.points)} points: {there}{same}.", quiet=False)
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


@click.command("verify", short_help="Files against their checksums, runs made again.")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR", shell_complete=completion.folders)
@click.option("--sample", type=click.IntRange(1), default=20, show_default=True, metavar="N", help="Rows to try.")
@options.seed
def verify_command(folder: Path, sample: int, seed: int) -> None:
    """Check every file of DIR against the manifest's checksum, then make a sample of its runs again and compare.

    Every key and every measure of a row is compared. What was changed is named by file, line, column and value. Of a
    study, which keeps no rows of single runs, files are checked alone.

    If the results were made by other rules than those here, it says by which, and whether the runs agree all the same.

    \b
    Example:
      posture verify results/sweep --sample 20
    """
    from experiments.runs.recorded import Recorded
    from experiments.runs.verify import verify
    from sim.errors import RunError

    recorded = Recorded(folder)
    if not recorded.same_rules:
        click.echo(f"posture: {folder}: {recorded.rules}", err=True)  # first: they may not even read its manifest
    if not recorded.files:
        click.echo(f"posture: {folder}: its manifest has no checksums, as an older version made it", err=True)
    verdict = verify(recorded, sample, seed)
    for line in verdict.shown(same_rules=recorded.same_rules):
        click.echo(line)
    if wrong := verdict.in_words(same_rules=recorded.same_rules):
        raise RunError(wrong)
    click.echo(verdict.good(same_rules=recorded.same_rules))
