"""Parts of a sweep, each run by a command of its own: which runs are whose, and a part run into its folder.

Every part makes the same plan and takes its share of the runs, by their keys, so that parts need no word of each
other. `merge.py` joins their folders.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.files.finished import PART, finish
from experiments.runs.plan import MAX_REPLICATES_AT_ONCE, DesignPlan, Plan
from experiments.runs.pools import Pool
from experiments.runs.room import OnFailure, Progress, whole_or_kept
from experiments.runs.sweep import described, opened
from sim.errors import ConfigError

_SHARD = re.compile(r"([0-9]{1,9})/([0-9]{1,9})")


@dataclass(frozen=True)
class Shard:
    """Part `number` of a sweep, from 1, of `of` parts."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


def parse_shard(text: str) -> Shard:
    """`2/8`: the second of eight parts."""
    match = _SHARD.fullmatch(text)
    shard = Shard(int(match[1]), int(match[2])) if match else Shard(0, 0)
    if not 1 <= shard.number <= shard.of:
        raise ConfigError(None, "--shard", text, "it must be i/n, the i-th of n parts, i from 1 to n, such as 2/8")
    return shard


def keys_of_part(plan: Plan, shard: Shard) -> NDArray[np.uint64]:
    """The keys of the runs of a part, each once: runs that come to the same are in the same part.

    The different runs, in the order in which a sweep runs them, are cut into stretches of as many days. So parts
    differ by a run at most, each is an even sample of the points, and the replicates of a point are kept together.
    """
    places = _in_order(plan)
    keys = plan.keys.ravel()[places]
    first = np.sort(np.unique(keys, return_index=True)[1])
    days = np.array([plan.days(point) for point in plan.points])[places[first] // plan.replicates]
    days = np.maximum(days, 1.0)  # of a length that no run can have: it fails, in a part
    middles = np.cumsum(days) - days / 2
    return keys[first][np.floor(middles * (shard.of / days.sum())) == shard.number - 1]


def _in_order(plan: Plan) -> NDArray[np.int64]:
    """Places of all runs among points × replicates, flat, in the order in which they are run."""
    blocks = []
    for first in range(0, plan.replicates, MAX_REPLICATES_AT_ONCE):
        block = np.arange(first, min(first + MAX_REPLICATES_AT_ONCE, plan.replicates))
        blocks.append((plan.order[:, None] * plan.replicates + block).ravel())
    return np.concatenate(blocks)


# --- a part in its folder --------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Part:
    """How a part ended: its different runs, how many ran now and failed, damaged files that were there, versions."""

    runs: int
    ran: int
    failed: int
    torn: int
    made_by: list[dict[str, str]]


def run_shard(
    plan: DesignPlan,
    shard: Shard,
    folder: Path,
    pool: Pool,
    progress: Progress,
    *,
    fresh: bool = False,
    retry_failed: bool = False,
    fail: OnFailure = "go-on",
) -> Part:
    """Run what is missing of a part into its folder, which the caller has locked; `finish_part` comes then."""
    keys = keys_of_part(plan, shard)
    room = opened(folder, pool, {**described(plan), "shard": str(shard)}, keys, fresh=fresh)
    ran = room.run(plan, progress, retry_failed=retry_failed, fail=fail, only=np.isin(plan.keys, keys))
    failed, made_by = len(room.archive.failures(keys)), room.archive.made_by(keys)
    return Part(len(keys), ran, failed, room.torn, made_by)


def finish_part(folder: Path, shard: Shard, manifest: dict[str, Any]) -> None:
    """Write last what says that a part is whole, with what its tables' manifest would say."""
    with whole_or_kept(folder):
        finish(folder, {**manifest, "shard": str(shard)}, (), PART)
