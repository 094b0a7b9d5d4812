"""The model's own mathematics: near the true values, the same compiled and plain, and the same on every machine."""

from __future__ import annotations

import ast
import math
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import calls
import mpmath
import numpy as np
import pytest
import xxhash

import sim
from sim import maths

N = 1500
COMPILED = {"exp": calls.exps, "log": calls.logs, "sin": calls.sins, "power": calls.powers, "hypot": calls.hypots}
TRUE = {"exp": mpmath.exp, "log": mpmath.log, "sin": mpmath.sin, "power": mpmath.power, "hypot": mpmath.hypot}
INF, NAN, MAX, TINY, LEAST = math.inf, math.nan, sys.float_info.max, sys.float_info.min, 5e-324
FINITE = np.array([0.0, LEAST, TINY, 1e-300, 1e-8, 0.5, 1 - 2**-53, 1.0, 1 + 2**-52, 2.0, 3.7, 700.0, 1e16, 1e300, MAX])


def plain(name, *arguments):
    """A function as plain Python, on each argument."""
    rule = getattr(maths, name)
    run = getattr(rule, "py_func", rule)
    return np.array([run(*(float(x) for x in each)) for each in zip(*arguments, strict=True)])


def sizes(rng, low, high):
    """Numbers of every size between two powers of ten."""
    return 10.0 ** rng.uniform(low, high, N)


def near_quarter_turns(rng):
    """The floats next to multiples of π/2, where a sine loses digits."""
    return rng.integers(0, 600_000, N) * (math.pi / 2) * (1 + rng.integers(-3, 4, N) * 2.0**-52)


def signs(rng):
    return rng.choice([-1.0, 1.0], N)


# Where → (function, largest error in ulp, arguments of a random generator)
WHERE = {
    "exp, ordinary": ("exp", 0.52, lambda rng: [rng.uniform(-40, 40, N)]),
    "exp, near 0": ("exp", 0.52, lambda rng: [sizes(rng, -20, 0) * signs(rng)]),
    "exp, all": ("exp", 0.52, lambda rng: [rng.uniform(-708, 709.78, N)]),
    "exp, subnormal": ("exp", 1.0, lambda rng: [rng.uniform(-746, -708, N)]),
    "log, of a chance": ("log", 0.52, lambda rng: [rng.uniform(0, 1, N)]),
    "log, near 1": ("log", 0.52, lambda rng: [1 + sizes(rng, -15.9, -1.5) * signs(rng)]),
    "log, all": ("log", 0.52, lambda rng: [sizes(rng, -307, 308)]),
    "log, of subnormals": ("log", 0.52, lambda rng: [sizes(rng, -323, -307)]),
    "sin, half a turn": ("sin", 0.9, lambda rng: [rng.uniform(0, math.pi, N)]),
    "sin, near π": ("sin", 0.9, lambda rng: [math.pi * (1 - sizes(rng, -16, -1))]),
    "sin, near quarter turns": ("sin", 0.9, lambda rng: [near_quarter_turns(rng)]),
    "sin, all": ("sin", 0.9, lambda rng: [rng.uniform(-(2**20), 2**20, N)]),
    "power, of a chance": ("power", 0.55, lambda rng: [rng.uniform(0, 1, N), rng.uniform(0, 60, N)]),
    "power, whole": ("power", 0.55, lambda rng: [rng.uniform(0, 3, N), rng.integers(-20, 40, N).astype(float)]),
    "power, roots": ("power", 0.55, lambda rng: [sizes(rng, -300, 300), rng.uniform(-1, 1, N)]),
    "power, near 1": ("power", 0.55, lambda rng: [1 + sizes(rng, -15, -1), sizes(rng, 0, 3)]),
    "power, large": ("power", 0.55, lambda rng: [2.0 + sizes(rng, -3, 3), rng.uniform(-100, 100, N)]),
    "power, subnormal": ("power", 1.0, lambda rng: [np.full(N, 2.5), rng.uniform(-812, -774, N)]),
    "hypot, of kilometres": ("hypot", 1.0, lambda rng: [rng.uniform(-50, 50, N), rng.uniform(-50, 50, N)]),
    "hypot, all": ("hypot", 1.0, lambda rng: [sizes(rng, -323, 307), sizes(rng, -323, 307)]),
    "hypot, large": ("hypot", 1.0, lambda rng: [sizes(rng, 300, 308), sizes(rng, 300, 308)]),
    "hypot, small": ("hypot", 1.0, lambda rng: [sizes(rng, -323, -300), sizes(rng, -323, -300)]),
    "hypot, one longer": ("hypot", 1.0, lambda rng: [rng.uniform(1, 2, N), 2.0 ** rng.uniform(-58, 0, N)]),
}


def ulps(value, true):
    """How far a result is from the true value, in units of the true value's last place."""
    if math.isinf(value):
        return 0.0 if true > MAX else math.inf
    return float(abs(mpmath.mpf(value) - true) / mpmath.mpf(math.ulp(float(true))))


@pytest.mark.parametrize("where", WHERE)
def test_results_are_near_the_true_values(where):
    name, most, arguments = WHERE[where]
    xs = arguments(np.random.default_rng(1))
    with mpmath.workprec(200):
        trues = [TRUE[name](*(mpmath.mpf(float(x)) for x in each)) for each in zip(*xs, strict=True)]
        errors = [ulps(float(value), true) for value, true in zip(COMPILED[name](*xs), trues, strict=True)]
    assert max(errors) < most, [x[int(np.argmax(errors))] for x in xs]
    assert max(errors) > 0.4  # the yardstick measures something


@pytest.mark.parametrize("where", WHERE)
def test_compiled_and_plain_give_the_same_bits(where):
    name, _, arguments = WHERE[where]
    xs = arguments(np.random.default_rng(2))
    assert COMPILED[name](*xs).tobytes() == plain(name, *xs).tobytes()


@pytest.mark.parametrize("name", COMPILED)
def test_compiled_and_plain_agree_at_every_edge(name):
    edges = np.concatenate([FINITE, -FINITE, [INF, -INF, NAN]])
    xs = [edges] if name in ("exp", "log", "sin") else [axis.ravel() for axis in np.meshgrid(edges, edges)]
    np.testing.assert_array_equal(COMPILED[name](*xs), plain(name, *xs))


def test_plain_results_are_floats_of_python():
    """A NumPy scalar would warn where a float overflows."""
    assert {type(maths_of(np.float64(0.3))) for maths_of in (maths.exp, maths.log, maths.sin)} == {float}
    assert type(maths.power(np.float64(0.3), 2)) is type(maths.hypot(np.float64(0.3), 0.4)) is float
    assert maths.exp(np.float64(709.9)) == maths.power(np.float64(2.0), np.float64(1024.0)) == INF
    assert maths.hypot(np.float64(MAX), np.float64(MAX)) == INF
    assert maths.log(7) == maths.log(7.0)


def test_tables_are_as_near_as_two_floats_can_be():
    with mpmath.workprec(200):
        for j, parts in enumerate(zip(maths._POWER, maths._POWER_REST, strict=True)):
            exact = mpmath.power(2, mpmath.mpf(j) / 64)
            assert parts[0] == float(exact)
            assert abs(sum(map(mpmath.mpf, map(float, parts))) - exact) < 2.0**-105
        for near, *parts in zip(maths._INVERSE, maths._LOG, maths._LOG_REST, strict=True):
            assert abs(sum(map(mpmath.mpf, map(float, parts))) + mpmath.log(float(near))) < 2.0**-95
            assert float(parts[0]) * 2**42 % 1 == 0


# Arguments without a library: multiples of a power of two. The numbers are what every machine must find.
EVEN = np.arange(1, 20_001) / 2**12
KNOWN = {
    "exp": ([EVEN - 2.5], "14a67f241adee07e"),
    "log": ([EVEN], "d7840c26783e2b6a"),
    "sin": ([EVEN * 3], "165a7c12e0a2529e"),
    "power": ([EVEN, EVEN[::-1]], "aed06dd8eae51f05"),
    "hypot": ([EVEN, EVEN[::-1]], "683b58ed9a046aaf"),
}


@pytest.mark.parametrize("name", KNOWN)
def test_bits_are_those_of_every_other_machine(name):
    arguments, known = KNOWN[name]
    assert xxhash.xxh64_hexdigest(COMPILED[name](*arguments).astype("<f8").tobytes()) == known


# --- edges --------------------------------------------------------------------------------------------------------

HIGHEST, LOWEST = 709.782712893384, -745.1332191019411  # the last arguments of a finite exp, and of one above 0
EDGES = [
    *[("exp", (x,), y) for x, y in [(0.0, 1.0), (-0.0, 1.0), (INF, INF), (-INF, 0.0), (710.0, INF), (-746.0, 0.0)]],
    *[("exp", (x,), y) for x, y in [(math.nextafter(HIGHEST, INF), INF), (LOWEST, LEAST), (1e-300, 1.0), (NAN, NAN)]],
    ("exp", (math.nextafter(LOWEST, -INF),), 0.0),
    *[("log", (x,), y) for x, y in [(1.0, 0.0), (0.0, -INF), (-0.0, -INF), (-1.0, NAN), (-INF, NAN), (INF, INF)]],
    *[("log", (x,), y) for x, y in [(NAN, NAN), (LEAST, -744.4400719213812), (MAX, 709.782712893384)]],
    *[("sin", (x,), y) for x, y in [(0.0, 0.0), (math.pi / 2, 1.0), (INF, NAN), (NAN, NAN), (1.1 * 2**20, NAN)]],
    ("sin", (math.pi,), 1.2246467991473532e-16),
    *[("power", (0.0, y), z) for y, z in [(0.0, 1.0), (3.0, 0.0), (0.5, 0.0), (-1.0, INF), (INF, 0.0), (NAN, NAN)]],
    *[("power", (1.0, y), 1.0) for y in (0.0, 5.0, INF, -INF, NAN)],
    *[("power", (x, 0.0), 1.0) for x in (-2.0, 0.3, INF, NAN)],
    *[("power", (INF, y), z) for y, z in [(2.0, INF), (-2.0, 0.0), (INF, INF), (-INF, 0.0)]],
    *[("power", (0.5, y), z) for y, z in [(INF, 0.0), (-INF, INF), (1074.0, LEAST), (1076.0, 0.0), (-1024.0, INF)]],
    *[("power", (2.0, y), z) for y, z in [(INF, INF), (-INF, 0.0), (10.0, 1024.0), (1e300, INF), (-1e300, 0.0)]],
    *[("power", x, NAN) for x in [(-2.0, 2.0), (-INF, 0.5), (NAN, 1.0), (2.0, NAN)]],
    *[("power", (1 + 2**-52, 1e300), INF), ("power", (1 - 2**-53, 1e300), 0.0), ("power", (0.9, 1e-320), 1.0)],
    *[("hypot", x, y) for x, y in [((3.0, 4.0), 5.0), ((0.0, 0.0), 0.0), ((0.0, -7.0), 7.0), ((INF, NAN), INF)]],
    *[("hypot", x, y) for x, y in [((-INF, 1.0), INF), ((NAN, 1.0), NAN), ((MAX, MAX), INF), ((LEAST, 0.0), LEAST)]],
    *[("hypot", x, y) for x, y in [((3e300, 4e300), 5e300), ((MAX, 1.0), MAX)]],
]


@pytest.mark.parametrize(("name", "arguments", "expected"), EDGES)
def test_edges(name, arguments, expected):
    np.testing.assert_array_equal(COMPILED[name](*(np.array([x]) for x in arguments)), [expected])


def test_the_last_finite_exp_is_finite():
    assert calls.exps(np.array([HIGHEST]))[0] == pytest.approx(MAX)


def test_whole_powers_that_are_floats_are_exact():
    bases, exponents = (axis.ravel() for axis in np.meshgrid(np.arange(1.0, 30.0), np.arange(11)))
    assert bases.max() ** 10 < 2**53
    assert calls.powers(bases, exponents).tolist() == [int(x) ** int(y) for x, y in zip(bases, exponents, strict=True)]


def test_a_power_of_an_integer_is_that_of_the_float():
    assert calls.powers(np.full(9, 0.93), np.arange(9)).tolist() == [maths.power(0.93, float(n)) for n in range(9)]


# --- order: where one table entry ends and the next begins, a function does not step back ---------------------------


def neighbours(around, n=400):
    """Floats one after the other, half of them below `around`."""
    bits = np.float64(around).view(np.int64) + np.arange(-n // 2, n // 2)
    return bits.view(np.float64)


STEP = math.log(2) / 64


@pytest.mark.parametrize("around", [1.0, 3.0, -1.0, *(STEP * (j + 0.5) for j in (0, 1, 31, 63, 64, -2, 640))])
def test_exp_is_monotone(around):
    assert (np.diff(calls.exps(np.sort(neighbours(around)))) >= 0).all()


@pytest.mark.parametrize(
    "around", [1.0, 2.0, 0.7, 1 - 75.5 / 256, 1 - 1 / 512, 1 + 1 / 256, 1 + 3 / 256, 1 - 3 / 512, 10.0]
)
def test_log_is_monotone(around):
    assert (np.diff(calls.logs(neighbours(around))) >= 0).all()


@pytest.mark.parametrize("around", [0.5, math.pi / 4, 1.2])
def test_sin_is_monotone_up_to_a_quarter_turn(around):
    coarse = neighbours(around)[::4]  # near the top neighbours differ by less than an ulp
    assert (np.diff(calls.sins(coarse)) >= 0).all()


def test_power_is_monotone_in_both():
    xs = neighbours(0.83)
    assert (np.diff(calls.powers(xs, np.full(len(xs), 3.0))) >= 0).all()
    assert (np.diff(calls.powers(np.full(len(xs), 0.83), neighbours(3.0))) <= 0).all()


# --- nothing else is used in a run ---------------------------------------------------------------------------------

SIM = Path(sim.__file__).parent
POWER_OF_TWO = re.compile(r"2(\.0)? \*\* (\d+|\(?-\d+\)?)")  # exact, and known before anything runs
# what the standards define to the bit
EXACT = {"inf", "nan", "pi", "sqrt", "fsum", "floor", "ceil", "isfinite", "factorial"}
INEXACT = {
    "exp",
    "expm1",
    "exp2",
    "log",
    "log1p",
    "log2",
    "log10",
    "power",
    "float_power",
    "hypot",
    "sin",
    "cos",
    "tan",
}


def from_a_library(tree):
    """What a syntax tree takes from the mathematics library of the platform."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if (node.value.id == "math" and node.attr not in EXACT) or (node.value.id == "np" and node.attr in INEXACT):
                yield ast.unparse(node)
        elif isinstance(node, ast.ImportFrom) and node.module in ("math", "numpy"):
            yield ast.unparse(node)
        elif isinstance(node, (ast.BinOp, ast.AugAssign)) and isinstance(node.op, ast.Pow):
            yield from [ast.unparse(node)] if not POWER_OF_TWO.fullmatch(ast.unparse(node)) else []


@pytest.mark.parametrize("text", ["math.exp(x)", "x ** n", "x **= n", "np.hypot(x, y)", "from math import log"])
def test_use_of_the_library_is_found(text):
    assert list(from_a_library(ast.parse(text)))


def test_what_a_run_is_made_of_uses_no_library():
    """Every module of the model but the pages."""
    files = [path for path in SIM.rglob("*.py") if "app" not in path.relative_to(SIM).parts]
    assert len(files) > 50
    used = {path.name: list(from_a_library(ast.parse(path.read_text(encoding="utf-8")))) for path in files}
    assert {name: found for name, found in used.items() if found} == {}


SEEDS, DAYS = 40, 60
RUNS = f"""
from sim import load_scenario
from sim.engine import simulate_many
for name in ("six", "fourteen"):
    print(*simulate_many(load_scenario(name, {{"days": {DAYS}}}), list(range({SEEDS}))).digests)
"""


def digests(**variables):
    """Digests of runs in a fresh process, which finds the rules compiled."""
    result = subprocess.run(
        [sys.executable, "-c", RUNS], env={**os.environ, **variables}, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.split()


@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc" or platform.machine() not in ("x86_64", "AMD64"),
    reason="only glibc for x86-64 can be told to take its other ways",
)
def test_runs_do_not_depend_on_the_way_that_the_mathematics_library_takes():
    """glibc has functions of its own for processors with FMA: their last digits differ, those of runs don't."""
    here, other = digests(), digests(GLIBC_TUNABLES="glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-AVX")
    assert len(set(here)) == 2 * SEEDS
    assert here == other
