"""Reducing: what is left is still so, nothing of it can go or be plainer, and always the same."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity import reducing
from parity.reducing import PLAIN, Tries

WORDS = {
    "a digit": ("room 101", lambda made: any(c.isdigit() for c in made), "0"),
    "two digits": ("room 101", lambda made: sum(c.isdigit() for c in made) > 1, "00"),
    "a space at the end": ("some words  ", lambda made: made.endswith(" "), " "),
    "one letter": ("\u5bb6 of mine", lambda made: any(c.isalpha() for c in made), "a"),
    "a capital": ("The Lot", lambda made: made.lower() != made, "A"),
    "Han": ("go \u5bb6 now", lambda made: any("\u4e00" <= c <= "\u9fff" for c in made), "\u4e00"),
    "a joiner": ("\U0001f469\u200d\U0001f467", lambda made: "\u200d" in made, "\u200d"),
    "a mark on a letter": ("cafe\u0301", lambda made: any(
        a.isalpha() and b == "\u0301" for a, b in pairwise(made)), "a\u0301"),
    "nothing": ("words", lambda _: True, ""),
    "all of it": ("ab", lambda made: made == "ab", "ab"),
}  # fmt: skip
"""A text, what must stay so, and the smallest that is."""


@pytest.mark.parametrize("name", WORDS)
def test_the_smallest_text_is_what_a_person_would_write(name):
    """Left out is what is not needed, and what is left is plain."""
    text, still, smallest = WORDS[name]

    assert reducing.text(text, still, Tries()) == smallest


@given(st.text("ab0 \u5bb6\u0301\u200d", min_size=1, max_size=12), st.data())
def test_no_character_of_what_is_left_can_go_or_be_plainer(text, data):
    """It is still so; without any one, or with a plainer one in its place, it is not."""
    needed = data.draw(st.sampled_from(sorted(set(text))))
    count = text.count(needed)
    still = lambda made: made.count(needed) >= min(count, 2)  # noqa: E731
    least = reducing.text(text, still, Tries())

    assert still(least)
    assert not any(still(least[:at] + least[at + 1 :]) for at in range(len(least)))
    for at, char in enumerate(least):
        plainer = PLAIN[: PLAIN.find(char)] if char in PLAIN else PLAIN
        assert not any(still(least[:at] + other + least[at + 1 :]) for other in plainer)


@given(st.text("abc \u5bb6", max_size=20))
def test_the_same_question_has_the_same_answer(text):
    """And takes the same number of tries."""
    answers = []
    for _ in range(2):
        tries = Tries()
        answers.append((reducing.text(text, lambda made: len(set(made)) >= 2, tries), tries.made))

    assert answers[0] == answers[1]


def test_a_cluster_is_left_out_whole_first():
    """Half a family is no smaller family."""
    asked = []
    family = "\U0001f469\u200d\U0001f467"
    reducing.text(f"a{family}b", lambda made: asked.append(made) or "a" in made, Tries())

    assert asked
    assert not any(made.endswith("\u200d") for made in asked)


def test_a_word_that_is_needed_whole_becomes_the_shortest_that_will_do():
    """Added tokens: any of them shows what one shows."""
    words = ("<|im_start|>", "<s>", "<sep>")
    still = lambda made: any(word in made for word in words)  # noqa: E731

    assert reducing.text("x <|im_start|> y", still, Tries(), words) == "<s>"


IDS = {
    "one id": ((7, 300, 41), lambda made: 300 in made, (300,)),
    "any id": ((7, 300, 41), bool, (0,)),
    "two of a kind": ((9, 9, 8, 9), lambda made: made.count(9) > 1, (9, 9)),
    "three": ((70, 80, 90, 95), lambda made: len(made) >= 3, (0, 0, 0)),
}


@pytest.mark.parametrize("name", IDS)
def test_the_smallest_ids_are_few_and_low(name):
    """As few as will do, and the lowest that will."""
    ids, still, smallest = IDS[name]

    assert reducing.ids(ids, still, Tries()) == smallest


def test_the_smallest_bytes():
    """A continuation byte is kept where it is what matters."""
    assert reducing.data(b"ab\xe4\xb8", lambda made: made[-1:] >= b"\x80", Tries()) == b"\x80"


CHAT = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Two  words", "name": "Ann"},
    {"role": "assistant", "content": None, "tool_calls": [{"id": 7, "arguments": {"a": [1, 2]}}]},
]


@pytest.mark.parametrize(
    ("still", "smallest"),
    [
        (lambda made: any("tool_calls" in one for one in made), [{"tool_calls": []}]),
        (lambda made: len(made) > 1, [{}, {}]),
        (lambda made: "  " in str(made), [{"content": "  "}]),
        (lambda made: "'arguments': {'a'" in str(made),
         [{"tool_calls": [{"arguments": {"a": []}}]}]),
    ],
    ids=["a field", "two messages", "a text", "nested"],
)  # fmt: skip
def test_the_smallest_messages_have_the_fields_that_are_needed(still, smallest):
    """Messages, fields, items of fields and the texts in them are left out."""
    before = repr(CHAT)

    assert reducing.value(CHAT, still, Tries()) == smallest
    assert repr(CHAT) == before


def test_tries_that_run_out_are_said_to_have():
    """What is left is so, and smaller; whether it is smallest is not known."""
    tries = Tries(5)
    least = reducing.text("some longer text with x in it", lambda made: "x" in made, tries)

    assert "x" in least
    assert (tries.made, tries.wanting) == (5, True)


def test_tries_that_are_enough_are_not_wanting():
    """The proof that nothing more can go was made."""
    tries = Tries()
    reducing.text("text", lambda made: "x" in made, tries)

    assert not tries.wanting
