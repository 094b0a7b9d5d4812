"""Information: which missing datum would change the decision or settle a claim, and by how much."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from experiments.report.information import figures, numbers
from experiments.report.page.document import Grid
from experiments.report.study import Folder, StudySection, change_words, in_order
from experiments.report.style import tables
from experiments.report.style.words import listed, readable
from sim.numbers import percent

_NAMED = 3  # data that a finding names


# --- findings ------------------------------------------------------------------------------------------
def _in_short(frame: pd.DataFrame, _: Folder) -> Iterator[str]:
    """What it is worth to know everything before choosing; of the claims what settles most."""
    rows = numbers.of_question(frame, numbers.CHOICE)
    if rows.empty:
        yield "There is one policy within the limits: nothing that could be known would change the choice."
        return
    unit = str(rows["unit"].iloc[0])
    most = [change_words(tables.interval_of(row), unit) for row in numbers.most(rows).to_dict("records")]
    if most:
        yield f"To know everything before choosing would save at least {most[0].removeprefix('+')} a run."
    else:
        yield "What it would be worth to know everything before choosing can't be told from nothing with these runs."


def _settles(frame: pd.DataFrame, _: Folder) -> Iterator[str]:
    """The single datum that would settle most of a claim."""
    rows = numbers.clear(numbers.single(frame[frame["question"] != numbers.CHOICE]))
    if len(rows):
        top = rows.to_dict("records")[0]
        worth = numbers.worth_words(float(top["mean"]), str(top["unit"]))
        yield f"Of single data, most is settled for claim {top['question']} by {numbers.prose(top)}: {worth}."


def _choice_words(frame: pd.DataFrame, _: Folder) -> Iterator[str]:
    """Groups and single data that are worth something for the choice."""
    rows = numbers.of_question(frame, numbers.CHOICE)
    if rows.empty:
        return
    unit = str(rows["unit"].iloc[0])
    groups = numbers.clear(numbers.groups(rows[rows["kind"] == "group"]))
    if len(groups):
        each = [f"{readable(r['what'])} {change_words(tables.interval_of(r), unit)}" for r in groups.to_dict("records")]
        yield f"Of groups, clear of chance are {listed(each)}."
    yield from _single_words(rows, "the choice")


def _single_words(rows: pd.DataFrame, what: str) -> Iterator[str]:
    best = numbers.clear(numbers.single(rows)).head(_NAMED).to_dict("records")
    for row in best:
        unit = str(row["unit"])
        rule = f" Then: {numbers.rule_words(row['rule'])}." if isinstance(row["rule"], str) and row["rule"] else ""
        yield (
            f"For {what} the missing datum {numbers.prose(row)} is worth {numbers.worth_words(row['mean'], unit)} "
            f"(floor of chance {numbers.worth_words(max(row['floor'], 0.0), unit)}), and would change what is picked "
            f"in {percent(row['changed'])} of the states.{rule}"
        )
    if not best:
        yield f"For {what} no single datum is worth more than chance would make it seem, as far as these states tell."


def _claims_words(frame: pd.DataFrame, _: Folder) -> Iterator[str]:
    """For each undetermined claim the datum that would do most."""
    claims = [question for question in in_order(frame, "question") if question != numbers.CHOICE]
    told = [question for question in claims if numbers.told(numbers.of_question(frame, question))]
    for question in told:
        yield next(_single_words(numbers.of_question(frame, question), f"claim {question}"))
    silent = [question for question in claims if question not in told]
    if silent:
        yield f"Of no single datum can it be told that it would help with {listed(silent)}, as far as these states go."


# --- tables --------------------------------------------------------------------------------------------
def _questions_grid(questions: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    columns = [
        *tables.texts("question", "unit"),
        tables.number("options"),
        tables.text("best without knowing more", lambda row: numbers.rule_words(str(row["best"]))),
        tables.number("at stake", "stake"),
        tables.number("states"),
    ]
    note = "At stake: what the second best policy loses more; of a claim the chance that the best answer is wrong."
    yield found.grid("information_questions", "The questions", questions, columns, note)


def _worths_grids(frame: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    """For each question everything, groups, and the data that are worth most."""
    for question in in_order(frame, "question"):
        rows = numbers.shown(numbers.of_question(frame, question))
        unit = str(rows["unit"].iloc[0])
        columns = [
            tables.text("what is known", numbers.label),
            tables.text("words"),
            tables.interval("worth", unit="1" if unit == "chance" else unit),
            tables.number("floor of chance", "floor", "1" if unit == "chance" else unit),
            tables.number("changes the pick", "changed", "share of states"),
            tables.yes_no("clear", "clear"),
            tables.text("rule", lambda row: numbers.rule_words(tables.text_of(row["rule"]))),
        ]
        title = "the choice of a policy" if question == numbers.CHOICE else f"claim {question}"
        line = found.line("information", f"question == '{question}'")
        yield tables.grid(f"information_{question}", f"What it is worth to know for {title}", rows, columns, "", line)


# --- caveats -------------------------------------------------------------------------------------------
def _caveats(_: Folder) -> Iterator[str]:
    yield (
        "Worths are lower bounds: a rule that uses a datum must be learnt from these states, and what single runs "
        "leave open hides part of it. Small ones are lost in chance, not shown to be nothing."
    )
    yield (
        "A datum is worth what it is over these states, in this model, for this objective. What no rival structure "
        "covers may be worth more than all of it. Worths do not add up: two data may say the same."
    )


section = StudySection(
    key="information",
    title="Information: what would change the decision",
    question="Which missing datum would change the decision, or settle a claim, and by how much?",
    tables=["information", "information_questions"],
    needed=["information"],
    short=[("information", _in_short), ("information", _settles)],
    best=["information_choice"],
    findings=[("information", _choice_words), ("information", _claims_words)],
    pictures=figures.pictures,
    grids=[("information_questions", _questions_grid), ("information", _worths_grids)],
    caveats=_caveats,
).section
