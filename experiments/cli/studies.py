"""`posture sensitivity`, `factorial`, `discover` and `claims`: options, progress, files; the work is in `studies`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from experiments.cli import given_arguments, options

if TYPE_CHECKING:
    from pandas import DataFrame

    from experiments.files.study_tables import CsvTable
    from experiments.report.page.document import Picture
    from experiments.studies.runner import StudyRunner

_ensemble = click.option(
    "--ensemble",
    default="2020",
    show_default=True,
    metavar="E",
    help="Uncertain parameters: 2020 (calibrated), prior (the wide priors), none (defaults), or a CSV file.",
)


@contextmanager
def _bench(out: Path, seed: int, workers: int | None, quick: bool, fresh: bool) -> Iterator[StudyRunner]:
    """A locked folder and a pool; a stop says that what is complete is kept."""
    from experiments.cli import screen
    from experiments.files import store
    from experiments.runs import pools
    from experiments.runs.room import locked, whole_or_kept
    from experiments.studies.runner import StudyRunner

    with whole_or_kept(out):
        folder = store.results_folder(out)
    with pools.threads(workers) as pool, locked(folder):
        bench = StudyRunner(folder, pool, seed, quick)
        bench.progress = lambda name: _said(name, lambda: screen.progress(name))
        if fresh:
            bench.clear()
        try:
            yield bench
        except KeyboardInterrupt:
            click.echo(f"posture: stopped; what is complete is kept in {out}. The same command goes on.", err=True)
            raise


@contextmanager
def _said(stage: str, progress: Callable[[], Any]) -> Iterator[Any]:
    """A stage's name, then its progress."""
    click.echo(f"{stage} …", err=True)
    with progress() as listener:
        yield listener


def _finish(
    bench: StudyRunner,
    study: str,
    settings: Any,
    tables: dict[str, CsvTable],
    about: dict[str, Any],
    started: str,
    reference: Path | None,
    pictures: Callable[[Mapping[str, DataFrame], Mapping[str, Any]], Iterable[Picture]],
) -> None:
    """Write tables, figures and manifest, and say where they are."""
    from experiments.cli import screen
    from experiments.report.study_figures import save
    from experiments.studies import outputs

    entry = outputs.study_entry(bench, study, settings, about)
    files = outputs.write_tables(tables, bench.folder, entry["setting"])
    files += save(pictures(outputs.frames(tables, entry["setting"]), entry), bench.folder)
    if reference is not None:
        outputs.write_reference(tables, study, reference, given_arguments())
    outputs.write_manifest(bench, entry, given_arguments(), started)
    for line in _counts(bench, about):
        screen.say(line, quiet=False)
    screen.say_where(bench.folder, [*files, "manifest.json"], quiet=False)


def _counts(bench: StudyRunner, about: dict[str, Any]) -> Iterator[str]:
    """Runs, failures and what was left out, in words."""
    runs, ran = (int(sum(stage[key] for stage in bench.stages.values())) for key in ("runs", "ran_now"))
    failed = int(sum(stage["failed"] for stage in bench.stages.values()))
    seconds = sum(stage["seconds"] for stage in bench.stages.values())
    yield f"{runs} runs ({ran} run now), {failed} failed, {seconds:.0f} s of running."
    lost = {stage: n for stage, n in about.get("left_out", {}).items() if n}
    if lost:
        yield "Left out of the analysis: " + ", ".join(f"{n} points of {stage}" for stage, n in lost.items())
    if bench.quick:
        yield "QUICK setting: a try-out. Its numbers mean little."


@click.command("sensitivity", short_help="Which uncertain parameters decide the answers.")
@options.study
def sensitivity_command(
    out: Path, seed: int, workers: int | None, quick: bool, fresh: bool, reference: Path | None
) -> None:
    """One at a time, Morris screening over all uncertain parameters, Sobol indices of those that matter.

    Of fourteen sites, of six, and of the difference; luck is told apart from parameters by replicates, and is the
    floor above which a parameter counts. See docs/sensitivity.md.

    \b
    Examples:
      posture sensitivity --quick --out results/try
      posture sensitivity --out results/sensitivity
    """
    from experiments.cli.study_summaries import sensitivity_lines
    from experiments.files import store
    from experiments.report.sensitivity import figures
    from experiments.studies import outputs, sensitivity, settings, tables
    from experiments.studies import states as worlds

    outputs.check_reference(reference, quick=quick)
    sizes, started = settings.load_study(settings.SensitivityStudy, "sensitivity", quick=quick), store.now()
    with _bench(out, seed, workers, quick, fresh) as bench:
        found = sensitivity.study(bench, worlds.priors(), sizes)
        about = {"priors": "2020", "sobol_parameters": list(found.kept), "left_out": found.left_out}
        for line in sensitivity_lines(found):
            click.echo(line)
        _finish(bench, "sensitivity", sizes, tables.sensitivity(found), about, started, reference, figures.pictures)


@click.command("factorial", short_help="Sites × batteries × people: which change makes the difference.")
@options.study
@_ensemble
def factorial_command(
    out: Path, seed: int, workers: int | None, quick: bool, fresh: bool, reference: Path | None, ensemble: str
) -> None:
    """All main effects and interactions of sites, batteries and people, in pairs, with intervals.

    At the default values with many replicates, then over draws of the ensemble. See docs/factorial.md.

    \b
    Examples:
      posture factorial --quick --out results/try
      posture factorial --out results/factorial
    """
    from experiments.cli.study_summaries import factorial_lines
    from experiments.files import store
    from experiments.report.factorial import figures
    from experiments.studies import factorial, outputs, settings, tables
    from experiments.studies import states as worlds

    outputs.check_reference(reference, quick=quick)
    sizes, started = settings.load_study(settings.FactorialStudy, "factorial", quick=quick), store.now()
    drawn = worlds.draws(ensemble, sizes.draws, seed)
    with _bench(out, seed, workers, quick, fresh) as bench:
        found = factorial.study(bench, drawn, sizes)
        about = {"ensemble": ensemble, "left_out": found.left_out}
        for line in factorial_lines(found):
            click.echo(line)
        _finish(bench, "factorial", sizes, tables.factorial(found), about, started, reference, figures.pictures)


@click.command("discover", short_help="Where the answer flips, and what is robust.")
@options.study
def discover_command(
    out: Path, seed: int, workers: int | None, quick: bool, fresh: bool, reference: Path | None
) -> None:
    """In which worlds is fourteen better than six, or a response worse than none? And which pair is robust?

    Over the wide priors: boxes by PRIM and by a classification tree, tried again on fresh worlds with fresh luck;
    regret and satisficing of each posture with each response. See docs/discovery.md.

    \b
    Examples:
      posture discover --quick --out results/try
      posture discover --out results/discovery
    """
    from experiments.cli.study_summaries import discovery_lines
    from experiments.files import store
    from experiments.report.discovery import figures
    from experiments.studies import discovery, outputs, settings, tables
    from experiments.studies import states as worlds

    outputs.check_reference(reference, quick=quick)
    sizes, started = settings.load_study(settings.DiscoveryStudy, "discovery", quick=quick), store.now()
    with _bench(out, seed, workers, quick, fresh) as bench:
        found = discovery.study(bench, worlds.priors(), sizes)
        about = {"priors": "2020", "left_out": found.left_out}
        for line in discovery_lines(found):
            click.echo(line)
        _finish(bench, "discovery", sizes, tables.discovery(found), about, started, reference, figures.pictures)


@click.command("claims", short_help="The claims of the source, each with a verdict.")
@options.study
@_ensemble
@click.option(
    "--claims", "file", type=click.Path(path_type=Path), metavar="FILE", help="Other claims than the program's."
)
@click.option(
    "--page", type=click.Path(path_type=Path), metavar="FILE", help="Write the page there too (docs/claims.md)."
)
def claims_command(
    out: Path,
    seed: int,
    workers: int | None,
    quick: bool,
    fresh: bool,
    reference: Path | None,
    ensemble: str,
    file: Path | None,
    page: Path | None,
) -> None:
    """Each claim of the source (S15 to S30): supported, contradicted or undetermined over the ensemble, or assumed.

    The tests and the sizes that matter are in configs/claims.toml. Writes the page claims.md.

    \b
    Examples:
      posture claims --quick --out results/try
      posture claims --out results/claims --page docs/claims.md
    """
    from experiments.cli.study_summaries import claims_lines
    from experiments.files import store
    from experiments.report.claims import figures
    from experiments.report.claims import page as claims_page
    from experiments.studies import claims, claims_config, outputs, tables
    from experiments.studies import states as worlds

    outputs.check_reference(reference, quick=quick)
    ledger, started = claims_config.load_claims(file), store.now()
    sizes = ledger.quick if quick else ledger.full
    inside, outside = (worlds.draws(name, sizes.draws, seed) for name in (ensemble, "prior"))
    with _bench(out, seed, workers, quick, fresh) as bench:
        found = claims.study(bench, ledger, sizes, inside, outside)
        about = {"ensemble": ensemble, "left_out": found.left_out}
        text = claims_page.page(found, ledger, ensemble, given_arguments(), quick=quick)
        for path in (bench.folder / "claims.md", *([page] if page else [])):
            with store.replacing(path) as out_file:
                out_file.write(text)
        for line in claims_lines(found):
            click.echo(line)
        _finish(bench, "claims", ledger, tables.claims(found), about, started, reference, figures.pictures)
