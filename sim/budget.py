"""Totals over sites: the same people or batteries, more or fewer, on the sites that a posture holds.

So that sites, batteries and people can be varied apart: `people` and `batteries` are keys of a sweep like any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def share_out(people: Sequence[int], total: int) -> list[int]:
    """`total` people over sites in proportion to those who are there; whole people, largest remainders first.

    Sites without anybody stay empty, unless all are: then all get the same.
    """
    weights = list(people) if sum(people) > 0 else [1] * len(people)
    exact = [total * weight / sum(weights) for weight in weights]
    shares = [int(part) for part in exact]
    by_rest = sorted(range(len(shares)), key=lambda k: (shares[k] - exact[k], k))
    for k in by_rest[: total - sum(shares)]:
        shares[k] += 1
    return shares


def place(sites: Sequence[str], total: int, values: Mapping[str, float]) -> list[int]:
    """`total` batteries over sites, one each in the order of symbolic value, then a second each, and so on."""
    order = sorted(range(len(sites)), key=lambda k: (-values[sites[k]], k))
    batteries = [total // len(sites)] * len(sites)
    for k in order[: total % len(sites)]:
        batteries[k] += 1
    return batteries
