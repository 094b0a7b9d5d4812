"""`posture cache`: what was compiled and built once and is kept for later starts."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("cache", short_help="What is kept for later starts: shown, checked, cleared.")
@click.option("--clear", is_flag=True, help="Throw away all that was made here: the next run compiles.")
def cache_command(clear: bool) -> None:
    """Show the compiled rules and built theatres that are kept, and check that each file is whole.

    They are in the package, where a wheel brought them along, and in your own cache folder, which POSTURE_CACHE moves.
    What came with the package stays when the folder is cleared.

    \b
    Examples:
      posture cache
      posture cache --clear
    """
    from sim import kept_files
    from sim.compiled import source_hash, target

    of_these = f"{source_hash()}-{target()}"
    click.echo(f"These sources are {of_these}.")
    for root in (kept_files.SHIPPED, kept_files.folder()):
        files = kept_files.files_in(root)
        click.echo(f"{len(files)} files in {root}")
        for path in files:
            click.echo(f"  {path.parent.name}/{path.name}: {_state(path, of_these)}")
    if clear:
        own = kept_files.folder()
        for path in kept_files.files_in(own):
            path.unlink(missing_ok=True)
        click.echo(f"Cleared {own}.")


def _state(path: Path, of_these: str) -> str:
    """Size, what made it, and whether these sources take it."""
    from sim import kept_files

    kept = kept_files.read(path)
    about = f"{len(kept.data) / 1000:.0f} kB, {kept.made_by}" if kept else "damaged: it is not taken, but made again"
    return f"{about}, {'of these sources' if path.parent.name == of_these else 'of other sources'}"
