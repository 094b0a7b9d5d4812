"""What a page opens with: posture, responses, seed, hour; and the same as the query string of a link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sim.errors import ConfigError
from sim.scenario import Scenario, load_scenario, names, parse_use
from sim.settings import parse_changes

MAX_SEED = 2**64 - 1
MAX_HOUR = 24 * 3660
_KEYS = ("posture", "twin", "response", "seed", "hour", "days", "calendar", "set")


@dataclass(frozen=True)
class Opening:
    """A run to look at. `responses` are labels (`surge=0.5@90`), `settings` texts (`defence.p_intercept=0.9`)."""

    posture: str = "six"
    twin: str = ""
    responses: tuple[str, ...] = ()
    seed: int = 1
    hour: int = 0
    days: int | None = None
    calendar: str = ""
    settings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shelf:
    """What a page may open by name beyond what comes with the program: given on the command line, never in a link."""

    postures: Mapping[str, Scenario] = field(default_factory=dict)
    responses: Mapping[str, str] = field(default_factory=dict)  # name -> file
    calendars: Mapping[str, str] = field(default_factory=dict)

    def names(self, kind: str) -> list[str]:
        """All names of a kind (`postures`, `responses`, `calendars`), those of the command line first."""
        own = list(getattr(self, kind))
        return [*own, *(name for name in names(kind) if name not in own)]


def scenarios(opening: Opening, shelf: Shelf) -> list[Scenario]:
    """The scenario that is watched, and that of its twin if there is one."""
    wanted = [opening.posture, *([opening.twin] if opening.twin else [])]
    return [_scenario(name, opening, shelf) for name in wanted]


def _scenario(name: str, opening: Opening, shelf: Shelf) -> Scenario:
    _check_name("posture", name, shelf.names("postures"))
    base = shelf.postures[name] if name in shelf.postures else load_scenario(name)
    changes = parse_changes(opening.settings, opening.days, opening.calendar or None)
    if changes.get("calendar"):
        _check_name("calendar", str(changes["calendar"]), shelf.names("calendars"))
        changes["calendar"] = shelf.calendars.get(changes["calendar"], changes["calendar"])
    return base.with_responses([_use(text, shelf) for text in opening.responses]).with_changes(changes)


def _use(text: str, shelf: Shelf) -> Any:
    """A response in a link is one by name: a page reads no file that a link names."""
    use = parse_use(text)
    name = next((name for name, file in shelf.responses.items() if file == use.name), use.name)
    _check_name("response", name, shelf.names("responses"))
    return use.model_copy(update={"name": shelf.responses.get(name, name)})


def _check_name(kind: str, name: str, known: list[str]) -> None:
    if name not in known:
        raise ConfigError(None, kind, name, f"expected one of {', '.join(known)}")


# --- links -----------------------------------------------------------------------------------------------------
def to_query(opening: Opening) -> str:
    """The query string that opens the same: `posture=six&seed=7&hour=600`."""
    pairs: list[tuple[str, str]] = [("posture", opening.posture)]
    pairs += [("twin", opening.twin)] if opening.twin else []
    pairs += [("response", text) for text in opening.responses]
    pairs += [("seed", str(opening.seed)), ("hour", str(opening.hour))]
    pairs += [("days", str(opening.days))] if opening.days is not None else []
    pairs += [("calendar", opening.calendar)] if opening.calendar else []
    pairs += [("set", text) for text in opening.settings]
    return urlencode(pairs)


def from_query(query: str, default: Opening, shelf: Shelf) -> Opening:
    """The opening of a link; what it leaves out is as in `default`. A bad link is a `ConfigError`."""
    given: dict[str, list[str]] = {}
    for key, value in parse_qsl(query.removeprefix("?"), keep_blank_values=True):
        if key not in _KEYS:
            raise ConfigError("link", key, value, f"unknown key; known here: {', '.join(_KEYS)}")
        given.setdefault(key, []).append(value)
    for key, values in given.items():
        if len(values) > 1 and key not in ("response", "set"):
            raise ConfigError("link", key, values, "expected once")
    if not given:
        return default
    if "posture" in given or "twin" in given:  # another run: the orders and settings of the first are not meant
        default = Opening(posture=default.posture, seed=default.seed)
    opening = replace(default, **_values(given))
    scenarios(opening, shelf)
    return opening


def _values(given: Mapping[str, list[str]]) -> dict[str, Any]:
    values: dict[str, Any] = {key: given[key][0] for key in ("posture", "twin", "calendar") if key in given}
    limits = {"seed": MAX_SEED, "hour": MAX_HOUR, "days": 3660}
    values |= {key: _whole(key, given[key][0], limit) for key, limit in limits.items() if key in given}
    values |= {"responses": tuple(given["response"])} if "response" in given else {}
    values |= {"settings": tuple(given["set"])} if "set" in given else {}
    return values


def _whole(key: str, text: str, most: int) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= most):
        raise ConfigError("link", key, text, f"expected a whole number from 0 to {most}")
    return int(text)


assert {f.name for f in fields(Opening)} == {*_KEYS} - {"response", "set"} | {"responses", "settings"}
