"""The study of sites over the priors: in how many draws each is fired at."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from experiments.report.page.document import Grid
from experiments.report.sites import figures, numbers
from experiments.report.study import Folder, StudySection
from experiments.report.style import tables


def _words(sites: pd.DataFrame, _: Folder) -> Iterator[str]:
    yield numbers.over_priors(sites)


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
    yield "Who reaches a site hangs on how far from home a cell works above all, of which no number is published."


section = StudySection(
    key="sites",
    title="Which sites are ever fired at",
    question="Can every site be fired at, whatever nobody knows?",
    tables=("sites_prior",),
    needed=("sites_prior",),
    short=(("sites_prior", _words),),
    best=("sites_prior",),
    findings=(),
    pictures=figures.pictures,
    grids=(("sites_prior", _grids),),
    caveats=_caveats,
).section
