"""The numbers of fire on each site, and what they say in words.

Frames are `sites.csv` as a table: a row for each scenario and site of its theatre, the base first.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Iterator, Sequence
from typing import Any

import pandas as pd

from experiments.analysis.results import sampled
from experiments.report.style.names import posture_words
from experiments.report.style.tables import interval_of
from experiments.report.style.words import listed, policy, sentence
from sim.numbers import counted, number, percent, signed
from sim.statistics import Interval

NAMED = 3
"""Sites that a sentence names."""


def rows_of(sites: pd.DataFrame, scenario: str) -> pd.DataFrame:
    """The rows of a scenario, by site."""
    return sites[sites["scenario"] == scenario].set_index("site", drop=False)


def held_by_any(sites: pd.DataFrame) -> list[str]:
    """The sites that some scenario holds, or at which one is fired: those that come under most fire first."""
    shown = sites[(sites["held"] == 1) | (sites["mean"] > 0)]
    return [str(name) for name in shown.groupby("site", sort=False)["mean"].max().sort_values(ascending=False).index]


def cell(rows: pd.DataFrame, site: str, *keys: str) -> Interval | None:
    """A number of a site with its bounds; nothing where the scenario does not hold it and nobody fires at it."""
    row = _row(rows, site)
    return interval_of(row, *keys) if row and (row["held"] or row["mean"]) else None


def difference(rows: pd.DataFrame, site: str) -> Interval | None:
    """Against the base; nothing where the base's theatre has no such site."""
    row = _row(rows, site)
    found = interval_of(row, "difference_mean", "difference_low", "difference_high") if row else None
    return None if found is None or math.isnan(found.mean) else found


def _row(rows: pd.DataFrame, site: str) -> dict[Hashable, Any]:
    """The row of a site; {} if the theatre has none of the name."""
    return next(iter(rows[rows["site"] == site].to_dict("records")), {})


def shown(rows: pd.DataFrame, order: Sequence[str]) -> dict[int, Interval]:
    """Place of a site in the order → its fire; none where the scenario does not hold it and nobody fires at it."""
    found = {place: cell(rows, site, "mean", "low", "high") for place, site in enumerate(order)}
    return {place: interval for place, interval in found.items() if interval is not None}


def by_share(sites: pd.DataFrame) -> pd.DataFrame:
    """The sites, those first that are fired at in most draws."""
    return sites.sort_values("share", ascending=False, kind="stable")


def shares(sites: pd.DataFrame) -> list[Interval]:
    """In what share of the draws each site is fired at."""
    return [interval_of(row, "share", "low", "high") for row in sites.to_dict("records")]


# --- words -----------------------------------------------------------------------------------------------
def most(rows: pd.DataFrame, scenario: str) -> str:
    """The sites under most fire."""
    found = rows[rows["mean"] > 0].sort_values("mean", ascending=False, kind="stable").head(NAMED)
    if found.empty:
        return f"{sentence(policy(scenario))}: no site is fired at ({_runs(rows)})."
    each = [f"{row['title']} {number(row['mean'])}" for row in found.to_dict("records")]
    total = number(float(rows["mean"].sum()))
    return (
        f"{sentence(policy(scenario))} has {total} fire attacks a run, most of them on {listed(each)} ({_runs(rows)})."
    )


def never(rows: pd.DataFrame, scenario: str, unreached: Collection[str]) -> Iterator[str]:
    """Sites that are held and were never fired at: out of every cell's reach, or not in these runs."""
    quiet = rows[(rows["held"] == 1) & (rows["share"] == 0)]
    beyond = quiet.index.isin(list(unreached))
    for some, why in ((quiet[beyond], "out of every cell's reach"), (quiet[~beyond], "")):
        if len(some):
            bound = f"95% bound of its share of runs: {percent(float(some['share_high'].max()))}"
            yield f"{sentence(policy(scenario))} holds {listed(some['title'])}, never fired at: {why or bound}."


def over_priors(sites: pd.DataFrame) -> str:
    """Whether any site is never fired at over the priors, and which is so in fewest draws."""
    quiet = sites.loc[sites["fired"] == 0, "title"]
    least = sites.sort_values("fired", kind="stable").iloc[0]
    n = f"{int(sites['n'].iloc[0]):,} draws of the priors, a run of {posture_words(sites['posture'].iloc[0])} each"
    if len(quiet):
        return f"Never fired at in {n}: {listed(quiet)}."
    bounds = f"95% interval {percent(least['low'])} to {percent(least['high'])}"
    return (
        f"Every site is fired at in some of {n}; in fewest of them {least['title']}: {percent(least['share'])} "
        f"({bounds}), a cell can fire at it in {percent(least['reached'])}."
    )


def by_share_words(sites: pd.DataFrame) -> str:
    """In how many draws the sites are fired at, from the one of most to the one of fewest."""
    rows = sites.sort_values("share", ascending=False, kind="stable")
    most, least = rows.iloc[0], rows.iloc[-1]
    return f"Fired at: from {percent(most['share'])} of the draws ({most['title']}) to {percent(least['share'])}"


def given_up(rows: pd.DataFrame, before: pd.DataFrame, scenario: str, base: str) -> str:
    """How much of the change in fire is on sites that one of the two alone holds, how much on those of both."""
    both = [name for name in rows.index if name in before.index]
    same = [name for name in both if rows.loc[name, "held"] == before.loc[name, "held"]]
    changes = rows.loc[both, "difference_mean"]
    kept = float(changes[same].sum())
    other = float(changes.drop(same).sum())
    head = f"Fire with {policy(scenario)} against {policy(base)}: {signed(kept + other)} attacks a run"
    if len(both) == len(same):
        return f"{head}; both hold the same sites."
    some = f"{signed(other)} on the {counted(len(both) - len(same), 'site')} that only one of them holds"
    return f"{head}, of which {some} and {signed(kept)} on all others."


def _runs(rows: pd.DataFrame) -> str:
    return f"n = {counted(int(rows['n'].iloc[0]), sampled(rows))}"


def scenarios(sites: pd.DataFrame) -> Sequence[str]:
    """Names of the scenarios, the base first."""
    return [str(name) for name in sites["scenario"].unique()]
