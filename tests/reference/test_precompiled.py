"""Precompiled against tokenizers, where grapheme clusters decide what is replaced as a whole."""

import base64
import random

import pytest
import regex
import tokenizers

from parity import artefact
from parity.reference.document import Node
from parity.reference.normalizers.precompiled import clusters, read_precompiled
from parity.reference.segments import whole

LETTERS = (
    "a",
    "\t",
    " ",
    "\xaa",
    "\u017f",
    "\xba",
    "\uff21",
    "\u0903",
    "\u200d",
    "\u200c",
    "\u0301",
)
CONSONANTS = (
    "\u0915",
    "\u0939",
    "\u0958",
    "\u09dc",
    "\u0a33",
    "\u1780",
    "\U00011b0a",
    "\U00011df1",
)
VIRAMAS = ("\u094d", "\u0acd", "\u0c4d", "\u1039", "\u17d2", "\u1cf5")


@pytest.fixture(scope="module")
def both():
    """The charsmap of a tiny tokenizer, read by tokenizers and by the reference."""
    _, content = artefact.tokenizer_json("tiny:unigram")
    (step,) = (
        each for each in content["normalizer"]["normalizers"] if each["type"] == "Precompiled"
    )
    charsmap = base64.b64decode(step["precompiled_charsmap"])
    ours = read_precompiled(Node(step, "$.normalizer", "tokenizer.json"))
    return tokenizers.normalizers.Precompiled(charsmap).normalize_str, ours


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\xaa\u0acd\u0ab9", id="a virama behind a letter joins no consonant"),
        pytest.param("\u0b4d\u0958\u073b", id="a virama at the start joins no consonant"),
        pytest.param("\u0915\u0acd\u0958\u0486", id="a virama between two consonants joins them"),
        pytest.param("\u0915\u0903\u0acd\u0958\u0486", id="not behind a vowel sign"),
        pytest.param("\U00011df1\u0acd\u0958\u0486", id="a consonant younger than Unicode 17"),
    ],
)
def test_conjuncts_are_those_of_tokenizers(both, text):
    """A cluster of less than six bytes is replaced as a whole, and its rest is lost."""
    native, ours = both

    assert ours(whole(text)).text == native(text)


def test_drawn_conjuncts_are_those_of_tokenizers(both):
    """Letters, viramas and consonants in any order, the same ones every time."""
    native, ours = both
    draw = random.Random(20261124)  # noqa: S311 (texts, not secrets)
    kinds = (LETTERS, CONSONANTS, VIRAMAS)
    made = ("".join(draw.choice(draw.choice(kinds)) for _ in range(6)) for _ in range(20_000))

    assert [text for text in made if ours(whole(text)).text != native(text)] == []


def test_clusters_are_the_text():
    """Nothing is lost, also where a character stands for one that is younger than Unicode 17."""
    text = "a\U00011df1\u0acd\u0958e\u0301\U00011b0a\u1cf5\u0915"

    assert "".join(clusters(text)) == text


@pytest.mark.parametrize("before", ["", "a", "\U0001f1e9", "\u0600"])
@pytest.mark.parametrize("count", [63, 64, 65, 96, 97, 200])
def test_flags_pair_from_the_start_of_their_run(before, count):
    """However long the run is: it is cut into parts to be quick, and only between two flags."""
    text = before + "\U0001f1e9" * count + "\u0301\U0001f1ea\U0001f1eb"

    assert clusters(text) == regex.findall(r"\X", text)
