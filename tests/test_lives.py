r"""Lives: rows beside the steps that they came of, and the text that is right."""

import pytest

from parity.lives import Life, asked, lives, wanted
from parity.streams import Emitted, Script, Step

SPELLED = {n: bytes([n]) for n in range(256)} | {256: b"</s>"}


def decode(ids):
    """Ids are bytes; 256 is a special token that is kept."""
    return b"".join(SPELLED[id] for id in ids).decode("utf-8", "replace")


def skipping(ids):
    """The same, with the special token left out."""
    return decode([id for id in ids if id != 256])


def life(text, finish="length", prompt=b"", matched="", eos=False):
    """One life of one step an id."""
    ids = [*(text.encode() if isinstance(text, str) else text), *([256] if eos else [])]
    steps = [Step(0, (id,)) for id in ids] or [Step(0, ())]
    steps[-1] = steps[-1]._replace(finish=finish, matched=matched)
    return Life(0, tuple(prompt), steps, [])


def row(request, at="step", chunk=""):
    """One row of a stream."""
    return Emitted(request, chunk, (), at)


TWICE = Script(
    ((), (7,)),
    (
        (Step(0, (1,)), Step(1, (2,))),
        (Step(0, (3,), "eos"), Step(0, (4,))),
        (Step(1, (5, 6), "abort"), Step(0, (), "length")),
    ),
)
ROWS = [
    row(0), row(1), row(0), row(0, "end"), row(0), row(1), row(1, "end"), row(0), row(0, "end"),
]  # fmt: skip


def test_a_finished_request_lives_again():
    """Its lives are in the order in which they begin, with their prompts and their ids."""
    found = asked(TWICE)

    assert [(one.request, one.prompt, one.ids, one.finish) for one in found] == [
        (0, (), [1, 3], "eos"),
        (1, (7,), [2, 5, 6], "abort"),
        (0, (), [4], "length"),
    ]
    assert all(one.rows == [] for one in found)


def test_each_life_has_the_rows_of_its_own_steps():
    """One a step, in order, and one more at its end."""
    marked = [one._replace(chunk=str(place)) for place, one in enumerate(ROWS)]

    assert [one.sent for one in lives(TWICE, marked)] == ["023", "156", "478"]
    for one in lives(TWICE, marked):
        assert [entry.at for entry in one.rows] == ["step"] * len(one.steps) + ["end"]


def test_a_request_that_does_not_finish_has_no_end():
    """Its last row is of its last step."""
    (one,) = lives(Script(((),), ((Step(0, (1,)),),)), [row(0)])

    assert (one.finish, len(one.rows)) == ("", 1)


@pytest.mark.parametrize("place", range(len(ROWS)))
@pytest.mark.parametrize("change", ["gone", "twice", "of another", "elsewhere"])
def test_rows_that_do_not_fit_are_refused(change, place):
    """One that is missing, too many, of another request or not at its end where it should be."""
    own = ROWS[place]
    other = {
        "gone": [],
        "twice": [own, own],
        "of another": [own._replace(request=9)],
        "elsewhere": [own._replace(at="end" if own.at == "step" else "step")],
    }[change]
    rows = [*ROWS[:place], *other, *ROWS[place + 1 :]]

    with pytest.raises(ValueError, match=r"a row of request|more rows"):
        lives(TWICE, rows)


@pytest.mark.parametrize(
    ("chunks", "sent"),
    [([], ""), ([None, ""], ""), (["a", None, "b"], "ab"), ([None, b"\xe4", b"\xb8"], b"\xe4\xb8")],
)
def test_what_was_sent_is_all_chunks(chunks, sent):
    """Bytes where they are bytes; nothing at all is the empty text."""
    assert Life(0, (), [], [row(0, chunk=chunk) for chunk in chunks]).sent == sent


HALF, REST = "\u4e16".encode()[:2], "\u4e16".encode()[2:]
RIGHT = {
    "all": (life("ab"), ["ab"], ["a", "", "abc", "b"]),
    "nothing": (life(""), [""], ["a"]),
    "a broken character": (life(HALF), ["\ufffd"], ["", "\ufffd\ufffd"]),
    "bytes are another text": (life("a"), ["a"], [b"a"]),
    "after a prompt": (life("b", prompt=b"a"), ["b"], ["ab", ""]),
    "a prompt cut in a character": (
        life(REST + b"!", prompt=b"a" + HALF), ["\u4e16!"], ["!", "a\u4e16!", "\ufffd!"],
    ),
    "a prompt with a character that is never whole": (
        life(b"!", prompt=b"a" + HALF), ["!", "\ufffd!"], ["", "\ufffd", "a\ufffd!"],
    ),
    "a prompt cut, and the text cut again": (
        life(b"\x96" + HALF, prompt=HALF), ["\u4e16\ufffd"], ["\u4e16", "\ufffd", ""],
    ),
    "EOS shown or hidden": (life("a", "eos", eos=True), ["a", "a</s>"], ["", "</s>", "a</s></s>"]),
    "a stop id shown or hidden": (life("ab", "stop"), ["ab", "a"], ["", "b"]),
    "EOS after a prompt": (life("b", "eos", b"a", eos=True), ["b", "b</s>"], ["ab", ""]),
    "EOS alone": (life("", "eos", eos=True), ["", "</s>"], ["a"]),
    "length hides nothing": (life("ab", "length"), ["ab"], ["a"]),
    "a string": (
        life("a END b", "string", matched="END"), ["a ", "a END", "a END b"], ["a", "a EN", ""],
    ),
    "a string that is not there": (life("ab", "string", matched="END"), ["ab"], ["a", ""]),
    "a string twice": (life("-a-b", "string", matched="-"), ["", "-", "-a-b"], ["-a", "-a-"]),
    "a string after a prompt with the same": (
        life("b-", "string", b"-", matched="-"), ["b", "b-"], ["", "-"],
    ),
    "the client went away": (life("abc", "abort"), ["", "a", "ab", "abc"], ["b", "abcd"]),
    "nothing finished yet": (life("abc", ""), ["", "a", "abc"], ["b", "abcd"]),
    "the client went away after a prompt": (
        life("bc", "abort", b"a"), ["", "b", "bc"], ["a", "ab", "c"],
    ),
    "the client went away from a broken character": (
        life(b"!?", "abort", HALF), ["", "!", "!?", "\ufffd", "\ufffd!"], ["?", "\ufffd?"],
    ),
    "a string, after a prompt that is never whole": (
        life(b"a-b", "string", HALF, matched="-"),
        ["a", "a-", "a-b", "\ufffda", "\ufffda-", "\ufffda-b"], ["\ufffd", ""],
    ),
}  # fmt: skip
"""A life, texts that are right, and texts that are not."""


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_text_is_wanted_as_it_is(name):
    """Whatever of the right ones was sent."""
    one, good, _ = RIGHT[name]

    assert {sent: wanted(one, sent, decode) for sent in good} == {sent: sent for sent in good}


@pytest.mark.parametrize("name", RIGHT)
def test_another_text_is_wanted_where_a_wrong_one_was_sent(name):
    """One of the right ones, so that somebody can see what is missing."""
    one, good, bad = RIGHT[name]

    for sent in bad:
        assert wanted(one, sent, decode) in good


def test_a_step_without_ids_ends_by_no_id():
    """Only an id of the finishing step can be one that is hidden."""
    one = Life(0, (), [Step(0, (97,)), Step(0, (98,)), Step(0, (), "eos")], [])

    assert wanted(one, "a", decode) == "ab"


def test_a_special_token_that_is_skipped_is_nowhere_in_the_text():
    """The decoder decides; shown or hidden is the same then."""
    one = life("a", "eos", eos=True)

    assert wanted(one, "a", skipping) == "a"
    assert wanted(one, "a</s>", skipping) == "a"
