"""The trailer of a golden: reasons that stay as long as what they are about, and no longer."""

import pytest

from parity import golden, jsonl, trailer
from parity.errors import GoldenError
from parity.snapshot import GoldenExtension
from parity.trailer import Acceptance
from parity.types import Case, Observation

HEAD = {
    "golden": 2, "signature": 1, "check": "ids", "corpus": "t",
    "artefacts": {"tokenizer.json": "3f" * 32},
}  # fmt: skip


def recorded(*values):
    """The golden of some values, one a case."""
    cases = [Case(f"t/case-{number:08x}", "text", str(number)) for number in range(len(values))]
    return golden.render(HEAD, cases, [Observation(value) for value in values])


def read(text):
    """A golden, parsed."""
    return golden.parse(text.encode(), "g.jsonl")


def about(text, number=0, reason="it is so", **changed):
    """The line that accepts a case of a golden."""
    id, seen = list(read(text).observations.items())[number]
    row = Acceptance(id, seen.signature, None, reason)._asdict() | changed
    return jsonl.dump(row) + "\n"


def test_a_golden_with_a_trailer_is_the_golden_that_it_was():
    """What somebody said of a case is no difference."""
    text = recorded([1], [2])
    whole = text + about(text)
    extension = GoldenExtension()

    assert golden.differences(read(whole), read(text), "g") == []
    assert extension.matches(serialized_data=text, snapshot_data=whole)
    assert read(whole).accepted["t/case-00000000"].reason == "it is so"


def test_a_trailer_that_holds_stays_byte_for_byte():
    """A golden that is recorded again and did not change is the same file."""
    text = recorded([1], [2])
    whole = text + about(text, 0) + about(text, 1)

    assert golden.with_trailer(text, whole.encode()) == whole


def test_a_line_of_a_trailer_goes_with_what_it_is_about():
    """The other case's stays."""
    before, after = recorded([1], [2]), recorded([1], [3])
    whole = before + about(before, 0) + about(before, 1)

    assert golden.with_trailer(after, whole.encode()) == after + about(after, 0)


def test_a_line_about_a_case_that_is_gone_stays_while_it_is_gone():
    """And goes when the case comes back."""
    one, two = recorded([1]), recorded([1], [2])
    gone = about(two, 1, sha256=None, was="a" * 64)

    assert golden.with_trailer(one, (one + gone).encode()) == one + gone
    assert golden.with_trailer(two, (one + gone).encode()) == two


def test_the_header_is_accepted_as_long_as_its_artefacts_are_the_same():
    """Versions of packages do not count."""
    text = recorded([1])
    line = jsonl.dump(Acceptance("header", trailer.of_header(HEAD), None, "new")._asdict()) + "\n"
    other = text.replace("3f" * 32, "4f" * 32)
    informed = text.replace('"corpus"', '"unicode": "16", "corpus"')

    assert golden.with_trailer(informed, (text + line).encode()) == informed + line
    assert golden.with_trailer(other, (text + line).encode()) == other


def test_trailers_of_both_sides_of_a_merge_are_kept():
    """Recording again resolves a conflict, and loses nobody's reason."""
    text = recorded([1], [2])
    sides = ["<<<<<<< HEAD\n", about(text, 1), "=======\n", about(text, 0), ">>>>>>> other\n"]

    assert golden.with_trailer(text, (text + "".join(sides)).encode()) == (
        text + about(text, 0) + about(text, 1)
    )


ROW = '{"accepted": "t/case-00000000", "sha256": null, "was": null, "reason": "why"}'
DAMAGED = {
    "no reason": (ROW.replace('"why"', '" "'), "an acceptance has no reason"),
    "a reason that is no text": (ROW.replace('"why"', "1"), "an acceptance has no reason"),
    "no case": (ROW.replace('"t/case-00000000"', '""'), "an acceptance has no accepted"),
    "a key too few": (ROW.replace(', "was": null', ""), "accepted, sha256, was, reason"),
    "a key too many": (ROW.replace("}", ', "who": "me"}'), "accepted, sha256, was, reason"),
    "another order": (ROW.replace('"sha256": null, "was"', '"was": null, "sha256"'), "this order"),
    "no signature": (ROW.replace('"was": null', '"was": "abc"'), "was is no signature: 'abc'"),
    "a number": (ROW.replace('"sha256": null', '"sha256": 1'), "sha256 is no signature: 1"),
    "cut": (ROW[:40], "not JSON"),
    "twice": (f"{ROW}\n{ROW}", "is accepted twice"),
}


@pytest.mark.parametrize(("line", "says"), DAMAGED.values(), ids=DAMAGED)
def test_a_trailer_that_was_edited_by_hand_is_said_to_be_so(line, says):
    """With its line in the file."""
    last = 3 + line.count("\n")

    with pytest.raises(GoldenError, match=rf"^g\.jsonl:{last}: .*{says}"):
        read(f"{recorded([1])}{line}\n")


def test_a_case_below_the_trailer_is_said_to_be_there():
    """A merge put it there: it is in nobody's order."""
    text = recorded([1], [2])
    head, one, two = text.splitlines(keepends=True)

    with pytest.raises(GoldenError, match=r"^g\.jsonl:4: .*'t/case-00000001' stands below"):
        read(head + one + about(text, 0) + two)


# Through the commands


@pytest.fixture
def accepted(project, tokparity):
    """A project whose golden was accepted in a review; returns its path."""
    project.plan({"golden": ["ids"], "checks": ["ids"]})
    tokparity("golden", "check")
    assert tokparity("review", "accept", "--all", "--reason", "it is so").code == 0
    return project.folder / "golden/toy/texts.ids.jsonl"


def test_an_update_of_an_unchanged_golden_writes_nothing(accepted, tokparity, ran, monkeypatch):
    """Neither from the command line nor through syrupy."""
    before = accepted.read_bytes()
    monkeypatch.setattr(golden, "write", lambda *_: 1 / 0)

    assert b'"reason": "it is so"' in before
    assert tokparity("golden", "check").code == 0
    assert tokparity("golden", "update").code == 0
    ran("-k", "golden", "--snapshot-update").assert_outcomes(passed=1, deselected=2)
    assert accepted.read_bytes() == before


@pytest.mark.parametrize("through", ["syrupy", "the command line"])
def test_an_update_of_a_changed_golden_keeps_the_reasons_that_hold(
    project, accepted, tokparity, ran, through
):
    """And drops those of cases that changed."""
    project.corpus("texts.jsonl", "abc", "d e", "new")
    if through == "syrupy":
        ran("-k", "golden", "--snapshot-update").assert_outcomes(passed=1, deselected=2)
    else:
        tokparity("golden", "update")
    found = golden.read(accepted)

    assert len(found.observations) == 3
    assert list(found.accepted) == project.ids()[:2]


def test_a_reason_that_is_of_another_signature_is_found_by_a_check(accepted, tokparity):
    """A merge left it; exit code 4, and an update drops it."""
    whole = accepted.read_text()
    accepted.write_text(whole[: whole.rindex('"sha256": "') + 11] + "a" * 64 + '", "was": null, '
                        '"reason": "no"}\n')  # fmt: skip
    ran = tokparity("golden", "check")

    assert ran.code == 4
    assert "was accepted ('no') with another signature than it has" in ran.out
    assert tokparity("golden", "update").code == 0
    assert tokparity("golden", "check").code == 0
