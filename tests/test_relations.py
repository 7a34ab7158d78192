r"""Relations: what is asked for always holds where no side has a fault, and enough is asked for."""

import itertools
import json
import random

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from parity import backends, generate
from parity.detokenizers import DETOKENIZERS
from parity.detokenizers.engine import run_script
from parity.lives import lives, wanted
from parity.relations import RELATIONS, obstacle, strongest
from parity.schedules import SCHEDULES, ended, of_ids
from parity.stream_cases import script as script_of
from parity.streaming import decoder_of, table_of
from parity.streams import Script, Step

TOKENIZERS = {name: backends.load(f"hf:tiny:{name}") for name in ("byte-bpe-600", "fallback-bpe")}
TABLES = {name: table_of(backend) for name, backend in TOKENIZERS.items()}
LAST = {name: max(backend.vocabulary().tokens) for name, backend in TOKENIZERS.items()}
PAIRS = list(itertools.combinations(DETOKENIZERS, 2))
WAYS = [*SCHEDULES, "ended"]
WINDOW = [name for name, made in DETOKENIZERS.items() if made.traits.family == "window"]


def ids(tokenizer, *parts):
    """The ids of bytes, a token a byte, of None, EOS, and of texts."""
    table = TABLES[tokenizer]
    found = []
    for part in parts:
        if part is None:
            found.append(table.eos)
        elif isinstance(part, bytes):
            found += [table.bytes[byte] for byte in part]
        else:
            found += table.encode(part)
    return tuple(found)


def one(*steps, finish="length", prompt=(), skip=False, matched=""):
    """A script of one request; a step is a tuple of ids."""
    made = [Step(0, step) for step in steps]
    made[-1] = made[-1]._replace(finish=finish, matched=matched)
    return Script((prompt,), tuple((step,) for step in made), skip)


def seen(tokenizer, name, script):
    """What two algorithms are compared by, and whether this one sent a right text.

    An unknown id hides faults: SGLang shows token 0 for it, which may be a token that is right.
    """
    backend = TOKENIZERS[tokenizer]
    rows = run_script(DETOKENIZERS[name], decoder_of(backend), script).emitted
    own = DETOKENIZERS[name].traits.skips
    skip = script.skip_special if own is None else own

    def decode(some):
        return backend.decode(list(some), skip)

    known = all((step.ids and max(step.ids) <= LAST[tokenizer]) or not step.ids
                for call in script.batches for step in call)  # fmt: skip
    joined, right = [], known and not any(row.error for row in rows)
    for life in lives(script, rows):
        sent = life.sent
        if life.finish == "abort":  # what was held back then is no other text, but is missing
            life.steps[-1] = life.steps[-1]._replace(finish="length")
        sent = sent.decode("utf-8", "replace") if isinstance(sent, bytes) else sent
        joined.append((life.request, sent))
        right = right and sent == wanted(life, sent, decode)
    nonempty = [(row.request, row.chunk) for row in rows if row.chunk]
    chunks = [(row.request, row.at, row.chunk) for row in rows]
    return {"joined": joined, "chunks_nonempty": nonempty, "chunks": chunks}, right


def why_not(tokenizer, relation, pair, script):
    """What stands in the way of a relation."""

    def decode(some, skip=script.skip_special):
        return TOKENIZERS[tokenizer].decode(list(some), skip)

    return obstacle(relation, *pair, script, decode)


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=15)
@given(seed=st.integers(0, 2**32), skip=st.booleans())
def test_what_is_asked_for_holds_where_both_sides_are_right(tokenizer, way, seed, skip):
    """A difference then would be nobody's fault: something was asked for that cannot be."""
    (case,) = generate.streams(TABLES[tokenizer], 1, seed)
    note(json.dumps(case.payload))
    change = ended(TABLES[tokenizer].eos) if way == "ended" else SCHEDULES[way]
    script = change(script_of(case.payload, TABLES[tokenizer]))._replace(skip_special=skip)
    came = {name: seen(tokenizer, name, script) for name in DETOKENIZERS}
    broken = [
        (relation, *pair)
        for pair in PAIRS
        for relation in RELATIONS
        if all(came[name][1] for name in pair)
        and came[pair[0]][0][relation] != came[pair[1]][0][relation]
        and not why_not(tokenizer, relation, pair, script)
    ]

    assert broken == []


BYTE, FALLBACK = "byte-bpe-600", "fallback-bpe"
HAN = "\u4e16".encode()
A, B = ids(BYTE, "a"), ids(BYTE, "b")
IMPOSSIBLE = {
    "EOS is shown or not": (
        "chunks_nonempty", "decode_stream", "vllm", one(A, ids(BYTE, None), finish="eos"),
    ),
    "EOS is shown or not, in all": (
        "joined", "vllm_slow", "tgi", one(A, ids(BYTE, None), finish="eos"),
    ),
    "a stop id is shown or not": (
        "chunks_nonempty", "vllm", "llm_tokenizer_stream", one(A, B, finish="stop"),
    ),
    "a stop id is shown or not, in all": (
        "joined", "vllm", "llm_tokenizer_sequence", one(A, B, finish="stop"),
    ),
    "half of a step is sent or not": (
        "chunks_nonempty", "decode_stream", "vllm",
        one(ids(BYTE, "a", HAN[:1]), ids(BYTE, HAN[1:])),
    ),
    "a special token that both show comes between": (
        "joined", "minisgl", "tgi",
        one(A, ids(BYTE, b"\xc3", None, b"\xa9"), skip=True),
    ),
    "what is not finished is not flushed": ("joined", "text_streamer", "sglang", one(A, finish="")),
}  # fmt: skip
"""What cannot be asked for: the sides are right, or only as wrong as they always are."""


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_what_cannot_be_is_not_asked_for(name):
    """And what is in the way is named."""
    relation, reference, candidate, script = IMPOSSIBLE[name]
    first, second = (seen(BYTE, side, script)[0][relation] for side in (reference, candidate))

    assert first != second, "this case shows nothing"
    assert why_not(BYTE, relation, (reference, candidate), script)


@pytest.mark.parametrize("pair", [("redecode", "tgi"), ("vllm", "tgi")])
def test_nothing_is_asked_for_where_a_decoder_takes_text_back(pair):
    """A byte that does not belong makes four U+FFFD of a character that was sent."""
    steps = [(id,) for id in ids(FALLBACK, HAN, b"\xff", "a")]

    assert "monotone" in why_not(FALLBACK, "joined", pair, one(*steps))


HALF_PROMPT = ids(BYTE, "a", HAN[:1])
OWED = {
    "a prompt cut in a character, for those that do not look at it": (
        "joined", "text_streamer", "minisgl", one(A, B, prompt=HALF_PROMPT),
    ),
    "EOS, for two that both leave it out": (
        "joined", "vllm", "sglang", one(A, ids(BYTE, None), finish="eos"),
    ),
    "EOS, for two that both show it": (
        "joined", "decode_stream", "redecode", one(A, ids(BYTE, None), finish="eos"),
    ),
    "a stop id, for two that both show it": (
        "joined", "text_streamer", "redecode", one(A, B, finish="stop"),
    ),
    "a stop string, for two that do not look at it": (
        "joined", "vllm", "decode_stream", one(A, B, finish="string", matched="b"),
    ),
    "the client goes away, in a family": (
        "chunks_nonempty", "vllm", "tgi", one(A, B, finish="abort"),
    ),
    "the client goes away, between families": (
        "joined",
        "redecode",
        "sglang",
        one(A, B, finish="abort"),
    ),
    "a character over several steps": (
        "chunks_nonempty", "decode_stream", "vllm_slow",
        one(A, ids(BYTE, HAN[:2]), ids(BYTE, HAN[2:]), B),
    ),
    "a text cut in a character, for two that send their tails": (
        "joined", "redecode", "llm_tokenizer_stream", one(A, ids(BYTE, HAN[:2])),
    ),
}  # fmt: skip


@pytest.mark.parametrize("other", ["redecode", "decode_stream", "vllm"])
def test_a_request_that_is_in_one_call_twice_is_an_obstacle_to_an_engine_of_batches(other):
    """mini-sglang sends its text twice then, and another cannot be asked for that."""
    step = Step(0, A), Step(0, B, "length")
    together, apart = Script(((),), (step,)), Script(((),), ((step[0],), (step[1],)))

    assert "twice" in why_not(BYTE, "joined", ("sglang", other), together)
    assert "twice" not in why_not(BYTE, "joined", ("sglang", other), apart)


@pytest.mark.parametrize("name", OWED)
def test_what_must_hold_is_asked_for(name):
    """An obstacle that is none would excuse a fault."""
    relation, reference, candidate, script = OWED[name]
    sides = [seen(BYTE, side, script)[0][relation] for side in (reference, candidate)]

    assert sides[0] == sides[1]
    assert why_not(BYTE, relation, (reference, candidate), script) == ""


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_of_plain_text_as_much_is_asked_for_as_can_be(tokenizer, pair):
    """ASCII, an id a step: equal chunks within a family, an equal text between any two."""
    script = of_ids(ids(tokenizer, "say the", " word or two.\n"))._replace(skip_special=True)
    traits = [DETOKENIZERS[name].traits for name in pair]
    skips = {one.skips in (None, True) for one in traits}
    related = len({one.family for one in traits}) == 1
    expected = "chunks_nonempty" if related else "joined"
    if related and len({one.silent for one in traits}) == 1:
        expected = "chunks"

    def decode(some, skip=True):
        return TOKENIZERS[tokenizer].decode(list(some), skip)

    found, because = strongest(*pair, script, decode)

    assert found == (expected if len(skips) == 1 else "none"), because


def test_the_families_are_not_all_of_one():
    """The window family is the only one with more than one algorithm, and has six."""
    assert len(WINDOW) >= 6


@pytest.mark.parametrize("name", DETOKENIZERS)
@pytest.mark.parametrize("relation", RELATIONS)
def test_an_algorithm_owes_itself_everything(name, relation):
    """Two implementations of one algorithm differ by a fault alone, whatever the script."""
    script = one(ids(FALLBACK, HAN[:1], b"\xff"), finish="abort", prompt=ids(FALLBACK, HAN[:2]))

    assert why_not(FALLBACK, relation, (name, name), script) == ""


@pytest.mark.parametrize("pair", [("homemade", "tgi"), ("tgi", "homemade")])
def test_nothing_excuses_an_algorithm_that_is_not_known(pair):
    """A side that gives itself a new name is compared as any other."""
    assert not any(why_not(BYTE, relation, pair, one(A)) for relation in RELATIONS)


@pytest.mark.parametrize("id", [-1, 2**33, 2**70])
def test_ids_that_cannot_be_decoded_are_an_obstacle_or_none_but_never_an_error(id):
    """What is asked while a run goes on must not end it."""
    script = one(A, (id,), B)

    assert isinstance(why_not(BYTE, "joined", ("redecode", "vllm_slow"), script), str)


def test_each_relation_asks_for_more_than_the_next():
    """What stands in the way of a weaker one stands in the way of a stronger one."""
    draw = random.Random(1)  # noqa: S311 (streams, not secrets)
    for case in generate.streams(TABLES[FALLBACK], 12, 1):
        script = script_of(case.payload, TABLES[FALLBACK])
        for pair in draw.sample(PAIRS, 12):
            reasons = [why_not(FALLBACK, relation, pair, script) for relation in RELATIONS]
            assert sorted(map(bool, reasons), reverse=True) == list(map(bool, reasons))
