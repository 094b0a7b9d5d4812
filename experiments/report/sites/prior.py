"""The study of sites over the priors: in how many draws each is fired at."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from experiments.report.page.document import Grid
from experiments.report.study import Folder, StudySection
from experiments.report.style import tables
from experiments.report.style.words import listed
from sim.numbers import percent


def _words(sites: pd.DataFrame, _: Folder) -> Iterator[str]:
    """Whether any is never fired at, and which is so in fewest draws."""
    never = sites.loc[sites["fired"] == 0, "title"]
    least = sites.sort_values("fired", kind="stable").iloc[0]
    n = f"{int(sites['n'].iloc[0]):,} draws of the priors, a run of {sites['posture'].iloc[0]} each"
    if len(never):
        yield f"Never fired at in {n}: {listed(never)}."
        return
    bounds = f"95% interval {percent(least['low'])} to {percent(least['high'])}"
    yield (
        f"Every site is fired at in some of {n}; in fewest of them {least['title']}: {percent(least['share'])} "
        f"({bounds}), a cell can fire at it in {percent(least['reached'])}."
    )


def _grids(sites: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    columns = [
        tables.text("site", "title"),
        tables.number("a cell can fire at it", "reached", "share of draws"),
        tables.interval("fired at", "share", "low", "high", unit="share of draws"),
        tables.interval("attacks", "attacks", "attacks_low", "attacks_high", unit="attacks a run"),
    ]
    note = "Exact 95% intervals of shares, t intervals of means over draws; a run each."
    yield tables.grid(
        "sites_prior", "Fire on each site over the priors", sites, columns, note, found.line("sites_prior")
    )


def _caveats(_: Folder) -> Iterator[str]:
    yield "Who reaches a site hangs on `operations.radius_km` above all, of which no number is published."


section = StudySection(
    key="sites",
    title="Which sites are ever fired at",
    question="Can every site be fired at, whatever nobody knows?",
    tables=("sites_prior",),
    needed=("sites_prior",),
    findings=(("sites_prior", _words),),
    pictures=lambda tables, about: [],
    grids=(("sites_prior", _grids),),
    caveats=_caveats,
).section
