"""`posture merge`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from experiments.cli import completion, options

if TYPE_CHECKING:
    from experiments.runs.merge import Whole
    from experiments.runs.sweep import Outcome


@click.command("merge", short_help="The parts of a sweep joined.")
@click.argument(
    "folders",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR...",
    shell_complete=completion.folders,
)
@options.folder("--out", required=True, metavar="DIR", help="Results folder.")
@options.measures
@options.formats
@options.parquet
@options.fresh
def merge_command(
    folders: tuple[Path, ...],
    out: Path,
    measures: str | None,
    formats: tuple[str, ...],
    parquet: bool,
    fresh: bool,
) -> None:
    """Join the parts of a sweep, each run into its DIR by `posture sweep --shard i/n`, into one results folder.

    Every chunk is checked and copied. The tables are those of the same sweep run in one folder, to the last byte, and
    the folder can be added to like any other. Nothing is written unless all parts are there and fit together. After a
    stop the same command goes on.

    \b
    Example:
      posture merge parts/1 parts/2 parts/3 --out results/whole
    """
    from experiments.cli.sweep import finish
    from experiments.runs.merge import joined
    from experiments.runs.points import measures_of
    from sim.numbers import counted

    shown = measures_of(measures)
    whole = joined(folders, out)
    how = {"fresh": fresh, "formats": options.formats_of(formats, parquet=parquet), "measures": shown}
    outcome = _merge(whole, out, **how)
    finish(outcome, out, shown, f"joined from {counted(len(folders), 'part')}")


def _merge(whole: Whole, out: Path, **how: Any) -> Outcome:
    """Join in the locked folder; the manifest is written last."""
    from experiments.cli import screen
    from experiments.cli.sweep import write_manifest
    from experiments.files import manifest
    from experiments.runs.merge import merge
    from experiments.runs.room import whole_or_kept

    started = manifest.now()
    with screen.at_work(out) as folder:
        with screen.progress("merge") as progress:
            outcome = merge(whole, folder, progress, **how)
        with whole_or_kept(out):
            write_manifest(outcome, folder, started, parts=whole.made)
    return outcome
