"""Numbers in words: the same signs and digits for the screen, the pages, the live view and stories."""

from __future__ import annotations

import ast
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import numbers
from sim.numbers import (
    amount,
    as_given,
    chance,
    counted,
    duration,
    fixed,
    in_column,
    interval_in_column,
    number,
    ordinal,
    percent,
    percent_change,
    signed,
    whole,
)
from sim.statistics import Interval

ROOT = Path(__file__).parents[1]


def test_numbers_in_words():
    assert [number(v) for v in (0, 3, 1234.4, 0.12345, -2.5, math.nan)] == ["0", "3", "1,234", "0.123", "−2.5", "–"]
    assert [signed(v) for v in (0, 2, -2, 0.001, -0.0)] == ["0", "+2", "−2", "+0.001", "0"]
    assert [whole(v) for v in (7.0, 1e6, 1.25, -3.0)] == ["7", "1,000,000", "1.25", "−3"]
    assert [as_given(v) for v in (-268.5, 0.1, 3.0, 1 / 3)] == ["−268.5", "0.1", "3", "0.333333333333"]
    assert [fixed(v, 1, sign=True) for v in (0.04, -0.04, 1.25, -1.26)] == ["0.0", "0.0", "+1.2", "−1.3"]
    assert " ".join(ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 92)) == "1st 2nd 3rd 4th 11th 12th 13th 21st 92nd"
    assert [duration(s) for s in (89, 90, 5399, 5400)] == ["89 s", "2 min", "90 min", "1.5 h"]


def test_columns_of_the_screen():
    assert [in_column(v) for v in (0.123, -9.876, 12.345, 1234.5, math.nan)] == ["0.12", "−9.88", "12.3", "1,234", "–"]
    assert [in_column(v, whole_as_such=True) for v in (7.0, 7.125, -2000.0)] == ["7", "7.12", "−2,000"]
    assert interval_in_column(Interval(1.0, -0.001, 2.5), sign=True) == "+1.00 [0.00, 2.50]"


def test_shares():
    assert [percent(p) for p in (0, 0.0004, 0.003, 0.5, 0.992, 0.9996, 1)] == [
        *("0%", "0%", "0.3%", "50%", "99.2%", "100%", "100%")
    ]
    assert [chance(p) for p in (0, 0.0004, 0.5, 0.9996, 1)] == ["0%", "<1%", "50%", ">99%", "100%"]
    assert [percent_change(p) for p in (0.25, -0.5, 0.001)] == ["+25%", "−50%", "0%"]


def test_counts_and_units():
    assert [counted(n, "run") for n in (0, 1, 2000)] == ["0 runs", "1 run", "2,000 runs"]
    cases = [(1, "person"), (25.1, "round"), (3, "person"), (2, "battery"), (0.51, "1"), (2, "t")]
    words = ["1 person", "25.1 rounds", "3 people", "2 batteries", "0.51", "2 t"]
    assert [amount(*case) for case in cases] == words


@given(st.floats())
@pytest.mark.parametrize("written", [number, signed, whole, in_column, lambda v: fixed(v, 2)])
def test_any_value_has_a_true_minus_and_nothing_has_no_sign(written, value):
    text = written(value)
    assert "-" not in text
    assert math.isfinite(value) or text == numbers.UNKNOWN
    assert text.strip("0.,") or text[0] == "0"
    assert not (text.startswith("−") and value >= 0)


def test_no_other_module_makes_a_minus_sign():
    """A hyphen becomes a true minus here alone: the sign that others would need for a format of their own."""
    own = [
        str(path.relative_to(ROOT))
        for folder in ("sim", "experiments")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value == "−"
    ]
    assert set(own) == {"sim/numbers.py"}


@pytest.mark.parametrize("tie", [1.625, 3.55, -0.0625, 12.45, 99.95, 100.5, 0.005])
@pytest.mark.parametrize("write", [number, signed, in_column, percent])
def test_a_tie_is_written_the_same_whichever_way_its_last_digit_fell(tie, write):
    """Processors add in another order, and a mean of 1.625 comes out one or two units of its last place off."""
    around = [tie, *(tie * (1 + k * 2.0**-52) for k in (-4, -2, -1, 1, 2, 4))]
    assert len({write(value) for value in around}) == 1
