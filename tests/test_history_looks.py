"""What happened before changes no answer."""

import pytest

from parity.backends import load
from parity.backends.mock import Honest
from parity.checks import LAWS
from parity.history_looks import WORDS, after_cut, after_words, beside_another, cold, words
from parity.plan import CONCURRENCY, EVERYTHING, checks_for
from parity.types import Case

CASES = [
    Case("t/x-0", "text", "a text"),
    Case("t/x-1", "text", "a<s>", {"specials": "plain", "words": 5}),
]


class Notes(Honest):
    """It keeps what it is asked for in batches, and what was cut."""

    def __init__(self):
        self.words, self.lengths = [], []

    def encode_batch(self, texts, specials="parse", offsets=False):
        self.words += [(text, specials) for text in texts]
        return super().encode_batch(texts, specials, offsets)

    def encode_cut(self, texts, length):
        self.lengths.append((list(texts), length))
        return super().encode_cut(texts, length)


def test_words_are_more_than_any_cache_of_words_holds():
    """That of tokenizers holds 10,000; all are different."""
    assert len(set(words(WORDS))) == WORDS > 20_000


def test_words_are_pushed_through_in_the_modes_of_the_cases():
    """A library may have a cache for each."""
    backend = Notes()
    after_words(backend, [case._replace(options={**case.options, "words": 5}) for case in CASES])

    assert backend.words == [(word, mode) for mode in ("parse", "plain") for word in words(5)]


def test_every_text_is_cut_before_it_is_asked():
    """Then it is asked for whole."""
    backend = Notes()
    seen = after_cut(backend, CASES)

    assert [one.value for one in seen] == [list(b"a text"), list(b"a<s>")]
    assert backend.lengths == [([case.payload], 4) for case in CASES] * 2


@pytest.mark.parametrize("look", [cold, beside_another])
def test_what_was_not_loaded_from_a_spec_cannot_be_loaded_again(look):
    """That is no difference."""
    assert {one.failure.kind for one in look(Honest(), CASES)} == {"Unsupported"}


@pytest.mark.parametrize("spec", ["hf:tiny:byte-bpe-600", "transformers:tiny:byte-bpe-600"])
def test_a_cut_is_one_call(spec):
    """Cut or filled up to so many ids; after it, single and batch calls give what they gave."""
    backend = load(spec)
    before = [backend.encode_batch(["a", "a longer text"]), [backend.encode("a longer text")]]
    cut = backend.encode_cut(["a", "a longer text"], 3)
    after = [backend.encode_batch(["a", "a longer text"]), [backend.encode("a longer text")]]

    assert [len(one.ids) for one in cut] == [3, 3]
    assert cut[1].ids == before[0][1].ids[:3]
    assert after == before


def test_what_a_file_says_of_lengths_is_there_again_after_a_cut():
    """Its own truncation and padding are set back."""
    backend = load("hf:tiny:byte-bpe-600")
    backend.tokenizer.enable_truncation(2, stride=1)
    backend.tokenizer.enable_padding(length=5, pad_id=7)
    backend.lengths = backend.tokenizer.truncation, backend.tokenizer.padding

    def seen():
        return backend.tokenizer.truncation, backend.tokenizer.padding, backend.encode("a longer")

    before = seen()
    backend.encode_cut(["a"], 3)

    assert seen() == before


def test_transformers_without_a_token_to_fill_up_with_says_so():
    """Its own call would raise."""
    backend = load("transformers:tiny:byte-bpe-600")
    backend.tokenizer.pad_token = None
    (seen, *_) = after_cut(backend, CASES)

    assert seen.failure.message == "transformers has no token to fill up with"


def test_laws_that_cost_much_are_looked_at_where_they_are_asked_for():
    """One by one, or by the name of the group; `all` has none of them."""
    assert not set(CONCURRENCY) & set(EVERYTHING)
    assert set(CONCURRENCY) == {name for name, law in LAWS.items() if law.gates == "asked"}
    assert checks_for("concurrency", "here") == (CONCURRENCY, False)
    assert checks_for(["threads_are_serial"], "here") == (("threads_are_serial",), True)
