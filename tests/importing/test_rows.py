"""Rows of a file: every one has its place, and none of any length fills the memory."""

import gzip
import io
import json
from itertools import repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.errors import BadCorpus
from parity.importing.rows import Splitter, json_rows, line_rows, opened

VALUES = st.recursive(
    st.none() | st.integers() | st.text('a"\\[]{},\n\u5bb6 ', max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=8,
)


def split(data, sizes, limit=10_000):
    """The items of an array that comes in pieces."""
    splitter, items, place = Splitter(limit), [], 0
    while place < len(data):
        size = next(sizes)
        items += splitter.feed(data[place : place + size])
        place += size
    return [*items, *splitter.end()]


@given(st.lists(VALUES, max_size=5), st.sampled_from([None, 1]), st.booleans())
def test_the_items_of_an_array_are_those_that_json_reads(values, indent, ascii):
    """Whatever brackets, quotes and commas their strings hold."""
    data = json.dumps(values, indent=indent, ensure_ascii=ascii).encode()
    items = split(data, repeat(len(data)))

    assert [json.loads(item.content) for item in items] == values
    assert not [item for item in items if item.problem]


@given(
    st.binary(max_size=30) | st.text('ab"\\[]{},\n ', max_size=30).map(str.encode),
    st.lists(st.integers(1, 5), min_size=1),
)
def test_where_the_bytes_are_cut_changes_nothing(data, sizes):
    """Whole, one at a time, and in drawn pieces; malformed ones too."""
    data = b"[" + data
    whole = split(data, repeat(len(data)))

    assert split(data, repeat(1)) == whole
    assert split(data, iter(sizes * len(data))) == whole


ARRAYS = {
    "none": (b"[ ]", []),
    "lines": (b"\n[\n1,\n\n [2\n]]", [(3, b"1", ""), (5, b"[2\n]", "")]),
    "trailing comma": (b"[1,]", [(1, b"1", ""), (1, b"", "is missing")]),
    "two commas": (b"[1,,2]", [(1, b"1", ""), (1, b"", "is missing"), (1, b"2", "")]),
    "no end": (b"[1,\n2", [(1, b"1", ""), (2, b"2", "ends before its array does")]),
    "no end of a string": (b'["a]', [(1, b'"a]', "ends before its array does")]),
    "a tail": (b"[1]\nxy", [(1, b"1", ""), (2, b"xy", "2 bytes after the end")]),
    "long": (
        b'[["aaaaaaaaaaaa"],2]',
        [(1, b'["aaaaaaaa', "16 bytes, the most is 10"), (1, b"2", "")],
    ),
}


@pytest.mark.parametrize(("data", "wanted"), ARRAYS.values(), ids=ARRAYS)
def test_an_array_with_a_fault_is_told_where_it_is(data, wanted):
    """The items around it are whole."""
    found = list(json_rows(io.BufferedReader(io.BytesIO(data)), "f", 10))

    assert [(row.place.split(" ")[0], row.content) for row in found] == [
        (f"f:{line}", content) for line, content, _ in wanted
    ]
    assert all(says in row.problem for row, (*_, says) in zip(found, wanted, strict=True))


def rows(read, data, limit=10):
    """The rows of bytes, as places and contents."""
    return [
        (row.place, row.content, bool(row.problem))
        for row in read(io.BufferedReader(io.BytesIO(data)), "f", limit)
    ]


def test_a_line_ends_at_a_line_feed_only():
    """What other readers split at is content."""
    data = "a\u2028b\r\n\x0cc".encode()

    assert rows(line_rows, data) == [
        ("f:1", "a\u2028b\r".encode(), False),
        ("f:2", b"\x0cc", False),
    ]


def test_a_long_line_is_malformed_and_the_next_is_not():
    """Of the long one its start is there."""
    found = rows(line_rows, b"a" * 10 + b"\n" + b"b" * 3_000_000 + b"\nc")

    assert found == [("f:1", b"a" * 10, False), ("f:2", b"b" * 10, True), ("f:3", b"c", False)]


def test_a_byte_order_mark_before_json_is_no_content():
    """As editors on Windows write it."""
    assert rows(json_rows, b"\xef\xbb\xbf{}\n\n{}") == [
        ("f:1", b"{}", False),
        ("f:3", b"{}", False),
    ]


def read_through(path):
    """All rows of a file."""
    with opened(path) as file:
        return [row.content for row in line_rows(file.stream, "f", 10)]


def test_a_gzip_file_is_unpacked_whatever_its_name(tmp_path):
    """Its first bytes tell."""
    path = tmp_path / "a.txt"
    path.write_bytes(gzip.compress(b"a\nb\n"))

    assert read_through(path) == [b"a", b"b"]


@pytest.mark.parametrize("change", [lambda data: data[:-9], lambda data: data[:12] + b"\xff" * 9])
def test_a_broken_gzip_file_is_an_error(tmp_path, change):
    """It is no shorter file."""
    path = tmp_path / "a.gz"
    path.write_bytes(change(gzip.compress(bytes(range(200)) * 100)))

    with pytest.raises(BadCorpus, match=r"a\.gz: cannot be read: .+"):
        read_through(path)


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    """With its name."""
    with pytest.raises(BadCorpus, match=r"gone: cannot be read: No such file"):
        read_through(tmp_path / "gone")
