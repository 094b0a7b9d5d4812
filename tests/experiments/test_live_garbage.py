"""A full collection stops every thread of the server: none while it works, one when it rests."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from machine import busy

TRIAL = """
import gc, time, weakref
from experiments.live.garbage import collect_when_quiet

class Knot:
    def __init__(self): self.self = self

full = []
gc.callbacks.append(lambda phase, info: full.append(info["generation"]) if info["generation"] == 2 else None)
{begin}
full.clear()
kept = [[Knot() for _ in range(1000)] for _ in range(300)]  # grows by more than a quarter: time for a full collection
knot = weakref.ref(kept[0][0])
kept.clear()
in_work = len(full)
deadline = time.monotonic() + {seconds}
while knot() and time.monotonic() < deadline:
    time.sleep(0.1)
print(in_work > 0, knot() is None)
"""


@pytest.mark.parametrize(
    ("begin", "in_work", "freed"),
    [
        ("collect_when_quiet(lambda: 10)", False, True),
        ("collect_when_quiet(lambda: 0)", False, False),
        ("gc.freeze()", True, False),
    ],
    ids=["in a quiet second", "not while tabs speak", "as Python does it"],
)
def test_when_all_is_looked_at(begin, in_work, freed):
    assert tried(begin, 180 if freed else 3) == [str(in_work), str(freed)]


def test_nothing_is_looked_at_in_a_second_that_is_quiet_as_others_have_the_processors():
    """It would take many times as long: beside fifty tabs of a browser nobody had an answer for nine seconds."""
    with busy(8 * (os.cpu_count() or 1)):
        assert tried("collect_when_quiet(lambda: 10)", 5) == ["False", "False"]


def test_nor_as_tabs_are_closed():
    """By itself Solara looks through everything a second later: as a browser ends, the tabs of others wait for it."""
    asks = "from experiments.live.server import application; application(['a']); from solara.server import settings; "
    asks += "print(getattr(settings.kernel, 'gc_after_close', False))"  # older ones never do
    told = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True).stdout
    assert told.split() == ["False"]


def tried(begin, seconds):
    trial = TRIAL.format(begin=begin, seconds=seconds)
    return subprocess.run([sys.executable, "-c", trial], capture_output=True, text=True, check=True).stdout.split()
