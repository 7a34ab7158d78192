"""The manifest of derived corpora: which names there are, and where what they mean lies."""

import json

import pytest

from parity import artefact, derived
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
