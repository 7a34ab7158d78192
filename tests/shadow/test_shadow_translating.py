"""One kind of tokenizer is asked what another kind was asked, and never by a guess."""

import pytest
from tokenizers_at_hand import CHAT, MAKE, TEXT, answers, came, drops_last_id

from parity.shadow.wrapping import close, shadowed, snapshot


@pytest.fixture(scope="module")
def two():
    """Two tokenizers of each kind, made once."""
    return {kind: (make(), make()) for kind, make in MAKE.items()}


PAIRS = [
    ("transformers", "tokenizers", {"same": 6}),
    ("transformers", "backend", {"same": 8}),
    ("tokenizers", "transformers", {"same": 6}),
    ("tokenizers", "backend", {"same": 6}),
    ("tiktoken", "tokenizers", {"same": 4}),
    ("tiktoken", "backend", {"same": 6}),
    ("transformers", "tiktoken", {"same": 4}),
    ("tokenizers", "tiktoken", {"same": 3}),
]
ASKED = {
    "transformers": [
        ("__call__", (TEXT,), {"add_special_tokens": False}),
        ("__call__", ([TEXT, "a"],), {"return_offsets_mapping": True}),
        ("encode", (TEXT,), {"add_special_tokens": False}),
        ("encode", (TEXT,), {"add_special_tokens": False, "split_special_tokens": True}),
        ("decode", ([286, 75, 602],), {}),
        ("batch_decode", ([[286], [75, 602]],), {"skip_special_tokens": True}),
        ("tokenize", (TEXT,), {}),
        ("apply_chat_template", (CHAT,), {"tokenize": False}),
        ("apply_chat_template", (CHAT,), {"add_generation_prompt": True}),
        ("encode", (TEXT,), {"truncation": True, "max_length": 3}),
        ("__call__", (TEXT, "pair"), {}),
    ],
    "tokenizers": [
        ("encode", (TEXT,), {}),
        ("encode", (TEXT,), {"add_special_tokens": False}),
        ("encode_batch", ([TEXT, "a"],), {}),
        ("encode_batch_fast", ([TEXT],), {"add_special_tokens": False}),
        ("decode", ([286, 75],), {"skip_special_tokens": False}),
        ("decode_batch", ([[286], [75, 602]],), {}),
        ("encode", ("a", "b"), {}),
        ("encode", (["a"],), {"is_pretokenized": True}),
    ],
    "tiktoken": [
        ("encode", ("hello",), {}),
        ("encode", (TEXT,), {"allowed_special": "all"}),
        ("encode", (TEXT,), {"disallowed_special": ()}),
        ("encode_ordinary", (TEXT,), {}),
        ("decode", ([286, 75],), {}),
        ("decode_batch", ([[286], [75]],), {}),
        ("encode", (TEXT,), {"allowed_special": {"<|im_start|>"}, "disallowed_special": ()}),
        ("decode", ([200],), {"errors": "ignore"}),
        ("encode", (TEXT,), {}),
    ],
}


@pytest.mark.parametrize(("kind", "other", "counts"), PAIRS)
def test_another_kind_is_asked_in_its_own_words_and_never_by_guess(two, kind, other, counts):
    """What has no words there is skipped as Untranslated; what has them agrees."""
    behind = "hf:tiny:byte-bpe-600" if other == "backend" else two[other][1]
    if (kind, other) == ("transformers", "backend"):
        behind = "transformers:tiny:byte-bpe-600"
    if (kind, other) == ("tiktoken", "backend"):
        behind = "tiktoken:tiny:byte-bpe-600"
    with shadowed(two[kind][0], behind, rate=1.0) as thing:
        for name, args, named in ASKED[kind]:
            came(thing, name, args, named)
    seen = snapshot(thing)

    assert seen["classes"] == {}
    assert seen["error"] == seen["timeout"] == 0
    assert {"same": seen["same"]} == counts
    assert seen["reasons"] == {"skipped": {"Untranslated": len(ASKED[kind]) - counts["same"]}}


@pytest.mark.parametrize(("kind", "other"), [pair[:2] for pair in PAIRS if pair[1] != "backend"])
def test_a_fault_of_another_kind_is_found(two, kind, other):
    """What is asked in other words is compared as strictly: each call that is asked can part."""
    with shadowed(two[kind][0], answers(drops_last_id)(two[other][1]), rate=1.0) as thing:
        for name, args, named in ASKED[kind]:
            came(thing, name, args, named)
    seen = snapshot(thing)

    assert seen["compared"] > 0
    assert seen["diverged"] == seen["compared"]


def test_a_backend_behind_a_tokenizer_shows_its_fault(two):
    """A spec is asked as a backend is, and its own answers decide."""
    with shadowed(two["tokenizers"][0], "hf:tiny:byte-bpe-4096", rate=1.0) as thing:
        thing.encode("the tokenizer")
        thing.encode_batch(["the tokenizer"])

    assert snapshot(thing)["classes"] == {"ids.value": 2}


def test_a_backend_in_a_process_of_its_own_is_asked_there(two):
    """The process mode is for what has a spec; the words are translated before it is asked."""
    behind = "hf:tiny:byte-bpe-4096"
    with shadowed(two["transformers"][0], behind, how="process", rate=1.0) as thing:
        thing.encode("the tokenizer")
        thing.decode([65])
        close(thing, 30.0)

    assert snapshot(thing)["compared"] == 2
    assert snapshot(thing)["surfaces"]["encode"]["classes"] == {"ids.value": 1}
