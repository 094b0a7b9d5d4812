"""Tables by column: every value comes back from CSV and Parquet, and a slow writer of rows writes the same."""

from __future__ import annotations

import csv
import io
import math
import signal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from experiments.files import tables
from experiments.files.columns import COMPARISON_FIELDS, Field
from experiments.files.tables import table, table_bytes, write_columns, write_table

ANY_FILE = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
FLOATS = st.floats() | st.integers(-(2**53), 2**53).map(float) | st.sampled_from([-0.0, 1e15, 2.0**53, 1.5e15, 1e-5])
# no reader takes NUL; half of a surrogate pair is no text
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")) | st.text(' ,"\r\n;é0n', max_size=8)
KEYS = (Field("seed", "1", "s"), Field("replicate", "1", "r"))


def by_hand(value):
    """A cell, its value turned into text by Python alone."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, str) and value[:1] in tuple("=+-@"):
        return f"'{value}"  # no formula
    return repr(value) if isinstance(value, float) else str(value)


def written_by_hand(fields, rows):
    """The file of a writer of rows."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([field.name for field in fields])
    writer.writerows([[by_hand(value) for value in row] for row in rows])
    return file.getvalue().encode()


def same_number(cell, value):
    """Whether a cell stands for just this number."""
    if cell == "" or value is None or not math.isfinite(value):
        return by_hand(value) == cell == ""
    return float(cell) == value and (cell == by_hand(value) or has_other_words(value))


def has_other_words(value):
    """Whether a number may look different: 1e-05 is 0.00001, 1e-07 is 1e-7, 1e16 is 1e+16."""
    return isinstance(value, float) and ("e" in repr(value) or abs(value) >= 2**53)


def given_as(kind, values):
    """The values of a column as they come from others."""
    if kind == "dictionary":
        return pa.array(values, pa.string()).dictionary_encode()
    if kind == "words":
        return pa.array(values, pa.string())
    if kind == "objects":
        column = np.empty(len(values), object)
        column[:] = values
        return column
    return np.array(values, kind)


COLUMNS = {
    "float64": FLOATS,
    "int64": st.integers(-(2**63), 2**63 - 1),
    "int16": st.integers(-(2**15), 2**15 - 1),
    "uint64": st.integers(0, 2**64 - 1),
    "bool": st.booleans(),
    "words": TEXT | st.none(),
    "dictionary": TEXT,
    "objects": TEXT | st.none() | FLOATS | st.integers(),
}


@st.composite
def batches(draw, kinds=tuple(COLUMNS)):
    """Kinds of columns, and the rows of each batch."""
    chosen = draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=5))
    rows = st.tuples(*(COLUMNS[kind] for kind in chosen))
    repeated = draw(st.booleans())  # the same row again and again: columns of one value
    sizes = draw(st.lists(st.integers(0, 6), min_size=1, max_size=3))
    one = draw(rows)
    return chosen, [[one if repeated else draw(rows) for _ in range(n)] for n in sizes]


def written(folder, kinds, parts, fields=None, formats=("csv",)):
    """The paths of the files of some batches."""
    fields = fields or [Field(f"c{n}", "", "any") for n in range(len(kinds))]
    with table(folder / "t", fields, formats) as file:
        for rows in parts:
            columns = list(zip(*rows, strict=True)) or [()] * len(kinds)
            file.write([given_as(kind, list(column)) for kind, column in zip(kinds, columns, strict=True)])
    return folder / "t.csv"


@ANY_FILE
@given(batches())
def test_every_value_comes_back(tmp_path, drawn):
    kinds, parts = drawn
    path = written(tmp_path, kinds, parts)
    with open(path, encoding="utf-8", newline="") as file:
        head, *cells = csv.reader(file)
    rows = [row for part in parts for row in part]
    assert head == [f"c{n}" for n in range(len(kinds))]
    assert len(cells) == len(rows)
    for got, wanted in zip(cells, rows, strict=True):
        for cell, value in zip(got, wanted, strict=True):
            assert same_number(cell, value) if isinstance(value, float) else cell == by_hand(value)


@ANY_FILE
@given(batches())
def test_a_writer_of_rows_writes_the_same(tmp_path, drawn):
    kinds, parts = drawn
    rows = [row for part in parts for row in part]
    wanted = written_by_hand([Field(f"c{n}", "", "") for n in range(len(kinds))], rows)
    # where Python's own words differ: exponents, and a lone carriage return, which it leaves unquoted on some versions
    exponents = any(has_other_words(value) for row in rows for value in row)
    returns = any(isinstance(v, str) and "\r" in v for row in rows for v in row)
    if not exponents and not returns:
        assert written(tmp_path, kinds, parts).read_bytes() == wanted


@ANY_FILE
@given(batches(), st.integers(1, 4))
def test_batches_of_any_sizes_give_the_same_bytes(tmp_path, drawn, size):
    kinds, parts = drawn
    rows = [row for part in parts for row in part]
    fields = [
        Field(f"c{n}", "" if k in ("bool", "words", "dictionary", "objects") else "1", "") for n, k in enumerate(kinds)
    ]
    formats = ("csv", "parquet")
    path = written(tmp_path, kinds, [rows], fields, formats)
    once = [path.with_suffix(f".{each}").read_bytes() for each in formats]
    written(tmp_path, kinds, [rows[n : n + size] for n in range(0, len(rows), size)], fields, formats)
    assert [path.with_suffix(f".{each}").read_bytes() for each in formats] == once


@ANY_FILE
@given(batches(("float64", "words", "dictionary")))
def test_pandas_and_pyarrow_read_what_was_given(tmp_path, drawn):
    kinds, parts = drawn
    path = written(tmp_path, kinds, parts)
    types = {f"c{n}": pa.float64() if kind == "float64" else pa.string() for n, kind in enumerate(kinds)}
    frame = pd.read_csv(path, dtype="str", keep_default_na=False, skip_blank_lines=False)
    convert = pyarrow.csv.ConvertOptions(
        column_types=types,
        null_values=[""],
        strings_can_be_null=False,
    )
    read = pyarrow.csv.read_csv(path, None, pyarrow.csv.ParseOptions(newlines_in_values=True), convert)
    for n, kind in enumerate(kinds):
        wanted = [row[n] for part in parts for row in part]
        if kind == "float64":
            finite = [value if math.isfinite(value) else math.nan for value in wanted]
            np.testing.assert_array_equal([float(cell or "nan") for cell in frame[f"c{n}"]], finite)
            np.testing.assert_array_equal(read[f"c{n}"].to_numpy(), finite)
        else:
            assert frame[f"c{n}"].tolist() == read[f"c{n}"].to_pylist() == [by_hand(value) for value in wanted]


@ANY_FILE
@given(
    st.lists(
        st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 9) | st.none(), TEXT | st.none(), FLOATS | st.none()),
        max_size=9,
    )
)
def test_parquet_is_the_csv_value_by_value(tmp_path, rows):
    fields = (*KEYS, Field("words", "", "w"), Field("number", "t", "n"))
    write_table(tmp_path / "t.csv", fields, rows, ("csv", "parquet"))
    read = pyarrow.parquet.read_table(tmp_path / "t.parquet")
    assert [str(kind) for kind in read.schema.types] == ["uint64", "int64", "string", "double"]
    with open(tmp_path / "t.csv", encoding="utf-8", newline="") as file:
        cells = list(csv.reader(file))[1:]
    wanted = [(int(s), int(r) if r else None, w, float(n) if n else None) for s, r, w, n in cells]
    assert [tuple(row.values()) for row in read.to_pylist()] == wanted


def test_parquet_has_the_types_of_its_fields_whatever_comes(tmp_path):
    fields = [*KEYS, *(Field(name, "1", "") for name in ("number", "count", "switch", "km", "same", "none"))]
    fields += [Field(name, "", "") for name in ("word", "day", "swept")]
    numbers = np.array([math.nan, 0.5, -math.inf])
    columns = [
        np.array([1, 2, 2**64 - 1], np.uint64),
        None,
        numbers,
        np.array([2**60, 0, -1]),
        np.array([True, False] * 2)[:3],
    ]
    columns += [pa.DictionaryArray.from_arrays([0, 1, 0], pa.array([1.5, math.nan])), 7.0, math.inf]
    columns += [None, pa.array(["a", None, "b"]).dictionary_encode(), np.array([1.0, 0.25, 3.0])]
    with table(tmp_path / "t.csv", fields, ("parquet",)) as file:
        file.write(columns)
    read = pyarrow.parquet.read_table(tmp_path / "t.parquet")
    assert [str(kind) for kind in read.schema.types] == ["uint64", "int64", *["double"] * 6, *["string"] * 3]
    assert read.to_pydict() == {
        "seed": [1, 2, 2**64 - 1],
        "replicate": [None] * 3,
        "number": [None, 0.5, None],
        "count": [2.0**60, 0, -1],
        "switch": [1, 0, 1],
        "km": [1.5, None, 1.5],
        "same": [7] * 3,
        "none": [None] * 3,
        "word": [""] * 3,
        "day": ["a", "", "b"],
        "swept": ["1", "0.25", "3"],
    }


def test_parquet_can_be_had_alone_in_groups_of_rows(tmp_path):
    numbers = np.arange(2 * tables._GROUP + 5.0)
    with table(tmp_path / "t.csv", [Field("n", "t", "number"), Field("who", "", "name")], ("parquet",)) as file:
        for part in np.split(numbers, [7, 40_000]):
            file.write([part, "a, b"])
    assert [path.name for path in tmp_path.iterdir()] == ["t.parquet"]
    read = pyarrow.parquet.ParquetFile(tmp_path / "t.parquet")
    groups = [read.metadata.row_group(n).num_rows for n in range(read.num_row_groups)]
    assert groups == [tables._GROUP, tables._GROUP, 5]
    np.testing.assert_array_equal(read.read()["n"].to_numpy(), numbers)
    assert set(read.read()["who"].to_pylist()) == {"a, b"}


def test_a_batch_longer_than_a_piece_is_one_table(tmp_path):
    """Columns that are the same in one piece and not in the next, slices of arrays, many kinds of length."""
    n = 2 * tables._PIECE + 11
    numbers, words = np.arange(n) // tables._PIECE / 2, pa.array([f"w{k % 7},"[: k % 5] for k in range(n + 3)])[3:]
    days = pa.DictionaryArray.from_arrays(np.arange(n + 9) % 3, pa.array(["a", 'b"', ""]))[9:]
    fields = [Field(name, "", "") for name in ("number", "word", "day", "seed", "none")]
    with table(tmp_path / "t.csv", fields) as file:
        file.write([numbers, words, days, np.uint64(2**64 - 1), None])
    rows = zip(numbers.tolist(), words.to_pylist(), days.to_pylist(), [2**64 - 1] * n, [None] * n, strict=True)
    assert (tmp_path / "t.csv").read_bytes() == written_by_hand(fields, rows)


def test_numbers_are_whole_where_they_are_whatever_stands_beside_them(tmp_path):
    values = [math.nan, 3.0, -2.0, -0.0, 0.1, 1 / 3, 2.0**53 - 1, 1.5e15, 2.0**53, -math.inf, 12345.0]
    write_table(tmp_path / "t.csv", [Field("n", "1", ""), Field("w", "", "")], [(v, "") for v in values])
    cells = [line.removesuffix(",") for line in (tmp_path / "t.csv").read_text().splitlines()[1:]]
    whole = "3 -2 0 0.1 0.3333333333333333 9007199254740991 1500000000000000 9.007199254740992e+15"
    assert cells == ["", *whole.split(), "", "12345"]


def test_the_only_cell_of_a_row_is_never_a_blank_line(tmp_path):
    """Readers skip blank lines."""
    for values in ([None, None], ["", ""], [None, "", "a"], [math.nan, 1.5]):
        write_table(tmp_path / "t.csv", [Field("c", "", "")], [(value,) for value in values])
        with open(tmp_path / "t.csv", encoding="utf-8", newline="") as file:
            assert list(csv.reader(file))[1:] == [[by_hand(value)] for value in values]


def test_long_tables_are_the_same_bytes_whatever_the_batches(tmp_path):
    """More than a group of rows, and many pages of Parquet in each."""
    random, n = np.random.default_rng(3), tables._GROUP + 9_000
    columns = [random.random(n), pa.array([f"w{k}" for k in random.integers(0, 10**6, n)]), random.integers(0, 5, n)]
    fields, found = [Field("x", "t", ""), Field("w", "", ""), Field("point", "1", "")], []
    for size in (n, 9_999, 777):
        with table(tmp_path / "t.csv", fields, ("csv", "parquet")) as file:
            for first in range(0, n, size):
                file.write([column[first : first + size] for column in columns])
        found.append([(tmp_path / f"t.{each}").read_bytes() for each in ("csv", "parquet")])
    assert found[0] == found[1] == found[2]


def test_an_error_midway_leaves_all_as_it_was(tmp_path):
    fields = (Field("n", "t", ""),)
    write_table(tmp_path / "t.csv", fields, [(1.0,)], ("csv", "parquet"))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(ValueError, match="midway"):
        _write_half(tmp_path / "t.csv", fields)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def _write_half(path, fields):
    with table(path, fields, ("csv", "parquet")) as file:
        file.write([np.arange(3.0)])
        raise ValueError("midway")


def test_text_among_the_numbers_of_parquet_is_an_error_and_leaves_all_as_it_was(tmp_path):
    fields = (Field("n", "t", ""), Field("w", "", ""))
    write_table(tmp_path / "t.csv", fields, [(1.0, "old")], ("csv", "parquet"))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(pa.ArrowInvalid):
        write_table(tmp_path / "t.csv", fields, [(1.0, "new"), ("much", "new")], ("csv", "parquet"))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.fixture
def small_disk():
    """No file grows beyond 20,000 bytes."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    signal.signal(signal.SIGXFSZ, before)


@pytest.mark.parametrize("formats", [("csv",), ("parquet",), ("csv", "parquet")])
def test_a_full_disk_is_an_error_of_the_system_and_leaves_no_file(tmp_path, small_disk, formats):
    random = np.random.default_rng(1)
    with pytest.raises(OSError, match="File too large"):
        write_columns(tmp_path / "t.csv", [Field("n", "t", "")], [random.random(100_000)], formats)
    assert not list(tmp_path.iterdir())


def test_rows_and_batches_of_the_wrong_width_are_bugs(tmp_path):
    with pytest.raises(AssertionError, match="a column for each field"):
        write_table(tmp_path / "t.csv", COMPARISON_FIELDS, [["too", "short"]])
    with pytest.raises(ValueError, match="shorter"):
        write_table(tmp_path / "t.csv", KEYS, [[1, 2], [3]])
    for columns in ([np.arange(3), np.arange(2)], [1, 2]):
        with pytest.raises(AssertionError, match="arrays of one length"):
            _write(tmp_path / "t.csv", columns)
    assert not list(tmp_path.iterdir())


def _write(path, columns):
    with table(path, KEYS) as file:
        file.write(columns)


def test_an_empty_table_has_its_head_and_its_types(tmp_path):
    write_table(tmp_path / "t.csv", KEYS, [], ("csv", "parquet"))
    assert (tmp_path / "t.csv").read_text() == "seed,replicate\n" == table_bytes(KEYS, []).decode()
    read = pyarrow.parquet.read_table(tmp_path / "t.parquet")
    assert (read.num_rows, read.column_names) == (0, ["seed", "replicate"])
