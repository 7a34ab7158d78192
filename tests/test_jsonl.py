"""JSON lines: nothing is lost, nothing is guessed, and what is wrong says what it is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity import jsonl
from parity.signature import canonical

ANY_TEXT = st.text(st.characters(exclude_categories=[]))
BAD = {
    "duplicated key": (b'{"a": 1, "a": 2}', "'a' comes twice"),
    "duplicated key inside": (b'{"b": [{"a": 1, "a": 1}]}', "'a' comes twice"),
    "NaN": (b'{"a": NaN}', "NaN is not JSON"),
    "Infinity": (b"[-Infinity]", "-Infinity is not JSON"),
    "infinite number": (b"[1e999]", "1e999 does not fit"),
    "very long integer": (b"1" * 5000, "cannot be read|that can be read"),
    "bad UTF-8": (b'{"a": "\xff"}', "not UTF-8 at byte 7"),
    "encoded surrogate": (b'"\xed\xa0\xbd"', "not UTF-8 at byte 1"),
    "byte order mark": (b"\xef\xbb\xbf{}", "not JSON at column 1"),
    "100,000 deep": (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
    "cut off": (b'{"a": ', "not JSON at column"),
    "two values": (b"{} {}", "not JSON at column 4"),
    "raw control character": (b'"a\tb"', "not JSON at column 3"),
}


@pytest.mark.parametrize(("line", "says"), BAD.values(), ids=BAD)
def test_a_bad_line_says_what_is_wrong(line, says):
    """Every wrong line is a BadLine, never another exception."""
    with pytest.raises(jsonl.BadLine, match=says):
        jsonl.parse(line)


@pytest.mark.parametrize("inside", ["\u2028", "\u2029", "\u0085", "\x0b", "\x0c", "\x1c", "\r"])
def test_only_a_line_feed_ends_a_line(tmp_path, inside):
    """What str.splitlines takes for a newline is content."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(f'"x{inside}y"\n2\n'.encode())

    assert [number for number, _ in jsonl.lines(path)] == [1, 2]


def test_empty_lines_are_left_out_and_counted(tmp_path):
    """A line's number is the one that an editor shows."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"1\n\n \t\r\n2")

    assert list(jsonl.lines(path)) == [(1, b"1\n"), (4, b"2")]


@settings(deadline=None)
@given(ANY_TEXT.filter(lambda text: jsonl.plain(text) == text))
def test_text_survives_a_round_trip(text):
    """Lone surrogates too; only a split pair needs another form."""
    assert jsonl.parse(jsonl.dump(text).encode("ascii")) == text


@settings(deadline=None)
@given(ANY_TEXT)
def test_a_dumped_line_is_one_line_of_ascii(text):
    """No tool can split it, normalise it or hide it."""
    line = jsonl.dump({"text": text})

    assert line.isascii()
    assert line.isprintable()


def test_a_split_pair_keeps_its_two_code_points():
    """JSON would read the two escapes back as one character."""
    plain = jsonl.parse(jsonl.dump(jsonl.plain("a\ud83d\ude00")).encode())

    assert plain == {"join": ["a\ud83d", "\ude00"]}


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | ANY_TEXT | st.binary(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["hex", "join", "map"]) | ANY_TEXT | st.integers(), inner, max_size=2
        )
    ),
    max_leaves=6,
)
"""What observations and snapshots hold."""


@settings(deadline=None)
@given(PLAIN)
def test_a_plain_value_is_read_back_as_what_it_was(value):
    """Through a line of a file: bytes, split pairs, keys that are numbers, and what looks alike."""
    line = jsonl.dump(jsonl.plain(value))

    assert canonical(jsonl.unplain(jsonl.parse(line.encode()))) == canonical(value)


@pytest.mark.parametrize(
    "form",
    [
        {"hex": 5}, {"hex": "A"}, {"hex": "0"}, {"hex": "AB"}, {"hex": "a b"}, {"join": "ab"},
        {"join": ["a", "b"]}, {"join": [1]}, {"map": 1}, {"map": [["a", 1]]}, {"map": [[1]]},
        {"map": [[1, 2], [1, 3]]}, {"map": [[{}, 1]]}, {"map": [[1, 1.5]]}, {"map": []},
        [{"a": {"hex": None}}],
    ],
    ids=str,
)  # fmt: skip
def test_a_form_that_is_never_written_is_no_value(form):
    """Two lines that differ are two values, or one of them is wrong."""
    with pytest.raises(ValueError, match="no value is written as"):
        jsonl.unplain(form)


def test_a_long_integer_stays_what_it_is():
    """Above 64 bits it is no float."""
    assert jsonl.parse(b"18446744073709551617") == 2**64 + 1
