"""A results folder is one command's: another is refused and leaves every byte, and two at a time are refused."""

from __future__ import annotations

import pytest

from experiments.runs.room import locked

RUN = ("run", "six", "--days", "5")
SWEEP = ("sweep", "--factor", "days=5", "six", "--replicates", "3")
COMPARE = ("compare", "fourteen", "six", "--days", "5", "--states", "2", "--replicates", "1")
STUDY = ("claims", "--quick")
REFUSAL = "posture: --out is '{}'; it must be a folder without the results of `posture {}`.\n"


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("other", [SWEEP, COMPARE], ids=lambda words: words[0])
def test_what_another_command_has_made_is_not_written_over(other, posture, tmp_path):
    there, alone = tmp_path / "there", tmp_path / "alone"
    assert posture(*other, "--out", there).exit_code == 0
    assert posture(*RUN, "--out", alone).exit_code == 0
    for command, folder, owner in ((RUN, there, other), (other, alone, RUN)):
        before = contents(folder)
        result = posture(*command, "--out", folder)
        assert (result.exit_code, result.stderr) == (2, REFUSAL.format(folder, owner[0]))
        assert contents(folder) == before
        assert posture(*owner, "--out", folder).exit_code == 0, "its own goes on"


def test_a_study_has_a_folder_of_its_own(posture, tmp_path):
    assert posture(*RUN, "--out", tmp_path).exit_code == 0
    before = contents(tmp_path)
    result = posture(*STUDY, "--out", tmp_path)
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (2, REFUSAL.format(tmp_path, "run").strip())
    assert contents(tmp_path) == before


def test_a_design_that_was_stopped_is_no_folder_for_one_run(posture, tmp_path):
    (tmp_path / "chunks").mkdir()
    result = posture(*RUN, "--out", tmp_path)
    assert (result.exit_code, result.stderr) == (2, REFUSAL.format(tmp_path, "sweep"))


@pytest.mark.parametrize(
    "manifest", ["{}", "[1, 2]", '{"command": [5]}', '{"command": ["posture", 5]}', "{", "[" * 99999]
)
def test_a_manifest_that_names_no_command_keeps_nobody_out(manifest, posture, tmp_path):
    (tmp_path / "manifest.json").write_text(manifest)
    assert posture(*RUN, "--out", tmp_path).exit_code == 0


@pytest.mark.parametrize("command", [RUN, SWEEP, COMPARE], ids=lambda words: words[0])
def test_one_command_at_a_time(command, posture, tmp_path):
    with locked(tmp_path):
        result = posture(*command, "--out", tmp_path)
        expected = (
            f"posture: --out is '{tmp_path}'; it must be a folder that nothing else is writing to at the moment.\n"
        )
        assert (result.exit_code, result.stderr) == (2, expected)
        assert set(contents(tmp_path)) == {".lock"}
    assert posture(*command, "--out", tmp_path).exit_code == 0
