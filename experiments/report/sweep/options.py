"""What can be chosen in a sweep: options that are the same in every run taken together, and which is best in what.

An option is a combination of levers; where nobody decides anything, it is a point. Options meet the same states and
the same luck, so they are compared in pairs: differences are means over states.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from experiments.analysis.results import Results
from experiments.analysis.schema import MEASURE_COLUMNS
from experiments.report.style.words import listed
from experiments.report.sweep.numbers import POLICY, Swept, lever_words, mean_over, name_of, with_policies
from sim.measures import BY_NAME
from sim.numbers import number
from sim.scenario import place
from sim.statistics import Interval, Values, mean_interval

_TOGETHER = 16  # columns of runs.csv in memory at a time
_MOST_NAMED = 3
MOST = 400
"""More options than that are a sample, from which nobody chooses."""


@dataclass(frozen=True)
class Option:
    """Options that are the same in every run, by their numbers, under one name; the first stands for all."""

    name: str
    members: tuple[int, ...]

    @property
    def first(self) -> int:
        """The number of the one that stands for all."""
        return self.members[0]


@dataclass(frozen=True)
class Options:
    """`values[measure]`: options × states × replicates; `each` are the options, those that are the same as one.

    `table` has a row an option, `worlds` a row a state of the world (no columns, where a point is an option).

    `decided`: whether options are levers, and not points of which nobody chooses any.
    """

    table: pd.DataFrame
    worlds: pd.DataFrame
    each: tuple[Option, ...]
    values: dict[str, Values]
    decided: bool
    own_streams: bool

    @property
    def states(self) -> int:
        """In how many states of the world the options are compared."""
        return next(iter(self.values.values())).shape[1]

    @property
    def tied(self) -> list[Option]:
        """Those that are more than one."""
        return [option for option in self.each if len(option.members) > 1]

    def mean(self, measure: str, option: Option) -> float:
        """The mean over states and replicates."""
        return float(mean_over(self._by_replicate(measure, option), 0))

    def difference(self, measure: str, base: Option, other: Option) -> Interval:
        """Other − base, in pairs: over replicates, which states share, or over states that have luck of their own."""
        if self.own_streams:
            found = mean_over(self.in_states(measure, base, other), axis=1)
            return mean_interval(found[np.isfinite(found)])
        over = self._by_replicate(measure, other) - self._by_replicate(measure, base)
        return mean_interval(over[np.isfinite(over)])

    def in_states(self, measure: str, base: Option, other: Option) -> Values:
        """Other − base by state and replicate."""
        return np.asarray(self.values[measure][other.first] - self.values[measure][base.first])

    def state_words(self, state: int) -> str:
        """The factors of a state of the world."""
        return ", ".join(lever_words(str(key), self.worlds[key].iloc[state]) for key in self.worlds)

    def ranked(self, measure: str) -> list[Option]:
        """Best first; of a measure that is neither good nor bad, the lowest."""
        sign = -(BY_NAME[measure].better or -1)
        return sorted(self.each, key=lambda option: sign * self.mean(measure, option))

    def leading(self, measure: str) -> list[Option]:
        """The best option, and those of which luck leaves open whether they are worse."""
        first, *others = self.ranked(measure)
        return [first, *(other for other in others if not self.difference(measure, first, other).clear)]

    def name_of(self, some: Sequence[Option]) -> str:
        """One name for a few options; of many the first, and how many others there are."""
        if len(some) > _MOST_NAMED:
            return f"{some[0].name} and {len(some) - 1} others within luck"
        return name_of(self.table.iloc[sorted(k for option in some for k in option.members)])

    def _by_replicate(self, measure: str, option: Option) -> Values:
        """Means over the states; a replicate that some state lacks has those of the others."""
        return mean_over(self.values[measure][option.first], axis=0)


def options_of(swept: Swept, results: Results) -> Options | None:
    """The options of a sweep; None if there are too many or one alone."""
    decided = len(swept.levers.columns) > 0
    table = swept.levers if decided else swept.states
    if not 1 < len(table) <= MOST:
        return None
    values = {m: each if decided else np.swapaxes(each, 0, 1) for m, each in swept.values.items()}
    groups = _same(swept, results, values, decided)
    each = tuple(Option(name_of(table.iloc[members]), tuple(members)) for members in groups)
    return Options(
        table, swept.states if decided else swept.levers, each, values, decided, swept.own_streams and decided
    )


# --- the same in every run ---------------------------------------------------------------------------------
def _same(swept: Swept, results: Results, values: dict[str, Values], decided: bool) -> list[list[int]]:
    """The options in groups that have the same measures in every run."""
    groups = _parted([list(range(len(next(iter(values.values())))))], values.values())
    known, keys = set(swept.values), [factor.key for factor in swept.factors]
    measures = [column for column in results.columns("runs") if _tells(column, keys)]
    left = [column for column in measures if MEASURE_COLUMNS[column] not in known]
    for first in range(0, len(left), _TOGETHER):
        if all(len(group) == 1 for group in groups):
            break
        groups = _parted(groups, _tables(swept, results, left[first : first + _TOGETHER], decided))
    return sorted(groups)


def _tells(column: str, keys: Sequence[str]) -> bool:
    """Whether a column is a measure that does not just say again what was swept (`batteries_mean` of `batteries`)."""
    return column in MEASURE_COLUMNS and not any(column.startswith(f"{key}_") for key in keys)


def _tables(swept: Swept, results: Results, columns: Sequence[str], decided: bool) -> Iterator[Values]:
    """Further measures, of the runs whose pairs are whole."""
    runs, shape = results.table("runs", columns=columns), next(iter(swept.values.values())).shape
    there = np.any([np.isfinite(each) for each in swept.values.values()], axis=0)
    for column in columns:
        table = np.full(shape, np.nan)
        table[swept.place] = runs[column]
        table[~there] = np.nan
        yield table if decided else np.swapaxes(table, 0, 1)


def _parted(groups: list[list[int]], tables: Any) -> list[list[int]]:
    """Groups whose members have the same numbers in every table."""
    for table in tables:
        parts: dict[tuple[int, bytes], list[int]] = {}
        for n, group in enumerate(groups):
            for k in group:
                parts.setdefault((n, (table[k] + 0.0).tobytes()), []).append(k)
        groups = list(parts.values())
    return groups


# --- why they are the same ----------------------------------------------------------------------------------
def idle_sites(table: pd.DataFrame, option: Option, manifest: Mapping[str, Any]) -> list[str]:
    """The sites at which alone the members differ, if these differ in batteries, and no cell can fire at any of them.

    By their titles on maps. Empty if that is not so, or not known.
    """
    rows = table.iloc[list(option.members)]
    if [key for key in rows if rows[key].nunique() > 1] != ["batteries"]:
        return []
    found: set[str] = set()
    for label, posture in _played(rows, manifest.get("postures", {})).items():
        differ = _differ(posture, manifest, [int(total) for total in rows["batteries"]])
        if not differ <= set(manifest.get("out_of_reach", {}).get(label, ())):
            return []
        theatre = _theatre(posture, manifest)
        found |= {str(site.get("title", site["name"])) for site in theatre if site["name"] in differ}
    return sorted(found)


def _played(rows: pd.DataFrame, postures: Mapping[str, Any]) -> Mapping[str, Any]:
    """The scenarios of the manifest that an option is about: all, unless it names its policy."""
    shown = with_policies(rows)
    named = {str(value) for key in (POLICY, "posture") if key in shown for value in shown[key]}
    return {label: each for label, each in postures.items() if label in named} or postures


def _differ(posture: Mapping[str, Any], manifest: Mapping[str, Any], totals: Sequence[int]) -> set[str]:
    """The sites that do not have the same number of batteries under each total."""
    values = {site["name"]: site["symbolic_value"] for site in _theatre(posture, manifest)}
    names = [site["name"] for site in posture["sites"]]
    if not set(names) <= set(values):
        return set(names)
    placed = [place(names, total, values) for total in totals]
    return {name for name, *each in zip(names, *placed, strict=True) if len(set(each)) > 1}


def _theatre(posture: Mapping[str, Any], manifest: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The sites of the theatre that a posture stands on."""
    sites: Sequence[Mapping[str, Any]] = manifest.get("theatres", {}).get(posture["theatre"], {}).get("sites", ())
    return sites


def same_words(options: Options, option: Option, manifest: Mapping[str, Any]) -> str:
    """`4 and 6 batteries are the same in every run: those beyond 4 stand at …`; why only if it can be derived."""
    sites, names = idle_sites(options.table, option, manifest), option.name.replace(" or ", " and ")
    fewest = options.table["batteries"].iloc[list(option.members)].min() if sites else 0
    why = f": those beyond {number(fewest)} stand at {listed(sites)}, out of every cell's reach."
    return f"{names} are the same in every run{why if sites else ' and measure.'}"
