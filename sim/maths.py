"""exp, log, power, sin and hypot from plain IEEE 754 arithmetic: the same bits on every machine.

The functions of a platform's mathematics library differ in the last digit between processors and libraries, and one
digit sends a run another way. These use +, −, ×, ÷, the square root and integer operations alone, which IEEE 754
defines to the last bit; nothing is contracted or reordered, as numba's `fastmath` is off. A rule gives the same bits
compiled and as plain Python. Tables and constants are made at import with `decimal`, to sixty defined digits.

Every result is within 1 ulp (unit in the last place) of the true value, subnormal results included; most are within
0.52 ulp. The methods are those of textbooks: reduction with a split constant (Cody and Waite, "Software manual for the
elementary functions", 1980), tables of exp and log (Tang, doi:10.1145/63522.214389, doi:10.1145/98267.98294), exact
sums and products of two numbers (Dekker, doi:10.1007/BF01397083), and Taylor series for the short rest. Other than in
Python, nothing raises: what is not defined is nan. Arguments become floats first, for NumPy's own would warn in plain
Python where they overflow.
"""

from __future__ import annotations

import math
from decimal import Context, Decimal

import numpy as np

from sim.compiled import rule

# --- constants ----------------------------------------------------------------------------------------------------
_DIGITS = Context(prec=60)
_LN2 = _DIGITS.ln(Decimal(2))
_PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494")


def _parts(value: Decimal, *bits: int) -> tuple[float, ...]:
    """Numbers that sum up to `value`, each but the last a multiple of 2^−bits, so that small multiples are exact."""
    parts = []
    for n in bits:
        parts.append(int(_DIGITS.to_integral_value(_DIGITS.multiply(value, 1 << n))) / (1 << n))
        value = _DIGITS.subtract(value, Decimal(parts[-1]))
    return (*parts, float(value))


def _table(rows: list[tuple[float, ...]]) -> list[np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """The columns of a table, which compiled code takes in as constants."""
    return [np.array(column) for column in zip(*rows, strict=True)]


_INF = math.inf
_SHIFT = 1.5 * 2.0**52  # added and taken away again it rounds to an integer: floats of its size have no fraction
_SPLITTER = 2.0**27 + 1.0  # splits 53 bits in two halves
_FRACTION_BITS, _BIAS = 52, 1023
_SMALLEST_NORMAL = 2.0**-1022

# 2^(j/64) in two parts, and ln 2 / 64
_STEPS_BITS = 6
_STEPS = 1 << _STEPS_BITS
_STEPS_PER_LN2 = float(_DIGITS.divide(_STEPS, _LN2))
_STEP, _STEP_REST = _parts(_DIGITS.divide(_LN2, _STEPS), 42)
_POWER, _POWER_REST = _table(
    [
        (float(exact), float(_DIGITS.subtract(exact, Decimal(float(exact)))))
        for exact in (_DIGITS.exp(_DIGITS.divide(_DIGITS.multiply(j, _LN2), _STEPS)) for j in range(_STEPS))
    ]
)
_E2, _E3, _E4, _E5, _E6 = (1.0 / math.factorial(n) for n in range(2, 7))

# A fraction between 0.705 and 1.41 lies in one of 128 bins, 1 in the middle of one. For each the inverse of its middle,
# rounded to ten bits, and −ln of that in two parts
_BINS_BITS, _BELOW_ONE = 7, 75
_BIN_WIDTH_BITS = _FRACTION_BITS - _BINS_BITS
_ONE_BITS = _BIAS << _FRACTION_BITS
_FIRST_BITS = _ONE_BITS - (_BELOW_ONE << _BIN_WIDTH_BITS) - (1 << _BIN_WIDTH_BITS - 1)
_MIDDLES = [1.0 + n / (256 if n < 0 else 128) for n in range(-_BELOW_ONE, (1 << _BINS_BITS) - _BELOW_ONE)]
_INVERSE, _LOG, _LOG_REST = _table(
    [
        (near, *_parts(_DIGITS.minus(_DIGITS.ln(Decimal(near))), 42))
        for near in (round(512 / middle) / 512 for middle in _MIDDLES)
    ]
)
_LN2_HIGH, _LN2_REST = _parts(_LN2, 42)
_UPPER_HALF = ~((1 << 27) - 1)  # of 53 bits, the first 26
_L3, _L4, _L5, _L6, _L7, _L8, _L9 = ((1.0 if n & 1 else -1.0) / n for n in range(3, 10))

# π/2 in four parts
_PER_QUARTER_TURN = float(_DIGITS.divide(2, _PI))
_QUARTER_1, _QUARTER_2, _QUARTER_3, _QUARTER_4 = _parts(_DIGITS.divide(_PI, 2), 32, 64, 96)
_MOST_TURNED = 2.0**20
_S3, _S5, _S7, _S9, _S11, _S13, _S15, _S17 = ((-1.0 if n & 2 else 1.0) / math.factorial(n) for n in range(3, 18, 2))
_C4, _C6, _C8, _C10, _C12, _C14, _C16 = ((-1.0 if n & 2 else 1.0) / math.factorial(n) for n in range(4, 17, 2))


# --- bits and exact operations ------------------------------------------------------------------------------------
@rule
def _bits_of(x: float) -> int:
    """The 64 bits of a float, as an integer."""
    return int(np.float64(x).view(np.int64))


@rule
def _from_bits(bits: int) -> float:
    return float(np.int64(bits).view(np.float64))


@rule
def _two_to(n: int) -> float:
    """2^n, exact, for n of −1022 … 1023."""
    return _from_bits((n + _BIAS) << _FRACTION_BITS)


@rule
def _product_rest(x: float, y: float, product: float) -> float:
    """What rounding took away from x · y = product, exact (Dekker)."""
    a, b = x * _SPLITTER, y * _SPLITTER
    x_high, y_high = a - (a - x), b - (b - y)
    x_low, y_low = x - x_high, y - y_high
    return x_low * y_low - (((product - x_high * y_high) - x_low * y_high) - x_high * y_low)


@rule
def _sum_rest(x: float, y: float, total: float) -> float:
    """What rounding took away from x + y = total, exact (Møller, Knuth)."""
    y_taken = total - x
    return (x - (total - y_taken)) + (y - y_taken)


# --- exp ----------------------------------------------------------------------------------------------------------
@rule
def exp(x: float) -> float:
    """e^x: inf above 709.78, 0 below −745.13. Error at most 0.52 ulp, of a subnormal result 1 ulp."""
    return _exp(float(x), 0.0)


@rule
def _exp(x: float, rest: float) -> float:
    """e^(x + rest) for a rest that is small beside x: 2^(n/64) from a table, times e^r with |r| < 0.0055."""
    if not -746.0 < x < 710.0:
        return x if x != x else (_INF if x > 0.0 else 0.0)
    steps = (x * _STEPS_PER_LN2 + _SHIFT) - _SHIFT
    r = (x - steps * _STEP) - (steps * _STEP_REST - rest)
    square = r * r
    grown = r + (square * (_E2 + r * _E3) + (square * square) * (_E4 + r * _E5 + square * _E6))
    n = int(steps)
    k, j = n >> _STEPS_BITS, n & (_STEPS - 1)
    step = float(_POWER[j])
    y = step + (float(_POWER_REST[j]) + step * grown)
    half = k >> 1  # 2^k itself may be too large or small for a float
    return y * _two_to(half) * _two_to(k - half)


# --- log and power ------------------------------------------------------------------------------------------------
@rule
def _reduced(x: float) -> tuple[float, float, float, float]:
    """ln x = a + b + ln(1 + f + g) for x > 0: |f| < 0.005, g and b far smaller, |a| > |f| or a = 0."""
    k = 0
    if x < _SMALLEST_NORMAL:
        x *= 2.0**54
        k = -54
    bits = _bits_of(x)
    above = bits - _FIRST_BITS
    j = (above >> _BIN_WIDTH_BITS) & ((1 << _BINS_BITS) - 1)
    above >>= _FRACTION_BITS
    bits -= above << _FRACTION_BITS
    fraction, first = _from_bits(bits), _from_bits(bits & _UPPER_HALF)
    inverse = float(_INVERSE[j])
    off, second = first * inverse - 1.0, (fraction - first) * inverse  # both exact
    f = off + second
    turns = float(k + above)
    return (
        turns * _LN2_HIGH + float(_LOG[j]),
        turns * _LN2_REST + float(_LOG_REST[j]),
        f,
        second - (f - off),
    )


@rule
def log(x: float) -> float:
    """The natural logarithm: −inf of 0, nan of less. Error at most 0.52 ulp."""
    x = float(x)
    if not 0.0 < x < _INF:
        return -_INF if x == 0.0 else (x if x > 0.0 else math.nan)
    a, b, f, g = _reduced(x)
    total = a + f
    square = f * f
    series = (_L3 + f * _L4) + square * ((_L5 + f * _L6) + square * (_L7 + f * _L8))
    small = (g + b) - (0.5 * square - f * square * series)
    return total + (((a - total) + f) + small)


@rule
def _log_pair(x: float) -> tuple[float, float]:
    """ln x for 0 < x < inf as a sum of two numbers, to about 68 bits."""
    a, b, f, g = _reduced(x)
    total = a + f
    square = f * f
    half, half_rest = 0.5 * square, 0.5 * _product_rest(f, f, square)
    high = total - half
    series = (_L3 + f * _L4) + square * ((_L5 + f * _L6) + square * ((_L7 + f * _L8) + square * _L9))
    small = (g - f * g) + (b - half_rest) + f * square * series
    low = (((a - total) + f) + ((total - high) - half)) + small
    y = high + low
    return y, (high - y) + low


@rule
def power(x: float, y: float) -> float:
    """x^y for x ≥ 0, nan for x < 0. Error at most 0.55 ulp, of a subnormal result 1 ulp.

    As in C and Python x^0 = 1^y = 1, even for nan; 0 to a negative power is inf.
    """
    x, y = float(x), float(y)
    if y == 0.0 or x == 1.0:
        return 1.0
    if not (0.0 < x < _INF and -_INF < y < _INF):
        return _power_at_an_edge(x, y)
    log_x, rest = _log_pair(x)
    about = y * log_x
    if not -746.0 < about < 710.0:
        return _INF if about > 0.0 else 0.0
    return _exp(about, _product_rest(y, log_x, about) + y * rest)


@rule
def _power_at_an_edge(x: float, y: float) -> float:
    """x^y where x is not positive and finite, or y not finite."""
    if x != x or y != y or x < 0.0:
        return math.nan
    grows = (y > 0.0) if x > 1.0 else (y < 0.0)
    return _INF if grows else 0.0


# --- sin and hypot ------------------------------------------------------------------------------------------------
@rule
def sin(x: float) -> float:
    """The sine for |x| ≤ 2^20, nan beyond. Error at most 0.9 ulp."""
    x = float(x)
    if not -_MOST_TURNED <= x <= _MOST_TURNED:
        return math.nan
    turns = (x * _PER_QUARTER_TURN + _SHIFT) - _SHIFT
    a = x - turns * _QUARTER_1  # exact, as the next two products are
    second, third = turns * _QUARTER_2, turns * _QUARTER_3
    b = a - second
    c = b - third
    low = (_sum_rest(a, -second, b) + _sum_rest(b, -third, c)) - turns * _QUARTER_4
    high = c + low
    low = _sum_rest(c, low, high)
    n = int(turns)
    y = _cos_near_0(high, low) if n & 1 else _sin_near_0(high, low)
    return -y if n & 2 else y


@rule
def _sin_near_0(x: float, rest: float) -> float:
    """sin(x + rest) for |x| ≤ π/4."""
    z = x * x
    series = _S5 + z * (_S7 + z * (_S9 + z * (_S11 + z * (_S13 + z * (_S15 + z * _S17)))))
    return x + (x * z * (_S3 + z * series) + rest * (1.0 - 0.5 * z))


@rule
def _cos_near_0(x: float, rest: float) -> float:
    """cos(x + rest) for |x| ≤ π/4."""
    z = x * x
    half, half_rest = 0.5 * z, 0.5 * _product_rest(x, x, z)
    series = _C4 + z * (_C6 + z * (_C8 + z * (_C10 + z * (_C12 + z * (_C14 + z * _C16)))))
    high = 1.0 - half
    return high + (((1.0 - high) - half) - half_rest + (z * z * series - x * rest))


@rule
def hypot(x: float, y: float) -> float:
    """√(x² + y²), without overflow on the way. Error less than 1 ulp."""
    x, y = abs(float(x)), abs(float(y))
    long, short = max(x, y), min(x, y)
    if long == _INF or short == _INF:
        return _INF
    if x != x or y != y:
        return math.nan
    if short <= long * 2.0**-28:  # too short to count: short² / 2 long is less than a quarter ulp
        return long
    scale = 1.0
    if long > 2.0**500:
        scale = 2.0**600
    elif short < 2.0**-400:
        scale = 2.0**-600
    long, short = long / scale, short / scale
    a, b = long * long, short * short
    return scale * math.sqrt(a + (b + (_product_rest(long, long, a) + _product_rest(short, short, b))))
