"""`posture validate`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from experiments.cli import given_arguments, options

if TYPE_CHECKING:
    from experiments.studies.validation.study import Question, Validation


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
    from experiments.cli import screen
    from experiments.cli.stages import at_work
    from experiments.files import store
    from experiments.report.study_figures import save
    from experiments.report.validation.figures import pictures
    from experiments.studies.outputs import check_reference
    from experiments.studies.validation import tables as outputs
    from experiments.studies.validation.study import validate

    check_reference(reference, quick=quick)
    asked, started = _question(targets, ensemble, priors, seed, workers or os.cpu_count() or 1, quick), store.now()
    with at_work(asked, out, fresh=fresh) as (question, folder, work):
        found = validate(question, work)
        files = outputs.write(found, folder)
        if reference is not None:
            outputs.write(found, store.results_folder(reference), " ".join(["posture", *given_arguments()]))
        counts = {"runs": len(found.predicted)}
        content = store.manifest(given_arguments(), [question.loaded.scenario], seed, counts, started)
        content["validation"] = outputs.about(found)
        frames = {name: table.frame() for name, table in outputs.tables(found).items()}
        files += save(pictures(frames, content), folder)
        store.write_json(folder / "manifest.json", content)
    _say(found)
    screen.say_where(folder, [*files, "manifest.json"], quiet=False)


def _question(targets: str, ensemble: str, priors: str, seed: int, workers: int, quick: bool) -> Question:
    from experiments.studies.ensemble import load_ensemble
    from experiments.studies.priors import load_priors
    from experiments.studies.targets import load_targets
    from experiments.studies.validation.settings import FULL, QUICK
    from experiments.studies.validation.study import Question

    loaded, draws, known = load_targets(targets), load_ensemble(ensemble), load_priors(priors)
    return Question(loaded, known, QUICK if quick else FULL, seed, draws, workers=workers)


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
    from experiments.studies.validation.left_out import MODEL, SEEN, totals

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
