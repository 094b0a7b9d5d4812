"""`posture common-state`: the numbers of a theatre's `[common_state]`."""

from __future__ import annotations

import click

from experiments.cli import completion, options


@click.command("common-state", short_help="What the common state of 1 January yields, for a theatre's file.")
@click.argument("posture", default="drawdown_2020", shell_complete=completion.names("postures"))
@click.option("--replicates", default=400, show_default=True, type=click.IntRange(2, 100_000), help="Runs of a round.")
@click.option(
    "--pairs",
    default=8000,
    show_default=True,
    type=click.IntRange(2, 1_000_000),
    help="Pairs of runs, one of each with a call for attacks: what follows is mostly luck.",
)
@options.seed
def common_state_command(posture: str, replicates: int, pairs: int, seed: int) -> None:
    """The table [common_state] of the theatre of POSTURE, whose first day it is.

    Nothing changes in that state: no active defence, no handovers, no calendar, nothing learned. Put what is printed
    into the theatre's file: factions begin with these beliefs, and momentum counts attacks, in every policy alike.

    \b
    Examples:
      posture common-state drawdown_2020 --replicates 20 --pairs 100
    """
    from experiments.runs.common_state import common_state
    from sim.draws import replicate_seed
    from sim.scenario import load_scenario

    seeds = [replicate_seed(seed, k) for k in range(max(replicates, pairs))]
    state = common_state(
        load_scenario(posture), seeds[:replicates], seeds[:pairs], lambda text: click.echo(text, err=True)
    )
    click.echo("\n".join(["[common_state]", *(f"{key} = {value:.4g}" for key, value in state)]))
