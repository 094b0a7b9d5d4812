"""Scenario discovery: in which states of the world answers flip, on fresh ones too, and what is robust."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from experiments.report.discovery import figures, numbers
from experiments.report.discovery.numbers import KEPT, good_enough, mean_regret
from experiments.report.page.document import Grid
from experiments.report.study import MEASURE, Folder, StudySection, in_order, share_interval, share_words, unit_of
from experiments.report.style import tables
from experiments.report.style.heatmap import lowest_worst, overall_rank
from experiments.report.style.words import listed, readable, sentence
from sim.numbers import number, percent
from sim.statistics import Interval

MOST_ROWS = 12
SEVERAL = 3


# --- findings ------------------------------------------------------------------------------------------
def _answered(asked: pd.DataFrame, found: Folder) -> Iterator[str]:
    for (base, other), rows in asked.groupby(["base", "other"], sort=False):
        if len(rows) >= SEVERAL:
            yield _flips(str(base), str(other), rows)
    over = f"{numbers.states_in(found)} of the wide priors; surely: by more than two standard errors"
    yield f"{numbers.answers_title(asked)} ({over})."
    yield from _responses(asked)
    if "regions" in found:
        yield _held_words(numbers.tested(found["regions"], asked))


def _flips(base: str, other: str, rows: pd.DataFrame) -> str:
    """In which share of the states one posture is worse than another, measure by measure."""
    each = [
        f"{readable(r['measure'])} {percent(r['worse'])} (surely {percent(r['surely_worse'])})"
        for r in rows.to_dict("records")
    ]
    worst = rows.sort_values("worse", ascending=False, kind="stable").iloc[0]
    share = share_words(share_interval(float(worst["worse"]), int(worst["states"])))
    return (
        f"Share of the states of the world in which {other} is worse than {base} on average: {', '.join(each)}. Most "
        f"often in {readable(worst['measure'])}: {share}, on fresh states {percent(worst['fresh_worse'])}."
    )


def _responses(asked: pd.DataFrame) -> Iterator[str]:
    """Questions of one or two measures: which are surely better or worse in most states."""
    several = asked.groupby(["base", "other"])["measure"].transform("size") >= SEVERAL
    for (base, measure), rows in asked[~several].groupby(["base", "measure"], sort=False):
        sides = []
        for side in ("better", "worse"):
            most = numbers.surely(rows, side)
            each = [f"{o} {percent(s)}" for o, s in zip(most["other"], most[f"surely_{side}"], strict=True)]
            sides.append(f"surely {side} in most states: {', '.join(each) or 'none'}")
        yield f"{sentence(readable(str(measure)))}, {len(rows)} cases against {base}: {'; '.join(sides)}."


def _held_words(rows: pd.DataFrame) -> str:
    held = rows[rows["held"]]
    words = (
        f"Of {len(rows)} boxes that say where an answer flips, {len(held)} hold on fresh states with fresh luck (they "
    )
    words += f"keep {percent(KEPT)} or more of their lead over all states)"
    strong = held.sort_values("explained", ascending=False, kind="stable")[:2]
    each = [
        f"{r['other']} worse than {r['base']} in {readable(r['measure'])} where {r['region']}: "
        f"{percent(r['fresh_density'])} of the fresh states there, {percent(r['fresh_worse'])} of all"
        for r in strong.to_dict("records")
    ]
    return f"{words}. Strongest: {'; '.join(each)}." if each else f"{words}."


def _robust(robust: pd.DataFrame, found: Folder) -> Iterator[str]:
    states = numbers.states_in(found)
    least = [f"{readable(measure)}: {numbers.least_regret(robust, measure)}" for measure in in_order(robust, "measure")]
    yield f"Least mean regret over {states}, {'; '.join(least)}."
    best, rank = numbers.most_robust(robust)
    means = mean_regret(robust)
    name, share = lowest_worst(means)
    yield (
        f"Best mean rank over {means.shape[1]} measures, of {len(means)} pairs: {listed(best)} ({rank:.1f}). Lowest "
        f"worst regret: {name}, at most {percent(share)} of the largest of a measure."
    )
    shares = good_enough(robust)
    n = int(states.split()[0]) if states[:1].isdigit() else 0
    top = share_words(share_interval(float(shares.iloc[0]), n)) if n else percent(float(shares.iloc[0]))
    rest = ", ".join(f"{pair} {percent(share)}" for pair, share in shares[1:3].items())
    yield f"Good enough in most states: {shares.index[0]} {top}; then {rest}."


# --- tables --------------------------------------------------------------------------------------------
def _answers_grid(asked: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    """The questions that are most open: states on both sides."""
    rows = numbers.most_open(asked)[:MOST_ROWS]
    columns = [
        tables.text("second", "other"),
        tables.text("first", "base"),
        MEASURE,
        tables.number("worse on average", lambda row: share_interval(row["worse"], int(row["states"])), "1"),
        *tables.columns_of("1", ("the same, fresh states", "fresh_worse"), ("surely worse", "surely_worse")),
        tables.number("surely better", "surely_better"),
        tables.number("mean difference", "mean_difference", tables.OF_ROW),
        tables.UNIT,
    ]
    title = f"Where the answer depends most on the state of the world: {len(rows)} of {len(asked)} questions"
    note = f"Shares of {asked['states'].max()} states, the interval is exact at 95%. Sorted by the smaller of the two "
    note += "sure sides. The rest: answers.csv."
    yield found.grid("answers", title, rows, columns, note, "surely_better > 0 and surely_worse > 0")


def _regions_grid(regions: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    boxes, n = numbers.tested(regions, found["answers"]), _fresh_states(found)
    rows = boxes.sort_values(["held", "explained"], ascending=False, kind="stable")[:MOST_ROWS]
    columns = [
        tables.text("answer", lambda row: f"{row['other']} worse than {row['base']}"),
        *(MEASURE, tables.text("method"), tables.text("box", "region")),
        *tables.columns_of("1", ("share in the box", "density"), ("in all states", "worse")),
        tables.number("share in the box, fresh states", lambda row: _in_box(row, n), "1"),
        *tables.columns_of("1", ("in all fresh states", "fresh_worse"), ("fresh cases in the box", "fresh_coverage")),
        tables.text("on fresh states", lambda row: "held" if row["held"] else "did not hold"),
    ]
    title = f"Where answers flip: {len(rows)} of {len(boxes)} boxes, those that hold on fresh states first"
    with_n = f" The interval is exact at 95%, of those of {n} fresh states that lie in the box." if n else ""
    note = (
        f"A box holds if it keeps {percent(KEPT)} or more of its lead over all states.{with_n} Sorted by fresh "
        "cases in the box beyond those that luck would put there. The rest: regions.csv."
    )
    yield found.grid("regions", title, rows, columns, note, "method == 'PRIM'")


def _fresh_states(found: Folder) -> int:
    """How many fresh states were finished; 0 if that is not known."""
    planned = found.size("fresh_states")
    return int(planned) - int(found.about.get("left_out", {}).get("fresh states", 0)) if planned else 0


def _in_box(row: Mapping[Any, Any], n: int) -> float | Interval:
    """The share on fresh states in the box, with its interval if their number is known."""
    inside = round(n * float(row["fresh_mass"]))
    return share_interval(float(row["fresh_density"]), inside) if inside else float(row["fresh_density"])


_REGRETS = {"regret_mean": "mean regret", "regret_most": "largest regret", "best": "is the best"}


def _robust_grid(robust: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    ranks, shares = overall_rank(mean_regret(robust)), good_enough(robust)
    cells, measures = robust.set_index(["pair", "measure"]).to_dict("index"), in_order(robust, "measure")
    columns = [
        tables.text("pair", str),
        tables.number("mean rank", lambda pair: float(ranks[pair])),
        tables.number("good enough", lambda pair: float(shares[pair])),
        *tables.columns_by(
            [(measure, key) for measure in measures for key in _REGRETS],
            lambda of: f"{readable(of[0])}: {_REGRETS[of[1]]}",
            lambda pair, of: float(cells[pair, of[0]][of[1]]),
            lambda of: "1" if of[1] == "best" else unit_of(robust, of[0]),
        ),
    ]
    order = ranks.sort_values(kind="stable").index[:MOST_ROWS]
    title = f"Robustness: the {len(order)} of {len(ranks)} pairs with the best mean rank in regret"
    note = "Regret: distance from the best pair of the same state. All pairs, and the 90th percentile: robustness.csv."
    query = f"measure == '{measures[0]}'"
    yield found.grid("robustness", title, order, columns, note, query)


# --- caveats -------------------------------------------------------------------------------------------
def _caveats(found: Folder) -> Iterator[str]:
    yield (
        "States of the world are draws of the wide priors, which are judgements. A share of states is no probability "
        "that the world is so."
    )
    if "answers" in found:
        yield "Where most states are neither surely better nor surely worse, signs of means are partly luck."
    if "regions" in found:
        yield "A search through dozens of parameters finds boxes in noise too: look at those that hold on fresh states."
    if "robustness" in found:
        yield (
            "Means over few replicates contain luck, and the best of many pairs is partly the luckiest: regret is "
            "overstated for all alike, so differences between pairs say more than their levels."
        )
        yield f"What counts as good enough is a judgement: {_limits(found)}."
        yield "What a response does is a rule; its cost in capital stands in its file and is no finding."


def _limits(found: Folder) -> str:
    words = [
        f"{readable(limit['measure'])} {sign} {number(limit[key])}"
        for limit in found.size("satisfice") or []
        for key, sign in (("at_most", "≤"), ("at_least", "≥"))
        if limit.get(key) is not None
    ]
    return listed(words) if words else "its limits stand in configs/studies/discovery.toml of the program that ran it"


section = StudySection(
    key="discovery",
    title="Discovery: where the answer flips, and what is robust",
    question="In which states of the world are fourteen sites better than six, or a response worse than none? And "
    "which posture with which response does well in most states?",
    tables=["answers", "regions", "robustness"],
    needed=["answers", "robustness"],
    findings=[("answers", _answered), ("robustness", _robust)],
    pictures=figures.pictures,
    grids=[("answers", _answers_grid), ("regions", _regions_grid), ("robustness", _robust_grid)],
    caveats=_caveats,
).section
