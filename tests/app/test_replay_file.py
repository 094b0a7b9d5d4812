"""Replays without a browser: size of the largest, what is stored, what is refused."""

from __future__ import annotations

import base64
import json
import re
import zlib

import numpy as np
import pytest

pytest.importorskip("solara")

from sim.agents import IraqiUnit
from sim.app.replay.making import Making
from sim.app.replay.packing import packed
from sim.app.replay.reel import Column
from sim.app.replay.replay import MOST_BYTES, Watched, replay
from sim.errors import RunError
from sim.scenario import load_scenario


def watched(*names, days=None, hours=None, **more):
    bases = tuple(load_scenario(name).with_changes({"days": days} if days else {}) for name in names)
    return Watched(bases, 7, hours or 24 * bases[0].days, **more)


def stored(content):
    """What a file says of itself and its runs, and the bytes of their columns."""
    text = re.search(rb'id="stored">([^<]+)<', content)[1]
    whole = zlib.decompress(base64.b64decode(text))
    end = 4 + int.from_bytes(whole[:4], "little")
    return json.loads(whole[4:end]), whole[end:]


@pytest.mark.slow
def test_the_largest_twin_is_small_enough_hour_by_hour():
    made = replay(watched("year_and_half", "fourteen", days=547))
    print(f"{len(made.content)} bytes")
    assert len(made.content) <= MOST_BYTES
    assert (made.hours, made.every) == (547 * 24, 1)


def test_what_would_be_too_large_has_fewer_pictures_or_is_refused():
    small = watched("six", hours=240)
    whole = replay(small)
    fewer = replay(small, most_bytes=len(whole.content) - 2000)
    assert fewer.every > 1
    assert stored(fewer.content)[0]["every"] == fewer.every
    with pytest.raises(RunError, match="larger than"):
        replay(small, most_bytes=1000)


def test_a_replay_names_no_other_file_and_may_load_none():
    made = replay(watched("six", hours=24))
    text = made.content.decode()
    assert made.name == "posture_six_seed7.html"
    assert "default-src 'none'" in text
    assert not any(word in text for word in ("http:", "https:", "import(", "fetch(", "@import", "url(", "src="))


class BrokenUnit(IraqiUnit):
    def step(self):
        if self.model.hour == 30:
            raise ZeroDivisionError("mine")


def test_a_run_that_stops_is_shown_to_its_last_hour_and_the_file_says_why():
    made = replay(watched("six", hours=48, agents={"units": BrokenUnit}))
    about, _ = stored(made.content)
    assert (made.hours, about["hours"], about["stopped"]) == (30, 30, "ZeroDivisionError: mine")


def test_columns_are_differences_with_a_sign_by_planes():
    column = Column("units.square", np.array([[5, 0], [3, 300], [3, -1]], np.int32))
    text = packed({"title": "t"}, [({"label": "a"}, [column])], 1)
    about, content = stored(f'id="stored">{text}<'.encode())
    (head,) = about["runs"][0]["columns"]
    assert (head["n"], head["planes"], head["array"], about["runs"][0]["rows"]) == (2, 2, "Int16Array", 3)
    low, high = np.frombuffer(content, np.uint8).reshape(2, 2, 3).astype(int)
    assert (low + 256 * high).tolist() == [[10, 3, 0], [0, 600, 601]]


def test_nothing_run_yet_is_said_and_another_run_forgets_the_replay():
    making = Making()
    making._wanted = empty = watched("six").__class__(watched("six").bases, 7, 0)
    making._make(empty)
    assert making.problem.value.startswith("Nothing has been run yet")
    making.forget()
    assert (making.problem.value, making.made.value, making.share.value) == ("", None, None)
