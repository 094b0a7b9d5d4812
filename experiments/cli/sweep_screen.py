"""What `posture sweep` prints: the first points, what a sweep would take, what came out, how far it is."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from experiments.cli import screen
from experiments.files.columns import column_name
from sim.numbers import counted, duration, in_column

if TYPE_CHECKING:
    from pathlib import Path

    from rich.table import Table

    from experiments.runs.design import Point, Value
    from experiments.runs.pilot import Estimate
    from experiments.runs.points import Summary
    from experiments.runs.status import Status
    from experiments.runs.sweep import LeftOut, Outcome

MOST_ROWS = 12
_QUIET_SECONDS = 30.0  # without a new chunk: jobs take less than a second


def say(*lines: str) -> None:
    """Lines on standard output."""
    for line in lines:
        screen.say(line, quiet=False)


# --- before it runs --------------------------------------------------------------------------------------
def cost_lines(cost: Estimate, workers: int) -> Iterator[str]:
    """Time, memory and disk."""
    on = counted(workers, "worker")
    yield f"  time: {screen.core_minutes(cost.core_seconds)}, {duration(cost.core_seconds / workers)} on {on}"
    yield f"  memory: about {cost.memory_bytes / 1e6:,.0f} MB    disk: about {cost.disk_bytes / 1e6:,.1f} MB"


def point_lines(points: Sequence[Point]) -> Iterator[str]:
    """What each point changes."""
    for k, point in enumerate(points):
        words = [f"{key} = {_value(value)}" for key, value in point.items()]
        yield f"  {k}: {', '.join(words) or 'as the base'}"


def _value(value: Value) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


# --- what came out -----------------------------------------------------------------------------------------
def print_points(outcome: Outcome, measures: Sequence[str]) -> None:
    """The first points with the means of some measures; what the table leaves out is said."""
    from experiments.runs.points import SHOWN, summary_of

    plan, names = outcome.plan, measures or SHOWN
    points = plan.points[: min(MOST_ROWS, len(plan.points))]
    table = points_table(points, summary_of(outcome.archive, plan.keys[: len(points)]), names)
    screen.console().print(table)
    if len(plan.points) > len(points):
        say(f"And {counted(len(plan.points) - len(points), 'more point')}: points.csv has all.")
    if outcome.left_out.runs:
        say(left_out_words(outcome.left_out))


def points_table(points: Sequence[Point], summary: Summary, measures: Sequence[str]) -> Table:
    """A row a point: the values that differ, the number of runs, mean and standard deviation."""
    from experiments.runs.points import NAMES
    from sim.measures import BY_NAME

    keys = list(dict.fromkeys(key for point in points for key in point))
    keys = [key for key in keys if len({point.get(key) for point in points}) > 1] or keys[:1]
    title = f"Mean (standard deviation of single runs), {counted(len(points), 'point')}"
    heads = [_heading(name, BY_NAME[name].unit) for name in measures]
    table = screen.new_table(title, [*keys, "runs", *heads], numbers_from=len(keys))
    columns = [NAMES.index(name) for name in measures]
    for k, point in enumerate(points):
        cells = [f"{in_column(summary.mean[k, m])} ({in_column(summary.sd[k, m])})" for m in columns]
        table.add_row(*(_value(point.get(key, "")) for key in keys), str(summary.n[k].max()), *cells)
    return table


def _heading(name: str, unit: str) -> str:
    """A measure in words, with its unit unless its name says it."""
    words = name.replace("_", " ")
    return words if column_name(name, unit) == name else f"{words}\n{unit}"


def left_out_words(left_out: LeftOut) -> str:
    """What is stored and stands in no table."""
    parts = ((left_out.replicates, "further replicate"), (left_out.points, "other point"))
    what = " and ".join(counted(n, words) for n, words in parts if n)
    return f"Left out of the tables, though stored: {what}, {counted(left_out.runs, 'run')} in all."


# --- how far it is -----------------------------------------------------------------------------------------
def status_lines(folder: Path, status: Status) -> Iterator[str]:
    """How far a sweep is, in words."""
    shape = f"{counted(status.points, 'point')} × {counted(status.replicates, 'replicate')}"
    yield f"{folder}: {status.name}, {shape}{f', part {status.shard}' if status.shard else ''}"
    if status.unknown:
        yield f"  {counted(status.done, 'run')} stored; which of them are the design's is not known: {status.unknown}"
    else:
        yield from _progress_lines(status)
    if status.failed:
        yield f"  {counted(status.failed, 'run')} failed"
    if status.others:
        yield f"  {counted(status.others, 'run')} stored beside them, which the design does not have"
    if status.torn:
        yield f"  {counted(status.torn, 'damaged chunk')}, not counted: the sweep will run them again"
    yield f"  {_state(status)}"


def _progress_lines(status: Status) -> Iterator[str]:
    share = 100 * status.done / status.wanted if status.wanted else 100.0  # a part may have no run
    shown = math.floor(share * 10) / 10  # 100% only if nothing is missing
    missing = counted(status.wanted - status.done, "run")
    yield f"  {status.done:,} of {counted(status.wanted, 'different run')} done ({shown:g}%), {missing} missing"
    if status.shard:
        return
    of = counted(status.points, "point")
    yield f"  {status.complete:,} of {of} complete; every point has at least {counted(status.fewest, 'replicate')}"


def _state(status: Status) -> str:
    """Whether it is finished, at work, or has stopped, as far as the files tell."""
    if status.finished:
        return "finished: posture merge joins it to the others" if status.shard else "finished: all tables are written"
    if math.isinf(status.idle_seconds):
        return "no run is done yet"
    last = f"last chunk {duration(status.idle_seconds)} ago"
    if status.done >= status.wanted and not status.unknown:
        return f"{last}; the tables are being written, or it was stopped as it wrote them"
    if status.idle_seconds > _QUIET_SECONDS:
        return f"{last}: it seems to have stopped; the same command goes on"
    if not status.runs_per_second:
        return last
    left = "" if status.unknown else f", about {duration(status.left_seconds)} left"
    return f"{last}; {status.runs_per_second:.3g} runs/s in the last minute{left}"
