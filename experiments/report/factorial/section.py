"""The factorial: which of the three changes between fourteen and six sites makes the difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from experiments.report.factorial import figures, numbers
from experiments.report.page.document import Grid
from experiments.report.study import Folder, StudySection, change_words, in_order, measure_columns, of_measure, unit_of
from experiments.report.style import tables
from experiments.report.style.words import listed, readable, sentence
from sim.statistics import Interval

SIDES = {"p_negative": "below 0 in", "p_zero": "0 in", "p_positive": "above 0 in"}


# --- findings ------------------------------------------------------------------------------------------
def _largest_words(terms: pd.DataFrame, _: Folder) -> Iterator[str]:
    over = numbers.best_source(terms)
    yield _in_short(terms[terms["over"] == over], numbers.largest(terms, over))


def _apart_words(terms: pd.DataFrame, _: Folder) -> Iterator[str]:
    """Over the ensemble, if it was run, measure by measure."""
    over = numbers.best_source(terms)
    rows = terms[terms["over"] == over]
    yield from (_apart(rows, measure) for measure in in_order(rows, "measure"))


def _steps_words(rungs: pd.DataFrame, _found: Folder) -> Iterator[str]:
    """The first and the last step of the ladder of batteries."""
    steps = [*numbers.clear_steps(rungs).items()]
    if steps:
        ((a, b), (first, of)), ((c, d), (last, _)) = steps[0], steps[-1]
        yield (
            f"The first step of batteries, from {a:g} to {b:g}, makes a clear change in {first} of {of} curves; the "
            f"last, from {c:g} to {d:g}, in {last}. Clear is not large."
        )


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
    here, unit = of_measure(rows, measure), unit_of(rows, measure)
    name, what = sentence(readable(measure)), numbers.SOURCES[here["over"].iloc[0]][1]
    mains, total = numbers.main_effects(here, here["over"].iloc[0]), here[here["kind"] == numbers.TOTAL]
    parts = zip(mains["effect"], tables.intervals(mains), strict=True)
    each = [f"{effect} {change_words(change, unit)}" for effect, change in parts]
    head = f"{name}: six less fourteen {change_words(tables.intervals(total)[0], unit)}" if len(total) else name
    other_way = numbers.against(mains, float(total["mean"].iloc[0])) if len(total) else []
    what_turns = f"{sentence(listed(other_way))} alone would change {readable(measure)} the other way."
    turned = f" {what_turns}" if other_way else ""
    return f"{head}; parts: {', '.join(each)} (main effects, 95% intervals, n = {here['n'].iloc[0]:,} {what}).{turned}"


# --- tables --------------------------------------------------------------------------------------------
def _effects_grids(terms: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    """Over the default values, over the ensemble: what there is."""
    for over in numbers.SOURCES:
        if over in set(terms["over"]):
            yield _effects_grid(terms[terms["over"] == over], found, over)


def _effects_grid(terms: pd.DataFrame, found: Folder, over: str) -> Grid:
    """A row a measure: main effects, the strongest interaction, the whole."""
    name, what = numbers.SOURCES[over]
    columns = [
        *measure_columns(terms),
        *tables.columns_by(
            in_order(terms[terms["kind"] == numbers.MAIN], "effect"),
            str,
            lambda m, effect: _interval(_kind(terms, m, numbers.MAIN, effect)),
            tables.OF_ROW,
        ),
        tables.text("strongest interaction", lambda m: next(iter(_strongest(terms, m)["effect"]), None)),
        tables.number("its effect", lambda m: _interval(_strongest(terms, m)), tables.OF_ROW),
        tables.number("six less fourteen", lambda m: _interval(_kind(terms, m, numbers.TOTAL)), tables.OF_ROW),
        *tables.columns_by(SIDES, lambda side: SIDES[side], lambda m, side: _share(terms, m, side)),
    ]
    apart = f"Six against fourteen, taken apart, over the {name}"
    title = apart if over == "ensemble" else f"The same at the {name}"
    note = (
        f"Means with 95% t intervals, n = {terms['n'].iloc[0]:,} {what}; main effects over both levels of the other "
        f"two changes. Below, at and above 0: shares of the {what} in which six less fourteen is."
    )
    query = f"over == '{over}' and kind == '{numbers.MAIN}'"
    return tables.grid(
        f"effects_{over}", title, in_order(terms, "measure"), columns, note, found.line("factorial", query)
    )


def _share(terms: pd.DataFrame, measure: str, side: str) -> float | None:
    """In what share six less fourteen lies on a side of 0, if the table says so."""
    rows = _kind(terms, measure, numbers.TOTAL)
    return next(map(float, rows[side]), None) if side in rows else None


def _kind(terms: pd.DataFrame, measure: str, kind: str, effect: str | None = None) -> pd.DataFrame:
    """The terms of a measure that are of a kind; of one effect alone, if it is named."""
    rows = of_measure(terms, measure)
    return rows[(rows["kind"] == kind) & ((rows["effect"] == effect) | (effect is None))]


def _strongest(terms: pd.DataFrame, measure: str) -> pd.DataFrame:
    """The strongest interaction of a measure; no row if there is none."""
    rows = of_measure(terms, measure)
    together = rows[rows["kind"].str.startswith("interaction")]
    return together.sort_values("mean", key=lambda means: -means.abs(), kind="stable")[:1]


def _interval(rows: pd.DataFrame) -> Interval | None:
    return next(iter(tables.intervals(rows)), None)


def _steps_grid(rungs: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    """A row a measure, the step from one number of batteries to the next, on the first sites and people."""
    sites, people = rungs[["sites", "people"]].iloc[0]
    rows = rungs[(rungs["sites"] == sites) & (rungs["people"] == people)]
    steps = {
        measure: dict(zip(line["batteries"], tables.intervals(line, "step_mean", "step_low", "step_high"), strict=True))
        for measure, line in rows.groupby("measure", sort=False)
    }
    columns = [
        *measure_columns(rows),
        *tables.columns_by(
            sorted(rows["batteries"].unique().tolist())[1:],
            lambda n: f"to {n:g}",
            lambda m, n: steps[m].get(n),
            tables.OF_ROW,
        ),
    ]
    title = f"What each further battery changes: {sites} sites with {people:,.0f} people"
    note = "Paired change from the number before, with 95% t intervals. Other sites and people: batteries.csv."
    query = f"sites == '{sites}' and people == {people:.0f}"
    yield found.grid("batteries", title, steps, columns, note, query)


# --- caveats -------------------------------------------------------------------------------------------
def _caveats(found: Folder) -> Iterator[str]:
    yield (
        "Assumed by rule, so no finding: fewer people need fewer convoys, batteries cover what is near, and more "
        "people at a site mean more casualties per hit. What is found is how much of the whole each makes."
    )
    if "factorial" in found:
        n = len(found["factorial"])
        yield f"Intervals are for one effect at a time: of {n} about {0.05 * n:.0f} miss their true mean by luck."
        if numbers.best_source(found["factorial"]) == "ensemble":
            yield "Over the ensemble an interval is about the mean over the draws; spread in a draw includes luck."
    if any("pressure" in set(frame["measure"]) for frame in found.tables.values()):
        yield "The pressure index weighs its parts by judgement: look at the parts."
    if "batteries" in found:
        yield "The curve of batteries is at the default values, and its places are by symbolic value."


section = StudySection(
    key="factorial",
    title="Factorial: sites, batteries and people",
    question="Between fourteen and six sites three things change at once: sites, C-RAM batteries (number and places), "
    "and people. Which change makes the difference?",
    tables=["factorial", "batteries"],
    needed=["factorial", "batteries"],
    short=[("factorial", _largest_words), ("batteries", _steps_words)],
    best=["effects"],
    findings=[("factorial", _apart_words)],
    pictures=figures.pictures,
    grids=[("factorial", _effects_grids), ("batteries", _steps_grid)],
    caveats=_caveats,
).section
