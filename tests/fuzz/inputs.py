"""Made-up inputs: files that come with the program, edited by what their schemas allow and what they don't.

A case is the kind of a file and its text. What is drawn is small: one to three edits, so that many are accepted.
"""

from __future__ import annotations

import copy
import json
import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from experiments.runs.design import Design
from experiments.studies.priors import Priors
from experiments.studies.settings import DecideSizes
from experiments.studies.structures.rivals import Rivals
from experiments.studies.targets import Targets
from sim.calendars import Calendar
from sim.config_files import configs_folder
from sim.responses import Response
from sim.scenario import Posture
from sim.theatre_config import TheatreConfig

FILES: Mapping[str, tuple[str, ...]] = {
    "postures": ("six", "drawdown_2020", "plain_three"),
    "responses": ("surge", "zone_clearance", "key_takedown", "airport_closure_on_warning"),
    "calendars": ("2020",),
    "theatres": ("plain",),
    "experiments": ("fourteen_vs_six", "surge"),
    "priors": ("2020",),
    "structures": ("2020",),
    "targets": ("2020",),
    "studies": ("decide",),
}
"""Kind → files that are edited."""
MODELS: Mapping[str, type[BaseModel]] = {
    "postures": Posture,
    "responses": Response,
    "calendars": Calendar,
    "theatres": TheatreConfig,
    "experiments": Design,
    "priors": Priors,
    "structures": Rivals,
    "targets": Targets,
    "studies": DecideSizes,
}
TABLES = ("points", "ensembles")
"""Kinds that are CSV."""
TEXTS: tuple[str, ...] = (
    *("", " ", "six", "six+surge", "../../x", "a\nb", "a\x1b[31mb", "\u202eabc", "a,b", 'a"b', "=HYPERLINK(1)", "@x"),
    *("-1", "+1", "NA", "None", "nan", "null", "none", "x" * 61, "x" * 6000, "a+b=0.5@3", "1_0", "٣", "é", "前哨"),
    *("/dev/zero", "x.toml", "international_zone", "strongest", "2020-01-01", "\x00", "\ufeff", "a\tb", "a b"),
)
NUMBERS: tuple[Any, ...] = (
    *(0, 1, -1, 2, 91, 3660, 3661, 10**6, 10**9, 2**63 - 1, 2**64, 10**30, -(10**30), 0.0, -0.0, 0.5, 1.0, 1e-300),
    *(1e300, math.inf, -math.inf, math.nan),
)
OTHERS: tuple[Any, ...] = (
    *(True, False, [], {}, [[]], [1, 2], ["a"], {"a": 1}, date(1, 1, 1), date(9999, 12, 31), date(2020, 2, 29)),
)
ANY = st.sampled_from([*TEXTS, *NUMBERS, *OTHERS])


@dataclass(frozen=True)
class Case:
    """A kind, the name of a file, and the text of it."""

    kind: str
    text: str

    @property
    def file(self) -> str:
        """What it is to be called."""
        return f"{self.kind}.{'csv' if self.kind in TABLES else 'toml'}"


# --- trees ---------------------------------------------------------------------------------------------------------
@cache
def _read(kind: str, name: str) -> str:
    return (configs_folder() / kind / f"{name}.toml").read_text(encoding="utf-8")


def _places(tree: Any, model: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """(path, field of the schema or None) of every value, and of every key of the schema that is not there."""
    if isinstance(tree, dict):
        fields = _fields(model, tree)
        for key in dict.fromkeys([*tree, *fields]):
            field = fields.get(key)
            yield (*path, key), field
            inner = field.annotation if isinstance(field, FieldInfo) else None
            yield from _places(tree.get(key), inner, (*path, key))
    elif isinstance(tree, list):
        for n, each in enumerate(tree):
            yield (*path, n), None
            yield from _places(each, model, (*path, n))


def _fields(model: Any, tree: Mapping[str, Any]) -> dict[str, FieldInfo]:
    """The fields of the model in an annotation; in a choice by `do` those of the one that is meant."""
    models = list(_models(model))
    tagged = [
        m for m in models if "do" in m.model_fields and tree.get("do") in get_args(m.model_fields["do"].annotation)
    ]
    chosen = (tagged or models)[:1]
    return {field.alias or name: field for m in chosen for name, field in m.model_fields.items()}


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _values(field: FieldInfo | None) -> st.SearchStrategy[Any]:
    """Values of a field: within its bounds and just beyond, its words, names; and anything."""
    if field is None:
        return ANY
    return st.one_of(_within(field.annotation, field.metadata), ANY)


def _within(annotation: Any, metadata: list[Any]) -> st.SearchStrategy[Any]:
    low = next((m.ge for m in metadata if hasattr(m, "ge")), -2)
    high = next((m.le for m in metadata if hasattr(m, "le")), 400)
    origin = get_origin(annotation)
    if origin is Literal:
        return st.sampled_from(get_args(annotation))
    if origin is Union or "UnionType" in type(annotation).__name__:
        return st.one_of(*(_within(inner, metadata) for inner in get_args(annotation) if inner is not type(None)))
    if annotation is bool:
        return st.booleans()
    if annotation is int:
        return st.one_of(
            st.integers(int(low), int(high)), st.sampled_from([int(low), int(high), int(low) - 1, int(high) + 1])
        )
    if annotation is float:
        return st.one_of(st.floats(low, high), st.sampled_from([low, high, low - 1e-9, high + 1]))
    if annotation is date:
        return st.integers(-400, 800).map(lambda days: date(2020, 1, 1) + timedelta(days=days))
    if annotation is str:
        return st.one_of(st.sampled_from(TEXTS), st.text("abcXYZ0189_-é", min_size=1, max_size=8))
    return ANY


def _put(tree: Any, path: tuple[Any, ...], value: Any) -> None:
    """Set, or for `_GONE` remove, what stands at a path; nothing where there is no such place any more."""
    *above, last = path
    for part in above:
        try:
            tree = tree[part]
        except (KeyError, IndexError, TypeError):
            return
    if value is _GONE:
        if (isinstance(tree, dict) and last in tree) or (isinstance(tree, list) and last < len(tree)):
            del tree[last]
    elif isinstance(tree, dict) or (isinstance(tree, list) and last < len(tree)):
        tree[last] = value


_GONE = object()


def toml(tree: Mapping[str, Any]) -> str:
    """A tree as TOML, its tables inline."""
    return "".join(f"{_key(key)} = {_inline(value)}\n" for key, value in tree.items())


def _key(key: str) -> str:
    return key if key.isascii() and key.replace("_", "a").replace("-", "a").isalnum() else quoted(key)


def quoted(text: str) -> str:
    """A text as TOML has it."""
    inner = json.dumps(text, ensure_ascii=False)[1:-1]
    return '"' + "".join(each if each.isprintable() else f"\\U{ord(each):08x}" for each in inner) + '"'


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)} = {_inline(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date) else str(value)


# --- cases -----------------------------------------------------------------------------------------------------------
@st.composite
def cases(draw: st.DrawFn, kinds: tuple[str, ...] = (*FILES, *TABLES)) -> Case:
    """A case of any kind."""
    kind = draw(st.sampled_from(kinds))
    text = draw(_tables(kind)) if kind in TABLES else draw(_trees(kind))
    if draw(st.integers(0, 9)) == 0:
        text = draw(_spoilt(text))
    return Case(kind, text)


@st.composite
def _trees(draw: st.DrawFn, kind: str) -> str:
    tree = tomllib.loads(_read(kind, draw(st.sampled_from(FILES[kind]))))
    for _ in range(draw(st.integers(0, 3))):
        places = list(_places(tree, MODELS[kind]))
        path, field = places[draw(st.integers(0, len(places) - 1))]
        how = draw(st.sampled_from(("value", "value", "value", "gone", "unknown", "twice")))
        if how == "unknown":
            path = (*path[:-1], draw(st.sampled_from(["namee", "sorce", "a b", "", "x\x1b", "=1", "days"])))
        value = _GONE if how == "gone" else draw(_values(field))
        above = tree
        for part in path[:-1]:
            above = above[part] if isinstance(above, (dict, list)) and _has(above, part) else {}
        if how == "twice" and isinstance(above, list) and path[-1] < len(above):
            above.append(copy.deepcopy(above[path[-1]]))
        elif not isinstance(above, list) or isinstance(path[-1], int):
            _put(tree, path, copy.deepcopy(value))  # a later change of it must not change the strategy
    return toml(tree)


def _has(tree: Any, part: Any) -> bool:
    return part in tree if isinstance(tree, dict) else isinstance(part, int) and part < len(tree)


@st.composite
def _tables(draw: st.DrawFn, kind: str) -> str:
    """A small CSV with cells that may be anything."""
    keys = ["defence.p_intercept", "operations.base_rate_per_day", "washington.ladder_memory_days", "days", "posture"]
    first = ["draw", "weight"] if kind == "ensembles" else []
    header = [*first, *draw(st.lists(st.sampled_from([*keys, "x", "", "=a"]), min_size=0, max_size=3))]
    cells = st.sampled_from(
        ["0", "1", "0.5", "0.75", "30", "1e-2", "1_0", "nan", "inf", "-1", "six", "=1", "", " 2 ", "٣", "x\x1b"]
    )
    rows = draw(st.lists(st.lists(cells, min_size=max(0, len(header) - 1), max_size=len(header) + 1), max_size=3))
    mark = draw(st.sampled_from([",", ",", ",", ";", "\t"]))
    return "\n".join(mark.join(row) for row in [header, *rows]) + "\n"


@st.composite
def _spoilt(draw: st.DrawFn, text: str) -> str:
    """A text that was cut, or has something in it that nobody typed."""
    at = draw(st.integers(0, max(len(text) - 1, 0)))
    if draw(st.booleans()):
        return text[:at]
    junk = draw(
        st.sampled_from(
            ['"', "[", "]", "{", "}", "=", "\x00", "\r", "\n", "[" * 200, "9" * 500, ".a" * 100, "\ufeff", "'''", "#"]
        )
    )
    return text[:at] + junk + text[at:]


WORDS = st.one_of(
    st.sampled_from(
        [*TEXTS, "surge=0.5@90", "surge@", "surge=", "surge=1_0", "surge@9:99", "days=1e9", "people=1e400"]
    ),
    st.text(max_size=30),
    st.builds(
        "{}={}".format,
        st.sampled_from(["days", "batteries", "defence.p_intercept", "start", "sites.embassy.people"]),
        st.sampled_from([*map(str, NUMBERS), *TEXTS]),
    ),
    st.builds(
        "{}={}:{}:{}".format,
        st.just("batteries"),
        *(st.sampled_from(["0", "1", "-1", "0.1", "1e9", "1e999999999", "nan", "x", ""]) for _ in range(3)),
    ),
)
"""Words of a command line: a response, KEY=VALUE, KEY=low:high:step, and anything."""
