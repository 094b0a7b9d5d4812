"""Nothing is a result too: what every command that writes a folder makes can be read, reported and checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.analysis.results import load
from sim.config_files import configs_folder

QUIET = ("--set", "operations.base_rate_per_day=0", "--days", "3")
"""No cell starts anything, and no convoy is ordered in so few days."""


def bare(folder: Path) -> Path:
    """A posture in a theatre without factions, units and details, where nobody needs anything."""
    lines = (configs_folder() / "theatres/plain.toml").read_text(encoding="utf-8")
    head, *tables = lines.split("\n[[")
    kept = [head, *(table for table in tables if table.partition("]]")[0] in ("places", "roads", "sites"))]
    text = "\n[[".join(kept).replace('name = "plain"', 'name = "bare"', 1)
    (folder / "bare.toml").write_text(text, encoding="utf-8")
    site = next(table for table in tables if table.startswith("sites]]"))
    name = next(line for line in site.splitlines() if line.startswith("name"))
    about = 'name = "nobody"\ntitle = "Nobody"\nsource = "judgement"\ntheatre = "bare.toml"\ndays = 3\n'
    (folder / "nobody.toml").write_text(f"{about}[[sites]]\n{name}\npeople = 0\n", encoding="utf-8")
    return folder / "nobody.toml"


def commands(folder: Path) -> dict[str, tuple[object, ...]]:
    """Commands of whose runs nothing is to be told."""
    at_one_point = ("--ensemble", "none", "--replicates", 2)
    return {
        "run": ("run", "six", *QUIET, "--daily", "--events"),
        "run of a day": ("run", "six", "--days", 1, "--daily", "--events"),
        "run in a bare theatre": ("run", bare(folder), "--daily", "--events"),
        "compare": ("compare", "fourteen", "six", *QUIET, *at_one_point),
        "compare over states": ("compare", "fourteen", "six", "--days", 1, "--states", 2, "--replicates", 1),
        "compare in a bare theatre": ("compare", folder / "nobody.toml", "plain_three", "--days", 1, *at_one_point),
        "sweep of one point": ("sweep", "--factor", "days=3", "six", "--replicates", 1),
        "sweep of a bare theatre": ("sweep", "--factor", "days=1,2", folder / "nobody.toml", "--replicates", 2),
    }


@pytest.mark.parametrize("which", range(8))
def test_a_folder_in_which_nothing_happens_is_reported_plotted_and_verified(which, posture, tmp_path):
    name, command = list(commands(tmp_path).items())[which]
    out = tmp_path / "out"
    made = posture(*command, "--out", out)
    assert made.exit_code == 0, (name, made.output, made.exception)
    for more in (("report", out), ("report", out, "--format", "md"), ("verify", out), ("open", out, "--print")):
        done = posture(*more)
        assert done.exit_code == 0, (name, more, done.output, done.exception)
    by = posture("plot", out, "--x", "posture", "--y", "fire_attacks,pressure")
    assert by.exit_code == 0, (name, by.output, by.exception)
    assert len(load(out).files) >= 1
