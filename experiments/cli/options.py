"""Options that several commands share, and what they are turned into."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.errors import ConfigError

if TYPE_CHECKING:
    from sim.scenario import Scenario

SEED_RANGE = click.IntRange(0, 2**64 - 1)

out = click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Folder for the files; none without it."
)
seed = click.option("--seed", type=SEED_RANGE, default=1, show_default=True, metavar="N", help="Seed of all draws.")
days = click.option("--days", type=int, metavar="N", help="Length of the run in days, the same as --set days=N.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
changes = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change a value, such as defence.p_intercept=0.8 or sites.embassy.batteries=2. May be repeated.",
)


def parse_changes(settings: Sequence[str], days: int | None) -> dict[str, Any]:
    """Dotted key → value of every `--set`, and of `--days`; a key given twice is refused."""
    changes: dict[str, Any] = {} if days is None else {"days": days}
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


def load(names: Sequence[str], changes: dict[str, Any]) -> list[Scenario]:
    """The scenarios of postures named on the command line, with the same values changed in each."""
    from sim.scenario import load_scenario

    return [load_scenario(name, changes) for name in names]
