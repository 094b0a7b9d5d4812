"""Studies in real runs that are smaller than the program's: their files of sizes, their command, their tables."""

from __future__ import annotations

import csv
import json
import re

import tomlkit
from click.testing import CliRunner

from experiments.cli import cli
from experiments.studies import catalogue
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
    """The folder of a study that one worker ran, and then two once more; each time what it printed, and its tables.

    Two workers that run it elsewhere come to the same bytes.
    """
    sizes = sizes_file(tmp_path_factory.mktemp("sizes"), study, changed)

    def run(out, workers):
        call = [study, "--quick", "--sizes", str(sizes), "--out", str(out), "--workers", str(workers)]
        done = CliRunner().invoke(cli, call)
        assert done.exit_code == 0, done.output
        assert_counted(done, adapts=study == "decide")
        return done.stdout, {path.name: path.read_bytes() for path in out.glob("*.csv")}

    out, elsewhere = tmp_path_factory.mktemp(study), tmp_path_factory.mktemp("elsewhere")
    first, (said, tables) = run(out, 1), run(elsewhere, 2)
    assert "(0 run now)" not in said
    assert tables == first[1]
    entry = json.loads((elsewhere / "manifest.json").read_text(encoding="utf-8"))["study"]
    assert {"ensemble", "priors"} & set(catalogue.commands()[study].options) <= set(entry)
    return out, [first, run(out, 2)]


def weighed_anew(call, out, table, states):
    """Weigh a rival of a finished study anew: no run is made, a table changes, and screen and pages say so."""
    before = (out / f"{table}.csv").read_bytes()
    done = CliRunner().invoke(cli, [*map(str, call), "--weights", "encounter=tip_off:0.8"], prog_name="posture")
    assert done.exit_code == 0, done.output
    assert (out / f"{table}.csv").read_bytes() != before
    assert "(0 run now)" in done.stdout
    words = " ".join(done.stdout.split())
    assert "Weighed: encounter tip_off 0.8 (" in words
    assert f"before). {states} states, worth " in words
    about = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["study"]
    assert about["weights"] == "encounter=tip_off:0.8"
    report = CliRunner().invoke(cli, ["report", str(out), "--format", "md"], prog_name="posture")
    assert report.exit_code == 0, report.output
    pages = [path.read_text(encoding="utf-8").replace("\\_", "_") for path in out.glob("*.md")]
    assert all(about["weighed"] in text for text in pages)
    return pages


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
