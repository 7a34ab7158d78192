"""Every derived corpus, by its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from parity.deriving import (
    characters,
    emoji,
    ill_formed,
    naughty,
    normalisation,
    prose,
    segmentation,
    whitespace,
)
from parity.deriving.conversations import packs
from parity.deriving.rows import Family

FAMILIES: Final[Mapping[str, Family]] = {
    "derived/bytes": ill_formed.FAMILY,
    "derived/case": characters.CASE,
    "derived/codepoints": characters.CODEPOINTS,
    "derived/confusables": characters.CONFUSABLES,
    "derived/digits": characters.DIGITS,
    "derived/emoji": emoji.FAMILY,
    "derived/naughty": naughty.FAMILY,
    "derived/normalisation": normalisation.FAMILY,
    "derived/segmentation": segmentation.FAMILY,
    "derived/whitespace": whitespace.FAMILY,
    "derived/cldr-annotations": prose.ANNOTATIONS,
    "derived/cldr-names": prose.NAMES,
    "derived/udhr": prose.UDHR,
    **packs.FAMILIES,
}
