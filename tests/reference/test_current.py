"""A tokenizer.json read with current Unicode: what changes, what does not, and that it is said."""

import json
import sys

import pytest
import unicodedata2

from parity import backends, cli, reference
from parity.errors import BadSpec, MissingPackage
from parity.reference import current

YOUNG_LETTER = "\ua7dd"
"""Assigned in Unicode 17; Oniguruma's tables are those of 16."""


def both(tmp_path, **parts):
    """A file as it is modelled, and as current Unicode has it; characters are tokens."""
    nothing = dict.fromkeys(("normalizer", "pre_tokenizer", "post_processor", "decoder"))
    model = {"type": "WordLevel", "vocab": {"?": 0}, "unk_token": "?"}
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps({"version": "1.0", **nothing, "model": model, **parts}))
    return reference.load(path), reference.load(path, current=True)


def split(kind, **options):
    return {"pre_tokenizer": {"type": kind, **options}}


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_forms_are_those_of_the_package(form, tmp_path):
    """Over what changed since Unicode 9: the Reiwa era sign, younger marks and composed letters."""
    _, new = both(tmp_path, normalizer={"type": form})
    for text in ("\u32ff", "a\u0898\u0323", "\U00011938", "e\u0301\u07fd\u0316", "\u1100\u1161"):
        (segment,) = new.stages(text).segments
        assert segment.text == unicodedata2.normalize(form, text)


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ({"normalizer": {"type": "NFKC"}}, "\u32ff"),
        ({"normalizer": {"type": "StripAccents"}}, "a\u0898"),
        (split("Whitespace"), f"{YOUNG_LETTER}."),
        (
            split("Split", pattern={"Regex": r"\p{L}+"}, behavior="Isolated", invert=False),
            f"{YOUNG_LETTER}.",
        ),
        (split("Punctuation", behavior="Isolated"), "a\u2e52"),
        (split("BertPreTokenizer"), "a\u2e52"),
        (split("ByteLevel", add_prefix_space=False, trim_offsets=True), f"{YOUNG_LETTER}."),
    ],
    ids=["form", "accents", "words", "pattern", "punctuation", "bert", "bytes"],
)
def test_what_changed_since_the_modelled_tables_is_read_otherwise(parts, text, tmp_path):
    old, new = (tokenizer.stages(text) for tokenizer in both(tmp_path, **parts))
    assert [piece.text for piece in old.pieces] != [piece.text for piece in new.pieces]


def test_what_did_not_change_is_read_alike():
    """On the shipped tokenizers."""
    for name in ("byte-bpe-600", "unigram", "wordpiece"):
        old, new = backends.load(f"reference:tiny:{name}"), None
        new = backends.load(f"reference:tiny:{name},unicode=current")
        for text in ("Hello, w\xf6rld 12.5", "\u6f22\u5b57 \u304b\u306a", "e\u0301\r\n\t a"):
            assert old.encode(text) == new.encode(text)


def test_the_versions_are_told_and_tell_two_sides_apart():
    """In the identity, so in fingerprints: they are two sides, and their Unicode differs."""
    old = backends.load("reference:tiny:byte-bpe-600").identity()
    new = backends.load("reference:tiny:byte-bpe-600,unicode=current").identity()

    assert old.facts["unicode normalization"] == "9"
    assert {new.facts[f"unicode {part}"] for part in current.PARTS} == {current.VERSION}
    assert new.facts["unicode scripts"] == old.facts["unicode scripts"]
    assert "unicodedata2" in new.packages
    assert unicodedata2.unidata_version.startswith(f"{current.VERSION}.")


def test_no_other_tables_are_known():
    with pytest.raises(BadSpec, match="modelled or current"):
        backends.load("reference:tiny:byte-bpe-600,unicode=15")


def test_without_the_package_it_is_said_what_to_install(monkeypatch, tmp_path):
    """And with one of another version, what is wanted."""
    current.normalization.cache_clear()
    monkeypatch.setitem(sys.modules, "unicodedata2", None)
    with pytest.raises(MissingPackage, match=r"pip install 'tokparity\[unicode\]'"):
        both(tmp_path, normalizer={"type": "NFC"})
    monkeypatch.undo()
    monkeypatch.setattr(unicodedata2, "unidata_version", "15.1.0")
    with pytest.raises(MissingPackage, match="has Unicode 15"):
        both(tmp_path, normalizer={"type": "NFC"})
    monkeypatch.undo()
    both(tmp_path, normalizer={"type": "NFC"})


def test_a_report_says_that_the_tables_differ(tmp_path, monkeypatch, capsys):
    """And names the tables; the divergences are those of young characters."""
    monkeypatch.chdir(tmp_path)
    command = "tokparity run --checks ids --corpus normalisation --reference reference:{0} "
    command += "--candidate reference:{0},unicode=current"
    monkeypatch.setattr(sys, "argv", command.format("tiny:byte-bpe-600").split())
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr().out

    assert ended.value.code == 1
    assert "different Unicode tables: categories 8 and 18, normalization 9 and 18" in said
