"""The stages of a `tokenizers.Tokenizer`, opened by its own components, one after the other.

The package has no call that finds added tokens alone. So two tokenizers of the same package do it,
with the same added tokens, and a model that takes any other text whole: one for those that are
searched in the text, one for those that are searched in the normalised text, with their normal
forms. Each text between them goes through the components as a PreTokenizedString, which knows where
its parts are from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from math import isqrt
from typing import Any, NamedTuple

import tokenizers
from tokenizers.models import WordLevel

from parity.stages import Added, Normalised, PreToken, Stages, Token, ended
from parity.types import Specials

UNKNOWN = "\U0010ffff"
"""What stands for a text that is no added token."""


class Finder(NamedTuple):
    """A tokenizer that finds added tokens and nothing else; `ids` are theirs in the real one."""

    tokenizer: tokenizers.Tokenizer
    ids: dict[int, int]

    def cut(self, text: str) -> list[tuple[int | None, int, int]]:
        """Return id (None for what is between), start and end of each part of a text."""
        seen = self.tokenizer.encode(text, add_special_tokens=False)
        rows = zip(seen.ids, seen.offsets, strict=True)
        return [(self.ids.get(id), start, end) for id, (start, end) in rows]


class OpenStages:
    """What opens the stages of one tokenizer in one mode."""

    def __init__(self, tokenizer: tokenizers.Tokenizer) -> None:
        self.tokenizer = tokenizer
        table = tokenizer.get_added_tokens_decoder()
        rows = [(id, token, token.content) for id, token in table.items()]
        raw = [row for row in rows if not row[1].normalized]
        normal = [(id, token, self._normal(text)) for id, token, text in rows if token.normalized]
        self.raw, self.normal = self._finder(raw), self._finder(normal)

    def of(self, text: str, specials: Specials) -> Stages:
        """Return what each stage makes of a text."""
        added: list[Added] = []
        normalised: list[Normalised] = []
        pieces: list[PreToken] = []
        tokens: list[Token] = []
        for part in self._parts(text):
            if isinstance(part, Added):
                added.append(part)
                tokens.append(Token(*part))
                continue
            normalised.append(_normal_form(part()))
            work = part()
            if self.tokenizer.pre_tokenizer is not None:
                self.tokenizer.pre_tokenizer.pre_tokenize(work)
            pieces += [PreToken(text, span) for text, span, _ in work.get_splits()]
            work.tokenize(self.tokenizer.model.tokenize)
            seen = work.to_encoding()
            tokens += map(Token, seen.ids, seen.tokens, seen.offsets)
        whole = self.tokenizer.encode(text, add_special_tokens=specials == "template")
        masks = whole.special_tokens_mask, whole.attention_mask
        end = ended(whole.ids, whole.offsets, *masks)
        return Stages(tuple(added), tuple(normalised), tuple(pieces), tuple(tokens), *end)

    def _parts(self, text: str) -> Iterator[Added | Callable[[], Any]]:
        """Yield added tokens, and what makes the normalised texts between them, ever anew."""
        for id, start, end in self.raw.cut(text):
            if id is not None:
                yield Added(id, text[start:end], (start, end))
                continue
            normal = _normal_form(self._normalised(text, start, end))
            for inner, first, last in self.normal.cut(normal.text):
                if inner is None:
                    yield partial(self._between, text, (start, end), (first, last))
                else:
                    span = normal.spans[first][0], normal.spans[last - 1][1]
                    yield Added(inner, normal.text[first:last], span)

    def _between(self, text: str, whole: tuple[int, int], part: tuple[int, int]) -> Any:
        found = self._normalised(text, *whole)
        found.split(partial(_only, *part))
        return found

    def _normalised(self, text: str, start: int, end: int) -> Any:
        part = tokenizers.PreTokenizedString(text)
        part.split(partial(_only, start, end))
        if self.tokenizer.normalizer is not None:
            part.normalize(self.tokenizer.normalizer.normalize)
        return part

    def _normal(self, text: str) -> str:
        normalizer = self.tokenizer.normalizer
        return text if normalizer is None else normalizer.normalize_str(text)

    def _finder(self, rows: list[tuple[int, Any, str]]) -> Finder:
        found = tokenizers.Tokenizer(WordLevel({UNKNOWN: 0}, unk_token=UNKNOWN))
        found.encode_special_tokens = self.tokenizer.encode_special_tokens
        kinds: dict[bool, list[tokenizers.AddedToken]] = {True: [], False: []}
        for _, token, text in rows:
            flags = {name: getattr(token, name) for name in ("single_word", "lstrip", "rstrip")}
            same = tokenizers.AddedToken(text, normalized=False, special=token.special, **flags)
            kinds[token.special].append(same)
        found.add_special_tokens(kinds[True])
        found.add_tokens(kinds[False])
        own = ((found.token_to_id(text), id) for id, _, text in rows)
        ids = {number: id for number, id in own if number is not None}
        return Finder(found, ids)


def _only(first: int, last: int, _: int, whole: Any) -> list[Any]:
    return [whole[first:last]]


def _each(_: int, whole: Any) -> list[Any]:
    """Return the characters of a text; a slice costs its text, so large ones are cut first."""
    size = len(whole.normalized)
    step = isqrt(size) + 1
    parts = [whole[at : at + step] for at in range(0, size, step)]
    return [part[place : place + 1] for part in parts for place in range(len(part.normalized))]


def _normal_form(part: Any) -> Normalised:
    """Return the characters of a text, and what they stand for; the text is used up."""
    part.split(_each)
    rows = part.get_splits()
    return Normalised("".join(text for text, _, _ in rows), tuple(span for _, span, _ in rows))
