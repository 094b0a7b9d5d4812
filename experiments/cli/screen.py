"""What commands print: tables for people, JSON for programs, progress on a terminal."""

from __future__ import annotations

import json
import os
import textwrap
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich import box
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
)
from rich.table import Table
from rich.text import Text

from experiments.cli import interrupt, streams
from sim.numbers import chance, duration, in_column, interval_in_column, number

if TYPE_CHECKING:
    from experiments.runs.compare import OverStates
    from experiments.runs.comparison import Comparison
    from experiments.runs.room import Progress as RunProgress
    from sim.scenario import Scenario
    from sim.statistics import Interval, Sides

WIDTH_IN_A_PIPE = 140
PIPE_SECONDS = 30.0  # between lines in a pipe or a batch log
_BELOW_A_BAR = b"\x1b[?25h\n"  # the cursor, which the bar hides, and a line of one's own


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


def warn(message: str) -> None:
    """A line on standard error."""
    click.echo(message, err=True)


def say_calendars(scenarios: Iterable[Scenario]) -> None:
    """That a calendar has nothing for a run."""
    from experiments.files.calendar_words import all_beside

    for words in all_beside(scenarios):
        warn(f"posture: {words}")


def say_torn(n: int) -> None:
    """That damaged chunks were found, if there were any."""
    if n:
        warn(f"posture: {n} damaged chunk files were thrown away and run again")


def new_table(title: str, columns: Sequence[str], *, numbers_from: int) -> Table:
    """A table; the columns from `numbers_from` on are set flush right, the names in the first are never cut in two."""
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for n, column in enumerate(columns):
        right = n >= numbers_from
        table.add_column(column, justify="right" if right else "left", overflow="fold", no_wrap=n == 0)
    return table


def cell(value: str | float | Interval) -> str:
    """Text and counts as they are, a number, or the interval of a difference."""
    if isinstance(value, (str, int)):
        return str(value)
    return in_column(value) if isinstance(value, float) else interval_in_column(value, sign=True)


def comparison_tables(comparison: Comparison) -> Iterator[Table]:
    """A table of the main measures for each posture against the base."""
    from experiments.files.columns import MAIN_MEASURES

    base = comparison.names[0]
    for name in comparison.names[1:]:
        columns = [
            "measure",
            "unit",
            base,
            name,
            f"paired difference\n{name} − {base}",
            f"% of pairs:\n{name} lower,\nequal, higher",
        ]
        table = new_table(f"{name} against {base}, {comparison.n} pairs", columns, numbers_from=2)
        for measure in MAIN_MEASURES:
            pair = comparison.pair(name, measure)
            means = interval_in_column(pair.base_value), interval_in_column(pair.posture_value)
            difference = interval_in_column(pair.difference, sign=True)
            table.add_row(measure, pair.unit, *means, difference, _sides(pair.sides))
        yield table


# --- the answer over states of the world -------------------------------------------------------------------------
NARROW = 78
"""Below so many columns the means of base and posture are left out."""
_STYLES = {"better": "cyan", "worse": "yellow", "open": "dim"}
_LONGEST = 8  # letters of a label that heads a column


def answer_console() -> Console:
    """As wide as the terminal or, in a pipe, as COLUMNS says or 80."""
    screen = Console(highlight=False, markup=False)
    if screen.is_terminal:
        return screen
    return Console(highlight=False, markup=False, width=int(os.environ.get("COLUMNS", "80")))


def print_answer(comparison: Comparison, over: OverStates, replicates: int) -> None:
    """What is found, over what, the scorecards, equal budgets, and what would turn it."""
    from experiments.report.comparison import answer

    screen, others = answer_console(), comparison.names[1:]
    for name in others:
        print_lines(screen, answer.headline(comparison, name), "bold")
    print_lines(screen, answer.sample(comparison, over.ensemble, replicates))
    for name in others:
        screen.print(answer_table(comparison, name, wide=screen.width >= NARROW))
    for pair in comparison.equal:
        print_lines(screen, answer.equal_words(comparison, pair))
    print_lines(screen, answer.turn_words(comparison, over.included))


def print_lines(screen: Console, text: str, style: str = "") -> None:
    """Text in lines that fit; what no-break spaces join is never parted."""
    for line in textwrap.wrap(text, screen.width, break_long_words=False, break_on_hyphens=False):
        screen.print(Text(_spaced(line), style), soft_wrap=True)


def _spaced(text: str) -> str:
    """With common spaces: others are for the wrapping alone, and look odd where a terminal's text is copied."""
    return text.replace("\N{NO-BREAK SPACE}", " ")


def answer_table(comparison: Comparison, name: str, *, wide: bool) -> Table:
    """The scorecard of a posture: change, where nine states of ten lie, in how many the sign holds, good or bad."""
    from experiments.report.comparison.answer import rows

    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("" if len(comparison.names) == 2 else name, no_wrap=len(comparison.names) == 2, min_width=16)
    labels = (comparison.names[0], name) if wide else ()
    short = all(len(label) <= _LONGEST for label in labels)
    for label in labels if short else ("before", "after")[: len(labels)]:
        table.add_column(label, justify="right", no_wrap=True)
    for words in ("change", "9 in 10 states"):
        table.add_column(words, justify="right", no_wrap=True)
    table.add_column("sign in", justify="right", no_wrap=True)
    for row in rows(comparison, name):
        means = (row.base, row.posture) if wide else ()
        style = _STYLES[row.verdict]
        table.add_row(
            row.words, *means, Text(_spaced(row.change), style), row.range, Text(f"{row.holds} {row.verdict:6}", style)
        )
    return table


def _sides(told: Sides) -> str:
    """`62 / 5 / 33`, in per cent."""
    return " / ".join(chance(share).removesuffix("%") for share in vars(told).values())


EXPLANATION = (
    "Mean [95% t interval of the mean]. Paired: both postures meet the same luck in a pair.\n"
    "Lower, equal, higher: in how many per cent of the pairs."
)


def compile_first(scenario: Scenario) -> None:
    """Compile now what has not been kept, which says so: Ctrl-C works, and no bar stands still."""
    from experiments.runs.one import warm_up
    from sim.compiled import is_ready

    if not is_ready("run_hours"):
        warm_up(scenario)


def say_where(folder: Path, files: Sequence[str], *, quiet: bool) -> None:
    """The last lines: where the files are."""
    say(f"Files in {folder}: {', '.join(files)}", quiet=quiet)


def core_minutes(seconds: float) -> str:
    """Processor time in words."""
    return f"about {number(max(seconds / 60, 0.01))} core-minutes"


def every_so_often(tell: Callable[[str], None], every_seconds: float = PIPE_SECONDS) -> Callable[[str], None]:
    """What tells something in a pipe or a batch log, no more often than there is time to read it."""
    said = time.monotonic()

    def told(words: str) -> None:
        nonlocal said
        if time.monotonic() - said >= every_seconds:
            said = time.monotonic()
            tell(words)

    return told


@contextmanager
def own_folder(out: Path) -> Iterator[Path]:
    """The results folder of the command, made if need be and locked; one that has another command's is refused.

    What is refused inside leaves no folder, if it has run nothing.
    """
    from experiments.files.finished import check_owner
    from experiments.files.whole import NothingIfRefused, results_folder
    from experiments.runs.room import locked, whole_or_kept

    undo = NothingIfRefused(out)
    with whole_or_kept(out):
        folder = results_folder(out)
    with locked(folder), undo:
        check_owner(folder, click.get_current_context().info_name or "")
        yield folder


@contextmanager
def at_work(out: Path) -> Iterator[Path]:
    """The command's own folder; Ctrl-C says that what is complete is kept."""
    with own_folder(out) as folder:
        kept = f"{interrupt.LINE}; what is complete is kept in {out}. The same command goes on."
        interrupt.will_say(streams.in_bytes(kept))
        try:
            yield folder
        finally:
            interrupt.will_say(streams.in_bytes(interrupt.LINE))


@contextmanager
def progress(name: str, every_seconds: float = PIPE_SECONDS) -> Iterator[RunProgress]:
    """How far runs are: a bar weighted by cost on a terminal, a line every so often in a pipe.

    The time that is left is that of the processors, as if nothing else ran here: none is said before it is known.
    """
    from experiments.runs.room import Progress as RunProgress

    screen = console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[runs]} runs"), _RunRate())
    left = TextColumn("{task.fields[left]}", style="progress.remaining")
    with Progress(*columns, left, console=screen, disable=not screen.is_terminal) as bar:
        task = bar.add_task(name, total=None, runs="0", done=0, since=time.monotonic(), left="")
        listener = _Listener(bar, task, screen, RunProgress(), every_seconds)
        listener.progress.on_runs = listener.runs
        listener.progress.on_failure = listener.failure
        listener.progress.on_stage = lambda stage: bar.update(task, description=stage)
        listener.progress.on_measured = lambda: listener.measured(name)
        interrupt.will_show(_BELOW_A_BAR if screen.is_terminal else b"")
        try:
            yield listener.progress
        finally:
            interrupt.will_show(b"")


class _RunRate(ProgressColumn):
    """Runs a second since the start."""

    def render(self, task: Task) -> Text:
        seconds = time.monotonic() - task.fields["since"]
        return Text(f"{task.fields['done'] / max(seconds, 1e-9):.0f} runs/s", style="progress.data.speed")


class _Listener:
    """Turns what a sweep tells into a bar or lines."""

    def __init__(self, bar: Progress, task: Any, screen: Console, progress: Any, every_seconds: float) -> None:
        self.progress, self._bar, self._task, self._screen = progress, bar, task, screen
        self._every_seconds = every_seconds
        self._runs, self._cost = 0, 0.0
        self._start = self._said = time.monotonic()

    def runs(self, n: int, cost: float) -> None:
        """So many runs more."""
        self._runs, self._cost = self._runs + n, self._cost + cost
        words, left = f"{self._runs} of {self.progress.total_runs}", self._left()
        about: dict[str, Any] = {"runs": words, "done": self._runs, "left": left}
        self._bar.update(self._task, total=self.progress.total_cost, completed=self._cost, **about)
        now = time.monotonic()
        if not self._screen.is_terminal and now - self._said >= self._every_seconds:
            self._said = now
            pace = f"{self._runs / (now - self._start):.0f} runs/s"
            click.echo(", ".join(part for part in (f"{words} runs", pace, left) if part), err=True)

    def _left(self) -> str:
        """The time that is left, in words; nothing while that is not known."""
        seconds = self.progress.pace.left(max(self.progress.total_cost - self._cost, 0.0))
        return "" if seconds is None else f"about {duration(seconds)} left"

    def measured(self, name: str) -> None:
        """What the runs will take is known; in a pipe it is said if there is time to read it."""
        seconds, runs = self.progress.total_cost, self.progress.total_runs
        words = f"{name}, {core_minutes(seconds)}"
        self._bar.update(self._task, description=words, total=seconds, runs=f"0 of {runs}")
        if not self._screen.is_terminal and seconds >= PIPE_SECONDS:
            click.echo(f"0 of {runs} runs, {core_minutes(seconds)}", err=True)

    def failure(self, message: str) -> None:
        """A run failed."""
        self._screen.print(f"posture: {message}", soft_wrap=True)
