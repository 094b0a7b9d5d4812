"""Scenario discovery: in which states of the world answers flip, on fresh ones too, and what is robust."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from experiments.report.discovery import figures, numbers
from experiments.report.discovery.numbers import good_enough, mean_regret
from experiments.report.page.document import Grid
from experiments.report.study import MEASURE, Folder, StudySection, change_words, in_order, share_words, unit_of
from experiments.report.style import tables
from experiments.report.style.heatmap import lowest_worst, overall_rank
from experiments.report.style.names import condition_words, policy_words, posture_words
from experiments.report.style.words import listed, readable, sentence
from experiments.studies.structures.rivals import not_covered
from sim.numbers import number, percent

MOST_ROWS = 12
EQUAL = posture_words("equal_fourteen")
_LABELS = ("base", "other", "pair")


def _gather(found: Folder) -> Folder:
    """With policies and boxes in words, and without questions whose answer is no better or worse."""
    return replace(found, tables={name: _in_words(frame) for name, frame in found.tables.items()})


def _in_words(frame: pd.DataFrame) -> pd.DataFrame:
    rows = numbers.told(frame)
    labels = {column: rows[column].map(policy_words) for column in _LABELS if column in rows}
    regions = {"region": rows["region"].map(condition_words)} if "region" in rows else {}
    return rows.assign(**labels, **regions)


# --- findings ------------------------------------------------------------------------------------------
def _equal_in_short(asked: pd.DataFrame, found: Folder) -> Iterator[str]:
    """Of the pair of equal budget, in how many states each measure is better."""
    rows = asked[asked["base"] == EQUAL]
    if len(rows):
        each = [f"{readable(r['measure'])} in {percent(r['better'])}" for r in rows.to_dict("records")]
        other = sentence(str(rows["other"].iloc[0]))
        yield f"{other} do better than fourteen, by measure: {', '.join(each)} of {numbers.states_in(found)}."


def _robust_in_short(robust: pd.DataFrame, _: Folder) -> Iterator[str]:
    """The pair of the best mean rank, and what is good enough in most states."""
    best, rank = numbers.most_robust(robust)
    means, shares = mean_regret(robust), good_enough(robust)
    yield (
        f"Of {len(means)} postures with at most one response, least regret by mean rank over {means.shape[1]} "
        f"measures: {listed(best)} ({rank:.1f}); good enough in most states: {shares.index[0]} "
        f"({percent(shares.iloc[0])})."
    )


def _answered(asked: pd.DataFrame, found: Folder) -> Iterator[str]:
    for (base, other), rows in asked.groupby(["base", "other"], sort=False):
        if base == EQUAL:
            yield from (_measure_words(str(base), str(other), row) for row in rows.to_dict("records"))
    yield from _responses(asked[asked["base"] != EQUAL])
    yield _held_words(asked, found.get("regions"))


def _measure_words(base: str, other: str, row: Mapping[Any, Any]) -> str:
    """`Convoy attacks, six sites of equal budget less fourteen …: +10 (+8 to +12); worse in 87% of the states …`."""
    change = change_words(tables.interval_of(row), str(row["unit"]) if row["unit"] != "1" else "")
    return f"{sentence(readable(row['measure']))}, {other} less {base}: {change}; {numbers.worse_words(row)}."


def _responses(asked: pd.DataFrame) -> Iterator[str]:
    """Measure by measure: which responses are clearly worse or better than none in most states, and how many."""
    for (base, measure), rows in asked.groupby(["base", "measure"], sort=False):
        found, parts = numbers.sides(rows), []
        for side in ("worse", "better"):
            each = [f"{numbers.added(row)} (at least {percent(row[f'{side}_low'])})" for row in found[side]]
            parts.append(f"clearly {side} in most states: {', '.join(each) or 'none'}")
        yield f"{sentence(readable(str(measure)))}, {len(rows)} responses against none on {base}: {'; '.join(parts)}."


def _held_words(asked: pd.DataFrame, regions: pd.DataFrame | None) -> str:
    """How many boxes held, and those that hold most."""
    tried, held = int(asked["boxes"].sum()), int(asked["held"].sum())
    words = f"Of {tried} boxes that say where an answer flips, {held} hold on fresh states with fresh luck"
    if regions is None:
        return f"{words}."
    each = [_region_words(row) for row in numbers.most_explained(regions)[:2].to_dict("records")]
    return f"{words}. Strongest: {'; '.join(each)}."


def _region_words(row: Mapping[Any, Any]) -> str:
    density = share_words(tables.interval_of(row, "fresh_density", "fresh_low", "fresh_high"))
    return (
        f"{row['other']} worse than {row['base']} in {readable(row['measure'])} where {row['region']}: {density} of "
        f"the fresh states there, {percent(row['fresh_share'])} of all"
    )


def _robust(robust: pd.DataFrame, found: Folder) -> Iterator[str]:
    states = numbers.states_in(found)
    least = [f"{readable(measure)}: {numbers.least_regret(robust, measure)}" for measure in in_order(robust, "measure")]
    yield f"Least mean regret over {states}, {'; '.join(least)}."
    means = mean_regret(robust)
    name, share = lowest_worst(means)
    yield (
        f"Lowest worst regret over {means.shape[1]} measures: {name}, at most {percent(share)} of the largest "
        "of a measure."
    )
    shares = good_enough(robust)
    of = robust.drop_duplicates("pair").set_index("pair")
    top = share_words(tables.interval_of(of.loc[shares.index[0]], *_GOOD_ENOUGH))
    rest = ", ".join(f"{pair} {percent(share)}" for pair, share in shares[1:3].items())
    yield f"Every limit is met in {top} of the states with {shares.index[0]}; then {rest}."


# --- tables --------------------------------------------------------------------------------------------
def _answers_grid(asked: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    """The questions that are most open: states on both sides."""
    rows = numbers.most_open(asked)[:MOST_ROWS]
    columns = [
        tables.text("second", "other"),
        tables.text("first", "base"),
        MEASURE,
        tables.interval("second − first"),
        tables.UNIT,
        *(tables.interval(side, side, f"{side}_low", f"{side}_high", unit="1") for side in ("worse", "better")),
        *tables.columns_of("1", ("equal", "equal"), ("replicate noise", "noise")),
    ]
    title = f"Where the answer depends most on the state of the world: {len(rows)} of {len(asked)} questions"
    note = f"Means and shares of {asked['states'].max()} states with 95% intervals; shares are strict and without "
    note += "replicate noise, whose part in the variance of states' means is in the last column. The rest: answers.csv."
    yield found.grid("answers", title, rows, columns, note, "better > 0 and worse > 0")


def _regions_grid(regions: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    rows = numbers.most_explained(regions)[:MOST_ROWS]
    columns = [
        tables.text("answer", lambda row: f"{row['other']} worse than {row['base']}"),
        *(MEASURE, tables.text("method"), tables.text("box", "region")),
        tables.interval("share in the box, fresh states", "fresh_density", "fresh_low", "fresh_high", unit="1"),
        *tables.columns_of("1", ("in all fresh states", "fresh_share"), ("where it was found", "density")),
        *tables.columns_of("1", ("fresh cases in the box", "fresh_coverage"), ("of the prior in the box", "mass")),
        tables.interval("lift", "lift", "lift_low", "lift_high", unit="1"),
    ]
    title = f"Where answers flip: {len(rows)} of {len(regions)} boxes that hold on fresh states"
    note = "Lift: how many times more often the answer flips in the box than everywhere, on fresh states. Boxes of "
    note += "which it is not clearly above 1, for as many as were tried, are not shown. A case: the second is worse in "
    note += "the mean of the replicates. encounter=in: that rival structure is in. The rest: regions.csv."
    yield found.grid("regions", title, rows, columns, note, "method == 'PRIM'")


_GOOD_ENOUGH = ("satisficing", "satisficing_low", "satisficing_high")
_REGRETS = {"regret_mean": "mean regret", "regret_most": "largest regret", "best": "is the best"}


def _robust_grid(robust: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    ranks = overall_rank(mean_regret(robust))
    shares = {row["pair"]: tables.interval_of(row, *_GOOD_ENOUGH) for row in robust.to_dict("records")}
    cells, measures = robust.set_index(["pair", "measure"]).to_dict("index"), in_order(robust, "measure")
    columns = [
        tables.text("pair", str),
        tables.number("mean rank", lambda pair: float(ranks[pair])),
        tables.number("good enough", lambda pair: shares[pair]),
        *tables.columns_by(
            [(measure, key) for measure in measures for key in _REGRETS],
            lambda of: f"{readable(of[0])}: {_REGRETS[of[1]]}",
            lambda pair, of: float(cells[pair, of[0]][of[1]]),
            lambda of: "1" if of[1] == "best" else unit_of(robust, of[0]),
        ),
    ]
    order = ranks.sort_values(kind="stable").index[:MOST_ROWS]
    title = f"Robustness: the {len(order)} of {len(ranks)} pairs with the best mean rank in regret"
    note = "Regret: what is lost against the best pair of the same state, which is found on other replicates. "
    note += "All pairs, and the 90th percentile: robustness.csv."
    query = f"measure == '{measures[0]}'"
    yield found.grid("robustness", title, order, columns, note, query)


# --- caveats -------------------------------------------------------------------------------------------
def _caveats(found: Folder) -> Iterator[str]:
    yield (
        "States of the world are draws of the wide priors, which are judgements. A share of states is no probability "
        "that the world is so, and one of 100% is of states that are alike in what no rival covers."
    )
    yield not_covered()
    yield "Closing the embassy is in no comparison here: that nothing is left to attack is no success."
    if "answers" in found:
        yield "Intervals are for one question at a time: of each twenty about one misses its truth by luck."
    if "regions" in found:
        yield (
            "A box is shown because it held, and its density and lift are partly the luck by which it did. It says "
            "where the answer flips in the model, not why."
        )
    if "robustness" in found:
        yield (
            "The best pair of a state is found on half of its replicates and scored on the others, so that the "
            "luckiest is not the best. Few replicates find it less often: regrets are rather too small."
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
    question="In which states of the world are six sites worse than fourteen of equal budget, or does a response do "
    "harm? And which posture with which response does well in most states?",
    tables=["answers", "regions", "robustness"],
    needed=["answers", "robustness"],
    short=[("answers", _equal_in_short), ("robustness", _robust_in_short)],
    best=["answers"],
    findings=[("answers", _answered), ("robustness", _robust)],
    pictures=figures.pictures,
    grids=[("answers", _answers_grid), ("regions", _regions_grid), ("robustness", _robust_grid)],
    caveats=_caveats,
    gather=_gather,
).section
