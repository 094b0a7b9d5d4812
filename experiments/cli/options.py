"""Options that several commands share, and what they are turned into."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from experiments.cli import completion
from experiments.files import extras

if TYPE_CHECKING:
    from experiments.runs.pools import Pool
    from sim.scenario import Scenario

Command = Callable[..., None]
SEED_RANGE = click.IntRange(0, 2**64 - 1)


def folder(name: str, **how: Any) -> Callable[[Any], Any]:
    """An option that names a folder to write to; one that can't be written is refused before any work."""
    return click.option(name, type=click.Path(path_type=Path), callback=_checked("check_folder"), **how)


def file(name: str, **how: Any) -> Callable[[Any], Any]:
    """An option that names a file to write, in the same way."""
    return click.option(name, type=click.Path(path_type=Path), callback=_checked("check_file"), **how)


def _checked(check: str) -> Callable[[click.Context, click.Parameter, Path | None], Path | None]:
    def checked(context: click.Context, option: click.Parameter, value: Path | None) -> Path | None:
        if value is not None and not context.resilient_parsing:
            from experiments.files import whole

            getattr(whole, check)(value, option.opts[0])
        return value

    return checked


out = folder("--out", metavar="DIR", help="Folder for the files; none without it.")
seed = click.option("--seed", type=SEED_RANGE, default=1, show_default=True, metavar="N", help="Seed of all draws.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
_SCENARIO = (
    click.option("--days", type=int, metavar="N", help="Length of the run in days, the same as --set days=N."),
    click.option(
        "--response",
        "responses",
        multiple=True,
        metavar="R",
        shell_complete=completion.names("responses"),
        help="A response in force: NAME or FILE.toml, with =STRENGTH (0 to 1) and @DAY (when it begins) behind if "
        "wanted, such as surge=0.5@90. May be repeated.",
    ),
    click.option(
        "--calendar",
        metavar="NAME",
        shell_complete=completion.names("calendars"),
        help="Events from outside on their dates: a name from `posture list`, or a TOML file.",
    ),
    click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="KEY=VALUE",
        shell_complete=completion.settings,
        help="Change a value, such as defence.p_intercept=0.8 (`posture describe six` lists the keys), "
        "sites.embassy.batteries=2, or people=3000 and batteries=4, which are totals over the sites. May be repeated.",
    ),
)
_POOL = (
    click.option("--workers", type=click.IntRange(1), metavar="N", help="As many as there are CPUs by default."),
    click.option("--processes", is_flag=True, help="Workers are processes; threads by default, which are as fast."),
    click.option("--scheduler", metavar="ADDRESS", help="Run on the Dask cluster with this scheduler (extra cluster)."),
    click.option("--scheduler-file", type=click.Path(path_type=Path), metavar="FILE", help="The same, by its file."),
)
fresh = click.option("--fresh", is_flag=True, help="Throw away what is there, and start anew.")
measures = click.option(
    "--measures",
    metavar="NAMES",
    shell_complete=completion.measures,
    help="The measures on the screen and in points.csv, joined by commas. Without it all are in points.csv.",
)
formats = click.option(
    "--format",
    "formats",
    type=click.Choice(["csv", "parquet"]),
    multiple=True,
    default=("csv",),
    show_default=True,
    help="Format of the tables. May be repeated.",
)
parquet = click.option(
    "--parquet", is_flag=True, help="Write the tables as Parquet too, the same as --format csv and parquet."
)
stop_when = click.option(
    "--stop-when", metavar="RULE", help='Such as "fire_attacks half-width < 0.5": add replicates until then.'
)


@dataclass(frozen=True)
class Workers:
    """Where runs are to be made."""

    workers: int | None
    processes: bool
    scheduler: str | None
    scheduler_file: Path | None

    def __post_init__(self) -> None:
        """What can't be had is refused before anything is done."""
        if self.processes and (self.scheduler or self.scheduler_file):
            raise click.UsageError("--processes and --scheduler exclude each other.")
        if self.scheduler_file:
            _check_scheduler_file(self.scheduler_file)
        if self.scheduler or self.scheduler_file:
            extras.need("cluster", "distributed")

    @contextmanager
    def pool(self) -> Iterator[Pool]:
        """The pool that is asked for; its workers end with the block."""
        from experiments.runs import pools

        if self.scheduler or self.scheduler_file:
            with pools.cluster(self.scheduler, str(self.scheduler_file) if self.scheduler_file else None) as cluster:
                yield cluster
        else:
            with (pools.processes if self.processes else pools.threads)(self.workers) as local:
                yield local


def _check_scheduler_file(path: Path) -> None:
    from sim.errors import ConfigError
    from sim.input_files import is_file, read_json

    allowed = "it must be a file that a Dask scheduler has written, with its address"
    if not is_file(path):
        raise ConfigError(None, "--scheduler-file", str(path), f"{allowed}, and there is none of this name")
    content = read_json(path, "--scheduler-file", allowed)
    if not isinstance(content, dict) or not isinstance(content.get("address"), str):
        raise ConfigError(None, "--scheduler-file", str(path), allowed)


@dataclass(frozen=True)
class Changes:
    """What is to be changed in the postures that are named, and the responses to be added to them."""

    days: int | None = None
    responses: tuple[str, ...] = ()
    calendar: str | None = None
    settings: tuple[str, ...] = ()

    @property
    def keys(self) -> set[str]:
        """The keys of the values that are changed."""
        from sim.config_files import parse_changes

        return set(parse_changes(self.settings, self.days, self.calendar))

    def load(self, names: Sequence[str]) -> list[Scenario]:
        """The scenarios named on the command line, with the same responses added and the same values changed in each.

        A name may bring responses of its own: `six+zone_clearance=0.5+surge`, the label of a scenario.
        """
        from experiments.files.labels import NO_RESPONSE
        from sim.config_files import parse_changes
        from sim.scenario import load_scenario

        changes, scenarios = parse_changes(self.settings, self.days, self.calendar), []
        for name in names:
            posture, *own = [name] if os.path.isfile(name) else name.split("+")
            uses = [use for use in (*own, *self.responses) if use != NO_RESPONSE]
            scenarios.append(load_scenario(posture, changes, uses))
        return scenarios


def together(command: Command, *options: Callable[[Command], Command]) -> Command:
    """A command with these options."""
    for option in reversed(options):
        command = option(command)
    return command


def pool(command: Command) -> Command:
    """The options that say where runs are made, taken as `workers`."""
    return together(_as_one(command, "workers", Workers), *_POOL)


def changes_apart(command: Command) -> Command:
    """The options that say what is changed in a posture."""
    return together(command, *_SCENARIO)


def changes(command: Command) -> Command:
    """The same options, taken as `changes`."""
    return changes_apart(_as_one(command, "changes", Changes))


def _as_one(command: Command, name: str, kind: type[Any]) -> Command:
    """A command that takes a record as one argument, as one that takes each of its fields."""

    @wraps(command)
    def taking(**given: Any) -> None:
        parts = {field.name: given.pop(field.name) for field in fields(kind)}
        command(**given, **{name: kind(**parts)})

    return taking


def formats_of(given: Sequence[str], *, parquet: bool) -> tuple[str, ...]:
    """The formats of tables, each once."""
    return ("csv", "parquet") if parquet else tuple(dict.fromkeys(given))
