"""`posture compare`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from experiments.cli import given_arguments, options
from sim.settings import parse_changes

if TYPE_CHECKING:
    from experiments.runs.compare import Comparison
    from experiments.runs.row import Row
    from sim.scenario import Scenario


@click.command("compare", short_help="Postures compared under the same luck.")
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
@click.option("--workers", type=click.IntRange(1), metavar="N", help="Threads; as many as there are CPUs by default.")
@options.days
@options.responses
@options.calendar
@options.changes
@options.as_json
def compare_command(
    postures: tuple[str, ...],
    replicates: int,
    seed: int,
    out: Path | None,
    workers: int | None,
    days: int | None,
    responses: tuple[str, ...],
    calendar: str | None,
    settings: tuple[str, ...],
    as_json: bool,
) -> None:
    """Compare postures with the first one, BASE: each replicate meets the same luck in every posture.

    A posture may bring responses, joined by +, so that a response is compared with none: six six+zone_clearance=0.5.
    A --response holds in all of them.

    Prints the means of the main measures, the paired difference (POSTURE − BASE) with a 95% t interval, and
    the chance that POSTURE is lower. Into DIR go every run (runs.csv), every measure (comparison.csv), their
    course week by week (weekly.csv), attacks by square (squares.csv), figures and a manifest. The files don't
    depend on the number of workers.

    \b
    Examples:
      posture compare fourteen six --replicates 1000 --out results/demo
      posture compare six six+zone_clearance six+zone_clearance+surge=0.5@90 --replicates 200
      posture compare fourteen six --response zone_closure_on_warning --calendar 2020
      posture compare fourteen six drawdown_2020 --set defence.p_intercept=0.5 --replicates 200 --json
    """
    if len(postures) < 2:
        raise click.UsageError("Give at least two postures.")
    scenarios = options.load(postures, parse_changes(settings, days, calendar), responses)
    comparison = _compare(scenarios, seed, replicates, workers or os.cpu_count() or 1, out, as_json)
    if comparison.failed:
        from sim.errors import RunError

        first = comparison.failed[0]
        lost = f"{replicates - comparison.n} of {replicates} pairs left out"
        raise RunError(f"{len(comparison.failed)} runs failed, {lost}; {first.label}, seed {first.seed}: {first.error}")


def _compare(
    scenarios: list[Scenario], seed: int, replicates: int, workers: int, out: Path | None, as_json: bool
) -> Comparison:
    """Run, print and write. Rows and manifest are on disk before anything is made of them."""
    from experiments.cli import screen
    from experiments.files import store
    from experiments.runs.compare import check_names, tabulate

    check_names(scenarios)
    folder, started = store.results_folder(out) if out else None, store.now()
    screen.compile_first(scenarios[0])
    rows = _run_all(scenarios, seed, replicates, workers, folder)
    if folder:
        _write_manifest(folder, scenarios, seed, rows, started)
    comparison = tabulate(scenarios, rows)
    _print(comparison, as_json)
    if folder:
        files = ["runs.csv", "manifest.json", *_write(folder, comparison, scenarios, rows)]
        screen.say_where(folder, files, quiet=as_json)
    elif not as_json:
        screen.say("No files written: give --out DIR for the runs and figures.", quiet=False)
    return comparison


def _run_all(
    scenarios: list[Scenario], seed: int, replicates: int, workers: int, folder: Path | None
) -> dict[str, list[Row]]:
    """All runs in threads, with a progress bar; `runs.csv` is written as they come."""
    from concurrent.futures import ThreadPoolExecutor

    from experiments.cli import screen
    from experiments.runs.compare import run_all

    executor = ThreadPoolExecutor(workers)
    try:
        with _rows_kept(folder) as write, screen.progress(len(scenarios) * replicates) as advance:

            def keep(rows: list[Row]) -> None:
                write(rows)
                advance(len(rows))

            how: dict[str, Any] = {"executor": executor, "in_flight": 4 * workers, "tracks": folder is not None}
            return run_all(scenarios, seed, replicates, keep=keep, **how)
    finally:
        executor.shutdown(cancel_futures=True)


def _write_manifest(
    folder: Path, scenarios: list[Scenario], seed: int, rows: dict[str, list[Row]], started: str
) -> None:
    from experiments.files import store

    runs = [row for each in rows.values() for row in each]
    counts = {"postures": len(scenarios), "replicates": len(runs) // len(scenarios), "runs": len(runs)}
    counts["failed"] = sum(bool(row.error) for row in runs)
    content = store.manifest(given_arguments(), scenarios, seed, counts, started)
    store.write_json(folder / "manifest.json", content)


@contextmanager
def _rows_kept(folder: Path | None) -> Iterator[Callable[[list[Row]], None]]:
    """A function that adds rows to `runs.csv` in a folder, if there is one."""
    from experiments.files import store
    from experiments.files.columns import RUN_FIELDS

    if folder is None:
        yield lambda rows: None
        return
    with store.table(folder / "runs.csv", RUN_FIELDS) as table:
        yield lambda rows: table.write(store.run_cells(row) for row in rows)


def _print(comparison: Comparison, as_json: bool) -> None:
    from experiments.cli import screen
    from experiments.runs.compare import as_json as to_json

    if as_json:
        screen.print_json(to_json(comparison))
        return
    for table in screen.comparison_tables(comparison):
        screen.console().print(table)
    click.echo(screen.EXPLANATION)


def _write(folder: Path, comparison: Comparison, scenarios: list[Scenario], rows: dict[str, list[Row]]) -> list[str]:
    """Write the tables and the figures; their names."""
    from experiments.files import store
    from experiments.files.columns import SQUARE_FIELDS, WEEKLY_FIELDS
    from experiments.files.squares import square_rows
    from experiments.files.weekly import weekly_rows
    from experiments.report.comparison.figures import write_figures
    from experiments.runs.compare import attacks, weeks

    store.write_comparison(folder / "comparison.csv", comparison)
    store.write_table(folder / "weekly.csv", WEEKLY_FIELDS, weekly_rows(weeks(scenarios, rows)))
    store.write_table(folder / "squares.csv", SQUARE_FIELDS, square_rows(attacks(scenarios, rows)))
    return ["comparison.csv", "weekly.csv", "squares.csv", *write_figures(comparison, folder)]
