"""The commands of all studies, made from their catalogue: options, progress, and what is printed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from experiments.cli import completion, options
from experiments.cli.group import given_arguments
from experiments.files import extras
from experiments.studies.catalogue import Command, commands
from sim.numbers import counted, duration

if TYPE_CHECKING:
    from rich.table import Table

    from experiments.runs.room import Progress as RunProgress
    from experiments.studies.runner import StudyRunner
    from experiments.studies.study import Lines, Study, StudyRequest


def _of_a_kind(kind: str, metavar: str, what: str) -> Callable[[Any], Any]:
    """The option for a file of a kind, by its name or its path."""
    completed, text = completion.names(kind), f"{what}: a name or FILE.toml."
    return click.option(
        f"--{kind}", default="2020", show_default=True, metavar=metavar, shell_complete=completed, help=text
    )


FILE = click.Path(path_type=Path)
SHARED: tuple[Callable[[Any], Any], ...] = (
    options.folder("--out", metavar="DIR", help="Results folder; needed but for --dry-run."),
    options.seed,
    options.pool,
    click.option("--quick", is_flag=True, help="A try-out of under two minutes, marked as such in every file."),
    click.option(
        "--sizes",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Other sizes than those of configs/studies, as TOML.",
    ),
    options.fresh,
    click.option("--dry-run", is_flag=True, help="Say what would run, and what it would take; run only a pilot."),
    options.folder(
        "--reference",
        metavar="DIR",
        help="Write the tables there too, each naming this command (full setting only).",
    ),
)
OWN = {
    "ensemble": click.option(
        "--ensemble",
        default="2020",
        show_default=True,
        metavar="E",
        shell_complete=completion.names(beside=("2020", "prior", "none")),
        help="Uncertain parameters: 2020 (calibrated), prior (the wide priors), none (defaults), or a CSV file.",
    ),
    "weights": click.option(
        "--weights",
        default="",
        metavar="W",
        help="Weigh the states anew, such as encounter=tip_off:0.8,waiting=budget:0.5; no run is made again.",
    ),
    "targets": _of_a_kind("targets", "T", "What was reported"),
    "priors": _of_a_kind("priors", "P", "Uncertain parameters"),
    "draws": click.option(
        "--draws", type=click.IntRange(2), metavar="N", help="Draws of the priors, instead of those of the sizes."
    ),
    "prior_runs": options.folder(
        "--prior-runs", metavar="DIR", help="Folder of the table of prior runs; made if it is not there."
    ),
    "as_json": options.as_json,
    "claims": click.option("--claims", type=FILE, metavar="FILE", help="Other claims than the program's."),
    "decided": click.option(
        "--decided",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        metavar="DIR",
        help="A folder of posture decide: its last runs are read, not run again.",
    ),
    "page": options.file("--page", metavar="FILE", help="Write the page there too (docs/claims.md)."),
}


def _command(name: str) -> click.Command:
    """The command of a study."""
    about = commands()[name]
    command = options.together(partial(_study, name), *SHARED, *(OWN[each] for each in _own(about)))
    return click.command(about.name, help=about.text)(command)


def _own(about: Command) -> tuple[str, ...]:
    """A study's own options: whatever is asked over an ensemble can be asked to weigh its states anew."""
    return (*about.options, "weights") if "ensemble" in about.options else about.options


def __getattr__(name: str) -> click.Command:
    """`sensitivity_command` and the others."""
    for study, command in commands().items():
        if name == f"{command.name.replace('-', '_')}_command":
            return _command(study)
    raise AttributeError(name)


def _study(
    name: str,
    out: Path | None,
    reference: Path | None,
    page: Path | None = None,
    *,
    dry_run: bool,
    as_json: bool = False,
    **given: Any,
) -> None:
    """Check what is asked, run the study in its folder, and keep what it found."""
    extras.need("study", *commands()[name].packages)
    from experiments.cli import screen
    from experiments.files.manifest import now
    from experiments.runs.room import whole_or_kept
    from experiments.studies import catalogue, frame

    if out is None and not dry_run:
        raise click.UsageError("Missing option '--out'.")
    frame.check_reference(reference, quick=given["quick"])
    study, started = catalogue.load(name), now()
    request = _request(study, given)
    work = study.prepare(request)
    if out is None or dry_run:
        _say_plan(study, request, out, given)
        return
    with _runner(out, given) as runner, whole_or_kept(out):
        _say_time(study, request, runner.pool.slots())
        with _Progress() as runner.progress:
            found = work(runner)
        draw = partial(_draw, study, found, request, runner, page)
        files = frame.keep(study, found, request, runner, given_arguments(), started, draw, reference)
    _tell(study, found, as_json=as_json)
    for line in frame.counts_in_words(runner, study.about(found)):
        screen.say(line, quiet=as_json)
    screen.say_where(out, files, quiet=as_json)


def _say_plan(study: Study[Any, Any], request: StudyRequest[Any], out: Path | None, given: Mapping[str, Any]) -> None:
    """What would be run, what it would take, and what it would write."""
    from experiments.cli import screen

    stages, most = study.counted(request), "at most " if study.adapts else ""
    for stage, runs in stages.items():
        screen.say(f"{stage}: {most}{counted(runs, 'run')}", quiet=False)
    with given["workers"].pool() as pool:
        time = _time(stages, request, pool.slots())
    screen.say(f"In all {most}{counted(sum(stages.values()), 'run')}: {time}.", quiet=False)
    where = "the folder of --out" if out is None else str(out)
    screen.say(f"Would write into {where}: {', '.join(_files(study, request))}", quiet=False)


def _files(study: Study[Any, Any], request: StudyRequest[Any]) -> Iterator[str]:
    """What a study writes; figures hang on what is found."""
    yield from (f"{name}.csv" for name in study.forms)
    yield from study.also(request)
    if study.page:
        yield f"{study.name}.md"
    if study.drawn:
        yield "figures"
    yield "manifest.json"


def _say_time(study: Study[Any, Any], request: StudyRequest[Any], workers: int) -> None:
    """How many runs before they begin, and what they take as soon as that is known."""
    from experiments.cli import screen

    stages = study.counted(request)
    screen.warn(f"{'At most ' if study.adapts else ''}{counted(sum(stages.values()), 'run')}; measuring …")
    screen.warn(f"{_time(stages, request, workers)}.")


def _time(stages: Mapping[str, int], request: StudyRequest[Any], workers: int) -> str:
    """Of all runs, in words; analysis comes on top."""
    from experiments.cli import screen
    from experiments.studies.expected import run_seconds

    seconds = sum(stages.values()) * run_seconds(request.seed)
    clock = f"{duration(seconds / workers)} with {counted(workers, 'worker')}"
    return f"{screen.core_minutes(seconds)} of running, {clock}, if none of it is there yet"


def _request(study: Study[Any, Any], given: Mapping[str, Any]) -> StudyRequest[Any]:
    """What is asked of a study, by the options that it has."""
    from experiments.studies.catalogue import check_weighs
    from experiments.studies.settings import load_sizes
    from experiments.studies.study import StudyRequest

    check_weighs(study, given.get("weights", ""))

    named = {key: given[key] for key in _own(commands()[study.name]) if key in given}
    sizes = load_sizes(study.sizes, given["sizes"] or study.name, quick=given["quick"])
    return StudyRequest(sizes, given["seed"], **named)


@contextmanager
def _runner(out: Path, given: Mapping[str, Any]) -> Iterator[StudyRunner]:
    """A runner in a locked folder, with the workers that are asked for."""
    from experiments.cli import screen
    from experiments.studies.runner import StudyRunner

    with given["workers"].pool() as pool, screen.at_work(out) as folder:
        runner = StudyRunner(folder, pool, given["seed"], given["quick"], say=screen.warn)
        if given["fresh"]:
            runner.clear()
        screen.say_torn(runner.room.torn)
        yield runner


class _Progress(ExitStack):
    """A line for each stage as it begins, then one bar for it, however often the stage asks for runs."""

    _stage, _whole = "", cast("RunProgress | None", None)

    @contextmanager
    def __call__(self, stage: str) -> Iterator[RunProgress]:
        """Runs of a stage."""
        from experiments.cli import screen

        if self._whole is None or stage != self._stage:
            self.close()
            screen.warn(f"{stage} …")
            self._stage, self._whole = stage, self.enter_context(screen.progress(stage))
        yield _part_of(self._whole)


def _part_of(whole: RunProgress) -> RunProgress:
    """What listens to some of the runs that a bar is about: their totals are added when the first of them end."""
    part = replace(whole, total_runs=0, total_cost=0.0)

    def on_runs(runs: int, cost: float) -> None:
        whole.total_runs, whole.total_cost = whole.total_runs + part.total_runs, whole.total_cost + part.total_cost
        part.total_runs, part.total_cost = 0, 0.0
        whole.on_runs(runs, cost)

    part.on_runs = on_runs
    return part


def _draw(
    study: Study[Any, Any],
    found: Any,
    request: StudyRequest[Any],
    runner: StudyRunner,
    page: Path | None,
    tables: Mapping[str, Any],
    entry: Mapping[str, Any],
) -> list[str]:
    """Figures, and the page of a study that has one; their names."""
    from experiments.files.whole import replacing, results_folder
    from experiments.report.page.save import save

    module = f"experiments.report.{study.name}.figures"
    files = save(import_module(module).pictures(tables, entry), runner.folder) if study.drawn else []
    if study.page:
        text = import_module(study.page).page(found, request.ensemble, given_arguments(), quick=runner.quick)
        files.append(f"{study.name}.md")
        for path in (runner.folder / files[-1], *([page] if page else [])):
            with replacing(results_folder(path.parent) / path.name) as file:
                file.write(text)
    return files


def _tell(study: Study[Any, Any], found: Any, *, as_json: bool) -> None:
    """What a study found, in lines or as JSON."""
    from experiments.cli import screen

    if as_json:
        screen.print_json(study.as_json(found))
        return
    for line in study.lines(found):
        _say(line)


def _say(line: str | Lines) -> None:
    """A line, or a table."""
    from experiments.cli import screen

    if isinstance(line, str):
        screen.say(line, quiet=False)
    else:
        screen.console().print(_table(line))


def _table(lines: Lines) -> Table:
    """A table for the screen."""
    from experiments.cli import screen

    table = screen.new_table(lines.title, lines.columns, numbers_from=lines.numbers_from)
    for row in lines.rows:
        table.add_row(*map(screen.cell, row))
    return table
