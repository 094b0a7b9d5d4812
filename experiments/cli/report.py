"""`posture report`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from experiments.cli import completion, options

if TYPE_CHECKING:
    from collections.abc import Callable

    from experiments.analysis.results import Results
    from experiments.report.page.document import Document


@click.command("report", short_help="A page to read, from a results folder.")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR", shell_complete=completion.folders)
@click.option(
    "--format", "kind", type=click.Choice(["html", "md"]), default="html", show_default=True, help="HTML or Markdown."
)
@options.file("--out", metavar="FILE", help="The page; DIR/report.html or DIR/report.md without.")
@options.folder("--figures", metavar="FOLDER", help="Write every figure there too, as PNG and SVG for print.")
def report_command(folder: Path, kind: str, out: Path | None, figures: Path | None) -> None:
    """Make a page of what a results folder holds: findings with their uncertainty, figures, tables, caveats.

    Nothing is run: the CSV files and the manifest of DIR are enough, whatever command made them, or a hand. The HTML
    page is one file that opens without a network. A Markdown page has its figures in the folder report_figures.

    \b
    Examples:
      posture report results/demo
      posture report results/demo --figures results/demo/print
      posture report results/reference --format md --out results/evidence/report.md
    """
    click.echo(f"Reading {folder} …", err=True)  # before the imports, which take a second or more
    from experiments.analysis.results import load
    from experiments.cli import screen
    from experiments.files.whole import results_folder
    from experiments.report.page.save import PRINT, save

    made, path = make_page(load(folder, failed="drop"), out or folder / f"report.{kind}", kind)
    written = save(made.figures, results_folder(figures), ("png", "svg"), PRINT) if figures else []
    shown = str(path) + (f", and {len(written) // 2} figures (PNG and SVG) in {figures}" if figures else "")
    screen.say(f"Report: {shown}", quiet=False)


def make_page(results: Results, path: Path, kind: str) -> tuple[Document, Path]:
    """Make and write the page (html or md) of a results folder: what stands on it, and its file."""
    from experiments.files.whole import check_file
    from experiments.report.page.assemble import document

    check_file(path)
    with _told() as tell:
        made = document(results, tell)
        _write(made, path, kind)
    return made, path


@contextmanager
def _told() -> Iterator[Callable[[str], None]]:
    """Which section is being made: on a terminal always, in a pipe every so often."""
    from experiments.cli import screen

    console = screen.console(stderr=True)
    if console.is_terminal:
        with console.status("reading") as status:
            yield lambda kind: status.update(f"section: {kind}")
    else:
        yield screen.every_so_often(lambda kind: screen.warn(f"section: {kind} …"))


def _write(made: Document, path: Path, kind: str) -> None:
    """Write the page, and for Markdown its figures beside it."""
    from experiments.files.whole import replacing, results_folder
    from experiments.report.page import html as page
    from experiments.report.page.save import PRINT, save

    results_folder(path.parent)
    if kind == "md":
        beside = results_folder(path.parent / f"{path.stem}_figures")
        save(made.pictures, beside, ("png", "svg"), PRINT)
        text = page.markdown(made, lambda picture: f"{beside.name}/{picture.name}.png")
    else:
        text = page.html(made)
    with replacing(path) as file:
        file.write(text)
