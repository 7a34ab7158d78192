"""Random ids of a real vocabulary, with the ids that break streams in every sequence."""

import random
from functools import lru_cache

from parity import backends
from parity.detokenizers.detokenizer import Decoder
from parity.detokenizers.printable import is_han

TINY = ["byte-bpe-4096", "byte-bpe-600", "fallback-bpe", "unigram", "wordpiece"]
REAL = ["deepseek", "qwen"]
TARGETS = [f"tiny:{name}" for name in TINY] + [f"asset:{name}" for name in REAL]


@lru_cache
def loaded(spec):
    """A backend; a missing package fails the test that asks for it, with the reason."""
    return backends.load(spec)


def decoder(backend):
    """What a detokenizer may ask of a backend, its own calls and nothing around them."""
    return Decoder(backend.decode, backend.decode_batch, lambda _: b"")


@lru_cache
def kinds(target):
    """Ids by what their text is: every kind that the vocabulary has any of."""
    vocabulary = loaded(f"hf:{target}").vocabulary()
    ids = sorted(vocabulary.tokens)
    each = loaded(f"hf:{target}").decode_batch([[id] for id in ids], False)
    texts = dict(zip(ids, each, strict=True))
    found = {
        "any": ids,
        "special": sorted(vocabulary.added),
        "byte": [id for id in ids if vocabulary.tokens[id].startswith("<0x")],
        "half": [id for id in ids if texts[id] == "\ufffd"],
        "straddling": [id for id in ids if "\ufffd" in texts[id] and len(texts[id]) > 1],
        "han": [id for id in ids if any(map(is_han, texts[id]))],
        "newline": [id for id in ids if texts[id].endswith("\n")],
        "space": [id for id in ids if texts[id].endswith(" ")],
        "empty": [id for id in ids if not texts[id]],
        "letter": [id for id in ids if texts[id].isascii() and texts[id].isalpha()],
        "unknown": [ids[-1] + 1, ids[-1] + 1_000_000],
    }
    return {kind: some for kind, some in found.items() if some}


def sequences(target, count, seed):
    """Sequences of 1 to 24 ids; each of up to three kinds and of any."""
    draw = random.Random(f"{target} {seed}")  # noqa: S311 (ids, not secrets)
    by_kind = kinds(target)
    for _ in range(count):
        chosen = [by_kind[kind] for kind in draw.choices(list(by_kind), k=3)]
        yield [draw.choice(draw.choice(chosen)) for _ in range(draw.randint(1, 24))], draw


def groups(ids, draw):
    """The ids, cut into steps: mostly one each, some of several, some of none."""
    at = 0
    while at < len(ids):
        size = draw.choice((1, 1, 1, 1, 2, 3, 0))
        yield ids[at : at + size]
        at += size
