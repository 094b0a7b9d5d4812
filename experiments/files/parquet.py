"""Tables as Parquet too, made from the CSV files a piece at a time (extra `parquet`)."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from experiments.files.columns import Field
from experiments.files.store import replacing
from sim.errors import ConfigError

_WHOLE = {"seed": "uint64", "point": "int64", "replicate": "int64"}
_BLOCK_BYTES = 8 << 20


def check_parquet() -> None:
    """Refuse at once, not when all has run."""
    try:
        import_module("pyarrow")
    except ImportError:
        raise ConfigError(
            None, "--parquet", "", 'expected the extra parquet: pip install "posture-sim[parquet]"'
        ) from None


def write_parquet(path: Path, fields: Sequence[Field]) -> Path:
    """Write NAME.parquet beside NAME.csv: text as text, numbers as numbers, an empty number as none."""
    pa, csv, parquet = (import_module(name) for name in ("pyarrow", "pyarrow.csv", "pyarrow.parquet"))
    types = {field.name: _type(pa, field) for field in fields}
    read = csv.ReadOptions(block_size=_BLOCK_BYTES)
    convert = csv.ConvertOptions(column_types=types, null_values=[""], strings_can_be_null=False)
    target = path.with_suffix(".parquet")
    with (
        replacing(target, "wb") as file,
        csv.open_csv(path, read, convert_options=convert) as reader,
        parquet.ParquetWriter(file, pa.schema(list(types.items()))) as writer,
    ):
        for batch in reader:
            writer.write_batch(batch)
    return target


def _type(pa: Any, field: Field) -> Any:
    """A column's type: text where there is no unit."""
    return pa.type_for_alias(_WHOLE.get(field.name, "float64" if field.unit else "string"))
