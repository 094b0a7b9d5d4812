"""Config files and values changed on a command line: where they are, reading them, the one form of every refusal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

import sim
from sim.errors import ConfigError
from sim.input_files import MOST_BYTES, is_file, read_text, toml_of
from sim.suggestions import did_you_mean, nearest_first, one_of
from sim.texts import fault_of, texts_in

Model = TypeVar("Model", bound=BaseModel)


class StrictTable(BaseModel):
    """A table of a config file: unknown keys, wrong types and NaN are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


def configs_folder() -> Path:
    """The folder of the configs that come with the program."""
    inside = Path(sim.__file__).parent / "configs"
    return inside if inside.is_dir() else Path(sim.__file__).parent.parent / "configs"


def names(kind: str) -> list[str]:
    """Names of the configs of a kind (`postures`, `theatres`, …) that come with the program."""
    return sorted(path.stem for path in (configs_folder() / kind).glob("*.toml"))


def find(kind: str, name: str | Path) -> Path:
    """The file of a config: a path that ends in .toml, or the name of one that comes with the program."""
    if str(name).endswith(".toml") and is_file(name):
        return Path(name)
    known = names(kind)
    if name not in known:
        allowed = f"it must be a .toml file that exists, or {one_of(name, known, 'posture list')}"
        raise ConfigError(None, kind.removesuffix("s"), str(name), allowed)
    return configs_folder() / kind / f"{name}.toml"


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a TOML file of at most `MOST_BYTES`; a syntax error is a `ConfigError` with its line."""
    text = read_text(path, MOST_BYTES, "TOML")
    try:
        return toml_of(text)
    except ValueError as error:
        raise ConfigError(path, "file", path.name, f"it must be TOML: {error}") from error


def validate(model: type[Model], tree: Mapping[str, Any], file: str | Path) -> Model:
    """A validated model of a TOML tree; the first error as `ConfigError`."""
    _check_texts(tree, file)
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        raise _refusal(model, file, _first(error.errors(include_url=False))) from error


_SAYS = {"source": "it must say where it is from, or be left out for judgement", "title": "it must have a word"}


def _check_texts(tree: Mapping[str, Any], file: str | Path) -> None:
    """Refuse texts that would spoil a terminal or a table, and sources and titles that say nothing."""
    for key, text in texts_in(tree):
        fault = fault_of(text)
        if not fault and not text.strip():
            fault = _SAYS.get(key.rpartition(".")[2], "")
        if fault:
            raise ConfigError(file, key, text, fault)


def _first(found: Sequence[Any]) -> Any:
    """The error to be told. A key with a slip is also one that is missing in its table: the slip is told."""
    first, table = found[0], found[0]["loc"][:-1]
    slips = (each for each in found if each["type"] == "extra_forbidden" and each["loc"][:-1] == table)
    return next(slips, first) if first["type"] == "missing" else first


_PLAIN = ("int", "float", "str")


def _refusal(model: type[BaseModel], file: str | Path, error: Any) -> ConfigError:
    """The message of a pydantic error: where, what was given, what is allowed."""
    location = tuple(part for part in error["loc"] if part not in _PLAIN)  # of a choice of these
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".") or "content"
    if error["type"] == "extra_forbidden":
        return ConfigError(file, key, error["input"], unknown_key(location[-1], _known_keys(model, location[:-1])))
    if error["type"] == "missing":
        return ConfigError(file, key, None, "it has no default")
    return ConfigError(file, key, error["input"], _allowed(error, _bounds(model, location)))


def unknown_key(key: object, known: Sequence[str]) -> str:
    """What the message of a key that a table does not have says of it."""
    return f"this key is unknown. Known here: {nearest_first(key, known)}.{did_you_mean(key, known)}"


_IN_WORDS = {
    "a valid integer": "a whole number",
    "a valid number": "a number",
    "a valid string": "text in quotes",
    "a valid boolean": "true or false",
    "a valid tuple": "a list",
    "a valid list": "a list",
    "a valid date": "a date, such as 2020-01-03",
}


def _allowed(error: Any, bounds: str) -> str:
    """What pydantic says of a value, as the clause of a message."""
    message = error["msg"].removeprefix("Value error, ").replace("Input should be", "it must be")
    text = message[0].lower() + message[1:]
    for theirs, ours in _IN_WORDS.items():
        text = text.replace(theirs, ours)
    if bounds:
        return f"it must be {bounds}"
    names = str(error.get("ctx", {}).get("expected", "")).replace(" or ", ", ").replace("'", "").split(", ")
    return f"{text}{_slip(error['input'], names)}"


def _slip(given: object, words: Sequence[str]) -> str:
    question = did_you_mean(given, words) if isinstance(given, str) else ""
    return question and f".{question}"


def _field(model: Any, part: Any) -> Any:
    """A field of a table's model, by its name or its alias; None if there is none."""
    fields = getattr(model, "model_fields", {})
    return fields.get(part) or next((f for f in fields.values() if f.alias == part), None)


def _at(model: Any, location: tuple[Any, ...]) -> Any:
    """The model of the table at a location; an order's location has its `do` behind its number."""
    parts = [part for part in location if not isinstance(part, int)]
    while parts:
        field = _field(model, parts.pop(0))
        tag = parts[0] if parts else None
        model = _model_within(field.annotation, tag) if field is not None else None
        if "do" in getattr(model, "model_fields", {}):
            parts = parts[1:]  # the tag has been looked at
    return model


def _model_within(annotation: Any, tag: Any = None) -> Any:
    """The model class in an annotation such as `tuple[SitePlan, ...]`, or the annotation itself.

    In a choice of models told apart by `do`, the one with this tag.
    """
    inside = [m for m in _classes_in(annotation) if issubclass(m, BaseModel)]
    tagged = [m for m in inside if "do" in m.model_fields and tag in get_args(m.model_fields["do"].annotation)]
    return (tagged or inside or [annotation])[0]


def _classes_in(annotation: Any) -> Iterator[type]:
    """The classes in an annotation, however deep."""
    if isinstance(annotation, type):
        yield annotation
    for inner in get_args(annotation):
        yield from _classes_in(inner)


def _bounds(model: Any, location: tuple[Any, ...]) -> str:
    """The allowed range and the unit of a field, in words."""
    field = _field(_at(model, location[:-1]), location[-1]) if location else None
    if field is None:
        return ""
    low = next((m.ge for m in field.metadata if hasattr(m, "ge")), None)
    high = next((m.le for m in field.metadata if hasattr(m, "le")), None)
    if low is None:
        return ""
    unit = (field.json_schema_extra or {}).get("unit", "1")
    what = "a whole number" if field.annotation is int else "a number"
    return f"{what} from {low} {'on' if high is None else f'to {high}'}" + ("" if unit == "1" else f" {unit}")


def _known_keys(model: Any, location: tuple[Any, ...]) -> list[str]:
    """The keys that a table of the schema may have."""
    fields = getattr(_at(model, location), "model_fields", {})
    return [f.alias or name for name, f in fields.items()]


# --- values changed on a command line, as text: KEY=VALUE --------------------------------------------------------
def parse_changes(settings: Sequence[str], days: int | None, calendar: str | None = None) -> dict[str, Any]:
    """Dotted key → value of every `--set`, `--days` and `--calendar`; a key given twice is refused."""
    changes: dict[str, Any] = {} if days is None else {"days": days}
    if calendar is not None:  # a file is meant from where the user stands, not from the posture's folder
        changes["calendar"] = str(Path(calendar).absolute()) if calendar.endswith(".toml") else calendar
    for setting in settings:
        key, equals, value = setting.partition("=")
        key = key.strip()
        if not equals or not key:
            raise ConfigError(None, "--set", setting, "it must be KEY=VALUE, such as defence.p_intercept=0.8")
        if key in changes:
            raise ConfigError(None, "--set", setting, f"{key} may be given once")
        changes[key] = _value(setting, value.strip())
    return changes


def _value(setting: str, value: str) -> Any:
    try:
        parsed = toml_of(f"value = {value}")
    except ValueError:
        parsed = {}
    if set(parsed) != {"value"}:
        raise ConfigError(None, "--set", setting, "VALUE must be as in TOML: a number, a date, true, or text in quotes")
    return parsed["value"]
