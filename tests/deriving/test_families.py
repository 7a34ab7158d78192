"""Each family over a few lines of its source: what becomes a case, and what does not."""

import bz2
import json

import pytest

from parity.deriving import (
    building,
    characters,
    emoji,
    ill_formed,
    naughty,
    normalisation,
    prose,
    segmentation,
    whitespace,
)
from parity.deriving.families import FAMILIES
from parity.errors import LockMismatch

EMOJI = {
    "u/emoji-test.txt": (
        "# a comment\n1F600  ; fully-qualified  # E1.0\n"
        "1F44B 1F3FE ; fully-qualified # wave\n1F1F3 1F1FF ; fully-qualified # flag\n"
    ),
    "u/emoji-zwj-sequences.txt": "1F468 200D 1F4BB ; RGI_Emoji_ZWJ_Sequence ; man # E4\n",
    "u/emoji-variation-sequences.txt": "0023 FE0E  ; text style;  # (1.1)\n",
}
BREAKS = {
    "u/GraphemeBreakTest.txt": "÷ 0020 × 0308 ÷\t# x\n",
    "u/WordBreakTest.txt": "÷ 0061 ÷ 000A ÷\t# x\n",
    "u/SentenceBreakTest.txt": "÷ 0061 ÷\t# x\n÷ 0061 ÷\t# twice\n",
    "u/LineBreakTest.txt": "× D800 ÷\n× 0030 ÷\n× 0031 ÷\n× 0032 ÷\n",
}
ROWS = (
    "@Part1\n"
    "1E0A;1E0A;0044 0307;1E0A;0044 0307;\n"
    "212B;00C5;0041 030A;00C5;0041 030A;\n"
    "0061 0315 0300;00E0 0315;0061 0300 0315;00E0 0315;0061 0300 0315;\n"
    "1100 1161;AC00;1100 1161;AC00;1100 1161;\n"
    "00B9;00B9;00B9;0031;0031;\n"
)
DATA = {
    "u/Blocks.txt": "0000..007F; Basic Latin\n0080..00FF; Latin-1\n",
    "u/UnicodeData.txt": (
        "0041;A;Lu;0;L;;;;;N;;;;;\n0042;B;Lu;0;L;;;;;N;;;;;\n00C0;C;Lu;0;L;0041 0300;;;;N;;;;;\n"
        "D800;<S, First>;Cs;0;L;;;;;N;;;;;\n"
        + "".join(f"{0x660 + n:04X};D;Nd;0;AN;;{n};{n};{n};N;;;;;\n" for n in range(10))
    ),
    "u/CaseFolding.txt": "00DF; F; 0073 0073; # SHARP S\n",
}
PAIRS = json.dumps({"a": [{"c": "\u0430", "n": "A"}], "b": [{"c": "c", "n": "C"}] * 8})
PAGE = "<body><p> One\n two </p><ol><li>Three &amp; four</li></ol><p></p><p>One two</p></body>"
NOTES = {"annotations": {"annotations": {"x": {"default": ["eins", "zwei"], "tts": ["eins"]}}}}
NAMES = {"main": {"de": {"localeDisplayNames": {"scripts": {"Latn": "Lateinisch"}}}}}

TABLE = {
    "emoji": (
        emoji.FAMILY,
        EMOJI,
        ["😀", "👋🏾", "🇳🇿", "a👨\u200d💻b", "#\ufe0e"],
    ),
    "segmentation": (segmentation.FAMILY, BREAKS, [" \u0308", "a\n", "a", "2"]),
    "normalisation": (
        normalisation.FAMILY,
        {"u/NormalizationTest.txt.bz2": bz2.compress(ROWS.encode())},
        ["\u1e0a", "\u212b", "a\u0315\u0300", "\u1100\u1161"],
    ),
    "codepoints": (
        characters.CODEPOINTS,
        DATA,
        ["A", "aAb", " A\n", "\xc0", "a\xc0b", " \xc0\n", "٠", "a٠b", " ٠\n"],
    ),
    "digits": (characters.DIGITS, DATA, ["١٢٣٤٥٦٧٨"[:length] for length in range(1, 9)]),
    "case": (characters.CASE, DATA, ["\xdf ss"]),
    "confusables": (characters.CONFUSABLES, {"c.json": PAIRS}, ["a\u0430", "bc"]),
    "naughty": (naughty.FAMILY, {"b.json": '["", "x", "x"]'}, ["", "x"]),
    "udhr": (prose.UDHR, {"d/deu.html": PAGE, "d/eng.html": PAGE}, ["One two", "Three & four"]),
    "cldr-annotations": (
        prose.ANNOTATIONS,
        {"package/annotations/de/annotations.json": json.dumps(NOTES)},
        ["eins", "zwei"],
    ),
    "cldr-names": (
        prose.NAMES,
        {"package/main/de/scripts.json": json.dumps(NAMES)},
        ["Lateinisch"],
    ),
}


def made(family, files, name="derived/x"):
    """The lines of a family."""
    found = building.make(name, family, {path: _bytes(data) for path, data in files.items()})
    return [json.loads(line) for line in found.data.splitlines()]


def _bytes(data):
    return data if isinstance(data, bytes) else data.encode()


def test_every_family_with_a_source_has_a_row_here():
    """A new one is looked at over a few lines, too."""
    assert {name for name, family in FAMILIES.items() if family.source} == {
        f"derived/{name}" for name in TABLE
    }


@pytest.mark.parametrize(("family", "files", "texts"), TABLE.values(), ids=TABLE)
def test_a_family_takes_its_texts(family, files, texts):
    """These and no others, each once, in order."""
    assert [line["text"] for line in made(family, files)] == texts


@pytest.mark.parametrize(("family", "files", "texts"), TABLE.values(), ids=TABLE)
def test_a_case_says_the_file_and_place_that_it_comes_from(family, files, texts):
    """One who doubts it can look."""
    (*_, last) = made(family, files)

    assert texts
    assert "#" in last["source"]
    assert set(last["tags"]) <= set(family.tags)


def test_the_traps_of_normalisation_are_told_by_the_columns():
    """No table of this Python has a say."""
    (family, files, _) = TABLE["normalisation"]

    assert [line["tags"] for line in made(family, files)] == [
        ["norm.pair"], ["norm.singleton"], ["norm.order"], ["norm.hangul"],
    ]  # fmt: skip


@pytest.mark.parametrize("name", [name for name in TABLE if name not in ("udhr", "naughty")])
def test_a_source_that_is_not_as_it_was_is_told(name):
    """With the name of the corpus; a derivation that expects other files is no crash."""
    family, files, _ = TABLE[name]
    spoiled = dict.fromkeys(files, b"\xff;<")

    with pytest.raises(LockMismatch, match="derived/x: its source is not as it was"):
        made(family, spoiled)


def test_ill_formed_bytes_are_ill_formed_and_valid_ones_valid():
    """Python's decoder is the judge of each."""
    lines = made(ill_formed.FAMILY, {})
    valid = {tag: set() for tag in ill_formed.FAMILY.tags}
    for line in lines:
        data = bytes.fromhex(line["bytes"])
        valid[line["tags"][0]].add(data.decode("utf-8", "replace").encode() == data)

    assert valid.pop("bytes.valid") == {True}
    assert set.union(*valid.values()) == {False}


def test_white_space_is_what_unicode_and_python_say():
    """All of `str.isspace`, and the zero width space."""
    spaces = {chr(point) for point in range(0x110000) if chr(point).isspace()}

    assert set(whitespace.SPACES) == spaces | {"\u200b"}
