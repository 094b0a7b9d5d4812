"""The manifests of a folder: readable, all of one format, and made with the model that the runs are of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from experiments.files.store import FORMAT_VERSION
from sim.errors import ConfigError


def read_manifest(folder: Path) -> dict[str, Any]:
    """`manifest.json`, {} if there is none; every manifest of the folder is checked."""
    found = {path.name: content for path, content in _manifests(folder)}
    versions = {name: content.get("format_version") for name, content in found.items()}
    for name, version in versions.items():
        first = next(iter(versions))
        if version != versions[first]:
            allowed = f"expected {versions[first]}, as in {first}: files of one folder have one format"
            raise ConfigError(folder / name, "format_version", version, allowed)
        if version != FORMAT_VERSION:
            allowed = f"expected {FORMAT_VERSION}, the format that this program reads"
            raise ConfigError(folder / name, "format_version", version, allowed)
    manifest = found.get("manifest.json", {})
    _check_rules(folder, manifest)
    return manifest


def _manifests(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """`manifest.json` first, then every other JSON file that says its format."""
    paths = sorted(folder.glob("*.json"), key=lambda path: (path.name != "manifest.json", path.name))
    for path in paths:
        content = _json(path)
        if path.name == "manifest.json" or (isinstance(content, dict) and "format_version" in content):
            if not isinstance(content, dict):
                raise ConfigError(path, "manifest", type(content).__name__, "expected an object with keys and values")
            yield path, content


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(path, "file", path.name, f"expected JSON in UTF-8 that can be read: {error}") from None


def _check_rules(folder: Path, manifest: dict[str, Any]) -> None:
    """A sweep writes its design first and its manifest last: both name the rules that made the runs."""
    path = folder / "design.json"
    if manifest and path.is_file():
        rules, made = _json(path).get("rules"), manifest.get("source_hash")
        if rules and made and rules != made:
            allowed = f"expected {made}, the source_hash of manifest.json: the runs are of another version of the model"
            raise ConfigError(path, "rules", rules, allowed)
