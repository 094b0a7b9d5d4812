"""Fire on each site: how much of it, in how many runs, and what of a change falls on sites that are given up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from experiments.analysis.alignment import with_points
from experiments.analysis.raw_tables import SITE_FIRE_COLUMNS, of_single_runs, sites_of_fire, theatres_of
from experiments.analysis.results import Results, sampled
from experiments.report.page.document import Grid, Picture, Section, loaded
from experiments.report.sites import figures, numbers, prior
from experiments.report.style import tables
from experiments.report.style.colours import FEW
from experiments.report.style.words import policy
from sim.numbers import counted

_MEAN, _SHARE = ("mean", "low", "high"), ("share", "share_low", "share_high")


def section(results: Results) -> Section | None:
    """Of `sites.csv`, `site_fire.csv` with its manifest, or the study `posture sites`; nothing without any of them."""
    sites = site_table(results)
    if sites is None or sites.empty:
        return prior.section(results)
    return Section(
        key="sites",
        title="Fire on each site",
        question="Which sites are fired at, how often, and which never?",
        findings=changes(sites),
        more=list(findings(sites, results.manifest)),
        pictures=[picture(sites)],
        tables=[grid(sites, results)],
        caveats=[
            "Who reaches which site follows from the theatre file and `operations.radius_km`. Of a site that no cell "
            "reaches the model says nothing but that."
        ],
        reproduce=_reproduce(results),
    )


def site_table(results: Results) -> pd.DataFrame | None:
    """The first scenarios of `sites.csv`, or the same from the counts of single runs of a sweep."""
    if "sites" in results:
        table = results.table("sites")
        return table[table["scenario"].isin(numbers.scenarios(table)[:FEW])]
    fire = of_single_runs(results, "site_fire", SITE_FIRE_COLUMNS) if "theatres" in results.manifest else None
    if fire is None:
        return None
    runs = with_points(results.runs)
    first = list(runs["scenario"].astype(str).unique())[:FEW]
    runs, fire = (frame[frame["scenario"].astype(str).isin(first)] for frame in (runs, fire))
    return sites_of_fire(fire, runs, results.manifest, theatres_of(results.manifest))


def findings(sites: pd.DataFrame, manifest: Mapping[str, Any]) -> Iterator[str]:
    """Most fire, and sites never fired at."""
    names = numbers.scenarios(sites)
    rows = {name: numbers.rows_of(sites, name) for name in names}
    for name in names:
        yield numbers.most(rows[name], name)
        yield from numbers.never(rows[name], name, manifest.get("out_of_reach", {}).get(name, ()))


def changes(sites: pd.DataFrame) -> list[str]:
    """Where a change in fire lies; of one scenario, or of other theatres, where most of it falls."""
    names = numbers.scenarios(sites)
    first, *others = [numbers.rows_of(sites, name) for name in names]
    same = [(name, rows) for name, rows in zip(names[1:], others, strict=True) if rows.index.isin(first.index).any()]
    found = [numbers.given_up(rows, first, name, names[0]) for name, rows in same]
    return found or [numbers.most(first, names[0])]


def picture(sites: pd.DataFrame) -> Picture:
    """Fire on each site in each scenario; its title says where most of it falls or, of two, where it changes."""
    titles, title = titles_of(sites), changes(sites)[0]
    note = f"From sites.csv: n = {counted(int(sites['n'].iloc[0]), sampled(sites))} each, means with 95% t intervals."
    alt = "A row a site, a mark a scenario: fire attacks a run."
    return Picture("sites_fire", title, alt, figures.fire(sites, titles), note)


def titles_of(sites: pd.DataFrame) -> dict[str, str]:
    """Site → its name in words."""
    return dict(zip(sites["site"].astype(str), sites["title"].astype(str), strict=True))


def grid(sites: pd.DataFrame, results: Results) -> Grid:
    """A row a site, those under most fire first."""
    names = numbers.scenarios(sites)
    titles = titles_of(sites)
    columns = [tables.text("site", lambda site: titles[site]), *_columns(sites, names)]
    line = f"{loaded(results.folder)}.table('sites')" if "sites" in results else ""
    return tables.grid("sites", "Fire attacks on each site", numbers.held_by_any(sites), columns, _note(sites), line)


def _columns(sites: pd.DataFrame, names: Sequence[str]) -> tables.Columns:
    """The numbers of a site under each scenario; of more than two attacks alone, or columns would be many."""
    rows, unit = {name: numbers.rows_of(sites, name) for name in names}, "attacks a run"
    found = [*tables.columns_by(names, policy, lambda site, name: numbers.cell(rows[name], site, *_MEAN), unit)]
    if len(names) == 2:
        found.append(tables.number("difference", lambda site: numbers.difference(rows[names[1]], site), unit))
    if len(names) > 2:
        return found
    heading = _heading
    shares = tables.columns_by(names, heading, lambda site, name: numbers.cell(rows[name], site, *_SHARE), "share")
    return [*found, *shares]


def _heading(name: str) -> str:
    return f"runs with any, {policy(name)}"


def _note(sites: pd.DataFrame) -> str:
    """How to read the table."""
    n = counted(int(sites["n"].iloc[0]), sampled(sites))
    exact = "exact 95% intervals" if sampled(sites) == "run" else "95% t intervals over states"
    return (
        f"n = {n} each; means with 95% t intervals, shares with {exact}. Blank: the posture does not hold "
        f"the site. Of many scenarios the base and the first {FEW - 1} others are shown."
    )


def _reproduce(results: Results) -> list[str]:
    here = loaded(results.folder)
    if "sites" in results:
        return ["import experiments", f'{here}.table("sites")']
    made = "from experiments.report.sites.section import site_table"
    return ["import experiments", made, f"site_table({here})"]
