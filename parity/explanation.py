"""Why two sides differ on a case: the stage, the class, the cause, the smallest input.

Where both sides open their stages, the first that differs is named. Where one does not, it is asked
from outside, and the class of causes that its answers leave is named.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from parity import session
from parity.asking import Asked, decoded, encoded
from parity.backend import Backend
from parity.causes import UNCLASSIFIED, classify
from parity.compare import compare
from parity.probing import Answer, Ask, Found, Probe, Sides, decoding, probe
from parity.reducing import Tries, sequence
from parity.reducing import ids as smallest_ids
from parity.reducing import text as smallest_text
from parity.seeing import observe
from parity.stages import CONTENTS, DECODER, Parting, Stages, parting
from parity.types import Case, Encoding, Failure, Observation, Specials

CLASSES: Final = {
    "added tokens": "special-token",
    "normalizer": "normalisation",
    "pre-tokenizer": "pre-token split",
    "model": "merge",
    "truncation": "truncation",
    "post-processor": "special-token",
    "padding": "padding",
}
"""The class of a difference that a stage proves, but for a space at the start."""
MARKS: Final = " \u2581\u0120"
MOST: Final = 1_000
"""Shorter texts that are tried, at most: each is asked of both sides, with their stages."""
LONG: Final = 400
"""Code points beyond which a text is first cut by its ids alone, which cost less than stages."""


class Explained(NamedTuple):
    """Why two sides differ on one case.

    differs: in what: ids, offsets, text, or "" where they agree.
    cause: its name in `causes`, where one is named.
    smallest: the smallest input found that differs in the same way.
    opened: what each side's stages are on it, None for a side that has none.
    """

    differs: str
    stage: str = ""
    kind: str = ""
    cause: str = ""
    smallest: str | tuple[int, ...] = ""
    tried: Sequence[Probe] = ()
    opened: tuple[Stages | None, Stages | None] = (None, None)


class Both:
    """The two sides of a pair, asked in one mode."""

    def __init__(self, loaded: session.Loaded, specials: Specials) -> None:
        self.sides = loaded.reference, loaded.candidate
        self.specials = specials
        self.tokens = session.pieces(*self.sides)
        self.about = Asked(*self.sides)

    def encoded(self, text: str) -> tuple[Encoding | Failure, Encoding | Failure]:
        """Return what both make of a text."""
        one, two = (encoded(side, text, self.specials) for side in self.sides)
        return one, two

    def difference(self, text: str) -> str:
        """Say in what the two sides differ: ids, offsets, text decoded from the ids, or ""."""
        one, two = self.encoded(text)
        if isinstance(one, Failure) or isinstance(two, Failure):
            kinds = [each.kind if isinstance(each, Failure) else "" for each in (one, two)]
            return "ids" if kinds[0] != kinds[1] else ""
        if one.ids != two.ids:
            return "ids"
        if None not in (one.offsets, two.offsets) and one.offsets != two.offsets:
            return "offsets"
        return "text" if self.decodings(tuple(one.ids)) else ""

    def decodings(self, ids: tuple[int, ...]) -> list[tuple[bool, Any, Any]]:
        """Return the modes in which the ids are decoded otherwise, and both texts."""
        rows = [
            (skip, *(decoded(side, ids, skip=skip) for side in self.sides))
            for skip in (True, False)
        ]
        return [(skip, one, two) for skip, one, two in rows if _plain(one) != _plain(two)]

    def stages(self, text: str) -> tuple[Stages | None, Stages | None]:
        """Return the open stages of both, None for a side that has none."""
        one, two = (observe(side.stages, text, self.specials).value for side in self.sides)
        return (
            one if isinstance(one, Stages) else None,
            two if isinstance(two, Stages) else None,
        )

    def parted(self, text: str) -> Parting | None:
        """Return the first stage that differs, None where none does or one side has none."""
        one, two = self.stages(text)
        return parting(one, two) if one and two else None

    def cause(self, payload: str | tuple[int, ...], differs: str) -> str:
        """Return the named cause of a difference in a text or in ids; "" where none is named."""
        if isinstance(payload, str):
            case = Case("explain/text", "text", payload, {"specials": self.specials})
            seen = [_observed(found, differs) for found in self.encoded(payload)]
        else:
            skip, *texts = self.decodings(payload)[0]
            case = Case("explain/ids", "ids", payload, {"skip_special": skip})
            seen = [
                Observation(failure=text) if isinstance(text, Failure) else Observation(text)
                for text in texts
            ]
        found = classify(compare(case, differs, *seen), self.about)
        return "" if found == UNCLASSIFIED else found

    def near(self, text: str, differs: str, still: Callable[[str], bool]) -> str:
        """Return a short part of a long text around what differs, or the text.

        still: whether a part shows the same difference as the whole text does.
        """

        def cheap(shorter: str) -> bool:
            one, two = self.encoded(shorter)
            if isinstance(one, Failure) or isinstance(two, Failure):
                return type(one) is not type(two)
            return one.ids != two.ids if differs == "ids" else one != two

        if len(text) <= LONG or not cheap(text):
            return text
        part = sequence(text, cheap, Tries(MOST), enough=LONG)
        return part if still(part) else text

    def failing(self, text: str) -> tuple[bool, ...]:
        """Say which of the two fails."""
        return tuple(isinstance(one, Failure) for one in self.encoded(text))

    def asked(self) -> Sides:
        """Return the two sides as the probes take them."""
        added: dict[str, None] = {}
        for side in self.sides:
            seen = observe(lambda side=side: list(side.vocabulary().added.values()))
            added |= dict.fromkeys(one.content for one in seen.value or ())
        one, two = map(_asked, self.sides)
        return Sides(one, two, self._decode, self.tokens, tuple(added))

    def _decode(self, ids: Sequence[int]) -> str:
        return repr(decoded(self.sides[0], ids, skip=False))


def explained(both: Both, case: Case) -> Explained:
    """Return why two sides differ on a case of text or ids."""
    if case.kind == "ids":
        return _of_ids(both, tuple(case.payload))
    text: str = case.payload
    differs = both.difference(text)
    if differs == "text":
        return _of_ids(both, tuple(_ids(both.encoded(text)[0])))
    first = both.parted(text)
    if first:
        return _of_stage(both, text, differs, first)
    if differs:
        return _asked_outside(both, text, differs)
    return Explained("", opened=both.stages(text))


def _of_stage(both: Both, text: str, differs: str, first: Parting) -> Explained:
    """Explain by the first stage that differs, on the smallest text where it still does."""

    def still(shorter: str) -> bool:
        return both.parted(shorter) == first and both.difference(shorter) == differs

    least = smallest_text(both.near(text, differs, still), still, Tries(MOST))
    one, two = both.stages(least)
    kind = "offsets" if first.spans_only else CLASSES[first.stage]
    if one and two and first.stage in ("normalizer", "pre-tokenizer"):
        look = CONTENTS[first.stage]
        texts = ["".join(look(each)) for each in (one, two)]
        same = texts[0] != texts[1] and texts[0].lstrip(MARKS) == texts[1].lstrip(MARKS)
        kind = "leading-space" if same else kind
    stage = f"{first.stage} (spans only)" if first.spans_only else first.stage
    cause = both.cause(least, differs) if differs else ""
    return Explained(differs or "stages", stage, kind, cause, least, (), (one, two))


def _asked_outside(both: Both, text: str, differs: str) -> Explained:
    """Explain by probes, on the smallest text that differs in the same way."""
    failing, cause = both.failing(text), both.cause(text, differs)

    def still(shorter: str) -> bool:
        same = both.difference(shorter) == differs and both.failing(shorter) == failing
        return same and (not cause or both.cause(shorter, differs) == cause)

    least = smallest_text(both.near(text, differs, still), still, Tries(MOST))
    opened, cause = both.stages(least), both.cause(least, differs)
    if differs == "offsets":
        return Explained(differs, "offsets", "offsets", cause, least, (), opened)
    one = next((each for each in opened if each), None)
    cut = _given(one, least) if one else None
    found: Found = probe(both.asked(), least, both.specials, cut)
    return Explained(differs, found.stage, found.kind, cause, least, found.tried, opened)


def _given(stages: Stages, text: str) -> list[str]:
    """Return the pre-tokens as the text gives them, each as long as its span."""
    return [text[start:end] for _, (start, end) in stages.pieces]


def _of_ids(both: Both, ids: tuple[int, ...]) -> Explained:
    """Explain a difference in decoded text, on the smallest ids that still differ."""
    if not both.decodings(ids):
        return Explained("", smallest=ids)
    least = smallest_ids(ids, lambda shorter: bool(both.decodings(shorter)), Tries(MOST))
    rows = both.decodings(least)
    added = {
        id for side in both.sides for id in observe(lambda s=side: s.vocabulary().added).value or ()
    }
    without = tuple(id for id in least if id not in added)
    with_added = len(rows) == 1 or (without != least and not both.decodings(without))
    _, one, two = rows[0]
    kind = "unknown"
    if isinstance(one, str) and isinstance(two, str):
        kind = decoding(one, two, with_added=with_added)
    tried = [Probe("added tokens left out", str(list(without)), not both.decodings(without))]
    return Explained("text", DECODER, kind, both.cause(least, "text"), least, tried)


def _observed(found: Encoding | Failure, differs: str) -> Observation:
    if isinstance(found, Failure):
        return Observation(failure=found)
    return Observation(found.offsets if differs == "offsets" else found.ids)


def _plain(found: Any) -> Any:
    return found.kind if isinstance(found, Failure) else found


def _ids(found: Encoding | Failure) -> list[int]:
    return [] if isinstance(found, Failure) else found.ids


def _asked(side: Backend) -> Ask:
    def ask(text: str, specials: Specials) -> Answer:
        found = encoded(side, text, specials)
        return found if isinstance(found, Failure) else tuple(found.ids)

    return ask
