"""Packages that only some commands need: what is missing is said before anything is done."""

from __future__ import annotations

from importlib.util import find_spec

from sim.errors import PostureError


class ExtraMissing(PostureError):
    """Packages of an extra are not installed."""

    exit_code = 2


def need(extra: str, *packages: str) -> None:
    """Refuse what needs packages of an extra that are not there."""
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise ExtraMissing(words(f"this needs {' and '.join(missing)}", extra))


def words(what: str, extra: str) -> str:
    """What needs an extra, and the command that installs it: from a checkout, as no package index has Posture."""
    return f'{what}, of the extra {extra}. In the folder of Posture\'s sources: pip install ".[{extra}]"'
