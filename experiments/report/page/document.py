"""What a report is before it is a page: sections of findings, pictures, tables and caveats.

A section is made from the tables of a results folder alone. Numbers go into tables as numbers, so that a page can show
them rounded and keep all their digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from sim.statistics import Interval

_NARROW = 5.5
"""Inches of a figure beside which words may stand."""
Cell = str | float | Interval | None
"""Text, a number, a mean with its interval, or nothing."""


def loaded(folder: Path) -> str:
    """The Python that reads a results folder, for lines that give a number again."""
    return f'experiments.load({str(folder)!r}, failed="drop")'


@dataclass(frozen=True)
class Picture:
    """A figure: `title` is the finding that its headline says, `alt` what a reader who can't see it should know."""

    name: str  # of its file, without suffix
    title: str
    alt: str
    figure: Figure
    note: str = ""  # how it is drawn, and from which file
    folded: bool = False  # in the appendix


@dataclass(frozen=True)
class Grid:
    """A table. `units` has one entry a column, empty for text; `reproduce` is the line of Python that gives it.

    Tables stand in the appendix, unless they are not `folded`.
    """

    name: str
    title: str
    columns: Sequence[str]
    units: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str = ""
    reproduce: str = ""
    folded: bool = True


@dataclass(frozen=True)
class Score:
    """An effect on the scorecard, in words: in per cent, in its unit, where nine states of ten lie, how surely.

    `verdict` is better, worse or open, `word` says so; `direction` −1, 0 or 1.
    """

    percent: str
    change: str
    range: str
    holds: str
    verdict: str
    word: str
    direction: int


@dataclass(frozen=True)
class ScoreRow:
    """A policy: its name, what it is, and a cell a measure; the base has its means."""

    name: str
    words: str
    cells: Sequence[Score | str]


@dataclass(frozen=True)
class Lead:
    """The first screen: the finding, over what it is, a scorecard, and a sentence on each thing a reader asks first.

    `pictures` names those of the sections that stand here, `folds` sections that become part of the appendix;
    `drawn` is the scorecard as a figure of its own, for slides.
    """

    title: str
    over: str
    columns: Sequence[str]
    rows: Sequence[ScoreRow]
    key: str
    sentences: Sequence[tuple[str, str]]
    pictures: Sequence[str] = ()
    folds: Sequence[str] = ()
    drawn: Picture | None = None


@dataclass(frozen=True)
class Opening:
    """What a page of studies opens with: its finding, sentences with the key and title of their part, tables."""

    title: str
    lines: Sequence[tuple[str, str, str]]
    tables: Sequence[Grid]


@dataclass(frozen=True)
class Section:
    """One part of the page: the question, what was found in plain language, and what it rests on.

    Findings and pictures are read first. What rests on them is folded: `more` findings, tables, caveats, commands.
    `lead` is the first screen of the page, if the section has one; `behind` stands behind the sections that follow.
    """

    key: str
    title: str
    question: str
    findings: Sequence[str] = ()
    pictures: Sequence[Picture] = ()
    tables: Sequence[Grid] = ()
    caveats: Sequence[str] = ()
    reproduce: Sequence[str] = ()
    more: Sequence[str] = ()
    lead: Lead | None = None
    behind: Sequence[Section] = ()

    @property
    def shown(self) -> list[Picture | Grid]:
        """Pictures and tables that are not folded, in their order."""
        return self._those(folded=False)

    @property
    def folded(self) -> list[Picture | Grid]:
        """Those of the appendix."""
        return self._those(folded=True)

    def _those(self, *, folded: bool) -> list[Picture | Grid]:
        every: list[Picture | Grid] = [*self.pictures, *self.tables]
        return [each for each in every if each.folded == folded]

    @property
    def is_narrow(self) -> bool:
        """Whether its words may stand beside its pictures."""
        return all(isinstance(each, Picture) and each.figure.get_figwidth() <= _NARROW for each in self.shown)

    @property
    def is_open(self) -> bool:
        """Whether anything of it stands before the appendix."""
        return bool(self.findings or self.shown)

    @property
    def is_in_appendix(self) -> bool:
        """Whether anything of it is folded."""
        return bool(self.more or self.folded or self.caveats or self.reproduce)


@dataclass(frozen=True)
class Document:
    """A whole report. With a `lead`, its pictures are the first, and no section has them."""

    title: str
    question: str
    brief: str
    warning: str
    ran: Sequence[tuple[str, str]]
    sections: Sequence[Section]
    caveats: Sequence[str]
    reproduce: Sequence[str]
    lead: Lead | None = None
    first: Sequence[Picture] = ()
    opening: Opening | None = None

    @property
    def pictures(self) -> list[Picture]:
        """All pictures of the page in their order."""
        return [*self.first, *(picture for section in self.sections for picture in section.pictures)]

    @property
    def figures(self) -> list[Picture]:
        """All figures, for print or slides: the pictures, and before them the scorecard that is drawn."""
        return [*([self.lead.drawn] if self.lead and self.lead.drawn else []), *self.pictures]
