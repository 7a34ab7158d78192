"""The whole reference against tokenizers: any components together, on any text or pair of texts."""

import json
import random

import pytest
from drawn import Drawn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer as Rust

from parity import reference
from parity.errors import Unsupported
from parity.types import SPECIALS

MORE = [
    *(
        "\u2581",
        "\u2581\u2581",
        " \u2581",
        "\u30fc",
        "\u30ab\u30bf",
        "\u3072\u3089",
        "\u6f22\u5b57",
    ),
    *(
        "\u0130",
        "\xdf",
        "\u03a3",
        "\ufb03",
        "\u337b",
        "\u32ff",
        "\xaa\u0300",
        "\uff21",
        "\u200b\u200c",
    ),
    *(
        "\ufffd",
        "\x07",
        "\x8f",
        "+",
        "$",
        "`",
        "\u2027",
        "\u061d",
        "\u09fd",
        "\u0345\u0334",
        "\xa8",
    ),
    *("\u1abf\u0334", "\U00011938", "\u0390", "##a", "</w>", "<unk>", "<0x41>", "\u3002", "don't"),
    *("  .", "\u0c56\u0c46", "\ufb1d", "xxxxx", "\u1160", "\uff76\uff9e", "\U0001fac9", "\u088f"),
]
"""Texts that a normalizer, a pre-tokenizer or a decoder does something with."""


@pytest.fixture(scope="module")
def drawn(borders):
    """A maker of `Drawn`, by seed."""
    texts = [*borders, *MORE]
    return lambda seed: Drawn(random.Random(seed), texts)  # noqa: S311 - seeded on purpose


def rust_encodes(rust, text, pair, mode):
    rust.encode_special_tokens = mode == "plain"
    seen = rust.encode(text, pair, add_special_tokens=mode == "template")
    return (
        *(seen.ids, seen.tokens, seen.offsets, seen.type_ids),
        *(seen.special_tokens_mask, seen.attention_mask),
    )


def answer(call, *args):
    """What a call returns; None where it raises, or panics."""
    try:
        return call(*args)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return None


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)
@given(seed=st.integers(0, 2**32))
def test_any_components_do_together_what_they_do_in_tokenizers(seed, drawn, tmp_path_factory):
    """Ids, tokens, offsets, types, masks and decoded text are those of tokenizers.

    Where tokenizers fails or panics the reference may answer, or refuse; not the other way round.
    """
    make = drawn(seed)
    document = json.dumps(make.document())
    file = tmp_path_factory.mktemp("drawn") / "tokenizer.json"
    file.write_text(document)
    try:
        ours = reference.load(file)
    except Unsupported:
        return
    rust = Rust.from_str(document)
    for _ in range(30):
        text, mode = make.text(), make.draw.choice(SPECIALS)
        pair = make.text() if make.draw.random() < 0.2 else None
        seen = answer(rust_encodes, rust, text, pair, mode)
        if seen is not None:
            assert ours.encoded(text, pair, mode) == seen, (text, pair, mode)
        ids = [make.draw.randrange(600) for _ in range(make.draw.randint(0, 6))]
        decoded = answer(rust.decode, ids)
        if decoded is not None:
            assert ours.decode(ids) == decoded, ids
