"""Causes: each has a fake that shows it, and is named for it; what shows none is unclassified."""

import pytest

from parity.asking import Asked
from parity.backends import load
from parity.backends._faults import TRAPS
from parity.causes import classify
from parity.compare import Verdict
from parity.jobs import jobs_for
from parity.run import live, run
from parity.types import Case

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
}
"""A text, or ids, that show a trap."""


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
