"""The opening of a page of studies: its finding as the title, the robust choice, the verdicts, links to each part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from experiments.report.page.document import Opening, Section

ORDER = (
    *("structures", "decide", "claims", "discovery", "factorial", "sensitivity", "information"),
    *("validation", "calibration", "sites"),
)
"""The studies as they stand on a page; the first that is there gives the title."""
OPENING = ("decide", "claims")
"""Those whose first finding is read before any part."""
VERDICTS = "claims"
"""The table that stands in the opening, once."""


def are_studies(sections: Sequence[Section]) -> bool:
    """Whether a page has studies alone, which open with what they found."""
    return bool(sections) and all(section.key in ORDER for section in sections)


def in_order(sections: Sequence[Section]) -> list[Section]:
    """The studies in the order of the page."""
    return sorted(sections, key=lambda section: ORDER.index(section.key))


def opening(sections: Sequence[Section]) -> Opening:
    """The first finding of the first study as the title; then those of the choice and the claims, with the verdicts.

    Of one study alone all that it says in short.
    """
    first, *others = in_order(sections)
    lines = [(_first(each), each.key, each.title) for each in others if each.key in OPENING]
    return Opening(
        title=_first(first).rstrip("."),
        lines=lines if others else [(words, "", "") for words in first.findings[1:]],
        tables=[replace(grid, reproduce="") for each in sections for grid in each.tables if grid.name == VERDICTS],
    )


def _first(section: Section) -> str:
    return section.findings[0] if section.findings else section.title


def parts(sections: Sequence[Section]) -> list[Section]:
    """The studies without what the opening says, and without what several of them doubt alike."""
    ordered, shared = in_order(sections), set(doubted_by_several(sections))
    return [_part(each, _said(each, ordered), shared) for each in ordered]


def _said(section: Section, ordered: Sequence[Section]) -> int:
    """How many findings of a study the opening says."""
    if len(ordered) == 1:
        return len(section.findings)
    return 1 if section is ordered[0] or section.key in OPENING else 0


def _part(section: Section, said: int, shared: set[str]) -> Section:
    return replace(
        section,
        findings=section.findings[said:],
        tables=[grid for grid in section.tables if grid.name != VERDICTS],
        caveats=[line for line in section.caveats if line not in shared],
    )


def doubted_by_several(sections: Sequence[Section]) -> list[str]:
    """Caveats of more than one study: they are said once, for the whole page."""
    counts = Counter(line for section in sections for line in section.caveats)
    return [line for line, n in counts.items() if n > 1]
