"""Tables of whole numbers made small: differences from hour to hour, each agent's one after another, deflated.

Most agents stand still most of the time, so most differences are 0. `front/frames.js` unpacks them.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from sim.app.replay.reel import Column

_LEVEL = 6  # 9 takes three times as long for a tenth less
_ARRAYS = {8: "Int8Array", 16: "Int16Array", 32: "Int32Array"}  # by bits


def packed(about: dict[str, Any], runs: Sequence[tuple[dict[str, Any], Sequence[Column]]], every: int) -> str:
    """What a replay stores, in base64: `about`, and of each run what is said of it and its columns.

    Of the hours each `every`-th is kept. Deflated are four bytes with the length of a JSON text, that text in UTF-8,
    and the columns in its order.
    """
    said, tables = [], []
    for of_run, columns in runs:
        packs = [_packed(column, every) for column in columns]
        n_rows = len(columns[0].values[::every])
        said.append({**of_run, "rows": n_rows, "columns": [head for head, _ in packs]})
        tables += [content for _, content in packs]
    head = json.dumps({**about, "every": every, "runs": said}, separators=(",", ":")).encode()
    whole = b"".join([len(head).to_bytes(4, "little"), head, *tables])
    return base64.b64encode(zlib.compress(whole, _LEVEL)).decode()


def _packed(column: Column, every: int) -> tuple[dict[str, Any], bytes]:
    """Differences with the sign in the lowest bit, by planes of a byte each, as many as they need."""
    values = column.values[::every].T.astype(np.int64)
    change = np.diff(values, axis=1, prepend=0)
    numbers = np.where(change < 0, -2 * change - 1, 2 * change)
    n_planes = max(1, (int(numbers.max(initial=0)).bit_length() + 7) // 8)
    planes = [((numbers >> (8 * k)) & 255).astype(np.uint8).tobytes() for k in range(n_planes)]
    head = {"name": column.name, "n": values.shape[0], "scale": column.scale, "until": column.until}
    array = _array_for(int(values.min(initial=0)), int(values.max(initial=0)))
    return {**head, "planes": n_planes, "array": array}, b"".join(planes)


def _array_for(least: int, most: int) -> str:
    """The narrowest that holds all."""
    return next(name for bits, name in _ARRAYS.items() if -(2 ** (bits - 1)) <= least and most < 2 ** (bits - 1))
