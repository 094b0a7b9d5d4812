"""What the sections of studies share: their tables and sizes, their figures, caveats, and how to make them again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import pandas as pd
from matplotlib.figure import Figure

from experiments.analysis import intervals
from experiments.analysis.results import Results
from experiments.report.page.document import Grid, Picture, Section, loaded
from experiments.report.page.overview import command
from experiments.report.style.panels import headline
from experiments.report.style.tables import Columns, grid, measure_and_unit, text
from experiments.report.style.words import labelled, readable
from sim.numbers import amount, counted, fixed, percent, signed
from sim.statistics import Interval

QUICK = "QUICK SETTING, A TRY-OUT. "
QUICK_CAVEAT = "QUICK SETTING: a try-out with few runs. Its numbers mean little; make the full setting before use."
MADE_BY = "# made by:"


@dataclass(frozen=True)
class Tabled:
    """The tables of a study by name, without empty ones (any may be missing), and what its manifest says of it.

    `about` has its sizes, its ensemble, what was left out; it is empty without a manifest.
    """

    tables: Mapping[str, pd.DataFrame]
    about: Mapping[str, Any]

    def __contains__(self, name: object) -> bool:
        return name in self.tables

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self.tables[name]

    def get(self, name: str) -> pd.DataFrame | None:
        """A table, if there."""
        return self.tables.get(name)

    @property
    def quick(self) -> bool:
        """Whether a quick setting made any row."""
        return any("setting" in frame and bool((frame["setting"] == "quick").any()) for frame in self.tables.values())

    def size(self, key: str) -> Any:
        """A size of the study; None if it is not known."""
        return self.about.get("settings", {}).get(key)


F = TypeVar("F", bound=Tabled)
T = TypeVar("T")
Parts = Sequence[tuple[str, Callable[[pd.DataFrame, F], Iterable[T]]]]
"""What a study shows, in its order: the table that each part is made of, and what makes it of that and all else."""


def made_of(parts: Parts[F, T], found: F) -> list[T]:
    """What the tables that are there allow."""
    return [each for name, make in parts if name in found for each in make(found[name], found)]


@dataclass(frozen=True)
class Folder(Tabled):
    """What a folder holds of a study: beside its tables the manifest ({}: of another)."""

    results: Results
    manifest: Mapping[str, Any]
    files: Mapping[str, str] = field(default_factory=dict)
    """Tables that the folder has under another name."""

    def line(self, table: str, query: str = "") -> str:
        """The line of Python that gives a table, or some of its rows."""
        rows = f'.query("{query}")' if query else ""
        return f"{loaded(self.results.folder)}.table({self.files.get(table, table)!r}){rows}"

    def grid(
        self,
        table: str,
        title: str,
        rows: Iterable[Any],
        columns: Columns,
        note: str = "",
        query: str = "",
    ) -> Grid:
        """A table of the page, from some rows of a table; `query` gives them, or nearly."""
        return grid(table, title, rows, columns, note, self.line(table, query))

    def reproduce(self) -> list[str]:
        """The command that made the tables, if the manifest or a first line tells it; then how to read them."""
        made = command(self.manifest) or _made_by(self.results, next(iter(self.tables)))
        return [*([made] if made else []), *map(self.line, self.tables)]


def _made_by(results: Results, table: str) -> str:
    """The command in the first line of a reference table; empty if there is none."""
    with results.files[table].open(encoding="utf-8") as file:
        first = file.readline().strip()
    return first.removeprefix(MADE_BY).strip() if first.startswith(MADE_BY) else ""


@dataclass(frozen=True)
class StudySection:
    """A section of a study. It is shown where the folder has one of the tables `needed`."""

    key: str
    title: str
    question: str
    tables: Sequence[str]
    needed: Sequence[str]
    short: Parts[Folder, str]
    """What came out, in a sentence or two; the first is the title of a page whose main finding it is.

    Where the tables allow none, the first of the other findings takes its place.
    """
    best: Sequence[str]
    """The picture that says most, by name; the first of these that is there stays open, the others are folded."""
    findings: Parts[Folder, str]
    """All else that was found."""
    pictures: Callable[[Mapping[str, pd.DataFrame], Mapping[str, Any]], list[Picture]]
    grids: Parts[Folder, Grid]
    caveats: Callable[[Folder], Iterator[str]]
    gather: Callable[[Folder], Folder] = lambda found: found
    """Adds to what the folder holds, or refuses it."""
    unknown: str = "The folder has no manifest of this study: sizes that the tables do not hold are not stated."
    """What a reader should know where the folder has no manifest of the study."""

    def section(self, results: Results) -> Section | None:
        """The section; None if the folder has none of the tables that it needs."""
        tables = {name: frame for name in self.tables if name in results and len(frame := results.table(name))}
        if not tables.keys() & set(self.needed):
            return None
        about = results.manifest.get("study", {})
        own = about.get("name") == self.key
        found = self.gather(Folder(tables, about if own else {}, results, results.manifest if own else {}))
        pictures = self.pictures(found.tables, found.about)
        short, more = made_of(self.short, found), made_of(self.findings, found)
        return Section(
            key=self.key,
            title=self.title,
            question=self.question,
            findings=short or more[:1],
            more=more if short else more[1:],
            pictures=_best_first(pictures, self.best),
            tables=made_of(self.grids, found),
            caveats=[*_caveats(found, self.unknown), *self.caveats(found)],
            reproduce=found.reproduce(),
        )


def _best_first(found: Sequence[Picture], best: Sequence[str]) -> list[Picture]:
    """The best picture, then the others, folded; without any of the best the first one counts as it."""
    names = [picture.name for picture in found]
    first = next((name for name in best if name in names), names[0] if names else "")
    order = sorted(found, key=lambda picture: picture.name != first)
    return [replace(picture, folded=picture.name != first) for picture in order]


def _caveats(found: Folder, unknown: str) -> Iterator[str]:
    """A quick setting, states weighed anew, sizes that are not known, failed runs and what was left out for them."""
    if found.quick:
        yield QUICK_CAVEAT
    if found.about.get("weighed"):
        yield str(found.about["weighed"])
    if "study" not in found.manifest:
        yield unknown
    failed = sum(int(stage.get("failed", 0)) for stage in found.about.get("stages", {}).values())
    if failed:
        yield f"{counted(failed, 'run')} failed. If failures depend on the parameters, what is left is no fair sample."
    lost = {stage: n for stage, n in found.about.get("left_out", {}).items() if n}
    if lost:
        yield "Left out because a run failed: " + ", ".join(f"{n} of {stage}" for stage, n in lost.items()) + "."


# --- tables ----------------------------------------------------------------------------------------------
def in_order(frame: pd.DataFrame, column: str) -> list[str]:
    """The different values of a column, as they come."""
    return list(dict.fromkeys(frame[column]))


def of_measure(frame: pd.DataFrame, measure: str) -> pd.DataFrame:
    """The rows of a measure."""
    return frame[frame["measure"] == measure]


def unit_of(frame: pd.DataFrame, measure: str) -> str:
    """The unit of a measure, as the table gives it; empty if it does not."""
    units = of_measure(frame, measure)["unit"].dropna().astype(str)
    return units.iloc[0] if len(units) else ""


def with_unit_of(frame: pd.DataFrame, measure: str) -> str:
    """A measure in words with the unit that its table gives."""
    return labelled(measure, unit_of(frame, measure))


MEASURE = text("measure", lambda row: readable(row["measure"]))
"""The column of a table with a measure a row, in words."""


def measure_columns(frame: pd.DataFrame) -> Columns:
    """The first columns of a table whose rows are the measures of a frame: the measure in words, and its unit."""
    return measure_and_unit(unit=lambda measure: unit_of(frame, measure))


# --- words -----------------------------------------------------------------------------------------------
def share_interval(share: float, n: int) -> Interval:
    """A share of n cases with its exact 95% interval."""
    bounds = intervals.share(round(share * n), n)
    return Interval(share, bounds.low, bounds.high)


def share_words(interval: Interval) -> str:
    """`3.2% (95% interval 2% to 5%)`."""
    return f"{percent(interval.mean)} (95% interval {percent(interval.low)} to {percent(interval.high)})"


def change_words(interval: Interval, unit: str = "") -> str:
    """`+9.8 rounds (+9.5 to +10.1)`."""
    plus = "" if interval.mean < 0 else "+"
    return f"{plus}{amount(interval.mean, unit)} ({signed(interval.low)} to {signed(interval.high)})"


def half_width_words(value: float, half: float) -> str:
    """`0.60 ± 0.09`."""
    return f"{fixed(value, 2)} ± {fixed(half, 2)}"


# --- figures ---------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Drawn:
    """A figure and its words: what it shows, how it is drawn, what it looks like."""

    name: str
    figure: Figure
    finding: str
    how: str
    alt: str

    def picture(self, file: str, *, quick: bool) -> Picture:
        """With its headline, which says so if the setting was quick, and the file that it is drawn from."""
        finding = (QUICK if quick else "") + self.finding
        headline(self.figure, f"{finding}\n{self.how}")
        return Picture(self.name, finding, f"{self.alt} {self.how}", self.figure, f"From {file}.csv.")


def pictures(*parts: tuple[str, Callable[[pd.DataFrame, Tabled], Iterable[Drawn]]]) -> Callable[..., list[Picture]]:
    """What draws the pictures of a study from its tables and what its manifest says: those that the tables allow."""

    def made(tables: Mapping[str, pd.DataFrame], about: Mapping[str, Any]) -> list[Picture]:
        found = Tabled(tables, about)
        drawn = [(name, each) for name, draw in parts if name in found for each in draw(found[name], found)]
        return [each.picture(name, quick=found.quick) for name, each in drawn]

    return made
