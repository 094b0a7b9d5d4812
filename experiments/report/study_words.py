"""What the sections of the studies share: their tables and sizes, intervals in words, caveats, how to make it again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pandas as pd

from experiments.analysis import intervals
from experiments.analysis.results import Results
from experiments.report.page.document import loaded
from experiments.report.page.overview import command
from experiments.report.study_figures import QUICK_CAVEAT, is_quick
from sim.numbers import amount, counted, fixed, percent, signed
from sim.statistics import Interval

MADE_BY = "# made by:"


def tables_of(results: Results, names: Iterable[str]) -> dict[str, pd.DataFrame]:
    """Those of some tables that the folder holds, without empty ones."""
    found = {name: results.table(name) for name in names if name in results}
    return {name: frame for name, frame in found.items() if len(frame)}


def study_of(results: Results, name: str) -> Mapping[str, Any]:
    """The manifest's entry of a study; empty if the manifest is of another one, or there is none."""
    study: Mapping[str, Any] = results.manifest.get("study", {})
    return study if study.get("name") == name else {}


# --- words -----------------------------------------------------------------------------------------------
def share_interval(share: float, n: int) -> Interval:
    """A share of n cases with its exact 95% interval."""
    bounds = intervals.share(round(share * n), n)
    return Interval(share, bounds.low, bounds.high)


def share_words(interval: Interval) -> str:
    """`3.2% (95% interval 2% to 5%)`."""
    return f"{percent(interval.mean)} (95% interval {percent(interval.low)} to {percent(interval.high)})"


def change_words(interval: Interval, unit: str = "") -> str:
    """`+9.8 rounds (+9.5 to +10.1)`."""
    plus = "" if interval.mean < 0 else "+"
    return f"{plus}{amount(interval.mean, unit)} ({signed(interval.low)} to {signed(interval.high)})"


def half_width_words(value: float, half: float) -> str:
    """`0.60 ± 0.09`."""
    return f"{fixed(value, 2)} ± {fixed(half, 2)}"


def unit_of(frame: pd.DataFrame, measure: str) -> str:
    """The unit of a measure, as the table gives it."""
    return str(frame.loc[frame["measure"] == measure, "unit"].iloc[0])


# --- what it rests on ------------------------------------------------------------------------------------
def caveats(study: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    """A quick setting, sizes that are not known, failed runs and what was left out because of them."""
    if any(map(is_quick, tables.values())):
        yield QUICK_CAVEAT
    if not study:
        yield "The folder has no manifest of this study: sizes that the tables do not hold are not stated."
    failed = sum(int(stage.get("failed", 0)) for stage in study.get("stages", {}).values())
    if failed:
        yield f"{counted(failed, 'run')} failed. If failures depend on the parameters, what is left is no fair sample."
    lost = {stage: n for stage, n in study.get("left_out", {}).items() if n}
    if lost:
        yield "Left out because a run failed: " + ", ".join(f"{n} of {stage}" for stage, n in lost.items()) + "."


def reproduce(results: Results, manifest: Mapping[str, Any], tables: Iterable[str]) -> list[str]:
    """The command that made some tables, if their manifest ({}: none) or a first line tells; then how to read them."""
    names = list(tables)
    made = command(manifest) or made_by(results, names[0])
    return [*([made] if made else []), *(line(results, name) for name in names)]


def made_by(results: Results, table: str) -> str:
    """The command in the first line of a reference table; empty if there is none."""
    with results.files[table].open(encoding="utf-8") as file:
        first = file.readline().strip()
    return first.removeprefix(MADE_BY).strip() if first.startswith(MADE_BY) else ""


def line(results: Results, table: str, query: str = "") -> str:
    """The line of Python that gives a table, or some of its rows."""
    rows = f'.query("{query}")' if query else ""
    return f"{loaded(results.folder)}.table({table!r}){rows}"
