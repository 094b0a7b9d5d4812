"""The run that a page is asked to show: posture, responses, seed, hour; as a link says it and as the form edits it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sim.app.live_run import Change
from sim.config_files import names, parse_changes, unknown_key
from sim.errors import ConfigError
from sim.input_files import number_or_word
from sim.responses import Use
from sim.scenario import Scenario, load_scenario, parse_use
from sim.suggestions import one_of

MAX_SEED = 2**64 - 1
MAX_HOUR = 24 * 3660
_LIMITS = {"seed": MAX_SEED, "hour": MAX_HOUR, "days": 3660}
# keys of a link that may come again, and their fields
_LISTS = {"response": "responses", "set": "settings", "order": "orders", "live": "live"}
_KEYS = ("posture", "twin", "response", "seed", "hour", "days", "calendar", "set", "order", "live")


@dataclass(frozen=True)
class RunRequest:
    """A run to look at. `responses` are labels (`surge=0.5@90`), `settings` texts (`defence.p_intercept=0.9`).

    `orders` are labels too, of responses that were given while it was watched, each with its hour; `live` texts of
    parameters that were changed meanwhile (`defence.p_intercept=0.9@12:13`).
    """

    posture: str = "six"
    twin: str = ""
    responses: tuple[str, ...] = ()
    seed: int = 1
    hour: int = 0
    days: int | None = None
    calendar: str = ""
    settings: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()
    live: tuple[str, ...] = ()

    # --- as the form of the page edits it -----------------------------------------------------------------------
    @property
    def strengths(self) -> dict[str, float]:
        """Each use of a response (`surge`, or `surge@90:13` if it says when it begins) with its strength."""
        uses = [parse_use(text) for text in self.responses]
        return {f"{use.name}{use.start}": use.strength for use in uses}

    def with_strengths(self, uses: Mapping[str, float]) -> RunRequest:
        """The same with these uses of responses."""
        return replace(self, responses=tuple(use_label(*use.partition("@"), uses[use]) for use in uses))

    @property
    def changes(self) -> dict[str, Any]:
        """Dotted key -> value of all changed parameters."""
        return parse_changes(self.settings, None)

    def with_setting(self, key: str, value: Any, default: Any) -> RunRequest:
        """The same with one parameter changed; at its default it is not named."""
        kept = [text for text in self.settings if _key(text) != key]
        return replace(self, settings=(*kept, *([] if value == default else [f"{key}={value}"])))

    def other_settings(self, sliders: set[str]) -> str:
        """The settings that no slider shows, as `KEY=VALUE; KEY=VALUE`."""
        return "; ".join(text for text in self.settings if _key(text) not in sliders)

    def with_other_settings(self, sliders: set[str], text: str) -> RunRequest:
        """The same with the settings that no slider shows replaced."""
        kept = [setting for setting in self.settings if _key(setting) in sliders]
        return replace(self, settings=(*kept, *(part.strip() for part in text.split(";") if part.strip())))


def use_label(name: str, at: str, start: str, strength: float) -> str:
    """A use of a response as a link names it: `surge`, `surge=0.5@90`."""
    return f"{name}{'' if strength == 1.0 else f'={strength:g}'}{at}{start}"


def _key(setting: str) -> str:
    return setting.partition("=")[0].strip()


@dataclass(frozen=True)
class Catalogue:
    """What a page may open by name beyond what comes with the program: given on the command line, never in a link."""

    postures: Mapping[str, Scenario] = field(default_factory=dict)
    responses: Mapping[str, str] = field(default_factory=dict)  # name -> file
    calendars: Mapping[str, str] = field(default_factory=dict)

    def names(self, kind: str) -> list[str]:
        """All names of a kind (`postures`, `responses`, `calendars`), those of the command line first."""
        own = list(getattr(self, kind))
        return [*own, *(name for name in names(kind) if name not in own)]

    def use(self, name: str, strength: float) -> Use:
        """A response by its name, at a strength."""
        return Use(name=self.responses.get(name, name), strength=strength)

    def label(self, use: Use) -> str:
        """A use of a response as a link names it: by its name, never by a file."""
        name = next((name for name, file in self.responses.items() if file == use.name), use.name)
        return use_label(name, "", use.start, use.strength)

    def posture(self, name: str) -> Scenario:
        """A posture by its name."""
        return self.postures[name] if name in self.postures else load_scenario(name)


def scenarios(request: RunRequest, catalogue: Catalogue) -> list[Scenario]:
    """The scenario that is watched, and that of its twin if there is one."""
    return [_scenario(name, request, catalogue) for name in (request.posture, request.twin) if name]


def orders(request: RunRequest, catalogue: Catalogue) -> tuple[Use, ...]:
    """The orders that were given while the run was watched."""
    uses = tuple(_use(text, catalogue) for text in request.orders)
    for use, text in zip(uses, request.orders, strict=True):
        if use.start_day is None:
            allowed = "it must say when it was given, such as zone_closure@12:13 for day 12, 13:00"
            raise ConfigError("link", "order", text, allowed)
    return uses


def live_changes(request: RunRequest) -> tuple[Change, ...]:
    """The parameters that were changed while the run was watched."""
    return tuple(sorted((_live_change(text) for text in request.live), key=lambda change: change.hour))


def _live_change(text: str) -> Change:
    setting, _, start = text.rpartition("@")
    day, _, hour = start.partition(":")
    if not (setting and re.fullmatch(r"[0-9]{1,4}(:([01]?[0-9]|2[0-3]))?", start)):
        allowed = "it must be KEY=VALUE@DAY or KEY=VALUE@DAY:HOUR, such as defence.p_intercept=0.9@12:13"
        raise ConfigError("link", "live", text, allowed)
    ((key, value),) = parse_changes((setting,), None).items()
    return Change(24 * int(day) + int(hour or 0), key, value)


def live_label(change: Change) -> str:
    """A change as a link names it."""
    day, hour = divmod(change.hour, 24)
    return f"{change.key}={change.value}@{day}{f':{hour}' if hour else ''}"


def _scenario(name: str, request: RunRequest, catalogue: Catalogue) -> Scenario:
    _check_name("posture", name, catalogue)
    changes = parse_changes(request.settings, request.days, request.calendar or None)
    if changes.get("calendar"):
        _check_name("calendar", str(changes["calendar"]), catalogue)
        changes["calendar"] = catalogue.calendars.get(changes["calendar"], changes["calendar"])
    uses = [_use(text, catalogue) for text in request.responses]
    return catalogue.posture(name).with_responses(uses).with_changes(changes)


def _use(text: str, catalogue: Catalogue) -> Use:
    """A response in a link is one by name: a page reads no file that a link names."""
    use = parse_use(text)
    name = next((name for name, file in catalogue.responses.items() if file == use.name), use.name)
    _check_name("response", name, catalogue)
    return use.model_copy(update={"name": catalogue.responses.get(name, name)})


def _check_name(kind: str, name: str, catalogue: Catalogue) -> None:
    known = catalogue.names(f"{kind}s")
    if name not in known:
        raise ConfigError(None, kind, name, f"it must be {one_of(name, known)}")


# --- links -----------------------------------------------------------------------------------------------------
def to_query(request: RunRequest) -> str:
    """The query string that opens the same: `posture=six&seed=7&hour=600`."""
    pairs = []
    for key in _KEYS:
        value = getattr(request, _LISTS.get(key, key))
        values = value if key in _LISTS else () if value in ("", None) else (value,)
        pairs += [(key, str(each)) for each in values]
    return urlencode(pairs)


def from_query(query: str, default: RunRequest, catalogue: Catalogue) -> RunRequest:
    """The request of a link; what it leaves out is as in `default`. A bad link is a `ConfigError`."""
    given: dict[str, list[str]] = {}
    for key, value in parse_qsl(query.removeprefix("?"), keep_blank_values=True):
        if key not in _KEYS:
            raise ConfigError("link", key, value, unknown_key(key, list(_KEYS)))
        given.setdefault(key, []).append(value)
    for key, values in given.items():
        if len(values) > 1 and key not in _LISTS:
            raise ConfigError("link", key, values, "it may be given once")
    if not given:
        return default
    if "posture" in given or "twin" in given:  # another run: the orders and settings of the first are not meant
        default = RunRequest(posture=default.posture, seed=default.seed)
    request = replace(default, **{_LISTS.get(key, key): _value(key, values) for key, values in given.items()})
    for scenario in scenarios(request, catalogue):
        scenario.with_responses(orders(request, catalogue))
        for change in live_changes(request):
            scenario.with_changes({change.key: change.value})
    return request


def _value(key: str, texts: list[str]) -> Any:
    """What the texts of a key of a link mean."""
    if key in _LISTS:
        return tuple(texts)
    if key not in _LIMITS:
        return texts[0]
    number = number_or_word(texts[0])
    if not isinstance(number, int) or not 0 <= number <= _LIMITS[key]:
        raise ConfigError("link", key, texts[0], f"it must be a whole number from 0 to {_LIMITS[key]}")
    return number
