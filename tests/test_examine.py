"""Examining: cause and smallest case go together, and what is beyond the limits is said to be."""

import pytest

from parity import backends
from parity.backends._faults import FAULTS, TRAPS
from parity.causes import UNCLASSIFIED
from parity.compare import Verdict
from parity.examine import Examiner, as_data, identity
from parity.jobs import jobs_for
from parity.run import live, run
from parity.types import Case

TINY = "hf:tiny:byte-bpe-4096"


def differing(candidate, check, cases):
    """An examiner of two sides, and what the check finds on cases."""
    one = backends.load(TINY)
    todo = jobs_for([check])
    sides = {"reference": live(one), "candidate": live(candidate)}
    found = [each for *_, some in run(cases, todo, sides) for each in some]
    return Examiner(one, candidate, todo), found


def texts(*payloads):
    """Cases of text."""
    return [Case(f"t/x{place}-00000000", "text", text) for place, text in enumerate(payloads)]


def test_the_smallest_case_has_the_cause_of_the_whole():
    """Two causes in one pair: what is left of a text is not of the other one."""

    class Both(FAULTS["folds_newlines"]):
        """CR LF becomes LF, and letters are read small."""

        def encode(self, text, specials="parse"):
            return super().encode(text.lower(), specials)

    candidate = Both(backends.load(TINY))
    examiner, found = differing(candidate, "ids", texts("words\r\nand more", "Words"))
    seen = {one.case.payload: examiner.examine(one) for one in found}

    assert {text: one.cause for text, one in seen.items()} == {
        "words\r\nand more": "newline",
        "Words": "case",
    }
    assert seen["words\r\nand more"].minimal.found.case.payload == "\r\n"
    assert seen["Words"].minimal.found.case.payload == "A"


def test_what_no_cause_explains_does_not_slide_into_one_that_is_named():
    """A text that shows two causes at once fits the forecast of neither; nor does what is left."""

    class Both(TRAPS["splits_newlines"]):
        """Newlines are cut apart, and letters are read small."""

        def encode(self, text, specials="parse"):
            return super().encode(text.lower(), specials)

    candidate = Both(backends.load(TINY))
    examiner, found = differing(candidate, "ids", texts("Words\n\n\nAND More"))
    cause = examiner.cause(found[0])
    seen = examiner.examine(found[0])

    least = seen.minimal.found.case.payload

    assert cause == seen.cause == UNCLASSIFIED
    assert set(least) <= set("Words\n\n\nAND More")
    assert "\n\n" in least


def test_another_fault_is_not_taken_for_the_one_that_was_found():
    """`q` becomes `k`, and letters are read small: what has no capital is not of the second."""

    class Both(FAULTS["folds_newlines"]):
        """Two faults."""

        def encode(self, text, specials="parse"):
            return super().encode(text.replace("q", "k").lower(), specials)

    examiner, found = differing(Both(backends.load(TINY)), "ids", texts("quit"))
    seen = examiner.examine(found[0])

    least = seen.minimal.found.case.payload

    assert seen.cause == UNCLASSIFIED
    assert "q" in least
    assert set(least) <= set("quit")


def test_of_one_cause_a_few_are_minimised_and_all_are_classified():
    """A cause of thousands of cases costs no thousands of searches."""
    candidate = TRAPS["reads_lower_case"](backends.load(TINY))
    examiner, found = differing(candidate, "ids", texts(*(f"Word {n}" for n in range(10))))
    seen = [examiner.examine(one) for one in found]

    assert [one.cause for one in seen] == ["case"] * 10
    assert [one.minimal is not None for one in seen] == [True] * 3 + [False] * 7


def test_beyond_the_limit_nothing_is_examined(monkeypatch):
    """It is None, and whoever asks counts it."""
    monkeypatch.setattr("parity.examine.CLASSIFIED", 2)
    candidate = TRAPS["reads_lower_case"](backends.load(TINY))
    examiner, found = differing(candidate, "ids", texts("A", "B", "C"))

    assert [examiner.examine(one) is None for one in found] == [False, False, True]


def test_what_is_expected_or_only_reported_is_not_examined():
    """The ledger has its reason; what informs decides nothing."""
    candidate = TRAPS["reads_lower_case"](backends.load(TINY))
    examiner, found = differing(candidate, "ids", texts("A"))

    for verdict in (Verdict.EXPECTED, Verdict.REPORTED):
        assert examiner.examine(found[0]._replace(verdict=verdict)) is None


IN_A_BATCH = {
    "reverses_batches": ("ids_batched", "batch-order"),
    "drops_last_output": ("ids_batched", "batch-count"),
    "pads_batches": ("batch_is_single", "batch-padding"),
    "fails_in_batches": ("ids_batched", "broken-contract"),
}


@pytest.mark.parametrize("fault", IN_A_BATCH)
def test_what_differs_in_a_batch_alone_is_small_with_its_batch(fault):
    """Alone it does not differ: the fewest neighbours are kept beside it."""
    check, _ = IN_A_BATCH[fault]
    candidate = FAULTS[fault](backends.load(TINY))
    examiner, found = differing(candidate, check, texts("some words", "more", "a third text"))
    mine = [one for one in found if one.judged != "reference"]
    minimal = examiner.examine(mine[0]).minimal

    assert minimal.found is not None
    assert len(minimal.batch) <= 2


def test_a_run_file_has_what_is_known():
    """As plain data; null where nothing was looked for."""
    candidate = TRAPS["reads_lower_case"](backends.load(TINY))
    examiner, found = differing(candidate, "ids", texts("Words"))
    row = as_data(found[0], examiner.examine(found[0]))

    assert row["cause"] == "case"
    assert row["minimal"]["case"]["payload"] == "A"
    assert row["minimal"]["proven"] is True
    assert as_data(found[0], None) == {}


def test_a_kind_of_divergence_has_one_name():
    """It hangs on check, cause, smallest case and sides, and on nothing else."""
    case = Case("t/x-00000000", "text", "A")
    name = identity("ids", "case", case, ("hf:a", "hf:b"))

    assert name == identity("ids", "case", case._replace(id="t/y-00000000"), ("hf:a", "hf:b"))
    others = {
        identity("offsets", "case", case, ("hf:a", "hf:b")),
        identity("ids", "whitespace", case, ("hf:a", "hf:b")),
        identity("ids", "case", case._replace(payload="B"), ("hf:a", "hf:b")),
        identity("ids", "case", case._replace(options={"specials": "plain"}), ("hf:a", "hf:b")),
        identity("ids", "case", case, ("hf:a", "hf:c")),
    }
    assert len({name, *others}) == 6
