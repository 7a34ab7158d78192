"""Corpora: a bad line is known by file and line before a run, and the shipped ones are whole."""

import gzip
import json
import re
import tracemalloc
import unicodedata

import pytest

from parity import artefact, corpus
from parity.deriving.families import FAMILIES
from parity.errors import BadCorpus
from parity.types import Case, case_digest

SHIPPED = artefact.shipped()
FILES = sorted(SHIPPED.glob("*.jsonl"))
BLANK = {
    0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0,
    *range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0),
}  # fmt: skip
"""Characters of visible categories that show nothing."""


def line(kind="text", value="a", *, id=None, **fields):
    """A corpus line whose id fits its content."""
    options = fields.get("options", {})
    digest = case_digest(kind, value, options if isinstance(options, dict) else {})
    row = {"id": id or f"t/x-{digest}", kind: value, **fields}
    return json.dumps(row).encode() + b"\n"


BAD = {
    "not an object": (b"[1]", "an object, this is list"),
    "duplicated key": (b'{"id": "a", "id": "b"}', "'id' comes twice"),
    "NaN": (line(options={"tools": float("nan")}), "NaN is not JSON"),
    "bad UTF-8": (b'{"id": "\xff"}', "not UTF-8"),
    "100,000 deep": (b'{"messages": ' + b"[" * 100_000, "nested too deeply"),
    "very long integer": (b'{"ids": [%s]}' % (b"1" * 5000), "JSON"),
    "unknown key": (line(txt="b"), "unknown key 'txt'"),
    "no payload": (b'{"id": "t/x-00000000"}', "this has none"),
    "two payloads": (line(ids=[1]), "this has text and ids"),
    "no id": (b'{"text": "a"}', "'id' is wanted"),
    "id of a number": (line(id=7), "'id' is wanted"),
    "id without a topic": (line(id="x-00000000"), "not of the form"),
    "id with a newline": (line(id="t/x-00000000\n"), "not of the form"),
    "wrong suffix": (line(id="t/x-00000000"), "belongs to other content; .* suffix is"),
    "text of a number": (line(value=1), "'text' is a string"),
    "text of mixed parts": (line(value=["a", 1]), "'text' is a string or a list of strings"),
    "null text": (line(value=None), "'text' is a string"),
    "upper-case bytes": (line("bytes", "FF"), "lower-case hexadecimal"),
    "odd bytes": (line("bytes", "abc"), "lower-case hexadecimal"),
    "bytes with a newline": (line("bytes", "ab\n"), "lower-case hexadecimal"),
    "float id": (line("ids", [1.0]), "list of integers"),
    "true as an id": (line("ids", [True]), "list of integers"),
    "ids of a number": (line("ids", 1), "list of integers"),
    "messages of strings": (line("messages", ["a"]), "list of objects"),
    "training without a size": (line("train", {"texts": []}), "'train': train has no size"),
    "training on half a pair": (line("train", {"texts": ["\ud83d"], "size": 1}), "well-formed"),
    "options of a list": (line(options=[]), "'options' is an object"),
    "unknown option": (line(options={"special": "plain"}), "unknown option 'special'"),
    "unknown mode": (line(options={"specials": "all"}), "one of parse, plain, template"),
    "mode of a list": (line(options={"specials": []}), "one of parse, plain, template"),
    "option of a string": (line(options={"add_generation_prompt": "yes"}), "cannot be 'yes'"),
    "tags of a string": (line(tags="a"), "'tags' is a list"),
    "tag of a number": (line(tags=[1]), "'tags' is a list"),
    "source of a number": (line(source=1), "'source' is a string"),
}


def written(folder, *lines, name="a.jsonl"):
    """A corpus file."""
    path = folder / name
    path.write_bytes(b"".join(lines))
    return path


@pytest.mark.parametrize(("bad", "says"), BAD.values(), ids=BAD)
def test_a_bad_line_is_named_with_its_file_and_number(tmp_path, bad, says):
    """The reader knows where to look, and what for."""
    path = written(tmp_path, line(), b"\n", bad)

    with pytest.raises(BadCorpus, match=f"^{re.escape(str(path))}:3: .*{says}") as caught:
        list(corpus.read(path))
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("inside", ["\u2028", "\u0085", "\x1c"])
def test_only_a_line_feed_ends_a_case(tmp_path, inside):
    """Characters that other readers split at are content."""
    text = f"x{inside}y"
    raw = line(value=text).decode("ascii").replace(json.dumps(text), f'"{text}"')
    if inside == "\x1c":
        raw = line(value=text).decode()

    assert [case.payload for case in corpus.read(written(tmp_path, raw.encode()))] == [text]


def test_a_carriage_return_between_lines_is_no_content(tmp_path):
    """A file that went through a Windows editor has the same cases."""
    path = written(tmp_path, line().replace(b"\n", b"\r\n"), line(value="b\r"))

    assert [case.payload for case in corpus.read(path)] == ["a", "b\r"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\ud83d", "a\ud83d"),
        ("\ude00a", "\ude00a"),
        (["\ud83d", "\ude00"], "\ud83d\ude00"),
        (["a", "", "b"], "ab"),
        ([], ""),
        ("\U0001f600", "\U0001f600"),
    ],
)
def test_text_keeps_its_code_points(tmp_path, value, text):
    """Lone surrogates stay; a list of strings is joined and keeps a split pair apart."""
    (case,) = corpus.read(written(tmp_path, line(value=value)))

    assert [*map(ord, case.payload)] == [*map(ord, text)]


def test_defaults_fill_only_what_a_case_leaves_open(tmp_path):
    """What a case says stands."""
    path = written(tmp_path, line(), line(value="b", options={"specials": "parse"}))
    cases = corpus.read_all([path], {"specials": "plain"})

    assert [case.options["specials"] for case in cases] == ["plain", "parse"]


def test_an_id_may_come_once_over_all_files(tmp_path):
    """The message names both places."""
    paths = [written(tmp_path, line()), written(tmp_path, line(value="b"), line(), name="b.jsonl")]

    with pytest.raises(BadCorpus) as caught:
        corpus.survey(paths)
    assert str(caught.value).startswith(f"{paths[1]}:2: the id 't/x-")
    assert f"{paths[0]}:1" in str(caught.value)


def test_a_survey_counts_every_case(tmp_path):
    """The number in a report is the number of lines."""
    assert corpus.survey([written(tmp_path, line(), line(value="b"))]).count == 2


@pytest.mark.parametrize("change", [b"\n", b" \n", line(value="c")])
def test_a_survey_digests_every_byte(tmp_path, change):
    """Another file is another corpus, even where its cases are the same."""
    before = corpus.survey([written(tmp_path, line())]).digest

    assert corpus.survey([written(tmp_path, line(), change)]).digest != before


@pytest.mark.parametrize("pattern", ["nothing", "", ".", "/", "..", "no/*.jsonl", "a\0b", "//"])
def test_a_pattern_that_names_nothing_is_refused(tmp_path, pattern):
    """A corpus that is not there cannot make a run green."""
    with pytest.raises(BadCorpus, match="no corpus"):
        corpus.find([pattern], SHIPPED, tmp_path)


@pytest.mark.parametrize("pattern", ["**x", "a" * 300, "a" * 300 + "/*", "**/" * 3000 + "*"])
def test_a_pattern_that_no_file_system_reads_is_a_bad_corpus(tmp_path, pattern):
    """What pathlib raises for it is no crash of ours, and the message is short."""
    with pytest.raises(BadCorpus, match=r"no corpus|is no path or glob") as caught:
        corpus.find([pattern], SHIPPED, tmp_path)
    assert caught.value.exit_code == 2


def test_a_derived_corpus_has_a_name(tmp_path):
    """`derived` is all of them that are there, `derived/NAME` one; neither is in `all`."""
    one = SHIPPED / "derived" / "emoji.jsonl.gz"

    assert corpus.find(["derived/emoji"], SHIPPED, tmp_path) == [one]
    assert one in corpus.find(["derived"], SHIPPED, tmp_path)
    assert one not in corpus.find(["all"], SHIPPED, tmp_path)


def test_a_derived_corpus_can_be_left_out(tmp_path, monkeypatch):
    """One that is not built is left out already."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    names = [path.name for path in SHIPPED.glob("derived/*.gz") if "emoji" not in path.name]
    found = corpus.find(["derived", "!derived/emoji", "!derived/udhr"], SHIPPED, tmp_path)

    assert [path.name for path in found] == sorted(names)


def test_a_corpus_that_is_not_built_is_refused_with_the_command(tmp_path, monkeypatch):
    """Nobody takes its silence for agreement."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    with pytest.raises(BadCorpus, match="'derived/udhr' is not built here; run: tokparity corpus"):
        corpus.find(["all", "derived/udhr"], SHIPPED, tmp_path)


def test_a_derived_corpus_is_not_called_as_a_kept_one(tmp_path):
    """Items and goldens of the two stand side by side."""
    paths = corpus.find(["all", "derived"], SHIPPED, tmp_path)

    assert len({corpus.name(path) for path in paths}) == len(paths)
    assert {"emoji", "derived-emoji"} <= {corpus.name(path) for path in paths}


def test_a_compressed_corpus_is_what_is_in_it(tmp_path):
    """Cases, places of bad lines and digest are those of the lines, not of the compression."""
    lines = [line(), b"\n", line(value="b")]
    plain = written(tmp_path, *lines)
    packed = written(tmp_path, gzip.compress(b"".join(lines)), name="b.jsonl.gz")
    bad = written(tmp_path, gzip.compress(line() + b"[]"), name="c.jsonl.gz")

    assert list(corpus.read(packed)) == list(corpus.read(plain))
    assert corpus.survey([packed]) == corpus.survey([plain])
    with pytest.raises(BadCorpus, match=r"c\.jsonl\.gz:2: a case is an object"):
        list(corpus.read(bad))


PACKED = gzip.compress(line() * 100, mtime=0)


@pytest.mark.parametrize(
    "data",
    [
        *(PACKED[:end] for end in (0, 1, 9, 40, len(PACKED) - 8, len(PACKED) - 1)),
        line(),
        PACKED + b"x",
        PACKED[:-6] + bytes([PACKED[-6] ^ 1]) + PACKED[-5:],
        PACKED[:30] + bytes([PACKED[30] ^ 255]) + PACKED[31:],
    ],
)
def test_a_compressed_corpus_that_is_damaged_or_cut_is_refused(tmp_path, data):
    """Wherever, and for a digest as for its cases."""
    path = written(tmp_path, data, name="a.jsonl.gz")
    says = re.escape(f"{path}: cannot be read: a gzip file that is damaged or cut off")

    with pytest.raises(BadCorpus, match=says):
        list(corpus.read(path))
    with pytest.raises(BadCorpus, match=says):
        corpus.digest([path])


def test_a_file_that_is_named_twice_is_read_once(tmp_path):
    """A glob and a name may overlap."""
    path = written(tmp_path, line())

    assert corpus.find(["a.jsonl", "*.jsonl", str(path)], SHIPPED, tmp_path) == [path]


def test_a_line_of_100_mb_is_refused_by_its_number_and_not_held(tmp_path):
    """Reading it takes no more than the limit."""
    path = written(tmp_path, line(), b'{"id": "', b"a" * 100_000_000, b"\n")
    tracemalloc.start()

    with pytest.raises(BadCorpus, match=r"a\.jsonl:2: the line has 100,000,008 bytes"):
        list(corpus.read(path))
    assert tracemalloc.get_traced_memory()[1] < 3 * corpus.LONGEST
    tracemalloc.stop()


@pytest.mark.parametrize(("kind", "payload", "stands"), [
    ("text", "a", "a"), ("text", "a\ud83d\ude00", ["a\ud83d", "\ude00"]), ("bytes", b"\xff", "ff"),
    ("ids", (1, 2), [1, 2]), ("messages", [{"role": "user"}], [{"role": "user"}]),
    ("stop", {"pieces": ["a"], "stops": ["b"]}, {"pieces": ["a"], "stops": ["b"]}),
    ("train", {"texts": ["a"], "size": 300}, {"texts": ["a"], "size": 300}),
])  # fmt: skip
def test_a_case_that_is_written_is_read_as_it_was(kind, payload, stands):
    """Under a name and the digest of its content."""
    case = Case("", kind, payload, {"specials": "plain"}, ("tag",), "source", "CC0-1.0")
    fields = corpus.as_line(case, "t/x")

    assert fields[kind] == stands
    assert corpus.parse(json.dumps(fields).encode()) == case._replace(id=fields["id"])


def test_a_file_that_cannot_be_read_is_a_bad_corpus(tmp_path):
    """It is the user's to mend."""
    with pytest.raises(BadCorpus, match="cannot be read"):
        list(corpus.read(tmp_path / "gone.jsonl"))


def test_the_shipped_corpora_are_valid_and_many():
    """Every line parses, every id is its content's and comes once."""
    assert corpus.survey(FILES).count >= 600


def test_every_tag_is_explained_and_every_explained_tag_is_used():
    """A tag without an explanation, or without a case, says nothing."""
    explained = re.findall(
        r"^\| `([^`]+)` \|", (SHIPPED / "TAGS.md").read_text("utf-8"), re.MULTILINE
    )
    used = {tag for case in corpus.read_all(FILES) for tag in case.tags}
    used |= {tag for family in FAMILIES.values() for tag in family.tags}

    assert sorted(explained) == sorted(used)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_the_eye_cannot_see_is_escaped(path):
    """An editor cannot change, and a reader cannot miss, what a case is about."""
    hidden = {
        f"U+{ord(char):04X}"
        for char in set(path.read_bytes().decode("utf-8")) - {" ", "\n"}
        if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"}
        or ord(char) in BLANK
    }

    assert hidden == set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_has_its_own_topic_a_source_and_a_licence(path):
    """Nobody has to ask where a case came from."""
    cases = list(corpus.read(path))

    assert {case.id.partition("/")[0] for case in cases} == {path.stem}
    assert all(case.tags and case.source and case.licence for case in cases)
