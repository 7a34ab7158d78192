"""`tokparity corpus stats`: what a corpus is made of, counted.

Characters are those of texts and of the texts in messages. Categories are from this Python's
Unicode tables, scripts from those of the package regex; a version stands beside the numbers.
"""

from __future__ import annotations

import functools
import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import regex
from rich.console import Console

from parity import corpus
from parity.curating.browsing import paths_of
from parity.importing.contents import texts_of
from parity.showing import line
from parity.types import Case

TOP: Final = 12
"""Names of each kind that are printed; --json has all."""
SCRIPTS: Final = """
Common Inherited Latin Han Hiragana Katakana Hangul Greek Cyrillic Arabic Hebrew Thai Devanagari
Adlam Ahom Anatolian_Hieroglyphs Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali
Beria_Erfe Bhaiksuki Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian
Caucasian_Albanian Chakma Cham Cherokee Chorasmian Coptic Cuneiform Cypriot Cypro_Minoan Deseret
Dives_Akuru Dogra Duployan Egyptian_Hieroglyphs Elbasan Elymaic Ethiopic Garay Georgian Glagolitic
Gothic Grantha Gujarati Gunjala_Gondi Gurmukhi Gurung_Khema Hanifi_Rohingya Hanunoo Hatran
Imperial_Aramaic Inscriptional_Pahlavi Inscriptional_Parthian Javanese Kaithi Kannada Kawi Kayah_Li
Kharoshthi Khitan_Small_Script Khmer Khojki Khudawadi Kirat_Rai Lao Lepcha Limbu Linear_A Linear_B
Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean Marchen Masaram_Gondi Medefaidrin
Meetei_Mayek Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani
Myanmar Nabataean Nag_Mundari Nandinagari New_Tai_Lue Newa Nko Nushu Nyiakeng_Puachue_Hmong Ogham
Ol_Chiki Ol_Onal Old_Hungarian Old_Italic Old_North_Arabian Old_Permic Old_Persian Old_Sogdian
Old_South_Arabian Old_Turkic Old_Uyghur Oriya Osage Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau
Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada Shavian Siddham
Sidetic SignWriting Sinhala Sogdian Sora_Sompeng Soyombo Sundanese Sunuwar Syloti_Nagri Syriac
Tagalog Tagbanwa Tai_Le Tai_Tham Tai_Viet Tai_Yo Takri Tamil Tangsa Tangut Telugu Thaana Tibetan
Tifinagh Tirhuta Todhri Tolong_Siki Toto Tulu_Tigalari Ugaritic Vai Vithkuqi Wancho Warang_Citi
Yezidi Yi Zanabazar_Square
""".split()  # noqa: SIM905 (a list of 170 names is read as words)
"""Scripts by their names in Unicode 17; those that the installed regex does not know are passed."""


@dataclass
class Census:
    """Counts over cases.

    code_points, utf8_bytes: lengths and how many texts have them; cases of bytes have bytes.
    """

    kinds: Counter[str] = field(default_factory=Counter)
    tags: Counter[str] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)
    characters: Counter[str] = field(default_factory=Counter)
    code_points: Counter[int] = field(default_factory=Counter)
    utf8_bytes: Counter[int] = field(default_factory=Counter)
    texts: Counter[str] = field(default_factory=Counter)

    def add(self, case: Case) -> None:
        """Count one case."""
        self.kinds[case.kind] += 1
        self.tags.update(case.tags)
        self.licences[case.licence or "not stated"] += 1
        if case.kind == "bytes":
            self.utf8_bytes[len(case.payload)] += 1
            self.texts["ill-formed bytes"] += not _is_utf8(case.payload)
        for text in _texts(case):
            self.characters.update(text)
            self.code_points[len(text)] += 1
            self.utf8_bytes[len(text.encode("utf-8", "surrogatepass"))] += 1
            self.texts.update(_traits(text))


def count(cases: Iterable[Case]) -> Census:
    """Return the counts of cases."""
    found = Census()
    for case in cases:
        found.add(case)
    return found


def as_data(found: Census) -> dict[str, Any]:
    """Return a census as plain data."""
    return {
        "cases": found.kinds.total(),
        "kinds": _ordered(found.kinds),
        "texts": _ordered(found.texts),
        "code_points": spread(found.code_points),
        "utf8_bytes": spread(found.utf8_bytes),
        "scripts": _ordered(_by(found.characters, script)),
        "categories": _ordered(_by(found.characters, unicodedata.category)),
        "characters": {"all": found.characters.total(), "different": len(found.characters)},
        "tags": _ordered(found.tags),
        "licences": _ordered(found.licences),
        "tables": {"unicodedata": unicodedata.unidata_version, "regex": regex.__version__},
    }


def stats(names: Sequence[str], console: Console, *, as_json: bool) -> int:
    """Print what corpora are made of, all together."""
    data = as_data(count(corpus.read_all(paths_of(names))))
    if as_json:
        console.out(json.dumps(data, indent=1), highlight=False)
        return 0
    for name, found in data.items():
        title = name.replace("_", " ").replace("utf8", "UTF-8")
        if not isinstance(found, dict):
            line(console, f"{title:<12} {found:,}")
        elif found:
            line(console, f"{title:<12} {_shown(found)}")
    return 0


def spread(lengths: Mapping[int, int]) -> dict[str, int]:
    """Return the least, middle, 95th percentile and greatest length, each one that occurs.

    >>> spread({1: 10, 2: 9, 50: 1})
    {'min': 1, 'median': 1, 'p95': 2, 'max': 50}
    """
    if not lengths:
        return {}
    total = sum(lengths.values())
    wanted = {"min": 1, "median": (total + 1) // 2, "p95": -(-95 * total // 100), "max": total}
    return {name: _nth(lengths, place) for name, place in wanted.items()}


def script(character: str) -> str:
    """Return the script of a character, or Unknown.

    >>> script("家")
    'Han'
    """
    names, pattern = _scripts()
    match = pattern.fullmatch(character)
    return names[match.lastindex - 1] if match and match.lastindex else "Unknown"


@functools.cache
def _scripts() -> tuple[list[str], regex.Pattern[str]]:
    names = [name for name in SCRIPTS if _is_known(name)]
    return names, regex.compile("|".join(rf"(\p{{Script={name}}})" for name in names))


def _is_known(name: str) -> bool:
    try:
        regex.compile(rf"\p{{Script={name}}}")
    except regex.error:
        return False
    return True


def _texts(case: Case) -> list[str]:
    if case.kind == "text":
        return [case.payload]
    if case.kind == "messages":
        return [text for message in case.payload for text in texts_of(message)]
    return []


def _traits(text: str) -> Iterator[str]:
    yield "all"
    if not unicodedata.is_normalized("NFC", text):
        yield "not NFC"
    if not text.isascii():
        yield "not ASCII"
        if max(text) > "\uffff":
            yield "beyond U+FFFF"
        if any("\ud800" <= character <= "\udfff" for character in text):
            yield "with surrogates"


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _by(characters: Mapping[str, int], name: Any) -> Counter[str]:
    found = Counter[str]()
    for character, number in characters.items():
        found[name(character)] += number
    return found


def _ordered(found: Counter[str]) -> dict[str, int]:
    return {name: number for name, number in found.most_common() if number}


def _nth(lengths: Mapping[int, int], place: int) -> int:
    for length in sorted(lengths):
        place -= lengths[length]
        if place <= 0:
            return length
    return max(lengths)


def _shown(found: Mapping[str, Any]) -> str:
    parts = [
        f"{name} {number:,}" if isinstance(number, int) else f"{name} {number}"
        for name, number in found.items()
    ]
    more = f", … and {len(parts) - TOP:,} more: --json has them" if len(parts) > TOP else ""
    return ", ".join(parts[:TOP]) + more
