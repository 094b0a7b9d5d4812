"""What commands print: tables for people, JSON for programs, progress on a terminal."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich import box
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from experiments.compare import Comparison
    from experiments.statistics import Interval
    from sim.scenario import Scenario

WIDTH_IN_A_PIPE = 120


def console(*, stderr: bool = False) -> Console:
    """A console; in a pipe lines are wide enough for the tables."""
    screen = Console(stderr=stderr, highlight=False, markup=False)
    return (
        screen if screen.is_terminal else Console(stderr=stderr, highlight=False, markup=False, width=WIDTH_IN_A_PIPE)
    )


def print_json(content: Any) -> None:
    """One JSON object on standard output."""
    click.echo(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False))


def say(message: str, *, quiet: bool) -> None:
    """A line on standard output, or on standard error where standard output belongs to JSON."""
    click.echo(message, err=quiet)


def new_table(title: str, columns: Sequence[str], *, numbers_from: int) -> Table:
    """A table; the columns from `numbers_from` on are set flush right."""
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for n, column in enumerate(columns):
        right = n >= numbers_from
        table.add_column(column, justify="right" if right else "left", overflow="fold")
    return table


def number(value: float) -> str:
    """Three digits or so, with a true minus sign."""
    if math.isnan(value):
        return "?"
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 10 else 2
    text = f"{value:,.{digits}f}"
    return text.replace("-", "−") if float(text.replace(",", "")) else text.lstrip("-")


def plain(value: float) -> str:
    """A single value: whole numbers without a point."""
    return f"{value:,.0f}" if float(value).is_integer() else number(value)


def interval(value: Interval, *, sign: bool = False) -> str:
    """`mean [low, high]`."""
    mean = number(value.mean)
    plus = "+" if sign and not mean.startswith(("−", "?")) and float(mean.replace(",", "")) else ""
    return f"{plus}{mean} [{number(value.low)}, {number(value.high)}]"


def comparison_tables(comparison: Comparison) -> Iterator[Table]:
    """A table of the main measures for each posture against the base."""
    from experiments.compare import MAIN_MEASURES

    base = comparison.names[0]
    for name in comparison.names[1:]:
        columns = [
            "measure",
            "unit",
            base,
            name,
            f"paired difference\n{name} − {base}",
            f"chance that\n{name}\nis lower",
        ]
        table = new_table(f"{name} against {base}, {comparison.n} pairs", columns, numbers_from=2)
        for measure in MAIN_MEASURES:
            pair = comparison.pair(name, measure)
            means = interval(pair.base_value), interval(pair.posture_value)
            table.add_row(measure, pair.unit, *means, interval(pair.difference, sign=True), f"{pair.p_lower:.2f}")
        yield table


EXPLANATION = (
    "Mean [95% t interval of the mean]. Paired: both postures meet the same luck in a pair.\n"
    "Chance: share of pairs in which it is lower, plus half of the ties."
)


class _Rate(ProgressColumn):
    """Runs a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.0f} runs/s" if task.speed else "", style="progress.data.speed")


@contextmanager
def progress(total: int) -> Iterator[Any]:
    """A bar on standard error when that is a terminal; gives a function that takes the number of new runs."""
    screen = console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=screen, disable=not screen.is_terminal) as bar:
        task = bar.add_task("runs", total=total)
        yield lambda n: bar.advance(task, n)


def compile_first(scenario: Scenario) -> None:
    """Compile now what is not in the cache yet, and say so on a terminal: Ctrl-C works, and no bar stands still."""
    from experiments.runner import warm_up
    from sim.compiled import cache_folder

    if next(cache_folder().rglob("*.nbi"), None) is None:
        screen = console(stderr=True)
        if screen.is_terminal:
            screen.print("Compiling the model: about half a minute, once.")
        warm_up(scenario)


def say_where(folder: Path, files: Sequence[str], *, quiet: bool) -> None:
    """The last lines: where the files are."""
    say(f"Files in {folder}: {', '.join(files)}", quiet=quiet)
