"""Snapshots through syrupy: every byte counts, which syrupy's own formats do not promise."""

import pytest
from syrupy.data import Snapshot, SnapshotCollection

from parity import golden, jsonl
from parity.errors import GoldenError
from parity.snapshot import GoldenExtension, ParityExtension
from parity.types import Case, Observation

PAIRS = {
    "CR and LF": ("a\rb", "a\nb"),
    "CR LF and LF": ("a\r\nb", "a\nb"),
    "CR LF and CR": ("a\r\nb", "a\rb"),
    "U+0085 and LF": ("a\u0085b", "a\nb"),
    "U+2028 and LF": ("a\u2028b", "a\nb"),
    "NUL and nothing": ("a\0b", "ab"),
    "a newline at the end and none": ("ab\n", "ab"),
    "NFC and NFD": ("\u00e9", "e\u0301"),
    "a lone surrogate and its replacement": ("\ud83d", "\ufffd"),
    "two lone surrogates": ("\ud83d", "\ud83c"),
    "a pair as two and as one": ("\ud83d" + "\ude00", "\U0001f600"),
    "bytes and text": (b"ab", "ab"),
    "bytes and how JSON writes them": (b"\xab", {"hex": "ab"}),
    "a list and its text": (["ab"], "['ab']"),
    "a number and its text": (1, "1"),
    "an empty list and nothing": ([], None),
    "a number and its text as keys": ({1: "a"}, {"1": "a"}),
    "pairs and a mapping of them": ({"map": [[1, 2]]}, {1: 2}),
}
"""Pairs of values that some store of snapshots takes for one another."""

TEST = """
import pytest
from parity.snapshot import ParityExtension

@pytest.fixture
def snapshot(snapshot):
    return snapshot.use_extension(ParityExtension)

def test_a(snapshot):
    assert {} == snapshot
"""
UNUSED = "def test_b(snapshot): assert snapshot"
"""A test that has a snapshot and compares nothing."""
AMBER = "def test_a(snapshot):\n    assert {} == snapshot\n"


@pytest.fixture
def suite(pytester, monkeypatch):
    """A function that runs a test file with a value in it, in this process."""
    for name in ("CI", "PYTEST_XDIST_WORKER"):  # syrupy acts upon the second
        monkeypatch.delenv(name, raising=False)

    def ran(value, *args, source=TEST):
        pytester.makepyfile(test_it=source.replace("{}", ascii(value)))
        return pytester.runpytest_inprocess("-q", "-p", "no:cacheprovider", *args)

    return ran


def matches(extension, reference, candidate):
    """Whether an extension takes a value for the one that was recorded."""
    return extension.matches(serialized_data=candidate, snapshot_data=reference)


def as_golden(value):
    """The golden of one value."""
    head = {"golden": 2, "signature": 1, "check": "text", "corpus": "t", "artefacts": {}}
    return golden.render(head, [Case("t/a-00000000", "text", "a")], [Observation(value)])


def lines(path):
    """A file's lines."""
    return path.read_text(encoding="ascii").splitlines()


@pytest.mark.parametrize(("reference", "candidate"), PAIRS.values(), ids=PAIRS)
def test_a_snapshot_tells_two_values_apart(reference, candidate):
    """And knows each again."""
    extension = ParityExtension()
    one, other = extension.serialize(reference), extension.serialize(candidate)

    assert not matches(extension, one, other)
    assert matches(extension, one, one)
    assert one.isascii()


@pytest.mark.parametrize(("reference", "candidate"), PAIRS.values(), ids=PAIRS)
def test_a_golden_tells_two_values_apart(reference, candidate):
    """And knows each again."""
    extension = GoldenExtension()
    one, other = as_golden(reference), as_golden(candidate)

    assert not matches(extension, one, other)
    assert matches(extension, one, one)


@pytest.mark.parametrize("name", ["CR and LF", "CR LF and LF", "CR LF and CR"])
def test_a_snapshot_in_a_file_tells_line_ends_apart(suite, name):
    """Through the whole of syrupy and the disk."""
    reference, candidate = PAIRS[name]
    suite(reference, "--snapshot-update").assert_outcomes(passed=1)

    suite(reference).assert_outcomes(passed=1)
    suite(candidate).assert_outcomes(failed=1)


@pytest.mark.parametrize("name", ["CR and LF", "CR LF and LF"])
def test_the_default_format_of_syrupy_does_not(suite, name):
    """Why there is one of ours: amber writes every line end as LF, and passes a lie."""
    reference, candidate = PAIRS[name]
    suite(reference, "--snapshot-update", source=AMBER).assert_outcomes(passed=1)

    suite(candidate, source=AMBER).assert_outcomes(passed=1)


def test_a_snapshot_that_is_not_there_fails(suite):
    """Nothing is recorded by the way."""
    suite("a").assert_outcomes(failed=1)


def test_a_failing_snapshot_shows_the_first_difference(suite):
    """In ASCII."""
    suite([1, "a\u202e"], "--snapshot-update")
    ran = suite([1, "a\u200b"])

    assert r"at [1][1] was '\u202e', is '\u200b'" in ran.stdout.str()


def test_snapshots_of_one_file_stay_when_another_test_is_updated(suite, pytester):
    """Those that did not run keep their lines."""
    two = TEST + "\ndef test_b(snapshot):\n    assert {} == snapshot\n"
    suite("old", "--snapshot-update", source=two)
    (path,) = pytester.path.rglob("*.parity")
    before = lines(path)
    suite("new", "--snapshot-update", "-k", "test_b", source=two)
    after = lines(path)

    assert [old == new for old, new in zip(before, after, strict=True)] == [True, False]


def test_a_snapshot_that_no_test_asks_for_is_removed_by_an_update(suite, pytester):
    """The file goes with its last line."""
    suite("a", "--snapshot-update")
    suite("a", "--snapshot-update", source=TEST.partition("def test_a")[0] + "def test_b(): pass")

    assert not list(pytester.path.rglob("*.parity"))


EDITS = {
    "a value": ('"value": "a"', '"value": "b"', "was edited by hand: the value has the signature"),
    "what the test says now": ('"value": "a"', '"value": "now"', "was edited by hand"),
    "a float": ('"value": "a"', '"value": 1.5', "its value cannot be signed"),
    "a form of nobody": ('"value": "a"', '"value": {"hex": 1}', "its value cannot be signed"),
    "a failure too": ('"value": "a"', '"value": "a", "failure": 1', None),
    "a conflict": ('{"name"', '<<<<<<< HEAD\n{"name"', "test_it.parity:1: not JSON"),
    "no value": (', "value": "a"', "", "test_it.parity:1: a name of its own, a sha256 and a value"),
    "no object": ('{"name"', '[]\n{"name"', "test_it.parity:1: a name of its own"),
    "a name that is no text": ('"test_a"', "1", "test_it.parity:1: a name of its own"),
    "a sha256 that is no text": ('"sha256": "', '"sha256": 1, "was": "', "a name of its own"),
}


@pytest.mark.parametrize(("old", "new", "says"), EDITS.values(), ids=EDITS)
def test_a_snapshot_that_was_edited_by_hand_fails(suite, pytester, old, new, says):
    """What stands in the file is what was signed, or the assertion fails and says so."""
    suite("a", "--snapshot-update")
    (path,) = pytester.path.rglob("*.parity")
    path.write_text(path.read_text().replace(old, new, 1))
    ran = suite("a")

    if says is None:  # what nobody reads
        ran.assert_outcomes(passed=1)
    else:
        ran.assert_outcomes(failed=1)
        assert says in ran.stdout.str()


def test_a_snapshot_that_stands_twice_fails(suite, pytester):
    """A merge that kept both lines has no answer."""
    suite("a", "--snapshot-update")
    (path,) = pytester.path.rglob("*.parity")
    path.write_text(path.read_text() * 2)

    suite("a").assert_outcomes(failed=1)


def test_a_damaged_file_that_no_test_reads_fails_the_session(suite, pytester):
    """Syrupy takes it for one that nobody uses, and an update does not take it away."""
    suite("a", "--snapshot-update")
    (path,) = pytester.path.rglob("*.parity")
    path.write_text("damaged")
    ran = suite("a", source=TEST.partition("def test_a")[0] + UNUSED)

    assert ran.ret != 0
    assert path.read_text() == "damaged"


def test_an_edited_snapshot_is_recorded_anew_by_an_update(suite, pytester):
    """What was ordered is written; what stood there means nothing."""
    suite("a", "--snapshot-update")
    (path,) = pytester.path.rglob("*.parity")
    before = path.read_text()
    path.write_text(before.replace('"value": "a"', '"value": "b"'))
    suite("a", "--snapshot-update").assert_outcomes(passed=1)

    assert path.read_text() == before


@pytest.mark.parametrize("extension", [ParityExtension, GoldenExtension])
def test_nothing_is_written_where_ci_is_set(tmp_path, monkeypatch, extension):
    """Not by any way: what a run in CI is held to is not of its making."""
    monkeypatch.setenv("CI", "true")
    path = tmp_path / "a"
    found = SnapshotCollection(location=str(path))
    data = jsonl.dump({"sha256": "", "value": 1}) if extension is ParityExtension else "{}"
    found.add(Snapshot(name="a", data=data))

    with pytest.raises(GoldenError, match=r"^CI is set: "):
        extension.write_snapshot_collection(snapshot_collection=found)
    assert not path.exists()


def test_an_update_of_a_project_without_a_plan_is_refused_in_ci(suite, pytester, monkeypatch):
    """As a failure of the test that would have been recorded."""
    suite("old", "--snapshot-update")
    (path,) = pytester.path.rglob("*.parity")
    before = path.read_bytes()
    monkeypatch.setenv("CI", "true")
    ran = suite("new", "--snapshot-update")

    ran.assert_outcomes(failed=1)
    assert "CI is set: snapshots are not written here" in ran.stdout.str()
    assert path.read_bytes() == before
    suite("old").assert_outcomes(passed=1)


def test_a_snapshot_is_not_removed_where_ci_is_set(suite, pytester, monkeypatch):
    """To remove is to write."""
    suite("a", "--snapshot-update")
    (path,) = pytester.path.rglob("*.parity")
    before = path.read_bytes()
    monkeypatch.setenv("CI", "true")

    with pytest.raises(GoldenError, match=r"^CI is set: "):
        ParityExtension().delete_snapshots(snapshot_location=str(path), snapshot_names={"test_a"})
    assert path.read_bytes() == before


def test_a_golden_that_was_edited_by_hand_matches_nothing():
    """And its message is the difference."""
    extension = GoldenExtension()
    now = as_golden("a")
    then = now.replace('"value": "a"', '"value": "b"')

    assert not matches(extension, then, now)
    assert "golden:2: was edited by hand" in "".join(extension.diff_lines(now, then))


def test_data_that_is_not_plain_is_refused():
    """A signature over an object's address would never hold."""
    with pytest.raises(TypeError, match="plain data, not object"):
        ParityExtension().serialize(object())


def test_a_golden_extension_removes_nothing(tmp_path):
    """A partial run does not know what the others keep."""
    path = tmp_path / "a.jsonl"
    path.write_text(as_golden("a"))
    extension = GoldenExtension()
    extension.delete_snapshots(snapshot_location=str(path), snapshot_names={"a"})
    found = extension.discover_snapshots(test_locations=[], ignore_extensions=[])

    assert path.is_file()
    assert not list(found)
