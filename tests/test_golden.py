"""Goldens: every byte counts, what changed is named, and what was damaged is caught."""

import json
import sys

import pytest

from parity import golden, jsonl
from parity.backends.mock import Honest
from parity.compare import Verdict
from parity.errors import GoldenError, Inconclusive
from parity.golden import Change
from parity.jobs import golden_jobs
from parity.run import live, remember, run
from parity.signature import sign
from parity.types import Case, Failure, Observation

HEAD = {
    "golden": 2, "signature": 1, "check": "ids", "corpus": "t",
    "artefacts": {"tokenizer.json": "3f" * 32},
}  # fmt: skip
ALIKE = {
    "CR": "a\rb",
    "CR LF": "a\r\nb",
    "LF": "a\nb",
    "LF LF": "a\n\nb",
    "U+0085": "a\u0085b",
    "U+2028": "a\u2028b",
    "NUL": "a\0b",
    "nothing": "ab",
    "a newline at the end": "ab\n",
    "two newlines at the end": "ab\n\n",
    "NFC": "\u00e9",
    "NFD": "e\u0301",
    "a lone surrogate": "\ud83d",
    "its replacement": "\ufffd",
    "a surrogate pair as two": "\ud83d" + "\ude00",
    "the same as one": "\U0001f600",
    "bytes": b"ab",
    "a list": ["ab"],
    "the list's text": "['ab']",
}
"""Values that some store of snapshots takes for one another."""


def cases(count):
    """As many cases."""
    return [Case(f"t/case-{number:08x}", "text", str(number)) for number in range(count)]


def rendered(values, head=HEAD):
    """The golden of some values, one a case."""
    return golden.render(head, cases(len(values)), [Observation(value) for value in values])


def read(text):
    """A golden, parsed."""
    return golden.parse(text.encode(), "g.jsonl")


def texts(found):
    """What the changes say."""
    return [change.text for change in found]


def test_no_two_values_have_the_same_golden():
    """Line ends, normal forms, surrogates, types: all are told apart."""
    lines = [rendered([value]).splitlines()[1] for value in ALIKE.values()]

    assert len({jsonl.parse(line.encode())["sha256"] for line in lines}) == len(ALIKE)


def test_a_golden_is_ascii_with_a_line_a_case():
    """Whatever the values hold, so that git and diff show what there is."""
    text = rendered(list(ALIKE.values()))

    assert text.isascii()
    assert text.endswith("\n")
    assert len(text.split("\n")) == len(ALIKE) + 2
    assert not set("\r\t\0") & set(text)


@pytest.mark.parametrize("value", ALIKE.values(), ids=ALIKE)
def test_a_golden_that_is_read_again_is_what_was_written(value):
    """Nothing changed is nothing found."""
    text = rendered([value])

    assert golden.differences(read(text), read(text), "g") == []


def test_a_changed_case_is_named():
    """With the place, and both values."""
    before, after = rendered([[1, 2], [3, 4]]), rendered([[1, 2], [3, 5]])
    found = golden.differences(read(before), read(after), "g")

    assert found == [Change("changed", "t/case-00000001: at [1] was 4, is 5", "t/case-00000001")]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (Observation("a\u202e"), Observation("a\u200b"), r"at [1] was '\u202e', is '\u200b'"),
        (Observation([1]), Observation(failure=Failure("Wrong")), "was a value, is Wrong"),
        (
            Observation(failure=Failure("KeyError")),
            Observation(failure=Failure("ValueError")),
            "was KeyError, is ValueError",
        ),
        (Observation(signature="a" * 64), Observation([1], None, "b" * 64), "signature was aaa"),
    ],
)
def test_a_change_is_said_in_a_few_words(old, new, says):
    """And in ASCII."""
    assert says in golden.change(old, new)


def test_a_case_without_a_golden_and_a_golden_without_a_case_are_named():
    """Neither is passed over."""
    two, three = read(rendered([[1], [2]])), read(rendered([[1], [2], [3]]))

    assert texts(golden.differences(two, three, "g")) == ["t/case-00000002: has no golden"]
    assert texts(golden.differences(three, two, "g")) == [
        "t/case-00000002: has a golden, and no case or no answer"
    ]


def test_a_golden_for_another_artefact_says_so():
    """With both digests, before the cases that follow from it."""
    other = {**HEAD, "artefacts": {"tokenizer.json": "81" * 32}}
    found = golden.differences(read(rendered([[1]])), read(rendered([[2]], other)), "golden/qwen")

    assert found[0].text == (
        "golden/qwen was made for tokenizer.json 3f3f3f3f, this one is 81818181; "
        "re-record it or take the old file"
    )
    assert golden.exit_code(found) == 4


@pytest.mark.parametrize(
    ("kinds", "code"),
    [
        ([], 0),
        (["changed"], 1),
        (["missing"], 4),
        (["stale"], 4),
        (["missing", "changed"], 1),
        (["artefact", "changed"], 4),
    ],
)
def test_changes_have_an_exit_code(kinds, code):
    """A divergence is worse than a missing golden; another artefact explains both."""
    assert golden.exit_code(Change(kind, "") for kind in kinds) == code


def test_only_the_first_changes_are_shown_and_the_rest_is_counted():
    """No wall of lines."""
    shown = golden.shown([Change("changed", str(number)) for number in range(2053)])

    assert len(shown) == 51
    assert shown[-1] == "… and 2,003 more"


def work(count):
    """How many calls of Python functions it takes to compare goldens that changed throughout."""
    before = read(rendered([[number] for number in range(count)]))
    after = read(rendered([[number + 1] for number in range(count)]))
    calls = 0

    def counted(_, event, __):
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        golden.differences(before, after, "g")
    finally:
        sys.setprofile(None)
    return calls


def test_a_golden_that_changed_throughout_is_compared_in_linear_time():
    """Ten times the lines are ten times the work, not a hundred times."""
    assert 9 < work(10_000) / work(1_000) < 11


START = b'{"golden": 2, "signature": 1, "check": "ids", "artefacts": {}}\n'
DAMAGED = {
    "empty": (b"", ":1: a golden starts with a header"),
    "no header": (b'{"id": "a"}\n', ":1: a golden starts with a header"),
    "the schema before": (b'{"golden": 1}\n', ":1: was made by schema 1; tokparity golden migrate"),
    "a newer schema": (b'{"golden": 3}\n', ":1: has schema 3, and this tokparity reads 2"),
    "a schema that only equals": (b'{"golden": true}\n', ":1: a golden starts with a header"),
    "cut": (START + b'{"id": "a", "sh', ":2: not JSON"),
    "a list": (START + b"[]\n", ":2: an object is wanted"),
    "no signature": (START + b'{"id": "a"}\n', ":2: an id of its own and a sha256"),
    "twice": (START + b'{"id": "a", "sha256": "b"}\n' * 2, ":3: an id of its own"),
    "a list after an empty line": (START + b"\n[]\n", ":3: an object is wanted"),
    "ours": (START + b"<<<<<<< HEAD\n", ":2: a conflict of a merge is not resolved"),
    "middle": (START + b"=======\n", ":2: a conflict of a merge is not resolved"),
    "theirs": (START + b">>>>>>> main\n", ":2: a conflict of a merge is not resolved"),
}
HEADS = {
    "check": [None, 1, ["ids"]],
    "signature": [None, "1", True],
    "artefacts": [None, [1], "a", {"tokenizer.json": 1}, {"tokenizer.json": None}],
}
"""Keys of a header, with what none of them may be; each may not be missing either."""


@pytest.mark.parametrize(("data", "says"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_golden_is_said_to_be_so(tmp_path, data, says):
    """With its line; it is exit code 4."""
    path = tmp_path / "g.jsonl"
    path.write_bytes(data)

    with pytest.raises(GoldenError) as caught:
        golden.read(path)
    assert f"{path}{says}" in str(caught.value)


@pytest.mark.parametrize(
    "head",
    [HEAD | {key: value} for key, values in HEADS.items() for value in values]
    + [{name: HEAD[name] for name in HEAD if name != key} for key in HEADS],
    ids=jsonl.dump,
)
def test_a_header_that_cannot_decide_is_said_to_be_so(head):
    """Whatever is missing or of another type, it is no crash."""
    with pytest.raises(GoldenError, match=r"^g\.jsonl:1: the "):
        read(f"{jsonl.dump(head)}\n")


EDITS = {
    "another value": {"value": [9, 9, 9]},
    "a value of another type": {"value": "1"},
    "a float": {"value": [1.0, 2.0]},
    "the number that equals a truth": {"value": True},
    "a value that nobody writes": {"value": {"hex": "A"}},
    "a value too deep": {"value": json.loads("[" * 400 + "]" * 400)},
    "nothing": {"value": None},
    "a failure beside the value": {"failure": "TypeError"},
    "a null failure": {"failure": None},
    "another signature": {"sha256": "0" * 64},
    "a signature in capitals": {"sha256": sign("ids", Observation([1, 2])).upper()},
}
"""What somebody may write into a line."""


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_a_line_that_was_edited_by_hand_is_caught(edit):
    """Its value is signed again: what stands beside a signature is what it was made of."""
    head, first, second = rendered([[3], [1, 2]]).splitlines()
    edited = jsonl.dump(jsonl.parse(second.encode()) | edit)

    with pytest.raises(GoldenError, match=r"^g\.jsonl:3: was edited by hand: "):
        read(f"{head}\n{first}\n{edited}\n")


@pytest.mark.parametrize("failure", ["TypeError", 1, None, [], ""])
def test_a_failure_that_was_edited_by_hand_is_caught(failure):
    """The kind of error is signed as a value is."""
    failed = Observation(failure=Failure("ValueError"))
    head, line = golden.render(HEAD, cases(1), [failed]).splitlines()
    row = jsonl.parse(line.encode())
    edited = jsonl.dump(row | {"failure": failure})

    assert read(f"{head}\n{line}\n").observations[row["id"]].failure == Failure("ValueError")
    with pytest.raises(GoldenError, match=r"^g\.jsonl:2: was edited by hand: "):
        read(f"{head}\n{edited}\n")


def edited(text, head=None, order=slice(None)):
    """A golden with another header, or its cases in another order."""
    first, *rest = text.splitlines()
    lines = [jsonl.dump(jsonl.parse(first.encode()) | (head or {})), *rest[order]]
    return "".join(f"{line}\n" for line in lines)


MADE_OTHERWISE = {
    "another check": ({"check": "text"}, "was made with check 'text', this one has 'ids'"),
    "another version": ({"signature": 0}, "was made with signature 0, this one has 1"),
    "another digest": (
        {"artefacts": {"tokenizer.json": "81" * 32}},
        "was made for tokenizer.json 81818181, this one is 3f3f3f3f",
    ),
    "one artefact too many": (
        {"artefacts": {**HEAD["artefacts"], "merges.txt": "81" * 32}},
        "was made for merges.txt 81818181, this one has none",
    ),
    "an artefact less": ({"artefacts": {}}, "was made for no tokenizer.json, this one is 3f3f3f3f"),
}


@pytest.mark.parametrize(("head", "says"), MADE_OTHERWISE.values(), ids=MADE_OTHERWISE)
def test_a_header_that_was_edited_by_hand_is_an_artefact_of_its_own(head, says):
    """Even where every line is long, so that its signature alone is kept."""
    text = rendered([[1] * 1000])
    found = golden.differences(read(edited(text, head)), read(text), "g")

    assert [change.kind for change in found] == ["artefact"]
    assert found[0].text.startswith(f"g {says}")
    assert golden.exit_code(found) == 4


def test_lines_that_stand_in_another_order_are_found():
    """Goldens are in corpus order, also where cases came and went."""
    text = rendered([[1], [2], [3]])
    found = golden.differences(read(edited(text, order=slice(None, None, -1))), read(text), "g")
    fewer = golden.differences(read(edited(text, order=slice(1, None))), read(text), "g")

    assert "t/case-00000002 stands where t/case-00000000 belongs" in found[0].text
    assert golden.exit_code(found) == 4
    assert [change.kind for change in fewer] == ["missing"]


@pytest.mark.parametrize("key", ["packages", "native", "unicode", "corpus_sha256", "facts"])
def test_versions_in_a_header_inform(key):
    """Another version that does the same is no difference."""
    text = rendered([[1]])

    assert golden.differences(read(edited(text, {key: "other"})), read(text), "g") == []


def test_a_golden_that_is_not_there_is_said_to_be_so(tmp_path):
    """With what records it."""
    with pytest.raises(GoldenError, match="there is no such golden; record it with"):
        golden.read(tmp_path / "g.jsonl")


def test_what_is_unsupported_has_no_golden():
    """It is not an answer that could change."""
    lacks = Observation(failure=Failure("Unsupported", "no"))
    text = golden.render(HEAD, cases(2), [Observation([1]), lacks])

    assert list(read(text).observations) == ["t/case-00000000"]


def test_an_empty_golden_is_inconclusive():
    """It would hold whatever happens."""
    lacks = Observation(failure=Failure("Unsupported", "no"))

    with pytest.raises(Inconclusive, match="would be empty"):
        golden.render(HEAD, cases(2), [lacks, lacks])


def test_a_long_value_keeps_its_signature_alone():
    """A golden stays small; the signature decides anyway."""
    (seen,) = read(rendered([[1] * 1000])).observations.values()

    assert seen.value is None
    assert len(seen.signature) == 64


def test_a_golden_is_a_side_that_remembers():
    """The loop compares with it as with any other; a case that it does not know fails."""
    two = cases(2)
    memory = remember(live(Honest()), two[:1], "ids")
    found = read(golden.render(HEAD, memory.cases, memory.observations))
    sides = {"golden": golden.observer(found), "reference": live(Honest())}
    ((_, tally, differing),) = run(two, golden_jobs(["ids"]), sides)

    assert +tally.counts == {Verdict.SAME: 1, Verdict.DIVERGED: 1}
    assert differing[0].case == two[1]
    assert differing[0].reference.failure.kind == "MissingGolden"


def test_a_golden_of_decoded_text_has_a_line_a_view():
    """Special tokens skipped, and kept; from the ids that the reference itself makes."""
    memory = remember(live(Honest()), [Case("t/a-00000000", "text", "a<s>")], "text")

    assert [case.id for case in memory.cases] == ["t/a-00000000#skip", "t/a-00000000#keep"]
    assert [seen.value for seen in memory.observations] == ["a", "a<s>"]
