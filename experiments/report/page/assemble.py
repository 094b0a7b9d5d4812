"""`posture report`: a results folder becomes a document: `document → page`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module

from experiments.analysis.results import Results
from experiments.report.page import overview, studies
from experiments.report.page.document import Document, Lead, Picture, Section
from experiments.report.study import QUICK_CAVEAT
from sim.errors import ConfigError

KINDS = (
    *("run", "comparison", "tradeoff", "sweep", "course", "displacement", "sites"),
    *("factorial", "sensitivity", "discovery", "claims", "structures", "decide", "information"),
    *("calibration", "validation"),
)
"""Sections in the order in which they stand; each a folder whose `section` shows itself where its tables are."""


def document(results: Results, tell: Callable[[str], None] = lambda kind: None) -> Document:
    """The report of a folder; `tell` hears which section is next. Refused if no section finds its tables."""
    own = [section for kind in KINDS if (section := _section(kind, results, tell))]
    sections = [*own, *(each for section in own for each in section.behind)]
    if not sections:
        allowed = f"it must be a table that a report can show; there are {', '.join(results.files) or 'none'}"
        raise ConfigError(results.folder, "tables", ", ".join(results.files), allowed)
    lead = first_screen(sections)
    first, sections = _parted(sections, lead) if lead else ([], sections)
    made = Document(
        title=lead.title if lead else _title(results, sections),
        question=overview.question(sections, results.manifest),
        brief=overview.brief(results.manifest),
        warning=QUICK_CAVEAT if any(QUICK_CAVEAT in each.caveats for each in sections) else "",
        ran=overview.ran(results),
        sections=sections,
        caveats=overview.caveats(results),
        reproduce=overview.reproduce(results),
        lead=lead,
        first=first,
    )
    return _opened(made) if studies.are_studies(sections) else made


def _opened(page: Document) -> Document:
    """A page of studies: it opens with what they found."""
    opening = studies.opening(page.sections)
    return replace(
        page,
        title=opening.title,
        opening=opening,
        sections=studies.parts(page.sections),
        caveats=[*page.caveats, *studies.doubted_by_several(page.sections)],
    )


def first_screen(sections: Sequence[Section]) -> Lead | None:
    """The first screen that no other one folds: a sweep without a manifest looks like a comparison of many."""
    leads = {section.key: section.lead for section in sections if section.lead}
    folded = {key for lead in leads.values() for key in lead.folds}
    return next((lead for key, lead in leads.items() if key not in folded), None)


def _parted(sections: Sequence[Section], lead: Lead) -> tuple[list[Picture], list[Section]]:
    """The pictures of the first screen, and the sections without them, those folded that the lead folds."""
    found = {picture.name: picture for section in sections for picture in section.pictures}
    rest = [replace(each, pictures=[p for p in each.pictures if p.name not in lead.pictures]) for each in sections]
    first = [found[name] for name in lead.pictures if name in found]
    return first, [_folded(each) if each.key in lead.folds else each for each in rest]


def _folded(section: Section) -> Section:
    """A section of which nothing stands before the appendix."""
    pictures = [replace(picture, folded=True) for picture in section.pictures]
    return replace(section, findings=(), pictures=pictures, more=[*section.findings, *section.more])


def _section(kind: str, results: Results, tell: Callable[[str], None]) -> Section | None:
    tell(kind)
    made: Section | None = import_module(f"experiments.report.{kind}.section").section(results)
    return made


def _title(results: Results, sections: Sequence[Section]) -> str:
    design = results.manifest.get("design", {})
    return str(design.get("title") or sections[0].title)
