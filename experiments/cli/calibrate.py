"""`posture calibrate`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from experiments.cli import given_arguments, options

if TYPE_CHECKING:
    from experiments.studies.calibration.study import Calibration, Question


@click.command("calibrate", short_help="Uncertain parameters from what was reported, with their uncertainty.")
@click.option(
    "--targets", default="2020", show_default=True, metavar="T", help="What was reported: a name or FILE.toml."
)
@click.option(
    "--priors", default="2020", show_default=True, metavar="P", help="Uncertain parameters: a name or FILE.toml."
)
@options.study
def calibrate_command(
    targets: str,
    priors: str,
    out: Path,
    seed: int,
    workers: int | None,
    quick: bool,
    fresh: bool,
    reference: Path | None,
) -> None:
    """Calibrate the uncertain parameters on the reported quarters, and prove by simulation that it can be done.

    Likelihood-free (ABC-SMC): the draws that are kept gave runs as near to the report as its own uncertainty asks.
    A run that is broken off goes on where it stopped.

    \b
    Examples:
      posture calibrate --quick --out results/try
      posture calibrate --out results/calibration --reference results/reference
    """
    from experiments.cli import screen
    from experiments.cli.stages import at_work
    from experiments.files import store
    from experiments.report.calibration.figures import pictures
    from experiments.report.study_figures import save
    from experiments.studies.calibration import tables as outputs
    from experiments.studies.calibration.study import calibrate
    from experiments.studies.outputs import check_reference

    check_reference(reference, quick=quick)
    asked, started = _question(targets, priors, seed, workers or os.cpu_count() or 1, quick), store.now()
    with at_work(asked, out, fresh=fresh) as (question, folder, work):
        found = calibrate(question, work)
        counts = {"draws": len(found.posterior.unit), "runs": found.posterior.runs}
        content = store.manifest(given_arguments(), [question.loaded.scenario], seed, counts, started)
        content["calibration"] = outputs.about(found)
        files = outputs.write(found, folder, content)
        if reference is not None:
            made_by = " ".join(["posture", *given_arguments()])
            outputs.write(found, store.results_folder(reference), content, made_by)
        files += save(pictures(outputs.frames(found), content), folder)
        store.write_json(folder / "manifest.json", content)
    _say(found)
    screen.say_where(folder, [*files, "manifest.json"], quiet=False)


def _question(targets: str, priors: str, seed: int, workers: int, quick: bool) -> Question:
    from experiments.studies.calibration.settings import FULL, QUICK
    from experiments.studies.calibration.study import Question, check
    from experiments.studies.priors import load_priors
    from experiments.studies.targets import load_targets
    from sim.errors import ConfigError

    loaded, known = load_targets(targets), load_priors(priors)
    if not known.calibrated.priors:
        raise ConfigError(None, "--priors", priors, "expected one prior or more with calibrated = true")
    check(loaded)
    return Question(loaded, known, QUICK if quick else FULL, seed, workers=workers)


def _say(calibration: Calibration) -> None:
    """The main findings."""
    from experiments.cli import screen

    posterior, identified = calibration.posterior, calibration.identified
    table = screen.new_table(
        f"{len(posterior.unit)} draws, worth {posterior.effective_size:.0f}",
        ["parameter", "prior 5% to 95%", "posterior 5% to 95%", "contraction"],
        numbers_from=1,
    )
    for learned in identified.parameters:
        if learned.calibrated:
            ends = [f"{pair[0]:.3g} to {pair[2]:.3g}" for pair in (learned.prior, learned.posterior)]
            table.add_row(learned.key, *ends, f"{learned.contraction:.2f}")
    screen.console().print(table)
    screen.say(
        f"A contraction below {identified.floor:.2f} may be chance. 0: nothing learned, 1: everything.", quiet=False
    )
    if calibration.setting.quick:
        screen.say("QUICK setting: a try-out. Its numbers mean nothing.", quiet=False)
