"""The tutorial is true: its commands and its Python run as they stand, and print what the page shows.

After a change of the model or of the page: `python tests/test_tutorial.py` runs it and writes what is printed into it.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from experiments.cli import cli

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "tutorial.md"
HOME = "file:///home/you/posture"
LEFT_OUT = "…"
FENCED = re.compile(r"^```(console|python|toml)\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"`(\w+\.toml)`:\n\n\Z")


def steps(page):
    """The page in order: (kind, what is run or written, what is shown), a step for each command."""
    for block in FENCED.finditer(page):
        kind, text, shown = block.groups()
        if kind == "toml":
            yield NAMED.search(page[: block.start()])[1], text, None
        elif kind == "python":
            yield kind, text, shown or ""
        else:
            for part in re.split(r"^(?=\$ )", text, flags=re.MULTILINE)[1:]:
                command, _, printed = part.partition("\n")
                yield kind, command.removeprefix("$ "), printed


def printed_by(kind, text, folder):
    """What a command or some Python prints, with the folder under a common name."""
    if kind == "python":
        done = subprocess.run([sys.executable, "-c", text], cwd=folder, capture_output=True, text=True, check=True)
        return done.stdout
    program, *arguments = shlex.split(text)
    assert program == "posture"
    done = CliRunner().invoke(cli, arguments, prog_name="posture", env={"COLUMNS": "80"})
    assert done.exit_code == 0, (text, done.output, done.exception)
    lines = done.stdout.replace(folder.as_uri(), HOME).splitlines()
    return "".join(f"{line.rstrip()}\n" for line in lines)


def label(line):
    """What a line is about: its first two columns, if it has any."""
    return tuple(re.split(r"\s{2,}", line.strip())[:2])


def shortened(printed, shown):
    """What is printed without the lines that the page leaves out: those that it shows are known by their label."""
    if LEFT_OUT not in shown.splitlines():
        return printed
    lines, kept = iter(printed.splitlines()), []
    for line in shown.splitlines():
        found = line if line == LEFT_OUT else next((each for each in lines if label(each) == label(line)), None)
        assert found is not None, f"not printed: {line}"
        kept.append(found)
    return "".join(f"{line}\n" for line in kept)


def ran(page, folder):
    """Every step in order, as it stands and as it is."""
    shutil.copytree(ROOT / "results" / "reference", folder / "results" / "reference")
    before = Path.cwd()
    os.chdir(folder)
    try:
        for kind, text, shown in steps(page):
            if shown is None:
                (folder / kind).write_text(text, encoding="utf-8")
            else:
                yield kind, text, shown, printed_by(kind, text, folder)
    finally:
        os.chdir(before)


def test_every_command_prints_what_the_page_shows(tmp_path):
    n = 0
    for _, text, shown, printed in ran(PAGE.read_text(encoding="utf-8"), tmp_path):
        assert (text, shown) == (text, shortened(printed, shown))
        assert shown, text
        n += 1
    assert n >= 12
    made = {path.name for path in (tmp_path / "results").iterdir()}
    assert {"answer", "sites", "weighed", "responses", "grid", "own"} < made


def renewed(page, found):
    """The page with what its steps print today."""
    for kind, text, shown, printed in found:
        new = shortened(printed, shown)
        if kind == "python":
            old = f"```python\n{text}```\n" + (f"\n```text\n{shown}```\n" if shown else "")
            new = f"```python\n{text}```\n\n```text\n{new}```\n"
        else:
            old, new = f"$ {text}\n{shown}", f"$ {text}\n{new}"
        assert page.count(old) == 1, old
        page = page.replace(old, new)
    return page


def main():
    """Run the page, and write what is printed into it."""
    page = PAGE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as name:
        found = list(ran(page, Path(name).resolve()))
    PAGE.write_text(renewed(page, found), encoding="utf-8")


if __name__ == "__main__":
    main()
