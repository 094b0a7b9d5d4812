"""The page: docs/audit.md. Every number in it is of the runs, or counted on the grid, by this command."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.audit.effects import Finding
from benchmarks.audit.variants import AS_IS, EXPERIMENTS, VARIANTS, Experiment, Variant
from experiments.files.sharing import sharing
from sim.scenario import load_scenario
from sim.theatre_config import TheatreConfig

VERDICTS = ("robust", "shifted", "undetermined")

_HEAD = """# An audit for artefacts

Made by `make audit`: {replicates:,} replicates of each posture under each variant, and where they leave an effect
undetermined {again:,} fresh ones, which then count alone. The conclusions must survive what a right implementation
does not care about. A row says how an effect changes against the model as it is, with its 95% interval, and the
tolerance: the larger of a tenth of the effect and 2% of the base. An interval is of luck alone, one effect at a time:
of so many rows a few stand near their bound by chance.

The tool ABMfact does something like it from outside, for any model. It is not used here: its list of changes
is fixed and has neither the steps of roads nor turns of a grid, it compares means of single arms rather than
paired effects of a policy, and its tolerance is its own.

What the audit found while the second edition was written, and what was mended: a turn by 20° took the equal-
budget difference in attacks on convoys from +12 to 0, because distances were between middles of squares and
three cells came into reach of a supply road; and steps of half the length moved bombs from towns to highways,
because each square counted as one however much road it stood for.

What a change must carry with it, or it changes more than it says:

- Steps of another length: cells move as many km an hour, not as many squares.
- So many times the cells: each lives so many times more slowly. Its starts and its resupply a day are divided; its days
  of lying low, of preparing and until it is formed again are multiplied, so that the same share is at large; what it
  learns and loses with one success or loss grows, so that all together learn as much. Its stock is in whole rounds, as
  what its operations take: shared among more cells, fewer of them have what a bomb or a drone takes. So both are shown:
  a cell's stock as it is (with more cells more rounds lie there on 1 January; resupply is the same in all), and the
  total shared.
- Half the cells: half of the runs lose the one, half the other of each two places, and their mean counts; else the
  row would show where the cells were that are gone.

"""

_WHY = """
## Why

**A turn of the grid.** What stands in one square meets: bombs and convoys, cells and Iraqi units. Squares of Iraq were
5 km, drawn so that each place had one of its own and roads that do not meet had none in common. A turned grid put two
places of Baghdad into one square: that is another map, not the same one seen otherwise. Turned by 30° it changed the
sign of the rise of attacks on convoys with equal budgets. It was not that Iraqi units count at two places: where nobody
minds them the shift stays (below). So it was the roads: two that do not meet had a square in common, and the bombs and
convoys of both met in it. Since then squares are 1 km; steps of roads are what they were. The table counts what shares
a square.

{shared}
**Other numbers of cells.** The first audit scaled starts, resupply, the stock of 1 January and days of lying low alone,
found shifts in fire, and guessed at skill. With skill still the shift stays. It falls step by step as what was left out
is put in: more cells at the same pace have a smaller share broken or preparing, so that more happens; and a stock
shared among more cells is less often enough for a bomb or a drone, so that rockets, of which one round will do, are
fired instead. Neither is large alone. Without momentum or learning the shift is smaller too: what happens feeds on
itself.
"""

_EXPERIMENTS = """
**Experiments.** A suspect is held still in both worlds, or a further quantity is scaled, and the effect is compared
again ({replicates:,} replicates). If a shift stays when its suspect is held still, the suspect is innocent. Runs are
fewer here: read how far a change falls, not the verdict alone.

{table}"""

_LIMITS = """
What no scaling mends (reasoned, not measured): a run begins with every cell at home, none lying low or broken. With
cells that live more slowly it takes longer until the usual share is away, so that with twice the cells somewhat more
happens in the same days. And the model tells nothing apart that is smaller than a square: a map whose places share
squares should have smaller ones (`square_km`).
"""


def page(found: Sequence[Finding], tried: Sequence[tuple[Experiment, list[Finding]]], runs: Sequence[int]) -> str:
    """The whole page; `runs` are the replicates of the audit, those where it is unsure, and of the experiments."""
    head = _HEAD.format(replicates=runs[0], again=runs[1])
    experiments = _EXPERIMENTS.format(replicates=runs[2], table=experiments_table(tried))
    return head + summary(found) + "\n" + _rows(found) + reasons() + experiments + _LIMITS


def reasons() -> str:
    """Why effects shift, with what shares a square."""
    return _WHY.format(shared=shared(VARIANTS))


def summary(found: Sequence[Finding]) -> str:
    """How many are robust, and which are not."""
    counts = ", ".join(f"{word} {sum(each.verdict == word for each in found)}" for word in VERDICTS)
    lines = [f"Of {len(found)} effects: {counts}."]
    lines += [f"- {each.verdict}: {_said(each)}" for word in VERDICTS[1:] for each in found if each.verdict == word]
    turned = [each for each in found if not each.sign_holds]
    if turned:
        lines.append("- another sign: " + "; ".join(f"{each.measure}, {each.pair}, {each.variant}" for each in turned))
    else:
        lines.append("- The sign of every effect holds in every row.")
    return "\n".join([lines[0], "", *lines[1:], ""])


def _said(each: Finding) -> str:
    return f"{each.variant}: {each.measure}, {each.pair}: {change(each)}, tolerance {each.tolerance:.2f}"


def change(each: Finding) -> str:
    """A change with its interval."""
    return f"{each.change:+.2f} [{each.low:+.2f}, {each.high:+.2f}]"


def _rows(found: Iterable[Finding]) -> str:
    head = ("variant", "replicates", "postures", "measure", "effect", "change [95% interval]", "tolerance", "verdict")
    rows = [(each.variant, f"{each.replicates:,}", each.pair, each.measure, *_numbers(each)) for each in found]
    return table(head, rows)


def _numbers(each: Finding) -> tuple[str, ...]:
    return f"{each.effect:+.2f}", change(each), f"{each.tolerance:.2f}", each.verdict


def experiments_table(tried: Iterable[tuple[Experiment, list[Finding]]]) -> str:
    """What each experiment leaves of the changes in fire and in attacks on convoys."""
    head = ("variant", "held still or scaled", "postures", "fire_attacks", "verdict", "convoy_attacks", "verdict")
    rows = []
    for experiment, found in tried:
        for pair in dict.fromkeys(each.pair for each in found):
            of = {each.measure: each for each in found if each.pair == pair}
            fire, convoys = of["fire_attacks"], of["convoy_attacks"]
            told = (change(fire), fire.verdict, change(convoys), convoys.verdict)
            rows.append((experiment.variant.name, experiment.suspect, pair, *told))
    return table(head, rows)


def shared(variants: Sequence[Variant]) -> str:
    """What shares a square under each change of the grid."""
    drawn = load_scenario("fourteen").theatre.config
    head = ("grid", "squares with several places", "pairs of roads that share a square and do not meet")
    grids = [v for v in variants if v.name.startswith(("grid", "squares"))]
    turns = {e.variant.name: e.variant for e in EXPERIMENTS if e.variant.name.startswith("squares")}
    return table(head, [_shared_row(v, drawn) for v in (AS_IS, *grids, *turns.values())])


def _shared_row(variant: Variant, drawn: TheatreConfig) -> tuple[str, str, str]:
    count = sharing(variant.theatres[0](drawn))
    return variant.name, str(count.places), str(count.roads)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown."""
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"
