"""Postures under the same luck: paired differences, quarters, and how single runs spread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from experiments.analysis.comparisons import SHOWN as COMPARED
from experiments.analysis.comparisons import comparison_of
from experiments.analysis.results import Results
from experiments.files.columns import MAIN_MEASURES
from experiments.report.comparison import answer, figures, numbers, robust
from experiments.report.comparison.lead import lead, structures
from experiments.report.comparison.sentences import COSTS
from experiments.report.page.document import Grid, Picture, Section, loaded
from experiments.report.style import tables
from experiments.report.style.words import policy, readable, sentence
from experiments.runs.comparison import Comparison
from sim.measures import MEASURES
from sim.numbers import counted

SHOWN = (*dict.fromkeys((*COMPARED, *answer.LEFT, *COSTS)),)
WHEN = "quarters"
"""How the names of pictures begin that say when."""
CALIBRATED = "2020"
"""The ensemble that comes with the program."""
SIDES = ("lower", "equal", "higher")


def section(results: Results) -> Section | None:
    """The section of a folder whose runs come in pairs: the answer, why, and behind all others when and how sure."""
    comparison = _comparison(results) if "runs" in results else None
    if comparison is None or not comparison.values[comparison.names[0]]:
        return None
    few, drawn = numbers.is_few(comparison), {picture.name: picture for picture in pictures(comparison)}
    why = few and numbers.has_split(comparison)
    return Section(
        key="comparison",
        title="Why attacks on convoys change" if why else "Measure by measure",
        question=_SPLIT if why else "",
        findings=list(_findings(comparison)),
        pictures=[_placed(picture, why=why) for name, picture in drawn.items() if not name.startswith(WHEN)],
        tables=[_table(comparison) if few else _wide_table(comparison)],
        caveats=list(_caveats(comparison, results.manifest.get("ensemble"))),
        reproduce=_reproduce(comparison, results),
        lead=None if "design" in results.manifest else lead(comparison, results),
        behind=[each for each in _behind(comparison, results, drawn) if each.is_open],
    )


def _placed(picture: Picture, *, why: bool) -> Picture:
    """What tells why stands first, the rest in the appendix; without it, the differences stand there."""
    first = "split" if why else "differences"
    return replace(picture, folded=not picture.name.startswith(first))


def _comparison(results: Results) -> Comparison | None:
    """Of the measures that the page shows; of all, if the folder has none of these."""
    comparison = comparison_of(results, SHOWN)
    if comparison is None or comparison.values[comparison.names[0]]:
        return comparison
    return comparison_of(results, [measure.name for measure in MEASURES])


def _behind(comparison: Comparison, results: Results, drawn: Mapping[str, Picture]) -> Iterator[Section]:
    """When, how sure, and what to do next."""
    beside = ", beside what was reported" if numbers.is_reported(comparison) else ""
    quarters = [picture for name, picture in drawn.items() if name.startswith(WHEN)]
    yield Section("when", "When", f"Attacks by quarter{beside}.", pictures=quarters)
    known = structures(comparison, results)
    sides = list(_robust(comparison, known)) if known else []
    question = "Does the answer hang on a rule of the model that nobody has settled?"
    yield Section("sure", "How sure", question, pictures=sides)
    if "design" not in results.manifest:
        yield Section("next", "What to do next", "", findings=_NEXT)


_SPLIT = (
    "Three reasons add up exactly. Volume: more or fewer operations. Choice: more or fewer bombs laid in each. "
    "Encounter: more or fewer attacks for each bomb laid."
)
_NEXT = (
    "Choose where nobody knows which state of the world is true: `posture decide` ranks postures and responses by what "
    "each may cost at worst. docs/decide.md.",
    "Find what would settle it: `posture information` says which missing datum would change the choice, and by how "
    "much. docs/information.md.",
    "See one run happen: `posture view`; ask why an attack happened: `posture why`. docs/live-view.md.",
)


# --- findings ------------------------------------------------------------------------------------------
def _findings(comparison: Comparison) -> Iterator[str]:
    """The parts of the change in attacks on convoys."""
    if numbers.is_few(comparison) and numbers.has_split(comparison):
        yield from (f"{numbers.split_words(comparison, name)}." for name in comparison.names[1:])


def _sample(comparison: Comparison) -> str:
    return f"{comparison.n:,} pairs" if comparison.states is None else comparison.sample


# --- pictures ------------------------------------------------------------------------------------------
def pictures(comparison: Comparison) -> Iterator[Picture]:
    """Differences, why convoys are attacked, quarters where the runs have them, and boxes."""
    yield from _differences(comparison)
    if numbers.has_split(comparison) and numbers.is_few(comparison):
        words = "; ".join(numbers.split_words(comparison, name) for name in comparison.names[1:])
        yield _picture(comparison, "split", words, f"Parts of the change. {words}", figures.split(comparison))
    if numbers.quarters_of(comparison):
        yield from _quarters(comparison)
    shown = numbers.distributed(comparison)
    medians = [f"{readable(m)}: {numbers.distribution_title(comparison, m)}" for m in shown]
    alt, figure = f"Boxes of single runs. {'; '.join(medians)}", figures.distributions(comparison)
    yield _picture(comparison, "distributions", "How far single runs differ", alt, figure)


def _differences(comparison: Comparison) -> Iterator[Picture]:
    """A forest for each scenario; of many scenarios a panel a measure."""
    if not numbers.is_few(comparison):
        title = numbers.many_title(comparison)
        alt = f"Paired differences. {title}"
        yield _picture(comparison, "differences", title, alt, figures.many_differences(comparison))
        return
    for n, name in enumerate(comparison.names[1:], 1):
        title = numbers.few_title(comparison, name)
        key, alt = _numbered("differences", n), f"Paired differences, the largest first. {title}"
        yield _picture(comparison, key, title, alt, figures.differences(comparison, name))


def _quarters(comparison: Comparison) -> Iterator[Picture]:
    if not numbers.is_few(comparison):
        words = numbers.many_quarters_title(comparison)
        yield _picture(comparison, WHEN, words, f"Attacks by quarter. {words}", figures.many_quarters(comparison))
        return
    for n, kind in enumerate(numbers.ATTACKS, 1):
        words = numbers.quarters_title(comparison, kind)
        figure = figures.quarters(comparison, kind)
        made = _picture(comparison, _numbered(WHEN, n), words, f"Attacks by quarter. {words}", figure)
        yield replace(made, note=f"{sentence(figures.how_quarters(comparison))}.") if n == 1 else made


def _numbered(name: str, n: int) -> str:
    return name if n == 1 else f"{name}_{n}"


def _robust(comparison: Comparison, known: Mapping[str, NDArray[np.bool_]]) -> Iterator[Picture]:
    """The effects on the measures of the headline, with each rival rule and without."""
    name = comparison.names[1]
    for n, measure in enumerate(answer.HEADLINE, 1):
        rows = robust.rows_of(comparison, known, measure) if measure in comparison.values[name] else []
        if rows:
            title = robust.title(comparison, measure, rows)
            figure = robust.figure(comparison, measure, rows)
            yield _picture(comparison, _numbered("structures_of_answer", n), title, f"A row a rule. {title}", figure)


def _picture(comparison: Comparison, name: str, title: str, alt: str, figure: Figure) -> Picture:
    return Picture(name, title.replace("\n", " "), alt.replace("\n", " "), figure)


# --- tables and the rest -------------------------------------------------------------------------------
def _table(comparison: Comparison) -> Grid:
    """Main measures of each scenario against the base."""
    measures = comparison.among(MAIN_MEASURES)
    pairs = [comparison.pair(other, m, base) for base, other in comparison.compared for m in measures]
    columns = [
        tables.text("policy", lambda pair: policy(pair.posture)),
        *tables.measure_and_unit(lambda pair: pair.measure),
        tables.number(policy(comparison.names[0]), lambda pair: pair.base_value, tables.OF_ROW),
        tables.number("mean", lambda pair: pair.posture_value, tables.OF_ROW),
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
    return " ".join(
        f"{sentence(policy(other))} is against {policy(base)}: the same people and batteries."
        for base, other in comparison.equal
    )


def _wide_table(comparison: Comparison) -> Grid:
    """A row a scenario: differences from the base."""
    measures, others = numbers.panels_of(comparison), comparison.names[1:]
    columns = [
        tables.text("policy", policy),
        *tables.columns_by(measures, readable, lambda n, m: comparison.pair(n, m).difference, tables.unit_in_runs),
    ]
    note = f"n = {_sample(comparison)}. {_missed(len(others) * len(measures))}"
    title = f"Paired differences from {policy(comparison.names[0])}, with 95% intervals"
    return tables.grid("differences", title, others, columns, note)


def _missed(intervals: int) -> str:
    """What so many intervals let expect of luck alone."""
    return f"Of {intervals} intervals at 95% about {0.05 * intervals:.1f} miss their true mean by luck alone."


def _caveats(comparison: Comparison, ensemble: str | None) -> Iterator[str]:
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
    if ensemble == CALIBRATED:
        yield (
            f"Intervals hold for states of the ensemble {CALIBRATED}. Calibrated with other runs it gave levels a "
            "tenth higher or lower, and changes in per cent within three points: quote changes (docs/calibration.md)."
        )
    if comparison.failed:
        yield f"{counted(len(comparison.failed), 'run')} failed; their pairs are left out."
    if numbers.is_reported(comparison):
        yield "What was reported of 2020 (S1, S2) is one history: it has no interval, and proves no posture right."
    if {"fourteen", "six"} <= set(comparison.names):
        yield (
            "Fourteen and six differ in sites, batteries and people at once: `posture factorial` takes them apart, and "
            "equal fourteen and equal six have equal budgets."
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
