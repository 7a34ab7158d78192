"""parity.reference.patterns: each carried pattern cuts as Oniguruma does, the rest is refused."""

import random

import pytest
from tokenizers import Regex, pre_tokenizers

from parity.errors import Unsupported
from parity.reference.patterns import compiled
from parity.reference.pre_tokenizers.splitting import isolated

CARRIED = [
    *(r"^", r"$", r"\Z", r"\z", r"\A", r"^$", "\n$", "\n^", "\n\\Z", "a$", r"\b", r"\B", r"\b\w"),
    *(r"\w", r"\W+", r"[\w]", r"[^\w]+", r"[\w&&[^\d_]]+", r"[^\W\d]+", r"\d|\D+", r"[\d]", r"\s+"),
    *(r"[^\S]", r"\S+", r"\h+|\H", r"[\h]", ".", r"[\b]", r"\v+", r"\x0b", r"\x{4e16}", r"\u4e16"),
    *("b{,2}", "b{1,2}?", "b{2}?", "b{2}+", "b{1,2}+", "b+?", "b++", "(?>b+)b", "{", "b{x}", "x*"),
    *(
        "(?i)b|A",
        "(?i:s)",
        "(?i:k)",
        "(?i:[k-t])",
        "(?i:[^s])",
        "(?i:s(?:x|t))",
        r"(?i:\w)",
        "(?i:i)",
    ),
    *("[-a]", r"[\n-]", "[a&&b]", "[^a&&b]", "[[a][b]c]+", r"[\]\[]", "[a||b]", "[a~~b]", "[ #]"),
    *(r"\p{L}+", r"\p{^L}+", r"\P{L}+", r"[^\p{Han}]", r"\p{Lu}\p{Ll}*", r"[\p{M}]+", "(?<=a)b"),
    *(
        "(?<!a)b",
        " +(?= )",
        "(a|b)+?c|(?:)",
        "[[:^alpha:]]",
        "[[:punct:]]+",
        "[^[:space:][:punct:]]",
    ),
    *("[[:alnum:]]", "[[:upper:]][[:lower:]]*", "[[:cntrl:]]", "[[:graph:]]", "[[:print:]]"),
    *("[[:blank:]]", "[[:word:]]", "[[:xdigit:]]", "[[:digit:]]", "[[:ascii:]]", "[[:space:]]"),
]
REAL = {
    "qwen2": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "cl100k": r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+"
    r"| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s",
    "o200k": r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "deepseek": r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+"
    r"|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "kimi": r"[\p{Han}]+|[\p{Lu}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{M}&&[^\p{Han}]]+|\s+",
}
REFUSED = [
    *("(?#c)b", "a(?i)b", "b**", "b+?+", "(?:ab){2}+", "[]a]", r"\141", r"\q", "(?~b)", "(?m:.)"),
    *(
        r"\Gb",
        r"\R",
        r"\X",
        r"(a)\1",
        "(?i:ss)",
        "(?i:s(?:t))",
        "(?i:s(?:t))",
        "(?i:\xe9)",
        "(?<n>a)",
        r"\p{Nope}",
        r"a\Kb",
    ),
    *("(a", "a)", "[a", "a|*b", r"\p", "[[:nope:]]", "[b-a]", "(?*a)"),
]


@pytest.fixture(scope="module")
def samples(borders):
    """Texts of class borders, case traps and newlines at every place."""
    draw = random.Random(6)  # noqa: S311 - seeded on purpose
    pool = [*borders, "a", "b", "bb", "ab", "\n", "K", "\u212a", "\u017f", "\ufb06", "st", "x", "."]
    return ["".join(draw.choice(pool) for _ in range(draw.randint(0, 8))) for _ in range(250)]


@pytest.mark.parametrize("pattern", [*CARRIED, *REAL.values()])
def test_a_carried_pattern_cuts_as_oniguruma_does(pattern, samples):
    """A pattern means in the `regex` module what it means in tokenizers."""
    rust = pre_tokenizers.Split(Regex(pattern), "isolated")
    ours = compiled(pattern)
    differing = [
        text
        for text in samples
        if [text[start:end] for start, end in isolated(ours.matches(text), len(text))]
        != [piece for piece, _ in rust.pre_tokenize_str(text)]
    ]

    assert differing == []


@pytest.mark.parametrize("pattern", REFUSED)
def test_what_cannot_be_carried_exactly_is_refused(pattern):
    """No pattern is carried on a guess; the message quotes it."""
    with pytest.raises(Unsupported, match=r"reference .* carry"):
        compiled(pattern)


ELSEWHERE = {
    r"(?i)[\p{Lu}]": "in a set ignoring case",
    r"(?i)[^\w]": "in a set ignoring case",
    "(?i:[[:upper:]]+)": "ignoring case",
    "(?i)[[^S]]": "a set within a set ignoring case",
    "[&&a]": "'&&' without one of its sides",
    "[^&&a]": "'&&' without one of its sides",
    "[a&&]": "'&&' without one of its sides",
    r"[\d\-x&&&&a]": "'&&' without one of its sides",
    "[.-[a]]": "a hyphen before a set",
    "[-[a]]": "a hyphen before a set",
    r"[\d-x]": "a class before a hyphen",
    "[[:alpha:]-x]": "a class before a hyphen",
    "(?<=[^x]*+b)c": "a repetition within a lookbehind",
    "(?<!.?(a){2})b": "a repetition within a lookbehind",
    "(?<=(?>a|ab))c": "within a lookbehind",
    "(?<=(?<!a)c)d": "within a lookbehind",
    "(?<!(a))d": "within a lookbehind",
    r"(\p{L}?|[^w]){2}b": "the repetition of a group that may be empty",
    "(?:b(?:a*))*(?:a*)*": "the repetition of a group that may be empty",
    r"(?<=[^\D\W])a": "within a lookbehind",
    "(?<=a){2}b": "after another quantifier, or after nothing",
    r"[[^\w\D]]": "a negated class in a negated set within a set",
    r"[^[^[\D\d]]]": "a negated class in a negated set within a set",
    "[[^a][^b]]": "a negated set beside another negated class",
    r"[\S[^b]]": "a negated set beside another negated class",
    r"[[^a\S]]": "a negated class in a negated set within a set",
}
"""What both engines read and mean otherwise, or what Oniguruma refuses, by the reason given."""


@pytest.mark.parametrize("pattern", ELSEWHERE)
def test_what_means_something_else_is_refused_with_the_reason(pattern):
    """Found by drawing patterns at random: an answer would be another than Oniguruma's."""
    with pytest.raises(Unsupported) as refused:
        compiled(pattern)

    assert ELSEWHERE[pattern] in str(refused.value)


@pytest.mark.parametrize(
    "pattern",
    [
        r"[^\d\D]", r"[^\p{L}\P{L}]", "[^[:alpha:][:^alpha:]]", r"[^\D[:alnum:][p]]", r"[^\S\r\n]+",
        r"[^\W\d_]+", "[^[^b]a]", r"[^\S]?b", r"(?i)[^s\d]+", r"x[^\D[:graph:]]", "(?<=a|bc)d",
        "(?:a*b)+", "(?:a*)?b", "((a)(b))*(?:c)+",
        r"(?<![\s.])a", r"[a-z&&[^aeiou]]+",
    ],
)  # fmt: skip
def test_negated_sets_of_negated_classes_are_those_of_oniguruma(pattern, samples):
    """`regex` makes another set of some of them, so they are carried otherwise."""
    rust = pre_tokenizers.Split(Regex(pattern), "isolated")
    ours = compiled(pattern)
    texts = [*samples, "ab", "a'", "K 1", "\ufffdx\uac00", "bcd a.a", "a \t\nb_1"]

    assert [
        text
        for text in texts
        if [text[start:end] for start, end in isolated(ours.matches(text), len(text))]
        != [piece for piece, _ in rust.pre_tokenize_str(text)]
    ] == []


YOUNGER = ("a\U0001fac9b", "\u088f", "x\U00033479y\u0897", "\u0295", "\ua7dc\u0295\ua7db")
"""Assigned in Unicode 17, in Unicode 16, or reclassified since."""


@pytest.mark.parametrize("text", YOUNGER, ids=ascii)
@pytest.mark.parametrize(
    "pattern",
    [r"\p{L}+", r"\p{Lo}", r"\p{^Ll}", r"[^\p{L}]", r"\p{Cn}", r"[^\x00-\uffff]", r"\w", "[ก-힣]"],
)
def test_younger_characters_are_unassigned_as_in_oniguruma(pattern, text):
    """What Unicode 16 does not know belongs to no class, and to the ranges that it lies in."""
    rust = pre_tokenizers.Split(Regex(pattern), "isolated")

    assert [
        text[start:end] for start, end in isolated(compiled(pattern).matches(text), len(text))
    ] == [piece for piece, _ in rust.pre_tokenize_str(text)]


def test_a_pattern_that_spells_a_younger_character_is_refused():
    """It has no stand-in."""
    with pytest.raises(Unsupported, match="which Oniguruma does not know"):
        compiled("[\u088f]")


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        (r"\x{110000}", "beyond Unicode"),
        ("(" * 3000 + "a" + ")" * 3000, "groups that deep"),
        ("[" * 3000 + "a" + "]" * 3000, "groups that deep"),
        ("a{100001}", "more than 100,000 repetitions"),
        ("a{1,999999}", "more than 100,000 repetitions"),
    ],
)
def test_what_is_too_large_is_refused_with_the_reason(pattern, reason):
    """Oniguruma refuses some of it and reads some; nothing of it crashes here."""
    with pytest.raises(Unsupported, match=reason):
        compiled(pattern)
