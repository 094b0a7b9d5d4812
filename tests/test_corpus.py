"""Bad files that are kept (`tests/corpus`): each is refused in one line that names its key and what is allowed."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import pytest

from experiments.studies.claims.catalogue import load_claims
from experiments.studies.settings import PriorRunsSizes, load_sizes
from sim.config_files import read_toml
from sim.errors import ConfigError
from tests.fuzz.oracle import TAKERS, told_of

CORPUS = Path(__file__).parent / "corpus"
INDEX = [line.split("\t") for line in (CORPUS / "index.tsv").read_text(encoding="utf-8").splitlines() if line[0] != "#"]
KINDS = sorted({file.partition("/")[0] for file, _, _ in INDEX})
MORE = {
    "claims": load_claims,
    "sizes": lambda path: load_sizes(PriorRunsSizes, path, quick=False),
    "shapes": read_toml,
}
KNOWN = {**TAKERS, **MORE}


def test_every_file_stands_in_the_index_and_there_are_more_than_300():
    files = {
        str(path.relative_to(CORPUS)) for path in CORPUS.rglob("*.*") if path.parent.name not in ("good", "corpus")
    }
    assert files == {file for file, _, _ in INDEX}
    assert len(files) >= 300


@pytest.mark.parametrize("kind", [kind for kind in sorted(KNOWN) if kind not in ("shapes", "studies")])
def test_the_same_without_its_fault_is_taken(kind: str, tmp_path: Path):
    (file,) = (CORPUS / "good").glob(f"{kind}.*")
    assert told_of(partial(KNOWN[kind], Path(shutil.copy(file, tmp_path)))) == "runs"


@pytest.mark.parametrize("kind", KINDS)
def test_each_is_refused_and_told_by_its_key_and_what_is_allowed(kind: str, tmp_path: Path):
    wrong = []
    for file, key, allowed in (line for line in INDEX if line[0].startswith(f"{kind}/")):
        path = Path(shutil.copy(CORPUS / file, tmp_path))
        told = told_of(partial(KNOWN[kind], path))
        if f" {key} is " not in f" {told}" or allowed not in told:
            wrong.append(f"{file} ({key}; {allowed}): {told[:300]}")
        path.unlink()
        if left := list(tmp_path.iterdir()):
            wrong.append(f"{file} left {left}")
    assert not wrong, "\n".join(wrong)


def test_a_message_fits_on_a_screen_whatever_was_given():
    told = str(ConfigError("x" * 9000, "y" * 9000, "z" * 9000, "it must be shorter"))
    assert len(told) < 2500
    assert told.endswith("it must be shorter.")
