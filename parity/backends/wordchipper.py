"""wordchipper's Encoding of `compat.tiktoken`, on the rank file of a tiktoken.json.

    wordchipper:models/cl100k,name=cl100k_base

It makes a vocabulary by its name, and fetches the rank file: here that of the target is put into a
cache of its own beforehand, so that nothing is fetched; the pattern and the special tokens are the
library's for `name`. Specials, and what `skip_special` does, are as of `tiktoken_shaped`.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from wordchipper.compat import tiktoken as compat

from parity.artefact import resolve
from parity.backend import Backend, Identity, refusing
from parity.backends import _ranks
from parity.backends._ducks import one_of
from parity.backends.tiktoken_shaped import Habits, LikeTiktoken, special_tokens

LANGUAGE: Final = "Rust"
ISOLATED: Final = True
CACHE: Final = "XDG_CACHE_HOME"


def make(target: str, name: str = "") -> Backend:
    """Return the backend for a folder with a tiktoken.json, whose ranks are those of `name`."""
    one_of("wordchipper: name", name, compat.list_encoding_names())
    path = resolve(target)
    path = path / "tiktoken.json" if path.is_dir() else path
    ranks = path.parent / _ranks.config(path)["ranks"]
    with tempfile.TemporaryDirectory() as cache, refusing("wordchipper", ranks):
        place = Path(cache, "io.crates.wordchipper", "openai", name)
        place.mkdir(parents=True)
        (place / f"{name}.tiktoken").write_bytes(ranks.read_bytes())
        with _cached_in(cache):
            native = compat.get_encoding(name)
    identity = Identity(native, "wordchipper", [str(ranks)], ["wordchipper"], {"name": name})
    special = special_tokens(native, "special_tokens_set")
    return LikeTiktoken("wordchipper", native, identity, Habits(special))


@contextlib.contextmanager
def _cached_in(cache: str) -> Iterator[None]:
    """Let the library look in this cache: it asks the environment where that is."""
    before = os.environ.get(CACHE)
    os.environ[CACHE] = cache
    try:
        yield
    finally:
        del os.environ[CACHE]
        if before is not None:
            os.environ[CACHE] = before
