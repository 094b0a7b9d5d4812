"""A design from the command line: `--factor KEY=VALUES`, and policies.

`VALUES` are joined by commas; each is a value, or a range `low:high:step` that stands for all its steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from experiments.runs.design import MOST_RUNS, WORDS, Design, Point, Value, cell_value
from sim.config_files import validate
from sim.errors import ConfigError
from sim.input_files import is_file, number_of
from sim.parameters import Parameters, flat

LINE = "the command line"
"""Where a design of the line stands, for messages."""
_OPTION = "--factor"
_EXAMPLE = "such as defence.p_intercept=0.5,0.7,0.9 or batteries=2:6:2"


def design_of_line(factors: Sequence[str], policies: Sequence[str]) -> Design:
    """The design of some factors, each as it was given, on some policies such as `six+zone_clearance`."""
    parsed = [_factor(text) for text in factors]
    points = _points(policies)
    for key in {key for point in points for key in point} & {factor["key"] for factor in parsed}:
        allowed = "it must stand in one place: in the policies, or as a factor"
        raise ConfigError(None, _OPTION, key, allowed)
    keys = [factor["key"] for factor in parsed]
    for key in keys:
        if keys.count(key) > 1:
            raise ConfigError(None, _OPTION, key, "each key may be given once, with all its values")
    title = " × ".join(keys) + (f", on {', '.join(policies)}" if policies else "")
    return validate(Design, {"name": "line", "title": title, "factors": parsed, "points": points}, LINE)


def _points(policies: Sequence[str]) -> list[Point]:
    """An explicit point for each policy; without responses in any of them, responses may be a factor."""
    split = [_parts(policy) for policy in policies]
    for policy in policies:
        if policies.count(policy) > 1:
            raise ConfigError(None, "policy", policy, "each policy may be named once")
    if not any(responses for _, responses in split):
        return [{"posture": posture} for posture, _ in split]
    return [{"posture": posture, "responses": responses or "none"} for posture, responses in split]


def _parts(policy: str) -> tuple[str, str]:
    """Posture and responses of a policy."""
    if is_file(policy):
        return policy, ""
    posture, _, responses = policy.partition("+")
    return posture, responses


def _factor(text: str) -> dict[str, Any]:
    key, equals, given = text.partition("=")
    key = key.strip()
    if not equals or not key or not given.strip():
        raise ConfigError(None, _OPTION, text, f"it must be KEY=VALUES, {_EXAMPLE}")
    values: list[Value] = []
    for part in given.split(","):
        values += _values(text, key, part.strip())
        _check_number(text, len(values))
    if len(set(values)) < len(values):
        raise ConfigError(None, _OPTION, text, "each value may be given once")
    return {"key": key, "kind": "uncertainty" if key in flat(Parameters()) else "lever", "values": values}


def _check_number(text: str, n: int) -> None:
    if n > MOST_RUNS:
        raise ConfigError(None, _OPTION, text, f"it may have at most {MOST_RUNS:,} values")


def _values(text: str, key: str, part: str) -> Iterator[Value]:
    """The value of a part, or all values of a range."""
    if not part:
        raise ConfigError(None, _OPTION, text, "there must be a value between any two commas")
    if ":" not in part or key in WORDS:
        yield cell_value(key, part)
        return
    low, high, step = _ends(text, part)
    n = int((high - low) / step) + 1
    _check_number(text, n)
    whole = all(number == number.to_integral_value() for number in (low, step)) and "." not in part
    for k in range(n):
        number = low + k * step
        yield int(number) if whole else float(number)


def _ends(text: str, part: str) -> tuple[Decimal, Decimal, Decimal]:
    """Low, high and step of a range, as decimals: steps of 0.1 meet 0.3."""
    allowed = f"it must be a range low:high:step of numbers, low not above high and step above 0, {_EXAMPLE}"
    try:
        low, high, step = (_decimal(number.strip()) for number in part.split(":"))
    except ValueError:
        raise ConfigError(None, _OPTION, text, allowed) from None
    if not (low <= high and step > 0):
        raise ConfigError(None, _OPTION, text, allowed)
    return low, high, step


def _decimal(text: str) -> Decimal:
    number_of(text)  # which refuses what is infinite, 1_0, and a number of a thousand digits
    return Decimal(text)
