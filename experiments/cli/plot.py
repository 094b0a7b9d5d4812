"""`posture plot`."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import click

from experiments.cli import completion, options
from experiments.files import extras

_HEIGHT = 18  # lines of a plot in the terminal


@click.command("plot", short_help="Chosen measures over a chosen factor, as a picture.")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR", shell_complete=completion.folders)
@click.option(
    "--x",
    "key",
    required=True,
    metavar="KEY",
    shell_complete=completion.keys,
    help="What it is drawn over: a swept key, posture or policy.",
)
@click.option(
    "--y",
    "measures",
    default="fire_attacks",
    show_default=True,
    metavar="NAMES",
    shell_complete=completion.measures,
    help="Measures of runs.csv, joined by commas.",
)
@click.option(
    "--by", default="", metavar="KEY", shell_complete=completion.keys, help="A line for each value of another key."
)
@options.folder("--out", metavar="FOLDER", help="For the pictures; DIR/plots without it.")
def plot_command(folder: Path, key: str, measures: str, by: str, out: Path | None) -> None:
    """Draw means of the runs in DIR, with their 95% intervals: PNG and SVG, and a quick plot on the screen.

    Other factors are averaged over. The plot on the screen needs the extra plot.

    \b
    Examples:
      posture plot results/grid --x batteries --y fire_attacks,pressure --by defence.p_intercept
      posture plot results/sweep --x policy --y capital_mean
    """
    from experiments.analysis.results import load
    from experiments.cli import screen
    from experiments.files.whole import results_folder
    from experiments.report.page.document import Picture
    from experiments.report.page.save import PRINT, save
    from experiments.report.sweep import curves

    wanted = [name.strip() for name in dict.fromkeys(measures.split(","))]
    found = curves.curves_of(load(folder, failed="drop"), key, wanted, by)
    name = "_".join(part.replace(".", "_") for part in (*wanted, "over", key, *(["by", by] if by else [])))
    picture = Picture(name, found.title, found.title, curves.figure_of(found))
    where = results_folder(out or folder / "plots")
    files = save([picture], where, ("png", "svg"), PRINT)
    if find_spec("plotext"):
        width = min(screen.console().width, 100)
        for text in curves.in_terminal(found, width, _HEIGHT):
            screen.say(text, quiet=False)
    else:
        screen.warn(f"posture: {extras.words('a plot on the screen needs plotext', 'plot')}")
    screen.say_where(where, files, quiet=False)
