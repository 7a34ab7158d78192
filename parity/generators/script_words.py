"""Words of scripts whose characters stand on, under and before one another, and emoji sequences.

Templates of syllables, well formed and nearly so. What cuts a text into graphemes and what cuts it
into code points part here, as do tables of vowels and marks.
"""

from __future__ import annotations

from typing import Final

from parity import alphabets
from parity.grammar import Grammar, Join, OneOf, Pick, Repeat

JOINERS: Final = "\u200d\u200c"
BARE: Final = f"{JOINERS}\ufe0f\ufe0e\u20e3\u0301"
"""What joins and modifies, with nothing to join or modify."""
RULES: Final = {
    "Devanagari": ("\u094d", "\u093c"),
    "Bengali": ("\u09cd", "\u09bc"),
    "Tamil": ("\u0bcd", ""),
    "Telugu": ("\u0c4d", ""),
    "Malayalam": ("\u0d4d", ""),
    "Sinhala": ("\u0dca", ""),
    "Khmer": ("\u17d2", ""),
    "Myanmar": ("\u1039", "\u103a"),
}
"""Scripts of India and its neighbours: what joins two consonants, and what changes one."""
THAI: Final = ("เแโใไ", "ัิีึืฺุู็ำ", "่้๊๋์ํ")
"""Vowels before the consonant, on or under it; tones."""
LAO: Final = ("ເແໂໃໄ", "ັິີຶືຸູົຼຽໍຳ", "່້໊໋")
PEOPLE: Final = "👨👩👧👦🧑"
SKINS: Final = "🏻🏼🏽🏾🏿"
SIGNS: Final = "❤☺☁✈⚕♂♀🏳🏴🌈💻🚀"
FLAGS: Final = "🇦🇩🇪🇫🇬🇯🇵🇺🇸🇿"
TAGS: Final = "\U000e0067\U000e0062\U000e0065\U000e006e\U000e007f"


def grammar() -> Grammar:
    """Return words of one script, or of several beside one another."""
    word = OneOf(
        (
            Pick(BARE),
            hangul(),
            kana(),
            *map(indic, RULES),
            *thai(),
            pointed("Hebrew"),
            arabic(),
            emoji(),
        ),
        (1, 3, 2, *[1] * len(RULES), 2, 2, 2, 4),
    )
    return Repeat(Join((word, OneOf(("", " ", "a"), (4, 1, 1)))), 1, 2)


def hangul() -> Grammar:
    """Return syllables of jamo, composed ones, a composed one with a jamo behind it, old ones."""
    leads, vowels, tails = "\u1100\u1102\u1112\u113c", "\u1161\u1175\u119e", "\u11a8\u11c2\u11eb"
    jamo = Join((Pick(leads), Pick(vowels), Pick(tails, 0, 1)))
    composed = Join((Pick("가각갂힣한글"), Pick(tails + vowels, 0, 1)))
    rare = Pick("\ua960\ua97c\ud7b0\ud7fbㄱㅏㅎﾡﾤ\u115f\u1160\u3164", 1, 2)
    return Repeat(OneOf((jamo, composed, rare), (2, 2, 1)), 1, 3)


def kana() -> Grammar:
    """Return kana with voicing marks of three kinds, small ones, and marks that repeat."""
    letters = Pick("かはウあカハンゝヽゔっャ", 1, 2)
    marks = Pick("\u3099\u309a\u309b\u309cーｰ々〻゙", 0, 2)
    half = Join((Pick("ｶﾊｱ"), Pick("ﾞﾟｰ", 0, 2)))
    return Repeat(OneOf((Join((letters, marks)), half), (3, 1)), 1, 3)


def indic(name: str) -> Grammar:
    """Return syllables of consonants that are joined, vowels and signs."""
    virama, nukta = RULES[name]
    consonants = alphabets.script(name, "Lo")
    signs = "".join(c for c in alphabets.script(name, "M") if c not in virama + nukta)
    joined = Join((virama, OneOf(("", Pick(JOINERS)), (3, 1)), Pick(consonants)))
    syllable = (
        Pick(consonants),
        OneOf(("", nukta), (4, 1)),
        Repeat(joined, 0, 2),
        Pick(signs, 0, 2),
    )
    return Repeat(Join(syllable), 1, 2)


def thai() -> tuple[Grammar, ...]:
    """Return syllables of Thai and of Lao, with what stands before and above the consonant."""
    found = []
    for name, (before, above, tones) in (("Thai", THAI), ("Lao", LAO)):
        consonants = alphabets.script(name, "Lo")
        parts = (Pick(before, 0, 1), Pick(consonants), Pick(above, 0, 1), Pick(tones, 0, 2))
        found.append(Repeat(Join(parts), 1, 3))
    return (OneOf(found),)


def pointed(name: str) -> Grammar:
    """Return letters with points in any order."""
    letters, points = alphabets.script(name, "Lo"), alphabets.script(name, "M")
    return Repeat(Join((Pick(letters), Pick(points, 0, 3))), 1, 3)


def arabic() -> Grammar:
    """Return letters with vowel signs and shadda, tatweel, ligatures and forms of presentation."""
    vowels = "\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652\u0653\u0654\u0670"
    letters = Pick("ابتلمهوىيءآأؤكةںکےی", 1, 2)
    rare = Pick("\u0640ﻻﷲﷺﺍﺎ\u06dd\u0600\u061c", 0, 1)
    return Repeat(Join((letters, Pick(vowels, 0, 2), rare)), 1, 3)


def emoji() -> Grammar:
    """Return families, skins, flags, keycaps, tags, and the presentation that is asked for."""
    person = Join((Pick(PEOPLE), Pick(SKINS, 0, 1)))
    joined = Repeat(
        Join(("\u200d", OneOf((person, Join((Pick(SIGNS), Pick("\ufe0f", 0, 1))))))), 0, 3
    )
    kinds: tuple[Grammar, ...] = (
        Join((person, joined)),
        Join((Pick(SIGNS), Pick("\ufe0f\ufe0e", 0, 1), joined)),
        Pick(FLAGS, 1, 4),
        Join((Pick("0123456789#*a"), Pick("\ufe0f", 0, 1), "\u20e3")),
        Join(("🏴", Pick(TAGS, 1, 5), Pick("\U000e007f", 0, 1))),
    )
    return OneOf(kinds)
