"""The key `added_tokens`: tokens that are taken out of the text before the model sees it.

Theory. Two passes. First the tokens with `normalized: false` are searched in the original text;
then every piece that is left is normalised and the tokens with `normalized: true` are searched in
it, by the normal form of their content. A search takes the leftmost match and of those the longest,
and goes on behind it. Only then are matches judged, so a match that is refused has still hidden
what it overlaps: with `abc` (single_word) and `bcd`, the text "abcd" has neither.

    single_word   refused where a neighbour is a word character: Alphabetic, M, Nd, Pc or U+200C/D
    lstrip        takes the White_Space before it, newlines too, but not what a match before it took
    rstrip        takes the White_Space after it
    special       not matched in the mode "plain" (`encode_special_tokens`); dropped in decoding
                  and once any entry of the file calls a content special, it stays special

What is stripped belongs to the token: its offsets include it. Since rstrip does not move the
search, the next match can start *within* what was stripped, and its offsets then overlap.

The ids of the file are not believed. A token gets the id that the model's vocabulary has for its
content; any other gets the next number from the size of that vocabulary, in the file's order, which
may be the id of a model token where that vocabulary has holes. Of entries with one content the
last one's flags count.

A normalised token decodes to its normal form, and tokenizers looks *that* up among the specials: a
special token that is normalised and not in NFC is not dropped in decoding. Kept.

Source: measured on tokenizers 0.23.3. Two normalised tokens with one normal form are refused: there
tokenizers picks one of them anew at each load (found by loading one file 40 times). So are those
whose normal form is empty: tokenizers finds it inside of characters and panics.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

import regex

from parity.errors import Unsupported
from parity.reference.carrier import YOUNGER
from parity.reference.dialect import SPACE
from parity.reference.segments import Piece, Token, whole
from parity.types import AddedToken

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from parity.reference.document import Node
    from parity.reference.models import Model
    from parity.reference.normalizers import Normalizer

WORD: Final = regex.compile(r"[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u200c\u200d]", regex.VERSION1)
SPACES: Final = regex.compile(f"[{SPACE}]*", regex.VERSION1)
SPACES_BEFORE: Final = regex.compile(f"(?r)[{SPACE}]*", regex.VERSION1)  # searches backwards

Entry = tuple[int, str]
"""The id of an added token and the text to search for it."""
Trie = dict[str, "Trie | Entry"]
_END: Final = ""
"""The key that marks in a trie where a token ends; every other key is one character."""


class AddedTokens(NamedTuple):
    """The added tokens of one tokenizer.

    by_id: the effective ids; where two entries share an id, the later one.
    spellings: what an id decodes to.
    declared: content to id, as the file says.
    specials: the contents that are special.
    raw, normal: what is searched in the original and in the normalised text.
    """

    by_id: dict[int, AddedToken]
    spellings: dict[int, str]
    declared: dict[str, int]
    specials: frozenset[str]
    raw: Search
    normal: Search
    normalizer: Normalizer

    def extract(self, text: str, *, plain: bool) -> list[Piece | Token]:
        """Return the tokens of a text and the normalised pieces between them, in order.

        plain: do not take special tokens.
        """
        segments: list[Piece | Token] = []
        for segment in self._search(whole(text), self.raw, plain=plain):
            if isinstance(segment, Token):
                segments.append(segment)
            else:
                segments += self._search(self.normalizer(segment), self.normal, plain=plain)
        return segments

    def _search(self, piece: Piece, search: Search, *, plain: bool) -> Iterator[Piece | Token]:
        taken = spaced = 0  # how far tokens took the text, and how far rstrip found it to be spaces
        for id_, start, end in search.matches(piece.text):
            token = self.by_id[id_]
            if (plain and token.content in self.specials) or _is_in_a_word(
                token, piece, start, end
            ):
                continue
            if token.rstrip and end > spaced:
                spaced = _spaces_end(piece.text, end)
            start, end = _stripped(token, piece.text, start, end, (taken, spaced))  # noqa: PLW2901
            if taken < start:
                yield piece.slice(taken, start)
            if start < end:
                yield Token(id_, piece.text[start:end], piece.starts[start], piece.ends[end - 1])
            taken = end
        if taken < len(piece.text):
            yield piece.slice(taken, len(piece.text))


def _is_in_a_word(token: AddedToken, piece: Piece, start: int, end: int) -> bool:
    if not token.single_word:
        return False
    neighbours = piece.text[max(start - 1, 0) : start] + piece.text[end : end + 1]
    return any(WORD.match(char) and char not in YOUNGER for char in neighbours)


def _spaces_end(text: str, start: int) -> int:
    found = SPACES.match(text, start)
    return found.end() if found else start


def _stripped(
    token: AddedToken, text: str, start: int, end: int, known: tuple[int, int]
) -> tuple[int, int]:
    """Return the match with the spaces that its flags take.

    known: where the match before it ended, and where the spaces behind this one end. A token that
    is stripped does not move the search, so the same spaces are behind many tokens.

    An lstrip token that starts within what was taken loses its own first characters to it; one
    that loses all of them is not there at all.
    """
    taken, spaced = known
    if token.lstrip:
        before = SPACES_BEFORE.match(text, taken, max(start, taken))
        start = before.start() if before else start
    if token.rstrip:
        end = max(end, spaced)
    if start > end:
        raise Unsupported(f"added token {token.content!a} lost more than all; tokenizers panics")
    return start, end


def trie_of(entries: Iterable[Entry]) -> Trie:
    """Return a trie of the entries.

    >>> trie_of([(7, "ab"), (8, "a")])
    {'a': {'b': {'': (7, 'ab')}, '': (8, 'a')}}
    """
    root: Trie = {}
    for entry in entries:
        here = root
        for char in entry[1]:
            here = here.setdefault(char, {})  # type: ignore[assignment]
        here[_END] = entry
    return root


class Search(NamedTuple):
    """What finds tokens: their trie, and what finds the characters that they start with."""

    trie: Trie
    first: re.Pattern[str]

    def matches(self, text: str) -> Iterator[tuple[int, int, int]]:
        """Yield id, start and end of each token: leftmost first, the longest there, no overlaps.

        >>> list(search_for([(7, "ab"), (8, "a"), (9, "bc")]).matches("abca"))
        [(7, 0, 2), (8, 3, 4)]
        """
        at = 0
        while found := self.first.search(text, at):
            at = found.start()
            entry = _longest(self.trie, text, at)
            if entry:
                yield entry[0], at, at + len(entry[1])
            at += len(entry[1]) if entry else 1


def search_for(entries: Iterable[Entry]) -> Search:
    """Return what finds the entries."""
    trie = trie_of(entries)
    return Search(trie, re.compile(f"[{re.escape(''.join(trie))}]" if trie else r"(?!)"))


def _longest(trie: Trie, text: str, at: int) -> Entry | None:
    found = None
    here: object = trie
    while isinstance(here, dict):
        found = here.get(_END, found)
        here = here.get(text[at]) if at < len(text) else None
        at += 1
    return found


def read_added_tokens(node: Node, model: Model, normalizer: Normalizer) -> AddedTokens:
    """Return the added tokens that the node (an array) describes; raises BadSpec."""
    items = [item for item in node.items() if item.field("content").expect(str)]
    entries = [_entry(item) for item in items]
    ids = _effective_ids((entry.content for entry in entries), model)
    by_id = {ids[entry.content]: entry for entry in entries}
    searched = [
        (ids[entry.content], entry)
        for entry in _searched(entries)
        if by_id[ids[entry.content]].content == entry.content  # of one id, the last is looked for
    ]
    normal = [(id_, _spelling(each, normalizer)) for id_, each in searched if each.normalized]
    _refuse_ambiguity(node, normal)
    _refuse_contradiction(node, entries)
    return AddedTokens(
        by_id=by_id,
        spellings={id_: _spelling(entry, normalizer) for id_, entry in by_id.items()},
        declared={item.field("content").expect(str): item.field("id").unsigned() for item in items},
        specials=frozenset(entry.content for entry in entries if entry.special),
        raw=search_for((id_, entry.content) for id_, entry in searched if not entry.normalized),
        normal=search_for(normal),
        normalizer=normalizer,
    )


def _entry(node: Node) -> AddedToken:
    return AddedToken(
        content=node.field("content").expect(str),
        special=node.field("special").expect(bool),
        single_word=node.field("single_word").expect(bool),
        lstrip=node.field("lstrip").expect(bool),
        rstrip=node.field("rstrip").expect(bool),
        normalized=node.field("normalized").expect(bool),
    )


def _spelling(token: AddedToken, normalizer: Normalizer) -> str:
    return normalizer(whole(token.content)).text if token.normalized else token.content


def _effective_ids(contents: Iterable[str], model: Model) -> dict[str, int]:
    """Return content to id.

    >>> from parity.reference.models.wordlevel import WordLevel
    >>> _effective_ids(["<s>", "b", "</s>"], WordLevel({"a": 0, "b": 9}, "a"))
    {'<s>': 2, 'b': 9, '</s>': 3}
    """
    vocab = model.vocab
    ids: dict[str, int] = {}
    following = len(model.tokens)
    for content in contents:
        if content not in ids:
            ids[content] = vocab.get(content, following)
            following += content not in vocab
    return ids


def _searched(entries: Iterable[AddedToken]) -> Iterator[AddedToken]:
    """Yield what is searched: of a content all entries up to the first special one."""
    special: set[str] = set()
    for entry in entries:
        if entry.content not in special:
            yield entry
        if entry.special:
            special.add(entry.content)


def _refuse_contradiction(node: Node, entries: Iterable[AddedToken]) -> None:
    """Refuse entries of one content that disagree on `normalized`: they are not understood."""
    normalized: dict[str, bool | None] = {}
    for entry in entries:
        if normalized.setdefault(entry.content, entry.normalized) != entry.normalized:
            raise node.unread(f"{entry.content!a}, once normalized and once not")


def _refuse_ambiguity(node: Node, normal: Collection[Entry]) -> None:
    ids: dict[str, int] = {}
    for id_, content in normal:
        if not content:
            raise node.unread("an added token without a normal form; tokenizers panics")
        if ids.setdefault(content, id_) != id_:
            raise node.unread(f"two normalized added tokens whose normal form is {content!a}")
