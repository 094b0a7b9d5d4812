"""Small designs for the tests of sweeps, as objects and as TOML files."""

from __future__ import annotations

import json
from pathlib import Path

from experiments.runs.design import Design

# together they need more convoys than there is room for; each alone is harmless
CROWD = {"supply.trucks_per_convoy": 1, "supply.tonnes_per_truck": 0.1, "supply.assembly_hours": 1000}
POSTURES = {"key": "posture", "kind": "lever", "values": ["fourteen", "six"]}
INTERCEPT = {"key": "defence.p_intercept", "low": 0.5, "high": 0.9}


def content(**keys):
    """A small design with some keys changed."""
    small = {"name": "small", "title": "A small one", "replicates": 3, "n": 4, "constants": {"days": 2}}
    return {**small, "factors": [POSTURES, INTERCEPT], **keys}


def design(**keys):
    return Design.model_validate(content(**keys))


def toml(value):
    """A value as TOML, tables inline."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(part)}" for key, part in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(toml(part) for part in value) + "]"
    return str(value) if isinstance(value, float) else json.dumps(value)


def write(path: Path, **keys) -> Path:
    """A design file; keys that are None are left out."""
    lines = [f"{key} = {toml(value)}\n" for key, value in content(**keys).items() if value is not None]
    path.write_text("".join(lines), encoding="utf-8")
    return path
