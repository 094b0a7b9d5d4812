"""`posture compare`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from experiments.cli import completion, options
from experiments.cli.group import given_arguments

if TYPE_CHECKING:
    from experiments.runs.compare import Compared, OverStates
    from experiments.runs.comparison import Comparison
    from experiments.runs.plan import Plan
    from experiments.runs.pools import Pool
    from experiments.runs.room import Room
    from experiments.runs.stopping import StopRule
    from sim.scenario import Scenario

STATES, REPLICATES, REPLICATES_AT_ONE_POINT = 200, 5, 1000


@click.command("compare", short_help="Postures compared over states of the world.")
@click.argument("postures", nargs=-1, required=True, metavar="BASE POSTURE...", shell_complete=completion.policies)
@click.option(
    "--ensemble",
    default="2020",
    show_default=True,
    metavar="NAME",
    shell_complete=completion.names(beside=("2020", "prior", "none")),
    help="States of the world: 2020, prior, the path of a .csv, or none for one point of the parameters.",
)
@click.option("--states", type=click.IntRange(1), metavar="N", help=f"How many of these; {STATES} by default.")
@click.option(
    "--replicates",
    type=click.IntRange(1),
    metavar="N",
    help=f"Runs of each posture, in each state: {REPLICATES} by default, {REPLICATES_AT_ONE_POINT} at one point.",
)
@click.option(
    "--equal-budgets/--no-equal-budgets",
    default=True,
    help="Whether postures with equal people and batteries (equal_NAME) are compared beside those named.",
)
@options.seed
@options.out
@options.pool
@options.stop_when
@options.fresh
@options.changes
@options.as_json
def compare_command(
    postures: tuple[str, ...],
    ensemble: str,
    states: int | None,
    replicates: int | None,
    equal_budgets: bool,
    seed: int,
    out: Path | None,
    workers: options.Workers,
    stop_when: str | None,
    fresh: bool,
    changes: options.Changes,
    as_json: bool,
) -> None:
    """Compare postures with the first one, BASE, over states of the world: draws of what nobody knows.

    In each state every posture meets the same streams of chance; each state has streams of its own. A posture may
    bring responses, joined by +, so that a response is compared with none: six six+zone_clearance=0.5. A --response
    holds in all of them; what a posture or --set fixes holds in every state.

    Prints what changes (POSTURE − BASE): the mean over states with its 95% interval, where nine states of ten lie,
    the share of states in which the sign holds, and what would turn it. Into DIR go every run (runs.csv), the states
    (states.csv), every measure (effects.csv; of one point comparison.csv), their course week by week (weekly.csv),
    attacks by square (squares.csv), fire by site (sites.csv), figures and a manifest. Runs that are in DIR already are
    not run again: after a stop, or with more states or replicates, the same command goes on. The files don't depend on
    workers or interruptions.

    \b
    Examples:
      posture compare fourteen six --out results/demo
      posture compare six six+zone_clearance six+zone_clearance+surge=0.5@90 --states 100
      posture compare fourteen six --response zone_closure_on_warning --calendar 2020
      posture compare fourteen six drawdown_2020 --set defence.p_intercept=0.5 --json
      posture compare fourteen six --ensemble none --replicates 1000
    """
    from experiments.cli import screen
    from experiments.files.manifest import now
    from experiments.runs.compare import WRITTEN, plan_of_scenarios
    from experiments.runs.outputs import outputs_of
    from experiments.runs.stopping import parse_rule

    if len(postures) < 2:
        raise click.UsageError("Give at least two postures.")
    rule, started = parse_rule(stop_when) if stop_when else None, now()
    scenarios, over = _asked(postures, changes, ensemble, states, equal_budgets, seed)
    every = (*scenarios, *(over.beside if over else ()))
    replicates = replicates or (REPLICATES if over else REPLICATES_AT_ONE_POINT)
    outputs = outputs_of(WRITTEN if out else ())
    plan = plan_of_scenarios(every, seed, replicates, outputs, over.states if over else ())
    screen.say_calendars(scenarios)
    with workers.pool() as pool:
        screen.compile_first(scenarios[0])
        with _room(plan, seed, out, pool, fresh, over) as room:
            compared = _compare(scenarios, plan, room, rule, over)
            _finish(compared, seed, out, started, as_json)
    _check_failed(compared)


def _asked(
    postures: tuple[str, ...],
    changes: options.Changes,
    ensemble: str,
    n_states: int | None,
    equal_budgets: bool,
    seed: int,
) -> tuple[list[Scenario], OverStates | None]:
    """The scenarios that are named, and over what they are compared; None: at one point, without any beside them."""
    from experiments.runs.compare import OverStates, check_names, with_window
    from experiments.runs.equal_budgets import partners
    from experiments.studies.ensemble import NONE, first_states, short_name
    from experiments.studies.structures.rivals import included, load_rivals

    scenarios = changes.load(postures)
    check_names(scenarios)
    if ensemble == NONE:
        if n_states:
            raise click.UsageError("--states needs an ensemble: with --ensemble none there is one point.")
        return with_window(scenarios), None
    fixed = changes.keys
    draws = first_states(ensemble, n_states or STATES, seed)
    states = [{key: value for key, value in draw.items() if key not in fixed} for draw in draws]
    rivals = load_rivals().within(states[0].keys())
    structures = dict(zip((rival.name for rival in rivals), included(states, rivals).T, strict=True))
    beside, equal = partners(postures, scenarios, changes.load) if equal_budgets else ([], [])
    every, n = with_window([*scenarios, *beside]), len(scenarios)
    return every[:n], OverStates(short_name(ensemble), tuple(states), structures, tuple(every[n:]), tuple(equal))


def _compare(
    scenarios: list[Scenario], plan: Plan, room: Room, rule: StopRule | None, over: OverStates | None
) -> Compared:
    """Run, and say how far it is."""
    from experiments.cli import screen
    from experiments.runs.compare import compare

    with screen.progress("compare") as progress:
        compared = compare(scenarios, plan, room, say=screen.warn, progress=progress, rule=rule, over=over)
        progress.on_stage("writing")
    screen.say_torn(room.torn)
    return compared


@contextmanager
def _room(plan: Plan, seed: int, out: Path | None, pool: Pool, fresh: bool, over: OverStates | None) -> Iterator[Room]:
    """In the folder of the results or, for none, in one that is forgotten."""
    from experiments.cli import screen
    from experiments.runs.compare import described
    from experiments.runs.room import Room
    from experiments.runs.sweep import opened

    if out is None:
        with tempfile.TemporaryDirectory(prefix="posture-") as forgotten:
            yield Room(Path(forgotten), pool)
        return
    with screen.at_work(out) as folder:
        yield opened(folder, pool, described(plan, seed, over), plan.keys, fresh=fresh)


def _finish(compared: Compared, seed: int, out: Path | None, started: str, as_json: bool) -> None:
    """Rows are on disk before anything is made of them; the manifest comes last."""
    from experiments.cli import screen
    from experiments.runs.comparison_files import write_answer, write_course, write_runs
    from experiments.runs.room import whole_or_kept
    from sim.errors import RunError

    if out is None:
        _print(compared, compared.comparison(), as_json)
        if not as_json:
            screen.say("No files written: give --out DIR for the runs and figures.", quiet=False)
        return
    with whole_or_kept(out):
        write_runs(out / "runs.csv", compared)
        try:
            comparison = compared.comparison()
        except RunError:  # every run failed: the rows say why
            _write_manifest(out, compared, seed, started, ["runs.csv"])
            raise
        files = [*write_answer(out, compared, comparison), *write_course(out, compared), *_figures(comparison, out)]
        _write_manifest(out, compared, seed, started, ["runs.csv", *files])
    _print(compared, comparison, as_json)
    names = ["runs.csv", "manifest.json", *files]
    if compared.over and not as_json:
        screen.print_lines(screen.answer_console(), f"Files in {out}: {', '.join(names)}. Page: posture report {out}")
    else:
        screen.say_where(out, names, quiet=as_json)


def _figures(comparison: Comparison, out: Path) -> list[str]:
    from experiments.report.comparison.section import pictures
    from experiments.report.page.save import save

    return save(pictures(comparison), out)


def _write_manifest(folder: Path, compared: Compared, seed: int, started: str, files: Sequence[str]) -> None:
    from experiments.files.finished import finish
    from experiments.files.manifest import manifest

    plan, over = compared.plan, compared.over
    counts = {"postures": len(compared.every), "replicates": plan.replicates, "runs": plan.n_runs}
    counts |= {"failed": len(compared.failed)} | ({"states": len(over.states)} if over else {})
    made_by = compared.archive.made_by(plan.keys)
    found = manifest(given_arguments(), compared.every, seed, counts, started, made_by)
    finish(folder, found | (_over(compared, over) if over else {}), files)


def _over(compared: Compared, over: OverStates) -> dict[str, Any]:
    """What the manifest says of a comparison over states: of which ensemble, of which labels, and which are beside."""
    names = [scenario.label for scenario in compared.scenarios]
    return {"ensemble": over.ensemble, "compared": names, "equal_budgets": [list(pair) for pair in over.equal]}


def _print(compared: Compared, comparison: Comparison, as_json: bool) -> None:
    from experiments.cli import screen
    from experiments.runs.comparison import as_json as to_json

    over = compared.over
    if as_json:
        screen.print_json(to_json(comparison, over.included if over else None))
    elif over:
        screen.print_answer(comparison, over, compared.plan.replicates)
    else:
        for table in screen.comparison_tables(comparison):
            screen.console().print(table)
        click.echo(screen.EXPLANATION)


def _check_failed(compared: Compared) -> None:
    from sim.errors import RunError

    if not compared.failed:
        return
    first, of = compared.failed[0], len(compared.keys(compared.scenarios[0]))
    lost = f"{of - compared.comparison().n} of {of} pairs left out"
    raise RunError(f"{len(compared.failed)} runs failed, {lost}; {first.label}, seed {first.seed}: {first.error}")
