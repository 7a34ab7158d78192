"""Patterns that cut texts: by name or from a file, by whoever reads them."""

import pytest

from parity.errors import BadSpec, Unsupported
from parity.training.patterns import ENGINES, PATTERNS, by_oniguruma, by_regex, named


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
@pytest.mark.parametrize("name", PATTERNS)
@pytest.mark.parametrize("text", ["it's 12 a\n\n b", "\u65e5\u672c\u8a9e, caf\u00e9!", "  ", ""])
def test_no_pattern_of_ours_loses_text(engine, name, text):
    """Every character is in one piece."""
    assert "".join(ENGINES["regex"](PATTERNS[name])(text)) == text
    assert "".join(engine(PATTERNS[name])(text)) == text


@pytest.mark.parametrize(
    ("name", "regex", "oniguruma"),
    [("cl100k", ["123", "45"], ["12345"]), ("gpt4", ["123", "45"], ["123", "45"])],
)
def test_digits_by_three_are_so_where_the_engine_reads_them_so(name, regex, oniguruma):
    """`{1,3}+` repeats in Ruby's syntax, and gives nothing back elsewhere."""
    assert by_regex(PATTERNS[name])("12345") == regex
    assert by_oniguruma(PATTERNS[name])("12345") == oniguruma


def test_what_no_pattern_matches_is_left_out_by_one_and_kept_by_the_other():
    """`findall` against `Split` isolated."""
    assert by_regex(r"\d+")("a1b22") == ["1", "22"]
    assert by_oniguruma(r"\d+")("a1b22") == ["a", "1", "b", "22"]


def test_a_file_is_one_pattern(tmp_path):
    """Without the line end after it."""
    path = tmp_path / "pattern.txt"
    path.write_text("a+|b\n", "utf-8")

    assert named(str(path)) == ("a+|b", (str(path),))


@pytest.mark.parametrize("target", ["", "gpt5", ".", "no/such.txt"])
def test_an_unknown_pattern_is_told_with_those_that_are_known(target):
    """A folder is none either."""
    with pytest.raises(BadSpec, match="known: gpt2, r50k, cl100k, gpt4, o200k"):
        named(target)


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff"])
def test_a_file_without_a_pattern_is_refused(tmp_path, content):
    """Nothing is cut by it."""
    path = tmp_path / "pattern.txt"
    path.write_bytes(content)

    with pytest.raises(BadSpec, match="pattern"):
        named(str(path))


def test_what_is_no_pattern_is_refused():
    """By each engine, in its own way."""
    with pytest.raises(BadSpec, match="cannot be read"):
        by_regex("(")
    with pytest.raises(Unsupported):
        by_oniguruma("(")
