"""What adapters of other libraries translate, and what they say that a library lacks."""

import pytest

from benchmarks.exactness import libraries
from benchmarks.exactness.adapters import TiktokenShaped, TokenizersShaped, TransformersShaped
from parity.backend import Backend, Identity
from parity.errors import Unsupported

ME = Identity("me")


class Seen:
    """An encoding: the flags it was made with are its ids."""

    def __init__(self, flags):
        self.ids, self.offsets = [int(flag) for flag in flags.values()], [(0, 1)]


class LikeTokenizers:
    """Ids are the flags of the call, a text is the flag of the decode."""

    def encode(self, _, **flags):
        return Seen(flags)

    def encode_batch(self, texts, **flags):
        return [Seen({**flags, "in a batch": True}) for _ in texts]

    def decode(self, ids, skip_special_tokens):
        return f"{ids} {skip_special_tokens}"

    def decode_batch(self, batch, skip_special_tokens):
        return [f"{ids} {skip_special_tokens} in a batch" for ids in batch]


class HasNoDecodeBatch(LikeTokenizers):
    """As some have it."""

    decode_batch = property()


class LikeTransformers:
    """A call takes a list, `encode` gives ids."""

    def __call__(self, texts, add_special_tokens):
        return {"input_ids": [[len(text), int(add_special_tokens)] for text in texts]}

    def encode(self, text, add_special_tokens):
        return [len(text), int(add_special_tokens)]

    def decode(self, ids, skip_special_tokens):
        return f"{ids} {skip_special_tokens}"

    def batch_decode(self, batch, skip_special_tokens):
        return [self.decode(ids, skip_special_tokens) for ids in batch]


class LikeTiktoken:
    """Id 9 is special."""

    def encode_ordinary(self, text):
        return [len(text)]

    def encode(self, text, *, allowed_special, disallowed_special):
        assert (allowed_special, disallowed_special) == ("all", ())
        return [len(text), 9]

    def decode(self, ids):
        return str(ids)


class HasBatches(LikeTiktoken):
    """Its batch calls add a 7."""

    def encode_ordinary_batch(self, texts):
        return [[len(text), 7] for text in texts]

    def encode_batch(self, texts, **_):
        return [[len(text), 9, 7] for text in texts]


def tiktoken_shaped(native=None):
    return TiktokenShaped("t", native or LikeTiktoken(), ME, {"<s>": 9})


def named(value):
    """The class of a backend, for the id of a test: an address in it differs in every process."""
    return type(value).__name__ if isinstance(value, Backend) else None


@pytest.mark.parametrize(
    ("specials", "ids"), [("parse", [0]), ("template", [1]), ("plain", [0, 1])]
)
def test_modes_are_the_flags_of_tokenizers(specials, ids):
    """`plain` splits special tokens; alone and in the batch call that the library has."""
    backend = TokenizersShaped("t", LikeTokenizers(), ME, splits=True)

    assert backend.encode("a", specials).ids == ids
    assert [one.ids for one in backend.encode_batch(["a"], specials)] == [[*ids, 1]]


@pytest.mark.parametrize(("ranges", "offsets"), [(True, [(0, 1)]), (False, None)])
def test_offsets_are_asked_of_those_that_have_them(ranges, offsets):
    """Some raise where they are asked."""
    backend = TokenizersShaped("t", LikeTokenizers(), ME, ranges=ranges)

    assert backend.encode("a").offsets == offsets


@pytest.mark.parametrize(
    ("native", "text"), [(LikeTokenizers, "[1] False in a batch"), (HasNoDecodeBatch, "[1] False")]
)
def test_batches_are_decoded_by_the_librarys_own_call(native, text):
    """Or one by one where it has none."""
    backend = TokenizersShaped("t", native(), ME)

    assert backend.decode_batch([[1]], skip_special=False) == [text]


def test_transformers_shaped_takes_texts_by_a_call():
    """Modes are `add_special_tokens`; a batch of none asks nothing."""
    backend = TransformersShaped("t", LikeTransformers(), ME)

    assert backend.encode("ab", "template").ids == [2, 1]
    assert [one.ids for one in backend.encode_batch(["ab", ""])] == [[2, 0], [0, 0]]
    assert backend.encode_batch([]) == []
    assert backend.decode_batch([[1]]) == ["[1] True"]


@pytest.mark.parametrize(
    ("native", "specials", "alone", "batched"),
    [
        (LikeTiktoken, "plain", [2], [2]),
        (LikeTiktoken, "parse", [2, 9], [2, 9]),
        (HasBatches, "plain", [2], [2, 7]),
        (HasBatches, "parse", [2, 9], [2, 9, 7]),
    ],
)
def test_tiktoken_shaped_reads_all_special_tokens_or_none(native, specials, alone, batched):
    """In batches by the library's own calls, or one by one where it has none."""
    backend = tiktoken_shaped(native())

    assert backend.encode("ab", specials).ids == alone
    assert [one.ids for one in backend.encode_batch(["ab"], specials)] == [batched]


def test_special_ids_are_dropped_before_tiktoken_shaped_decodes():
    """The shape has no flag for it."""
    backend = tiktoken_shaped()

    assert backend.decode([1, 9]) == "[1]"
    assert backend.decode([1, 9], skip_special=False) == "[1, 9]"


class Raw:
    """One call of each of the libraries that have their own."""

    def encode(self, _):
        return [1]

    def encode_raw(self, _):
        return [2]

    def encode_all(self, texts, specials):
        return [[3, int(specials)] for _ in texts]

    def decode(self, *_):
        return b"a\xff"

    decode_bytes = decode


class DecodesToNone(Raw):
    """What some do where bytes are no UTF-8."""

    def decode(self, _):
        return None


MODES = [
    (libraries.Splintr, "template", [1]),
    (libraries.Splintr, "parse", [2]),
    (libraries.Kitoken, "parse", [3, 1]),
    (libraries.Kitoken, "plain", [3, 0]),
    (libraries.BpeQwen, "parse", [1]),
    (libraries.RsBpe, "plain", [1]),
]


@pytest.mark.parametrize(("kind", "specials", "ids"), MODES)
def test_special_adapters_have_the_modes_of_their_library(kind, specials, ids):
    """Each by the call that is meant for it."""
    assert kind("x", Raw(), ME).encode("a", specials).ids == ids


@pytest.mark.parametrize(
    ("backend", "specials"),
    [
        (TokenizersShaped("t", LikeTokenizers(), ME), "plain"),
        (TransformersShaped("t", LikeTransformers(), ME), "plain"),
        (tiktoken_shaped(), "template"),
        (tiktoken_shaped(HasBatches()), "template"),
        *(
            (kind("x", Raw(), ME), mode)
            for kind in dict.fromkeys(row[0] for row in MODES)
            for mode in ("parse", "plain", "template")
            if not any(row[:2] == (kind, mode) for row in MODES)
        ),
    ],
    ids=named,
)
def test_a_mode_that_a_library_lacks_is_unsupported(backend, specials):
    """And never another mode in its place."""
    with pytest.raises(Unsupported, match=specials):
        backend.encode("a", specials)
    with pytest.raises(Unsupported, match=specials):
        backend.encode_batch(["a"], specials)


@pytest.mark.parametrize(
    "backend",
    [
        TokenizersShaped("t", LikeTokenizers(), ME),
        TransformersShaped("t", LikeTransformers(), ME),
        tiktoken_shaped(),
        tiktoken_shaped(HasBatches()),
    ],
    ids=named,
)
def test_bytes_are_unsupported(backend):
    """None of these libraries takes them."""
    with pytest.raises(Unsupported, match="bytes"):
        backend.encode(b"a")
    with pytest.raises(Unsupported, match="bytes"):
        backend.encode_batch([b"a"])


@pytest.mark.parametrize(
    "backend",
    [
        TokenizersShaped("t", LikeTokenizers(), ME),
        TransformersShaped("t", LikeTransformers(), ME),
        tiktoken_shaped(),
        tiktoken_shaped(HasBatches()),
        libraries.Splintr("x", Raw(), ME),
        libraries.Kitoken("x", Raw(), ME),
    ],
    ids=named,
)
def test_offsets_that_are_asked_for_in_a_batch_are_unsupported(backend):
    """Whatever the texts: they are lacking, not failing."""
    with pytest.raises(Unsupported, match="offsets"):
        backend.encode_batch(["\ud800"], "parse", offsets=True)


@pytest.mark.parametrize(
    ("backend", "text"),
    [
        (libraries.Kitoken("x", Raw(), ME), "a\ufffd"),
        (libraries.Tokie("x", Raw(), ME), "a\ufffd"),
        (libraries.RsBpe("x", DecodesToNone(), ME), ""),
    ],
    ids=named,
)
def test_what_is_no_text_is_translated_as_the_adapter_says(backend, text):
    """Bytes that are not UTF-8 become U+FFFD, None becomes the empty text."""
    assert backend.decode([1]) == text
    assert backend.decode_batch([[1]]) == [text]


@pytest.mark.parametrize("kind", [libraries.Tokie, libraries.BpeQwen])
def test_decoding_that_keeps_special_tokens_is_unsupported_without_a_flag(kind):
    """One call cannot stand for both."""
    with pytest.raises(Unsupported, match="keeps"):
        kind("x", Raw(), ME).decode([1], skip_special=False)


def test_an_adapter_is_who_it_was_told_to_be():
    """So that a fingerprint is of the library, not of the adapter."""
    assert tiktoken_shaped().identity() is ME
