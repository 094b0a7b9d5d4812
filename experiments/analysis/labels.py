"""What a scenario is called: posture and responses, joined by +; in a sweep with the swept values behind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from experiments.analysis.schema import swept_in


def scenario_column(runs: pd.DataFrame) -> pd.Series[Any]:
    """The label of each run, as categories in the order in which they first come."""
    columns = [runs[name].astype("category") for name in ("posture", "responses") if name in runs]
    return _joined(columns, lambda words: "+".join(word for word in words if word))


def with_points(runs: pd.DataFrame) -> pd.DataFrame:
    """The same runs with the values that a sweep varies in `scenario`: `six, batteries=4`.

    So every point becomes a scenario of its own, which differences() and paired() can compare.
    """
    varied = [name for name in swept_in(runs.columns) if runs[name].nunique(dropna=False) > 1]
    columns = [runs["scenario"], *(_named(runs[name]) for name in varied)]
    frame = runs.assign(scenario=_joined(columns, lambda words: ", ".join(words)))
    frame.attrs = runs.attrs
    return frame


def _named(values: pd.Series[Any]) -> pd.Series[Any]:
    """`batteries=4`; an empty cell is a point that leaves the key as it is."""
    words = [_plain(value) for value in values.astype(object)]
    return pd.Series([f"{values.name}={word}" for word in words], index=values.index, dtype="category")


def _plain(value: Any) -> str:
    if pd.isna(value):
        return "default"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _joined(columns: list[pd.Series[Any]], join: Any) -> pd.Series[Any]:
    """One column of categories from several; −1 is the code of an empty cell."""
    codes = np.array([column.cat.codes.to_numpy() for column in columns], dtype=np.int64)
    sizes = [len(column.cat.categories) + 1 for column in columns]
    flat = np.ravel_multi_index(tuple(codes + 1), sizes)
    _, first, inverse = np.unique(flat, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    labels = [join([_word(c, int(k)) for c, k in zip(columns, codes[:, row], strict=True)]) for row in first[order]]
    made = pd.Categorical.from_codes(rank[inverse.reshape(-1)], pd.Index(labels, dtype=str))
    return pd.Series(made, index=columns[0].index, name="scenario")


def _word(column: pd.Series[Any], code: int) -> str:
    return "" if code < 0 else str(column.cat.categories[code])
