"""The alphabets of the generators, derived from Unicode's own data as Python packages carry it.

    python -m benchmarks.alphabets OLDER_PYTHON ...

writes the tables of `parity/alphabets/`. Categories, combining classes and normal forms come from
unicodedata2, scripts from `regex`. What changed between versions is what the `unicodedata` of
older Pythons says (3.6 has Unicode 9, 3.13 has 15.1), or the unicodedata2 that is installed for
them; name them from the oldest to the newest. A test derives again all that the Python at hand can.
"""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, Final

import regex
import unicodedata2

from benchmarks import say
from benchmarks.unicode_tables import spelt

FOLDER: Final = Path(__file__).resolve().parents[1] / "parity" / "alphabets"
POINTS: Final = range(0x110000)
HANGUL: Final = range(0xAC00, 0xD7A4)
FORMS: Final = ("NFC", "NFD", "NFKC", "NFKD")
OF_A_RANGE: Final = 1
"""Of each range of compatibility characters, of one sort, so many and one more are kept."""
OF_REGEX: Final = "17.0.0"
"""The version of Unicode that `regex` has."""
SCRIPT_NAMES: Final = """
Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali
Beria_Erfe Bhaiksuki Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian
Caucasian_Albanian Chakma Cham Cherokee Chorasmian Common Coptic Cuneiform Cypriot Cypro_Minoan
Cyrillic Deseret Devanagari Dives_Akuru Dogra Duployan Egyptian_Hieroglyphs Elbasan Elymaic Ethiopic
Garay Georgian Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi Gurmukhi Gurung_Khema Han
Hangul Hanifi_Rohingya Hanunoo Hatran Hebrew Hiragana Imperial_Aramaic Inherited
Inscriptional_Pahlavi Inscriptional_Parthian Javanese Kaithi Kannada Katakana Kawi Kayah_Li
Kharoshthi Khitan_Small_Script Khmer Khojki Khudawadi Kirat_Rai Lao Latin Lepcha Limbu Linear_A
Linear_B Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean Marchen Masaram_Gondi
Medefaidrin Meetei_Mayek Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mongolian Mro
Multani Myanmar Nabataean Nag_Mundari Nandinagari New_Tai_Lue Newa Nko Nushu Nyiakeng_Puachue_Hmong
Ogham Ol_Chiki Ol_Onal Old_Hungarian Old_Italic Old_North_Arabian Old_Permic Old_Persian Old_Sogdian
Old_South_Arabian Old_Turkic Old_Uyghur Oriya Osage Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau
Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada Shavian Siddham
Sidetic SignWriting Sinhala Sogdian Sora_Sompeng Soyombo Sundanese Sunuwar Syloti_Nagri Syriac
Tagalog Tagbanwa Tai_Le Tai_Tham Tai_Viet Tai_Yo Takri Tamil Tangsa Tangut Telugu Thaana Thai
Tibetan Tifinagh Tirhuta Todhri Tolong_Siki Toto Tulu_Tigalari Ugaritic Vai Vithkuqi Wancho
Warang_Citi Yezidi Yi Zanabazar_Square
"""
ASKED: Final = """
import json
try:
    import unicodedata2 as data
except ImportError:
    import unicodedata as data
told = [
    data.category(chr(point)) + str(data.combining(chr(point))) + data.decomposition(chr(point))
    for point in range(0x110000)
]
print(json.dumps([data.unidata_version, told]))
"""
"""What an older Python is asked."""


def categories() -> dict[str, list[int]]:
    """Return the code points of each general category."""
    found: dict[str, list[int]] = {}
    for point in POINTS:
        found.setdefault(unicodedata2.category(chr(point)), []).append(point)
    return dict(sorted(found.items()))


def scripts() -> dict[str, list[int]]:
    """Return the code points of each script that `regex` knows."""
    every, found = "".join(map(chr, POINTS)), {}
    for name in SCRIPT_NAMES.split():
        try:
            runs = regex.finditer(rf"\p{{Script={name}}}+", every)
        except regex.error:
            say(f"regex {regex.__version__} knows no script {name}")
            continue
        found[name] = [point for run in runs for point in range(*run.span())]
    return found


def classes() -> dict[str, list[int]]:
    """Return the code points of each combining class but 0, by its number."""
    found: dict[int, list[int]] = {}
    for point in POINTS:
        if number := unicodedata2.combining(chr(point)):
            found.setdefault(number, []).append(point)
    return {str(number): found[number] for number in sorted(found)}


def told(python: str) -> tuple[str, list[str]]:
    """Return the version of Unicode of another Python, and what it says of each code point."""
    command = [python, "-c", ASKED]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    version, found = json.loads(done.stdout)
    say(f"{python}: Unicode {version}")
    return version, found


def changed(pythons: Sequence[str]) -> dict[str, list[int]]:
    """Return what each version of Unicode says otherwise than the one before it, of those told."""
    versions = [told(python) for python in [*pythons, sys.executable]]
    return {
        version: [point for point in POINTS if before[point] != after[point]]
        for (_, before), (version, after) in pairwise(versions)
        if before != after
    }


def kept() -> Iterator[int]:
    """Yield the code points whose normal forms are kept.

    All that decompose canonically, some of each range of ideographs and of Hangul syllables, and
    some of each range of each sort of compatibility characters.
    """
    for sort, points in groupby(POINTS, sort_of):
        run = list(points)
        if sort == "canonical":
            yield from run
        elif sort:
            most = 8 if sort == "many" else OF_A_RANGE
            yield from sorted({run[place * (len(run) - 1) // most] for place in range(most + 1)})


def sort_of(point: int) -> str:
    """Say how a code point decomposes: "" where it does not."""
    spelling = unicodedata2.decomposition(chr(point))
    if point in HANGUL or (
        spelling
        and unicodedata2.category(chr(point)) == "Lo"
        and "CJK COMP" in unicodedata2.name(chr(point), "")
    ):
        return "many"
    if spelling.startswith("<"):
        return str(spelling.split()[0])
    return "canonical" if spelling else ""


def forms() -> Iterator[str]:
    """Yield code points with their four forms: what a form has of the one two before it is "".

    The first two, NFC and NFD, are "" where they are the character itself.
    """
    for point in kept():
        char = chr(point)
        made = [unicodedata2.normalize(form, char) for form in FORMS]
        likely = [char, char, *made[:2]]
        short = [
            "" if one == other else hexed(one) for one, other in zip(made, likely, strict=True)
        ]
        yield f"{point:x}>{'>'.join(short)}".rstrip(">")


def hexed(text: str) -> str:
    """Return the code points of a text."""
    return ".".join(f"{ord(char):x}" for char in text)


def filled(words: Iterable[str]) -> str:
    """Return words as lines of a table."""
    return textwrap.fill(" ".join(words), 100, break_on_hyphens=False)


def named(table: Mapping[str, Iterable[int]]) -> str:
    """Return a table of ranges by name, each name before its ranges."""
    return filled(word for name, points in table.items() for word in (f"{name}:", *spelt(points)))


HEADER: Final = '''\
"""{what}

Made by `python -m benchmarks.alphabets` from Unicode {version}; nobody edits it by hand.
"""

from __future__ import annotations

from typing import Final
'''
MODULES: Final[Mapping[str, tuple[str, Mapping[str, tuple[str, Callable[..., str]]]]]] = {
    "categories": (
        "Which general category each code point has: names, each before its ranges.",
        {"CATEGORIES": ("General categories.", lambda: named(categories()))},
    ),
    "scripts": (
        "Which script each code point has: names, each before its ranges.",
        {"SCRIPTS": ("Scripts; a code point of none has no letters.", lambda: named(scripts()))},
    ),
    "forms": (
        "Normal forms of characters.",
        {
            "FORMS": (
                "character>NFC>NFD>NFKC>NFKD; empty: as the character, or as two fields before.",
                lambda: filled(forms()),
            ),
        },
    ),
    "marks": (
        "Which combining class each code point has: numbers, each before its ranges.",
        {"CLASSES": ("Canonical combining classes but 0.", lambda: named(classes()))},
    ),
    "edges": (
        "What changed from one version of Unicode to the next.",
        {
            "SINCE": (
                "Versions, each before what it assigned, or said otherwise than the one before.",
                lambda pythons: named(changed(pythons)),
            )
        },
    ),
}
"""A module, what it says, and its tables: what each holds, and how it is made."""


def opening(name: str) -> str:
    """Return how a module begins."""
    version = OF_REGEX if name == "scripts" else unicodedata2.unidata_version
    return HEADER.format(what=MODULES[name][0], version=version)


def module(name: str, *asked: Any) -> str:
    """Return the text of a module of `parity/alphabets/`."""
    parts = [opening(name)]
    for table, (meaning, made) in MODULES[name][1].items():
        parts.append(f'{table}: Final = """\n{made(*asked)}\n"""\n"""{meaning}"""\n')
    return "\n".join(parts)


def main(pythons: Sequence[str]) -> None:
    """Write the modules; the one of changes only where older Pythons are named."""
    for name in MODULES:
        if name != "edges":
            (FOLDER / f"{name}.py").write_text(module(name), encoding="utf-8")
        elif pythons:
            (FOLDER / f"{name}.py").write_text(module(name, pythons), encoding="utf-8")
        say(f"wrote {FOLDER / name}.py")


if __name__ == "__main__":
    main(sys.argv[1:])
