"""Where the small tables are that come with the program."""

from __future__ import annotations

from pathlib import Path

from sim.config_files import configs_folder


def reference_folder() -> Path:
    """The folder of the small tables that come with the program."""
    inside = configs_folder().parent / "reference"
    return inside if inside.is_dir() else configs_folder().parent / "results" / "reference"
