"""What people already have, watched: nobody sees a difference, and the watch sees each."""

import copy

import numpy as np
import pytest
import transformers
from tokenizers_at_hand import CHAT, MAKE, TEXT, answers, came, drops_last_id, raw, raw_cut

from parity.shadow.wrapping import shadowed, snapshot


@pytest.fixture(scope="module")
def two():
    """Two tokenizers of each kind, made once."""
    return {kind: (make(), make()) for kind, make in MAKE.items()}


CALLS = {
    "transformers": [
        ("__call__", (TEXT,), {}),
        ("__call__", ([TEXT, "a"],), {"padding": True, "return_offsets_mapping": True}),
        ("__call__", ([TEXT, "a"],), {"padding": True, "return_tensors": "np"}),
        ("__call__", ("a", "b"), {"truncation": True, "max_length": 2}),
        ("__call__", ([],), {}),
        ("__call__", (3,), {}),
        ("__call__", (), {}),
        ("encode", (TEXT,), {"add_special_tokens": False}),
        ("encode", (TEXT,), {"return_tensors": "np"}),
        ("encode", (None,), {}),
        ("decode", ([286, 75, 602],), {"skip_special_tokens": True}),
        ("decode", (286,), {}),
        ("decode", ([[286], [75]],), {}),
        ("decode", (np.array([286, 75]),), {}),
        ("decode", ("x",), {}),
        ("batch_decode", ([[286], [75, 602]],), {}),
        ("apply_chat_template", (CHAT,), {}),
        ("apply_chat_template", (CHAT,), {"tokenize": False, "add_generation_prompt": True}),
        ("apply_chat_template", (CHAT,), {"return_dict": False}),
        ("apply_chat_template", (3,), {}),
        ("convert_tokens_to_ids", ("hello",), {}),
        ("convert_tokens_to_ids", (["he", "l"],), {}),
        ("convert_ids_to_tokens", ([286, 75],), {}),
        ("convert_ids_to_tokens", (286,), {}),
        ("tokenize", (TEXT,), {}),
    ],
    "tokenizers": [
        ("encode", (TEXT,), {}),
        ("encode", ("a", "b"), {"add_special_tokens": False}),
        ("encode", (["a", "b"],), {"is_pretokenized": True}),
        ("encode", (3,), {}),
        ("encode", (), {}),
        ("encode_batch", ([TEXT, ("a", "b")],), {}),
        ("encode_batch", ([],), {}),
        ("encode_batch_fast", ([TEXT],), {}),
        ("decode", ([286, 75, 602],), {}),
        ("decode", ([-1],), {}),
        ("decode", ([99999],), {}),
        ("decode_batch", ([[286], [75, 602]],), {"skip_special_tokens": False}),
    ],
    "tiktoken": [
        ("encode", ("hello",), {}),
        ("encode", (TEXT,), {}),
        ("encode", (TEXT,), {"allowed_special": "all"}),
        ("encode", (TEXT,), {"allowed_special": {"<|im_start|>"}, "disallowed_special": ()}),
        ("encode_ordinary", (TEXT,), {}),
        ("encode_batch", (["a", "hello"],), {}),
        ("encode_ordinary_batch", ([TEXT],), {}),
        ("decode", ([286, 75],), {}),
        ("decode", ([99999],), {}),
        ("decode_bytes", ([286, 200],), {}),
        ("decode_batch", ([[286], [75]],), {}),
    ],
}


@pytest.mark.parametrize("kind", MAKE)
def test_every_call_answers_as_the_bare_object_and_two_alike_never_part(two, kind):
    """Values, types and exceptions are the reference's own, sampled or not."""
    bare, candidate = two[kind]
    for rate in (1.0, 0.0):
        with shadowed(bare, candidate, rate=rate) as thing:
            for name, args, named in CALLS[kind]:
                assert came(thing, name, args, named) == came(bare, name, args, named), name
        seen = snapshot(thing)

        assert seen["calls"] == len(CALLS[kind])
        assert seen["classes"] == {}
        assert seen["same"] == (len(CALLS[kind]) if rate else 0), seen["reasons"]


def gives_lists_for_tensors(value):
    if isinstance(value, transformers.BatchEncoding):
        return {name: np.asarray(part).tolist() for name, part in value.items()}
    return np.asarray(value).tolist()


def forgets_the_mask(value):
    del value["attention_mask"]
    return value


def raises_for_all(value):
    raise ValueError(value)


def gives_nothing(_):
    return None


FAULTS = [
    ("transformers", "__call__", (TEXT,), {}, drops_last_id, "ids.missing"),
    ("transformers", "__call__", ([TEXT],), {"return_tensors": "np"}, gives_lists_for_tensors,
     "kinds.value"),
    ("transformers", "__call__", (TEXT,), {}, forgets_the_mask, "kinds.missing"),
    ("transformers", "encode", (TEXT,), {}, drops_last_id, "ids.missing"),
    ("transformers", "decode", ([286, 75],), {}, drops_last_id, "text.missing"),
    ("transformers", "batch_decode", ([[286], [75]],), {}, drops_last_id, "text.missing"),
    ("transformers", "tokenize", (TEXT,), {}, drops_last_id, "tokens.missing"),
    ("transformers", "convert_tokens_to_ids", (["a", "b"],), {}, drops_last_id, "ids.missing"),
    ("transformers", "convert_ids_to_tokens", ([286],), {}, drops_last_id, "tokens.missing"),
    ("transformers", "apply_chat_template", (CHAT,), {}, drops_last_id, "ids.missing"),
    ("transformers", "encode", (TEXT,), {}, raises_for_all, "outcome.ValueError"),
    ("tokenizers", "encode", (TEXT,), {}, drops_last_id, "ids.missing"),
    ("tokenizers", "encode_batch", ([TEXT, "a"],), {}, drops_last_id, "ids.missing"),
    ("tokenizers", "encode_batch_fast", ([TEXT],), {}, drops_last_id, "ids.missing"),
    ("tokenizers", "decode", ([286, 75],), {}, drops_last_id, "text.missing"),
    ("tokenizers", "decode_batch", ([[286], [75]],), {}, drops_last_id, "text.missing"),
    ("tokenizers", "encode", (TEXT,), {}, gives_nothing, "outcome.BadOutput"),
    ("tiktoken", "encode_ordinary", (TEXT,), {}, drops_last_id, "ids.missing"),
    ("tiktoken", "decode_bytes", ([286, 75],), {}, drops_last_id, "text.missing"),
    ("tiktoken", "encode_batch", (["a", "b"],), {}, drops_last_id, "ids.missing"),
]  # fmt: skip


@pytest.mark.parametrize("planted", FAULTS, ids=lambda one: f"{one[0]}-{one[1]}-{one[5]}")
def test_a_planted_fault_is_found_and_the_caller_does_not_see_it(two, planted):
    """Each operation can fail to agree: a fake that is wrong in its way shows it."""
    kind, name, args, named, fault, why = planted
    bare, inner = two[kind]
    wanted = came(bare, name, args, named)
    with shadowed(bare, answers(fault)(inner), rate=1.0) as thing:
        assert came(thing, name, args, named) == wanted
    seen = snapshot(thing)

    assert seen["classes"] == {why: 1}


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("offsets", lambda one: [(start + 1, end) for start, end in one]),
        ("tokens", lambda one: one[::-1]),
        ("attention_mask", lambda one: [0] * len(one)),
        ("type_ids", lambda one: [1] * len(one)),
        ("special_tokens_mask", lambda one: [1] * len(one)),
        ("overflowing", lambda one: one[1:]),
    ],
)
def test_each_part_of_an_encoding_is_compared(part, change):
    """Ids are not all that a caller reads of an Encoding."""
    bare = raw()
    bare.enable_truncation(4)
    parts = ("ids", "offsets", "tokens", "attention_mask", "type_ids", "special_tokens_mask",
             "overflowing")  # fmt: skip

    def changed(found):
        class Made:
            pass

        made = Made()
        for name in parts:
            value = getattr(found, name)
            setattr(made, name, change(value) if name == part else value)
        return made

    with shadowed(bare, answers(changed)(raw_cut()), rate=1.0) as thing:
        thing.encode(TEXT)

    assert [why.partition(".")[0] for why in snapshot(thing)["classes"]] == [part]


def test_what_the_caller_does_with_an_answer_is_no_divergence(two):
    """Sampled answers are copied: lists that are changed, encodings that are padded later."""
    bare, candidate = two["tokenizers"]
    with shadowed(bare, candidate, rate=1.0) as thing:
        one = thing.encode(TEXT)
        one.truncate(2)
        one.pad(64)
        for item in thing.encode_batch([TEXT, "a"]):
            item.pad(64)
    assert snapshot(thing)["same"] == 2

    bare, candidate = two["transformers"]
    with shadowed(bare, candidate, rate=1.0) as thing:
        found = thing([TEXT, "a"])
        found["input_ids"][0].clear()
        found["more"] = []
        thing.encode(TEXT).append(3)
        tensors = thing([TEXT], return_tensors="np")
        tensors["input_ids"][0][:] = 0
        messages = copy.deepcopy(CHAT)
        thing.apply_chat_template(messages)
        messages[0]["content"] = "changed"
    assert snapshot(thing)["same"] == 4


def test_an_encoding_is_kept_whole_when_it_is_cut_into_many():
    """The copy of an Encoding has all that overflowed, in order, and all its parts."""
    bare = raw()
    bare.enable_truncation(12, stride=2)
    with shadowed(bare, copy.deepcopy(bare), rate=1.0) as thing:
        found = thing.encode(TEXT * 3, "a")
        found.truncate(0)

    assert len(found.overflowing) > 0
    assert snapshot(thing)["same"] == 1


def test_what_an_encoding_and_a_tensor_hold_is_bounded(two):
    """Objects of others weigh what they hold, not what Python knows of them."""
    with shadowed(*two["tokenizers"], rate=1.0, bytes=20_000) as thing:
        thing.encode("a" * 2000)
    assert snapshot(thing)["reasons"] == {"dropped": {"bytes": 1}}

    with shadowed(np.zeros, np.zeros, rate=1.0, bytes=20_000) as zeros:
        zeros(5000)
    assert snapshot(zeros)["reasons"] == {"dropped": {"bytes": 1}}
