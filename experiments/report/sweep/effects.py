"""Parts of a sweep's section: means by level and response curves, with what they say in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from experiments.report.page.document import Grid, Picture
from experiments.report.style import tables
from experiments.report.style.names import in_prose
from experiments.report.style.words import readable, sentence
from experiments.report.sweep import figures, numbers
from experiments.report.sweep.numbers import Swept, SweptFactor, curved, difference_at, mean_at
from sim.numbers import number
from sim.statistics import Interval

NAMED = ("fire_attacks", "rounds_leaked", "pressure")
"""The measures that findings name."""
MOST_LEVELS = 12
"""A factor of more values than that is shown by curves and correlations, not by its levels."""


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


# --- main effects ----------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Effect:
    """Where along a factor a measure is lowest and highest, over all other factors, and the paired difference."""

    factor: SweptFactor
    measure: str
    low: Any
    high: Any
    lowest: Interval
    highest: Interval
    difference: Interval
    pairs: str

    @property
    def words(self) -> str:
        """`batteries, from 19.2 at 4 to 26.2 at 2`; whether it moves it at all."""
        name = in_prose(self.factor.key)
        if self.difference.mean == 0:
            return f"{name}, not at all"
        low, high = (numbers.level_words(self.factor, level).rpartition(" = ")[2] for level in (self.low, self.high))
        ends = f"from {number(self.lowest.mean)} at {low} to {number(self.highest.mean)} at {high}"
        return f"{name}, {ends}{'' if self.difference.clear else ' (within luck)'}"


def main_effects(swept: Swept, measure: str) -> list[Effect]:
    """Of the factors of a few values, the largest first; without values as many as a sample has."""
    few = [factor for factor in swept.factors if len(factor.levels) <= MOST_LEVELS]
    found = [effect for factor in few if (effect := _effect(swept, factor, measure))]
    return sorted(found, key=lambda effect: -effect.difference.mean)


def _effect(swept: Swept, factor: SweptFactor, measure: str) -> Effect | None:
    means = {level: mean_at(swept, measure, swept.where(factor.key, level)) for level in factor.levels}
    means = {level: i for level, i in means.items() if np.isfinite(i.mean)}
    if len(means) < 2:
        return None
    low, high = min(means, key=lambda level: means[level].mean), max(means, key=lambda level: means[level].mean)
    ends = swept.where(factor.key, low), swept.where(factor.key, high)
    over, pairs = difference_at(swept, measure, *ends), numbers.pairs_of(swept, *ends)
    return Effect(factor, measure, low, high, means[low], means[high], over, pairs)


def effects_table(swept: Swept) -> Iterator[Grid]:
    """Main effects in all measures, if there are any."""
    rows = [effect for measure in swept.measures for effect in main_effects(swept, measure)]
    if not rows:
        return
    columns = [
        *tables.measure_and_unit(lambda effect: effect.measure),
        tables.text("factor", lambda effect: effect.factor.key),
        tables.text("lowest at", lambda effect: numbers.level_words(effect.factor, effect.low)),
        tables.number("lowest", lambda effect: effect.lowest, tables.OF_ROW),
        tables.text("highest at", lambda effect: numbers.level_words(effect.factor, effect.high)),
        tables.number("highest", lambda effect: effect.highest, tables.OF_ROW),
        tables.number("difference", lambda effect: effect.difference, tables.OF_ROW),
    ]
    paired = f"of differences over pairs of replicates{', of policies over states' if swept.own_streams else ''}"
    note = f"Other factors averaged over; 95% t intervals over n = {swept.replicates:,} replicates, {paired}."
    line = f"main_effects(swept, {swept.measures[0]!r})"
    yield tables.grid("sweep_effects", "Main effects: the largest of each measure first", rows, columns, note, line)


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
    effect = _effect(swept, factor, measure)
    if effect is None:
        return ""
    if effect.lowest.mean == effect.highest.mean:
        return f"{sentence(readable(measure))}: {STILL} {in_prose(factor.key)}."
    low, high = (numbers.level_words(factor, level) for level in (effect.low, effect.high))
    return (
        f"{sentence(readable(measure))}: lowest at {low} ({number(effect.lowest.mean)}), highest at {high} "
        f"({number(effect.highest.mean)}); paired difference {interval_words(effect.difference)}, {effect.pairs}."
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
        title = sentences[0] if sentences else f"Response over {in_prose(factor.key)}"
        note = (
            f"From runs.csv: {len(factor.levels):,} values, n = {swept.replicates:,} replicates of each point; other "
        )
        note += "factors averaged over."
        if len(factor.levels) > numbers.MOST_VALUES:
            note += f" Neighbouring values are taken together, in {numbers.GROUPS} groups."
        name = f"sweep_curve_{factor.key.replace('.', '_')}"
        alt = f"Curves of the main measures over {in_prose(factor.key)}."
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
        f"{sentence(readable(measure))}: {', '.join(parts)} as {in_prose(factor.key)} goes from {first} to "
        f"{last} (mean, 95% interval, n = {swept.replicates:,} replicates)."
    )
