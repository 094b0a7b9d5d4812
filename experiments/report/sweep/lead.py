"""The first screen of a sweep: which option is best in what, which are the same, what moves the measures most."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from experiments.analysis.results import Results
from experiments.report.page.document import Lead, Score, ScoreRow
from experiments.report.style.words import listed, readable, sentence, with_unit
from experiments.report.sweep import over_states
from experiments.report.sweep.effects import Effect, main_effects
from experiments.report.sweep.numbers import Swept, either, mean_over
from experiments.report.sweep.options import Option, Options, options_of, same_words
from experiments.runs.nested import of_replicates
from sim.measures import BY_NAME
from sim.numbers import amount, counted, number, percent, percent_change, signed
from sim.statistics import Interval

COLUMNS, ROWS, POINTS = 4, 6, 3
"""Measures, options, and points that nobody chooses, on the scorecard."""
FOLDED = ("comparison", "when", "sure")
"""Sections that take every point for a policy."""
LONG, MOST_TITLED, MOST_TIED, NEXT = 130, 3, 3, 2
"""Letters of a title that is too long; best ones in it; ties; of more options than that it is said who is second."""
MANY_STATES = 8
"""Of fewer states of the world a share says little."""


def lead_of(swept: Swept, results: Results, pictures: Sequence[str]) -> Lead | None:
    """The first screen; None of a bare sample, whose factors have too many values to say which is best."""
    options = options_of(swept, results)
    effects = {measure: main_effects(swept, measure) for measure in swept.chosen[:COLUMNS]}
    if not ((options and options.decided) or any(effects.values())):
        return None
    rows = list(_rows(options, list(effects))) if options else []
    return Lead(
        title=sentence(_title(options, effects)),
        over=_over(swept, options, results),
        columns=list(map(_heading, effects)) if rows else [],
        rows=rows,
        key=_key(options, rows) if options else "",
        sentences=list(_sentences(swept, options, results, effects)),
        pictures=pictures,
        folds=FOLDED,
    )


def _heading(measure: str) -> str:
    """A measure with its unit, if its name does not say what is counted."""
    said = {word.rstrip("s") for word in readable(measure).split()}
    return readable(measure) if BY_NAME[measure].unit.rstrip("s") in said else with_unit(measure)


# --- title ---------------------------------------------------------------------------------------------------
def _title(options: Options | None, effects: dict[str, list[Effect]]) -> str:
    """Who is clearly best in what; where nobody chooses, what moves the first measure most."""
    if options and len(options.each) == 1:
        return f"{options.each[0].name}: the same in every run"
    if options and options.decided:
        return _best_title(options, list(effects))
    clear = next((found[0] for found in effects.values() if found and found[0].difference.clear), None)
    if clear is None:
        return f"nothing that was varied clearly moves {listed(map(readable, effects))}"
    return f"{readable(clear.measure)} move most with {clear.words}"


def _best_title(options: Options, measures: Sequence[str]) -> str:
    best: dict[str, list[str]] = {}
    for measure in _directed(measures):
        leading = options.leading(measure)
        if len(leading) < len(options.each):
            best.setdefault(options.name_of(leading), []).append(readable(measure))
    if not best:
        return f"no option is clearly best in {listed(map(readable, _directed(measures)))}"
    parts = [f"{name}: best in {listed(among)}" for name, among in best.items()]
    return "; ".join(parts[:MOST_TITLED] if sum(map(len, parts)) < LONG else parts[:1])


def _directed(measures: Sequence[str]) -> list[str]:
    """The measures of which one direction is good."""
    return [measure for measure in measures if BY_NAME[measure].better]


def _over(swept: Swept, options: Options | None, results: Results) -> str:
    design = results.manifest.get("design", {})
    parts = [str(design.get("question") or design.get("title") or "")]
    luck = "the same luck in every point of a state" if swept.own_streams else "the same luck in every point"
    parts.append(f"{counted(swept.n_points, 'point')} with up to {counted(swept.replicates, 'replicate')} each")
    if options and options.decided and options.states > 1:
        parts.append(f"{counted(options.states, 'state')} of the world")
    return " · ".join(filter(None, [*parts, luck]))


# --- scorecard -------------------------------------------------------------------------------------------------
def _rows(options: Options, measures: Sequence[str]) -> Iterator[ScoreRow]:
    """The first option, and the best others, by the first measure."""
    base = options.each[0]
    yield ScoreRow(base.name, "", [amount(options.mean(m, base), BY_NAME[m].unit) for m in measures])
    others = [option for option in options.ranked(measures[0]) if option != base]
    for option in others[: (ROWS if options.decided else POINTS) - 1]:
        same = f"{counted(len(option.members), 'option')} that are the same" if len(option.members) > 1 else ""
        yield ScoreRow(option.name, same, [_score(options, measure, base, option) for measure in measures])


def _score(options: Options, measure: str, base: Option, option: Option) -> Score:
    """A difference from the first option."""
    over, before = options.difference(measure, base, option), options.mean(measure, base)
    if over.low == over.high == 0.0:
        return Score("the same", "in every replicate", "", "", "open", "", 0)
    good = np.sign(over.mean) * BY_NAME[measure].better
    verdict = ("worse", "", "better")[int(good) + 1] if over.clear and good else "open"
    states = of_replicates(options.in_states(measure, base, option)) if options.states >= MANY_STATES else None
    spread = f"{signed(states.low)} to {signed(states.high)}" if states and np.isfinite(states.low) else ""
    return Score(
        percent=percent_change(over.mean / before) if before else number(options.mean(measure, option)),
        change=_interval(over),
        range=spread,
        holds=percent(states.holds) if states and np.isfinite(states.holds) else "",
        verdict=verdict,
        word="unclear" if not over.clear else verdict if good else "",
        direction=int(np.sign(over.mean)),
    )


def _interval(over: Interval) -> str:
    if np.isnan(over.low) or over.low == over.high:
        return signed(over.mean)
    return f"{signed(over.mean)} [{signed(over.low)}, {signed(over.high)}]"


def _key(options: Options, rows: Sequence[ScoreRow]) -> str:
    """How the scorecard is read."""
    left = len(options.each) - len(rows)
    more = f" The best {len(rows) - 1} others are shown, {left:,} stand in the table of points." if left > 0 else ""
    ranged = any(isinstance(score, Score) and score.range for row in rows for score in row.cells)
    states = "; below: where nine of ten states lie, and in what share of them the sign holds" if ranged else ""
    return (
        f"Differences from {options.each[0].name}, in pairs under the same luck, with their 95% t intervals over "
        f"{'states' if options.own_streams else 'replicates'}{states}.{more}"
    )


# --- sentences -----------------------------------------------------------------------------------------------
def _sentences(
    swept: Swept, options: Options | None, results: Results, effects: dict[str, list[Effect]]
) -> Iterator[tuple[str, str]]:
    if options:
        measures = _directed(list(effects))
        yield from _labelled("Best point", [_point_words(options, measures)])
        yield from _labelled(
            "The same", [same_words(options, each, results.manifest) for each in options.tied[:MOST_TIED]]
        )
        yield from _labelled(
            "Next best", [_next_words(options, measures)] if options.decided and len(options.each) > NEXT else []
        )
    moved = [f"{readable(m)}: {'; '.join(each.words for each in found[:3])}" for m, found in effects.items() if found]
    yield from _labelled("Moved most", [f"{words}." for words in moved[:2]])
    if options and options.decided and options.states > 1:
        yield from _labelled("Whatever the state", [_regret_words(swept, options, list(effects))])


def _labelled(label: str, sentences: Sequence[str]) -> Iterator[tuple[str, str]]:
    """One entry for all sentences that say something."""
    if any(sentences):
        yield label, " ".join(sentence(words) for words in sentences if words)


def _point_words(options: Options, measures: Sequence[str]) -> str:
    """At which point each measure is best, ties as one."""
    found: dict[tuple[int, int], list[str]] = {}
    for measure in measures:
        option, state, value = _best_point(options, measure)
        found.setdefault((option, state), []).append(f"{readable(measure)} {number(value)}")
    parts = []
    for (option, state), values in found.items():
        place = ", ".join(filter(None, [options.each[option].name, options.state_words(state)]))
        parts.append(f"{place}: {', '.join(values)}")
    return f"{'; '.join(parts)}." if parts else ""


def _best_point(options: Options, measure: str) -> tuple[int, int, float]:
    """Option, state and mean."""
    means = mean_over(options.values[measure][[option.first for option in options.each]], axis=2)
    loss = means * -(BY_NAME[measure].better or -1)
    option, state = np.unravel_index(np.nanargmin(loss), loss.shape)
    return int(option), int(state), float(means[option, state])


def _next_words(options: Options, measures: Sequence[str]) -> str:
    """Who follows the best, and how far behind."""
    parts = []
    for measure in measures[:2]:
        first, second, *_ = options.ranked(measure)
        apart = options.difference(measure, first, second)
        luck = "" if apart.clear else ", within luck"
        far = "no difference" if apart.low == apart.high == 0.0 else f"{_interval(apart)}{luck}"
        parts.append(f"in {readable(measure)} {second.name} behind {first.name} ({far})")
    return f"{'; '.join(parts)}." if parts else ""


def _regret_words(swept: Swept, options: Options, measures: Sequence[str]) -> str:
    """Who loses least against the best of each state, by measure."""
    found: dict[str, list[str]] = {}
    for measure in _directed(measures):
        regrets = over_states.regrets(swept, measure)
        if regrets:
            mean = {option: regrets[option.first].mean for option in options.each}
            least = min(mean.values())
            names = either([option.name for option, value in mean.items() if value == least])
            found.setdefault(names, []).append(f"{number(least)} in {readable(measure)}")
    parts = [f"{name}, {listed(values)}" for name, values in found.items()]
    n = counted(options.states, "state")
    return f"least mean regret against the best of each of {n}: {'; '.join(parts)}." if parts else ""
