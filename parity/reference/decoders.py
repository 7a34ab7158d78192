"""The key `decoder`: from token strings back to text.

A decoder takes a list of strings and gives one; what the last one gives is joined. No decoder at
all joins the token strings with spaces.

    ByteLevel      spells all tokens in bytes and reads them as UTF-8 (see `byte_level`)
    Metaspace      the replacement becomes a space; in the first token it vanishes, unless never
    WordPiece      a continuation loses its prefix, every other token but the first gets a space
    BPE            the suffix becomes a space, and nothing in the last token
    CTC            drops repetitions and the padding, cleans up, then makes delimiters spaces
    Replace        replaces the matches of a pattern in each token
    ByteFallback   joins runs of <0xNN> and reads each run as UTF-8
    Strip          takes up to `start` and `stop` of one character off each token's ends
    Fuse           joins all into one string
    Sequence       one after another

`cleanup` undoes what an English tokenizer did, in this order: " ." " ?" " !" " ," lose the space,
" ' " becomes "'", " n't" " 'm" " do not" " 's" " 've" " 're" are contracted.

Source: the format's documentation; measured on tokenizers 0.23.3.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache, reduce
from itertools import groupby
from typing import TYPE_CHECKING, Final

from parity.errors import Unsupported
from parity.reference.byte_alphabet import CHAR_TO_BYTE
from parity.reference.patterns import Pattern, read_pattern
from parity.reference.pre_tokenizers.byte_level import read_options
from parity.reference.pre_tokenizers.metaspace import read_scheme, read_split

if TYPE_CHECKING:
    from parity.reference.document import Node

Step = Callable[[Sequence[str]], Sequence[str]]
Decoder = Callable[[Sequence[str]], str]

REPLACEMENT: Final = "\ufffd"
CLEANUP: Final = (
    *((" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't")),
    *((" 'm", "'m"), (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re")),
)
_BYTE: Final = re.compile(r"<0x([0-9A-Fa-f]{2}|\+[0-9A-Fa-f])>")
"""How a byte is spelt; Rust reads a number with its plus sign too."""


UNTYPED: Final = {
    "BPEDecoder": ("suffix",),
    "WordPiece": ("prefix", "cleanup"),
    "CTC": ("pad_token", "word_delimiter_token", "cleanup"),
    "Replace": ("pattern", "content"),
    "Strip": ("content", "start", "stop"),
}
"""What a decoder without a type is known by, as tokenizers tries them."""


def read_decoder(node: Node) -> Decoder:
    """Return the decoder that the node describes; raises BadSpec, Unsupported."""
    if node.value is None:
        return " ".join
    step = read_step(node)
    return lambda tokens: "".join(step(tokens))


def read_step(node: Node) -> Step:
    """Return a decoder as a step from strings to strings."""
    kind = node.kind(UNTYPED)
    if kind in PLAIN:
        return PLAIN[kind]
    if kind not in READERS:
        raise node.unknown("decoder", [*PLAIN, *READERS])
    return READERS[kind](node)


def byte_level(tokens: Sequence[str]) -> list[str]:
    r"""Return the one text that the tokens' bytes spell.

    What is not UTF-8 becomes U+FFFD, one for each maximal part of a character (Unicode 15, section
    3.9, "U+FFFD Substitution of Maximal Subparts"), which is what Python's "replace" and Rust's
    from_utf8_lossy both do. A token with *any* character outside the byte alphabet stands for its
    own UTF-8 instead.

    Wrong where an added token is not ASCII but all in the alphabet: the added token `Café` decodes
    as `Caf` and U+FFFD, because é is the letter of byte 0xE9. tokenizers does so, and so does this.

    >>> byte_level(["Ġna", "Ã", "¯ve"])
    [' naïve']
    >>> byte_level(["Ã", "<a b>", "Café"]) == ["\ufffd<a b>Caf\ufffd"]
    True
    """
    return [b"".join(map(_spelt, tokens)).decode("utf-8", errors="replace")]


@lru_cache(maxsize=1 << 18)  # streams decode the same few tokens over and over
def _spelt(token: str) -> bytes:
    try:
        return bytes([CHAR_TO_BYTE[char] for char in token])
    except KeyError:
        return token.encode()


def byte_fallback(tokens: Sequence[str]) -> list[str]:
    r"""Return the tokens with each run of bytes read as UTF-8.

    A run that is not UTF-8 as a whole becomes one U+FFFD for each of its bytes.

    >>> byte_fallback(["a", "<0xC3>", "<0xA9>"]), byte_fallback(["<0x0A>", "<0xC3>"])
    (['a', 'é'], ['\ufffd', '\ufffd'])
    """
    made: list[str] = []
    run = bytearray()
    for token in [*tokens, ""]:
        byte = _BYTE.fullmatch(token)
        if byte:
            run.append(int(byte[1], 16))
            continue
        if run:
            try:
                made.append(run.decode())
            except UnicodeDecodeError:
                made += [REPLACEMENT] * len(run)
            run = bytearray()
        made.append(token)
    return made[:-1]


def fuse(tokens: Sequence[str]) -> list[str]:
    """Return one string."""
    return ["".join(tokens)]


def cleaned(text: str) -> str:
    """Return an English text without the spaces that a tokenizer put into it.

    >>> cleaned("i do not know , is n't it ?")
    "i don't know, isn't it?"
    """
    return reduce(lambda made, pair: made.replace(*pair), CLEANUP, text)


def _byte_level(node: Node) -> Step:
    read_options(node)  # they change nothing here, and have to be there
    return byte_level


def _metaspace(node: Node) -> Step:
    replacement = node.field("replacement").char()
    hidden = read_scheme(node) != "never"
    read_split(node)

    def run(tokens: Sequence[str]) -> list[str]:
        made = [token.replace(replacement, " ") for token in tokens]
        if made and hidden:
            made[0] = tokens[0].replace(replacement, "")
        return made

    return run


def _word_piece(node: Node) -> Step:
    prefix = node.field("prefix").expect(str)
    cleanup = node.field("cleanup").expect(bool)

    def run(tokens: Sequence[str]) -> list[str]:
        made = [
            token
            if not place
            else (token[len(prefix) :] if token.startswith(prefix) else f" {token}")
            for place, token in enumerate(tokens)
        ]
        return [cleaned(token) for token in made] if cleanup else made

    return run


def _bpe(node: Node) -> Step:
    suffix = node.field("suffix").expect(str)

    def run(tokens: Sequence[str]) -> list[str]:
        made = [token.replace(suffix, " ") for token in tokens]
        return [*made[:-1], tokens[-1].replace(suffix, "")] if made else []

    return run


def _ctc(node: Node) -> Step:
    pad = node.field("pad_token").expect(str)
    delimiter = node.field("word_delimiter_token").expect(str)
    cleanup = node.field("cleanup").expect(bool)

    def run(tokens: Sequence[str]) -> list[str]:
        made = [token.replace(pad, "") for token, _ in groupby(tokens)]
        if cleanup:
            made = [cleaned(token).replace(delimiter, " ") for token in made]
        return [token for token in made if token]

    return run


def _replace(node: Node) -> Step:
    pattern = read_pattern(node.field("pattern"))
    content = node.field("content").expect(str)
    return lambda tokens: [_replaced(token, pattern, content) for token in tokens]


def _replaced(token: str, pattern: Pattern, content: str) -> str:
    if pattern.text:
        return token.replace(pattern.text, content)
    made: list[str] = []
    at = 0
    for start, end in pattern.matches(token):
        made += [token[at:start], content]
        at = end
    return "".join([*made, token[at:]])


def _strip(node: Node) -> Step:
    content = node.field("content").char()
    start = node.field("start").unsigned(64)
    stop = node.field("stop").unsigned(64)

    def stripped(token: str) -> str:
        first = _leading(token, content, start)
        last = len(token) - _leading(token[::-1], content, stop)
        if last < first or (stop > len(token) and not token.strip(content)):
            raise Unsupported(f"decoder Strip takes more off {token!a} than is there")
        return token[first:last]

    return lambda tokens: [stripped(token) for token in tokens]


def _leading(token: str, content: str, most: int) -> int:
    taken = 0
    while taken < most and token[taken : taken + 1] == content:
        taken += 1
    return taken


def _sequence(node: Node) -> Step:
    steps = [read_step(item) for item in node.field("decoders").steps()]
    return lambda tokens: reduce(lambda made, step: step(made), steps, tokens)


PLAIN: Final[dict[str, Step]] = {
    "ByteFallback": byte_fallback,
    "Fuse": fuse,
}
"""Those that have no options."""

READERS: Final[dict[str, Callable[[Node], Step]]] = {
    "BPEDecoder": _bpe,
    "ByteLevel": _byte_level,
    "CTC": _ctc,
    "Metaspace": _metaspace,
    "Replace": _replace,
    "Sequence": _sequence,
    "Strip": _strip,
    "WordPiece": _word_piece,
}
