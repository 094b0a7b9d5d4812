"""`posture cache`: the compiled rules that are kept on this machine."""

from __future__ import annotations

import click


@click.command("cache", short_help="The compiled rules that are kept: shown, checked, cleared.")
@click.option("--clear", is_flag=True, help="Throw away all of them: the next run compiles.")
def cache_command(clear: bool) -> None:
    """Show the compiled rules that are kept, whether each file is whole, and which of them these sources use.

    POSTURE_CACHE moves the folder.

    \b
    Examples:
      posture cache
      posture cache --clear
    """
    from sim import code_files
    from sim.compiled import source_hash, target

    files, of_these = list(code_files.kept()), f"{source_hash()}-{target()}"
    click.echo(f"{len(files)} files of code in {code_files.folder()}; these sources are {of_these}")
    for path in files:
        code = code_files.read(path)
        about = f"{len(code.data) / 1000:.0f} kB, {code.made_by}" if code else "damaged: it will be made again"
        if clear:
            path.unlink(missing_ok=True)
        used = "in use" if path.parent.name == of_these else "of other sources"
        click.echo(f"  {path.parent.name}/{path.stem}: {about}, {used}")
    if clear and files:
        click.echo("Cleared.")
