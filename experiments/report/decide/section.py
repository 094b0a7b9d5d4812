"""Deciding: the robust choice and its reason, what it hangs on, what was luck; evacuation apart."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from experiments.report.decide import figures, numbers
from experiments.report.page.document import Grid
from experiments.report.study import Folder, StudySection, in_order
from experiments.report.style import tables
from experiments.report.style.names import in_text, policy_words, response_words, side_words
from experiments.report.style.words import labelled, listed, readable, sentence
from sim.numbers import counted, number, percent
from sim.statistics import Interval


# --- findings ------------------------------------------------------------------------------------------
def _in_short(frame: pd.DataFrame, found: Folder) -> Iterator[str]:
    """The choice, and how often it is good enough; without one the reason."""
    row = frame[frame["chosen"] == 1]
    if row.empty:
        yield in_text(str(found.about.get("reason") or "There is no robust choice."))
        return
    share = percent(float(row["satisficing"].iloc[0]))
    yield f"The robust choice is {policy_words(numbers.chosen(frame))}, good enough in {share} of the fresh states."


def _choice_words(frame: pd.DataFrame, found: Folder) -> Iterator[str]:
    """The reason of the choice; evacuations."""
    chosen = numbers.chosen(frame)
    if chosen and "reason" in found.about:
        yield sentence(in_text(str(found.about["reason"]).removeprefix(f"{chosen}: ")))
    gone = numbers.evacuations(frame)
    if len(gone):
        names = listed(map(policy_words, gone["policy"].head(3)))
        yield (
            f"Evacuation is in no competition ({counted(len(gone), 'row')} apart, such as {names}): no attacks because "
            f"nothing is left is no success."
        )


def _hangs_in_short(structures: pd.DataFrame, found: Folder) -> Iterator[str]:
    """Under how many structures another policy would be picked, and under which the choice turns."""
    turning, rows = numbers.turning(structures), numbers.tried(structures)
    others = len(numbers.other_picks(structures, numbers.chosen(found["decide"])))
    head = f"Under {len(rows)} structures that are in or out, another policy would be picked in {others}"
    if turning:
        yield f"{head}; clearly better is {'; '.join(turning)}. On these the choice hangs."
    else:
        yield f"{head}, in none a clearly better one: as far as these states tell, the choice hangs on no rival."


def _hangs_words(structures: pd.DataFrame, _: Folder) -> Iterator[str]:
    """From what chance of a structure on another policy is better; what was not tried."""
    rows = numbers.tried(structures)
    for row in rows[rows["turns"] == 1].to_dict("records"):
        at = float(row["turns_at"])
        yield (
            f"From a chance of {percent(at)} on of “{side_words(row['structure'], row['where'])}”, "
            f"{policy_words(row['pick'])} is the better one in the mean."
        )
    out = structures[~structures.index.isin(rows.index)]
    if len(out):
        names = listed(f"“{side_words(r['structure'], r['where'])}”" for r in out.to_dict("records"))
        yield f"Not tried, for want of states or of a policy within the limits: {names}."


def _luck_words(scores: pd.DataFrame, found: Folder) -> Iterator[str]:
    """The winner's curse."""
    rows = numbers.of_objective(scores, numbers.decides(found))
    if len(rows):
        yield from map(in_text, numbers.curse_words(dict(found.about), str(rows["unit"].iloc[0])))


# --- tables --------------------------------------------------------------------------------------------
_POLICY = tables.text("policy", lambda row: policy_words(row["policy"]))


def _policies_grid(frame: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    """Policies that may be chosen, then those that miss a limit; evacuations in a table of their own."""
    unit = "point" if numbers.decides(found) == "pressure" else "1"
    columns = [
        _POLICY,
        tables.yes_no("chosen", "chosen"),
        tables.yes_no("on the front", "front"),
        tables.text("limits missed", lambda row: _or_empty(row["broken"])),
        *tables.columns_of(unit, ("mean regret", "regret_mean"), ("90th percentile of regret", "regret_p90")),
        tables.number("reliability", "reliability"),
        tables.number("good enough", "satisficing", "share of states"),
        tables.number("mission ended", "ended", "share of runs"),
    ]
    note = "On fresh states. Regret is against the best policy of each state, found on half of its replicates."
    yield found.grid("decide", "Policies, those of least regret first", numbers.choices(frame), columns, note)
    gone = numbers.evacuations(frame)
    if len(gone):
        apart = [
            _POLICY,
            tables.text("evacuation"),
            tables.number("mission ended", "ended", "share of runs"),
        ]
        title, line = (
            "Evacuations: no attacks because nothing is left",
            found.line("decide", "evacuation == evacuation"),
        )
        yield tables.grid("decide_apart", title, gone, apart, "They are counted in no competition.", line)


def _or_empty(cell: object) -> str:
    return cell if isinstance(cell, str) else ""


def _scores_grid(scores: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    """A row a policy, a column an objective: change from the base."""
    frame = found.get("decide")
    order = in_order(numbers.choices(frame) if frame is not None else scores, "policy")
    cells = {(row["policy"], row["objective"]): tables.interval_of(row) for row in scores.to_dict("records")}
    units = dict(zip(scores["objective"], scores["unit"], strict=True))
    shown = [policy for policy in order if (policy, next(iter(units))) in cells]

    def change(policy: str, objective: str) -> Interval | None:
        return cells.get((policy, objective))

    columns = [
        tables.text("policy", policy_words),
        *tables.columns_by(units, readable, change, lambda name: str(units[name])),
    ]
    title = f"Objectives against {policy_words(str(found.size('base') or 'the base'))}, on fresh states"
    yield found.grid("decide_scores", title, shown, columns, "Policy − base, mean over states, 95% t intervals.")


def _checked_grid(scores: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    """What the choice, the base and the best at selection come to on states on which nothing was chosen."""
    rows = scores[scores["checked_mean"].notna()]
    columns = [
        _POLICY,
        tables.text("objective", lambda row: labelled(row["objective"], str(row["unit"]))),
        tables.number("at selection", "at_selection"),
        tables.interval("fresh states", "fresh_mean", "fresh_low", "fresh_high", unit="1"),
        tables.interval("states not seen before", "checked_mean", "checked_low", "checked_high", unit="1"),
    ]
    note = "The third column is of states on which nothing was chosen: the only one without luck of selection."
    line = found.line("decide_scores", "checked_mean == checked_mean")
    yield tables.grid("decide_checked", "Scored three times, each in the objective's unit", rows, columns, note, line)


def _structures_grid(structures: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    columns = [
        tables.text("structure", lambda row: side_words(row["structure"], row["where"])),
        tables.number("states"),
        tables.text("pick", lambda row: policy_words(_or_empty(row["pick"]))),
        tables.interval("pick − choice", unit="point" if numbers.decides(found) == "pressure" else "1"),
        tables.yes_no("turns", "turns"),
        tables.number("turns at a chance of", "turns_at"),
    ]
    note = "Turns: clearly better there, corrected for all structures and policies tried."
    yield found.grid("decide_structures", "The choice under each structure", structures, columns, note)


def _objectives_grid(objectives: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    columns = [
        tables.text("objective", lambda row: readable(row["objective"])),
        tables.text("goal"),
        tables.text("made of", lambda row: readable(row["part"])),
        tables.text("each", lambda row: f"{number(float(row['each']))}{' a day' if row['per_day'] else ''}"),
        tables.text("unit", lambda row: "" if row["unit"] in ("1", 1) else str(row["unit"])),
        tables.text("source"),
    ]
    note = "A cost that is put in comes out again; it is no finding."
    yield found.grid("decide_objectives", "What is counted, and what it is made of", objectives, columns, note)


def _refused_grid(refused: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    both = tables.columns_by(("first", "second"), str, lambda row, key: response_words(row[key]), "")
    columns = [*both, tables.text("why"), tables.number("sets", unit="sets")]
    yield found.grid("decide_refused", "Responses that no policy has together", refused, columns)


# --- caveats -------------------------------------------------------------------------------------------
def _caveats(found: Folder) -> Iterator[str]:
    yield (
        "The choice is by one objective, and by limits and costs that are judgements: with others it may be another. "
        "What a response costs in capital and what it does stand in its file."
    )
    yield (
        "Searched are choices of the defence alone. Attackers adapt as the model's rules let them, and no further; no "
        "choice here is robust against what no rival structure covers."
    )
    decides = readable(numbers.decides(found))
    if "decide" in found and (numbers.choices(found["decide"])["reliability"] < 0.25).any():
        yield (
            f"Where reliability is low, the regret in {decides} of single states can hardly be told from replicate "
            "noise, and its 90th percentile is nearer to its mean than it is in truth."
        )


section = StudySection(
    key="decide",
    title="Deciding: the robust choice",
    question="Which posture with which responses is a robust choice, and which structure does it hang on?",
    tables=["decide", "decide_scores", "decide_structures", "decide_objectives", "decide_refused"],
    needed=["decide"],
    short=[("decide", _in_short), ("decide_structures", _hangs_in_short)],
    best=["decide_regret"],
    findings=[("decide", _choice_words), ("decide_structures", _hangs_words), ("decide_scores", _luck_words)],
    pictures=figures.pictures,
    grids=[
        ("decide", _policies_grid),
        ("decide_scores", _scores_grid),
        ("decide_scores", _checked_grid),
        ("decide_structures", _structures_grid),
        ("decide_objectives", _objectives_grid),
        ("decide_refused", _refused_grid),
    ],
    caveats=_caveats,
).section
