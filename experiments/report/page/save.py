"""Figures as files: PNG for the screen or for print, SVG for print; each whole or not there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from experiments.files.whole import replacing
from experiments.report.page.document import Picture
from experiments.report.page.svg import svg_file

SCREEN, PRINT = 150, 300
"""Dots an inch."""


def save(pictures: Iterable[Picture], folder: Path, kinds: Sequence[str] = ("png",), dots: int = SCREEN) -> list[str]:
    """Write every picture in every kind (png, svg); the names of the files."""
    names = []
    for picture in pictures:
        for kind in kinds:
            names.append(f"{picture.name}.{kind}")
            with replacing(folder / names[-1], "wb") as file:
                if kind == "svg":
                    file.write(svg_file(picture.figure, picture.name))
                else:
                    picture.figure.savefig(file, format=kind, dpi=dots, metadata={"Software": None})
    return names
