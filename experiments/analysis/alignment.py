"""What a scenario is called, and runs side by side: the same replicate, seed and point in every scenario."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.analysis.schema import number_of, swept_in
from experiments.files.labels import label_of
from experiments.files.states import STATE, States
from sim.errors import ConfigError
from sim.statistics import Values
from sim.suggestions import one_of

Rows = NDArray[np.int64]
_SHOWN = 5


@dataclass(frozen=True)
class Aligned:
    """Where the runs of each scenario stand, pair by pair: `rows[label][k]` is its row in the k-th pair."""

    runs: pd.DataFrame
    keys: Sequence[str]
    rows: dict[str, Rows | slice]
    n: int
    left_out: int

    def values(self, label: str, measure: str) -> Values:
        """One number a pair."""
        return np.asarray(self.runs[measure].to_numpy(dtype=np.float64)[self.rows[label]])

    @property
    def states(self) -> States | None:
        """The state of the world of each pair; None if they are all of one."""
        if STATE.name not in self.keys:
            return None
        return np.asarray(self.runs[STATE.name].to_numpy(dtype=np.int64)[next(iter(self.rows.values()))])


@dataclass(frozen=True)
class Pairs:
    """The runs of two scenarios, row by row of the same luck; the index says which replicate (and point)."""

    base: pd.DataFrame
    other: pd.DataFrame
    left_out: int
    """Pairs that a failed run has cost."""

    def __len__(self) -> int:
        return len(self.base)


def paired(runs: pd.DataFrame, base: str, other: str, failed: Literal["refuse", "drop"] = "refuse") -> Pairs:
    """The runs of two scenarios, paired by replicate and, in a sweep, by the values that vary within them.

    Raises ConfigError if a run has no partner, if partners have different seeds, or if a run failed; `failed="drop"`
    leaves out whole pairs of failed runs. Runs that were dropped as they were loaded cost their pairs too.
    """
    both = align(runs, [base, other], failed)
    frames = [_rows(both, label) for label in (base, other)]
    return Pairs(frames[0], frames[1], both.left_out)


def _rows(both: Aligned, label: str) -> pd.DataFrame:
    frame = both.runs.iloc[both.rows[label]].set_index(list(both.keys))
    frame.attrs = both.runs.attrs
    return frame


def align(runs: pd.DataFrame, scenarios: Sequence[str] = (), failed: str = "refuse") -> Aligned:
    """The runs of the scenarios (all, in the order of the frame, if none is named) over the pairs that all have."""
    labels = labels_of(runs)
    names = list(scenarios) or list(labels.cat.categories[np.unique(labels.cat.codes)])
    rows = {name: np.flatnonzero(labels == name) for name in names}
    for name in names:
        if not len(rows[name]):
            shown = [str(each) for each in labels.cat.categories]
            raise ConfigError(_file(runs), "scenario", name, f"it must be {one_of(name, shown)}")
    keys = _keys(runs, rows)
    codes = _codes(runs, keys)
    of = {name: codes[each] for name, each in rows.items()}
    for name, each in of.items():
        _check_once(runs, name, rows[name], each, keys)
    lost = _lost(runs, rows, codes, failed)
    common = _common(runs, of, lost, rows, keys[-1])
    every = np.unique(np.concatenate(list(of.values())))
    kept = {name: _slice(_sorted(each, of[name], common)) for name, each in rows.items()}
    _check_seeds(runs, kept, keys[-1])
    return Aligned(runs, keys, kept, len(common), len(every) - len(common))


def labels_of(runs: pd.DataFrame) -> pd.Series[Any]:
    """The scenario of each run, as categories."""
    labels = runs["scenario"] if "scenario" in runs else scenario_column(runs)
    return labels.astype("category")


def _file(runs: pd.DataFrame) -> str | None:
    return runs.attrs.get("file")


def _keys(runs: pd.DataFrame, rows: dict[str, Rows]) -> list[str]:
    """What pairs runs: the swept values and the state that vary within a scenario, then the replicate (or seed)."""
    number = number_of(runs)
    if number not in runs:
        raise ConfigError(_file(runs), "replicate", "", "there must be numbers, or seeds: runs are paired by them")
    varied = [
        name
        for name in (*swept_in(runs.columns), *([STATE.name] if STATE.name in runs else []))
        if any(runs[name].iloc[each].nunique(dropna=False) > 1 for each in rows.values())
    ]
    return [*varied, number]


def _codes(runs: pd.DataFrame, keys: Sequence[str]) -> Rows:
    """A number for each run that partners share, in the order of points and replicates."""
    groups = runs.groupby(list(keys), sort=True, dropna=False, observed=True)
    return np.asarray(groups.ngroup(), dtype=np.int64)


def _check_once(runs: pd.DataFrame, name: str, rows: Rows, codes: Rows, keys: Sequence[str]) -> None:
    order = np.argsort(codes, kind="stable")
    twice = np.flatnonzero(np.diff(codes[order]) == 0)
    if len(twice):
        number = runs[keys[-1]].iloc[rows[order[twice[0]]]]
        allowed = f"there must be one run of scenario {name} for each: with_points makes points scenarios of their own"
        raise ConfigError(_file(runs), keys[-1], int(number), allowed)


def _lost(runs: pd.DataFrame, rows: dict[str, Rows], codes: Rows, failed: str) -> Rows:
    """The codes of pairs with a failed run."""
    if failed not in ("refuse", "drop"):
        raise ConfigError(None, "failed", failed, "it must be refuse or drop")
    if "status" not in runs:
        return np.empty(0, dtype=np.int64)
    every = np.concatenate(list(rows.values()))
    bad = every[(runs["status"].iloc[every] == "failed").to_numpy()]
    if len(bad) and failed == "refuse":
        allowed = (
            f'there must be finished runs, but {len(bad)} of {len(every)} failed: failed="drop" leaves out their pairs'
        )
        raise ConfigError(_file(runs), "status", "failed", allowed)
    return np.unique(codes[bad])


def _common(runs: pd.DataFrame, of: dict[str, Rows], lost: Rows, rows: dict[str, Rows], number: str) -> Rows:
    """The codes that all scenarios have; a run without a partner is refused, unless the partner failed."""
    base, *others = of
    common = np.setdiff1d(of[base], lost)
    for other in others:
        single = np.setdiff1d(np.setxor1d(of[base], of[other]), lost)
        _check_partners(runs, single, (base, other), of, rows, number)
        common = np.intersect1d(common, of[other])
    if not len(common):
        raise ConfigError(
            _file(runs), number, None, f"there must be a replicate that {', '.join(of)} all have finished"
        )
    return common


def _check_partners(
    runs: pd.DataFrame, single: Rows, pair: tuple[str, str], of: dict[str, Rows], rows: dict[str, Rows], number: str
) -> None:
    dropped: Dropped = runs.attrs.get("dropped", Dropped())
    found: list[int] = []
    for name in pair:
        alone = rows[name][np.isin(of[name], single)]
        found += [int(n) for n in runs[number].iloc[alone] if int(n) not in dropped.numbers]
    if found:
        numbers = [str(n) for n in sorted(set(found))]
        shown = ", ".join(numbers[:_SHOWN] + ["…"] * (len(numbers) > _SHOWN))
        every = len(np.union1d(of[pair[0]], of[pair[1]]))
        allowed = f"it must be the same in {pair[0]} and {pair[1]}, but {len(found)} of {every} have no partner"
        raise ConfigError(_file(runs), number, shown, allowed)


def _sorted(rows: Rows, codes: Rows, common: Rows) -> Rows:
    """The rows of the common codes, in their order."""
    order = np.argsort(codes, kind="stable")
    return rows[order[np.searchsorted(codes[order], common)]]


def _slice(rows: Rows) -> Rows | slice:
    """Rows that follow each other as a slice: nothing is copied then, however many they are."""
    first, last = int(rows[0]), int(rows[-1])
    return slice(first, last + 1) if (np.diff(rows) == 1).all() else rows


def _check_seeds(runs: pd.DataFrame, rows: dict[str, Rows | slice], number: str) -> None:
    if "seed" not in runs:
        return
    base, *others = rows
    seeds = runs["seed"].to_numpy()
    for other in others:
        differ = np.flatnonzero(seeds[rows[base]] != seeds[rows[other]])
        if len(differ):
            at = int(differ[0])
            which = int(runs[number].iloc[rows[base]].iloc[at])
            allowed = (
                f"it must be {seeds[rows[base]][at]}, that of {base} in {number} {which}: pairs share their luck "
                f"({len(differ)} of {len(seeds[rows[base]])} differ)"
            )
            raise ConfigError(_file(runs), f"seed of {other}", int(seeds[rows[other]][at]), allowed)


@dataclass(frozen=True)
class Dropped:
    """The replicates (or seeds) of failed runs that a frame was loaded without; copies of frames share it."""

    numbers: frozenset[int] = frozenset()

    def __deepcopy__(self, memo: object) -> Dropped:
        return self


# --- labels --------------------------------------------------------------------------------------------
def scenario_column(runs: pd.DataFrame) -> pd.Series[Any]:
    """The label of each run, as categories in the order in which they first come."""
    columns = [runs[name].astype("category") for name in ("posture", "responses") if name in runs]
    return _joined(columns, lambda words: label_of(*words))


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
    """One column of categories from several; an empty cell is an empty word."""
    groups = pd.concat(columns, axis=1, ignore_index=True).groupby(
        list(range(len(columns))), sort=False, dropna=False, observed=True
    )
    rows = groups.head(1).astype(object).fillna("").astype(str)
    labels = [join(row) for row in rows.itertuples(index=False, name=None)]
    made = pd.Categorical.from_codes(groups.ngroup(), pd.Index(labels, dtype=str))
    return pd.Series(made, index=columns[0].index, name="scenario")
