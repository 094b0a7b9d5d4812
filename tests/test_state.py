"""The state's documented table and its memory."""

from __future__ import annotations

import re

import numpy as np
import pytest

from sim import state
from sim.parameters import Parameters
from sim.responses import ORDERS
from sim.scenario import Posture
from sim.state import (
    ABSTAIN,
    MAX_AREAS,
    MAX_CELLS,
    MAX_CONVOYS,
    MAX_SQUARES,
    MAX_STANDING,
    MAX_UNITS,
    NEVER,
    STATE,
)

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


def test_rows_are_whole_words_without_gaps_and_numbers_lie_where_a_processor_wants_them():
    found = list(leaves(STATE))
    assert {str(kind) for _, kind in found} <= {"int16", "int32", "int64", "float64", "uint64"}
    assert [offset for offset, _ in found] == list(np.cumsum([0, *(kind.itemsize for _, kind in found)])[:-1])
    assert all(offset % kind.itemsize == 0 for offset, kind in found)
    assert all(STATE[part].base.itemsize % 8 == 0 for part in STATE.names)


def limits(model):
    """(name, unit, greatest value) of the numbers of a model, with those of the models in it."""
    for name, field in model.model_fields.items():
        if hasattr(field.annotation, "model_fields"):
            yield from limits(field.annotation)
        for limit in field.metadata:
            if hasattr(limit, "le"):
                yield name, (field.json_schema_extra or {}).get("unit", ""), limit.le


def greatest_hour():
    """More than any hour that a rule can write: the end of the longest run, and the longest wait from there.

    A wait is a parameter, or exponential with it for a mean: 37 times as long for the smallest uniform number.
    """
    found = [*limits(Parameters), *(limit for order in ORDERS for limit in limits(order))]
    hours = [most * 24 for name, unit, most in found if unit == "day" or "day" in name]
    hours += [most for name, unit, most in found if unit == "hour" or "hours" in name]
    assert len(hours) > 50
    return 24 * max(most for name, _, most in limits(Posture) if name == "days") + 37 * max(hours)


def test_whole_numbers_of_four_and_two_bytes_never_run_over():
    assert greatest_hour() < NEVER < 2**31
    added = [most for order in ORDERS for name, _, most in limits(order) if name == "reinforce"]
    assert len(added) >= 3
    assert MAX_UNITS + max(added) * (MAX_AREAS + MAX_STANDING) < 2**15
    assert max(MAX_CELLS, MAX_SQUARES, MAX_CONVOYS, ABSTAIN) < 2**15


def test_status_has_words_for_every_reason():
    assert len(state.STATUS) == 4
    assert [state.FINE, state.TOO_MANY_CONVOYS, state.TOO_MANY_SALVOS, state.TOO_MANY_EVENTS] == [0, 1, 2, 3]
    for text, limit in zip(state.STATUS[1:], ("CONVOYS", "SALVOS", "EVENTS_AN_HOUR"), strict=True):
        assert f"state.MAX_{limit}" in text
