"""Where attacks go: maps of attacks per run and square, and the squares that change most."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from experiments.analysis.alignment import with_points
from experiments.analysis.raw_tables import EVENT_COLUMNS, of_single_runs, squares_of_events, theatres_of
from experiments.analysis.results import Results, sampled
from experiments.report.course.numbers import plain, scenarios
from experiments.report.displacement import numbers
from experiments.report.displacement.figures import change, displacement
from experiments.report.displacement.numbers import DIFFERENCE, is_clear, largest, of_scenario
from experiments.report.page.document import Grid, Picture, Section, loaded
from experiments.report.style import tables
from experiments.report.style.base_map import BaseMap, base_map_of
from experiments.report.style.words import KINDS, policy, sentence
from sim.numbers import counted, number
from sim.statistics import LEVEL

MAPS, ROWS = 2, 10
"""Other scenarios that have a map; squares of a table."""


def section(results: Results) -> Section | None:
    """The section, or nothing if the folder has neither `squares.csv` nor the events of its runs."""
    squares = square_table(results)
    if squares is None or squares.empty:
        return None
    base_map, names = base_map_of(results.manifest, squares), scenarios(squares)
    others = names[1 : 1 + MAPS] if squares["n"].max() > 1 else []
    drawn: list[str | None] = [*others] or [None]
    return Section(
        key="displacement",
        title="Where attacks go",
        question="When sites close or orders are given, where do attacks fall, and where do they rise?"
        if others
        else "Where do attacks fall?",
        findings=list(findings(squares, base_map)),
        pictures=[each for other in drawn for each in pictures(squares, base_map, names[0], other)],
        tables=[changes(squares, base_map, names[0], other) for other in others]
        or [busiest(squares, base_map, names[0])],
        caveats=list(caveats(squares)),
        reproduce=reproduce(results, names[0]),
    )


def reproduce(results: Results, base: str) -> list[str]:
    """Lines of Python that give the squares, those with most attacks in the base first."""
    made = "from experiments.report.displacement.section import square_table"
    here = loaded(results.folder)
    if "squares" not in results:
        return ["import experiments", made, f"square_table({here})"]
    return ["import experiments", f'{here}.table("squares").query("scenario == {base!r}").sort_values("mean")']


def square_table(results: Results) -> pd.DataFrame | None:
    """`squares.csv`, or the same from the events of single runs; None if the folder has neither whole.

    Events alone don't say where sites stand: that takes the theatre of the manifest.
    """
    if "squares" in results:
        return plain(results.table("squares"))
    events = of_single_runs(results, "events", EVENT_COLUMNS) if "theatres" in results.manifest else None
    if events is None:
        return None
    return plain(squares_of_events(events, with_points(results.runs), theatres_of(results.manifest)))


# --- findings ------------------------------------------------------------------------------------------
def findings(squares: pd.DataFrame, base_map: BaseMap) -> Iterator[str]:
    """What falls and rises most in each scenario, and how much of each kind there is in all."""
    base, *others = scenarios(squares)
    if not others or squares["n"].max() < 2:
        yield sentence(numbers.displacement_title(squares, base_map, base, None)) + f" ({_runs(squares)})."
        yield from (_sums(squares, name) for name in [base, *others][: 1 + MAPS])
        return
    for other in others[:MAPS]:
        yield from _moves(squares, base_map, base, other)


def _runs(squares: pd.DataFrame) -> str:
    return f"n = {counted(int(squares['n'].iloc[0]), sampled(squares))}"


def _sums(squares: pd.DataFrame, name: str) -> str:
    sums = of_scenario(squares, name).groupby("kind")["mean"].sum()
    parts = [f"{number(float(sums[kind]))} {_words_of(kind).lower()}" for kind in numbers.KINDS if kind in sums]
    return f"{sentence(policy(name))} has {', '.join(parts)} per run on the map."


def _words_of(kind: str) -> str:
    return KINDS[f"{kind}_attacks"]


def _pairs(rows: pd.DataFrame) -> str:
    return counted(int(rows["n"].iloc[0]), sampled(rows, "pair"))


def _moves(squares: pd.DataFrame, base_map: BaseMap, base: str, other: str) -> Iterator[str]:
    """Per kind: the sum over all squares, and the largest clear fall and rise."""
    rows = of_scenario(squares, other)
    for kind in numbers.KINDS:
        of = rows[rows["kind"] == kind]
        clear = of[is_clear(of)]
        if of.empty:
            continue
        ends = [("falls", clear[clear["difference_mean"] < 0]), ("rises", clear[clear["difference_mean"] > 0])]
        parts = [f"{verb} most at {_places(largest(some, 2), base_map)}" for verb, some in ends if len(some)]
        total = of["difference_mean"].sum()  # of which the table gives no interval
        sum_words = f"{abs(total):.1f} {'fewer' if total < 0 else 'more'}"
        moved = "; ".join(parts) or "no square differs clearly"
        yield f"{_words_of(kind)}, {policy(other)} against {policy(base)}, per run: {moved}; in all {sum_words}."


def _places(rows: pd.DataFrame, base_map: BaseMap) -> str:
    found = rows.to_dict("records")
    return ", ".join(f"{numbers.where(row, base_map)} {numbers.change_words(row)}" for row in found)


# --- pictures and tables -------------------------------------------------------------------------------
def pictures(squares: pd.DataFrame, base_map: BaseMap, base: str, other: str | None) -> Iterator[Picture]:
    """Two maps of the difference of a scenario, and, folded, those of both by themselves; or of the base alone."""
    n = scenarios(squares).index(other) if other else 0
    number_of = f"_{n}" if n > 1 else ""
    title = numbers.displacement_title(squares, base_map, base, other)
    if other:
        parts = ("displacement", False), ("displacement_near", True)
        for name, near in parts:
            figure = change(squares, base_map, base, other, near=near)
            alt = f"{numbers.change_title(base_map, other, near=near)}. {title}."
            yield Picture(f"{name}{number_of}", title, alt, figure, "" if near else _how(squares))
    alone = numbers.displacement_title(squares, base_map, base, None)
    yield Picture(
        name=f"{'attacks' if other else 'displacement'}{number_of}",
        title=alone,
        alt=f"Maps of the theatre and of the part around its centre. {alone}. {_sums(squares, base)}",
        figure=displacement(squares, base_map, base, other),
        note="From squares.csv, on the theatre of the manifest. Fire is drawn at the site that it is aimed at, a bomb "
        "in the square where it goes off. Marks inside the frame of the upper map are those of the larger map.",
        folded=other is not None,
    )


def _how(squares: pd.DataFrame) -> str:
    """How to read the maps of a difference, in a line."""
    several = scenarios(squares)[1:]
    which = f" Of {len(several)} policies {policy(several[0])}; others below." if len(several) > 1 else ""
    return f"Area: attacks a run in a square. Hollow: its 95% interval holds 0.{which}"


def changes(squares: pd.DataFrame, base_map: BaseMap, base: str, other: str) -> Grid:
    """The squares that change most, by the size of the paired difference."""
    before = squares[squares["scenario"] == base].set_index(["kind", "square"])
    rows = largest(of_scenario(squares, other), ROWS)
    columns = [
        *_place_columns(base_map),
        tables.number(
            policy(base), lambda row: tables.interval_of(before.loc[(row["kind"], row["square"])]), "per run"
        ),
        tables.interval(policy(other), unit="per run"),
        tables.interval("difference", *DIFFERENCE, unit="per run"),
        tables.text("leaves 0 out", lambda row: "yes" if tables.interval_of(row, *DIFFERENCE).clear else "no"),
    ]
    name, title = f"squares_{scenarios(squares).index(other)}", _most_changed(other, base)
    note = f"Means with 95% t intervals; differences over {_pairs(of_scenario(squares, other))}."
    return tables.grid(name, f"The {len(rows)} {title}", rows, columns, note)


def _most_changed(other: str, base: str) -> str:
    return f"squares that change most, {policy(other)} against {policy(base)}"


def _place_columns(base_map: BaseMap) -> tables.Columns:
    """The kind of attack and the square of a row."""
    return [
        tables.text("attacks", "kind"),
        tables.text("where", lambda row: numbers.where(row, base_map)),
        tables.text("zone", lambda row: row["zone"].replace("_", " ")),
    ]


def busiest(squares: pd.DataFrame, base_map: BaseMap, base: str) -> Grid:
    """The squares with most attacks of a scenario."""
    rows, heading = of_scenario(squares, base).head(ROWS), "attacks per run"
    several = tables.interval(heading, unit="per run")
    found = several if squares["n"].max() > 1 else tables.number(heading, "mean", "per run")
    title = f"The {len(rows)} squares with most attacks, {policy(base)}"
    note = f"{_runs(squares)}; means with 95% t intervals where there are several runs."
    return tables.grid("squares", title, rows, [*_place_columns(base_map), found], note)


# --- caveats -------------------------------------------------------------------------------------------
def caveats(squares: pd.DataFrame) -> Iterator[str]:
    """What looking at hundreds of squares does to intervals; how exact places are."""
    base, *others = scenarios(squares)
    for other in others[:MAPS] if squares["n"].max() > 1 else ():
        yield _by_luck(of_scenario(squares, other), other, base)
    yield (
        "Places are rounded to squares of the theatre's grid and roads are straight lines. Where bombs can be laid and "
        "where convoys drive follows from rules and the theatre file: the map shows what these imply, not where "
        "anything stood or happened."
    )
    if squares["n"].max() < 2:
        yield "One run is one course of luck: a square without attacks here may have many in the next run."


def _by_luck(rows: pd.DataFrame, other: str, base: str) -> str:
    several = numbers.varying(rows)
    clear, strict = (
        int(is_clear(several).sum()),
        int((numbers.p_values(several) < (1 - LEVEL) / max(len(several), 1)).sum()),
    )
    return (
        f"{sentence(policy(other))} against {policy(base)}: the interval of a square is not adjusted for looking at "
        f"{len(several)} of them. Were there no difference anywhere, about {(1 - LEVEL) * len(several):.0f} would be "
        f"clear by luck; {clear} are, and {strict} still are when all are taken together (Bonferroni)."
    )
