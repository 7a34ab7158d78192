"""Parquet files: one column, row by row, and errors that say what to do."""

import datetime as dt
import sys

import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from parity.errors import BadCorpus, MissingPackage, UsageError
from parity.importing import parquet


def written(folder, **columns):
    """A Parquet file."""
    path = folder / "a.parquet"
    pq.write_table(pa.table(columns), path, row_group_size=2)
    return path


def test_every_row_has_its_number_and_value(tmp_path):
    """Over the borders of row groups and batches."""
    path = written(tmp_path, text=["a", None, "c"] * 200, other=range(600))
    found = list(parquet.rows(path, "text", 99))

    assert [row.content for row in found] == ["a", None, "c"] * 200
    assert found[-1].place == f"{path}: row 600"


def test_dots_lead_into_a_column(tmp_path):
    """To a key of a struct."""
    path = written(tmp_path, body=[{"text": "a"}])

    assert [row.content for row in parquet.rows(path, "body.text", 99)] == ["a"]


BAD = {
    "long": (["a" * 100], "it has 100 bytes, the most is 99"),
    "bytes that JSON has not": ([[b"a"]], "the value cannot be taken"),
    "a date": ([dt.date(2020, 1, 1)], "the value cannot be taken"),
}


@pytest.mark.parametrize(("values", "says"), BAD.values(), ids=BAD)
def test_a_value_that_cannot_be_taken_is_malformed(tmp_path, values, says):
    """And the file is read on."""
    (row,) = parquet.rows(written(tmp_path, text=values), "text", 99)

    assert says in row.problem


def test_a_string_that_is_not_utf8_is_malformed(tmp_path):
    """Parquet does not check it, and the rows beside it are whole."""
    data = pa.array([b"a", b"\xff", b"c"], pa.binary()).view(pa.string())
    found = [bool(row.problem) for row in parquet.rows(written(tmp_path, text=data), "text", 99)]

    assert found == [False, True, False]


def test_a_column_that_is_not_there_is_an_error(tmp_path):
    """With those that are."""
    with pytest.raises(UsageError, match=r"no column 'text'; known: a, b; .*--field"):
        list(parquet.rows(written(tmp_path, a=[1], b=[2]), "text", 99))


@pytest.mark.parametrize("content", [b"", b"PAR1", b"{}\n" * 99, None])
def test_a_file_of_another_format_is_an_error(tmp_path, content):
    """And so is one that is not there."""
    path = tmp_path / "a.parquet"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(BadCorpus, match="cannot be read as parquet"):
        list(parquet.rows(path, "text", 99))


def test_without_pyarrow_the_error_says_how_to_install_it(tmp_path, monkeypatch):
    """It is an extra."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(MissingPackage, match=r"pip install 'tokparity\[parquet\]'"):
        list(parquet.rows(tmp_path / "a", "text", 99))
