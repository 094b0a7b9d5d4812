"""Studies in real runs that are smaller than the program's: their files of sizes, their command, their tables."""

from __future__ import annotations

import csv
import json
import re

import tomlkit
from click.testing import CliRunner

from experiments.cli import cli
from sim.config_files import configs_folder, read_toml


def sizes_file(folder, study, changed):
    """The program's sizes with some of the quick setting changed; the path of the file, for `--sizes`."""
    tree = read_toml(configs_folder() / "studies" / f"{study}.toml")
    for key, value in changed.items():
        (tree if key in tree else tree["quick"])[key] = value
    path = folder / f"{study}_sizes.toml"
    path.write_text(tomlkit.dumps(json.loads(json.dumps(tree))), encoding="utf-8")
    return path


def run_twice(tmp_path_factory, study, changed):
    """The folder of a study that is run, and then run once more; each time what it printed, and its tables."""
    out, said = tmp_path_factory.mktemp(study), []
    sizes = sizes_file(tmp_path_factory.mktemp("sizes"), study, changed)
    for _ in range(2):
        done = CliRunner().invoke(cli, [study, "--quick", "--sizes", str(sizes), "--out", str(out), "--workers", "1"])
        assert done.exit_code == 0, done.output
        assert_counted(done, adapts=study == "decide")
        said.append((done.stdout, {path.name: path.read_bytes() for path in out.glob("*.csv")}))
    return out, said


def assert_counted(done, *, adapts=False):
    """What was counted before is what was asked for; of a study that adapts, the most that was run."""
    (before,) = re.findall(r"^(?:At most )?([\d,]+) runs; measuring …$", done.stderr, re.MULTILINE)
    asked, ran = re.search(r"(\d+) runs \((\d+) run now\)", done.stdout).groups()
    n = int(before.replace(",", ""))
    assert int(ran) <= n if adapts else int(asked) == n
    assert re.search(r"^about \S+ core-minutes of running, \d+ \w+ with \d workers?", done.stderr, re.MULTILINE)


def rows_in(out, name):
    """The rows of a table of a study."""
    with open(out / f"{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
