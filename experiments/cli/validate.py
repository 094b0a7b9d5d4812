"""`posture validate`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from experiments.cli import given_arguments, options

if TYPE_CHECKING:
    from experiments.validation.study import Question, Validation


@click.command("validate", short_help="The model beside what was reported, and beside null models.")
@click.option(
    "--targets", default="2020", show_default=True, metavar="T", help="What was reported: a name or FILE.toml."
)
@click.option(
    "--ensemble",
    default="2020",
    show_default=True,
    metavar="E",
    help="Uncertain parameters: 2020 (calibrated), none (defaults), or a CSV file.",
)
@click.option(
    "--priors", default="2020", show_default=True, metavar="P", help="For windows left out: a name or FILE.toml."
)
@options.study
def validate_command(
    targets: str,
    ensemble: str,
    priors: str,
    out: Path,
    seed: int,
    workers: int | None,
    quick: bool,
    fresh: bool,
    reference: Path | None,
) -> None:
    """Compare runs with targets: what was reported, in a TOML file with windows of days and tolerances.

    Null models predict the same windows from the others, on the same scores.

    \b
    Examples:
      posture validate --quick --out results/try
      posture validate --targets my_targets.toml --ensemble none --out results/mine
    """
    from experiments import store
    from experiments.ensemble import load_ensemble
    from experiments.priors import load_priors
    from experiments.sweep import locked, whole_or_kept
    from experiments.targets import load_targets
    from experiments.validation.settings import FULL, QUICK
    from experiments.validation.study import Question

    if quick and reference is not None:
        raise click.UsageError("--reference is for the full setting, not for --quick.")
    loaded, draws, known = load_targets(targets), load_ensemble(ensemble), load_priors(priors)
    question = Question(loaded, draws, known, QUICK if quick else FULL, seed, workers or os.cpu_count() or 1)
    started = store.now()
    with whole_or_kept(out):
        folder = store.results_folder(out)
    with locked(folder), whole_or_kept(out):
        validation, files = _validate(question, folder, fresh, reference, started)
    _say(validation)
    from experiments.cli import screen

    screen.say_where(folder, files, quiet=False)


def _validate(
    question: Question, folder: Path, fresh: bool, reference: Path | None, started: str
) -> tuple[Validation, list[str]]:
    from dataclasses import replace

    from experiments import store
    from experiments.calibration.work import Work
    from experiments.cli import screen
    from experiments.cli.stages import stages
    from experiments.validation import outputs
    from experiments.validation.figures import write_figures
    from experiments.validation.study import validate

    screen.compile_first(question.loaded.scenario)
    work = Work(folder, question.content(), fresh=fresh)
    try:
        with stages() as told:
            validation = validate(replace(question, told=told), work)
    except KeyboardInterrupt:
        click.echo(f"posture: stopped; what is complete is kept in {folder}. The same command goes on.", err=True)
        raise
    files = outputs.write(validation, folder)
    if reference is not None:
        outputs.write(validation, store.results_folder(reference), " ".join(["posture", *given_arguments()]))
    files += write_figures(validation, folder)
    counts = {"runs": len(validation.predicted)}
    content = store.manifest(given_arguments(), [question.loaded.scenario], question.seed, counts, started)
    store.write_json(folder / "manifest.json", content | {"validation": outputs.about(validation)})
    work.done()
    return validation, [*files, "manifest.json"]


def _say(validation: Validation) -> None:
    """Targets, scores and facts, in tables."""
    from experiments.cli import screen

    runs = f"{len(validation.predicted)} runs, ensemble {validation.question.ensemble.name}"
    table = screen.new_table(f"Targets, {runs}", ["target", "reported", "median", "5% to 95%", "agree"], numbers_from=1)
    for check in validation.checked:
        low, _, median, _, high = (screen.number(float(q)) for q in check.quantiles)
        table.add_row(check.target.name, check.target.reported, median, f"{low} to {high}", f"{check.p_agree:.2f}")
    screen.console().print(table)
    for level, (inside, of) in validation.coverage().items():
        screen.say(f"{inside} of {of} targets lie in the middle {100 * level:.0f}% of the runs.", quiet=False)
    if validation.scores:
        _say_scores(validation)
    if validation.question.setting.quick:
        screen.say("QUICK setting: a try-out. Its numbers mean nothing.", quiet=False)


def _say_scores(validation: Validation) -> None:
    """Scores of model and null models; plainly, where a null model does as well."""
    from experiments.cli import screen
    from experiments.validation.left_out import MODEL, SEEN, totals

    found = totals(validation.scores)
    table = screen.new_table(
        "Each window predicted from the others; lower is better",
        ["model", "measure", "log score", "CRPS"],
        numbers_from=2,
    )
    for (measure, model), (log_score, crps, _) in found.items():
        table.add_row(model, measure, f"{log_score:.2f}", f"{crps:.2f}")
    screen.console().print(table)
    for (measure, model), values in found.items():
        better = [
            name for name, a, b in zip(("log score", "CRPS"), values, found[(measure, MODEL)], strict=False) if a <= b
        ]
        if model not in (MODEL, SEEN) and better:
            screen.say(
                f"{measure}: {model} does as well as the model, or better, by {' and '.join(better)}.", quiet=False
            )
