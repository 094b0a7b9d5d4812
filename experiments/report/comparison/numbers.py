"""The numbers of a comparison and what they say: paired differences, quarters beside the report, spread of runs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from experiments.files.columns import MAIN_MEASURES
from experiments.report import reports
from experiments.report.comparison.answer import BETTER, verdict_in
from experiments.report.style.colours import FEW
from experiments.report.style.panels import bars
from experiments.report.style.words import KINDS, policy, readable, sentence, short_labels, with_unit
from experiments.runs import displacement
from experiments.runs.comparison import Comparison, Pair
from sim.measures import BY_NAME
from sim.numbers import number, percent_change, signed
from sim.statistics import Interval, Values, spread

ATTACKS = ("fire_attacks", "convoy_attacks")
PANELS = (
    *("fire_attacks", "rounds_leaked", "convoy_attacks", "us_killed"),
    *("cells_broken", "relation_mean", "capital_mean", "pressure"),
)
DISTRIBUTIONS = ("fire_attacks", "rounds_leaked", "us_wounded", "convoy_attacks", "trucks_lost", "civilian_harm")
MOST = 8  # quarters that have measures
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")


def is_few(comparison: Comparison) -> bool:
    """Whether scenarios share an axis; of more each has a row."""
    return len(comparison.names) <= FEW


def is_reported(comparison: Comparison) -> bool:
    """Whether the runs cover the quarters that were reported."""
    return reports.are_those_of(comparison.quarters)


def against_base(comparison: Comparison, measure: str) -> list[Pair]:
    """Every scenario against the base in a measure."""
    return [comparison.pair(name, measure) for name in comparison.names[1:]]


# --- differences in per cent of the base: few scenarios ------------------------------------------------
def in_per_cent(comparison: Comparison) -> list[str]:
    """Main measures that can be given in per cent of the base."""
    base = comparison.names[0]
    return [m for m in comparison.among(MAIN_MEASURES) if abs(comparison.interval(base, m).mean) > 0]


def not_in_per_cent(comparison: Comparison) -> list[str]:
    """Differences, in their own units, of the main measures that move but of which the base has none."""
    shown = in_per_cent(comparison)
    rest = {m: against_base(comparison, m) for m in comparison.among(MAIN_MEASURES) if m not in shown}
    moved = {m: [pair.difference.mean for pair in pairs] for m, pairs in rest.items()}
    return [f"{with_unit(m)} {' and '.join(map(signed, means))}" for m, means in moved.items() if any(means)]


def percent_of_base(pair: Pair) -> str:
    """The difference in per cent of the base, with its sign."""
    return percent_change(share_of(pair))


def scaled(pairs: Sequence[Pair]) -> tuple[Values, Values]:
    """Means, and the lengths of the bars below and above, in per cent of the base."""
    scale = np.array([100 / abs(pair.base_value.mean) for pair in pairs])
    return scale * [pair.difference.mean for pair in pairs], scale * bars([pair.difference for pair in pairs])


def few_title(comparison: Comparison, name: str) -> str:
    """What falls and rises most among the main measures that have changed for certain."""
    pairs = [comparison.pair(name, measure) for measure in in_per_cent(comparison)]
    clear = sorted((p for p in pairs if p.difference.clear), key=lambda p: share_of(p))
    ends = [("largest fall", clear[:1], -1), ("largest rise", clear[-1:], 1)]
    parts = [
        f"{words} {readable(pair.measure)} ({percent_of_base(pair)})"
        for words, found, sign in ends
        for pair in found
        if pair.difference.mean * sign > 0
    ]
    head = f"{sentence(policy(name))} against {policy(comparison.names[0])}"
    return f"{head}: {', '.join(parts) or 'nothing is told apart'}"


def share_of(pair: Pair) -> float:
    """The difference as a share of the base."""
    return pair.difference.mean / abs(pair.base_value.mean)


def by_size(comparison: Comparison, name: str) -> list[Pair]:
    """The main measures that can be given in per cent: those that fall most first, those that rise most last."""
    return sorted((comparison.pair(name, measure) for measure in in_per_cent(comparison)), key=share_of)


# --- differences, a panel for each measure: many scenarios ---------------------------------------------
def panels_of(comparison: Comparison) -> list[str]:
    """The measures that have a panel."""
    return comparison.among(PANELS, len(PANELS))


def many_title(comparison: Comparison) -> str:
    """What is compared."""
    others = len(comparison.names) - 1
    return f"{others} policies against {policy(comparison.names[0])} (bars: 95% t interval, n = {comparison.sample})"


def panel_words(comparison: Comparison, measure: str) -> str:
    """The measure and its mean in the base; what moves it most in the good direction."""
    base, pairs = comparison.names[0], against_base(comparison, measure)
    head = f"{readable(measure)} ({policy(base)}: {number(comparison.interval(base, measure).mean)})"
    return f"{head}\n{_best(comparison, pairs, measure)}"


def _best(comparison: Comparison, pairs: Sequence[Pair], measure: str) -> str:
    labels, better = short_labels(comparison.names), BY_NAME[measure].better
    verb = "raised" if better > 0 else "lowered"
    good = [pair for pair in pairs if verdict_in(comparison, pair) == BETTER]
    if not good:
        return f"{verb} for certain by none"
    best = max(good, key=lambda pair: abs(pair.difference.mean))
    return f"{verb} most: {labels[best.posture]} {signed(best.difference.mean)}"


# --- displacement --------------------------------------------------------------------------------------
SPLIT = ("volume", "choice", "encounter", "total")


def has_split(comparison: Comparison) -> bool:
    """Whether the runs have the measures from which a change in attacks on convoys is split."""
    return all(measure in comparison.values[comparison.names[0]] for measure in displacement.MEASURES)


def split_of(comparison: Comparison, name: str) -> dict[str, Interval]:
    """The parts of the change in attacks on convoys from the base."""
    return displacement.split_intervals(
        comparison.values[comparison.names[0]], comparison.values[name], comparison.states
    )


def split_words(comparison: Comparison, name: str) -> str:
    """`Attacks on convoys with six: +3.1 a run = volume −2.0, choice +1.1, encounter +4.0`."""
    found = split_of(comparison, name)
    parts = ", ".join(f"{part} {signed(found[part].mean)}" for part in SPLIT[:-1])
    return f"Attacks on convoys with {policy(name)}: {signed(found['total'].mean)} a run = {parts}"


# --- quarters ------------------------------------------------------------------------------------------
def of_quarter(comparison: Comparison, name: str, kind: str, quarter: int) -> Values:
    """Attacks of a kind in a quarter, one number a run."""
    return comparison.values[name][f"{kind}_q{quarter}"]


def mean_and_spread(comparison: Comparison, name: str, kind: str, quarter: int) -> tuple[Interval, tuple[float, float]]:
    """The mean with its interval; between what nine of ten single runs lie."""
    measure = f"{kind}_q{quarter}"
    return comparison.interval(name, measure), spread(comparison.values[name][measure])


def quarters_of(comparison: Comparison) -> list[int]:
    """The quarters that every run reaches, the last of them maybe in part, if attacks of both kinds are there."""
    return [q for q in range(1, MOST + 1) if all(_has(comparison, f"{kind}_q{q}") for kind in ATTACKS)]


def _has(comparison: Comparison, measure: str) -> bool:
    return all(measure in of and not np.isnan(of[measure]).any() for of in comparison.values.values())


def quarter_label(comparison: Comparison, quarter: int) -> str:
    """`Q4`, or `Q4 (part)` of one in which the shortest run ends."""
    part = comparison.quarters is not None and quarter > len(comparison.quarters[1])
    return f"Q{quarter}{' (part)' * part}"


def reported_in(comparison: Comparison, kind: str) -> list[int]:
    """What was reported of a kind of attack for the first of the quarters; nothing for runs of other quarters."""
    return list(reports.by_quarter(kind)) if is_reported(comparison) else []


def quarters_title(comparison: Comparison, kind: str) -> str:
    """Attacks of a kind over the quarters, by scenario, beside what was reported."""
    parts = [f"{policy(name)} {_total(comparison, name, kind):.0f}" for name in comparison.names]
    return f"{_kind_and_quarters(comparison, kind)}: {', '.join(parts)}{_all_reported(comparison, kind)}"


def _kind_and_quarters(comparison: Comparison, kind: str) -> str:
    n = len(quarters_of(comparison))
    return f"{KINDS[kind]}, {_NUMBERS[n]} quarter{'s' * (n > 1)}"


def _total(comparison: Comparison, name: str, kind: str) -> float:
    return float(sum(of_quarter(comparison, name, kind, q).mean() for q in quarters_of(comparison)))


def _all_reported(comparison: Comparison, kind: str) -> str:
    """`, reported 57`, and of how many quarters if the runs reach more."""
    counts = reported_in(comparison, kind)
    of = f" in the first {_NUMBERS[len(counts)]}" if len(counts) < len(quarters_of(comparison)) else ""
    return f", reported {sum(counts)}{of}" if counts else ""


def many_quarters_title(comparison: Comparison) -> str:
    """For each kind, the fewest and the most attacks over the quarters."""
    return "\n".join(_range_over_the_run(comparison, kind) for kind in ATTACKS)


def _range_over_the_run(comparison: Comparison, kind: str) -> str:
    labels, base = short_labels(comparison.names), comparison.names[0]
    total = {name: _total(comparison, name, kind) for name in comparison.names}
    low, high = min(total, key=total.__getitem__), max(total, key=total.__getitem__)
    return (
        f"{_kind_and_quarters(comparison, kind)}: {policy(base)} {total[base]:.0f}, "
        f"fewest {total[low]:.0f} ({labels[low]}), most {total[high]:.0f} ({labels[high]})"
        f"{_all_reported(comparison, kind)}"
    )


def quarter_words(comparison: Comparison, kind: str, quarter: int) -> str:
    """Kind and quarter; the base and what was reported."""
    base = comparison.names[0]
    mean = float(of_quarter(comparison, base, kind, quarter).mean())
    counts = reported_in(comparison, kind)[quarter - 1 : quarter]
    reported = "".join(f", reported {count}" for count in counts)
    return f"{KINDS[kind]}, {quarter_label(comparison, quarter)}:\n{policy(base)} {number(mean)}{reported}"


# --- how far single runs differ ------------------------------------------------------------------------
def distributed(comparison: Comparison) -> list[str]:
    """The measures that have boxes."""
    return comparison.among(DISTRIBUTIONS, len(DISTRIBUTIONS))


def distribution_title(comparison: Comparison, measure: str) -> str:
    """The medians in the order of the scenarios; of many, the base's, the lowest and the highest."""
    medians = {name: float(np.median(comparison.values[name][measure])) for name in comparison.names}
    if is_few(comparison):
        return f"median {' → '.join(f'{median:g}' for median in medians.values())}"
    low, high = min(medians, key=medians.__getitem__), max(medians, key=medians.__getitem__)
    base, labels = comparison.names[0], short_labels(comparison.names)
    base_words = policy(base)
    ends = f"lowest {medians[low]:g} ({labels[low]}), highest {medians[high]:g} ({labels[high]})"
    return f"median of {base_words} {medians[base]:g};\n" + (ends if medians[low] < medians[high] else "all the same")
