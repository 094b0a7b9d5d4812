"""Tables of a study before they are files: columns with units and meanings, rows, and the same as a frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from experiments.files.columns import Field

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class CsvTable:
    """A table to be written: its columns and rows."""

    fields: tuple[Field, ...]
    rows: Sequence[Sequence[Any]]

    def frame(self) -> pd.DataFrame:
        """The rows as a report would read them from the file, with the units of the columns in `attrs`."""
        import pandas as pd

        frame = pd.DataFrame(list(self.rows), columns=[field.name for field in self.fields])
        frame.attrs["units"] = {field.name: field.unit for field in self.fields}
        return frame


def fields(text: str) -> tuple[Field, ...]:
    """Columns from lines `name | unit | meaning`."""
    lines = [[part.strip() for part in line.split("|")] for line in text.splitlines() if line.strip()]
    return tuple(Field(name, unit, meaning) for name, unit, meaning in lines)
