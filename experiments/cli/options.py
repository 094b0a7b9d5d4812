"""Options that several commands share, and what they are turned into."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from experiments.runs.pools import Pool
    from sim.scenario import Scenario

SEED_RANGE = click.IntRange(0, 2**64 - 1)

out = click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Folder for the files; none without it."
)
seed = click.option("--seed", type=SEED_RANGE, default=1, show_default=True, metavar="N", help="Seed of all draws.")
days = click.option("--days", type=int, metavar="N", help="Length of the run in days, the same as --set days=N.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
changes = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change a value, such as defence.p_intercept=0.8 or sites.embassy.batteries=2. May be repeated.",
)
responses = click.option(
    "--response",
    "responses",
    multiple=True,
    metavar="R",
    help="A response in force: NAME or FILE.toml, with =STRENGTH (0 to 1) and @DAY (when it begins) behind if wanted, "
    "such as surge=0.5@90. May be repeated.",
)
calendar = click.option(
    "--calendar", metavar="NAME", help="Events from outside on their dates: a name from `posture list`, or a TOML file."
)


Command = Callable[..., None]
_POOL = (
    click.option("--workers", type=click.IntRange(1), metavar="N", help="As many as there are CPUs by default."),
    click.option("--processes", is_flag=True, help="Workers are processes; threads by default, which are as fast."),
    click.option("--scheduler", metavar="ADDRESS", help="Run on the Dask cluster with this scheduler (extra cluster)."),
    click.option("--scheduler-file", type=click.Path(path_type=Path), metavar="FILE", help="The same, by its file."),
)
fresh = click.option("--fresh", is_flag=True, help="Throw away what is there, and start anew.")
stop_when = click.option(
    "--stop-when", metavar="RULE", help='Such as "fire_attacks half-width < 0.5": add replicates until then.'
)


def pool(command: Command) -> Command:
    """The options that say where runs are made; `workers_of` makes a pool of them."""
    for option in reversed(_POOL):
        command = option(command)
    return command


@contextmanager
def workers_of(
    workers: int | None = None,
    processes: bool = False,
    scheduler: str | None = None,
    scheduler_file: Path | None = None,
) -> Iterator[Pool]:
    """The pool that the options of `pool` ask for; its workers end with the block."""
    from experiments.runs import pools

    if processes and (scheduler or scheduler_file):
        raise click.UsageError("--processes and --scheduler exclude each other.")
    if scheduler or scheduler_file:
        with pools.cluster(scheduler, str(scheduler_file) if scheduler_file else None) as cluster:
            yield cluster
    else:
        with (pools.processes if processes else pools.threads)(workers) as local:
            yield local


def load(names: Sequence[str], changes: dict[str, Any], responses: Sequence[str] = ()) -> list[Scenario]:
    """The scenarios named on the command line, with the same responses added and the same values changed in each.

    A name may bring responses of its own: `six+zone_clearance=0.5+surge`, the label of a scenario.
    """
    from sim.scenario import load_scenario

    scenarios = []
    for name in names:
        posture, *own = [name] if Path(name).is_file() else name.split("+")
        scenarios.append(load_scenario(posture, changes, [*own, *responses]))
    return scenarios
