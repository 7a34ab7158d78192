"""An import loses nothing in silence, writes a corpus or nothing, and holds no more than a row."""

import json
import tracemalloc

import pytest
from helpers import rows_of
from hypothesis import given
from hypothesis import strategies as st

from parity import corpus, importing
from parity.errors import EvidenceLost, NothingSelected, ParityError, UsageError
from parity.importing import Request, import_file

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), min_size=1)


def imported(folder, data, format="txt", **options):
    """Import bytes; return the result and the cases of the corpus."""
    source = folder / "My File.v2.txt"
    source.write_bytes(data)
    result = import_file(Request(source, format, folder / "out.jsonl", force=True, **options))
    return result, list(corpus.read(folder / "out.jsonl"))


def objects(*rows):
    """JSON lines."""
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


@given(st.lists(ANY_TEXT, min_size=1, max_size=8))
def test_every_text_is_there_once_and_as_it_was(tmp_path_factory, texts):
    """Whatever characters it has; and what is written is a corpus."""
    folder = tmp_path_factory.mktemp("import")
    result, cases = imported(folder, "\n".join(texts).encode())

    assert [case.payload for case in cases] == list(dict.fromkeys(texts))
    assert (result.rows, result.duplicates) == (len(texts), len(texts) - len(cases))
    assert corpus.survey([folder / "out.jsonl"]).count == result.cases


def test_an_id_names_the_topic_the_row_and_the_content(tmp_path):
    """So two rows never share one, in files of any size; the source names the file."""
    _, (case, _) = imported(tmp_path, b"\na\nb\n")

    assert case.id == "my_file/row-2-8cdd002a"
    assert case.source == "import of My File.v2.txt"


def test_the_texts_of_one_row_are_numbered(tmp_path):
    """Each is a case."""
    chat = {"messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]}
    _, cases = imported(tmp_path, objects(chat), "openai", kind="text", topic="x/y")

    assert [case.id.rpartition("-")[0] for case in cases] == ["x/y/row-1.1", "x/y/row-1.2"]


def test_lines_of_a_corpus_keep_what_they_say(tmp_path):
    """Name, tags, options, source and licence."""
    line = corpus.as_line(
        corpus.Case("", "text", "a", {"specials": "plain"}, ("t",), "s", "l"), "q/r"
    )
    _, cases = imported(tmp_path, objects(line), "jsonl")

    assert cases == [corpus.Case(line["id"], "text", "a", {"specials": "plain"}, ("t",), "s", "l")]


def test_malformed_rows_are_counted_told_and_written(tmp_path):
    """The first 20 with their places, all of them beside the output; the others go on."""
    result, cases = imported(tmp_path, b"a\n" + b"\xff\n" * 30 + b"\nb")
    rejected = rows_of(tmp_path / "out.rejected.jsonl")

    assert [case.payload for case in cases] == ["a", "b"]
    assert (result.malformed, result.empty, len(result.first), len(rejected)) == (30, 1, 20, 30)
    assert rejected[0] == {
        "place": f"{tmp_path}/My File.v2.txt:2",
        "reason": "not UTF-8 at byte 0: b'\\xff'",
        "start": "\\xff",
    }
    assert result.first[0] == (rejected[0]["place"], rejected[0]["reason"])


@pytest.mark.parametrize(
    ("format", "row"),
    [
        ("txt", b"x" * 5_000),
        ("openai", objects({"messages": [{"role": "user", "content": "x" * 5_000}]})),
        ("openai", b'{"messages": [{"role": "r", "a": ' + b"[" * 900 + b"]" * 900 + b"}]}"),
    ],
)
def test_a_row_that_is_too_long_or_deep_is_malformed(tmp_path, format, row):
    """It is not fatal, and the row after it is taken."""
    good = b"a" if format == "txt" else objects({"messages": [{"role": "user", "content": "a"}]})
    result, cases = imported(tmp_path, row.strip() + b"\n" + good, format, max_row=1_000)

    assert (result.malformed, len(cases)) == (1, 1)


def test_a_row_too_long_for_a_corpus_is_malformed(tmp_path, monkeypatch):
    """Control characters take six bytes each there; what is written can be read."""
    monkeypatch.setattr(corpus, "LONGEST", 300)
    result, cases = imported(tmp_path, b"\x01" * 100 + b"\n" + b"a" * 100)

    assert (result.malformed, len(cases)) == (1, 1)
    assert "as a line of a corpus it has" in result.first[0][1]


def test_a_clean_import_leaves_no_old_rejections(tmp_path):
    """Those of an import before would be taken for its own."""
    imported(tmp_path, b"a\n\xff")
    imported(tmp_path, b"a\nb")

    assert not (tmp_path / "out.rejected.jsonl").exists()


def test_reading_stops_at_the_limit(tmp_path):
    """Of cases, not of rows."""
    result, cases = imported(tmp_path, b"a\na\n\xff\nb\nc\nd\n", limit=3)

    assert [case.payload for case in cases] == ["a", "b", "c"]
    assert (result.stopped, result.rows, result.malformed) == (True, 5, 1)


NOTHING = {
    "an empty file": (b"", "txt", "no text in its 0 rows; nothing is written"),
    "no messages": (objects({"messages": []}, 5), "openai", "2 of them.*:1: it has no messages\n"),
    "an empty array": (b"[]", "sharegpt", "no messages in its 0 rows"),
    "no line of a corpus": (objects({"text": "a"}), "jsonl", "the key 'id' is wanted"),
}


@pytest.mark.parametrize(("data", "format", "says"), NOTHING.values(), ids=NOTHING)
def test_an_import_of_nothing_writes_nothing(tmp_path, data, format, says):
    """It is exit code 5, and says why."""
    with pytest.raises(NothingSelected, match=f"(?s){says}"):
        imported(tmp_path, data, format)
    assert [path.name for path in tmp_path.iterdir()] == ["My File.v2.txt"]


REFUSED = {
    "the file itself": ({"output": "a.txt", "force": True}, "is the file itself"),
    "a file that is there": ({"output": "there"}, "there is there already"),
    "rejections that are there": ({"output": "x.jsonl"}, "x.rejected.jsonl is there already"),
    "a folder": ({"output": "."}, "that is no file"),
    "a device": ({"output": "/dev/null", "force": True}, "that is no file"),
    "no folder": ({"output": "no/out.jsonl"}, "there is no such folder"),
    "a field of txt": ({"field": "a"}, "it has no --field"),
    "messages of txt": ({"kind": "messages"}, "no messages"),
    "a kind of corpus lines": ({"format": "jsonl", "kind": "text"}, "--kind needs --field"),
    "a bad topic": ({"topic": "Ä b"}, "--topic"),
}


@pytest.mark.parametrize(("options", "says"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_meant_is_refused_before_anything_is_read(tmp_path, options, says):
    """What is there stays as it is."""
    for name in ("a.txt", "there", "x.rejected.jsonl"):
        (tmp_path / name).write_bytes(b"old")
    options = {"format": "txt", "output": "out", **options}
    options["output"] = tmp_path / options["output"]

    with pytest.raises(UsageError, match=says):
        import_file(Request(tmp_path / "a.txt", **options))
    assert {path.read_bytes() for path in tmp_path.iterdir()} == {b"old"}


def test_an_output_that_cannot_be_written_is_told(tmp_path, monkeypatch):
    """And nothing is left of it."""

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("parity.files.os.fsync", full)

    with pytest.raises(EvidenceLost, match=r"out\.jsonl: the corpus cannot be written: No space"):
        imported(tmp_path, b"a\n\xff")
    assert [path.name for path in tmp_path.iterdir()] == ["My File.v2.txt"]


def test_a_file_that_breaks_off_leaves_the_old_output(tmp_path):
    """It is read to its end before anything is replaced."""
    imported(tmp_path, b"old")

    with pytest.raises(ParityError, match="cannot be read"):
        imported(tmp_path, b"\x1f\x8b\x08\x00")
    assert [case.payload for case in corpus.read(tmp_path / "out.jsonl")] == ["old"]


def test_progress_is_told_in_bytes_of_the_file(tmp_path):
    """No more than there are."""
    source, told = tmp_path / "a.txt", []
    source.write_bytes(b"".join(b"%06d\n" % number for number in range(100_000)))
    import_file(Request(source, "txt", tmp_path / "out.jsonl"), told.append)

    assert 0 < sum(told) <= source.stat().st_size


def peak(folder, rows):
    """Bytes of Python's memory that an import takes at most."""
    (folder / "chats.json").write_text(
        json.dumps([
            {"conversations": [{"from": "human", "value": f"{number} " + "x" * 2_000}]}
            for number in range(rows)
        ])
    )  # fmt: skip
    tracemalloc.start()
    import_file(Request(folder / "chats.json", "sharegpt", folder / "out.jsonl", force=True))
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


def test_memory_does_not_grow_with_the_file(tmp_path):
    """Ten times the rows of one array, the same peak: less than a tenth of what is read."""
    peak(tmp_path, 10)  # what is imported and cached once
    small, large = peak(tmp_path, 400), peak(tmp_path, 4_000)

    assert large < small + 100_000
    assert large < (tmp_path / "chats.json").stat().st_size / 10


def test_a_giant_line_is_not_held(tmp_path):
    """A line of 60 MB is malformed in the memory of the limit."""
    (tmp_path / "a.txt").write_bytes(b"x" * 60_000_000 + b"\nb\n")
    tracemalloc.start()
    result = import_file(Request(tmp_path / "a.txt", "txt", tmp_path / "o", max_row=1 << 20))
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert (result.cases, result.malformed) == (1, 1)
    assert "60,000,000 bytes, the most is 1,048,576" in result.first[0][1]
    assert found < 8_000_000


def test_the_formats_are_those_of_the_converters():
    """The list that the command offers is whole."""
    assert set(importing.FORMATS) == set(importing.CONVERTERS)
