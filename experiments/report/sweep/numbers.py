"""A sweep's runs as arrays: combinations of levers × states × replicates, and what is computed from them.

A lever is what somebody decides (posture, responses, and factors that the design calls so), a state of the world one of
the other factors. All levers meet the same states and, in a state, the same luck.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.analysis.results import Results
from experiments.analysis.schema import COLUMN_OF, MEASURE_COLUMNS, number_of, swept_in
from experiments.report.style.names import in_prose
from experiments.runs.points import SHOWN
from sim.numbers import number
from sim.statistics import Interval, Values, mean_interval

MAIN = (
    *("fire_attacks", "rounds_leaked", "us_wounded", "convoy_attacks"),
    *("trucks_lost", "relation_mean", "capital_mean", "pressure"),
)
NONE, ALL = "none", "all"
POLICY = "policy"
EVERY = "all runs"
MOST_VALUES, GROUPS = 60, 30
"""A curve over more values than that is drawn over so many groups of neighbours."""
MOST_LINES = 6
"""More lever combinations than that are no lines in one panel: then the postures alone, or one line for all."""
_SPARSE = 4
_MOST_NAMED = 5
_COUNTED = {"batteries": "battery", "people": "person", "days": "day"}
_WHO = ("posture", "responses", POLICY)


@dataclass(frozen=True)
class SweptFactor:
    """A dimension of the sweep and its values: numbers in their order, words as they come."""

    key: str
    lever: bool
    levels: tuple[Any, ...]
    numeric: bool
    log: bool = False

    @property
    def is_curve(self) -> bool:
        """Whether it has values enough to draw a curve over."""
        return self.numeric and len(self.levels) > 2


@dataclass(frozen=True)
class Swept:
    """`values[measure]`: levers × states × replicates, NaN where there is no run or where its pair is not whole.

    `levers` and `states` have a row for each combination of factors, a column a factor; `left_out` counts the runs
    that went well but have no whole pair. `chosen` are the measures that the sweep was asked for, or the usual few.
    `place` has lever, state and replicate of each row of runs.csv. `own_streams`: whether a state has luck of its own.
    """

    factors: tuple[SweptFactor, ...]
    levers: pd.DataFrame
    states: pd.DataFrame
    values: Mapping[str, NDArray[np.float64]]
    n_points: int
    n_runs: int
    left_out: int
    chosen: tuple[str, ...]
    place: tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]
    own_streams: bool

    @property
    def names(self) -> list[str]:
        """Names of the combinations of levers, of the values that differ."""
        each = [self.levers.iloc[[k]] for k in range(len(self.levers))]
        return [name_of(row) for row in each] if len(self.levers.columns) else [ALL]

    @property
    def measures(self) -> tuple[str, ...]:
        """The main measures that the folder has."""
        return tuple(self.values)

    @property
    def replicates(self) -> int:
        """The most that a point has."""
        return next(iter(self.values.values())).shape[2]

    def factor(self, key: str) -> SweptFactor | None:
        """The factor of a key, if it is swept."""
        return next((factor for factor in self.factors if factor.key == key), None)

    def means(self, measure: str) -> Values:
        """Means over the replicates: levers × states."""
        return mean_over(self.values[measure], axis=2)

    def where(self, key: str, *values: Any) -> NDArray[np.bool_]:
        """The points (levers × states) at a value of a factor, or at one of several."""
        if key in self.levers:
            chosen = self.levers[key].isin(values).to_numpy()[:, None]
        else:
            chosen = self.states[key].isin(values).to_numpy()[None, :]
        return np.broadcast_to(chosen, (len(self.levers) or 1, len(self.states) or 1))


def lever_words(key: str, *values: Any) -> str:
    """`4 or 6 batteries`, `share of bombs laid on a tip-off 0.9`; of postures and responses the name alone."""
    shown = either([f"{value:.4g}" if isinstance(value, float) else str(value) for value in values])
    if key in _WHO:
        return shown
    name = key.rpartition(".")[2].replace("_", " ")
    if key in _COUNTED:
        return f"{shown} {_COUNTED[key] if values == (1,) else name}"
    return f"{in_prose(key) if '.' in key else name} {shown}"


def name_of(rows: pd.DataFrame) -> str:
    """`six with 4 or 6 batteries`: what rows have in common once, the values in which they differ if that is one."""
    rows = with_policies(rows)
    if sum(rows[key].nunique() > 1 for key in rows) > 1:
        return either([name_of(rows.iloc[[k]]) for k in range(len(rows))])
    words = {str(key): lever_words(str(key), *dict.fromkeys(rows[key])) for key in rows}
    who = ", ".join(word for key, word in words.items() if key in _WHO)
    rest = ", ".join(word for key, word in words.items() if key not in _WHO)
    return " with ".join(filter(None, [who, rest]))


def with_policies(levers: pd.DataFrame) -> pd.DataFrame:
    """Posture and responses in one column, as `six+zone_clearance`, where both are levers."""
    if not {"posture", "responses"} <= set(levers):
        return levers
    labels = [p if r == NONE else f"{p}+{r}" for p, r in zip(levers["posture"], levers["responses"], strict=True)]
    rest = levers.drop(columns=["posture", "responses"])
    return pd.concat([pd.Series(labels, index=levers.index, name=POLICY), rest], axis=1)


def either(words: Sequence[str]) -> str:
    """`a, b or c`; of very many the first alone are named."""
    *first, last = words if len(words) <= _MOST_NAMED else [*words[:3], f"{len(words) - 3} more"]
    return f"{', '.join(first)} or {last}" if first else last


def mean_over(values: Values, axis: int) -> Values:
    """The mean of what there is along an axis; NaN where there is nothing."""
    there = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(there, values, 0.0).sum(axis=axis) / there.sum(axis=axis))


# --- from the table --------------------------------------------------------------------------------------
def swept_of(results: Results) -> Swept | None:
    """The runs of a sweep; None if the folder holds none. Reads the columns that are needed alone."""
    if "runs" not in results:
        return None
    there = results.columns("runs")
    keys = swept_in(there)
    chosen = [measure for measure in chosen_measures(results) if COLUMN_OF[measure] in there]
    measures = [measure for measure in dict.fromkeys((*MAIN, *chosen)) if COLUMN_OF[measure] in there]
    if not (keys or "point" in there) or not measures:
        return None
    shared = [key for key in ("point", "posture", "responses", "replicate", "seed") if key in there]
    runs = results.table("runs", columns=[*shared, *keys, *(COLUMN_OF[measure] for measure in measures)])
    return _swept(runs, ["posture", "responses", *keys], measures, chosen or measures[:1], results.manifest)


def chosen_measures(results: Results) -> list[str]:
    """Those of points.csv, if it has been asked for some alone; else those that a sweep shows on the screen."""
    if "points" not in results:
        return list(SHOWN)
    columns = [column.removesuffix("_mean") for column in results.columns("points") if column.endswith("_mean")]
    found = [MEASURE_COLUMNS[column] for column in columns if column in MEASURE_COLUMNS]
    return found if 0 < len(found) < len(MEASURE_COLUMNS) else list(SHOWN)


def _swept(
    runs: pd.DataFrame, keys: list[str], measures: list[str], chosen: list[str], manifest: Mapping[str, Any]
) -> Swept | None:
    if not len(runs):
        return None
    points, place = _points(runs, [key for key in keys if key in runs])
    factors = tuple(_factors(points, manifest))
    lever_keys = [factor.key for factor in factors if factor.lever]
    state_keys = [factor.key for factor in factors if not factor.lever]
    (lever, levers), (state, states) = _codes(points, lever_keys), _codes(points, state_keys)
    if len(levers) * len(states) > _SPARSE * len(points):  # levers that don't meet the same states
        (lever, levers), (state, states) = _codes(points, []), _codes(points, [*lever_keys, *state_keys])
    replicate, each = pd.factorize(runs[number_of(runs)])
    values = {measure: np.full((len(levers), len(states), len(each)), np.nan) for measure in measures}
    for measure, table in values.items():
        table[lever[place], state[place], replicate] = runs[COLUMN_OF[measure]]
    left_out = _only_whole(values)
    at = (lever[place], state[place], replicate)
    own = "seed" in runs and runs["seed"].nunique() > len(each)
    return Swept(factors, levers, states, values, len(points), len(runs), left_out, tuple(chosen), at, own)


def _points(runs: pd.DataFrame, keys: list[str]) -> tuple[pd.DataFrame, NDArray[np.intp]]:
    """One row a point, and the point of each run."""
    by = ["point"] if "point" in runs else keys
    place = np.asarray(runs.groupby(by, sort=False, dropna=False, observed=True).ngroup(), dtype=np.intp)
    points = runs.loc[~runs[by].duplicated(), keys].reset_index(drop=True)
    for key in keys:
        if not pd.api.types.is_numeric_dtype(points[key]):
            points[key] = points[key].astype(object).where(points[key].notna(), "")
    return points, place


def _factors(points: pd.DataFrame, manifest: Mapping[str, Any]) -> Iterator[SweptFactor]:
    """The columns that have more than one value. Kinds and scales are those of the design, if there is one."""
    design = {factor["key"]: factor for factor in manifest.get("design", {}).get("factors", ())}
    for key in points:
        said, numeric = design.get(key, {}), pd.api.types.is_numeric_dtype(points[key])
        levels = points[key].dropna().unique().tolist()
        if len(levels) > 1:
            lever = said.get("kind") == "lever" or key in ("posture", "responses")
            yield SweptFactor(
                str(key), lever, tuple(sorted(levels) if numeric else levels), numeric, said.get("scale") == "log"
            )


def _codes(points: pd.DataFrame, keys: list[str]) -> tuple[NDArray[np.intp], pd.DataFrame]:
    """The combination of values that each point has, and the combinations."""
    if not keys:
        return np.zeros(len(points), dtype=np.intp), pd.DataFrame(index=[0])
    codes, _ = pd.factorize(pd.MultiIndex.from_frame(points[keys]))
    return codes, points[keys].drop_duplicates().reset_index(drop=True)


def _only_whole(values: dict[str, Values]) -> int:
    """Leave out replicates of a state that are missing for some lever that was run there; how many runs that are."""
    there = np.all([np.isfinite(table) for table in values.values()], axis=0)
    run_there = there.any(axis=2, keepdims=True)
    torn = (run_there & ~there).any(axis=0)
    out = int((there & torn[None]).sum())
    for table in values.values():
        table[:, torn] = np.nan
    return out


# --- means and spread at some points -----------------------------------------------------------------------
def mean_at(swept: Swept, measure: str, points: NDArray[np.bool_]) -> Interval:
    """The mean over some points, each of the same weight, and its t interval over replicates: what luck leaves open."""
    by_replicate = mean_over(swept.values[measure][points], axis=0)
    by_replicate = by_replicate[np.isfinite(by_replicate)]
    return mean_interval(by_replicate) if len(by_replicate) else Interval(np.nan, np.nan, np.nan)


def difference_at(swept: Swept, measure: str, first: NDArray[np.bool_], second: NDArray[np.bool_]) -> Interval:
    """The mean of some points less that of others: second − first, with its t interval.

    Paired by replicate; by state of the world where each has luck of its own, if both are points of the same states.
    """
    by_state = _paired_by_state(swept, first, second)
    base, other = (_means_of_pairs(swept.values[measure], points, by_state) for points in (first, second))
    over = (other - base)[np.isfinite(other - base)]
    return mean_interval(over) if len(over) else Interval(np.nan, np.nan, np.nan)


def pairs_of(swept: Swept, first: NDArray[np.bool_], second: NDArray[np.bool_]) -> str:
    """How many pairs the interval of such a difference is over: `n = 200 states`."""
    if _paired_by_state(swept, first, second):
        return f"n = {int(first.any(axis=0).sum()):,} states"
    return f"n = {swept.replicates:,} replicates"


def _paired_by_state(swept: Swept, first: NDArray[np.bool_], second: NDArray[np.bool_]) -> bool:
    return swept.own_streams and np.array_equal(first.any(axis=0), second.any(axis=0))


def _means_of_pairs(values: Values, points: NDArray[np.bool_], by_state: bool) -> Values:
    """The mean over some points of each replicate, or of each state."""
    if by_state:
        return mean_over(mean_over(np.where(points[..., None], values, np.nan), axis=2), axis=0)
    return mean_over(values[points], axis=0)


def spread_at(swept: Swept, measure: str, points: NDArray[np.bool_]) -> tuple[float, float]:
    """Where nine of ten single runs at some points lie."""
    runs = swept.values[measure][points].ravel()
    runs = runs[np.isfinite(runs)]
    return (float(np.percentile(runs, 5)), float(np.percentile(runs, 95))) if len(runs) else (np.nan, np.nan)


# --- lines, levels and curves --------------------------------------------------------------------------
def series(swept: Swept) -> dict[str, NDArray[np.bool_]]:
    """Line or colour → its points: each posture if it is swept, else all together."""
    posture = swept.factor("posture")
    if posture is None or len(posture.levels) > MOST_LINES:
        return {EVERY: np.ones((max(len(swept.levers), 1), max(len(swept.states), 1)), bool)}
    return {str(level): swept.where("posture", level) for level in posture.levels}


def level_words(factor: SweptFactor, level: Any) -> str:
    """`people = 3,000`; of postures and responses the name alone."""
    if factor.key in ("posture", "responses"):
        return str(level)
    return f"{in_prose(factor.key)} = {number(level) if factor.numeric else level}"


def with_rows(swept: Swept) -> list[SweptFactor]:
    """The factors with rows in the picture of means: those without a curve, and not the postures, which are colours."""
    return [f for f in swept.factors if not f.is_curve and (f.key != "posture" or len(f.levels) > MOST_LINES)]


def value_groups(factor: SweptFactor) -> list[tuple[float, ...]]:
    """Each value of a numeric factor alone, or, of more than MOST_VALUES, neighbours in GROUPS of the same size."""
    if len(factor.levels) <= MOST_VALUES:
        return [(level,) for level in factor.levels]
    return [tuple(group.tolist()) for group in np.array_split(np.array(factor.levels, dtype=float), GROUPS)]


def middles(groups: Sequence[tuple[float, ...]]) -> Values:
    """The middle of each group of values."""
    return np.array([np.mean(group) for group in groups])


def curved(swept: Swept) -> list[SweptFactor]:
    """The factors over which curves are drawn: one or two numeric ones, if their values make a grid."""
    factors = [factor for factor in swept.factors if factor.is_curve]
    return factors if len(factors) == 1 or (len(factors) == 2 and not _is_sampled(swept, factors)) else []


def _is_sampled(swept: Swept, factors: list[SweptFactor]) -> bool:
    """Whether the values of two factors come in pairs, rather than each with each."""
    keys = [factor.key for factor in factors]
    table = swept.states if set(keys) <= set(swept.states) else swept.levers
    if not set(keys) <= set(table):
        return False
    return len(table[keys].drop_duplicates()) < math.prod(len(factor.levels) for factor in factors)
