"""Numbers in words: digits, signs, shares, counts. The screen, the pages, the live view and stories all write so.

A minus is a true minus sign, and nothing has no sign. What is not known is a dash.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.statistics import Interval, Sides

UNKNOWN = "–"
_PLURALS = {"person": "people", "battery": "batteries", "t": "t", "km": "km", "1/day": "a day"}
_MINUTES_FROM_S, _HOURS_FROM_S = 90, 5400


def fixed(value: float, digits: int, *, sign: bool = False) -> str:
    """A number with so many digits behind the point; with `sign`, a plus before what is above 0."""
    if not math.isfinite(value):
        return UNKNOWN
    return _signed_so(f"{_settled(value):,.{digits}f}", sign=sign)


def number(value: float, *, sign: bool = False) -> str:
    """Three digits, or all before the point."""
    if not math.isfinite(value):
        return UNKNOWN
    return fixed(value, 0, sign=sign) if abs(value) >= 100 else _signed_so(f"{_settled(value):.3g}", sign=sign)


def _settled(value: float) -> float:
    """Without its last digits: 1.625 must not be 1.62 here and 1.63 where a processor adds in another order."""
    return float(f"{value:.12g}")


def _signed_so(text: str, *, sign: bool) -> str:
    digits = text.lstrip("-").replace("-", "−")
    if not digits.strip("0.,"):
        return digits
    return f"{'−' if text.startswith('-') else '+' * sign}{digits}"


def signed(value: float) -> str:
    """A difference: three digits and its sign."""
    return number(value, sign=True)


def whole(value: float) -> str:
    """Whole numbers whole, others with three digits."""
    return fixed(value, 0) if float(value).is_integer() else number(value)


def as_given(value: float) -> str:
    """A number that somebody chose, such as a limit: with all the digits that it was given."""
    return _signed_so(f"{value:.12g}", sign=False)


# --- on the screen: as many digits behind the point as keep columns readable --------------------------
def in_column(value: float, *, sign: bool = False, whole_as_such: bool = False) -> str:
    """Two digits behind the point, fewer of larger numbers; `whole_as_such`: none of whole numbers."""
    if whole_as_such and float(value).is_integer():
        return fixed(value, 0, sign=sign)
    return fixed(value, 0 if abs(value) >= 1000 else 1 if abs(value) >= 10 else 2, sign=sign)


def interval_in_column(of: Interval, *, sign: bool = False) -> str:
    """`mean [low, high]`."""
    return f"{in_column(of.mean, sign=sign)} [{in_column(of.low)}, {in_column(of.high)}]"


# --- shares ----------------------------------------------------------------------------------------------
def percent(share: float) -> str:
    """A share in per cent: whole, or with a digit where it is small or nearly all."""
    value = 100 * share
    return f"{fixed(value, 1 if 0.05 <= value < 0.95 or 99.05 < value <= 99.95 else 0)}%"


def percent_change(share: float) -> str:
    """A change as a share of what was before, in whole per cent with its sign."""
    return f"{fixed(100 * share, 0, sign=True)}%"


def chance(share: float) -> str:
    """A chance in per cent; never 0 or 100 unless it is just that."""
    if 0 < share < 0.005 or 0.995 < share < 1:
        return "<1%" if share < 0.5 else ">99%"
    return f"{fixed(100 * share, 0)}%"


def sides_words(sides: Sides) -> str:
    """`lower in 62%, equal in 5%, higher in 33%`."""
    return ", ".join(f"{side} in {chance(share)}" for side, share in vars(sides).items())


# --- counts and units ------------------------------------------------------------------------------------
def counted(n: int, what: str) -> str:
    """`1 run`, `2,000 runs`."""
    return f"{n:,} {what if n == 1 else what + 's'}"


def amount(value: float, unit: str) -> str:
    """A number with its unit as one says it: `25.1 rounds`, `1 person`, `0.51`."""
    if unit in ("1", ""):
        return number(value)
    return f"{number(value)} {unit if abs(value) == 1 else _PLURALS.get(unit, f'{unit}s')}"


def ordinal(n: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th …"""
    ending = "th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"


def duration(seconds: float) -> str:
    """A length of time in words."""
    if seconds < _MINUTES_FROM_S:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < _HOURS_FROM_S else f"{seconds / 3600:.1f} h"
