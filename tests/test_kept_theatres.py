"""Built theatres that are kept: the same as built anew, only of exactly this content and these sources, never torn."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import numpy as np
import pytest
from small_model import copy_into, replaced

from sim.config_files import find, read_toml, validate
from sim.kept_files import files_in, read, write
from sim.kept_theatres import kept_theatre
from sim.theatre import build_theatre
from sim.theatre_config import TheatreConfig

FILE = find("theatres", "baghdad")
CONFIG = validate(TheatreConfig, read_toml(FILE), FILE)
COARSER = CONFIG.model_copy(update={"square_km": 5.0})
LOOK = """
import sys
from sim import load_scenario
print((load_scenario("six").theatre.vias >= 0).sum(), "networkx" in sys.modules)
"""


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A folder of its own, empty."""
    monkeypatch.setenv("POSTURE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def the_file(cache):
    (path,) = files_in(cache)
    return path


def assert_same(one, other):
    assert sorted(vars(one)) == sorted(vars(other))
    for name, value in vars(one).items():
        its = getattr(other, name)
        if isinstance(value, np.ndarray):
            assert (value.dtype, value.shape, value.tobytes()) == (its.dtype, its.shape, its.tobytes()), name
        else:
            assert (value, type(value)) == (its, type(its)), name
    assert list(one.places.items()) == list(other.places.items())


@pytest.mark.parametrize("config", [CONFIG, COARSER, CONFIG.model_copy(update={"vias": ()})])
def test_what_is_kept_is_what_was_built(config, cache):
    built = build_theatre(config)
    for _ in range(2):
        assert_same(kept_theatre(config), built)
    assert the_file(cache).suffix == ".theatre"


def test_it_has_the_same_graph(cache):
    built, kept = build_theatre(CONFIG), [kept_theatre(CONFIG) for _ in range(2)][1]
    assert list(built.graph.nodes(data=True)) == list(kept.graph.nodes(data=True))
    assert list(built.graph.edges(data=True)) == list(kept.graph.edges(data=True))


def test_another_content_is_another_theatre(cache):
    assert kept_theatre(CONFIG).n_squares > kept_theatre(COARSER).n_squares
    assert len(files_in(cache)) == 2


def test_a_file_of_another_theatre_under_this_ones_name_is_not_taken(cache):
    kept_theatre(CONFIG)
    path = the_file(cache)
    kept_theatre(COARSER)
    (other,) = set(files_in(cache)) - {path}
    path.write_bytes(other.read_bytes())
    assert_same(kept_theatre(CONFIG), build_theatre(CONFIG))
    assert read(path).symbol != read(other).symbol, "it was not replaced"


@pytest.mark.parametrize("damage", ["torn", "one bit", "empty"])
def test_a_damaged_file_is_replaced(damage, cache):
    kept_theatre(CONFIG)
    path = the_file(cache)
    whole = path.read_bytes()
    torn = {"torn": whole[:-1000], "one bit": whole[:-999] + bytes([whole[-999] ^ 1]) + whole[-998:], "empty": b""}
    path.write_bytes(torn[damage])
    assert_same(kept_theatre(CONFIG), build_theatre(CONFIG))
    assert path.read_bytes() == whole


def looked(folder, cache):
    """Ways that lead through a square, whether networkx was imported, and standard error, of a copy of the model."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "POSTURE_CACHE": str(cache)}
    call = [sys.executable, "-c", LOOK]
    done = subprocess.run(call, env=environment, cwd=folder, capture_output=True, text=True, check=True)
    return *done.stdout.split(), done.stderr


def test_an_edited_source_builds_anew(tmp_path):
    """Also where a file of the sources before lies in the folder of these, under the name of theirs."""
    folder, cache = copy_into(tmp_path), tmp_path / "cache"
    assert looked(folder, cache) == ("20", "True", "")
    assert looked(folder, cache) == ("20", "False", "")
    replaced(folder / "sim" / "theatre.py", re.compile(r"^MAX_DETOUR = 1\.6", re.MULTILINE), "MAX_DETOUR = 1.0")
    before = the_file(cache)
    assert looked(folder, cache) == ("0", "True", "")
    (after,) = set(files_in(cache)) - {before}
    write(after, read(before))
    assert looked(folder, cache) == ("0", "True", "")


def test_where_nothing_can_be_kept_it_is_built_in_silence(tmp_path):
    (tmp_path / "file").touch()
    folder = copy_into(tmp_path)
    for _ in range(2):
        assert looked(folder, tmp_path / "file" / "cache") == ("20", "True", "")
