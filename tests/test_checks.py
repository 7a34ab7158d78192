"""Checks: whatever a backend does is an observation, one a case, and plain data."""

import array

import pytest

from parity import looks, seeing
from parity.backend import Backend
from parity.backends.mock import Honest
from parity.checks import CHECKS, LAWS
from parity.errors import Unsupported as OurUnsupported
from parity.schedules import of_ids
from parity.seeing import observe, plain_ids, plain_pairs, plain_text
from parity.stream_cases import StopScript
from parity.streams import Stops
from parity.types import AS_JSON, AddedToken, Case, Encoding, Observation, Vocabulary

LOOKS = {
    **{name: check.look for name, check in CHECKS.items()},
    **{f"{name}: once": law.once for name, law in LAWS.items()},
    **{f"{name}: again": law.again for name, law in LAWS.items()},
}
OF = {
    **CHECKS,
    **{f"{name}: {when}": law for name, law in LAWS.items() for when in ("once", "again")},
}


class Panic(BaseException):
    """As a panic of compiled code arrives in Python."""


class Unsupported(Exception):
    """Somebody else's exception with the name of our answer."""


class Raises(Backend):
    """Every operation raises one error."""

    def __init__(self, error):
        self.error = error

    def fail(self, *_, **__):
        raise self.error

    encode = encode_batch = decode = decode_batch = vocabulary = normal_form = fail
    encode_cut = stream = stop = prompts = render = expand = chat_template = chat_ids = train = fail


class Answers(Honest):
    """Every operation on a batch answers one thing."""

    def __init__(self, answer):
        self.answer = answer

    def encode(self, *_):
        return Encoding(self.answer, self.answer)

    def encode_batch(self, texts, *_):
        return [Encoding(self.answer) for _ in texts]

    def decode_batch(self, *_):
        return self.answer

    def vocabulary(self):
        return self.answer


class FailsOnOne(Honest):
    """One text of a batch is bad, and the whole call fails for it; so do others when counted."""

    def __init__(self):
        self.calls = 0

    def encode_batch(self, texts, *args):
        self.calls += 1
        if "bad" in texts:
            raise ValueError("bad text")
        return super().encode_batch(texts, *args)


class FillsOneBuffer(Honest):
    """The list of ids is always the same object."""

    def __init__(self):
        self.buffer = []

    def encode(self, text, *args):
        self.buffer[:] = super().encode(text, *args).ids
        return Encoding(self.buffer)


class Integer:
    """An integer of somebody else's, as numpy has them."""

    def __index__(self):
        return 7


def texts(*payloads):
    """Cases."""
    return [Case(f"t/x-{n:08x}", "text", payload) for n, payload in enumerate(payloads)]


def ids(*payloads):
    """Cases."""
    return [Case(f"t/x-{n:08x}", "ids", payload) for n, payload in enumerate(payloads)]


def cases_for(name):
    """A few cases that a look takes."""
    about = OF[name]
    if about.grounded == "script":
        return [case._replace(kind="script", payload=of_ids((97,))) for case in texts("a", "b")]
    if about.grounded == "stop_script":
        script = StopScript(((97,),), Stops(("a",)))
        return [case._replace(kind="stop_script", payload=script) for case in texts("a", "b")]
    if about.takes == {"train"}:
        lesson = {"texts": ["aab"], "size": 258, "held_out": ["aa"]}
        return [Case(f"t/x-{n:08x}", "train", lesson) for n in range(2)]
    if about.takes and about.takes <= AS_JSON:
        chat = [{"role": "user", "content": "x"}]
        return [Case(f"t/x-{n:08x}", "messages", chat) for n in range(2)]
    return list(about.own) or (ids((97,), (98,)) if about.takes == {"ids"} else texts("a", "b"))


@pytest.mark.parametrize("error", [ValueError("x"), Panic("x"), SystemExit(0), StopIteration()])
@pytest.mark.parametrize("name", [name for name in LOOKS if name != "inputs_unchanged: once"])
def test_whatever_is_raised_is_an_observation(name, error):
    """A panic too, and a library that exits the process with success."""
    seen = LOOKS[name](Raises(error), cases_for(name))

    assert len(seen) == len(cases_for(name))
    assert all(isinstance(one, Observation) for one in seen)


@pytest.mark.parametrize("name", [name for name in LOOKS if name != "inputs_unchanged: once"])
def test_a_user_who_interrupts_is_obeyed(name):
    """An interruption is no answer."""
    with pytest.raises(KeyboardInterrupt):
        LOOKS[name](Raises(KeyboardInterrupt()), cases_for(name))


def test_the_kind_of_a_failure_is_its_class():
    """The message is kept, and kept apart."""
    failure = observe(Raises(Panic("why")).fail).failure

    assert failure == ("Panic", "why", False)


def test_only_our_unsupported_is_an_answer():
    """An exception of that name from a library is a failure, and counts as one."""
    ours, theirs = (
        observe(Raises(kind("x")).fail).failure for kind in (OurUnsupported, Unsupported)
    )

    assert ours.kind == "Unsupported"
    assert theirs.kind == f"{__name__}.Unsupported"


@pytest.mark.parametrize(
    "value", [[1.0], [1, 2.0], ["1"], iter([7]), None, 7, "12", [None], [[1]], [2**63]]
)
def test_what_is_no_list_of_integers_is_a_breach(value):
    """A float that equals an id is none."""
    with pytest.raises(seeing.BadOutput, match="ids are a list of integers"):
        plain_ids(value)


@pytest.mark.parametrize("value", [[7], (7,), array.array("I", [7]), [Integer()], range(7, 8)])
def test_integers_count_by_value(value):
    """Whatever list they come in, they leave as `int`."""
    found = plain_ids(value)

    assert found == [7]
    assert type(found[0]) is int


def test_ids_are_a_copy():
    """What a backend does to its list later cannot change what was seen."""
    given = [1]

    assert plain_ids(given) is not given


def test_a_buffer_that_is_filled_again_does_not_change_what_was_seen():
    """Otherwise every law would compare the last text with itself."""
    seen = looks.single_ids(FillsOneBuffer(), texts("a", "b"))

    assert [one.value for one in seen] == [[97], [98]]


@pytest.mark.parametrize(
    "value", [[(0,)], [(0, 1, 2)], [(0.0, 1)], [0, 1], None, iter([]), 7, ["ab"]]
)
def test_what_is_no_list_of_pairs_is_a_breach(value):
    """Ranges are two integers each."""
    with pytest.raises(seeing.BadOutput, match="offsets are pairs"):
        plain_pairs(value)


@pytest.mark.parametrize("value", [None, 1, ["a"], bytearray(b"a")])
def test_what_is_no_text_is_a_breach(value):
    """Text is str or bytes."""
    with pytest.raises(seeing.BadOutput, match="text is str or bytes"):
        plain_text(value)


@pytest.mark.parametrize("value", ["a", b"a"])
def test_text_of_a_subclass_is_plain(value):
    """As template engines and arrays give it; a signature covers plain data only."""
    kind = type("Markup", (type(value),), {"__str__": lambda _: "another"})

    assert type(plain_text(kind(value))) is type(value)
    assert plain_text(kind(value)) == value


@pytest.mark.parametrize("answer", [None, 7, "ab", b"ab", {0: "a", 1: "b"}])
def test_a_batch_that_is_no_list_is_a_breach(answer):
    """A string of two characters is not two texts."""
    seen = looks.texts(Answers(answer), ids((97,), (98,)))

    assert [one.failure.fault for one in seen] == [True, True]


@pytest.mark.parametrize(
    ("answer", "kinds"),
    [
        ([], ["MissingOutput", "MissingOutput"]),
        (["a"], [None, "MissingOutput"]),
        (["a", "b"], [None, None]),
        (["a", "b", "c"], [None, "ExtraOutput"]),
        (["a", 1], [None, "BadOutput"]),
    ],
)
def test_a_batch_of_another_length_is_a_breach(answer, kinds):
    """Results are never paired with the inputs that they happen to stand beside."""
    seen = looks.texts(Answers(answer), ids((97,), (98,)))

    assert [one.failure and one.failure.kind for one in seen] == kinds
    assert all(one.failure.fault for one in seen if one.failure)


def test_one_bad_text_of_a_batch_fails_alone():
    """The others are observed, and the batch call stays a batch call."""
    backend = FailsOnOne()
    payloads = [f"text {n}" for n in range(1024)]
    payloads[700] = "bad"
    seen = looks.batch_ids(backend, texts(*payloads))

    assert [n for n, one in enumerate(seen) if one.failure] == [700]
    assert [one.value for one in seen if one.value] == [
        list(text.encode()) for text in payloads if text != "bad"
    ]
    assert backend.calls == 21  # the whole, and two halves on each of ten levels


def test_a_batch_groups_by_mode_and_keeps_the_order():
    """Each text gets its own result back."""
    modes = ["parse", "plain", "template", "parse"]
    cases = [
        case._replace(options={"specials": mode})
        for case, mode in zip(texts("<s>", "<s>", "<s>", "a"), modes, strict=True)
    ]

    assert looks.batch_ids(Honest(), cases) == looks.single_ids(Honest(), cases)


def test_a_call_that_changes_its_batch_is_a_breach():
    """Even where its results are right."""

    class Clears(Honest):
        def encode_batch(self, texts, *args):
            seen = super().encode_batch(list(texts), *args)
            texts.clear()
            return seen

    seen = looks.batch_ids(Clears(), texts("a", "b"))

    assert [one.failure.kind for one in seen] == ["MutatedInput", "MutatedInput"]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 14, 100, 700])
def test_uneven_ids_keep_the_order(size):
    """From the last to the first and back again."""
    cases = texts(*(str(n) for n in range(size)))

    assert looks.uneven_ids(Honest(), cases) == looks.single_ids(Honest(), cases)


def test_uneven_ids_are_batches_of_several_sizes():
    """A batch of one only would prove nothing about batches."""
    sizes = []

    class Notes(Honest):
        def encode_batch(self, texts, *args):
            sizes.append(len(texts))
            return super().encode_batch(texts, *args)

    looks.uneven_ids(Notes(), texts(*"abcdefghijkl"))

    assert sizes == [3, 1, 2, 6]


TOKEN = AddedToken("<s>", special=True)


@pytest.mark.parametrize(
    ("name", "vocabulary"),
    [
        ("vocabulary", Vocabulary({0.0: "a"}, {0.0: TOKEN})),
        ("vocabulary", Vocabulary({0: None}, {0: TOKEN._replace(special=1)})),
        ("declared_ids: once", Vocabulary({}, {}, {"<s>": 256.0})),
        ("declared_ids: again", Vocabulary({}, {256.0: TOKEN})),
    ],
)
def test_a_vocabulary_of_other_things_is_a_breach(name, vocabulary):
    """A float that equals an id, a number for a flag: Python calls them equal, we do not."""
    seen = LOOKS[name](Answers(vocabulary), cases_for(name))

    assert [one.failure.kind for one in seen] == ["BadOutput"] * len(seen)


def test_a_token_with_two_ids_keeps_both():
    """The id that is declared does not hide the other one."""
    found = Vocabulary({}, {5: TOKEN, 9: TOKEN}, {"<s>": 9})
    once, again = (LOOKS[f"declared_ids: {w}"](Answers(found), [0])[0] for w in ("once", "again"))

    assert (once.value, again.value) == ({"<s>": [9]}, {"<s>": [5, 9]})


@pytest.mark.parametrize(
    ("answer", "outcome"), [([97], "value"), ([97.0], None), (ValueError("x"), "error ValueError")]
)
def test_an_outcome_is_a_value_an_error_or_a_breach(answer, outcome):
    """A breach stays one: it agrees with nothing."""
    backend = Raises(answer) if isinstance(answer, Exception) else Answers(answer)
    (seen,) = looks.outcomes(backend, texts("a"))

    assert seen.value == outcome
    assert bool(seen.failure) is (outcome is None)


def test_names_of_checks_and_laws_do_not_overlap():
    """A name means one thing."""
    assert not set(CHECKS) & set(LAWS)
