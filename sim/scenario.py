"""Scenarios: TOML files, validated, composed (theatre + posture + changed parameters), never half right.

Every refusal is a `ConfigError` that names file, key, value and what is allowed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

import sim
from sim.errors import ConfigError
from sim.parameters import Parameters
from sim.theatre import Theatre, TheatreConfig, build_theatre

Model = TypeVar("Model", bound=BaseModel)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class SitePlan(_Strict):
    """One site that is held from the start."""

    name: str
    people: int = Field(ge=0, le=100_000, description="US people there at the start")
    batteries: int = Field(default=0, ge=0, le=20, description="C-RAM batteries there at the start")
    source: str = "judgement"


class Handover(_Strict):
    """A site is left on a day: a share of its people go home, the rest and all else go to `moves_to`."""

    day: date = Field(alias="date")
    site: str
    moves_to: str
    share_home: float = Field(default=0.0, ge=0, le=1, description="share of the people who leave the theatre")
    source: str = "judgement"


class Delivery(_Strict):
    """Batteries that arrive in the theatre on a day."""

    day: date = Field(alias="date")
    site: str
    batteries: int = Field(ge=1, le=20)
    source: str = "judgement"


class Departure(_Strict):
    """People who leave a site for home on a day."""

    day: date = Field(alias="date")
    site: str
    people: int = Field(ge=1, le=100_000)
    source: str = "judgement"


class Budget(_Strict):
    """What the plans of the sites must add up to: keeps equal-budget variants equal."""

    people: int = Field(ge=0)
    batteries: int = Field(ge=0)


class Posture(_Strict):
    """Where US forces stand, with how many people and batteries, and what changes on which day."""

    name: str
    title: str
    source: str
    theatre: str
    start: date = Field(default=date(2020, 1, 1), description="first day")
    days: int = Field(default=274, ge=1, le=3660, description="length of the run")
    quarter_ends_days: tuple[int, int, int] = Field(default=(91, 182, 274), strict=False)
    budget: Budget | None = None
    sites: tuple[SitePlan, ...] = Field(min_length=1, strict=False)
    handovers: tuple[Handover, ...] = Field(default=(), strict=False)
    deliveries: tuple[Delivery, ...] = Field(default=(), strict=False)
    departures: tuple[Departure, ...] = Field(default=(), strict=False)
    parameters: Parameters = Parameters()


@dataclass(frozen=True)
class Scenario:
    """A posture in its theatre with all parameters: what a run can't change."""

    posture: Posture
    theatre: Theatre
    file: str

    @property
    def name(self) -> str:
        """The posture's name."""
        return self.posture.name

    @property
    def days(self) -> int:
        """Length of the run in days."""
        return self.posture.days

    @property
    def parameters(self) -> Parameters:
        """All parameters, resolved."""
        return self.posture.parameters

    def with_changes(self, changes: Mapping[str, Any]) -> Scenario:
        """The same scenario with single values changed, validated again.

        Keys are dotted: `defence.p_intercept`, `days`, `sites.embassy.batteries`. A budget no longer binds when a
        site's people or batteries are changed on purpose.
        """
        if not changes:
            return self
        tree = self.posture.model_dump(by_alias=True)
        for key, value in changes.items():
            _set(tree, key, value)
        if any(key.startswith("sites.") for key in changes):
            tree["budget"] = None
        return compose(validate(Posture, tree, "changed parameters"), self.file, self.theatre)


def configs_folder() -> Path:
    """The folder of the configs that come with the program."""
    inside = Path(sim.__file__).parent / "configs"
    return inside if inside.is_dir() else Path(sim.__file__).parent.parent / "configs"


def names(kind: str) -> list[str]:
    """Names of the configs of a kind (`postures`, `theatres`, …) that come with the program."""
    return sorted(path.stem for path in (configs_folder() / kind).glob("*.toml"))


def find(kind: str, name: str | Path) -> Path:
    """The file of a config: a path that ends in .toml, or the name of one that comes with the program."""
    path = Path(name) if str(name).endswith(".toml") else configs_folder() / kind / f"{name}.toml"
    if not path.is_file():
        allowed = f"expected a .toml file that exists, or one of {', '.join(names(kind))}"
        raise ConfigError(None, kind.removesuffix("s"), str(name), allowed)
    return path


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a TOML file; a syntax error is a `ConfigError` with its line."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(path, "file", path.name, f"expected TOML, but: {error}") from error
    except OSError as error:
        raise ConfigError(path, "file", path.name, f"expected a readable file, but: {error.strerror}") from error


def load_scenario(name: str | Path, changes: Mapping[str, Any] | None = None) -> Scenario:
    """The scenario of a posture (its name, or the path of its TOML file), with single values changed."""
    path = find("postures", name)
    posture = validate(Posture, read_toml(path), path)
    theatre = load_theatre(_beside(path, "theatres", posture.theatre))
    return compose(posture, str(path), theatre).with_changes(changes or {})


@lru_cache(maxsize=8)
def _theatre_of(path: Path, _stamp: int) -> Theatre:
    return build_theatre(validate(TheatreConfig, read_toml(path), path), path)


def load_theatre(path: Path) -> Theatre:
    """The theatre of a TOML file; kept, as building its routes takes a while."""
    return _theatre_of(path, path.stat().st_mtime_ns)


def _beside(posture: Path, kind: str, name: str) -> Path:
    """A theatre named by a posture: a path relative to the posture's file, or a name."""
    try:
        return find(kind, posture.parent / name if name.endswith(".toml") else name)
    except ConfigError as error:
        raise ConfigError(posture, error.key, name, error.allowed) from error


def compose(posture: Posture, file: str, theatre: Theatre) -> Scenario:
    """Check a posture against its theatre and put the two together."""
    _check_sites(posture, file, theatre)
    _check_calendar(posture, file)
    _check_budget(posture, file)
    return Scenario(posture, theatre, file)


def _check_sites(posture: Posture, file: str, theatre: Theatre) -> None:
    known = [site.name for site in theatre.config.sites]
    used: set[str] = set()
    for i, plan in enumerate(posture.sites):
        if plan.name not in known:
            raise ConfigError(
                file, f"sites[{i}].name", plan.name, f"expected a site of the theatre: {', '.join(known)}"
            )
        if plan.name in used:
            raise ConfigError(file, f"sites[{i}].name", plan.name, "expected each site once")
        used.add(plan.name)
    for kind in ("handovers", "deliveries", "departures"):
        for i, order in enumerate(getattr(posture, kind)):
            for field in ("site", "moves_to"):
                name = getattr(order, field, None)
                if name is not None and name not in used:
                    allowed = f"expected a site that the posture holds: {', '.join(sorted(used))}"
                    raise ConfigError(file, f"{kind}[{i}].{field}", name, allowed)


def _check_calendar(posture: Posture, file: str) -> None:
    """Handovers must leave somewhere to go: a site is left once, and never moves to one already left."""
    left: dict[str, date] = {}
    for i, order in sorted(enumerate(posture.handovers), key=lambda pair: pair[1].day):
        if order.site in left or order.moves_to == order.site:
            raise ConfigError(
                file, f"handovers[{i}].site", order.site, "expected each site to be left once, for another"
            )
        left[order.site] = order.day
        if order.moves_to in left:
            raise ConfigError(
                file, f"handovers[{i}].moves_to", order.moves_to, "expected a site that is still held then"
            )
    for kind in ("handovers", "deliveries", "departures"):
        for i, event in enumerate(getattr(posture, kind)):
            if event.day < posture.start:
                raise ConfigError(file, f"{kind}[{i}].date", str(event.day), f"expected {posture.start} or later")
            if kind != "handovers" and event.site in left and event.day >= left[event.site]:
                raise ConfigError(file, f"{kind}[{i}].site", event.site, "expected a site that is still held then")
    ends = posture.quarter_ends_days
    if not 0 < ends[0] < ends[1] < ends[2]:
        raise ConfigError(file, "quarter_ends_days", list(ends), "expected three rising day numbers above 0")


def _check_budget(posture: Posture, file: str) -> None:
    if posture.budget is None:
        return
    for what in ("people", "batteries"):
        total = sum(getattr(plan, what) for plan in posture.sites)
        wanted = getattr(posture.budget, what)
        if total != wanted:
            raise ConfigError(file, f"budget.{what}", wanted, f"expected the sum over the sites, which is {total}")


def validate(model: type[Model], tree: Mapping[str, Any], file: str | Path) -> Model:
    """A validated model of a TOML tree; the first error as `ConfigError`."""
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise _refusal(model, file, first) from error


def _refusal(model: type[BaseModel], file: str | Path, error: Any) -> ConfigError:
    """The message of a pydantic error: where, what was given, what is allowed."""
    location = error["loc"]
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")
    if error["type"] == "extra_forbidden":
        return ConfigError(file, key, error["input"], f"unknown key; known here: {_known_keys(model, location[:-1])}")
    if error["type"] == "missing":
        return ConfigError(file, key, None, "this key is missing and has no default")
    bounds = _bounds(model, location)
    message = error["msg"].removeprefix("Value error, ")
    text = message[0].lower() + message[1:]
    return ConfigError(file, key, error["input"], f"{text}{f' ({bounds})' if bounds else ''}")


def _field(model: Any, location: tuple[Any, ...]) -> Any:
    """The schema's field at a location, or None."""
    location = tuple(part for part in location if not isinstance(part, int))
    for i, part in enumerate(location):
        fields = getattr(model, "model_fields", {})
        field = fields.get(part) or next((f for f in fields.values() if f.alias == part), None)
        if field is None or i == len(location) - 1:
            return field
        model = _model_within(field.annotation)
    return None


def _model_within(annotation: Any) -> Any:
    """The model class in an annotation such as `tuple[SitePlan, ...]`, or the annotation itself."""
    inside = [a for a in getattr(annotation, "__args__", ()) if isinstance(a, type) and issubclass(a, BaseModel)]
    return inside[0] if inside else annotation


def _bounds(model: Any, location: tuple[Any, ...]) -> str:
    """The allowed range and the unit of a field, in words."""
    field = _field(model, location)
    if field is None:
        return ""
    low = next((m.ge for m in field.metadata if hasattr(m, "ge")), None)
    high = next((m.le for m in field.metadata if hasattr(m, "le")), None)
    if low is None or high is None:
        return ""
    unit = (field.json_schema_extra or {}).get("unit", "1")
    return f"allowed: {low} to {high}" + ("" if unit == "1" else f" {unit}")


def _known_keys(model: Any, location: tuple[Any, ...]) -> str:
    """The keys that a table of the schema may have."""
    field = _field(model, location) if location else None
    table = _model_within(field.annotation) if field is not None else model
    fields = getattr(table, "model_fields", {})
    return ", ".join(f.alias or name for name, f in fields.items())


def _set(tree: dict[str, Any], key: str, value: Any) -> None:
    """Put a value at a dotted key of a posture's tree."""
    table, name = _table_of(tree, key)
    if table is None or name not in table:
        sections = ", ".join(Parameters.model_fields)
        known = f"known there: {', '.join(table)}" if table else f"sections: {sections}"
        allowed = f"expected {', '.join(_TOP_KEYS)}, sites.NAME.people, sites.NAME.batteries or SECTION.KEY ({known})"
        raise ConfigError("changed parameters", key, value, allowed)
    table[name] = value


_TOP_KEYS = ("days", "start", "quarter_ends_days")


def _table_of(tree: dict[str, Any], key: str) -> tuple[dict[str, Any] | None, str]:
    """The table that holds a dotted key, and the key's last part."""
    head, *rest = key.split(".")
    if head == "sites" and len(rest) == 2:
        return next((site for site in tree["sites"] if site["name"] == rest[0]), None), rest[1]
    if head in tree["parameters"] and len(rest) == 1:
        return tree["parameters"][head], rest[0]
    return (tree, head) if not rest and head in _TOP_KEYS else (None, key)


__all__ = ["Posture", "Scenario", "load_scenario", "names"]
