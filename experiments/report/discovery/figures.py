"""Figures of scenario discovery, drawn from its tables: how often answers flip, how robust each pair is, regret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from experiments.report.page.document import Picture
from experiments.report.study_figures import Drawn, in_order, is_quick, labelled, setting
from experiments.report.style.colours import COLOURS, clean, label_rows, new_figure
from experiments.report.style.heatmap import MOST_ROWS, overall_rank, regret_heat, regret_title
from experiments.report.style.words import readable
from sim.numbers import amount, percent

PARTS = {"regret_mean": "mean", "regret_p90": "90th percentile"}


def pictures(tables: Mapping[str, pd.DataFrame], study: Mapping[str, Any]) -> list[Picture]:
    """Every figure that the tables allow; `study` is the entry of the manifest, or empty."""
    return [drawn.picture(quick=any(map(is_quick, tables.values()))) for drawn in _all(tables, study)]


def _all(tables: Mapping[str, pd.DataFrame], study: Mapping[str, Any]) -> Iterator[Drawn]:
    if "answers" in tables:
        yield answers(tables["answers"])
    if "robustness" in tables:
        worlds = worlds_of(tables.get("answers"), study)
        yield regret(tables["robustness"], worlds)
        yield robustness(tables["robustness"], worlds)


def worlds_of(asked: pd.DataFrame | None, study: Mapping[str, Any]) -> str:
    """`500 worlds`, from the answers or the manifest; else just the word."""
    n = int(asked["states"].max()) if asked is not None and len(asked) else setting(study, "states")
    return f"{n} worlds" if n else "worlds"


# --- answers ---------------------------------------------------------------------------------------------
def sides(asked: pd.DataFrame) -> tuple[int, int, int]:
    """Questions where the second is surely better in most worlds, surely worse in most, and neither."""
    better, worse = int((asked["surely_better"] > 0.5).sum()), int((asked["surely_worse"] > 0.5).sum())
    return better, worse, len(asked) - better - worse


def answers(asked: pd.DataFrame) -> Drawn:
    """Shares of the worlds in which the second is better, worse, or not to be told from luck."""
    labels = [f"{r['other']} against {r['base']}: {readable(r['measure'])}" for r in asked.to_dict("records")]
    figure = new_figure(10.0, 1.9 + 0.25 * len(asked))
    axes, rows = figure.add_subplot(), np.arange(len(asked))
    better, worse = (asked[f"surely_{side}"].to_numpy(float) for side in ("better", "worse"))
    axes.barh(rows, better, color=COLOURS[0], label="better, beyond two standard errors")
    axes.barh(rows, 1 - better - worse, left=better, color="0.88", label="not to be told from luck")
    axes.barh(rows, worse, left=1 - worse, color=COLOURS[1], label="worse, beyond two standard errors")
    ends: dict[str, Any] = {"color": "black", "markersize": 11, "label": "better on average up to here"}
    axes.plot(1 - asked["worse"].to_numpy(float), rows, "|", **ends)
    label_rows(axes, labels)
    axes.set_xlim(0, 1)
    axes.set_xlabel("share of the worlds")
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    how = f"Each row: the second against the first in {worlds_of(asked, {})} of the wide priors."
    return Drawn("answers", figure, answers_title(asked), how, "answers", _answers_alt(asked))


def answers_title(asked: pd.DataFrame) -> str:
    """On which side most worlds are, question by question."""
    better, worse, neither = sides(asked)
    words = f"in {better} the second is surely better in most worlds, in {worse} surely worse, in {neither} neither"
    return f"Of {len(asked)} questions, {words}"


def _answers_alt(asked: pd.DataFrame) -> str:
    first = asked[(asked["base"] == asked["base"].iloc[0]) & (asked["other"] == asked["other"].iloc[0])]
    each = [
        f"{readable(r['measure'])} better {percent(r['surely_better'])}, worse {percent(r['surely_worse'])}"
        for r in first.to_dict("records")
    ]
    pair = f"{first['other'].iloc[0]} against {first['base'].iloc[0]}"
    return f"Stacked bars of shares of worlds, a row a question. {pair}, surely: {'; '.join(each)}."


# --- robustness ------------------------------------------------------------------------------------------
def regret_table(robust: pd.DataFrame) -> pd.DataFrame:
    """Pairs × (measure and part) of regret; columns are labels with units in two lines."""
    parts = {}
    for measure in in_order(robust, "measure"):
        rows = robust[robust["measure"] == measure].set_index("pair")
        for column, words in PARTS.items():
            parts[f"{labelled(robust, measure)}\n{words}"] = rows[column]
    return pd.DataFrame(parts).loc[in_order(robust, "pair")]


def mean_regret(robust: pd.DataFrame) -> pd.DataFrame:
    """Pairs × measures of mean regret; columns are labels with units."""
    wide = robust.pivot_table(index="pair", columns="measure", values="regret_mean", sort=False)
    return wide.rename(columns={measure: labelled(robust, measure) for measure in wide.columns})


def good_enough(robust: pd.DataFrame) -> pd.Series:
    """The satisficing share of each pair."""
    return robust.drop_duplicates("pair").set_index("pair")["satisficing"]


def regret(robust: pd.DataFrame, worlds: str) -> Drawn:
    """Regret of each pair as a heat map, mean and 90th percentile, with the share of worlds that are good enough."""
    table, means = regret_table(robust), mean_regret(robust)
    ranked_by = [f"{column}\n{PARTS['regret_mean']}" for column in means.columns]
    figure = regret_heat(table, ranked_by, good_enough(robust))
    title = f"Mean over {worlds}. {regret_title(means)}"
    left_out = f" The first {MOST_ROWS} of {len(table)}." if len(table) > MOST_ROWS else ""
    how = "Regret: distance from the best pair of the same world, in the measure's unit; darker is worse. "
    how += f"Sorted by the mean of the ranks in mean regret.{left_out}"
    alt = f"Heat map of regret, {len(table)} pairs by {len(table.columns)} columns, with bars of the share of worlds "
    alt += f"that are good enough. {title}."
    return Drawn("regret", figure, title, how, "robustness", alt)


def robustness(robust: pd.DataFrame, worlds: str) -> Drawn:
    """Regret of each pair (mean and 90th percentile, on a log axis where it is wide), and satisficing."""
    measures, pairs = in_order(robust, "measure"), in_order(robust, "pair")
    figure = new_figure(2.6 + 2.8 * (len(measures) + 1), 1.9 + 0.24 * len(pairs))
    grid: Sequence[Axes] = figure.subplots(1, len(measures) + 1, sharey=True)
    for axes, measure in zip(grid, measures, strict=False):
        _regret_panel(axes, robust[robust["measure"] == measure].set_index("pair").reindex(pairs))
        axes.set_xlabel(f"regret in {labelled(robust, measure)}")
    shares = good_enough(robust).reindex(pairs).to_numpy(float)
    grid[-1].barh(range(len(pairs)), shares, color=COLOURS[2])
    grid[-1].set_xlabel("good enough, share of the worlds")
    grid[-1].set_xlim(0, 1)
    for axes in grid:
        label_rows(axes, pairs)
    handles, names = grid[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=2, frameon=False)
    how = f"Regret: distance from the best pair of each of {worlds} of the wide priors. "
    how += "Good enough: every limit of the study is met."
    title = robustness_title(robust)
    return Drawn("robustness", figure, title, how, "robustness", f"Dots of regret and bars of shares. {title}.")


def robustness_title(robust: pd.DataFrame) -> str:
    """Which pairs are good enough in most worlds, and which in fewest."""
    shares = good_enough(robust).sort_values(ascending=False, kind="stable")
    top = ", ".join(f"{pair} {percent(share)}" for pair, share in shares[:3].items())
    return f"Good enough in most worlds: {top}; in fewest: {shares.index[-1]} {percent(shares.iloc[-1])}"


def _regret_panel(axes: Axes, rows: pd.DataFrame) -> None:
    for n, (column, label) in enumerate(PARTS.items()):
        dots: dict[str, Any] = {"markersize": 5, "linestyle": "none", "color": COLOURS[n], "label": label}
        axes.plot(rows[column].to_numpy(float), range(len(rows)), "os"[n], **dots)
    axes.set_xscale("symlog", linthresh=max(float(np.nanmedian(rows["regret_mean"])), 1e-6))
    clean(axes)


def most_robust(robust: pd.DataFrame) -> tuple[list[str], float]:
    """The pairs of the best mean rank in mean regret, and that rank."""
    ranks = overall_rank(mean_regret(robust))
    return [str(pair) for pair in ranks.index[ranks == ranks.min()]], float(ranks.min())


def least_regret(robust: pd.DataFrame, measure: str) -> str:
    """`six (8.5, 90th percentile 20 point)`."""
    row = robust[robust["measure"] == measure].sort_values("regret_mean", kind="stable").iloc[0]
    mean, high = (amount(float(row[part]), str(row["unit"])) for part in ("regret_mean", "regret_p90"))
    return f"{row['pair']} ({mean}, 90th percentile {high})"
