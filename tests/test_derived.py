"""The manifest of derived corpora: which names there are, and where what they mean lies."""

import gzip
import hashlib
import json
import re
import shutil

import pytest

from parity import artefact, corpus, derived
from parity.errors import BadCorpus, Inconclusive

ROW = {"cases": 1, "sha256": "ab" * 32, "derivation": 1, "sources": [], "licence": "CC0-1.0"}


@pytest.fixture
def planted(tmp_path):
    """One that came along, one in the cache."""
    rows = {"derived/a": {**ROW, "committed": True}, "derived/b": {**ROW, "committed": False}}
    (tmp_path / "derived").mkdir()
    (tmp_path / "derived" / "MANIFEST.json").write_text(json.dumps({"corpora": rows}))
    return derived.read(tmp_path, tmp_path / "cache")


def write(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return path


def test_what_came_along_lies_there_and_the_rest_under_its_digest(planted, tmp_path):
    """So another version's file is never taken for it."""
    places = {name: planted.place(name).relative_to(tmp_path) for name in planted.entries}

    assert {name: str(place) for name, place in places.items()} == {
        "derived/a": "derived/a.jsonl.gz",
        "derived/b": f"cache/{'ab' * 6}/derived/b.jsonl.gz",
    }


def test_a_group_means_what_is_there(planted):
    """A corpus that is not built is left out, until it is."""
    one = write(planted.place("derived/a"))
    before = planted.named("derived")
    two = write(planted.place("derived/b"))

    assert (before, planted.named("derived")) == ([one], [one, two])


def test_a_name_that_is_not_built_says_how_it_is(planted):
    """The command stands in the message."""
    with pytest.raises(BadCorpus, match="not built here; run: tokparity corpus build derived/b"):
        planted.refuse_unbuilt("derived/b", planted.named("derived/b"))


LINES = b"1\n2\n"
MENDED = {"derived/a": "install tokparity anew", "derived/b": "corpus build derived/b"}


@pytest.fixture
def kept(tmp_path):
    """A function that keeps two corpora of LINES under a manifest with these rows."""

    def keep(**change):
        row = {**ROW, "cases": 2, "sha256": hashlib.sha256(LINES).hexdigest(), **change}
        rows = {name: {**row, "committed": name == "derived/a"} for name in MENDED}
        write(tmp_path / "derived" / "MANIFEST.json").write_text(json.dumps({"corpora": rows}))
        known = derived.read(tmp_path, tmp_path / "cache")
        for name in rows:
            write(known.place(name)).write_bytes(gzip.compress(LINES))
        return known

    return keep


def test_what_the_manifest_says_is_taken(kept):
    """Its count and its digest."""
    known = kept()

    known.refuse_changed(known.named("derived"))


@pytest.mark.parametrize("name", MENDED)
@pytest.mark.parametrize("change", [{"cases": 3}, {"sha256": "ab" * 32}], ids=str)
def test_what_the_manifest_does_not_say_is_refused(kept, name, change):
    """With the path, and what mends it."""
    known = kept(**change)

    with pytest.raises(BadCorpus, match=MENDED[name]) as caught:
        known.refuse_changed(known.named(name))
    assert str(known.place(name)) in str(caught.value)


def test_a_damaged_file_is_refused(kept):
    """It cannot be unpacked."""
    known = kept()
    known.place("derived/a").write_bytes(gzip.compress(LINES)[:-9])

    with pytest.raises(BadCorpus, match="damaged or cut off"):
        known.refuse_changed(known.named("derived/a"))


def test_a_corpus_that_lost_a_line_is_found_by_no_name(tmp_path):
    """By its own name and by its group; what is left out is not looked at."""
    shutil.copytree(artefact.shipped() / "derived", tmp_path / "derived")
    path = tmp_path / "derived" / "whitespace.jsonl.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).split(b"\n", 1)[1]))

    for name in ("derived/whitespace", "derived"):
        with pytest.raises(BadCorpus, match=re.escape(f"{path}: this is not the corpus")):
            corpus.find([name], tmp_path, tmp_path)
    assert corpus.find(["derived/emoji", "!derived/whitespace"], tmp_path, tmp_path)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"corpora": {"a": {"odd": 1}}}'])
def test_a_manifest_that_is_none_is_a_bad_corpus(tmp_path, content):
    """It is named with its path."""
    (tmp_path / "derived").mkdir()
    (tmp_path / "derived" / "MANIFEST.json").write_text(content)

    with pytest.raises(BadCorpus, match=r"MANIFEST\.json: this is no manifest"):
        derived.read(tmp_path)


def test_where_no_manifest_is_nothing_is_known(tmp_path):
    """A folder of somebody's own corpora has none."""
    assert not derived.read(tmp_path).knows("derived")


@pytest.mark.parametrize(
    ("value", "inside"), [("/x", "/x"), ("x", "/home/u/.cache"), ("", "/home/u/.cache")]
)
def test_the_cache_is_where_caches_are(monkeypatch, value, inside):
    """By the rule of the XDG base directories, which has relative ones passed over."""
    monkeypatch.setenv("XDG_CACHE_HOME", value)
    monkeypatch.setenv("HOME", "/home/u")

    assert str(derived.cache_folder()) == f"{inside}/tokparity/corpora"


def test_a_machine_without_a_home_is_told_what_to_say(monkeypatch):
    """Nothing was proved, and nothing crashed."""
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(derived.Path, "home", lambda: (_ for _ in ()).throw(RuntimeError))

    with pytest.raises(Inconclusive, match="--cache DIR"):
        derived.cache_folder()


def test_a_machine_without_a_home_has_what_came_along(monkeypatch):
    """The cache is looked for when something in it is wanted."""
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(derived.Path, "home", lambda: (_ for _ in ()).throw(RuntimeError))

    assert derived.read(artefact.shipped()).place("derived/emoji").is_file()


def test_the_shipped_manifest_counts_fifty_thousand():
    """What came along and what is built, without the conversations."""
    entries = derived.read(artefact.shipped()).entries
    total = sum(entry.cases for name, entry in entries.items() if name.startswith("derived/"))

    assert total >= 50_000
