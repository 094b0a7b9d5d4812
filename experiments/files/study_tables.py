"""What studies write; it stands in `columns.py`."""

from experiments.files.columns import CsvTable, fields

__all__ = ["CsvTable", "fields"]
