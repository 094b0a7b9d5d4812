"""`posture compare`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from experiments.cli import given_arguments, options

if TYPE_CHECKING:
    from experiments.runs.compare import Compared, Comparison
    from experiments.runs.plan import Plan
    from experiments.runs.pools import Pool
    from experiments.runs.room import Room
    from experiments.runs.stopping import StopRule
    from sim.scenario import Scenario


@click.command("compare", short_help="Postures compared under the same streams.")
@click.argument("postures", nargs=-1, required=True, metavar="BASE POSTURE...")
@click.option(
    "--replicates",
    type=click.IntRange(1),
    default=1000,
    show_default=True,
    metavar="N",
    help="Runs of each posture.",
)
@options.seed
@options.out
@options.pool
@options.stop_when
@options.fresh
@options.changes
@options.as_json
def compare_command(
    postures: tuple[str, ...],
    replicates: int,
    seed: int,
    out: Path | None,
    workers: options.Workers,
    stop_when: str | None,
    fresh: bool,
    changes: options.Changes,
    as_json: bool,
) -> None:
    """Compare postures with the first one, BASE: each replicate has the same streams of chance in every posture.

    A posture may bring responses, joined by +, so that a response is compared with none: six six+zone_clearance=0.5.
    A --response holds in all of them.

    Prints the means of the main measures, the paired difference (POSTURE − BASE) with a 95% t interval, and
    the chance that POSTURE is lower. Into DIR go every run (runs.csv), every measure (comparison.csv), their
    course week by week (weekly.csv), attacks by square (squares.csv), fire by site (sites.csv), figures and a
    manifest. Runs that are in DIR already are not run again: after a stop, or with more replicates, the same command
    goes on. The files don't depend on workers or interruptions.

    \b
    Examples:
      posture compare fourteen six --replicates 1000 --out results/demo
      posture compare six six+zone_clearance six+zone_clearance+surge=0.5@90 --replicates 200
      posture compare fourteen six --response zone_closure_on_warning --calendar 2020
      posture compare fourteen six drawdown_2020 --set defence.p_intercept=0.5 --replicates 200 --json
    """
    from experiments.cli import screen
    from experiments.files.manifest import now
    from experiments.runs.compare import WRITTEN, plan_of_scenarios, with_window
    from experiments.runs.outputs import outputs_of
    from experiments.runs.stopping import parse_rule

    if len(postures) < 2:
        raise click.UsageError("Give at least two postures.")
    scenarios, rule = with_window(changes.load(postures)), parse_rule(stop_when) if stop_when else None
    started, outputs = now(), outputs_of(WRITTEN if out else ())
    plan = plan_of_scenarios(scenarios, seed, replicates, outputs)
    with workers.pool() as pool:
        screen.compile_first(scenarios[0])
        with _room(plan, seed, out, pool, fresh) as room:
            compared = _compare(scenarios, plan, room, rule)
            _finish(compared, seed, out, started, as_json)
    _check_failed(compared)


def _compare(scenarios: list[Scenario], plan: Plan, room: Room, rule: StopRule | None) -> Compared:
    """Run, and say how far it is."""
    from experiments.cli import screen
    from experiments.runs.compare import compare

    with screen.progress("compare") as progress:
        compared = compare(scenarios, plan, room, say=screen.warn, progress=progress, rule=rule)
        progress.on_stage("writing")
    screen.say_torn(room.torn)
    return compared


@contextmanager
def _room(plan: Plan, seed: int, out: Path | None, pool: Pool, fresh: bool) -> Iterator[Room]:
    """In the folder of the results or, for none, in one that is forgotten."""
    from experiments.cli import screen
    from experiments.runs.compare import described
    from experiments.runs.room import Room
    from experiments.runs.sweep import opened

    if out is None:
        with tempfile.TemporaryDirectory(prefix="posture-") as forgotten:
            yield Room(Path(forgotten), pool)
        return
    with screen.at_work(out) as folder:
        yield opened(folder, pool, described(plan, seed), plan.keys, fresh=fresh)


def _finish(compared: Compared, seed: int, out: Path | None, started: str, as_json: bool) -> None:
    """Rows are on disk before anything is made of them; the manifest comes last."""
    from experiments.cli import screen
    from experiments.runs.compare import write_comparison, write_course, write_displacement, write_runs
    from experiments.runs.room import whole_or_kept
    from sim.errors import RunError

    if out is None:
        _print(compared.comparison(), as_json)
        if not as_json:
            screen.say("No files written: give --out DIR for the runs and figures.", quiet=False)
        return
    with whole_or_kept(out):
        write_runs(out / "runs.csv", compared)
        try:
            comparison = compared.comparison()
        except RunError:  # every run failed: the rows say why
            _write_manifest(out, compared, seed, started)
            raise
        write_comparison(out / "comparison.csv", comparison)
        write_displacement(out / "displacement.csv", comparison)
        files = ["comparison.csv", "displacement.csv", *write_course(out, compared), *_figures(comparison, out)]
        _write_manifest(out, compared, seed, started)
    _print(comparison, as_json)
    screen.say_where(out, ["runs.csv", "manifest.json", *files], quiet=as_json)


def _figures(comparison: Comparison, out: Path) -> list[str]:
    from experiments.report.comparison.section import pictures
    from experiments.report.page.save import save

    return save(pictures(comparison), out)


def _write_manifest(folder: Path, compared: Compared, seed: int, started: str) -> None:
    from experiments.files.manifest import manifest
    from experiments.files.whole import write_json

    plan, scenarios = compared.plan, compared.scenarios
    counts = {"postures": len(scenarios), "replicates": plan.replicates, "runs": plan.n_runs}
    counts["failed"] = len(compared.failed)
    write_json(folder / "manifest.json", manifest(given_arguments(), scenarios, seed, counts, started))


def _print(comparison: Comparison, as_json: bool) -> None:
    from experiments.cli import screen
    from experiments.runs.compare import as_json as to_json

    if as_json:
        screen.print_json(to_json(comparison))
        return
    for table in screen.comparison_tables(comparison):
        screen.console().print(table)
    click.echo(screen.EXPLANATION)


def _check_failed(compared: Compared) -> None:
    from sim.errors import RunError

    if not compared.failed:
        return
    first, of = compared.failed[0], compared.plan.replicates
    lost = f"{of - compared.comparison().n} of {of} pairs left out"
    raise RunError(f"{len(compared.failed)} runs failed, {lost}; {first.label}, seed {first.seed}: {first.error}")
