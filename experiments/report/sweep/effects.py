"""Parts of a sweep's section: means by level and response curves, with what they say in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from experiments.report.page.document import Grid, Picture
from experiments.report.style import tables
from experiments.report.style.words import parameter_words, readable, sentence
from experiments.report.sweep import figures, numbers
from experiments.report.sweep.numbers import Swept, SweptFactor, curved, difference_at, mean_at
from sim.numbers import number
from sim.statistics import Interval

NAMED = ("fire_attacks", "rounds_leaked", "pressure")
"""The measures that findings name."""


@dataclass(frozen=True)
class SweepPart:
    """A part of the section: sentences, pictures, tables."""

    findings: Sequence[str] = ()
    pictures: Sequence[Picture] = ()
    tables: Sequence[Grid] = ()


def picture(name: str, title: str, alt: str, figure: Figure, note: str) -> Picture:
    """A picture that says what it is, and then its title."""
    return Picture(name, title, f"{alt} {title}", figure, note)


STILL = "the same at all values of"


# --- means by level ------------------------------------------------------------------------------------------
def levels_part(swept: Swept) -> SweepPart:
    """Means by level; not of a sweep of one factor, which the comparison shows."""
    factors = numbers.with_rows(swept)
    if not factors or len(swept.factors) < 2:
        return SweepPart()
    sentences = [
        text for factor in factors for m in NAMED if m in swept.measures and (text := _moves(swept, factor, m))
    ]
    sentences.sort(key=lambda text: STILL in text)  # what moves comes first
    title = f"Means by level. {sentences[0]}" if sentences else "Means by level"
    note = (
        f"From runs.csv: {swept.n_points:,} points, n = {swept.replicates:,} replicates; other factors averaged over."
    )
    shown_as = picture(
        "sweep_levels", title, "Means of the main measures by level.", figures.levels(swept, title), note
    )
    return SweepPart(sentences, [shown_as], [_level_table(swept, factors)])


def _moves(swept: Swept, factor: SweptFactor, measure: str) -> str:
    """The lowest and the highest level of a factor in a measure, over all other factors."""
    means = {level: mean_at(swept, measure, swept.where(factor.key, level)) for level in factor.levels}
    means = {level: i for level, i in means.items() if np.isfinite(i.mean)}
    if len(means) < 2:
        return ""
    low, high = min(means, key=lambda level: means[level].mean), max(means, key=lambda level: means[level].mean)
    if means[low].mean == means[high].mean:
        return f"{sentence(readable(measure))}: {STILL} {parameter_words(factor.key)}."
    words = [f"{numbers.level_words(factor, level)} ({number(means[level].mean)})" for level in (low, high)]
    over = difference_at(swept, measure, swept.where(factor.key, low), swept.where(factor.key, high))
    return (
        f"{sentence(readable(measure))}: lowest at {words[0]}, highest at {words[1]}; paired difference "
        f"{interval_words(over)}, n = {swept.replicates:,} replicates."
    )


def interval_words(i: Interval) -> str:
    """A mean with its interval, if there is one."""
    return number(i.mean) + ("" if np.isnan(i.low) else f" [{number(i.low)}, {number(i.high)}]")


def _level_table(swept: Swept, factors: list[SweptFactor]) -> Grid:
    rows = [
        (factor, level, name, points & swept.where(factor.key, level))
        for factor in factors
        for level in factor.levels
        for name, points in numbers.series(swept).items()
    ]
    columns = [
        tables.text("posture", lambda row: row[2]),
        tables.text("level", lambda row: numbers.level_words(row[0], row[1])),
        *tables.columns_by(swept.measures, readable, lambda row, m: mean_at(swept, m, row[-1]), tables.unit_in_runs),
    ]
    note = f"95% t intervals over n = {swept.replicates:,} replicates."
    first = f"swept.where({factors[0].key!r}, {factors[0].levels[0]!r})"
    line = f"mean_at(swept, {swept.measures[0]!r}, {first})  # over all postures"
    return tables.grid("sweep_levels", "Means by level, the other factors averaged over", rows, columns, note, line)


# --- response curves --------------------------------------------------------------------------------------------
def curves_parts(swept: Swept) -> Iterator[SweepPart]:
    """One or two numeric factors, if their values make a grid."""
    for factor in curved(swept):
        sentences = [_over(swept, factor, m) for m in NAMED if m in swept.measures]
        title = sentences[0] if sentences else f"Response over {parameter_words(factor.key)}"
        note = (
            f"From runs.csv: {len(factor.levels):,} values, n = {swept.replicates:,} replicates of each point; other "
        )
        note += "factors averaged over."
        if len(factor.levels) > numbers.MOST_VALUES:
            note += f" Neighbouring values are taken together, in {numbers.GROUPS} groups."
        name = f"sweep_curve_{factor.key.replace('.', '_')}"
        alt = f"Curves of the main measures over {parameter_words(factor.key)}."
        yield SweepPart(sentences, [picture(name, title, alt, figures.curves(swept, factor, title), note)])


def _over(swept: Swept, factor: SweptFactor, measure: str) -> str:
    """From the lowest to the highest value (or group of values) of a factor, by posture."""
    groups = numbers.value_groups(factor)
    ends = (groups[0], groups[-1])
    parts = []
    for name, points in numbers.series(swept).items():
        low, high = (mean_at(swept, measure, points & swept.where(factor.key, *end)) for end in ends)
        parts.append(
            f"from {interval_words(low)} to {interval_words(high)}" + (f" ({name})" if name != "all runs" else "")
        )
    first, last = (number(float(np.mean(end))) for end in ends)
    return (
        f"{sentence(readable(measure))}: {', '.join(parts)} as {parameter_words(factor.key)} goes from {first} to "
        f"{last} (mean, 95% interval, n = {swept.replicates:,} replicates)."
    )
