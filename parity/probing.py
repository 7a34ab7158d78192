"""Why two sides differ on a text, asked from outside: smaller texts, other texts, other modes.

A side that cannot be looked into still answers. Each probe changes one thing, and a difference
that goes with it has its cause there. What is left in the end is a class of causes:

    truncation       the longer ids go on where the shorter end, and short texts agree
    padding          the longer ids go on with one id over and over
    special-token    goes where added tokens are not there, or are read in another mode
    leading-space    one side answers what the other does with a space before it; or it goes behind
                     another character, and is a space or its marker at the start
    normalisation    one side answers what the other answers for a known form of the text
    pre-token split  the same text, cut between kinds of characters, or only with its neighbours
    merge            the same text, cut otherwise within one pre-token
    cut              the same text, cut otherwise between a space and a word: by the pattern or by
                     the merges, which no answer tells
    unknown          none of these

Of decoded text there are also replacement-character (the texts are the same but for U+FFFD) and
spaces (but for whitespace).

A class is a guess that its probes support; only open stages prove a stage.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Final, NamedTuple

from parity.types import Failure, Specials

MARKERS: Final = " \u2581\u0120"
"""A space, and how SentencePiece and the byte alphabet spell it."""
ROUGH: Final = re.compile(r"\s?[^\W\d_]+|\s?\d+|\s?[^\w\s]+|\s+|_+")
"""Pre-tokens where no side says its own."""
NORMAL_FORMS: Final = ("NFC", "NFD", "NFKC", "NFKD")

LONGER: Final = (8, 64, 512)
"""How often a text is repeated to be longer than what it may be padded to."""

Answer = tuple[int, ...] | Failure
Ask = Callable[[str, Specials], Answer]


class Probe(NamedTuple):
    """One question: what was changed, the text that came of it, whether both sides agree then."""

    about: str
    text: str
    same: bool


class Sides(NamedTuple):
    """Two tokenizers as they answer; tokens: strings by id; added: contents of added tokens."""

    reference: Ask
    candidate: Ask
    decode: Callable[[Sequence[int]], str | bytes]
    tokens: Mapping[int, str] = {}
    added: Sequence[str] = ()

    def agree(self, text: str, specials: Specials) -> bool:
        """Say whether both give the same ids, or fail alike."""
        found = self.reference(text, specials), self.candidate(text, specials)
        kinds = [one.kind if isinstance(one, Failure) else one for one in found]
        return kinds[0] == kinds[1]


class Found(NamedTuple):
    """The class of a difference, the stages it may be in, and the probes that were made."""

    kind: str
    stage: str
    tried: list[Probe]


def _without(categories: tuple[str, ...], text: str) -> str:
    return "".join(char for char in text if unicodedata.category(char) not in categories)


FORMS: Final[Mapping[str, Callable[[str], str]]] = {
    **{form: partial(unicodedata.normalize, form) for form in NORMAL_FORMS},
    "in lower case": str.lower,
    "stripped": str.strip,
    "with one space for each run": lambda text: re.sub(r"\s+", " ", text),
    "with a space before it": lambda text: f" {text}",
    "without marks": lambda text: _without(("Mn",), unicodedata.normalize("NFD", text)),
    "without controls and format characters": lambda text: _without(("Cc", "Cf"), text),
    "with CR LF as LF": lambda text: text.replace("\r\n", "\n"),
    "with U+FFFD for lone surrogates": lambda text: text.encode("utf-16", "surrogatepass").decode(
        "utf-16", "replace"
    ),
}
"""Forms of a text that a normalizer may make, by the words that tell them."""

STAGES: Final = {
    "truncation": "truncation",
    "padding": "padding",
    "special-token": "added tokens",
    "leading-space": "normalizer or pre-tokenizer",
    "normalisation": "normalizer",
    "pre-token split": "pre-tokenizer",
    "merge": "model",
    "cut": "pre-tokenizer or model",
    "unknown": "unknown",
}


def probe(
    sides: Sides, text: str, specials: Specials, pieces: Iterable[str] | None = None
) -> Found:
    """Return the class of a difference in ids; pieces: the text's pre-tokens, where known."""
    tried: list[Probe] = []
    length = _of_the_length(sides, text, specials, tried)
    if length:
        return Found(length, STAGES[length], tried)

    def same(about: str, other: str, mode: Specials = specials) -> bool:
        tried.append(Probe(about, other, sides.agree(other, mode)))
        return tried[-1].same

    if specials == "template" and same("without the template", text, "parse"):
        return Found("special-token", "post-processor", tried)
    alone = [same("a pre-token alone", piece) for piece in _pieces(text, pieces)]
    kind = (
        ("special-token" if _is_of_added_tokens(sides, text, specials, same) else "")
        or ("leading-space" if _is_of_the_start(sides, text, specials, same) else "")
        or ("normalisation" if _is_of_a_form(sides, text, specials, tried) else "")
        or _cut(sides, text, specials, all(alone))
    )
    same("with a neighbour behind it", text + "x")
    return Found(kind, STAGES[kind], tried)


def _of_the_length(sides: Sides, text: str, specials: Specials, tried: list[Probe]) -> str:
    """Say whether one side's ids are the other's and more: padding, or what was cut off."""
    one, two = sides.reference(text, specials), sides.candidate(text, specials)
    if isinstance(one, Failure) or isinstance(two, Failure):
        return ""
    short, long = sorted((one, two), key=len)
    over = len(long) - len(short)
    rest = long[len(short) :] if long[: len(short)] == short else long[:over]
    if not over or short not in (long[: len(short)], long[over:]):
        return ""
    if len(set(rest)) == 1 and any(
        _agree_longer(sides, (text or "a ") * count, specials, tried) for count in LONGER
    ):
        return "padding"
    half = text[: len(text) // 2]
    alike = len(text) > 1 and sides.agree(half, specials)
    tried.append(Probe("the first half of it", half, alike))
    twice = sides.reference(text + text, specials), sides.candidate(text + text, specials)
    same_length = any(
        not isinstance(again, Failure) and len(again) == len(short) for again in twice
    )
    tried.append(Probe("twice as long, cut to the same length", text + text, same_length))
    return "truncation" if alike and same_length else ""


def _agree_longer(sides: Sides, text: str, specials: Specials, tried: list[Probe]) -> bool:
    tried.append(Probe("much longer", text, sides.agree(text, specials)))
    return tried[-1].same


def _pieces(text: str, pieces: Iterable[str] | None) -> list[str]:
    found = dict.fromkeys(ROUGH.findall(text) if pieces is None else pieces)
    return [piece for piece in found if piece]


def _is_of_added_tokens(
    sides: Sides, text: str, specials: Specials, same: Callable[..., bool]
) -> bool:
    other: Specials = "parse" if specials == "plain" else "plain"
    in_another_mode = same(f"special tokens in the mode {other}", text, other)
    composed = unicodedata.normalize("NFC", text)
    without = []
    for content in sides.added:
        for whole, part in ((text, content), (composed, unicodedata.normalize("NFC", content))):
            if part in whole:
                about = f"without the added token {content!a}"
                without.append(same(about, whole.replace(part, "x")))
    return in_another_mode or any(without)


def _is_of_the_start(
    sides: Sides, text: str, specials: Specials, same: Callable[..., bool]
) -> bool:
    behind = same("with a neighbour before it", "x" + text)
    one, two = sides.reference(text, specials), sides.candidate(text, specials)
    spaced = sides.reference(" " + text, specials), sides.candidate(" " + text, specials)
    if isinstance(one, Failure) or isinstance(two, Failure):
        return False
    spelt = ["".join(sides.tokens.get(id, "?") for id in ids) for ids in (one, two)]
    marked = spelt[0] != spelt[1] and spelt[0].lstrip(MARKERS) == spelt[1].lstrip(MARKERS)
    return (behind and marked) or one == spaced[1] or two == spaced[0]


def _is_of_a_form(sides: Sides, text: str, specials: Specials, tried: list[Probe]) -> bool:
    """Say whether one side answers for the text what the other answers for a form of it."""
    one, two = sides.reference(text, specials), sides.candidate(text, specials)
    for name, form in FORMS.items():
        other = form(text)
        if other == text:
            continue
        same = sides.reference(other, specials) == two and not isinstance(two, Failure)
        back = sides.candidate(other, specials) == one and not isinstance(one, Failure)
        for side, fits in (("reference", same), ("candidate", back)):
            tried.append(Probe(f"{name}, for the {side} only", other, fits))
        if same or back:
            return True
    return False


def _cut(sides: Sides, text: str, specials: Specials, alike_alone: bool) -> str:  # noqa: FBT001
    """Say what a difference in how the same text is cut comes from."""
    one, two = sides.reference(text, specials), sides.candidate(text, specials)
    if isinstance(one, Failure) or isinstance(two, Failure):
        return "unknown"
    if not (one and two and sides.decode(one) == sides.decode(two)):
        return "unknown"
    if alike_alone:
        return "pre-token split"
    spelt = [[sides.tokens.get(id, "?") for id in ids] for ids in (one, two)]
    whole = "".join(spelt[0])
    if whole != "".join(spelt[1]):
        return "merge"
    odd = sorted(set(_places(spelt[0])) ^ set(_places(spelt[1])))
    return _border({_kind(whole[odd[0] - 1]), _kind(whole[odd[0]])}) if odd else "unknown"


def _border(kinds: set[str]) -> str:
    """Say what a cut between two kinds of characters, that one side lacks, comes from."""
    if kinds in ({"letter"}, {"other"}):
        return "merge"
    return "cut" if "space" in kinds and len(kinds) > 1 else "pre-token split"


def _places(tokens: Sequence[str]) -> list[int]:
    """Return where tokens end in their text.

    >>> _places(["ab", "c"])
    [2, 3]
    """
    return [sum(map(len, tokens[: count + 1])) for count in range(len(tokens))]


def _kind(char: str) -> str:
    if char in MARKERS or char.isspace():
        return "space"
    return "digit" if char.isdigit() else "letter" if char.isalpha() else "other"


def decoding(reference: str, candidate: str, *, with_added: bool) -> str:
    """Return the class of a difference in decoded text.

    with_added: it goes where added tokens are left out or are kept.
    """
    if with_added:
        return "special-token"
    if reference.lstrip() == candidate.lstrip():
        return "leading-space"
    if reference.replace("\ufffd", "") == candidate.replace("\ufffd", ""):
        return "replacement-character"
    if "".join(reference.split()) == "".join(candidate.split()):
        return "spaces"
    forms = [form(reference) == form(candidate) for form in FORMS.values()]
    return "normalisation" if any(forms) else "unknown"
