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


@dataclass(frozen=True)
class Grid:
    """A table. `units` has one entry a column, empty for text; `reproduce` is the line of Python that gives it."""

    name: str
    title: str
    columns: Sequence[str]
    units: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str = ""
    reproduce: str = ""


@dataclass(frozen=True)
class Section:
    """One part of the page: the question, what was found in plain language, and what it rests on."""

    key: str
    title: str
    question: str
    findings: Sequence[str] = ()
    pictures: Sequence[Picture] = ()
    tables: Sequence[Grid] = ()
    caveats: Sequence[str] = ()
    reproduce: Sequence[str] = ()


@dataclass(frozen=True)
class Document:
    """A whole report."""

    title: str
    question: str
    brief: str
    warning: str
    ran: Sequence[tuple[str, str]]
    sections: Sequence[Section]
    caveats: Sequence[str]
    reproduce: Sequence[str]

    @property
    def pictures(self) -> list[Picture]:
        """All pictures in their order."""
        return [picture for section in self.sections for picture in section.pictures]
