"""`posture why`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from experiments.cli import completion, options

if TYPE_CHECKING:
    from experiments.why.stories import Explanation


@click.command("why", short_help="One event of a run, explained in words.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path), shell_complete=completion.folders)
@click.option("--event", "number", type=int, required=True, metavar="N", help="Number of the event in DIR/events.csv.")
@options.as_json
def why_command(folder: Path, number: int, as_json: bool) -> None:
    """Why event N of the run in DIR happened: the rule that fired and the inputs that decided it.

    Reads events.csv and manifest.json of a run with --events; runs nothing.

    \b
    Examples:
      posture run six --seed 7 --events --out results/one
      posture why results/one --event 12
    """
    from experiments.cli import screen
    from experiments.why.event_log import read_event_log
    from experiments.why.stories import explain
    from sim.errors import ConfigError

    log = read_event_log(folder)
    n = len(log.events)
    if not 1 <= number <= n:
        raise ConfigError(None, "--event", number, f"it must be 1 to {n}" if n else "there are no events in this run")
    explanation = explain(log, number)
    if as_json:
        screen.print_json(_as_json(explanation))
        return
    for line in _in_words(explanation, n):
        click.echo(line)


def _in_words(explanation: Explanation, n: int) -> Iterator[str]:
    """The lines of the screen."""
    from experiments.why.reasons import brief, place, when

    event = explanation.event
    yield f"Event {event.number} of {n}: {event.kind}"
    yield f"When: {when(event)} (hour {event.hour})"
    if place(event):
        yield f"Where: {place(event)}"
    yield f"Rule: {event.rule} (sim/rules/{event.rule.partition('.')[0]}.py)"
    yield f"What: {explanation.what}"
    yield "Why:"
    yield from (f"- {line}" for line in explanation.why)
    if explanation.before:
        yield f"Before, {event.actor or event.kind}:"
        yield from (f"- {brief(other)}" for other in explanation.before)


def _as_json(explanation: Explanation) -> dict[str, Any]:
    event = explanation.event
    keys = ("date_time", "kind", "rule", "actor", "target", "place")
    return {
        "event": event.number,
        "hour": event.hours,
        **{key: event.row[key] for key in keys},
        "what": explanation.what,
        "why": list(explanation.why),
        "values": event.values(),
        "before": [{"event": e.number, **{key: e.row[key] for key in keys}} for e in explanation.before],
    }
