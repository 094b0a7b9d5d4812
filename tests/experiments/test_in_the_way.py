"""Something else stands in the place of a file: chunks are made again; of all else the path and the cure are named."""

from __future__ import annotations

import json
import os
import shutil

import pytest

from experiments.files.manifest import versions
from experiments.runs.archive import open_chunk, write_chunk
from tests.experiments.designs import write


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    from experiments.cli import cli

    folder = tmp_path_factory.mktemp("made")
    file = write(folder / "d.toml", replicates=2, n=1, constants={"days": 1})
    cli(["sweep", str(file), "--out", str(folder / "out")], standalone_mode=False)
    return folder


@pytest.fixture
def folder(made, tmp_path):
    """A folder with a design `d.toml` and its sweep `out`."""
    return shutil.copytree(made, tmp_path / "copy")


def full_folder(path):
    path.mkdir()
    (path / "file").write_text("")


IN_THE_WAY = {
    "a folder": lambda path: path.mkdir(),
    "a folder with a file": full_folder,
    "a link to nothing": lambda path: path.symlink_to("nowhere"),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a pipe": os.mkfifo,
}


@pytest.mark.parametrize("what", IN_THE_WAY)
def test_what_stands_in_the_place_of_a_chunk_counts_as_torn(folder, posture, what):
    out = folder / "out"
    before = (out / "runs.csv").read_bytes()
    for chunk in (out / "chunks").glob("*.chunk"):
        chunk.unlink()
        IN_THE_WAY[what](chunk)
    assert "damaged" in posture("sweep", "--status", out).stdout
    result = posture("sweep", folder / "d.toml", "--out", out)
    assert (result.exit_code, "damaged" in result.stderr) == (0, True), result.output
    assert (out / "runs.csv").read_bytes() == before
    assert all(open_chunk(chunk) for chunk in (out / "chunks").glob("*.chunk"))


@pytest.mark.parametrize(
    ("name", "what", "cure"),
    [
        ("design.json", "a folder", "move this folder away"),
        ("manifest.json", "a folder", "move this folder away"),
        ("runs.csv", "a folder", "move this folder away"),
        ("points.csv", "a folder with a file", "move this folder away"),
        (".lock", "a folder", "move this folder away"),
        ("chunks", "a link to nothing", "move what has this name away"),
    ],
)
def test_what_room_cannot_cure_names_the_path_and_what_to_do(folder, posture, name, what, cure):
    path = folder / "out" / name
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    IN_THE_WAY[what](path)
    result = posture("sweep", folder / "d.toml", "--out", folder / "out")
    assert (result.exit_code, result.stdout) == (1, ""), result.output
    assert result.stderr.startswith(f"posture: {path}: the results can't be written (")
    end = f"What is complete is kept: {cure}, then run the same command again to go on.\n"
    assert result.stderr.endswith(end)
    assert result.stderr.count("\n") == 1
    path.unlink() if path.is_symlink() else shutil.rmtree(path)
    assert posture("sweep", folder / "d.toml", "--out", folder / "out").exit_code == 0


def test_the_manifest_keeps_every_set_of_versions_that_made_its_rows(folder, posture):
    out = folder / "out"
    older = {**versions(), "numpy": "1.0"}
    for path in (out / "chunks").glob("*.chunk"):
        chunk = open_chunk(path)
        assert chunk.versions == versions()
        write_chunk(path, {name: chunk.array(name) for name in chunk.plans}, made_by=older)
    for more, sets in (((), [older]), (("--replicates", 4), [older, versions()])):
        assert posture("sweep", folder / "d.toml", "--out", out, *more).exit_code == 0
        manifest = json.loads((out / "manifest.json").read_text())
        assert manifest["versions"] == versions()
        assert sorted(manifest["rows_made_by"], key=str) == sorted(sets, key=str)


def test_without_earlier_rows_the_versions_are_those_of_now(tmp_path, posture):
    assert posture("run", "six", "--days", 1, "--out", tmp_path).exit_code == 0
    assert json.loads((tmp_path / "manifest.json").read_text())["rows_made_by"] == [versions()]
