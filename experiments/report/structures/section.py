"""The rival structures: where the sign of an answer holds, what turns it, and how near the record the priors come."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd

from experiments.report.page.document import Grid
from experiments.report.structures import figures, numbers
from experiments.report.study import Folder, StudySection, change_words, in_order, of_measure, unit_of
from experiments.report.style import tables
from experiments.report.style.names import instead
from experiments.report.style.words import listed, readable, sentence
from sim.numbers import counted, percent
from sim.statistics import Interval

ENDS = (numbers.CORRECTIONS, numbers.PRIOR)
PARTS = ("volume", "choice", "encounter", "total")


# --- findings ------------------------------------------------------------------------------------------
def _in_short(answers: pd.DataFrame, _: Folder) -> Iterator[str]:
    """The first two pairs: what changes under every structure, and what hangs on the structure."""
    for n, pair in enumerate(numbers.pairs(answers)[:2]):
        rows = numbers.of_pair(answers, pair)
        yield f"{sentence(instead(*pair))}: {'; '.join(_parts(rows, of_structure=n > 0))}."


def _parts(rows: pd.DataFrame, *, of_structure: bool) -> Iterator[str]:
    """`fire attacks −22%, hits per 100 convoys +61%, each sign clear under all 14 structures`, and what turns."""
    held, n = numbers.steady(rows), rows["structure"].nunique()
    if held:
        each = listed(numbers.relative(rows, measure) for measure in numbers.first_of_each(held))
        yield f"{each} over the whole prior, clear under each of {n} structures"
    turning = [measure for measure in in_order(rows, "measure") if measure not in held]
    for measure in turning[:1] if of_structure or not held else []:
        sides = numbers.by_side(numbers.by_structure(of_measure(rows, measure)))
        yield f"{readable(measure)} {', '.join(f'{side} under {len(under)}' for side, under in sides)} of them"


def _answers_words(answers: pd.DataFrame, _: Folder) -> Iterator[str]:
    """The measures of each pair whose sign hangs on the structure; those of the others are in the tables."""
    for pair in numbers.pairs(answers):
        rows = numbers.of_pair(answers, pair)
        held = numbers.steady(rows)
        for measure in (each for each in in_order(rows, "measure") if each not in held):
            yield f"{sentence(readable(measure))}, {instead(*pair)}: {_held(of_measure(rows, measure))}"


def _held(rows: pd.DataFrame) -> str:
    """`clearly lower under 13 of 14 structures; not told apart under waiting. Corrections alone −9 (…)`."""
    found = numbers.by_structure(rows)
    said = numbers.by_side(found)
    (first, names), rest = said[0], said[1:]
    parts = [f"{first} under {len(names)} of {counted(len(found), 'structure')}"]
    parts += [f"{side} under {listed(_quoted(name) for name in under)}" for side, under in rest]
    unit = unit_of(rows, rows["measure"].iloc[0])
    ends = [f"{name} {change_words(found[name], unit)}" for name in ENDS if name in found]
    states = " to ".join(dict.fromkeys(f"{n:,}" for n in (rows["n"].min(), rows["n"].max())))
    return f"{'; '.join(parts)}. {sentence('; '.join(ends))} (95% intervals over {states} states)."


def _back_words(back: pd.DataFrame, _: Folder) -> Iterator[str]:
    rows = back.to_dict("records")
    each = [
        f"{numbers.structure_label(row['structure'])} {row['near']:,.0f} of {row['n']:,.0f} ({percent(row['share'])})"
        for row in rows
    ]
    yield f"Draws of the priors, without any fitting, that come near every count of 2020 at once: {'; '.join(each)}."


def _quoted(name: str) -> str:
    return f"“{numbers.structure_label(name)}”"


# --- tables --------------------------------------------------------------------------------------------
def _answers_grids(answers: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    """For each pair a row a structure, a column a measure."""
    for n, pair in enumerate(numbers.pairs(answers)):
        rows = numbers.of_pair(answers, pair)
        columns = [
            tables.text("structure", numbers.structure_label),
            *tables.columns_by(in_order(rows, "measure"), readable, _differences(rows), tables.unit_in_runs),
        ]
        title = f"{sentence(instead(*pair))}, under each structure"
        note = "" if n else "Mean over states with 95% t intervals."  # said once, of all pairs
        query = f"base == '{pair[0]}' and posture == '{pair[1]}'"
        line = found.line("structures", query)
        yield tables.grid(f"structures_{n}", title, in_order(rows, "structure"), columns, note, line)


def _differences(rows: pd.DataFrame) -> Callable[[str, str], Interval | None]:
    """Structure, measure → the difference."""
    cells = {(row["structure"], row["measure"]): tables.interval_of(row) for row in rows.to_dict("records")}
    return lambda structure, measure: cells.get((structure, measure))


def _split_grids(parts: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    """Displacement under each structure."""
    cells = {
        (row["base"], row["posture"], row["structure"], row["part"]): tables.interval_of(row)
        for row in parts.to_dict("records")
    }
    rows = list(dict.fromkeys(key[:3] for key in cells))
    columns = [
        tables.text("against", lambda row: instead(*row[:2])),
        tables.text("structure", lambda row: numbers.structure_label(row[2])),
        *tables.columns_by(PARTS, str, lambda row, part: cells.get((*row, part)), "attack/run"),
    ]
    note = "Volume + choice + encounter = total, in each state. Other parts: structures_split.csv."
    yield found.grid("structures_split", "The change in attacks on convoys, split", rows, columns, note)


# --- caveats -------------------------------------------------------------------------------------------
def _caveats(found: Folder) -> Iterator[str]:
    yield (
        "A rival alone is at the middle of its prior: rivals that work together, or at their ends, are tried in the "
        "whole prior alone. Where a sign holds in every row it does not hang on these structures; on others it may."
    )
    if "structures" in found:
        n = len(found["structures"])
        yield f"Intervals are for one answer at a time: of {n} about {0.05 * n:.0f} miss their true mean by luck."


section = StudySection(
    key="structures",
    title="Rival structures",
    question="Does the answer survive what nobody knows about the structure of the model?",
    tables=["structures", "structures_split", "structures_moves", "looking_back"],
    needed=["structures"],
    short=[("structures", _in_short)],
    best=["structures_1"],
    findings=[("structures", _answers_words), ("looking_back", _back_words)],
    pictures=figures.pictures,
    grids=[("structures", _answers_grids), ("structures_split", _split_grids)],
    caveats=_caveats,
).section
