"""Values changed on a command line, as text: `KEY=VALUE`."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sim.errors import ConfigError


def parse_changes(settings: Sequence[str], days: int | None, calendar: str | None = None) -> dict[str, Any]:
    """Dotted key → value of every `--set`, `--days` and `--calendar`; a key given twice is refused."""
    changes: dict[str, Any] = {} if days is None else {"days": days}
    if calendar is not None:  # a file is meant from where the user stands, not from the posture's folder
        changes["calendar"] = str(Path(calendar).absolute()) if calendar.endswith(".toml") else calendar
    for setting in settings:
        key, equals, value = setting.partition("=")
        key = key.strip()
        if not equals or not key:
            raise ConfigError(None, "--set", setting, "expected KEY=VALUE, such as defence.p_intercept=0.8")
        if key in changes:
            raise ConfigError(None, "--set", setting, f"expected {key} once")
        changes[key] = _value(setting, value.strip())
    return changes


def _value(setting: str, value: str) -> Any:
    try:
        parsed = tomllib.loads(f"value = {value}")
    except tomllib.TOMLDecodeError:
        parsed = {}
    if set(parsed) != {"value"}:
        raise ConfigError(
            None, "--set", setting, "expected a VALUE as in TOML: a number, a date, true, or text in quotes"
        )
    return parsed["value"]
