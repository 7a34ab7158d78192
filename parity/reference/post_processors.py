"""The key `post_processor`: adds special tokens, says of each token to which text it belongs.

The tokens travel as *parts*: one for each text to begin with, and after a template one for each of
its places, because ByteLevel asks whether a token is the first of its part.

    TemplateProcessing   puts special tokens around one text (`single`) or two (`pair`)
    BertProcessing       [CLS] A [SEP] and B [SEP]; B has the type 1
    RobertaProcessing    <s> A </s> and </s> B </s>; trims offsets like ByteLevel; all types are 0
    ByteLevel            with trim_offsets takes spaces at the ends out of the offsets (not the ids)
    Sequence             one after another

In the modes that add none, a template leaves its texts, as often as it names them, and Bert and
Roberta leave the texts as they are. What is added has the offsets (0, 0). A template behind a
template takes the parts for texts, if there are one or two.

With add_prefix_space a token that is first, or that starts at 0, keeps a single leading space,
since it might be the one that the pre-tokenizer put there - even where it did not. Of two or more
leading spaces it keeps none.

Source: measured on tokenizers 0.23.3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

import regex

from parity.errors import Unsupported
from parity.reference.byte_alphabet import BYTE_TO_CHAR
from parity.reference.dialect import SPACE
from parity.reference.pre_tokenizers.byte_level import read_options
from parity.reference.segments import Token

if TYPE_CHECKING:
    from parity.reference.document import Node


class Part(NamedTuple):
    """Tokens that stand together.

    types: the type id of each. special: whether the post-processor added it.
    """

    tokens: list[Token]
    types: list[int]
    special: list[bool]

    def of_type(self, type_id: int) -> Part:
        """Return the part with everything of one type."""
        return self._replace(types=[type_id] * len(self.tokens))

    def between(self, before: list[Token], after: list[Token], type_id: int) -> Part:
        """Return the part with special tokens of one type around it."""
        return Part(
            [*before, *self.tokens, *after],
            [*([type_id] * len(before)), *self.types, *([type_id] * len(after))],
            [*([True] * len(before)), *([False] * len(self.tokens)), *([True] * len(after))],
        )


Parts = list[Part]


class PostProcessor(NamedTuple):
    """What a post-processor does.

    run: takes the parts and whether special tokens are added.
    added: how many special tokens it adds to one text, and to two.
    """

    run: Callable[[Parts, bool], Parts]
    added: tuple[int, int] = (0, 0)


_BLANK: Final = regex.compile(f"[{BYTE_TO_CHAR[0x20]}{SPACE}]*", regex.VERSION1)
_NOTHING: Final = PostProcessor(lambda parts, _added: parts)


UNTYPED: Final = {
    "RobertaProcessing": ("sep", "cls", "trim_offsets", "add_prefix_space"),
    "BertProcessing": ("sep", "cls"),
    "TemplateProcessing": ("single", "pair", "special_tokens"),
}
"""What a post-processor without a type is known by, as tokenizers tries them."""


def text_part(tokens: list[Token], sequence: int = 0) -> Part:
    """Return the tokens of the first or the second text as a part."""
    return Part(tokens, [sequence] * len(tokens), [False] * len(tokens))


def read_post_processor(node: Node) -> PostProcessor:
    """Return the post-processor that the node describes; raises BadSpec, Unsupported."""
    if node.value is None:
        return _NOTHING
    kind = node.kind(UNTYPED)
    if kind not in READERS:
        raise node.unknown("post_processor", READERS)
    return READERS[kind](node)


def _sequence(node: Node) -> PostProcessor:
    steps = [read_post_processor(item) for item in node.field("processors").steps()]

    def run(parts: Parts, added: bool) -> Parts:  # noqa: FBT001 - the shape of PostProcessor
        for step in steps:
            parts = step.run(parts, added)
        return parts

    return PostProcessor(
        run, (sum(step.added[0] for step in steps), sum(step.added[1] for step in steps))
    )


def _byte_level(node: Node) -> PostProcessor:
    prefixed, trims, _ = read_options(node)
    if not trims:
        return _NOTHING
    return PostProcessor(lambda parts, _added: [_trimmed_part(part, prefixed) for part in parts])


def _trimmed_part(part: Part, prefixed: bool) -> Part:  # noqa: FBT001 - the file's own switch
    tokens = [
        trimmed(token, first=not place, prefixed=prefixed)
        for place, token in enumerate(part.tokens)
    ]
    return part._replace(tokens=tokens)


def trimmed(token: Token, *, first: bool, prefixed: bool) -> Token:
    """Return the token with the spaces at its ends left out of its offsets.

    >>> trimmed(Token(7, "ĠĠa", 3, 6), first=False, prefixed=True)
    Token(id=7, text='ĠĠa', start=5, end=6)
    """
    leading = _blanks(token.text)
    trailing = _blanks(token.text[::-1])
    if not leading and not trailing:
        return token
    start, end = token.start, token.end
    if leading == 1 and prefixed and (first or start == 0):
        leading = 0
    start = min(start + leading, end)
    if trailing <= end:
        end = max(end - trailing, start)
    return token._replace(start=start, end=end)


def _blanks(text: str) -> int:
    found = _BLANK.match(text)
    return found.end() if found else 0


def _bert(node: Node) -> PostProcessor:
    separator, start = _named(node.field("sep")), _named(node.field("cls"))

    def run(parts: Parts, added: bool) -> Parts:  # noqa: FBT001 - the shape of PostProcessor
        if not added:
            return parts
        return [
            part.between([] if place else [start], [separator], min(place, 1))
            for place, part in enumerate(parts)
        ]

    return PostProcessor(run, (2, 3))


def _roberta(node: Node) -> PostProcessor:
    separator, start = _named(node.field("sep")), _named(node.field("cls"))
    trims = node.field("trim_offsets").expect(bool)
    prefixed = node.field("add_prefix_space").expect(bool)

    def run(parts: Parts, added: bool) -> Parts:  # noqa: FBT001 - the shape of PostProcessor
        if trims:
            parts = [_trimmed_part(part, prefixed) for part in parts]
        if not added:
            return [part.of_type(0) for part in parts]
        return [
            part.of_type(0).between([separator] if place else [start], [separator], 0)
            for place, part in enumerate(parts)
        ]

    return PostProcessor(run, (2, 4))


def _named(node: Node) -> Token:
    """Return the token of a pair such as ["[SEP]", 102]."""
    if len(node.expect(list)) != 2:  # noqa: PLR2004 - a pair
        raise node.bad("expected [token, id]")
    return Token(node.at(1).unsigned(), node.at(0).expect(str), 0, 0)


class Place(NamedTuple):
    """One place of a template: a text (0 or 1) or special tokens, and their type."""

    sequence: int | None
    tokens: list[Token]
    type_id: int


def _template(node: Node) -> PostProcessor:
    special = node.get("special_tokens", default={})
    tokens = {name: _special(entry) for name, entry in special.entries()}
    templates = [
        [_place(item, tokens) for item in node.field(key).items()] for key in ("single", "pair")
    ]

    def run(parts: Parts, added: bool) -> Parts:  # noqa: FBT001 - the shape of PostProcessor
        if len(parts) > len(templates):
            raise node.unread("a template after a template, of more than two parts; as tokenizers")
        return [
            _filled(place, parts)
            for place in templates[len(parts) - 1]
            if place.sequence is not None or added
        ]

    single, pair = (sum(len(place.tokens) for place in template) for template in templates)
    return PostProcessor(run, (single, pair))


def _filled(place: Place, parts: Parts) -> Part:
    if place.sequence is None:
        count = len(place.tokens)
        return Part(place.tokens, [place.type_id] * count, [True] * count)
    if place.sequence >= len(parts):
        raise Unsupported("the template of one text names a second; tokenizers panics")
    return parts[place.sequence].of_type(place.type_id)


def _special(node: Node) -> list[Token]:
    node.field("id").expect(str)
    ids, tokens = node.field("ids").items(), node.field("tokens").items()
    if len(ids) != len(tokens):
        raise node.bad(f"{len(ids)} ids for {len(tokens)} tokens")
    pairs = zip(ids, tokens, strict=True)
    return [Token(id_.unsigned(), token.expect(str), 0, 0) for id_, token in pairs]


def _place(node: Node, tokens: dict[str, list[Token]]) -> Place:
    """Return one place of a template; raises BadSpec."""
    if len(node.expect(dict)) != 1:
        raise node.bad("expected {'Sequence': ...} or {'SpecialToken': ...}")
    sequence = node.get("Sequence")
    if sequence.value is not None:
        text = sequence.field("id")
        if text.expect(str) not in ("A", "B"):
            raise text.bad(f"expected 'A' or 'B', found {text.value!r}")
        return Place("AB".index(text.expect(str)), [], sequence.field("type_id").unsigned())
    special = node.field("SpecialToken")
    name = special.field("id")
    if name.expect(str) not in tokens:
        raise name.bad(f"{name.value!r} is not in special_tokens")
    return Place(None, tokens[name.expect(str)], special.field("type_id").unsigned())


READERS: Final[dict[str, Callable[[Node], PostProcessor]]] = {
    "BertProcessing": _bert,
    "ByteLevel": _byte_level,
    "RobertaProcessing": _roberta,
    "Sequence": _sequence,
    "TemplateProcessing": _template,
}
