"""Postures under the same luck: paired differences, quarters, and how single runs spread."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from matplotlib.figure import Figure

from experiments.analysis.comparisons import comparison_of
from experiments.analysis.results import Results
from experiments.report.comparison import answer, figures, numbers
from experiments.report.page.document import Grid, Picture, Section, loaded
from experiments.report.style import tables
from experiments.report.style.words import readable, sentence, short_labels
from experiments.runs.comparison import MAIN_MEASURES, Comparison, Pair
from experiments.runs.nested import Nested
from sim.measures import MEASURES
from sim.numbers import amount, counted, fixed, number, sides_words, signed
from sim.statistics import Sides

SIDES = ("lower", "equal", "higher")
FIRST = ("fire_attacks", "rounds_leaked", "convoy_attacks", "us_wounded", "relation_mean", "pressure")
"""What findings name, in this order, where the folder has them."""


def section(results: Results) -> Section | None:
    """The section of a folder whose runs come in pairs."""
    comparison = _comparison(results) if "runs" in results else None
    if comparison is None or not comparison.values[comparison.names[0]]:
        return None
    base, others = comparison.names[0], comparison.names[1:]
    few = numbers.is_few(comparison)
    return Section(
        key="comparison",
        title=sentence(f"{', '.join(others)} against {base}") if few else f"{len(others)} scenarios against {base}",
        question=f"What changes against {base} when every scenario meets the same luck?",
        findings=list(_findings(comparison)),
        pictures=list(pictures(comparison)),
        tables=[_table(comparison) if few else _wide_table(comparison)],
        caveats=list(_caveats(comparison)),
        reproduce=_reproduce(comparison, results),
    )


def _comparison(results: Results) -> Comparison | None:
    """Of the measures that figures show; of all, if the folder has none of these."""
    comparison = comparison_of(results)
    if comparison is None or comparison.values[comparison.names[0]]:
        return comparison
    return comparison_of(results, [measure.name for measure in MEASURES])


_SPLIT = (
    "Volume: more or fewer operations started; choice: more or fewer bombs laid for each of them; encounter: more or "
    "fewer attacks for each bomb laid. The three add up exactly."
)


# --- findings ------------------------------------------------------------------------------------------
def _findings(comparison: Comparison) -> Iterator[str]:
    measures = comparison.among(FIRST, len(FIRST))
    for name in comparison.names[1:] if numbers.is_few(comparison) else ():
        pairs = [comparison.pair(name, measure) for measure in measures]
        if comparison.states is not None and _has(comparison, answer.HEADLINE):
            yield answer.headline(comparison, name)
        yield _in_short(pairs)
        yield from (in_words(pair) for pair in pairs)
        yield from (answer.equal_words(comparison, pair) for pair in _equal(comparison))
        if numbers.has_split(comparison):
            yield f"{numbers.split_words(comparison, name)}. {_SPLIT}"
    if not numbers.is_few(comparison):
        yield numbers.many_title(comparison).partition("\n")[0] + f" (n = {_sample(comparison)})."
        yield from (_best_and_worst(comparison, measure) for measure in measures)


def _equal(comparison: Comparison) -> Iterator[tuple[str, str]]:
    """Pairs of equal budgets, where the folder has the measures that are said of them."""
    if _has(comparison, answer.EQUAL):
        yield from comparison.equal


def _has(comparison: Comparison, measures: Iterable[str]) -> bool:
    return set(measures) <= set(comparison.values[comparison.names[0]])


def _in_short(pairs: list[Pair]) -> str:
    """What is clearly lower, clearly higher, and not told apart."""
    sides = {
        "lower": [p for p in pairs if p.difference.high < 0],
        "higher": [p for p in pairs if p.difference.low > 0],
        "not told apart": [p for p in pairs if not p.difference.clear],
    }
    parts = [f"{word} {', '.join(map(_with_share, chosen))}" for word, chosen in sides.items() if chosen]
    first = pairs[0]
    over = f"{first.pairs:,} pairs of runs under the same luck"
    if first.effect:
        over = f"{counted(first.pairs, 'state')} of the world, each with luck of its own that postures share"
    head = f"{sentence(first.posture)} against {first.base} in {over}"
    return f"{head}: {'; '.join(parts)} (in brackets 95% intervals of the mean difference)."


def _with_share(pair: Pair) -> str:
    """The difference in per cent of the base, with the interval in per cent too."""
    mean, d = abs(pair.base_value.mean), pair.difference
    if not mean:
        return readable(pair.measure)
    middle, low, high = (fixed(100 * value / mean, 0, sign=True) for value in (d.mean, d.low, d.high))
    return f"{readable(pair.measure)} {middle}% [{low}, {high}]"


def in_words(pair: Pair) -> str:
    """`Fire attacks: lower by 9.8 (95% interval 9.5 to 10.1) with six than with fourteen, which has 52.4; …`."""
    d, unit, name = pair.difference, pair.unit, sentence(readable(pair.measure))
    base = f"{pair.base}, which has {amount(pair.base_value.mean, unit)}"
    rest = _over_states(pair.effect) if pair.effect else f"n = {pair.pairs:,} pairs: {sides_words(pair.sides)} of them."
    if not d.clear:
        interval = f"{number(d.low)} to {amount(d.high, unit)}"
        return f"{name}: not told apart; 95% interval of {pair.posture} less {base}: {interval}; {rest}"
    word, ends = ("lower", (-d.high, -d.low)) if d.mean < 0 else ("higher", (d.low, d.high))
    by = f"{word} by {amount(abs(d.mean), unit)} (95% interval {number(ends[0])} to {number(ends[1])})"
    return f"{name}: {by} with {pair.posture} than with {base}; {rest}"


def _over_states(effect: Nested) -> str:
    """In which share of the states the effect has which sign, and where nine of ten lie, without replicate noise."""
    n = f"n = {counted(effect.states, 'state')}"
    if math.isnan(effect.low):
        return f"{n}, which replicate noise does not let tell apart."
    sides = sides_words(Sides(effect.lower, effect.equal, effect.higher))
    return f"{n}: {sides} of them; nine of ten between {signed(effect.low)} and {signed(effect.high)}."


def _sample(comparison: Comparison) -> str:
    return f"{comparison.n:,} pairs" if comparison.states is None else comparison.sample


def _best_and_worst(comparison: Comparison, measure: str) -> str:
    """The largest clear moves of a measure, in both directions."""
    labels = short_labels(comparison.names)
    clear = [pair for pair in numbers.against_base(comparison, measure) if pair.difference.clear]
    falls = sorted((p for p in clear if p.difference.mean < 0), key=lambda p: p.difference.mean)
    rises = sorted((p for p in clear if p.difference.mean > 0), key=lambda p: -p.difference.mean)
    first = [("fall", pair) for pair in falls[:1]] + [("rise", pair) for pair in rises[:1]]
    parts = [f"{word} {labels[pair.posture]} {_signed(pair)}" for word, pair in first]
    words = f"largest clear {', largest clear '.join(parts)}" if parts else "no difference is clear of 0"
    mean = number(comparison.interval(comparison.names[0], measure).mean)
    count = f"{len(clear)} of {len(comparison.names) - 1} are clear"
    return f"{sentence(readable(measure))} ({comparison.names[0]}: {mean}): {words}; {count}."


def _signed(pair: Pair) -> str:
    d = pair.difference
    low, mean, high = map(signed, (d.low, d.mean, d.high))
    return f"{mean} [{low}, {high}]"


# --- pictures ------------------------------------------------------------------------------------------
def pictures(comparison: Comparison) -> Iterator[Picture]:
    """Differences, quarters where the runs have them, and boxes."""
    title = numbers.differences_title(comparison)
    yield _picture(comparison, "differences", title, f"Paired differences. {title}", figures.differences(comparison))
    if numbers.has_split(comparison) and numbers.is_few(comparison):
        words = "; ".join(numbers.split_words(comparison, name) for name in comparison.names[1:])
        yield _picture(comparison, "split", words, f"Parts of the change. {words}", figures.split(comparison))
    if numbers.quarters_of(comparison):
        by_kind = "; ".join(numbers.quarters_title(comparison, kind) for kind in numbers.ATTACKS)
        words = by_kind if numbers.is_few(comparison) else numbers.many_quarters_title(comparison)
        yield _picture(comparison, "quarters", words, f"Attacks by quarter. {words}", figures.quarters(comparison))
    shown = numbers.distributed(comparison)
    medians = [f"{readable(m)}: {numbers.distribution_title(comparison, m)}" for m in shown]
    alt, figure = f"Boxes of single runs. {'; '.join(medians)}", figures.distributions(comparison)
    yield _picture(comparison, "distributions", "How far single runs differ", alt, figure)


def _picture(comparison: Comparison, name: str, title: str, alt: str, figure: Figure) -> Picture:
    note = f"From runs.csv, {comparison.n:,} replicates of each scenario, paired by replicate."
    if comparison.states is not None:
        note = f"From runs.csv, {comparison.n:,} runs of each scenario; intervals are over {comparison.sample}."
    return Picture(name, title.replace("\n", " "), alt.replace("\n", " "), figure, note)


# --- tables and the rest -------------------------------------------------------------------------------
def _table(comparison: Comparison) -> Grid:
    """Main measures of each scenario against the base."""
    measures = comparison.among(MAIN_MEASURES)
    pairs = [comparison.pair(other, m, base) for base, other in comparison.compared for m in measures]
    columns = [
        tables.text("scenario", lambda pair: pair.posture),
        *tables.measure_and_unit(lambda pair: pair.measure),
        tables.number(comparison.names[0], lambda pair: pair.base_value, tables.OF_ROW),
        tables.number("scenario's mean", lambda pair: pair.posture_value, tables.OF_ROW),
        tables.number("difference", lambda pair: pair.difference, tables.OF_ROW),
        *(_range_columns() if comparison.states is not None else ()),
        *tables.columns_by(SIDES, lambda side: f"{side} in", lambda pair, side: getattr(pair.sides, side)),
    ]
    title = "Main measures, mean of a run and paired difference, with 95% intervals"
    note = f"n = {_sample(comparison)}. {_missed(len(pairs))} Lower, equal, higher: in what share of them."
    if comparison.states is not None:
        note += " From, to: where nine states of ten lie. Both are without replicate noise."
    if comparison.equal:
        note += f" {_beside(comparison)}"
    return tables.grid("differences", title, pairs, columns, note)


def _range_columns() -> tables.Columns:
    """Between what nine states of ten lie."""
    return [
        tables.number("from", lambda pair: pair.effect.low, tables.OF_ROW),
        tables.number("to", lambda pair: pair.effect.high, tables.OF_ROW),
    ]


def _beside(comparison: Comparison) -> str:
    """Against what those with equal budgets are compared."""
    return " ".join(f"{other} is against {base}: the same people and batteries." for base, other in comparison.equal)


def _wide_table(comparison: Comparison) -> Grid:
    """A row a scenario: differences from the base."""
    measures, others = numbers.panels_of(comparison), comparison.names[1:]
    columns = [
        tables.text("scenario", str),
        *tables.columns_by(measures, readable, lambda n, m: comparison.pair(n, m).difference, tables.unit_in_runs),
    ]
    note = f"n = {_sample(comparison)}. {_missed(len(others) * len(measures))}"
    title = f"Paired differences from {comparison.names[0]}, with 95% intervals"
    return tables.grid("differences", title, others, columns, note)


def _missed(intervals: int) -> str:
    """What so many intervals let expect of luck alone."""
    return f"Of {intervals} intervals at 95% about {0.05 * intervals:.1f} miss their true mean by luck alone."


def _caveats(comparison: Comparison) -> Iterator[str]:
    if comparison.states is None:
        yield (
            "Pairs share their luck: replicate k meets the same draws in every scenario. The interval of a difference "
            "is narrower than the spread of single runs, which the boxes show."
        )
    else:
        yield (
            "An interval says how well the mean over these states of the world is known; how far states differ stands "
            "beside it. States are draws of what the reports of 2020 leave open, and of nothing that no draw covers."
        )
    if comparison.failed:
        yield f"{counted(len(comparison.failed), 'run')} failed; their pairs are left out."
    if numbers.is_reported(comparison):
        yield "What was reported of 2020 (S1, S2) is one history: it has no interval, and proves no posture right."
    if {"fourteen", "six"} <= set(comparison.names):
        yield (
            "Fourteen and six differ in sites, batteries and people at once: `posture factorial` takes them apart, and "
            "equal_fourteen and equal_six have equal budgets."
        )


def _reproduce(comparison: Comparison, results: Results) -> list[str]:
    """Lines of Python that give every difference; points of a sweep are named by their values first."""
    points = any(", " in name for name in comparison.names)
    names, runs = "differences", f"{loaded(results.folder)}.runs"
    if points:
        names, runs = "differences, with_points", f"with_points({runs})"
    return [
        "import experiments",
        f"from experiments.analysis import {names}",
        f"table = differences({runs}, base={comparison.names[0]!r})  # every measure, with p_lower and p_holm",
        "print(table.attrs['note'])",
    ]
