"""A document as a page: HTML with its pictures inside, or Markdown with pictures beside it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from experiments.report.page.document import Cell, Document, Grid, Picture
from experiments.report.page.svg import following_the_page, svg_text, variables
from sim.numbers import whole
from sim.statistics import Interval

_SHORT = 26
_IN_MARKDOWN = re.compile(r"([\\*_\[\]<>|#])")


def _environment(*, html: bool) -> Environment:
    loader = PackageLoader("experiments.report")
    made = Environment(
        loader=loader, autoescape=html, trim_blocks=True, undefined=StrictUndefined, keep_trailing_newline=True
    )
    made.filters["rich"] = rich
    made.filters["md"] = _escaped
    return made


def html(document: Document) -> str:
    """One page that needs nothing else: styles and pictures are in it, and it has no script."""
    seen: set[str] = set()
    pictures = {picture.name: _inline(picture, seen) for picture in document.pictures}
    return (
        _environment(html=True)
        .get_template("report.html.j2")
        .render(
            document=document,
            svg=lambda picture: pictures[picture.name],
            numeric=numeric,
            table_cell=table_cell,
            light=variables(seen, dark=False),
            dark=variables(seen, dark=True),
        )
    )


def markdown(document: Document, link: Callable[[Picture], str]) -> str:
    """The page as Markdown; `link` says where each picture is."""
    template = _environment(html=False).get_template("report.md.j2")
    return template.render(document=document, link=link, numeric=numeric, words=words)


def _escaped(text: object) -> str:
    """For Markdown: signs stand for themselves, code between backticks stays code."""
    parts = str(text).replace("\n", " ").split("`")
    return "`".join(part if n % 2 else _IN_MARKDOWN.sub(r"\\\1", part) for n, part in enumerate(parts))


def rich(text: str) -> Markup:
    """Text with its code, between backticks, set as such."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def _inline(picture: Picture, seen: set[str]) -> Markup:
    """The picture as an element that is read out by its alternative text."""
    text = following_the_page(svg_text(picture.figure, picture.name), seen)
    label = f'<svg role="img" aria-label="{escape(picture.alt)}"'
    return Markup(text.replace("<svg", label, 1).replace(">", f"><title>{escape(picture.title)}</title>", 1))


# --- cells ---------------------------------------------------------------------------------------------
def numeric(grid: Grid, column: int) -> bool:
    """Whether a column holds numbers."""
    return any(isinstance(row[column], int | float | Interval) for row in grid.rows)


def words(cell: Cell) -> str:
    """A cell as it is read: numbers rounded, an interval with its bounds, nothing as nothing."""
    if isinstance(cell, Interval):
        bounds = "" if math.isnan(cell.low) else f" [{whole(cell.low)}, {whole(cell.high)}]"
        return whole(cell.mean) + bounds
    if cell is None or isinstance(cell, str):
        return cell or ""
    return whole(float(cell))


def table_cell(cell: Cell, column: str = "") -> Markup:
    """A cell of an HTML table; a number carries all its digits along, and each its column's name for narrow screens."""
    label = Markup(' data-label="{}"').format(column)
    if isinstance(cell, Interval):
        every = f'data-value="{cell.mean!r}" data-low="{cell.low!r}" data-high="{cell.high!r}"'
        mean, _, bounds = words(cell).partition(" ")
        shown = f'{mean} <span class="bounds">{bounds}</span>' if bounds else mean
        return Markup(f'<td class="n"{label} {every}>{shown}</td>')
    if isinstance(cell, int | float):
        return Markup(f'<td class="n"{label} data-value="{float(cell)!r}">{words(cell)}</td>')
    short = ' class="s"' if len(words(cell)) < _SHORT else ""  # kept on one line
    return Markup(f"<td{short}{label}>{escape(words(cell))}</td>")
