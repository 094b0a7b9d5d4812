"""The theatre of 2020 with squares of another size, for tests."""

from __future__ import annotations

from pathlib import Path

from sim.config_files import configs_folder

_AS_IT_IS = "square_km = 1.0"


def theatre_in_squares(square_km: float, path: Path) -> None:
    """Write the theatre to a file, with squares of so many km; roads are cut into the same steps."""
    text = (configs_folder() / "theatres" / "baghdad.toml").read_text(encoding="utf-8")
    assert _AS_IT_IS in text
    path.write_text(text.replace(_AS_IT_IS, f"square_km = {square_km:.1f}"), encoding="utf-8")
