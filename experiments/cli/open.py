"""`posture open`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from experiments.analysis.results import Results


@click.command("open", short_help="The page of a results folder, in the browser.")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--print", "only_print", is_flag=True, help="Print the page's address, and open nothing.")
def open_command(folder: Path, only_print: bool) -> None:
    """Show the page of a results folder in the browser.

    The page is DIR/report.html. It is made first if it is not there, or if a table or the manifest of DIR is newer.
    Where there is no browser, its address is printed.

    \b
    Examples:
      posture open results/demo
      posture open results/demo --print
    """
    from experiments.analysis.results import load
    from experiments.cli import screen
    from experiments.cli.report import make_page

    results = load(folder, failed="drop")
    page = folder / "report.html"
    if _is_old(page, results):
        make_page(results, page, "html")
    address = page.resolve().as_uri()
    if only_print or not _shown(address):
        screen.say(address, quiet=False)


def _is_old(page: Path, results: Results) -> bool:
    """Is the page missing, or older than what it is made from?"""
    if not page.is_file():
        return True
    sources = [*results.files.values(), *results.folder.glob("*.json")]
    return any(source.stat().st_mtime > page.stat().st_mtime for source in sources)


def _shown(address: str) -> bool:
    """Open an address in the browser; False if there is none."""
    import webbrowser

    try:
        return webbrowser.open(address)
    except webbrowser.Error:
        return False
