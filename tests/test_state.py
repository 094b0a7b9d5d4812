"""The state's documented table and its memory."""

from __future__ import annotations

import re

import numpy as np
import pytest

from sim import state
from sim.state import STATE

SHORT = {"salvos", "events", "tally", "agenda"}  # described as a whole: their columns are defined elsewhere


def table():
    """(array, field, unit, meaning) of each line of the docstring's table."""
    lines = state.__doc__.splitlines()
    first, _, last = (n for n, line in enumerate(lines) if line.startswith("===="))
    widths = [len(column) for column in lines[first].split()]
    starts = [sum(widths[:n]) + 2 * n for n in range(4)]
    ends = [*starts[1:], None]
    cells = [[line[a:b].strip() for a, b in zip(starts, ends, strict=True)] for line in lines[first + 3 : last]]
    return [tuple(row) for row in cells]


def fields():
    """(array, field) of every field that the table must describe."""
    rows = [("state", name) for name in STATE.names if STATE[name].base.names is None]
    for part in STATE.names:
        names = STATE[part].base.names
        if names is not None:
            rows += [(part, "…")] if part in SHORT else [(part, name) for name in names]
    return rows


def test_the_table_lists_every_field_once_and_no_other():
    listed = [row[:2] for row in table()]
    assert len(set(listed)) == len(listed)
    assert set(listed) ^ set(fields()) == set()


def test_every_line_has_a_meaning_and_a_unit():
    for array, field, unit, meaning in table():
        assert meaning, (array, field)
        assert unit or array in SHORT, (array, field)


@pytest.mark.parametrize(
    ("array", "field", "words"),
    [("cells", "mode", "MODES"), ("convoys", "phase", "PHASES"), ("washington", "rung", "RUNGS")],
)
def test_the_values_of_modes_are_those_of_the_table(array, field, words):
    meaning = next(row[3] for row in table() if row[:2] == (array, field))
    allowed = {word.upper().replace(" ", "_") for word in getattr(state, words)}
    assert set(re.findall(r"[A-Z]{2}[A-Z_]+", meaning)) == allowed


def leaves(kind, at=0):
    """(offset in bytes, type) of every number in a structured type."""
    for name in kind.names:
        field, offset, *_ = kind.fields[name]
        size = int(np.prod(field.shape, dtype=int))
        for n in range(size):
            start = at + offset + n * field.base.itemsize
            if field.base.names is None:
                yield start, field.base
            else:
                yield from leaves(field.base, start)


def test_every_number_is_eight_bytes_wide_without_gaps():
    found = list(leaves(STATE))
    assert {str(kind) for _, kind in found} <= {"int64", "float64", "uint64"}
    assert [offset for offset, _ in found] == list(range(0, STATE.itemsize, 8))


def test_status_has_words_for_every_reason():
    assert len(state.STATUS) == 4
    assert [state.FINE, state.TOO_MANY_CONVOYS, state.TOO_MANY_SALVOS, state.TOO_MANY_EVENTS] == [0, 1, 2, 3]
    for text, limit in zip(state.STATUS[1:], ("CONVOYS", "SALVOS", "EVENTS_AN_HOUR"), strict=True):
        assert f"state.MAX_{limit}" in text
