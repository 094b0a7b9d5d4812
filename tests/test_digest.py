"""The digest: XXH64 as published, over every word of the state that is in use."""

from __future__ import annotations

import calls
import numpy as np
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from sim import load_scenario
from sim.engine import SPANS, rows_in_use, simulate
from sim.state import PARTS, STATE
from sim.world import build_world

WORD = st.integers(0, 2**64 - 1)
SCRATCH = ("salvos", "events", "agenda")  # of one hour, or said elsewhere: a digest leaves them out


@given(st.lists(WORD, max_size=40), WORD, st.integers(0, 3))
def test_xxh64_is_the_published_hash(values, seed, start):
    words = np.array([9] * start + values + [5], np.uint64)
    expected = xxhash.xxh64_intdigest(np.array(values, "<u8").tobytes(), seed)
    assert calls.xxh64(words, start, start + len(values), np.uint64(seed)) == expected


@given(st.lists(WORD, min_size=12, max_size=12), WORD)
def test_parts_are_chained(values, seed):
    words = np.array(values, np.uint64)
    spans, rows = np.array([(1, 2), (6, 3)]), np.array([2, 1])
    first = xxhash.xxh64_intdigest(words[1:5].tobytes(), seed)
    expected = xxhash.xxh64_intdigest(words[6:9].tobytes(), first)
    assert calls.digest_rows(words, spans, rows, np.uint64(seed)) == expected


@pytest.fixture(scope="module")
def ended():
    """A run's last state as words, and the rows that its digest covers."""
    orders = ("zone_clearance", "zone_closure_on_warning", "surge")
    scenario = load_scenario("fourteen", {"days": 20, "operations.base_rate_per_day": 0.3}, orders)
    world = build_world(scenario)
    state = simulate(scenario, 3, world=world).state
    rows = rows_in_use(world[0])
    rows[2 + PARTS.index("convoys")] = state[0].n_convoys
    assert state[0].n_convoys > 0
    return state.view(np.uint64).copy(), rows, world[0], state


def covered(rows):
    """Which words of the state a digest covers."""
    mask = np.zeros(STATE.itemsize // 8, bool)
    for (start, width), n in zip(SPANS, rows, strict=True):
        assert not mask[start : start + width * n].any(), "two parts overlap"
        mask[start : start + width * n] = True
    return mask


def test_every_covered_word_counts_and_no_other(ended):
    words, rows, *_ = ended
    same = calls.digest_rows(words, SPANS, rows, np.uint64(1))
    changed = calls.digests_with_one_word_changed(words, SPANS, rows, np.uint64(1))
    assert ((changed != same) == covered(rows)).all()
    assert len(np.unique(changed)) == covered(rows).sum() + 1


def test_all_that_is_in_use_is_covered(ended):
    """Only the events and salvos of the last hour, and rows without an agent, are left out."""
    words, rows, *_ = ended
    mask = covered(rows)
    for part, (kind, offset, *_rest) in STATE.fields.items():
        span = slice(offset // 8, (offset + kind.itemsize) // 8)
        if part not in SCRATCH:
            assert not words[span][~mask[span]].any(), part
        else:
            assert not mask[span].any(), part


def test_counts_of_rows_are_those_of_the_world(ended):
    _, rows, world, state = ended
    found = dict(zip(PARTS, rows[2:].tolist(), strict=True))
    assert found.pop("convoys") == state[0].n_convoys
    assert [found.pop(one) for one in ("washington", "baghdad", "coordinator")] == [1, 1, 1]
    assert world.n_standing > 0  # orders of the responses
    assert found == {part: world[f"n_{part}"] for part in found}
    assert len(found) >= 8
