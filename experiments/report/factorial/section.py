"""The factorial: which of the three changes between fourteen and six sites makes the difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from experiments.analysis.results import Results
from experiments.report.factorial.figures import (
    MAIN,
    SOURCES,
    TOTAL,
    best_source,
    clear_steps,
    curves_title,
    largest,
    main_effects,
    pictures,
)
from experiments.report.page.document import Cell, Grid, Section
from experiments.report.study_figures import in_order, intervals, listed
from experiments.report.study_words import caveats, change_words, line, reproduce, study_of, tables_of, unit_of
from experiments.report.style.words import readable, sentence
from sim.statistics import Interval

TABLES = ("factorial", "batteries")


def section(results: Results) -> Section | None:
    """The section of a folder with the tables of `posture factorial`."""
    tables, study = tables_of(results, TABLES), study_of(results, "factorial")
    if not tables:
        return None
    return Section(
        key="factorial",
        title="Factorial: sites, batteries and people",
        question="Between fourteen and six sites three things change at once: sites, C-RAM batteries (number and "
        "places), and people. Which change makes the difference?",
        findings=list(_findings(tables)),
        pictures=pictures(tables, study),
        tables=list(_grids(tables, results)),
        caveats=[*caveats(study, tables), *_caveats(tables, study)],
        reproduce=reproduce(results, results.manifest if study else {}, tables),
    )


# --- findings ------------------------------------------------------------------------------------------
def _findings(tables: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    if "factorial" in tables:
        terms = tables["factorial"]
        over = best_source(terms)
        rows = terms[terms["over"] == over]
        yield _in_short(rows, largest(terms, over))
        yield from (_apart(rows, measure) for measure in in_order(rows, "measure"))
    if "batteries" in tables and clear_steps(tables["batteries"]):
        yield f"{curves_title(tables['batteries'])} (95% interval of the paired step leaves 0 out). Clear is not large."


def _in_short(rows: pd.DataFrame, most: Mapping[str, str]) -> str:
    """Which change weighs most in which measures, and where one works against the whole."""
    parts = [
        f"{effect} in {listed(readable(m) for m, e in most.items() if e == effect)}"
        for effect in dict.fromkeys(most.values())
    ]
    undecided = [readable(m) for m in in_order(rows, "measure") if m not in most]
    parts += [f"not told apart in {listed(undecided)}"] if undecided else []
    return f"Largest single change: {'; '.join(parts)}."


def _apart(rows: pd.DataFrame, measure: str) -> str:
    """The total of a measure and its parts with intervals; which part goes against the total."""
    here, unit = rows[rows["measure"] == measure], unit_of(rows, measure)
    name, what = sentence(readable(measure)), SOURCES[here["over"].iloc[0]][1]
    mains, total = main_effects(here, here["over"].iloc[0]), here[here["kind"] == TOTAL]
    each = [
        f"{effect} {change_words(interval, unit)}"
        for effect, interval in zip(mains["effect"], intervals(mains), strict=True)
    ]
    head = f"{name}: six less fourteen {change_words(intervals(total)[0], unit)}" if len(total) else name
    against = [] if not len(total) else _against(mains, float(total["mean"].iloc[0]))
    turned = f" {sentence(listed(against))} alone would change it the other way." if against else ""
    return f"{head}; parts: {', '.join(each)} (main effects, 95% intervals, n = {here['n'].iloc[0]:,} {what}).{turned}"


def _against(mains: pd.DataFrame, total: float) -> list[str]:
    """Changes whose effect is clear and of the other sign than the whole."""
    return list(mains.loc[mains["clear"] & (mains["mean"] * total < 0), "effect"])


# --- tables --------------------------------------------------------------------------------------------
def _grids(tables: Mapping[str, pd.DataFrame], results: Results) -> Iterator[Grid]:
    if "factorial" in tables:
        terms = tables["factorial"]
        yield from (
            _effects_grid(terms[terms["over"] == over], over, results) for over in SOURCES if over in set(terms["over"])
        )
    if "batteries" in tables:
        yield _steps_grid(tables["batteries"], results)


def _effects_grid(terms: pd.DataFrame, over: str, results: Results) -> Grid:
    """A row a measure: main effects, the strongest interaction, the whole."""
    names = in_order(terms[terms["kind"] == MAIN], "effect")
    name, what = SOURCES[over]
    rows = [_effects_row(terms[terms["measure"] == m], names) for m in in_order(terms, "measure")]
    return Grid(
        name=f"effects_{over}",
        title=f"Six against fourteen, taken apart, over the {name}"
        if over == "ensemble"
        else f"The same at the {name}",
        columns=["measure", "unit", *names, "strongest interaction", "its effect", "six less fourteen", "p below 0"],
        units=["", "", *("of the row" for _ in names), "", "of the row", "of the row", "1"],
        rows=rows,
        note=f"Means with 95% t intervals, n = {terms['n'].iloc[0]:,} {what}. Main effects are means over both levels "
        f"of the other two changes. p below 0: share of the {what} in which six less fourteen is below 0, plus half "
        "the ties. Spread and all interactions: factorial.csv.",
        reproduce=line(results, "factorial", f"over == '{over}' and kind == '{MAIN}'"),
    )


def _effects_row(terms: pd.DataFrame, names: list[str]) -> list[Cell]:
    unit = str(terms["unit"].iloc[0])
    mains = terms[terms["kind"] == MAIN].set_index("effect")
    total, together = terms[terms["kind"] == TOTAL], terms[terms["kind"].str.startswith("interaction")]
    strongest = together.sort_values("mean", key=lambda means: -means.abs(), kind="stable")[:1]
    return [
        readable(str(terms["measure"].iloc[0])),
        "" if unit == "1" else unit,
        *(_interval(mains.loc[[name]]) if name in mains.index else None for name in names),
        *(strongest["effect"].tolist() or [None]),
        _interval(strongest),
        _interval(total),
        float(total["p_negative"].iloc[0]) if len(total) else None,
    ]


def _interval(rows: pd.DataFrame) -> Interval | None:
    return intervals(rows)[0] if len(rows) else None


def _steps_grid(rungs: pd.DataFrame, results: Results) -> Grid:
    """A row a measure, the step from one number of batteries to the next, on the first sites and people."""
    sites, people = rungs[["sites", "people"]].iloc[0]
    rows = rungs[(rungs["sites"] == sites) & (rungs["people"] == people)]
    numbers = sorted(rows["batteries"].unique().tolist())[1:]
    cells: list[list[Cell]] = []
    for measure in in_order(rows, "measure"):
        steps = rows[rows["measure"] == measure].set_index("batteries")
        found = intervals(steps.reindex(numbers), "step_mean", "step_low", "step_high")
        cells.append([readable(measure), unit_of(rows, measure).replace("1", ""), *found])
    return Grid(
        name="batteries",
        title=f"What each further battery changes: {sites} sites with {people:,.0f} people",
        columns=["measure", "unit", *(f"to {n:g}" for n in numbers)],
        units=["", "", *("of the row" for _ in numbers)],
        rows=cells,
        note="Paired change from the number before, with 95% t intervals. Other sites and people: batteries.csv.",
        reproduce=line(results, "batteries", f"sites == '{sites}' and people == {people:.0f}"),
    )


# --- caveats -------------------------------------------------------------------------------------------
def _caveats(tables: Mapping[str, pd.DataFrame], study: Mapping[str, Any]) -> Iterator[str]:
    yield (
        "Assumed by rule, so no finding: fewer people need fewer convoys, batteries cover what is near, and more "
        "people at a site mean more casualties per hit. What is found is how much of the whole each makes."
    )
    if "factorial" in tables:
        n = len(tables["factorial"])
        yield f"Intervals are for one effect at a time: of {n} about {0.05 * n:.0f} miss their true mean by luck."
        if best_source(tables["factorial"]) == "ensemble":
            yield "Over the ensemble an interval is about the mean over the draws; spread in a draw includes luck."
    if "pressure" in set(pd.concat([frame["measure"] for frame in tables.values()])):
        yield "The pressure index weighs its parts by judgement: look at the parts."
    if "batteries" in tables:
        yield "The curve of batteries is at the default values, and its places are by symbolic value."
