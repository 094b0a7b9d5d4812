"""The digest of a run: XXH64 over the state's words at the end of each day, each day seeding the next.

XXH64 is Yann Collet's published hash (xxHash specification 0.1.1); here for data of whole 64-bit words. Two runs
with the same digest went through the same states; two that differ, differ in the last bit of something.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.compiled import hot_rule

_P1, _P2 = np.uint64(0x9E3779B185EBCA87), np.uint64(0xC2B2AE3D27D4EB4F)
_P3, _P4 = np.uint64(0x165667B19E3779F9), np.uint64(0x85EBCA77C2B2AE63)
_P5 = np.uint64(0x27D4EB2F165667C5)
_ZERO, _EIGHT, _64 = np.uint64(0), np.uint64(8), np.uint64(64)

Words = NDArray[np.uint64]
Word = np.uint64


@hot_rule
def _rotate(x: Word, bits: int) -> Word:
    return (x << np.uint64(bits)) | (x >> (_64 - np.uint64(bits)))


@hot_rule
def _round(lane: Word, word: Word) -> Word:
    return _rotate(lane + word * _P2, 31) * _P1


@hot_rule
def _merge(acc: Word, lane: Word) -> Word:
    return (acc ^ _round(_ZERO, lane)) * _P1 + _P4


@hot_rule
def xxh64(words: Words, start: int, stop: int, seed: Word) -> Word:
    """XXH64 of `words[start:stop]` (little-endian, 8 bytes each) with a 64-bit seed."""
    n, at = stop - start, start
    if n >= 4:
        a, b, c, d = seed + _P1 + _P2, seed + _P2, seed + _ZERO, seed - _P1
        for _ in range(n // 4):
            a, b = _round(a, words[at]), _round(b, words[at + 1])
            c, d = _round(c, words[at + 2]), _round(d, words[at + 3])
            at += 4
        acc = _rotate(a, 1) + _rotate(b, 7) + _rotate(c, 12) + _rotate(d, 18)
        acc = _merge(_merge(_merge(_merge(acc, a), b), c), d)
    else:
        acc = seed + _P5
    acc += np.uint64(n) * _EIGHT
    while at < stop:
        acc = _rotate(acc ^ _round(_ZERO, words[at]), 27) * _P1 + _P4
        at += 1
    return _avalanche(acc)


@hot_rule
def _avalanche(acc: Word) -> Word:
    acc = (acc ^ (acc >> np.uint64(33))) * _P2
    acc = (acc ^ (acc >> np.uint64(29))) * _P3
    return acc ^ (acc >> np.uint64(32))


@hot_rule
def digest_rows(words: Words, spans: NDArray[np.int64], rows: Any, seed: Word) -> Word:
    """XXH64 chained over the used rows of each part of the state.

    `spans[p]` is (first word, words per row) of part p and `rows[p]` the number of its rows in use.
    """
    acc = seed
    for p in range(len(spans)):
        acc = xxh64(words, spans[p, 0], spans[p, 0] + spans[p, 1] * rows[p], acc)
    return acc
