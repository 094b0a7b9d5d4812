"""Every file of the data dictionary as a schema, made of the columns that its writer uses.

A file that is added to one of the writers' lists is known here at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.files.columns import (
    COMPARISON_FIELDS,
    DAILY_FIELDS,
    DAY_FIELDS,
    DISPLACEMENT_FIELDS,
    EFFECT_FIELDS,
    POSTURE,
    RUN_FIELDS,
    RUN_KEYS,
    SITE_FIELDS,
    SITE_FIRE_FIELDS,
    SQUARE_FIELDS,
    WEEKLY_FIELDS,
    WHAT_IF_DAY_FIELDS,
    WHAT_IF_FIELDS,
    Field,
    column_name,
)
from experiments.files.events import EVENT_FIELDS
from experiments.files.states import STATE
from experiments.runs.points import NAMES, measure_fields
from experiments.runs.tables import POINT, REPLAY, STAGE
from experiments.studies import catalogue
from experiments.studies.ensemble import FORM as ENSEMBLE
from experiments.studies.forms import SETTING
from sim.errors import ConfigError
from sim.measures import BY_NAME, TALLY
from sim.parameter_schema import ParameterSection
from sim.parameters import Parameters

UNKNOWN = "unknown"
"""The unit of a number that the data dictionary doesn't have."""
MEASURE_COLUMNS: Mapping[str, str] = {
    field.name: measure for field, measure in zip(RUN_FIELDS[len(RUN_KEYS) :], BY_NAME, strict=True)
}
"""Column of `runs.csv` → name of its measure (`cargo_sent_t` → `cargo_sent`)."""
COLUMN_OF: Mapping[str, str] = {measure: column for column, measure in MEASURE_COLUMNS.items()}
_LEVELS = frozenset(column_name(column.name, column.unit) for column in TALLY if column.level and column.unit == "1")
COUNTS = frozenset(
    field.name
    for field in (*DAY_FIELDS, *RUN_FIELDS)
    if field.unit and not any(field.name.startswith(level) for level in _LEVELS)
)
"""Columns of runs and days that are never below 0; levels without a unit may have a scale of their own."""
WHOLE = frozenset(
    ("replicate", "point", "state", "day", "week", "event", "hour", "square", "pairs", "n", "states", "draws", "draw")
)
_FEW = frozenset({"posture", "responses", "status", "site"})
_BIG = ("runs", "daily", "events", "site_fire")
_TOTALS: Mapping[str, str] = {"people": "person", "batteries": "battery", "days": "day", "window_day": "day"}
_WORDS = frozenset({"calendar", "start"})


@dataclass(frozen=True)
class Schema:
    """A table: its columns by name, which of them must be there, and whether parameters may be columns too."""

    name: str
    fields: Mapping[str, Field]
    required: frozenset[str]
    swept: bool = False

    def unit(self, column: str) -> str:
        """The unit of a column; empty for text."""
        if column in self.fields:
            return self.fields[column].unit
        return unit_of_key(column) if is_swept(column) else UNKNOWN

    def kind(self, column: str) -> str:
        """How a column is read: few (words that come again and again), text, whole, seed, number, or guess."""
        if column not in self.fields:
            return _kind_of_key(column)
        if column in _FEW and self.name in _BIG:
            return "few"
        if column in ("seed", *WHOLE):
            return "seed" if column == "seed" else "whole"
        return "number" if self.fields[column].unit else "text"


def _schema(name: str, fields: Iterable[Field], optional: Sequence[Field] = ()) -> Schema:
    """A table of which every column must be there but the setting and those named `optional`."""
    known = {field.name: field for field in (*optional, *fields)}
    return Schema(name, known, frozenset(known) - {SETTING.name} - {field.name for field in optional})


@cache
def schemas() -> Mapping[str, Schema]:
    """Table → schema. Of `runs` only the posture is needed; headers.py says what else."""
    replicate = Field("replicate", "1", "number of the replicate, from 0")
    runs = {field.name: field for field in (POINT, STATE, *RUN_FIELDS, STAGE, REPLAY)}
    points = {field.name: field for field in (POINT, *RUN_KEYS[:2], *measure_fields(NAMES))}
    ensemble = _schema("ensemble", ENSEMBLE.fields[:2])
    known = [
        Schema("runs", runs, frozenset({POSTURE.name}), swept=True),
        Schema("points", points, frozenset(), swept=True),  # with those measures that were asked for
        _schema("daily", DAILY_FIELDS, (POINT, replicate)),
        _schema("events", EVENT_FIELDS, (POINT, replicate)),
        _schema("comparison", COMPARISON_FIELDS),
        _schema("effects", EFFECT_FIELDS),
        replace(_schema("states", (STATE,)), swept=True),
        _schema("displacement", DISPLACEMENT_FIELDS),
        _schema("weekly", WEEKLY_FIELDS),
        _schema("squares", SQUARE_FIELDS),
        _schema("sites", SITE_FIELDS),
        _schema("site_fire", (POINT, *SITE_FIRE_FIELDS)),
        _schema("what_if", WHAT_IF_FIELDS),
        _schema("what_if_days", WHAT_IF_DAY_FIELDS),
        *(_schema(Path(file).stem, fields) for file, _, fields in catalogue.files()),
        replace(ensemble, swept=True),
    ]
    return {schema.name: schema for schema in known}


def table_name(stem: str) -> str | None:
    """What a file holds, by its name without .csv; None if the data dictionary knows none of that name.

    Reference tables carry the name of their study before their own: `sensitivity_tornado.csv` is `tornado`.
    """
    if re.fullmatch(r"ensemble_\w+", stem) or stem in schemas():
        return stem if stem != "ensemble" else None
    study, _, rest = stem.partition("_")
    return rest if study in catalogue.commands() and rest in schemas() else None


def schema_of(table: str) -> Schema:
    """The schema of a table; every ensemble has the same."""
    return schemas()["ensemble" if table.startswith("ensemble_") else table]


def tables_in(folder: Path) -> dict[str, Path]:
    """The tables of a folder; files of other names are no affair of ours."""
    found: dict[str, Path] = {}
    for path in sorted(folder.glob("*.csv")):
        name = table_name(path.stem)
        if name in found:
            raise ConfigError(path, "table", name, f"there must be one file that holds it; {found[name].name} does too")
        if name:
            found[name] = path
    return found


def measure_columns(runs: pd.DataFrame, measures: Sequence[str] | None = None) -> list[str]:
    """The columns of measures, given by name or column; all that are there if none is given."""
    if measures is None:
        return [column for column in runs.columns if column in MEASURE_COLUMNS]
    columns = [COLUMN_OF.get(measure, measure) for measure in measures]
    for column in columns:
        if column not in runs or column not in MEASURE_COLUMNS:
            raise ConfigError(runs.attrs.get("file"), "measure", column, "it must be a measure that the runs have")
    return columns


def number_of(runs: Any) -> str:
    """The column that tells the runs of a scenario apart: the replicate, or the seed if some run has no replicate."""
    return "replicate" if "replicate" in runs and runs["replicate"].notna().all() else "seed"


# --- swept parameters ------------------------------------------------------------------------------------
def is_swept(column: str) -> bool:
    """Whether a column that the data dictionary doesn't have is a key of a design: `harm.p_wound`, `batteries`."""
    return "." in column or column in _TOTALS or column in _WORDS


def swept_in(columns: Iterable[str]) -> list[str]:
    """The keys of a design among the columns of a table of runs."""
    return [column for column in columns if is_swept(column)]


def unit_of_key(key: str) -> str:
    """The unit of a swept key; empty for words."""
    if key in _TOTALS or key in _WORDS:
        return _TOTALS.get(key, "")
    parameter = next(_parameter(key), None)
    if parameter is None:
        return UNKNOWN
    return parameter[1] if parameter[0] in (int, float) else ""


def _kind_of_key(key: str) -> str:
    parameter = next(_parameter(key), None)
    if key in _TOTALS or (parameter and parameter[0] in (int, float)):
        return "number"
    return "few" if parameter or key in _WORDS else "guess"


def _parameter(key: str) -> Iterator[tuple[type, str]]:
    """Type and unit of a parameter; nothing if there is none of that key."""
    section, _, name = key.partition(".")
    if section in Parameters.model_fields:
        model: type[ParameterSection] = Parameters.model_fields[section].annotation  # type: ignore[assignment]
        if name in model.model_fields:
            field = model.model_fields[name]
            yield field.annotation, str(field.json_schema_extra["unit"])  # type: ignore
