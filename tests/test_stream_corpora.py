"""Stream and stop cases: each comes to ids with the tiny vocabularies, and none is idle."""

from functools import cache

import pytest

from parity import artefact, backends, corpus, pieces
from parity.pieces import Unresolved
from parity.stream_cases import script, stop_script
from parity.streams import FINISHES
from parity.types import case_digest

READ = {"stream": script, "stop": stop_script}
CASES = {kind: list(corpus.read(artefact.shipped() / f"{kind}s.jsonl")) for kind in READ}
BYTES = ["byte-bpe-4096", "byte-bpe-600", "fallback-bpe"]
"""Vocabularies with a token for every byte."""
WORDS = ["unigram", "wordpiece"]
"""Vocabularies with no tokens for bytes."""


@cache
def tokenizer(name):
    """A tiny tokenizer."""
    return backends.load(f"hf:tiny:{name}")


@cache
def table(name):
    """What pieces are resolved with in a tiny vocabulary."""
    backend = tokenizer(name)
    return pieces.table(
        backend.vocabulary(), backend.eos(), lambda text: backend.encode(text, "plain").ids
    )


def parts(kind, payload):
    """Every piece of a case, those of prompts and stop tokens too."""
    requests = payload["requests"] if kind == "stream" else [payload]
    for request in requests:
        for key in ("prompt", "pieces", "stop_tokens"):
            for step in request.get(key, []):
                yield from step if isinstance(step, list) else [step]


def has_bytes(case):
    """Say whether a case spells a piece in bytes."""
    return any("hex" in part for part in parts(case.kind, case.payload) if isinstance(part, dict))


def unresolved(name, cases):
    """The cases that have no ids in a vocabulary, with the reason."""
    found = {}
    for case in cases:
        try:
            READ[case.kind](case.payload, table(name))
        except Unresolved as error:
            found[case.id] = str(error)
    return found


@pytest.mark.parametrize(
    ("kind", "least", "without_bytes"), [("stream", 200, 80), ("stop", 140, 80)]
)
def test_there_are_many_cases_for_every_kind_of_vocabulary(kind, least, without_bytes):
    """Vocabularies without byte tokens have work too."""
    plain = [case for case in CASES[kind] if not has_bytes(case)]

    assert len(CASES[kind]) >= least
    assert len(plain) >= without_bytes


@pytest.mark.parametrize("kind", READ)
def test_no_two_cases_are_the_same(kind):
    """A case that comes again under another name proves nothing more."""
    digests = [case_digest(kind, case.payload, {}) for case in CASES[kind]]
    traps = [case.id.rpartition("-")[0] for case in CASES[kind]]

    assert len(set(digests)) == len(set(traps)) == len(CASES[kind])


@pytest.mark.parametrize("kind", READ)
def test_a_case_has_one_trap(kind):
    """The first tag is of the file's own, and the others name a language only."""
    odd = [
        case.id
        for case in CASES[kind]
        if case.kind != kind
        or not case.tags[0].startswith(f"{kind}.")
        or not all(tag.startswith("lang.") for tag in case.tags[1:])
    ]

    assert odd == []


@pytest.mark.parametrize("name", BYTES)
@pytest.mark.parametrize("kind", READ)
def test_every_case_has_ids_where_every_byte_has_a_token(kind, name):
    """No piece asks for what such a vocabulary lacks."""
    assert unresolved(name, CASES[kind]) == {}


@pytest.mark.parametrize("name", WORDS)
@pytest.mark.parametrize("kind", READ)
def test_every_case_without_bytes_has_ids_where_bytes_have_none(kind, name):
    """A piece of text, a special token and an EOS always come to ids; bytes may be refused."""
    reasons = unresolved(name, CASES[kind])

    assert {case.id for case in CASES[kind] if not has_bytes(case)}.isdisjoint(reasons)
    assert all("bytes" in reason for reason in reasons.values())


@pytest.mark.parametrize("kind", READ)
def test_every_form_of_piece_is_used(kind):
    """What a corpus can say is said by some case."""
    forms = {
        form
        for case in CASES[kind]
        for part in parts(kind, case.payload)
        if isinstance(part, dict)
        for form in part
    }

    assert forms == set(pieces.FORMS)


def test_every_finish_ends_some_request():
    """EOS, stop id, string, length and abort are each seen, and each in mid-character."""
    requests = [row for case in CASES["stream"] for row in case.payload["requests"]]
    finishes = {row.get("finish", "length") for row in requests}
    cut = {
        case.payload["requests"][0].get("finish", "length")
        for case in CASES["stream"]
        if case.tags[0] == "stream.cut"
    }

    assert finishes == cut == set(FINISHES) - {""}


@pytest.mark.parametrize(
    ("name", "met"),
    [("byte-bpe-4096", 200), ("byte-bpe-600", 200), ("unigram", 40), ("wordpiece", 40)],
)
def test_stop_strings_are_met_and_missed(name, met):
    """A corpus in which no stop ever came, or every one did, would test half of a stop decoder."""
    found = missed = 0
    for case in CASES["stop"]:
        if name in WORDS and has_bytes(case):
            continue
        made = stop_script(case.payload, table(name))
        text = tokenizer(name).decode([id for step in made.steps for id in step])
        hit = any(stop in text for stop in made.stops.strings)
        found, missed = found + hit, missed + (bool(made.stops.strings) and not hit)

    assert found >= met
    assert missed >= 40


def test_a_character_is_split_at_each_of_its_borders():
    """Of characters of two, three and four bytes, each way to cut them in two comes up."""
    seen = set()
    for case in CASES["stream"]:
        for row in case.payload["requests"]:
            for first, second in zip(row["pieces"], row["pieces"][1:], strict=False):
                if isinstance(first, dict) and isinstance(second, dict):
                    seen.add(split(first.get("hex", ""), second.get("hex", "")))

    assert seen >= {(1, 1), (1, 2), (2, 1), (1, 3), (2, 2), (3, 1)}


def split(first, second):
    """How many bytes each half has, where the two are one character; else None."""
    try:
        text = bytes.fromhex(first + second).decode()
    except UnicodeDecodeError:
        return None
    return (len(first) // 2, len(second) // 2) if len(text) == 1 else None
