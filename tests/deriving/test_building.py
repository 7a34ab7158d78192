"""Building: what is fetched, what is refused, and that nothing stands there half made."""

import hashlib
import io
import json
import tarfile

import pytest

from parity import corpus, derived
from parity.deriving import __main__ as command
from parity.deriving import building
from parity.deriving.rows import Family, Row
from parity.errors import Inconclusive, LockMismatch, MissingAsset, UsageError


def archive(path, texts):
    """A tarball of one file."""
    data = json.dumps(texts).encode()
    with tarfile.open(path, "w:gz") as tar:
        entry = tarfile.TarInfo("package/words.json")
        entry.size = len(data)
        tar.addfile(entry, io.BytesIO(data))
    return path


def words(files):
    (content,) = files.values()
    for number, text in enumerate(json.loads(content)):
        yield Row("word", text, ("edge.tiny",), f"words.json#{number}")


def own(_):
    yield Row("own", "a", ("edge.tiny",), "own")


FAMILIES = {
    "derived/kept": Family(words, ("edge.tiny",), "planted"),
    "derived/words": Family(words, ("edge.tiny",), "planted", committed=False),
    "conversations/own": Family(
        own, ("edge.tiny",), committed=False, also=lambda _: {"own.json": b"{}"}
    ),
}
SOURCE = """[[source]]
package = "planted"
tool = "npm"
version = "1.0"
archive = "{}"
licence = "MIT"
texts = []
files = ["package/*.json"]
unicode = ""
how = "planted"
"""


class Place:
    """A folder of shipped corpora with its manifest, a cache, and a fetch that counts."""

    def __init__(self, folder):
        self.shipped, self.cache, self.fetched = folder / "shipped", folder / "cache", 0
        self.archive = archive(folder / "planted-1.0.tgz", ["a", "b", "a"])
        (self.shipped / "derived").mkdir(parents=True)
        digest = hashlib.sha256(self.archive.read_bytes()).hexdigest()
        (self.shipped / "SOURCES.toml").write_text(SOURCE.format(digest))
        building.record(self.shipped, self.fetch)
        self.fetched = 0

    def fetch(self, _, __):
        self.fetched += 1
        return self.archive

    def build(self, *only, fetch=None):
        return building.build(self.cache, only, fetch=fetch or self.fetch, shipped=self.shipped)

    def files(self):
        return sorted(path.name for path in self.cache.rglob("*") if path.is_file())


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(building, "FAMILIES", FAMILIES)
    return Place(tmp_path)


def refuses(_, __):
    raise MissingAsset("no network")


def test_what_did_not_come_along_is_built_once(place):
    """The second time it is there, and nothing is fetched."""
    states = [[(one.name, one.cases, one.state) for one in place.build()] for _ in range(2)]

    assert states[0] == [("conversations/own", 1, "built"), ("derived/words", 2, "built")]
    assert {state for _, _, state in states[1]} == {"there"}
    assert place.fetched == 1
    assert place.files() == ["own.json", "own.jsonl.gz", "words.jsonl.gz"]


def test_what_is_built_is_a_corpus(place):
    """It is found by its name, and its cases are whole."""
    place.build()
    known = derived.read(place.shipped, place.cache)
    cases = list(corpus.read_all(known.named("derived/words")))

    assert [case.payload for case in cases] == ["a", "b"]
    assert [case.source for case in cases] == [
        "planted@1.0:words.json#0",
        "planted@1.0:words.json#1",
    ]


@pytest.mark.parametrize("name", ["own.json", "own.jsonl.gz", "words.jsonl.gz"])
@pytest.mark.parametrize("data", [b"", b"spoiled"])
def test_what_was_spoiled_in_the_cache_is_made_anew(place, name, data):
    """The manifest decides, not that a file is there."""
    place.build()
    (path,) = place.cache.rglob(name)
    before = path.read_bytes()
    path.write_bytes(data)
    place.build()

    assert path.read_bytes() == before


def test_what_came_along_is_compared_and_not_written(place):
    """It is named, so it is made again."""
    path = place.shipped / "derived" / "kept.jsonl.gz"
    path.unlink()

    assert [one.state for one in place.build("derived/kept")] == ["as committed"]
    assert not path.exists()
    assert place.files() == []


@pytest.mark.parametrize(
    ("only", "built"),
    [
        ((), ["conversations/own", "derived/words"]),
        (("derived",), ["derived/words"]),
        (("conversations",), ["conversations/own"]),
        (("derived", "derived/kept"), ["derived/kept", "derived/words"]),
    ],
)
def test_a_group_means_what_did_not_come_along(place, only, built):
    """What did is made again where it is named itself."""
    assert sorted(one.name for one in place.build(*only)) == built


def test_an_unknown_name_is_refused_before_anything_is_fetched(place):
    """The known ones are named."""
    with pytest.raises(UsageError, match="no derived corpus 'odd'; known are derived, conv"):
        place.build("odd", fetch=refuses)


def test_where_a_source_is_not_to_be_had_the_others_are_built(place):
    """And the error is raised when they are."""
    with pytest.raises(MissingAsset, match="no network"):
        place.build(fetch=refuses)
    assert place.files() == ["own.json", "own.jsonl.gz"]


def test_another_archive_is_not_used(place):
    """Whoever fetched it."""
    archive(place.archive, ["c"])

    with pytest.raises(LockMismatch, match="has the SHA-256"):
        place.build("derived/words")
    assert place.files() == []


def test_another_result_is_not_written(place, monkeypatch):
    """The message names what was made, what was expected, and what to do."""
    other = {**FAMILIES, "derived/words": Family(own, ("edge.tiny",), "planted", committed=False)}
    monkeypatch.setattr(building, "FAMILIES", other)

    with pytest.raises(LockMismatch, match=r"made here are 1 cases .* MANIFEST.json has 2"):
        place.build("derived/words")
    assert place.files() == []


def test_a_cache_that_cannot_be_written_is_told(place):
    """A file stands where the folder would be."""
    place.cache.write_bytes(b"")

    with pytest.raises(Inconclusive, match=r"cache\S*: Not a directory; what is built takes"):
        place.build("conversations")


def test_the_same_lines_give_the_same_bytes(place):
    """A file that is recorded twice shows no change."""
    path = place.shipped / "derived" / "kept.jsonl.gz"
    before = path.read_bytes()
    building.record(place.shipped, place.fetch)

    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("before", "after"),
    [('tool = "npm"', 'tool = "cargo"'), ('how = "planted"', ""), ("[[source]]", "[[odd]]")],
)
def test_a_list_of_sources_that_is_none_is_refused(place, before, after):
    """With its path."""
    path = place.shipped / "SOURCES.toml"
    path.write_text(path.read_text().replace(before, after))

    with pytest.raises(LockMismatch, match=r"SOURCES\.toml"):
        place.build("derived/words")


def test_archives_are_taken_from_a_folder_by_their_digest(place, tmp_path, monkeypatch, capsys):
    """Nothing is fetched then; the paths are printed, for scripts."""
    monkeypatch.setattr(command.artefact, "shipped", lambda: place.shipped)
    monkeypatch.setattr(building.artefact, "shipped", lambda: place.shipped)
    (tmp_path / "odd.txt").write_text("odd")
    arguments = ["build", "--cache", str(place.cache), "--archives", str(tmp_path)]

    assert command.main(arguments) == 0
    assert capsys.readouterr().out.split() == sorted(
        map(str, place.cache.rglob("*.gz")), key=lambda path: "conversations" not in path
    )


def test_a_folder_without_the_archive_is_told(place, tmp_path, monkeypatch, capsys):
    """By an exit code, and by the digest that was looked for."""
    monkeypatch.setattr(building.artefact, "shipped", lambda: place.shipped)
    place.archive.unlink()
    arguments = ["build", "--cache", str(place.cache), "derived/words", "--archives", str(tmp_path)]

    assert command.main(arguments) == 3
    assert "has no archive with the SHA-256" in capsys.readouterr().err
