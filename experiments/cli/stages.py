"""A study that goes through stages: a bar for each on a terminal, quiet in a pipe; broken off, it goes on later."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from experiments.cli import screen
from experiments.files import store
from experiments.runs.room import locked, whole_or_kept
from experiments.studies.calibration.request import Asked
from experiments.studies.calibration.work import Work

Q = TypeVar("Q", bound=Asked[Any])


@contextmanager
def stages() -> Iterator[Callable[[str, int, int], None]]:
    """Gives a function that takes stage, done so far, of how many."""
    console = screen.console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    tasks: dict[str, Any] = {}
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal) as bar:

        def told(stage: str, done: int, of: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=of)
            bar.update(tasks[stage], completed=done)

        yield told


@contextmanager
def at_work(question: Q, out: Path, *, fresh: bool) -> Iterator[tuple[Q, Path, Work]]:
    """The question, telling how far it is, the locked folder of its answer, and what was done of it before.

    What was done is kept until the block is left; a stop says so.
    """
    with whole_or_kept(out):
        folder = store.results_folder(out)
    with locked(folder), whole_or_kept(out):
        screen.compile_first(question.loaded.scenario)
        work = Work(folder, question.content(), fresh=fresh)
        try:
            with stages() as told:
                yield replace(question, told=told), folder, work
        except KeyboardInterrupt:
            click.echo(f"posture: stopped; what is complete is kept in {folder}. The same command goes on.", err=True)
            raise
        work.done()
