"""Causes: each has a fake that shows it, and is named for it; what shows none is unclassified."""

import pytest

from parity import causes
from parity.asking import Asked
from parity.backends import load
from parity.backends._faults import ELSEWHERE, FAULTS, TRAPS
from parity.backends._faults.trap import Answers, Reads
from parity.backends.mock import Honest
from parity.canary import CASES
from parity.causes import CAUSES, UNCLASSIFIED, classify
from parity.checks import CHECKS, LAWS
from parity.compare import Verdict, compare
from parity.examine import Examiner
from parity.jobs import jobs_for
from parity.run import live, run
from parity.types import Case, Observation

SHOWN = {
    "reads_lower_case": "Some Words",
    "reads_capitals": "Some Words",
    "decomposes": "caf\u00e9 au lait",
    "composes": "cafe\u0301 au lait",
    "folds_width": "a \uff21 b \ufb01",
    "drops_accents": "caf\u00e9 au lait",
    "drops_format_characters": "a\u200db c\u200b",
    "stops_at_nul": "a\0b",
    "folds_spaces": "a  b\n\nc",
    "folds_runs_of_spaces": "a  b   c",
    "reads_every_space_alike": "a\tb\nc",
    "loses_spaces_at_the_end": "some words  ",
    "reads_universal_newlines": "a\r\nb\rc",
    "adds_a_space": "some words",
    "adds_a_missing_space": "some words",
    "eats_the_first_space": " some words",
    "replaces_surrogates": "a\ud83d b",
    "splits_punctuation": "some... words?!",
    "splits_young_punctuation": "some words\u2e4f and",
    "splits_apostrophes": "it's so, I'll see",
    "splits_cjk": "\u5929\u6c14\u306e\u3067",
    "splits_spaces": "some words",
    "splits_newlines": "a\n\n\nb.\n",
    "merges_nothing": "some words",
    "joins_digits": "room 1024",
    "loses_a_merge": "her",
    "doubles_the_start": "some words",
    "forgets_the_template": "some words",
    "reads_special_tokens_as_text": "a<|im_start|>b",
    "reads_text_as_special_tokens": "a<|im_start|>b",
    "misses_an_added_token": "a<think>b",
    "strips_after_an_added_token": "a</think>  b",
    "fuses_unknown_tokens": "a \ua000 \ua001 z",
    "has_no_byte_fallback": "a \ua000 b",
    "drops_unknown_tokens": "a \ua000 b",
    "cuts_off_at_sixteen": "some words and more " * 8,
    "fills_up_to_eight": "words",
    "shifts_every_id": "some words",
    "counts_utf16": "a \U0001f600 b",
    "trims_ranges": "some words",
    "has_no_ranges": "some words",
    "cleans_up": "some words , and",
    "folds_replacement_characters": (228, 228, 228),
    "loses_the_first_space": " word",
    "decodes_composed": "Some Words",
    "decodes_without_runs": "a  b",
    "takes_words_whole": "the",
    "composes_by_newer_tables": "\u1df7\u059a",
    "finds_no_added_token_in_a_word": "a<think>b",
}
"""A text, or ids, that show a trap."""
FAULTY = {
    "drops_last_output": "batch-count",
    "doubles_last_output": "batch-count",
    "reverses_batches": "batch-order",
    "pads_batches": "batch-padding",
    "one_worker_is_wrong": "batch",
    "fails_in_batches": "batch",
    "shifts_batch_offsets": "batch",
    "decodes_alone_otherwise": "batch",
    "mutates_its_input": "input-changed",
    "sorts_ids_in_place": "input-changed",
    "remembers_last_call": "not-repeatable",
    "remembers_decoded_text": "not-repeatable",
    "shares_a_buffer_between_threads": "differs-among-others",
    "shares_a_batch_between_threads": "differs-among-others",
    "shares_a_text_between_threads": "differs-among-others",
    "cuts_for_other_threads": "differs-among-others",
    "caches_by_prefix": "remembers",
    "loses_ids_after_eviction": "remembers",
    "stays_cut": "remembers",
    "shares_its_mode_with_others": "remembers",
    "answers_with_floats": "broken-contract",
    "raises_another_error": "error-kind",
    "panics": "length-limit",
    "swallows_errors": "outcome",
    "answers_nothing": "empty",
    "drops_last_id": "missing-ids",
    "repeats_last_id": "missing-ids",
    "swaps_neighbours": "order",
    "forgets_template": "template",
    "strips_text": "whitespace",
    "folds_newlines": "newline",
    "counts_offsets_in_bytes": "offset-unit",
    "shifts_offsets": "offset-shift",
    "strips_decoded_text": "decoded-edges",
    "hides_replacement_characters": "replacement-character",
    "keeps_special_tokens": "special-tokens-decoded",
    "skips_special_tokens": "special-tokens-decoded",
    "renames_a_token": "token-string",
    "forgets_a_special_flag": "added-token-flags",
    "moves_an_added_token": "added-token-id",
    "doubles_bos_of_chats": "doubled-bos",
    "loses_bos_in_one_call": "missing-bos",
    "drops_last_merge": "stops-early",
    "breaks_ties_the_other_way": "tie-order",
    "counts_no_overlaps": "pair-count",
    "cuts_at_every_space": "pieces",
    "fails_where_nothing_is_left": "nothing-left",
    "sorts_texts_in_place": "input-changed",
    "learns_nothing_twice": "not-repeatable",
    "learns_of_the_first_text_alone": "other-merges",
    "numbers_merges_backwards": "other-numbers",
    "encodes_without_what_it_learnt": "applied-otherwise",
}
"""The cause that a fault is named for, on each of the canaries' cases that shows it."""
IN_FORKS = {
    "waits_for_ever_in_a_fork": "hangs-among-others",
    "dies_in_a_fork": "fails-among-others",
    "forgets_specials_in_a_fork": "differs-among-others",
}
"""The same of faults that a fork shows."""
REAL = "hf:tiny:byte-bpe-4096"
OF_CHATS = {"doubles_bos_of_chats", "loses_bos_in_one_call"}
"""Faults that the toy tokenizer shows, whose chats begin with a special token."""
OF_TRAINERS = {name for name, fault in FAULTS.items() if fault.__module__.endswith(".training")}
"""Faults that the toy tokenizer shows, which trains on each text as one piece."""


def divergence(fault, base, check, payload, mode="parse"):
    """What the check finds, and both sides."""
    kind = "ids" if isinstance(payload, tuple) else "text"
    case = Case("t/x-00000000", kind, payload, {"specials": mode} if mode != "parse" else {})
    one, two = load(base), fault(load(base))
    sides = {"reference": live(one), "candidate": live(two)}
    for _, __, differing in run([case], jobs_for([check], ["candidate"]), sides):
        for found in differing:
            if found.verdict in (Verdict.DIVERGED, Verdict.NONDETERMINISTIC):
                return found, Asked(one, two)
    return pytest.fail(f"{fault.__name__} is not seen by {check}")


@pytest.mark.parametrize("name", SHOWN)
def test_a_trap_is_named_for_its_cause(name):
    """On a text that shows it among other things."""
    trap = TRAPS[name]
    found = divergence(trap, f"hf:{trap.base}", trap.caught_by, SHOWN[name], trap.mode)

    assert classify(*found) == trap.cause


def differing(fault, cases, real=REAL):
    """All that the check of a fault finds on cases in one batch, and both sides."""
    one, two = load(real), fault(load(real))
    sides = {"reference": live(one), "candidate": live(two)}
    todo = jobs_for([fault.caught_by], ["candidate"])
    found = [
        row
        for *_, rows in run(cases, todo, sides)
        for row in rows
        if row.verdict in (Verdict.DIVERGED, Verdict.NONDETERMINISTIC)
    ]
    return found, Asked(one, two)


@pytest.mark.parametrize("name", FAULTY)
def test_a_fault_is_named_for_its_cause(name):
    """On every case that shows it, by the check that must see it."""
    kinds = dict.fromkeys(OF_CHATS, "messages") | dict.fromkeys(OF_TRAINERS, "train")
    cases = [case for case in CASES if case.kind in kinds.get(name, ("text", "ids"))]
    found, asked = differing(FAULTS[name], cases, "mock:honest" if name in kinds else REAL)

    assert {classify(one, asked) for one in found} == {FAULTY[name]}


@pytest.mark.parametrize("name", IN_FORKS)
def test_a_fault_of_forks_is_named_for_what_is_seen_of_it(name):
    """No answer, no process any more, or another answer; what hangs is not made smaller."""
    fault = ELSEWHERE[name](Honest())
    (todo,) = jobs_for([fault.caught_by], ["candidate"])
    todo = todo._replace(view=todo.view._replace(views=()))
    cases = [Case("t/x-0", "text", "x<s>y", {"processes": 1, "seconds": 0.2})]
    sides = {"candidate": live(fault), "reference": live(fault)}
    ((*_, (found,)),) = run(cases, [todo], sides)
    examined = Examiner(fault, fault, [todo]).examine(found)

    assert examined.cause == IN_FORKS[name]
    assert (examined.minimal is None) is (IN_FORKS[name] == "hangs-among-others")


def test_a_missing_token_is_a_matter_of_size():
    """Of the vocabulary, that needs no text."""
    found, asked = differing(TRAPS["loses_a_token"], [])

    assert [classify(one, asked) for one in found] == ["vocabulary-size"]


def test_every_cause_has_a_fake_that_shows_it():
    """And a test above that names it."""
    shown = {TRAPS[name].cause for name in (*SHOWN, "loses_a_token")}
    shown |= {*FAULTY.values(), *IN_FORKS.values()}

    assert shown == {cause.name for cause in CAUSES}


def test_every_trap_is_shown():
    """None of them is without a text."""
    assert {*SHOWN, "loses_a_token"} == TRAPS.keys()


class turns_an_id_over(Answers):  # noqa: N801 (a fault)
    """Every third id is another one, by a rule of nobody's."""

    def spoil(self, ids, specials):  # noqa: ARG002 (a trap's)
        return [id ^ 5 if place % 3 == 2 else id for place, id in enumerate(ids)]


class reads_backwards(Reads):  # noqa: N801 (a fault)
    """The text is read from its end."""

    def form(self, text):
        return text[::-1]


class doubles_every_other(Reads):  # noqa: N801 (a fault)
    """Every other letter is doubled."""

    def form(self, text):
        return "".join(c * (1 + place % 2) for place, c in enumerate(text))


def test_a_lost_merge_is_told_among_other_runs():
    """What is cut otherwise has to be of one kind, not the text around it."""
    fault = TRAPS["loses_a_merge"]

    assert classify(*divergence(fault, REAL, "ids", "(her) 42, over: \u5bb6")) == "merge"


@pytest.mark.parametrize("fault", [turns_an_id_over, reads_backwards, doubles_every_other])
@pytest.mark.parametrize("text", ["Some words, and 42 more.", "\u5929\u6c14 caf\u00e9\n\n x"])
def test_what_no_cause_explains_is_unclassified(fault, text):
    """Whatever it looks like, nothing is guessed."""
    assert classify(*divergence(fault, REAL, "ids", text)) == UNCLASSIFIED


def test_bytes_that_differ_are_not_laid_upon_the_batch():
    """No text says anything of bytes, so it cannot say that they are alike alone."""
    case = Case("t/x-00000000", "bytes", b"a\xff")
    seen = Observation([1]), Observation([2])
    found = compare(case, "ids_batched", *seen)

    assert classify(found, Asked(Honest(), Honest())) == UNCLASSIFIED


@pytest.mark.parametrize(
    ("name", "text", "not_it"),
    [
        ("loses_a_merge", "her", "characters"),
        ("eats_the_first_space", " x", "whitespace"),
        ("one_worker_is_wrong", "word", "batch-padding"),
        ("folds_runs_of_spaces", "a  b", "prefix-space"),
    ],
)
def test_what_explains_one_text_alone_is_not_named(name, text, not_it):
    """The neighbours of the text, and other texts with the same trap, must be foretold, too."""
    fault = {**FAULTS, **TRAPS}[name]
    cases = [Case("t/y-0", "text", "a"), Case("t/x-0", "text", text)]
    found, asked = differing(fault, cases)

    assert found
    assert not_it not in {classify(one, asked) for one in found}


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.name)
def test_a_cause_is_told_in_a_line(cause):
    """Small, without a full stop, and its name in the letters of an id."""
    assert cause.about
    assert not cause.about.endswith(".")
    assert cause.name.replace("-", "").isalnum()


def test_only_checks_and_laws_have_causes():
    """What is asked of a check that is not there is never asked."""
    assert {*CHECKS, *LAWS} >= causes.BY_CHECK.keys()
