"""The numbers of a comparison and what they say: paired differences, quarters beside the report, spread of runs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from experiments.report import reports
from experiments.report.style.colours import FEW
from experiments.report.style.panels import bars
from experiments.report.style.words import KINDS, readable, short_labels, with_unit
from experiments.runs.compare import MAIN_MEASURES, Comparison, Pair
from sim.measures import BY_NAME
from sim.numbers import number, percent_change, signed
from sim.statistics import Interval, Values, mean_interval, spread

ATTACKS = ("fire_attacks", "convoy_attacks")
QUARTERS = (1, 2, 3)
PANELS = (
    *("fire_attacks", "rounds_leaked", "convoy_attacks", "us_killed"),
    *("cells_broken", "relation_mean", "capital_mean", "pressure"),
)
DISTRIBUTIONS = ("fire_attacks", "rounds_leaked", "us_wounded", "convoy_attacks", "trucks_lost", "civilian_harm")
SIDES = ("better", "worse", "undecided")


def is_few(comparison: Comparison) -> bool:
    """Whether scenarios share an axis; of more each has a row."""
    return len(comparison.names) <= FEW


def is_reported(comparison: Comparison) -> bool:
    """Whether the runs cover just the quarters that were reported."""
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
    return percent_change(pair.difference.mean / abs(pair.base_value.mean))


def scaled(pairs: Sequence[Pair]) -> tuple[Values, Values]:
    """Means, and the lengths of the bars below and above, in per cent of the base."""
    scale = np.array([100 / abs(pair.base_value.mean) for pair in pairs])
    return scale * [pair.difference.mean for pair in pairs], scale * bars([pair.difference for pair in pairs])


def few_title(comparison: Comparison) -> str:
    """What the main measures show, two lines for each scenario."""
    base, shown = comparison.names[0], in_per_cent(comparison)
    return "\n".join(_finding([comparison.pair(name, m) for m in shown], name, base) for name in comparison.names[1:])


def _finding(pairs: Sequence[Pair], name: str, base: str) -> str:
    """The two kinds of attack, and how many measures moved for certain."""
    attacks = [f"{readable(p.measure)} {percent_of_base(p)}" for p in pairs if p.measure in ATTACKS]
    below, above = (sum(p.difference.clear and (p.difference.mean < 0) == low for p in pairs) for low in (True, False))
    rest = len(pairs) - below - above
    counts = f"of {len(pairs)} main measures {below} lower, {above} higher, {rest} undecided"
    first = f"{', '.join(attacks)};\n" if attacks else ""
    return f"{name} against {base}: {first}{counts}"


# --- differences, a panel for each measure: many scenarios ---------------------------------------------
def panels_of(comparison: Comparison) -> list[str]:
    """The measures that have a panel."""
    return comparison.among(PANELS, len(PANELS))


def many_title(comparison: Comparison) -> str:
    """How much the scenarios move, over all panels."""
    base, measures = comparison.names[0], panels_of(comparison)
    sides = [side(pair) for measure in measures for pair in against_base(comparison, measure)]
    counts = ", ".join(f"{sides.count(each)} {each}" for each in SIDES)
    return (
        f"{len(comparison.names) - 1} scenarios against {base} in {len(measures)} measures: "
        f"of {len(sides)} paired differences {counts}\n(bars: 95% t interval, n = {comparison.n} pairs)"
    )


def side(pair: Pair) -> str:
    """Whether the scenario is better or worse for the defence, or undecided."""
    if not pair.difference.clear:
        return "undecided"
    return "better" if pair.difference.mean * BY_NAME[pair.measure].better > 0 else "worse"


def panel_words(comparison: Comparison, measure: str) -> str:
    """The measure and its mean in the base; what moves it most in the good direction; how many are clear of 0."""
    base, pairs = comparison.names[0], against_base(comparison, measure)
    clear = [pair for pair in pairs if pair.difference.clear]
    lower = sum(pair.difference.mean < 0 for pair in clear)
    counts = f"{lower} lower, {len(clear) - lower} higher, {len(pairs) - len(clear)} undecided"
    head = f"{readable(measure)} ({base}: {number(comparison.interval(base, measure).mean)})"
    return f"{head}\n{_best(clear, measure, short_labels(comparison.names))}\n{counts}"


def _best(clear: Sequence[Pair], measure: str, labels: dict[str, str]) -> str:
    verb = "raised" if BY_NAME[measure].better > 0 else "lowered"
    good = [pair for pair in clear if side(pair) == "better"]
    if not good:
        return f"{verb} for certain by none"
    best = max(good, key=lambda pair: abs(pair.difference.mean))
    return f"{verb} most: {labels[best.posture]} {signed(best.difference.mean)}"


def differences_title(comparison: Comparison) -> str:
    """What the figure of differences shows."""
    return few_title(comparison) if is_few(comparison) else many_title(comparison)


# --- quarters ------------------------------------------------------------------------------------------
def of_quarter(comparison: Comparison, name: str, kind: str, quarter: int) -> Values:
    """Attacks of a kind in a quarter, one number a run."""
    return comparison.values[name][f"{kind}_q{quarter}"]


def mean_and_spread(comparison: Comparison, name: str, kind: str, quarter: int) -> tuple[Interval, tuple[float, float]]:
    """The mean with its interval; between what nine of ten single runs lie."""
    values = of_quarter(comparison, name, kind, quarter)
    return mean_interval(values), spread(values)


def has_quarters(comparison: Comparison) -> bool:
    """Whether the runs have the measures of both kinds of attack by quarter."""
    return {f"{kind}_q{q}" for kind in ATTACKS for q in QUARTERS} <= set(comparison.values[comparison.names[0]])


def quarters_title(comparison: Comparison, kind: str) -> str:
    """Attacks of a kind over the three quarters, by scenario, beside what was reported."""
    parts = [f"{name} {_year(comparison, name, kind):.0f}" for name in comparison.names]
    return f"{KINDS[kind]}, three quarters:\n{', '.join(parts)}{_reported(comparison, sum(reports.by_quarter(kind)))}"


def _year(comparison: Comparison, name: str, kind: str) -> float:
    return float(sum(of_quarter(comparison, name, kind, q).mean() for q in QUARTERS))


def _reported(comparison: Comparison, count: int) -> str:
    return f", reported {count}" if is_reported(comparison) else ""


def many_quarters_title(comparison: Comparison) -> str:
    """For each kind, the fewest and the most attacks over the three quarters."""
    return "\n".join(_range_over_the_year(comparison, kind) for kind in ATTACKS)


def _range_over_the_year(comparison: Comparison, kind: str) -> str:
    labels, base = short_labels(comparison.names), comparison.names[0]
    year = {name: _year(comparison, name, kind) for name in comparison.names}
    low, high = min(year, key=year.__getitem__), max(year, key=year.__getitem__)
    return (
        f"{KINDS[kind]}, three quarters: {base} {year[base]:.0f}, fewest {year[low]:.0f} ({labels[low]}), "
        f"most {year[high]:.0f} ({labels[high]}){_reported(comparison, sum(reports.by_quarter(kind)))}"
    )


def quarter_words(comparison: Comparison, kind: str, quarter: int) -> str:
    """Kind and quarter; the base and what was reported."""
    base = comparison.names[0]
    mean = float(of_quarter(comparison, base, kind, quarter).mean())
    reported = _reported(comparison, reports.by_quarter(kind)[quarter - 1])
    return f"{KINDS[kind]}, Q{quarter}:\n{base} {number(mean)}{reported}"


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
    ends = f"lowest {medians[low]:g} ({labels[low]}), highest {medians[high]:g} ({labels[high]})"
    return f"median of {base} {medians[base]:g};\n" + (ends if medians[low] < medians[high] else "all the same")
