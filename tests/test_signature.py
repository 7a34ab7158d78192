"""Signatures: equal exactly for equal observations, on every platform and for ever."""

import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity import signature
from parity.checks import CHECKS, LAWS
from parity.signature import canonical, of_id_lists, sign, sign_all
from parity.types import Failure, Observation

LOOK_ALIKES = {
    "NFC": "\u00e9",
    "NFD": "e\u0301",
    "CR": "a\rb",
    "LF": "a\nb",
    "CR LF": "a\r\nb",
    "U+0085": "a\u0085b",
    "U+2028": "a\u2028b",
    "U+2029": "a\u2029b",
    "NUL": "a\0b",
    "nothing": "ab",
    "trailing newline": "ab\n",
    "trailing space": "ab ",
    "lone high": "\ud83d",
    "lone low": "\ude00",
    "split pair": "\ud83d\ude00",
    "character": "\U0001f600",
    "replacement": "\ufffd",
    "escape": "\\ud83d",
    "empty": "",
    "bytes": b"ab",
    "list": ["a", "b"],
    "list of one": ["ab"],
    "ids": [97, 98],
    "no ids": [],
    "nested": [[97], [98]],
    "other nesting": [[97, 98]],
    "none": None,
    "false": False,
    "zero": 0,
    "digit": "0",
    "mapping": {"a": "b"},
    "pairs": [["a", "b"]],
}
GOLDEN = {
    "I": ([1, -2], "4902000000000000000100000000000000feffffffffffffff"),
    "I, empty": ([], "490000000000000000"),
    "J": (-12, "4a03000000000000002d3132"),
    "T": ("\u00e9\ud83d", "540500000000000000c3a9eda0bd"),
    "B": (b"\0\xff", "42020000000000000000ff"),
    "L": (["a", None], "4c0200000000000000540100000000000000614e"),
    "L, long integer": (
        [2**63],
        "4c01000000000000004a1300000000000000" + b"9223372036854775808".hex(),
    ),
    "M": (
        {"b": True, "a": False},
        "4d020000000000000054010000000000000061305401000000000000006231",
    ),
    "N": (None, "4e"),
    "0": (False, "30"),
    "1": (True, "31"),
}
LEAVES = (
    st.none()
    | st.integers().filter(lambda value: value not in (0, 1))  # in Python, True is 1
    | st.integers(-3, 9).filter(lambda value: value not in (0, 1))
    | st.text(st.characters(exclude_categories=[]), max_size=4)
    | st.sampled_from(["\ud83d", "\ude00", "\ud83d\ude00", "\U0001f600"])
    | st.binary(max_size=4)
    | st.booleans()
)
PLAIN = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3)
    ),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("lists", "digest"),
    [
        ([], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ([[1, 2], [3]], "da72f95aa502d5fd17aaa9ed8898384c02a1ceabe69fdc069832b625bf7e26bc"),
    ],
)
def test_the_second_signature_is_that_of_other_tools(lists, digest):
    """Vectors from the tool that it has to agree with."""
    assert of_id_lists(lists) == digest


@pytest.mark.parametrize(("value", "layout"), GOLDEN.values(), ids=GOLDEN)
def test_each_type_has_its_layout(value, layout):
    """Byte for byte as the docstring draws it: little-endian on every platform."""
    assert canonical(value).hex() == layout


def test_a_big_endian_machine_swaps(monkeypatch):
    """Machines pack in their own order; the layout does not depend on it."""
    swapped = canonical([1])
    monkeypatch.setattr(sys, "byteorder", {"little": "big", "big": "little"}[sys.byteorder])

    assert canonical([1]) == swapped[:9] + swapped[:8:-1]


def test_a_signature_starts_with_name_version_and_check():
    """The whole of it once, so that it never changes unseen."""
    digest = "9759559c10d2234d5f839782c598557574b581fb37e64ab1f546cc0aa8196505"

    assert signature.prefix("ids") == b"tokparity\x001\x00ids\x00"
    assert sign("ids", Observation([1, 2, 3])) == digest


def test_what_looks_alike_is_told_apart():
    """No folding of newlines, no normal form, no lost nesting: each pair differs."""
    names = {}
    for name, value in LOOK_ALIKES.items():
        names.setdefault(sign("text", Observation(value)), []).append(name)

    assert [together for together in names.values() if len(together) > 1] == []


@settings(deadline=None, max_examples=400)
@given(PLAIN, PLAIN)
def test_equal_bytes_mean_equal_values(left, right):
    """And equal values give equal bytes."""
    assert (canonical(left) == canonical(right)) == (left == right)


@settings(deadline=None)
@given(PLAIN)
def test_no_value_is_the_beginning_of_another(value):
    """Lengths come first, so items cannot flow into one another."""
    assert canonical([value, value]) != canonical([[value, value]])
    assert not canonical([value, "x"]).startswith(canonical([value]))


@pytest.mark.parametrize("nfc", ["\u00c5", "\u1ec7", "\uac00", "\u304c"])
def test_normal_forms_differ(nfc):
    """A text and its decomposition are two texts."""
    assert canonical(nfc) != canonical(unicodedata.normalize("NFD", nfc))


def test_lists_and_tuples_are_one():
    """JSON has only one of them."""
    assert canonical([(0, 1), ("a",)]) == canonical([[0, 1], ["a"]])


def test_the_order_of_a_mapping_is_nothing():
    """Keys are sorted by their bytes."""
    assert canonical({"a": 1, "b": 2}) == canonical({"b": 2, "a": 1})


@pytest.mark.parametrize("value", [1.0, [1.0], {"a": 1.0}, {1}, object(), [1, 2.0]])
def test_what_is_not_plain_is_refused(value):
    """A float that equals an integer gets no signature at all."""
    with pytest.raises(TypeError, match="plain data"):
        canonical(value)


def test_checks_do_not_share_signatures():
    """The ids of one check cannot stand for those of another."""
    names = [*CHECKS, *LAWS]

    assert len({sign(name, Observation([1])) for name in names}) == len(names)


def test_a_failure_is_no_value():
    """Neither its name nor anything else that a backend returns looks like it."""
    failed = sign("ids", Observation(failure=Failure("KeyError")))

    assert failed not in {sign("ids", Observation(value)) for value in ("KeyError", None, [], "")}


def test_the_message_of_a_failure_does_not_count():
    """The kind does."""
    signed = [
        sign("ids", Observation(failure=Failure(kind, message)))
        for kind, message in [("KeyError", "a"), ("KeyError", "b"), ("TypeError", "a")]
    ]

    assert signed[0] == signed[1] != signed[2]


def test_all_at_once_is_one_at_a_time():
    """A recorded signature is taken as it is."""
    seen = [Observation([1]), Observation(failure=Failure("E")), Observation(signature="0" * 64)]

    assert sign_all("ids", seen) == [sign("ids", one) for one in seen]
