"""The sites over the prior as the frame takes them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from experiments.studies.forms import FilledForm, cells, fill, forms
from experiments.studies.priors import load_priors
from experiments.studies.settings import SitesSizes
from experiments.studies.sites.reach import STAGE, SitesFound, sites_over_prior
from experiments.studies.study import Lines, Study, StudyRequest

FORMS = forms("""
sites_prior: which sites are ever fired at, over the priors. One row a site of the posture; a run for each draw.
posture | | posture
site    | | name of the site
title   | | the site in words
reached | 1 | share of draws in which some cell can fire at it
fired   | 1 | draws in which it is fired at at least once
n       | 1 | draws
share   | 1 | fired / n
low     | 1 | exact 95% interval of the share
high    | 1 | exact 95% interval of the share
attacks      | attack/run | fire attacks on it, mean over draws
attacks_low  | attack/run | 95% t interval over draws
attacks_high | attack/run | 95% t interval over draws
""")


def prepare(request: StudyRequest[SitesSizes]) -> partial[SitesFound]:
    """The study of draws of the priors."""
    return partial(sites_over_prior, load_priors(request.priors), request.sizes)


def tables(found: SitesFound) -> dict[str, FilledForm]:
    """The one table."""
    return fill(FORMS, {"sites_prior": [[*cells(site)] for site in found.sites]})


def lines(found: SitesFound) -> Iterator[Lines]:
    """Sites by name, those that are fired at in fewest draws first."""
    rows = [(s.site, s.reached, s.fired, s.n, s.attacks.mean) for s in sorted(found.sites, key=lambda s: s.fired)]
    columns = ("site", "reached, share of draws", "draws with fire", "of", "attacks a run")
    yield Lines("Fire on each site over the prior", columns, rows)


STUDY = Study(
    "sites",
    SitesSizes,
    prepare,
    FORMS,
    tables,
    lines,
    lambda found: {"left_out": {"draws of the priors": found.left_out}},
    lambda request: {STAGE: request.sizes.draws},
)
