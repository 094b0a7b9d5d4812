"""Tables as CSV and Parquet, written a batch of rows at a time, column by column.

pyarrow makes the text of a column at once: a value costs a few nanoseconds, where a writer of rows needs a
microsecond. Of CSV, whole numbers have no point, and come back as the same float64; what is None, NaN or infinite is
empty; text is quoted where it must be. Of Parquet, text is never missing, and a missing number is none. Text that a
spreadsheet would take for a formula stands behind an apostrophe.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import lru_cache
from itertools import chain, groupby
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from experiments.files.columns import Field
from experiments.files.whole import replacing

Column = Any
"""The values of a field in a batch: a numpy or pyarrow array, or one value that all rows have."""

_PIECE = 16384  # rows whose text is made at a time: it stays in the processor's cache, and far below pyarrow's 2 GiB
_GROUP = 1 << 15  # rows of a row group of Parquet, whatever the batches, so that the bytes don't depend on them
_INTEGERS = {"seed": pa.uint64(), "point": pa.int64(), "replicate": pa.int64()}
_EXPONENT = 1e9  # at 1e10 pyarrow begins to write floats with an exponent
_EXACT = 2.0**53  # up to here every whole float64 is written in full
_COUNTS = 10_000  # whole numbers whose text is kept


class Table:
    """A table in the making, in one or more formats."""

    def __init__(self, fields: Sequence[Field], writers: Sequence[_Csv | _Parquet]) -> None:
        self._fields, self._writers = fields, writers

    def write(self, columns: Sequence[Column]) -> None:
        """Add a batch of rows: for each field an array, or a value that all rows have; at least one is an array."""
        assert len(columns) == len(self._fields), "a column for each field"
        lengths = {len(column) for column in columns if _is_array(column)}
        assert len(lengths) == 1, "arrays of one length"
        assert all(_is_array(column) or np.isscalar(column) or not hasattr(column, "__len__") for column in columns)
        (rows,) = lengths
        for first in range(0, rows, _PIECE):
            last = min(first + _PIECE, rows)
            piece = [column[first:last] if _is_array(column) else column for column in columns]
            for writer in self._writers:
                writer.write(piece, last - first)


@contextmanager
def table(path: Path, fields: Sequence[Field], formats: Sequence[str] = ("csv",)) -> Iterator[Table]:
    """A file for each format (`csv`, `parquet`) that appears under its name when all rows are in it."""
    with ExitStack() as stack:
        files = [stack.enter_context(replacing(path.with_suffix(f".{each}"), "wb")) for each in formats]
        writers = [_WRITERS[each](file, fields) for each, file in zip(formats, files, strict=True)]
        yield Table(fields, [stack.enter_context(closing(writer)) for writer in writers])


def write_columns(
    path: Path, fields: Sequence[Field], columns: Sequence[Column], formats: Sequence[str] = ("csv",)
) -> None:
    """Write a table that is one batch."""
    with table(path, fields, formats) as file:
        file.write(columns)


def write_table(
    path: Path, fields: Sequence[Field], rows: Iterable[Sequence[Any]], formats: Sequence[str] = ("csv",)
) -> None:
    """Write a small table, given by rows."""
    write_columns(path, fields, _by_column(fields, rows), formats)


def columns_bytes(fields: Sequence[Field], columns: Sequence[Column]) -> bytes:
    """The CSV file of a table that is one batch."""
    file = io.BytesIO()
    Table(fields, [_Csv(file, fields)]).write(columns)
    return file.getvalue()


def table_bytes(fields: Sequence[Field], rows: Iterable[Sequence[Any]]) -> bytes:
    """The CSV file of a small table, given by rows."""
    return columns_bytes(fields, _by_column(fields, rows))


def _by_column(fields: Sequence[Field], rows: Iterable[Sequence[Any]]) -> list[Column]:
    return [_objects(values) for values in zip(*rows, strict=True)] or [_objects(()) for _ in fields]


def _objects(values: Sequence[Any]) -> NDArray[Any]:
    column = np.empty(len(values), object)
    column[:] = values
    return column


def _is_array(column: Column) -> bool:
    return isinstance(column, (np.ndarray, pa.Array))


# --- formats -------------------------------------------------------------------------------------------
class _Csv:
    """Lines of text, UTF-8, the first with the names."""

    def __init__(self, file: IO[bytes], fields: Sequence[Field]) -> None:
        self._file = file
        self._file.write(f"{','.join(_quoted(pa.array([f.name for f in fields])).to_pylist())}\n".encode())

    def write(self, columns: Sequence[Column], rows: int) -> None:
        """Add rows."""
        cells = [_cells(column) for column in columns]
        if len(cells) == 1:
            cells = [_not_blank(*cells)]
        cells[-1] = cells[-1] + "\n" if isinstance(cells[-1], str) else _join("", cells[-1], "\n")
        # neighbours that all rows have are one piece of text
        groups = groupby(cells, lambda cell: isinstance(cell, str))
        parts = list(chain.from_iterable([",".join(group)] if fixed else list(group) for fixed, group in groups))
        if len(parts) == 1 and isinstance(parts[0], str):
            self._file.write(parts[0].encode() * rows)
        else:
            self._file.write(_bytes_of(_join(",", *parts)))

    def close(self) -> None:
        """All rows are in."""


class _Parquet:
    """Row groups of `_GROUP` rows."""

    def __init__(self, file: IO[bytes], fields: Sequence[Field]) -> None:
        from pyarrow import parquet

        self._schema = pa.schema([(field.name, _type(field)) for field in fields])
        self._writer = parquet.ParquetWriter(file, self._schema)
        self._waiting = self._schema.empty_table()

    def write(self, columns: Sequence[Column], rows: int) -> None:
        """Add rows."""
        arrays = [_typed(column, each.type, rows) for column, each in zip(columns, self._schema, strict=True)]
        self._waiting = pa.concat_tables([self._waiting, pa.table(arrays, self._schema)])
        while len(self._waiting) >= _GROUP:
            self._write_group()

    def close(self) -> None:
        """All rows are in."""
        try:
            if len(self._waiting):
                self._write_group()
            self._writer.close()
        finally:
            self._writer.is_open = False  # or it tries again when it is thrown away

    def _write_group(self) -> None:
        self._writer.write_table(self._waiting.slice(0, _GROUP), _GROUP)
        self._waiting = self._waiting.slice(_GROUP)


_WRITERS: dict[str, Callable[[IO[bytes], Sequence[Field]], _Csv | _Parquet]] = {"csv": _Csv, "parquet": _Parquet}


# --- columns -------------------------------------------------------------------------------------------
def _cells(column: Column) -> Any:
    """The cells of a column as text in CSV, none where there is nothing; just one if all are the same."""
    if isinstance(column, pa.DictionaryArray):
        return pc.take(_quoted(_no_formula(_texts(column.dictionary), column.dictionary)), column.indices)
    if not isinstance(column, pa.Array):
        column = _shortest(column)
    texts = _texts(column)
    is_number = isinstance(column, np.ndarray) and column.dtype.kind in "fiu"
    quoted = texts if is_number else _quoted(_no_formula(texts, column))
    return quoted if len(quoted) > 1 else quoted[0].as_py() or ""


def _not_blank(cell: Any) -> Any:
    """A cell that is alone in its row, as readers skip empty lines: in quotation marks where there is nothing."""
    if isinstance(cell, str):
        return cell or '""'
    return pc.if_else(pc.equal(pc.fill_null(cell, ""), ""), '""', cell)


def _join(between: str, *cells: Any) -> Any:
    """Cells row by row with something between them."""
    return pc.binary_join_element_wise(*cells, between, null_handling="replace", null_replacement="")


def _shortest(column: Column) -> NDArray[Any]:
    """The first value alone, if all rows have it."""
    if not isinstance(column, np.ndarray):
        return _objects([column])
    if column.dtype.kind == "f":
        same = (column == column[0]).all() or not np.isfinite(column).any()
    else:
        same = column.dtype.kind in "iu" and (column == column[0]).all()
    return column[:1] if same else column


def _no_formula(texts: Any, column: Column) -> Any:
    """Behind an apostrophe what spreadsheets would take for a formula; numbers among the values keep their sign."""
    if isinstance(column, pa.Array) and not pa.types.is_string(column.type):
        return texts
    begins = pc.match_substring_regex(texts, "^[=+@-]")
    if not pc.any(begins).as_py():
        return texts
    if isinstance(column, np.ndarray):
        begins = pc.and_(begins, pa.array([isinstance(value, str) for value in column]))
    return pc.if_else(begins, _join("", "'", texts), texts)


def _quoted(texts: Any) -> Any:
    """In quotation marks where CSV would take a part for something else."""
    special = pc.match_substring_regex(texts, '[",\\r\\n]')
    if not pc.any(special).as_py():
        return texts
    doubled = pc.replace_substring(texts, '"', '""')
    return pc.if_else(special, _join("", '"', doubled, '"'), texts)


def _texts(column: Column) -> Any:
    """Each value as text, none where there is nothing."""
    if isinstance(column, pa.DictionaryArray):
        return pc.take(_texts(column.dictionary), column.indices)
    if isinstance(column, pa.Array):
        is_text = pa.types.is_string(column.type)
        return column if is_text else _texts(column.to_numpy(zero_copy_only=False))
    kind = column.dtype.kind
    if kind in "iu":
        return _integer_texts(column)
    if kind == "f":
        return _float_texts(column)
    return pa.array(column, pa.string()) if kind == "U" else _object_texts(column)


def _integer_texts(values: NDArray[Any], missing: NDArray[np.bool_] | None = None) -> Any:
    """Integers as text, none where they are missing."""
    array = pa.array(values, mask=missing)
    if values.min(initial=0) >= 0 and values.max(initial=0) < _COUNTS:
        return pc.take(_counts(), array)
    return pc.cast(array, pa.string())


@lru_cache(maxsize=1)
def _counts() -> Any:
    """The text of small numbers: most of what is counted, and looked up in half the time that it takes to write it."""
    return pc.cast(pa.array(np.arange(_COUNTS)), pa.string())


def _float_texts(values: NDArray[Any]) -> Any:
    """Whole numbers without a point, all others with as many digits as tell them apart; none where not finite."""
    with np.errstate(invalid="ignore"):
        whole = values.astype(np.int64)
    exact = (whole == values) & (np.abs(values) < _EXACT)
    if exact.all():
        return _integer_texts(whole)
    missing = ~np.isfinite(values)
    if (exact | missing).all():
        return _integer_texts(np.where(exact, whole, 0), missing)
    texts = pc.cast(pa.array(values + 0.0, mask=missing), pa.string())  # + 0.0: −0 is 0
    large = exact & (np.abs(values) >= _EXPONENT)
    return pc.if_else(large, _integer_texts(np.where(large, whole, 0)), texts) if large.any() else texts


def _object_texts(column: NDArray[Any]) -> Any:
    """Values of any kinds."""
    texts = [None if value is None else str(value) for value in column]
    floats = [n for n, value in enumerate(column) if isinstance(value, (float, np.floating))]
    if floats:
        for n, text in zip(floats, _float_texts(column[floats].astype(np.float64)).to_pylist(), strict=True):
            texts[n] = text
    return pa.array(texts, pa.string())


def _bytes_of(texts: Any) -> memoryview:
    """The texts of an array, one after the other; it was made just now, and is no slice of another."""
    _, offsets, data = texts.buffers()
    return memoryview(data)[: np.frombuffer(offsets, np.int32)[len(texts)]]


def _type(field: Field) -> Any:
    """A column's type in Parquet: text where there is no unit."""
    return _INTEGERS.get(field.name, pa.float64() if field.unit else pa.string())


def _typed(column: Column, wanted: Any, rows: int) -> Any:
    """A column as Parquet has it."""
    if not _is_array(column):
        return pa.repeat(_typed(_objects([column]), wanted, 1)[0], rows)
    if wanted == pa.string():
        words = column.dictionary_decode() if isinstance(column, pa.DictionaryArray) else column
        return pc.fill_null(_no_formula(_texts(words), words), "")
    if isinstance(column, np.ndarray) and column.dtype.kind in "fiub":
        missing = ~np.isfinite(column)
        return pc.cast(pa.array(column.astype(np.float64) if wanted == pa.float64() else column, mask=missing), wanted)
    texts = _texts(column)
    return pc.cast(pc.if_else(pc.equal(texts, ""), None, texts), wanted)
