"""Scenario discovery: in which worlds the answer flips, whether that holds on fresh worlds, what is robust."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from experiments.analysis.results import Results
from experiments.report.discovery.figures import (
    answers_title,
    good_enough,
    least_regret,
    mean_regret,
    most_robust,
    pictures,
    worlds_of,
)
from experiments.report.page.document import Cell, Grid, Section
from experiments.report.study_figures import in_order, listed, setting
from experiments.report.study_words import caveats, line, reproduce, share_interval, share_words, study_of, tables_of
from experiments.report.style.heatmap import lowest_worst, overall_rank
from experiments.report.style.words import readable, sentence
from sim.numbers import number, percent
from sim.statistics import Interval

TABLES = ("answers", "regions", "robustness")
KEPT = 0.5
"""A box holds if on fresh worlds it keeps this part of its lead over the share of all worlds: a judgement."""
MOST_ROWS = 12
SEVERAL = 3
ASKED = ["base", "other", "measure"]


def section(results: Results) -> Section | None:
    """The section of a folder with the tables of `posture discover`."""
    tables, study = tables_of(results, TABLES), study_of(results, "discovery")
    if not tables.keys() & {"answers", "robustness"}:
        return None
    return Section(
        key="discovery",
        title="Discovery: where the answer flips, and what is robust",
        question="In which worlds are fourteen sites better than six, or a response worse than none? And which posture "
        "with which response does well in most worlds?",
        findings=list(_findings(tables, study)),
        pictures=pictures(tables, study),
        tables=list(_grids(tables, study, results)),
        caveats=[*caveats(study, tables), *_caveats(tables, study)],
        reproduce=reproduce(results, results.manifest if study else {}, tables),
    )


# --- findings ------------------------------------------------------------------------------------------
def _findings(tables: Mapping[str, pd.DataFrame], study: Mapping[str, Any]) -> Iterator[str]:
    if "answers" in tables:
        asked = tables["answers"]
        for (base, other), rows in asked.groupby(["base", "other"], sort=False):
            if len(rows) >= SEVERAL:
                yield _flips(str(base), str(other), rows)
        over = f"{worlds_of(asked, study)} of the wide priors; surely: by more than two standard errors"
        yield f"{answers_title(asked)} ({over})."
        yield from _responses(asked)
        if "regions" in tables:
            yield _held_words(tested(tables["regions"], asked))
    if "robustness" in tables:
        yield from _robust(tables["robustness"], worlds_of(tables.get("answers"), study))


def _flips(base: str, other: str, rows: pd.DataFrame) -> str:
    """In which share of the worlds one posture is worse than another, measure by measure."""
    each = [
        f"{readable(r['measure'])} {percent(r['worse'])} (surely {percent(r['surely_worse'])})"
        for r in rows.to_dict("records")
    ]
    worst = rows.sort_values("worse", ascending=False, kind="stable").iloc[0]
    share = share_words(share_interval(float(worst["worse"]), int(worst["states"])))
    return (
        f"Share of the worlds in which {other} is worse than {base} on average: {', '.join(each)}. Most often in "
        f"{readable(worst['measure'])}: {share}, on fresh worlds {percent(worst['fresh_worse'])}."
    )


def _responses(asked: pd.DataFrame) -> Iterator[str]:
    """Questions of one or two measures: which are surely better or worse in most worlds."""
    several = asked.groupby(["base", "other"])["measure"].transform("size") >= SEVERAL
    for (base, measure), rows in asked[~several].groupby(["base", "measure"], sort=False):
        sides = []
        for side in ("better", "worse"):
            most = rows[rows[f"surely_{side}"] > KEPT].sort_values(f"surely_{side}", ascending=False, kind="stable")
            each = [f"{o} {percent(s)}" for o, s in zip(most["other"], most[f"surely_{side}"], strict=True)]
            sides.append(f"surely {side} in most worlds: {', '.join(each) or 'none'}")
        yield f"{sentence(readable(str(measure)))}, {len(rows)} cases against {base}: {'; '.join(sides)}."


def tested(regions: pd.DataFrame, asked: pd.DataFrame) -> pd.DataFrame:
    """Boxes with the share of all worlds and of all fresh ones in which the answer flips, and whether a box held.

    `lead` is the density above the share of all worlds, `fresh_lead` the same on fresh worlds, `explained` the share of
    fresh worlds where the answer flips in the box beyond what a box of its size would hold by chance.
    """
    rows = regions.merge(asked[[*ASKED, "worse", "fresh_worse"]], on=ASKED, how="inner")
    rows["lead"], rows["fresh_lead"] = rows["density"] - rows["worse"], rows["fresh_density"] - rows["fresh_worse"]
    rows["explained"] = rows["fresh_lead"] * rows["fresh_mass"]
    rows["held"] = (rows["lead"] > 0) & (rows["fresh_lead"] >= KEPT * rows["lead"])
    return rows


def _held_words(rows: pd.DataFrame) -> str:
    held = rows[rows["held"]]
    words = (
        f"Of {len(rows)} boxes that say where an answer flips, {len(held)} hold on fresh worlds with fresh luck (they "
    )
    words += f"keep {percent(KEPT)} or more of their lead over all worlds)"
    strong = held.sort_values("explained", ascending=False, kind="stable")[:2]
    each = [
        f"{r['other']} worse than {r['base']} in {readable(r['measure'])} where {r['region']}: "
        f"{percent(r['fresh_density'])} of the fresh worlds there, {percent(r['fresh_worse'])} of all"
        for r in strong.to_dict("records")
    ]
    return f"{words}. Strongest: {'; '.join(each)}." if each else f"{words}."


def _robust(robust: pd.DataFrame, worlds: str) -> Iterator[str]:
    least = [f"{readable(measure)}: {least_regret(robust, measure)}" for measure in in_order(robust, "measure")]
    yield f"Least mean regret over {worlds}, {'; '.join(least)}."
    best, rank = most_robust(robust)
    means = mean_regret(robust)
    name, share = lowest_worst(means)
    yield (
        f"Best mean rank over {means.shape[1]} measures, of {len(means)} pairs: {listed(best)} ({rank:.1f}). Lowest "
        f"worst regret: {name}, at most {percent(share)} of the largest of a measure."
    )
    shares = good_enough(robust).sort_values(ascending=False, kind="stable")
    n = int(worlds.split()[0]) if worlds[:1].isdigit() else 0
    top = share_words(share_interval(float(shares.iloc[0]), n)) if n else percent(float(shares.iloc[0]))
    rest = ", ".join(f"{pair} {percent(share)}" for pair, share in shares[1:3].items())
    yield f"Good enough in most worlds: {shares.index[0]} {top}; then {rest}."


# --- tables --------------------------------------------------------------------------------------------
def _grids(tables: Mapping[str, pd.DataFrame], study: Mapping[str, Any], results: Results) -> Iterator[Grid]:
    if "answers" in tables:
        yield _answers_grid(tables["answers"], results)
        if "regions" in tables:
            yield _regions_grid(tested(tables["regions"], tables["answers"]), study, results)
    if "robustness" in tables:
        yield _robust_grid(tables["robustness"], results)


def _answers_grid(asked: pd.DataFrame, results: Results) -> Grid:
    """The questions that are most open: worlds on both sides."""
    open_ = asked.assign(both=asked[["surely_better", "surely_worse"]].min(axis=1))
    rows = open_.sort_values(["both", "surely_worse"], ascending=False, kind="stable")[:MOST_ROWS]
    n = int(asked["states"].max())
    cells: list[list[Cell]] = [
        [
            *(r["other"], r["base"], readable(r["measure"]), share_interval(r["worse"], int(r["states"]))),
            *(r["fresh_worse"], r["surely_worse"], r["surely_better"], r["mean_difference"]),
            "" if r["unit"] == "1" else r["unit"],
        ]
        for r in rows.to_dict("records")
    ]
    return Grid(
        name="answers",
        title=f"Where the answer depends most on the world: {len(cells)} of {len(asked)} questions",
        columns=[
            *("second", "first", "measure", "worse on average", "the same, fresh worlds"),
            *("surely worse", "surely better", "mean difference", "unit"),
        ],
        units=["", "", "", "1", "1", "1", "1", "of the row", ""],
        rows=cells,
        note=f"Shares of {n} worlds, the interval is exact at 95%. Sorted by the smaller of the two sure sides. The "
        "rest: answers.csv.",
        reproduce=line(results, "answers", "surely_better > 0 and surely_worse > 0"),
    )


def _regions_grid(rows: pd.DataFrame, study: Mapping[str, Any], results: Results) -> Grid:
    rows = rows.sort_values(["held", "explained"], ascending=False, kind="stable")
    n = _fresh_worlds(study)
    cells: list[list[Cell]] = [
        [
            *(f"{r['other']} worse than {r['base']}", readable(r["measure"]), r["method"], r["region"]),
            *(r["density"], r["worse"], _in_box(r, n), r["fresh_worse"], r["fresh_coverage"]),
            "held" if r["held"] else "did not hold",
        ]
        for r in rows[:MOST_ROWS].to_dict("records")
    ]
    with_n = f" The interval is exact at 95%, of those of {n} fresh worlds that lie in the box." if n else ""
    return Grid(
        name="regions",
        title=f"Where answers flip: {len(cells)} of {len(rows)} boxes, those that hold on fresh worlds first",
        columns=[
            *("answer", "measure", "method", "box", "share in the box", "in all worlds"),
            *("share in the box, fresh worlds", "in all fresh worlds", "fresh cases in the box", "on fresh worlds"),
        ],
        units=["", "", "", "", "1", "1", "1", "1", "1", ""],
        rows=cells,
        note=f"A box holds if it keeps {percent(KEPT)} or more of its lead over all worlds.{with_n} Sorted by fresh "
        "cases in the box beyond those that luck would put there. The rest: regions.csv.",
        reproduce=line(results, "regions", "method == 'PRIM'"),
    )


def _fresh_worlds(study: Mapping[str, Any]) -> int:
    """How many fresh worlds were finished; 0 if that is not known."""
    planned = setting(study, "fresh_states")
    return int(planned) - int(study.get("left_out", {}).get("fresh states", 0)) if planned else 0


def _in_box(row: Mapping[Any, Any], n: int) -> float | Interval:
    """The share on fresh worlds in the box, with its interval if their number is known."""
    inside = round(n * float(row["fresh_mass"]))
    return share_interval(float(row["fresh_density"]), inside) if inside else float(row["fresh_density"])


def _robust_grid(robust: pd.DataFrame, results: Results) -> Grid:
    means = mean_regret(robust)
    ranks, shares = overall_rank(means), good_enough(robust)
    best = robust.pivot_table(index="pair", columns="measure", values="best", sort=False)
    order = ranks.sort_values(kind="stable").index[:MOST_ROWS]
    measures = in_order(robust, "measure")
    worst = robust.pivot_table(index="pair", columns="measure", values="regret_most", sort=False)
    return Grid(
        name="robustness",
        title=f"Robustness: the {len(order)} of {len(means)} pairs with the best mean rank in regret",
        columns=[
            *("pair", "mean rank", "good enough"),
            *(f"{readable(m)}: {word}" for m in measures for word in ("mean regret", "largest regret", "is the best")),
        ],
        units=["", "1", "1", *(u for m in measures for u in (*[_unit(robust, m)] * 2, "1"))],
        rows=[
            [
                *(str(pair), float(ranks[pair]), float(shares[pair])),
                *(
                    float(v)
                    for m, c in zip(measures, means.columns, strict=True)
                    for v in (means.loc[pair, c], worst.loc[pair, m], best.loc[pair, m])
                ),
            ]
            for pair in order
        ],
        note="Regret: distance from the best pair of the same world. All pairs, and the 90th percentile: "
        "robustness.csv.",
        reproduce=line(results, "robustness", f"measure == '{measures[0]}'"),
    )


def _unit(robust: pd.DataFrame, measure: str) -> str:
    return str(robust.loc[robust["measure"] == measure, "unit"].iloc[0])


# --- caveats -------------------------------------------------------------------------------------------
def _caveats(tables: Mapping[str, pd.DataFrame], study: Mapping[str, Any]) -> Iterator[str]:
    yield (
        "Worlds are draws of the wide priors, which are judgements. A share of worlds is no probability that the world "
        "is so."
    )
    if "answers" in tables:
        yield "Where most worlds are neither surely better nor surely worse, signs of means are partly luck."
    if "regions" in tables:
        yield "A search through dozens of parameters finds boxes in noise too: look at those that hold on fresh worlds."
    if "robustness" in tables:
        yield (
            "Means over few replicates contain luck, and the best of many pairs is partly the luckiest: regret is "
            "overstated for all alike, so differences between pairs say more than their levels."
        )
        yield f"What counts as good enough is a judgement: {_limits(study)}."
        yield "What a response does is a rule; its cost in capital stands in its file and is no finding."


def _limits(study: Mapping[str, Any]) -> str:
    limits = setting(study, "satisfice") or []
    words = [
        f"{readable(limit['measure'])} {sign} {number(limit[key])}"
        for limit in limits
        for key, sign in (("at_most", "≤"), ("at_least", "≥"))
        if limit.get(key) is not None
    ]
    return listed(words) if words else "its limits stand in configs/studies/discovery.toml of the program that ran it"
